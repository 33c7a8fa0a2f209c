/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: who may speak for a pilot, what is replayed, and what happens when nobody speaks. */
#include "world_main.h"

static enum world_verdict say(uint32_t handle, uint32_t seq)
{
    struct world_input in = {.seq = seq};

    return world_input(kit->w, handle, &in);
}

START_TEST(seq_rises_by_at_most_256)
{
    uint32_t h;

    ck_assert_int_eq(world_bind(kit->w, 7, 1, 100, &h), WORLD_OK);
    ck_assert_int_eq(say(h, 100), WORLD_REPLAYED);
    ck_assert_int_eq(say(h, 99), WORLD_REPLAYED);
    ck_assert_int_eq(say(h, 0), WORLD_REPLAYED);
    ck_assert_int_eq(say(h, 100 + 257), WORLD_JUMP);
    ck_assert_int_eq(say(h, 100 + 256), WORLD_OK);
    ck_assert_int_eq(say(h, 100 + 256), WORLD_REPLAYED); /* also before the step */
    world_step(kit->w);
    ck_assert_int_eq(say(h, 356), WORLD_REPLAYED);
    ck_assert_int_eq(say(h, 357), WORLD_OK);
    ck_assert_int_eq(say(h + 1, 1), WORLD_UNKNOWN);
    ck_assert_int_eq(say(WORLD_NOBODY, 1), WORLD_UNKNOWN);
}
END_TEST

START_TEST(malformed_inputs_change_nothing)
{
    struct world_input in = {.seq = 1, .fire = 4};
    uint64_t hash;
    uint32_t h;

    ck_assert_int_eq(world_bind(kit->w, 0, 1, 0, &h), WORLD_MALFORMED);
    ck_assert_int_eq(world_bind(kit->w, 7, 1, 0, &h), WORLD_OK);
    hash = world_hash(kit->w);
    ck_assert_int_eq(world_input(kit->w, h, &in), WORLD_MALFORMED);
    in = (struct world_input){.seq = 1, .actions_n = WORLD_ACTIONS_MAX + 1};
    ck_assert_int_eq(world_input(kit->w, h, &in), WORLD_MALFORMED);
    in = (struct world_input){.seq = 1, .actions_n = 1};
    ck_assert_int_eq(world_input(kit->w, h, &in), WORLD_MALFORMED); /* request 0 */
    in.actions[0] = (struct world_action){.request = 1, .kind = 9};
    ck_assert_int_eq(world_input(kit->w, h, &in), WORLD_MALFORMED);
    ck_assert_uint_eq(world_hash(kit->w), hash);
}
END_TEST

START_TEST(higher_epochs_fence)
{
    uint32_t h, again;

    ck_assert_int_eq(world_bind(kit->w, 7, 5, 10, &h), WORLD_OK);
    ck_assert_int_eq(world_bind(kit->w, 7, 4, 10, &again), WORLD_FENCED);
    ck_assert_uint_eq(again, WORLD_NOBODY);
    ck_assert_int_eq(say(h, 11), WORLD_OK);
    world_step(kit->w);
    /* Equal: the latest wins, and goes on from the record's seq. */
    ck_assert_int_eq(world_bind(kit->w, 7, 5, 900, &again), WORLD_OK);
    ck_assert_uint_eq(again, h);
    ck_assert_int_eq(say(h, 11), WORLD_REPLAYED);
    ck_assert_int_eq(say(h, 12), WORLD_OK);
    ck_assert_int_eq(world_bind(kit->w, 7, 6, 0, &again), WORLD_OK);
    ck_assert_uint_eq(again, h);
    ck_assert_int_eq(world_bind(kit->w, 7, 5, 0, &again), WORLD_FENCED);
    ck_assert_uint_eq(world_pilot_find(kit->w, 7), h);
}
END_TEST

