/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pilot knows of the cells next to it, as one number each, for comparison with what the
 * simulation says of the same tick. The four cells around the nearest corner are always among the
 * 3x3 that are told at every tick, wherever the pilot's ship is by now. Main thread.
 */
#ifndef LOAD_DIGEST_H
#define LOAD_DIGEST_H

#include "pilot.h"

/* The nearest border of cells along one axis, k. */
int32_t digest_corner(int32_t at);
/* Appends four lines to w->digests: pilot, tick, cell, digest (as CellDelta.digest). */
void digest_write(struct pilot *p, struct world *w, uint32_t tick);

#endif
