/* SPDX-License-Identifier: Apache-2.0 */
#include "weapon.h"
#include "damage.h"
#include "entity.h"
#include "grid.h"

#define SHOT_ID_MASK ((1u << 29) - 1)

uint64_t sweep(const int32_t pos[2], const int32_t vel[2], const struct flight *target,
               int32_t *when)
{
    int64_t dx = vel[0] - target->vx, dy = vel[1] - target->vy;
    /* At the start of the tick, bullet against target. */
    int64_t x = (int64_t)pos[0] - target->x - dx, y = (int64_t)pos[1] - target->y - dy;
    int64_t square = dx * dx + dy * dy;
    int64_t t = square ? -(x * dx + y * dy) * 4096 / square : 0;

    t = t < 0 ? 0 : t > 4096 ? 4096 : t;
    *when = (int32_t)t;
    x += dx * t / 4096;
    y += dy * t / 4096;
    return square_sum(x, y);
}

/* False when two ways along one axis keep them apart: spares most targets the sweep. */
static bool close_by(int32_t apart, int32_t moved, int32_t radius)
{
    return (apart < 0 ? -apart : apart) <= radius + (moved < 0 ? -moved : moved);
}

/* The first thing that a bullet meets in this tick. */
static uint32_t meet(const struct world *w, const int32_t pos[2], const int32_t vel[2],
                     const struct culprit *by, int32_t *best_when)
{
    struct fine_box b = grid_box(pos[0] - vel[0], pos[1] - vel[1], pos[0], pos[1], w->rules.reach);
    uint32_t best = NO_SLOT, slot;

    while ((slot = grid_next(w, &b)) != NO_SLOT) {
        const struct unit *u = &w->units[slot];
        int32_t radius, when;
        uint64_t far;

        if (u->type == UNIT_FREE)
            continue;
        radius = unit_class(w, slot)->radius;
        if (!close_by(pos[0] - u->f.x, vel[0] - u->f.vx, radius) ||
            !close_by(pos[1] - u->f.y, vel[1] - u->f.vy, radius))
            continue;
        far = sweep(pos, vel, &u->f, &when);
        if (far > (uint64_t)radius * (uint64_t)radius || !zone_may_hurt(w, by, slot))
            continue;
        if (best == NO_SLOT || when < *best_when || (when == *best_when && slot < best)) {
            best = slot;
            *best_when = when;
        }
    }
    return best;
}

static void push_hit(struct world *w, uint32_t cell, struct world_hit hit)
{
    uint32_t n = w->list_n[LIST_HITS];

    if (n == w->hits_max)
        return;
    w->raw_hits[n] = hit;
    w->raw_hit_cell[n] = (uint16_t)cell;
    w->list_n[LIST_HITS]++;
}

static uint32_t hit_torpedo(struct world *w, uint32_t slot, int32_t points)
{
    struct unit *u = &w->units[slot];

    u->hull -= points;
    if (u->hull > 0)
        return WORLD_HIT_HULL;
    entity_free(w, slot, WORLD_GONE_DESTROYED);
    return WORLD_HIT_HULL | WORLD_HIT_KILLED;
}

static void strike(struct world *w, struct shot *s, uint32_t mount, uint32_t slot,
                   const int32_t pos[2], const struct culprit *by)
{
    const struct config_weapon *k = world_config_weapon(&w->config, s->f.weapon);
    struct harm harm = {k->damage, k->shield_pm, k->hull_pm};
    const struct unit *u = &w->units[slot];
    struct world_hit hit = {.shot = s->f.id, .shooter = s->f.ship, .mount = (uint8_t)mount};

    uint32_t cell = u->cell; /* a torpedo may be gone at the end */

    hit.target = entity_id(w, slot);
    hit.from = flight_atan2((int64_t)pos[1] - u->f.y, (int64_t)pos[0] - u->f.x);
    if (u->type == UNIT_TORPEDO) {
        hit.info = (uint8_t)hit_torpedo(w, slot, harm.points);
    } else {
        /* Point defence is weak against ships: its share applies before all else. */
        if (k->kind == CONFIG_WEAPON_PD) {
            harm.points = harm.points * k->shield_pm / 1000;
            harm.shield_pm = harm.hull_pm = 1000;
        }
        hit.info = (uint8_t)damage_hit(w, slot, &harm, by);
    }
    push_hit(w, cell, hit);
    s->f.live &= (uint8_t)~(1u << mount);
}

static void shot_fly(struct world *w, struct shot *s, const struct config_weapon *k)
{
    struct culprit by = culprit_of(w, s->f.ship, s->player, s->faction);
    uint32_t age = w->head.tick - s->f.tick;

    for (uint32_t mount = 0; mount < s->f.mounts; mount++) {
        int32_t pos[2], vel[2], when = 0;
        uint32_t slot;

        if (!(s->f.live >> mount & 1))
            continue;
        flight_shot_at(&s->f, mount, k->speed, k->spread, age, pos, vel);
        slot = meet(w, pos, vel, &by, &when);
        if (slot != NO_SLOT)
            strike(w, s, mount, slot, pos, &by);
    }
}

