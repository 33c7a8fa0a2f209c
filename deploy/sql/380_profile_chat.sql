-- SPDX-License-Identifier: Apache-2.0
-- migrate:up
-- What pilots say to each other, whom they do not want to hear, and what they tell the operators.

-- Of who has ever said something: the next line is due when free_at is near enough.
CREATE TABLE profile.talkers (
    player_id   bigint PRIMARY KEY REFERENCES profile.players,
    free_at     timestamptz NOT NULL DEFAULT 'epoch', -- when all that was said has been paid for
    muted_until timestamptz NOT NULL DEFAULT 'epoch'  -- by an operator
) WITH (fillfactor = 50);

-- The newest lines of each zone (0: said to those who are near); older ones are deleted.
CREATE TABLE profile.chat_lines (
    line      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    said_at   timestamptz NOT NULL DEFAULT now(),
    zone      smallint NOT NULL CHECK (zone BETWEEN 0 AND 255),
    player_id bigint NOT NULL REFERENCES profile.players,
    request   text NOT NULL, -- its id: a retry says nothing twice
    said      text NOT NULL CHECK (char_length(said) BETWEEN 1 AND 200),
    UNIQUE (player_id, request)
);
CREATE INDEX chat_lines_zone ON profile.chat_lines (zone, line);

CREATE TABLE profile.mutes (
    player_id bigint NOT NULL REFERENCES profile.players,
    muted     bigint NOT NULL REFERENCES profile.players,
    since     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (player_id, muted),
    CHECK (muted <> player_id)
);

CREATE TABLE profile.reports (
    report      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reported_at timestamptz NOT NULL DEFAULT now(),
    reporter    bigint NOT NULL REFERENCES profile.players,
    request     text NOT NULL,
    player_id   bigint NOT NULL REFERENCES profile.players, -- whom it is about
    about       text NOT NULL CHECK (char_length(about) <= 200),
    closed_at   timestamptz, -- by an operator
    UNIQUE (reporter, request)
);
CREATE INDEX reports_open ON profile.reports (report) WHERE closed_at IS NULL;
CREATE INDEX reports_reporter ON profile.reports (reporter, reported_at);

-- The lines that a report is about, as they were said: kept when chat_lines forgets them.
CREATE TABLE profile.report_lines (
    report  bigint NOT NULL REFERENCES profile.reports,
    line    bigint NOT NULL,
    said_at timestamptz NOT NULL,
    zone    smallint NOT NULL,
    said    text NOT NULL,
    PRIMARY KEY (report, line)
);

REVOKE UPDATE, DELETE ON profile.reports, profile.report_lines FROM st_profile;
REVOKE UPDATE ON profile.chat_lines, profile.mutes FROM st_profile;
