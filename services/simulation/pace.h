/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last resort against overload: how long a tick lasts. When ticks end too late too often the
 * world slows down, for everybody and every clock of it alike, and comes back step by step once
 * there is room again. Owns a few counters, reads no clock; tick thread; must never know what a
 * tick does. Pure.
 */
#ifndef SIMULATION_PACE_H
#define SIMULATION_PACE_H

#include <st/base.h>

enum {
    PACE_TICK_MS = 50,        /* at full speed */
    PACE_LEVELS = 7,          /* each a quarter longer than the one before: up to four times */
    PACE_WINDOW_TICKS = 40,   /* looked back upon */
    PACE_RECOVER_TICKS = 200, /* quiet for so long before a step back: 10 s of world time */
};

struct pace {
    uint32_t level; /* 0 = full speed */
    uint32_t seen;  /* ticks of the window so far */
    uint32_t heavy; /* of these, ticks that ended late in their interval */
    uint32_t light; /* ticks for which the faster level was looked at */
    uint32_t light_missed;
};

void pace_init(struct pace *p);
/* Length of a tick now, and the speed of the world that it means, per mille: 1000 to 250. */
uint64_t pace_interval_ns(const struct pace *p);
uint32_t pace_dilation_pm(const struct pace *p);
/* A tick ended so long after its time. True: the level has changed. */
bool pace_ended(struct pace *p, uint64_t after_ns);

#endif
