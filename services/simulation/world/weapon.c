/* SPDX-License-Identifier: Apache-2.0 */
#include "weapon.h"
#include "damage.h"
#include "entity.h"
#include "grid.h"

#define SHOT_ID_MASK ((1u << 29) - 1)

struct choice { /* of point defence, so far */
    uint64_t far;
    uint32_t slot;
    bool torpedo;
};

/* One volley of all mounts; false when there is no room for it. */
static bool volley(struct world *w, uint32_t slot, const struct config_weapon *k, uint32_t mounts,
                   uint32_t heading)
{
    const struct unit *u = &w->units[slot];
    const struct ship *s = &w->ships[slot];
    int32_t radius = unit_class(w, slot)->radius;
    uint32_t out = w->list_n[LIST_SHOTS];
    struct flight_shot f = {.vx = u->f.vx, .vy = u->f.vy, .ship = entity_id(w, slot)};

    if (w->head.shots_n == w->limits.shots || out == w->shots_out_max)
        return false;
    f.x = u->f.x + (int32_t)(((int64_t)radius * flight_cos(heading)) >> 14);
    f.y = u->f.y + (int32_t)(((int64_t)radius * flight_sin(heading)) >> 14);
    f.tick = w->head.tick;
    w->head.shot_id = (w->head.shot_id + 1) & SHOT_ID_MASK;
    w->head.shot_id += w->head.shot_id == 0;
    f.id = w->head.shot_id;
    f.heading = (uint16_t)(heading & 4095);
    f.weapon = k->id;
    f.mounts = (uint8_t)mounts;
    f.live = (uint8_t)((1u << mounts) - 1);
    w->shots[w->head.shots_n] = (struct shot){.f = f, .player = s->player, .faction = s->faction};
    w->head.shots_n++;
    w->raw_shots[out] = f;
    w->raw_shot_cell[out] = u->cell;
    w->list_n[LIST_SHOTS]++;
    return true;
}

/* Energy and cooldown of a weapon that is about to fire. */
static bool charge(struct unit *u, uint32_t which, const struct config_weapon *k, uint32_t mounts)
{
    int32_t energy = (int32_t)(k->energy * mounts);

    if (u->energy < energy)
        return false;
    u->energy -= energy;
    u->cool[which] = (uint8_t)k->cooldown;
    return true;
}

/* Firing ends the protection of a ship that has just appeared. */
static void fired(struct world *w, uint32_t slot)
{
    w->units[slot].fired_at = w->head.tick;
    w->ships[slot].immune_until = 0;
    w->traits[slot] &= (uint8_t)~TRAIT_IMMUNE;
    own_touch(w, w->ships[slot].pilot);
}

static void fire_guns(struct world *w, uint32_t slot)
{
    const struct rule_class *k = unit_class(w, slot);
    const struct config_weapon *gun = gun_of(w, slot);
    struct unit *u = &w->units[slot];

    if (!(u->fire & 1) || u->cool[GUNS] || !gun || k->config->guns == 0 ||
        w->head.shots_n == w->limits.shots)
        return;
    if (charge(u, GUNS, gun, k->config->guns) &&
        volley(w, slot, gun, k->config->guns, u->f.heading))
        fired(w, slot);
}

static struct culprit self_of(const struct world *w, uint32_t slot)
{
    const struct ship *s = &w->ships[slot];

    return (struct culprit){entity_id(w, slot), s->player, slot, s->faction};
}

/* A torpedo needs a ship in range that it may hurt. */
static bool lock_on(const struct world *w, uint32_t slot, const struct config_weapon *k,
                    uint32_t *target)
{
    struct culprit by = self_of(w, slot);

    *target = entity_slot(w, w->ships[slot].target);
    return *target != NO_SLOT && w->units[*target].type == UNIT_SHIP &&
           unit_square(&w->units[slot], &w->units[*target]) <= u_square(k->range) &&
           zone_may_hurt(w, &by, *target);
}

