/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time. Timers and deadlines use the monotonic clock; the wall clock serves for display and ticket
 * expiry only. Any thread.
 */
#ifndef ST_CLOCK_H
#define ST_CLOCK_H

#include <st/base.h>

uint64_t st_mono_ns(void);
uint64_t st_mono_ms(void);
/* Unix time. */
uint64_t st_wall_ms(void);
/* Sleeps until an absolute monotonic time; returns early on a signal. */
void st_sleep_until_ns(uint64_t mono_ns);

#endif
