/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slows frames down before anything else suffers: watches how much of its time the data plane is
 * busy and lowers the cadence of all clients step by step, 20, 10, 7, 5 frames per second, and back
 * when there is room for it. Pure; must never know a clock nor clients.
 */
#ifndef GATEWAY_GOVERNOR_H
#define GATEWAY_GOVERNOR_H

#include <st/base.h>

enum {
    GOVERNOR_STEPS = 4,
    GOVERNOR_HOT_TICKS = 10,  /* of load before a step down */
    GOVERNOR_CALM_TICKS = 60, /* of room before a step up */
    GOVERNOR_BACKLOG = 16,    /* messages of the world that wait behind a tick: load, whatever the
                                 time says */
};

struct governor {
    uint32_t step;    /* 0 = no slowing */
    uint32_t load_pm; /* of its time that the thread is busy, averaged over some ticks */
    uint32_t hot, calm;
    uint32_t limit_pm; /* load above which it slows */
};

void governor_init(struct governor *g, uint32_t limit_pm);
/* Once per tick: ns busy of ns passed since the last call, messages that wait. Returns +1 or -1
 * when the step has changed, else 0. */
int governor_tick(struct governor *g, uint64_t busy_ns, uint64_t span_ns, uint32_t waiting);
/* Least number of ticks between two frames of a client. */
uint32_t governor_interval(const struct governor *g);

#endif
