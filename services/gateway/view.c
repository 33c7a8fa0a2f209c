/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <st/assert.h>

#include <stdlib.h>
#include <string.h>

enum {
    NEAR = 2, /* 5x5 come in */
    FAR = 3,  /* outside of 7x7 goes */
};

void view_init(struct view *v)
{
    memset(v, 0, sizeof *v);
}

static int32_t distance(uint32_t a, uint32_t b)
{
    int32_t dx = (int32_t)(a % GATEWAY_CELLS_SIDE) - (int32_t)(b % GATEWAY_CELLS_SIDE);
    int32_t dy = (int32_t)(a / GATEWAY_CELLS_SIDE) - (int32_t)(b / GATEWAY_CELLS_SIDE);
    return ST_MAX(abs(dx), abs(dy));
}

uint32_t view_distance(const struct view *v, uint32_t cell)
{
    return (uint32_t)distance(v->centre, cell);
}

bool view_has(const struct view *v, uint32_t cell)
{
    for (uint32_t i = 0; i < v->count; i++)
        if (v->cell[i] == cell)
            return true;
    return false;
}

static void copy(struct view *v, uint32_t to, uint32_t from)
{
    v->cell[to] = v->cell[from];
    v->cursor[to] = v->cursor[from];
    v->tier[to] = v->tier[from];
    v->told[to] = v->told[from];
}

static void insert(struct view *v, uint32_t cell, uint32_t cursor)
{
    uint32_t i = v->count;
    st_assert(v->count < GATEWAY_VIEW_CELLS);
    for (; i > 0 && v->cell[i - 1] > cell; i--)
        copy(v, i, i - 1);
    v->cell[i] = cell;
    v->cursor[i] = cursor;
    v->tier[i] = v->told[i] = 0;
    v->count++;
    v->changed = v->waiting = true;
}

/* Those that are out of sight. */
static void drop_crowds(struct view *v)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < v->crowds_n; i++)
        if (view_has(v, v->crowd[i].cell))
            v->crowd[kept++] = v->crowd[i];
    v->crowds_n = (uint8_t)kept;
}

void view_place(struct view *v, uint32_t cell)
{
    uint32_t kept = 0;
    /* One that comes back before the client was told that it had gone is not forgotten there. */
    uint32_t cursor = v->dropped ? CURSOR_LOST : CURSOR_NOTHING;
    int32_t cx = (int32_t)(cell % GATEWAY_CELLS_SIDE), cy = (int32_t)(cell / GATEWAY_CELLS_SIDE);
    st_assert(cell < GATEWAY_CELLS);
    if (v->placed && v->centre == cell)
        return;
    v->placed = true;
    v->centre = cell;
    view_stand(v, (uint32_t)cx * GATEWAY_LEAF_SIDE + GATEWAY_LEAF_SIDE / 2,
               (uint32_t)cy * GATEWAY_LEAF_SIDE + GATEWAY_LEAF_SIDE / 2);
    for (uint32_t i = 0; i < v->count; i++)
        if (distance(v->cell[i], cell) <= FAR)
            copy(v, kept++, i);
    v->dropped = v->dropped || kept != v->count;
    v->changed = v->changed || v->dropped;
    v->count = (uint8_t)kept;
    drop_crowds(v);
    for (int32_t y = cy - NEAR; y <= cy + NEAR; y++)
        for (int32_t x = cx - NEAR; x <= cx + NEAR; x++) {
            uint32_t at = (uint32_t)(x + y * GATEWAY_CELLS_SIDE);
            bool inside = x >= 0 && y >= 0 && x < GATEWAY_CELLS_SIDE && y < GATEWAY_CELLS_SIDE;
            if (inside && !view_has(v, at))
                insert(v, at, cursor);
        }
}

void view_stand(struct view *v, uint32_t leaf_x, uint32_t leaf_y)
{
    v->leaf_x = (uint16_t)leaf_x;
    v->leaf_y = (uint16_t)leaf_y;
}

void view_resync(struct view *v)
{
    for (uint32_t i = 0; i < v->count; i++)
        v->cursor[i] = CURSOR_LOST;
    v->changed = v->waiting = v->count > 0;
}
