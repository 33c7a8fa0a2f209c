/* SPDX-License-Identifier: Apache-2.0 */
/* Guns, torpedoes and point defence, seen through volleys, hits and the own section. */
#include "world_main.h"

#include <stdlib.h>

/* A shooter that looks along +x, and a target so far ahead of it; all is calm. */
static void duel(uint32_t shooter, uint32_t target, int32_t far)
{
    kit_pilot(kit, shooter, KIT_DEEP_X, KIT_DEEP_Y);
    kit_pilot(kit, target, KIT_DEEP_X + far, KIT_DEEP_Y);
    kit_steer(kit, 0, 0, FLIGHT_COAST, false);
    kit_settle(kit);
    kit_clear(kit);
    kit->pilots[0].wish.target = kit->pilots[1].id;
}

/* One tick with the trigger pulled, then it is let go. */
static struct flight_shot volley(uint32_t pilot)
{
    struct flight_shot shots[8];
    uint32_t n;

    kit->pilots[pilot].wish.fire = 1;
    kit_run(kit, 1);
    kit->pilots[pilot].wish.fire = 0;
    n = kit_fired(kit, shots, 8);
    ck_assert_uint_eq(n, 1);
    return shots[0];
}

START_TEST(cooldown_between_volleys)
{
    struct flight_shot shots[8];
    uint32_t last = 0, volleys = 0;

    duel(SOL1_SHUTTLE, SOL1_HEAVY, 3000);
    kit->pilots[0].wish.fire = 1;
    for (uint32_t t = 0; t < 81; t++) {
        kit_run(kit, 1);
        if (kit_fired(kit, shots, 8) == 0)
            continue;
        if (last)
            ck_assert_uint_eq(shots[0].tick - last, 8);
        last = shots[0].tick;
        ck_assert_uint_eq(kit_own(kit, 0).cooldown[0], 8);
        volleys++;
    }
    ck_assert_uint_eq(volleys, 11);
}
END_TEST

START_TEST(energy_per_mount)
{
    duel(SOL1_SHUTTLE, SOL1_HEAVY, 3000);
    (void)volley(0);
    ck_assert_int_eq(kit_own(kit, 0).energy, 1000 - 2 * 16);
    kit_run(kit, 1);
    ck_assert_int_eq(kit_own(kit, 0).energy, 1000 - 2 * 16 + 6);
}
END_TEST

static uint8_t gun_of_baton(uint8_t gun)
{
    struct world_baton b = kit_baton(kit, SOL1_FIGHTER, KIT_DEEP_X, KIT_DEEP_Y);

    b.gun = gun;
    return kit_own(kit, kit_enter(kit, &b)).gun;
}

START_TEST(refitted_guns_are_what_fires)
{
    struct flight_shot shot;

    ck_assert_uint_eq(gun_of_baton(SOL1_AUTO), SOL1_AUTO);
    shot = volley(0);
    ck_assert_uint_eq(shot.weapon, SOL1_AUTO);
    ck_assert_uint_eq(shot.mounts, 3);
    ck_assert_uint_eq(kit_own(kit, 0).cooldown[0], 5);
    ck_assert_int_eq(kit_own(kit, 0).energy, 1400 - 3 * 10);
    ck_assert_uint_eq(gun_of_baton(SOL1_PULSE), 0); /* the class's own */
    ck_assert_uint_eq(gun_of_baton(SOL1_TORPEDO), 0);
    ck_assert_uint_eq(gun_of_baton(99), 0);
}
END_TEST

START_TEST(no_volley_without_energy)
{
    struct flight_shot shots[8];
    uint32_t first;

    kit->config.weapons[SOL1_PULSE - 1].energy = 400;
    kit_config(kit);
    duel(SOL1_SHUTTLE, SOL1_HEAVY, 3000);
    kit->pilots[0].wish.fire = 1;
    kit_run(kit, 1);
    ck_assert_int_eq(kit_own(kit, 0).energy, 200);
    first = world_tick(kit->w);
    do
        kit_run(kit, 1);
    while (kit_fired(kit, shots, 8) == 0);
    ck_assert_uint_eq(world_tick(kit->w) - first, 100); /* 200 + 6 * 100 = 800 */
}
END_TEST