START_TEST(inputs_of_one_tick_are_merged)
{
    struct world_input in = {.seq = 1, .fire = 1};
    struct flight_shot shot;
    struct flight f = {.target = 1000};

    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X, KIT_DEEP_Y);
    kit_steer(kit, 0, 0, FLIGHT_COAST, false);
    kit_settle(kit);
    kit->pilots[0].silent = true;
    in.seq = kit->pilots[0].wish.seq + 1;
    ck_assert_int_eq(world_input(kit->w, kit->pilots[0].handle, &in), WORLD_OK);
    in.seq++;
    in.fire = 0;
    in.ctl = flight_ctl_pack(&f);
    ck_assert_int_eq(world_input(kit->w, kit->pilots[0].handle, &in), WORLD_OK);
    kit_run(kit, 1);
    ck_assert_uint_eq(kit_fired(kit, &shot, 1), 1); /* the press is not lost */
    ck_assert_uint_eq(kit_own(kit, 0).flight.target, 1000);
    ck_assert_uint_eq(kit_own(kit, 0).seq, in.seq);
    ck_assert_uint_eq(kit_own(kit, 0).seq_tick, world_tick(kit->w));
    kit_run(kit, 10);
    ck_assert_uint_eq(kit_fired(kit, &shot, 1), 0);
}
END_TEST

START_TEST(a_request_is_acted_on_once)
{
    struct world_input *wish;

    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X, KIT_DEEP_Y);
    wish = &kit->pilots[0].wish;
    for (uint32_t i = 0; i < 3; i++) {
        wish->actions_n = 1;
        wish->actions[0] = (struct world_action){.request = 77, .kind = WORLD_ACT_DOCK};
        kit_run(kit, 1);
    }
    ck_assert_ptr_nonnull(kit_answer(kit, 77, 0));
    ck_assert_ptr_null(kit_answer(kit, 77, 1));
}
END_TEST

START_TEST(after_a_second_of_silence_controls_are_neutral)
{
    struct world_own own;

    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X, KIT_DEEP_Y);
    kit_steer(kit, 0, 0, FLIGHT_COAST, false);
    kit_settle(kit);
    kit_steer(kit, 0, 0, FLIGHT_AHEAD, true);
    kit->pilots[0].wish.fire = 1;
    kit_run(kit, 5);
    kit->pilots[0].silent = true;
    kit_run(kit, WORLD_INPUT_SILENCE - 1);
    own = kit_own(kit, 0);
    ck_assert_uint_eq(own.flight.thrust, FLIGHT_AHEAD);
    ck_assert_uint_eq(own.flight.boost, 1);
    kit_run(kit, 2);
    own = kit_own(kit, 0);
    ck_assert_uint_eq(own.flight.thrust, FLIGHT_COAST);
    ck_assert_uint_eq(own.flight.boost, 0);
    for (uint32_t t = 0; t < 20; t++) {
        struct flight_shot shot;

        kit_run(kit, 1);
        ck_assert_uint_eq(kit_fired(kit, &shot, 1), 0);
    }
}
END_TEST

/* Flies, loses its socket; runs until the parked event, the result is how long that took. */
static uint32_t until_parked(uint32_t pilot)
{
    uint32_t ticks = 0;

    world_unbind(kit->w, kit->pilots[pilot].handle);
    kit->pilots[pilot].silent = true;
    for (; !kit_hard(kit, WORLD_HARD_PARKED); ticks++) {
        ck_assert_uint_lt(ticks, 3000);
        kit_run(kit, 1);
    }
    return ticks;
}

START_TEST(linkdead_brakes_and_is_parked_after_its_zones_time)
{
    static const int32_t places[][3] = {
        {KIT_HOME_X, KIT_HOME_Y, 15}, {KIT_CORE_X, KIT_CORE_Y, 20}, {KIT_BELT_X, KIT_BELT_Y, 30},
        {KIT_DEEP_X, KIT_DEEP_Y, 45}, {KIT_FREE_X, KIT_FREE_Y, 60}};

    for (uint32_t i = 0; i < 5; i++) {
        struct world_own own;

        kit_pilot(kit, SOL1_SHUTTLE, places[i][0], places[i][1]);
        kit_steer(kit, 0, 0, FLIGHT_AHEAD, false);
        kit_run(kit, 40);
        ck_assert_uint_eq(until_parked(0), (uint32_t)places[i][2] * WORLD_TICK_HZ);
        own = kit_own(kit, 0);
        ck_assert_int_eq(own.flight.vx, 0);
        ck_assert(!own.bound);
        ck_assert_int_eq(kit_apply(kit, 0, WORLD_BATON_LEAVE, 0), WORLD_OK);
        ck_assert_uint_eq(kit_own(kit, 0).phase, WORLD_PHASE_PARKED);
        /* It returns where it was. */
        ck_assert_int_eq(kit_apply(kit, 0, WORLD_BATON_APPEAR, 0), WORLD_OK);
        ck_assert_int_eq(kit_own(kit, 0).x, own.x);
        ck_assert_int_eq(kit_own(kit, 0).y, own.y);
        ck_assert_uint_ne(kit_own(kit, 0).immune_until, 0);
        kit_free(kit);
        kit = kit_new();
    }
}
END_TEST

