-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- One schema and one role per service. Roles belong to the cluster, so they may be there already;
-- their passwords are set by `startraderctl migrate`, never here.
DO $$
DECLARE
    r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['st_profile', 'st_economy', 'st_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', r);
        END IF;
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO st_profile, st_economy, st_reader',
                   current_database());
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA profile;
CREATE SCHEMA economy;

GRANT USAGE ON SCHEMA profile TO st_profile, st_reader;
GRANT USAGE ON SCHEMA economy TO st_economy, st_reader;

-- Tables made later by the migrating role are their service's to read and write; a table that wants
-- it narrower revokes.
ALTER DEFAULT PRIVILEGES IN SCHEMA profile
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO st_profile;
ALTER DEFAULT PRIVILEGES IN SCHEMA profile GRANT USAGE, SELECT ON SEQUENCES TO st_profile;
ALTER DEFAULT PRIVILEGES IN SCHEMA economy
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO st_economy;
ALTER DEFAULT PRIVILEGES IN SCHEMA economy GRANT USAGE, SELECT ON SEQUENCES TO st_economy;
-- Operators' read-only role sees the books, never secrets: nothing of schema profile by default.
ALTER DEFAULT PRIVILEGES IN SCHEMA economy GRANT SELECT ON TABLES TO st_reader;
