/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <stdlib.h>

enum { HOME_RADIUS_U = 1000, CIRCLE_NEAR_U = 60, LEG_MS = 5000, JINK_MS = 125 };
enum { BRAKE_MARGIN_U = 60, LIVE_RADIUS_U = 2500, PASS_RADIUS_U = 1500, DEAF_STEPS = 10 };

static int64_t distance_u(int32_t dx, int32_t dy)
{
    uint64_t square = (uint64_t)((int64_t)dx * dx + (int64_t)dy * dy);
    return flight_isqrt(square) / WORLD_UNIT;
}

static int64_t speed_k(const struct flight *f)
{
    return flight_isqrt((uint64_t)((int64_t)f->vx * f->vx + (int64_t)f->vy * f->vy));
}

static struct controls steer(const struct pilot *p, int32_t dx, int32_t dy, bool boost)
{
    const struct flight *f = &p->own.flight;
    /* Lead away the drift across the way: aim at where the goal will be in 20 ticks. */
    uint16_t heading = flight_atan2(dy - (int64_t)f->vy * 20, dx - (int64_t)f->vx * 20);
    uint16_t to_goal = flight_atan2(dy, dx);
    int32_t off = (int32_t)((heading - to_goal + 2048) & 4095) - 2048;
    if (off > 700 || off < -700)
        heading = to_goal;
    return (struct controls){.heading = heading, .thrust = FLIGHT_AHEAD, .boost = boost};
}

/* Flies to a point and comes to rest within `radius` of it. */
static struct controls go_to(const struct pilot *p, const struct world *w, int32_t x, int32_t y,
                             int32_t radius_u)
{
    const struct flight *f = &p->own.flight;
    struct flight_class c;
    int64_t far = distance_u(x - f->x, y - f->y), speed = speed_k(f), brake_u = BRAKE_MARGIN_U;
    if (config_flight_class(w->config, p->own.class_id, &c) && c.accel[f->load] > 0)
        brake_u += speed * speed / (2 * c.accel[f->load]) / WORLD_UNIT;
    if (far < radius_u || (far < radius_u + brake_u && speed > 512))
        return (struct controls){.heading = p->sent.heading, .thrust = FLIGHT_BRAKE};
    return steer(p, x - f->x, y - f->y, false);
}

static struct controls dock(struct pilot *p, const struct world *w)
{
    int32_t x = p->goal->x * WORLD_UNIT, y = p->goal->y * WORLD_UNIT;
    int32_t radius = p->goal->dock_radius * 7 / 10;
    struct controls c = go_to(p, w, x, y, radius);
    const struct flight *f = &p->own.flight;
    bool inside = distance_u(x - f->x, y - f->y) < p->goal->dock_radius * 9 / 10;
    c.dock = inside && speed_k(f) < WORLD_DOCK_SPEED * 8 / 10 && p->own.dock_ready == 0;
    if (p->own.dock_ready != 0 || c.dock)
        c.thrust = FLIGHT_BRAKE;
    return c;
}

static struct controls manoeuvre(struct pilot *p)
{
    const struct flight *f = &p->own.flight;
    int32_t x = p->goal->x * WORLD_UNIT, y = p->goal->y * WORLD_UNIT;
    if (distance_u(x - f->x, y - f->y) > LIVE_RADIUS_U)
        return steer(p, x - f->x, y - f->y, false);
    if ((int32_t)(p->own.tick - p->whim_until_tick) >= 0) {
        p->whim_until_tick = p->own.tick + 5 + pilot_random(p, 10);
        p->whim = (struct controls){.heading = (uint16_t)pilot_random(p, 4096),
                                    .thrust = (uint8_t)pilot_random(p, 4),
                                    .boost = pilot_random(p, 8) == 0};
    }
    return p->whim;
}

static struct controls cruise(struct pilot *p, struct world *w)
{
    const struct flight *f = &p->own.flight;
    int32_t x = p->goal->x * WORLD_UNIT, y = p->goal->y * WORLD_UNIT;
    if (distance_u(x - f->x, y - f->y) < PASS_RADIUS_U)
        pilot_next_goal(p, w);
    if ((int32_t)(p->own.tick - p->whim_until_tick) >= 0) {
        p->whim_until_tick = p->own.tick + 60 + pilot_random(p, 60);
        p->whim = steer(p, p->goal->x * WORLD_UNIT - f->x, p->goal->y * WORLD_UNIT - f->y, false);
    }
    return p->whim;
}

/* The nearest ship that may be shot at: other fighters where players may fight, raiders anywhere.
 */
static struct shadow_entity *choose_target(struct pilot *p, int64_t *far_u)
{
    struct shadow_entity *best = NULL;
    *far_u = 4000;
    for (uint32_t i = 0; i < p->shadow.count; i++) {
        struct shadow_entity *e = &p->shadow.entities[i];
        bool prey = e->faction == 3 || (e->player && p->own.zone_pvp >= CONFIG_PVP_OPEN);
        if (!e->known || !prey || e->id == p->own.entity || e->class_id >= WORLD_CLASS_TORPEDO ||
            (e->flight.flags & FLIGHT_IMMUNE))
            continue;
        shadow_advance(&p->shadow, e, p->own.tick);
        int64_t d = distance_u(e->flight.x - p->own.flight.x, e->flight.y - p->own.flight.y);
        if (d < *far_u) {
            *far_u = d;
            best = e;
        }
    }
    return best;
}

