/* SPDX-License-Identifier: Apache-2.0 */
#include "damage.h"
#include "entity.h"
#include "index.h"
#include "loot.h"
#include "npc.h"
#include "session.h"

/* Who struck last, if that was not too long ago for it to count. */
static struct culprit killer_of(const struct world *w, uint32_t slot)
{
    const struct attacker *a = &w->ships[slot].attackers[0];
    struct culprit by = {.slot = NO_SLOT};

    if (a->entity == 0 || !within(w, a->tick, WORLD_HELP_TICKS))
        return by;
    by = culprit_of(w, a->entity, a->player, 0);
    if (by.slot != NO_SLOT && w->units[by.slot].type == UNIT_SHIP)
        by.faction = w->ships[by.slot].faction;
    else
        by.slot = NO_SLOT;
    return by;
}

static void name_killers(const struct world *w, uint32_t slot, const struct culprit *by,
                         struct world_hard *h)
{
    h->killer_entity = by->entity;
    h->killer_player = by->player;
    h->killer_faction = by->faction;
    if (by->slot != NO_SLOT) {
        h->killer_ship = w->ships[by->slot].ship;
        h->killer_class = w->units[by->slot].class_id;
    }
    for (uint32_t i = 0; i < WORLD_ASSISTANTS; i++) {
        const struct attacker *a = &w->ships[slot].attackers[i];

        if (a->player && a->player != by->player && within(w, a->tick, WORLD_HELP_TICKS))
            h->assistants[h->assistants_n++] = a->player;
    }
}

static void tell_deaths(struct world *w, uint32_t slot, const struct culprit *by,
                        const struct world_hard *h)
{
    struct ship *s = &w->ships[slot];

    note(w, s->pilot,
         (struct world_note){.kind = WORLD_NOTE_KILLED,
                             .a = by->entity,
                             .b = h->killer_class,
                             .c = by->player,
                             .d = h->zone});
    if (by->slot != NO_SLOT)
        note(w, w->ships[by->slot].pilot,
             (struct world_note){.kind = WORLD_NOTE_KILL,
                                 .a = h->entity,
                                 .b = h->class_id,
                                 .c = s->player,
                                 .d = h->zone | (uint32_t)s->level << 8});
}

static void pilot_dies(struct world *w, uint32_t slot)
{
    struct ship *s = &w->ships[slot];
    struct unit *u = &w->units[slot];
    uint32_t at = index_get(&w->ships_known, s->ship);

    if (at != WORLD_NOBODY && w->known[at].slot == slot)
        w->known[at].slot = NO_SLOT;
    if (s->pilot == WORLD_NOBODY)
        return;
    w->pilots[s->pilot].respawn_at = w->head.tick + WORLD_RESPAWN_TICKS;
    w->pilots[s->pilot].booked = 0;
    pilot_leave(w, s->pilot, WORLD_PHASE_DEAD, s->home, u->f.x, u->f.y);
}

static void die(struct world *w, uint32_t slot)
{
    struct ship *s = &w->ships[slot];
    struct culprit by = killer_of(w, slot);
    struct world_hard *h = hard_new(w, WORLD_HARD_DESTROYED, slot);

    h->victim_wanted = zone_wanted(w, slot);
    name_killers(w, slot, &by, h);
    h->crime = zone_killed(w, &by, slot);
    loot_wreck(w, slot, h);
    tell_deaths(w, slot, &by, h);
    if (s->ship)
        pilot_dies(w, slot);
    npc_gone(w, slot);
    entity_free(w, slot, WORLD_GONE_DESTROYED);
}

void death_step(struct world *w)
{
    EACH_ALIVE(w, slot, 0, w->first[1]) {
        if (w->traits[slot] & TRAIT_DYING && hard_room(w))
            die(w, slot);
    }
}
