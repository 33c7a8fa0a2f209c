/* SPDX-License-Identifier: Apache-2.0 */
#include "field.h"

static struct world_baton answer(const struct field *f, enum world_baton_kind kind,
                                 uint64_t version, uint32_t station)
{
    return (struct world_baton){.kind = (uint8_t)kind,
                                .epoch = world_epoch(f->w),
                                .ship = 1,
                                .player = 1001,
                                .version = version,
                                .station = (uint16_t)station};
}

START_TEST(dock_hold_and_baton)
{
    struct field f;
    struct world_baton b;
    const struct world_hard *h;

    field_open(&f, WORLD_NO_NPCS);
    (void)field_ship(&f, 1, SOL1_SHUTTLE, 100, 13100);
    field_dock(&f, 0, 5);
    world_step(f.w);
    ck_assert_int_eq(field_answer(&f, 5), WORLD_ACCEPTED);
    ck_assert_uint_gt(field_own(&f, 0).dock_ready, world_tick(f.w));
    h = field_wait(&f, WORLD_HARD_DOCKED, WORLD_DOCK_HOLD);
    ck_assert_ptr_nonnull(h);
    ck_assert_uint_eq(h->station, SOL1_TER);
    ck_assert_uint_eq(h->version, 1);
    ck_assert_uint_eq(field_own(&f, 0).phase, WORLD_PHASE_DOCKING);
    ck_assert_ptr_null(field_wait(&f, WORLD_HARD_DOCKED, 50)); /* once */
    b = answer(&f, WORLD_BATON_LEAVE, 2, SOL1_TER);
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_STALE);
    world_step(f.w);
    ck_assert_uint_eq(field_own(&f, 0).phase, WORLD_PHASE_DOCKED);
    ck_assert_uint_eq(field_own(&f, 0).station, SOL1_TER);
    ck_assert_uint_eq(world_ships(f.w), 0);
    field_close(&f);
}
END_TEST

START_TEST(undock_appears_outwards)
{
    struct field f;
    struct world_baton b;
    struct world_own own;
    int64_t dx, dy;
    uint32_t far;

    field_open(&f, WORLD_NO_NPCS);
    b = field_baton(&f, 1, SOL1_SHUTTLE, 0, 0);
    b.station = SOL1_TER;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    world_step(f.w);
    own = field_own(&f, 0);
    dx = own.x - sol1_k(0);
    dy = own.y - sol1_k(13000);
    far = flight_isqrt((uint64_t)(dx * dx + dy * dy)) / WORLD_UNIT;
    ck_assert_uint_ge(far, 298);
    ck_assert_uint_le(far, 301);
    ck_assert_int_lt(((int32_t)(flight_atan2(dy, dx) - own.flight.heading + 2) & 4095), 5);
    ck_assert(own.flight.flags & FLIGHT_IMMUNE);
    field_steps(&f, WORLD_IMMUNE_TICKS);
    ck_assert(!(field_own(&f, 0).flight.flags & FLIGHT_IMMUNE));
    field_close(&f);
}
END_TEST

START_TEST(refusals)
{
    struct field f;
    struct world_baton b;

    field_open(&f, WORLD_NO_NPCS);
    (void)field_ship(&f, 1, SOL1_SHUTTLE, 400, 13000);
    field_dock(&f, 0, 1);
    world_step(f.w);
    ck_assert_int_eq(field_answer(&f, 1), WORLD_REFUSED_RANGE);
    field_input(&f, 0, 2048, FLIGHT_AHEAD, 0, 0); /* in, and too fast */
    field_steps(&f, 19);
    field_input(&f, 0, 2048, FLIGHT_AHEAD, 0, 0);
    field_steps(&f, 15);
    field_input(&f, 0, 2048, FLIGHT_AHEAD, 0, 0);
    field_steps(&f, 5);
    field_dock(&f, 0, 2);
    world_step(f.w);
    ck_assert_int_eq(field_answer(&f, 2), WORLD_REFUSED_SPEED);
    field_close(&f);

    field_open(&f, WORLD_NO_NPCS | WORLD_DOCKS_CLOSED);
    (void)field_ship(&f, 1, SOL1_SHUTTLE, 100, 13000);
    field_dock(&f, 0, 3);
    world_step(f.w);
    ck_assert_int_eq(field_answer(&f, 3), WORLD_REFUSED_STATION_SILENT);
    b = field_baton(&f, 2, SOL1_SHUTTLE, -100, 13000);
    b.wanted = 500;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    world_flags_set(f.w, WORLD_NO_NPCS);
    ck_assert_int_eq(world_bind(f.w, 1002, 1, 0, &(uint32_t){0}), WORLD_OK);
    world_step(f.w);
    field_dock(&f, 1, 4);
    world_step(f.w);
    ck_assert_int_eq(field_answer(&f, 4), WORLD_REFUSED_WANTED);
    field_close(&f);
}
END_TEST

