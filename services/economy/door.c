/* SPDX-License-Identifier: Apache-2.0 */
#include "door_private.h"

#include <stdio.h>
#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>
#include <st/subject.h>
#include <st/wire.h>

static const struct {
    const char *name;
    decode_fn *decode;
    st_bus_msg_fn *page; /* is no act, and answered by itself */
} verb_table[VERBS] = {
    {"provision", wire_provision, NULL}, {"where", wire_where, NULL},
    {"undock", wire_undock, NULL},       {"order", wire_order, NULL},
    {"quote", wire_quote, NULL},         {"account", wire_account, NULL},
    {"ship", wire_ship, NULL},           {"grant", wire_grant, NULL},
    {"contract", wire_contract, NULL},   {"contracts", wire_contracts, NULL},
    {"limit", wire_limit, NULL},         {"book", wire_book, NULL},
    {"market", NULL, pages_market},      {"open", NULL, pages_open},
    {"trading", NULL, pages_trading},    {"history", NULL, pages_history},
    {"leaderboard", NULL, pages_board},
};

static const char *const trade_results[ORDER_MALFORMED + 1] = {
    [ORDER_DONE] = "done",
    [ORDER_NOT_DOCKED] = "not_docked",
    [ORDER_NO_CREDITS] = "no_credits",
    [ORDER_NO_STOCK] = "no_stock",
    [ORDER_NO_SPACE] = "no_space",
    [ORDER_PRICE_MOVED] = "price_moved",
    [ORDER_QUOTE_EXPIRED] = "quote_expired",
    [ORDER_UNKNOWN_COMMODITY] = "unknown_commodity",
    [ORDER_MARKET_CLOSED] = "market_closed",
    [ORDER_TOO_LARGE] = "too_large",
    [ORDER_DUPLICATE] = "duplicate",
    [ORDER_TRY_AGAIN] = "try_again",
    [ORDER_MALFORMED] = "malformed",
};

static const char *code_label(enum code code)
{
    switch (code) {
    case CODE_OK:
        return "ok";
    case CODE_MALFORMED:
        return "malformed";
    case CODE_UNAVAILABLE:
        return "unavailable";
    case CODE_BUSY:
        return "busy";
    case CODE_FENCED:
        return "fenced";
    case CODE_NOT_FOUND:
        return "not_found";
    case CODE_CONFLICT:
        return "conflict";
    default:
        return "timeout";
    }
}

void door_count(struct verb *v, enum code code)
{
    struct st_counter **c = &v->codes[code];
    char labels[96];
    if (!*c) {
        snprintf(labels, sizeof labels, "verb=\"%s\",code=\"%s\"", v->name, code_label(code));
        *c = st_counter("startrader_economy_requests_total", labels, "Requests answered");
    }
    st_counter_add(*c, 1);
}

void door_send(struct door *d, const struct st_bus_msg *msg, const struct st_buf *b)
{
    st_assert(!b->overflow);
    if (!msg->reply)
        return;
    int err = st_bus_reply(d->service->rpc, msg, b->data, b->len);
    if (err != 0)
        st_log(ST_LOG_WARN, "reply_lost", st_log_s("error", st_err_name(err)));
}

void door_refuse(struct verb *v, struct st_bus_msg *take_msg, enum code code)
{
    uint8_t memory[16];
    struct st_buf b;
    st_buf_init_fixed(&b, memory, sizeof memory);
    wire_reply_code(code, &b);
    door_count(v, code);
    door_send(v->door, take_msg, &b);
    st_bus_msg_free(take_msg);
}

/* --- requests --- */

static void answer(struct door *d, struct request *r)
{
    uint8_t memory[REPLY_MAX];
    struct st_buf b;
    if (!r->msg)
        return;
    st_buf_init_fixed(&b, memory, sizeof memory);
    wire_reply(&r->act, &b);
    door_count(r->verb, r->act.code);
    uint64_t took_ms = st_loop_now_ms(d->service->loop) - r->came_ms;
    st_histogram_observe(r->verb->time, (double)took_ms / 1e3);
    st_log(ST_LOG_DEBUG, "request", st_log_s("verb", r->verb->name),
           st_log_s("request_id", r->act.request_id), st_log_u("player", r->act.player),
           st_log_i("code", r->act.code), st_log_u("ms", took_ms));
    door_send(d, r->msg, &b);
    st_bus_msg_free(r->msg);
    r->msg = NULL;
}

static void release(struct door *d, struct request *r)
{
    if (r->msg)
        st_bus_msg_free(r->msg);
    st_pool_put(d->pool, r->id);
}

static void answer_code(struct door *d, struct request *r, enum code code)
{
    r->act.code = code;
    r->act.answer_len = 0;
    answer(d, r);
}

static bool only_looks(const struct act *a)
{
    return a->kind == ACT_WHERE || a->kind == ACT_ACCOUNT || a->kind == ACT_QUOTE ||
           a->kind == ACT_CONTRACTS || a->kind == ACT_BOOK;
}

