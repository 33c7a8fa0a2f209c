/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan for each visible cell (from which list, after which tick, with a snapshot or not), then
 * the slices by tick. One frame as a rule; two when a snapshot has deltas behind it.
 */
#include "view.h"

#include "frame.h"

#include <st/assert.h>

#include <string.h>

enum {
    /* Fields of ServerFrame, View and CellDelta that are written here. */
    TAG_TICK = 1 << 3,
    TAG_WORLD_EPOCH = 2 << 3,
    TAG_DILATION = 3 << 3,
    TAG_SNAPSHOT = 6 << 3 | 2,
    TAG_VIEW = 7 << 3 | 2,
    TAG_VIEW_CELL = 1 << 3 | 2,
    TAG_CELL = 1 << 3,
    TAG_CELL_TICK = 2 << 3,
    TAG_DIGEST = 27 << 3 | 5,
    WHOLE_MAX = GATEWAY_TELL_MAX / 2, /* bytes of snapshots that are not rolling ones */
};
static const uint32_t empty_digest = 2166136261u; /* FNV-1a of nothing */

enum telling {
    TELL_DELTAS,
    TELL_EMPTY,    /* the cell is empty, and the client may think otherwise */
    TELL_SNAPSHOT, /* by its snapshot */
};

/* What is told of one cell. */
struct plan {
    const struct ring *ring;
    const struct ring_slice *next; /* deltas from here on up to `part` ... */
    const struct ring_slice *then; /* ... and those of another tier up to `until` */
    uint32_t part, until;
    uint32_t cursor; /* the client's afterwards */
    uint32_t base;   /* tick of the snapshot or emptiness */
    enum telling telling;
    uint8_t told; /* tier in force afterwards */
    bool fresh;   /* its deltas before `base` are not told */
    bool tail;    /* there are deltas behind the base: it is told in a frame before them */
};

struct build {
    struct view *v;
    const struct cells *cells;
    const struct view_frame *f;
    struct view_wanted *wanted;
    struct st_buf *out;
    size_t limit, whole; /* out->len at most; bytes of snapshots planned */
    uint32_t split;      /* the first of two frames tells up to this tick; 0 = there is one */
    bool any;
    struct plan plan[GATEWAY_VIEW_CELLS];
};

/* --- plans --- */

static void want(struct view_wanted *w, uint32_t cell)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (w->cell[i] == cell)
            return;
    if (w->count < GATEWAY_WANTED_MAX)
        w->cell[w->count++] = cell;
}

/* Deltas of a tier after a tick. */
static void plan_list(struct plan *p, uint32_t tier, uint32_t after, uint32_t until)
{
    p->next = ring_after(p->ring, tier, after);
    p->part = p->until = p->cursor = until;
}

/* The slice to be told next, if it is not behind `until`. */
static const struct ring_slice *next_slice(struct plan *p, uint32_t until)
{
    if (p->then && (!p->next || p->next->tick > p->part)) {
        p->next = p->then;
        p->part = p->until;
        p->then = NULL;
    }
    return p->next && p->next->tick <= ST_MIN(until, p->part) ? p->next : NULL;
}

/* True when there are deltas behind the plan's base that it tells. */
static bool has_tail(struct plan p)
{
    const struct ring_slice *s;
    while ((s = next_slice(&p, p.until)) && s->tick <= p.base)
        p.next = s->next;
    return s != NULL;
}

/* The cell from its base on: whatever the client knew is replaced. False: not yet. */
static bool plan_whole(struct build *b, uint32_t i)
{
    struct plan *p = &b->plan[i];
    const struct ring *r = p->ring;
    uint32_t tick = b->f->tick;
    bool lost = b->v->cursor[i] != CURSOR_NOTHING;
    p->cursor = lost ? CURSOR_LOST : CURSOR_NOTHING;
    if (!b->f->synced || (r && r->base_tick > tick))
        return false;
    if (r && ring_is_stale(r)) {
        want(b->wanted, b->v->cell[i]);
        return false;
    }
    if (r && r->has_snapshot) {
        if (b->whole + r->snapshot.bytes.len > WHOLE_MAX)
            return false;
        b->whole += r->snapshot.bytes.len;
        p->telling = TELL_SNAPSHOT;
    } else if (lost) {
        p->telling = TELL_EMPTY;
    }
    p->base = r ? r->base_tick : tick;
    p->cursor = tick;
    if (r)
        plan_list(p, 0, p->base, tick);
    p->fresh = true;
    p->tail = p->telling != TELL_DELTAS && has_tail(*p);
    return true;
}

/* The rolling snapshot of a visible cell heals whatever went wrong at the client. */
static void plan_rolled(struct build *b, uint32_t i, uint32_t tier)
{
    struct plan *p = &b->plan[i];
    const struct ring *r = p->ring;
    uint32_t at = r->snapshot.tick;
    if (!r->has_snapshot || at != r->rolled_tick || at <= b->v->cursor[i] || at > p->until ||
        ring_is_stale(r) || !b->f->synced)
        return;
    if (tier > 0 && (at / GATEWAY_ROLL_TICKS + b->v->cell[i]) % GATEWAY_FAR_SHARE != 0)
        return;
    p->telling = TELL_SNAPSHOT;
    p->base = at;
    p->tail = has_tail(*p);
}