START_TEST(one_record_for_all_mounts)
{
    static const uint32_t mounts[SOL1_GUNSHIP + 1] = {0, 2, 2, 1, 2, 3, 4};

    for (uint32_t class_id = SOL1_SHUTTLE; class_id <= SOL1_GUNSHIP; class_id++) {
        uint32_t p = kit_pilot(kit, class_id, KIT_DEEP_X, KIT_DEEP_Y + 2000 * (int32_t)class_id);
        struct flight_shot s;
        struct world_own own;

        kit_steer(kit, p, 512, FLIGHT_COAST, false);
        kit_settle(kit);
        s = volley(p);
        own = kit_own(kit, p);
        ck_assert_uint_eq(s.mounts, mounts[class_id]);
        ck_assert_uint_eq(s.live, (1u << mounts[class_id]) - 1);
        ck_assert_uint_eq(s.weapon, SOL1_PULSE);
        ck_assert_uint_eq(s.ship, own.id);
        ck_assert_uint_eq(s.heading, 512);
        /* The muzzle lies at the radius ahead: 11,585 / 16,384 of it on both axes. */
        ck_assert_int_eq(s.x - own.x,
                         ((int32_t)config_radius(&kit->config, class_id) * 512 * 11585) >> 14);
        ck_assert_int_eq(s.y - own.y, s.x - own.x);
    }
}
END_TEST

/* The first tick of age in which this bullet is within the radius of a target at rest. */
static uint32_t predicted(const struct flight_shot *s, uint32_t mount,
                          const struct world_entity *target, int64_t radius)
{
    int32_t from[2], to[2], vel[2];

    flight_shot_at(s, mount, 19456, 10, 0, from, vel);
    for (uint32_t age = 1; age <= 25; age++) {
        flight_shot_at(s, mount, 19456, 10, age, to, vel);
        for (int32_t part = 1; part <= 64; part++) {
            int64_t x = from[0] + (int64_t)(to[0] - from[0]) * part / 64 - target->flight.x;
            int64_t y = from[1] + (int64_t)(to[1] - from[1]) * part / 64 - target->flight.y;

            if (x * x + y * y <= radius * radius)
                return age;
        }
        from[0] = to[0];
        from[1] = to[1];
    }
    return 0;
}

START_TEST(everybody_can_predict_a_hit)
{
    struct world_hit hits[8];
    struct world_entity target;
    struct flight_shot s;
    uint32_t seen = 0;

    duel(SOL1_SHUTTLE, SOL1_SHUTTLE, 300);
    target = kit_entity(kit, kit->pilots[1].id);
    s = volley(0);
    for (uint32_t age = 1; age <= 25; age++) {
        uint32_t n;

        kit_run(kit, 1);
        n = kit_hits(kit, hits, 8);
        for (uint32_t i = 0; i < n; i++, seen++) {
            ck_assert_uint_eq(hits[i].shot, s.id);
            ck_assert_uint_eq(hits[i].shooter, kit->pilots[0].id);
            ck_assert_uint_eq(hits[i].target, kit->pilots[1].id);
            ck_assert_uint_eq(hits[i].info, WORLD_HIT_SHIELD);
            ck_assert_uint_eq(age, predicted(&s, hits[i].mount, &target, 16 * WORLD_UNIT));
        }
    }
    ck_assert_uint_eq(seen, 2);
}
END_TEST

START_TEST(range_ends_with_life)
{
    /* 16 to the muzzle, 950 of flight, 40 of the target: 1,006 u. */
    duel(SOL1_SHUTTLE, SOL1_HEAVY, 1020);
    (void)volley(0);
    kit_run(kit, 30);
    ck_assert_uint_eq(kit_lost(kit, 1), 0);
    kit_free(kit);
    kit = kit_new();
    duel(SOL1_SHUTTLE, SOL1_HEAVY, 980);
    (void)volley(0);
    kit_run(kit, 30);
    ck_assert_uint_eq(kit_lost(kit, 1), 150);
}
END_TEST

