/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of the ticks: what came in, what was made of it, how much went out. Owns pointers to
 * metrics; made at start, updated by the tick thread; decides nothing.
 */
#ifndef SIMULATION_TURN_STAT_H
#define SIMULATION_TURN_STAT_H

#include <st/stat.h>
#include <world/world.h>

#include "emit.h"

enum { TURN_VERDICTS = WORLD_MALFORMED + 1, TURN_HARDS = WORLD_HARD_JETTISONED + 1 };

struct turn_stat {
    struct st_counter *inputs[TURN_VERDICTS];
    struct st_counter *binds[TURN_VERDICTS];
    struct st_counter *batons[WORLD_BATON_STAY + 1][TURN_VERDICTS];
    struct st_counter *hards[TURN_HARDS];
    struct st_counter *dropped;
    struct st_histogram *input_applied, *delta_bytes, *snapshot_bytes, *own_bytes;
    struct st_gauge *epoch, *tick, *ships, *npcs, *sessions, *events, *events_oldest, *events_stuck;
};

void turn_stat_init(struct turn_stat *s);
void turn_stat_input(struct turn_stat *s, enum world_verdict v);
void turn_stat_malformed(struct turn_stat *s, uint32_t n);
void turn_stat_bind(struct turn_stat *s, enum world_verdict v);
/* kind: enum world_baton_kind, 0 for those that move no ship. */
void turn_stat_baton(struct turn_stat *s, uint8_t kind, enum world_verdict v);
void turn_stat_hard(struct turn_stat *s, uint8_t kind);
void turn_stat_tick(struct turn_stat *s, const struct world *w, uint32_t sessions,
                    const struct emit_stats *e);

#endif
