/* SPDX-License-Identifier: Apache-2.0 */
/* Load against cadence. */
#include <governor.h>

#include <check.h>
#include <stdlib.h>

enum { TICK_NS = 50 * 1000 * 1000, LIMIT_PM = 750 };

static struct governor g;

static void setup(void)
{
    governor_init(&g, LIMIT_PM);
}

/* Ticks of constant load; the sum of all changes. */
static int run(uint32_t ticks, uint32_t load_pm, uint32_t waiting)
{
    int sum = 0;
    for (uint32_t i = 0; i < ticks; i++)
        sum += governor_tick(&g, (uint64_t)TICK_NS / 1000 * load_pm, TICK_NS, waiting);
    return sum;
}

START_TEST(step_by_step)
{
    static const uint32_t intervals[] = {1, 2, 3, 4};
    ck_assert_uint_eq(governor_interval(&g), 1);
    ck_assert_int_eq(run(200, 500, 0), 0);
    for (uint32_t step = 1; step < GOVERNOR_STEPS; step++) {
        uint32_t ticks = 0;
        while (run(1, 1000, 0) == 0)
            ck_assert_uint_lt(++ticks, 60);
        ck_assert_uint_ge(ticks + 1, GOVERNOR_HOT_TICKS);
        ck_assert_uint_eq(governor_interval(&g), intervals[step]);
    }
    ck_assert_int_eq(run(1000, 1500, 0), 0); /* 5 per second is the least */
    ck_assert_uint_eq(governor_interval(&g), 4);
}
END_TEST

START_TEST(back_when_there_is_room)
{
    uint32_t ticks = 0;
    (void)run(40, 1000, 0);
    ck_assert_uint_gt(g.step, 0);
    while (run(1, 100, 0) == 0)
        ck_assert_uint_lt(++ticks, 2 * GOVERNOR_CALM_TICKS);
    ck_assert_uint_ge(ticks, GOVERNOR_CALM_TICKS); /* one step at a time */
    ck_assert_int_eq(run(GOVERNOR_CALM_TICKS - 1, 100, 0), 0);
    (void)run(1000, 100, 0);
    ck_assert_uint_eq(g.step, 0);
}
END_TEST

/* Half the cadence, half the load: that is no reason to go back. */
START_TEST(does_not_swing)
{
    while (run(1, 800, 0) == 0)
        ;
    ck_assert_int_eq(run(2000, 400, 0), 0);
    ck_assert_uint_eq(g.step, 1);
    ck_assert_int_eq(run(2000, 250, 0), -1);
    ck_assert_uint_eq(g.step, 0);
}
END_TEST

START_TEST(backlog_counts)
{
    ck_assert_int_eq(run(GOVERNOR_HOT_TICKS, 100, GOVERNOR_BACKLOG + 1), 1);
    ck_assert_int_eq(run(GOVERNOR_CALM_TICKS - 1, 100, 0), 0);
    ck_assert_int_eq(run(1, 100, 0), -1);
}
END_TEST

START_TEST(peaks_do_not_count)
{
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(run(1, 2000, 0), 0);
        ck_assert_int_eq(run(7, 300, 0), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("governor");
    TCase *t = tcase_create("governor");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, step_by_step);
    tcase_add_test(t, back_when_there_is_room);
    tcase_add_test(t, does_not_swing);
    tcase_add_test(t, backlog_counts);
    tcase_add_test(t, peaks_do_not_count);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
