/* SPDX-License-Identifier: Apache-2.0 */
#include "hydrate.h"

#include "store.h"
#include "store_cache.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/map.h>
#include <st/pool.h>
#include <st/stat.h>

#include <stdio.h>
#include <string.h>

/* The load of one player's profile, for all who wait for it. */
struct flight {
    struct hydrate *h;
    uint32_t id;
    bool listed; /* found by those who come later */
    struct st_list waits;
    struct cache_read read;
    struct player_profile profile; /* from Postgres */
    bool provisioned;
    int err;
    char request_id[PROFILE_REQUEST_ID_MAX + 1];
};

struct drop {
    struct hydrate *h;
    uint32_t id;
    uint64_t player;
    hydrate_dropped_fn *done;
    void *ctx;
};

struct hydrate {
    struct profile *p;
    struct st_pool *flights, *drops;
    struct st_map *by_player; /* player -> id of the listed flight */
    uint32_t loads_per_s;
    double tokens; /* loads that may start now */
    uint64_t tokens_at_ms;
    struct st_counter *hits, *loads, *refused, *joined;
    struct st_counter *misses[CACHE_RESULTS];
    struct st_histogram *duration[HYDRATE_DATABASE + 1];
};

static void register_metrics(struct hydrate *h)
{
    static const char *const reasons[CACHE_RESULTS] = {
        [CACHE_ABSENT] = "absent",   [CACHE_AWAY] = "unavailable",
        [CACHE_GARBAGE] = "garbage", [CACHE_OLD_SCHEMA] = "schema",
        [CACHE_TOO_OLD] = "age",     [CACHE_OVERTAKEN] = "revision"};
    static const char *const sources[] = {
        [HYDRATE_CACHE] = "source=\"cache\"", [HYDRATE_DATABASE] = "source=\"database\""};
    h->hits = st_counter("startrader_hydrate_hits_total", NULL, "profiles served from the cache");
    for (int i = 0; i < CACHE_RESULTS; i++) {
        if (i == CACHE_HIT)
            continue;
        char labels[48];
        snprintf(labels, sizeof(labels), "reason=\"%s\"", reasons[i]);
        h->misses[i] = st_counter("startrader_hydrate_misses_total", labels,
                                  "profiles that the cache did not have");
    }
    h->loads = st_counter("startrader_hydrate_loads_total", NULL, "profiles read from Postgres");
    h->refused = st_counter("startrader_hydrate_refused_total", NULL,
                            "loads refused: too many, or Postgres away");
    h->joined = st_counter("startrader_hydrate_joined_total", NULL,
                           "requests that joined a load under way");
    for (int i = HYDRATE_CACHE; i <= HYDRATE_DATABASE; i++)
        h->duration[i] =
            st_histogram("startrader_hydrate_duration_seconds", sources[i], "time to a profile",
                         st_latency_bounds, st_latency_bounds_count);
}

struct hydrate *hydrate_new(struct profile *p, uint32_t loads_per_s)
{
    st_assert(p && loads_per_s > 0);
    struct hydrate *h = st_alloc(sizeof(*h));
    h->p = p;
    h->flights = st_pool_new(sizeof(struct flight), PROFILE_FLIGHTS_MAX);
    h->drops = st_pool_new(sizeof(struct drop), PROFILE_DROPS_MAX);
    h->by_player = st_map_new(PROFILE_FLIGHTS_MAX);
    h->loads_per_s = loads_per_s;
    h->tokens = loads_per_s;
    h->tokens_at_ms = st_mono_ms();
    register_metrics(h);
    return h;
}

void hydrate_free(struct hydrate **h)
{
    st_assert(h);
    if (!*h)
        return;
    st_pool_free(&(*h)->flights);
    st_pool_free(&(*h)->drops);
    st_map_free(&(*h)->by_player);
    st_free(*h);
    *h = NULL;
}

/* --- a flight --- */

static void unlist(struct flight *f)
{
    if (f->listed)
        st_map_remove(f->h->by_player, f->read.player);
    f->listed = false;
}

static void finish_wait(struct flight *f, struct hydrate_wait *w, int err,
                        const struct player_profile *profile, enum hydrate_source source)
{
    st_list_remove(&w->link);
    if (!err)
        st_histogram_observe(f->h->duration[source], (double)(st_mono_ns() - w->started_ns) / 1e9);
    w->done(w, err, profile, source);
}

static void finish_all(struct flight *f, int err)
{
    unlist(f);
    while (!st_list_empty(&f->waits)) {
        struct hydrate_wait *w = st_list_entry(f->waits.next, struct hydrate_wait, link);
        if (!err && w->min_rev > f->profile.rev && !w->again) {
            /* It came when the statement was on its way already: once more, for it alone. */
            st_list_remove(&w->link);
            w->again = true;
            hydrate_ask(f->h, w);
            continue;
        }
        finish_wait(f, w, err, &f->profile, HYDRATE_DATABASE);
    }
}

static void release(struct flight *f)
{
    st_assert(st_list_empty(&f->waits) && !f->listed);
    st_pool_put(f->h->flights, f->id);
}

static void run_write(void *cache, void *job)
{
    const struct flight *f = job;
    cache_write(cache, &f->profile, f->read.lease);
}

static void on_written(void *job)
{
    release(job);
}

