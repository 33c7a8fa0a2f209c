/* SPDX-License-Identifier: Apache-2.0 */
#include "damage.h"
#include "dock.h"
#include "entity.h"
#include "npc.h"

void damage_split(int32_t shield, const struct harm *h, int32_t *of_shield, int32_t *of_hull)
{
    int32_t cost = h->points * h->shield_pm / 1000;
    int32_t left;

    *of_hull = 0;
    *of_shield = cost;
    if (shield >= cost)
        return;
    *of_shield = shield;
    left = h->points - shield * 1000 / h->shield_pm;
    if (left > 0)
        *of_hull = left * h->hull_pm / 1000;
}

/* Newest first; an attacker that is listed already moves to the front. */
static void blame(struct world *w, uint32_t slot, const struct culprit *by)
{
    struct attacker *list = w->ships[slot].attackers;
    uint32_t at = 0;

    while (at < WORLD_ASSISTANTS - 1 && list[at].entity != by->entity &&
           (by->player == 0 || list[at].player != by->player))
        at++;
    for (; at > 0; at--)
        list[at] = list[at - 1];
    list[0] = (struct attacker){by->entity, by->player, w->head.tick};
}

static void tell(struct world *w, uint32_t slot, const struct culprit *by, int32_t of_shield,
                 int32_t of_hull)
{
    uint32_t shield = (uint32_t)of_shield, hull = (uint32_t)of_hull;

    note(w, w->ships[slot].pilot,
         (struct world_note){.kind = WORLD_NOTE_HIT_BY,
                             .a = by ? by->entity : 0,
                             .b = shield,
                             .c = by ? by->player : 0,
                             .d = hull});
    if (by && by->slot != NO_SLOT)
        note(w, w->ships[by->slot].pilot,
             (struct world_note){.kind = WORLD_NOTE_HIT_ON,
                                 .a = entity_id(w, slot),
                                 .b = shield,
                                 .c = w->ships[slot].player,
                                 .d = hull});
}

/* Takes points off; a hull that falls to nothing makes the ship a dying one. */
static void wound(struct world *w, uint32_t slot, int32_t of_shield, int32_t of_hull)
{
    struct unit *u = &w->units[slot];

    u->shield -= of_shield;
    u->hull -= of_hull;
    u->hit_at = w->head.tick;
    own_touch(w, w->ships[slot].pilot);
    if (u->hull > 0)
        return;
    if (w->head.flags & WORLD_HULLS_HOLD) {
        u->hull = 1;
        return;
    }
    u->hull = 0;
    dock_cancel(w, slot, WORLD_REFUSED_INTERRUPTED);
    u->state = STATE_DYING;
    w->traits[slot] |= TRAIT_DYING;
    u->fire = 0;
}

uint32_t damage_hit(struct world *w, uint32_t slot, const struct harm *h, const struct culprit *by)
{
    struct unit *u = &w->units[slot];
    uint32_t info = 0;
    int32_t of_shield, of_hull;

    world_assert(u->type == UNIT_SHIP && by != NULL);
    damage_split(u->shield, h, &of_shield, &of_hull);
    info |= of_shield > 0 ? WORLD_HIT_SHIELD : 0u;
    info |= of_hull > 0 ? WORLD_HIT_HULL : 0u;
    info |= of_shield > 0 && of_shield == u->shield ? WORLD_HIT_BROKE : 0u;
    blame(w, slot, by);
    zone_harmed(w, by, slot);
    w->ships[slot].struck_at = w->head.tick;
    if (by->slot != NO_SLOT) {
        w->ships[by->slot].struck_at = w->head.tick;
        own_touch(w, w->ships[by->slot].pilot);
    }
    tell(w, slot, by, of_shield, of_hull);
    dock_cancel(w, slot, WORLD_REFUSED_INTERRUPTED);
    wound(w, slot, of_shield, of_hull);
    npc_hit(w, slot, by);
    return info | (u->state == STATE_DYING ? WORLD_HIT_KILLED : 0u);
}

static void corona(struct world *w, uint32_t slot)
{
    static const struct harm heat = {WORLD_CORONA_DAMAGE, 1000, 1000};
    struct unit *u = &w->units[slot];
    int32_t sun = WORLD_SUN_U * WORLD_UNIT, of_shield, of_hull;

    if (square_sum((int64_t)u->f.x - sun, (int64_t)u->f.y - sun) > u_square(WORLD_CORONA_U))
        return;
    damage_split(u->shield, &heat, &of_shield, &of_hull);
    wound(w, slot, of_shield, of_hull);
    tell(w, slot, NULL, of_shield, of_hull);
}

static void recharge(struct world *w, uint32_t slot)
{
    const struct config_class *k = unit_class(w, slot)->config;
    struct unit *u = &w->units[slot];

    if (k && !within(w, u->hit_at, k->shield_delay + 1u))
        u->shield = min32(u->shield + k->shield_regen, unit_shield_max(w, slot));
}

void damage_step(struct world *w)
{
    EACH_ALIVE(w, slot, 0, w->first[1]) {
        struct unit *u = &w->units[slot];

        if (unit_frozen(u))
            continue;
        corona(w, slot);
        if (u->state != STATE_DYING)
            recharge(w, slot);
    }
}