static void on_request(void *ctx, struct st_bus_msg *msg)
{
    struct verb *v = ctx;
    struct door *d = v->door;
    uint32_t id = 0;
    struct request *r = NULL;
    if (d->closed || !d->service->world_known) {
        door_refuse(v, msg, CODE_UNAVAILABLE);
        return;
    }
    r = st_pool_get(d->pool, &id);
    if (!r) {
        door_refuse(v, msg, CODE_BUSY);
        return;
    }
    r->id = id;
    r->verb = v;
    r->came_ms = st_loop_now_ms(d->service->loop);
    if (!v->decode(&r->act, msg->data, msg->len, &d->arena)) {
        st_pool_put(d->pool, id);
        door_refuse(v, msg, CODE_MALFORMED);
        return;
    }
    r->msg = msg;
    st_list_push(only_looks(&r->act) ? &d->looking : &d->waiting, &r->node);
}

static void run_batch(void *thread_ctx, void *job)
{
    struct batch *b = job;
    b->err = store_run(thread_ctx, b->acts, b->count);
}

static void count_trade(struct door *d, const struct request *r)
{
    /* The result is the first field of a packed OrderReply. */
    if (r->act.kind != ACT_ORDER || r->act.code != CODE_OK || r->act.answer_len < 2)
        return;
    uint8_t result = r->act.answer[1];
    if (r->act.answer[0] == 0x08 && result >= ORDER_DONE && result <= ORDER_MALFORMED)
        st_counter_add(d->trades[result], 1);
}

/* A batch whose outcome nobody knows runs again: its keys settle it. */
static void after_failure(struct door *d, struct request *r, int err, bool was_alone)
{
    r->unknown = r->unknown || err == ST_ETIMEOUT;
    bool again = err == ST_ETIMEOUT || (err != ST_EUNAVAILABLE && !was_alone);
    if (!r->msg) {
        release(d, r);
    } else if (!again) {
        answer_code(d, r, r->unknown ? CODE_TIMEOUT : CODE_UNAVAILABLE);
        release(d, r);
    } else {
        r->alone = err != ST_ETIMEOUT;
        st_list_push(&d->waiting, &r->node);
    }
}

static void on_batch(void *job)
{
    struct batch *b = job;
    struct door *d = b->door;
    b->busy = false;
    service_database(d->service, b->err);
    for (size_t i = 0; i < b->count; i++) {
        struct request *r = b->requests[i];
        if (b->err != 0) {
            after_failure(d, r, b->err, b->count == 1);
            continue;
        }
        count_trade(d, r);
        answer(d, r);
        release(d, r);
    }
    if (b->err == 0)
        leader_poke(d->service->leader);
}

/* What could not be answered without a lock waits for a writer. */
static void on_looked(void *job)
{
    struct batch *b = job;
    struct door *d = b->door;
    b->busy = false;
    service_database(d->service, b->err);
    for (size_t i = 0; i < b->count; i++) {
        struct request *r = b->requests[i];
        if (r->msg && (b->err != 0 || r->act.must_lock)) {
            st_list_push(&d->waiting, &r->node);
            continue;
        }
        if (r->msg)
            answer(d, r);
        release(d, r);
    }
}

static void run_look(void *thread_ctx, void *job)
{
    struct batch *b = job;
    b->err = store_look(thread_ctx, b->acts, b->count);
}

static void add(struct batch *b, struct request *r)
{
    st_list_remove(&r->node);
    b->requests[b->count] = r;
    b->acts[b->count++] = &r->act;
}

/* Acts of one kind. */
static void fill_look(struct door *d, struct batch *b)
{
    b->count = 0;
    while (!st_list_empty(&d->looking) && b->count < ECONOMY_BATCH_MAX) {
        struct request *r = st_list_entry(d->looking.next, struct request, node);
        if (b->count > 0 && r->act.kind != b->acts[0]->kind)
            return;
        add(b, r);
    }
}

/* A limit order's load is about it alone; a question that has to record a new session first reads
 * rows that others' acts would have locked. */
static bool runs_alone(const struct request *r)
{
    return r->alone || r->act.kind == ACT_LIMIT || r->act.kind == ACT_BOOK ||
           r->act.kind == ACT_CONTRACTS;
}

static void fill(struct door *d, struct batch *b)
{
    b->count = 0;
    while (!st_list_empty(&d->waiting) && b->count < d->service->batch_max) {
        struct request *r = st_list_entry(d->waiting.next, struct request, node);
        if (runs_alone(r) && b->count > 0)
            return;
        add(b, r);
        if (runs_alone(r))
            return;
    }
}

/* What came in this turn, and what waited for a writer, goes out as batches. */
static void pump(void *ctx)
{
    struct door *d = ctx;
    if (!d->look.busy && !st_list_empty(&d->looking)) {
        fill_look(d, &d->look);
        d->look.busy = true;
        int err = st_workers_submit(d->service->looking, run_look, on_looked, &d->look);
        st_assert(err == 0);
    }
    for (uint32_t i = 0; i < d->service->writers_n && !st_list_empty(&d->waiting); i++) {
        struct batch *b = &d->batches[i];
        if (b->busy)
            continue;
        fill(d, b);
        b->busy = true;
        st_histogram_observe(d->batch_size, (double)b->count);
        int err = st_workers_submit(d->service->writers, run_batch, on_batch, b);
        st_assert(err == 0);
    }
}

