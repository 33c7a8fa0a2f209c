/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells with many ships are told in leaves of 256 x 256 units, so that who is in the crowd is told
 * exactly of who is near and less often of the rest. A cell is split and joined again only when its
 * rolling snapshot is due. Who enters and who goes is told for the cell as a whole; whatever else
 * an entity does is told by the leaf that it is in, and a leaf that it comes into tells its exact
 * state at once. Owns which cells are split and who is in which leaf; runs on the tick thread; must
 * never know the wire, gateways or clients.
 */
#ifndef SIMULATION_LEAF_H
#define SIMULATION_LEAF_H

#include <world/world.h>

enum {
    LEAF_SHIFT = 17, /* of k: 256 units */
    LEAF_SIDE = 8,
    LEAF_PARTS = 1 + LEAF_SIDE * LEAF_SIDE, /* 0: the cell as a whole; then leaf number + 1 */
    LEAF_MARGIN = 16 * WORLD_UNIT,          /* an entity stays in its leaf so far outside of it */
    LEAF_SPLIT_MIN = 64,                    /* entities of a cell that make it split ... */
    LEAF_JOIN_PERCENT = 60,                 /* ... and the share of them below which it is joined */
};

struct leaves;

struct leaves *leaves_new(const struct world_limits *limits);
void leaves_free(struct leaves **l);
size_t leaves_size(const struct world_limits *limits);

/* Before the first tick of a world. */
void leaves_open(struct leaves *l);
/* Entities that make a cell split; LEAF_SPLIT_MIN at first. */
void leaves_split_at(struct leaves *l, uint32_t members);
/* Splits or joins the index-th cell of the play square from the next tick on. */
void leaves_review(struct leaves *l, const struct world *w, uint32_t index);

/* The split cells, by their index. */
uint32_t leaves_count(const struct leaves *l);
uint32_t leaves_at(const struct leaves *l, uint32_t i);
bool leaves_has(const struct leaves *l, uint32_t index);

/* Once per tick for each split cell: adds who came into another leaf to the changes of the tick.
 * The list is lent until the next call. */
void leaves_cross(struct leaves *l, const struct world *w, struct world_cell *c);

/* Sorts the changes of a split cell by part; `part` 0 to LEAF_PARTS - 1 is then read with
 * leaves_part, which says false when there is nothing in it. Lists are lent until the next call of
 * leaves_sort. */
void leaves_sort(struct leaves *l, const struct world_cell *c);
bool leaves_part(const struct leaves *l, uint32_t part, struct world_cell *out);

#endif
