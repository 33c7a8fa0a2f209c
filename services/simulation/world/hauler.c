/* SPDX-License-Identifier: Apache-2.0 */
#include "entity.h"
#include "loot.h"
#include "pilotage.h"

#define NODE_NEAR_U   600  /* a waypoint is passed so near */
#define THREAT_U      1200
#define CALM_TICKS    100
#define RETRY_TICKS   100
#define DUMP_PM       600  /* of the hull, below which it buys itself free */

static const struct config_guild *guild_of(const struct world *w, const struct npc *n)
{
    return &w->config.guilds[n->group];
}

static bool allowed(const struct world *w, const struct npc *n, uint32_t node)
{
    return w->rules.nodes[node].station && w->rules.nodes[node].risk <= guild_of(w, n)->risk_max;
}

/* A station by its population, other than `not` and with a way from it; NO_NODE without luck. */
static uint32_t draw_station(const struct world *w, const struct npc *n, uint32_t npc,
                             uint32_t not, uint32_t purpose)
{
    uint32_t sum = 0, left;

    for (uint32_t i = 0; i < w->config.stations_n; i++)
        sum += allowed(w, n, i) ? w->config.stations[i].pop + 1u : 0;
    left = chance_below(w, npc, purpose, sum);
    for (uint32_t i = 0; i < w->config.stations_n; i++) {
        uint32_t weight = allowed(w, n, i) ? w->config.stations[i].pop + 1u : 0;

        if (left < weight)
            return i != not && (not == NO_NODE || w->rules.next[not][i] != NO_NODE) ? i : NO_NODE;
        left -= weight;
    }
    return NO_NODE;
}

static bool draw_route(struct world *w, uint32_t npc)
{
    struct npc *n = &w->npcs[npc];

    if (n->from == NO_NODE)
        n->from = (uint16_t)draw_station(w, n, npc, NO_NODE, 70);
    if (n->from == NO_NODE)
        return false;
    n->to = (uint16_t)draw_station(w, n, npc, n->from, 71);
    if (n->to == NO_NODE)
        return false;
    n->next = w->rules.next[n->from][n->to];
    return true;
}

/* One or two kinds of goods, six tenths of the hold or more. */
static void load(struct world *w, uint32_t npc, uint32_t slot)
{
    uint32_t hold = unit_class(w, slot)->config->hold;

    for (uint32_t i = 0; i < 2; i++) {
        const struct config_good *g =
            &w->config.goods[chance_below(w, npc, 72 + i, w->config.goods_n)];

        (void)ship_stow(w, slot, g->id, hold * (30 + chance_below(w, npc, 74 + i, 21)) / 100 /
                                            g->mass);
    }
}

void hauler_return(struct world *w, uint32_t npc)
{
    struct npc *n = &w->npcs[npc];
    const struct rule_node *a, *b;
    uint32_t class_index, slot, part;

    n->until = w->head.tick + RETRY_TICKS;
    if (!draw_route(w, npc))
        return;
    a = &w->rules.nodes[n->from];
    b = &w->rules.nodes[n->next];
    n->x = b->x;
    n->y = b->y;
    /* At the beginning of the world it is somewhere on its first leg, else it leaves a dock. */
    part = n->member ? chance_below(w, npc, 76, 900) : 0;
    class_index = rules_class(&w->rules, guild_of(w, n)->class_id);
    slot = npc_spawn(w, npc, class_index, a->x + (int32_t)(((int64_t)b->x - a->x) * part / 1000),
                     a->y + (int32_t)(((int64_t)b->y - a->y) * part / 1000));
    if (slot == NO_SLOT)
        return;
    n->member = 0;
    n->laden = 1;
    n->state = NPC_CRUISE;
    load(w, npc, slot);
}

static void cruise(struct world *w, uint32_t npc, uint32_t slot)
{
    struct npc *n = &w->npcs[npc];
    const struct rule_node *node = &w->rules.nodes[n->next];
    const struct unit *u = &w->units[slot];
    bool last = n->next == n->to;
    uint32_t near = last ? node->station->dock_radius * 2u / 3 : NODE_NEAR_U;

    if (!go_to(w, slot, node->x, node->y, near, last, false))
        return;
    if (!last) {
        n->from = n->next;
        n->next = w->rules.next[n->from][n->to];
        return;
    }
    if (square_sum(u->f.vx, u->f.vy) > (uint64_t)WORLD_DOCK_SPEED * WORLD_DOCK_SPEED)
        return;
    n->from = n->to;
    npc_vanish(w, npc);
}

/* The nearest station or guarded waypoint. */
static const struct rule_node *haven(const struct world *w, uint32_t slot)
{
    const struct rule_node *best = NULL;

    for (uint32_t i = 0; i < w->rules.nodes_n; i++) {
        const struct rule_node *n = &w->rules.nodes[i];

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
    const struct rule_node *safe;

    if (!threat) {
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
