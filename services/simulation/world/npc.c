/* SPDX-License-Identifier: Apache-2.0 */
#include "npc.h"
#include "entity.h"
#include "hauler.h"
#include "pack.h"
#include "pilotage.h"
#include "traffic.h"

#define PERIOD         4   /* ticks between two decisions */
#define PATROL_BACK    2400
#define DISTRESS_U     6000
#define OUTSIDE_U      1500
#define CHASE_TICKS    300
#define DRONE_AHEAD_U  900
#define DRONE_TICKS    6000
#define DRONES_MAX     3
#define PATROL_PAIR    2

struct npc *npc_add(struct world *w, uint32_t kind)
{
    struct npc *n;

    if (w->head.npcs_n == NPCS_MAX)
        return NULL;
    n = &w->npcs[w->head.npcs_n++];
    memset(n, 0, sizeof *n);
    n->kind = (uint8_t)kind;
    n->from = n->to = n->next = NO_NODE;
    return n;
}

static void roster_patrols(struct world *w)
{
    for (uint32_t z = 0; z < w->config.zones_n; z++) {
        for (uint32_t i = 0; i < w->config.zones[z].patrols * (uint32_t)PATROL_PAIR; i++) {
            struct npc *n = npc_add(w, NPC_PATROL);

            if (!n)
                return;
            n->zone = w->config.zones[z].id;
            n->member = i % PATROL_PAIR;
            n->level = w->config.levels[w->config.levels_n > 2 ? 2 : w->config.levels_n - 1].id;
        }
    }
}

void npc_init(struct world *w)
{
    w->head.npcs_n = w->head.packs_n = 0;
    hauler_roster(w);
    roster_patrols(w);
    packs_roster(w);
}

static bool same_roster(const struct world_config *a, const struct world_config *b)
{
    bool same = a->guilds_n == b->guilds_n && a->zones_n == b->zones_n &&
                a->stations_n == b->stations_n && a->waypoints_n == b->waypoints_n &&
                a->levels_n == b->levels_n;

    for (uint32_t i = 0; same && i < a->guilds_n; i++)
        same = a->guilds[i].id == b->guilds[i].id && a->guilds[i].ships == b->guilds[i].ships &&
               !a->guilds[i].escort_class == !b->guilds[i].escort_class;
    for (uint32_t i = 0; same && i < a->zones_n; i++)
        same = a->zones[i].id == b->zones[i].id && a->zones[i].patrols == b->zones[i].patrols &&
               a->zones[i].packs == b->zones[i].packs &&
               a->zones[i].raiders == b->zones[i].raiders &&
               !a->zones[i].pack_period_s == !b->zones[i].pack_period_s;
    return same;
}

void npc_config(struct world *w, const struct world_config *old)
{
    struct npc was[NPCS_MAX];
    uint32_t npcs_n = w->head.npcs_n;

    if (same_roster(old, &w->config))
        return;
    memcpy(was, w->npcs, sizeof was);
    npc_init(w);
    for (uint32_t i = 0; i < npcs_n; i++) {
        uint32_t slot = entity_slot(w, was[i].entity);

        if (slot != NO_SLOT && w->ships[slot].ship)
            hauler_keep(w, &was[i], old);
        else if (slot != NO_SLOT)
            entity_free(w, slot, WORLD_GONE_DOCKED);
    }
}

bool npc_sane(const struct world *w, const struct npc *n)
{
    bool nodes = (n->from == NO_NODE || n->from < w->rules.routes.nodes_n) &&
                 (n->to == NO_NODE || n->to < w->rules.routes.nodes_n) &&
                 (n->next == NO_NODE || n->next < w->rules.routes.nodes_n);

    if (!nodes || n->state > NPC_RETURN)
        return false;
    switch (n->kind) {
    case NPC_HAULER:
        return n->group < w->config.guilds_n && n->way < ROUTE_WAYS &&
               (n->entity == 0 || (n->next != NO_NODE && n->to < w->config.stations_n));
    case NPC_ESCORT:
        return n > w->npcs && n[-1].kind == NPC_HAULER;
    case NPC_PATROL:
        return world_config_zone(&w->config, n->zone) != NULL && n->member < PATROL_PAIR;
    case NPC_RAIDER:
        return n->group < w->head.packs_n;
    default:
        return false;
    }
}

static void think(struct world *w, uint32_t npc)
{
    switch (w->npcs[npc].kind) {
    case NPC_HAULER:
        hauler_think(w, npc);
        break;
    case NPC_ESCORT:
        escort_think(w, npc);
        break;
    case NPC_PATROL:
        patrol_think(w, npc);
        break;
    default:
        raider_think(w, npc);
        break;
    }
}

