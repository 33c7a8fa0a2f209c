/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of docking at its limit, and what a ship that waits for its baton can suffer. */
#include "world_main.h"

#include <stdlib.h>

/* Io Forge: in the Deep, dock radius 250 u, so that pilots may also be shot at. */
enum { IO = 10, IO_X = 41500, IO_Y = -9500 };

static uint32_t answer(uint32_t request)
{
    const struct world_note *n = kit_answer(kit, request, 0);

    ck_assert_ptr_nonnull(n);
    return n->code;
}

static uint32_t ask(uint32_t pilot, uint16_t station)
{
    uint32_t request = kit_dock(kit, pilot, station);

    kit_run(kit, 1);
    return request;
}

static void frozen_at_io(void)
{
    kit_pilot(kit, SOL1_SHUTTLE, IO_X + 100, IO_Y);
    kit_settle(kit);
    ck_assert_uint_eq(answer(ask(0, 0)), WORLD_ACCEPTED);
    kit_run(kit, WORLD_DOCK_HOLD);
    ck_assert_uint_eq(kit_own(kit, 0).phase, WORLD_PHASE_DOCKING);
}

START_TEST(within_the_dock_radius)
{
    uint32_t in = kit_pilot(kit, SOL1_SHUTTLE, IO_X + 250, IO_Y);
    uint32_t out = kit_pilot(kit, SOL1_SHUTTLE, IO_X - 251, IO_Y);
    uint32_t request;

    kit_settle(kit);
    ck_assert_uint_eq(answer(ask(in, 0)), WORLD_ACCEPTED);
    request = ask(out, IO);
    ck_assert_uint_eq(answer(request), WORLD_REFUSED_RANGE);
    ck_assert_uint_eq(kit_answer(kit, request, 0)->b, 250);
    ck_assert_uint_eq(answer(ask(out, SOL1_TER)), WORLD_REFUSED_RANGE);
    ck_assert_uint_eq(answer(ask(out, 99)), WORLD_REFUSED_NOT_POSSIBLE);
}
END_TEST

START_TEST(at_60_units_per_second_or_less)
{
    uint32_t p = kit_pilot(kit, SOL1_SHUTTLE, IO_X - 200, IO_Y), request;

    kit_steer(kit, p, 0, FLIGHT_COAST, false);
    kit_settle(kit);
    kit_steer(kit, p, 0, FLIGHT_AHEAD, false);
    kit_run(kit, 13); /* 13 * 123 = 1,599 k */
    kit_steer(kit, p, 0, FLIGHT_COAST, false);
    request = ask(p, 0);
    ck_assert_uint_eq(answer(request), WORLD_REFUSED_SPEED);
    ck_assert_uint_eq(kit_answer(kit, request, 0)->b, 60);
    kit_steer(kit, p, 0, FLIGHT_ASTERN, false);
    kit_run(kit, 2);
    kit_steer(kit, p, 0, FLIGHT_COAST, false);
    ck_assert_int_eq(kit_own(kit, p).flight.vx, 1599 - 2 * 61);
    ck_assert_uint_eq(answer(ask(p, 0)), WORLD_ACCEPTED);
}
END_TEST

/* A shuttle at rest near Io and a scout that shoots at it once. */
static void shot_at(void)
{
    kit_pilot(kit, SOL1_SHUTTLE, IO_X + 100, IO_Y);
    kit_pilot(kit, SOL1_SCOUT, IO_X + 220, IO_Y);
    kit_steer(kit, 0, 1024, FLIGHT_COAST, false);
    kit_steer(kit, 1, 2048, FLIGHT_COAST, false);
    kit_settle(kit);
    kit->pilots[0].wish.fire = 1; /* it gives up its shelter */
    kit_run(kit, 1);
    kit->pilots[0].wish.fire = 0;
}

static void one_volley(uint32_t pilot)
{
    kit->pilots[pilot].wish.fire = 1;
    kit_run(kit, 1);
    kit->pilots[pilot].wish.fire = 0;
}

START_TEST(not_for_100_ticks_after_a_hit)
{
    uint32_t at, request;

    shot_at();
    one_volley(1);
    kit_run(kit, 6);
    at = kit_own(kit, 0).dock_at - WORLD_DOCK_CALM;
    ck_assert_uint_eq(kit_lost(kit, 0), 150);
    kit_run(kit, at + 98 - world_tick(kit->w));
    request = ask(0, 0); /* 99 ticks after it */
    ck_assert_uint_eq(answer(request), WORLD_REFUSED_COMBAT);
    ck_assert_uint_eq(kit_answer(kit, request, 0)->b, 1);
    ck_assert_uint_eq(answer(ask(0, 0)), WORLD_ACCEPTED);
}
END_TEST

