/* SPDX-License-Identifier: Apache-2.0 */
/* Zones: which one rules where, what goes on protecting, the shelter and the Sun's corona. */
#include "world_main.h"

static uint32_t zone_at(int32_t x, int32_t y)
{
    return world_config_zone_at(&kit->config, sol1_k(x), sol1_k(y));
}

START_TEST(first_shape_wins)
{
    ck_assert_uint_eq(zone_at(0, 13000), SOL1_HOME);
    ck_assert_uint_eq(zone_at(2250, 14250 + 6500), SOL1_HOME); /* the rim belongs to it */
    ck_assert_uint_eq(zone_at(2250, 14250 + 6501), SOL1_BELT);
    ck_assert_uint_eq(zone_at(KIT_CORE_X, KIT_CORE_Y), SOL1_CORE);
    ck_assert_uint_eq(zone_at(KIT_LANES_X, KIT_LANES_Y), SOL1_LANES);
    ck_assert_uint_eq(zone_at(KIT_FREE_X, KIT_FREE_Y), SOL1_FREE);
    ck_assert_uint_eq(zone_at(0, 0), SOL1_SUNWARD);
    ck_assert_uint_eq(zone_at(KIT_BELT_X, KIT_BELT_Y), SOL1_BELT);
    ck_assert_uint_eq(zone_at(KIT_DEEP_X, KIT_DEEP_Y), SOL1_DEEP);
    ck_assert_uint_eq(zone_at(0, -20000), SOL1_SUNWARD);
    ck_assert_uint_eq(zone_at(0, -20001), SOL1_BELT);
    /* On the lane TER-MAR near both ends: Home's circle goes first, Mars is Core anyway. */
    ck_assert_uint_eq(zone_at(6500, 11000), SOL1_HOME);
    ck_assert_uint_eq(zone_at(13000, 9000), SOL1_CORE);
}
END_TEST

START_TEST(capsule_has_its_half_width)
{
    /* From the lane TER-VEN at (-5100, 7900) sideways: |cross| = 17,000 d <= 1,600 * 12,020. */
    for (int32_t d = 0; d <= 1131; d += 29) {
        ck_assert_uint_eq(zone_at(-5100 + d, 7900 - d), SOL1_CORE);
        ck_assert_uint_eq(zone_at(-5100 - d, 7900 + d), SOL1_CORE);
    }
    ck_assert_uint_eq(zone_at(-5100 + 1131, 7900 - 1131), SOL1_CORE);
    ck_assert_uint_eq(zone_at(-5100 + 1132, 7900 - 1132), SOL1_SUNWARD);
    ck_assert_uint_eq(zone_at(-5100 - 1132, 7900 + 1132), SOL1_SUNWARD);
}
END_TEST

START_TEST(ships_know_where_they_appear)
{
    static const int32_t places[][3] = {
        {KIT_HOME_X, KIT_HOME_Y, SOL1_HOME},          {KIT_CORE_X, KIT_CORE_Y, SOL1_CORE},
        {KIT_LANES_X, KIT_LANES_Y, SOL1_LANES},       {KIT_BELT_X, KIT_BELT_Y, SOL1_BELT},
        {KIT_SUNWARD_X, KIT_SUNWARD_Y, SOL1_SUNWARD}, {KIT_DEEP_X, KIT_DEEP_Y, SOL1_DEEP},
        {KIT_FREE_X, KIT_FREE_Y, SOL1_FREE},
    };

    for (uint32_t i = 0; i < 7; i++) {
        uint32_t p = kit_pilot(kit, SOL1_SHUTTLE, places[i][0], places[i][1]);

        ck_assert_uint_eq(kit_own(kit, p).zone, (uint32_t)places[i][2]);
        ck_assert_uint_eq(kit_own(kit, p).zone_kept, 0);
    }
}
END_TEST

/* Runs until the pilot's zone is this one; the zone's note must be there. */
static void until_zone(uint32_t pilot, uint32_t zone)
{
    for (uint32_t t = 0; kit_own(kit, pilot).zone != zone; t++) {
        ck_assert_uint_lt(t, 400);
        kit_clear(kit);
        kit_run(kit, 1);
    }
    ck_assert_ptr_nonnull(kit_note(kit, pilot, WORLD_NOTE_ZONE));
    ck_assert_uint_eq(kit_note(kit, pilot, WORLD_NOTE_ZONE)->a, zone);
}

