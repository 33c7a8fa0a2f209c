/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include "frame.h"

#include <st/assert.h>

#include <stdlib.h>
#include <string.h>

enum {
    NEAR = 2, /* 5x5 come in */
    FAR = 3,  /* outside of 7x7 goes */
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

void view_init(struct view *v)
{
    memset(v, 0, sizeof *v);
}

static bool within(uint32_t a, uint32_t b, int32_t distance)
{
    int32_t dx = (int32_t)(a % GATEWAY_CELLS_SIDE) - (int32_t)(b % GATEWAY_CELLS_SIDE);
    int32_t dy = (int32_t)(a / GATEWAY_CELLS_SIDE) - (int32_t)(b / GATEWAY_CELLS_SIDE);
    return abs(dx) <= distance && abs(dy) <= distance;
}

bool view_has(const struct view *v, uint32_t cell)
{
    for (uint32_t i = 0; i < v->count; i++)
        if (v->cell[i] == cell)
            return true;
    return false;
}

static void insert(struct view *v, uint32_t cell)
{
    uint32_t i = v->count;
    st_assert(v->count < GATEWAY_VIEW_CELLS);
    while (i > 0 && v->cell[i - 1] > cell) {
        v->cell[i] = v->cell[i - 1];
        v->state[i] = v->state[i - 1];
        i--;
    }
    v->cell[i] = cell;
    v->state[i] = VIEW_FRESH;
    v->count++;
    v->changed = true;
}

void view_place(struct view *v, uint32_t cell)
{
    uint32_t kept = 0;
    int32_t cx = (int32_t)(cell % GATEWAY_CELLS_SIDE), cy = (int32_t)(cell / GATEWAY_CELLS_SIDE);
    st_assert(cell < GATEWAY_CELLS);
    if (v->placed && v->centre == cell)
        return;
    v->placed = true;
    v->centre = cell;
    for (uint32_t i = 0; i < v->count; i++) {
        if (!within(v->cell[i], cell, FAR))
            continue;
        v->cell[kept] = v->cell[i];
        v->state[kept++] = v->state[i];
    }
    v->changed = v->changed || kept != v->count;
    v->count = (uint8_t)kept;
    for (int32_t y = cy - NEAR; y <= cy + NEAR; y++)
        for (int32_t x = cx - NEAR; x <= cx + NEAR; x++) {
            uint32_t at = (uint32_t)(x + y * GATEWAY_CELLS_SIDE);
            bool inside = x >= 0 && y >= 0 && x < GATEWAY_CELLS_SIDE && y < GATEWAY_CELLS_SIDE;
            if (inside && !view_has(v, at))
                insert(v, at);
        }
}

void view_resync(struct view *v)
{
    memset(v->state, VIEW_BLANK, v->count);
    v->changed = v->count > 0;
}

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

/* The work on one client's cells: where its deltas begin, and which are told whole. */
struct gather {
    const struct ring *ring[GATEWAY_VIEW_CELLS];
    const struct ring_slice *next[GATEWAY_VIEW_CELLS];
    uint8_t whole[GATEWAY_VIEW_CELLS]; /* indices of cells told whole, by rising base tick */
    uint32_t whole_count;
    size_t bytes;
};

static void want(struct view_wanted *w, uint32_t cell)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (w->cell[i] == cell)
            return;
    if (w->count < GATEWAY_WANTED_MAX)
        w->cell[w->count++] = cell;
}

static const struct ring_slice *after(const struct ring *r, uint32_t tick)
{
    const struct ring_slice *s = r ? r->first : NULL;
    while (s && s->tick <= tick)
        s = s->next;
    return s;
}

static void add_whole(struct gather *g, uint32_t i)
{
    uint32_t base = g->ring[i] ? g->ring[i]->base_tick : 0, at = g->whole_count++;
    while (at > 0) {
        const struct ring *before = g->ring[g->whole[at - 1]];
        if (!before || before->base_tick <= base)
            break;
        g->whole[at] = g->whole[at - 1];
        at--;
    }
    g->whole[at] = (uint8_t)i;
}

/* A fresh cell is told when its base is neither ahead of the frame nor stale. */
static void gather_fresh(struct gather *g, struct view *v, uint32_t i, const struct view_frame *f,
                         struct view_wanted *wanted)
{
    const struct ring *r = g->ring[i];
    size_t size = r && r->has_snapshot ? r->snapshot.bytes.len : 0;
    if (!f->synced)
        return;
    if (r && r->base_tick > f->tick)
        return;
    if (r && ring_is_stale(r)) {
        want(wanted, v->cell[i]);
        return;
    }
    if (g->bytes + size > GATEWAY_BACKLOG_MAX / 2)
        return;
    g->bytes += size;
    if (size > 0 || v->state[i] == VIEW_BLANK)
        add_whole(g, i);
    g->next[i] = r ? after(r, r->base_tick) : NULL;
    v->state[i] = VIEW_KNOWN;
}

