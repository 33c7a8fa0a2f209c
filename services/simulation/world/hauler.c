/* SPDX-License-Identifier: Apache-2.0 */
#include "hauler.h"
#include "dock.h"
#include "entity.h"
#include "loot.h"
#include "npc.h"
#include "pilotage.h"

#define NODE_NEAR_U   600  /* a waypoint is passed so near */
#define THREAT_U      1200
#define CALM_TICKS    100
#define DUMP_PM       600  /* of the hull, below which it buys itself free */
#define ESCORT_RISK   2    /* from here on a guild that has escorts sends one along */
#define ESCORT_AHEAD  200  /* u */
#define ESCORT_SEE_U  1500
#define ESCORT_TETHER 2500 /* it never chases farther from its hauler, u */

static bool has_escort(const struct world *w, uint32_t guild)
{
    return w->config.guilds[guild].escort_class != 0;
}

void hauler_roster(struct world *w)
{
    for (uint32_t g = 0; g < w->config.guilds_n; g++) {
        for (uint32_t i = 0; i < w->config.guilds[g].ships; i++) {
            for (uint32_t k = 0; k < (has_escort(w, g) ? 2u : 1u); k++) {
                struct npc *n = npc_add(w, k ? NPC_ESCORT : NPC_HAULER);

                if (!n)
                    return;
                n->group = (uint8_t)g;
                n->level = w->config.guilds[g].id;
            }
        }
    }
}

static uint32_t place_of_guild(const struct world *w, uint32_t guild)
{
    for (uint32_t i = 0; i < w->head.npcs_n; i++) {
        const struct npc *n = &w->npcs[i];

        if (n->kind == NPC_HAULER && n->level == guild && n->entity == 0)
            return i;
    }
    return NO_NPC;
}

uint32_t hauler_place(const struct world *w, const struct world_baton *b)
{
    return place_of_guild(w, b->guild);
}

/* Sets the way from a node to the NPC's destination; straight when the graph knows none. */
static void set_out(const struct world *w, struct npc *n, uint32_t from)
{
    uint32_t next = from == NO_NODE || from == n->to ? NO_NODE
                                                     : w->rules.routes.next[n->way][from][n->to];

    n->from = (uint16_t)from;
    n->next = next == NO_NODE ? n->to : (uint16_t)next;
    n->state = NPC_CRUISE;
}

static void join(struct world *w, uint32_t npc, uint32_t slot)
{
    struct npc *n = &w->npcs[npc];

    n->entity = entity_id(w, slot);
    w->ships[slot].npc = (uint16_t)npc;
    w->ships[slot].faction = WORLD_FACTION_GUILD;
    w->ships[slot].level = n->level;
    ship_traits(w, slot);
}

/* The escort starts beside its hauler when the voyage is worth it. */
static void send_escort(struct world *w, uint32_t npc, uint32_t slot, const struct world_baton *b)
{
    const struct config_guild *g = &w->config.guilds[w->npcs[npc].group];
    const struct flight *f = &w->units[slot].f;
    struct route_trip trip;

    if (!has_escort(w, w->npcs[npc].group) || w->npcs[npc + 1].entity ||
        !routes_trip(&w->rules.routes, &w->config, (enum route_way)b->way, b->station, b->to,
                     &trip) ||
        trip.risk < ESCORT_RISK)
        return;
    w->npcs[npc + 1].x = f->x;
    w->npcs[npc + 1].y = f->y;
    if (npc_spawn(w, npc + 1, rules_class(&w->rules, g->escort_class),
                  f->x + ESCORT_AHEAD * WORLD_UNIT, f->y) != NO_SLOT)
        w->npcs[npc + 1].state = NPC_CRUISE;
}

void hauler_board(struct world *w, uint32_t npc, uint32_t slot, const struct world_baton *b)
{
    struct npc *n = &w->npcs[npc];

    n->to = (uint16_t)routes_station(&w->rules.routes, b->to);
    n->way = b->way;
    n->laden = w->ships[slot].cargo_n > 0;
    set_out(w, n, routes_station(&w->rules.routes, b->station));
    join(w, npc, slot);
    send_escort(w, npc, slot, b);
}

void hauler_keep(struct world *w, const struct npc *was, const struct world_config *old)
{
    uint32_t slot = entity_slot(w, was->entity), npc = place_of_guild(w, was->level);
    uint32_t to = routes_station(&w->rules.routes, old->stations[was->to].id);
    struct npc *n;

    if (npc == NO_NPC || to == NO_NODE) { /* nobody flies it any more: it will be parked */
        w->ships[slot].npc = NO_NPC;
        w->ships[slot].linkdead = 1;
        w->ships[slot].lost_at = w->head.tick;
        ship_traits(w, slot);
        return;
    }
    n = &w->npcs[npc];
    n->to = (uint16_t)to;
    n->way = was->way;
    n->laden = was->laden;
    set_out(w, n, NO_NODE);
    join(w, npc, slot);
}

