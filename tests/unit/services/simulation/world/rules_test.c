/* SPDX-License-Identifier: Apache-2.0 */
/* The law of each zone between pilots: who may hurt whom, and who is wanted for it. */
#include "world_main.h"

#include <world/zone.h>

/* A fighter that looks along +x at a shuttle 100 u ahead; the target's baton may be changed. */
static void meet(int32_t x, int32_t y, uint8_t target_flags)
{
    struct world_baton b;

    kit_pilot(kit, SOL1_FIGHTER, x, y);
    b = kit_baton(kit, SOL1_SHUTTLE, x + 100, y);
    b.flags |= target_flags;
    kit_enter(kit, &b);
    kit_steer(kit, 0, 0, FLIGHT_COAST, false);
    kit_steer(kit, 1, 2048, FLIGHT_COAST, false);
    kit_settle(kit);
    kit_clear(kit);
}

static void fire_for(uint32_t pilot, uint32_t ticks)
{
    kit->pilots[pilot].wish.fire = 1;
    kit_run(kit, ticks);
    kit->pilots[pilot].wish.fire = 0;
    kit_run(kit, 8);
}

static void kill_target(void)
{
    kit->pilots[0].wish.fire = 1;
    for (uint32_t t = 0; !kit_hard(kit, WORLD_HARD_DESTROYED); t++) {
        ck_assert_uint_lt(t, 400);
        kit_run(kit, 1);
    }
    kit->pilots[0].wish.fire = 0;
}

START_TEST(home_allows_no_harm)
{
    meet(KIT_HOME_X, KIT_HOME_Y, 0);
    fire_for(0, 60);
    ck_assert_uint_eq(kit_lost(kit, 1), 0);
    ck_assert_uint_eq(kit_own(kit, 0).wanted_until, 0);
}
END_TEST

START_TEST(harm_in_guarded_space_is_a_crime)
{
    static const int32_t places[][2] = {{KIT_CORE_X, KIT_CORE_Y}, {KIT_LANES_X, KIT_LANES_Y}};

    for (uint32_t i = 0; i < 2; i++) {
        const struct world_note *wanted;

        meet(places[i][0], places[i][1], 0);
        fire_for(0, 1);
        ck_assert_uint_eq(kit_lost(kit, 1), 3 * 75);
        wanted = kit_note(kit, 0, WORLD_NOTE_WANTED);
        ck_assert_ptr_nonnull(wanted);
        /* 300 s from a hit, and nobody else is wanted. */
        ck_assert_uint_eq(kit_own(kit, 0).wanted_until,
                          kit_own(kit, 0).combat_until - WORLD_COMBAT_TICKS + 6000);
        ck_assert_uint_eq(kit_own(kit, 1).wanted_until, 0);
        ck_assert_uint_ne(kit_own(kit, 0).flight.flags & FLIGHT_WANTED, 0);
        kit_free(kit);
        kit = kit_new();
    }
}
END_TEST

START_TEST(the_wanted_may_be_hurt)
{
    meet(KIT_CORE_X, KIT_CORE_Y, 0);
    fire_for(0, 1);
    fire_for(1, 20);
    ck_assert_uint_gt(kit_lost(kit, 0), 0);
    ck_assert_uint_eq(kit_own(kit, 1).wanted_until, 0);
}
END_TEST

START_TEST(wanted_ends_after_300_seconds)
{
    uint32_t until;

    meet(KIT_CORE_X, KIT_CORE_Y, 0);
    fire_for(0, 1);
    until = kit_own(kit, 0).wanted_until;
    kit_run(kit, until - 1 - world_tick(kit->w));
    ck_assert_uint_eq(kit_own(kit, 0).wanted_until, until);
    kit_run(kit, 1);
    ck_assert_uint_eq(kit_own(kit, 0).wanted_until, 0);
    ck_assert_uint_eq(kit_own(kit, 0).flight.flags & FLIGHT_WANTED, 0);
}
END_TEST

