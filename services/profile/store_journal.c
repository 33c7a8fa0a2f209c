/* SPDX-License-Identifier: Apache-2.0 */
#include "store_journal.h"

#include "store_private.h"

#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>

#include <inttypes.h>
#include <stdio.h>

/* Any number that no other use of this database's advisory locks has. */
#define LOCK "7205759403792793701"

int store_journal_lead(struct store *s, bool *leading)
{
    /* A lock of the session is gone with its connection, unnoticed: so ask what is held. */
    static const struct st_pg_stmt stmt = {
        "lead", "SELECT CASE WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory'"
                "  AND pid = pg_backend_pid() AND granted AND objsubid = 1"
                "  AND (classid::bigint << 32 | objid::bigint) = " LOCK ")"
                " THEN true ELSE pg_try_advisory_lock(" LOCK ") END"};
    st_assert(s && leading);
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, NULL, 0, &r);
    *leading = !err && st_pg_bool(r, 0, 0);
    st_pg_result_free(&r);
    return err;
}

/* Granted to whoever holds the session's lock, and to everybody when nobody does. */
static int check_lock(struct store *s)
{
    static const struct st_pg_stmt stmt = {"lead_check",
                                           "SELECT pg_try_advisory_xact_lock(" LOCK ")"};
    struct st_pg_result *r = NULL;
    int err = store_step(s, &stmt, NULL, 0, &r);
    if (!err && !st_pg_bool(r, 0, 0))
        err = ST_EDENIED;
    st_pg_result_free(&r);
    return err;
}

static void format_assists(const struct journal_kill *k, char *out, size_t cap)
{
    size_t len = (size_t)snprintf(out, cap, "{");
    for (uint32_t i = 0; i < k->assists; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s%" PRIu64, i ? "," : "", k->assist[i]);
    snprintf(out + len, cap - len, "}");
}

static int book_one(struct store *s, const struct journal_kill *k, enum journal_result *result)
{
    static const struct st_pg_stmt stmt = {
        "combat_log",
        "WITH fresh AS ("
        "  INSERT INTO profile.inbox (event_id, content_hash) VALUES ($1::bigint, $2)"
        "  ON CONFLICT DO NOTHING RETURNING event_id),"
        " logged AS ("
        "  INSERT INTO profile.combat_log (event_id, shard, world_epoch, tick, zone, x, y,"
        "   victim_player, victim_ship, victim_class, victim_faction,"
        "   killer_player, killer_ship, killer_class, assists)"
        "  SELECT event_id, $3::bigint, $4::bigint, $5::bigint, $6::int, $7::int, $8::int,"
        "   $9::bigint, $10::bigint, $11::int, $12::int, $13::bigint, $14::bigint, $15::int,"
        "   $16::bigint[] FROM fresh),"
        " counted AS ("
        "  UPDATE profile.players p SET"
        "   kills = kills + (p.player_id = $13::bigint AND $13::bigint <> $9::bigint)::int,"
        "   deaths = deaths + (p.player_id = $9::bigint)::int"
        "  FROM fresh WHERE p.player_id IN ($9::bigint, $13::bigint))"
        " SELECT EXISTS (SELECT FROM fresh),"
        "  (SELECT content_hash = $2 FROM profile.inbox WHERE event_id = $1::bigint)"};
    char text[14][24], assists[JOURNAL_ASSISTS_MAX * 21 + 3];
    format_assists(k, assists, sizeof(assists));
    const int64_t numbers[] = {(int64_t)k->event_id,
                               k->shard,
                               k->world_epoch,
                               k->tick,
                               k->zone,
                               k->x,
                               k->y,
                               (int64_t)k->victim_player,
                               k->victim_ship,
                               k->victim_class,
                               k->victim_faction,
                               (int64_t)k->killer_player,
                               k->killer_ship,
                               k->killer_class};
    struct st_pg_param params[16];
    params[0] = st_pg_param_int(text[0], numbers[0]);
    params[1] = st_pg_param_bytes(k->content_hash, sizeof(k->content_hash));
    for (size_t i = 1; i < ST_ARRAY_LEN(numbers); i++)
        params[i + 1] = st_pg_param_int(text[i], numbers[i]);
    params[15] = st_pg_param_str(assists);
    struct st_pg_result *r = NULL;
    int err = store_step(s, &stmt, params, ST_ARRAY_LEN(params), &r);
    if (!err)
        *result = st_pg_bool(r, 0, 0)   ? JOURNAL_BOOKED
                  : st_pg_bool(r, 0, 1) ? JOURNAL_DUPLICATE
                                        : JOURNAL_CONFLICT;
    st_pg_result_free(&r);
    return err;
}

static int book_batch(struct store *s, const struct journal_kill *kills, size_t count,
                      enum journal_result *results)
{
    int err = st_pg_begin(s->pg);
    if (!err)
        err = check_lock(s);
    for (size_t i = 0; i < count && !err; i++)
        err = book_one(s, &kills[i], &results[i]);
    if (!err)
        return st_pg_commit(s->pg);
    st_pg_rollback(s->pg);
    return err;
}

static bool refused(int err)
{
    return err == ST_EPROTO || err == ST_ECONFLICT;
}

int store_journal_book(struct store *s, const struct journal_kill *kills, size_t count,
                       enum journal_result *results)
{
    st_assert(s && kills && results && count > 0 && count <= JOURNAL_BATCH_MAX);
    int err = book_batch(s, kills, count, results);
    if (!refused(err))
        return err;
    /* One that cannot be booked must not hold up the others: each alone. */
    for (size_t i = 0; i < count; i++) {
        err = book_batch(s, &kills[i], 1, &results[i]);
        if (refused(err)) {
            st_log(ST_LOG_ERROR, "event_quarantined", st_log_u("event_id", kills[i].event_id),
                   st_log_s("error", st_pg_error(s->pg)));
            results[i] = JOURNAL_QUARANTINED;
        } else if (err) {
            return err; /* those before come again as duplicates */
        }
    }
    return 0;
}

int store_journal_sweep(struct store *s)
{
    static const struct st_pg_stmt inbox = {
        "sweep_inbox", "DELETE FROM profile.inbox WHERE received_at < now() - interval '8 days'"};
    static const struct st_pg_stmt secrets = {
        "sweep_secrets", "DELETE FROM profile.refresh_secrets WHERE expires_at < now()"
                         " OR rotated_at < now() - interval '1 day'"};
    st_assert(s);
    const struct st_pg_stmt *all[] = {&inbox, &secrets};
    int err = 0;
    for (size_t i = 0; i < ST_ARRAY_LEN(all) && !err; i++) {
        struct st_pg_result *r = NULL;
        err = store_run(s, all[i], NULL, 0, &r);
        st_pg_result_free(&r);
    }
    return err;
}
