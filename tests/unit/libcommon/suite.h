/* SPDX-License-Identifier: Apache-2.0 */
/* The main program of a test of one module. Knows nothing of the modules. */
#ifndef SUITE_H
#define SUITE_H

#include <st/base.h>

#include <check.h>
#include <stdlib.h>

/* A case with fixtures or times of its own. */
static inline int run_case(const char *name, TCase *c, const TTest *const *tests, size_t count)
{
    Suite *s = suite_create(name);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline int run_suite(const char *name, const TTest *const *tests, size_t count)
{
    TCase *c = tcase_create(name);
    tcase_set_timeout(c, 60);
    return run_case(name, c, tests, count);
}

#define SUITE_MAIN(name, ...)                                                                      \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        return run_suite(name, tests, ST_ARRAY_LEN(tests));                                        \
    }

#endif
