/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TICK_SWARM_H
#define TICK_SWARM_H

/*
 * The population of a benchmark of the tick: pilots made of arithmetic that fly, manoeuvre and
 * fight in one world, at most by what the public calls of the kernel allow. Keeps about as many
 * volleys in flight as asked for. The same seed gives the same calls. Single thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include <world/world.h>

struct swarm_pilot {
    uint32_t handle, id; /* id of the entity, as of the last look */
    uint32_t seq;
    uint64_t version;
    uint32_t foe; /* another pilot of the same place */
    uint16_t class_id, place;
    uint8_t part, turn; /* what it does; which ticks are its own */
    uint16_t heading;
};

struct swarm_place {
    int32_t x, y, r; /* u, relative to the Sun */
    uint32_t first, n; /* its pilots */
};

struct swarm {
    struct world *world;
    struct world_config config;
    void *memory;
    struct swarm_pilot *pilots;
    uint32_t ships, shots; /* wanted */
    struct swarm_place *places;
    uint32_t places_n;
    uint64_t luck;
    uint32_t fire_pm; /* share of the fighters that hold the trigger */
    uint64_t killed, inputs;
};

/* A world with so many ships, and the aim of so many volleys; `crowd` puts all into one fight.
 * False when memory is short or the world refuses. */
bool swarm_init(struct swarm *s, uint32_t ships, uint32_t shots, bool crowd);
void swarm_fini(struct swarm *s);

/* All that comes in before a step. */
void swarm_before(struct swarm *s);

/* Looks at what the step brought: the dead come back. */
void swarm_after(struct swarm *s);

/* In flight now. */
uint32_t swarm_volleys(const struct swarm *s);
uint32_t swarm_bullets(const struct swarm *s);

/* Hash of the state and of all that the last step shows. */
uint64_t swarm_digest(const struct swarm *s);

#endif
