-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- Industries move the stocks, and the guilds' haulers carry the goods. A guild is a pilot of the
-- books (player 0xffffff00 + its id) with a wallet and ships that the kernel flies. All that tunes
-- them is in economy_params, npc_guilds and zone_profiles.

CREATE TABLE economy.economy_params (
    name text PRIMARY KEY,
    value bigint NOT NULL CHECK (value >= 0),
    about text NOT NULL
);
INSERT INTO economy.economy_params (name, value, about) VALUES
('activity_traders', 16, 'so many pilots who traded of late raise all rates by the whole of them'),
('activity_max_pm', 6000, 'rates never rise above this, per mille'),
('drift_cycles', 512, 'a stock goes that part of its way to the target in each cycle of 60 s'),
('treasury_cycles', 48, 'the same for the treasuries of stations and the capital of guilds'),
('guild_rest_s', 20, 'a hauler stays at a station so long at least'),
('guild_wait_s', 120, 'so long when no voyage is worth it'),
('guild_rebuilt_s', 600, 'until a lost hauler is replaced'),
('escort_pm', 500, 'share of the losses that a guild with escorts expects'),
('spoils_cycles', 8, 'what raiders took comes to lawless markets in such parts each cycle');

-- Hazard pay: a guild wants so much more for a voyage through such a zone.
ALTER TABLE economy.zone_profiles ADD COLUMN hazard_pm integer NOT NULL DEFAULT 1000
    CHECK (hazard_pm BETWEEN 1000 AND 10000);
UPDATE economy.zone_profiles z SET hazard_pm = h.pm
FROM (VALUES ('HOME', 1000), ('CORE', 1120), ('LANE', 1400), ('SUNW', 1500), ('BELT', 1750),
    ('DEEP', 2000), ('FREE', 2300)) AS h (code, pm)
WHERE z.code = h.code;

ALTER TABLE economy.npc_guilds
    ADD COLUMN escort_class smallint REFERENCES economy.ship_classes,
    ADD COLUMN smuggles boolean NOT NULL DEFAULT false,
    ADD COLUMN capital bigint NOT NULL DEFAULT 30000 CHECK (capital > 0); -- per ship
UPDATE economy.npc_guilds SET escort_class = 5 WHERE code IN ('belt_freight', 'outer_carriers');
UPDATE economy.npc_guilds SET smuggles = true WHERE code = 'night_couriers';
UPDATE economy.npc_guilds SET capital = 90000 WHERE code = 'outer_carriers';

-- The remainder of an industry's step is kept in millionths of a unit.
ALTER TABLE economy.market_prices DROP COLUMN rest;
ALTER TABLE economy.market_prices DROP CONSTRAINT market_prices_drift_carry_check;
UPDATE economy.market_prices SET drift_carry = 0;
ALTER TABLE economy.market_prices ADD CONSTRAINT market_prices_drift_carry_check
    CHECK (drift_carry BETWEEN -999999 AND 999999);

ALTER TABLE economy.pilots ADD COLUMN traded_at timestamptz; -- last order that was done
ALTER TABLE economy.ships
    ADD COLUMN route_to smallint NOT NULL DEFAULT 0, -- of a guild's ship: where it flies
    ADD COLUMN route_short boolean NOT NULL DEFAULT false, -- not by the lanes
    ADD COLUMN ready_at timestamptz NOT NULL DEFAULT now(); -- of a guild's ship: leaves from then on
CREATE INDEX ships_guild ON economy.ships (holder_kind, ready_at) WHERE player > 4294967040;

