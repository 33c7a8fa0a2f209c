/* SPDX-License-Identifier: Apache-2.0 */
/* Own bundles live as long as somebody refers to them, and not for ever. */
#include "test_world.h"

#include <owns.h>

#include <check.h>
#include <stdlib.h>

static struct owns o;

static void setup(void)
{
    owns_init(&o);
}

static void teardown(void)
{
    owns_fini(&o);
    ck_assert_int_eq(atomic_load(&world_messages), 0);
}

static uint32_t add(uint32_t tick)
{
    return owns_add(&o, world_message("own", "x", 1), tick);
}

START_TEST(references)
{
    uint32_t a = add(10), b = add(10);
    ck_assert_uint_ne(a, 0);
    owns_ref(&o, a);
    owns_put(&o, a);
    ck_assert(owns_has(&o, a));
    owns_put(&o, a);
    ck_assert(!owns_has(&o, a));
    ck_assert(owns_has(&o, b));
    ck_assert_int_eq(atomic_load(&world_messages), 1);
    owns_put(&o, a); /* of what has gone */
    owns_put(&o, b);
    ck_assert_int_eq(atomic_load(&world_messages), 0);
    ck_assert(!owns_has(&o, 0));
    ck_assert(!owns_has(&o, b + 1));
}
END_TEST

START_TEST(age)
{
    uint32_t a = add(10), b = add(20);
    owns_age(&o, 10 + OWNS_TICKS);
    ck_assert(owns_has(&o, a));
    owns_age(&o, 11 + OWNS_TICKS);
    ck_assert(!owns_has(&o, a));
    ck_assert(owns_has(&o, b));
    owns_clear(&o);
    ck_assert(!owns_has(&o, b));
}
END_TEST

START_TEST(too_many)
{
    uint32_t first = add(10), last = 0;
    for (uint32_t i = 0; i < OWNS_MAX; i++)
        last = add(10);
    ck_assert(!owns_has(&o, first));
    ck_assert(owns_has(&o, first + 1));
    ck_assert(owns_has(&o, last));
    ck_assert_int_eq(atomic_load(&world_messages), OWNS_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("owns");
    TCase *t = tcase_create("owns");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, references);
    tcase_add_test(t, age);
    tcase_add_test(t, too_many);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
