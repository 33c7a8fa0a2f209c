/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a player's profile: cache first, Postgres on a miss, one load per player at a time, a
 * bounded rate of loads. Loop thread. Must never know who asks or why.
 *
 *   ask -> [cache] GETEX -> hit: answer
 *                        -> miss: lease -> [store] SELECT -> answer -> [cache] write under the
 * lease drop (a commit has changed the player) -> [cache] delete value and lease
 *
 * The cache has one thread and a queue, so a read that is asked for after a drop sees it done.
 */
#ifndef PROFILE_HYDRATE_H
#define PROFILE_HYDRATE_H

#include "profile.h"

#include <st/list.h>

enum hydrate_source { HYDRATE_CACHE = 1, HYDRATE_DATABASE = 2 };

struct hydrate_wait;
/* err: 0; ST_ENOTFOUND; ST_EUNAVAILABLE (Postgres is away); ST_EFULL (too many loads). `profile` is
 * lent until return. May run inside hydrate_ask. */
typedef void hydrate_done_fn(struct hydrate_wait *w, int err, const struct player_profile *profile,
                             enum hydrate_source source);

/* Embedded in whoever waits; it must stay until done has run. */
struct hydrate_wait {
    struct st_list link;
    uint64_t player;
    uint64_t min_rev;       /* a cached profile below it is not good enough */
    const char *request_id; /* for the log */
    hydrate_done_fn *done;
    uint64_t started_ns;
    bool again;
};

struct hydrate *hydrate_new(struct profile *p, uint32_t loads_per_s);
void hydrate_free(struct hydrate **h);
void hydrate_ask(struct hydrate *h, struct hydrate_wait *w);
/* The player's rows have changed. done (may be NULL) runs when the deletion was done or is kept. */
typedef void hydrate_dropped_fn(void *ctx);
void hydrate_drop(struct hydrate *h, uint64_t player, hydrate_dropped_fn *done, void *ctx);

#endif
