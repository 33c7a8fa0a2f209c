/* SPDX-License-Identifier: Apache-2.0 */
/* What a hit takes from shield and hull, and when the shield comes back. */
#include <world/damage.h>

#include "world_main.h"

START_TEST(split_between_shield_and_hull)
{
    static const struct {
        struct harm harm;
        int32_t shield, of_shield, of_hull;
    } cases[] = {
        {{60, 1250, 800}, 500, 75, 0},  /* pulse: 60 * 1.25 */
        {{60, 1250, 800}, 75, 75, 0},   /* just enough */
        {{60, 1250, 800}, 74, 74, 0},   /* 60 - 59 = 1 left, 0.8 of it */
        {{60, 1250, 800}, 40, 40, 22},  /* 60 - 32 = 28 left, 22.4 */
        {{60, 1250, 800}, 0, 0, 48},
        {{48, 700, 1300}, 500, 33, 0},  /* autocannon: 33.6 */
        {{48, 700, 1300}, 10, 10, 44},  /* 48 - 14 = 34 left, 44.2 */
        {{48, 700, 1300}, 0, 0, 62},
        {{280, 1000, 1000}, 500, 280, 0},
        {{280, 1000, 1000}, 100, 100, 180},
        {{7, 1000, 1000}, 500, 7, 0},   /* point defence: 24 * 0.3 */
        {{2, 1000, 1000}, 1, 1, 1},     /* the Sun */
    };

    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t of_shield = -1, of_hull = -1;

        damage_split(cases[i].shield, &cases[i].harm, &of_shield, &of_hull);
        ck_assert_int_eq(of_shield, cases[i].of_shield);
        ck_assert_int_eq(of_hull, cases[i].of_hull);
    }
}
END_TEST

/* A shuttle fires one volley at another; runs until both bullets have hit. */
static void wounded(uint32_t shooter, uint32_t target)
{
    kit_pilot(kit, shooter, KIT_DEEP_X, KIT_DEEP_Y);
    kit_pilot(kit, target, KIT_DEEP_X + 100, KIT_DEEP_Y);
    kit_steer(kit, 0, 0, FLIGHT_COAST, false);
    kit_settle(kit);
    kit->pilots[0].wish.fire = 1;
    kit_run(kit, 1);
    kit->pilots[0].wish.fire = 0;
    while (kit_own(kit, 1).combat_until == 0)
        kit_run(kit, 1);
}

START_TEST(notes_for_both_sides)
{
    const struct world_note *by, *on;

    wounded(SOL1_SHUTTLE, SOL1_SHUTTLE);
    by = kit_note(kit, 1, WORLD_NOTE_HIT_BY);
    on = kit_note(kit, 0, WORLD_NOTE_HIT_ON);
    ck_assert_ptr_nonnull(by);
    ck_assert_ptr_nonnull(on);
    ck_assert_uint_eq(by->a, kit->pilots[0].id);
    ck_assert_uint_eq(by->b, 75);
    ck_assert_uint_eq(by->c, kit->pilots[0].baton.player);
    ck_assert_uint_eq(by->d, 0);
    ck_assert_uint_eq(on->a, kit->pilots[1].id);
    ck_assert_uint_eq(on->b, 75);
    ck_assert_uint_eq(on->c, kit->pilots[1].baton.player);
    ck_assert_uint_eq(kit_own(kit, 0).combat_until, kit_own(kit, 1).combat_until);
    ck_assert_uint_eq(kit_own(kit, 1).combat_until, world_tick(kit->w) + WORLD_COMBAT_TICKS);
}
END_TEST

START_TEST(recharge_after_the_delay)
{
    uint32_t at;

    wounded(SOL1_SHUTTLE, SOL1_SHUTTLE);
    kit_run(kit, 2); /* the other bullet, if it was a tick later */
    ck_assert_uint_eq(kit_own(kit, 1).shield, 350);
    at = kit_own(kit, 1).dock_at - WORLD_DOCK_CALM; /* when it was hit */
    kit_run(kit, 100 - (world_tick(kit->w) - at));
    ck_assert_uint_eq(kit_own(kit, 1).shield, 350);
    for (uint32_t i = 1; i <= 150; i++) {
        kit_run(kit, 1);
        ck_assert_uint_eq(kit_own(kit, 1).shield, 350 + i);
    }
    kit_run(kit, 10);
    ck_assert_uint_eq(kit_own(kit, 1).shield, 500);
}
END_TEST

