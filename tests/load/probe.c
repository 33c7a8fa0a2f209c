/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <stdlib.h>

#include <st/clock.h>

enum { TICK_US = 50000, BASE_MS = 2000 };

void probe_own(struct pilot *p, struct world *w, uint32_t entity)
{
    uint32_t slot = entity & WORLD_SLOT_MASK;
    if (entity != 0 && slot < PROBE_SLOTS)
        w->owner[slot] = p->index + 1;
}

void probe_sent(struct pilot *p, struct controls before, struct controls now)
{
    if (before.heading == now.heading)
        return;
    p->probe_us = st_mono_ns() / 1000;
    p->probe_heading = now.heading;
    p->probe_n++;
}

/* When tick 0 would have been, by the earliest frame of the last seconds: ticks that were skipped
 * move it. */
void probe_tick(struct world *w, uint32_t tick, uint64_t now_us)
{
    int64_t base = (int64_t)now_us - (int64_t)tick * TICK_US;
    if (now_us - w->base_since_us > BASE_MS * 1000) {
        w->base_before_us = w->base_us;
        w->base_us = base;
        w->base_since_us = now_us;
    }
    w->base_us = ST_MIN(w->base_us, base);
}

static bool is_near(const struct pilot *p, uint32_t cell)
{
    int32_t dx = (int32_t)(cell & 511) - (p->own.flight.x >> WORLD_CELL_SHIFT);
    int32_t dy = (int32_t)(cell >> 9) - (p->own.flight.y >> WORLD_CELL_SHIFT);
    return abs(dx) <= 1 && abs(dy) <= 1;
}

/* What comes with a snapshot is the past of a cell that is new to the view. */
static bool is_new(const Startrader__V1__ServerFrame *f, uint32_t cell)
{
    for (size_t i = 0; i < f->n_snapshot; i++)
        if (f->snapshot[i]->cell == cell)
            return true;
    return false;
}

static void take_record(struct pilot *p, struct world *w, uint32_t id, uint32_t ctl, bool near,
                        uint64_t now_us)
{
    uint32_t slot = id & WORLD_SLOT_MASK;
    uint32_t owner = slot < PROBE_SLOTS ? w->owner[slot] : 0;
    struct pilot *q = owner ? &w->pilots[owner - 1] : NULL;
    struct shadow_entity *e = q && q != p ? shadow_find(&p->shadow, id) : NULL;
    struct flight f = {0};
    if (!e || q->own.entity != id || q->probe_us == 0 || e->probe == q->probe_n)
        return;
    flight_ctl_unpack(&f, ctl);
    if (f.target != q->probe_heading)
        return;
    e->probe = q->probe_n; /* seen from afar, it is no news when it comes near */
    if (near)
        histogram_add(&w->report->window.seen, (double)(now_us - q->probe_us) / 1000);
}

void probe_frame(struct pilot *p, struct world *w, const Startrader__V1__ServerFrame *f,
                 uint64_t now_us)
{
    int64_t base = ST_MIN(w->base_us, w->base_before_us);
    if (p->own.phase != STARTRADER__V1__PHASE__PHASE_FLYING)
        return; /* who rests is told once a second */
    for (size_t i = 0; i < f->n_delta; i++) {
        const Startrader__V1__CellDelta *d = f->delta[i];
        bool near = is_near(p, d->cell);
        if (d->n_id == 0 || d->n_id != d->n_ctl || is_new(f, d->cell))
            continue;
        if (near)
            histogram_add(&w->report->window.age,
                          (double)((int64_t)now_us - base - (int64_t)d->tick * TICK_US) / 1000);
        for (size_t k = 0; k < d->n_id; k++)
            take_record(p, w, d->id[k], d->ctl[k], near, now_us);
    }
}
