/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPLAY_CROWD_H
#define REPLAY_CROWD_H

/*
 * Pilots and an economy made of arithmetic, around one world: they fly, fight, trade between two
 * stations, lose their connection, die and come back, and every hard event gets its baton a few
 * ticks later. The same seed gives the same calls on every machine, so it may use no C library:
 * the golden run compiles it to WebAssembly too. Single thread.
 */
#include <world/world.h>

#define CROWD_MAX    512
#define CROWD_QUEUE  2048
#define CROWD_HAULERS 20 /* ships of guilds, sent to and fro */

struct crowd_pilot {
    uint32_t player, ship, handle;
    uint64_t version;
    uint32_t seq, request;
    uint32_t offline_until, back_at; /* ticks; back_at 0 = nothing is due */
    uint16_t class_id, station;
    int32_t x, y; /* k, where it comes back when not from a station */
    uint8_t part; /* what it does: see crowd.c */
    uint8_t leg;
};

struct crowd_answer {
    uint32_t due;
    struct world_baton baton;
};

struct crowd_count {
    uint32_t docked, destroyed, picked_up, expired, parked, jettisoned;
    uint32_t undocked, binds, refused, shots, hits, changed, entered, notes;
};

struct crowd {
    struct world *world;
    uint64_t luck;
    uint32_t pilots_n, ticks;
    struct crowd_pilot pilots[CROWD_MAX + CROWD_HAULERS]; /* haulers behind the others */
    struct crowd_answer queue[CROWD_QUEUE];
    uint32_t queue_from, queue_to;
    struct crowd_count count;
};

/* `pilots` of them, all classes in turn, none in space yet. */
void crowd_init(struct crowd *c, struct world *w, uint32_t pilots, uint64_t seed);

/* One tick: batons, binds, inputs, step, and what the step brought. */
void crowd_tick(struct crowd *c);

#endif
