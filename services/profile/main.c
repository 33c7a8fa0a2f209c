/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journey of a sign-in: door (decode) -> login (limits, account, password, provision, sign in)
 * -> hydrate (cache or Postgres) -> door (encode). Everything that blocks happens on the pools of
 * profile.h; this file opens and closes the parts.
 */
#include "door.h"
#include "door_events.h"
#include "door_presence.h"
#include "profile.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/kv.h>
#include <st/log.h>
#include <st/rng.h>
#include <st/stat.h>

#include <stdio.h>
#include <string.h>

static const struct st_conf_item settings[] = {
    {"ST_POSTGRES_URL", ST_CONF_SECRET, NULL, 1, 1024, "postgresql://st_profile:...@host/db"},
    {"ST_REDIS_URL", ST_CONF_SECRET, NULL, 1, 1024,
     "redis://[:password@]host:port[/db] or unix:/path"},
    {"ST_REDIS_TIMEOUT_MS", ST_CONF_INT, "50", 1, 10000,
     "of a command; after three that fail Redis is left alone for a second"},
    {"ST_TICKET_SECRET_KEY", ST_CONF_SECRET, NULL, 64, 64,
     "seed of the signing key, 64 hex digits"},
    {"ST_TICKET_KEY_ID", ST_CONF_STRING, "k1", 1, 8, "name of the signing key"},
    {"ST_TICKET_PREVIOUS_KEY", ST_CONF_STRING, "", 0, 80,
     "kid:64hex of the public key before, accepted during a rotation"},
    {"ST_HASH_WORKERS", ST_CONF_INT, "1", 1, 16, "password threads, 19 MiB each"},
    {"ST_STORE_WORKERS", ST_CONF_INT, "2", 1, 16, "Postgres connections for requests"},
    {"ST_SIGN_INS_PER_ACCOUNT", ST_CONF_INT, "5", 1, 1000000,
     "failed sign-ins per account and minute"},
    {"ST_SIGN_INS_PER_ADDRESS", ST_CONF_INT, "10", 1, 1000000,
     "failed sign-ins per address and 10 minutes"},
    {"ST_NEW_PILOTS_PER_ADDRESS", ST_CONF_INT, "600", 1, 1000000,
     "new pilots and accounts per address and 10 minutes"},
    {"ST_HYDRATE_LOADS_PER_SECOND", ST_CONF_INT, "500", 1, 1000000,
     "profiles read from Postgres per second"},
};

/* --- threads --- */

static void *start_cache(void *ctx, uint32_t index)
{
    (void)index;
    const struct st_conf *conf = st_daemon_conf(((struct profile *)ctx)->daemon);
    struct cache *c = cache_new(&(struct cache_options){
        .url = st_conf_str(conf, "ST_REDIS_URL"),
        .timeout_ms = (uint32_t)st_conf_int(conf, "ST_REDIS_TIMEOUT_MS"),
        .tries_per_account = (uint32_t)st_conf_int(conf, "ST_SIGN_INS_PER_ACCOUNT"),
        .failures_per_address = (uint32_t)st_conf_int(conf, "ST_SIGN_INS_PER_ADDRESS"),
        .new_pilots_per_address = (uint32_t)st_conf_int(conf, "ST_NEW_PILOTS_PER_ADDRESS")});
    st_assert(c); /* the url was checked */
    return c;
}

static void stop_cache(void *thread_ctx)
{
    struct cache *c = thread_ctx;
    cache_free(&c);
}

static void *start_store(void *ctx, uint32_t index)
{
    (void)index;
    const struct profile *p = ctx;
    return store_new(st_conf_str(st_daemon_conf(p->daemon), "ST_POSTGRES_URL"),
                     st_daemon_instance(p->daemon));
}

static void stop_store(void *thread_ctx)
{
    struct store *s = thread_ctx;
    store_free(&s);
}

/* --- each second --- */

static void run_cache_tick(void *cache, void *job)
{
    (void)job;
    cache_tick(cache);
}

static void on_cache_tick(void *job)
{
    ((struct profile *)job)->cache_tick_under_way = false;
}

static void run_ping(void *store, void *job)
{
    struct profile *p = job;
    store_on_behalf(store, "ping");
    p->ping_err = store_ping(store);
}

static void on_ping(void *job)
{
    struct profile *p = job;
    p->ping_under_way = false;
    bool was = p->gate.closed;
    gate_report(&p->gate, p->ping_err);
    if (was && !p->gate.closed)
        st_log(ST_LOG_INFO, "postgres_up");
    st_daemon_ready(p->daemon, "postgres", p->ping_err == 0, st_err_name(p->ping_err));
}

static void on_beat(void *ctx)
{
    struct profile *p = ctx;
    if (!p->cache_tick_under_way)
        p->cache_tick_under_way =
            st_workers_submit(p->cache_pool, run_cache_tick, on_cache_tick, p) == 0;
    if (!p->ping_under_way)
        p->ping_under_way = st_workers_submit(p->store_pool, run_ping, on_ping, p) == 0;
    if (p->gate.closed)
        st_daemon_ready(p->daemon, "postgres", false, "does not answer");
    events_beat(p->events);
}

/* --- start and end --- */

