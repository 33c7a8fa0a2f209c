/* SPDX-License-Identifier: Apache-2.0 */
#include "plane_private.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>
#include <st/wire.h>

#include <stdlib.h>
#include <string.h>

enum {
    FIELD_PRIVATE = 8,
    FIELD_STATUS = 10,
    FIELD_PONG = 12,
    WIRE_BYTES = 2,
    RETRY_HINT_MS = 1000,
};

static void keep(struct st_buf *b, const void *data, size_t len)
{
    st_alloc_cold_begin();
    st_buf_put(b, data, len);
    st_alloc_cold_end();
}

/* --- the own section --- */

/* Own state is whole in each section, so the newer one replaces it; private events are not. */
static void overtake(struct client *c)
{
    struct st_slice rest = {c->own.data, c->own.len}, whole;
    uint32_t field;
    while (bundle_field(&rest, &field, &whole))
        if (field == FIELD_PRIVATE)
            keep(&c->events, whole.data, whole.len);
    st_buf_clear(&c->own);
}

static void take_own(struct plane *p, struct client *c, struct st_slice slice, uint32_t cell,
                     uint32_t phase)
{
    if (c->own.len > 0)
        overtake(c);
    keep(&c->own, slice.data, slice.len);
    c->phase = (uint8_t)phase;
    if (c->state == CLIENT_LIVE)
        view_place(&c->view, cell);
    if (c->own.overflow || c->events.overflow) {
        st_counter_add(p->stats.slow, 1);
        client_end(p, c, CLOSE_SLOW, "too slow");
    }
}

static void take_lists(struct plane *p, struct own_bundle *b)
{
    uint32_t sid;
    struct client *c;
    while (bundle_next(&b->fenced, &sid)) {
        c = plane_client(p, sid);
        if (c && c->introduced && c->state != CLIENT_CLOSING)
            client_end(p, c, CLOSE_FENCED, "a newer sign-in took over");
    }
    while (bundle_next(&b->unknown, &sid)) {
        c = plane_client(p, sid);
        if (c && c->state == CLIENT_LIVE)
            plane_note(p, NOTE_UNBOUND, c, NULL, 0);
    }
}

void show_own_bundle(struct plane *p, struct st_bus_msg *msg)
{
    struct own_bundle b;
    uint32_t sid, cell, phase, off, len;
    int err = bundle_read_own(&b, msg->data, msg->len);
    if (err != ST_OK || b.shard != p->o.shard) {
        p->stream.refused++;
    } else if (stream_own(&p->stream, b.world_epoch, b.seq)) {
        while (bundle_next(&b.sid, &sid) && bundle_next(&b.cell, &cell) &&
               bundle_next(&b.phase, &phase) && bundle_next(&b.off, &off) &&
               bundle_next(&b.len, &len)) {
            struct client *c = plane_client(p, sid);
            struct st_slice slice = {b.blob.data + off, len};
            if (c && (c->state == CLIENT_LIVE || c->state == CLIENT_ENTERING))
                take_own(p, c, slice, cell, phase);
        }
        take_lists(p, &b);
    }
    st_bus_msg_free(msg);
}

/* --- frames --- */

static struct view_frame frame_of(const struct plane *p, const struct client *c)
{
    const struct tick_marker *m = &p->stream.marker;
    return (struct view_frame){
        .tick = m->tick,
        .world_epoch = m->world_epoch,
        .dilation_pm = m->dilation_pm ? m->dilation_pm : 1000,
        .synced = p->stream.synced,
        .extra = {c->extra.data, c->extra.len},
    };
}

static bool rests(const struct client *c)
{
    return c->phase == STARTRADER__V1__PHASE__PHASE_DOCKED ||
           c->phase == STARTRADER__V1__PHASE__PHASE_PARKED;
}

static bool is_due(const struct plane *p, const struct client *c)
{
    uint32_t tick = p->stream.marker.tick;
    if (c->state != CLIENT_LIVE || !c->view.placed || c->world_epoch != p->stream.world_epoch)
        return false;
    return !rests(c) || c->own.len > 0 || tick >= c->view.frame_tick + GATEWAY_QUIET_TICKS;
}