void shot_step(struct world *w)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < w->head.shots_n; i++) {
        struct shot *s = &w->shots[i];
        const struct config_weapon *k = world_config_weapon(&w->config, s->f.weapon);

        if (!k || w->head.tick - s->f.tick > k->life)
            continue;
        shot_fly(w, s, k);
        if (s->f.live)
            w->shots[kept++] = *s;
    }
    w->head.shots_n = kept;
}

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
    own_touch(w, w->ships[slot].pilot);
}

static void fire_guns(struct world *w, uint32_t slot)
{
    const struct rule_class *k = unit_class(w, slot);
    struct unit *u = &w->units[slot];

    if (!(u->fire & 1) || u->cool[GUNS] || !k->gun || k->config->guns == 0 ||
        w->head.shots_n == w->limits.shots)
        return;
    if (charge(u, GUNS, k->gun, k->config->guns) &&
        volley(w, slot, k->gun, k->config->guns, u->f.heading))
        fired(w, slot);
}

/* A torpedo needs a ship in range that it may hurt. */
static bool lock_on(const struct world *w, uint32_t slot, const struct config_weapon *k,
                    uint32_t *target)
{
    const struct ship *s = &w->ships[slot];
    struct culprit by = {entity_id(w, slot), s->player, slot, s->faction};

    *target = entity_slot(w, s->target);
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

/* Point defence shoots at ships only in anger: at raiders, the wanted, and who struck first. */
static bool enemy(const struct world *w, uint32_t slot, uint32_t other)
{
    const struct ship *s = &w->ships[slot], *o = &w->ships[other];

    if (o->faction == WORLD_FACTION_RAIDER)
        return true;
    for (uint32_t i = 0; i < WORLD_ASSISTANTS; i++) {
        if (s->attackers[i].entity == entity_id(w, other) &&
            within(w, s->attackers[i].tick, WORLD_HELP_TICKS))
            return true;
    }
    return false;
}

static uint32_t pd_target(const struct world *w, uint32_t slot, uint32_t range)
{
    const struct unit *u = &w->units[slot];
    const struct ship *s = &w->ships[slot];
    struct culprit by = {entity_id(w, slot), s->player, slot, s->faction};
    struct fine_box b = grid_box(u->f.x, u->f.y, u->f.x, u->f.y, (int32_t)range * WORLD_UNIT);
    uint32_t best = NO_SLOT, other;
    uint64_t best_far = 0;
    bool best_torpedo = false;

    while ((other = grid_next(w, &b)) != NO_SLOT) {
        const struct unit *o = &w->units[other];
        bool torpedo = o->type == UNIT_TORPEDO;
        uint64_t far = unit_square(u, o);

        if (o->type == UNIT_FREE || far > u_square(range) || (best_torpedo && !torpedo))
            continue;
        if (best != NO_SLOT && torpedo == best_torpedo &&
            (far > best_far || (far == best_far && other > best)))
            continue;
        if (!zone_may_hurt(w, &by, other) || (!torpedo && !enemy(w, slot, other)))
            continue;
        best = other;
        best_far = far;
        best_torpedo = torpedo;
    }
    return best;
}

static void fire_pd(struct world *w, uint32_t slot)
{
    const struct rule_class *k = unit_class(w, slot);
    struct unit *u = &w->units[slot];
    const struct unit *o;
    uint32_t target;

    if (u->cool[PDS] || !k->pd || k->config->pds == 0 || w->ships[slot].immune_until > w->head.tick)
        return;
    target = pd_target(w, slot, k->pd->range);
    if (target == NO_SLOT || !charge(u, PDS, k->pd, k->config->pds))
        return;
    o = &w->units[target];
    (void)volley(w, slot, k->pd, k->config->pds,
                 flight_lead(o->f.x - u->f.x, o->f.y - u->f.y, o->f.vx - u->f.vx,
                             o->f.vy - u->f.vy, k->pd->speed));
}

void weapon_fire(struct world *w)
{
    for (uint32_t slot = 0; slot < w->first[1]; slot++) {
        if (w->units[slot].type == UNIT_FREE || unit_frozen(&w->units[slot]) ||
            !unit_class(w, slot)->config)
            continue;
        fire_guns(w, slot);
        fire_torpedo(w, slot);
        fire_pd(w, slot);
    }
}

void torpedo_aim(struct world *w)
{
    for (uint32_t slot = w->first[1]; slot < w->first[2]; slot++) {
        struct unit *u = &w->units[slot];
        const struct torpedo *t;
        const struct flight *f;
        uint32_t target, way;

        if (u->type == UNIT_FREE)
            continue;
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
    push_hit(w, w->units[target].cell, hit);
    return true;
}

void torpedo_step(struct world *w)
{
    for (uint32_t slot = w->first[1]; slot < w->first[2]; slot++) {
        const struct config_weapon *k;

        if (w->units[slot].type == UNIT_FREE)
            continue;
        k = world_config_weapon(&w->config, torpedo_of(w, slot)->weapon);
        if (!k || w->head.tick - torpedo_of(w, slot)->born >= k->life)
            entity_free(w, slot, WORLD_GONE_COLLECTED);
        else if (torpedo_burst(w, slot, k))
            entity_free(w, slot, WORLD_GONE_DESTROYED);
    }
}
