/* SPDX-License-Identifier: Apache-2.0 */
#include "entity.h"
#include "hauler.h"
#include "index.h"
#include "loot.h"
#include "npc.h"
#include "session.h"
#include "zone.h"

/* Entry of a ship in the table of versions; the hand gives up those that have long gone. */
static uint32_t known_of(struct world *w, uint32_t ship)
{
    uint32_t at = index_get(&w->ships_known, ship);

    if (at != WORLD_NOBODY)
        return at;
    if (w->head.known_n < w->known_max) {
        at = w->head.known_n++;
    } else {
        while (w->known[w->head.known_hand].slot != NO_SLOT)
            w->head.known_hand = (w->head.known_hand + 1) % w->known_max;
        at = w->head.known_hand;
        w->head.known_hand = (at + 1) % w->known_max;
        index_remove(&w->ships_known, w->known[at].ship);
    }
    w->known[at] = (struct known){0, ship, NO_SLOT};
    index_put(&w->ships_known, ship, at);
    return at;
}

static bool cargo_fits(const struct world *w, const struct world_baton *b)
{
    if (b->cargo_n > WORLD_CARGO_KINDS)
        return false;
    for (uint32_t i = 0; i < b->cargo_n; i++) {
        if (!world_config_good(&w->config, b->cargo[i].good) || b->cargo[i].quantity == 0)
            return false;
        for (uint32_t k = 0; k < i; k++) {
            if (b->cargo[k].good == b->cargo[i].good)
                return false;
        }
    }
    return true;
}

static void set_cargo(struct world *w, uint32_t slot, const struct world_baton *b)
{
    struct ship *s = &w->ships[slot];

    memset(s->cargo, 0, sizeof s->cargo);
    s->cargo_n = b->cargo_n;
    for (uint32_t i = 0; i < b->cargo_n; i++)
        s->cargo[i] = b->cargo[i];
    ship_weigh(w, slot);
}

/* Where an undocking ship appears: a unit inside of the dock radius, so that it may dock again at
 * once, on a side that nobody can foresee. */
static void place(const struct world *w, const struct world_baton *b, int32_t *x, int32_t *y,
                  uint32_t *way)
{
    const struct config_station *s = world_config_station(&w->config, b->station);

    *way = (uint32_t)(chance(w, b->ship, 50) & 4095);
    *x = b->x;
    *y = b->y;
    if (!s)
        return;
    int32_t far = (s->dock_radius - 1) * WORLD_UNIT / 16;
    *x = s->x * WORLD_UNIT + ((far * flight_cos(*way)) >> 10);
    *y = s->y * WORLD_UNIT + ((far * flight_sin(*way)) >> 10);
}

/* Weapon at the gun mounts when it is another than the class's. */
static uint8_t refitted(const struct world *w, const struct rule_class *k, uint32_t gun)
{
    const struct config_weapon *g = weapon_of(w, gun);

    return g && g->kind == CONFIG_WEAPON_GUN && k->gun && g != k->gun ? (uint8_t)gun : 0;
}

static void fit_out(struct world *w, uint32_t slot, const struct world_baton *b)
{
    const struct rule_class *k = unit_class(w, slot);
    struct unit *u = &w->units[slot];
    struct ship *s = &w->ships[slot];

    u->hull = b->hull == 0 || b->hull > k->hull ? k->hull : b->hull;
    u->shield = k->shield;
    u->energy = k->config->energy;
    s->version = b->version;
    s->player = b->guild ? 0 : b->player;
    s->ship = b->ship;
    s->home = b->station ? b->station : b->home;
    s->torpedoes = b->flags & WORLD_BATON_WHOLE || b->torpedoes > k->config->torpedoes
                       ? k->config->torpedoes
                       : b->torpedoes;
    s->gun = refitted(w, k, b->gun);
    s->faction = WORLD_FACTION_PILOT;
    s->newcomer = b->flags & WORLD_BATON_NEWCOMER ? 1 : 0;
    s->wanted_until = b->wanted ? w->head.tick + b->wanted : 0;
    s->immune_until = w->head.tick + WORLD_IMMUNE_TICKS + 1;
    ship_traits(w, slot);
    set_cargo(w, slot, b);
}

static void remove_ship(struct world *w, uint32_t at, enum world_gone_reason reason)
{
    uint32_t slot = w->known[at].slot;

    if (slot == NO_SLOT)
        return;
    w->known[at].slot = NO_SLOT;
    npc_gone(w, slot);
    if (w->ships[slot].pilot != WORLD_NOBODY)
        w->pilots[w->ships[slot].pilot].slot = NO_SLOT;
    entity_free(w, slot, reason);
}

/* A pilot flies one ship: an older one stays behind without him. */
static void abandon(struct world *w, uint32_t slot)
{
    w->ships[slot].pilot = WORLD_NOBODY;
    w->ships[slot].linkdead = 1;
    w->ships[slot].lost_at = w->head.tick;
    ship_traits(w, slot);
}

