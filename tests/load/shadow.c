/* SPDX-License-Identifier: Apache-2.0 */
#include "shadow.h"

#include <stdio.h>
#include <string.h>

#include <st/alloc.h>

enum { ADVANCE_MAX = 200, BIAS = 1 << 14 /* 1,024 units in sixteenths */ };

static uint32_t home(const struct shadow *s, uint32_t id)
{
    return (id * 2654435761u >> 12) & s->index_mask;
}

static void index_put(struct shadow *s, uint32_t id, uint32_t at)
{
    uint32_t i = home(s, id);
    while (s->index[i] != 0)
        i = (i + 1) & s->index_mask;
    s->index[i] = at + 1;
}

static uint32_t index_find(const struct shadow *s, uint32_t id)
{
    uint32_t i = home(s, id);
    while (s->index[i] != 0 && s->entities[s->index[i] - 1].id != id)
        i = (i + 1) & s->index_mask;
    return i;
}

/* Closes the hole behind a removed entry, so that searches never meet a false end. */
static void index_remove(struct shadow *s, uint32_t i)
{
    uint32_t hole = i;
    for (;;) {
        i = (i + 1) & s->index_mask;
        if (s->index[i] == 0)
            break;
        uint32_t want = home(s, s->entities[s->index[i] - 1].id);
        if (((i - want) & s->index_mask) < ((i - hole) & s->index_mask))
            continue;
        s->index[hole] = s->index[i];
        hole = i;
    }
    s->index[hole] = 0;
}

static void grow(struct shadow *s, uint32_t cap)
{
    s->cap = cap;
    s->entities = st_realloc(s->entities, cap * sizeof *s->entities);
    st_free(s->index);
    s->index = st_alloc_array(cap * 2u, sizeof *s->index);
    s->index_mask = cap * 2 - 1;
    for (uint32_t i = 0; i < s->count; i++)
        index_put(s, s->entities[i].id, i);
}

void shadow_init(struct shadow *s, const struct world_config *config, bool checks)
{
    *s = (struct shadow){.config = config, .checks = checks};
    grow(s, 64);
}

void shadow_fini(struct shadow *s)
{
    st_free(s->entities);
    st_free(s->index);
}

void shadow_clear(struct shadow *s)
{
    s->count = s->view_n = s->gaps_n = 0;
    memset(s->index, 0, (s->index_mask + 1) * sizeof *s->index);
}

struct shadow_entity *shadow_find(const struct shadow *s, uint32_t id)
{
    uint32_t i = index_find(s, id);
    return s->index[i] ? &s->entities[s->index[i] - 1] : NULL;
}

static struct shadow_entity *add(struct shadow *s, uint32_t id)
{
    struct shadow_entity *e = shadow_find(s, id);
    if (e || s->count == SHADOW_ENTITIES_MAX)
        return e;
    if (s->count == s->cap)
        grow(s, s->cap * 2);
    index_put(s, id, s->count);
    e = &s->entities[s->count++];
    *e = (struct shadow_entity){.id = id};
    return e;
}

static void drop(struct shadow *s, uint32_t id)
{
    uint32_t i = index_find(s, id);
    if (s->index[i] == 0)
        return;
    struct shadow_entity *e = &s->entities[s->index[i] - 1];
    struct shadow_entity *last = &s->entities[s->count - 1];
    uint32_t at = s->index[i];
    index_remove(s, i);
    if (e != last) {
        s->index[index_find(s, last->id)] = at;
        *e = *last;
    }
    s->count--;
}

static void open_gap(struct shadow *s, uint32_t cell, uint64_t now_ms)
{
    for (uint32_t i = 0; i < s->gaps_n; i++)
        if (s->gaps[i].cell == cell)
            return;
    if (s->gaps_n < SHADOW_GAPS_MAX) {
        s->gaps[s->gaps_n].cell = cell;
        s->gaps[s->gaps_n++].since_ms = now_ms;
    }
}

