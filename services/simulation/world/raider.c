/* SPDX-License-Identifier: Apache-2.0 */
#include "entity.h"
#include "grid.h"
#include "dock.h"
#include "pack.h"
#include "pilotage.h"
#include "zone.h"

#define HUNT_U       1600
#define LOOT_U       1200
#define FEAR_U       1200 /* of patrols */
#define FLEE_TICKS   600
#define LEASH_CHECKS 6 /* decisions inside guarded space: about 300 u */
#define NEAR_U       120
#define GREED_OF_4   3   /* three in four turn to what was thrown out */

static uint32_t risk_at(const struct world *w, uint32_t slot)
{
    return world_config_zone(&w->config, w->ships[slot].zone)->risk;
}

/* True where patrols rule, unless the raider's pack defies them. */
static bool is_guarded(const struct world *w, const struct npc *n, uint32_t slot)
{
    return risk_at(w, slot) <= 1 && !pack_is_bold(w, pack_of(w, n), &w->units[slot]);
}

/* Whom one may rob at all. */
static bool is_prey(const struct world *w, uint32_t slot, uint32_t other)
{
    struct culprit by = {entity_id(w, slot), 0, slot, WORLD_FACTION_RAIDER};
    uint8_t faction = w->ships[other].faction;

    return (faction == WORLD_FACTION_PILOT || faction == WORLD_FACTION_GUILD) &&
           zone_may_hurt(w, &by, other) && !dock_shelter(w, &w->units[other]) &&
           world_config_zone(&w->config, w->ships[other].zone)->risk > 0;
}

/* The best prey in sight: the more laden the better, of equals the nearest. */
static uint32_t choose(const struct world *w, uint32_t slot)
{
    const struct unit *u = &w->units[slot];
    struct near_walk walk = grid_near(u->f.x, u->f.y, HUNT_U);
    uint32_t best = NO_SLOT, other;
    uint64_t best_worth = 0;

    while ((other = grid_near_next(w, &walk)) != NO_SLOT) {
        uint32_t far;
        uint64_t worth;

        if (w->units[other].type != UNIT_SHIP || !is_prey(w, slot, other))
            continue;
        far = distance_u(u, w->units[other].f.x, w->units[other].f.y);
        worth = (uint64_t)w->units[other].f.load * 2048 + (4096 - far);
        worth = worth << 24 | (~other & 0xffffff);
        if (far <= HUNT_U && worth > best_worth) {
            best = other;
            best_worth = worth;
        }
    }
    return best;
}

/* The nearest container in sight that this raider cares for and can carry. */
static uint32_t booty(const struct world *w, uint32_t npc, uint32_t slot)
{
    const struct unit *u = &w->units[slot];
    struct near_walk walk = grid_near(u->f.x, u->f.y, LOOT_U);
    uint32_t best = NO_SLOT, other;
    uint64_t best_far = u_square(LOOT_U) + 1;

    if (u->f.load >= WORLD_LOAD_STEPS - 2)
        return NO_SLOT;
    while ((other = grid_near_next(w, &walk)) != NO_SLOT) {
        uint64_t far = unit_square(u, &w->units[other]);

        if (w->units[other].type != UNIT_LOOT || far > best_far ||
            (far == best_far && other > best) || fate(w, entity_id(w, other), npc, 4) >= GREED_OF_4)
            continue;
        best = other;
        best_far = far;
    }
    return best;
}