static bool is_complete(const struct ring *r, uint32_t tier, uint32_t cursor)
{
    return cursor + 1 >= r->list[tier].complete_from;
}

/* To a finer tier at the end of a window, the rest of the time by the finer one. All windows that
 * ended before the last frame were told in it, so this one ends behind that. */
static void plan_finer(struct build *b, uint32_t i, uint32_t tier)
{
    struct plan *p = &b->plan[i];
    uint32_t end = p->until, until = ring_window_end(p->ring, tier, b->f->tick);
    if (!is_complete(p->ring, tier, end))
        return;
    p->told = (uint8_t)tier;
    if (until <= end)
        return;
    p->then = ring_after(p->ring, tier, end);
    p->until = p->cursor = until;
}

/* A coarser tier may be told if none of its windows has ended that others have overtaken. */
static bool may_coarsen(const struct build *b, uint32_t i, uint32_t tier)
{
    const struct ring *r = b->plan[i].ring;
    return ring_window_end(r, tier, b->v->built_tick) <= b->v->cursor[i];
}

/* By deltas if the ring has them all; false: it has not. */
static bool plan_deltas(struct build *b, uint32_t i)
{
    struct plan *p = &b->plan[i];
    const struct ring *r = p->ring;
    uint32_t cursor = b->v->cursor[i], tick = b->f->tick, until;
    uint32_t told = r->rolled_tick ? b->v->told[i] : 0, wanted = 0;
    if (cells_windowed(b->cells, r, tick))
        wanted = ST_MIN(b->v->tier[i] + b->v->coarser, GATEWAY_TIERS - 1u);
    if (wanted > told && may_coarsen(b, i, wanted))
        told = wanted;
    if (b->f->synced && !is_complete(r, told, cursor))
        return false;
    p->told = (uint8_t)told;
    p->cursor = cursor;
    until = ring_window_end(r, told, tick);
    if (until <= cursor)
        return true;
    plan_list(p, told, cursor, until);
    if (wanted < told)
        plan_finer(b, i, wanted);
    plan_rolled(b, i, told);
    return true;
}

static void plan_cell(struct build *b, uint32_t i)
{
    uint32_t cursor = b->v->cursor[i];
    struct plan *p = &b->plan[i];
    const struct ring *r = cells_ring(b->cells, b->v->cell[i]);
    bool known = cursor > CURSOR_LOST;
    *p = (struct plan){.ring = r, .telling = TELL_DELTAS};
    if (known && !r) {
        known = !b->f->synced || cursor + GATEWAY_TAIL_TICKS >= b->f->tick;
        p->cursor = known ? b->f->tick : cursor;
    } else if (known) {
        known = plan_deltas(b, i);
    }
    if (!known && !plan_whole(b, i))
        b->v->waiting = true;
}

static void plan_all(struct build *b)
{
    struct view *v = b->v;
    v->waiting = false;
    for (uint32_t i = 0; i < v->count; i++) {
        plan_cell(b, i);
        if (b->plan[i].tail)
            b->split = ST_MAX(b->split, b->plan[i].base);
    }
}

/* --- writing --- */

static void put_header(struct st_buf *out, const struct view_frame *f)
{
    st_buf_put_u8(out, TAG_TICK);
    st_buf_put_varint(out, f->tick);
    st_buf_put_u8(out, TAG_WORLD_EPOCH);
    st_buf_put_varint(out, f->world_epoch);
    st_buf_put_u8(out, TAG_DILATION);
    st_buf_put_varint(out, f->dilation_pm);
}

static size_t varint_len(uint32_t v)
{
    size_t n = 1;
    while (v >>= 7)
        n++;
    return n;
}

static void put_view(struct st_buf *out, const struct view *v)
{
    size_t body = 0;
    for (uint32_t i = 0; i < v->count; i++)
        body += varint_len(v->cell[i]);
    st_buf_put_u8(out, TAG_VIEW);
    st_buf_put_varint(out, 1 + varint_len((uint32_t)body) + body);
    st_buf_put_u8(out, TAG_VIEW_CELL);
    st_buf_put_varint(out, body);
    for (uint32_t i = 0; i < v->count; i++)
        st_buf_put_varint(out, v->cell[i]);
}

static void put_empty(struct st_buf *out, uint32_t cell, uint32_t tick)
{
    uint8_t tag[2] = {(TAG_DIGEST & 0x7f) | 0x80, TAG_DIGEST >> 7};
    st_buf_put_u8(out, TAG_SNAPSHOT);
    st_buf_put_varint(out, 1 + varint_len(cell) + 1 + varint_len(tick) + sizeof tag + 4);
    st_buf_put_u8(out, TAG_CELL);
    st_buf_put_varint(out, cell);
    st_buf_put_u8(out, TAG_CELL_TICK);
    st_buf_put_varint(out, tick);
    st_buf_put(out, tag, sizeof tag);
    st_buf_put_u32le(out, empty_digest);
}