START_TEST(coming_back_in_time)
{
    kit_pilot(kit, SOL1_SHUTTLE, KIT_HOME_X, KIT_HOME_Y);
    kit_run(kit, 5);
    world_unbind(kit->w, kit->pilots[0].handle);
    kit->pilots[0].silent = true;
    kit_run(kit, 290);
    ck_assert_uint_ne(kit_own(kit, 0).flight.flags & FLIGHT_LINKDEAD, 0);
    ck_assert_int_eq(say(kit->pilots[0].handle, 500), WORLD_UNKNOWN);
    ck_assert_int_eq(world_bind(kit->w, kit->pilots[0].baton.player, 1, 0,
                                &kit->pilots[0].handle),
                     WORLD_OK);
    kit->pilots[0].silent = false;
    kit_run(kit, 400);
    ck_assert_uint_eq(kit_own(kit, 0).flight.flags & FLIGHT_LINKDEAD, 0);
    ck_assert_uint_eq(kit_own(kit, 0).phase, WORLD_PHASE_FLYING);
}
END_TEST

START_TEST(hits_stop_the_timer_up_to_120_seconds)
{
    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X, KIT_DEEP_Y);
    kit_pilot(kit, SOL1_HEAVY, KIT_DEEP_X + 500, KIT_DEEP_Y);
    kit_steer(kit, 0, 0, FLIGHT_COAST, false);
    kit_settle(kit);
    world_unbind(kit->w, kit->pilots[1].handle);
    kit->pilots[1].silent = true;
    for (uint32_t t = 0; t < WORLD_LINKDEAD_MAX - 1; t++) {
        kit->pilots[0].wish.fire = t % 250 == 0;
        kit_run(kit, 1);
        ck_assert_ptr_null(kit_hard(kit, WORLD_HARD_PARKED));
    }
    ck_assert_uint_gt(kit_lost(kit, 1), 1000);
    kit_run(kit, 2);
    ck_assert_ptr_nonnull(kit_hard(kit, WORLD_HARD_PARKED));
}
END_TEST

START_TEST(rest_is_what_the_daemon_learnt)
{
    uint32_t h;
    struct world_own own;

    ck_assert_int_eq(world_bind(kit->w, 7, 1, 0, &h), WORLD_OK);
    ck_assert(world_own_get(kit->w, h, &own));
    ck_assert_uint_eq(own.phase, WORLD_PHASE_NONE);
    world_rest(kit->w, h, 99, 0, 0);
    ck_assert(world_own_get(kit->w, h, &own));
    ck_assert_uint_eq(own.phase, WORLD_PHASE_NONE);
    world_rest(kit->w, h, SOL1_MAR, 0, 0);
    ck_assert(world_own_get(kit->w, h, &own));
    ck_assert_uint_eq(own.phase, WORLD_PHASE_DOCKED);
    ck_assert_uint_eq(own.station, SOL1_MAR);
    world_rest(kit->w, h, 0, sol1_k(5), sol1_k(6));
    ck_assert(world_own_get(kit->w, h, &own));
    ck_assert_uint_eq(own.phase, WORLD_PHASE_PARKED);
    ck_assert_int_eq(own.y, sol1_k(6));
    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X, KIT_DEEP_Y);
    world_rest(kit->w, kit->pilots[0].handle, SOL1_MAR, 0, 0);
    ck_assert_uint_eq(kit_own(kit, 0).phase, WORLD_PHASE_FLYING);
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        seq_rises_by_at_most_256,
        malformed_inputs_change_nothing,
        higher_epochs_fence,
        inputs_of_one_tick_are_merged,
        a_request_is_acted_on_once,
        after_a_second_of_silence_controls_are_neutral,
        linkdead_brakes_and_is_parked_after_its_zones_time,
        coming_back_in_time,
        hits_stop_the_timer_up_to_120_seconds,
        rest_is_what_the_daemon_learnt,
    };

    return world_main("session", tests, sizeof tests / sizeof tests[0]);
}
