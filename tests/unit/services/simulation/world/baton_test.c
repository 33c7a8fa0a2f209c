/* SPDX-License-Identifier: Apache-2.0 */
/* Batons: versions and epochs, who comes and goes, and the merge of an opening. */
#include "world_main.h"

enum { STATION_IO = 10 };

static struct world_own own(void)
{
    return kit_own(kit, 0);
}

static uint32_t enter(void)
{
    return kit_pilot(kit, SOL1_HAULER, KIT_DEEP_X, KIT_DEEP_Y);
}

START_TEST(other_epochs_are_ignored)
{
    struct world_baton b = kit_baton(kit, SOL1_SHUTTLE, KIT_DEEP_X, KIT_DEEP_Y);

    b.epoch = 2;
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_STALE);
    b.epoch = 0;
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_STALE);
    ck_assert_uint_eq(world_ships(kit->w), 0);
    ck_assert_uint_eq(world_pilot_find(kit->w, b.player), WORLD_NOBODY);
}
END_TEST

START_TEST(versions_must_rise)
{
    struct world_baton b;
    uint64_t hash;

    enter();
    ck_assert_int_eq(kit_apply(kit, 0, WORLD_BATON_LEAVE, STATION_IO), WORLD_OK);
    b = kit->pilots[0].baton; /* version 2 */
    hash = world_hash(kit->w);
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_STALE);
    b.kind = WORLD_BATON_APPEAR;
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_STALE);
    b.version = 1;
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_STALE);
    ck_assert_uint_eq(world_hash(kit->w), hash);
    b.version = 7; /* gaps are no fault */
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_OK);
    ck_assert_uint_eq(own().version, 7);
}
END_TEST

START_TEST(fields_out_of_range_change_nothing)
{
    struct world_baton good = kit_baton(kit, SOL1_SHUTTLE, KIT_DEEP_X, KIT_DEEP_Y), b;
    uint64_t hash = world_hash(kit->w);

#define REFUSED(change, verdict)                                                                   \
    do {                                                                                           \
        b = good;                                                                                  \
        change;                                                                                    \
        ck_assert_int_eq(world_apply(kit->w, &b), verdict);                                        \
        ck_assert_uint_eq(world_hash(kit->w), hash);                                               \
    } while (0)
    REFUSED(b.ship = 0, WORLD_MALFORMED);
    REFUSED(b.player = 0, WORLD_MALFORMED);
    REFUSED(b.version = 0, WORLD_MALFORMED);
    REFUSED(b.kind = 0, WORLD_MALFORMED);
    REFUSED(b.kind = 4, WORLD_MALFORMED);
    REFUSED(b.class_id = 99, WORLD_UNKNOWN);
    REFUSED(b.class_id = WORLD_CLASS_DRONE, WORLD_UNKNOWN);
    REFUSED(b.station = 99, WORLD_UNKNOWN);
    REFUSED(kit_load(&b, 99, 1), WORLD_UNKNOWN);
    REFUSED(kit_load(&b, SOL1_ICE, 0), WORLD_UNKNOWN);
    REFUSED((kit_load(&b, SOL1_ICE, 1), kit_load(&b, SOL1_ICE, 2)), WORLD_UNKNOWN);
    REFUSED(b.cargo_n = WORLD_CARGO_KINDS + 1, WORLD_UNKNOWN);
#undef REFUSED
    ck_assert_int_eq(world_apply(kit->w, &good), WORLD_OK);
}
END_TEST

