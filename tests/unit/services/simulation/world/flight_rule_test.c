/* SPDX-License-Identifier: Apache-2.0 */
/* The flight model against integers worked out by hand from the figures of sol-1. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <world/flight.h>

#include "sol1_fixture.h"

static struct world_config config;
static struct flight_class shuttle;
static struct flight here;

static struct flight_class class_of(uint32_t id)
{
    struct flight_class c;

    ck_assert(config_flight_class(&config, id, &c));
    return c;
}

static void setup(void)
{
    sol1_config(&config);
    shuttle = class_of(SOL1_SHUTTLE);
    memset(&here, 0, sizeof here);
    here.x = here.y = sol1_k(0);
}

START_TEST(turns_by_the_shorter_way_and_its_rate)
{
    static const struct {
        uint16_t heading, target, after;
    } cases[] = {
        {0, 1000, 68},     {0, 4000, 4028}, {10, 50, 50},     {50, 10, 10},
        {4090, 20, 20},    {0, 2048, 4028}, {0, 2047, 68},    {4095, 0, 0},
        {100, 168, 168},   {100, 169, 168}, {1024, 3072, 956}, {4000, 100, 4068},
    };

    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct flight f = here;

        f.heading = cases[i].heading;
        f.target = cases[i].target;
        flight_step(&f, &shuttle);
        ck_assert_uint_eq(f.heading, cases[i].after);
        ck_assert_int_eq(f.x, here.x);
    }
}
END_TEST

START_TEST(acceleration_by_load)
{
    static const int32_t empty_full[SOL1_CLASSES + 1][2] = {
        {0, 0},     {123, 76},  {192, 137}, {102, 54},  {66, 31},
        {217, 178}, {140, 105}, {192, 109}, {192, 170},
    };
    struct flight_class hauler = class_of(SOL1_HAULER);

    for (uint32_t id = 1; id <= SOL1_CLASSES; id++) {
        struct flight_class c = class_of(id);

        ck_assert_int_eq(c.accel[0], empty_full[id][0]);
        ck_assert_int_eq(c.accel[15], empty_full[id][1]);
        for (uint32_t load = 1; load <= 15; load++)
            ck_assert_int_le(c.accel[load], c.accel[load - 1]);
    }
    ck_assert_int_eq(hauler.accel[7], 9200 / (90 + 80 * 7 / 15)); /* 9,200 / 127 = 72 */
    ck_assert_int_eq(hauler.accel[7], 72);
}
END_TEST

START_TEST(thrust_ahead_and_astern)
{
    struct flight f = here;

    f.thrust = FLIGHT_AHEAD;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, 123);
    ck_assert_int_eq(f.vy, 0);
    ck_assert_int_eq(f.x, here.x + 123);
    /* At 45 degrees: (123 * 11,585 + 8,192) >> 14 = 87. */
    f = here;
    f.thrust = FLIGHT_AHEAD;
    f.heading = f.target = 512;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, 87);
    ck_assert_int_eq(f.vy, 87);
    /* Astern: half of 123, truncated, backwards. */
    f = here;
    f.thrust = FLIGHT_ASTERN;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, -61);
    f = here;
    f.thrust = FLIGHT_AHEAD;
    f.load = 15;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, 76);
}
END_TEST

START_TEST(boost_only_ahead)
{
    struct flight f = here;

    f.thrust = FLIGHT_AHEAD;
    f.boost = 1;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, 184); /* 123 * 1,500 / 1,000 */
    f = here;
    f.thrust = FLIGHT_ASTERN;
    f.boost = 1;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, -61);
    /* The higher cap needs the boost: coasting with the bit set bleeds. */
    f = here;
    f.vx = 8704;
    f.boost = 1;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, 8704 - 272 - 1);
}
END_TEST

START_TEST(assist_takes_speed_across_the_heading)
{
    struct flight f = here;

    f.thrust = FLIGHT_AHEAD;
    f.vy = 200;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, 123);
    ck_assert_int_eq(f.vy, 200 - 73); /* 123 * 600 / 1,000 */
    f = here;
    f.thrust = FLIGHT_AHEAD;
    f.vy = -50;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vy, 0);
    f = here;
    f.thrust = FLIGHT_AHEAD;
    f.flags = FLIGHT_DRIFT;
    f.vy = 200;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vy, 200);
    f = here; /* coasting is inertia */
    f.vy = 200;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vy, 200);
    f = here;
    f.thrust = FLIGHT_ASTERN;
    f.vy = 200;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, -61);
    ck_assert_int_eq(f.vy, 127);
}
END_TEST

