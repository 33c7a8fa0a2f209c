/* SPDX-License-Identifier: Apache-2.0 */
#include "cells.h"

#include "bundle.h"
#include "gateway.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/pool.h>

#include <string.h>

enum { DELTA_GONE_ID = 13 }; /* CellDelta.gone_id */

struct parcel {
    uint32_t id, refs;
    struct st_bus_msg *msg;
    void *block;
    size_t len;
};

struct cells {
    struct st_pool *rings, *parcels;
    uint32_t *index; /* cell -> id of its ring, 0 = none */
    struct ring_slice *slices, *spare;
    size_t pinned;
};

struct cells *cells_new(uint32_t rings_max, uint32_t slices_max, uint32_t parcels_max)
{
    struct cells *c = st_alloc(sizeof *c);
    c->rings = st_pool_new(sizeof(struct ring), rings_max);
    c->parcels = st_pool_new(sizeof(struct parcel), parcels_max);
    c->index = st_alloc_array(GATEWAY_CELLS, sizeof *c->index);
    c->slices = st_alloc_array(slices_max, sizeof *c->slices);
    for (uint32_t i = 0; i < slices_max; i++) {
        c->slices[i].next = c->spare;
        c->spare = &c->slices[i];
    }
    return c;
}

void cells_free(struct cells **out)
{
    struct cells *c = *out;
    if (!c)
        return;
    cells_reset(c);
    st_assert(st_pool_count(c->parcels) == 0);
    st_pool_free(&c->rings);
    st_pool_free(&c->parcels);
    st_free(c->index);
    st_free(c->slices);
    st_free(c);
    *out = NULL;
}

static struct parcel *parcel_new(struct cells *c, struct st_bus_msg *msg, void *block, size_t len)
{
    uint32_t id;
    struct parcel *p = st_pool_get(c->parcels, &id);
    if (!p) {
        if (msg)
            st_bus_msg_free(msg);
        st_free(block);
        return NULL;
    }
    *p = (struct parcel){.id = id, .refs = 1, .msg = msg, .block = block, .len = len};
    c->pinned += len;
    return p;
}

struct parcel *cells_parcel(struct cells *c, struct st_bus_msg *msg)
{
    st_assert(c && msg);
    return parcel_new(c, msg, NULL, msg->len);
}

struct parcel *cells_parcel_heap(struct cells *c, void *block, size_t len)
{
    st_assert(c && block);
    return parcel_new(c, NULL, block, len);
}

void cells_parcel_put(struct cells *c, struct parcel *p)
{
    st_assert(p->refs > 0);
    if (--p->refs > 0)
        return;
    c->pinned -= p->len;
    if (p->msg)
        st_bus_msg_free(p->msg);
    st_free(p->block);
    st_pool_put(c->parcels, p->id);
}

static void slice_free(struct cells *c, struct ring_slice *s)
{
    cells_parcel_put(c, s->parcel);
    s->next = c->spare;
    c->spare = s;
}

static struct ring *find(const struct cells *c, uint32_t cell)
{
    st_assert(cell < GATEWAY_CELLS);
    return c->index[cell] ? st_pool_find(c->rings, c->index[cell]) : NULL;
}

static void drop_ring(struct cells *c, struct ring *r)
{
    while (r->first) {
        struct ring_slice *next = r->first->next;
        slice_free(c, r->first);
        r->first = next;
    }
    if (r->has_snapshot)
        cells_parcel_put(c, r->snapshot.parcel);
    st_pool_put(c->rings, c->index[r->cell]);
    c->index[r->cell] = 0;
}

static struct ring *find_or_make(struct cells *c, uint32_t cell, uint32_t base_tick)
{
    struct ring *r = find(c, cell);
    if (r)
        return r;
    r = st_pool_get(c->rings, &c->index[cell]);
    if (!r) {
        c->index[cell] = 0;
        return NULL;
    }
    r->cell = cell;
    r->base_tick = base_tick;
    return r;
}

static bool somebody_left(struct st_slice bytes)
{
    struct st_slice rest = bundle_content(bytes), whole;
    uint32_t field;
    while (bundle_field(&rest, &field, &whole))
        if (field == DELTA_GONE_ID)
            return true;
    return false;
}

int cells_delta(struct cells *c, uint32_t cell, uint32_t tick, struct parcel *p,
                struct st_slice bytes)
{
    struct ring *r;
    struct ring_slice *s = c->spare;
    st_assert(tick > 0);
    r = find_or_make(c, cell, tick - 1);
    if (!r)
        return ST_EFULL;
    if (!s) {
        drop_ring(c, r);
        return ST_EFULL;
    }
    if (r->last && tick < r->last->tick)
        return ST_OK; /* out of order: its sequence number has told already */
    c->spare = s->next;
    p->refs++;
    *s = (struct ring_slice){.parcel = p, .bytes = bytes, .tick = tick};
    if (r->last)
        r->last->next = s;
    else
        r->first = s;
    r->last = s;
    if (somebody_left(bytes))
        r->gone_tick = tick;
    return ST_OK;
}

int cells_snapshot(struct cells *c, uint32_t cell, uint32_t tick, struct parcel *p,
                   struct st_slice bytes)
{
    struct ring *r = find_or_make(c, cell, tick);
    if (!r)
        return ST_EFULL;
    if (r->has_snapshot) {
        if (tick < r->snapshot.tick)
            return ST_OK;
        cells_parcel_put(c, r->snapshot.parcel);
    }
    p->refs++;
    r->snapshot = (struct ring_slice){.parcel = p, .bytes = bytes, .tick = tick};
    r->has_snapshot = true;
    r->base_tick = tick;
    return ST_OK;
}

const struct ring *cells_ring(const struct cells *c, uint32_t cell)
{
    return find(c, cell);
}

bool ring_is_stale(const struct ring *r)
{
    return r->gone_tick > r->base_tick;
}

void cells_synced(struct cells *c, uint32_t tick)
{
    uint32_t cursor = 0, id;
    struct ring *r;
    while ((r = st_pool_next(c->rings, &cursor, &id))) {
        if (!r->has_snapshot)
            r->base_tick = tick;
        r->complete_from = tick + 1;
    }
}

static void trim(struct cells *c, struct ring *r, uint32_t tick)
{
    uint32_t keep = tick > GATEWAY_TAIL_TICKS ? tick - GATEWAY_TAIL_TICKS : 0;
    keep = ST_MIN(keep, r->base_tick);
    while (r->first && r->first->tick < keep) {
        struct ring_slice *next = r->first->next;
        r->complete_from = r->first->tick + 1;
        slice_free(c, r->first);
        r->first = next;
        if (!next)
            r->last = NULL;
    }
}

void cells_age(struct cells *c, uint32_t tick)
{
    uint32_t cursor = 0, id;
    struct ring *r;
    while ((r = st_pool_next(c->rings, &cursor, &id))) {
        if (tick > r->base_tick + GATEWAY_RING_TICKS)
            drop_ring(c, r);
        else
            trim(c, r, tick);
    }
}

void cells_reset(struct cells *c)
{
    uint32_t cursor = 0, id;
    struct ring *r;
    while ((r = st_pool_next(c->rings, &cursor, &id)))
        drop_ring(c, r);
}

uint32_t cells_count(const struct cells *c)
{
    return st_pool_count(c->rings);
}

size_t cells_pinned(const struct cells *c)
{
    return c->pinned;
}
