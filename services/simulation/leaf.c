/* SPDX-License-Identifier: Apache-2.0 */
#include "leaf.h"

#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/base.h>

#include "frame.h"

enum { LEAVES = LEAF_SIDE * LEAF_SIDE };

/* Where an entity is; out of date when its slot has another owner or it is elsewhere. */
struct home {
    uint32_t id;
    uint16_t index; /* of the cell */
    uint8_t leaf;
};

/* One list of a cell's changes, grouped by leaf: part p is [start[p], start[p + 1]). */
struct group {
    uint32_t start[LEAVES + 1];
};

struct leaves {
    uint32_t slots_max, shots_max, hits_max, split_min;
    bool split[WORLD_CELLS];
    uint16_t cells[WORLD_CELLS]; /* those that are split */
    uint32_t cells_n;
    struct home *homes; /* by slot */
    uint32_t *ids, *changed, *crossed;
    struct world_cell whole;
    struct group by_changed, by_vitals, by_shots, by_hits;
    uint32_t *changed_out, *vitals_out;
    struct flight_shot *shots_out;
    struct world_hit *hits_out;
};

static uint32_t slots_of(const struct world_limits *l)
{
    return l->ships + l->torpedoes + l->loot;
}

/* Of a window of four ticks, see window.c. */
static uint32_t shots_of(const struct world_limits *l)
{
    return 8 * l->ships;
}

static uint32_t hits_of(const struct world_limits *l)
{
    return 16 * l->ships;
}

size_t leaves_size(const struct world_limits *l)
{
    return sizeof(struct leaves) + slots_of(l) * (sizeof(struct home) + 5 * sizeof(uint32_t)) +
           shots_of(l) * sizeof(struct flight_shot) + hits_of(l) * sizeof(struct world_hit);
}

struct leaves *leaves_new(const struct world_limits *limits)
{
    st_assert(limits != NULL);
    struct leaves *l = st_alloc(sizeof(*l));
    l->slots_max = slots_of(limits);
    l->shots_max = shots_of(limits);
    l->hits_max = hits_of(limits);
    l->split_min = LEAF_SPLIT_MIN;
    l->homes = st_alloc_array(l->slots_max, sizeof(*l->homes));
    l->ids = st_alloc_array(l->slots_max, sizeof(*l->ids));
    l->changed = st_alloc_array(l->slots_max, sizeof(*l->changed));
    l->crossed = st_alloc_array(l->slots_max, sizeof(*l->crossed));
    l->changed_out = st_alloc_array(l->slots_max, sizeof(*l->changed_out));
    l->vitals_out = st_alloc_array(l->slots_max, sizeof(*l->vitals_out));
    l->shots_out = st_alloc_array(l->shots_max, sizeof(*l->shots_out));
    l->hits_out = st_alloc_array(l->hits_max, sizeof(*l->hits_out));
    return l;
}

void leaves_free(struct leaves **out)
{
    struct leaves *l = *out;
    if (l == NULL)
        return;
    st_free(l->homes);
    st_free(l->ids);
    st_free(l->changed);
    st_free(l->crossed);
    st_free(l->changed_out);
    st_free(l->vitals_out);
    st_free(l->shots_out);
    st_free(l->hits_out);
    st_free(l);
    *out = NULL;
}

void leaves_open(struct leaves *l)
{
    l->cells_n = 0;
    memset(l->split, 0, sizeof(l->split));
    memset(l->homes, 0, l->slots_max * sizeof(*l->homes));
}

void leaves_split_at(struct leaves *l, uint32_t members)
{
    l->split_min = members;
}

uint32_t leaves_count(const struct leaves *l)
{
    return l->cells_n;
}

uint32_t leaves_at(const struct leaves *l, uint32_t i)
{
    st_assert(i < l->cells_n);
    return l->cells[i];
}

bool leaves_has(const struct leaves *l, uint32_t index)
{
    st_assert(index < WORLD_CELLS);
    return l->split[index];
}

/* ---- who is where ---------------------------------------------------------------------------- */

static int32_t corner_of(uint32_t cell, bool y)
{
    uint32_t at = y ? cell >> WORLD_CELL_BITS : cell & ((1u << WORLD_CELL_BITS) - 1);
    return (int32_t)(at << WORLD_CELL_SHIFT);
}