START_TEST(open_space_punishes_only_the_kill)
{
    static const int32_t places[][2] = {
        {KIT_SUNWARD_X, KIT_SUNWARD_Y}, {KIT_BELT_X, KIT_BELT_Y}, {KIT_DEEP_X, KIT_DEEP_Y}};

    for (uint32_t i = 0; i < 3; i++) {
        meet(places[i][0], places[i][1], 0);
        fire_for(0, 1);
        ck_assert_uint_eq(kit_own(kit, 0).wanted_until, 0);
        kill_target();
        ck_assert_uint_eq(kit_own(kit, 0).wanted_until, world_tick(kit->w) + 3600);
        ck_assert_uint_eq(kit_hard(kit, WORLD_HARD_DESTROYED)->crime, 1);
        ck_assert_uint_eq(kit_hard(kit, WORLD_HARD_DESTROYED)->victim_wanted, 0);
        kit_free(kit);
        kit = kit_new();
    }
}
END_TEST

START_TEST(free_ports_have_no_rules)
{
    meet(KIT_FREE_X, KIT_FREE_Y, 0);
    kill_target();
    ck_assert_uint_eq(kit_own(kit, 0).wanted_until, 0);
    ck_assert_uint_eq(kit_hard(kit, WORLD_HARD_DESTROYED)->crime, 0);
}
END_TEST

START_TEST(killing_the_wanted_is_no_crime)
{
    meet(KIT_CORE_X, KIT_CORE_Y, 0);
    fire_for(1, 1); /* the shuttle begins */
    ck_assert_uint_ne(kit_own(kit, 1).wanted_until, 0);
    kill_target();
    ck_assert_uint_eq(kit_own(kit, 0).wanted_until, 0);
    ck_assert_uint_eq(kit_hard(kit, WORLD_HARD_DESTROYED)->crime, 0);
    ck_assert_uint_eq(kit_hard(kit, WORLD_HARD_DESTROYED)->victim_wanted, 1);
}
END_TEST

START_TEST(newcomers_are_safe_up_to_risk_2)
{
    static const int32_t safe[][2] = {
        {KIT_CORE_X, KIT_CORE_Y}, {KIT_LANES_X, KIT_LANES_Y}, {KIT_SUNWARD_X, KIT_SUNWARD_Y}};

    for (uint32_t i = 0; i < 3; i++) {
        meet(safe[i][0], safe[i][1], WORLD_BATON_NEWCOMER);
        fire_for(0, 30);
        ck_assert_uint_eq(kit_lost(kit, 1), 0);
        ck_assert_uint_eq(kit_own(kit, 0).wanted_until, 0);
        kit_free(kit);
        kit = kit_new();
    }
    meet(KIT_BELT_X, KIT_BELT_Y, WORLD_BATON_NEWCOMER);
    fire_for(0, 1);
    ck_assert_uint_eq(kit_lost(kit, 1), 3 * 75);
}
END_TEST

START_TEST(a_newcomer_who_attacks_is_one_no_more)
{
    meet(KIT_SUNWARD_X, KIT_SUNWARD_Y, WORLD_BATON_NEWCOMER);
    ck_assert_uint_eq(kit_own(kit, 1).newcomer, 1);
    ck_assert_uint_eq(kit_entity(kit, kit->pilots[1].id).flags, WORLD_ENTITY_NEWCOMER);
    fire_for(1, 1);
    ck_assert_uint_eq(kit_own(kit, 1).newcomer, 0);
    ck_assert_uint_eq(kit_entity(kit, kit->pilots[1].id).flags, 0);
    fire_for(0, 1);
    ck_assert_uint_gt(kit_lost(kit, 1), 0);
}
END_TEST

