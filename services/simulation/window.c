/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/base.h>

#include "frame.h"

/*
 * Entities are marked by slot with the tick of their newest change; a window then walks the cell's
 * members. What has no member (gone, shots, hits) is logged, and the entries of a cell are a chain
 * from the newest back. The logs are as long as the kernel could fill them within the longest
 * window, so an entry is overwritten only when no window reaches it any more; a chain that leads
 * there stops by the tick that it expects.
 */

enum { GONE_TICKS = WINDOW_FAR, ACT_TICKS = WINDOW_NEAR };

struct mark { /* ticks; 0 = never */
    uint32_t changed, entered, vitals;
};

struct member { /* who was seen, in which walk through a cell */
    uint32_t id, walk;
};

struct link { /* the entry before it in its cell */
    uint32_t at, tick;
};

struct log {
    uint32_t max, next;
    struct link *before;
    struct link *newest; /* by cell; tick 0 = none */
    uint32_t *found;     /* entries of a window, newest first */
    uint32_t found_n;
};

struct window {
    uint32_t slots_max;
    struct mark *marks;
    struct member *members; /* by slot */
    uint32_t walk;
    uint32_t *touched; /* by cell: tick of its newest change */
    struct log gone_log, shot_log, hit_log;
    struct world_gone *gone, *gone_out;
    struct flight_shot *shots, *shots_out;
    struct world_hit *hits, *hits_out;
    uint32_t *ids, *changed, *entered, *vitals;
};

static uint32_t slots_of(const struct world_limits *l)
{
    return l->ships + l->torpedoes + l->loot;
}

static uint32_t gone_max(const struct world_limits *l)
{
    return GONE_TICKS * 2 * slots_of(l);
}

static uint32_t shots_max(const struct world_limits *l)
{
    return ACT_TICKS * 2 * l->ships;
}

static uint32_t hits_max(const struct world_limits *l)
{
    return ACT_TICKS * 4 * l->ships;
}

size_t window_size(const struct world_limits *l)
{
    size_t cells = (size_t)WORLD_CELLS * (sizeof(uint32_t) + 3 * sizeof(struct link));
    size_t slot = sizeof(struct mark) + sizeof(struct member) + 4 * sizeof(uint32_t);
    size_t entry = sizeof(struct link) + sizeof(uint32_t);
    return sizeof(struct window) + cells + slots_of(l) * slot +
           gone_max(l) * (entry + 2 * sizeof(struct world_gone)) +
           shots_max(l) * (entry + 2 * sizeof(struct flight_shot)) +
           hits_max(l) * (entry + 2 * sizeof(struct world_hit));
}

static void log_init(struct log *l, uint32_t max)
{
    l->max = max;
    l->before = st_alloc_array(max, sizeof(*l->before));
    l->found = st_alloc_array(max, sizeof(*l->found));
    l->newest = st_alloc_array(WORLD_CELLS, sizeof(*l->newest));
}

static void log_fini(struct log *l)
{
    st_free(l->before);
    st_free(l->found);
    st_free(l->newest);
}

struct window *window_new(const struct world_limits *limits)
{
    st_assert(limits != NULL);
    struct window *v = st_alloc(sizeof(*v));
    v->slots_max = slots_of(limits);
    v->marks = st_alloc_array(v->slots_max, sizeof(*v->marks));
    v->members = st_alloc_array(v->slots_max, sizeof(*v->members));
    v->touched = st_alloc_array(WORLD_CELLS, sizeof(*v->touched));
    log_init(&v->gone_log, gone_max(limits));
    log_init(&v->shot_log, shots_max(limits));
    log_init(&v->hit_log, hits_max(limits));
    v->gone = st_alloc_array(v->gone_log.max, sizeof(*v->gone));
    v->gone_out = st_alloc_array(v->gone_log.max, sizeof(*v->gone_out));
    v->shots = st_alloc_array(v->shot_log.max, sizeof(*v->shots));
    v->shots_out = st_alloc_array(v->shot_log.max, sizeof(*v->shots_out));
    v->hits = st_alloc_array(v->hit_log.max, sizeof(*v->hits));
    v->hits_out = st_alloc_array(v->hit_log.max, sizeof(*v->hits_out));
    v->ids = st_alloc_array(v->slots_max, sizeof(*v->ids));
    v->changed = st_alloc_array(v->slots_max, sizeof(*v->changed));
    v->entered = st_alloc_array(v->slots_max, sizeof(*v->entered));
    v->vitals = st_alloc_array(v->slots_max, sizeof(*v->vitals));
    return v;
}

void window_free(struct window **out)
{
    struct window *v = *out;
    if (v == NULL)
        return;
    st_free(v->marks);
    st_free(v->members);
    st_free(v->touched);
    log_fini(&v->gone_log);
    log_fini(&v->shot_log);
    log_fini(&v->hit_log);
    st_free(v->gone);
    st_free(v->gone_out);
    st_free(v->shots);
    st_free(v->shots_out);
    st_free(v->hits);
    st_free(v->hits_out);
    st_free(v->ids);
    st_free(v->changed);
    st_free(v->entered);
    st_free(v->vitals);
    st_free(v);
    *out = NULL;
}

void window_open(struct window *v)
{
    memset(v->marks, 0, v->slots_max * sizeof(*v->marks));
    memset(v->touched, 0, WORLD_CELLS * sizeof(*v->touched));
    memset(v->gone_log.newest, 0, WORLD_CELLS * sizeof(struct link));
    memset(v->shot_log.newest, 0, WORLD_CELLS * sizeof(struct link));
    memset(v->hit_log.newest, 0, WORLD_CELLS * sizeof(struct link));
}