START_TEST(a_hit_cancels_the_hold)
{
    uint32_t request;

    shot_at();
    request = ask(0, 0);
    ck_assert_uint_eq(answer(request), WORLD_ACCEPTED);
    one_volley(1);
    kit_run(kit, 6);
    ck_assert_uint_eq(kit_answer(kit, request, 1)->code, WORLD_REFUSED_INTERRUPTED);
    ck_assert_uint_eq(kit_own(kit, 0).dock_ready, 0);
    kit_run(kit, WORLD_DOCK_HOLD);
    ck_assert_uint_eq(kit_own(kit, 0).phase, WORLD_PHASE_FLYING);
    ck_assert_ptr_null(kit_hard(kit, WORLD_HARD_DOCKED));
}
END_TEST

START_TEST(new_thrust_cancels_the_hold)
{
    static const uint8_t thrusts[] = {FLIGHT_AHEAD, FLIGHT_ASTERN};

    for (uint32_t i = 0; i < 2; i++) {
        uint32_t p = kit_pilot(kit, SOL1_SHUTTLE, IO_X, IO_Y), request;

        kit_settle(kit);
        request = ask(p, 0);
        kit_run(kit, WORLD_DOCK_HOLD - 5);
        kit_steer(kit, p, 0, thrusts[i], false);
        kit_run(kit, 1);
        ck_assert_uint_eq(kit_answer(kit, request, 1)->code, WORLD_REFUSED_INTERRUPTED);
        kit_run(kit, 10);
        ck_assert_uint_eq(kit_own(kit, p).phase, WORLD_PHASE_FLYING);
    }
}
END_TEST

START_TEST(the_hold_takes_40_ticks_and_brakes)
{
    uint32_t p = kit_pilot(kit, SOL1_SHUTTLE, IO_X - 100, IO_Y);
    const struct world_hard *h;
    uint32_t begun;

    kit_steer(kit, p, 0, FLIGHT_COAST, false);
    kit_settle(kit);
    kit_steer(kit, p, 0, FLIGHT_AHEAD, false);
    kit_run(kit, 12);
    kit_steer(kit, p, 0, FLIGHT_COAST, false);
    ck_assert_uint_eq(answer(ask(p, 0)), WORLD_ACCEPTED);
    begun = world_tick(kit->w);
    ck_assert_int_lt(kit_own(kit, p).flight.vx, 12 * 123);
    while (!(h = kit_hard(kit, WORLD_HARD_DOCKED)))
        kit_run(kit, 1);
    ck_assert_uint_eq(world_tick(kit->w) - begun + 1, WORLD_DOCK_HOLD);
    ck_assert_uint_eq(h->station, IO);
    ck_assert_uint_eq(h->hull, 520);
    ck_assert_uint_eq(h->flown, world_tick(kit->w));
    ck_assert_int_eq(kit_own(kit, p).flight.vx, 0);
}
END_TEST

START_TEST(the_wanted_dock_only_in_open_space)
{
    uint32_t request;

    /* A crime in Core, beside Aphrodite but out of its shelter, then to its dock. */
    kit_pilot(kit, SOL1_SCOUT, -8500 + 650, 4500);
    kit_pilot(kit, SOL1_HEAVY, -8500 + 750, 4500);
    kit_steer(kit, 0, 0, FLIGHT_COAST, false);
    kit_settle(kit);
    one_volley(0);
    kit_run(kit, 10);
    ck_assert_uint_ne(kit_own(kit, 0).wanted_until, 0);
    kit_steer(kit, 0, 2048, FLIGHT_COAST, false);
    kit_run(kit, 100);
    kit_steer(kit, 0, 2048, FLIGHT_AHEAD, false);
    while (kit_own(kit, 0).x > sol1_k(-8500 + 400))
        kit_run(kit, 1);
    kit_steer(kit, 0, 2048, FLIGHT_BRAKE, false);
    kit_run(kit, 60);
    ck_assert_int_lt(abs(kit_own(kit, 0).x - sol1_k(-8500)), 250 * WORLD_UNIT);
    kit_run(kit, 100);
    request = ask(0, 0);
    ck_assert_uint_eq(answer(request), WORLD_REFUSED_WANTED);
    ck_assert_uint_eq(kit_answer(kit, request, 0)->b,
                      kit_own(kit, 0).wanted_until - world_tick(kit->w));
    kit_free(kit);
    kit = kit_new();
    /* The kill of a clean pilot in the Deep: Io takes him all the same. */
    kit_pilot(kit, SOL1_GUNSHIP, IO_X, IO_Y + 100);
    kit_pilot(kit, SOL1_SHUTTLE, IO_X, IO_Y + 650);
    kit_steer(kit, 0, 1024, FLIGHT_COAST, false);
    kit_settle(kit);
    kit->pilots[0].wish.fire = 1;
    for (uint32_t t = 0; !kit_hard(kit, WORLD_HARD_DESTROYED); t++) {
        ck_assert_uint_lt(t, 200);
        kit_run(kit, 1);
    }
    kit->pilots[0].wish.fire = 0;
    ck_assert_uint_ne(kit_own(kit, 0).wanted_until, 0);
    ck_assert_uint_eq(answer(ask(0, 0)), WORLD_ACCEPTED);
}
END_TEST

