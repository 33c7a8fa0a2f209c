/* SPDX-License-Identifier: Apache-2.0 */
#include "door.h"

#include "door_talk.h"
#include "door_verbs.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/buf.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/stat.h>
#include <st/subject.h>
#include <st/wire.h>
#include <startrader/v1/trade.pb-c.h>

#include <stdio.h>
#include <string.h>

enum {
    PENDING_MAX = 4096, /* messages that wait for the loop */
    PROVISION_MS = 900,
    REPLY_MAX = 48 * 1024
};

_Static_assert((int)DOOR_LINES_BYTES + 1024 < (int)REPLY_MAX, "lines fit an answer");

static const char *const answer_names[ANSWERS] = {[ANSWER_OK] = "ok",
                                                  [ANSWER_MALFORMED] = "malformed",
                                                  [ANSWER_UNAVAILABLE] = "unavailable",
                                                  [ANSWER_BUSY] = "busy",
                                                  [ANSWER_RATE_LIMITED] = "rate_limited",
                                                  [ANSWER_UNAUTHENTICATED] = "unauthenticated",
                                                  [ANSWER_FENCED] = "fenced",
                                                  [ANSWER_NOT_FOUND] = "not_found",
                                                  [ANSWER_NAME_TAKEN] = "name_taken",
                                                  [ANSWER_NAME_INVALID] = "name_invalid",
                                                  [ANSWER_PASSWORD_WEAK] = "password_weak",
                                                  [ANSWER_CONFLICT] = "conflict",
                                                  [ANSWER_EXPIRED] = "expired"};

struct entrance {
    struct door *door;
    uint32_t verb;
};

struct door {
    struct profile *p;
    struct entrance *entrances;
    struct st_counter **answers; /* [verb][answer] */
    struct st_histogram *login[HYDRATE_DATABASE + 1];
    struct st_timer *sweep;
    uint8_t arena_memory[10 * PROFILE_REQUEST_BYTES_MAX + 4096];
};

static void on_sweep(void *ctx)
{
    struct door *d = ctx;
    requests_sweep(d->p->requests);
}

static void register_metrics(struct door *d)
{
    d->answers = st_alloc_array(door_verbs_count * ANSWERS, sizeof(struct st_counter *));
    for (size_t v = 0; v < door_verbs_count; v++) {
        for (size_t a = ANSWER_OK; a < ANSWERS; a++) {
            char labels[96];
            snprintf(labels, sizeof(labels), "verb=\"%s\",code=\"%s\"", door_verbs[v].name,
                     answer_names[a]);
            d->answers[v * ANSWERS + a] =
                st_counter("startrader_profile_answers_total", labels, "requests answered");
        }
    }
    static const char *const sources[] = {
        [HYDRATE_CACHE] = "source=\"cache\"", [HYDRATE_DATABASE] = "source=\"database\""};
    for (int i = HYDRATE_CACHE; i <= HYDRATE_DATABASE; i++)
        d->login[i] = st_histogram("startrader_login_duration_seconds", sources[i],
                                   "sign-ins that succeeded, by where the profile came from",
                                   st_latency_bounds, st_latency_bounds_count);
}

struct door *door_new(struct profile *p)
{
    st_assert(p);
    struct door *d = st_alloc(sizeof(*d));
    d->p = p;
    d->entrances = st_alloc_array(door_verbs_count, sizeof(*d->entrances));
    register_metrics(d);
    d->sweep = st_timer_new(p->loop, on_sweep, d);
    st_timer_start(d->sweep, PROFILE_SWEEP_MS, PROFILE_SWEEP_MS);
    return d;
}

void door_free(struct door **d)
{
    st_assert(d);
    if (!*d)
        return;
    st_timer_free(&(*d)->sweep);
    st_free((*d)->entrances);
    st_free((void *)(*d)->answers);
    st_free(*d);
    *d = NULL;
}

static void send_reply(struct door *d, const struct st_bus_msg *msg, uint32_t verb,
                       const struct request *r)
{
    uint8_t memory[REPLY_MAX];
    struct st_buf b;
    st_counter_add(d->answers[verb * ANSWERS + (size_t)r->answer], 1);
    if (!msg->reply)
        return;
    st_buf_init_fixed(&b, memory, sizeof(memory));
    door_verbs[verb].pack(r, &b);
    st_assert(!b.overflow);
    int err = st_bus_reply(d->p->rpc, msg, b.data, b.len);
    if (err)
        st_log(ST_LOG_WARN, "reply_lost", st_log_s("request_id", r->request_id),
               st_log_s("verb", door_verbs[verb].name), st_log_s("reason", st_err_name(err)));
    st_secret_wipe(memory, b.len);
}