void show_tick(struct plane *p)
{
    uint32_t cursor = 0, sid;
    struct client *c;
    while ((c = st_pool_next(p->clients, &cursor, &sid))) {
        struct view_frame f;
        if (!is_due(p, c))
            continue;
        if (conn_busy(&c->conn)) {
            st_counter_add(p->stats.skipped, 1);
            continue;
        }
        f = frame_of(p, c);
        f.own = (struct st_slice){c->own.data, c->own.len};
        f.events = (struct st_slice){c->events.data, c->events.len};
        st_buf_clear(&p->out);
        if (!view_build(&c->view, p->stream.cells, &f, &p->wanted, &p->out))
            continue;
        st_buf_clear(&c->own);
        st_buf_clear(&c->events);
        st_buf_clear(&c->extra);
        (void)client_send(p, c, &p->out);
    }
}

void show_extra(struct plane *p, struct client *c, const void *fields, size_t len)
{
    if (c->state == CLIENT_CLOSING)
        return;
    keep(&c->extra, fields, len);
    if (c->extra.overflow) {
        st_counter_add(p->stats.slow, 1);
        client_end(p, c, CLOSE_SLOW, "too slow");
    }
}

void show_extras(struct plane *p)
{
    uint32_t cursor = 0, sid;
    struct client *c;
    while ((c = st_pool_next(p->clients, &cursor, &sid))) {
        struct view_frame f;
        if (c->extra.len == 0 || c->state == CLIENT_CLOSING || conn_busy(&c->conn))
            continue;
        f = frame_of(p, c);
        st_buf_clear(&p->out);
        view_build_plain(&f, &p->out);
        st_buf_clear(&c->extra);
        (void)client_send(p, c, &p->out);
    }
}

static void put_field(struct plane *p, struct client *c, uint32_t field,
                      const ProtobufCMessage *msg)
{
    uint8_t memory[128];
    struct st_buf b;
    st_buf_init_fixed(&b, memory, sizeof memory);
    st_wire_put_tag(&b, field, WIRE_BYTES);
    st_buf_put_varint(&b, st_wire_size(msg));
    st_wire_pack(msg, &b);
    st_assert(!b.overflow);
    show_extra(p, c, b.data, b.len);
}

void show_pong(struct plane *p, struct client *c, uint32_t client_ms)
{
    Startrader__V1__Pong pong = STARTRADER__V1__PONG__INIT;
    uint64_t age = p->stream.marker_ms ? p->now_ms - p->stream.marker_ms : 0;
    pong.client_ms = client_ms;
    pong.tick = p->stream.marker.tick;
    pong.tick_age_ms = (uint32_t)ST_MIN(age, UINT32_MAX);
    put_field(p, c, FIELD_PONG, &pong.base);
}

void show_status(struct plane *p, struct client *c)
{
    Startrader__V1__Status s = STARTRADER__V1__STATUS__INIT;
    s.world_paused = p->paused;
    s.trade_closed = p->flags & STATUS_TRADE_CLOSED;
    s.sign_in_closed = p->flags & STATUS_SIGN_IN_CLOSED;
    s.retry_after_ms = s.world_paused || p->flags ? RETRY_HINT_MS : 0;
    put_field(p, c, FIELD_STATUS, &s.base);
}

void show_news(struct plane *p, uint32_t cell, const void *fields, size_t len)
{
    uint32_t cursor = 0, sid;
    struct client *c;
    int32_t x = (int32_t)(cell % GATEWAY_CELLS_SIDE), y = (int32_t)(cell / GATEWAY_CELLS_SIDE);
    while ((c = st_pool_next(p->clients, &cursor, &sid))) {
        int32_t cx = (int32_t)(c->view.centre % GATEWAY_CELLS_SIDE);
        int32_t cy = (int32_t)(c->view.centre / GATEWAY_CELLS_SIDE);
        if (c->state != CLIENT_LIVE || !c->view.placed || abs(cx - x) > GATEWAY_NEWS_CELLS ||
            abs(cy - y) > GATEWAY_NEWS_CELLS)
            continue;
        if (c->extra.len + len <= GATEWAY_EXTRA_MAX / 2) /* news yield to answers */
            show_extra(p, c, fields, len);
    }
}

void show_enter(struct plane *p, const struct plane_order *o)
{
    struct client *c = plane_client(p, o->sid);
    if (!c || (c->state != CLIENT_ENTERING && c->state != CLIENT_LIVE))
        return;
    c->state = CLIENT_LIVE;
    c->state_ms = p->now_ms;
    c->world_epoch = o->world_epoch;
    c->last_seq = ST_MAX(c->last_seq, o->last_seq);
    view_init(&c->view);
    if (o->cell < GATEWAY_CELLS)
        view_place(&c->view, o->cell);
    show_extra(p, c, o->data, o->len);
    if (p->paused || p->flags != 0)
        show_status(p, c);
    st_gauge_set(p->stats.live, st_gauge_get(p->stats.live) + 1);
}
