/* SPDX-License-Identifier: Apache-2.0 */
/*
 * st_assert: for bugs only, on in release builds too. Hostile input never reaches one.
 * Prints place and condition to standard error and aborts.
 */
#ifndef ST_ASSERT_H
#define ST_ASSERT_H

_Noreturn void st_assert_fail(const char *condition, const char *file, int line);

#define st_assert(c) ((c) ? (void)0 : st_assert_fail(#c, __FILE__, __LINE__))

#endif
