/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_event.h"

#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/wire.h>
#include <startrader/v1/event.pb-c.h>

const char *event_kind_name(uint8_t kind)
{
    static const char *const names[] = {
        [WORLD_HARD_DOCKED] = "docked",       [WORLD_HARD_DESTROYED] = "destroyed",
        [WORLD_HARD_PICKED_UP] = "picked_up", [WORLD_HARD_LOOT_EXPIRED] = "loot_expired",
        [WORLD_HARD_PARKED] = "parked",       [WORLD_HARD_JETTISONED] = "jettisoned",
    };
    st_assert(kind < ST_ARRAY_LEN(names) && names[kind] != NULL);
    return names[kind];
}

/* ---- events out ----------------------------------------------------------------------------- */

/* Everything that the parts of one event point at while it is packed. */
struct event_parts {
    Startrader__V1__Position position;
    Startrader__V1__Goods drop_goods[WORLD_WRECK_BOXES], *drop_goods_p[WORLD_WRECK_BOXES];
    Startrader__V1__LootDrop drops[WORLD_WRECK_BOXES], *drops_p[WORLD_WRECK_BOXES];
    Startrader__V1__Goods cargo[WORLD_CARGO_KINDS + WORLD_WRECK_BOXES],
        *cargo_p[WORLD_CARGO_KINDS + WORLD_WRECK_BOXES];
    uint64_t assistants[WORLD_ASSISTANTS];
};

static void fill_drops(struct event_parts *p, const struct world_hard *e)
{
    p->position = (Startrader__V1__Position)STARTRADER__V1__POSITION__INIT;
    p->position.x = e->x;
    p->position.y = e->y;
    for (uint32_t i = 0; i < e->drops_n; i++) {
        p->drop_goods[i] = (Startrader__V1__Goods)STARTRADER__V1__GOODS__INIT;
        p->drop_goods[i].commodity = e->drops[i].good;
        p->drop_goods[i].quantity = e->drops[i].quantity;
        p->drop_goods_p[i] = &p->drop_goods[i];
        p->drops[i] = (Startrader__V1__LootDrop)STARTRADER__V1__LOOT_DROP__INIT;
        p->drops[i].loot = e->drops[i].loot;
        p->drops[i].n_goods = 1;
        p->drops[i].goods = &p->drop_goods_p[i];
        p->drops[i].position = &p->position;
        p->drops_p[i] = &p->drops[i];
    }
}

/* What was aboard: what dropped and what is lost, each good once. */
static size_t fill_cargo(struct event_parts *p, const struct world_hard *e)
{
    size_t n = 0;
    for (uint32_t i = 0; i < (uint32_t)e->drops_n + e->lost_n; i++) {
        uint32_t good = i < e->drops_n ? e->drops[i].good : e->lost[i - e->drops_n].good;
        uint32_t quantity =
            i < e->drops_n ? e->drops[i].quantity : e->lost[i - e->drops_n].quantity;
        size_t k = 0;
        while (k < n && p->cargo[k].commodity != good)
            k++;
        if (k == n) {
            p->cargo[n] = (Startrader__V1__Goods)STARTRADER__V1__GOODS__INIT;
            p->cargo[n].commodity = good;
            p->cargo_p[n] = &p->cargo[n];
            n++;
        }
        p->cargo[k].quantity += quantity;
    }
    return n;
}

static void pack_destroyed(Startrader__V1__WorldEvent *m, const struct world_hard *e,
                           struct event_parts *p, struct st_buf *out)
{
    Startrader__V1__ShipDestroyed d = STARTRADER__V1__SHIP_DESTROYED__INIT;
    d.ship = e->ship;
    d.version = e->version;
    d.player = e->player;
    d.class_id = e->class_id;
    d.faction = e->faction;
    d.level = e->level;
    d.killer_player = e->killer_player;
    d.killer_class = e->killer_class;
    d.killer_ship = e->killer_ship;
    for (uint32_t i = 0; i < e->assistants_n; i++)
        p->assistants[i] = e->assistants[i];
    d.n_assist_player = e->assistants_n;
    d.assist_player = p->assistants;
    d.zone = e->zone;
    d.position = &p->position;
    d.n_drop = e->drops_n;
    d.drop = p->drops_p;
    if (e->ship == 0) {
        d.n_cargo = fill_cargo(p, e);
        d.cargo = p->cargo_p;
    }
    d.victim_entity = e->entity;
    d.killer_entity = e->killer_entity;
    d.victim_wanted = e->victim_wanted != 0;
    d.crime = e->crime != 0;
    d.newcomer = e->newcomer != 0;
    d.flown_ticks = e->flown;
    m->event_case = STARTRADER__V1__WORLD_EVENT__EVENT_DESTROYED;
    m->destroyed = &d;
    st_wire_pack(&m->base, out);
}

