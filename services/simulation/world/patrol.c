/* SPDX-License-Identifier: Apache-2.0 */
#include "entity.h"
#include "pilotage.h"
#include "traffic.h"
#include "zone.h"

#define SEE_U        1800
#define SCAN_U       500
#define SCAN_TICKS   60
#define CHASE_U      4500
#define BEAT_NEAR_U  500
#define WING_U       160
#define RETRY_TICKS  100
#define OUTSIDE      300 /* ticks that a chase goes on outside guarded space: about 1,500 u */

/* A place on the zone's ground: on a lane, or within a circle; most likely where ships were
 * attacked. */
static void draw_place(struct world *w, uint32_t npc, uint32_t purpose)
{
    struct npc *n = &w->npcs[npc];
    uint32_t part = chance_below(w, npc, purpose + 1, 1001);
    uint32_t at = traffic_beat(w, n->zone, npc, purpose);
    const struct config_shape *s = &w->config.shapes[at];

    if (at == w->config.shapes_n)
        return;
    if (s->kind == CONFIG_SHAPE_CIRCLE) {
        uint32_t way = chance_below(w, npc, purpose + 2, 4096);
        int32_t far = s->r / 1000 * (int32_t)part * 8 / 10;

        n->x = s->x1 * WORLD_UNIT + (int32_t)(((int64_t)far * WORLD_UNIT * flight_cos(way)) >> 14);
        n->y = s->y1 * WORLD_UNIT + (int32_t)(((int64_t)far * WORLD_UNIT * flight_sin(way)) >> 14);
    } else {
        n->x = (int32_t)(s->x1 + (int64_t)(s->x2 - s->x1) * part / 1000) * WORLD_UNIT;
        n->y = (int32_t)(s->y1 + (int64_t)(s->y2 - s->y1) * part / 1000) * WORLD_UNIT;
    }
    n->x = clamp32(n->x, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
    n->y = clamp32(n->y, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
}

/* The other one of the pair when it is in space and leads, else NULL. */
static const struct npc *leader(const struct world *w, uint32_t npc)
{
    const struct npc *n = &w->npcs[npc];

    return n->member && w->npcs[npc - 1].entity ? &w->npcs[npc - 1] : NULL;
}

void patrol_return(struct world *w, uint32_t npc)
{
    struct npc *n = &w->npcs[npc];
    const struct npc *first = leader(w, npc);
    uint32_t slot;
    int32_t x, y;

    n->until = w->head.tick + RETRY_TICKS;
    n->x = n->y = 0;
    draw_place(w, npc, 80);
    if (n->x == 0)
        return;
    x = n->x;
    y = n->y;
    draw_place(w, npc, 84);
    if (first) {
        x = w->units[entity_slot(w, first->entity)].f.x + WING_U * WORLD_UNIT;
        y = w->units[entity_slot(w, first->entity)].f.y + WING_U * WORLD_UNIT;
    }
    slot = npc_spawn(w, npc, w->rules.patrol, x, y);
    if (slot != NO_SLOT)
        n->state = NPC_CRUISE;
}

static bool is_criminal(const struct world *w, uint32_t slot, uint32_t other)
{
    struct culprit by = {entity_id(w, slot), 0, slot, WORLD_FACTION_PATROL};

    return (w->ships[other].faction == WORLD_FACTION_RAIDER ||
            (w->ships[other].player && zone_wanted(w, other))) &&
           zone_may_hurt(w, &by, other);
}

static bool is_pilot(const struct world *w, uint32_t slot, uint32_t other)
{
    uint32_t npc = w->ships[slot].npc;

    return w->ships[other].player && !unit_frozen(&w->units[other]) &&
           entity_id(w, other) != w->npcs[npc].scanned;
}

static bool carries_contraband(const struct world *w, uint32_t slot, uint32_t risk)
{
    const struct ship *s = &w->ships[slot];

    for (uint32_t i = 0; i < s->cargo_n; i++) {
        const struct config_good *g = world_config_good(&w->config, s->cargo[i].good);

        if (g && ((g->contraband | g->restricted) >> risk & 1))
            return true;
    }
    return false;
}

static void scan_end(struct world *w, uint32_t npc, uint32_t target)
{
    struct npc *n = &w->npcs[npc];
    const struct config_zone *z = world_config_zone(&w->config, w->ships[target].zone);
    bool found = carries_contraband(w, target, z->risk) &&
                 chance_below(w, n->entity, 88, 1000) < z->customs_pm;

    n->scanned = n->target;
    n->state = NPC_CRUISE;
    note(w, w->ships[target].pilot,
         (struct world_note){.kind = WORLD_NOTE_SCANNED, .a = n->entity, .b = found});
    if (found)
        zone_want(w, target, WORLD_SMUGGLE_TICKS);
}

static void scan(struct world *w, uint32_t npc, uint32_t slot)
{
    struct npc *n = &w->npcs[npc];
    uint32_t target = entity_slot(w, n->target);
    const struct flight *f;

    if (target == NO_SLOT || unit_square(&w->units[slot], &w->units[target]) > u_square(SCAN_U)) {
        n->state = NPC_CRUISE;
        return;
    }
    if ((int32_t)(w->head.tick - n->until) >= 0) {
        scan_end(w, npc, target);
        return;
    }
    f = &w->units[target].f;
    (void)go_to(w, slot, f->x, f->y, WING_U, true, false);
}

static void walk_beat(struct world *w, uint32_t npc, uint32_t slot)
{
    struct npc *n = &w->npcs[npc];
    const struct npc *first = leader(w, npc);
    uint32_t seen = first ? NO_SLOT : nearest(w, slot, SCAN_U, is_pilot);

    if (seen != NO_SLOT && world_config_zone(&w->config, w->ships[slot].zone)->risk <= 1) {
        n->state = NPC_SCAN;
        n->target = entity_id(w, seen);
        n->until = w->head.tick + SCAN_TICKS;
        return;
    }
    if (first) {
        const struct flight *f = &w->units[entity_slot(w, first->entity)].f;

        (void)go_to(w, slot, f->x + WING_U * WORLD_UNIT, f->y + WING_U * WORLD_UNIT, WING_U, true,
                    false);
        return;
    }
    if (go_to(w, slot, n->x, n->y, BEAT_NEAR_U, false, false))
        draw_place(w, npc, 90);
}

static void pursue(struct world *w, uint32_t npc, uint32_t slot)
{
    struct npc *n = &w->npcs[npc];
    const struct config_level *level = world_config_level(&w->config, n->level);
    uint32_t target = entity_slot(w, n->target);
    bool guarded = world_config_zone(&w->config, w->ships[slot].zone)->risk <= 1;

    if (guarded)
        n->until = w->head.tick + OUTSIDE;
    if (target == NO_SLOT || !is_criminal(w, slot, target) ||
        (int32_t)(w->head.tick - n->until) >= 0 ||
        unit_square(&w->units[slot], &w->units[target]) > u_square(CHASE_U)) {
        n->state = NPC_CRUISE;
        w->units[slot].fire = 0;
        return;
    }
    dogfight(w, npc, target, level ? level->aim_error : 48);
}

void patrol_think(struct world *w, uint32_t npc)
{
    struct npc *n = &w->npcs[npc];
    uint32_t slot = entity_slot(w, n->entity), seen;

    if (n->state != NPC_ATTACK) {
        seen = nearest(w, slot, SEE_U, is_criminal);
        if (seen != NO_SLOT) {
            n->state = NPC_ATTACK;
            n->target = entity_id(w, seen);
            n->until = w->head.tick + OUTSIDE;
        }
    }
    if (n->state == NPC_ATTACK)
        pursue(w, npc, slot);
    else if (n->state == NPC_SCAN)
        scan(w, npc, slot);
    else
        walk_beat(w, npc, slot);
}
