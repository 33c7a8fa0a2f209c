/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are no acts: each is one statement on a thread of the store, or none. */
#include "door_private.h"

#include <string.h>

#include <st/clock.h>
#include <st/log.h>

static void send_page(struct verb *v, struct st_bus_msg *take_msg, const struct st_buf *page)
{
    door_count(v, CODE_OK);
    door_send(v->door, take_msg, page);
    st_bus_msg_free(take_msg);
}

void pages_market(void *ctx, struct st_bus_msg *take_msg)
{
    struct verb *v = ctx;
    uint32_t location = 0;
    if (v->door->closed || !v->door->service->world_known) {
        door_refuse(v, take_msg, CODE_UNAVAILABLE);
    } else if (!wire_market(take_msg->data, take_msg->len, &v->door->arena, &location)) {
        door_refuse(v, take_msg, CODE_MALFORMED);
    } else {
        door_count(v, CODE_OK);
        watch_market(v->door->service->watch, take_msg, location);
    }
}

static void run_history(void *thread_ctx, void *job)
{
    struct history *h = job;
    h->err = store_history(thread_ctx, &h->ask, h->candles, &h->count);
}

static void on_history_read(void *job)
{
    struct history *h = job;
    struct verb *v = h->verb;
    struct door *d = v->door;
    h->busy = false;
    service_database(d->service, h->err);
    if (h->err != 0) {
        door_refuse(v, h->msg, CODE_UNAVAILABLE);
        return;
    }
    st_buf_clear(&d->out);
    wire_history_reply(h->candles, h->count, h->ask.step_min, &d->out);
    send_page(v, h->msg, &d->out);
}

void pages_history(void *ctx, struct st_bus_msg *take_msg)
{
    struct verb *v = ctx;
    struct door *d = v->door;
    struct history *h = NULL;
    for (size_t i = 0; i < HISTORIES_MAX && !h; i++)
        if (!d->histories[i].busy)
            h = &d->histories[i];
    if (d->closed || !d->service->world_known || !h) {
        door_refuse(v, take_msg, h ? CODE_UNAVAILABLE : CODE_BUSY);
        return;
    }
    if (!wire_history(take_msg->data, take_msg->len, &d->arena, &h->ask)) {
        door_refuse(v, take_msg, CODE_MALFORMED);
        return;
    }
    h->verb = v;
    h->msg = take_msg;
    h->busy = st_workers_submit(d->service->looking, run_history, on_history_read, h) == 0;
    if (!h->busy)
        door_refuse(v, take_msg, CODE_BUSY);
}

static void run_trading(void *thread_ctx, void *job)
{
    struct trading_ask *t = job;
    t->err = store_trading(thread_ctx, t->player, &t->found);
}

static void on_trading_read(void *job)
{
    struct trading_ask *t = job;
    struct verb *v = t->verb;
    struct door *d = v->door;
    t->busy = false;
    service_database(d->service, t->err);
    if (t->err != 0) {
        door_refuse(v, t->msg, CODE_UNAVAILABLE);
        return;
    }
    st_buf_clear(&d->out);
    wire_trading_reply(&t->found, &d->out);
    send_page(v, t->msg, &d->out);
}

void pages_trading(void *ctx, struct st_bus_msg *take_msg)
{
    struct verb *v = ctx;
    struct door *d = v->door;
    struct trading_ask *t = NULL;
    for (size_t i = 0; i < TRADINGS_MAX && !t; i++)
        if (!d->tradings[i].busy)
            t = &d->tradings[i];
    if (d->closed || !d->service->world_known || !t) {
        door_refuse(v, take_msg, t ? CODE_UNAVAILABLE : CODE_BUSY);
        return;
    }
    if (!wire_trading(take_msg->data, take_msg->len, &d->arena, &t->player)) {
        door_refuse(v, take_msg, CODE_MALFORMED);
        return;
    }
    t->verb = v;
    t->msg = take_msg;
    t->busy = st_workers_submit(d->service->looking, run_trading, on_trading_read, t) == 0;
    if (!t->busy)
        door_refuse(v, take_msg, CODE_BUSY);
}

static void send_board(const struct board_page *p, struct verb *v, struct st_bus_msg *take_msg)
{
    struct door *d = v->door;
    st_buf_clear(&d->out);
    wire_board_reply(p->ranks, p->count, p->as_of_ms, &d->out);
    send_page(v, take_msg, &d->out);
}

static void run_board(void *thread_ctx, void *job)
{
    struct board_page *p = job;
    p->err = store_board(thread_ctx, p->board, p->reading, &p->reading_n);
}

