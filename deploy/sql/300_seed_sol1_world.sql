-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- sol-1: map, zones, ships, weapons, goods and people. Positions below are relative to the Sun,
-- which stands at (524288, 524288).

INSERT INTO economy.world_revision (revision) VALUES (1);

INSERT INTO economy.zone_profiles (id, code, name, risk, pvp, linkdead_s, loot_pm, insurance_pm,
    tax_pm, spread_pm, customs_pm, patrols, packs, raiders, level_min, level_max, pack_period_s,
    import_pm, export_pm, loss_ppm, bounty_pm) VALUES
(1, 'HOME', 'Home',       0, 0, 15,   0, 600, 35, 25, 300, 3, 0, 0, 0, 0,   0, 1000, 1000,      0, 1000),
(2, 'CORE', 'Core',       1, 1, 20, 250, 600, 30, 25, 200, 4, 1, 1, 0, 0, 480, 1010,  990,   2000, 1000),
(3, 'LANE', 'Lanes',      1, 1, 20, 300, 550, 20, 25, 120, 5, 1, 1, 0, 1, 240, 1020,  980,   8000, 1000),
(4, 'SUNW', 'Sunward',    2, 2, 30, 400, 550, 15, 30,   0, 0, 2, 1, 0, 1,   0, 1050,  960,  80000, 1000),
(5, 'BELT', 'Belt',       3, 2, 30, 500, 500, 15, 30,   0, 0, 2, 2, 1, 2,   0, 1080,  940, 200000, 1100),
(6, 'DEEP', 'Deep',       3, 2, 45, 600, 450, 10, 35,   0, 0, 2, 2, 2, 2,   0, 1120,  910, 250000, 1200),
(7, 'FREE', 'Free Ports', 4, 3, 60, 750, 300,  0, 40,   0, 0, 2, 3, 2, 3,   0, 1180,  870, 300000, 1300);

INSERT INTO economy.locations (id, code, name, body, x, y, dock_radius, zone, pop, treasury_target,
                               is_start, shipyard)
SELECT id, code, name, body, 524288 + x, 524288 + y, dock_radius, zone, pop, treasury, id = 1, yard
FROM (VALUES
    ( 1, 'TER', 'Terra High',      'Earth',       0, 13000, 300, 1, 20, 1017000, 'none'),
    ( 2, 'LUN', 'Luna Yards',      'Moon',     4500, 15500, 300, 1,  8, 1306000, 'all'),
    ( 3, 'VEN', 'Aphrodite',       'Venus',   -8500,  4500, 250, 2,  8,  907000, 'none'),
    ( 4, 'MER', 'Caloris',         'Mercury', -5200, -3000, 250, 4,  4,  844000, 'none'),
    ( 5, 'MAR', 'Phobos Works',    'Mars',    13000,  9000, 300, 2, 12, 1642000, 'small'),
    ( 6, 'CER', 'Ceres Hub',       'Ceres',   24500,  1500, 300, 3,  6,  613000, 'small'),
    ( 7, 'VES', 'Vesta Pits',      'Vesta',   21500, 13000, 250, 5,  4,  500000, 'none'),
    ( 8, 'PAL', 'Pallas Free Port','Pallas',  31000,  7000, 250, 7,  4,  500000, 'none'),
    ( 9, 'GAN', 'Ganymede Fields', 'Jupiter', 36000, -5500, 300, 3,  8,  733000, 'all'),
    (10, 'IO',  'Io Forge',        'Jupiter', 41500, -9500, 250, 6,  4,  500000, 'none'),
    (11, 'TIT', 'Titan Reach',     'Saturn',  48500, -1000, 250, 3,  6,  773000, 'none'),
    (12, 'TRI', 'Triton Haven',    'Neptune', 47000, 11500, 250, 7,  2,  500000, 'none')
) AS l (id, code, name, body, x, y, dock_radius, zone, pop, treasury, yard);

INSERT INTO economy.waypoints (id, code, x, y)
SELECT id, code, 524288 + x, 524288 + y
FROM (VALUES (101, 'A', 27500, -7000), (102, 'B', 41000, 2000), (103, 'SX', 2200, 2200))
    AS w (id, code, x, y);

