/* SPDX-License-Identifier: Apache-2.0 */
#include "store_cache.h"

#include "store_value.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/kv.h>
#include <st/log.h>
#include <st/map.h>
#include <st/rng.h>
#include <st/stat.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "player:profile:"

enum {
    KEY_MAX = 64,
    DROPS_PER_SLICE = 256, /* round trips that a call may spend on deletions that are due */
    LOCAL_LIMITS_MAX = 16384,
    ACCOUNT_WINDOW_MS = 60 * 1000,
    ADDRESS_WINDOW_MS = 600 * 1000,
    KNOWN_ADDRESS_S = 30 * 24 * 3600
};

struct cache {
    struct st_kv *kv;
    struct cache_options options;
    struct st_map *kept;    /* players whose deletion is due */
    bool all_due;           /* all profiles are */
    char cursor[24];        /* of the scan that unlinks them */
    struct throttle *local; /* while Redis is away */
    struct st_gauge *kept_gauge;
    struct st_counter *drops, *drop_failures, *local_tries;
};

static struct st_slice text(const char *s)
{
    return (struct st_slice){(const uint8_t *)s, strlen(s)};
}

struct cache *cache_new(const struct cache_options *options)
{
    st_assert(options && options->timeout_ms > 0);
    st_assert(options->tries_per_account > 0 && options->failures_per_address > 0);
    struct st_kv *kv =
        st_kv_new(&(struct st_kv_options){.url = options->url, .timeout_ms = options->timeout_ms});
    if (!kv)
        return NULL;
    struct cache *c = st_alloc(sizeof(*c));
    c->kv = kv;
    c->options = *options;
    c->kept = st_map_new(CACHE_KEPT_MAX);
    c->local = throttle_new(LOCAL_LIMITS_MAX);
    c->kept_gauge = st_gauge("startrader_cache_deletions_due", NULL,
                             "players whose cached profile has still to be deleted");
    c->drops = st_counter("startrader_cache_deletions_total", NULL, "cached profiles deleted");
    c->drop_failures = st_counter("startrader_cache_deletion_failures_total", NULL,
                                  "deletions that failed and were kept");
    c->local_tries = st_counter("startrader_sign_in_local_limits_total", NULL,
                                "tries counted by this instance alone, Redis being away");
    return c;
}

void cache_free(struct cache **cc)
{
    st_assert(cc);
    struct cache *c = *cc;
    if (!c)
        return;
    st_kv_free(&c->kv);
    st_map_free(&c->kept);
    throttle_free(&c->local);
    st_free(c);
    *cc = NULL;
}

/* --- deletions that are due --- */

static int unlink_player(struct cache *c, uint64_t player)
{
    char value[KEY_MAX], lease[KEY_MAX];
    snprintf(value, sizeof(value), PREFIX "%" PRIu64, player);
    snprintf(lease, sizeof(lease), PREFIX "%" PRIu64 ":lease", player);
    struct st_slice args[] = {text("DEL"), text(value), text(lease)};
    struct st_kv_reply *r = NULL;
    int err = st_kv_command(c->kv, args, ST_ARRAY_LEN(args), &r);
    st_kv_reply_free(&r);
    return err;
}

static void drop_all(struct cache *c)
{
    c->all_due = true;
    snprintf(c->cursor, sizeof(c->cursor), "0");
    st_map_clear(c->kept);
    st_gauge_set(c->kept_gauge, CACHE_KEPT_MAX);
    st_log(ST_LOG_WARN, "cache_drop_all");
}

static void keep(struct cache *c, uint64_t player)
{
    st_counter_add(c->drop_failures, 1);
    if (!c->all_due && st_map_set(c->kept, player, 1))
        drop_all(c);
    st_gauge_set(c->kept_gauge, c->all_due ? CACHE_KEPT_MAX : st_map_count(c->kept));
}

