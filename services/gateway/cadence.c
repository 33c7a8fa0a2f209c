/* SPDX-License-Identifier: Apache-2.0 */
#include "cadence.h"

static bool lately(uint32_t at, uint32_t tick, uint32_t ticks)
{
    return at != 0 && tick < at + ticks;
}

enum cadence cadence_of(const struct near *n, bool rests, bool combat, uint32_t tick)
{
    if (rests)
        return CADENCE_REST;
    if (combat || lately(n->fired, tick, CADENCE_FIGHT_TICKS))
        return CADENCE_FIGHT;
    return lately(n->moved, tick, CADENCE_MOVERS_TICKS) ? CADENCE_MOVERS : CADENCE_ALONE;
}

/* A frame out of turn moves the next one back to its place among the ticks, but not too close.
 * Short intervals are kept to the tick: what changes near is told within 100 ms. */
bool cadence_due(uint32_t interval, uint32_t since, uint32_t tick, uint32_t stagger)
{
    if (since >= (interval <= CADENCE_EXACT_TICKS ? interval : 2 * interval))
        return true;
    return (tick + stagger) % interval == 0 && 2 * since > interval;
}
