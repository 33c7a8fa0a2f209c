-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- sol-1: industries, markets, opening stocks and treasuries. Rates in thousandths of a unit per
-- cycle of 60 s.

CREATE TEMPORARY TABLE seed_rate (
    station text, kind text, recipe integer, good text, rate numeric
) ON COMMIT DROP;

INSERT INTO seed_rate
SELECT station, 'extraction', 0, good, rate
FROM (VALUES
    ('LUN', 'HE3', 28), ('LUN', 'ICE', 44), ('VEN', 'HYD', 48),
    ('MER', 'ICE', 84), ('MER', 'ORE', 46), ('MER', 'REE', 8),
    ('CER', 'ICE', 76), ('VES', 'ORE', 60), ('PAL', 'REE', 16), ('GAN', 'ICE', 84),
    ('IO', 'ORE', 44), ('TIT', 'HYD', 60), ('TIT', 'HE3', 14), ('TIT', 'ICE', 34)
) AS e (station, good, rate);

-- Negative: input.
INSERT INTO seed_rate
SELECT station, 'recipe', recipe, good, rate
FROM (VALUES
    ('TER', 1, 'POL', -12), ('TER', 1, 'FOO', -6), ('TER', 1, 'MED', 18),
    ('TER', 2, 'ELE', -4), ('TER', 2, 'FOO', -10), ('TER', 2, 'LUX', 11),
    ('LUN', 1, 'REE', -8), ('LUN', 1, 'POL', -9), ('LUN', 1, 'ELE', 15),
    ('LUN', 2, 'ALL', -14), ('LUN', 2, 'ELE', -5), ('LUN', 2, 'MAC', -2), ('LUN', 2, 'SHP', 14),
    ('LUN', 3, 'ICE', -20), ('LUN', 3, 'HE3', -8), ('LUN', 3, 'FUE', 42),
    ('VEN', 1, 'ICE', -64), ('VEN', 1, 'FOO', 132), ('VEN', 2, 'HYD', -40), ('VEN', 2, 'POL', 32),
    ('MER', 1, 'ORE', -44), ('MER', 1, 'FUE', -6), ('MER', 1, 'ALL', 40),
    ('MAR', 1, 'ORE', -44), ('MAR', 1, 'FUE', -6), ('MAR', 1, 'ALL', 40),
    ('MAR', 2, 'ALL', -20), ('MAR', 2, 'ELE', -4), ('MAR', 2, 'MAC', 22),
    ('MAR', 3, 'REE', -10), ('MAR', 3, 'POL', -12), ('MAR', 3, 'ALL', -4), ('MAR', 3, 'ELE', 20),
    ('CER', 1, 'ICE', -28), ('CER', 1, 'HE3', -12), ('CER', 1, 'FUE', 58),
    ('PAL', 1, 'ALL', -6), ('PAL', 1, 'FUE', -4), ('PAL', 1, 'MUN', 11),
    ('GAN', 1, 'ICE', -50), ('GAN', 1, 'FOO', 104),
    ('IO', 1, 'ORE', -24), ('IO', 1, 'FUE', -4), ('IO', 1, 'ALL', 22),
    ('TIT', 1, 'HYD', -36), ('TIT', 1, 'POL', 28),
    ('TIT', 2, 'ICE', -20), ('TIT', 2, 'HE3', -8), ('TIT', 2, 'FUE', 42),
    ('TRI', 1, 'HYD', -8), ('TRI', 1, 'MED', -3), ('TRI', 1, 'STI', 7)
) AS r (station, recipe, good, rate);

INSERT INTO seed_rate
SELECT station, 'use', 0, good, rate
FROM (VALUES
    ('TER', 'SHP', 1), ('LUN', 'SHP', 4), ('VEN', 'MAC', 1), ('VEN', 'MUN', 1), ('VEN', 'STI', 0.8),
    ('MER', 'MAC', 2), ('MAR', 'SHP', 3), ('MAR', 'MUN', 2), ('MAR', 'STI', 1.2),
    ('CER', 'SHP', 2), ('CER', 'MAC', 2), ('CER', 'MUN', 2), ('CER', 'STI', 0.8),
    ('VES', 'MAC', 3), ('VES', 'MUN', 1), ('VES', 'STI', 0.6), ('PAL', 'MAC', 2), ('PAL', 'STI', 0.4),
    ('GAN', 'SHP', 2), ('GAN', 'MAC', 2), ('GAN', 'MUN', 2), ('GAN', 'STI', 0.8), ('IO', 'MAC', 2),
    ('TIT', 'MAC', 3), ('TIT', 'MUN', 1), ('TIT', 'STI', 0.8)
) AS u (station, good, rate)
UNION ALL -- people, per head
SELECT l.code, 'use', 0, p.good, p.rate * l.pop
FROM economy.locations l, (VALUES ('FOO', 2.0), ('FUE', 1.0), ('ICE', 0.8), ('ALL', 0.5),
    ('POL', 0.2), ('ELE', 0.18), ('MED', 0.12), ('LUX', 0.10)) AS p (good, rate);

