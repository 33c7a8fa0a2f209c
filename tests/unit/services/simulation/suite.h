/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of a test program: one suite, one case, its exit status. Knows nothing of the tests.
 */
#ifndef SIMULATION_TEST_SUITE_H
#define SIMULATION_TEST_SUITE_H

#include <check.h>
#include <stdlib.h>

#define SUITE_MAIN(name, ...)                                                                      \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *tests[] = {__VA_ARGS__};                                                      \
        TCase *one = tcase_create(name);                                                           \
        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)                              \
            tcase_add_test(one, tests[i]);                                                         \
        tcase_set_timeout(one, 60);                                                                \
        Suite *all = suite_create(name);                                                           \
        suite_add_tcase(all, one);                                                                 \
        SRunner *runner = srunner_create(all);                                                     \
        srunner_run_all(runner, CK_NORMAL);                                                        \
        int failed = srunner_ntests_failed(runner);                                                \
        srunner_free(runner);                                                                      \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                          \
    }

#endif