static void gather_cells(struct gather *g, struct view *v, const struct cells *c,
                         const struct view_frame *f, struct view_wanted *wanted)
{
    memset(g, 0, sizeof *g);
    for (uint32_t i = 0; i < v->count; i++) {
        const struct ring *r = g->ring[i] = cells_ring(c, v->cell[i]);
        if (v->state[i] == VIEW_KNOWN && r && r->complete_from > v->sent_tick + 1)
            v->state[i] = VIEW_BLANK;
        if (v->state[i] != VIEW_KNOWN)
            gather_fresh(g, v, i, f, wanted);
        else
            g->next[i] = after(r, v->sent_tick);
    }
}

static void put_whole(struct gather *g, const struct view *v, const struct view_frame *f,
                      struct st_buf *out)
{
    size_t mark = frame_begin(out);
    put_header(out, f);
    if (v->changed)
        put_view(out, v);
    for (uint32_t k = 0; k < g->whole_count; k++) {
        uint32_t i = g->whole[k];
        const struct ring *r = g->ring[i];
        if (r && r->has_snapshot)
            st_buf_put(out, r->snapshot.bytes.data, r->snapshot.bytes.len);
        else
            put_empty(out, v->cell[i], r ? r->base_tick : f->tick);
    }
    frame_end(out, mark);
}

/* By tick, then by cell: who moved from one cell to another is told so in that order. */
static bool put_deltas(struct gather *g, struct view *v, const struct view_frame *f, size_t limit,
                       struct st_buf *out)
{
    bool any = false;
    for (;;) {
        uint32_t tick = UINT32_MAX;
        for (uint32_t i = 0; i < v->count; i++)
            if (g->next[i] && g->next[i]->tick < tick)
                tick = g->next[i]->tick;
        if (tick > f->tick)
            return any;
        for (uint32_t i = 0; i < v->count; i++) {
            while (g->next[i] && g->next[i]->tick == tick) {
                const struct ring_slice *s = g->next[i];
                g->next[i] = s->next;
                if (out->len + s->bytes.len > limit) {
                    v->state[i] = VIEW_BLANK;
                    g->next[i] = NULL;
                    continue;
                }
                st_buf_put(out, s->bytes.data, s->bytes.len);
                any = true;
            }
        }
    }
}

/* The rolled snapshot of a visible cell heals whatever went wrong at the client. */
static bool put_rolled(const struct gather *g, const struct view *v, const struct view_frame *f,
                       size_t limit, struct st_buf *out)
{
    bool any = false;
    for (uint32_t i = 0; i < v->count; i++) {
        const struct ring *r = g->ring[i];
        bool told = false;
        if (!r || !r->has_snapshot || r->snapshot.tick != f->tick || v->state[i] != VIEW_KNOWN ||
            v->sent_tick >= f->tick || out->len + r->snapshot.bytes.len > limit)
            continue;
        for (uint32_t k = 0; k < g->whole_count; k++)
            told = told || g->whole[k] == i;
        if (told)
            continue;
        st_buf_put(out, r->snapshot.bytes.data, r->snapshot.bytes.len);
        any = true;
    }
    return any;
}

static void put_slice(struct st_buf *out, struct st_slice s)
{
    if (s.len > 0)
        st_buf_put(out, s.data, s.len);
}

bool view_build(struct view *v, const struct cells *c, const struct view_frame *f,
                struct view_wanted *wanted, struct st_buf *out)
{
    struct gather g;
    size_t begin = out->len, mark, limit;
    bool any, tell_view;
    if (v->sent_tick > 0 && f->tick > v->sent_tick + GATEWAY_RING_TICKS)
        view_resync(v); /* rings that it knew may have gone meanwhile */
    gather_cells(&g, v, c, f, wanted);
    if (g.whole_count > 0)
        put_whole(&g, v, f, out);
    tell_view = v->changed && g.whole_count == 0;
    mark = frame_begin(out);
    limit = mark + GATEWAY_BACKLOG_MAX / 2;
    put_header(out, f);
    if (tell_view)
        put_view(out, v);
    put_slice(out, f->events);
    put_slice(out, f->own);
    put_slice(out, f->extra);
    any = tell_view || f->own.len + f->events.len + f->extra.len > 0;
    any |= put_deltas(&g, v, f, limit, out);
    any |= put_rolled(&g, v, f, limit, out);
    st_assert(!out->overflow);
    if (any || f->tick >= v->frame_tick + GATEWAY_QUIET_TICKS)
        frame_end(out, mark);
    else
        frame_abort(out, mark);
    v->changed = false;
    v->sent_tick = f->tick;
    if (out->len > begin)
        v->frame_tick = f->tick;
    return out->len > begin;
}

void view_build_plain(const struct view_frame *f, struct st_buf *out)
{
    size_t mark = frame_begin(out);
    put_header(out, f);
    put_slice(out, f->events);
    put_slice(out, f->own);
    put_slice(out, f->extra);
    frame_end(out, mark);
}
