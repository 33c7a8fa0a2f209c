/* SPDX-License-Identifier: Apache-2.0 */
#include "store_private.h"
#include "store_talk.h"

#include <st/assert.h>
#include <st/err.h>

#include <stdio.h>

enum { IDS_TEXT_MAX = STORE_IDS_TEXT(STORE_REPORT_LINES_MAX) };
_Static_assert(STORE_MUTES_CHANGE_MAX <= STORE_REPORT_LINES_MAX, "lists fit");

/* --- lines --- */

/* All that a line needs, or why it may not be said: what `talkers` reads is of before the line. */
static const struct st_pg_stmt q_say = {
    "say", "WITH me AS (SELECT p.player_id, p.name, coalesce(s.epoch, 0) AS epoch"
           "  FROM profile.players p LEFT JOIN profile.sessions s USING (player_id)"
           "  WHERE p.player_id = $1::bigint),"
           " old AS (SELECT line, said_at FROM profile.chat_lines"
           "  WHERE player_id = $1::bigint AND request = $2),"
           " may AS (INSERT INTO profile.talkers AS t (player_id, free_at)"
           "  SELECT player_id, now() + $6::int * interval '1 s' FROM me"
           "   WHERE epoch = $5::bigint AND NOT EXISTS (SELECT FROM old)"
           "  ON CONFLICT (player_id) DO UPDATE"
           "   SET free_at = greatest(t.free_at, now()) + $6::int * interval '1 s'"
           "   WHERE t.muted_until <= now() AND t.free_at <= now() + $7::int * interval '1 s'"
           "  RETURNING player_id),"
           " new AS (INSERT INTO profile.chat_lines (zone, player_id, request, said)"
           "  SELECT $3::smallint, player_id, $2, $4 FROM may"
           "  ON CONFLICT (player_id, request) DO NOTHING RETURNING line, said_at)"
           " SELECT me.name, me.epoch, coalesce(new.line, old.line, 0),"
           "  (extract(epoch FROM coalesce(new.said_at, old.said_at)) * 1000)::bigint,"
           "  ceil(extract(epoch FROM t.muted_until - now()))::bigint,"
           "  ceil(extract(epoch FROM t.free_at - now()))::bigint - $7::int"
           " FROM me LEFT JOIN new ON true LEFT JOIN old ON true"
           "  LEFT JOIN profile.talkers t USING (player_id)"};

static const struct st_pg_stmt q_forget = {
    "forget_lines", "DELETE FROM profile.chat_lines WHERE zone = $1::smallint AND line <="
                    " (SELECT line FROM profile.chat_lines WHERE zone = $1::smallint"
                    "  ORDER BY line DESC OFFSET $2::int LIMIT 1)"};

static void take_said(const struct st_pg_result *r, uint64_t epoch, struct store_line *out,
                      enum store_said *said, uint32_t *wait_s)
{
    int64_t muted_s = st_pg_int(r, 0, 4), fast_s = st_pg_int(r, 0, 5);
    snprintf(out->name, sizeof(out->name), "%s", st_pg_text(r, 0, 0));
    out->line = (uint64_t)st_pg_int(r, 0, 2);
    out->at_ms = (uint64_t)st_pg_int(r, 0, 3);
    *wait_s = 0;
    *said = out->line != 0                          ? SAID_DONE
            : (uint64_t)st_pg_int(r, 0, 1) != epoch ? SAID_FENCED
            : muted_s > 0                           ? SAID_MUTED
                                                    : SAID_TOO_FAST;
    if (*said == SAID_MUTED)
        *wait_s = (uint32_t)ST_MIN(muted_s, (int64_t)UINT32_MAX);
    else if (*said == SAID_TOO_FAST)
        *wait_s = fast_s > 0 ? (uint32_t)fast_s : 1;
}

/* Lines that are past their use may stay until the next one. */
static void forget(struct store *s, uint32_t zone)
{
    char where[24], keep[24];
    struct st_pg_param params[] = {st_pg_param_int(where, zone),
                                   st_pg_param_int(keep, zone ? STORE_LINES_MAX : STORE_NEAR_MAX)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &q_forget, params, 2, &r);
    (void)err; /* logged */
    st_pg_result_free(&r);
}

int store_say(struct store *s, uint64_t epoch, const char *request, struct store_line *out,
              enum store_said *said, uint32_t *wait_s)
{
    st_assert(s && request && out && said && wait_s);
    char id[24], zone[24], session[24], every[24], ahead[24];
    struct st_pg_param params[] = {
        st_pg_param_int(id, (int64_t)out->player), st_pg_param_str(request),
        st_pg_param_int(zone, out->zone),          st_pg_param_str(out->text),
        st_pg_param_int(session, (int64_t)epoch),  st_pg_param_int(every, STORE_SAY_EVERY_S),
        st_pg_param_int(ahead, STORE_SAY_AHEAD_S)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &q_say, params, 7, &r);
    if (!err && st_pg_rows(r) == 0)
        err = ST_ENOTFOUND;
    if (!err)
        take_said(r, epoch, out, said, wait_s);
    st_pg_result_free(&r);
    if (!err && *said == SAID_DONE)
        forget(s, out->zone);
    return err;
}

