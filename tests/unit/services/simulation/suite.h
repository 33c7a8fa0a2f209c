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
        TCase *c = tcase_create(name);                                                             \
        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)                              \
            tcase_add_test(c, tests[i]);                                                           \
        tcase_set_timeout(c, 60);                                                                  \
        Suite *s = suite_create(name);                                                             \
        suite_add_tcase(s, c);                                                                     \
        SRunner *r = srunner_create(s);                                                            \
        srunner_run_all(r, CK_NORMAL);                                                             \
        int failed = srunner_ntests_failed(r);                                                     \
        srunner_free(r);                                                                           \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                          \
    }

#endif