static void pack_docked(Startrader__V1__WorldEvent *m, const struct world_hard *e,
                        struct st_buf *out)
{
    Startrader__V1__ShipDocked d = STARTRADER__V1__SHIP_DOCKED__INIT;
    d.ship = e->ship;
    d.version = e->version;
    d.player = e->player;
    d.location = e->station;
    d.hull = e->hull;
    d.torpedoes = e->torpedoes;
    d.flown_ticks = e->flown;
    m->event_case = STARTRADER__V1__WORLD_EVENT__EVENT_DOCKED;
    m->docked = &d;
    st_wire_pack(&m->base, out);
}

static void pack_parked(Startrader__V1__WorldEvent *m, const struct world_hard *e,
                        struct event_parts *p, struct st_buf *out)
{
    Startrader__V1__ShipParked d = STARTRADER__V1__SHIP_PARKED__INIT;
    d.ship = e->ship;
    d.version = e->version;
    d.player = e->player;
    d.position = &p->position;
    d.hull = e->hull;
    d.torpedoes = e->torpedoes;
    d.flown_ticks = e->flown;
    m->event_case = STARTRADER__V1__WORLD_EVENT__EVENT_PARKED;
    m->parked = &d;
    st_wire_pack(&m->base, out);
}

static void pack_loot(Startrader__V1__WorldEvent *m, const struct world_hard *e,
                      struct event_parts *p, struct st_buf *out)
{
    Startrader__V1__LootPickedUp taken = STARTRADER__V1__LOOT_PICKED_UP__INIT;
    Startrader__V1__LootExpired expired = STARTRADER__V1__LOOT_EXPIRED__INIT;
    Startrader__V1__CargoJettisoned jettisoned = STARTRADER__V1__CARGO_JETTISONED__INIT;
    st_assert(e->drops_n == 1);
    if (e->kind == WORLD_HARD_PICKED_UP) {
        taken.loot = e->drops[0].loot;
        taken.ship = e->ship;
        taken.version = e->version;
        taken.player = e->player;
        taken.n_goods = 1;
        taken.goods = p->drop_goods_p;
        m->event_case = STARTRADER__V1__WORLD_EVENT__EVENT_PICKED_UP;
        m->picked_up = &taken;
    } else if (e->kind == WORLD_HARD_LOOT_EXPIRED) {
        expired.loot = e->drops[0].loot;
        m->event_case = STARTRADER__V1__WORLD_EVENT__EVENT_LOOT_EXPIRED;
        m->loot_expired = &expired;
    } else {
        jettisoned.ship = e->ship;
        jettisoned.version = e->version;
        jettisoned.player = e->player;
        jettisoned.drop = p->drops_p[0];
        m->event_case = STARTRADER__V1__WORLD_EVENT__EVENT_JETTISONED;
        m->jettisoned = &jettisoned;
    }
    st_wire_pack(&m->base, out);
}

void event_encode(const struct world_hard *e, uint32_t shard, uint32_t epoch, struct st_buf *out)
{
    struct event_parts parts;
    Startrader__V1__WorldEvent m = STARTRADER__V1__WORLD_EVENT__INIT;
    m.event_id = e->event;
    m.shard = shard;
    m.world_epoch = epoch;
    m.tick = e->tick;
    fill_drops(&parts, e);
    switch (e->kind) {
    case WORLD_HARD_DOCKED:
        pack_docked(&m, e, out);
        break;
    case WORLD_HARD_DESTROYED:
        pack_destroyed(&m, e, &parts, out);
        break;
    case WORLD_HARD_PARKED:
        pack_parked(&m, e, &parts, out);
        break;
    default:
        pack_loot(&m, e, &parts, out);
        break;
    }
}

/* ---- batons in ------------------------------------------------------------------------------ */

static bool fill_manifest(Startrader__V1__Goods **goods, size_t n, struct world_baton *out)
{
    if (n > WORLD_CARGO_KINDS)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (goods[i]->commodity > UINT16_MAX || goods[i]->quantity > UINT16_MAX)
            return false;
        out->cargo[i].good = (uint16_t)goods[i]->commodity;
        out->cargo[i].quantity = (uint16_t)goods[i]->quantity;
    }
    out->cargo_n = (uint8_t)n;
    return true;
}

