/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <st/assert.h>

enum {
    FINE_PERCENT = 60, /* of the budget: to here every change is told */
    MID_PERCENT = 90,  /* and to here every fourth tick's */
    BACK_PERCENT = 80, /* of those limits, for a cell to come back to the finer tier */
    AGAIN_TICKS = 20,
    DISTANCE_MAX = 3,
};

static uint32_t by_distance(uint32_t distance)
{
    return distance <= 1 ? 0 : ST_MIN(distance - 1, GATEWAY_TIERS - 1u);
}

static bool fits(uint64_t bytes, uint64_t budget, uint32_t percent, bool back)
{
    uint64_t limit = budget * percent / 100;
    return bytes <= (back ? limit * BACK_PERCENT / 100 : limit);
}

/* The own cell is told at every fourth tick at least, unless it alone is more than the budget. */
static uint32_t choose(const struct ring *r, uint32_t distance, uint32_t now, uint32_t tick,
                       uint64_t sum, uint32_t budget)
{
    uint32_t tier = by_distance(distance);
    if (tier == 0 && !fits(sum + ring_rate(r, 0, tick), budget, FINE_PERCENT, now > 0))
        tier = 1;
    if (tier == 1 && !fits(sum + ring_rate(r, 1, tick), budget, MID_PERCENT, now > 1))
        tier = 2;
    if (distance == 0 && tier == 2 && ring_rate(r, 1, tick) <= budget)
        tier = 1;
    return tier;
}

void view_assign(struct view *v, const struct cells *c, uint32_t tick, uint32_t budget)
{
    uint64_t sum = 0;
    if (!v->changed && tick < v->assigned_tick + AGAIN_TICKS)
        return;
    v->assigned_tick = tick;
    for (uint32_t d = 0; d <= DISTANCE_MAX; d++)
        for (uint32_t i = 0; i < v->count; i++) {
            const struct ring *r;
            if (view_distance(v, v->cell[i]) != d)
                continue;
            r = cells_ring(c, v->cell[i]);
            v->tier[i] =
                (uint8_t)(r ? choose(r, d, v->tier[i], tick, sum, budget) : by_distance(d));
            sum += r ? ring_rate(r, v->tier[i], tick) : 0;
        }
}
