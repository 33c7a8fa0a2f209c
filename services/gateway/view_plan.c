/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan for each visible cell: from which lists, after which tick, with a snapshot or not. The
 * leaves of a crowded cell need no cursors: every frame tells all windows that have ended, so a
 * leaf of a tier is known up to the end of that tier's last window before the last frame. Who
 * enters and goes is told at once while the leaves of a cell have different tiers.
 */
#include "view_private.h"

#include <st/assert.h>

#include <string.h>

/* --- leaves --- */

struct view_crowd *view_crowd_find(struct view *v, uint32_t cell)
{
    for (uint32_t i = 0; i < v->crowds_n; i++)
        if (v->crowd[i].cell == cell)
            return &v->crowd[i];
    return NULL;
}

struct view_leaves view_leaves_all(uint32_t tier)
{
    return (struct view_leaves){tier == 1 ? UINT64_MAX : 0, tier == 2 ? UINT64_MAX : 0};
}

uint64_t view_leaves_in(const struct view_leaves *l, uint32_t tier)
{
    return tier == 0 ? ~(l->mid | l->far) : tier == 1 ? l->mid : l->far;
}

void view_leaves_put(struct view_leaves *l, uint64_t leaves, uint32_t tier)
{
    l->mid = tier == 1 ? l->mid | leaves : l->mid & ~leaves;
    l->far = tier == 2 ? l->far | leaves : l->far & ~leaves;
}

static void crowd_drop(struct view *v, struct view_crowd *c)
{
    *c = v->crowd[--v->crowds_n];
}

/* --- runs --- */

static void want(struct view_wanted *w, uint32_t cell)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (w->cell[i] == cell)
            return;
    if (w->count < GATEWAY_WANTED_MAX)
        w->cell[w->count++] = cell;
}

const struct ring_slice *run_slice(struct run *r, uint32_t until)
{
    if (r->then && (!r->next || r->next->tick > r->part)) {
        r->next = r->then;
        r->part = r->until;
        r->then = NULL;
    }
    return r->next && r->next->tick <= ST_MIN(until, r->part) ? r->next : NULL;
}

/* A tier up to a tick, then another one. */
struct span {
    uint32_t tier, after, part, then_tier, until;
};

static void add_run(struct build *b, uint32_t i, const struct ring_list *tiers, struct span s)
{
    struct run r = {.part = s.part, .until = s.until, .plan = (uint8_t)i};
    r.next = ring_after(&tiers[s.tier], s.after);
    if (s.until > s.part)
        r.then = ring_after(&tiers[s.then_tier], s.part);
    if (!run_slice(&r, s.until))
        return;
    st_assert(b->runs_n < VIEW_RUNS_MAX);
    b->run[b->runs_n++] = r;
}

static void add_leaves(struct build *b, uint32_t i, uint64_t leaves, struct span s)
{
    const struct crowd *w = b->plan[i].ring->crowd;
    leaves &= w->used[s.tier] | (s.until > s.part ? w->used[s.then_tier] : 0);
    for (; leaves != 0; leaves &= leaves - 1)
        add_run(b, i, w->list[__builtin_ctzll(leaves)], s);
}

/* The cell as a whole: its own list, and those of all leaves. */
static void add_all(struct build *b, uint32_t i, struct span s)
{
    const struct ring *r = b->plan[i].ring;
    add_run(b, i, r->list, s);
    if (r->crowd)
        add_leaves(b, i, UINT64_MAX, s);
}

/* True when there are deltas behind the plan's base that it tells. */
static bool has_tail(const struct build *b, const struct plan *p)
{
    for (uint32_t k = p->run; k < b->runs_n; k++) {
        struct run r = b->run[k];
        const struct ring_slice *s;
        while ((s = run_slice(&r, r.until)) && s->tick <= p->base)
            r.next = s->next;
        if (s)
            return true;
    }
    return false;
}

/* --- plans --- */

/* The cell from its base on: whatever the client knew is replaced. False: not yet. */
static bool plan_whole(struct build *b, uint32_t i)
{
    struct plan *p = &b->plan[i];
    struct view_crowd *c = view_crowd_find(b->v, b->v->cell[i]);
    const struct ring *r = p->ring;
    uint32_t tick = b->f->tick;
    bool lost = b->v->cursor[i] != CURSOR_NOTHING;
    b->runs_n = p->run;
    p->cursor = lost ? CURSOR_LOST : CURSOR_NOTHING;
    p->told = 0;
    if (!b->f->synced || (r && r->base_tick > tick))
        return false;
    if (r && ring_is_stale(r)) {
        want(b->wanted, b->v->cell[i]);
        return false;
    }
    if (r && r->has_snapshot) {
        if (b->whole + r->snapshot.bytes.len > VIEW_WHOLE_MAX)
            return false;
        b->whole += r->snapshot.bytes.len;
        p->telling = TELL_SNAPSHOT;
    } else if (lost) {
        p->telling = TELL_EMPTY;
    }
    p->base = r ? r->base_tick : tick;
    p->cursor = p->until = tick;
    if (r)
        add_all(b, i, (struct span){0, p->base, tick, 0, tick});
    p->fresh = true;
    p->tail = p->telling != TELL_DELTAS && has_tail(b, p);
    if (c)
        c->told = view_leaves_all(0);
    return true;
}

