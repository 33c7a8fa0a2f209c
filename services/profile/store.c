/* SPDX-License-Identifier: Apache-2.0 */
#include "store_private.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    TIMEOUT_MS = 2000,
    STATEMENTS_MAX = 32,
    /* A connection that ended while it was idle shows at its next use: such a failure comes at once
     * and is worth a second try, one that took longer is not. */
    RETRY_WITHIN_MS = 300
};

struct store *store_new(const char *url, const char *connection_name)
{
    st_assert(url && connection_name);
    struct store *s = st_alloc(sizeof(*s));
    s->pg = st_pg_new(&(struct st_pg_options){.url = url,
                                              .name = connection_name,
                                              .timeout_ms = TIMEOUT_MS,
                                              .statements_max = STATEMENTS_MAX});
    s->request_id = "";
    return s;
}

void store_free(struct store **s)
{
    st_assert(s);
    if (!*s)
        return;
    st_pg_free(&(*s)->pg);
    st_free(*s);
    *s = NULL;
}

void store_on_behalf(struct store *s, const char *request_id)
{
    st_assert(s && request_id);
    s->request_id = request_id;
}

static void log_statement(struct store *s, const struct st_pg_stmt *stmt, int err, uint64_t ms)
{
    if (err && err != ST_ECONFLICT && err != ST_EUNAVAILABLE) /* who asked says so */
        st_log(ST_LOG_WARN, "sql_failed", st_log_s("request_id", s->request_id),
               st_log_s("statement", stmt->name), st_log_s("reason", st_err_name(err)),
               st_log_s("error", st_pg_error(s->pg)), st_log_u("ms", ms));
    else
        st_log(ST_LOG_DEBUG, "sql", st_log_s("request_id", s->request_id),
               st_log_s("statement", stmt->name), st_log_u("ms", ms));
}

int store_step(struct store *s, const struct st_pg_stmt *stmt, const struct st_pg_param *params,
               size_t count, struct st_pg_result **out)
{
    st_assert(s && stmt && out);
    uint64_t start = st_mono_ms();
    int err = st_pg_exec(s->pg, stmt, params, count, out);
    log_statement(s, stmt, err, st_mono_ms() - start);
    return err;
}

int store_run(struct store *s, const struct st_pg_stmt *stmt, const struct st_pg_param *params,
              size_t count, struct st_pg_result **out)
{
    uint64_t start = st_mono_ms();
    int err = store_step(s, stmt, params, count, out);
    if ((err == ST_EUNAVAILABLE || err == ST_ETIMEOUT) && st_mono_ms() - start < RETRY_WITHIN_MS)
        err = store_step(s, stmt, params, count, out);
    return err;
}

static struct st_pg_param text_or_null(const char *text)
{
    return text ? st_pg_param_str(text) : (struct st_pg_param){NULL, 0, false};
}

int store_ping(struct store *s)
{
    static const struct st_pg_stmt stmt = {"ping", "SELECT 1"};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, NULL, 0, &r);
    st_pg_result_free(&r);
    return err;
}

static void copy_text(char *out, size_t cap, const struct st_pg_result *r, size_t col)
{
    snprintf(out, cap, "%s", st_pg_text(r, 0, col));
}