/* ---- taking a tick --------------------------------------------------------------------------- */

/* Where the next entry of this cell goes. */
static uint32_t log_add(struct log *l, uint32_t cell, uint32_t tick)
{
    uint32_t at = l->next;
    l->next = at + 1 == l->max ? 0 : at + 1;
    l->before[at] = l->newest[cell];
    l->newest[cell] = (struct link){at, tick};
    return at;
}

static struct mark *mark_of(struct window *v, uint32_t id)
{
    uint32_t slot = id & WORLD_SLOT_MASK;
    st_assert(slot < v->slots_max);
    return &v->marks[slot];
}

void window_take(struct window *v, const struct world *w)
{
    uint32_t tick = world_tick(w), n = world_dirty_cells(w);
    for (uint32_t i = 0; i < n; i++) {
        struct world_cell c;
        world_dirty_cell(w, i, &c);
        uint32_t at = frame_cell_index(c.cell);
        v->touched[at] = tick;
        for (uint32_t k = 0; k < c.changed_n; k++)
            mark_of(v, c.changed[k])->changed = tick;
        for (uint32_t k = 0; k < c.entered_n; k++)
            mark_of(v, c.entered[k])->entered = tick;
        for (uint32_t k = 0; k < c.vitals_n; k++)
            mark_of(v, c.vitals[k])->vitals = tick;
        for (uint32_t k = 0; k < c.gone_n; k++)
            v->gone[log_add(&v->gone_log, at, tick)] = c.gone[k];
        for (uint32_t k = 0; k < c.shots_n; k++)
            v->shots[log_add(&v->shot_log, at, tick)] = c.shots[k];
        for (uint32_t k = 0; k < c.hits_n; k++)
            v->hits[log_add(&v->hit_log, at, tick)] = c.hits[k];
    }
}

void window_mark(struct window *v, const struct world *w, uint32_t index, const uint32_t *ids,
                 uint32_t n)
{
    if (n > 0)
        v->touched[index] = world_tick(w);
    for (uint32_t i = 0; i < n; i++)
        mark_of(v, ids[i])->changed = world_tick(w);
}

bool window_touched(const struct window *v, const struct world *w, uint32_t index, uint32_t ticks)
{
    return v->touched[index] != 0 && v->touched[index] + ticks > world_tick(w);
}

bool window_has(const struct window *v, const struct world *w, uint32_t id)
{
    uint32_t slot = id & WORLD_SLOT_MASK, tick = world_tick(w);
    st_assert(slot < v->slots_max);
    const struct mark *m = &v->marks[slot];
    return m->changed == tick || m->entered == tick || m->vitals == tick;
}

/* ---- a window -------------------------------------------------------------------------------- */

static void log_find(struct log *l, uint32_t cell, uint32_t after)
{
    struct link at = l->newest[cell];
    l->found_n = 0;
    while (at.tick > after) {
        l->found[l->found_n++] = at.at;
        at = l->before[at.at];
    }
}

static void find_members(struct window *v, const struct world *w, uint32_t cell, uint32_t after,
                         struct world_cell *out)
{
    uint32_t n = world_cell_entities(w, cell, v->ids, v->slots_max);
    st_assert(n <= v->slots_max);
    v->walk++;
    out->changed = v->changed;
    out->entered = v->entered;
    out->vitals = v->vitals;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = v->ids[i];
        const struct mark *m = mark_of(v, id);
        v->members[id & WORLD_SLOT_MASK] = (struct member){id, v->walk};
        if (m->entered > after)
            v->entered[out->entered_n++] = id;
        if (m->changed > ST_MAX(after, m->entered))
            v->changed[out->changed_n++] = id;
        if (m->vitals > after)
            v->vitals[out->vitals_n++] = id;
    }
}

static void find_gone(struct window *v, uint32_t cell, uint32_t after, struct world_cell *out)
{
    const struct log *l = &v->gone_log;
    log_find(&v->gone_log, cell, after);
    for (uint32_t i = l->found_n; i-- > 0;) {
        const struct world_gone *g = &v->gone[l->found[i]];
        const struct member *m = &v->members[g->id & WORLD_SLOT_MASK];
        if (m->id != g->id || m->walk != v->walk)
            v->gone_out[out->gone_n++] = *g;
    }
    out->gone = v->gone_out;
}

static void find_acts(struct window *v, uint32_t cell, uint32_t after, struct world_cell *out)
{
    log_find(&v->shot_log, cell, after);
    for (uint32_t i = v->shot_log.found_n; i-- > 0;)
        v->shots_out[out->shots_n++] = v->shots[v->shot_log.found[i]];
    log_find(&v->hit_log, cell, after);
    for (uint32_t i = v->hit_log.found_n; i-- > 0;)
        v->hits_out[out->hits_n++] = v->hits[v->hit_log.found[i]];
    out->shots = v->shots_out;
    out->hits = v->hits_out;
}

bool window_cell(struct window *v, const struct world *w, uint32_t index, uint32_t ticks,
                 struct world_cell *out)
{
    st_assert(v && w && out && index < WORLD_CELLS);
    st_assert(ticks == WINDOW_NEAR || ticks == WINDOW_FAR);
    uint32_t tick = world_tick(w), after = tick > ticks ? tick - ticks : 0;
    if (v->touched[index] <= after)
        return false;
    *out = (struct world_cell){.cell = frame_cell_at(index)};
    find_members(v, w, out->cell, after, out);
    find_gone(v, index, after, out);
    if (ticks == WINDOW_NEAR)
        find_acts(v, index, after, out);
    return out->entered_n + out->changed_n + out->vitals_n + out->gone_n + out->shots_n +
               out->hits_n >
           0;
}