/* 0 to 7; what is a little outside of its cell is in the leaf at the edge. */
static uint32_t along(int32_t at, int32_t corner)
{
    int32_t n = (at - corner) >> LEAF_SHIFT;
    return (uint32_t)ST_MIN(ST_MAX(n, 0), LEAF_SIDE - 1);
}

static uint32_t leaf_of(uint32_t cell, int32_t x, int32_t y)
{
    return along(x, corner_of(cell, false)) + LEAF_SIDE * along(y, corner_of(cell, true));
}

static bool left(int32_t at, int32_t corner, uint32_t n)
{
    int32_t low = corner + (int32_t)(n << LEAF_SHIFT);
    bool below = n > 0 && at < low - LEAF_MARGIN;
    bool above = n < LEAF_SIDE - 1 && at >= low + (1 << LEAF_SHIFT) + LEAF_MARGIN;
    return below || above;
}

static bool left_leaf(uint32_t cell, uint32_t leaf, const struct flight *f)
{
    return left(f->x, corner_of(cell, false), leaf % LEAF_SIDE) ||
           left(f->y, corner_of(cell, true), leaf / LEAF_SIDE);
}

static struct home *home_of(struct leaves *l, uint32_t id)
{
    uint32_t slot = id & WORLD_SLOT_MASK;
    st_assert(slot < l->slots_max);
    return &l->homes[slot];
}

/* True when the entity was in another leaf of this cell before. */
static bool settle(struct leaves *l, const struct world *w, uint32_t index, uint32_t id)
{
    struct home *h = home_of(l, id);
    struct world_entity e;
    uint32_t cell = frame_cell_at(index);
    bool known = h->id == id && h->index == index;
    if (!world_entity_get(w, id, &e) || (known && !left_leaf(cell, h->leaf, &e.flight)))
        return false;
    *h = (struct home){id, (uint16_t)index, (uint8_t)leaf_of(cell, e.flight.x, e.flight.y)};
    return known;
}

static bool holds(const uint32_t *ids, uint32_t n, uint32_t id)
{
    for (uint32_t i = 0; i < n; i++)
        if (ids[i] == id)
            return true;
    return false;
}

/* Two lists that are ascending by slot, without those who enter. */
static uint32_t merge(struct leaves *l, const struct world_cell *c, uint32_t crossed_n)
{
    uint32_t a = 0, b = 0, n = 0;
    while (a < c->changed_n || b < crossed_n) {
        uint32_t x = a < c->changed_n ? c->changed[a] : UINT32_MAX;
        uint32_t y = b < crossed_n ? l->crossed[b] : UINT32_MAX;
        bool first =
            b == crossed_n || (a < c->changed_n && (x & WORLD_SLOT_MASK) <= (y & WORLD_SLOT_MASK));
        a += first;
        b += !first || x == y;
        if (first || !holds(c->entered, c->entered_n, y))
            l->changed[n++] = first ? x : y;
    }
    return n;
}

void leaves_cross(struct leaves *l, const struct world *w, struct world_cell *c)
{
    uint32_t index = frame_cell_index(c->cell), crossed = 0;
    uint32_t n = world_cell_entities(w, c->cell, l->ids, l->slots_max);
    st_assert(n <= l->slots_max);
    for (uint32_t i = 0; i < n; i++)
        if (settle(l, w, index, l->ids[i]))
            l->crossed[crossed++] = l->ids[i];
    if (crossed == 0)
        return;
    c->changed_n = merge(l, c, crossed);
    c->changed = l->changed;
}

/* ---- splitting ------------------------------------------------------------------------------- */

static void split(struct leaves *l, const struct world *w, uint32_t index, uint32_t members)
{
    l->split[index] = true;
    l->cells[l->cells_n++] = (uint16_t)index;
    for (uint32_t i = 0; i < members; i++) {
        *home_of(l, l->ids[i]) = (struct home){0};
        (void)settle(l, w, index, l->ids[i]);
    }
}

static void join(struct leaves *l, uint32_t index)
{
    uint32_t i = 0;
    while (l->cells[i] != index)
        i++;
    l->cells[i] = l->cells[--l->cells_n];
    l->split[index] = false;
}