static void run_load(void *store, void *job)
{
    struct flight *f = job;
    store_on_behalf(store, f->request_id);
    f->err = store_profile(store, f->read.player, &f->profile, &f->provisioned);
}

static void on_loaded(void *job)
{
    struct flight *f = job;
    struct profile *p = f->h->p;
    if (p->ended)
        return;
    gate_report(&p->gate, f->err);
    if (f->err && f->err != ST_ENOTFOUND)
        f->err = ST_EUNAVAILABLE;
    finish_all(f, f->err);
    if (f->err || !f->provisioned || f->read.lease == 0 ||
        st_workers_submit(p->cache_pool, run_write, on_written, f))
        release(f);
}

/* A token bucket that holds one second's worth. */
static bool take_token(struct hydrate *h)
{
    uint64_t now_ms = st_mono_ms();
    h->tokens += (double)(now_ms - h->tokens_at_ms) * h->loads_per_s / 1000;
    h->tokens = ST_MIN(h->tokens, (double)h->loads_per_s);
    h->tokens_at_ms = now_ms;
    if (h->tokens < 1)
        return false;
    h->tokens -= 1;
    return true;
}

static void load(struct flight *f)
{
    struct hydrate *h = f->h;
    int err = h->p->gate.closed ? ST_EUNAVAILABLE
              : !take_token(h)  ? ST_EFULL
                                : st_workers_submit(h->p->store_pool, run_load, on_loaded, f);
    if (!err) {
        st_counter_add(h->loads, 1);
        return;
    }
    st_counter_add(h->refused, 1);
    finish_all(f, err);
    release(f);
}

static void run_read(void *cache, void *job)
{
    struct flight *f = job;
    cache_read(cache, &f->read);
}

static void on_read(void *job)
{
    struct flight *f = job;
    struct hydrate *h = f->h;
    if (h->p->ended)
        return;
    if (f->read.result != CACHE_HIT) {
        st_counter_add(h->misses[f->read.result], 1);
        load(f);
        return;
    }
    unlist(f);
    struct st_list left;
    st_list_init(&left);
    while (!st_list_empty(&f->waits)) {
        struct hydrate_wait *w = st_list_entry(f->waits.next, struct hydrate_wait, link);
        if (w->min_rev > f->read.profile.rev) { /* it joined later and asks for more */
            st_list_remove(&w->link);
            st_list_push(&left, &w->link);
            continue;
        }
        st_counter_add(h->hits, 1);
        finish_wait(f, w, 0, &f->read.profile, HYDRATE_CACHE);
    }
    if (st_list_empty(&left)) {
        release(f);
        return;
    }
    while (!st_list_empty(&left)) {
        struct st_list *node = left.next;
        st_list_remove(node);
        st_list_push(&f->waits, node);
    }
    st_counter_add(h->misses[CACHE_OVERTAKEN], 1);
    load(f);
}

static struct flight *find_flight(struct hydrate *h, uint64_t player)
{
    uint64_t id = 0;
    if (!st_map_get(h->by_player, player, &id))
        return NULL;
    return st_pool_find(h->flights, (uint32_t)id);
}

void hydrate_ask(struct hydrate *h, struct hydrate_wait *w)
{
    st_assert(h && w && w->done && w->request_id);
    if (!w->again)
        w->started_ns = st_mono_ns();
    struct flight *f = find_flight(h, w->player);
    if (f) {
        st_counter_add(h->joined, 1);
        st_list_push(&f->waits, &w->link);
        return;
    }
    uint32_t id = 0;
    f = st_pool_get(h->flights, &id);
    if (!f) {
        st_counter_add(h->refused, 1);
        st_list_init(&w->link);
        w->done(w, ST_EFULL, NULL, HYDRATE_DATABASE);
        return;
    }
    f->h = h;
    f->id = id;
    st_list_init(&f->waits);
    st_list_push(&f->waits, &w->link);
    f->read.player = w->player;
    f->read.min_rev = w->min_rev;
    snprintf(f->request_id, sizeof(f->request_id), "%s", w->request_id);
    f->listed = st_map_set(h->by_player, w->player, id) == 0;
    if (st_workers_submit(h->p->cache_pool, run_read, on_read, f) == 0)
        return;
    st_counter_add(h->misses[CACHE_AWAY], 1);
    load(f);
}

/* --- deletions --- */

static void run_drop(void *cache, void *job)
{
    const struct drop *d = job;
    cache_drop(cache, d->player);
}

static void on_dropped(void *job)
{
    struct drop d = *(struct drop *)job;
    st_pool_put(d.h->drops, d.id);
    if (d.done)
        d.done(d.ctx);
}

void hydrate_drop(struct hydrate *h, uint64_t player, hydrate_dropped_fn *done, void *ctx)
{
    st_assert(h && player);
    struct flight *f = find_flight(h, player);
    if (f)
        unlist(f); /* those who come from now on must see what was committed */
    uint32_t id = 0;
    struct drop *d = st_pool_get(h->drops, &id);
    st_assert(d); /* PROFILE_DROPS_MAX is more than all who may ask at a time */
    *d = (struct drop){h, id, player, done, ctx};
    int err = st_workers_submit(h->p->cache_pool, run_drop, on_dropped, d);
    st_assert(!err); /* so is the queue */
}
