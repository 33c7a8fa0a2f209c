/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hard events and batons between their schemas and plain structs. Owns nothing; any thread, the
 * decoder's memory is the caller's; must never know who waits for what.
 */
#ifndef SIMULATION_WIRE_EVENT_H
#define SIMULATION_WIRE_EVENT_H

#include <st/arena.h>
#include <st/base.h>
#include <st/buf.h>
#include <world/world.h>

enum {
    BATON_BYTES_MAX = 128 * 1024, /* a configuration is the largest part of one */
    BATON_LOOT_MAX = 8,
    EVENT_BYTES_MAX = 4096,
};

/* "docked": last word of the subject. */
const char *event_kind_name(uint8_t kind);

/* Appends a WorldEvent. */
void event_encode(const struct world_hard *event, uint32_t shard, uint32_t epoch,
                  struct st_buf *out);

struct baton_loot {
    uint64_t loot;
    uint16_t good, quantity;
    int32_t x, y; /* k */
    bool placed;  /* x and y are known */
};

struct baton {
    uint32_t epoch;
    uint32_t kind;   /* BatonKind */
    uint64_t event;  /* answered, 0 if none */
    uint32_t player; /* whose credits moved, or 0 */
    bool moves;      /* `ship` is for the kernel */
    struct world_baton ship;
    uint32_t loot_n;
    struct baton_loot loot[BATON_LOOT_MAX];
    int64_t credits, balance;
    char notice[24];
    struct world_config *config; /* CONFIG, on the heap, else NULL; its owner frees it */
};

/* ST_EPROTO: malformed, or with values that no kernel can take. */
int baton_decode(const uint8_t *data, size_t len, struct st_arena *arena,
                 struct baton *out) ST_MUST_CHECK;

/* An APPEAR baton from the state of a ship. */
struct Startrader__V1__ShipState;
bool event_ship_state(const struct Startrader__V1__ShipState *state, uint32_t epoch,
                      struct world_baton *out);

#endif
