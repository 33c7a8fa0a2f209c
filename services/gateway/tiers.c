/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is told how often: by distance, within the budget. Cells first come by their distance; the
 * leaves of crowded cells next to the client by theirs, in between.
 */
#include "view_private.h"

#include <st/assert.h>

#include <stdlib.h>

enum {
    FINE_PERCENT = 60, /* of the budget: to here every change is told */
    MID_PERCENT = 90,  /* and to here every fourth tick's */
    BACK_PERCENT = 80, /* of those limits, to come back to the finer tier */
    AGAIN_TICKS = 20,
    DISTANCE_MAX = 3,
    LEAF_FINE = 1, /* leaves away: every change */
    LEAF_MID = 4,  /* every fourth tick's: bolts fly about so far */
    LEAF_DISTANCE_MAX = 2 * GATEWAY_LEAF_SIDE,
    LEAVES_MAX = GATEWAY_VIEW_CROWDS * GATEWAY_LEAVES,
};

struct assign {
    struct view *v;
    const struct cells *cells;
    uint32_t tick;
    uint64_t sum, budget; /* bytes per second: of all that is nearer; of all */
};

static bool fits(const struct assign *a, uint64_t bytes, uint32_t percent, bool back)
{
    uint64_t limit = a->budget * percent / 100;
    return a->sum + bytes <= (back ? limit * BACK_PERCENT / 100 : limit);
}

/* The tier of something that has been told at the tier `now` and would be at `tier` by its
 * distance; rate: bytes per second of each tier. */
static uint32_t afford(const struct assign *a, uint32_t tier, uint32_t now, const uint32_t *rate)
{
    if (tier == 0 && !fits(a, rate[0], FINE_PERCENT, now > 0))
        tier = 1;
    if (tier == 1 && !fits(a, rate[1], MID_PERCENT, now > 1))
        tier = 2;
    return tier;
}

/* --- cells --- */

static uint32_t by_distance(uint32_t distance)
{
    return distance <= 1 ? 0 : ST_MIN(distance - 1, GATEWAY_TIERS - 1u);
}

/* The leaves of a crowd next to the client count for themselves. */
static uint32_t cell_rate(const struct ring *r, uint32_t tier, bool near, uint32_t tick)
{
    uint32_t sum = ring_rate(r, tier, tick);
    for (uint64_t left = r->crowd && !near ? r->crowd->used[tier] : 0; left != 0; left &= left - 1)
        sum += ring_list_rate(&r->crowd->list[__builtin_ctzll(left)][tier], tick);
    return sum;
}

/* The own cell is told at every fourth tick at least, unless it alone is more than the budget; of a
 * crowd next to the client everybody who enters is told at once. */
static void assign_cell(struct assign *a, uint32_t i, uint32_t distance)
{
    const struct ring *r = cells_ring(a->cells, a->v->cell[i]);
    uint32_t tier = by_distance(distance), rate[GATEWAY_TIERS] = {0};
    bool near = distance <= 1;
    for (uint32_t k = 0; r && k < GATEWAY_TIERS; k++)
        rate[k] = cell_rate(r, k, near, a->tick);
    if (r && !(r->crowd && near)) {
        tier = afford(a, tier, a->v->tier[i], rate);
        if (distance == 0 && tier == 2 && rate[1] <= a->budget)
            tier = 1;
    }
    a->v->tier[i] = (uint8_t)tier;
    a->sum += rate[tier];
}

static void assign_cells(struct assign *a, uint32_t from, uint32_t to)
{
    for (uint32_t d = from; d <= to; d++)
        for (uint32_t i = 0; i < a->v->count; i++)
            if (view_distance(a->v, a->v->cell[i]) == d)
                assign_cell(a, i, d);
}

/* --- leaves --- */

struct leaf {
    uint8_t crowd, number, distance;
};

static uint32_t away(uint32_t cell_at, uint32_t leaf, uint32_t own)
{
    int32_t n = (int32_t)(cell_at * GATEWAY_LEAF_SIDE + leaf) - (int32_t)own;
    return (uint32_t)abs(n);
}

static uint32_t leaf_distance(const struct view *v, uint32_t cell, uint32_t leaf)
{
    uint32_t x = away(cell % GATEWAY_CELLS_SIDE, leaf % GATEWAY_LEAF_SIDE, v->leaf_x);
    uint32_t y = away(cell / GATEWAY_CELLS_SIDE, leaf / GATEWAY_LEAF_SIDE, v->leaf_y);
    return ST_MIN(ST_MAX(x, y), (uint32_t)LEAF_DISTANCE_MAX);
}

