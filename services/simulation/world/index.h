/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_INDEX_H
#define WORLD_INDEX_H

/*
 * From a player's or ship's id to its place in a table: open addressing, no deletion marks. What is
 * stored never depends on the order of insertion as far as anyone can see. Tick thread only.
 */
#include "state.h"

/* Size for a table of n entries: a power of two, at most half full. */
uint32_t index_size(uint32_t n);

void index_clear(struct index *x);

/* Value of a key that is not 0; WORLD_NOBODY when it is not there. */
uint32_t index_get(const struct index *x, uint32_t key);

void index_put(struct index *x, uint32_t key, uint32_t value);
void index_remove(struct index *x, uint32_t key);

#endif
