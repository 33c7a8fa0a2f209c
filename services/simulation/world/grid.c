/* SPDX-License-Identifier: Apache-2.0 */
#include "grid.h"

#define FINE_SIDE_MIN 16
#define FINE_SIDE_MAX 512 /* all of space */

void grid_cells_begin(struct world *w)
{
    memset(w->cell_start, 0, sizeof w->cell_start);
}

void grid_cells_add(struct world *w, uint32_t slot)
{
    uint16_t cell = w->units[slot].cell;

    w->homes[slot] = cell;
    w->cell_start[cell]++;
}

/* Counts become ends; filling from behind makes them starts and keeps the order of slots. */
void grid_cells_end(struct world *w)
{
    uint32_t sum = 0;

    for (uint32_t cell = 0; cell <= WORLD_CELLS; cell++) {
        sum += w->cell_start[cell];
        w->cell_start[cell] = sum;
    }
    for (uint32_t slot = w->first[3]; (slot = alive_before(w, slot)) != NO_SLOT;)
        w->cell_slots[--w->cell_start[w->homes[slot]]] = slot;
    w->cells_stale = false;
}

void grid_cells(struct world *w)
{
    grid_cells_begin(w);
    EACH_ALIVE(w, slot, 0, w->first[3])
        grid_cells_add(w, slot);
    grid_cells_end(w);
}

uint32_t grid_side(uint32_t bodies)
{
    uint32_t side = FINE_SIDE_MIN;

    while (side < FINE_SIDE_MAX && side * side < 2 * bodies)
        side *= 2;
    return side;
}

/* The cell of the middle of a body's way in this tick: it was never farther than half of it. */
static uint32_t fine_of(const struct fine *g, const struct body *b)
{
    uint32_t x = (uint32_t)((b->x - b->vx / 2 - WORLD_PLAY_MIN) >> FINE_SHIFT);
    uint32_t y = (uint32_t)((b->y - b->vy / 2 - WORLD_PLAY_MIN) >> FINE_SHIFT);

    return (x & (g->side - 1)) + (y & (g->side - 1)) * g->side;
}

static int32_t longer(int32_t most, int32_t way)
{
    way = way < 0 ? -way : way;
    return way > most ? way : most;
}

static void fine_add(const struct world *w, struct fine *g, uint32_t slot)
{
    const struct unit *u = &w->units[slot];
    struct body b = {
        u->f.x, u->f.y, u->f.vx, u->f.vy, unit_class(w, slot)->radius, entity_id(w, slot)};

    world_assert(g->n < g->max);
    g->stray = longer(longer(g->stray, b.vx), b.vy);
    g->unsorted[g->n++] = b;
    g->start[fine_of(g, &b)]++;
}

static void fine_begin(struct fine *g)
{
    g->n = 0;
    g->stray = 0;
    memset(g->start, 0, sizeof *g->start * ((size_t)g->side * g->side + 1));
}

static void fine_end(struct fine *g)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i <= g->side * g->side; i++) {
        sum += g->start[i];
        g->start[i] = sum;
    }
    for (uint32_t i = g->n; i > 0; i--) {
        const struct body *b = &g->unsorted[i - 1];

        g->bodies[--g->start[fine_of(g, b)]] = *b;
    }
    g->stray = g->stray / 2 + 1;
}

void grid_fine(struct world *w)
{
    fine_begin(&w->fine);
    fine_begin(&w->threats);
    EACH_ALIVE(w, slot, 0, w->first[2]) {
        fine_add(w, &w->fine, slot);
        if (slot >= w->first[1])
            fine_add(w, &w->threats, slot);
    }
    for (uint32_t i = 0; i < w->head.npcs_n; i++) {
        uint32_t slot = entity_slot(w, w->npcs[i].entity);

        if (slot != NO_SLOT && w->ships[slot].faction == WORLD_FACTION_RAIDER)
            fine_add(w, &w->threats, slot);
    }
    fine_end(&w->fine);
    fine_end(&w->threats);
}

static int32_t fine_at(int32_t k)
{
    return (k - WORLD_PLAY_MIN) >> FINE_SHIFT;
}

struct fine_box grid_box(const struct fine *g, int32_t x1, int32_t y1, int32_t x2, int32_t y2)
{
    int32_t left = fine_at((x1 < x2 ? x1 : x2) - g->stray);
    int32_t right = fine_at((x1 > x2 ? x1 : x2) + g->stray);
    int32_t bottom = fine_at((y1 < y2 ? y1 : y2) - g->stray);
    int32_t top = fine_at((y1 > y2 ? y1 : y2) + g->stray);
    int32_t most = (int32_t)g->side - 1;

    /* A box wider than the table has every cell once. */
    if (right - left > most) {
        left = 0;
        right = most;
    }
    if (top - bottom > most)
        top = bottom + most;
    return (struct fine_box){.y = bottom,
                             .top = top,
                             .left = (uint32_t)left & (uint32_t)most,
                             .right = (uint32_t)right & (uint32_t)most};
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