START_TEST(every_hit_begins_the_delay_anew)
{
    wounded(SOL1_SHUTTLE, SOL1_SHUTTLE);
    kit_run(kit, 80);
    kit->pilots[0].wish.fire = 1;
    kit_run(kit, 1);
    kit->pilots[0].wish.fire = 0;
    kit_run(kit, 80);
    ck_assert_uint_eq(kit_own(kit, 1).shield, 500 - 4 * 75);
}
END_TEST

START_TEST(the_heavy_hauler_recharges_by_two)
{
    uint32_t at;

    wounded(SOL1_SHUTTLE, SOL1_HEAVY);
    kit_run(kit, 3);
    ck_assert_uint_eq(kit_own(kit, 1).shield, 1350);
    at = kit_own(kit, 1).dock_at - WORLD_DOCK_CALM; /* when it was hit */
    kit_run(kit, at + 140 - world_tick(kit->w));
    ck_assert_uint_eq(kit_own(kit, 1).shield, 1350);
    kit_run(kit, 5);
    ck_assert_uint_eq(kit_own(kit, 1).shield, 1360);
}
END_TEST

START_TEST(the_hull_is_not_mended_in_space)
{
    uint32_t hull;

    wounded(SOL1_FIGHTER, SOL1_SHUTTLE);
    kit->pilots[0].wish.fire = 1;
    while (kit_own(kit, 1).hull == 520)
        kit_run(kit, 1);
    kit->pilots[0].wish.fire = 0;
    kit_run(kit, 10);
    hull = kit_own(kit, 1).hull;
    ck_assert_uint_lt(hull, 520);
    kit_run(kit, 700);
    ck_assert_uint_eq(kit_own(kit, 1).hull, hull);
    ck_assert_uint_eq(kit_own(kit, 1).shield, 500);
}
END_TEST

START_TEST(death_names_killer_and_helpers)
{
    const struct world_hard *h;

    wounded(SOL1_SHUTTLE, SOL1_SHUTTLE);
    kit_pilot(kit, SOL1_GUNSHIP, KIT_DEEP_X + 100, KIT_DEEP_Y - 150);
    kit_steer(kit, 2, 1024, FLIGHT_COAST, false);
    kit_settle(kit);
    kit->pilots[2].wish.fire = 1;
    for (uint32_t t = 0; !kit_hard(kit, WORLD_HARD_DESTROYED); t++) {
        ck_assert_uint_lt(t, 100);
        kit_run(kit, 1);
    }
    h = kit_hard(kit, WORLD_HARD_DESTROYED);
    ck_assert_uint_eq(h->player, kit->pilots[1].baton.player);
    ck_assert_uint_eq(h->version, 1);
    ck_assert_uint_eq(h->killer_player, kit->pilots[2].baton.player);
    ck_assert_uint_eq(h->killer_ship, kit->pilots[2].baton.ship);
    ck_assert_uint_eq(h->killer_class, SOL1_GUNSHIP);
    ck_assert_uint_eq(h->assistants_n, 1);
    ck_assert_uint_eq(h->assistants[0], kit->pilots[0].baton.player);
    ck_assert_uint_eq(h->event, world_event_id(0, 1, h->tick, h->ordinal));
    ck_assert_ptr_nonnull(kit_note(kit, 1, WORLD_NOTE_KILLED));
    ck_assert_uint_eq(kit_note(kit, 2, WORLD_NOTE_KILL)->c, kit->pilots[1].baton.player);
    ck_assert_uint_eq(kit_gone(kit, kit->pilots[1].id), WORLD_GONE_DESTROYED);
}
END_TEST

START_TEST(hulls_hold_while_events_must_wait)
{
    wounded(SOL1_GUNSHIP, SOL1_SHUTTLE);
    world_flags_set(kit->w, WORLD_NO_NPCS | WORLD_HULLS_HOLD);
    kit->pilots[0].wish.fire = 1;
    kit_run(kit, 200);
    ck_assert_uint_eq(kit_own(kit, 1).hull, 1);
    ck_assert_uint_eq(kit->hards_n, 0);
    world_flags_set(kit->w, WORLD_NO_NPCS);
    kit_run(kit, 20);
    ck_assert_ptr_nonnull(kit_hard(kit, WORLD_HARD_DESTROYED));
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        split_between_shield_and_hull,    notes_for_both_sides,
        recharge_after_the_delay,         every_hit_begins_the_delay_anew,
        the_heavy_hauler_recharges_by_two, the_hull_is_not_mended_in_space,
        death_names_killer_and_helpers,   hulls_hold_while_events_must_wait,
    };

    return world_main("damage", tests, sizeof tests / sizeof tests[0]);
}