/* The rolling snapshot of a visible cell heals whatever went wrong at the client. */
static void plan_rolled(struct build *b, uint32_t i)
{
    struct plan *p = &b->plan[i];
    const struct ring *r = p->ring;
    uint32_t at = r->snapshot.tick;
    if (!r->has_snapshot || at != r->rolled_tick || at <= b->v->cursor[i] || at > p->until ||
        ring_is_stale(r) || !b->f->synced || !ring_is_rolled(r, at))
        return;
    p->telling = TELL_SNAPSHOT;
    p->base = at;
    p->tail = has_tail(b, p);
}

static bool is_complete(const struct build *b, const struct ring *r, uint32_t tier, uint32_t cursor)
{
    return !b->f->synced || ring_is_complete(r, tier, cursor);
}

/* A coarser tier may be told if none of its windows has ended that others have overtaken. */
static bool may_coarsen(const struct build *b, const struct ring *r, uint32_t tier, uint32_t cursor)
{
    return ring_window_end(r, tier, b->v->built_tick) <= cursor && is_complete(b, r, tier, cursor);
}

/* Steps from the tier in force towards the one that is wanted, told up to `cursor`; says what is
 * told by that and the tier in force afterwards. Coarser when no window is overtaken; finer at the
 * end of a window, the rest of the time by the finer one: all windows that ended before the last
 * frame were told in it, so this one ends behind that. */
static struct span step_tier(const struct build *b, const struct ring *r, uint32_t *told,
                             uint32_t wanted, uint32_t cursor)
{
    uint32_t tick = b->f->tick;
    struct span s;
    if (wanted > *told && may_coarsen(b, r, wanted, cursor))
        *told = wanted;
    s.tier = s.then_tier = *told;
    s.after = cursor;
    s.part = s.until = ring_window_end(r, *told, tick);
    if (wanted >= *told || s.part <= cursor || !ring_is_complete(r, wanted, s.part))
        return s;
    *told = s.then_tier = wanted;
    s.until = ST_MAX(s.part, ring_window_end(r, wanted, tick));
    return s;
}

/* Up to where the leaves of a tier are known, or further if they came to it since: no window of it
 * has ended between. */
static uint32_t leaves_cursor(const struct build *b, uint32_t i, uint32_t tier)
{
    return ring_window_end(b->plan[i].ring, tier, b->v->built_tick);
}

/* Those leaves that are told at one tier and wanted at another (or the same). False: the ring has
 * not all of it. */
static bool plan_leaves(struct build *b, uint32_t i, struct view_crowd *c, uint64_t leaves,
                        uint32_t from, uint32_t to)
{
    const struct ring *r = b->plan[i].ring;
    uint32_t told = from, cursor = leaves_cursor(b, i, from);
    struct span s;
    if (!is_complete(b, r, from, cursor))
        return false;
    s = step_tier(b, r, &told, to, cursor);
    view_leaves_put(&c->told, leaves, told);
    if (s.until > cursor)
        add_leaves(b, i, leaves, s);
    return true;
}

/* What becomes of leaves that are wanted at a tier: only while who enters is told at once may they
 * differ, for windows of different lengths end at different ticks. */
static uint32_t leaf_target(const struct build *b, uint32_t i, uint32_t wanted)
{
    if (b->v->told[i] > 0 || b->plan[i].told > 0)
        return b->plan[i].told;
    if (!cells_windowed(b->cells, b->plan[i].ring->rolled_tick, b->f->tick))
        return 0;
    return ST_MIN(wanted + b->v->coarser, GATEWAY_TIERS - 1u);
}

