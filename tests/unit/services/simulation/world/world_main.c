/* SPDX-License-Identifier: Apache-2.0 */
#include "world_main.h"

struct kit *kit;

static void setup(void)
{
    kit = kit_new();
}

static void teardown(void)
{
    kit_free(kit);
}

int world_main(const char *name, const world_test *tests, uint32_t n)
{
    Suite *s = suite_create(name);
    TCase *t = tcase_create(name);
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    for (uint32_t i = 0; i < n; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
