/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <string.h>

#include <st/rng.h>
#include <st/wire.h>

#include <startrader/v1/event.pb-c.h>

enum { QUANTITY_MAX = 1000000 };

static bool set_goods(struct manifest *m, Startrader__V1__Goods *const *goods, size_t n)
{
    m->n = 0;
    if (n > GOODS_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        const Startrader__V1__Goods *g = goods[i];
        if (g->commodity < 1 || g->commodity > GOOD_ID_MAX || g->quantity > QUANTITY_MAX)
            return false;
        for (uint32_t k = 0; k < m->n; k++)
            if (m->g[k].commodity == g->commodity)
                return false;
        if (g->quantity > 0)
            m->g[m->n++] = (struct goods){g->commodity, g->quantity};
    }
    return true;
}

static bool set_position(int32_t *x, int32_t *y, const Startrader__V1__Position *p)
{
    if (!p || p->x < 0 || p->y < 0 || p->x >= 1 << 29 || p->y >= 1 << 29)
        return false;
    *x = p->x;
    *y = p->y;
    return true;
}

static bool set_drop(struct container *c, const Startrader__V1__LootDrop *d)
{
    c->loot = d->loot;
    return d->loot != 0 && set_goods(&c->goods, d->goods, d->n_goods) &&
           set_position(&c->x, &c->y, d->position);
}

/* What all events of a ship say first. */
static bool set_ship(struct event *e, uint32_t ship, uint64_t version, uint64_t player)
{
    e->ship = ship;
    e->version = version;
    e->player = player;
    return version <= (uint64_t)INT64_MAX && player <= UINT32_MAX && (ship == 0) == (player == 0);
}

static bool set_docked(struct event *e, const Startrader__V1__ShipDocked *d)
{
    e->kind = EVENT_DOCKED;
    e->location = d->location;
    e->hull = d->hull;
    e->torpedoes = d->torpedoes;
    e->flown_ticks = d->flown_ticks;
    return set_ship(e, d->ship, d->version, d->player) && d->ship != 0;
}

static bool set_destroyed(struct event *e, const Startrader__V1__ShipDestroyed *d)
{
    e->kind = EVENT_DESTROYED;
    e->class_id = d->class_id;
    e->level = d->level;
    e->zone = d->zone;
    e->killer_player = d->killer_player;
    e->victim_wanted = d->victim_wanted;
    e->newcomer = d->newcomer;
    e->crime = d->crime;
    e->flown_ticks = d->flown_ticks;
    e->drops_n = (uint32_t)d->n_drop;
    if (d->n_drop > DROPS_MAX || d->killer_player > UINT32_MAX)
        return false;
    for (size_t i = 0; i < d->n_drop; i++)
        if (!set_drop(&e->drops[i], d->drop[i]))
            return false;
    return set_ship(e, d->ship, d->version, d->player);
}

static bool set_picked_up(struct event *e, const Startrader__V1__LootPickedUp *d)
{
    e->kind = EVENT_PICKED_UP;
    e->loot = d->loot;
    return set_goods(&e->goods, d->goods, d->n_goods) &&
           set_ship(e, d->ship, d->version, d->player);
}

static bool set_parked(struct event *e, const Startrader__V1__ShipParked *d)
{
    e->kind = EVENT_PARKED;
    e->hull = d->hull;
    e->torpedoes = d->torpedoes;
    e->flown_ticks = d->flown_ticks;
    return set_ship(e, d->ship, d->version, d->player) && d->ship != 0 &&
           set_position(&e->x, &e->y, d->position);
}

static bool set_jettisoned(struct event *e, const Startrader__V1__CargoJettisoned *d)
{
    e->kind = EVENT_JETTISONED;
    e->drops_n = 1;
    return d->drop && set_drop(&e->drops[0], d->drop) &&
           set_ship(e, d->ship, d->version, d->player);
}

static bool set_event(struct event *e, const Startrader__V1__WorldEvent *w)
{
    switch (w->event_case) {
    case STARTRADER__V1__WORLD_EVENT__EVENT_DOCKED:
        return set_docked(e, w->docked);
    case STARTRADER__V1__WORLD_EVENT__EVENT_DESTROYED:
        return set_destroyed(e, w->destroyed);
    case STARTRADER__V1__WORLD_EVENT__EVENT_PICKED_UP:
        return set_picked_up(e, w->picked_up);
    case STARTRADER__V1__WORLD_EVENT__EVENT_LOOT_EXPIRED:
        e->kind = EVENT_LOOT_EXPIRED;
        e->loot = w->loot_expired->loot;
        return true;
    case STARTRADER__V1__WORLD_EVENT__EVENT_PARKED:
        return set_parked(e, w->parked);
    case STARTRADER__V1__WORLD_EVENT__EVENT_JETTISONED:
        return set_jettisoned(e, w->jettisoned);
    default:
        return false;
    }
}

bool wire_event(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    st_arena_reset(arena);
    const Startrader__V1__WorldEvent *w =
        st_wire_unpack(&startrader__v1__world_event__descriptor, data, len, WIRE_EVENT_MAX, arena);
    a->kind = ACT_EVENT;
    if (!w || w->event_id == 0 || w->shard > 255)
        return false;
    struct event *e = &a->event;
    e->id = w->event_id;
    e->shard = w->shard;
    e->world_epoch = w->world_epoch;
    /* The simulation publishes the same bytes again, so the bytes are the content. */
    a->hash = e->hash = st_hash64(data, len, 0);
    return set_event(e, w);
}
