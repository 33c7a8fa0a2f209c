/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_LOOT_H
#define WORLD_LOOT_H

/*
 * Containers: what a wreck leaves, what a pilot throws out, who takes it, when it ends. Booking is
 * the economy's; here is only what floats. Tick thread only.
 */
#include "state.h"

/* The share of a dying ship's cargo that the zone leaves, and what raiders and drones always drop:
 * containers, and the lists of the event. */
void loot_wreck(struct world *w, uint32_t slot, struct world_hard *h);

/* A pilot's jettison, with its answer. */
void loot_jettison(struct world *w, uint32_t slot, const struct world_action *a);

/* An NPC drops all of one good, without an answer. */
void loot_dump(struct world *w, uint32_t slot, uint32_t good, uint32_t quantity);

/* Pickups and ends of life. */
void loot_step(struct world *w);

/* A new container; NO_SLOT when there is no room. */
uint32_t loot_new(struct world *w, uint64_t id, uint32_t good, uint32_t quantity, int32_t x,
                  int32_t y);

#endif