int store_profile(struct store *s, uint64_t player, struct player_profile *out, bool *provisioned)
{
    static const struct st_pg_stmt stmt = {
        "profile",
        "SELECT p.name, extract(epoch FROM p.created_at)::bigint, a.player_id IS NULL, p.kills,"
        " p.deaths, coalesce(v.credits, 0), coalesce(v.ship, 0), coalesce(v.class_id, 0),"
        " coalesce(v.holder_kind, 0), coalesce(v.location, 0), coalesce(v.cargo_units, 0),"
        " coalesce(v.rev, 0), (extract(epoch FROM now()) * 1000)::bigint,"
        " p.provisioned_at IS NOT NULL AND v.player IS NOT NULL"
        " FROM profile.players p"
        " LEFT JOIN profile.accounts a ON a.player_id = p.player_id"
        " LEFT JOIN economy.player_read_v v ON v.player = p.player_id"
        " WHERE p.player_id = $1::bigint"};
    st_assert(s && out && provisioned);
    char id[24];
    struct st_pg_param params[] = {st_pg_param_int(id, (int64_t)player)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 1, &r);
    if (!err && st_pg_rows(r) == 0)
        err = ST_ENOTFOUND;
    if (!err) {
        *out = (struct player_profile){
            .player = player,
            .created_at = (uint64_t)st_pg_int(r, 0, 1),
            .guest = st_pg_bool(r, 0, 2),
            .kills = (uint32_t)st_pg_int(r, 0, 3),
            .deaths = (uint32_t)st_pg_int(r, 0, 4),
            .credits = (uint64_t)st_pg_int(r, 0, 5),
            .ship = (uint32_t)st_pg_int(r, 0, 6),
            .class_id = (uint32_t)st_pg_int(r, 0, 7),
            .holder = (uint32_t)st_pg_int(r, 0, 8),
            .location = (uint32_t)st_pg_int(r, 0, 9),
            .cargo_units = (uint32_t)st_pg_int(r, 0, 10),
            .rev = (uint64_t)st_pg_int(r, 0, 11),
            .as_of_ms = (uint64_t)st_pg_int(r, 0, 12),
        };
        copy_text(out->name, sizeof(out->name), r, 0);
        *provisioned = st_pg_bool(r, 0, 13);
    }
    st_pg_result_free(&r);
    return err;
}

int store_account(struct store *s, const char *folded, struct store_account *out)
{
    static const struct st_pg_stmt stmt = {
        "account", "SELECT p.player_id, p.provisioned_at IS NOT NULL, a.password_phc"
                   " FROM profile.players p JOIN profile.accounts a USING (player_id)"
                   " WHERE p.name_folded = $1"};
    st_assert(s && folded && out);
    struct st_pg_param params[] = {st_pg_param_str(folded)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 1, &r);
    if (!err && st_pg_rows(r) == 0)
        err = ST_ENOTFOUND;
    if (!err) {
        out->player = (uint64_t)st_pg_int(r, 0, 0);
        out->provisioned = st_pg_bool(r, 0, 1);
        copy_text(out->phc, sizeof(out->phc), r, 2);
    }
    st_pg_result_free(&r);
    return err;
}

int store_create(struct store *s, const char *name, const char *phc, uint64_t *player)
{
    static const struct st_pg_stmt stmt = {
        "create", "WITH made AS ("
                  "  INSERT INTO profile.players (name, name_folded) VALUES ($1, $2)"
                  "  ON CONFLICT (name_folded) DO NOTHING RETURNING player_id),"
                  " account AS ("
                  "  INSERT INTO profile.accounts (player_id, password_phc)"
                  "  SELECT player_id, $3 FROM made WHERE $3::text IS NOT NULL)"
                  " SELECT player_id FROM made"};
    char folded[PLAYER_NAME_MAX + 1];
    st_assert(s && name && player);
    player_name_fold(folded, name);
    struct st_pg_param params[] = {st_pg_param_str(name), st_pg_param_str(folded),
                                   text_or_null(phc)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 3, &r);
    if (!err && st_pg_rows(r) == 0)
        err = ST_EEXIST;
    if (!err)
        *player = (uint64_t)st_pg_int(r, 0, 0);
    st_pg_result_free(&r);
    return err;
}

/* Inside the transaction of a claim: is it this guest's newest session? */
static int claim_check(struct store *s, const struct st_pg_param *id, uint64_t epoch)
{
    static const struct st_pg_stmt stmt = {
        "claim_check", "SELECT s.epoch, a.player_id IS NOT NULL FROM profile.sessions s"
                       " LEFT JOIN profile.accounts a USING (player_id)"
                       " WHERE s.player_id = $1::bigint FOR UPDATE OF s"};
    struct st_pg_result *r = NULL;
    int err = store_step(s, &stmt, id, 1, &r);
    if (!err && st_pg_rows(r) == 0)
        err = ST_ENOTFOUND;
    if (!err && st_pg_bool(r, 0, 1))
        err = ST_ECONFLICT;
    if (!err && (uint64_t)st_pg_int(r, 0, 0) != epoch)
        err = ST_EDENIED;
    st_pg_result_free(&r);
    return err;
}