START_TEST(swept_hits_do_not_tunnel)
{
    for (int32_t far = 100; far < 100 + 38; far += 3) {
        duel(SOL1_SHUTTLE, SOL1_SCOUT, far);
        (void)volley(0);
        kit_run(kit, 8);
        ck_assert_uint_eq(kit_lost(kit, 1), 2 * 75);
        kit_free(kit);
        kit = kit_new();
    }
}
END_TEST

START_TEST(swept_hits_at_closing_speed)
{
    uint32_t bullets = 0;

    kit_pilot(kit, SOL1_SCOUT, KIT_DEEP_X, KIT_DEEP_Y);
    kit_pilot(kit, SOL1_SCOUT, KIT_DEEP_X + 3500, KIT_DEEP_Y);
    kit_steer(kit, 0, 0, FLIGHT_COAST, false);
    kit_steer(kit, 1, 2048, FLIGHT_COAST, false);
    kit_settle(kit);
    kit_steer(kit, 0, 0, FLIGHT_AHEAD, true);
    kit_steer(kit, 1, 2048, FLIGHT_AHEAD, true);
    while (kit_own(kit, 1).x - kit_own(kit, 0).x > 700 * WORLD_UNIT)
        kit_run(kit, 1);
    /* Both at 23 u per tick and 38 of the muzzle: 84 u per tick against 26 u of target. */
    ck_assert_int_eq(kit_own(kit, 0).flight.vx, 11776);
    kit->pilots[0].wish.fire = 1;
    while (kit_own(kit, 1).x - kit_own(kit, 0).x > 200 * WORLD_UNIT) {
        struct flight_shot shots[4];

        kit_run(kit, 1);
        bullets += 2 * kit_fired(kit, shots, 4);
    }
    kit->pilots[0].wish.fire = 0;
    kit_run(kit, 20);
    ck_assert_uint_ge(bullets, 4);
    ck_assert_uint_eq(kit_lost(kit, 1), bullets * 75);
    ck_assert_uint_eq(kit_lost(kit, 0), 0);
}
END_TEST

START_TEST(a_shot_never_meets_its_own_ship)
{
    duel(SOL1_SCOUT, SOL1_HEAVY, 3000);
    kit_steer(kit, 0, 0, FLIGHT_AHEAD, true);
    kit->pilots[0].wish.fire = 1;
    kit_run(kit, 60);
    ck_assert_uint_eq(kit_lost(kit, 0), 0);
}
END_TEST

START_TEST(firing_ends_immunity)
{
    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X, KIT_DEEP_Y);
    kit_run(kit, 5);
    ck_assert_uint_ne(kit_own(kit, 0).immune_until, 0);
    (void)volley(0);
    ck_assert_uint_eq(kit_own(kit, 0).immune_until, 0);
}
END_TEST

/* Fires one torpedo; the result is its entity, 0 when none left the tube. */
static uint32_t launch(void)
{
    kit->pilots[0].wish.fire = 2;
    kit_run(kit, 1);
    kit->pilots[0].wish.fire = 0;
    return kit_find(kit, WORLD_CLASS_TORPEDO);
}

START_TEST(torpedo_homes_and_bursts)
{
    uint32_t id, heading, ticks = 0;

    duel(SOL1_FIGHTER, SOL1_SHUTTLE, 1000);
    kit_steer(kit, 1, 1024, FLIGHT_AHEAD, false); /* it flies across */
    id = launch();
    ck_assert_uint_ne(id, 0);
    ck_assert_uint_eq(kit_note(kit, 1, WORLD_NOTE_LOCKED)->a, id);
    ck_assert_uint_eq(kit_own(kit, 0).torpedoes, 3);
    ck_assert_uint_eq(kit_own(kit, 0).cooldown[1], 120);
    ck_assert_uint_eq(kit_entity(kit, id).target, kit->pilots[1].id);
    heading = kit_entity(kit, id).flight.heading;
    while (kit_find(kit, WORLD_CLASS_TORPEDO)) {
        struct flight f = kit_entity(kit, id).flight;
        int32_t turn = (int32_t)((f.heading - heading + 2048u) & 4095) - 2048;

        ck_assert_int_le(abs(turn), 32);
        ck_assert_uint_eq(f.target % WORLD_AIM_ROUND, 0);
        heading = f.heading;
        ck_assert_uint_lt(ticks++, 140);
        kit_run(kit, 1);
    }
    ck_assert_uint_eq(kit_gone(kit, id), WORLD_GONE_DESTROYED);
    ck_assert_uint_eq(kit_own(kit, 1).shield, 500 - 280);
    ck_assert_uint_eq(kit_lost(kit, 1), 280);
}
END_TEST

