/* SPDX-License-Identifier: Apache-2.0 */
#include "field.h"

static struct flight_class class_of(uint32_t id)
{
    static struct world_config config;
    struct flight_class c;

    sol1_config(&config);
    ck_assert(config_flight_class(&config, id, &c));
    return c;
}

static struct flight at_rest(uint32_t load)
{
    return (struct flight){.x = sol1_k(0), .y = sol1_k(13000), .load = (uint8_t)load};
}

/* Distance in u that it takes to come to rest from cruise. */
static int32_t stopping(uint32_t class_id, uint32_t load)
{
    struct flight_class c = class_of(class_id);
    struct flight f = at_rest(load);
    int32_t from;

    f.thrust = FLIGHT_AHEAD;
    for (int i = 0; i < 400; i++)
        flight_step(&f, &c);
    ck_assert_int_ge(f.vx, c.cruise - 2);
    ck_assert_int_le(f.vx, c.cruise);
    f.thrust = FLIGHT_BRAKE;
    from = f.x;
    for (int i = 0; i < 400 && f.vx; i++)
        flight_step(&f, &c);
    ck_assert_int_eq(f.vx, 0);
    return (f.x - from) / WORLD_UNIT;
}

START_TEST(table_of_the_classes)
{
    struct flight_class c = class_of(SOL1_SHUTTLE);

    ck_assert_int_eq(c.accel[0], 123);
    ck_assert_int_eq(c.accel[15], 76);
    c = class_of(SOL1_HEAVY);
    ck_assert_int_eq(c.accel[0], 66);
    ck_assert_int_eq(c.accel[15], 31);
    c = class_of(SOL1_GUNSHIP);
    ck_assert_int_eq(c.accel[0], 140);
    ck_assert_int_eq(c.accel[15], 105);
}
END_TEST

START_TEST(stopping_distance)
{
    int32_t shuttle = stopping(SOL1_SHUTTLE, 15), heavy = stopping(SOL1_HEAVY, 15);

    ck_assert_int_ge(shuttle, 475);
    ck_assert_int_le(shuttle, 495);
    ck_assert_int_ge(heavy, 585);
    ck_assert_int_le(heavy, 605);
}
END_TEST

START_TEST(turning_takes_the_short_way)
{
    struct flight_class c = class_of(SOL1_SHUTTLE);
    struct flight f = at_rest(0);

    f.heading = 4000;
    f.target = 100;
    flight_step(&f, &c);
    ck_assert_uint_eq(f.heading, 4068);
    flight_step(&f, &c);
    ck_assert_uint_eq(f.heading, 40);
    flight_step(&f, &c);
    ck_assert_uint_eq(f.heading, 100);
}
END_TEST

START_TEST(coasting_is_inertia)
{
    struct flight_class c = class_of(SOL1_SCOUT);
    struct flight f = at_rest(0);
    int32_t x;

    f.vx = 3000;
    f.vy = -777;
    f.target = 2000; /* turning alone moves nothing */
    x = f.x;
    for (int i = 0; i < 100; i++)
        flight_step(&f, &c);
    ck_assert_int_eq(f.x, x + 300000);
    ck_assert_int_eq(f.vy, -777);
}
END_TEST

START_TEST(assist_kills_sideways_drift)
{
    struct flight_class c = class_of(SOL1_SHUTTLE);
    struct flight with = at_rest(0), without = at_rest(0);

    with.vy = without.vy = 3000;
    with.thrust = without.thrust = FLIGHT_AHEAD;
    without.flags = FLIGHT_DRIFT;
    for (int i = 0; i < 60; i++) {
        flight_step(&with, &c);
        flight_step(&without, &c);
    }
    ck_assert_int_le(with.vy, 1);
    ck_assert_int_ge(without.vy, 2000);
}
END_TEST

START_TEST(boost_bleeds_off)
{
    struct flight_class c = class_of(SOL1_FIGHTER);
    struct flight f = at_rest(0);

    f.vx = c.boosted;
    f.thrust = FLIGHT_AHEAD;
    flight_step(&f, &c);
    /* Thrust is added before the bleed takes its share. */
    ck_assert_int_lt(f.vx, c.boosted);
    ck_assert_int_gt(f.vx, c.boosted - 400);
    for (int i = 0; i < 400; i++)
        flight_step(&f, &c);
    ck_assert_int_le(f.vx, c.cruise + c.accel[0] * 33);
}
END_TEST