/* One step of the scan over all profiles. */
static int unlink_some(struct cache *c)
{
    static const char script[] =
        "local r = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', 500)\n"
        "if #r[2] > 0 then redis.call('UNLINK', unpack(r[2])) end\n"
        "return r[1]";
    struct st_slice args[] = {text("EVAL"), text(script), text("0"), text(c->cursor),
                              text(PREFIX "*")};
    struct st_kv_reply *r = NULL;
    int err = st_kv_command(c->kv, args, ST_ARRAY_LEN(args), &r);
    if (!err) {
        struct st_slice next = st_kv_bytes(r);
        snprintf(c->cursor, sizeof(c->cursor), "%.*s", (int)ST_MIN(next.len, 20), next.data);
        c->all_due = strcmp(c->cursor, "0") != 0;
    }
    st_kv_reply_free(&r);
    return err;
}

static int drop_one_kept(struct cache *c)
{
    uint32_t cursor = 0;
    uint64_t player = 0, one = 0;
    if (!st_map_next(c->kept, &cursor, &player, &one))
        return 0;
    int err = unlink_player(c, player);
    if (!err) {
        st_map_remove(c->kept, player);
        st_counter_add(c->drops, 1);
    }
    return err;
}

/* True when nothing is due any more. Spends at most a slice on it. */
static bool settle_due(struct cache *c)
{
    int err = 0;
    for (int i = 0; i < DROPS_PER_SLICE && !err && (c->all_due || st_map_count(c->kept)); i++)
        err = c->all_due ? unlink_some(c) : drop_one_kept(c);
    st_gauge_set(c->kept_gauge, c->all_due ? CACHE_KEPT_MAX : st_map_count(c->kept));
    return !c->all_due && st_map_count(c->kept) == 0;
}

void cache_tick(struct cache *c)
{
    st_assert(c);
    settle_due(c);
    if (st_kv_up(c->kv))
        return;
    struct st_slice ping[] = {text("PING")};
    struct st_kv_reply *r = NULL;
    if (st_kv_command(c->kv, ping, 1, &r) == 0)
        st_kv_reply_free(&r);
}

void cache_drop(struct cache *c, uint64_t player)
{
    st_assert(c);
    if (unlink_player(c, player) == 0)
        st_counter_add(c->drops, 1);
    else
        keep(c, player);
}

/* --- profiles --- */

static enum cache_result judge(struct cache_read *read, struct st_slice value)
{
    struct player_profile *p = &read->profile;
    int err = store_value_decode(p, value.data, value.len);
    if (err)
        return err == ST_EINVAL ? CACHE_OLD_SCHEMA : CACHE_GARBAGE;
    if (p->player != read->player)
        return CACHE_GARBAGE;
    uint64_t now_ms = st_wall_ms();
    uint64_t age_ms = now_ms > p->as_of_ms ? now_ms - p->as_of_ms : p->as_of_ms - now_ms;
    if (age_ms > CACHE_AGE_MAX_MS)
        return CACHE_TOO_OLD;
    return p->rev < read->min_rev ? CACHE_OVERTAKEN : CACHE_HIT;
}

static enum cache_result get_value(struct cache *c, struct cache_read *read)
{
    char key[KEY_MAX], ttl[16];
    snprintf(key, sizeof(key), PREFIX "%" PRIu64, read->player);
    snprintf(ttl, sizeof(ttl), "%d", CACHE_TTL_S);
    struct st_slice args[] = {text("GETEX"), text(key), text("EX"), text(ttl)};
    struct st_kv_reply *r = NULL;
    int err = st_kv_command(c->kv, args, ST_ARRAY_LEN(args), &r);
    if (err == ST_EPROTO) /* an error reply: another type, no memory, read-only */
        return st_kv_up(c->kv) ? CACHE_GARBAGE : CACHE_AWAY;
    if (err)
        return CACHE_AWAY;
    enum cache_result result = st_kv_is_nil(r) ? CACHE_ABSENT : judge(read, st_kv_bytes(r));
    st_kv_reply_free(&r);
    return result;
}

static void take_lease(struct cache *c, struct cache_read *read)
{
    char key[KEY_MAX], token[24], ms[16];
    uint64_t lease = st_random_u64() | 1;
    snprintf(key, sizeof(key), PREFIX "%" PRIu64 ":lease", read->player);
    snprintf(token, sizeof(token), "%" PRIu64, lease);
    snprintf(ms, sizeof(ms), "%d", CACHE_LEASE_MS);
    struct st_slice args[] = {text("SET"), text(key),  text(token),
                              text("NX"),  text("PX"), text(ms)};
    struct st_kv_reply *r = NULL;
    if (st_kv_command(c->kv, args, ST_ARRAY_LEN(args), &r) == 0 && !st_kv_is_nil(r))
        read->lease = lease;
    st_kv_reply_free(&r);
}

