/* SPDX-License-Identifier: Apache-2.0 */
#include "flight.h"
#include "base.h"

/* The component of a speed along an axis: rounded to nearest, arithmetic shift. */
static int32_t along(int32_t speed, int32_t axis)
{
    return (speed * axis + (1 << 13)) >> 14;
}

static void flight_turn(struct flight *f, int32_t turn)
{
    int32_t d = clamp32(turn_to(f->heading, f->target), -turn, turn);

    f->heading = (uint16_t)((uint32_t)(f->heading + d) & (WORLD_STEPS - 1));
}

static void flight_thrust(struct flight *f, int32_t a)
{
    int32_t cos = flight_cos(f->heading), sin = flight_sin(f->heading);
    int32_t push = f->thrust == FLIGHT_AHEAD ? a : -(a / 2);
    int32_t most, across;

    f->vx += along(push, cos);
    f->vy += along(push, sin);
    if (f->flags & FLIGHT_DRIFT)
        return;
    most = a * WORLD_ASSIST_PM / 1000;
    across = (int32_t)(((int64_t)-f->vx * sin + (int64_t)f->vy * cos + (1 << 13)) >> 14);
    across = clamp32(across, -most, most);
    f->vx += along(across, sin);
    f->vy -= along(across, cos);
}

static void flight_brake(struct flight *f, int32_t a)
{
    int32_t speed = (int32_t)flight_isqrt(square_sum(f->vx, f->vy));

    if (speed <= a) {
        f->vx = f->vy = 0;
        return;
    }
    f->vx -= f->vx * a / speed;
    f->vy -= f->vy * a / speed;
}

static void flight_cap(struct flight *f, int32_t cap)
{
    uint64_t square = square_sum(f->vx, f->vy);
    int32_t speed, less;

    if (square <= (uint64_t)cap * (uint64_t)cap)
        return;
    speed = (int32_t)flight_isqrt(square);
    less = speed - (speed >> WORLD_BLEED_SHIFT) - 1;
    if (less < cap)
        less = cap;
    if (speed <= less)
        return;
    if (speed <= WORLD_SPEED_MAX) { /* the usual case fits into 32 bits */
        f->vx = f->vx * less / speed;
        f->vy = f->vy * less / speed;
    } else {
        f->vx = (int32_t)((int64_t)f->vx * less / speed);
        f->vy = (int32_t)((int64_t)f->vy * less / speed);
    }
}

static void flight_move(struct flight *f)
{
    int32_t x = f->x + f->vx, y = f->y + f->vy;

    f->x = clamp32(x, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
    f->y = clamp32(y, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
    if (f->x != x)
        f->vx = 0;
    if (f->y != y)
        f->vy = 0;
}

void flight_step(struct flight *f, const struct flight_class *c)
{
    int32_t a, cap = c->cruise;

    if (c->kind == FLIGHT_REST)
        return;
    flight_turn(f, c->turn);
    if (c->kind == FLIGHT_TORPEDO) {
        f->vx = along(c->cruise, flight_cos(f->heading));
        f->vy = along(c->cruise, flight_sin(f->heading));
        flight_move(f);
        return;
    }
    a = c->accel[f->load & WORLD_LOAD_STEPS];
    if (f->boost && f->thrust == FLIGHT_AHEAD) {
        a = a * c->boost_pm / 1000;
        cap = c->boosted;
    }
    if (f->thrust == FLIGHT_AHEAD || f->thrust == FLIGHT_ASTERN)
        flight_thrust(f, a);
    else if (f->thrust == FLIGHT_BRAKE)
        flight_brake(f, a);
    flight_cap(f, cap);
    flight_move(f);
}

uint8_t flight_boost(struct flight_power *p, uint8_t thrust, uint8_t wish)
{
    uint8_t on = 0;

    if (!wish) {
        p->spent = 0;
    } else if (thrust == FLIGHT_AHEAD) {
        if (p->spent && p->energy >= p->cap / WORLD_BOOST_AGAIN)
            p->spent = 0;
        if (!p->spent && p->energy >= p->drain) {
            p->energy -= p->drain;
            on = 1;
        } else {
            p->spent = 1;
        }
    }
    p->energy = min32(p->energy + p->regen, p->cap);
    return on;
}

uint32_t flight_ctl_pack(const struct flight *f)
{
    return (uint32_t)(f->heading & 4095) | (uint32_t)(f->target & 4095) << 12 |
           (uint32_t)(f->thrust & 3) << 24 | (uint32_t)(f->boost & 1) << 26 |
           (uint32_t)(f->flags & 31) << 27;
}

void flight_ctl_unpack(struct flight *f, uint32_t ctl)
{
    f->heading = (uint16_t)(ctl & 4095);
    f->target = (uint16_t)(ctl >> 12 & 4095);
    f->thrust = (uint8_t)(ctl >> 24 & 3);
    f->boost = (uint8_t)(ctl >> 26 & 1);
    f->flags = (uint8_t)(ctl >> 27);
}

uint8_t flight_load(uint32_t mass, uint32_t hold)
{
    uint32_t step;

    if (mass == 0)
        return 0;
    if (mass >= hold)
        return WORLD_LOAD_STEPS;
    step = (uint32_t)(((uint64_t)mass * WORLD_LOAD_STEPS + hold - 1) / hold);
    return (uint8_t)step;
}

uint32_t flight_hash(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t h = a * 0x9e3779b1u ^ b * 0x85ebca6bu ^ c * 0xc2b2ae35u;

    h ^= h >> 16;
    h *= 0x7feb352du;
    h ^= h >> 15;
    h *= 0x846ca68bu;
    return h ^ (h >> 16);
}

uint16_t flight_shot_heading(const struct flight_shot *s, uint32_t mount, uint32_t spread)
{
    uint32_t off = flight_hash(s->tick, s->ship, mount) % (2 * spread + 1);

    return (uint16_t)((s->heading + off - spread) & (WORLD_STEPS - 1));
}

void flight_shot_at(const struct flight_shot *s, uint32_t mount, int32_t speed, uint32_t spread,
                    uint32_t age, int32_t pos[2], int32_t vel[2])
{
    int32_t cos = flight_cos(s->heading), sin = flight_sin(s->heading);
    int32_t side = ((int32_t)(2 * mount) + 1 - s->mounts) * (WORLD_MOUNT_GAP / 2);
    uint32_t way = flight_shot_heading(s, mount, spread);

    vel[0] = s->vx + along(speed, flight_cos(way));
    vel[1] = s->vy + along(speed, flight_sin(way));
    pos[0] = s->x - along(side, sin) + (int32_t)age * vel[0];
    pos[1] = s->y + along(side, cos) + (int32_t)age * vel[1];
}

uint16_t flight_lead(int32_t dx, int32_t dy, int32_t dvx, int32_t dvy, int32_t speed)
{
    int64_t x = dx, y = dy;

    for (int i = 0; i < 2; i++) {
        int64_t ticks = flight_isqrt(square_sum(x, y)) / (uint32_t)speed;

        x = dx + dvx * ticks;
        y = dy + dvy * ticks;
    }
    return flight_atan2(y, x);
}
