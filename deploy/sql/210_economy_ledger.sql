-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- Who has what. Every movement is a transaction with entries that sum to zero for credits
-- (commodity 0) and for each good; the rules of the books are constraints here, not only code.
--
-- An account is kind * 2^32 + number:
--   1 pilot (credits)   2 ship (goods)   3 station (credits and stock)   4 named source or sink
--   5 sales tax of a station
-- A station's stock lives in market_prices, all else in wallets and cargo.

-- Transactions and outbox rows are numbered from blocks of 64, taken after the rows are locked, so
-- that numbers rise in the order of the changes of any one row.
CREATE SEQUENCE economy.id_block INCREMENT BY 64 MINVALUE 64 START 64;
CREATE SEQUENCE economy.ship_id MINVALUE 1001 START 1001 MAXVALUE 4294967295;

CREATE TABLE economy.sources (
    id smallint PRIMARY KEY,
    name text NOT NULL UNIQUE,
    about text NOT NULL
);

CREATE TABLE economy.pilots (
    player bigint PRIMARY KEY CHECK (player BETWEEN 1 AND 4294967295),
    ship bigint NOT NULL,
    session_epoch bigint NOT NULL DEFAULT 0 CHECK (session_epoch >= 0), -- highest seen
    rev bigint NOT NULL DEFAULT 1,
    last_location smallint NOT NULL REFERENCES economy.locations,
    job_step smallint NOT NULL DEFAULT 0 CHECK (job_step BETWEEN 0 AND 4),
    flown_ticks bigint NOT NULL DEFAULT 0 CHECK (flown_ticks >= 0),
    losses integer NOT NULL DEFAULT 0 CHECK (losses >= 0),
    aggressor boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE economy.ships (
    id bigint PRIMARY KEY CHECK (id BETWEEN 1 AND 4294967295),
    player bigint NOT NULL REFERENCES economy.pilots DEFERRABLE INITIALLY DEFERRED,
    class_id smallint NOT NULL REFERENCES economy.ship_classes,
    holder_kind smallint NOT NULL CHECK (holder_kind BETWEEN 1 AND 3), -- shard, station, parked
    holder_id integer NOT NULL CHECK (holder_id >= 0),
    version bigint NOT NULL CHECK (version > 0),
    hull integer NOT NULL CHECK (hull > 0),
    torpedoes integer NOT NULL DEFAULT 0 CHECK (torpedoes >= 0),
    weapon smallint REFERENCES economy.weapons,
    -- Where the ship is parked or appears, 1/512 unit.
    x integer NOT NULL DEFAULT 0 CHECK (x BETWEEN 0 AND 536870911),
    y integer NOT NULL DEFAULT 0 CHECK (y BETWEEN 0 AND 536870911),
    -- Station at whose dock radius a ship in space appeared, 0 for the position.
    appear_at smallint NOT NULL DEFAULT 0,
    flown_due bigint NOT NULL DEFAULT 0 CHECK (flown_due >= 0), -- ticks not yet paid for
    locked boolean NOT NULL DEFAULT false, -- quarantined after events that cannot be
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ships_player ON economy.ships (player);
CREATE INDEX ships_shard ON economy.ships (holder_id, id) WHERE holder_kind = 1;
CREATE INDEX ships_parked ON economy.ships (changed_at) WHERE holder_kind = 3;
ALTER TABLE economy.pilots ADD FOREIGN KEY (ship) REFERENCES economy.ships
    DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE economy.wallets (
    account bigint PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('pilot', 'station', 'source', 'tax')),
    owner bigint NOT NULL,
    credits bigint NOT NULL DEFAULT 0,
    UNIQUE (kind, owner),
    CHECK (account = owner + CASE kind WHEN 'pilot' THEN 4294967296 WHEN 'station' THEN 12884901888
                                       WHEN 'source' THEN 17179869184 ELSE 21474836480 END),
    CONSTRAINT wallet_not_negative CHECK (credits >= 0 OR kind = 'source')
);

CREATE TABLE economy.cargo (
    account bigint NOT NULL CHECK (account >> 32 IN (2, 4)),
    commodity smallint NOT NULL REFERENCES economy.commodities,
    quantity bigint NOT NULL,
    PRIMARY KEY (account, commodity),
    CONSTRAINT cargo_not_negative CHECK (quantity >= 0 OR account >> 32 = 4)
);

CREATE TABLE economy.transactions (
    id bigint PRIMARY KEY,
    kind text NOT NULL,
    player bigint,
    key bytea CHECK (length(key) BETWEEN 1 AND 32), -- idempotency key, of this player
    content_hash bigint NOT NULL DEFAULT 0,
    asked bytea,
    result smallint NOT NULL DEFAULT 1,
    answer bytea,
    request_id text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX transactions_key ON economy.transactions (player, key);

CREATE TABLE economy.ledger_entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction bigint NOT NULL REFERENCES economy.transactions,
    account bigint NOT NULL,
    commodity smallint NOT NULL CHECK (commodity BETWEEN 0 AND 63), -- 0 = credits
    amount bigint NOT NULL CHECK (amount <> 0),
    balance bigint NOT NULL, -- afterwards
    xact xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX ledger_entries_account ON economy.ledger_entries (account, commodity, id);
CREATE INDEX ledger_entries_transaction ON economy.ledger_entries (transaction);
CREATE INDEX ledger_entries_xact ON economy.ledger_entries (xact);

-- Running sums of all entries of transactions before `horizon`; with the entries since then they are
-- what every balance must be.
CREATE TABLE economy.ledger_sums (
    account bigint NOT NULL,
    commodity smallint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (account, commodity)
);
CREATE TABLE economy.ledger_horizon (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    horizon xid8 NOT NULL
);
INSERT INTO economy.ledger_horizon VALUES (true, '0');

CREATE TABLE economy.shards (
    id integer PRIMARY KEY CHECK (id >= 0),
    world_epoch bigint NOT NULL CHECK (world_epoch BETWEEN 0 AND 4294967295),
    instance text NOT NULL DEFAULT '',
    opened_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE economy.loot (
    id bigint PRIMARY KEY, -- the 64 bits of the loot id
    shard integer NOT NULL,
    x integer NOT NULL,
    y integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX loot_shard ON economy.loot (shard, id);
-- Detail of the goods account `space`.
CREATE TABLE economy.loot_goods (
    loot bigint NOT NULL REFERENCES economy.loot ON DELETE CASCADE,
    commodity smallint NOT NULL REFERENCES economy.commodities,
    quantity bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (loot, commodity)
);

CREATE TABLE economy.inbox (
    event_id bigint PRIMARY KEY, -- the 64 bits of the event id
    content_hash bigint NOT NULL,
    kind text NOT NULL,
    shard integer NOT NULL,
    world_epoch bigint NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('applied', 'refused', 'quarantined')),
    answers bytea[] NOT NULL, -- batons, to be sent again
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_at ON economy.inbox (at);

CREATE TABLE economy.outbox (
    id bigint PRIMARY KEY,
    subject text NOT NULL,
    payload bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz
);
CREATE INDEX outbox_waiting ON economy.outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON economy.outbox (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE economy.quotes (
    id bytea PRIMARY KEY CHECK (length(id) = 16),
    player bigint NOT NULL REFERENCES economy.pilots,
    location smallint NOT NULL,
    commodity smallint NOT NULL,
    side smallint NOT NULL CHECK (side IN (1, 2)),
    quantity integer NOT NULL CHECK (quantity > 0),
    total bigint NOT NULL CHECK (total >= 0),
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (location, commodity) REFERENCES economy.market_prices
);
CREATE INDEX quotes_expiry ON economy.quotes (expires_at);

CREATE FUNCTION economy.account_of(kind integer, number bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE AS 'SELECT kind::bigint * 4294967296 + number';

-- Postings of a transaction sum to zero for credits and for each good.
CREATE FUNCTION economy.check_zero_sum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added GROUP BY transaction, commodity HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'postings do not sum to zero' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER zero_sum AFTER INSERT ON economy.ledger_entries
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION economy.check_zero_sum();

-- The goods of a ship fit into its hold.
CREATE FUNCTION economy.check_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM economy.ships s
        JOIN economy.ship_classes k ON k.id = s.class_id
        JOIN economy.cargo c ON c.account = s.id + 8589934592
        JOIN economy.commodities g ON g.id = c.commodity
        WHERE s.id IN (SELECT account - 8589934592 FROM touched WHERE account >> 32 = 2)
        GROUP BY s.id, k.hold_t
        HAVING sum(c.quantity * g.mass) > k.hold_t
    ) THEN
        RAISE EXCEPTION 'cargo does not fit into the hold' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER hold_insert AFTER INSERT ON economy.cargo
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION economy.check_hold();
CREATE TRIGGER hold_update AFTER UPDATE ON economy.cargo
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION economy.check_hold();

-- What the sign-in screen shows; the only thing that another service may read.
CREATE VIEW economy.player_read_v AS
SELECT p.player, p.rev, w.credits, p.ship, s.class_id, s.holder_kind, s.holder_id,
       CASE s.holder_kind WHEN 2 THEN s.holder_id ELSE 0 END AS location,
       coalesce((SELECT sum(c.quantity) FROM economy.cargo c
                 WHERE c.account = s.id + 8589934592), 0)::bigint AS cargo_units
FROM economy.pilots p
JOIN economy.ships s ON s.id = p.ship
JOIN economy.wallets w ON w.account = p.player + 4294967296;

-- Every balance there is, in one shape.
CREATE VIEW economy.balances_v AS
SELECT account, 0::smallint AS commodity, credits AS balance FROM economy.wallets
UNION ALL SELECT account, commodity, quantity FROM economy.cargo
UNION ALL SELECT location + 12884901888, commodity, stock FROM economy.market_prices;

GRANT USAGE ON SCHEMA economy TO st_profile;
GRANT SELECT ON economy.player_read_v TO st_profile;
-- The books are only ever added to.
REVOKE UPDATE, DELETE ON economy.transactions, economy.ledger_entries FROM st_economy;
REVOKE INSERT, UPDATE, DELETE ON economy.sources FROM st_economy;
REVOKE DELETE ON economy.pilots, economy.ships, economy.wallets FROM st_economy;
