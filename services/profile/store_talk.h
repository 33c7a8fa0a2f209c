/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the profile service asks of Postgres about chat, mutes and reports; as store.h says.
 */
#ifndef PROFILE_STORE_TALK_H
#define PROFILE_STORE_TALK_H

#include "store.h"
#include "talk_text.h"

enum {
    STORE_LINES_MAX = 100, /* kept of a zone, and told */
    STORE_NEAR_MAX = 1000, /* kept of what was said to those who are near, for reports */
    STORE_MUTES_MAX = 100,
    STORE_MUTES_CHANGE_MAX = 16,
    STORE_REPORT_LINES_MAX = 20,
    STORE_REPORTS_PER_HOUR = 5,
    STORE_SAY_EVERY_S = 2, /* in the long run */
    STORE_SAY_AHEAD_S = 6, /* so much of it may be used up at once */
    STORE_REQUEST_TEXT_MAX = 64,
};

struct store_line {
    uint64_t line, player, at_ms;
    uint32_t zone;
    char name[PLAYER_NAME_MAX + 1];
    char text[TALK_TEXT_BYTES_MAX + 1];
};

enum store_said { SAID_DONE, SAID_FENCED, SAID_MUTED, SAID_TOO_FAST };

/* Keeps out->zone, ->player and ->text as a line of the present, once per request, and fills the
 * rest. SAID_MUTED, SAID_TOO_FAST: *wait_s until it may be said. ST_ENOTFOUND: no such player. */
int store_say(struct store *s, uint64_t epoch, const char *request, struct store_line *out,
              enum store_said *said, uint32_t *wait_s) ST_MUST_CHECK;
/* The newest lines of a zone into out (STORE_LINES_MAX), the newest first. */
int store_lines(struct store *s, uint32_t zone, struct store_line *out,
                size_t *found) ST_MUST_CHECK;
/* Changes the list of whom a player does not hear, and reads it into out (STORE_MUTES_MAX). Nobody
 * is added when not all would fit. */
int store_mutes(struct store *s, uint64_t player, const uint64_t *mute, size_t mute_n,
                const uint64_t *unmute, size_t unmute_n, struct store_name *out,
                size_t *found) ST_MUST_CHECK;

enum store_reported { REPORTED_DONE, REPORTED_TOO_MANY, REPORTED_NOBODY };

/* Keeps a report, once per request, with those of the lines that the player has said. */
int store_report(struct store *s, uint64_t reporter, const char *request, uint64_t player,
                 const char *about, const uint64_t *lines, size_t lines_n,
                 enum store_reported *reported, uint32_t *kept) ST_MUST_CHECK;

#endif