static void come_back(struct world *w, uint32_t npc)
{
    if ((int32_t)(w->head.tick - w->npcs[npc].until) < 0 || w->head.flags & WORLD_NO_NPCS)
        return;
    if (w->npcs[npc].kind == NPC_PATROL)
        patrol_return(w, npc);
}

static void drones_end(struct world *w)
{
    EACH_ALIVE(w, slot, 0, w->first[1]) {
        const struct ship *s = &w->ships[slot];

        if (w->traits[slot] & TRAIT_DRONE && s->expires_at != 0 &&
            (int32_t)(w->head.tick - s->expires_at) >= 0)
            entity_free(w, slot, WORLD_GONE_COLLECTED);
    }
}

void npc_step(struct world *w)
{
    traffic_step(w);
    packs_step(w);
    if (w->head.tick % PERIOD == 0)
        drones_end(w);
    for (uint32_t i = 0; i < w->head.npcs_n; i++) {
        uint32_t slot;

        if (((w->head.tick + i) & (PERIOD - 1)) != 0)
            continue;
        slot = entity_slot(w, w->npcs[i].entity);
        if (slot == NO_SLOT)
            come_back(w, i);
        else if (!unit_frozen(&w->units[slot]))
            think(w, i);
    }
}

/* A protected ship cries for help: patrols that are near enough turn to its attacker. */
static void distress(struct world *w, uint32_t slot, const struct culprit *by)
{
    const struct unit *u = &w->units[slot];
    bool guarded = zone_of(w, slot)->risk <= 1;
    uint32_t far = guarded ? DISTRESS_U : OUTSIDE_U;

    if (guarded)
        traffic_alarm(w, u);
    for (uint32_t i = 0; i < w->head.npcs_n; i++) {
        struct npc *n = &w->npcs[i];
        uint32_t cutter = n->kind == NPC_PATROL ? entity_slot(w, n->entity) : NO_SLOT;

        if (cutter == NO_SLOT || n->state == NPC_ATTACK ||
            unit_square(u, &w->units[cutter]) > u_square(far))
            continue;
        n->state = NPC_ATTACK;
        n->target = by->entity;
        n->until = w->head.tick + CHASE_TICKS;
    }
}

void npc_hit(struct world *w, uint32_t slot, const struct culprit *by)
{
    const struct ship *s = &w->ships[slot];
    struct npc *n;

    if (s->faction != WORLD_FACTION_RAIDER && s->faction != WORLD_FACTION_DRONE &&
        !(s->player && zone_wanted(w, slot)))
        distress(w, slot, by);
    if (s->npc == NO_NPC)
        return;
    n = &w->npcs[s->npc];
    /* A raider turns on whoever shoots at it, unless it has a victim already. */
    if (n->kind == NPC_RAIDER && (n->state == NPC_LURK || n->state == NPC_LOOT)) {
        n->state = NPC_ATTACK;
        n->target = by->entity;
    }
}

void npc_gone(struct world *w, uint32_t slot)
{
    uint32_t i = w->ships[slot].npc;
    struct npc *n;

    if (i == NO_NPC)
        return;
    n = &w->npcs[i];
    n->entity = n->target = 0;
    n->state = NPC_ABSENT;
    if (n->kind == NPC_PATROL)
        n->until = w->head.tick + PATROL_BACK;
}

void npc_drone(struct world *w, uint32_t slot)
{
    struct ship *s = &w->ships[slot];
    const struct config_station *home = world_config_station(&w->config, s->home);
    struct pilot *p = &w->pilots[s->pilot];
    const struct flight *f = &w->units[slot].f;
    int64_t far = (int64_t)DRONE_AHEAD_U * WORLD_UNIT;
    uint32_t drone;

    if (!s->newcomer || !home || !(home->flags & CONFIG_STATION_START) ||
        w->head.flags & WORLD_NO_NPCS || p->drones >= DRONES_MAX ||
        entity_slot(w, p->drone) != NO_SLOT)
        return;
    drone = entity_new(w, UNIT_SHIP, rules_class(&w->rules, WORLD_CLASS_DRONE),
                       f->x + (int32_t)((far * flight_cos(f->heading)) >> 14),
                       f->y + (int32_t)((far * flight_sin(f->heading)) >> 14));
    if (drone == NO_SLOT)
        return;
    w->units[drone].hull = WORLD_DRONE_HULL;
    w->ships[drone].faction = WORLD_FACTION_DRONE;
    w->ships[drone].expires_at = w->head.tick + DRONE_TICKS;
    ship_traits(w, drone);
    zone_place(w, drone);
    p->drone = entity_id(w, drone);
    p->drones++;
}
