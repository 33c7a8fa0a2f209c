/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world without players, faster than time: the kernel and the economy's rules in one thread. The
 * rows are read once from a freshly seeded database and then live in one unit of work; events and
 * batons travel as the bytes that they have on the bus. Owns all of it.
 */
#ifndef BALANCE_REALM_H
#define BALANCE_REALM_H

#include <world/world.h>

#include "haul.h"
#include "store.h"

enum { REALM_TICKS_PER_HOUR = 3600 * WORLD_TICK_HZ, REALM_DRIFT_TICKS = 200 };

struct realm_zone { /* since the last look, in the order of the catalog's zones */
    int64_t flown_s, losses;
};

struct realm {
    struct catalog catalog;
    struct unit *unit;
    struct world *world;
    void *memory;
    uint64_t begin_ms; /* Unix time of tick 0 */
    int64_t next_id;
    uint32_t drifts;
    struct realm_zone day[CONFIG_ZONES_MAX], hour[CONFIG_ZONES_MAX];
    struct world_baton held[64]; /* the kernel had no room for them yet */
    uint32_t held_n;
    uint64_t events, voyages, lost_ships;
    int64_t owners_paid[CONFIG_GUILDS_MAX + 1]; /* credits by the guilds' owners, by guild id */
    int64_t owners_took[CONFIG_GUILDS_MAX + 1];
    struct st_buf wire;
    uint8_t *arena_memory[2];
    struct st_arena arena[2];
};

/* Reads the database at `url`; NULL when it holds no world. */
struct realm *realm_new(const char *url, uint64_t seed);
void realm_free(struct realm **r);
/* One tick of 50 ms; every 200th the markets move. */
void realm_tick(struct realm *r);
uint64_t realm_now_ms(const struct realm *r);
/* Sum of all entries of all accounts for a good (0 = credits): zero, or something was made. */
int64_t realm_imbalance(const struct realm *r, int32_t commodity);

#endif