void door_reply(struct request *r)
{
    struct door *d = r->p->door;
    const struct door_verb *v = &door_verbs[r->verb];
    uint64_t spent_ns = st_mono_ns() - r->started_ns;
    bool ok = r->answer == ANSWER_OK;
    send_reply(d, r->msg, r->verb, r);
    if (ok && v->signs_in)
        st_histogram_observe(d->login[r->source], (double)spent_ns / 1e9);
    /* A flood is counted, not logged. */
    bool flood = r->answer == ANSWER_BUSY || r->answer == ANSWER_RATE_LIMITED;
    enum st_log_level level = r->answer == ANSWER_UNAVAILABLE ? ST_LOG_WARN
                              : v->noteworthy && !flood       ? ST_LOG_INFO
                                                              : ST_LOG_DEBUG;
    /* While a step is under way its thread may still write what it finds. */
    st_log(level, "request", st_log_s("request_id", r->request_id), st_log_s("verb", v->name),
           st_log_s("answer", answer_names[r->answer]),
           st_log_u("player", r->under_way ? 0 : r->player),
           st_log_s("source", ok && r->source == HYDRATE_CACHE      ? "cache"
                              : ok && r->source == HYDRATE_DATABASE ? "database"
                                                                    : "none"),
           st_log_u("us", spent_ns / 1000));
}

/* What cannot become a request is answered from a scratch one. */
static void reply_at_once(struct door *d, struct st_bus_msg *take_msg, uint32_t verb,
                          enum answer answer)
{
    static struct request scratch; /* the loop thread's; large */
    scratch = (struct request){.p = d->p, .answer = answer};
    if (answer == ANSWER_BUSY)
        scratch.retry_after_ms = PROFILE_RETRY_MS;
    send_reply(d, take_msg, verb, &scratch);
    st_bus_msg_free(take_msg);
}

static void on_request(void *ctx, struct st_bus_msg *take_msg)
{
    const struct entrance *e = ctx;
    struct door *d = e->door;
    const struct door_verb *v = &door_verbs[e->verb];
    struct st_arena arena;
    st_arena_init(&arena, d->arena_memory, sizeof(d->arena_memory));
    void *message = st_wire_unpack(v->descriptor, take_msg->data, take_msg->len,
                                   PROFILE_REQUEST_BYTES_MAX, &arena);
    if (!message) {
        reply_at_once(d, take_msg, e->verb, ANSWER_MALFORMED);
        return;
    }
    struct request *r = requests_take(d->p->requests, take_msg);
    if (!r) {
        st_secret_wipe(d->arena_memory, arena.used);
        reply_at_once(d, take_msg, e->verb, ANSWER_BUSY);
        return;
    }
    r->verb = e->verb;
    enum answer refusal = v->take(r, message);
    st_secret_wipe(d->arena_memory, arena.used);
    if (refusal != ANSWER_OK)
        request_answer(r, refusal);
    else
        v->start(r);
}

int door_open(struct door *d)
{
    st_assert(d);
    for (uint32_t i = 0; i < door_verbs_count; i++) {
        char subject[ST_SUBJECT_MAX];
        d->entrances[i] = (struct entrance){d, i};
        st_subject_req_profile(subject, door_verbs[i].name);
        int err = st_bus_subscribe(d->p->rpc, subject, ST_QUEUE_PROFILE, PENDING_MAX, on_request,
                                   &d->entrances[i]);
        if (err)
            return err;
    }
    return 0;
}

/* --- the economy --- */

static void on_provisioned(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct request *r = ctx;
    struct door *d = r->p->door;
    struct st_arena arena;
    st_arena_init(&arena, d->arena_memory, sizeof(d->arena_memory));
    const Startrader__V1__ProvisionReply *reply =
        err ? NULL
            : st_wire_unpack(&startrader__v1__provision_reply__descriptor, data, len,
                             PROFILE_REQUEST_BYTES_MAX, &arena);
    if (!err && !reply)
        err = ST_EPROTO;
    if (!err && reply->code != STARTRADER__V1__CODE__CODE_OK)
        err = ST_EUNAVAILABLE;
    if (!err)
        r->min_rev = reply->rev;
    else
        st_log(ST_LOG_WARN, "provision_failed", st_log_s("request_id", r->request_id),
               st_log_u("player", r->player), st_log_s("reason", st_err_name(err)),
               st_log_i("code", reply ? (int)reply->code : 0));
    request_end(r, err);
}

void door_provision(struct request *r, request_fn *next)
{
    Startrader__V1__ProvisionRequest ask = STARTRADER__V1__PROVISION_REQUEST__INIT;
    ask.player = r->player;
    ask.request_id = r->request_id;
    uint8_t memory[128];
    struct st_buf b;
    char subject[ST_SUBJECT_MAX];
    st_buf_init_fixed(&b, memory, sizeof(memory));
    st_wire_pack(&ask.base, &b);
    st_assert(!b.overflow);
    st_subject_req_econ(subject, "provision");
    request_begin(r, 2 * PROVISION_MS, next);
    st_bus_request(r->p->rpc, subject, b.data, b.len, PROVISION_MS, on_provisioned, r);
}