void leaves_review(struct leaves *l, const struct world *w, uint32_t index)
{
    uint32_t n = world_cell_entities(w, frame_cell_at(index), l->ids, l->slots_max);
    st_assert(n <= l->slots_max);
    if (!l->split[index] && n >= l->split_min)
        split(l, w, index, n);
    else if (l->split[index] && (uint64_t)n * 100 < (uint64_t)l->split_min * LEAF_JOIN_PERCENT)
        join(l, index);
}

/* ---- parts ----------------------------------------------------------------------------------- */

typedef uint32_t leaf_fn(struct leaves *l, const struct world_cell *c, uint32_t i);

static uint32_t changed_leaf(struct leaves *l, const struct world_cell *c, uint32_t i)
{
    return home_of(l, c->changed[i])->leaf;
}

static uint32_t vitals_leaf(struct leaves *l, const struct world_cell *c, uint32_t i)
{
    return home_of(l, c->vitals[i])->leaf;
}

static uint32_t shot_leaf(struct leaves *l, const struct world_cell *c, uint32_t i)
{
    (void)l;
    return leaf_of(c->cell, c->shots[i].x, c->shots[i].y);
}

/* Where the target is, or was. */
static uint32_t hit_leaf(struct leaves *l, const struct world_cell *c, uint32_t i)
{
    return home_of(l, c->hits[i].target)->leaf;
}

/* Counting sort; stable. */
static void sort(struct leaves *l, const struct world_cell *c, struct group *g, leaf_fn *leaf,
                 uint32_t n, const void *from, void *to, size_t size)
{
    uint32_t next[LEAVES];
    memset(g, 0, sizeof(*g));
    for (uint32_t i = 0; i < n; i++)
        g->start[leaf(l, c, i) + 1]++;
    for (uint32_t p = 0; p < LEAVES; p++) {
        g->start[p + 1] += g->start[p];
        next[p] = g->start[p];
    }
    for (uint32_t i = 0; i < n; i++)
        memcpy((char *)to + size * next[leaf(l, c, i)]++, (const char *)from + size * i, size);
}

void leaves_sort(struct leaves *l, const struct world_cell *c)
{
    st_assert(c->shots_n <= l->shots_max && c->hits_n <= l->hits_max);
    l->whole = *c;
    sort(l, c, &l->by_changed, changed_leaf, c->changed_n, c->changed, l->changed_out,
         sizeof(*l->changed_out));
    sort(l, c, &l->by_vitals, vitals_leaf, c->vitals_n, c->vitals, l->vitals_out,
         sizeof(*l->vitals_out));
    sort(l, c, &l->by_shots, shot_leaf, c->shots_n, c->shots, l->shots_out, sizeof(*l->shots_out));
    sort(l, c, &l->by_hits, hit_leaf, c->hits_n, c->hits, l->hits_out, sizeof(*l->hits_out));
}

bool leaves_part(const struct leaves *l, uint32_t part, struct world_cell *out)
{
    uint32_t p = part - 1;
    st_assert(part < LEAF_PARTS);
    *out = (struct world_cell){.cell = l->whole.cell};
    if (part == 0) {
        out->entered = l->whole.entered;
        out->entered_n = l->whole.entered_n;
        out->gone = l->whole.gone;
        out->gone_n = l->whole.gone_n;
        return out->entered_n + out->gone_n > 0;
    }
    out->changed = l->changed_out + l->by_changed.start[p];
    out->changed_n = l->by_changed.start[p + 1] - l->by_changed.start[p];
    out->vitals = l->vitals_out + l->by_vitals.start[p];
    out->vitals_n = l->by_vitals.start[p + 1] - l->by_vitals.start[p];
    out->shots = l->shots_out + l->by_shots.start[p];
    out->shots_n = l->by_shots.start[p + 1] - l->by_shots.start[p];
    out->hits = l->hits_out + l->by_hits.start[p];
    out->hits_n = l->by_hits.start[p + 1] - l->by_hits.start[p];
    return out->changed_n + out->vitals_n + out->shots_n + out->hits_n > 0;
}