START_TEST(boost_needs_energy_and_comes_back)
{
    struct flight_power p = {1000, 1000, 6, 16, 0};
    int ticks = 0;

    while (flight_boost(&p, FLIGHT_AHEAD, 1))
        ticks++;
    ck_assert_int_ge(ticks, 98); /* 5.0 s */
    ck_assert_int_le(ticks, 101);
    ck_assert_int_eq(p.spent, 1);
    while (p.energy < 250)
        ck_assert_uint_eq(flight_boost(&p, FLIGHT_AHEAD, 1), 0);
    ck_assert_uint_eq(flight_boost(&p, FLIGHT_AHEAD, 1), 1);
    ck_assert_uint_eq(flight_boost(&p, FLIGHT_ASTERN, 1), 0);
}
END_TEST

START_TEST(the_edge_stops)
{
    struct flight_class c = class_of(SOL1_SHUTTLE);
    struct flight f = {.x = WORLD_PLAY_MAX - 100, .y = sol1_k(0), .vx = 5000, .vy = 1000};

    flight_step(&f, &c);
    ck_assert_int_eq(f.x, WORLD_PLAY_MAX);
    ck_assert_int_eq(f.vx, 0);
    ck_assert_int_eq(f.vy, 1000);
}
END_TEST

START_TEST(trigonometry)
{
    ck_assert_int_eq(flight_cos(0), 16384);
    ck_assert_int_eq(flight_sin(1024), 16384);
    ck_assert_int_eq(flight_sin(3072), -16384);
    for (uint32_t h = 0; h < WORLD_STEPS; h++) {
        uint32_t back = flight_atan2(flight_sin(h), flight_cos(h));
        int32_t off = (int32_t)((back - h + 2048) & 4095) - 2048;

        if (off < -1 || off > 1)
            ck_abort_msg("heading %u comes back as %u", h, back);
    }
    for (uint64_t v = 0; v < 70000; v++) {
        uint64_t r = flight_isqrt(v);

        if (r * r > v || (r + 1) * (r + 1) <= v)
            ck_abort_msg("root of %llu is not %llu", (unsigned long long)v,
                         (unsigned long long)r);
    }
    ck_assert_uint_eq(flight_isqrt(UINT64_MAX), UINT32_MAX);
}
END_TEST

START_TEST(load_steps_round_up)
{
    ck_assert_uint_eq(flight_load(0, 24), 0);
    ck_assert_uint_eq(flight_load(1, 24), 1);
    ck_assert_uint_eq(flight_load(12, 24), 8);
    ck_assert_uint_eq(flight_load(24, 24), 15);
    ck_assert_uint_eq(flight_load(99, 24), 15);
    ck_assert_uint_eq(flight_load(1, 0), 15);
}
END_TEST

START_TEST(shots_fly_straight_and_spread_in_bounds)
{
    struct flight_shot s = {.x = sol1_k(0), .y = sol1_k(0), .vx = 500, .ship = 77, .heading = 1024,
                            .weapon = 1, .mounts = 2, .live = 3};
    int32_t p0[2], p9[2], v[2];

    for (s.tick = 0; s.tick < 500; s.tick++) {
        uint32_t way = flight_shot_heading(&s, 0, 10);

        ck_assert(way >= 1014 && way <= 1034);
    }
    flight_shot_at(&s, 1, 19456, 10, 0, p0, v);
    flight_shot_at(&s, 1, 19456, 10, 9, p9, v);
    ck_assert_int_eq(p9[0], p0[0] + 9 * v[0]);
    ck_assert_int_eq(p9[1], p0[1] + 9 * v[1]);
    ck_assert_int_eq(p0[0], s.x - 3 * WORLD_UNIT); /* second mount, 3 u beside the axis */
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {table_of_the_classes, stopping_distance,
                                  turning_takes_the_short_way, coasting_is_inertia,
                                  assist_kills_sideways_drift, boost_bleeds_off,
                                  boost_needs_energy_and_comes_back, the_edge_stops, trigonometry,
                                  load_steps_round_up, shots_fly_straight_and_spread_in_bounds};

    return field_main("flight", tests, sizeof tests / sizeof tests[0]);
}