START_TEST(shelter_until_one_fires)
{
    uint32_t lost;

    /* Beside Io Forge, in the Deep: the target inside, the attacker wherever he likes. */
    meet(41500 + 400, -9500, 0);
    ck_assert_uint_eq(kit_own(kit, 1).shelter, 1);
    fire_for(0, 30);
    ck_assert_uint_eq(kit_lost(kit, 1), 0);
    kit_steer(kit, 1, 1024, FLIGHT_COAST, false); /* fires, but not at him */
    kit_run(kit, 30);
    fire_for(1, 1);
    fire_for(0, 1);
    lost = kit_lost(kit, 1);
    ck_assert_uint_eq(lost, 3 * 75);
    kit_run(kit, WORLD_SHELTER_FIRED);
    fire_for(0, 30);
    ck_assert_uint_eq(kit_lost(kit, 1), lost);
}
END_TEST

START_TEST(the_zone_just_left_still_protects)
{
    kit_pilot(kit, SOL1_FIGHTER, 2250, 20760);
    kit_pilot(kit, SOL1_SCOUT, 2250, 20700);
    kit_steer(kit, 0, 1024, FLIGHT_COAST, false);
    kit_steer(kit, 1, 1024, FLIGHT_COAST, false);
    kit_settle(kit);
    ck_assert_uint_eq(kit_own(kit, 1).zone, SOL1_HOME);
    ck_assert_uint_eq(kit_own(kit, 0).zone, SOL1_BELT);
    kit_steer(kit, 1, 1024, FLIGHT_AHEAD, false);
    kit->pilots[0].wish.fire = 1;
    while (kit_own(kit, 1).zone == SOL1_HOME)
        kit_run(kit, 1);
    while (kit_own(kit, 1).zone_kept == SOL1_HOME) {
        kit_run(kit, 1);
        ck_assert_uint_eq(kit_lost(kit, 1), 0);
    }
    kit_run(kit, 40);
    ck_assert_uint_gt(kit_lost(kit, 1), 0);
}
END_TEST

START_TEST(immune_ships_cannot_be_hit)
{
    kit_pilot(kit, SOL1_FIGHTER, KIT_DEEP_X, KIT_DEEP_Y);
    kit_steer(kit, 0, 0, FLIGHT_COAST, false);
    kit_settle(kit);
    kit->pilots[0].wish.fire = 1;
    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X + 100, KIT_DEEP_Y);
    kit_run(kit, WORLD_IMMUNE_TICKS);
    ck_assert_uint_eq(kit_lost(kit, 1), 0);
    ck_assert_uint_ne(kit_own(kit, 1).flight.flags & FLIGHT_IMMUNE, 0);
    kit_run(kit, 12);
    ck_assert_uint_gt(kit_lost(kit, 1), 0);
}
END_TEST

/* Who may hurt whom among NPCs, asked in the Deep: a table of the law itself. */
START_TEST(sides_of_the_npcs)
{
    static const uint8_t sides[] = {WORLD_FACTION_RAIDER, WORLD_FACTION_PATROL,
                                    WORLD_FACTION_GUILD};
    struct culprit by = {.entity = 0x7f000000u, .slot = NO_SLOT};
    uint32_t clean = kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X, KIT_DEEP_Y);
    uint32_t slot = kit->pilots[clean].id & WORLD_SLOT_MASK;
    static const bool at_pilot[] = {true, false, false};

    kit_settle(kit);
    for (uint32_t i = 0; i < 3; i++) {
        by.faction = sides[i];
        ck_assert_int_eq(zone_may_hurt(kit->w, &by, slot), at_pilot[i]);
    }
    zone_want(kit->w, slot, 100);
    for (uint32_t i = 0; i < 3; i++) {
        by.faction = sides[i];
        ck_assert(zone_may_hurt(kit->w, &by, slot));
    }
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        home_allows_no_harm,
        harm_in_guarded_space_is_a_crime,
        the_wanted_may_be_hurt,
        wanted_ends_after_300_seconds,
        open_space_punishes_only_the_kill,
        free_ports_have_no_rules,
        killing_the_wanted_is_no_crime,
        newcomers_are_safe_up_to_risk_2,
        a_newcomer_who_attacks_is_one_no_more,
        shelter_until_one_fires,
        the_zone_just_left_still_protects,
        immune_ships_cannot_be_hit,
        sides_of_the_npcs,
    };

    return world_main("rules", tests, sizeof tests / sizeof tests[0]);
}
