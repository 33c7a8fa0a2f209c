/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include "gateway.h"

#include <st/assert.h>
#include <st/err.h>

#include <string.h>

enum { KIND_DELTA = 1, KIND_SNAPSHOT = 2 };

void stream_init(struct stream *s, uint32_t shard)
{
    memset(s, 0, sizeof *s);
    s->shard = shard;
    s->cells = cells_new(GATEWAY_RINGS_MAX, GATEWAY_SLICES_MAX, GATEWAY_PARCELS_MAX);
}

void stream_fini(struct stream *s)
{
    cells_free(&s->cells);
}

/* Something of a tick is missing. While an answer is awaited, one of before that tick will not do:
 * it would hide the loss until the cell's next snapshot in its turn. */
static void taint(struct stream *s, uint32_t tick)
{
    s->lost_tick = ST_MAX(s->lost_tick, tick);
    if (!s->synced)
        return;
    s->synced = false;
    s->gaps++;
    cells_reset(s->cells);
}

/* True if what carries this epoch counts; a higher one begins a new world. */
static bool epoch_ok(struct stream *s, uint32_t epoch, enum stream_event *event)
{
    if (epoch == 0 || epoch < s->world_epoch)
        return false;
    if (epoch == s->world_epoch)
        return true;
    cells_reset(s->cells);
    s->world_epoch = epoch;
    s->delta_seq = s->snapshot_seq = s->own_seq = s->lost_tick = 0;
    s->joined = s->synced = s->pending = s->resync = false;
    *event = STREAM_EPOCH;
    return true;
}

/* Slices of a bundle into the cells; the bundle lives as long as they do. rolled: snapshots that
 * came in their turn. */
static void take_slices(struct stream *s, const struct world_bundle *b, bool rolled,
                        struct parcel *p)
{
    struct bundle_column cell = b->cell, off = b->off, len = b->len, window = b->window,
                         part = b->part;
    uint32_t c, o, l, w, leaf;
    while (bundle_next(&cell, &c) && bundle_next(&off, &o) && bundle_next(&len, &l)) {
        struct st_slice bytes = {b->blob.data + o, l};
        int err;
        if (!bundle_next(&window, &w))
            w = 1;
        if (!bundle_next(&part, &leaf))
            leaf = 0;
        err = b->kind == KIND_SNAPSHOT ? cells_snapshot(s->cells, c, b->tick, rolled, p, bytes)
                                       : cells_delta(s->cells, c, leaf, b->tick, w, p, bytes);
        if (err != ST_OK) {
            taint(s, b->tick);
            return;
        }
    }
}

static void check_seq(struct stream *s, uint32_t *have, const struct world_bundle *b)
{
    if (s->joined && b->seq != *have + 1)
        taint(s, b->tick);
    *have = b->seq;
}

static enum stream_event take_bundle(struct stream *s, struct st_bus_msg *msg, uint32_t kind)
{
    enum stream_event event = STREAM_NOTHING;
    struct world_bundle b;
    struct parcel *p;
    uint32_t *have = kind == KIND_SNAPSHOT ? &s->snapshot_seq : &s->delta_seq;
    if (bundle_read_world(&b, msg->data, msg->len) != ST_OK || b.shard != s->shard ||
        b.kind != kind || b.tick == 0) {
        s->refused++;
        st_bus_msg_free(msg);
        return STREAM_NOTHING;
    }
    if (!epoch_ok(s, b.world_epoch, &event) || (s->joined && b.seq <= *have)) {
        st_bus_msg_free(msg);
        return event;
    }
    check_seq(s, have, &b);
    p = cells_parcel(s->cells, msg);
    if (!p) {
        taint(s, b.tick);
        return event;
    }
    take_slices(s, &b, true, p);
    cells_parcel_put(s->cells, p);
    return event;
}

/* The marker's bytes are about to go. */
static void take_density(struct stream *s, struct tick_marker *m)
{
    if (m->density.len > 0 && m->shard == s->shard && m->world_epoch >= s->world_epoch) {
        memcpy(s->density, m->density.data, m->density.len);
        s->density_len = (uint32_t)m->density.len;
        s->density_tick = m->tick;
    }
    m->density = (struct st_slice){0};
}

static enum stream_event take_marker(struct stream *s, struct st_bus_msg *msg, uint64_t now_ms)
{
    enum stream_event event = STREAM_NOTHING;
    struct tick_marker m;
    int err = bundle_read_marker(&m, msg->data, msg->len);
    if (err == ST_OK)
        take_density(s, &m);
    st_bus_msg_free(msg);
    if (err != ST_OK || m.shard != s->shard) {
        s->refused++;
        return STREAM_NOTHING;
    }
    if (!epoch_ok(s, m.world_epoch, &event) || (s->joined && m.tick <= s->marker.tick))
        return event;
    if (!s->joined) {
        s->delta_seq = m.delta_seq;
        s->snapshot_seq = m.snapshot_seq;
        s->joined = true;
    }
    if (!s->pending)
        s->pending_ms = now_ms;
    s->pending = true;
    s->marker = m;
    s->marker_ms = now_ms;
    return event;
}

enum stream_event stream_take(struct stream *s, const char *leaf, struct st_bus_msg *msg,
                              uint64_t now_ms)
{
    st_assert(s && leaf && msg);
    if (strcmp(leaf, "tick") == 0)
        return take_marker(s, msg, now_ms);
    if (strcmp(leaf, "delta") == 0)
        return take_bundle(s, msg, KIND_DELTA);
    if (strcmp(leaf, "snapshot") == 0)
        return take_bundle(s, msg, KIND_SNAPSHOT);
    st_bus_msg_free(msg);
    return STREAM_NOTHING;
}

void stream_take_snapshot(struct stream *s, void *block, size_t len, bool whole)
{
    struct world_bundle b;
    struct parcel *p = cells_parcel_heap(s->cells, block, len);
    if (!p)
        return;
    if (bundle_read_world(&b, block, len) != ST_OK || b.kind != KIND_SNAPSHOT ||
        b.world_epoch != s->world_epoch) {
        s->refused++;
    } else {
        whole = whole && b.tick >= s->lost_tick; /* else it is asked again */
        if (whole)
            s->synced = true; /* a table too small for it taints again */
        take_slices(s, &b, false, p);
        if (whole && s->synced) {
            cells_synced(s->cells, b.tick);
            s->resync = true;
        }
    }
    cells_parcel_put(s->cells, p);
}

bool stream_own(struct stream *s, uint32_t world_epoch, uint32_t seq)
{
    if (world_epoch != s->world_epoch)
        return false;
    s->own_seq = ST_MAX(s->own_seq, seq);
    return true;
}

bool stream_ready(struct stream *s, bool own, uint64_t now_ms)
{
    bool world, complete;
    if (!s->pending)
        return false;
    world = s->delta_seq == s->marker.delta_seq && s->snapshot_seq == s->marker.snapshot_seq;
    complete = world && (!own || s->own_seq >= s->marker.own_seq);
    if (!complete && now_ms < s->pending_ms + GATEWAY_LATE_MS)
        return false;
    s->pending = false;
    if (!complete)
        s->lates++;
    if (!world) {
        taint(s, s->marker.tick);
        s->delta_seq = s->marker.delta_seq;
        s->snapshot_seq = s->marker.snapshot_seq;
    }
    cells_age(s->cells, s->marker.tick);
    return true;
}

int stream_wait_ms(const struct stream *s, uint64_t now_ms)
{
    uint64_t end = s->pending_ms + GATEWAY_LATE_MS;
    if (!s->pending)
        return -1;
    return end > now_ms ? (int)(end - now_ms) : 0;
}
