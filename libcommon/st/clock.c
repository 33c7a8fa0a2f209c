/* SPDX-License-Identifier: Apache-2.0 */
#include <st/clock.h>

#include <st/assert.h>

#include <time.h>

static uint64_t read_ns(clockid_t clock)
{
    struct timespec t;
    int failed = clock_gettime(clock, &t);
    st_assert(!failed);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t st_mono_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t st_mono_ms(void)
{
    return st_mono_ns() / 1000000u;
}

uint64_t st_wall_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000u;
}

void st_sleep_until_ns(uint64_t mono_ns)
{
    struct timespec t = {.tv_sec = (time_t)(mono_ns / 1000000000u),
                         .tv_nsec = (long)(mono_ns % 1000000000u)};
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}