static void on_board_read(void *job)
{
    struct board_page *p = job;
    struct door *d = p->verb->door;
    p->busy = false;
    service_database(d->service, p->err);
    if (p->err != 0) {
        door_refuse(p->verb, p->msg, CODE_UNAVAILABLE);
        return;
    }
    memcpy(p->ranks, p->reading, p->reading_n * sizeof *p->ranks);
    p->count = p->reading_n;
    p->known = true;
    p->read_at_ms = st_loop_now_ms(d->service->loop);
    p->as_of_ms = st_wall_ms();
    send_board(p, p->verb, p->msg);
}

/* One reading is under way at most; who asks meanwhile gets the one before. */
void pages_board(void *ctx, struct st_bus_msg *take_msg)
{
    struct verb *v = ctx;
    struct door *d = v->door;
    enum board board = BOARD_WEALTH;
    if (d->closed || !d->service->world_known) {
        door_refuse(v, take_msg, CODE_UNAVAILABLE);
        return;
    }
    if (!wire_board(take_msg->data, take_msg->len, &d->arena, &board)) {
        door_refuse(v, take_msg, CODE_MALFORMED);
        return;
    }
    struct board_page *p = &d->boards[board];
    uint64_t now = st_loop_now_ms(d->service->loop);
    if (p->known && (p->busy || now - p->read_at_ms < ECONOMY_BOARD_KEPT_MS)) {
        send_board(p, v, take_msg);
        return;
    }
    if (p->busy) {
        door_refuse(v, take_msg, CODE_BUSY);
        return;
    }
    p->verb = v;
    p->msg = take_msg;
    p->board = board;
    p->busy = st_workers_submit(d->service->looking, run_board, on_board_read, p) == 0;
    if (!p->busy)
        door_refuse(v, take_msg, CODE_BUSY);
}

static void run_opening(void *thread_ctx, void *job)
{
    struct opening *o = job;
    st_buf_clear(&o->out);
    o->err = store_open_page(thread_ctx, &o->ask, &o->code, &o->out);
}

static void on_opened(void *job)
{
    struct opening *o = job;
    struct verb *v = o->verb;
    o->busy = false;
    service_database(v->door->service, o->err);
    if (o->err != 0 || o->code != CODE_OK) {
        door_refuse(v, o->msg, o->err != 0 ? CODE_UNAVAILABLE : o->code);
        return;
    }
    st_log(ST_LOG_INFO, "shard_opened", st_log_u("shard", o->ask.shard),
           st_log_u("page", o->ask.page), st_log_s("by", o->ask.instance),
           st_log_u("bytes", o->out.len));
    send_page(v, o->msg, &o->out);
}

void pages_open(void *ctx, struct st_bus_msg *take_msg)
{
    struct verb *v = ctx;
    struct door *d = v->door;
    struct opening *o = NULL;
    for (size_t i = 0; i < OPENS_MAX && !o; i++)
        if (!d->openings[i].busy)
            o = &d->openings[i];
    if (d->closed || !d->service->world_known || !o) {
        door_refuse(v, take_msg, o ? CODE_UNAVAILABLE : CODE_BUSY);
        return;
    }
    if (!wire_open(take_msg->data, take_msg->len, &d->arena, &o->ask)) {
        door_refuse(v, take_msg, CODE_MALFORMED);
        return;
    }
    o->verb = v;
    o->msg = take_msg;
    o->busy = st_workers_submit(d->service->writers, run_opening, on_opened, o) == 0;
    if (!o->busy)
        door_refuse(v, take_msg, CODE_BUSY);
}

void pages_init(struct door *d)
{
    for (size_t i = 0; i < OPENS_MAX; i++)
        st_buf_init(&d->openings[i].out, ECONOMY_PAGE_BYTES);
    st_buf_init(&d->out, ECONOMY_PAGE_BYTES);
}

void pages_fini(struct door *d)
{
    for (size_t i = 0; i < OPENS_MAX; i++)
        st_buf_fini(&d->openings[i].out);
    st_buf_fini(&d->out);
}

bool pages_busy(const struct door *d)
{
    bool busy = false;
    for (size_t i = 0; i < OPENS_MAX; i++)
        busy = busy || d->openings[i].busy;
    for (size_t i = 0; i < HISTORIES_MAX; i++)
        busy = busy || d->histories[i].busy;
    for (size_t i = 0; i < TRADINGS_MAX; i++)
        busy = busy || d->tradings[i].busy;
    for (size_t i = BOARD_WEALTH; i <= BOARD_HUNT; i++)
        busy = busy || d->boards[i].busy;
    return busy;
}