static void fire_torpedo(struct world *w, uint32_t slot)
{
    const struct rule_class *k = unit_class(w, slot);
    struct unit *u = &w->units[slot];
    struct ship *s = &w->ships[slot];
    uint32_t target, at;
    struct torpedo *t;

    if (!(u->fire & 2) || u->cool[TORPEDOES] || !k->torpedo || s->torpedoes == 0 ||
        w->head.free_n[UNIT_TORPEDO - UNIT_SHIP] == 0 || !lock_on(w, slot, k->torpedo, &target) ||
        !charge(u, TORPEDOES, k->torpedo, 1))
        return;
    at = entity_new(w, UNIT_TORPEDO, rules_class(&w->rules, WORLD_CLASS_TORPEDO),
                    u->f.x + (int32_t)(((int64_t)k->radius * flight_cos(u->f.heading)) >> 14),
                    u->f.y + (int32_t)(((int64_t)k->radius * flight_sin(u->f.heading)) >> 14));
    w->units[at].f.heading = w->units[at].f.target = u->f.heading;
    w->units[at].hull = k->torpedo->hull;
    t = torpedo_of(w, at);
    t->owner = entity_id(w, slot);
    t->player = s->player;
    t->faction = s->faction;
    t->target = s->target;
    t->born = w->head.tick;
    t->weapon = k->torpedo->id;
    s->torpedoes--;
    note(w, w->ships[target].pilot,
         (struct world_note){.kind = WORLD_NOTE_LOCKED, .a = entity_id(w, at)});
    fired(w, slot);
}

/* Of two that may be shot at: a torpedo before a ship, then the nearest, then the lower slot. */
static void prefer(const struct world *w, const struct culprit *by, uint32_t other, uint64_t most,
                   struct choice *best)
{
    const struct unit *o = &w->units[other];
    bool torpedo = o->type == UNIT_TORPEDO;
    uint64_t far = unit_square(&w->units[by->slot], o);

    if (o->type == UNIT_FREE || far > most || (best->torpedo && !torpedo))
        return;
    if (best->slot != NO_SLOT && torpedo == best->torpedo &&
        (far > best->far || (far == best->far && other > best->slot)))
        return;
    if (zone_may_hurt(w, by, other))
        *best = (struct choice){far, other, torpedo};
}

/* Those who struck this one lately. */
static void prefer_attackers(const struct world *w, const struct culprit *by, uint64_t most,
                             struct choice *best)
{
    const struct ship *s = &w->ships[by->slot];

    for (uint32_t i = 0; i < WORLD_ASSISTANTS; i++) {
        uint32_t other;

        if (s->attackers[i].entity == 0 || !within(w, s->attackers[i].tick, WORLD_HELP_TICKS))
            continue;
        other = entity_slot(w, s->attackers[i].entity);
        if (other < w->first[1])
            prefer(w, by, other, most, best);
    }
}

/* Point defence shoots at torpedoes and raiders, and at other ships only in anger. Most ships have
 * neither near: for them nothing beside the unit is looked at. */
static uint32_t pd_target(const struct world *w, uint32_t slot, uint32_t range)
{
    const struct unit *u = &w->units[slot];
    struct culprit by = {.slot = NO_SLOT};
    bool angry = within(w, u->hit_at, WORLD_HELP_TICKS);
    int32_t span = (int32_t)range * WORLD_UNIT;
    struct fine_box b =
        grid_box(&w->threats, u->f.x - span, u->f.y - span, u->f.x + span, u->f.y + span);
    struct choice best = {0, NO_SLOT, false};
    uint32_t at, end;

    while (grid_run(&w->threats, &b, &at, &end)) {
        if (at < end && by.slot == NO_SLOT)
            by = self_of(w, slot);
        for (; at < end; at++)
            prefer(w, &by, w->threats.bodies[at].id & WORLD_SLOT_MASK, u_square(range), &best);
    }
    if (angry) {
        by = self_of(w, slot);
        prefer_attackers(w, &by, u_square(range), &best);
    }
    return best.slot;
}