int store_lines(struct store *s, uint32_t zone, struct store_line *out, size_t *found)
{
    static const struct st_pg_stmt stmt = {
        "lines", "SELECT c.line, c.player_id, (extract(epoch FROM c.said_at) * 1000)::bigint,"
                 "  p.name, c.said FROM profile.chat_lines c"
                 " JOIN profile.players p USING (player_id) WHERE c.zone = $1::smallint"
                 " ORDER BY c.line DESC LIMIT $2::int"};
    st_assert(s && out && found);
    char where[24], most[24];
    struct st_pg_param params[] = {st_pg_param_int(where, zone),
                                   st_pg_param_int(most, STORE_LINES_MAX)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 2, &r);
    *found = err ? 0 : ST_MIN(st_pg_rows(r), (size_t)STORE_LINES_MAX);
    for (size_t i = 0; i < *found; i++) {
        out[i] = (struct store_line){.line = (uint64_t)st_pg_int(r, i, 0),
                                     .player = (uint64_t)st_pg_int(r, i, 1),
                                     .at_ms = (uint64_t)st_pg_int(r, i, 2),
                                     .zone = zone};
        snprintf(out[i].name, sizeof(out[i].name), "%s", st_pg_text(r, i, 3));
        snprintf(out[i].text, sizeof(out[i].text), "%s", st_pg_text(r, i, 4));
    }
    st_pg_result_free(&r);
    return err;
}

/* --- mutes and reports --- */

int store_mutes(struct store *s, uint64_t player, const uint64_t *mute, size_t mute_n,
                const uint64_t *unmute, size_t unmute_n, struct store_name *out, size_t *found)
{
    static const struct st_pg_stmt stmt = {
        "mutes",
        "WITH gone AS (DELETE FROM profile.mutes WHERE player_id = $1::bigint"
        "  AND muted = ANY ($3::bigint[])),"
        " stays AS (SELECT muted FROM profile.mutes WHERE player_id = $1::bigint"
        "  AND muted <> ALL ($3::bigint[])),"
        " new AS (INSERT INTO profile.mutes (player_id, muted) SELECT $1::bigint, player_id"
        "  FROM profile.players WHERE player_id = ANY ($2::bigint[]) AND player_id <> $1::bigint"
        "  AND player_id <> ALL ($3::bigint[])"
        "  AND (SELECT count(*) FROM stays) + cardinality($2::bigint[]) <= $4::int"
        "  ON CONFLICT DO NOTHING RETURNING muted)"
        " SELECT p.player_id, p.name FROM (SELECT muted FROM stays UNION SELECT muted FROM new) m"
        " JOIN profile.players p ON p.player_id = m.muted ORDER BY p.player_id LIMIT $4::int"};
    st_assert(s && mute && unmute && out && found);
    char id[24], most[24], more[IDS_TEXT_MAX], less[IDS_TEXT_MAX];
    store_ids(more, sizeof(more), mute, mute_n);
    store_ids(less, sizeof(less), unmute, unmute_n);
    struct st_pg_param params[] = {st_pg_param_int(id, (int64_t)player), st_pg_param_str(more),
                                   st_pg_param_str(less), st_pg_param_int(most, STORE_MUTES_MAX)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 4, &r);
    *found = err ? 0 : ST_MIN(st_pg_rows(r), (size_t)STORE_MUTES_MAX);
    store_take_names(r, out, *found);
    st_pg_result_free(&r);
    return err;
}

int store_report(struct store *s, uint64_t reporter, const char *request, uint64_t player,
                 const char *about, const uint64_t *lines, size_t lines_n,
                 enum store_reported *reported, uint32_t *kept)
{
    static const struct st_pg_stmt stmt = {
        "report",
        "WITH old AS (SELECT report FROM profile.reports WHERE reporter = $1::bigint"
        "  AND request = $2),"
        " whom AS (SELECT player_id FROM profile.players WHERE player_id = $3::bigint"
        "  AND player_id <> $1::bigint),"
        " new AS (INSERT INTO profile.reports (reporter, request, player_id, about)"
        "  SELECT $1::bigint, $2, player_id, $4 FROM whom WHERE NOT EXISTS (SELECT FROM old)"
        "  AND (SELECT count(*) FROM profile.reports WHERE reporter = $1::bigint"
        "   AND reported_at > now() - interval '1 hour') < $6::int"
        "  ON CONFLICT (reporter, request) DO NOTHING RETURNING report),"
        " kept AS (INSERT INTO profile.report_lines (report, line, said_at, zone, said)"
        "  SELECT new.report, c.line, c.said_at, c.zone, c.said FROM new"
        "  JOIN profile.chat_lines c ON c.line = ANY ($5::bigint[]) AND c.player_id = $3::bigint"
        "  RETURNING line)"
        " SELECT (SELECT count(*) FROM whom), (SELECT count(*) FROM new) + (SELECT count(*)"
        "  FROM old), (SELECT count(*) FROM kept) + (SELECT count(*) FROM profile.report_lines"
        "  JOIN old USING (report))"};
    st_assert(s && request && about && lines && reported && kept);
    char by[24], id[24], limit[24], list[IDS_TEXT_MAX];
    store_ids(list, sizeof(list), lines, lines_n);
    struct st_pg_param params[] = {st_pg_param_int(by, (int64_t)reporter),
                                   st_pg_param_str(request),
                                   st_pg_param_int(id, (int64_t)player),
                                   st_pg_param_str(about),
                                   st_pg_param_str(list),
                                   st_pg_param_int(limit, STORE_REPORTS_PER_HOUR)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 6, &r);
    if (!err) {
        *reported = st_pg_int(r, 0, 1) > 0   ? REPORTED_DONE
                    : st_pg_int(r, 0, 0) > 0 ? REPORTED_TOO_MANY
                                             : REPORTED_NOBODY;
        *kept = (uint32_t)st_pg_int(r, 0, 2);
    }
    st_pg_result_free(&r);
    return err;
}
