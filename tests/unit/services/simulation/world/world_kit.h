/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_KIT_H
#define WORLD_KIT_H

/*
 * A small world for the kernel's unit tests: sol-1 without NPCs, pilots that send an input every
 * tick, and a log of all notes and hard events. Speaks to the kernel as the daemon does, by the
 * calls of world.h alone. Positions are in u relative to the Sun. One test, one kit, one thread.
 */
#include <world/world.h>

#include "sol1_fixture.h"

#define KIT_PILOTS 12
#define KIT_LOG    4096
#define KIT_SEED   0x5eed

/* Places far from each other and from every shelter, one per kind of zone. */
enum {
    KIT_DEEP_X = -50000, KIT_DEEP_Y = -50000,
    KIT_BELT_X = -20000, KIT_BELT_Y = -20000,
    KIT_SUNWARD_X = -10000, KIT_SUNWARD_Y = -10000,
    KIT_CORE_X = -9500, KIT_CORE_Y = 3300,
    KIT_LANES_X = 24500, KIT_LANES_Y = 3500,
    KIT_HOME_X = 2000, KIT_HOME_Y = 12000,
    KIT_FREE_X = 31000, KIT_FREE_Y = 9000,
};

struct kit_pilot {
    struct world_baton baton; /* the last one applied to its ship */
    struct world_input wish;  /* sent every tick, with the seq that is due; actions only once */
    uint32_t handle;
    uint32_t id; /* entity at the time it appeared */
    bool silent; /* sends nothing */
};

struct kit {
    struct world *w;
    void *memory;
    struct world_config config; /* change it, then kit_config */
    struct kit_pilot pilots[KIT_PILOTS];
    uint32_t pilots_n;
    uint32_t request; /* last request id given out */
    struct world_note notes[KIT_LOG];
    struct world_hard hards[KIT_LOG];
    uint32_t notes_n, hards_n;
};

struct kit_box {
    uint64_t id;
    uint16_t good, quantity;
    int32_t x, y; /* u */
};

/* A kit on the heap, released by kit_free. */
struct kit *kit_new(void);
void kit_free(struct kit *k);

/* Limits of every kit, and memory that fits them. */
struct world_limits kit_limits(void);
void *kit_memory(void);

/* Takes the changed k->config at once; fails the test when the kernel refuses it. */
void kit_config(struct kit *k);

/* A baton APPEAR for the next pilot, to be changed before kit_enter; both in one: kit_pilot. The
 * pilot is bound; results are its index. */
struct world_baton kit_baton(const struct kit *k, uint32_t class_id, int32_t x, int32_t y);
uint32_t kit_enter(struct kit *k, const struct world_baton *b);
uint32_t kit_pilot(struct kit *k, uint32_t class_id, int32_t x, int32_t y);

/* Adds a good to a baton's manifest. */
void kit_load(struct world_baton *b, uint16_t good, uint16_t quantity);

/* Applies a baton of this kind with the next version; `station` 0 = at the ship's place. */
enum world_verdict kit_apply(struct kit *k, uint32_t pilot, enum world_baton_kind kind,
                             uint16_t station);

/* Puts exactly these containers into space, by an answer to `open` that names every ship. */
void kit_boxes(struct kit *k, const struct kit_box *boxes, uint32_t n);

/* Controls from the next tick on. */
void kit_steer(struct kit *k, uint32_t pilot, uint32_t heading, uint32_t thrust, bool boost);

/* Ships turn to a heading at rest until nobody is immune any more. */
void kit_settle(struct kit *k);

/* An action in the next tick; the result is its request id. */
uint32_t kit_dock(struct kit *k, uint32_t pilot, uint16_t station);
uint32_t kit_jettison(struct kit *k, uint32_t pilot, uint16_t good, uint16_t quantity);

/* Ticks, with the inputs of all pilots that are not silent. */
void kit_run(struct kit *k, uint32_t ticks);

/* Views; they fail the test when there is nothing to see. */
struct world_own kit_own(const struct kit *k, uint32_t pilot);
struct world_entity kit_entity(const struct kit *k, uint32_t id);

/* First entity of a class in the whole world, 0 = none; and how many of a faction there are. */
uint32_t kit_find(const struct kit *k, uint32_t class_id);
uint32_t kit_count(const struct kit *k, uint32_t faction);

/* Volleys that were fired, and hits, in the last tick. */
uint32_t kit_fired(const struct kit *k, struct flight_shot *out, uint32_t cap);
uint32_t kit_hits(const struct kit *k, struct world_hit *out, uint32_t cap);

/* The reason for which an entity went in the last tick, 0 = it did not. */
uint32_t kit_gone(const struct kit *k, uint32_t id);

/* The log since kit_clear: first note of a kind for a pilot, first answer to a request, first hard
 * event of a kind; NULL when there is none. And sums of points that a pilot has lost. */
void kit_clear(struct kit *k);
const struct world_note *kit_note(const struct kit *k, uint32_t pilot, uint32_t kind);
const struct world_note *kit_answer(const struct kit *k, uint32_t request, uint32_t nth);
const struct world_hard *kit_hard(const struct kit *k, uint32_t kind);
uint32_t kit_lost(const struct kit *k, uint32_t pilot);

#endif
