-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- What the world is made of. Rows come from the seed; the economy hands them to the simulation and
-- the browser as one world configuration. Lengths in world units, absolute; per mille is _pm.

CREATE TABLE economy.world_revision (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    revision integer NOT NULL CHECK (revision > 0) -- raise it with every change of this file's rows
);

CREATE TABLE economy.zone_profiles (
    id smallint PRIMARY KEY CHECK (id BETWEEN 1 AND 255),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    risk smallint NOT NULL CHECK (risk BETWEEN 0 AND 4),
    pvp smallint NOT NULL CHECK (pvp BETWEEN 0 AND 3),
    linkdead_s smallint NOT NULL CHECK (linkdead_s BETWEEN 1 AND 120),
    loot_pm smallint NOT NULL CHECK (loot_pm BETWEEN 0 AND 1000),
    insurance_pm smallint NOT NULL CHECK (insurance_pm BETWEEN 0 AND 1000),
    tax_pm smallint NOT NULL CHECK (tax_pm BETWEEN 0 AND 500),
    spread_pm smallint NOT NULL CHECK (spread_pm BETWEEN 1 AND 500),
    customs_pm smallint NOT NULL CHECK (customs_pm BETWEEN 0 AND 1000),
    patrols smallint NOT NULL CHECK (patrols >= 0),
    packs smallint NOT NULL CHECK (packs >= 0),
    raiders smallint NOT NULL CHECK (raiders >= 0),
    level_min smallint NOT NULL,
    level_max smallint NOT NULL,
    pack_period_s smallint NOT NULL CHECK (pack_period_s >= 0),
    import_pm smallint NOT NULL CHECK (import_pm BETWEEN 500 AND 2000),
    export_pm smallint NOT NULL CHECK (export_pm BETWEEN 500 AND 2000),
    loss_ppm integer NOT NULL CHECK (loss_ppm BETWEEN 0 AND 1000000),
    bounty_pm smallint NOT NULL CHECK (bounty_pm BETWEEN 0 AND 5000),
    CHECK (level_max >= level_min)
);

CREATE TABLE economy.locations (
    id smallint PRIMARY KEY CHECK (id BETWEEN 1 AND 99),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    body text NOT NULL,
    x integer NOT NULL CHECK (x BETWEEN 458752 AND 589824),
    y integer NOT NULL CHECK (y BETWEEN 458752 AND 589824),
    dock_radius smallint NOT NULL CHECK (dock_radius > 0),
    zone smallint NOT NULL REFERENCES economy.zone_profiles,
    pop smallint NOT NULL CHECK (pop >= 0),
    treasury_target bigint NOT NULL CHECK (treasury_target >= 0),
    is_start boolean NOT NULL DEFAULT false,
    shipyard text NOT NULL DEFAULT 'none' CHECK (shipyard IN ('none', 'small', 'all'))
);

CREATE TABLE economy.waypoints (
    id smallint PRIMARY KEY CHECK (id BETWEEN 100 AND 999),
    code text NOT NULL UNIQUE,
    x integer NOT NULL,
    y integer NOT NULL
);

-- The first shape that holds a point decides its zone.
CREATE TABLE economy.zone_shapes (
    priority smallint PRIMARY KEY,
    zone smallint NOT NULL REFERENCES economy.zone_profiles,
    kind smallint NOT NULL CHECK (kind BETWEEN 0 AND 2), -- 0 everywhere, 1 circle, 2 capsule
    x1 integer NOT NULL,
    y1 integer NOT NULL,
    x2 integer NOT NULL,
    y2 integer NOT NULL,
    r integer NOT NULL CHECK (r > 0 OR kind = 0)
);

CREATE TABLE economy.spawn_points (
    id smallint PRIMARY KEY,
    zone smallint NOT NULL REFERENCES economy.zone_profiles,
    x integer NOT NULL,
    y integer NOT NULL
);

CREATE TABLE economy.weapons (
    id smallint PRIMARY KEY CHECK (id BETWEEN 1 AND 15),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3), -- 1 gun, 2 torpedo, 3 point defence
    damage smallint NOT NULL,
    shield_pm smallint NOT NULL,
    hull_pm smallint NOT NULL,
    speed integer NOT NULL, -- 1/512 unit per tick
    life_ticks smallint NOT NULL,
    cooldown_ticks smallint NOT NULL CHECK (cooldown_ticks BETWEEN 1 AND 255),
    energy smallint NOT NULL,
    spread_steps smallint NOT NULL,
    range smallint NOT NULL,
    hull smallint NOT NULL,
    turn_steps smallint NOT NULL,
    fuse smallint NOT NULL,
    price integer NOT NULL CHECK (price >= 0)
);