static int claim_book(struct store *s, const struct st_pg_param *params)
{
    static const struct st_pg_stmt stmt = {
        "claim", "WITH account AS ("
                 "  INSERT INTO profile.accounts (player_id, password_phc)"
                 "  VALUES ($1::bigint, $4))"
                 " UPDATE profile.players SET name = $2, name_folded = $3"
                 " WHERE player_id = $1::bigint"};
    struct st_pg_result *r = NULL;
    int err = store_step(s, &stmt, params, 4, &r);
    if (err == ST_ECONFLICT && strcmp(st_pg_sqlstate(s->pg), "23505") == 0)
        err = ST_EEXIST;
    st_pg_result_free(&r);
    return err;
}

int store_claim(struct store *s, uint64_t player, uint64_t epoch, const char *name, const char *phc)
{
    char id[24], folded[PLAYER_NAME_MAX + 1];
    st_assert(s && name && phc);
    player_name_fold(folded, name);
    struct st_pg_param params[] = {st_pg_param_int(id, (int64_t)player), st_pg_param_str(name),
                                   st_pg_param_str(folded), st_pg_param_str(phc)};
    int err = st_pg_begin(s->pg);
    if (err)
        return err;
    err = claim_check(s, params, epoch);
    if (!err)
        err = claim_book(s, params);
    if (!err)
        return st_pg_commit(s->pg);
    st_pg_rollback(s->pg);
    return err;
}

int store_sign_in(struct store *s, uint64_t player, const uint8_t hash[ST_SECRET_HASH_LEN],
                  const char *phc, uint64_t *epoch)
{
    /* The conflict on the hash is this statement again, after its first answer was lost. */
    static const struct st_pg_stmt stmt = {
        "sign_in", "WITH provisioned AS ("
                   "  UPDATE profile.players SET provisioned_at = now()"
                   "  WHERE player_id = $1::bigint AND provisioned_at IS NULL),"
                   " rehashed AS ("
                   "  UPDATE profile.accounts SET password_phc = $3, hashed_at = now()"
                   "  WHERE player_id = $1::bigint AND $3::text IS NOT NULL),"
                   " raised AS ("
                   "  INSERT INTO profile.sessions AS s (player_id, epoch) VALUES ($1::bigint, 1)"
                   "  ON CONFLICT (player_id) DO UPDATE SET epoch = s.epoch + 1, raised_at = now()"
                   "  RETURNING player_id, epoch)"
                   " INSERT INTO profile.refresh_secrets"
                   "  (secret_hash, player_id, family, session_epoch, expires_at)"
                   " SELECT $2, player_id, nextval('profile.sign_in_family'), epoch,"
                   "  now() + $4::int * interval '1 day' FROM raised"
                   " ON CONFLICT (secret_hash) DO UPDATE SET session_epoch = excluded.session_epoch"
                   " RETURNING session_epoch"};
    st_assert(s && epoch);
    char id[24], days[24];
    struct st_pg_param params[] = {st_pg_param_int(id, (int64_t)player),
                                   st_pg_param_bytes(hash, ST_SECRET_HASH_LEN), text_or_null(phc),
                                   st_pg_param_int(days, STORE_REFRESH_LIFE_DAYS)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 4, &r);
    if (!err)
        *epoch = (uint64_t)st_pg_int(r, 0, 0);
    st_pg_result_free(&r);
    return err;
}

static int refresh_known(struct store *s, const struct st_pg_param *old_hash)
{
    static const struct st_pg_stmt stmt = {
        "refresh_known", "SELECT FROM profile.refresh_secrets WHERE secret_hash = $1"};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, old_hash, 1, &r);
    if (!err)
        err = st_pg_rows(r) > 0 ? ST_ELIMIT : ST_ENOTFOUND;
    st_pg_result_free(&r);
    return err;
}

