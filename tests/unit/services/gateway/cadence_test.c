/* SPDX-License-Identifier: Apache-2.0 */
/* How often a frame is due, by what happens around a client. */
#include <cadence.h>

#include <check.h>
#include <stdlib.h>

enum { NOW = 10000 };

START_TEST(by_need)
{
    struct near n = {0};
    ck_assert_int_eq(cadence_of(&n, false, false, NOW), CADENCE_ALONE);
    ck_assert_int_eq(cadence_of(&n, false, true, NOW), CADENCE_FIGHT);
    ck_assert_int_eq(cadence_of(&n, true, true, NOW), CADENCE_REST);
    n.moved = NOW - 5;
    ck_assert_int_eq(cadence_of(&n, false, false, NOW), CADENCE_MOVERS);
    ck_assert_int_eq(cadence_of(&n, false, false, NOW + CADENCE_MOVERS_TICKS), CADENCE_ALONE);
    n.fired = NOW - 30;
    ck_assert_int_eq(cadence_of(&n, false, false, NOW), CADENCE_FIGHT);
    n.moved = NOW + CADENCE_FIGHT_TICKS;
    ck_assert_int_eq(cadence_of(&n, false, false, NOW + CADENCE_FIGHT_TICKS), CADENCE_MOVERS);
}
END_TEST

static uint32_t frames(uint32_t interval, uint32_t stagger, uint32_t ticks)
{
    uint32_t last = NOW, count = 0;
    for (uint32_t t = NOW + 1; t <= NOW + ticks; t++)
        if (cadence_due(interval, t - last, t, stagger)) {
            ck_assert_uint_le(t - last, 2 * interval);
            last = t;
            count++;
        }
    return count;
}

START_TEST(rates)
{
    static const uint32_t intervals[] = {1, 2, 3, 4, 5, 20};
    for (uint32_t i = 0; i < ST_ARRAY_LEN(intervals); i++)
        for (uint32_t stagger = 0; stagger < 40; stagger++) {
            uint32_t n = frames(intervals[i], stagger, 240);
            ck_assert_uint_ge(n, 240 / intervals[i] - 1);
            ck_assert_uint_le(n, 240 / intervals[i]);
        }
}
END_TEST

START_TEST(staggered)
{
    for (uint32_t t = NOW; t < NOW + 10; t++) {
        uint32_t due = 0;
        for (uint32_t client = 0; client < 100; client++)
            due += cadence_due(5, 5, t, client);
        ck_assert_uint_eq(due, 20);
    }
}
END_TEST

/* A frame out of turn takes the place of the next one if that is near. */
START_TEST(out_of_turn)
{
    ck_assert(!cadence_due(5, 2, 100, 0));
    ck_assert(cadence_due(5, 3, 100, 0));
    ck_assert(!cadence_due(5, 3, 101, 0));
    ck_assert(cadence_due(5, 10, 101, 0));
    ck_assert(!cadence_due(2, 1, 100, 0));
    ck_assert(cadence_due(2, 2, 101, 0));
    ck_assert(cadence_due(3, 3, 101, 0));
    ck_assert(!cadence_due(4, 4, 101, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cadence");
    TCase *t = tcase_create("cadence");
    tcase_add_test(t, by_need);
    tcase_add_test(t, rates);
    tcase_add_test(t, staggered);
    tcase_add_test(t, out_of_turn);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
