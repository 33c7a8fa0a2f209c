/* SPDX-License-Identifier: Apache-2.0 */
#include "pilotage.h"
#include "entity.h"
#include "grid.h"
#include "npc.h"
#include "zone.h"

#define STEER_DEAD   10   /* steps that are not worth a new record */
#define SUN_KEEP_U   4200 /* inside it nobody flies inwards */
#define SUN_PART     900
#define FIRE_MARGIN  40   /* steps beyond the aim error within which one fires */
#define BREAK_U      140
#define BREAK_END_U  420
#define BREAK_STEPS  1100
#define JINK_STEPS   160
#define SPARE_SLOTS  8    /* one slot in so many stays free for pilots */

void steer(struct world *w, uint32_t slot, uint32_t way, uint32_t thrust, bool boost)
{
    struct unit *u = &w->units[slot];
    int32_t off = turn_to(u->f.target, way);

    if (off > STEER_DEAD || off < -STEER_DEAD)
        u->f.target = (uint16_t)(way & 4095);
    u->thrust = (uint8_t)thrust;
    u->boost = boost ? 1 : 0;
}

uint32_t distance_u(const struct unit *u, int32_t x, int32_t y)
{
    return flight_isqrt(square_sum((int64_t)x - u->f.x, (int64_t)y - u->f.y)) / WORLD_UNIT;
}

/* Nobody means to cross the corona: near it the way bends along its rim. */
static uint32_t around_sun(const struct unit *u, uint32_t way)
{
    int32_t sun = WORLD_SUN_U * WORLD_UNIT;
    uint32_t inwards;
    int32_t off;

    if (distance_u(u, sun, sun) > SUN_KEEP_U)
        return way;
    inwards = flight_atan2((int64_t)sun - u->f.y, (int64_t)sun - u->f.x);
    off = turn_to(inwards, way);
    if (off >= SUN_PART || off <= -SUN_PART)
        return way;
    return (inwards + (off >= 0 ? 1200u : 4096u - 1200u)) & 4095;
}

/* Distance needed to come to rest, u. */
static uint32_t stopping_u(const struct world *w, uint32_t slot)
{
    const struct unit *u = &w->units[slot];
    int32_t a = unit_class(w, slot)->flight.accel[u->f.load & WORLD_LOAD_STEPS];

    return (uint32_t)(square_sum(u->f.vx, u->f.vy) / (uint32_t)(2 * a) / WORLD_UNIT);
}

bool go_to(struct world *w, uint32_t slot, int32_t x, int32_t y, uint32_t near_u, bool stop,
           bool boost)
{
    const struct unit *u = &w->units[slot];
    uint32_t far = distance_u(u, x, y);
    uint32_t way = flight_atan2((int64_t)y - u->f.y, (int64_t)x - u->f.x);

    if (stop && far <= near_u + stopping_u(w, slot))
        steer(w, slot, way, FLIGHT_BRAKE, false);
    else
        steer(w, slot, around_sun(u, way), FLIGHT_AHEAD, boost);
    return far <= near_u;
}

uint32_t fate(const struct world *w, uint32_t a, uint32_t b, uint32_t n)
{
    return (uint32_t)(mix64(fold64(w->head.seed, (uint64_t)a << 32 | b)) >> 33) % n;
}

static void break_off(struct world *w, struct npc *n, uint32_t slot, uint32_t lead)
{
    bool left = chance_below(w, n->entity, 60, 2) == 0;

    n->break_until = w->head.tick + 24 + chance_below(w, n->entity, 61, 24);
    steer(w, slot, lead + (left ? BREAK_STEPS : 4096u - BREAK_STEPS), FLIGHT_AHEAD, false);
    w->units[slot].fire = 0;
}

/* New errors and feints at the ends of their windows. */
static void redraw(struct world *w, struct npc *n, int32_t error)
{
    uint32_t tick = w->head.tick;

    if ((int32_t)(tick - n->aim_until) >= 0) {
        n->aim_until = tick + 16;
        n->aim_error = (int32_t)chance_below(w, n->entity, 62, (uint32_t)(2 * error + 1)) - error;
    }
    if ((int32_t)(tick - n->jink_until) >= 0) {
        n->jink_until = tick + 32;
        n->jink = chance_below(w, n->entity, 63, 2) ? JINK_STEPS : -JINK_STEPS;
    }
}