START_TEST(brake_to_rest)
{
    struct flight f = here;

    f.thrust = FLIGHT_BRAKE;
    f.vx = 3000;
    f.vy = 4000;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, 3000 - 73); /* 3,000 * 123 / 5,000 */
    ck_assert_int_eq(f.vy, 4000 - 98);
    f.vx = 100;
    f.vy = 70; /* |v| = 122 */
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, 0);
    ck_assert_int_eq(f.vy, 0);
}
END_TEST

/* Way to rest from cruise with a full hold, in k. */
static int32_t stopping(uint32_t class_id)
{
    struct flight_class c = class_of(class_id);
    struct flight f = here;

    f.thrust = FLIGHT_BRAKE;
    f.load = 15;
    f.vx = c.cruise;
    for (uint32_t t = 0; f.vx != 0; t++) {
        ck_assert_uint_lt(t, 400);
        flight_step(&f, &c);
    }
    return f.x - here.x;
}

START_TEST(stopping_distances)
{
    int32_t u490 = 490 * WORLD_UNIT, u600 = 600 * WORLD_UNIT;

    /* Sum of 6,144 - 76 i for i = 1..80: the rest of 64 is below one step. */
    ck_assert_int_eq(stopping(SOL1_SHUTTLE), 80 * 6144 - 76 * 80 * 81 / 2);
    ck_assert_int_eq(stopping(SOL1_HEAVY), 140 * 4352 - 31 * 140 * 141 / 2);
    ck_assert_int_lt(abs(stopping(SOL1_SHUTTLE) - u490), u490 * 3 / 100);
    ck_assert_int_lt(abs(stopping(SOL1_HEAVY) - u600), u600 * 3 / 100);
}
END_TEST

START_TEST(top_speeds)
{
    for (uint32_t id = 1; id <= SOL1_CLASSES; id++) {
        const struct config_class *k = world_config_class(&config, id);
        struct flight_class c = class_of(id);

        for (uint32_t boost = 0; boost < 2; boost++) {
            struct flight f = here;
            int32_t top = boost ? k->boosted : k->cruise;

            f.thrust = FLIGHT_AHEAD;
            f.boost = (uint8_t)boost;
            for (uint32_t t = 0; t < 400; t++) {
                flight_step(&f, &c);
                ck_assert_int_le(f.vx, top);
            }
            ck_assert_int_eq(f.vx, top);
            ck_assert_int_eq(f.vy, 0);
        }
    }
}
END_TEST

START_TEST(speed_bleeds_off)
{
    struct flight f = here;
    int32_t expected = 8704;

    f.vx = expected;
    while (expected > 6144) {
        expected = expected - (expected >> 5) - 1;
        if (expected < 6144)
            expected = 6144;
        flight_step(&f, &shuttle);
        ck_assert_int_eq(f.vx, expected);
    }
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.vx, 6144);
}
END_TEST

START_TEST(position_is_clamped_at_the_edge)
{
    struct flight f = here;

    f.x = WORLD_PLAY_MAX - 10;
    f.y = WORLD_PLAY_MIN + 10;
    f.vx = 500;
    f.vy = -500;
    flight_step(&f, &shuttle);
    ck_assert_int_eq(f.x, WORLD_PLAY_MAX);
    ck_assert_int_eq(f.y, WORLD_PLAY_MIN);
    ck_assert_int_eq(f.vx, 0);
    ck_assert_int_eq(f.vy, 0);
}
END_TEST

START_TEST(energy_of_boost)
{
    struct flight_power p = {.energy = 1000, .cap = 1000, .regen = 6, .drain = 16};

    /* 10 net per tick: 1,000, 990 .. 20 are enough, 10 is not. */
    for (uint32_t t = 0; t < 99; t++)
        ck_assert_uint_eq(flight_boost(&p, FLIGHT_AHEAD, 1), 1);
    ck_assert_int_eq(p.energy, 10);
    ck_assert_uint_eq(flight_boost(&p, FLIGHT_AHEAD, 1), 0);
    ck_assert_uint_eq(p.spent, 1);
    while (p.energy < 250)
        ck_assert_uint_eq(flight_boost(&p, FLIGHT_AHEAD, 1), 0);
    ck_assert_uint_eq(flight_boost(&p, FLIGHT_AHEAD, 1), 1);
    /* Released and pressed again, it works from what there is. */
    p.energy = 5;
    ck_assert_uint_eq(flight_boost(&p, FLIGHT_AHEAD, 1), 0);
    ck_assert_uint_eq(flight_boost(&p, FLIGHT_AHEAD, 0), 0);
    ck_assert_int_eq(p.energy, 17);
    ck_assert_uint_eq(flight_boost(&p, FLIGHT_AHEAD, 1), 1);
    /* Only ahead, and never above the capacity. */
    p.energy = 998;
    ck_assert_uint_eq(flight_boost(&p, FLIGHT_ASTERN, 1), 0);
    ck_assert_int_eq(p.energy, 1000);
}
END_TEST