/* Of a crowd next to the client: the leaves in which anything happens. */
static uint64_t used_leaves(const struct assign *a, uint32_t crowd)
{
    uint32_t cell = a->v->crowd[crowd].cell;
    const struct ring *r = cells_ring(a->cells, cell);
    if (!r || !r->crowd || view_distance(a->v, cell) > 1)
        return 0;
    return r->crowd->used[0] | r->crowd->used[1] | r->crowd->used[2];
}

/* The leaves of all crowds in which anything happens, nearest first. */
static uint32_t leaves_by_distance(const struct assign *a, struct leaf sorted[LEAVES_MAX])
{
    struct leaf found[LEAVES_MAX];
    uint32_t start[LEAF_DISTANCE_MAX + 2] = {0}, n = 0;
    for (uint32_t i = 0; i < a->v->crowds_n; i++) {
        uint64_t used = used_leaves(a, i);
        for (; used != 0; used &= used - 1) {
            uint32_t leaf = (uint32_t)__builtin_ctzll(used);
            uint32_t distance = leaf_distance(a->v, a->v->crowd[i].cell, leaf);
            found[n++] = (struct leaf){(uint8_t)i, (uint8_t)leaf, (uint8_t)distance};
            start[distance + 1]++;
        }
    }
    for (uint32_t d = 0; d <= LEAF_DISTANCE_MAX; d++)
        start[d + 1] += start[d];
    for (uint32_t i = 0; i < n; i++)
        sorted[start[found[i].distance]++] = found[i];
    return n;
}

static void assign_leaf(struct assign *a, struct leaf at)
{
    struct view_crowd *c = &a->v->crowd[at.crowd];
    const struct ring_list *l = cells_ring(a->cells, c->cell)->crowd->list[at.number];
    uint64_t bit = (uint64_t)1 << at.number;
    uint32_t tier = at.distance <= LEAF_FINE ? 0 : at.distance <= LEAF_MID ? 1 : 2;
    uint32_t now = c->wanted.far & bit ? 2 : c->wanted.mid & bit ? 1 : 0;
    uint32_t rate[GATEWAY_TIERS];
    for (uint32_t k = 0; k < GATEWAY_TIERS; k++)
        rate[k] = ring_list_rate(&l[k], a->tick);
    tier = afford(a, tier, now, rate);
    view_leaves_put(&c->wanted, bit, tier);
    a->sum += rate[tier];
}

/* Where nothing happens the distance decides, so that something may begin. */
static void assign_quiet(struct view *v, struct view_crowd *c)
{
    for (uint32_t leaf = 0; leaf < GATEWAY_LEAVES; leaf++) {
        uint32_t distance = leaf_distance(v, c->cell, leaf);
        uint32_t tier = distance <= LEAF_FINE ? 0 : distance <= LEAF_MID ? 1 : 2;
        view_leaves_put(&c->wanted, (uint64_t)1 << leaf, tier);
    }
}

static void assign_leaves(struct assign *a)
{
    struct leaf sorted[LEAVES_MAX];
    uint32_t n = leaves_by_distance(a, sorted);
    for (uint32_t i = 0; i < n; i++)
        assign_leaf(a, sorted[i]);
}

/* --- crowds --- */

static void crowd_add(struct view *v, uint32_t i)
{
    struct view_crowd *c = &v->crowd[v->crowds_n++];
    *c = (struct view_crowd){.cell = v->cell[i], .told = view_leaves_all(v->told[i])};
    assign_quiet(v, c);
}

/* Crowds next to the client come in; those elsewhere are to be told as their cells are. */
static void assign_crowds(struct assign *a)
{
    struct view *v = a->v;
    for (uint32_t i = 0; i < v->count; i++) {
        struct view_crowd *c = view_crowd_find(v, v->cell[i]);
        const struct ring *r = cells_ring(a->cells, v->cell[i]);
        bool near = view_distance(v, v->cell[i]) <= 1;
        if (c && !(near && r && r->crowd))
            c->wanted = view_leaves_all(v->tier[i]);
        else if (near && r && r->crowd && !c && v->crowds_n < GATEWAY_VIEW_CROWDS)
            crowd_add(v, i);
    }
}

void view_assign(struct view *v, const struct cells *c, uint32_t tick, uint32_t budget)
{
    struct assign a = {.v = v, .cells = c, .tick = tick, .budget = budget};
    bool moved = v->crowds_n > 0 && (v->leaf_x != v->assigned_x || v->leaf_y != v->assigned_y);
    if (!v->changed && !moved && tick < v->assigned_tick + AGAIN_TICKS)
        return;
    v->assigned_tick = tick;
    v->assigned_x = v->leaf_x;
    v->assigned_y = v->leaf_y;
    assign_cells(&a, 0, 1);
    assign_crowds(&a);
    assign_leaves(&a);
    assign_cells(&a, 2, DISTANCE_MAX);
    assign_crowds(&a);
}