START_TEST(leaving_keeps_the_protection_for_40_ticks)
{
    uint32_t p = kit_pilot(kit, SOL1_SCOUT, 2250, 20500);

    kit_steer(kit, p, 1024, FLIGHT_COAST, false);
    kit_settle(kit);
    kit_steer(kit, p, 1024, FLIGHT_AHEAD, false);
    until_zone(p, SOL1_BELT);
    ck_assert_uint_eq(kit_note(kit, p, WORLD_NOTE_ZONE)->b, SOL1_HOME);
    for (uint32_t t = 0; t < WORLD_ZONE_KEEP; t++) {
        ck_assert_uint_eq(kit_own(kit, p).zone_kept, SOL1_HOME);
        kit_run(kit, 1);
    }
    ck_assert_uint_eq(kit_own(kit, p).zone_kept, 0);
}
END_TEST

START_TEST(entering_acts_at_once)
{
    uint32_t p = kit_pilot(kit, SOL1_SCOUT, 2250, 21000);

    kit_steer(kit, p, 3072, FLIGHT_COAST, false);
    kit_settle(kit);
    ck_assert_uint_eq(kit_own(kit, p).zone, SOL1_BELT);
    kit_steer(kit, p, 3072, FLIGHT_AHEAD, false);
    while (kit_own(kit, p).y > sol1_k(14250 + 6501))
        kit_run(kit, 1);
    kit_run(kit, WORLD_ZONE_PERIOD);
    ck_assert_uint_eq(kit_own(kit, p).zone, SOL1_HOME);
    ck_assert_uint_eq(kit_own(kit, p).zone_kept, 0);
}
END_TEST

START_TEST(turning_back_gives_up_what_was_kept)
{
    uint32_t p = kit_pilot(kit, SOL1_SCOUT, 2250, 20740);

    kit_steer(kit, p, 1024, FLIGHT_COAST, false);
    kit_settle(kit);
    kit_steer(kit, p, 1024, FLIGHT_AHEAD, false);
    until_zone(p, SOL1_BELT);
    kit_steer(kit, p, 1024, FLIGHT_ASTERN, false);
    until_zone(p, SOL1_HOME);
    ck_assert_uint_eq(kit_own(kit, p).zone_kept, 0);
}
END_TEST

START_TEST(shelter_of_every_station)
{
    for (uint32_t i = 0; i < kit->config.stations_n; i++) {
        const struct config_station *s = &kit->config.stations[i];
        struct world_baton b = kit_baton(kit, SOL1_SHUTTLE, 0, 0);
        struct kit *k = kit_new();

        b.x = (s->x + WORLD_SHELTER_U) * WORLD_UNIT;
        b.y = s->y * WORLD_UNIT;
        ck_assert_uint_eq(kit_own(k, kit_enter(k, &b)).shelter, 1);
        b = kit_baton(k, SOL1_SHUTTLE, 0, 0);
        b.x = (s->x + WORLD_SHELTER_U) * WORLD_UNIT + 1;
        b.y = s->y * WORLD_UNIT;
        ck_assert_uint_eq(kit_own(k, kit_enter(k, &b)).shelter, 0);
        kit_free(k);
    }
}
END_TEST

START_TEST(corona_takes_two_points_a_tick)
{
    uint32_t in = kit_pilot(kit, SOL1_SHUTTLE, 2500, 0);
    uint32_t out = kit_pilot(kit, SOL1_SHUTTLE, 0, 2501);

    kit_run(kit, 10);
    ck_assert_uint_eq(kit_own(kit, in).shield, 500 - 20);
    ck_assert_uint_eq(kit_own(kit, out).shield, 500);
    kit_run(kit, 240);
    ck_assert_uint_eq(kit_own(kit, in).shield, 0);
    ck_assert_uint_eq(kit_own(kit, in).hull, 520);
    kit_run(kit, 259);
    ck_assert_uint_eq(kit_own(kit, in).hull, 2);
    ck_assert_ptr_null(kit_hard(kit, WORLD_HARD_DESTROYED));
    kit_run(kit, 1);
    ck_assert_ptr_nonnull(kit_hard(kit, WORLD_HARD_DESTROYED));
    ck_assert_uint_eq(kit_hard(kit, WORLD_HARD_DESTROYED)->killer_entity, 0);
    ck_assert_uint_eq(kit_hard(kit, WORLD_HARD_DESTROYED)->ship, kit->pilots[in].baton.ship);
    ck_assert_uint_eq(kit_own(kit, in).phase, WORLD_PHASE_DEAD);
    ck_assert_uint_eq(kit_own(kit, in).respawn_at, world_tick(kit->w) + WORLD_RESPAWN_TICKS);
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        first_shape_wins,
        capsule_has_its_half_width,
        ships_know_where_they_appear,
        leaving_keeps_the_protection_for_40_ticks,
        entering_acts_at_once,
        turning_back_gives_up_what_was_kept,
        shelter_of_every_station,
        corona_takes_two_points_a_tick,
    };

    return world_main("zone", tests, sizeof tests / sizeof tests[0]);
}
