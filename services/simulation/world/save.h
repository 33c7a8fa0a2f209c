/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_SAVE_H
#define WORLD_SAVE_H

/*
 * The state as bytes: for checkpoints, and for the hash, which is taken over the same bytes. Tick
 * thread only.
 */
#include "state.h"

/* Empties a world whose tables are in place: as world_init leaves it. */
void world_reset(struct world *w);

#endif
