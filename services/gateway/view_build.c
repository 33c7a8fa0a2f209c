/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes what view_plan.c has decided: the slices by tick, the snapshots behind them. One frame as
 * a rule; two when a snapshot has deltas behind it.
 */
#include "frame.h"
#include "view_private.h"

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
};
static const uint32_t empty_digest = 2166136261u; /* FNV-1a of nothing */

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

/* Up to which tick a run is told in this frame. */
static uint32_t frame_until(const struct build *b, const struct run *r, bool first)
{
    const struct plan *p = &b->plan[r->plan];
    if (!first)
        return r->until;
    if (p->tail)
        return p->fresh ? 0 : p->base;
    return ST_MIN(r->until, b->split);
}

/* Too much for one frame: the client will be told the cell whole. */
static void give_up(struct build *b, uint32_t i)
{
    for (uint32_t k = 0; k < b->runs_n; k++)
        if (b->run[k].plan == i)
            b->run[k].next = b->run[k].then = NULL;
    b->plan[i].cursor = CURSOR_LOST;
    b->plan[i].telling = TELL_DELTAS;
    b->v->waiting = true;
}

static void put_tick(struct build *b, struct run *r, uint32_t tick)
{
    while (r->next && r->next->tick == tick) {
        struct st_slice bytes = r->next->bytes;
        r->next = r->next->next;
        if (b->out->len + bytes.len + b->whole > b->limit) {
            give_up(b, r->plan);
            return;
        }
        st_buf_put(b->out, bytes.data, bytes.len);
        b->any = true;
    }
}

/* By tick, then by cell: who moved from one cell to another is told so in that order. */
static void put_deltas(struct build *b, bool first)
{
    uint16_t active[VIEW_RUNS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->runs_n; i++)
        if (run_slice(&b->run[i], frame_until(b, &b->run[i], first)))
            active[count++] = (uint16_t)i;
    while (count > 0) {
        uint32_t tick = UINT32_MAX, kept = 0;
        for (uint32_t k = 0; k < count; k++)
            if (b->run[active[k]].next) /* else it was given up */
                tick = ST_MIN(tick, b->run[active[k]].next->tick);
        for (uint32_t k = 0; k < count; k++) {
            struct run *r = &b->run[active[k]];
            put_tick(b, r, tick);
            if (run_slice(r, frame_until(b, r, first)))
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
    put_slice(out, f->density);
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
    b->limit += f->own.len + f->density.len + f->events.len + f->extra.len;
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
    b.runs_n = 0;
    b.any = false;
    view_plan(&b);
    if (b.split > 0)
        put_first(&b);
    put_last(&b);
    for (uint32_t i = 0; i < v->count; i++) {
        v->cursor[i] = b.plan[i].cursor;
        v->told[i] = b.plan[i].told;
    }
    v->built_tick = f->tick;
    v->changed = v->dropped = false;
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