static bool baton_known(const struct world *w, const struct world_baton *b)
{
    return rules_class(&w->rules, b->class_id) < w->config.classes_n && cargo_fits(w, b) &&
           (!b->station || world_config_station(&w->config, b->station)) &&
           (!b->guild || (world_config_guild(&w->config, b->guild) &&
                          world_config_station(&w->config, b->to)));
}

static uint32_t put_ship(struct world *w, const struct world_baton *b)
{
    uint32_t at = known_of(w, b->ship), slot, way;
    int32_t x, y;

    remove_ship(w, at, WORLD_GONE_COLLECTED);
    place(w, b, &x, &y, &way);
    slot = entity_new(w, UNIT_SHIP, rules_class(&w->rules, b->class_id), x, y);
    w->units[slot].f.heading = w->units[slot].f.target = (uint16_t)way;
    fit_out(w, slot, b);
    w->known[at].version = b->version;
    w->known[at].slot = slot;
    return slot;
}

static enum world_verdict appear_guild(struct world *w, const struct world_baton *b)
{
    uint32_t npc = hauler_place(w, b), slot;

    if (npc == NO_NPC)
        return WORLD_FULL;
    slot = put_ship(w, b);
    hauler_board(w, npc, slot, b);
    zone_place(w, slot);
    return WORLD_OK;
}

static enum world_verdict appear(struct world *w, const struct world_baton *b)
{
    uint32_t pilot, slot;

    if (!baton_known(w, b))
        return WORLD_UNKNOWN;
    if (w->head.free_n[UNIT_SHIP - UNIT_SHIP] == 0)
        return WORLD_FULL;
    if (b->guild)
        return appear_guild(w, b);
    pilot = pilot_of(w, b->player);
    if (pilot == WORLD_NOBODY)
        return WORLD_FULL;
    if (w->pilots[pilot].slot != NO_SLOT && w->ships[w->pilots[pilot].slot].ship != b->ship)
        abandon(w, w->pilots[pilot].slot);
    slot = put_ship(w, b);
    pilot_board(w, pilot, slot);
    zone_place(w, slot);
    if (b->station)
        npc_drone(w, slot);
    return WORLD_OK;
}

static enum world_verdict leave(struct world *w, const struct world_baton *b)
{
    uint32_t at = known_of(w, b->ship), slot = w->known[at].slot;
    const struct config_station *s = world_config_station(&w->config, b->station);
    uint32_t pilot = index_get(&w->players, b->player);
    struct pilot *p;
    int32_t x, y;