static void put_slice(struct st_buf *out, struct st_slice s)
{
    if (s.len > 0)
        st_buf_put(out, s.data, s.len);
}

/* Up to which tick a cell's deltas are told in this frame. */
static uint32_t frame_until(const struct build *b, const struct plan *p, bool first)
{
    if (!first)
        return p->until;
    if (p->tail)
        return p->fresh ? 0 : p->base;
    return ST_MIN(p->until, b->split);
}

/* Too much for one frame: the client will be told the cell whole. */
static void give_up(struct build *b, struct plan *p)
{
    p->next = p->then = NULL;
    p->cursor = CURSOR_LOST;
    p->telling = TELL_DELTAS;
    b->v->waiting = true;
}

static void put_tick(struct build *b, struct plan *p, uint32_t tick)
{
    while (p->next && p->next->tick == tick) {
        struct st_slice bytes = p->next->bytes;
        p->next = p->next->next;
        if (b->out->len + bytes.len + b->whole > b->limit) {
            give_up(b, p);
            return;
        }
        st_buf_put(b->out, bytes.data, bytes.len);
        b->any = true;
    }
}

/* By tick, then by cell: who moved from one cell to another is told so in that order. */
static void put_deltas(struct build *b, bool first)
{
    uint8_t active[GATEWAY_VIEW_CELLS];
    uint32_t until[GATEWAY_VIEW_CELLS], count = 0;
    for (uint32_t i = 0; i < b->v->count; i++) {
        struct plan *p = &b->plan[i];
        until[i] = frame_until(b, p, first);
        if (next_slice(p, until[i]))
            active[count++] = (uint8_t)i;
    }
    while (count > 0) {
        uint32_t tick = UINT32_MAX, kept = 0;
        for (uint32_t k = 0; k < count; k++)
            tick = ST_MIN(tick, b->plan[active[k]].next->tick);
        for (uint32_t k = 0; k < count; k++) {
            struct plan *p = &b->plan[active[k]];
            put_tick(b, p, tick);
            if (next_slice(p, until[active[k]]))
                active[kept++] = active[k];
        }
        count = kept;
    }
}

static void put_snapshots(struct build *b, bool first)
{
    for (uint32_t i = 0; i < b->v->count; i++) {
        struct plan *p = &b->plan[i];
        if (p->telling == TELL_DELTAS || p->tail != first)
            continue;
        if (p->telling == TELL_EMPTY) {
            put_empty(b->out, b->v->cell[i], p->base);
        } else if (p->fresh || b->out->len + p->ring->snapshot.bytes.len + b->whole <= b->limit) {
            struct st_slice bytes = p->ring->snapshot.bytes;
            b->whole -= p->fresh ? bytes.len : 0;
            st_buf_put(b->out, bytes.data, bytes.len);
        }
        b->any = true;
    }
}

/* What is up to the split, and the snapshots that have deltas behind them. */
static void put_first(struct build *b)
{
    size_t mark = frame_begin(b->out);
    put_header(b->out, b->f);
    if (b->v->changed)
        put_view(b->out, b->v);
    put_deltas(b, true);
    put_snapshots(b, true);
    frame_end(b->out, mark);
}

static void put_private(const struct view_frame *f, struct st_buf *out)
{
    scrap_copy(f->scraps, &f->events, out);
    put_slice(out, f->own);
    scrap_copy(f->scraps, &f->extra, out);
}

static void put_last(struct build *b)
{
    const struct view_frame *f = b->f;
    struct view *v = b->v;
    size_t mark = frame_begin(b->out);
    bool tell_view = v->changed && b->split == 0;
    put_header(b->out, f);
    if (tell_view)
        put_view(b->out, v);
    put_private(f, b->out);
    b->limit += f->own.len + f->events.len + f->extra.len;
    b->any = tell_view || f->own.len + f->events.len + f->extra.len > 0;
    put_deltas(b, false);
    put_snapshots(b, false);
    st_assert(!b->out->overflow);
    if (b->any || f->tick >= v->frame_tick + GATEWAY_QUIET_TICKS)
        frame_end(b->out, mark);
    else
        frame_abort(b->out, mark);
}

bool view_build(struct view *v, const struct cells *c, const struct view_frame *f,
                struct view_wanted *wanted, struct st_buf *out)
{
    struct build b;
    size_t begin = out->len;
    b.v = v;
    b.cells = c;
    b.f = f;
    b.wanted = wanted;
    b.out = out;
    b.limit = begin + GATEWAY_TELL_MAX;
    b.whole = 0;
    b.split = 0;
    b.any = false;
    plan_all(&b);
    if (b.split > 0)
        put_first(&b);
    put_last(&b);
    for (uint32_t i = 0; i < v->count; i++) {
        v->cursor[i] = b.plan[i].cursor;
        v->told[i] = b.plan[i].told;
    }
    v->built_tick = f->tick;
    v->changed = false;
    if (out->len > begin)
        v->frame_tick = f->tick;
    return out->len > begin;
}

void view_build_plain(const struct view_frame *f, struct st_buf *out)
{
    size_t mark = frame_begin(out);
    put_header(out, f);
    put_private(f, out);
    frame_end(out, mark);
}