void cache_read(struct cache *c, struct cache_read *read)
{
    st_assert(c && read);
    read->lease = 0;
    read->result = settle_due(c) ? get_value(c, read) : CACHE_AWAY;
    if (read->result != CACHE_HIT && read->result != CACHE_AWAY)
        take_lease(c, read);
}

void cache_write(struct cache *c, const struct player_profile *p, uint64_t lease)
{
    /* DEL first: whatever sits there may be of another type. */
    static const char script[] = "if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end\n"
                                 "redis.call('DEL', KEYS[1], KEYS[2])\n"
                                 "redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])\n"
                                 "return 1";
    st_assert(c && p && lease != 0);
    uint8_t memory[STORE_VALUE_MAX];
    struct st_buf value;
    st_buf_init_fixed(&value, memory, sizeof(memory));
    store_value_encode(p, &value);
    st_assert(!value.overflow);
    char key[KEY_MAX], lease_key[KEY_MAX], token[24], ttl[16];
    snprintf(key, sizeof(key), PREFIX "%" PRIu64, p->player);
    snprintf(lease_key, sizeof(lease_key), PREFIX "%" PRIu64 ":lease", p->player);
    snprintf(token, sizeof(token), "%" PRIu64, lease);
    snprintf(ttl, sizeof(ttl), "%d", CACHE_TTL_S);
    struct st_slice args[] = {text("EVAL"),
                              text(script),
                              text("2"),
                              text(key),
                              text(lease_key),
                              text(token),
                              {value.data, value.len},
                              text(ttl)};
    struct st_kv_reply *r = NULL;
    int err = st_kv_command(c->kv, args, ST_ARRAY_LEN(args), &r);
    if (err) /* counted by kv; the next loader writes it */
        st_log(ST_LOG_DEBUG, "cache_write_failed", st_log_u("player", p->player),
               st_log_s("reason", st_err_name(err)));
    st_kv_reply_free(&r);
}

/* --- limits --- */

struct limit_keys {
    char account[KEY_MAX * 2], known[KEY_MAX * 2], address[KEY_MAX * 2];
};

static void make_keys(struct limit_keys *k, const struct cache_try *t)
{
    if (t->makes_pilot)
        snprintf(k->account, sizeof(k->account), "limit:new:%s", t->address);
    else if (t->from_known_address)
        snprintf(k->account, sizeof(k->account), "limit:account:%016" PRIx64 ":%s", t->account,
                 t->address);
    else
        snprintf(k->account, sizeof(k->account), "limit:account:%016" PRIx64, t->account);
    snprintf(k->known, sizeof(k->known), "limit:known:%016" PRIx64 ":%s", t->account, t->address);
    snprintf(k->address, sizeof(k->address), "limit:address:%s", t->address);
}

static uint32_t count_max(const struct cache *c, const struct cache_try *t)
{
    return t->makes_pilot ? c->options.new_pilots_per_address : c->options.tries_per_account;
}

static uint64_t window_ms(const struct cache_try *t)
{
    return t->makes_pilot ? ADDRESS_WINDOW_MS : ACCOUNT_WINDOW_MS;
}

static bool counts(const struct cache_try *t)
{
    return t->account != 0 || t->makes_pilot;
}

static int eval_int(struct cache *c, const struct st_slice *args, size_t count, int64_t *out)
{
    struct st_kv_reply *r = NULL;
    int err = st_kv_command(c->kv, args, count, &r);
    if (!err)
        *out = st_kv_int(r);
    st_kv_reply_free(&r);
    return err;
}

/* An owner who signed in from his address before is counted apart from the strangers who try his
 * name: they cannot lock him out. */
static void find_known(struct cache *c, struct cache_try *t)
{
    struct limit_keys k;
    int64_t known = 0;
    t->from_known_address = false;
    make_keys(&k, t);
    struct st_slice args[] = {text("EXISTS"), text(k.known)};
    if (t->account && eval_int(c, args, 2, &known) == 0)
        t->from_known_address = known == 1;
}

