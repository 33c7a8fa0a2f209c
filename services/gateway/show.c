/* SPDX-License-Identifier: Apache-2.0 */
#include "plane_private.h"

#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>
#include <st/wire.h>

#include <string.h>

enum {
    FIELD_PRIVATE = 8,
    FIELD_STATUS = 10,
    FIELD_PONG = 12,
    WIRE_BYTES = 2,
    RETRY_HINT_MS = 1000,
};

static void end_slow(struct plane *p, struct client *c)
{
    st_counter_add(p->stats.slow, 1);
    client_end(p, c, CLOSE_SLOW, "too slow");
}

bool client_sees(const struct plane *p, const struct client *c)
{
    return c->state == CLIENT_LIVE && c->view && c->view->placed &&
           c->world_epoch == p->stream.world_epoch;
}

/* --- the own section --- */

static void told_own(struct plane *p, struct client *c)
{
    if (c->own.len > 0)
        owns_put(&p->owns, c->own.bundle);
    c->own = (struct own_slice){0};
}

static void take_place(struct client *c, const struct own_facts *facts, uint32_t tick)
{
    c->combat = facts->combat_until > tick;
    if (c->view)
        view_stand(c->view, (uint32_t)facts->x >> GATEWAY_LEAF_SHIFT,
                   (uint32_t)facts->y >> GATEWAY_LEAF_SHIFT);
}

/* Own state is whole in each section, so the newer one replaces it; private events are kept. */
static void take_own(struct plane *p, struct client *c, struct st_slice slice, uint32_t bundle,
                     uint32_t tick, uint32_t phase)
{
    struct own_facts facts;
    if (!bundle_own(&facts, slice))
        return;
    told_own(p, c);
    owns_ref(&p->owns, bundle);
    c->own = (struct own_slice){facts.own.data, (uint32_t)facts.own.len, bundle};
    c->urgent |= facts.ack_seq != c->ack_seq || phase != c->phase || facts.events.len > 0;
    c->ack_seq = facts.ack_seq;
    c->phase = (uint8_t)phase;
    take_place(c, &facts, tick);
    if (facts.events.len > 0 && scrap_put(p->scraps, &c->events, facts.events.data,
                                          facts.events.len, GATEWAY_EVENTS_MAX) != ST_OK)
        end_slow(p, c);
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
        /* It may have been bound and forgotten again before the answer came here. */
        if (c && c->state == CLIENT_ENTERING)
            c->unbound = true;
    }
}

static void take_sections(struct plane *p, struct own_bundle *b, uint32_t bundle)
{
    uint32_t sid, cell, phase, off, len;
    while (bundle_next(&b->sid, &sid) && bundle_next(&b->cell, &cell) &&
           bundle_next(&b->phase, &phase) && bundle_next(&b->off, &off) &&
           bundle_next(&b->len, &len)) {
        struct client *c = plane_client(p, sid);
        struct st_slice slice = {b->blob.data + off, len};
        if (!c || (c->state != CLIENT_LIVE && c->state != CLIENT_ENTERING))
            continue;
        take_own(p, c, slice, bundle, b->tick, phase);
        if (c->state == CLIENT_LIVE && c->cell != cell) {
            c->cell = cell;
            view_place(c->view, cell);
            c->urgent = true;
        }
    }
}

void show_own_bundle(struct plane *p, struct st_bus_msg *msg)
{
    struct own_bundle b;
    int err = bundle_read_own(&b, msg->data, msg->len);
    if (err != ST_OK || b.shard != p->o.shard) {
        p->stream.refused++;
        st_bus_msg_free(msg);
    } else if (stream_own(&p->stream, b.world_epoch, b.seq)) {
        uint32_t bundle = owns_add(&p->owns, msg, b.tick);
        take_sections(p, &b, bundle);
        take_lists(p, &b);
        owns_put(&p->owns, bundle);
    } else {
        st_bus_msg_free(msg);
    }
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
        .scraps = p->scraps,
        .extra = c->extra,
    };
}

static bool rests(const struct client *c)
{
    return c->phase == STARTRADER__V1__PHASE__PHASE_DOCKED ||
           c->phase == STARTRADER__V1__PHASE__PHASE_PARKED;
}

/* Who rests is told when its own section comes: once a second, and on change. */
static bool is_due(const struct plane *p, const struct client *c)
{
    uint32_t tick = p->stream.marker.tick, since = tick - c->told_tick;
    uint32_t least = governor_interval(&p->governor), interval;
    if (!client_sees(p, c))
        return false;
    if (c->urgent || (c->view->waiting && p->stream.synced))
        return since >= least;
    if (rests(c))
        return c->own.len > 0 ? since >= least : since >= CADENCE_REST;
    interval = cadence_of(cells_near(p->stream.cells, c->cell), false, c->combat, tick);
    return cadence_due(ST_MAX(interval, least), since, tick, c->sid);
}

/* Behind for long: fewer bytes, then only what is its own; the cells' cursors age meanwhile. */
static enum slow_step slow_step(const struct plane *p, const struct client *c)
{
    uint64_t late = c->behind_ms ? p->now_ms - c->behind_ms : 0;
    if (late >= p->o.stall_ms / 3)
        return SLOW_OWN_ONLY;
    return late >= p->o.stall_ms * 2 / 15 ? SLOW_COARSER : SLOW_NOT;
}