static void lurk(struct world *w, uint32_t npc, uint32_t slot)
{
    struct npc *n = &w->npcs[npc];
    const struct pack *p = pack_of(w, n);

    if ((int32_t)(w->head.tick - n->until) >= 0) {
        uint32_t way = chance_below(w, n->entity, 100, 4096);
        int32_t far = (int32_t)chance_below(w, n->entity, 101, pack_reach_u(p)) * WORLD_UNIT;

        n->until = w->head.tick + 200 + chance_below(w, n->entity, 102, 200);
        n->x = p->x + (int32_t)(((int64_t)far * flight_cos(way)) >> 14);
        n->y = p->y + (int32_t)(((int64_t)far * flight_sin(way)) >> 14);
        n->x = clamp32(n->x, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
        n->y = clamp32(n->y, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
    }
    (void)go_to(w, slot, n->x, n->y, NEAR_U, true, false);
}

/* The nearest lawless circle, where raiders are at home. */
static void homewards(struct world *w, struct npc *n, uint32_t slot)
{
    uint32_t best = UINT32_MAX;

    for (uint32_t i = 0; i < w->config.shapes_n; i++) {
        const struct config_shape *s = &w->config.shapes[i];
        uint32_t far;

        if (s->kind != CONFIG_SHAPE_CIRCLE || world_config_zone(&w->config, s->zone)->risk < 4)
            continue;
        far = distance_u(&w->units[slot], s->x1 * WORLD_UNIT, s->y1 * WORLD_UNIT);
        if (far < best) {
            best = far;
            /* Beside the station, not in its shelter. */
            n->x = (s->x1 + 2 * WORLD_SHELTER_U) * WORLD_UNIT;
            n->y = s->y1 * WORLD_UNIT;
        }
    }
    n->state = NPC_RETURN;
}

static void give_up(struct world *w, struct npc *n, uint32_t slot)
{
    w->units[slot].fire = 0;
    n->until = w->head.tick;
    n->state = NPC_LURK;
    if (n->laden)
        homewards(w, n, slot);
}

static void flee(struct world *w, struct npc *n, uint32_t slot, uint32_t from)
{
    const struct unit *u = &w->units[slot], *o = &w->units[from];
    uint32_t way = flight_atan2((int64_t)u->f.y - o->f.y, (int64_t)u->f.x - o->f.x);

    if (n->state != NPC_FLEE)
        n->until = w->head.tick + FLEE_TICKS;
    n->state = NPC_FLEE;
    w->units[slot].fire = 0;
    /* The hurt cannot boost. */
    steer(w, slot, way, FLIGHT_AHEAD, u->hull * 2 > unit_hull_max(w, slot));
}

/* Runs while somebody is to be feared; true when this decision is made. */
static bool fear(struct world *w, struct npc *n, uint32_t slot)
{
    const struct config_level *level = world_config_level(&w->config, n->level);
    uint32_t cutter = nearest(w, slot, FEAR_U, is_patrol);
    uint32_t foe = entity_slot(w, w->ships[slot].attackers[0].entity);
    bool hurt =
        level && w->units[slot].hull < unit_hull_max(w, slot) * (int32_t)level->flee_pm / 1000;

    if (cutter != NO_SLOT) {
        flee(w, n, slot, cutter);
        return true;
    }
    if (hurt && foe != NO_SLOT && within(w, w->units[slot].hit_at, FLEE_TICKS)) {
        flee(w, n, slot, foe);
        return true;
    }
    if (n->state == NPC_FLEE && (int32_t)(w->head.tick - n->until) < 0)
        return true;
    if (n->state == NPC_FLEE)
        give_up(w, n, slot);
    return false;
}

static void attack(struct world *w, uint32_t npc, uint32_t slot)
{
    struct npc *n = &w->npcs[npc];
    const struct config_level *level = world_config_level(&w->config, n->level);
    uint32_t target = entity_slot(w, n->target);

    n->member = is_guarded(w, n, slot) ? (uint8_t)(n->member + 1) : 0;
    if (target == NO_SLOT || w->units[target].type != UNIT_SHIP || !is_prey(w, slot, target) ||
        n->member > LEASH_CHECKS || dock_shelter(w, &w->units[slot]) ||
        unit_square(&w->units[slot], &w->units[target]) > u_square(2 * HUNT_U)) {
        n->member = 0;
        give_up(w, n, slot);
        return;
    }
    dogfight(w, npc, target, level ? level->aim_error : 64);
}

static void fetch(struct world *w, uint32_t npc, uint32_t slot, uint32_t box)
{
    struct npc *n = &w->npcs[npc];

    w->units[slot].fire = 0;
    n->state = NPC_LOOT;
    n->laden = 1;
    (void)go_to(w, slot, w->units[box].f.x, w->units[box].f.y, WORLD_PICKUP_U, true, false);
}

static void decide(struct world *w, uint32_t npc, uint32_t slot)
{
    struct npc *n = &w->npcs[npc];
    uint32_t prey;

    if (n->state == NPC_ATTACK) {
        attack(w, npc, slot);
        return;
    }
    prey = choose(w, slot);
    if (prey != NO_SLOT && !is_guarded(w, n, slot)) {
        n->state = NPC_ATTACK;
        n->target = entity_id(w, prey);
        attack(w, npc, slot);
        return;
    }
    if (n->state == NPC_LOOT) /* it is gone */
        give_up(w, n, slot);
    if (n->state == NPC_RETURN) {
        if (go_to(w, slot, n->x, n->y, 2 * NEAR_U, false, false))
            npc_vanish(w, npc);
        return;
    }
    if (pack_is_over(w, pack_of(w, n)))
        homewards(w, n, slot);
    else
        lurk(w, npc, slot);
}

void raider_think(struct world *w, uint32_t npc)
{
    struct npc *n = &w->npcs[npc];
    uint32_t slot = entity_slot(w, n->entity), box;

    if (fear(w, n, slot))
        return;
    box = n->state == NPC_RETURN ? NO_SLOT : booty(w, npc, slot);
    if (box != NO_SLOT)
        fetch(w, npc, slot, box);
    else
        decide(w, npc, slot);
}