static void close_gap(struct shadow *s, uint32_t cell)
{
    for (uint32_t i = 0; i < s->gaps_n; i++)
        if (s->gaps[i].cell == cell)
            s->gaps[i--] = s->gaps[--s->gaps_n];
}

void shadow_check(struct shadow *s, uint64_t now_ms, struct report *r)
{
    for (uint32_t i = 0; i < s->gaps_n; i++) {
        if (now_ms - s->gaps[i].since_ms <= 1000)
            continue;
        char text[64];
        snprintf(text, sizeof text, "cell %u,%u", s->gaps[i].cell % 512, s->gaps[i].cell / 512);
        report_fail(r, FAIL_GAP, text);
        s->gaps[i--] = s->gaps[--s->gaps_n];
    }
}

void shadow_advance(const struct shadow *s, struct shadow_entity *e, uint32_t tick)
{
    struct flight_class c;
    int32_t ticks = (int32_t)(tick - e->tick);
    if (ticks <= 0 || !e->known)
        return;
    if (ticks <= ADVANCE_MAX && config_flight_class(s->config, e->class_id, &c))
        for (int32_t i = 0; i < ticks; i++)
            flight_step(&e->flight, &c);
    e->tick = tick;
}

static int32_t coordinate(uint32_t cell_xy, uint32_t pos, uint32_t frac)
{
    return (int32_t)(cell_xy << WORLD_CELL_SHIFT) + (((int32_t)pos - BIAS) << 5) + (int32_t)frac;
}

static struct flight record(const Startrader__V1__CellDelta *d, size_t i)
{
    struct flight f = {
        .x = coordinate(d->cell & 511, d->pos[i] & 0xffff, d->frac[i] & 31),
        .y = coordinate(d->cell >> 9, d->pos[i] >> 16, (d->frac[i] >> 5) & 31),
        .vx = (int16_t)(d->vel[i] & 0xffff),
        .vy = (int16_t)(d->vel[i] >> 16),
    };
    flight_ctl_unpack(&f, d->ctl[i]);
    return f;
}

static bool columns_fit(const Startrader__V1__CellDelta *d)
{
    return d->n_id == d->n_pos && d->n_id == d->n_frac && d->n_id == d->n_vel &&
           d->n_id == d->n_ctl && d->n_enter_id == d->n_enter_static &&
           d->n_enter_id == d->n_enter_player && d->n_gone_id == d->n_gone_reason;
}

static void take_statics(struct shadow *s, const Startrader__V1__CellDelta *d)
{
    for (size_t i = 0; i < d->n_enter_id; i++) {
        struct shadow_entity *e = add(s, d->enter_id[i]);
        if (!e)
            continue;
        uint32_t w = d->enter_static[i];
        e->class_id = w & 1023;
        e->faction = (w >> 10) & 63;
        e->flight.load = (w >> 16) & 15;
        e->flags = (uint8_t)(w >> 26);
        e->player = d->enter_player[i];
        e->known = true;
        e->cell = d->cell;
        e->tick = d->tick;
    }
}

static void take_motion(struct shadow *s, const Startrader__V1__CellDelta *d, uint64_t now_ms)
{
    for (size_t i = 0; i < d->n_id; i++) {
        struct shadow_entity *e = shadow_find(s, d->id[i]);
        if (!e) {
            open_gap(s, d->cell, now_ms);
            continue;
        }
        uint8_t load = e->flight.load;
        e->flight = record(d, i);
        e->flight.load = load;
        e->cell = d->cell;
        e->tick = d->tick;
    }
}

static void take_delta(struct shadow *s, const Startrader__V1__CellDelta *d, uint64_t now_ms)
{
    take_statics(s, d);
    take_motion(s, d, now_ms);
    for (size_t i = 0; i < d->n_gone_id; i++) {
        struct shadow_entity *e = shadow_find(s, d->gone_id[i]);
        bool moved = d->gone_reason[i] == STARTRADER__V1__GONE_REASON__GONE_REASON_MOVED;
        if (e && (e->cell == d->cell || !moved))
            drop(s, d->gone_id[i]);
    }
}