-- How much the guilds' ships fly and lose in each zone, by day (UTC).
CREATE TABLE economy.zone_days (
    day date NOT NULL,
    zone smallint NOT NULL REFERENCES economy.zone_profiles,
    flown_s bigint NOT NULL CHECK (flown_s >= 0), -- seconds, of all ships together
    losses bigint NOT NULL CHECK (losses >= 0),
    PRIMARY KEY (day, zone)
);
-- The measured loss rate that decisions rest on, and from which day's end it is.
CREATE TABLE economy.zone_risk (
    zone smallint PRIMARY KEY REFERENCES economy.zone_profiles,
    loss_ppm integer NOT NULL CHECK (loss_ppm BETWEEN 0 AND 1000000), -- per minute
    day date NOT NULL,
    -- What the zone pays beyond the usual, in its prices and bounties, is this much of its profile's.
    factor_pm integer NOT NULL DEFAULT 1000 CHECK (factor_pm BETWEEN 500 AND 2000),
    version integer NOT NULL DEFAULT 1
);
INSERT INTO economy.zone_risk (zone, loss_ppm, day)
SELECT id, loss_ppm, (now() AT TIME ZONE 'UTC')::date - 1 FROM economy.zone_profiles;
-- Every change of it, for those who ask later.
CREATE TABLE economy.zone_audit (
    zone smallint NOT NULL REFERENCES economy.zone_profiles,
    version integer NOT NULL,
    day date NOT NULL, -- that was learnt from
    flown_s bigint NOT NULL,
    losses bigint NOT NULL,
    loss_ppm integer NOT NULL,
    factor_pm integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (zone, version)
);

-- What did not arrive: kept for a day, for the prices' reasons.
CREATE TABLE economy.haul_losses (
    transaction bigint NOT NULL REFERENCES economy.transactions,
    location smallint NOT NULL, -- where it should have arrived
    commodity smallint NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (transaction, commodity)
);
CREATE INDEX haul_losses_at ON economy.haul_losses (at);

-- The guilds begin with their capital and their ships, spread over the stations that they may call
-- at.
INSERT INTO economy.pilots (player, ship, last_location, job_step)
SELECT 4294967040 + g.id, 1, l.id, 4
FROM economy.npc_guilds g, economy.locations l WHERE l.is_start;
INSERT INTO economy.wallets (account, kind, owner)
SELECT economy.account_of(1, player), 'pilot', player FROM economy.pilots WHERE player > 4294967040;

WITH calls AS (
    SELECT g.id AS guild, l.id AS location,
           row_number() OVER (PARTITION BY g.id ORDER BY l.id) - 1 AS nth,
           count(*) OVER (PARTITION BY g.id) AS of
    FROM economy.npc_guilds g JOIN economy.zone_profiles z ON z.risk <= g.risk_max
    JOIN economy.locations l ON l.zone = z.id
)
INSERT INTO economy.ships (id, player, class_id, holder_kind, holder_id, version, hull, torpedoes,
                           weapon, appear_at, ready_at)
SELECT nextval('economy.ship_id'), 4294967040 + g.id, k.id, 2, c.location, 1, k.hull, k.torpedoes,
       k.gun, c.location, now() + n * interval '2 s'
FROM economy.npc_guilds g
JOIN economy.ship_classes k ON k.id = g.class_id
CROSS JOIN LATERAL generate_series(0, g.ships - 1) AS n
JOIN calls c ON c.guild = g.id AND c.nth = n % c.of;
UPDATE economy.pilots p SET ship = s.id
FROM (SELECT player, min(id) AS id FROM economy.ships GROUP BY player) AS s
WHERE p.player = s.player AND p.player > 4294967040;

WITH opening AS (
    INSERT INTO economy.transactions (id, kind) VALUES (nextval('economy.id_block'), 'opening')
    RETURNING id
), paid AS (
    UPDATE economy.wallets w SET credits = g.capital * g.ships
    FROM economy.npc_guilds g WHERE w.account = economy.account_of(1, 4294967040 + g.id)
    RETURNING w.account, w.credits
), minted AS (
    UPDATE economy.wallets SET credits = credits
        - (SELECT sum(capital * ships) FROM economy.npc_guilds)
    WHERE account = economy.account_of(4, 1) RETURNING account, credits
)
INSERT INTO economy.ledger_entries (transaction, account, commodity, amount, balance)
SELECT o.id, x.account, 0, x.amount, x.balance FROM opening o, (
    SELECT account, credits AS amount, credits AS balance FROM paid
    UNION ALL SELECT account, -(SELECT sum(capital * ships) FROM economy.npc_guilds), credits
    FROM minted) AS x;

UPDATE economy.world_revision SET revision = revision + 1; -- guilds have escorts

REVOKE INSERT, UPDATE, DELETE ON economy.economy_params FROM st_economy;
REVOKE INSERT, DELETE ON economy.zone_risk FROM st_economy;
REVOKE UPDATE, DELETE ON economy.zone_audit FROM st_economy;