static void shoot(struct world *w, uint32_t slot, uint32_t target, uint32_t aim, int32_t error,
                  bool in_range)
{
    struct unit *u = &w->units[slot];
    int32_t off = turn_to(u->f.heading, aim);
    bool aligned = off <= error + FIRE_MARGIN && off >= -error - FIRE_MARGIN;

    u->fire = in_range && aligned ? 1 : 0;
    if (aligned && w->ships[slot].torpedoes)
        u->fire |= 2;
    w->ships[slot].target = entity_id(w, target);
}

void dogfight(struct world *w, uint32_t npc, uint32_t target, int32_t error)
{
    struct npc *n = &w->npcs[npc];
    uint32_t slot = entity_slot(w, n->entity);
    struct unit *u = &w->units[slot];
    const struct flight *f = &w->units[target].f;
    const struct config_class *k = unit_class(w, slot)->config;
    const struct config_weapon *gun = gun_of(w, slot);
    uint32_t far = distance_u(u, f->x, f->y), range, lead, aim, thrust = FLIGHT_AHEAD;

    world_assert(gun != NULL);
    range = (uint32_t)gun->speed * gun->life / WORLD_UNIT;
    lead = flight_lead(f->x - u->f.x, f->y - u->f.y, f->vx - u->f.vx, f->vy - u->f.vy, gun->speed);
    redraw(w, n, error);
    if ((int32_t)(n->break_until - w->head.tick) > 0 && far < BREAK_END_U)
        return;
    n->break_until = w->head.tick;
    if (far < BREAK_U) {
        break_off(w, n, slot, lead);
        return;
    }
    aim = (lead + (uint32_t)n->aim_error) & 4095;
    if (far > range * 3 / 4) {
        if (within(w, u->hit_at, 40))
            aim = (aim + (uint32_t)n->jink) & 4095;
    } else if (fate(w, n->entity, w->head.tick >> 4, 2)) {
        thrust = FLIGHT_COAST;
    }
    steer(w, slot, aim, thrust, far > range && u->energy > k->energy / 3);
    shoot(w, slot, target, (lead + (uint32_t)n->aim_error) & 4095, error, far * 100 <= range * 95);
}

uint32_t nearest(const struct world *w, uint32_t slot, uint32_t far_u, pick_fn wanted)
{
    const struct unit *u = &w->units[slot];
    struct near_walk walk = grid_near(u->f.x, u->f.y, far_u);
    uint32_t best = NO_SLOT, other;
    uint64_t best_far = u_square(far_u) + 1;

    while ((other = grid_near_next(w, &walk)) != NO_SLOT) {
        uint64_t far = unit_square(u, &w->units[other]);

        if (other == slot || w->units[other].type != UNIT_SHIP || far > best_far ||
            (far == best_far && other > best) || !wanted(w, slot, other))
            continue;
        best = other;
        best_far = far;
    }
    return best;
}

bool is_raider(const struct world *w, uint32_t slot, uint32_t other)
{
    (void)slot;
    return w->ships[other].faction == WORLD_FACTION_RAIDER;
}

bool is_patrol(const struct world *w, uint32_t slot, uint32_t other)
{
    (void)slot;
    return w->ships[other].faction == WORLD_FACTION_PATROL;
}

uint32_t npc_spawn(struct world *w, uint32_t npc, uint32_t class_index, int32_t x, int32_t y)
{
    struct npc *n = &w->npcs[npc];
    uint32_t slot, way;

    if (w->head.flags & WORLD_NO_NPCS || w->head.free_n[0] <= w->limits.ships / SPARE_SLOTS)
        return NO_SLOT;
    slot = entity_new(w, UNIT_SHIP, class_index, x, y);
    n->entity = entity_id(w, slot);
    w->ships[slot].npc = (uint16_t)npc;
    w->ships[slot].level = n->level;
    w->ships[slot].faction = n->kind == NPC_ESCORT   ? WORLD_FACTION_GUILD
                             : n->kind == NPC_RAIDER ? WORLD_FACTION_RAIDER
                                                     : WORLD_FACTION_PATROL;
    ship_traits(w, slot);
    w->ships[slot].torpedoes = w->rules.classes[class_index].config->torpedoes;
    w->units[slot].hull = unit_hull_max(w, slot);
    w->units[slot].shield = unit_shield_max(w, slot);
    w->units[slot].energy = w->rules.classes[class_index].config->energy;
    way = flight_atan2((int64_t)n->y - y, (int64_t)n->x - x);
    w->units[slot].f.heading = w->units[slot].f.target = (uint16_t)way;
    zone_place(w, slot);
    return slot;
}

void npc_vanish(struct world *w, uint32_t npc)
{
    uint32_t slot = entity_slot(w, w->npcs[npc].entity);

    npc_gone(w, slot);
    entity_free(w, slot, WORLD_GONE_DOCKED);
}