static void fire_pd(struct world *w, uint32_t slot)
{
    const struct rule_class *k = unit_class(w, slot);
    struct unit *u = &w->units[slot];
    const struct unit *o;
    uint32_t target;

    if (u->cool[PDS] || !k->pd || k->config->pds == 0 ||
        (w->traits[slot] & TRAIT_IMMUNE && w->ships[slot].immune_until > w->head.tick))
        return;
    target = pd_target(w, slot, k->pd->range);
    if (target == NO_SLOT || !charge(u, PDS, k->pd, k->config->pds))
        return;
    o = &w->units[target];
    (void)volley(w, slot, k->pd, k->config->pds,
                 flight_lead(o->f.x - u->f.x, o->f.y - u->f.y, o->f.vx - u->f.vx, o->f.vy - u->f.vy,
                             k->pd->speed));
}

void weapon_fire(struct world *w)
{
    EACH_ALIVE(w, slot, 0, w->first[1]) {
        if (unit_frozen(&w->units[slot]) || !unit_class(w, slot)->config)
            continue;
        fire_guns(w, slot);
        fire_torpedo(w, slot);
        fire_pd(w, slot);
    }
}

void torpedo_aim(struct world *w)
{
    EACH_ALIVE(w, slot, w->first[1], w->first[2]) {
        struct unit *u = &w->units[slot];
        const struct torpedo *t;
        const struct flight *f;
        uint32_t target, way;

        t = torpedo_of(w, slot);
        target = entity_slot(w, t->target);
        if (target == NO_SLOT || (w->head.tick - t->born) % WORLD_AIM_PERIOD != 0)
            continue;
        f = &w->units[target].f;
        way = flight_lead(f->x - u->f.x, f->y - u->f.y, f->vx, f->vy,
                          unit_class(w, slot)->flight.cruise);
        way = (way + WORLD_AIM_ROUND / 2) / WORLD_AIM_ROUND * WORLD_AIM_ROUND;
        u->f.target = (uint16_t)(way & 4095);
    }
}

static bool torpedo_burst(struct world *w, uint32_t slot, const struct config_weapon *k)
{
    struct torpedo *t = torpedo_of(w, slot);
    struct unit *u = &w->units[slot];
    uint32_t target = entity_slot(w, t->target);
    struct culprit by = culprit_of(w, t->owner, t->player, t->faction);
    struct harm harm = {k->damage, k->shield_pm, k->hull_pm};
    struct world_hit hit = {.shooter = t->owner, .target = t->target};
    uint64_t fuse;
    int32_t when;

    if (target == NO_SLOT)
        return false;
    fuse = (uint64_t)(unit_class(w, target)->radius + k->fuse * WORLD_UNIT);
    if (sweep((int32_t[2]){u->f.x, u->f.y}, (int32_t[2]){u->f.vx, u->f.vy}, &w->units[target].f,
              &when) > fuse * fuse ||
        !zone_may_hurt(w, &by, target))
        return false;
    hit.from = flight_atan2((int64_t)u->f.y - w->units[target].f.y,
                            (int64_t)u->f.x - w->units[target].f.x);
    hit.info = (uint8_t)damage_hit(w, target, &harm, &by);
    hit_push(w, w->units[target].cell, hit);
    return true;
}

void torpedo_step(struct world *w)
{
    EACH_ALIVE(w, slot, w->first[1], w->first[2]) {
        const struct config_weapon *k;

        k = weapon_of(w, torpedo_of(w, slot)->weapon);
        if (!k || w->head.tick - torpedo_of(w, slot)->born >= k->life)
            entity_free(w, slot, WORLD_GONE_COLLECTED);
        else if (torpedo_burst(w, slot, k))
            entity_free(w, slot, WORLD_GONE_DESTROYED);
    }
}
