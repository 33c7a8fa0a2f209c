/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profile service as a whole: its limits, its pools of threads and the parts that the loop
 * thread owns. What blocks runs on a pool and comes back to the loop: Redis on one thread (so that
 * deletions and reads keep their order), Postgres on several, password hashing on its own, and the
 * work of the one leading instance on another. Must never know subjects, SQL or protobuf.
 */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include "gate.h"
#include "player.h"

#include <st/base.h>
#include <st/bus.h>
#include <st/daemon.h>
#include <st/loop.h>
#include <st/ticket.h>
#include <st/worker.h>

enum {
    PROFILE_REQUESTS_MAX = 1024, /* under way; more are answered BUSY */
    PROFILE_FLIGHTS_MAX = 1024,  /* hydrations of different players under way */
    PROFILE_DROPS_MAX = 2048,    /* cache deletions under way */
    PROFILE_HASH_QUEUE_MAX = 64,
    PROFILE_STORE_QUEUE_MAX = 2 * PROFILE_REQUESTS_MAX,
    PROFILE_CACHE_QUEUE_MAX = 2 * (PROFILE_REQUESTS_MAX + PROFILE_FLIGHTS_MAX + PROFILE_DROPS_MAX),
    PROFILE_STEP_MS = 900, /* a step that waits for a store or the bus; the caller waits 1 s */
    PROFILE_HASH_STEP_MS = 4000, /* a full queue of hashes and one's own */
    PROFILE_RETRY_MS = 1000,     /* hint given with UNAVAILABLE and BUSY */
    PROFILE_SWEEP_MS = 50,       /* how often deadlines are looked at */
    PROFILE_BEAT_MS = 1000,      /* probe of what is away, leadership */
    PROFILE_DRAIN_MS = 2000,     /* at the end, for requests under way */
    PROFILE_REQUEST_BYTES_MAX = 4096,
    PROFILE_REQUEST_ID_MAX = 64
};

_Static_assert(PROFILE_STORE_QUEUE_MAX >= PROFILE_REQUESTS_MAX + PROFILE_FLIGHTS_MAX,
               "a request or a flight has one statement under way at most");

/* The answers, by the numbers of enum Code in types.proto (door.c compares them). */
enum answer {
    ANSWER_OK = 1,
    ANSWER_MALFORMED = 2,
    ANSWER_UNAVAILABLE = 3,
    ANSWER_BUSY = 4,
    ANSWER_RATE_LIMITED = 5,
    ANSWER_UNAUTHENTICATED = 6,
    ANSWER_FENCED = 7,
    ANSWER_NOT_FOUND = 8,
    ANSWER_NAME_TAKEN = 9,
    ANSWER_NAME_INVALID = 10,
    ANSWER_PASSWORD_WEAK = 11,
    ANSWER_CONFLICT = 12,
    ANSWER_EXPIRED = 13,
    ANSWERS
};

struct hydrate;
struct presence;
struct password;
struct events;
struct door;
struct requests;

struct profile {
    struct st_daemon *daemon;
    struct st_loop *loop;
    struct st_bus *rpc, *js;
    struct st_workers *cache_pool; /* thread context: struct cache */
    struct st_workers *store_pool; /* thread context: struct store */
    struct st_workers *lead_pool;  /* thread context: struct store */
    struct gate gate;              /* of store_pool */
    struct hydrate *hydrate;
    struct presence *presence;
    struct password *password;
    struct events *events;
    struct door *door;
    struct requests *requests;
    struct st_ticket_keys ticket_keys; /* own, and one more that is still accepted */
    char ticket_key_id[ST_TICKET_KEY_ID_MAX + 1];
    uint8_t ticket_seed[ST_SIGN_SEED_LEN];
    struct st_timer *beat;
    bool cache_tick_under_way, ping_under_way;
    bool ended; /* the loop is over: what comes back from the pools is only put away */
    uint64_t drain_until_ms;
    int ping_err;
};

#endif