static void cruise(struct world *w, uint32_t npc, uint32_t slot)
{
    struct npc *n = &w->npcs[npc];
    const struct route_node *node = &w->rules.routes.nodes[n->next];
    const struct unit *u = &w->units[slot];
    bool last = n->next == n->to;
    uint32_t near = last ? node->station->dock_radius * 2u / 3 : NODE_NEAR_U;

    if (u->state == STATE_HOLD) {
        w->units[slot].thrust = FLIGHT_BRAKE;
        return;
    }
    if (!go_to(w, slot, node->x, node->y, near, last, false))
        return;
    if (!last)
        set_out(w, n, n->next);
    else if (square_sum(u->f.vx, u->f.vy) <= (uint64_t)WORLD_DOCK_SPEED * WORLD_DOCK_SPEED)
        dock_begin(w, slot, 0, node->station->id);
}

/* The nearest station or guarded waypoint. */
static const struct route_node *haven(const struct world *w, uint32_t slot)
{
    const struct route_node *best = NULL;

    for (uint32_t i = 0; i < w->rules.routes.nodes_n; i++) {
        const struct route_node *n = &w->rules.routes.nodes[i];

        if (!n->station && n->risk > 1)
            continue;
        if (!best || distance_u(&w->units[slot], n->x, n->y) <
                         distance_u(&w->units[slot], best->x, best->y))
            best = n;
    }
    return best;
}

static void buy_free(struct world *w, struct npc *n, uint32_t slot)
{
    const struct ship *s = &w->ships[slot];

    if (!n->laden || w->units[slot].hull > unit_hull_max(w, slot) * DUMP_PM / 1000 ||
        s->cargo_n == 0)
        return;
    n->laden = 0;
    loot_dump(w, slot, s->cargo[0].good, s->cargo[0].quantity);
}

void hauler_think(struct world *w, uint32_t npc)
{
    struct npc *n = &w->npcs[npc];
    uint32_t slot = entity_slot(w, n->entity);
    bool hit = within(w, w->units[slot].hit_at, CALM_TICKS);
    bool threat = hit || nearest(w, slot, THREAT_U, is_raider) != NO_SLOT;
    const struct route_node *safe;

    /* Who is at the dock stays there: in a shelter no raider comes near. */
    if (!threat || w->units[slot].state == STATE_HOLD) {
        n->state = NPC_CRUISE;
        cruise(w, npc, slot);
        return;
    }
    n->state = NPC_EVADE;
    if (hit)
        buy_free(w, n, slot);
    safe = haven(w, slot);
    (void)go_to(w, slot, safe->x, safe->y, WORLD_SHELTER_U / 2, true, true);
}

/* Fights what comes near its hauler, else keeps beside it; goes home when it has docked. */
void escort_think(struct world *w, uint32_t npc)
{
    struct npc *n = &w->npcs[npc];
    uint32_t slot = entity_slot(w, n->entity), charge = entity_slot(w, w->npcs[npc - 1].entity);
    uint32_t seen;

    if (charge == NO_SLOT) {
        npc_vanish(w, npc);
        return;
    }
    seen = nearest(w, charge, ESCORT_SEE_U, is_raider);
    if (seen != NO_SLOT &&
        unit_square(&w->units[slot], &w->units[charge]) <= u_square(ESCORT_TETHER)) {
        n->state = NPC_ATTACK;
        n->target = entity_id(w, seen);
        dogfight(w, npc, seen, w->config.levels[w->config.levels_n - 1].aim_error);
        return;
    }
    n->state = NPC_CRUISE;
    w->units[slot].fire = 0;
    (void)go_to(w, slot, w->units[charge].f.x, w->units[charge].f.y, ESCORT_AHEAD, true,
                unit_square(&w->units[slot], &w->units[charge]) > u_square(ESCORT_SEE_U));
}

uint32_t world_haulers(const struct world *w)
{
    world_assert(w != NULL);
    return w->head.npcs_n;
}

bool world_hauler_get(const struct world *w, uint32_t place, struct world_hauler *out)
{
    const struct npc *n;
    const struct unit *u;
    uint32_t slot;

    world_assert(w != NULL && out != NULL && place < w->head.npcs_n);
    n = &w->npcs[place];
    slot = n->kind == NPC_HAULER ? entity_slot(w, n->entity) : NO_SLOT;
    if (slot == NO_SLOT)
        return false;
    u = &w->units[slot];
    *out = (struct world_hauler){.id = n->entity,
                                 .ship = w->ships[slot].ship,
                                 .player = ship_owner(&w->ships[slot]),
                                 .version = w->ships[slot].version,
                                 .class_id = u->class_id,
                                 .hull = (uint16_t)(u->hull > 0 ? u->hull : 0),
                                 .docking = u->state == STATE_DOCKED,
                                 .flight = u->f};
    return true;
}