static int begin_shared(struct cache *c, struct cache_try *t)
{
    static const char script[] =
        "local a = tonumber(redis.call('GET', KEYS[2]) or '0')\n"
        "if a >= tonumber(ARGV[1]) then return math.max(1, redis.call('PTTL', KEYS[2])) end\n"
        "if ARGV[4] == '0' then return 0 end\n"
        "local n = redis.call('INCR', KEYS[1])\n"
        "if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end\n"
        "if n <= tonumber(ARGV[2]) then return 0 end\n"
        "redis.call('DECR', KEYS[1])\n"
        "return math.max(1, redis.call('PTTL', KEYS[1]))";
    char failures[16], max[16], window[24];
    struct limit_keys k;
    find_known(c, t);
    make_keys(&k, t);
    snprintf(failures, sizeof(failures), "%u", c->options.failures_per_address);
    snprintf(max, sizeof(max), "%u", count_max(c, t));
    snprintf(window, sizeof(window), "%" PRIu64, window_ms(t));
    struct st_slice args[] = {text("EVAL"),    text(script),    text("2"),
                              text(k.account), text(k.address), text(failures),
                              text(max),       text(window),    text(counts(t) ? "1" : "0")};
    int64_t wait_ms = 0;
    int err = eval_int(c, args, ST_ARRAY_LEN(args), &wait_ms);
    t->retry_after_ms = wait_ms > 0 ? (uint64_t)wait_ms : 0;
    return err;
}

static uint64_t local_key(const char *key)
{
    return st_hash64(key, strlen(key), 0);
}

static void begin_local(struct cache *c, struct cache_try *t)
{
    struct limit_keys k;
    uint64_t now_ms = st_mono_ms();
    make_keys(&k, t);
    st_counter_add(c->local_tries, 1);
    t->retry_after_ms =
        throttle_check(c->local, now_ms, local_key(k.address), c->options.failures_per_address);
    if (t->retry_after_ms == 0 && counts(t))
        t->retry_after_ms =
            throttle_take(c->local, now_ms, local_key(k.account), count_max(c, t), window_ms(t));
}

void cache_try_begin(struct cache *c, struct cache_try *t)
{
    st_assert(c && t && t->address[0]);
    t->from_known_address = false;
    if (begin_shared(c, t))
        begin_local(c, t);
}

static int end_shared(struct cache *c, const struct cache_try *t, enum cache_verdict verdict)
{
    static const char script[] =
        "if ARGV[1] == 'lost' then\n"
        " redis.call('INCR', KEYS[2])\n"
        " if redis.call('PTTL', KEYS[2]) < 0 then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end\n"
        " return 0\n"
        "end\n"
        "local n = tonumber(redis.call('GET', KEYS[1]) or '0')\n"
        "if n > 0 then redis.call('DECR', KEYS[1]) end\n"
        "if ARGV[1] == 'won' then redis.call('SET', KEYS[3], '1', 'EX', ARGV[3]) end\n"
        "return 0";
    static const char *const words[] = {
        [CACHE_WON] = "won", [CACHE_LOST] = "lost", [CACHE_VOID] = "void"};
    char window[16], known_s[16];
    struct limit_keys k;
    make_keys(&k, t);
    snprintf(window, sizeof(window), "%d", ADDRESS_WINDOW_MS);
    snprintf(known_s, sizeof(known_s), "%d", KNOWN_ADDRESS_S);
    struct st_slice args[] = {text("EVAL"),         text(script),    text("3"),
                              text(k.account),      text(k.address), text(k.known),
                              text(words[verdict]), text(window),    text(known_s)};
    int64_t unused = 0;
    return eval_int(c, args, ST_ARRAY_LEN(args), &unused);
}

void cache_try_end(struct cache *c, const struct cache_try *t, enum cache_verdict verdict)
{
    st_assert(c && t && t->address[0]);
    if (verdict != CACHE_LOST && !counts(t))
        return;
    if (end_shared(c, t, verdict) == 0)
        return;
    struct limit_keys k;
    uint64_t now_ms = st_mono_ms();
    make_keys(&k, t);
    if (verdict == CACHE_LOST)
        (void)throttle_take(c->local, now_ms, local_key(k.address), UINT32_MAX, ADDRESS_WINDOW_MS);
    else
        throttle_give_back(c->local, now_ms, local_key(k.account));
}
