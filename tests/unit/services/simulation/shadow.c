/* SPDX-License-Identifier: Apache-2.0 */
#include "shadow.h"

#include <stdlib.h>

#include <check.h>

static uint16_t *place_of(struct shadow *s, uint32_t id)
{
    ck_assert_uint_lt(id & WORLD_SLOT_MASK, SHADOW_MAX);
    return &s->at[id & WORLD_SLOT_MASK];
}

static void drop(struct shadow *s, struct shadow_entity *e)
{
    *place_of(s, e->id) = 0;
    *e = s->entities[--s->n];
    if (e != &s->entities[s->n])
        *place_of(s, e->id) = (uint16_t)(e - s->entities + 1);
}

struct shadow_entity *shadow_find(struct shadow *s, uint32_t id)
{
    uint16_t at = *place_of(s, id);
    return at != 0 && s->entities[at - 1].id == id ? &s->entities[at - 1] : NULL;
}

/* Whatever was known of the slot's former owner is past. */
static struct shadow_entity *find_or_add(struct shadow *s, uint32_t id)
{
    struct shadow_entity *e = shadow_find(s, id);
    if (e != NULL)
        return e;
    if (*place_of(s, id) != 0)
        drop(s, &s->entities[*place_of(s, id) - 1]);
    ck_assert_uint_lt(s->n, SHADOW_MAX);
    e = &s->entities[s->n++];
    *e = (struct shadow_entity){.id = id};
    *place_of(s, id) = (uint16_t)s->n;
    return e;
}

void shadow_step(struct shadow *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        struct flight_class c;
        ck_assert(config_flight_class(s->config, s->entities[i].class_id, &c));
        flight_step(&s->entities[i].flight, &c);
    }
}

int32_t shadow_x(uint32_t cell, uint32_t pos, uint32_t frac)
{
    uint32_t in_cell = ((pos & 0xffff) << 5 | (frac & 31)) - 1024 * WORLD_UNIT;
    return (int32_t)(((cell & 511) << 20) + in_cell);
}

int32_t shadow_y(uint32_t cell, uint32_t pos, uint32_t frac)
{
    uint32_t in_cell = (pos >> 16 << 5 | (frac >> 5 & 31)) - 1024 * WORLD_UNIT;
    return (int32_t)(((cell >> 9) << 20) + in_cell);
}

static void take_enters(struct shadow *s, const Startrader__V1__CellDelta *d)
{
    ck_assert_uint_eq(d->n_enter_id, d->n_enter_static);
    ck_assert_uint_eq(d->n_enter_id, d->n_enter_player);
    for (size_t i = 0; i < d->n_enter_id; i++) {
        struct shadow_entity *e = find_or_add(s, d->enter_id[i]);
        uint32_t v = d->enter_static[i];
        e->cell = d->cell;
        e->player = d->enter_player[i];
        e->class_id = v & 0x3ff;
        e->faction = v >> 10 & 0x3f;
        e->flight.load = v >> 16 & 0xf;
        e->level = v >> 20 & 0x3f;
        e->flags = (uint8_t)(v >> 26);
    }
    for (size_t i = 0; i < d->n_loot_id; i++) {
        struct shadow_entity *e = shadow_find(s, d->loot_id[i]);
        ck_assert_ptr_nonnull(e);
        e->good = d->loot_goods[i] & 0xff;
        e->quantity = (uint16_t)(d->loot_goods[i] >> 8);
    }
}

static void take_motion(struct shadow *s, const Startrader__V1__CellDelta *d)
{
    ck_assert_uint_eq(d->n_id, d->n_pos);
    ck_assert_uint_eq(d->n_id, d->n_frac);
    ck_assert_uint_eq(d->n_id, d->n_vel);
    ck_assert_uint_eq(d->n_id, d->n_ctl);
    for (size_t i = 0; i < d->n_id; i++) {
        struct shadow_entity *e = shadow_find(s, d->id[i]);
        if (e == NULL)
            continue; /* its enter was lost; a snapshot brings it */
        e->cell = d->cell;
        flight_ctl_unpack(&e->flight, d->ctl[i]);
        e->flight.x = shadow_x(d->cell, d->pos[i], d->frac[i]);
        e->flight.y = shadow_y(d->cell, d->pos[i], d->frac[i]);
        e->flight.vx = (int16_t)(d->vel[i] & 0xffff);
        e->flight.vy = (int16_t)(d->vel[i] >> 16);
    }
    ck_assert_uint_eq(d->n_vit_id, d->n_vit);
    for (size_t i = 0; i < d->n_vit_id; i++) {
        struct shadow_entity *e = shadow_find(s, d->vit_id[i]);
        if (e != NULL)
            e->vitals = (uint16_t)d->vit[i];
    }
}

void shadow_delta(struct shadow *s, const Startrader__V1__CellDelta *d)
{
    ck_assert_uint_eq(d->digest, 0);
    take_enters(s, d);
    take_motion(s, d);
    ck_assert_uint_eq(d->n_gone_id, d->n_gone_reason);
    for (size_t i = 0; i < d->n_gone_id; i++) {
        struct shadow_entity *e = shadow_find(s, d->gone_id[i]);
        bool moved = d->gone_reason[i] == STARTRADER__V1__GONE_REASON__GONE_REASON_MOVED;
        if (e != NULL && !(moved && e->cell != d->cell))
            drop(s, e);
    }
}

static bool listed(const Startrader__V1__CellDelta *d, uint32_t id)
{
    for (size_t i = 0; i < d->n_enter_id; i++)
        if (d->enter_id[i] == id)
            return true;
    return false;
}

void shadow_snapshot(struct shadow *s, const Startrader__V1__CellDelta *d)
{
    for (uint32_t i = 0; i < s->n;) {
        if (s->entities[i].cell == d->cell && !listed(d, s->entities[i].id))
            drop(s, &s->entities[i]);
        else
            i++;
    }
    take_enters(s, d);
    take_motion(s, d);
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = (*(const struct shadow_entity *const *)a)->id;
    uint32_t y = (*(const struct shadow_entity *const *)b)->id;
    return x < y ? -1 : x > y;
}

/* Written apart from the encoder's on purpose. */
uint32_t shadow_digest(struct shadow *s, uint32_t cell)
{
    static const struct shadow_entity *members[SHADOW_MAX];
    uint32_t n = 0, hash = 2166136261u;
    for (uint32_t i = 0; i < s->n; i++)
        if (s->entities[i].cell == cell)
            members[n++] = &s->entities[i];
    qsort(members, n, sizeof(members[0]), by_id);
    for (uint32_t i = 0; i < n; i++) {
        const struct flight *f = &members[i]->flight;
        uint8_t bytes[18];
        uint32_t words[3] = {members[i]->id, (uint32_t)f->x, (uint32_t)f->y};
        uint16_t halves[3] = {(uint16_t)f->vx, (uint16_t)f->vy, f->heading};
        for (int k = 0; k < 12; k++)
            bytes[k] = (uint8_t)(words[k / 4] >> 8 * (k % 4));
        for (int k = 0; k < 6; k++)
            bytes[12 + k] = (uint8_t)(halves[k / 2] >> 8 * (k % 2));
        for (int k = 0; k < 18; k++)
            hash = (hash ^ bytes[k]) * 16777619u;
    }
    return hash;
}
