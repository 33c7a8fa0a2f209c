/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TICK_FLOOR_H
#define TICK_FLOOR_H

/*
 * The least that a tick can do with so many things, as plain arrays: each ship flies one tick by
 * the flight model, each shot moves on, and both are sorted into a grid by counting. No rules, no
 * hits, nobody told. Single thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include <world/flight.h>

#define FLOOR_CLASSES 8

struct floor_tick {
    struct flight_class classes[FLOOR_CLASSES];
    uint32_t ships, shots;
    struct flight *flights;
    uint8_t *class_of;
    int32_t *x, *y, *vx, *vy; /* of the shots */
    uint32_t *starts, *cells, *sorted;
};

/* Ships and shots are spread over a square of so many u around a point; classes as in sol-1. */
bool floor_init(struct floor_tick *f, uint32_t ships, uint32_t shots, int32_t x, int32_t y,
                int32_t side_u);
void floor_fini(struct floor_tick *f);
void floor_step(struct floor_tick *f);

#endif
