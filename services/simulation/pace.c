/* SPDX-License-Identifier: Apache-2.0 */
#include "pace.h"

#include <st/assert.h>
#include <string.h>

/*
 * The world slows down when more than one tick in twenty takes four fifths of its interval, and
 * speeds up when for ten seconds all but one in twenty would have taken less than three fifths of
 * the shorter one: at full speed 40 ms and 30 ms. The gap between the two is the hysteresis.
 */
enum { ONE_IN = 20 };

static const uint64_t interval_ns[PACE_LEVELS] = {50000000,  62500000,  78125000, 97656250,
                                                  122070312, 152587890, 200000000};
static const uint32_t dilation_pm[PACE_LEVELS] = {1000, 800, 640, 512, 410, 328, 250};

void pace_init(struct pace *p)
{
    memset(p, 0, sizeof(*p));
}

uint64_t pace_interval_ns(const struct pace *p)
{
    st_assert(p->level < PACE_LEVELS);
    return interval_ns[p->level];
}

uint32_t pace_dilation_pm(const struct pace *p)
{
    st_assert(p->level < PACE_LEVELS);
    return dilation_pm[p->level];
}

static bool enter(struct pace *p, uint32_t level)
{
    *p = (struct pace){.level = level};
    return true;
}

static bool slower(struct pace *p, uint64_t after_ns)
{
    p->seen++;
    if (after_ns > interval_ns[p->level] / 5 * 4)
        p->heavy++;
    if (p->heavy > PACE_WINDOW_TICKS / ONE_IN && p->level + 1 < PACE_LEVELS)
        return enter(p, p->level + 1);
    if (p->seen == PACE_WINDOW_TICKS)
        p->seen = p->heavy = 0;
    return false;
}

static bool faster(struct pace *p, uint64_t after_ns)
{
    if (p->level == 0)
        return false;
    bool missed = after_ns > interval_ns[p->level - 1] / 5 * 3;
    p->light++;
    p->light_missed += missed;
    if (p->light_missed > PACE_RECOVER_TICKS / ONE_IN)
        p->light = p->light_missed = 0;
    return p->light >= PACE_RECOVER_TICKS && !missed && enter(p, p->level - 1);
}

bool pace_ended(struct pace *p, uint64_t after_ns)
{
    st_assert(p->level < PACE_LEVELS);
    return slower(p, after_ns) || faster(p, after_ns);
}
