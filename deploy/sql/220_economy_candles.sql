-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- Price and volume of each market by minute, made from the ledger once a minute is over; a minute in
-- which nothing moved has no row. Can be made anew from the ledger at any time.

CREATE TABLE economy.candles (
    location smallint NOT NULL,
    commodity smallint NOT NULL,
    minute timestamptz NOT NULL,
    open_milli bigint NOT NULL CHECK (open_milli > 0), -- mid prices, thousandths of a credit
    high_milli bigint NOT NULL,
    low_milli bigint NOT NULL,
    close_milli bigint NOT NULL,
    bought bigint NOT NULL CHECK (bought >= 0), -- units that pilots bought
    sold bigint NOT NULL CHECK (sold >= 0),
    trades integer NOT NULL CHECK (trades >= 0),
    PRIMARY KEY (location, commodity, minute),
    FOREIGN KEY (location, commodity) REFERENCES economy.market_prices,
    CHECK (low_milli > 0 AND low_milli <= least(open_milli, close_milli)
           AND high_milli >= greatest(open_milli, close_milli))
);
CREATE INDEX candles_minute ON economy.candles (minute);

-- Minutes before this one are done.
CREATE TABLE economy.candle_horizon (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    minute timestamptz NOT NULL
);
INSERT INTO economy.candle_horizon VALUES (true, date_trunc('minute', now()));

-- Rows lie in the order of their time, so a few bytes per block find a minute.
CREATE INDEX transactions_at ON economy.transactions USING brin (at) WITH (pages_per_range = 16);

REVOKE UPDATE ON economy.candles FROM st_economy;
REVOKE INSERT, DELETE ON economy.candle_horizon FROM st_economy;
