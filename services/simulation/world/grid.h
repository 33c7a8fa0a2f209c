/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_GRID_H
#define WORLD_GRID_H

/*
 * Who is near: the members of each home cell, and finer grids of 256 u over all that can be hit or
 * can pick something up. All are derived from the units, anew in each tick, by counting sorts.
 * Tick thread only.
 */
#include "state.h"

#define FINE_SHIFT 17 /* k to fine cell: 256 u */

/* Cells per side of a fine grid for so many bodies. */
uint32_t grid_side(uint32_t bodies);

/* Sorts all units by home cell: cell_start and cell_slots, ascending by slot in each. */
void grid_cells(struct world *w);

/* The same by parts, for who looks at every slot anyway: add is called for each in turn. */
void grid_cells_begin(struct world *w);
void grid_cells_add(struct world *w, uint32_t slot);
void grid_cells_end(struct world *w);

/* Puts ships and torpedoes at their present place into the fine grids. */
void grid_fine(struct world *w);

/* A box of fine cells around a box in k. */
struct fine_box {
    int32_t y, top;
    uint32_t left, right;
    bool split; /* the first part of a row has been given, the second is due */
};

/* Starts a walk over the cells of all bodies that were in the box at any time of this tick. */
struct fine_box grid_box(const struct fine *g, int32_t x1, int32_t y1, int32_t x2, int32_t y2);

static inline const uint32_t *grid_row(const struct fine *g, int32_t y)
{
    return g->start + ((uint32_t)y & (g->side - 1)) * g->side;
}

/* The next run of such bodies, from..to-1 (none is given twice, many that are elsewhere are); false
 * at the end. */
static inline bool grid_run(const struct fine *g, struct fine_box *b, uint32_t *from, uint32_t *to)
{
    const uint32_t *row = grid_row(g, b->y);

    if (b->y > b->top)
        return false;
    if (b->left <= b->right) {
        *from = row[b->left];
        *to = row[b->right + 1];
        b->y++;
    } else if (!b->split) {
        *from = row[b->left];
        *to = row[g->side];
        b->split = true;
    } else {
        *from = row[0];
        *to = row[b->right + 1];
        b->split = false;
        b->y++;
    }
    return true;
}

/* A walk over the units whose home cell lies within some distance of a point, by cell. */
struct near_walk {
    int32_t left, right, top, x, y;
    uint32_t at, end;
};

struct near_walk grid_near(int32_t x, int32_t y, uint32_t far_u);
uint32_t grid_near_next(const struct world *w, struct near_walk *n);

#endif
