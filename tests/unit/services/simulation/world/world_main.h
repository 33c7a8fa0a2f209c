/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_MAIN_H
#define WORLD_MAIN_H

/*
 * What every test program of the kernel has at its end: one Check case with a kit that is made anew
 * for each test. Included once per program; one thread.
 */
#include <check.h>

#include "world_kit.h"

extern struct kit *kit; /* of the running test */

typedef const TTest *world_test;

/* Runs the tests of a program; the result is its exit code. */
int world_main(const char *name, const world_test *tests, uint32_t n);

#endif