START_TEST(a_ship_appears_as_its_baton_says)
{
    struct world_baton b = kit_baton(kit, SOL1_FIGHTER, KIT_DEEP_X, KIT_DEEP_Y);
    struct world_own o;

    b.hull = 321;
    b.flags = 0;
    b.torpedoes = 2;
    b.version = 5;
    kit_load(&b, SOL1_ICE, 3);
    kit_load(&b, SOL1_ALLOYS, 2);
    kit_enter(kit, &b);
    o = own();
    ck_assert_uint_eq(o.phase, WORLD_PHASE_FLYING);
    ck_assert_uint_eq(o.hull, 321);
    ck_assert_uint_eq(o.hull_max, 1000);
    ck_assert_uint_eq(o.shield, 1000);
    ck_assert_int_eq(o.energy, 1400);
    ck_assert_uint_eq(o.torpedoes, 2);
    ck_assert_uint_eq(o.version, 5);
    ck_assert_int_eq(o.x, sol1_k(KIT_DEEP_X));
    ck_assert_int_eq(o.y, sol1_k(KIT_DEEP_Y));
    ck_assert_uint_eq(o.cargo_mass, 3 + 2 * 2);
    ck_assert_uint_eq(o.flight.load, 11); /* ceil(15 * 7 / 10) */
    ck_assert_uint_eq(o.cargo_n, 2);
    ck_assert_uint_eq(world_ships(kit->w), 1);
}
END_TEST

START_TEST(wild_places_are_clamped)
{
    struct world_baton b = kit_baton(kit, SOL1_FIGHTER, 0, 0);

    b.x = INT32_MIN;
    b.y = INT32_MAX;
    b.hull = 65535;
    kit_enter(kit, &b);
    kit_run(kit, 10);
    ck_assert_int_eq(own().x, WORLD_PLAY_MIN);
    ck_assert_int_eq(own().y, WORLD_PLAY_MAX);
    ck_assert_uint_eq(own().hull, 1000);
}
END_TEST

START_TEST(leaving_to_a_station_or_parked)
{
    int32_t x, y;

    enter();
    kit_run(kit, 5);
    ck_assert_int_eq(kit_apply(kit, 0, WORLD_BATON_LEAVE, SOL1_PAL), WORLD_OK);
    kit_run(kit, 1);
    ck_assert_uint_eq(kit_gone(kit, kit->pilots[0].id), WORLD_GONE_DOCKED);
    ck_assert_uint_eq(own().phase, WORLD_PHASE_DOCKED);
    ck_assert_uint_eq(own().station, SOL1_PAL);
    ck_assert_uint_eq(world_ships(kit->w), 0);
    ck_assert_int_eq(kit_apply(kit, 0, WORLD_BATON_APPEAR, SOL1_PAL), WORLD_OK);
    kit_run(kit, 5);
    kit->pilots[0].id = own().id;
    x = own().x;
    y = own().y;
    ck_assert_int_eq(kit_apply(kit, 0, WORLD_BATON_LEAVE, 0), WORLD_OK);
    kit_run(kit, 1);
    ck_assert_uint_eq(kit_gone(kit, kit->pilots[0].id), WORLD_GONE_PARKED);
    ck_assert_uint_eq(own().phase, WORLD_PHASE_PARKED);
    ck_assert_int_eq(own().x, x);
    ck_assert_int_eq(own().y, y);
}
END_TEST

START_TEST(stay_needs_the_version_of_the_ship)
{
    struct world_baton b;

    enter();
    b = kit->pilots[0].baton;
    b.kind = WORLD_BATON_STAY;
    b.flags = WORLD_BATON_CARGO;
    kit_load(&b, SOL1_ORE, 5);
    b.version = 2;
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_STALE);
    ck_assert_uint_eq(own().cargo_n, 0);
    b.version = 1;
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_OK);
    ck_assert_uint_eq(own().cargo_mass, 10);
    ck_assert_uint_eq(own().flight.load, 2); /* ceil(150 / 80) */
    b.ship = 999;
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_UNKNOWN);
    b.ship = kit->pilots[0].baton.ship;
    ck_assert_int_eq(kit_apply(kit, 0, WORLD_BATON_LEAVE, STATION_IO), WORLD_OK);
    b.version = 2;
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_UNKNOWN); /* it is not here */
}
END_TEST

