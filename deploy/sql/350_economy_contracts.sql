-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- Contracts with escrow: deliveries that stations ask for, and prices on heads. What is promised lies
-- in the account `escrow` until it is earned or given back.

INSERT INTO economy.sources (id, name, about) VALUES
(13, 'escrow', 'what contracts hold until they end; contracts has the detail');
INSERT INTO economy.wallets (account, kind, owner)
VALUES (economy.account_of(4, 13), 'source', 13);
INSERT INTO economy.cargo (account, commodity, quantity)
SELECT economy.account_of(4, 13), id, 0 FROM economy.commodities;

CREATE TABLE economy.contracts (
    id bigint PRIMARY KEY,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 2), -- 1 delivery, 2 price on a head
    -- 1 open, 2 taken, 3 earned, 4 failed, 5 ended unearned; escrow holds the fee in 1 and 2, the
    -- collateral in 2
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    origin smallint NOT NULL DEFAULT 0, -- delivery: from where, 0 for heads
    destination smallint NOT NULL DEFAULT 0,
    commodity smallint NOT NULL DEFAULT 0,
    quantity integer NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    fee bigint NOT NULL CHECK (fee > 0),
    collateral bigint NOT NULL DEFAULT 0 CHECK (collateral >= 0),
    issuer bigint NOT NULL DEFAULT 0, -- player who put the price up; 0: a station, or the law
    player bigint NOT NULL DEFAULT 0, -- who took it, or earned it
    target bigint NOT NULL DEFAULT 0, -- head: player
    ends_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 1) = (quantity > 0 AND origin > 0 AND destination > 0 AND commodity > 0)),
    CHECK ((kind = 2) = (target > 0)),
    CHECK (state <> 2 OR (kind = 1 AND player > 0))
);
CREATE INDEX contracts_offers ON economy.contracts (origin, id) WHERE kind = 1 AND state = 1;
CREATE INDEX contracts_taken ON economy.contracts (player, id) WHERE state = 2;
CREATE INDEX contracts_heads ON economy.contracts (target, id) WHERE kind = 2 AND state = 1;
CREATE INDEX contracts_issuer ON economy.contracts (issuer, id) WHERE kind = 2 AND state = 1;
CREATE INDEX contracts_ends ON economy.contracts (ends_at) WHERE state IN (1, 2);

ALTER TABLE economy.pilots ADD COLUMN deliveries integer NOT NULL DEFAULT 0
    CHECK (deliveries >= 0); -- contracts fulfilled

INSERT INTO economy.economy_params (name, value, about) VALUES
('offers', 6, 'delivery contracts open at a station at most'),
('offer_s', 900, 'how long an offer stands'),
('delivery_rate', 9, 'credits for a tonne and minute'),
('delivery_risk_pm', 400, 'so much more for each step of risk on the way');

REVOKE DELETE ON economy.contracts FROM st_economy;
