/* SPDX-License-Identifier: Apache-2.0 */
#include "floor.h"

#include <stdlib.h>
#include <string.h>
#include <world/config.h>

#include "sol1_fixture.h"

#define CELL_SHIFT 18 /* 512 u */
#define CELL_SIDE  256
#define SQUARE     ((WORLD_PLAY_MAX_U - WORLD_PLAY_MIN_U) * WORLD_UNIT)

static int32_t place(uint64_t *luck, int32_t centre, int32_t side)
{
    *luck = *luck * 6364136223846793005u + 1442695040888963407u;
    return centre + (int32_t)(*luck >> 33) % side - side / 2;
}

static bool room(struct floor_tick *f)
{
    f->flights = calloc(f->ships, sizeof *f->flights);
    f->class_of = calloc(f->ships, 1);
    f->x = calloc(f->shots, sizeof *f->x);
    f->y = calloc(f->shots, sizeof *f->y);
    f->vx = calloc(f->shots, sizeof *f->vx);
    f->vy = calloc(f->shots, sizeof *f->vy);
    f->starts = calloc((size_t)CELL_SIDE * CELL_SIDE + 1, sizeof *f->starts);
    f->cells = calloc(f->ships + f->shots, sizeof *f->cells);
    f->sorted = calloc(f->ships + f->shots, sizeof *f->sorted);
    return f->flights && f->class_of && f->x && f->y && f->vx && f->vy && f->starts && f->cells &&
           f->sorted;
}

bool floor_init(struct floor_tick *f, uint32_t ships, uint32_t shots, int32_t x, int32_t y,
                int32_t side_u)
{
    static struct world_config config;
    uint64_t luck = 1;

    *f = (struct floor_tick){.ships = ships, .shots = shots};
    sol1_config(&config);
    for (uint32_t i = 0; i < FLOOR_CLASSES; i++)
        (void)config_flight_class(&config, SOL1_SHUTTLE + i % SOL1_GUNSHIP, &f->classes[i]);
    if (!room(f))
        return false;
    for (uint32_t i = 0; i < ships; i++) {
        f->class_of[i] = (uint8_t)(i % FLOOR_CLASSES);
        f->flights[i] = (struct flight){.x = place(&luck, x, side_u * WORLD_UNIT),
                                        .y = place(&luck, y, side_u * WORLD_UNIT),
                                        .thrust = i % 8 ? FLIGHT_AHEAD : FLIGHT_COAST,
                                        .heading = (uint16_t)(luck >> 40 & 4095)};
    }
    for (uint32_t i = 0; i < shots; i++) {
        f->x[i] = place(&luck, x, side_u * WORLD_UNIT);
        f->y[i] = place(&luck, y, side_u * WORLD_UNIT);
        f->vx[i] = place(&luck, 0, 40000);
        f->vy[i] = place(&luck, 0, 40000);
    }
    return true;
}

void floor_fini(struct floor_tick *f)
{
    free(f->flights);
    free(f->class_of);
    free(f->x);
    free(f->y);
    free(f->vx);
    free(f->vy);
    free(f->starts);
    free(f->cells);
    free(f->sorted);
}

static uint32_t cell_at(int32_t x, int32_t y)
{
    return (uint32_t)(x - WORLD_PLAY_MIN) >> CELL_SHIFT |
           ((uint32_t)(y - WORLD_PLAY_MIN) >> CELL_SHIFT) * CELL_SIDE;
}

/* A shot that leaves the square comes in again on the other side. */
static int32_t wrap(int32_t k)
{
    return ((k - WORLD_PLAY_MIN) & (SQUARE - 1)) + WORLD_PLAY_MIN;
}

void floor_step(struct floor_tick *f)
{
    uint32_t all = f->ships + f->shots, sum = 0;

    memset(f->starts, 0, ((size_t)CELL_SIDE * CELL_SIDE + 1) * sizeof *f->starts);
    for (uint32_t i = 0; i < f->ships; i++) {
        struct flight *a = &f->flights[i];

        flight_step(a, &f->classes[f->class_of[i]]);
        f->cells[i] = cell_at(a->x, a->y);
        f->starts[f->cells[i]]++;
    }
    for (uint32_t i = 0; i < f->shots; i++) {
        f->x[i] = wrap(f->x[i] + f->vx[i]);
        f->y[i] = wrap(f->y[i] + f->vy[i]);
        f->cells[f->ships + i] = cell_at(f->x[i], f->y[i]);
        f->starts[f->cells[f->ships + i]]++;
    }
    for (uint32_t i = 0; i <= CELL_SIDE * CELL_SIDE; i++) {
        uint32_t n = f->starts[i];

        f->starts[i] = sum;
        sum += n;
    }
    for (uint32_t i = 0; i < all; i++)
        f->sorted[f->starts[f->cells[i]]++] = i;
}