static struct controls attack(struct pilot *p, struct world *w, const struct shadow_entity *e,
                              int64_t far_u)
{
    const struct config_class *c = world_config_class(w->config, p->own.class_id);
    const struct config_weapon *gun = c ? world_config_weapon(w->config, c->gun) : NULL;
    const struct flight *f = &p->own.flight;
    if (!gun)
        return steer(p, e->flight.x - f->x, e->flight.y - f->y, false);
    uint16_t aim = flight_lead(e->flight.x - f->x, e->flight.y - f->y, e->flight.vx - f->vx,
                               e->flight.vy - f->vy, gun->speed);
    int32_t range_u = gun->speed * gun->life / WORLD_UNIT;
    int32_t off = abs((int32_t)((aim - f->heading + 2048) & 4095) - 2048);
    return (struct controls){
        .heading = aim,
        .thrust = far_u > range_u / 3 ? FLIGHT_AHEAD : FLIGHT_COAST,
        .boost = far_u > range_u,
        .fire = off < 60 && far_u < range_u * 95 / 100 ? 1 : 0,
    };
}

static struct controls fight(struct pilot *p, struct world *w)
{
    int64_t far_u;
    struct shadow_entity *e = choose_target(p, &far_u);
    if (e)
        return attack(p, w, e, far_u);
    /* The ring of open space between the first station and the Sun, where players may fight. */
    const struct config_station *home = p->goal;
    int32_t x = WORLD_SUN_U + (home->x - WORLD_SUN_U) * 6 / 10;
    int32_t y = WORLD_SUN_U + (home->y - WORLD_SUN_U) * 4 / 10;
    return go_to(p, w, x * WORLD_UNIT, y * WORLD_UNIT, 400);
}

/* The rates of a mix without going anywhere: `every_ms` is the mean time between changes of course.
 * Turns by at most `bend` steps, or homewards. */
static struct controls stay(struct pilot *p, uint64_t now_ms, uint32_t every_ms, uint32_t bend)
{
    const struct flight *f = &p->own.flight;
    int32_t dx = p->home_x - f->x, dy = p->home_y - f->y;
    bool strayed = distance_u(dx, dy) > HOME_RADIUS_U;
    if (now_ms < p->whim_until_ms)
        return p->whim;
    /* Evenly from half to one and a half of the mean. */
    p->whim_until_ms = now_ms + every_ms / 2 + pilot_random(p, every_ms);
    uint32_t turn = pilot_random(p, 2 * bend) - bend + (p->whim.heading < 2048 ? 1 : -1u);
    p->whim.heading =
        strayed ? steer(p, dx, dy, false).heading : (uint16_t)((p->whim.heading + turn) & 4095);
    p->whim.thrust = strayed ? FLIGHT_AHEAD : (uint8_t)pilot_random(p, 4);
    p->whim.boost = p->behaviour != CRUISE && pilot_random(p, 8) == 0;
    p->whim.fire = p->behaviour == FIGHT && pilot_random(p, 3) != 0;
    return p->whim;
}

/* Along eight points around the corner: across the borders of four cells again and again. */
static struct controls circle(struct pilot *p)
{
    static const int16_t points[8][2] = {{150, 0},  {106, 106},   {0, 150},  {-106, 106},
                                         {-150, 0}, {-106, -106}, {0, -150}, {106, -106}};
    const struct flight *f = &p->own.flight;
    int32_t corner[2] = {digest_corner(p->goal->x * WORLD_UNIT),
                         digest_corner(p->goal->y * WORLD_UNIT)};
    int32_t dx = corner[0] + points[p->leg % 8][0] * WORLD_UNIT - f->x;
    int32_t dy = corner[1] + points[p->leg % 8][1] * WORLD_UNIT - f->y;
    if (distance_u(dx, dy) < CIRCLE_NEAR_U)
        p->leg++;
    return steer(p, dx, dy, false);
}

struct controls fly_decide(struct pilot *p, struct world *w, uint64_t now_ms)
{
    struct controls c = {0};
    if (w->options->circle)
        return circle(p);
    if (w->options->home) {
        if (p->behaviour == FIGHT)
            return stay(p, now_ms, JINK_MS, 400);
        return stay(p, now_ms, p->behaviour == CRUISE ? LEG_MS : LEG_MS / 10, 2000);
    }
    switch (p->behaviour) {
    case MANOEUVRE:
        c = manoeuvre(p);
        break;
    case CRUISE:
        c = cruise(p, w);
        break;
    case FIGHT:
        c = fight(p, w);
        break;
    default:
        c = dock(p, w);
        break;
    }
    /* Small changes of course are not worth a record. */
    int32_t turn = abs((int32_t)((c.heading - p->sent.heading + 2048) & 4095) - 2048);
    if (turn < DEAF_STEPS)
        c.heading = p->sent.heading;
    return c;
}