START_TEST(frozen_and_immune_until_the_baton)
{
    struct world_own before, after;

    frozen_at_io();
    kit_pilot(kit, SOL1_GUNSHIP, IO_X + 250, IO_Y);
    kit_steer(kit, 1, 2048, FLIGHT_COAST, false);
    kit_settle(kit);
    before = kit_own(kit, 0);
    ck_assert_uint_ne(before.flight.flags & FLIGHT_DOCKING, 0);
    kit_steer(kit, 0, 1024, FLIGHT_AHEAD, true);
    kit->pilots[0].wish.fire = 1;
    kit->pilots[1].wish.fire = 1;
    kit_run(kit, 200);
    after = kit_own(kit, 0);
    ck_assert_uint_eq(kit_lost(kit, 0), 0);
    ck_assert_int_eq(after.x, before.x);
    ck_assert_int_eq(after.y, before.y);
    ck_assert_uint_eq(after.flight.heading, before.flight.heading);
    ck_assert_uint_eq(after.phase, WORLD_PHASE_DOCKING);
    ck_assert_uint_eq(answer(ask(0, 0)), WORLD_REFUSED_NOT_POSSIBLE);
}
END_TEST

START_TEST(refused_it_flies_on)
{
    struct world_baton b;

    frozen_at_io();
    kit_clear(kit);
    b = kit->pilots[0].baton;
    b.kind = WORLD_BATON_STAY;
    b.flags = WORLD_BATON_CARGO;
    ck_assert_int_eq(world_apply(kit->w, &b), WORLD_OK);
    kit_run(kit, 1);
    ck_assert_uint_eq(kit_own(kit, 0).phase, WORLD_PHASE_FLYING);
    ck_assert_uint_eq(kit_note(kit, 0, WORLD_NOTE_ANSWER)->code, WORLD_REFUSED_HOLDER);
    kit_steer(kit, 0, 0, FLIGHT_AHEAD, false);
    kit_run(kit, 20);
    ck_assert_int_gt(kit_own(kit, 0).x, sol1_k(IO_X + 100));
    ck_assert_uint_eq(kit_own(kit, 0).flight.flags & FLIGHT_DOCKING, 0);
}
END_TEST

START_TEST(undock_outwards_and_immune)
{
    for (uint32_t id = 1; id <= 12; id++) {
        const struct config_station *s = world_config_station(&kit->config, id);
        struct world_baton b = kit_baton(kit, SOL1_SCOUT, 0, 0);
        struct world_own own;
        int64_t dx, dy;
        uint32_t far, off, p;

        b.station = (uint16_t)id;
        b.ship = 500 + id * 37;
        p = kit_enter(kit, &b);
        own = kit_own(kit, p);
        dx = own.x - s->x * WORLD_UNIT;
        dy = own.y - s->y * WORLD_UNIT;
        far = flight_isqrt((uint64_t)(dx * dx + dy * dy)) / WORLD_UNIT;
        ck_assert_uint_ge(far, s->dock_radius - 2u);
        ck_assert_uint_lt(far, s->dock_radius);
        off = (flight_atan2(dy, dx) - own.flight.heading + 2u) & 4095;
        ck_assert_uint_le(off, 4);
        ck_assert_int_eq(own.flight.vx, 0);
        kit_run(kit, WORLD_IMMUNE_TICKS);
        ck_assert_uint_ne(kit_own(kit, p).immune_until, 0);
        kit_run(kit, 1);
        ck_assert_uint_eq(kit_own(kit, p).immune_until, 0);
        ck_assert_uint_eq(answer(ask(p, 0)), WORLD_ACCEPTED);
    }
}
END_TEST

START_TEST(silent_stations_refuse)
{
    kit_pilot(kit, SOL1_SHUTTLE, IO_X, IO_Y);
    kit_settle(kit);
    world_flags_set(kit->w, WORLD_NO_NPCS | WORLD_DOCKS_CLOSED);
    ck_assert_uint_eq(answer(ask(0, 0)), WORLD_REFUSED_STATION_SILENT);
    world_flags_set(kit->w, WORLD_NO_NPCS);
    ck_assert_uint_eq(answer(ask(0, 0)), WORLD_ACCEPTED);
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        within_the_dock_radius,
        at_60_units_per_second_or_less,
        not_for_100_ticks_after_a_hit,
        a_hit_cancels_the_hold,
        new_thrust_cancels_the_hold,
        the_hold_takes_40_ticks_and_brakes,
        the_wanted_dock_only_in_open_space,
        frozen_and_immune_until_the_baton,
        refused_it_flies_on,
        undock_outwards_and_immune,
        silent_stations_refuse,
    };

    return world_main("dock_rule", tests, sizeof tests / sizeof tests[0]);
}