int store_refresh(struct store *s, const uint8_t old_hash[ST_SECRET_HASH_LEN],
                  const uint8_t new_hash[ST_SECRET_HASH_LEN], uint64_t *player, uint64_t *epoch)
{
    static const struct st_pg_stmt stmt = {
        "refresh",
        "WITH old AS ("
        "  UPDATE profile.refresh_secrets SET rotated_at = coalesce(rotated_at, now())"
        "  WHERE secret_hash = $1 AND expires_at > now() AND (rotated_at IS NULL"
        "   OR rotated_at > now() - $4::int * interval '1 second')"
        "  RETURNING player_id, family),"
        " raised AS ("
        "  INSERT INTO profile.sessions AS s (player_id, epoch) SELECT player_id, 1 FROM old"
        "  ON CONFLICT (player_id) DO UPDATE SET epoch = s.epoch + 1, raised_at = now()"
        "  RETURNING player_id, epoch)"
        " INSERT INTO profile.refresh_secrets"
        "  (secret_hash, player_id, family, session_epoch, expires_at)"
        " SELECT $2, player_id, family, epoch, now() + $3::int * interval '1 day'"
        "  FROM old JOIN raised USING (player_id)"
        " ON CONFLICT (secret_hash) DO UPDATE SET session_epoch = excluded.session_epoch"
        " RETURNING player_id, session_epoch"};
    st_assert(s && old_hash && new_hash && player && epoch);
    char days[24], grace[24];
    struct st_pg_param params[] = {st_pg_param_bytes(old_hash, ST_SECRET_HASH_LEN),
                                   st_pg_param_bytes(new_hash, ST_SECRET_HASH_LEN),
                                   st_pg_param_int(days, STORE_REFRESH_LIFE_DAYS),
                                   st_pg_param_int(grace, STORE_REFRESH_GRACE_S)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 4, &r);
    if (!err && st_pg_rows(r) == 0) {
        err = refresh_known(s, params);
    } else if (!err) {
        *player = (uint64_t)st_pg_int(r, 0, 0);
        *epoch = (uint64_t)st_pg_int(r, 0, 1);
    }
    st_pg_result_free(&r);
    return err;
}

int store_logout(struct store *s, uint64_t player, uint64_t *epoch)
{
    static const struct st_pg_stmt stmt = {
        "logout", "WITH forgotten AS ("
                  "  DELETE FROM profile.refresh_secrets WHERE family IN ("
                  "   SELECT family FROM profile.refresh_secrets"
                  "   WHERE player_id = $1::bigint AND session_epoch = $2::bigint))"
                  " UPDATE profile.sessions SET raised_at = now(),"
                  "  epoch = CASE WHEN epoch = $2::bigint THEN epoch + 1 ELSE epoch END"
                  " WHERE player_id = $1::bigint RETURNING epoch"};
    st_assert(s && epoch);
    char id[24], old[24];
    struct st_pg_param params[] = {st_pg_param_int(id, (int64_t)player),
                                   st_pg_param_int(old, (int64_t)*epoch)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 2, &r);
    if (!err && st_pg_rows(r) == 0)
        err = ST_ENOTFOUND;
    if (!err)
        *epoch = (uint64_t)st_pg_int(r, 0, 0);
    st_pg_result_free(&r);
    return err;
}

int store_session(struct store *s, uint64_t player, uint64_t *epoch, char name[PLAYER_NAME_MAX + 1])
{
    static const struct st_pg_stmt stmt = {
        "session", "SELECT coalesce(s.epoch, 0), p.name FROM profile.players p"
                   " LEFT JOIN profile.sessions s USING (player_id)"
                   " WHERE p.player_id = $1::bigint"};
    st_assert(s && epoch && name);
    char id[24];
    struct st_pg_param params[] = {st_pg_param_int(id, (int64_t)player)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 1, &r);
    if (!err && st_pg_rows(r) == 0)
        err = ST_ENOTFOUND;
    if (!err) {
        *epoch = (uint64_t)st_pg_int(r, 0, 0);
        copy_text(name, PLAYER_NAME_MAX + 1, r, 1);
    }
    st_pg_result_free(&r);
    return err;
}