bool event_ship_state(const Startrader__V1__ShipState *s, uint32_t epoch, struct world_baton *out)
{
    *out = (struct world_baton){
        .kind = WORLD_BATON_APPEAR,
        .flags = s->newcomer ? WORLD_BATON_NEWCOMER : 0,
        .epoch = epoch,
        .ship = s->ship,
        .player = (uint32_t)s->player,
        .version = s->version,
        .class_id = (uint16_t)s->class_id,
        .station = (uint16_t)s->location,
        .x = s->position != NULL ? s->position->x : 0,
        .y = s->position != NULL ? s->position->y : 0,
        .hull = (uint16_t)s->hull,
        .torpedoes = (uint16_t)s->torpedoes,
        .gun = (uint8_t)s->weapon,
        .home = (uint16_t)s->location,
        .guild = (uint8_t)s->guild,
        .way = s->route_short ? ROUTE_SHORT : ROUTE_GUARDED,
        .to = (uint16_t)s->route_to,
    };
    return s->guild <= UINT8_MAX && s->weapon <= UINT8_MAX && s->route_to <= UINT16_MAX &&
           s->ship != 0 && s->player != 0 && s->player <= UINT32_MAX && s->class_id <= UINT16_MAX &&
           s->location <= UINT16_MAX && s->hull <= UINT16_MAX && s->torpedoes <= UINT16_MAX &&
           fill_manifest(s->cargo, s->n_cargo, out);
}

static bool take_ship(const Startrader__V1__Baton *m, struct baton *out)
{
    if (m->ship == 0)
        return m->kind != STARTRADER__V1__BATON_KIND__BATON_KIND_APPEAR &&
               m->kind != STARTRADER__V1__BATON_KIND__BATON_KIND_TAKEN;
    bool has_state = m->state != NULL;
    if (has_state && !event_ship_state(m->state, m->world_epoch, &out->ship))
        return false;
    out->ship.epoch = m->world_epoch;
    out->ship.ship = m->ship;
    out->ship.player = (uint32_t)m->player;
    out->ship.version = m->version;
    switch (m->kind) {
    case STARTRADER__V1__BATON_KIND__BATON_KIND_APPEAR:
        out->moves = true;
        return has_state;
    case STARTRADER__V1__BATON_KIND__BATON_KIND_TAKEN:
        out->ship.kind = WORLD_BATON_LEAVE;
        out->ship.station = out->ship.home = (uint16_t)m->location;
        out->moves = true;
        return m->location <= UINT16_MAX;
    case STARTRADER__V1__BATON_KIND__BATON_KIND_REFUSED:
    case STARTRADER__V1__BATON_KIND__BATON_KIND_BOOKED:
        out->ship.kind = WORLD_BATON_STAY;
        out->ship.flags = has_state ? WORLD_BATON_CARGO : 0;
        out->moves = has_state || m->kind == STARTRADER__V1__BATON_KIND__BATON_KIND_REFUSED;
        return true;
    default:
        return true;
    }
}

static bool in_play(int32_t k)
{
    return k >= WORLD_PLAY_MIN && k <= WORLD_PLAY_MAX;
}

/* A container holds one good. */
static bool take_loot(const Startrader__V1__Baton *m, struct baton *out)
{
    if (m->n_loot > BATON_LOOT_MAX)
        return false;
    for (size_t i = 0; i < m->n_loot; i++) {
        const Startrader__V1__LootState *l = m->loot[i];
        struct baton_loot *to = &out->loot[out->loot_n++];
        to->loot = l->loot;
        to->placed = l->position && in_play(l->position->x) && in_play(l->position->y);
        if (to->placed) {
            to->x = l->position->x;
            to->y = l->position->y;
        }
        if (l->n_goods == 0)
            continue;
        if (l->goods[0]->commodity > UINT16_MAX || l->goods[0]->quantity > UINT16_MAX)
            return false;
        to->good = (uint16_t)l->goods[0]->commodity;
        to->quantity = (uint16_t)l->goods[0]->quantity;
    }
    return true;
}

int baton_decode(const uint8_t *data, size_t len, struct st_arena *arena, struct baton *out)
{
    *out = (struct baton){0};
    st_arena_reset(arena);
    const Startrader__V1__Baton *m =
        st_wire_unpack(&startrader__v1__baton__descriptor, data, len, BATON_BYTES_MAX, arena);
    if (m == NULL || m->player > UINT32_MAX || strlen(m->notice) >= sizeof(out->notice))
        return ST_EPROTO;
    out->epoch = m->world_epoch;
    out->kind = (uint32_t)m->kind;
    out->event = m->event_id;
    out->player = (uint32_t)m->player;
    out->credits = m->credits;
    out->balance = m->balance;
    memcpy(out->notice, m->notice, strlen(m->notice) + 1);
    if (!take_ship(m, out) || !take_loot(m, out))
        return ST_EPROTO;
    if (m->kind == STARTRADER__V1__BATON_KIND__BATON_KIND_CONFIG) {
        out->config = st_alloc(sizeof(*out->config));
        if (world_config_decode(out->config, m->config.data, m->config.len) == 0)
            return 0;
        st_free(out->config);
        out->config = NULL;
        return ST_EPROTO;
    }
    return 0;
}
