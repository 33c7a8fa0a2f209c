/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include <time.h>

uint64_t stage_ns[STAGES];
const char *const stage_names[STAGES] = {"begin",   "sessions", "npcs", "flight", "grid",  "shots",
                                         "weapons", "damage",   "loot", "zones",  "docks", "frame"};

void stage_mark(enum stage stage)
{
    static uint64_t last;
    struct timespec t;
    uint64_t now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    if (stage != STAGE_begin)
        stage_ns[stage] += now - last;
    last = now;
}
