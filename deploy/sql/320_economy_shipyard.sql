-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- Shipyards: pilots buy ships, keep several, and trade in the one they fly.

-- 4: sold to the yard at location holder_id; kept for the books.
ALTER TABLE economy.ships DROP CONSTRAINT ships_holder_kind_check;
ALTER TABLE economy.ships ADD CONSTRAINT ships_holder_kind_check CHECK (holder_kind BETWEEN 1 AND 4);

INSERT INTO economy.sources (id, name, about) VALUES
(12, 'shipyard', 'takes what ships cost, pays for those traded in');
INSERT INTO economy.wallets (account, kind, owner)
VALUES (economy.account_of(4, 12), 'source', 12);
INSERT INTO economy.cargo (account, commodity, quantity)
SELECT economy.account_of(4, 12), id, 0 FROM economy.commodities;

UPDATE economy.world_revision SET revision = revision + 1; -- stations say what their yards build