static void expire_list(struct door *d, struct st_list *list, uint64_t now)
{
    st_list_each_safe(it, tmp, list)
    {
        struct request *r = st_list_entry(it, struct request, node);
        if (now - r->came_ms < ECONOMY_ANSWER_MS)
            continue;
        st_list_remove(&r->node);
        answer_code(d, r, r->unknown ? CODE_TIMEOUT : CODE_UNAVAILABLE);
        release(d, r);
    }
}

/* The worker still writes into the act, so the answer is made apart from it. */
static void expire_batch(struct batch *b, uint64_t now, enum code code)
{
    for (size_t k = 0; b->busy && k < b->count; k++) {
        struct request *r = b->requests[k];
        if (!r->msg || now - r->came_ms < ECONOMY_ANSWER_MS)
            continue;
        door_refuse(r->verb, r->msg, code);
        r->msg = NULL;
    }
}

/* Nobody waits longer than the bus would: a request whose time is over gets its answer now. */
static void on_expiry(void *ctx)
{
    struct door *d = ctx;
    uint64_t now = st_loop_now_ms(d->service->loop);
    expire_list(d, &d->waiting, now);
    expire_list(d, &d->looking, now);
    for (uint32_t i = 0; i < d->service->writers_n; i++)
        expire_batch(&d->batches[i], now, CODE_TIMEOUT);
    expire_batch(&d->look, now, CODE_UNAVAILABLE);
}

/* --- start and end --- */

struct door *door_new(struct service *s)
{
    static const double sizes[] = {1, 2, 4, 8, 16, 32, 64};
    struct door *d = st_alloc(sizeof *d);
    d->service = s;
    d->pool = st_pool_new(sizeof(struct request), ECONOMY_WAITING_MAX);
    st_list_init(&d->waiting);
    st_list_init(&d->looking);
    d->look.door = d;
    d->batches = st_alloc_array(s->writers_n, sizeof *d->batches);
    for (uint32_t i = 0; i < s->writers_n; i++)
        d->batches[i].door = d;
    pages_init(d);
    d->arena_memory = st_alloc(st_wire_arena_size(WIRE_REQUEST_MAX));
    st_arena_init(&d->arena, d->arena_memory, st_wire_arena_size(WIRE_REQUEST_MAX));
    d->batch_size = st_histogram("startrader_economy_batch_requests", NULL,
                                 "Requests of one transaction", sizes, ST_ARRAY_LEN(sizes));
    for (int i = ORDER_DONE; i <= ORDER_MALFORMED; i++) {
        char labels[64];
        snprintf(labels, sizeof labels, "result=\"%s\"", trade_results[i]);
        d->trades[i] = st_counter("startrader_trades_total", labels, "Orders by result");
    }
    d->expiry = st_timer_new(s->loop, on_expiry, d);
    st_timer_start(d->expiry, EXPIRY_MS, EXPIRY_MS);
    st_loop_on_idle_turn(s->loop, pump, d);
    return d;
}

int door_subscribe(struct door *d)
{
    for (size_t i = 0; i < VERBS; i++) {
        struct verb *v = &d->verbs[i];
        char subject[ST_SUBJECT_MAX], labels[48];
        *v = (struct verb){.name = verb_table[i].name, .decode = verb_table[i].decode, .door = d};
        snprintf(labels, sizeof labels, "verb=\"%s\"", v->name);
        v->time = st_histogram("startrader_economy_request_seconds", labels,
                               "Time from a request's arrival to its answer", st_latency_bounds,
                               st_latency_bounds_count);
        st_subject_req_econ(subject, v->name);
        st_bus_msg_fn *fn = verb_table[i].page ? verb_table[i].page : on_request;
        int err = st_bus_subscribe(d->service->rpc, subject, ST_QUEUE_ECON, PENDING_MAX, fn, v);
        if (err != 0)
            return err;
    }
    return 0;
}

void door_close(struct door *d)
{
    d->closed = true;
}

bool door_idle(const struct door *d)
{
    bool busy = !st_list_empty(&d->waiting) || !st_list_empty(&d->looking) || d->look.busy;
    for (uint32_t i = 0; i < d->service->writers_n; i++)
        busy = busy || d->batches[i].busy;
    return !busy && !pages_busy(d);
}

void door_free(struct door **d)
{
    if (!*d)
        return;
    st_loop_on_idle_turn((*d)->service->loop, NULL, NULL);
    st_timer_free(&(*d)->expiry);
    uint32_t cursor = 0, id = 0;
    for (struct request *r; (r = st_pool_next((*d)->pool, &cursor, &id));)
        if (r->msg)
            st_bus_msg_free(r->msg);
    st_pool_free(&(*d)->pool);
    pages_fini(*d);
    st_free((*d)->batches);
    st_free((*d)->arena_memory);
    st_free(*d);
    *d = NULL;
}