static int load_keys(struct profile *p, const struct st_conf *conf, FILE *errors)
{
    const char *seed = st_conf_str(conf, "ST_TICKET_SECRET_KEY");
    const char *previous = st_conf_str(conf, "ST_TICKET_PREVIOUS_KEY");
    uint8_t public_key[ST_SIGN_PUBLIC_LEN];
    char hex[2 * sizeof(public_key) + 1], text[256];
    if (st_hex_decode(seed, strlen(seed), p->ticket_seed, sizeof(p->ticket_seed))) {
        fprintf(errors, "ST_TICKET_SECRET_KEY: not 64 hex digits\n");
        return ST_EINVAL;
    }
    snprintf(p->ticket_key_id, sizeof(p->ticket_key_id), "%s",
             st_conf_str(conf, "ST_TICKET_KEY_ID"));
    st_sign_keypair(public_key, p->ticket_seed);
    st_hex_encode(public_key, sizeof(public_key), hex);
    snprintf(text, sizeof(text), "%s:%s%s%s", p->ticket_key_id, hex, previous[0] ? "," : "",
             previous);
    if (st_ticket_keys_parse(&p->ticket_keys, text)) {
        fprintf(errors, "ST_TICKET_KEY_ID or ST_TICKET_PREVIOUS_KEY: not kid or kid:64hex\n");
        return ST_EINVAL;
    }
    return 0;
}

static bool check(const struct st_conf *conf, FILE *errors)
{
    struct profile scratch = {0};
    if (st_secret_init()) {
        fprintf(errors, "libsodium cannot be used\n");
        return false;
    }
    bool good = load_keys(&scratch, conf, errors) == 0;
    st_secret_wipe(&scratch, sizeof(scratch));
    uint32_t timeout_ms = (uint32_t)st_conf_int(conf, "ST_REDIS_TIMEOUT_MS");
    struct st_kv *kv = st_kv_new(&(struct st_kv_options){.url = st_conf_str(conf, "ST_REDIS_URL"),
                                                         .timeout_ms = timeout_ms});
    if (!kv)
        fprintf(errors,
                "ST_REDIS_URL: neither redis://[:password@]host:port[/db] nor unix:/path\n");
    good = good && kv;
    st_kv_free(&kv);
    return good;
}

static int open_bus(struct profile *p)
{
    int err = st_daemon_bus(p->daemon, ST_BUS_RPC, NULL, NULL, &p->rpc);
    return err ? err : st_daemon_bus(p->daemon, ST_BUS_JS, NULL, NULL, &p->js);
}

static void open_parts(struct profile *p, const struct st_conf *conf)
{
    p->cache_pool =
        st_workers_new(p->loop, "cache", 1, PROFILE_CACHE_QUEUE_MAX, start_cache, stop_cache, p);
    p->store_pool =
        st_workers_new(p->loop, "store", (uint32_t)st_conf_int(conf, "ST_STORE_WORKERS"),
                       PROFILE_STORE_QUEUE_MAX, start_store, stop_store, p);
    p->lead_pool = st_workers_new(p->loop, "lead", 1, 4, start_store, stop_store, p);
    p->password = password_new(p->loop, (uint32_t)st_conf_int(conf, "ST_HASH_WORKERS"),
                               PROFILE_HASH_QUEUE_MAX);
    p->hydrate = hydrate_new(p, (uint32_t)st_conf_int(conf, "ST_HYDRATE_LOADS_PER_SECOND"));
    p->presence = presence_new(p->rpc);
    p->events = events_new(p);
    p->requests = requests_new(p);
    p->door = door_new(p);
    p->beat = st_timer_new(p->loop, on_beat, p);
    st_timer_start(p->beat, 0, PROFILE_BEAT_MS);
}

static int start(struct st_daemon *d, void **ctx)
{
    struct profile *p = st_alloc(sizeof(*p));
    const struct st_conf *conf = st_daemon_conf(d);
    p->daemon = d;
    p->loop = st_daemon_loop(d);
    *ctx = p;
    int err = st_secret_init();
    if (!err)
        err = load_keys(p, conf, stderr);
    if (!err)
        err = open_bus(p);
    if (err) {
        st_log(ST_LOG_ERROR, "start_failed", st_log_s("reason", st_err_name(err)));
        return err;
    }
    st_daemon_ready(d, "postgres", false, "not asked yet");
    open_parts(p, conf);
    err = door_open(p->door);
    if (err)
        st_log(ST_LOG_ERROR, "start_failed", st_log_s("reason", st_err_name(err)));
    return err;
}

static void on_drain(void *ctx)
{
    struct profile *p = ctx;
    if (requests_count(p->requests) == 0 || st_mono_ms() >= p->drain_until_ms)
        st_daemon_stopped(p->daemon);
}

static void stop(void *ctx)
{
    struct profile *p = ctx;
    st_timer_free(&p->beat);
    events_stop(p->events);
    p->drain_until_ms = st_mono_ms() + PROFILE_DRAIN_MS;
    p->beat = st_timer_new(p->loop, on_drain, p);
    st_timer_start(p->beat, 0, PROFILE_SWEEP_MS);
}

static void fini(void *ctx)
{
    struct profile *p = ctx;
    p->ended = true;
    st_workers_free(&p->store_pool, 500);
    st_workers_free(&p->lead_pool, 500);
    st_workers_free(&p->cache_pool, 500);
    password_free(&p->password);
    st_timer_free(&p->beat);
    door_free(&p->door);
    requests_free(&p->requests);
    events_free(&p->events);
    presence_free(&p->presence);
    hydrate_free(&p->hydrate);
    st_secret_wipe(p, sizeof(*p));
    st_free(p);
}

int main(int argc, char **argv)
{
    static const struct st_daemon_spec spec = {
        .kind = "profile",
        .about = "accounts, sign-in, session epochs, cached profiles, combat log",
        .settings = settings,
        .settings_count = ST_ARRAY_LEN(settings),
        .start = start,
        .stop = stop,
        .fini = fini,
        .check = check,
    };
    return st_daemon_main(argc, argv, &spec);
}
