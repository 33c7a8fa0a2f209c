/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_WEAPON_H
#define WORLD_WEAPON_H

/*
 * Guns, torpedoes and point defence: who fires, what flies, what it meets. Damage itself is in
 * damage.h. Tick thread only.
 */
#include "state.h"

/* Torpedoes aim; before flight. */
void torpedo_aim(struct world *w);

/* Bullets meet what has moved, torpedoes burst or end; after flight, on the fine grid. */
void shot_step(struct world *w);
void torpedo_step(struct world *w);

/* A bullet or torpedo has struck somebody whose home is this cell. */
void hit_push(struct world *w, uint32_t cell, struct world_hit hit);

/* All that is to be fired in this tick. */
void weapon_fire(struct world *w);

/* Square of the least distance of two things in this tick, from where they are now and how they
 * moved in it, k; `when` is that moment in 1/4096 of the tick. */
uint64_t sweep(const int32_t pos[2], const int32_t vel[2], const struct flight *target,
               int32_t *when);

#endif
