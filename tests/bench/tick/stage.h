/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TICK_STAGE_H
#define TICK_STAGE_H

/*
 * How long each stage of world_step takes. The benchmark compiles the kernel once more with this
 * file included first; everywhere else the marks in world.c are empty. Single thread.
 */
#include <stdint.h>

#define WORLD_STAGE(name) stage_mark(STAGE_##name)

enum stage {
    STAGE_begin,
    STAGE_sessions,
    STAGE_npcs,
    STAGE_flight,
    STAGE_grid,
    STAGE_shots,
    STAGE_weapons,
    STAGE_damage,
    STAGE_loot,
    STAGE_zones,
    STAGE_docks,
    STAGE_frame,
    STAGES
};

extern uint64_t stage_ns[STAGES]; /* summed up since they were cleared */
extern const char *const stage_names[STAGES];

/* The stage of this name has just ended. */
void stage_mark(enum stage stage);

#endif