START_TEST(thrust_and_refusal_end_it)
{
    struct field f;
    struct world_baton b;

    field_open(&f, WORLD_NO_NPCS);
    (void)field_ship(&f, 1, SOL1_SHUTTLE, 100, 13000);
    field_dock(&f, 0, 1);
    field_steps(&f, 10);
    field_input(&f, 0, 0, FLIGHT_AHEAD, 0, 0);
    world_step(f.w);
    ck_assert_int_eq(field_answer(&f, 1), WORLD_REFUSED_INTERRUPTED);
    field_input(&f, 0, 0, FLIGHT_BRAKE, 0, 0);
    field_steps(&f, 10);
    field_dock(&f, 0, 2);
    ck_assert_ptr_nonnull(field_wait(&f, WORLD_HARD_DOCKED, 60));
    b = answer(&f, WORLD_BATON_STAY, 1, 0);
    b.flags = WORLD_BATON_CARGO;
    b.cargo_n = 1;
    b.cargo[0] = (struct world_cargo){SOL1_ICE, 4};
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    world_step(f.w);
    ck_assert_int_eq(field_answer(&f, 2), WORLD_REFUSED_HOLDER);
    ck_assert_uint_eq(field_own(&f, 0).phase, WORLD_PHASE_FLYING);
    ck_assert_uint_eq(field_own(&f, 0).cargo_mass, 4);
    field_close(&f);
}
END_TEST

START_TEST(linkdead_is_parked_after_its_time)
{
    struct field f;
    struct world_baton b;
    const struct world_hard *h;

    field_open(&f, WORLD_NO_NPCS);
    (void)field_ship(&f, 1, SOL1_SHUTTLE, 2250, 17000); /* Home: 15 s */
    world_unbind(f.w, 0);
    ck_assert_ptr_null(field_wait(&f, WORLD_HARD_PARKED, 299));
    ck_assert(field_own(&f, 0).flight.flags & FLIGHT_LINKDEAD);
    h = field_wait(&f, WORLD_HARD_PARKED, 2);
    ck_assert_ptr_nonnull(h);
    b = answer(&f, WORLD_BATON_LEAVE, 2, 0);
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_uint_eq(field_own(&f, 0).phase, WORLD_PHASE_PARKED);
    field_close(&f);
}
END_TEST

START_TEST(sessions_and_sequences)
{
    struct field f;
    struct world_input in = {.seq = 5};
    uint32_t pilot;

    field_open(&f, WORLD_NO_NPCS);
    (void)field_ship(&f, 1, SOL1_SHUTTLE, 2250, 17000);
    ck_assert_int_eq(world_bind(f.w, 1001, 9, 0, &pilot), WORLD_OK);
    ck_assert_int_eq(world_bind(f.w, 1001, 8, 0, &pilot), WORLD_FENCED);
    ck_assert_int_eq(world_input(f.w, 0, &in), WORLD_OK);
    ck_assert_int_eq(world_input(f.w, 0, &in), WORLD_REPLAYED);
    in.seq = 5 + 257;
    ck_assert_int_eq(world_input(f.w, 0, &in), WORLD_JUMP);
    in.seq = 6;
    in.actions_n = WORLD_ACTIONS_MAX + 1;
    ck_assert_int_eq(world_input(f.w, 0, &in), WORLD_MALFORMED);
    ck_assert_int_eq(world_input(f.w, 99, &in), WORLD_UNKNOWN);
    in.actions_n = 0;
    in.ctl = FLIGHT_AHEAD << 24;
    ck_assert_int_eq(world_input(f.w, 0, &in), WORLD_OK);
    world_step(f.w);
    ck_assert_uint_eq(field_own(&f, 0).seq, 6);
    ck_assert_uint_eq(field_own(&f, 0).seq_tick, world_tick(f.w));
    field_steps(&f, WORLD_INPUT_SILENCE + 1);
    ck_assert_uint_eq(field_own(&f, 0).flight.thrust, FLIGHT_COAST);
    field_close(&f);
}
END_TEST