START_TEST(torpedo_needs_a_target_in_range)
{
    duel(SOL1_FIGHTER, SOL1_SHUTTLE, 1301);
    ck_assert_uint_eq(launch(), 0);
    kit->pilots[0].wish.target = 0;
    ck_assert_uint_eq(launch(), 0);
    kit->pilots[0].wish.target = kit->pilots[0].id;
    ck_assert_uint_eq(launch(), 0);
    ck_assert_uint_eq(kit_own(kit, 0).torpedoes, 4);
    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X + 1300, KIT_DEEP_Y);
    kit_settle(kit);
    kit->pilots[0].wish.target = kit->pilots[2].id;
    ck_assert_uint_ne(launch(), 0);
}
END_TEST

START_TEST(fast_ships_outrun_torpedoes)
{
    uint32_t id, ticks = 0;

    duel(SOL1_FIGHTER, SOL1_SCOUT, 1250);
    kit_steer(kit, 1, 0, FLIGHT_COAST, false);
    kit_run(kit, 60);
    id = launch();
    kit_steer(kit, 1, 0, FLIGHT_AHEAD, true);
    for (; kit_find(kit, WORLD_CLASS_TORPEDO); ticks++)
        kit_run(kit, 1);
    ck_assert_uint_eq(ticks, 140);
    ck_assert_uint_eq(kit_gone(kit, id), WORLD_GONE_COLLECTED);
    ck_assert_uint_eq(kit_lost(kit, 1), 0);
}
END_TEST

START_TEST(tubes_run_empty)
{
    duel(SOL1_FIGHTER, SOL1_HEAVY, 1000);
    kit->pilots[0].wish.fire = 2;
    kit_run(kit, 3 * 120 + 1);
    ck_assert_uint_eq(kit_own(kit, 0).torpedoes, 0);
    kit_run(kit, 200);
    ck_assert_uint_eq(kit_find(kit, WORLD_CLASS_TORPEDO), 0);
}
END_TEST

START_TEST(point_defence_shoots_torpedoes)
{
    uint32_t burst = 0;

    duel(SOL1_FIGHTER, SOL1_HEAVY, 1000);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t before = kit_lost(kit, 1), defended = 0;

        ck_assert_uint_ne(launch(), 0);
        while (kit_find(kit, WORLD_CLASS_TORPEDO)) {
            struct flight_shot s;

            kit_run(kit, 1);
            if (kit_fired(kit, &s, 1) == 0)
                continue;
            ck_assert_uint_eq(s.weapon, SOL1_PD);
            ck_assert_uint_eq(s.ship, kit->pilots[1].id);
            ck_assert_uint_eq(s.mounts, 2);
            defended++;
        }
        ck_assert_uint_gt(defended, 0);
        burst += kit_lost(kit, 1) != before;
        kit_run(kit, 121);
    }
    ck_assert_uint_lt(burst, 4); /* two point defences stop most of them */
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        cooldown_between_volleys,        energy_per_mount,
        refitted_guns_are_what_fires,
        no_volley_without_energy,        one_record_for_all_mounts,
        everybody_can_predict_a_hit,     range_ends_with_life,
        swept_hits_do_not_tunnel,        swept_hits_at_closing_speed,
        a_shot_never_meets_its_own_ship, firing_ends_immunity,
        torpedo_homes_and_bursts,        torpedo_needs_a_target_in_range,
        fast_ships_outrun_torpedoes,     tubes_run_empty,
        point_defence_shoots_torpedoes,
    };

    return world_main("weapon", tests, sizeof tests / sizeof tests[0]);
}