    w->known[at].version = b->version;
    if (slot != NO_SLOT) {
        pilot = w->ships[slot].pilot;
        x = w->units[slot].f.x;
        y = w->units[slot].f.y;
        remove_ship(w, at, s ? WORLD_GONE_DOCKED : WORLD_GONE_PARKED);
    } else {
        x = clamp32(b->x, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
        y = clamp32(b->y, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
    }
    if (s) {
        x = s->x * WORLD_UNIT;
        y = s->y * WORLD_UNIT;
    }
    if (pilot == WORLD_NOBODY)
        return WORLD_OK;
    p = &w->pilots[pilot];
    if (p->slot != NO_SLOT && p->slot != slot)
        return WORLD_OK; /* flies another ship by now */
    if (p->phase == WORLD_PHASE_DEAD && !p->booked) {
        p->booked = 1; /* wakes there when the wreck has been looked at */
        p->station = b->station;
        own_touch(w, pilot);
    } else {
        pilot_leave(w, pilot, s ? WORLD_PHASE_DOCKED : WORLD_PHASE_PARKED, b->station, x, y);
    }
    return WORLD_OK;
}

/* Thaws a ship that waits for an answer; it flies on from where it is. */
static void thaw(struct world *w, uint32_t slot)
{
    struct unit *u = &w->units[slot];
    struct ship *s = &w->ships[slot];

    if (u->state != STATE_DOCKED && u->state != STATE_PARKED)
        return;
    if (u->state == STATE_DOCKED)
        session_answer(w, s->pilot, s->request, WORLD_REFUSED_HOLDER, 0, s->station);
    u->state = STATE_FREE_FLIGHT;
    u->marks &= (uint8_t)~MARK_EVENT;
    u->hold = 0;
    s->request = 0;
    s->station = 0;
    s->lost_at = w->head.tick;
    s->lost_ticks = 0;
    if (s->pilot != WORLD_NOBODY)
        w->pilots[s->pilot].phase = WORLD_PHASE_FLYING;
    own_touch(w, s->pilot);
}

static enum world_verdict stay(struct world *w, const struct world_baton *b)
{
    uint32_t at = index_get(&w->ships_known, b->ship);
    uint32_t slot;

    if (at == WORLD_NOBODY)
        return WORLD_UNKNOWN;
    if (w->known[at].version != b->version)
        return WORLD_STALE;
    slot = w->known[at].slot;
    if (slot == NO_SLOT)
        return WORLD_UNKNOWN;
    if (b->flags & WORLD_BATON_CARGO) {
        if (!cargo_fits(w, b))
            return WORLD_UNKNOWN;
        set_cargo(w, slot, b);
        thaw(w, slot);
    }
    return WORLD_OK;
}

static bool baton_sane(const struct world_baton *b)
{
    return b->ship != 0 && b->player != 0 && b->version != 0 && b->kind >= WORLD_BATON_APPEAR &&
           b->kind <= WORLD_BATON_STAY && b->way < ROUTE_WAYS &&
           (b->guild == 0 || b->player == (WORLD_GUILD_PLAYER | b->guild));
}

enum world_verdict world_apply(struct world *w, const struct world_baton *b)
{
    uint32_t at;

    world_assert(w != NULL && b != NULL);
    if (!baton_sane(b))
        return WORLD_MALFORMED;
    if (b->epoch != w->head.epoch)
        return WORLD_STALE;
    if (b->kind == WORLD_BATON_STAY)
        return stay(w, b);
    at = index_get(&w->ships_known, b->ship);
    if (at != WORLD_NOBODY && b->version <= w->known[at].version)
        return WORLD_STALE;
    return b->kind == WORLD_BATON_APPEAR ? appear(w, b) : leave(w, b);
}

void world_open_begin(struct world *w, uint32_t epoch)
{
    world_assert(w != NULL && !w->opening);
    w->opening = true;
    w->head.epoch = epoch;
    EACH_ALIVE(w, slot, 0, w->first[1])
        w->ships[slot].named = 0;
    EACH_ALIVE(w, slot, w->first[2], w->first[3])
        loot_of(w, slot)->named = 0;
}

enum world_verdict world_open_ship(struct world *w, const struct world_baton *b)
{
    uint32_t at;
    enum world_verdict verdict;
    uint32_t slot;

    world_assert(w != NULL && w->opening && b != NULL);
    if (!baton_sane(b) || b->kind != WORLD_BATON_APPEAR)
        return WORLD_MALFORMED;
    at = index_get(&w->ships_known, b->ship);
    slot = at != WORLD_NOBODY ? w->known[at].slot : NO_SLOT;
    if (slot != NO_SLOT && w->known[at].version == b->version &&
        ship_owner(&w->ships[slot]) == b->player && w->units[slot].class_id == b->class_id &&
        w->units[slot].state != STATE_DYING && cargo_fits(w, b)) {
        set_cargo(w, slot, b);
        w->ships[slot].named = 1;
        /* The event of a ship that waits was of the old epoch: it is made anew. */
        if (unit_frozen(&w->units[slot]))
            w->units[slot].marks |= MARK_EVENT;
        ship_traits(w, slot);
        return WORLD_OK;
    }
    verdict = appear(w, b);
    if (verdict == WORLD_OK)
        w->ships[w->known[index_get(&w->ships_known, b->ship)].slot].named = 1;
    return verdict;
}

enum world_verdict world_open_loot(struct world *w, uint64_t loot, uint16_t good, uint16_t quantity,
                                   int32_t x, int32_t y)
{
    uint32_t slot;

    world_assert(w != NULL && w->opening);
    if (!world_config_good(&w->config, good) || quantity == 0)
        return WORLD_UNKNOWN;
    slot = alive_from(w, w->first[2], w->first[3]);
    while (slot < w->first[3] && loot_of(w, slot)->id != loot)
        slot = alive_from(w, slot + 1, w->first[3]);
    if (slot == w->first[3])
        slot = loot_new(w, loot, good, quantity, x, y);
    if (slot == NO_SLOT)
        return WORLD_FULL;
    loot_of(w, slot)->good = good;
    loot_of(w, slot)->quantity = quantity;
    loot_of(w, slot)->named = 1;
    w->units[slot].marks |= MARK_ENTER;
    return WORLD_OK;
}

void world_open_end(struct world *w)
{
    world_assert(w != NULL && w->opening);
    w->opening = false;
    EACH_ALIVE(w, slot, 0, w->first[1]) {
        struct ship *s = &w->ships[slot];

        if (s->ship == 0 || s->named)
            continue;
        if (s->pilot != WORLD_NOBODY)
            pilot_leave(w, s->pilot, WORLD_PHASE_NONE, 0, w->units[slot].f.x, w->units[slot].f.y);
        remove_ship(w, known_of(w, s->ship), WORLD_GONE_COLLECTED);
    }
    EACH_ALIVE(w, slot, w->first[2], w->first[3]) {
        if (!loot_of(w, slot)->named)
            entity_free(w, slot, WORLD_GONE_COLLECTED);
    }
    /* The dead whose ship the answer did not name: it has been booked. */
    for (uint32_t i = 0; i < w->head.pilots_used; i++) {
        struct pilot *p = &w->pilots[i];

        if (p->player && p->phase == WORLD_PHASE_DEAD && !p->booked)
            p->booked = 1;
    }
}