static bool plan_crowd(struct build *b, uint32_t i, struct view_crowd *c)
{
    const struct ring *r = b->plan[i].ring;
    struct view_leaves told = c->told;
    if (!r->crowd)
        return true;
    if (r->rolled_tick == 0) /* a new ring: all of it is younger than the last frame */
        told = c->told = view_leaves_all(0);
    for (uint32_t from = 0; from < GATEWAY_TIERS; from++)
        for (uint32_t to = 0; to < GATEWAY_TIERS; to++) {
            uint64_t leaves = view_leaves_in(&told, from) & view_leaves_in(&c->wanted, to);
            if (leaves != 0 && !plan_leaves(b, i, c, leaves, from, leaf_target(b, i, to)))
                return false;
        }
    return true;
}

/* All leaves are told at this tier. */
static bool is_even(const struct view_leaves *told, uint32_t tier)
{
    return view_leaves_in(told, tier) == UINT64_MAX;
}

/* While its leaves differ, a cell's own list is told at once. */
static uint32_t wanted_tier(const struct build *b, uint32_t i, const struct view_crowd *c)
{
    const struct view *v = b->v;
    uint32_t wanted = ST_MIN(v->tier[i] + v->coarser, GATEWAY_TIERS - 1u);
    if (!cells_windowed(b->cells, b->plan[i].ring->rolled_tick, b->f->tick) ||
        (c && !is_even(&c->told, wanted)))
        return 0;
    return wanted;
}

/* A crowd's leaves are as its cell and are to stay so: the cell's cursor is theirs as well. */
static bool is_plain(const struct build *b, uint32_t i, const struct view_crowd *c, uint32_t told)
{
    const struct view *v = b->v;
    return is_even(&c->told, told) && is_even(&c->wanted, v->tier[i]) &&
           v->cursor[i] == ring_window_end(b->plan[i].ring, told, v->built_tick);
}

/* By deltas if the ring has them all; false: it has not. */
static bool plan_deltas(struct build *b, uint32_t i)
{
    struct plan *p = &b->plan[i];
    struct view_crowd *c = view_crowd_find(b->v, b->v->cell[i]);
    const struct ring *r = p->ring;
    uint32_t cursor = b->v->cursor[i], told = r->rolled_tick ? b->v->told[i] : 0;
    struct span s;
    if (!is_complete(b, r, told, cursor))
        return false;
    if (c && is_plain(b, i, c, told)) {
        crowd_drop(b->v, c);
        c = NULL;
    }
    s = step_tier(b, r, &told, wanted_tier(b, i, c), cursor);
    p->told = (uint8_t)told;
    p->cursor = p->until = ST_MAX(cursor, s.until);
    if (s.until > cursor && c)
        add_run(b, i, r->list, s);
    else if (s.until > cursor)
        add_all(b, i, s);
    if (c && !plan_crowd(b, i, c))
        return false;
    if (s.until > cursor)
        plan_rolled(b, i);
    return true;
}

/* Nothing has been heard of the cell since, and nothing is to change: most cells, most times. What
 * the ring has dropped is not younger than its newest, so it is complete. */
static bool plan_quiet(struct build *b, uint32_t i)
{
    const struct view *v = b->v;
    const struct head *h = cells_head(b->cells, v->cell[i]);
    uint32_t cursor = v->cursor[i], told = v->told[i];
    if (!h->plain || h->newest[told] > cursor || h->snapshot_tick > cursor || cursor <= CURSOR_LOST)
        return false;
    if (v->tier[i] + v->coarser != told || !b->f->synced ||
        !cells_windowed(b->cells, h->rolled_tick, b->f->tick))
        return false;
    b->plan[i] = (struct plan){
        .run = (uint16_t)b->runs_n,
        .told = (uint8_t)told,
        .cursor = ST_MAX(cursor, head_window_end(h, told, b->f->tick)),
    };
    return true;
}

static void plan_cell(struct build *b, uint32_t i)
{
    uint32_t cursor = b->v->cursor[i];
    struct plan *p = &b->plan[i];
    const struct ring *r = cells_ring(b->cells, b->v->cell[i]);
    bool known = cursor > CURSOR_LOST;
    *p = (struct plan){.ring = r, .run = (uint16_t)b->runs_n, .telling = TELL_DELTAS};
    if (known && !r) {
        known = !b->f->synced || cursor + GATEWAY_TAIL_TICKS >= b->f->tick;
        p->cursor = known ? b->f->tick : cursor;
    } else if (known) {
        known = plan_deltas(b, i);
    }
    if (!known && !plan_whole(b, i))
        b->v->waiting = true;
}

void view_plan(struct build *b)
{
    struct view *v = b->v;
    v->waiting = false;
    for (uint32_t i = 0; i < v->count; i++) {
        if (plan_quiet(b, i))
            continue;
        plan_cell(b, i);
        if (b->plan[i].tail)
            b->split = ST_MAX(b->split, b->plan[i].base);
    }
}
