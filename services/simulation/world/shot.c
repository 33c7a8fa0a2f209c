/* SPDX-License-Identifier: Apache-2.0 */
#include "damage.h"
#include "entity.h"
#include "grid.h"
#include "weapon.h"

#define AHEAD 16 /* volleys looked at before the first of them flies */

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

/* The way of a volley's middle in this tick, and how far from it any of its bullets can be. */
struct path {
    int32_t pos[2], vel[2];
    int32_t off;   /* of positions, k */
    int32_t drift; /* of velocities */
};

/* A step of heading is 2 pi / 4096 < 13 / 8192; two more for what is rounded. */
static struct path path_of(const struct flight_shot *s, const struct config_weapon *k, uint32_t age)
{
    struct path p;

    p.vel[0] = s->vx + ((k->speed * flight_cos(s->heading) + (1 << 13)) >> 14);
    p.vel[1] = s->vy + ((k->speed * flight_sin(s->heading) + (1 << 13)) >> 14);
    p.pos[0] = s->x + (int32_t)age * p.vel[0];
    p.pos[1] = s->y + (int32_t)age * p.vel[1];
    p.drift = (k->speed * k->spread * 13 >> 13) + 2;
    p.off = (s->mounts - 1) * (WORLD_MOUNT_GAP / 2) + 2 + (int32_t)age * p.drift;
    return p;
}

/* Where to look for what the volley may meet. */
static struct fine_box box_of(const struct world *w, const struct path *p)
{
    int32_t span = w->rules.radius + p->off + p->drift + 4;
    int32_t x = p->pos[0], y = p->pos[1], vx = p->vel[0], vy = p->vel[1];

    return grid_box(&w->fine, (vx > 0 ? x - vx : x) - span, (vy > 0 ? y - vy : y) - span,
                    (vx > 0 ? x : x - vx) + span, (vy > 0 ? y : y - vy) + span);
}

/* What some bullet of the volley may meet, as places in the bodies: their number. Whoever fired it
 * is not hit. */
static uint32_t gather(const struct world *w, const struct path *p, struct fine_box b,
                       uint32_t shooter)
{
    int32_t x = p->pos[0], y = p->pos[1], vx = p->vel[0], vy = p->vel[1];
    uint32_t n = 0, at, end;

    while (grid_run(&w->fine, &b, &at, &end)) {
        for (; at < end; at++) {
            const struct body *o = &w->fine.bodies[at];
            int32_t radius = o->radius + p->off + p->drift;

            w->found[n] = at;
            n += close_by(x - o->x, vx - o->vx, radius) && close_by(y - o->y, vy - o->vy, radius) &&
                 o->id != shooter;
        }
    }
    return n;
}

/* The first thing, of n found, that a bullet meets in this tick. */
static uint32_t meet(const struct world *w, uint32_t n, const int32_t pos[2], const int32_t vel[2],
                     const struct culprit *by)
{
    uint32_t best = NO_SLOT;
    int32_t best_when = 0;

    for (uint32_t i = 0; i < n; i++) {
        const struct body *o = &w->fine.bodies[w->found[i]];
        const uint32_t slot = o->id & WORLD_SLOT_MASK;
        const struct flight f = {.x = o->x, .y = o->y, .vx = o->vx, .vy = o->vy};
        int32_t when;

        if (!close_by(pos[0] - o->x, vel[0] - o->vx, o->radius) ||
            !close_by(pos[1] - o->y, vel[1] - o->vy, o->radius) ||
            sweep(pos, vel, &f, &when) > (uint64_t)o->radius * (uint64_t)o->radius ||
            w->units[slot].type == UNIT_FREE || !zone_may_hurt(w, by, slot))
            continue;
        if (best == NO_SLOT || when < best_when || (when == best_when && slot < best)) {
            best = slot;
            best_when = when;
        }
    }
    return best;
}

void hit_push(struct world *w, uint32_t cell, struct world_hit hit)
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
    const struct config_weapon *k = weapon_of(w, s->f.weapon);
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
    hit_push(w, cell, hit);
    s->f.live &= (uint8_t)~(1u << mount);
}

struct ahead { /* a volley that is about to be moved */
    const struct config_weapon *weapon; /* NULL = it has ended */
    struct path path;
    struct fine_box box;
};

static void shot_fly(struct world *w, struct shot *s, const struct ahead *a)
{
    uint32_t n = gather(w, &a->path, a->box, s->f.ship);
    struct culprit by;

    if (n == 0)
        return;
    by = culprit_of(w, s->f.ship, s->player, s->faction);
    for (uint32_t mount = 0; mount < s->f.mounts; mount++) {
        int32_t pos[2], vel[2];
        uint32_t slot;

        if (!(s->f.live >> mount & 1))
            continue;
        flight_shot_at(&s->f, mount, a->weapon->speed, a->weapon->spread,
                       w->head.tick - s->f.tick, pos, vel);
        slot = meet(w, n, pos, vel, &by);
        if (slot != NO_SLOT)
            strike(w, s, mount, slot, pos, &by);
    }
}

/* Works out where a few volleys will look, so that memory has the cells ready by then. */
static void look_ahead(const struct world *w, const struct shot *s, struct ahead *ahead, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct ahead *a = &ahead[i];
        uint32_t age = w->head.tick - s[i].f.tick;

        a->weapon = weapon_of(w, s[i].f.weapon);
        if (a->weapon && age > a->weapon->life)
            a->weapon = NULL;
        if (!a->weapon)
            continue;
        a->path = path_of(&s[i].f, a->weapon, age);
        a->box = box_of(w, &a->path);
        __builtin_prefetch(grid_row(&w->fine, a->box.y) + a->box.left);
        __builtin_prefetch(grid_row(&w->fine, a->box.top) + a->box.left);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!ahead[i].weapon)
            continue;
        for (int32_t y = ahead[i].box.y; y <= ahead[i].box.top; y++)
            __builtin_prefetch(&w->fine.bodies[grid_row(&w->fine, y)[ahead[i].box.left]]);
    }
}

void shot_step(struct world *w)
{
    struct ahead ahead[AHEAD];
    uint32_t kept = 0;

    for (uint32_t i = 0; i < w->head.shots_n; i++) {
        struct shot *s = &w->shots[i];

        if (i % AHEAD == 0)
            look_ahead(w, s, ahead,
                       w->head.shots_n - i < AHEAD ? w->head.shots_n - i : AHEAD);
        if (!ahead[i % AHEAD].weapon)
            continue;
        shot_fly(w, s, &ahead[i % AHEAD]);
        if (!s->f.live)
            continue;
        if (kept != i)
            w->shots[kept] = *s;
        kept++;
    }
    w->head.shots_n = kept;
}