static bool build(struct plane *p, struct client *c)
{
    struct view_frame f = frame_of(p, c);
    enum slow_step slow = slow_step(p, c);
    if (slow > c->slow)
        st_counter_add(p->stats.slow_steps[slow], 1);
    c->slow = (uint8_t)slow;
    f.events = c->events;
    if (c->density_tick != p->stream.density_tick)
        f.density = (struct st_slice){p->stream.density, p->stream.density_len};
    if (c->own.len > 0 && owns_has(&p->owns, c->own.bundle))
        f.own = (struct st_slice){c->own.data, c->own.len};
    st_buf_clear(&p->out);
    if (slow == SLOW_OWN_ONLY) {
        view_build_plain(&f, &p->out);
        return true;
    }
    c->view->coarser = slow == SLOW_COARSER;
    view_assign(c->view, p->stream.cells, f.tick, p->o.client_bytes_per_s);
    return view_build(c->view, p->stream.cells, &f, &p->wanted, &p->out);
}

static void show(struct plane *p, struct client *c)
{
    if (conn_busy(&c->conn)) {
        st_counter_add(p->stats.skipped, 1);
        return;
    }
    c->urgent = false;
    if (!build(p, c))
        return;
    c->told_tick = p->stream.marker.tick;
    c->density_tick = p->stream.density_tick;
    told_own(p, c);
    scrap_clear(p->scraps, &c->events);
    scrap_clear(p->scraps, &c->extra);
    client_post(p, c, &p->out);
}

void show_tick(struct plane *p)
{
    uint32_t cursor = 0, sid;
    struct client *c;
    while ((c = st_pool_next(p->clients, &cursor, &sid)))
        if (is_due(p, c))
            show(p, c);
    client_flush(p);
    owns_age(&p->owns, p->stream.marker.tick);
}

void show_extra(struct plane *p, struct client *c, const void *fields, size_t len)
{
    if (c->state == CLIENT_CLOSING)
        return;
    if (scrap_put(p->scraps, &c->extra, fields, len, GATEWAY_EXTRA_MAX) != ST_OK)
        end_slow(p, c);
    p->extras = true;
}

void show_extras(struct plane *p)
{
    uint32_t cursor = 0, sid;
    struct client *c;
    if (!p->extras)
        return;
    p->extras = false;
    while ((c = st_pool_next(p->clients, &cursor, &sid))) {
        struct view_frame f;
        if (c->extra.len == 0 || c->state == CLIENT_CLOSING)
            continue;
        p->extras |= conn_busy(&c->conn);
        if (conn_busy(&c->conn))
            continue;
        f = frame_of(p, c);
        f.tick = c->told_tick; /* no state comes along: what holds is what was told last */
        st_buf_clear(&p->out);
        view_build_plain(&f, &p->out);
        scrap_clear(p->scraps, &c->extra);
        client_send(p, c, &p->out);
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

/* News yield to answers. */
static void put_news(struct plane *p, struct client *c, const void *fields, size_t len)
{
    if (c->extra.len + len <= GATEWAY_EXTRA_MAX / 2)
        show_extra(p, c, fields, len);
}

void show_news(struct plane *p, uint32_t cell, const void *fields, size_t len)
{
    uint32_t cursor = 0, sid;
    struct client *c;
    while ((c = st_pool_next(p->clients, &cursor, &sid)))
        if (c->state == CLIENT_LIVE && c->view && c->view->placed &&
            view_distance(c->view, cell) <= GATEWAY_NEWS_CELLS)
            put_news(p, c, fields, len);
}

void show_chat(struct plane *p, uint32_t zone, const void *fields, size_t len)
{
    uint32_t cursor = 0, sid;
    struct client *c;
    while ((c = st_pool_next(p->clients, &cursor, &sid)))
        if (c->state == CLIENT_LIVE && c->zone == zone)
            put_news(p, c, fields, len);
}

void show_enter(struct plane *p, const struct plane_order *o)
{
    struct client *c = plane_client(p, o->sid);
    if (!c || (c->state != CLIENT_ENTERING && c->state != CLIENT_LIVE))
        return;
    if (!c->view)
        c->view = st_pool_get(p->views, &c->view_id);
    st_assert(c->view); /* there are as many as clients */
    c->state = CLIENT_LIVE;
    c->state_ms = p->now_ms;
    c->world_epoch = o->world_epoch;
    c->last_seq = ST_MAX(c->last_seq, o->last_seq);
    view_init(c->view);
    c->cell = UINT32_MAX;
    if (o->cell < GATEWAY_CELLS) {
        c->cell = o->cell;
        view_place(c->view, o->cell);
    }
    c->told_tick = 0;
    if (c->unbound)
        plane_note(p, NOTE_UNBOUND, c, NULL, 0);
    c->unbound = false;
    show_extra(p, c, o->data, o->len);
    if (p->paused || p->flags != 0)
        show_status(p, c);
    st_gauge_set(p->stats.live, st_gauge_get(p->stats.live) + 1);
}

void show_forget(struct plane *p, struct client *c)
{
    told_own(p, c);
    scrap_clear(p->scraps, &c->events);
    scrap_clear(p->scraps, &c->extra);
    if (c->view)
        st_pool_put(p->views, c->view_id);
    c->view = NULL;
}

void show_new_world(struct plane *p)
{
    uint32_t cursor = 0, sid;
    struct client *c;
    owns_clear(&p->owns);
    while ((c = st_pool_next(p->clients, &cursor, &sid))) {
        bool placed = c->view && c->view->placed;
        told_own(p, c);
        c->told_tick = 0;
        if (c->view)
            view_init(c->view);
        if (c->state == CLIENT_LIVE && c->world_epoch == p->stream.world_epoch && placed)
            view_place(c->view, c->cell);
        else if (c->state == CLIENT_LIVE)
            c->state = CLIENT_ENTERING;
    }
}
