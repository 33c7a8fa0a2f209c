/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include "door.h"
#include "door_presence.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/stat.h>

#include <string.h>

struct requests {
    struct profile *p;
    struct st_pool *pool;
    struct st_counter *late;
    struct st_gauge *open;
};

struct requests *requests_new(struct profile *p)
{
    st_assert(p);
    struct requests *rs = st_alloc(sizeof(*rs));
    rs->p = p;
    rs->pool = st_pool_new(sizeof(struct request), PROFILE_REQUESTS_MAX);
    rs->late = st_counter("startrader_profile_late_total", NULL,
                          "requests answered because a step did not come back in time");
    rs->open = st_gauge("startrader_profile_requests", NULL, "requests under way");
    return rs;
}

static void wipe(struct request *r)
{
    st_free(r->talk.lines);
    st_free(r->talk.muted);
    st_secret_wipe(r, sizeof(*r));
}

void requests_free(struct requests **rs)
{
    st_assert(rs);
    if (!*rs)
        return;
    uint32_t cursor = 0, id = 0;
    for (struct request *r; (r = st_pool_next((*rs)->pool, &cursor, &id));) {
        if (r->msg)
            st_bus_msg_free(r->msg);
        wipe(r);
    }
    st_pool_free(&(*rs)->pool);
    st_free(*rs);
    *rs = NULL;
}

uint32_t requests_count(const struct requests *rs)
{
    st_assert(rs);
    return st_pool_count(rs->pool);
}

struct request *requests_take(struct requests *rs, struct st_bus_msg *take_msg)
{
    st_assert(rs && take_msg);
    uint32_t id = 0;
    struct request *r = st_pool_get(rs->pool, &id);
    if (!r)
        return NULL;
    r->p = rs->p;
    r->id = id;
    r->msg = take_msg;
    r->started_ns = st_mono_ns();
    st_gauge_set(rs->open, st_pool_count(rs->pool));
    return r;
}

static void release(struct request *r);

static void run_void(void *cache, void *job)
{
    const struct request *r = job;
    cache_try_end(cache, &r->attempt, CACHE_VOID);
}

static void on_void(void *job)
{
    release(job);
}

static void release(struct request *r)
{
    struct requests *rs = r->p->requests;
    if (r->attempt_open) { /* nothing was decided: the try does not count */
        r->attempt_open = false;
        if (!r->p->ended && st_workers_submit(r->p->cache_pool, run_void, on_void, r) == 0)
            return;
    }
    uint32_t id = r->id;
    wipe(r);
    st_pool_put(rs->pool, id);
    st_gauge_set(rs->open, st_pool_count(rs->pool));
}

void requests_sweep(struct requests *rs)
{
    st_assert(rs);
    uint64_t now_ms = st_mono_ms();
    uint32_t cursor = 0, id = 0;
    for (struct request *r; (r = st_pool_next(rs->pool, &cursor, &id));) {
        if (!r->msg || !r->under_way || now_ms < r->deadline_ms)
            continue;
        st_counter_add(rs->late, 1);
        atomic_store(&r->password.abandoned, true);
        if (r->in_store && !r->late)
            gate_stuck(&rs->p->gate);
        if (r->late) {
            request_fn *late = r->late;
            r->late = NULL;
            late(r);
        } else {
            request_answer(r, ANSWER_UNAVAILABLE);
        }
    }
}

/* --- steps --- */

void request_begin(struct request *r, uint32_t within_ms, request_fn *next)
{
    st_assert(r && next && r->msg && !r->under_way);
    r->under_way = true;
    r->in_store = false;
    r->deadline_ms = st_mono_ms() + (r->within_ms ? r->within_ms : within_ms);
    r->within_ms = 0;
    r->next = next;
    r->err = 0;
}

void request_end(struct request *r, int err)
{
    st_assert(r && r->under_way);
    r->under_way = false;
    r->late = NULL;
    r->err = err;
    if (r->p->ended)
        return; /* requests_free puts it away */
    if (r->msg)
        r->next(r);
    else
        release(r); /* answered when the deadline passed */
}

static void run_store(void *store, void *job)
{
    struct request *r = job;
    store_on_behalf(store, r->request_id);
    r->run_store(store, r);
}

static void on_store(void *job)
{
    struct request *r = job;
    gate_report(&r->p->gate, r->err);
    request_end(r, r->err);
}

void request_store(struct request *r, request_store_fn *run, request_fn *next)
{
    request_begin(r, PROFILE_STEP_MS, next);
    r->in_store = true;
    r->run_store = run;
    int err = r->p->gate.closed ? ST_EUNAVAILABLE
                                : st_workers_submit(r->p->store_pool, run_store, on_store, r);
    if (err)
        request_end(r, err);
}

static void run_cache(void *cache, void *job)
{
    struct request *r = job;
    r->run_cache(cache, r);
}

static void on_cache(void *job)
{
    request_end(job, 0);
}

void request_cache(struct request *r, request_cache_fn *run, request_fn *next)
{
    request_begin(r, PROFILE_STEP_MS, next);
    r->run_cache = run;
    int err = st_workers_submit(r->p->cache_pool, run_cache, on_cache, r);
    if (err)
        request_end(r, err);
}

static void on_hash(struct password_job *job)
{
    request_end(ST_CONTAINER_OF(job, struct request, password), 0);
}

void request_hash(struct request *r, request_fn *next)
{
    request_begin(r, PROFILE_HASH_STEP_MS, next);
    r->password.done = on_hash;
    int err = password_submit(r->p->password, &r->password);
    if (err)
        request_end(r, err);
}

static void on_hydrated(struct hydrate_wait *w, int err, const struct player_profile *profile,
                        enum hydrate_source source)
{
    struct request *r = ST_CONTAINER_OF(w, struct request, wait);
    if (!err)
        r->profile = *profile;
    r->source = source;
    request_end(r, err);
}

void request_hydrate(struct request *r, uint64_t player, request_fn *next)
{
    request_begin(r, PROFILE_STEP_MS, next);
    r->wait = (struct hydrate_wait){
        .player = player, .min_rev = r->min_rev, .request_id = r->request_id, .done = on_hydrated};
    hydrate_ask(r->p->hydrate, &r->wait);
}

/* --- answers --- */

void request_answer(struct request *r, enum answer answer)
{
    st_assert(r && r->msg);
    r->answer = answer;
    if ((answer == ANSWER_UNAVAILABLE || answer == ANSWER_BUSY) && r->retry_after_ms == 0)
        r->retry_after_ms = PROFILE_RETRY_MS;
    door_reply(r);
    st_bus_msg_free(r->msg);
    r->msg = NULL;
    if (!r->under_way)
        release(r);
}

void request_fail(struct request *r, int err)
{
    st_assert(err);
    request_answer(r, err == ST_EFULL       ? ANSWER_BUSY
                      : err == ST_ENOTFOUND ? ANSWER_NOT_FOUND
                                            : ANSWER_UNAVAILABLE);
}

void request_issue(struct request *r, uint64_t player, uint64_t epoch)
{
    uint64_t now_s = st_wall_ms() / 1000;
    struct st_ticket t = {.player = player,
                          .session_epoch = epoch,
                          .issued_s = now_s,
                          .expires_s = now_s + ST_TICKET_LIFE_S};
    st_ticket_issue(r->ticket_text, &t, r->p->ticket_key_id, r->p->ticket_seed);
    r->ticket_expires_s = t.expires_s;
}
