/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_ZONE_H
#define WORLD_ZONE_H

/*
 * Zones and the law: where a ship is, what still protects it, who may hurt whom, who is wanted.
 * Tick thread only.
 */
#include "state.h"

/* Who does the harm: an entity, which may be gone by now. */
struct culprit {
    uint32_t entity, player;
    uint32_t slot; /* or NO_SLOT */
    uint8_t faction;
};

struct culprit culprit_of(const struct world *w, uint32_t entity, uint32_t player,
                          uint8_t faction);

/* Looks up a ship's zone at once; used when it appears or the configuration changes. */
void zone_place(struct world *w, uint32_t slot);

/* Every fourth tick of each ship. */
void zone_step(struct world *w);

/* Zone that rules harm done to the ship: its own, or the safer one that it left a moment ago. */
const struct config_zone *zone_of(const struct world *w, uint32_t slot);

bool zone_wanted(const struct world *w, uint32_t slot);

/* Makes wanted until at least so many ticks from now. */
void zone_want(struct world *w, uint32_t slot, uint32_t ticks);

/* True when the rules let this harm reach the target at all. */
bool zone_may_hurt(const struct world *w, const struct culprit *by, uint32_t target);

/* The law's side of harm that has been done, and of a kill; the latter returns true when the kill
 * of a clean pilot was punished. */
void zone_harmed(struct world *w, const struct culprit *by, uint32_t target);
bool zone_killed(struct world *w, const struct culprit *by, uint32_t target);

#endif
