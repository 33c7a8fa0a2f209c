/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <pace.h>

#define MS UINT64_C(1000000)

static struct pace p;

/* Ticks that end `ms` after their time, until the level changes; how many it took, 0 = never. */
static uint32_t until_change(uint64_t ms, uint32_t most)
{
    for (uint32_t i = 1; i <= most; i++)
        if (pace_ended(&p, ms * MS))
            return i;
    return 0;
}

START_TEST(full_speed_while_ticks_fit)
{
    pace_init(&p);
    ck_assert_uint_eq(pace_interval_ns(&p), 50 * MS);
    ck_assert_uint_eq(pace_dilation_pm(&p), 1000);
    ck_assert_uint_eq(until_change(40, 10000), 0);
    for (uint32_t i = 0; i < 10000; i++) /* one heavy tick in twenty is borne */
        ck_assert(!pace_ended(&p, i % 20 == 0 ? 500 * MS : 10 * MS));
    ck_assert_uint_eq(pace_dilation_pm(&p), 1000);
}
END_TEST

START_TEST(slows_down_within_a_few_heavy_ticks)
{
    pace_init(&p);
    ck_assert_uint_eq(until_change(45, 100), 3);
    ck_assert_uint_eq(pace_dilation_pm(&p), 800);
    ck_assert_uint_eq(pace_interval_ns(&p), 62500000);
    ck_assert_uint_eq(until_change(45, 199), 0); /* now they fit, but not in 50 ms */
    ck_assert_uint_eq(until_change(45, 10000), 0);
    for (uint32_t level = 1; level + 1 < PACE_LEVELS; level++)
        ck_assert_uint_gt(until_change(1000, 100), 0);
    ck_assert_uint_eq(pace_dilation_pm(&p), 250);
    ck_assert_uint_eq(pace_interval_ns(&p), 200 * MS);
    ck_assert_uint_eq(until_change(1000, 10000), 0); /* four times is the end */
}
END_TEST

START_TEST(speed_times_interval_is_constant)
{
    pace_init(&p);
    for (uint32_t level = 0; level < PACE_LEVELS; level++) {
        uint64_t product = pace_interval_ns(&p) * pace_dilation_pm(&p);
        ck_assert_uint_ge(product, 50 * MS * 1000 - 200 * MS / 2);
        ck_assert_uint_le(product, 50 * MS * 1000 + 200 * MS / 2);
        (void)until_change(1000, 100);
    }
}
END_TEST

START_TEST(comes_back_step_by_step)
{
    pace_init(&p);
    (void)until_change(1000, 100);
    (void)until_change(1000, 100);
    ck_assert_uint_eq(pace_dilation_pm(&p), 640);
    ck_assert_uint_eq(until_change(38, 10000), 0); /* more than three fifths of 62.5 ms */
    uint32_t took = until_change(37, 10000);       /* some ticks may count from before */
    ck_assert_uint_le(took, PACE_RECOVER_TICKS);
    ck_assert_uint_ge(took, PACE_RECOVER_TICKS - PACE_RECOVER_TICKS / 20 - 1);
    ck_assert_uint_eq(pace_dilation_pm(&p), 800);
    ck_assert_uint_eq(until_change(29, 10000), PACE_RECOVER_TICKS);
    ck_assert_uint_eq(pace_dilation_pm(&p), 1000);
    ck_assert_uint_eq(until_change(1, 10000), 0);
}
END_TEST

START_TEST(a_change_begins_a_new_window)
{
    pace_init(&p);
    (void)until_change(1000, 100);
    for (uint32_t i = 0; i + 1 < PACE_RECOVER_TICKS; i++)
        ck_assert(!pace_ended(&p, 1 * MS));
    ck_assert_uint_le(until_change(1000, 100), 5); /* worse again before it came back */
    ck_assert_uint_eq(pace_dilation_pm(&p), 640);
    ck_assert_uint_eq(until_change(1, 10000), PACE_RECOVER_TICKS);
}
END_TEST

SUITE_MAIN("pace", full_speed_while_ticks_fit, slows_down_within_a_few_heavy_ticks,
           speed_times_interval_is_constant, comes_back_step_by_step, a_change_begins_a_new_window)