INSERT INTO economy.extraction (location, commodity, milli)
SELECT l.id, c.id, rate * 1000 FROM seed_rate r
JOIN economy.locations l ON l.code = station JOIN economy.commodities c ON c.code = good
WHERE kind = 'extraction';

INSERT INTO economy.recipes (location, recipe, commodity, milli)
SELECT l.id, recipe, c.id, rate * 1000 FROM seed_rate r
JOIN economy.locations l ON l.code = station JOIN economy.commodities c ON c.code = good
WHERE kind = 'recipe';

INSERT INTO economy.consumption (location, commodity, milli)
SELECT l.id, c.id, sum(rate * 1000) FROM seed_rate r
JOIN economy.locations l ON l.code = station JOIN economy.commodities c ON c.code = good
WHERE kind = 'use' GROUP BY l.id, c.id;

-- A station trades what it makes or uses, where that is legal. The target is an hour of its larger
-- rate, at least 110,000 credits' worth. It rests above the target where the good is made and below
-- it where it is used, less so for goods dear for their mass.
INSERT INTO economy.market_prices (location, commodity, local_base, bias_pm, spread_pm, target, rest,
                                   stock)
SELECT location, commodity, base * bias / 1000, bias, spread_pm, target,
       CASE WHEN dear AND imported THEN target * 775 / 1000 WHEN dear THEN target * 5 / 4
            WHEN imported THEN target * 55 / 100 ELSE target * 3 / 2 END, 0
FROM (
    SELECT l.id AS location, c.id AS commodity, c.base, z.spread_pm, c.base > 160 * c.mass AS dear,
           used >= made AS imported, CASE WHEN used >= made THEN z.import_pm ELSE z.export_pm END AS bias,
           greatest(ceil(60 * greatest(made, used)), 110000 / c.base)::integer AS target
    FROM (
        SELECT station, good, coalesce(sum(rate) FILTER (WHERE rate > 0 AND kind <> 'use'), 0) AS made,
               coalesce(sum(abs(rate)) FILTER (WHERE rate < 0 OR kind = 'use'), 0) AS used
        FROM seed_rate GROUP BY station, good
    ) AS r
    JOIN economy.locations l ON l.code = station
    JOIN economy.commodities c ON c.code = good
    JOIN economy.zone_profiles z ON z.id = l.zone
    WHERE (c.contraband >> z.risk) & 1 = 0
) AS m;

UPDATE economy.market_prices SET stock = rest;

INSERT INTO economy.sources (id, name, about) VALUES
( 1, 'mint', 'credits come into the world here, and leave it again'),
( 2, 'bounty', 'pays for destroyed raiders and drones'),
( 3, 'insurance', 'takes what hulls cost, refunds what newcomers lose'),
( 4, 'repair', 'takes what repairs cost'),
( 5, 'fuel', 'takes what fuel costs'),
( 6, 'fee', 'takes docking fees and fines'),
( 7, 'production', 'makes goods'),
( 8, 'consumption', 'uses up goods'),
( 9, 'destroyed', 'goods that are no more'),
(10, 'space', 'goods afloat; loot_goods has the detail'),
(11, 'npc', 'goods that pilots who are no players carry');

INSERT INTO economy.wallets (account, kind, owner)
SELECT economy.account_of(4, id), 'source', id FROM economy.sources
UNION ALL SELECT economy.account_of(3, id), 'station', id FROM economy.locations
UNION ALL SELECT economy.account_of(5, id), 'tax', id FROM economy.locations;
INSERT INTO economy.cargo (account, commodity, quantity)
SELECT economy.account_of(4, s.id), c.id, 0 FROM economy.sources s, economy.commodities c
WHERE s.id >= 7;

-- Opening stocks and treasuries are postings like all others.
INSERT INTO economy.transactions (id, kind) VALUES (1, 'opening');
UPDATE economy.wallets w SET credits = l.treasury_target
FROM economy.locations l WHERE w.account = economy.account_of(3, l.id);
UPDATE economy.wallets SET credits = -(SELECT sum(treasury_target) FROM economy.locations)
WHERE account = economy.account_of(4, 1);
UPDATE economy.cargo g SET quantity = -m.stock
FROM (SELECT commodity, sum(stock) AS stock FROM economy.market_prices GROUP BY commodity) AS m
WHERE g.account = economy.account_of(4, 7) AND g.commodity = m.commodity;
INSERT INTO economy.ledger_entries (transaction, account, commodity, amount, balance)
SELECT 1, account, commodity, balance, balance FROM economy.balances_v WHERE balance <> 0
ORDER BY account, commodity;

INSERT INTO economy.shards (id, world_epoch) VALUES (0, 0);