-- Points that shapes refer to: stations, waypoints and two that have no other name.
CREATE TEMPORARY TABLE seed_point ON COMMIT DROP AS
SELECT code, x, y FROM economy.locations
UNION ALL SELECT code, x, y FROM economy.waypoints
UNION ALL VALUES ('SUN', 524288, 524288), ('HOME', 524288 + 2250, 524288 + 14250);

INSERT INTO economy.zone_shapes (priority, zone, kind, x1, y1, x2, y2, r)
SELECT priority, zone, CASE WHEN s.p IS NULL THEN 0 WHEN s.q IS NULL THEN 1 ELSE 2 END,
       coalesce(p.x, 0), coalesce(p.y, 0), coalesce(q.x, p.x, 0), coalesce(q.y, p.y, 0), r
FROM (VALUES
    ( 1, 1, 'HOME', NULL, 6500),
    ( 2, 7, 'PAL', NULL, 5000), ( 3, 7, 'TRI', NULL, 5000),
    ( 4, 2, 'VEN', NULL, 3500), ( 5, 2, 'MAR', NULL, 4500),
    ( 6, 2, 'TER', 'VEN', 1600), ( 7, 2, 'LUN', 'MAR', 1600), ( 8, 2, 'TER', 'MAR', 1600),
    ( 9, 3, 'MAR', 'CER', 1400), (10, 3, 'CER', 'A', 1400), (11, 3, 'A', 'GAN', 1400),
    (12, 3, 'GAN', 'B', 1400), (13, 3, 'B', 'TIT', 1400),
    (14, 3, 'CER', NULL, 3500), (15, 3, 'GAN', NULL, 3500), (16, 3, 'TIT', NULL, 3500),
    (17, 4, 'SUN', NULL, 20000),
    (18, 5, 'SUN', NULL, 34000),
    (19, 6, NULL, NULL, 0)
) AS s (priority, zone, p, q, r)
LEFT JOIN seed_point p ON p.code = s.p
LEFT JOIN seed_point q ON q.code = s.q;

INSERT INTO economy.spawn_points (id, zone, x, y)
SELECT row_number() OVER (ORDER BY n), zone, 524288 + x, 524288 + y
FROM (VALUES
    ( 1, 4,  -6200,   -700), ( 2, 4,  -2600,  5200), ( 3, 4,   4200,  3600), ( 4, 4,   9000,  6300),
    ( 5, 5,  16500,  13800), ( 6, 5,  18600, 11700), ( 7, 5,  22600,  8700), ( 8, 5,  25500, 10900),
    ( 9, 5,  25300,   6300), (10, 5,  29800, -1300),
    (11, 6,  39000,  -7700), (12, 6,  42200, -3200), (13, 6,  44500, -5900), (14, 6,  47900,  4600),
    (15, 6,  38500,   9100), (16, 6,  34300,  -200),
    (17, 7,  30300,   4200), (18, 7,  28200,  9600), (19, 7,  45000,  9700), (20, 7,  47800,  8600)
) AS s (n, zone, x, y);

INSERT INTO economy.weapons (id, code, name, kind, damage, shield_pm, hull_pm, speed, life_ticks,
    cooldown_ticks, energy, spread_steps, range, hull, turn_steps, fuse, price) VALUES
(1, 'pulse_cannon',  'pulse cannon',  1,  60, 1250,  800, 19456,  25,   8,  16, 10,    0,  0,  0, 0,  900),
(2, 'autocannon',    'autocannon',    1,  48,  700, 1300, 16384,  19,   5,  10, 24,    0,  0,  0, 0, 1200),
(3, 'torpedo',       'torpedo',       2, 280, 1000, 1000,  8704, 140, 120, 120,  0, 1300, 90, 32, 6, 5000),
(4, 'point_defence', 'point defence', 3,  24,  300,  300, 19456,   8,   5,   6, 40,  320,  0,  0, 0, 2500);

INSERT INTO economy.ship_classes (id, code, name, role, armed, dry_t, hold_t, thrust, boost_pm,
    cruise, boosted, turn_steps, hull, shield, shield_delay_ticks, shield_regen, energy,
    energy_regen, boost_drain, radius, guns, torpedoes, pds, gun, torpedo, pd, price, fuel_per_min,
    docking_fee, repair_price) VALUES
