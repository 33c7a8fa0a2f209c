/* SPDX-License-Identifier: Apache-2.0 */
#include "governor.h"

#include <st/assert.h>

enum { AVERAGE = 8, ROOM_PM = 800 /* of the limit that a faster cadence may fill */ };
static const uint8_t intervals[GOVERNOR_STEPS] = {1, 2, 3, 4};

void governor_init(struct governor *g, uint32_t limit_pm)
{
    st_assert(limit_pm > 0);
    *g = (struct governor){.limit_pm = limit_pm};
}

uint32_t governor_interval(const struct governor *g)
{
    return intervals[g->step];
}

/* What the load would be one step up, if all of it were frames. */
static bool has_room(const struct governor *g)
{
    uint64_t up;
    if (g->step == 0)
        return false;
    up = (uint64_t)g->load_pm * intervals[g->step] / intervals[g->step - 1];
    return up * 1000 < (uint64_t)g->limit_pm * ROOM_PM;
}

int governor_tick(struct governor *g, uint64_t busy_ns, uint64_t span_ns, uint32_t waiting)
{
    uint64_t now = span_ns > 0 ? ST_MIN(busy_ns * 1000 / span_ns, 2000) : 0;
    bool hot;
    g->load_pm = (uint32_t)((g->load_pm * (uint64_t)(AVERAGE - 1) + now) / AVERAGE);
    hot = g->load_pm > g->limit_pm || waiting > GOVERNOR_BACKLOG;
    g->hot = hot ? g->hot + 1 : 0;
    g->calm = !hot && has_room(g) ? g->calm + 1 : 0;
    if (g->hot >= GOVERNOR_HOT_TICKS && g->step + 1 < GOVERNOR_STEPS) {
        g->step++;
        g->hot = g->calm = 0;
        return 1;
    }
    if (g->calm >= GOVERNOR_CALM_TICKS) {
        g->step--;
        g->hot = g->calm = 0;
        return -1;
    }
    return 0;
}
