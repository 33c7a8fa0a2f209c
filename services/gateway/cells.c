/* SPDX-License-Identifier: Apache-2.0 */
#include "cells.h"

#include "bundle.h"
#include "gateway.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/pool.h>

#include <string.h>

enum { DELTA_GONE_ID = 13, DELTA_SHOT_ID = 15, DELTA_HIT_SHOT = 22 }; /* fields of CellDelta */
enum {
    TICKS_PER_S = 20,
    HEAT_TICKS = 64,    /* over which bytes are averaged */
    WINDOWS_TICKS = 100 /* without any window: the simulation sends none */
};
static const uint32_t windows[GATEWAY_TIERS] = {1, 4, 10};

struct parcel {
    uint32_t id, refs;
    struct st_bus_msg *msg;
    void *block;
    size_t len;
};

struct cells {
    struct st_pool *rings, *parcels, *crowds;
    uint32_t *index; /* cell -> id of its ring, 0 = none */
    struct ring_slice *slices, *spare;
    struct near *near;
    struct head *heads;
    bool noted;
    uint32_t synced_tick, window_tick;
    size_t pinned;
};

struct cells *cells_new(uint32_t rings_max, uint32_t slices_max, uint32_t parcels_max)
{
    struct cells *c = st_alloc(sizeof *c);
    c->rings = st_pool_new(sizeof(struct ring), rings_max);
    c->parcels = st_pool_new(sizeof(struct parcel), parcels_max);
    c->crowds = st_pool_new(sizeof(struct crowd), GATEWAY_CROWDS_MAX);
    c->index = st_alloc_array(GATEWAY_CELLS, sizeof *c->index);
    c->slices = st_alloc_array(slices_max, sizeof *c->slices);
    c->near = st_alloc_array(GATEWAY_CELLS, sizeof *c->near);
    c->heads = st_alloc_array(GATEWAY_CELLS, sizeof *c->heads);
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
    st_pool_free(&c->crowds);
    st_free(c->index);
    st_free(c->slices);
    st_free(c->near);
    st_free(c->heads);
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

static void list_pop(struct cells *c, struct ring_list *l)
{
    struct ring_slice *s = l->first;
    l->first = s->next;
    if (l->first)
        l->first->prev = NULL;
    else
        l->last = NULL;
    slice_free(c, s);
}

static void drop_crowd(struct cells *c, struct ring *r)
{
    struct crowd *w = r->crowd;
    for (uint32_t i = 0; w && i < GATEWAY_TIERS; i++)
        for (uint64_t left = w->used[i]; left != 0; left &= left - 1)
            while (w->list[__builtin_ctzll(left)][i].first)
                list_pop(c, &w->list[__builtin_ctzll(left)][i]);
    if (w)
        st_pool_put(c->crowds, w->id);
    r->crowd = NULL;
    c->heads[r->cell].plain = r->rolled_tick != 0;
}

static void drop_ring(struct cells *c, struct ring *r)
{
    drop_crowd(c, r);
    for (uint32_t i = 0; i < GATEWAY_TIERS; i++)
        while (r->list[i].first)
            list_pop(c, &r->list[i]);
    if (r->has_snapshot)
        cells_parcel_put(c, r->snapshot.parcel);
    st_pool_put(c->rings, c->index[r->cell]);
    c->index[r->cell] = 0;
    c->heads[r->cell] = (struct head){0};
}

/* A ring goes only when its last delta is older than the tail, so a new one is as complete. */
static struct ring *find_or_make(struct cells *c, uint32_t cell, uint32_t base_tick)
{
    struct ring *r = find(c, cell);
    uint32_t from = base_tick > GATEWAY_TAIL_TICKS ? base_tick - GATEWAY_TAIL_TICKS : 0;
    if (r)
        return r;
    r = st_pool_get(c->rings, &c->index[cell]);
    if (!r) {
        c->index[cell] = 0;
        return NULL;
    }
    r->cell = cell;
    r->base_tick = base_tick;
    for (uint32_t i = 0; i < GATEWAY_TIERS; i++)
        r->list[i].complete_from = ST_MAX(from, c->synced_tick + 1);
    return r;
}

static uint32_t cooled(uint32_t heat, uint32_t ticks)
{
    return ticks >= HEAT_TICKS ? 0 : heat - (uint32_t)((uint64_t)heat * ticks / HEAT_TICKS);
}

struct facts {
    bool left, fired;
};

static struct facts facts_of(struct st_slice bytes)
{
    struct st_slice rest = bundle_content(bytes), whole;
    struct facts f = {false, false};
    uint32_t field;
    while (bundle_field(&rest, &field, &whole)) {
        f.left = f.left || field == DELTA_GONE_ID;
        f.fired = f.fired || field == DELTA_SHOT_ID || field == DELTA_HIT_SHOT;
    }
    return f;
}

static void note_around(struct cells *c, uint32_t cell, uint32_t tick, bool fired)
{
    int32_t cx = (int32_t)(cell % GATEWAY_CELLS_SIDE), cy = (int32_t)(cell / GATEWAY_CELLS_SIDE);
    int32_t last = GATEWAY_CELLS_SIDE - 1;
    c->noted = true;
    if (fired)
        c->near[cell].fired = tick;
    for (int32_t y = ST_MAX(cy - 1, 0); y <= ST_MIN(cy + 1, last); y++)
        for (int32_t x = ST_MAX(cx - 1, 0); x <= ST_MIN(cx + 1, last); x++)
            c->near[x + y * GATEWAY_CELLS_SIDE].moved = tick;
}

static void append(struct ring_list *l, struct ring_slice *s)
{
    s->prev = l->last;
    if (l->last)
        l->last->next = s;
    else
        l->first = s;
    l->last = s;
    l->heat = cooled(l->heat, s->tick - l->heat_tick) + (uint32_t)s->bytes.len;
    l->heat_tick = s->tick;
}

/* The list of a leaf; NULL: there are too many crowds. */
static struct ring_list *leaf_list(struct cells *c, struct ring *r, uint32_t leaf, uint32_t tier)
{
    uint32_t id;
    if (!r->crowd) {
        r->crowd = st_pool_get(c->crowds, &id);
        if (!r->crowd)
            return NULL;
        r->crowd->id = id;
        c->heads[r->cell].plain = false;
    }
    r->crowd->used[tier] |= (uint64_t)1 << leaf;
    return &r->crowd->list[leaf][tier];
}

static bool tier_of(uint32_t window, uint32_t *tier)
{
    for (*tier = 0; *tier < GATEWAY_TIERS; ++*tier)
        if (windows[*tier] == window)
            return true;
    return false;
}

static void note_facts(struct cells *c, struct ring *r, uint32_t tick, struct st_slice bytes)
{
    struct facts f = facts_of(bytes);
    if (f.left)
        r->gone_tick = tick;
    note_around(c, r->cell, tick, f.fired);
}

int cells_delta(struct cells *c, uint32_t cell, uint32_t part, uint32_t tick, uint32_t window,
                struct parcel *p, struct st_slice bytes)
{
    struct ring *r;
    struct ring_list *l;
    struct ring_slice *s = c->spare;
    uint32_t tier;
    st_assert(tick > 0);
    if (!tier_of(window, &tier) || part > GATEWAY_LEAVES)
        return ST_OK;
    r = find_or_make(c, cell, tick - 1);
    if (!r)
        return ST_EFULL;
    l = !s ? NULL : part == 0 ? &r->list[tier] : leaf_list(c, r, part - 1, tier);
    if (!l) {
        drop_ring(c, r);
        return ST_EFULL;
    }
    if (l->last && tick < l->last->tick)
        return ST_OK; /* out of order: its sequence number has told already */
    c->spare = s->next;
    p->refs++;
    *s = (struct ring_slice){.parcel = p, .bytes = bytes, .tick = tick};
    append(l, s);
    c->heads[cell].newest[tier] = tick;
    if (tier == 0)
        note_facts(c, r, tick, bytes);
    else
        c->window_tick = tick;
    return ST_OK;
}

int cells_snapshot(struct cells *c, uint32_t cell, uint32_t tick, bool rolled, struct parcel *p,
                   struct st_slice bytes)
{
    struct ring *r = find_or_make(c, cell, tick);
    if (!r)
        return ST_EFULL;
    if (rolled) {
        r->rolled_tick = c->heads[cell].rolled_tick = tick;
        c->heads[cell].plain = !r->crowd;
    }
    if (r->has_snapshot) {
        if (tick < r->snapshot.tick)
            return ST_OK;
        cells_parcel_put(c, r->snapshot.parcel);
    }
    p->refs++;
    r->snapshot = (struct ring_slice){.parcel = p, .bytes = bytes, .tick = tick};
    r->has_snapshot = true;
    r->base_tick = c->heads[cell].snapshot_tick = tick;
    return ST_OK;
}

const struct ring *cells_ring(const struct cells *c, uint32_t cell)
{
    return find(c, cell);
}

/* Readers are near the end as a rule. */
const struct ring_slice *ring_after(const struct ring_list *l, uint32_t tick)
{
    const struct ring_slice *s = l->last, *found = NULL;
    for (; s && s->tick > tick; s = s->prev)
        found = s;
    return found;
}

static uint32_t per_second(uint32_t heat, uint32_t at, uint32_t tick)
{
    return (uint32_t)((uint64_t)cooled(heat, tick > at ? tick - at : 0) * TICKS_PER_S / HEAT_TICKS);
}

bool ring_is_rolled(const struct ring *r, uint32_t tick)
{
    return (tick / GATEWAY_ROLL_TICKS + r->cell) % GATEWAY_ROLL_SHARE == 0;
}

uint32_t ring_list_rate(const struct ring_list *l, uint32_t tick)
{
    return per_second(l->heat, l->heat_tick, tick);
}

uint32_t ring_rate(const struct ring *r, uint32_t tier, uint32_t tick)
{
    uint32_t roll = GATEWAY_ROLL_TICKS * GATEWAY_ROLL_SHARE;
    uint32_t snapshots =
        r->has_snapshot ? (uint32_t)(r->snapshot.bytes.len * TICKS_PER_S / roll) : 0;
    return ring_list_rate(&r->list[tier], tick) + snapshots;
}

const struct head *cells_head(const struct cells *c, uint32_t cell)
{
    st_assert(cell < GATEWAY_CELLS);
    return &c->heads[cell];
}

bool cells_windowed(const struct cells *c, uint32_t rolled_tick, uint32_t tick)
{
    return rolled_tick != 0 && c->window_tick != 0 && c->window_tick + WINDOWS_TICKS >= tick;
}

static uint32_t window_end(uint32_t rolled_tick, uint32_t tier, uint32_t tick)
{
    uint32_t since;
    if (tier == 0)
        return tick;
    /* Both lengths divide 20, so that the difference is never negative; constants, no division. */
    since = tick + 20 * (rolled_tick / 20 + 1) - rolled_tick;
    since = tier == 1 ? since % 4 : since % 10;
    return tick > since ? tick - since : 0;
}

uint32_t ring_window_end(const struct ring *r, uint32_t tier, uint32_t tick)
{
    return window_end(r->rolled_tick, tier, tick);
}

uint32_t head_window_end(const struct head *h, uint32_t tier, uint32_t tick)
{
    return window_end(h->rolled_tick, tier, tick);
}

bool ring_is_complete(const struct ring *r, uint32_t tier, uint32_t after)
{
    return ring_window_end(r, tier, after) + windows[tier] >= r->list[tier].complete_from;
}

const struct near *cells_near(const struct cells *c, uint32_t cell)
{
    st_assert(cell < GATEWAY_CELLS);
    return &c->near[cell];
}

bool ring_is_stale(const struct ring *r)
{
    return r->gone_tick > r->base_tick;
}

void cells_synced(struct cells *c, uint32_t tick)
{
    uint32_t cursor = 0, id;
    struct ring *r;
    c->synced_tick = tick;
    while ((r = st_pool_next(c->rings, &cursor, &id))) {
        if (!r->has_snapshot)
            r->base_tick = tick;
        for (uint32_t i = 0; i < GATEWAY_TIERS; i++)
            r->list[i].complete_from = tick + 1;
    }
}

static void trim_list(struct cells *c, struct ring_list *l, uint32_t keep, uint32_t *complete_from)
{
    while (l->first && l->first->tick < keep) {
        *complete_from = ST_MAX(*complete_from, l->first->tick + 1);
        list_pop(c, l);
    }
}

static void trim_leaves(struct cells *c, struct ring *r, uint32_t tier, uint32_t keep)
{
    struct crowd *w = r->crowd;
    for (uint64_t left = w->used[tier]; left != 0; left &= left - 1) {
        uint32_t leaf = (uint32_t)__builtin_ctzll(left);
        struct ring_list *l = &w->list[leaf][tier];
        trim_list(c, l, keep, &r->list[tier].complete_from);
        if (!l->first)
            w->used[tier] &= ~((uint64_t)1 << leaf);
    }
}

static void trim(struct cells *c, struct ring *r, uint32_t tick)
{
    uint32_t tail = tick > GATEWAY_TAIL_TICKS ? tick - GATEWAY_TAIL_TICKS : 0;
    for (uint32_t i = 0; i < GATEWAY_TIERS; i++) {
        uint32_t keep = i == 0 ? ST_MIN(tail, r->base_tick) : tail;
        trim_list(c, &r->list[i], keep, &r->list[i].complete_from);
        if (r->crowd)
            trim_leaves(c, r, i, keep);
    }
    if (r->crowd && (r->crowd->used[0] | r->crowd->used[1] | r->crowd->used[2]) == 0)
        drop_crowd(c, r);
}

static bool is_over(const struct ring *r, uint32_t tick)
{
    const struct ring_slice *last = r->list[0].last;
    return tick > r->base_tick + GATEWAY_RING_TICKS && !r->crowd &&
           (!last || tick > last->tick + GATEWAY_TAIL_TICKS);
}

void cells_age(struct cells *c, uint32_t tick)
{
    uint32_t cursor = 0, id;
    struct ring *r;
    while ((r = st_pool_next(c->rings, &cursor, &id))) {
        if (is_over(r, tick))
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
    if (c->noted)
        memset(c->near, 0, GATEWAY_CELLS * sizeof *c->near);
    c->noted = false;
    c->synced_tick = c->window_tick = 0;
}

uint32_t cells_count(const struct cells *c)
{
    return st_pool_count(c->rings);
}

size_t cells_pinned(const struct cells *c)
{
    return c->pinned;
}
