/* SPDX-License-Identifier: Apache-2.0 */
#include "zone.h"
#include "dock.h"
#include "entity.h"

struct culprit culprit_of(const struct world *w, uint32_t entity, uint32_t player, uint8_t faction)
{
    return (struct culprit){entity, player, entity_slot(w, entity), faction};
}

void zone_place(struct world *w, uint32_t slot)
{
    const struct unit *u = &w->units[slot];
    struct ship *s = &w->ships[slot];

    s->zone = world_config_zone_at(&w->config, u->f.x, u->f.y);
    s->kept = 0;
    s->kept_until = w->head.tick;
}

static uint32_t risk_of(const struct world *w, uint32_t zone)
{
    return world_config_zone(&w->config, zone)->risk;
}

static void zone_look(struct world *w, uint32_t slot)
{
    const struct unit *u = &w->units[slot];
    struct ship *s = &w->ships[slot];
    uint8_t now = world_config_zone_at(&w->config, u->f.x, u->f.y);

    if (s->kept && s->kept_until == w->head.tick) {
        s->kept = 0;
        own_touch(w, s->pilot);
    }
    if (now == s->zone)
        return;
    /* What protects already is given up only for something safer. */
    if (risk_of(w, now) <= (s->kept ? risk_of(w, s->kept) : risk_of(w, s->zone))) {
        s->kept = 0;
    } else if (!s->kept || risk_of(w, s->zone) <= risk_of(w, s->kept)) {
        s->kept = s->zone;
        s->kept_until = w->head.tick + WORLD_ZONE_KEEP;
    }
    note(w, s->pilot, (struct world_note){.kind = WORLD_NOTE_ZONE, .a = now, .b = s->zone});
    s->zone = now;
}

void zone_step(struct world *w)
{
    EACH_ALIVE(w, slot, 0, w->first[1]) {
        if (((w->head.tick + slot) & (WORLD_ZONE_PERIOD - 1)) == 0)
            zone_look(w, slot);
    }
}

const struct config_zone *zone_of(const struct world *w, uint32_t slot)
{
    const struct ship *s = &w->ships[slot];

    return world_config_zone(&w->config, s->kept ? s->kept : s->zone);
}

bool zone_wanted(const struct world *w, uint32_t slot)
{
    uint32_t left = w->ships[slot].wanted_until - w->head.tick;

    return w->ships[slot].wanted_until != 0 && left != 0 && left <= NEVER;
}

void zone_want(struct world *w, uint32_t slot, uint32_t ticks)
{
    struct ship *s = &w->ships[slot];
    uint32_t until = w->head.tick + ticks;

    if (zone_wanted(w, slot) && (int32_t)(until - s->wanted_until) <= 0)
        return;
    s->wanted_until = until;
    w->traits[slot] |= TRAIT_WANTED;
    note(w, s->pilot, (struct world_note){.kind = WORLD_NOTE_WANTED, .a = until});
}

/* The stricter of the rules at both ends. */
static uint32_t pvp_between(const struct world *w, const struct culprit *by, uint32_t target)
{
    uint32_t pvp = zone_of(w, target)->pvp, here;

    if (by->slot == NO_SLOT)
        return pvp;
    here = world_config_zone(&w->config, w->ships[by->slot].zone)->pvp;
    return here < pvp ? here : pvp;
}

static bool player_may_hurt(const struct world *w, const struct culprit *by, uint32_t target)
{
    const struct unit *u = &w->units[target];

    if (w->ships[target].player == by->player)
        return false;
    if (pvp_between(w, by, target) == CONFIG_PVP_NONE)
        return false;
    if (w->ships[target].newcomer && zone_of(w, target)->risk <= 2)
        return false;
    return within(w, u->fired_at, WORLD_SHELTER_FIRED) || !dock_shelter(w, u);
}

static bool npc_may_hurt(const struct world *w, const struct culprit *by, uint32_t target)
{
    const struct ship *s = &w->ships[target];

    switch (by->faction) {
    case WORLD_FACTION_RAIDER:
        if (s->faction == WORLD_FACTION_RAIDER || s->faction == WORLD_FACTION_DRONE)
            return false;
        return !(s->newcomer && zone_of(w, target)->risk <= 1);
    case WORLD_FACTION_PATROL:
    case WORLD_FACTION_GUILD:
        return s->faction == WORLD_FACTION_RAIDER || (s->player && zone_wanted(w, target));
    default:
        return false;
    }
}

bool zone_may_hurt(const struct world *w, const struct culprit *by, uint32_t target)
{
    const struct unit *u = &w->units[target];
    const struct ship *s;

    if (u->type == UNIT_TORPEDO) {
        const struct torpedo *t = &w->torpedoes[target - w->first[1]];

        return by->player ? t->player != by->player : t->faction != by->faction;
    }
    if (u->type != UNIT_SHIP || unit_frozen(u) || by->entity == entity_id(w, target))
        return false;
    s = &w->ships[target];
    if (w->traits[target] & TRAIT_IMMUNE && (int32_t)(s->immune_until - w->head.tick) > 0)
        return false;
    if (!by->player)
        return npc_may_hurt(w, by, target);
    return s->player ? player_may_hurt(w, by, target) : true;
}

/* True for those whom the law protects: clean pilots, traders and patrols. */
static bool clean(const struct world *w, uint32_t target)
{
    const struct ship *s = &w->ships[target];

    if (s->player)
        return !zone_wanted(w, target);
    return s->faction == WORLD_FACTION_GUILD || s->faction == WORLD_FACTION_PATROL;
}

void zone_harmed(struct world *w, const struct culprit *by, uint32_t target)
{
    const struct config_zone *z = zone_of(w, target);

    if (!by->player || by->slot == NO_SLOT || !clean(w, target))
        return;
    if (w->ships[target].player && w->ships[by->slot].newcomer) {
        w->ships[by->slot].newcomer = 0;
        w->units[by->slot].marks |= MARK_ENTER;
    }
    if (w->ships[target].player ? pvp_between(w, by, target) == CONFIG_PVP_CRIME : z->risk <= 1)
        zone_want(w, by->slot, WORLD_CRIME_TICKS);
}

bool zone_killed(struct world *w, const struct culprit *by, uint32_t target)
{
    uint32_t pvp;

    if (!by->player || by->slot == NO_SLOT || !w->ships[target].player || !clean(w, target))
        return false;
    pvp = pvp_between(w, by, target);
    if (pvp == CONFIG_PVP_OPEN)
        zone_want(w, by->slot, WORLD_MURDER_TICKS);
    return pvp == CONFIG_PVP_OPEN || pvp == CONFIG_PVP_CRIME;
}
