/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that this service keeps in Redis: cached profiles with their leases, and the counters
 * that limit sign-ins. Redis may be away, slow, empty or full of garbage at any time: each call
 * ends soon and says what it knows. One worker thread owns it, so deletions and reads keep their
 * order. Nothing about passwords, refresh secrets or session epochs is ever kept here.
 *
 * A deletion that failed is remembered (CACHE_KEPT_MAX ids; beyond that all profiles are due), and
 * nothing is read until all of them were made good: a value that a commit has overtaken is never
 * served, even when Redis was out of reach at the time of the commit.
 */
#ifndef PROFILE_STORE_CACHE_H
#define PROFILE_STORE_CACHE_H

#include "throttle.h"
#include "player.h"

#include <st/base.h>

enum {
    CACHE_KEPT_MAX = 100000,
    CACHE_TTL_S = 24 * 3600,             /* sliding: each read renews it */
    CACHE_AGE_MAX_MS = 72 * 3600 * 1000, /* since it was read from Postgres */
    CACHE_LEASE_MS = 5000
};

struct cache;

struct cache_options {
    const char *url;
    uint32_t timeout_ms;        /* of a command, connecting included */
    uint32_t tries_per_account; /* failed sign-ins in ACCOUNT_WINDOW_MS */
    uint32_t failures_per_address;
    uint32_t new_pilots_per_address;
};

/* NULL for an unusable url. */
struct cache *cache_new(const struct cache_options *options);
void cache_free(struct cache **c);
/* A probe while Redis is away, a slice of the deletions that are due; otherwise nothing. */
void cache_tick(struct cache *c);

enum cache_result {
    CACHE_HIT,
    CACHE_ABSENT,  /* no such key */
    CACHE_AWAY,    /* Redis is away, or deletions are due */
    CACHE_GARBAGE, /* not a profile, or another player's */
    CACHE_OLD_SCHEMA,
    CACHE_TOO_OLD,   /* CACHE_AGE_MAX_MS */
    CACHE_OVERTAKEN, /* its revision is below the one asked for */
    CACHE_RESULTS
};

struct cache_read {
    uint64_t player, min_rev; /* in */
    enum cache_result result;
    struct player_profile profile; /* of a hit */
    uint64_t lease;                /* of a miss: 0 = somebody else loads, do not write */
};
void cache_read(struct cache *c, struct cache_read *read);
/* Only while the lease is still ours. */
void cache_write(struct cache *c, const struct player_profile *p, uint64_t lease);
/* Value and lease together. */
void cache_drop(struct cache *c, uint64_t player);

/* A try to sign in or to make a pilot. */
struct cache_try {
    uint64_t account;                   /* hash of the folded name, 0 = does not count by account */
    char address[THROTTLE_ADDRESS_MAX]; /* what the address counts by */
    bool makes_pilot;
    bool from_known_address; /* out: of an account that signed in from there before */
    uint64_t retry_after_ms; /* out: 0 = go on */
};
/* Counts the try, unless a limit is reached. */
void cache_try_begin(struct cache *c, struct cache_try *t);
/* How a try ended: won = it does not count and the address is known from now on; lost = it counts,
 * against the address too; void = nothing was decided, it does not count. */
enum cache_verdict { CACHE_WON = 1, CACHE_LOST, CACHE_VOID };
void cache_try_end(struct cache *c, const struct cache_try *t, enum cache_verdict verdict);

#endif