START_TEST(torpedoes_and_things_at_rest)
{
    struct flight_class torpedo = class_of(WORLD_CLASS_TORPEDO), loot = class_of(WORLD_CLASS_LOOT);
    struct flight f = here, g = here;

    f.target = 1024;
    f.vx = 123; /* its speed is its heading's alone */
    flight_step(&f, &torpedo);
    ck_assert_uint_eq(f.heading, 32);
    ck_assert_int_eq(f.vx, (8704 * flight_cos(32) + 8192) >> 14);
    ck_assert_int_eq(f.vy, (8704 * flight_sin(32) + 8192) >> 14);
    g.vx = 500;
    g.target = 100;
    flight_step(&g, &loot);
    ck_assert_mem_eq(&g.x, &here.x, sizeof g.x);
    ck_assert_uint_eq(g.heading, 0);
}
END_TEST

START_TEST(control_word)
{
    for (uint32_t i = 0; i < 5000; i++) {
        uint32_t word = flight_hash(i, 1, 2);
        struct flight f;

        memset(&f, 0, sizeof f);
        flight_ctl_unpack(&f, word);
        ck_assert_uint_eq(flight_ctl_pack(&f), word);
    }
    here.heading = 0xabc;
    here.target = 0x123;
    here.thrust = FLIGHT_BRAKE;
    here.boost = 1;
    here.flags = FLIGHT_LINKDEAD | FLIGHT_DRIFT;
    ck_assert_uint_eq(flight_ctl_pack(&here), 0xabcu | 0x123u << 12 | 3u << 24 | 1u << 26 |
                                                  17u << 27);
}
END_TEST

START_TEST(load_steps)
{
    ck_assert_uint_eq(flight_load(0, 24), 0);
    ck_assert_uint_eq(flight_load(1, 24), 1);
    ck_assert_uint_eq(flight_load(12, 24), 8); /* 7.5 */
    ck_assert_uint_eq(flight_load(23, 24), 15);
    ck_assert_uint_eq(flight_load(24, 24), 15);
    ck_assert_uint_eq(flight_load(99, 24), 15);
    ck_assert_uint_eq(flight_load(1, 0), 15);
    ck_assert_uint_eq(flight_load(16, 240), 1);
    ck_assert_uint_eq(flight_load(17, 240), 2);
}
END_TEST

START_TEST(sine_table)
{
    for (uint32_t h = 0; h < WORLD_STEPS; h++) {
        double a = 2 * acos(-1) * h / WORLD_STEPS;

        ck_assert_int_eq(flight_sin(h), (int)lround(sin(a) * 16384));
        ck_assert_int_eq(flight_cos(h), (int)lround(cos(a) * 16384));
        ck_assert_int_eq(flight_sin(h + WORLD_STEPS), flight_sin(h));
    }
}
END_TEST

START_TEST(heading_of_a_vector)
{
    static const int64_t scales[] = {1, 1000, 1 << 20};

    for (uint32_t h = 0; h < WORLD_STEPS; h++) {
        for (uint32_t i = 0; i < 3; i++) {
            uint32_t got = flight_atan2(flight_sin(h) * scales[i], flight_cos(h) * scales[i]);
            int32_t off = (int32_t)((got - h + 2048) & 4095) - 2048;

            ck_assert_uint_lt(got, WORLD_STEPS);
            ck_assert_int_le(abs(off), 1);
        }
    }
    ck_assert_uint_eq(flight_atan2(0, 0), 0);
    ck_assert_uint_eq(flight_atan2(0, 5), 0);
    ck_assert_uint_eq(flight_atan2(5, 5), 512);
    ck_assert_uint_eq(flight_atan2(5, 0), 1024);
    ck_assert_uint_eq(flight_atan2(0, -5), 2048);
    ck_assert_uint_eq(flight_atan2(-5, 0), 3072);
}
END_TEST

START_TEST(square_root)
{
    uint64_t v = 1;

    for (uint32_t i = 0; i < 20000; i++) {
        uint64_t r;

        v = v * 6364136223846793005u + 1442695040888963407u;
        r = flight_isqrt(v >> (i % 64));
        ck_assert(r * r <= v >> (i % 64));
        ck_assert(r == UINT32_MAX || (r + 1) * (r + 1) > v >> (i % 64));
    }
    for (uint64_t r = 0; r < 5000; r++) {
        ck_assert_uint_eq(flight_isqrt(r * r), r);
        ck_assert_uint_eq(flight_isqrt(r * r + 2 * r), r);
    }
    ck_assert_uint_eq(flight_isqrt(UINT64_MAX), UINT32_MAX);
}
END_TEST

