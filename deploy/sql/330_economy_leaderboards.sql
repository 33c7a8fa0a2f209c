-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- What each pilot earned by trade and by bounties, by day (UTC). Made from the ledger minute by
-- minute together with the candles; the statement below makes it anew up to their horizon.

CREATE TABLE economy.pilot_days (
    day date NOT NULL,
    player bigint NOT NULL,
    traded bigint NOT NULL, -- credits by orders: sold less bought
    trades integer NOT NULL CHECK (trades >= 0),
    bounties bigint NOT NULL CHECK (bounties >= 0), -- credits
    kills integer NOT NULL CHECK (kills >= 0), -- that paid one
    PRIMARY KEY (day, player)
);

INSERT INTO economy.pilot_days (day, player, traded, trades, bounties, kills)
SELECT (t.at AT TIME ZONE 'UTC')::date, t.player,
       coalesce(sum(e.amount) FILTER (WHERE t.kind = 'order'), 0),
       count(DISTINCT t.id) FILTER (WHERE t.kind = 'order'),
       coalesce(sum(e.amount) FILTER (WHERE t.kind = 'bounty'), 0),
       count(DISTINCT t.id) FILTER (WHERE t.kind = 'bounty')
FROM economy.candle_horizon h
JOIN economy.transactions t ON t.at < h.minute AND t.kind IN ('order', 'bounty')
JOIN economy.ledger_entries e
  ON e.transaction = t.id AND e.commodity = 0 AND e.account = economy.account_of(1, t.player)
GROUP BY 1, 2;
