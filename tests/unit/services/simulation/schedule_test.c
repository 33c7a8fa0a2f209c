/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <schedule.h>

enum { ROOM = 64 };

static struct schedule *s;

static void put(uint32_t next, uint32_t pilot, uint32_t seq, uint32_t tick)
{
    struct scheduled in = {.pilot = pilot, .tick = tick, .in.input.seq = seq};
    schedule_add(s, next, &in);
}

/* What acts in this tick, as digits: pilot and seq of each. */
static uint32_t acts(uint32_t next)
{
    uint32_t digits = 0, n = schedule_begin(s, next);
    for (uint32_t i = 0; i < n; i++) {
        const struct scheduled *in = schedule_at(s, i);
        digits = digits * 100 + in->pilot * 10 + in->in.input.seq;
    }
    schedule_end(s);
    return digits;
}

START_TEST(at_once_in_order_of_pilot_and_seq)
{
    s = schedule_new(ROOM);
    put(5, 2, 1, 0);
    put(5, 1, 4, 0);
    put(5, 1, 3, 0);
    ck_assert_uint_eq(acts(5), 131421);
    ck_assert_uint_eq(acts(6), 0);
    ck_assert_uint_eq(schedule_room(s), ROOM);
    schedule_free(&s);
}
END_TEST

START_TEST(each_in_its_tick_at_most_eight_ahead)
{
    s = schedule_new(ROOM);
    put(10, 1, 1, 12);
    put(10, 2, 1, 9); /* late */
    put(10, 3, 1, 4000000000u);
    put(10, 4, 1, 18);
    ck_assert_uint_eq(acts(10), 21);
    ck_assert_uint_eq(acts(11), 0);
    ck_assert_uint_eq(acts(12), 11);
    for (uint32_t tick = 13; tick < 18; tick++)
        ck_assert_uint_eq(acts(tick), 0);
    ck_assert_uint_eq(acts(18), 3141);
    schedule_free(&s);
}
END_TEST

START_TEST(a_later_input_takes_the_earlier_along)
{
    s = schedule_new(ROOM);
    put(10, 1, 1, 14);
    put(10, 1, 2, 15);
    put(10, 2, 1, 14);
    ck_assert_uint_eq(acts(10), 0);
    put(11, 1, 3, 0); /* now: what came before it must not come after it */
    put(11, 1, 4, 13);
    ck_assert_uint_eq(acts(11), 111213);
    ck_assert_uint_eq(acts(13), 14);
    ck_assert_uint_eq(acts(14), 21);
    schedule_free(&s);
}
END_TEST

START_TEST(places_are_used_again)
{
    s = schedule_new(ROOM);
    for (uint32_t tick = 1; tick < 1000; tick++) {
        for (uint32_t i = 0; i < 7; i++)
            put(tick, i, tick, tick + (i * 5 + tick) % 9);
        (void)acts(tick);
        ck_assert_uint_ge(schedule_room(s), 1);
    }
    put(1000, 1, 1, 1005);
    schedule_clear(s);
    ck_assert_uint_eq(schedule_room(s), ROOM);
    ck_assert_uint_eq(acts(1005), 0);
    for (uint32_t i = 0; i < ROOM; i++)
        put(2000, i, 1, 0);
    ck_assert_uint_eq(schedule_room(s), 0);
    ck_assert_uint_eq(schedule_begin(s, 2000), ROOM);
    schedule_end(s);
    schedule_free(&s);
}
END_TEST

SUITE_MAIN("schedule", at_once_in_order_of_pilot_and_seq, each_in_its_tick_at_most_eight_ahead,
           a_later_input_takes_the_earlier_along, places_are_used_again)
