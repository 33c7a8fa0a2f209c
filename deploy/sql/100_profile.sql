-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- Who the players are: names, passwords, sign-ins, and what they did to each other.

CREATE TABLE profile.players (
    player_id      bigint GENERATED ALWAYS AS IDENTITY (START WITH 1001) PRIMARY KEY
                   CHECK (player_id BETWEEN 1001 AND 4294967295),
    name           text NOT NULL CHECK (char_length(name) BETWEEN 3 AND 20),
    name_folded    text NOT NULL UNIQUE CHECK (name_folded = lower(name)),
    created_at     timestamptz NOT NULL DEFAULT now(),
    provisioned_at timestamptz,  -- when the economy had made wallet and ship; NULL = not yet
    kills          bigint NOT NULL DEFAULT 0 CHECK (kills BETWEEN 0 AND 4294967295),
    deaths         bigint NOT NULL DEFAULT 0 CHECK (deaths BETWEEN 0 AND 4294967295)
);

-- A player without an account is a guest.
CREATE TABLE profile.accounts (
    player_id    bigint PRIMARY KEY REFERENCES profile.players,
    password_phc text NOT NULL CHECK (password_phc LIKE '$argon2id$%'),
    created_at   timestamptz NOT NULL DEFAULT now(),
    hashed_at    timestamptz NOT NULL DEFAULT now()
);

-- The newest sign-in of each player; lower epochs are fenced.
CREATE TABLE profile.sessions (
    player_id bigint PRIMARY KEY REFERENCES profile.players,
    epoch     bigint NOT NULL CHECK (epoch > 0),
    raised_at timestamptz NOT NULL DEFAULT now()
);

-- Hashes of refresh secrets. `family` is the sign-in that a chain of rotations began with.
CREATE TABLE profile.refresh_secrets (
    secret_hash   bytea PRIMARY KEY CHECK (octet_length(secret_hash) = 32),
    player_id     bigint NOT NULL REFERENCES profile.players,
    family        bigint NOT NULL,
    session_epoch bigint NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    rotated_at    timestamptz
);
CREATE SEQUENCE profile.sign_in_family;
CREATE INDEX refresh_secrets_player ON profile.refresh_secrets (player_id, session_epoch);
CREATE INDEX refresh_secrets_family ON profile.refresh_secrets (family);
CREATE INDEX refresh_secrets_expiry ON profile.refresh_secrets (expires_at);

-- Ships destroyed with a player on either side. 0 = an NPC, or the corona as killer.
CREATE TABLE profile.combat_log (
    event_id      bigint PRIMARY KEY,  -- the 64 bits of the event's id
    booked_at     timestamptz NOT NULL DEFAULT now(),
    shard         bigint NOT NULL,
    world_epoch   bigint NOT NULL,
    tick          bigint NOT NULL,
    zone          integer NOT NULL,
    x             integer NOT NULL,  -- 1/512 world unit
    y             integer NOT NULL,
    victim_player bigint NOT NULL,
    victim_ship   bigint NOT NULL,
    victim_class  integer NOT NULL,
    victim_faction integer NOT NULL,
    killer_player bigint NOT NULL,
    killer_ship   bigint NOT NULL,
    killer_class  integer NOT NULL,
    assists       bigint[] NOT NULL DEFAULT '{}' CHECK (cardinality(assists) <= 8),
    CHECK (victim_player <> 0 OR killer_player <> 0 OR cardinality(assists) > 0)
);
CREATE INDEX combat_log_victim ON profile.combat_log (victim_player, booked_at)
    WHERE victim_player <> 0;
CREATE INDEX combat_log_killer ON profile.combat_log (killer_player, booked_at)
    WHERE killer_player <> 0;

-- Events that were applied, with a hash of their content; kept longer than the stream keeps them.
CREATE TABLE profile.inbox (
    event_id     bigint PRIMARY KEY,
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    received_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_age ON profile.inbox (received_at);

-- What happened stays as it was written.
REVOKE UPDATE, DELETE ON profile.combat_log FROM st_profile;
REVOKE DELETE ON profile.players, profile.accounts, profile.sessions FROM st_profile;
REVOKE UPDATE ON profile.inbox FROM st_profile;
