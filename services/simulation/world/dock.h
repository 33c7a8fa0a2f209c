/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_DOCK_H
#define WORLD_DOCK_H

/*
 * Docking, and ships whose pilot is gone: both end frozen with a hard event, and wait for the
 * baton. Tick thread only; knows nothing of who books what.
 */
#include "state.h"

/* A pilot asks to dock; answers at once. `station` 0 = the one in reach. */
void dock_begin(struct world *w, uint32_t slot, uint32_t request, uint32_t station);

/* Ends a hold, with an answer to the request that began it. */
void dock_cancel(struct world *w, uint32_t slot, enum world_refusal why);

/* Holds, linkdead ships, and events that are due again. */
void dock_step(struct world *w);

/* True within the shelter of a station. */
bool dock_shelter(const struct world *w, const struct unit *u);

#endif
