/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_FRAME_H
#define WORLD_FRAME_H

/*
 * What changed in a tick, sorted by cell for those who tell the world. Tick thread only; the lists
 * are not part of the state.
 */
#include "state.h"

/* Home cells, flags, changed and entered records, vitals; then everything grouped by cell. What was
 * noted since the last step, batons and binds included, becomes the views' content. */
void frame_collect(struct world *w);

#endif