START_TEST(a_pilot_flies_one_ship)
{
    struct world_baton b;

    enter();
    b = kit_baton(kit, SOL1_SCOUT, KIT_DEEP_X + 500, KIT_DEEP_Y);
    b.ship = 900;
    b.player = kit->pilots[0].baton.player;
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_OK);
    ck_assert_uint_eq(own().ship, 900);
    ck_assert_uint_eq(world_ships(kit->w), 2);
    kit_run(kit, 1);
    /* The older one stays behind without him, and brakes. */
    ck_assert_uint_ne(kit_entity(kit, kit->pilots[0].id).flight.flags & FLIGHT_LINKDEAD, 0);
}
END_TEST

START_TEST(the_world_can_be_full)
{
    struct world_limits l = {.ships = 16, .torpedoes = 1, .loot = 6, .shots = 4, .pilots = 64};
    struct world_baton b = kit_baton(kit, SOL1_SHUTTLE, KIT_DEEP_X, KIT_DEEP_Y);
    struct world *w;

    /* A smaller world in the same memory. */
    w = world_init(kit->memory, &l, &kit->config, KIT_SEED, 0, 1);
    world_flags_set(w, WORLD_NO_NPCS);
    for (uint32_t i = 0; i < 16; i++, b.ship++, b.player++)
        ck_assert_int_eq(world_apply(w, &b), WORLD_OK);
    ck_assert_int_eq(world_apply(w, &b), WORLD_FULL);
    b.ship -= 16;
    b.player -= 16;
    b.version = 2;
    b.kind = WORLD_BATON_LEAVE;
    ck_assert_int_eq(world_apply(w, &b), WORLD_OK);
    b.ship += 16;
    b.player += 16;
    b.version = 1;
    b.kind = WORLD_BATON_APPEAR;
    ck_assert_int_eq(world_apply(w, &b), WORLD_OK);
}
END_TEST

START_TEST(opening_keeps_what_is_named_with_its_version)
{
    struct world_own before;
    struct world_baton b;

    enter();                                                           /* named, same version */
    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X + 1000, KIT_DEEP_Y);       /* named, newer version */
    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X + 2000, KIT_DEEP_Y);       /* not named */
    kit_steer(kit, 0, 0, FLIGHT_AHEAD, false);
    kit_run(kit, 50);
    before = own();
    world_open_begin(kit->w, 2);
    b = kit->pilots[0].baton;
    b.epoch = 2;
    kit_load(&b, SOL1_ICE, 8); /* the manifest is the baton's */
    ck_assert_int_eq(world_open_ship(kit->w, &b), WORLD_OK);
    b = kit->pilots[1].baton;
    b.epoch = 2;
    b.version = 9;
    b.y = sol1_k(KIT_DEEP_Y + 700);
    ck_assert_int_eq(world_open_ship(kit->w, &b), WORLD_OK);
    world_open_end(kit->w);
    ck_assert_uint_eq(world_epoch(kit->w), 2);
    ck_assert_int_eq(own().x, before.x);
    ck_assert_int_eq(own().flight.vx, before.flight.vx);
    ck_assert_uint_eq(own().cargo_mass, 8);
    ck_assert_int_eq(kit_own(kit, 1).y, sol1_k(KIT_DEEP_Y + 700));
    ck_assert_uint_eq(kit_own(kit, 1).version, 9);
    ck_assert_uint_eq(kit_own(kit, 2).phase, WORLD_PHASE_NONE);
    ck_assert_uint_eq(world_ships(kit->w), 2);
    /* Batons of the old epoch come too late. */
    ck_assert_int_eq(kit_apply(kit, 0, WORLD_BATON_LEAVE, STATION_IO), WORLD_STALE);
}
END_TEST