(1, 'shuttle',       'Shuttle',       0, false,  40,  24,  4920, 1500, 6144,  8704,  68,  520,  500, 100, 1, 1000,  6, 16, 16, 2, 0, 0, 1, NULL, NULL,      0, 12,  8,  150),
(2, 'scout',         'Scout',         0, false,  30,  12,  5760, 1500, 8192, 11776, 102,  450,  450,  80, 1, 1200,  9, 20, 13, 2, 0, 0, 1, NULL, NULL,   8000, 15, 10,  400),
(3, 'hauler',        'Hauler',        0, false,  90,  80,  9200, 1600, 5376,  7936,  46, 1300,  900, 120, 1, 1200,  7, 15, 26, 1, 0, 1, 1, NULL, 4,     10000, 30, 20,  500),
(4, 'heavy_hauler',  'Heavy hauler',  0, false, 220, 240, 14700, 1600, 4352,  6144,  28, 2000, 1500, 140, 2, 1800,  9, 18, 40, 2, 0, 2, 1, NULL, 4,     90000, 80, 60, 2500),
(5, 'fighter',       'Fighter',       0, true,   45,  10,  9800, 1500, 7936, 11264,  97, 1000, 1000,  90, 1, 1400, 10, 20, 16, 3, 4, 0, 1, 3, NULL,     36000, 25, 15, 1000),
(6, 'gunship',       'Gunship',       0, true,  120,  40, 16900, 1500, 6400,  8960,  63, 2100, 1900, 110, 2, 2400, 16, 24, 28, 4, 6, 1, 1, 3, 4,       240000, 70, 40, 4000),
(7, 'raider',        'Raider',        1, true,   40,  30,  7680, 1500, 7168,  9856,  85,  650,  600, 100, 1, 1200,  8, 20, 16, 2, 0, 0, 2, NULL, NULL,      0,  0,  0,    0),
(8, 'cutter',        'Cutter',        2, true,   80,  10, 15360, 1500, 7680, 11008,  80, 1600, 1600,  90, 2, 2000, 14, 20, 20, 3, 4, 0, 1, 3, NULL,         0,  0,  0,    0);

INSERT INTO economy.commodities (id, code, name, mass, base, contraband, restricted) VALUES
( 1, 'ICE', 'water ice',     1,   60, 0, 0), ( 2, 'ORE', 'metal ore',    2,  130, 0, 0),
( 3, 'HYD', 'hydrocarbons',  1,   75, 0, 0), ( 4, 'HE3', 'helium-3',     1,  160, 0, 0),
( 5, 'REE', 'rare earths',   1,  240, 0, 0), ( 6, 'FOO', 'food',         1,  100, 0, 0),
( 7, 'FUE', 'fuel cells',    1,  120, 0, 0), ( 8, 'ALL', 'alloys',       2,  250, 0, 0),
( 9, 'POL', 'polymers',      1,  140, 0, 0), (10, 'ELE', 'electronics',  1,  420, 0, 0),
(11, 'MAC', 'machinery',     3,  690, 0, 0), (12, 'MED', 'medicine',     1,  520, 0, 0),
(13, 'SHP', 'ship parts',    2,  840, 0, 0), (14, 'LUX', 'luxuries',     1,  950, 0, 0),
(15, 'MUN', 'munitions',     1,  380, 1, 0), (16, 'STI', 'stims',        1, 1300, 1, 2);

INSERT INTO economy.npc_levels (id, vital_pm, aim_error_steps, flee_pm, bounty) VALUES
(0,  600, 80,   0,  300), (1,  800, 64,   0,  500), (2, 1000, 48, 200, 1000), (3, 1300, 32, 200, 2600);

INSERT INTO economy.npc_guilds (id, code, name, class_id, ships, risk_max, floor_per_min) VALUES
(1, 'terran_line',    'Terran Line',    3, 12, 1,  720),
(2, 'belt_freight',   'Belt Freight',   3, 14, 4,  720),
(3, 'outer_carriers', 'Outer Carriers', 4,  6, 4, 1600),
(4, 'night_couriers', 'Night Couriers', 2,  4, 4,  400);
