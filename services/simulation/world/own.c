/* SPDX-License-Identifier: Apache-2.0 */
#include "dock.h"
#include "entity.h"
#include "zone.h"

static uint32_t until(const struct world *w, uint32_t since, uint32_t span)
{
    return within(w, since, span) ? since + span : 0;
}

static void own_ship(const struct world *w, uint32_t slot, struct world_own *out)
{
    const struct unit *u = &w->units[slot];
    const struct ship *s = &w->ships[slot];
    bool immune = s->immune_until && (int32_t)(s->immune_until - w->head.tick) > 0;

    out->id = entity_id(w, slot);
    out->ship = s->ship;
    out->version = s->version;
    out->class_id = u->class_id;
    out->flight = u->f;
    out->x = u->f.x;
    out->y = u->f.y;
    out->boost_wish = u->boost;
    out->boost_spent = u->spent;
    out->hull = (uint16_t)u->hull;
    out->hull_max = (uint16_t)unit_hull_max(w, slot);
    out->shield = (uint16_t)u->shield;
    out->shield_max = (uint16_t)unit_shield_max(w, slot);
    out->energy = u->energy;
    out->energy_max = unit_class(w, slot)->config->energy;
    memcpy(out->cooldown, u->cool, sizeof out->cooldown);
    out->torpedoes = s->torpedoes;
    out->gun = s->gun;
    out->target = s->target;
    out->zone = s->zone;
    out->zone_kept = s->kept;
    out->shelter = dock_shelter(w, u) ? 1 : 0;
    out->newcomer = s->newcomer;
    out->dock_ready = u->state == STATE_HOLD ? w->head.tick + WORLD_DOCK_HOLD - u->hold : 0;
    out->combat_until = until(w, s->struck_at, WORLD_COMBAT_TICKS);
    out->immune_until = immune ? s->immune_until : 0;
    out->wanted_until = zone_wanted(w, slot) ? s->wanted_until : 0;
    out->dock_at = until(w, u->hit_at, WORLD_DOCK_CALM);
    out->cargo_mass = s->mass;
    out->cargo_n = s->cargo_n;
    memcpy(out->cargo, s->cargo, sizeof out->cargo);
}

bool world_own_get(const struct world *w, uint32_t pilot, struct world_own *out)
{
    const struct pilot *p;

    world_assert(w != NULL && out != NULL);
    memset(out, 0, sizeof *out);
    if (pilot >= w->head.pilots_used || w->pilots[pilot].player == 0)
        return false;
    p = &w->pilots[pilot];
    out->player = p->player;
    out->session_epoch = p->session_epoch;
    out->bound = p->bound != 0;
    out->phase = p->phase;
    out->station = p->station;
    out->x = p->x;
    out->y = p->y;
    out->ship = p->ship;
    out->seq = p->seq;
    out->seq_tick = p->seq_tick;
    out->input_at = p->input_at;
    out->respawn_at = p->phase == WORLD_PHASE_DEAD ? p->respawn_at : 0;
    if (p->slot != NO_SLOT)
        own_ship(w, p->slot, out);
    return true;
}

bool world_own_changed(const struct world *w, uint32_t pilot)
{
    world_assert(w != NULL);
    return pilot < w->head.pilots_used && w->out_changed[pilot] != 0;
}