START_TEST(jettison_makes_a_container)
{
    struct field f;
    struct world_baton b;
    struct world_input in = {.actions_n = 1};
    const struct world_hard *h;

    field_open(&f, WORLD_NO_NPCS);
    b = field_baton(&f, 1, SOL1_SHUTTLE, 2250, 17000);
    b.cargo_n = 1;
    b.cargo[0] = (struct world_cargo){SOL1_ICE, 9};
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_int_eq(world_bind(f.w, 1001, 1, 0, &(uint32_t){0}), WORLD_OK);
    in.seq = 1;
    in.actions[0] = (struct world_action){
        .request = 3, .kind = WORLD_ACT_JETTISON, .good = SOL1_ICE, .quantity = 4};
    ck_assert_int_eq(world_input(f.w, 0, &in), WORLD_OK);
    h = field_wait(&f, WORLD_HARD_JETTISONED, 1);
    ck_assert_ptr_nonnull(h);
    ck_assert_uint_eq(h->drops[0].quantity, 4);
    ck_assert_uint_eq(field_own(&f, 0).cargo[0].quantity, 5);
    in.seq = 2; /* the same request does not act twice */
    ck_assert_int_eq(world_input(f.w, 0, &in), WORLD_OK);
    ck_assert_ptr_null(field_wait(&f, WORLD_HARD_JETTISONED, 3));
    field_close(&f);
}
END_TEST

START_TEST(opening_keeps_what_is_named)
{
    struct field f;
    struct world_baton b;
    int32_t x;

    field_open(&f, WORLD_NO_NPCS);
    (void)field_ship(&f, 1, SOL1_SHUTTLE, 2250, 17000);
    (void)field_ship(&f, 2, SOL1_SHUTTLE, 2250, 16000);
    ck_assert(world_loot_put(f.w, 5, SOL1_ICE, 3, sol1_k(0), sol1_k(5000)));
    field_input(&f, 0, 0, FLIGHT_AHEAD, 0, 0);
    field_steps(&f, 19);
    x = field_own(&f, 0).x;
    world_open_begin(f.w, 2);
    b = field_baton(&f, 1, SOL1_SHUTTLE, 0, 0);
    ck_assert_int_eq(world_open_ship(f.w, &b), WORLD_OK);
    b = field_baton(&f, 3, SOL1_SCOUT, 100, 100);
    ck_assert_int_eq(world_open_ship(f.w, &b), WORLD_OK);
    world_open_end(f.w);
    ck_assert_uint_eq(world_ships(f.w), 2);
    ck_assert_int_eq(field_own(&f, 0).x, x); /* its motion is the checkpoint's */
    ck_assert_uint_eq(field_own(&f, 1).phase, WORLD_PHASE_NONE);
    b = answer(&f, WORLD_BATON_LEAVE, 9, SOL1_TER);
    b.epoch = 1;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_STALE);
    field_close(&f);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {dock_hold_and_baton, undock_appears_outwards, refusals,
                                  thrust_and_refusal_end_it, linkdead_is_parked_after_its_time,
                                  sessions_and_sequences, jettison_makes_a_container,
                                  opening_keeps_what_is_named};

    return field_main("dock", tests, sizeof tests / sizeof tests[0]);
}