/* Does the world as flown on from earlier records agree with what the snapshot says? */
static void compare(struct shadow *s, const Startrader__V1__CellDelta *d, struct report *r)
{
    for (size_t i = 0; i < d->n_id; i++) {
        struct shadow_entity *e = shadow_find(s, d->id[i]);
        if (!e || !e->known || (int32_t)(d->tick - e->tick) < 0)
            continue;
        shadow_advance(s, e, d->tick);
        struct flight f = record(d, i);
        r->checked++;
        r->corrections += e->flight.x != f.x || e->flight.y != f.y;
    }
}

static void take_snapshot(struct shadow *s, const Startrader__V1__CellDelta *d, uint64_t now_ms,
                          struct report *r)
{
    if (s->checks)
        compare(s, d, r);
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->entities[i].cell == d->cell && (int32_t)(s->entities[i].tick - d->tick) <= 0)
            s->entities[i].known = false; /* unless listed below */
    }
    take_statics(s, d);
    take_motion(s, d, now_ms);
    for (uint32_t i = 0; i < s->count; i++)
        if (s->entities[i].cell == d->cell && !s->entities[i].known)
            drop(s, s->entities[i--].id);
    close_gap(s, d->cell);
}

static bool in_view(const struct shadow *s, uint32_t cell)
{
    for (uint32_t i = 0; i < s->view_n; i++)
        if (s->view[i] == cell)
            return true;
    return false;
}

static void take_view(struct shadow *s, const Startrader__V1__View *v)
{
    s->view_n = (uint32_t)ST_MIN(v->n_cell, ST_ARRAY_LEN(s->view));
    memcpy(s->view, v->cell, s->view_n * sizeof *s->view);
    for (uint32_t i = 0; i < s->count; i++)
        if (!in_view(s, s->entities[i].cell))
            drop(s, s->entities[i--].id);
    for (uint32_t i = 0; i < s->gaps_n; i++)
        if (!in_view(s, s->gaps[i].cell))
            s->gaps[i--] = s->gaps[--s->gaps_n];
}

void shadow_frame(struct shadow *s, const Startrader__V1__ServerFrame *f, uint64_t now_ms,
                  struct report *r)
{
    if (f->world_epoch != s->world_epoch) {
        shadow_clear(s);
        s->world_epoch = f->world_epoch;
    }
    if (f->view)
        take_view(s, f->view);
    for (size_t i = 0; i < f->n_delta + f->n_snapshot; i++) {
        bool whole = i >= f->n_delta;
        const Startrader__V1__CellDelta *d = whole ? f->snapshot[i - f->n_delta] : f->delta[i];
        if (!in_view(s, d->cell)) {
            char text[32];
            snprintf(text, sizeof text, "cell %u,%u", d->cell % 512, d->cell / 512);
            report_fail(r, FAIL_VIEW, text);
        }
        if (!columns_fit(d))
            report_fail(r, FAIL_DECODE, "columns of different lengths");
        else if (whole)
            take_snapshot(s, d, now_ms, r);
        else
            take_delta(s, d, now_ms);
    }
}

void shadow_rings(const struct shadow *s, int32_t x, int32_t y, struct shadow_rings *out)
{
    int32_t cx = x >> WORLD_CELL_SHIFT, cy = y >> WORLD_CELL_SHIFT;
    *out = (struct shadow_rings){0};
    for (uint32_t i = 0; i < s->count; i++) {
        const struct shadow_entity *e = &s->entities[i];
        if (!e->known || e->class_id >= WORLD_CLASS_TORPEDO)
            continue;
        int32_t dx = (int32_t)(e->cell & 511) - cx, dy = (int32_t)(e->cell >> 9) - cy;
        int32_t far = ST_MAX(dx < 0 ? -dx : dx, dy < 0 ? -dy : dy);
        *(far <= 1 ? &out->near : far <= 2 ? &out->middle : &out->far) += 1;
    }
}