CREATE TABLE economy.ship_classes (
    id smallint PRIMARY KEY CHECK (id BETWEEN 1 AND 999),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    role smallint NOT NULL CHECK (role BETWEEN 0 AND 2), -- 0 pilots, 1 raider, 2 patrol
    armed boolean NOT NULL,
    dry_t smallint NOT NULL,
    hold_t smallint NOT NULL CHECK (hold_t >= 0),
    thrust integer NOT NULL,
    boost_pm smallint NOT NULL,
    cruise smallint NOT NULL,
    boosted smallint NOT NULL,
    turn_steps smallint NOT NULL,
    hull integer NOT NULL CHECK (hull > 0),
    shield integer NOT NULL,
    shield_delay_ticks smallint NOT NULL,
    shield_regen smallint NOT NULL,
    energy smallint NOT NULL,
    energy_regen smallint NOT NULL,
    boost_drain smallint NOT NULL,
    radius smallint NOT NULL,
    guns smallint NOT NULL,
    torpedoes smallint NOT NULL,
    pds smallint NOT NULL,
    gun smallint REFERENCES economy.weapons,
    torpedo smallint REFERENCES economy.weapons,
    pd smallint REFERENCES economy.weapons,
    price integer NOT NULL CHECK (price >= 0),
    fuel_per_min integer NOT NULL CHECK (fuel_per_min >= 0),
    docking_fee integer NOT NULL CHECK (docking_fee >= 0),
    repair_price integer NOT NULL CHECK (repair_price >= 0) -- of a whole hull
);

CREATE TABLE economy.commodities (
    id smallint PRIMARY KEY CHECK (id BETWEEN 1 AND 63),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    mass smallint NOT NULL CHECK (mass > 0),
    base integer NOT NULL CHECK (base BETWEEN 1 AND 4000),
    contraband smallint NOT NULL DEFAULT 0, -- bit r: no market at risk r, and found by scans
    restricted smallint NOT NULL DEFAULT 0  -- bit r: sold at risk r, but found by scans
);

CREATE TABLE economy.npc_levels (
    id smallint PRIMARY KEY CHECK (id BETWEEN 0 AND 7),
    vital_pm smallint NOT NULL,
    aim_error_steps smallint NOT NULL,
    flee_pm smallint NOT NULL,
    bounty integer NOT NULL CHECK (bounty >= 0)
);

CREATE TABLE economy.npc_guilds (
    id smallint PRIMARY KEY CHECK (id BETWEEN 1 AND 32),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    class_id smallint NOT NULL REFERENCES economy.ship_classes,
    ships smallint NOT NULL,
    risk_max smallint NOT NULL,
    floor_per_min integer NOT NULL
);

-- Industries, in thousandths of a unit per cycle of 60 s. They decide what a station trades and the
-- stock that it aims at.
CREATE TABLE economy.extraction (
    location smallint NOT NULL REFERENCES economy.locations,
    commodity smallint NOT NULL REFERENCES economy.commodities,
    milli integer NOT NULL CHECK (milli > 0),
    PRIMARY KEY (location, commodity)
);

CREATE TABLE economy.recipes (
    location smallint NOT NULL REFERENCES economy.locations,
    recipe smallint NOT NULL,
    commodity smallint NOT NULL REFERENCES economy.commodities,
    milli integer NOT NULL CHECK (milli <> 0), -- negative: input
    PRIMARY KEY (location, recipe, commodity)
);

CREATE TABLE economy.consumption (
    location smallint NOT NULL REFERENCES economy.locations,
    commodity smallint NOT NULL REFERENCES economy.commodities,
    milli integer NOT NULL CHECK (milli > 0),
    PRIMARY KEY (location, commodity)
);

CREATE TABLE economy.market_prices (
    location smallint NOT NULL REFERENCES economy.locations,
    commodity smallint NOT NULL REFERENCES economy.commodities,
    local_base integer NOT NULL CHECK (local_base BETWEEN 1 AND 4000), -- with the bias
    bias_pm smallint NOT NULL,
    spread_pm smallint NOT NULL CHECK (spread_pm BETWEEN 1 AND 500), -- half of it
    target integer NOT NULL CHECK (target BETWEEN 1 AND 10000),
    rest integer NOT NULL CHECK (rest BETWEEN 0 AND 25000), -- where drift leads
    stock bigint NOT NULL,
    drift_carry integer NOT NULL DEFAULT 0 CHECK (drift_carry BETWEEN -63 AND 63),
    version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (location, commodity),
    CONSTRAINT stock_in_bounds CHECK (stock >= 0 AND stock * 2 <= target::bigint * 5)
);

-- Mid price each minute, for the change over the last hour.
CREATE TABLE economy.price_history (
    location smallint NOT NULL,
    commodity smallint NOT NULL,
    at timestamptz NOT NULL,
    mid_milli bigint NOT NULL CHECK (mid_milli > 0), -- thousandths of a credit
    PRIMARY KEY (location, commodity, at),
    FOREIGN KEY (location, commodity) REFERENCES economy.market_prices
);

REVOKE INSERT, UPDATE, DELETE ON economy.world_revision, economy.zone_profiles, economy.locations,
    economy.waypoints, economy.zone_shapes, economy.spawn_points, economy.weapons,
    economy.ship_classes, economy.commodities, economy.npc_levels, economy.npc_guilds,
    economy.extraction, economy.recipes, economy.consumption FROM st_economy;
REVOKE INSERT, DELETE ON economy.market_prices FROM st_economy;
