-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- Policies: a premium covers one loss of a ship. Ships of before were covered without one.

ALTER TABLE economy.ships ADD COLUMN insurance smallint NOT NULL DEFAULT 1
    CHECK (insurance BETWEEN 1 AND 3); -- 1 none, 2 wanted: paid when docking, 3 held
UPDATE economy.ships SET insurance = 3
    WHERE class_id IN (SELECT id FROM economy.ship_classes WHERE price > 0);
