-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- Limit orders between pilots at a station. What they promise lies in the account `escrow`: the
-- credits of those who buy, the goods of those who sell, and goods that wait to be collected.

CREATE TABLE economy.limit_orders (
    id bigint PRIMARY KEY,
    player bigint NOT NULL REFERENCES economy.pilots,
    location smallint NOT NULL,
    commodity smallint NOT NULL,
    side smallint NOT NULL CHECK (side IN (1, 2)), -- 1 buy, 2 sell
    price integer NOT NULL CHECK (price BETWEEN 1 AND 40000), -- credits per unit
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    remains integer NOT NULL CHECK (remains BETWEEN 0 AND quantity),
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 4), -- 1 waits, 2 filled, 3 cancelled, 4 ended
    ends_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 2) = (remains = 0)),
    FOREIGN KEY (location, commodity) REFERENCES economy.market_prices
);
CREATE INDEX limit_orders_book ON economy.limit_orders (location, commodity, side, price, id)
    WHERE state = 1;
CREATE INDEX limit_orders_player ON economy.limit_orders (player, id) WHERE state = 1;
CREATE INDEX limit_orders_ends ON economy.limit_orders (ends_at) WHERE state = 1;

CREATE TABLE economy.lockers (
    player bigint NOT NULL REFERENCES economy.pilots,
    location smallint NOT NULL,
    commodity smallint NOT NULL REFERENCES economy.commodities,
    quantity bigint NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (player, location, commodity)
);

REVOKE DELETE ON economy.limit_orders, economy.lockers FROM st_economy;