int store_kick(struct store *s, uint64_t player, uint64_t *epoch)
{
    static const struct st_pg_stmt stmt = {
        "kick", "INSERT INTO profile.sessions AS s (player_id, epoch)"
                " SELECT player_id, 1 FROM profile.players WHERE player_id = $1::bigint"
                " ON CONFLICT (player_id) DO UPDATE SET epoch = s.epoch + 1, raised_at = now()"
                " RETURNING epoch"};
    st_assert(s && epoch);
    char id[24];
    struct st_pg_param params[] = {st_pg_param_int(id, (int64_t)player)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 1, &r);
    if (!err && st_pg_rows(r) == 0)
        err = ST_ENOTFOUND;
    if (!err)
        *epoch = (uint64_t)st_pg_int(r, 0, 0);
    st_pg_result_free(&r);
    return err;
}

void store_ids(char *out, size_t cap, const uint64_t *ids, size_t count)
{
    size_t len = 0;
    st_assert(cap >= STORE_IDS_TEXT(count));
    out[len++] = '{';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s%" PRIu64, i ? "," : "", ids[i]);
    snprintf(out + len, cap - len, "}");
}

void store_take_names(const struct st_pg_result *r, struct store_name *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i].player = (uint64_t)st_pg_int(r, i, 0);
        snprintf(out[i].name, sizeof(out[i].name), "%s", st_pg_text(r, i, 1));
    }
}

int store_names(struct store *s, const uint64_t *players, size_t count, struct store_name *out,
                size_t *found)
{
    static const struct st_pg_stmt stmt = {"names", "SELECT player_id, name FROM profile.players"
                                                    " WHERE player_id = ANY ($1::bigint[])"};
    st_assert(s && players && out && found && count <= STORE_NAMES_MAX);
    char list[STORE_IDS_TEXT(STORE_NAMES_MAX)];
    store_ids(list, sizeof(list), players, count);
    struct st_pg_param params[] = {st_pg_param_str(list)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 1, &r);
    *found = err ? 0 : ST_MIN(st_pg_rows(r), count);
    store_take_names(r, out, *found);
    st_pg_result_free(&r);
    return err;
}

int store_fights(struct store *s, uint64_t player, struct store_fight *out, size_t *found)
{
#define FIGHTS_AS(role)                                                                            \
    "(SELECT event_id, booked_at, zone, victim_player, victim_class, killer_player, killer_class"  \
    " FROM profile.combat_log WHERE " role " = $1::bigint ORDER BY booked_at DESC LIMIT 20)"
    static const struct st_pg_stmt stmt = {
        "fights",
        "SELECT (extract(epoch FROM booked_at) * 1000)::bigint, zone, victim_player,"
        " victim_class, killer_player, killer_class FROM (" FIGHTS_AS(
            "victim_player") " UNION " FIGHTS_AS("killer_player") ") x ORDER BY booked_at DESC "
                                                                  "LIMIT 20"};
    _Static_assert(STORE_FIGHTS_MAX == 20, "as in the statement");
    st_assert(s && player && out && found);
    char id[24];
    struct st_pg_param params[] = {st_pg_param_int(id, (int64_t)player)};
    struct st_pg_result *r = NULL;
    int err = store_run(s, &stmt, params, 1, &r);
    *found = err ? 0 : ST_MIN(st_pg_rows(r), (size_t)STORE_FIGHTS_MAX);
    for (size_t i = 0; i < *found; i++)
        out[i] = (struct store_fight){.at_ms = (uint64_t)st_pg_int(r, i, 0),
                                      .zone = (uint32_t)st_pg_int(r, i, 1),
                                      .victim_player = (uint64_t)st_pg_int(r, i, 2),
                                      .victim_class = (uint32_t)st_pg_int(r, i, 3),
                                      .killer_player = (uint64_t)st_pg_int(r, i, 4),
                                      .killer_class = (uint32_t)st_pg_int(r, i, 5)};
    st_pg_result_free(&r);
    return err;
}
