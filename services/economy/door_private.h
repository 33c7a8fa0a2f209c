/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What door.c (requests that are acts, in batches) and door_pages.c (market, opening, history)
 * share. Not for others.
 */
#ifndef ECONOMY_DOOR_PRIVATE_H
#define ECONOMY_DOOR_PRIVATE_H

#include "service.h"

#include <st/list.h>
#include <st/pool.h>

enum {
    OPENS_MAX = 4,
    HISTORIES_MAX = 8,
    TRADINGS_MAX = 8,
    EXPIRY_MS = 50,
    PENDING_MAX = 8192,
    REPLY_MAX = ANSWER_MAX + 64
};

typedef bool decode_fn(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);

struct verb {
    const char *name;
    decode_fn *decode;
    struct door *door;
    struct st_counter *codes[16]; /* by enum Code */
    struct st_histogram *time;
};

enum { VERBS = 17 };

/* A request from its arrival to its answer. */
struct request {
    struct st_list node;
    uint32_t id;
    struct verb *verb;
    struct st_bus_msg *msg; /* NULL once answered */
    uint64_t came_ms;
    bool alone;   /* its batch failed for a reason of somebody's own: try it by itself */
    bool unknown; /* a commit of it may have happened */
    struct act act;
};

struct batch {
    struct door *door;
    bool busy;
    struct request *requests[ECONOMY_BATCH_MAX];
    struct act *acts[ECONOMY_BATCH_MAX];
    size_t count;
    int err;
};

struct opening {
    struct verb *verb; /* while busy */
    bool busy;
    struct st_bus_msg *msg;
    struct open_ask ask;
    enum code code;
    struct st_buf out;
    int err;
};

struct history {
    struct verb *verb; /* while busy */
    bool busy;
    struct st_bus_msg *msg;
    struct history_ask ask;
    struct candle candles[ECONOMY_CANDLES_MAX];
    size_t count;
    int err;
};

/* A question about one pilot's trade. */
struct trading_ask {
    struct verb *verb; /* while busy */
    bool busy;
    struct st_bus_msg *msg;
    uint64_t player;
    struct trading found;
    int err;
};

/* A reading of one leaderboard. */
struct board_page {
    struct verb *verb; /* while busy */
    bool busy, known;
    struct st_bus_msg *msg;
    enum board board;
    struct rank ranks[ECONOMY_BOARD_ROWS], reading[ECONOMY_BOARD_ROWS];
    size_t count, reading_n;
    uint64_t read_at_ms, as_of_ms; /* loop time; Unix time */
    int err;
};

struct door {
    struct service *service;
    struct verb verbs[VERBS];
    struct st_pool *pool;
    struct st_list waiting, looking; /* looking: acts that change nothing, no lock needed */
    struct batch *batches, look;
    struct opening openings[OPENS_MAX];
    struct history histories[HISTORIES_MAX];
    struct trading_ask tradings[TRADINGS_MAX];
    struct board_page boards[BOARD_HUNT + 1];
    struct st_buf out;
    struct st_timer *expiry;
    bool closed;
    uint8_t *arena_memory;
    struct st_arena arena;
    struct st_counter *trades[ORDER_MALFORMED + 1];
    struct st_histogram *batch_size;
};

/* Takes the message and answers with a code alone. */
void door_refuse(struct verb *v, struct st_bus_msg *take_msg, enum code code);
void door_count(struct verb *v, enum code code);
/* Answers; the message stays the caller's. */
void door_send(struct door *d, const struct st_bus_msg *msg, const struct st_buf *b);

void pages_init(struct door *d);
void pages_fini(struct door *d);
bool pages_busy(const struct door *d);
/* ctx: the verb */
st_bus_msg_fn pages_market, pages_open, pages_history, pages_trading, pages_board;

#endif
