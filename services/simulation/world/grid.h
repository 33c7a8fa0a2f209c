/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_GRID_H
#define WORLD_GRID_H

/*
 * Who is near: the members of each home cell, and a finer grid of 256 u over all that can be hit or
 * can pick something up. Both are derived from the units, anew in each tick. Tick thread only.
 */
#include "state.h"

#define FINE_SHIFT 17 /* k to fine cell: 256 u */
#define FINE_SIDE  512

/* Sorts all units by home cell: cell_start and cell_slots, ascending by slot in each. */
void grid_cells(struct world *w);

/* Puts ships and torpedoes at their present place into the fine grid. */
void grid_fine(struct world *w);

/* A box of fine cells around a box in k. */
struct fine_box {
    int32_t left, right, bottom, top;
    int32_t x, y;
    uint32_t link; /* slot + 1 of the next one in this cell, 0 = none */
};

/* Starts a walk over the fine cells that a box touches; grid_next gives the slots in them, each
 * once, in no order, NO_SLOT at the end. */
struct fine_box grid_box(int32_t x1, int32_t y1, int32_t x2, int32_t y2, int32_t margin);
uint32_t grid_next(const struct world *w, struct fine_box *b);

/* A walk over the units whose home cell lies within some distance of a point, by cell. */
struct near_walk {
    int32_t left, right, top, x, y;
    uint32_t at, end;
};

struct near_walk grid_near(int32_t x, int32_t y, uint32_t far_u);
uint32_t grid_near_next(const struct world *w, struct near_walk *n);

#endif
