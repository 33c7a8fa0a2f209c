/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_DAMAGE_H
#define WORLD_DAMAGE_H

/*
 * What a hit does to shield and hull, who is to blame for it, recharge, the Sun's corona, and the
 * end of a ship. Tick thread only.
 */
#include "state.h"
#include "zone.h"

struct harm {
    int32_t points;
    int32_t shield_pm, hull_pm;
};

/* Applies a hit that the rules allow; returns enum world_hit_flag. Sends the private events. */
uint32_t damage_hit(struct world *w, uint32_t slot, const struct harm *h, const struct culprit *by);

/* Splits a hit: what the shield loses and what the hull loses. */
void damage_split(int32_t shield, const struct harm *h, int32_t *of_shield, int32_t *of_hull);

/* Corona and recharge of every ship. */
void damage_step(struct world *w);

/* Ships without hull: the event, the wreck, the pilot. */
void death_step(struct world *w);

#endif
