/* SPDX-License-Identifier: Apache-2.0 */
#include "grid.h"

void grid_cells(struct world *w)
{
    uint32_t *start = w->cell_start;
    uint32_t sum = 0;

    memset(start, 0, sizeof w->cell_start);
    for (uint32_t slot = 0; slot < w->first[3]; slot++) {
        if (w->units[slot].type != UNIT_FREE)
            start[w->units[slot].cell + 1]++;
    }
    for (uint32_t cell = 0; cell <= WORLD_CELLS; cell++) {
        sum += start[cell];
        start[cell] = sum;
    }
    /* Filling moves each start to the next one's place; moved back below. */
    for (uint32_t slot = 0; slot < w->first[3]; slot++) {
        if (w->units[slot].type != UNIT_FREE)
            w->cell_slots[start[w->units[slot].cell]++] = slot;
    }
    for (uint32_t cell = WORLD_CELLS; cell > 0; cell--)
        start[cell] = start[cell - 1];
    start[0] = 0;
    w->cells_stale = false;
}

static uint32_t fine_of(const struct unit *u)
{
    uint32_t fx = (uint32_t)(u->f.x - WORLD_PLAY_MIN) >> FINE_SHIFT;
    uint32_t fy = (uint32_t)(u->f.y - WORLD_PLAY_MIN) >> FINE_SHIFT;

    return fx + fy * FINE_SIDE;
}

void grid_fine(struct world *w)
{
    /* Only what the last tick has touched is cleared: the grid is a megabyte. */
    for (uint32_t i = 0; i < w->fine_used_n; i++)
        w->fine_heads[w->fine_used[i]] = 0;
    w->fine_used_n = 0;
    for (uint32_t slot = 0; slot < w->first[2]; slot++) {
        uint32_t cell;

        if (w->units[slot].type == UNIT_FREE)
            continue;
        cell = fine_of(&w->units[slot]);
        if (w->fine_heads[cell] == 0)
            w->fine_used[w->fine_used_n++] = cell;
        w->fine_next[slot] = w->fine_heads[cell];
        w->fine_heads[cell] = slot + 1;
    }
}

static int32_t fine_at(int32_t k)
{
    int32_t at = (k - WORLD_PLAY_MIN) >> FINE_SHIFT;

    return clamp32(at, 0, FINE_SIDE - 1);
}

struct fine_box grid_box(int32_t x1, int32_t y1, int32_t x2, int32_t y2, int32_t margin)
{
    struct fine_box b;

    b.left = fine_at((x1 < x2 ? x1 : x2) - margin);
    b.right = fine_at((x1 > x2 ? x1 : x2) + margin);
    b.bottom = fine_at((y1 < y2 ? y1 : y2) - margin);
    b.top = fine_at((y1 > y2 ? y1 : y2) + margin);
    b.x = b.left - 1;
    b.y = b.bottom;
    b.link = 0;
    return b;
}

uint32_t grid_next(const struct world *w, struct fine_box *b)
{
    uint32_t link = b->link;

    while (link == 0) {
        if (b->x == b->right) {
            b->x = b->left - 1;
            b->y++;
        }
        if (b->y > b->top)
            return NO_SLOT;
        b->x++;
        link = w->fine_heads[b->x + b->y * FINE_SIDE];
    }
    b->link = w->fine_next[link - 1];
    return link - 1;
}

struct near_walk grid_near(int32_t x, int32_t y, uint32_t far_u)
{
    int32_t far = (int32_t)far_u * WORLD_UNIT + WORLD_CELL_MARGIN;
    int32_t low = WORLD_PLAY_MIN, high = WORLD_PLAY_MAX;
    struct near_walk n;

    n.left = clamp32(x - far, low, high) >> WORLD_CELL_SHIFT;
    n.right = clamp32(x + far, low, high) >> WORLD_CELL_SHIFT;
    n.y = clamp32(y - far, low, high) >> WORLD_CELL_SHIFT;
    n.top = clamp32(y + far, low, high) >> WORLD_CELL_SHIFT;
    n.x = n.left - 1;
    n.at = n.end = 0;
    return n;
}

uint32_t grid_near_next(const struct world *w, struct near_walk *n)
{
    while (n->at == n->end) {
        uint32_t cell;

        if (n->x == n->right) {
            n->x = n->left - 1;
            n->y++;
        }
        if (n->y > n->top)
            return NO_SLOT;
        n->x++;
        cell = (uint32_t)(n->x - WORLD_CELL_FIRST) +
               (uint32_t)(n->y - WORLD_CELL_FIRST) * WORLD_CELLS_SIDE;
        n->at = w->cell_start[cell];
        n->end = w->cell_start[cell + 1];
    }
    return w->cell_slots[n->at++];
}
