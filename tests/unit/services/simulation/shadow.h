/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world as a client has it: built from slices alone, moved by the flight model between them.
 * Single thread; knows the wire and the flight model, nothing of the kernel's state.
 */
#ifndef SIMULATION_TEST_SHADOW_H
#define SIMULATION_TEST_SHADOW_H

#include <startrader/v1/client.pb-c.h>
#include <world/config.h>

enum { SHADOW_MAX = 32768 };

struct shadow_entity {
    uint32_t id, cell, player;
    uint16_t class_id, vitals, good, quantity;
    uint8_t faction, level, flags;
    struct flight flight;
};

struct shadow {
    const struct world_config *config;
    uint32_t n;
    uint16_t at[SHADOW_MAX]; /* by slot: index + 1, 0 = none */
    struct shadow_entity entities[SHADOW_MAX];
};

void shadow_step(struct shadow *s); /* one tick of free flight for all */
void shadow_delta(struct shadow *s, const Startrader__V1__CellDelta *d);
void shadow_snapshot(struct shadow *s, const Startrader__V1__CellDelta *d);
struct shadow_entity *shadow_find(struct shadow *s, uint32_t id);
/* The digest of a cell as the wire defines it. */
uint32_t shadow_digest(struct shadow *s, uint32_t cell);
/* Corner of a cell plus what the columns say. */
int32_t shadow_x(uint32_t cell, uint32_t pos, uint32_t frac);
int32_t shadow_y(uint32_t cell, uint32_t pos, uint32_t frac);

#endif