/* Least distance at whole ticks of a shot fired along the lead from a mark that moves. */
static double miss(int32_t dx, int32_t dy, int32_t vx, int32_t vy, int32_t speed)
{
    uint32_t way = flight_lead(dx, dy, vx, vy, speed);
    double least = 1e18;

    for (double t = 0; t < 40; t += 0.125) {
        double x = dx + vx * t - speed * t * flight_cos(way) / 16384.0;
        double y = dy + vy * t - speed * t * flight_sin(way) / 16384.0;
        double far = sqrt(x * x + y * y);

        least = far < least ? far : least;
    }
    return least / WORLD_UNIT;
}

START_TEST(lead_meets_the_target)
{
    ck_assert_uint_eq(flight_lead(5000, 5000, 0, 0, 19456), 512);
    ck_assert_uint_eq(flight_lead(5000, 0, 3000, 0, 19456), 0);
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t h = flight_hash(i, 7, 1), g = flight_hash(i, 7, 2);
        int32_t far = (int32_t)(100 + h % 500) * WORLD_UNIT;
        int32_t dx = (int32_t)(((int64_t)far * flight_cos(h >> 16)) >> 14);
        int32_t dy = (int32_t)(((int64_t)far * flight_sin(h >> 16)) >> 14);
        int32_t v = (int32_t)(g % 3000);

        /* Slower than a sixth of the shot: two rounds meet it within a ship's radius. */
        ck_assert(miss(dx, dy, (v * flight_cos(g >> 16)) >> 14, (v * flight_sin(g >> 16)) >> 14,
                       19456) < 16);
    }
}
END_TEST

START_TEST(bullets_of_a_volley)
{
    struct flight_shot s = {.x = 1000, .y = 2000, .vx = 10, .vy = -20, .ship = 77, .tick = 5,
                            .heading = 0, .weapon = SOL1_PULSE, .mounts = 3, .live = 7};
    int32_t pos[2], vel[2];

    for (uint32_t mount = 0; mount < 3; mount++) {
        flight_shot_at(&s, mount, 19456, 0, 0, pos, vel);
        ck_assert_int_eq(pos[0], 1000);
        ck_assert_int_eq(pos[1], 2000 + ((int32_t)mount - 1) * 6 * WORLD_UNIT);
        ck_assert_int_eq(vel[0], 19456 + 10);
        ck_assert_int_eq(vel[1], -20);
        flight_shot_at(&s, mount, 19456, 0, 4, pos, vel);
        ck_assert_int_eq(pos[0], 1000 + 4 * 19466);
    }
}
END_TEST

START_TEST(spread_is_public_and_bounded)
{
    uint32_t seen[21] = {0};

    for (uint32_t tick = 0; tick < 5000; tick++) {
        struct flight_shot s = {.ship = 9, .tick = tick, .heading = 4094, .mounts = 2};
        uint32_t way = flight_shot_heading(&s, tick & 1, 10);
        uint32_t off = (way - 4094 + 10) & 4095;

        ck_assert_uint_le(off, 20);
        ck_assert_uint_eq(off, flight_hash(tick, 9, tick & 1) % 21);
        seen[off]++;
    }
    for (uint32_t i = 0; i < 21; i++)
        ck_assert_uint_gt(seen[i], 5000 / 21 / 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("flight_rule");
    TCase *t = tcase_create("flight_rule");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, turns_by_the_shorter_way_and_its_rate);
    tcase_add_test(t, acceleration_by_load);
    tcase_add_test(t, thrust_ahead_and_astern);
    tcase_add_test(t, boost_only_ahead);
    tcase_add_test(t, assist_takes_speed_across_the_heading);
    tcase_add_test(t, brake_to_rest);
    tcase_add_test(t, stopping_distances);
    tcase_add_test(t, top_speeds);
    tcase_add_test(t, speed_bleeds_off);
    tcase_add_test(t, position_is_clamped_at_the_edge);
    tcase_add_test(t, energy_of_boost);
    tcase_add_test(t, torpedoes_and_things_at_rest);
    tcase_add_test(t, control_word);
    tcase_add_test(t, load_steps);
    tcase_add_test(t, sine_table);
    tcase_add_test(t, heading_of_a_vector);
    tcase_add_test(t, square_root);
    tcase_add_test(t, lead_meets_the_target);
    tcase_add_test(t, bullets_of_a_volley);
    tcase_add_test(t, spread_is_public_and_bounded);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