START_TEST(opening_sends_a_waiting_event_anew)
{
    uint64_t first;

    kit_pilot(kit, SOL1_SHUTTLE, 41500 + 100, -9500);
    kit_run(kit, 5);
    (void)kit_dock(kit, 0, 0);
    kit_run(kit, 60);
    ck_assert_uint_eq(own().phase, WORLD_PHASE_DOCKING);
    first = kit_hard(kit, WORLD_HARD_DOCKED)->event;
    kit_clear(kit);
    world_open_begin(kit->w, 2);
    kit->pilots[0].baton.epoch = 2;
    ck_assert_int_eq(world_open_ship(kit->w, &kit->pilots[0].baton), WORLD_OK);
    world_open_end(kit->w);
    kit_run(kit, 1);
    ck_assert_ptr_nonnull(kit_hard(kit, WORLD_HARD_DOCKED));
    ck_assert_uint_eq(kit_hard(kit, WORLD_HARD_DOCKED)->station, STATION_IO);
    ck_assert_uint_ne(kit_hard(kit, WORLD_HARD_DOCKED)->event, first);
    ck_assert_int_eq(kit_apply(kit, 0, WORLD_BATON_LEAVE, STATION_IO), WORLD_OK);
    ck_assert_uint_eq(own().phase, WORLD_PHASE_DOCKED);
}
END_TEST

START_TEST(opening_merges_containers)
{
    static const struct kit_box first[] = {{11, SOL1_ICE, 5, 0, -30000},
                                           {12, SOL1_ORE, 6, 100, -30000}};
    static const struct kit_box second[] = {{12, SOL1_ORE, 4, 999, -30000},
                                            {13, SOL1_ICE, 1, 200, -30000}};

    kit_boxes(kit, first, 2);
    kit_run(kit, 1);
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_THING), 2);
    kit_boxes(kit, second, 2);
    kit_run(kit, 1);
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_THING), 2);
    /* The one that was there stays where it floats, its content is the answer's. */
    ck_assert(world_loot_correct(kit->w, 12, SOL1_ORE, 3));
    ck_assert(!world_loot_correct(kit->w, 11, SOL1_ICE, 3));
    ck_assert(world_loot_correct(kit->w, 13, SOL1_ICE, 0));
    kit_run(kit, 1);
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_THING), 1);
    ck_assert_uint_eq(kit_entity(kit, kit_find(kit, WORLD_CLASS_LOOT)).quantity, 3);
    ck_assert_int_eq(kit_entity(kit, kit_find(kit, WORLD_CLASS_LOOT)).flight.x, sol1_k(100));
}
END_TEST

START_TEST(the_dead_wake_where_the_answer_says)
{
    kit_pilot(kit, SOL1_SHUTTLE, 0, 1000); /* in the corona */
    kit_run(kit, 520);
    ck_assert_uint_eq(own().phase, WORLD_PHASE_DEAD);
    ck_assert_uint_eq(own().station, SOL1_TER);
    kit_run(kit, 150);
    ck_assert_uint_eq(own().phase, WORLD_PHASE_DEAD); /* not before it is booked */
    ck_assert_int_eq(kit_apply(kit, 0, WORLD_BATON_LEAVE, SOL1_LUN), WORLD_OK);
    kit_run(kit, 1);
    ck_assert_uint_eq(own().phase, WORLD_PHASE_DOCKED);
    ck_assert_uint_eq(own().station, SOL1_LUN);
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        other_epochs_are_ignored,
        versions_must_rise,
        fields_out_of_range_change_nothing,
        a_ship_appears_as_its_baton_says,
        wild_places_are_clamped,
        leaving_to_a_station_or_parked,
        stay_needs_the_version_of_the_ship,
        a_pilot_flies_one_ship,
        the_world_can_be_full,
        opening_keeps_what_is_named_with_its_version,
        opening_sends_a_waiting_event_anew,
        opening_merges_containers,
        the_dead_wake_where_the_answer_says,
    };

    return world_main("baton", tests, sizeof tests / sizeof tests[0]);
}
