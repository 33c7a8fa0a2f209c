/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request under way: what was asked, what has been found, and the one step that runs. Steps block
 * on a pool; the next one begins on the loop thread. A step has a deadline: when it passes the
 * request is answered, and its memory stays until the step has come back. Loop thread, but for the
 * `run` of a step. Must never know how requests arrive.
 */
#ifndef PROFILE_REQUEST_H
#define PROFILE_REQUEST_H

#include "hydrate.h"
#include "password.h"
#include "profile.h"
#include "store.h"
#include "store_cache.h"
#include "store_talk.h"

#include <st/list.h>
#include <st/pool.h>

enum { REQUEST_SECRET_BYTES = 32, REQUEST_SECRET_TEXT_MAX = 44, REQUEST_REASON_MAX = 120 };

struct request;
/* Of a request about chat. */
struct talk {
    uint32_t cell;
    char about[TALK_TEXT_BYTES_MAX + 1];
    uint64_t ids[2][STORE_REPORT_LINES_MAX]; /* mute and unmute, or lines of a report */
    size_t ids_n[2];
    struct store_line line; /* what is said, or the zone that is asked for */
    enum talk_text text;
    enum store_said said;
    enum store_reported reported;
    uint32_t limit;
    struct store_line *lines; /* STORE_LINES_MAX, owned; NULL unless a zone was asked for */
    struct store_name *muted; /* STORE_MUTES_MAX, owned; NULL unless mutes were asked for */
    size_t found;
};

typedef void request_fn(struct request *r);
typedef void request_store_fn(struct store *s, struct request *r);
typedef void request_cache_fn(struct cache *c, struct request *r);

struct request {
    struct profile *p;
    uint32_t id;
    uint32_t verb;          /* index into the door's table */
    struct st_bus_msg *msg; /* NULL once it is answered */
    uint64_t started_ns;
    char request_id[PROFILE_REQUEST_ID_MAX + 1];

    /* the step under way */
    bool under_way, in_store;
    uint64_t deadline_ms;
    uint32_t within_ms; /* set before a step: its deadline instead of the usual one; or 0 */
    request_fn *late;   /* set before a step: instead of UNAVAILABLE when it is late; or NULL */
    request_fn *next;
    request_store_fn *run_store;
    request_cache_fn *run_cache;
    int err; /* its result */

    /* asked */
    char name[PLAYER_NAME_MAX + 1];
    struct password_job password;
    struct st_ticket ticket;
    uint8_t old_secret_hash[ST_SECRET_HASH_LEN];
    uint64_t player, session_epoch, min_rev;
    char reason[REQUEST_REASON_MAX + 1];
    uint64_t asked[STORE_NAMES_MAX];
    size_t asked_count;

    /* found on the way */
    struct cache_try attempt;
    bool attempt_open; /* counted, and not decided yet */
    struct store_account account;
    struct hydrate_wait wait;
    bool second_chance; /* a registration that goes on with what an earlier one left behind */
    uint8_t secret_hash[ST_SECRET_HASH_LEN];

    /* answered */
    enum answer answer;
    uint32_t retry_after_ms;
    uint64_t epoch;
    char pilot[PLAYER_NAME_MAX + 1];
    char ticket_text[ST_TICKET_TEXT_MAX];
    uint64_t ticket_expires_s;
    char secret[REQUEST_SECRET_TEXT_MAX];
    struct player_profile profile;
    enum hydrate_source source;
    struct store_name names[STORE_NAMES_MAX];
    size_t names_count;

    struct talk talk;

    struct store_fight fights[STORE_FIGHTS_MAX];
    size_t fights_n;
};

struct requests;
struct requests *requests_new(struct profile *p);
void requests_free(struct requests **rs);
/* NULL: too many are under way. The message is the request's from here. */
struct request *requests_take(struct requests *rs, struct st_bus_msg *take_msg);
/* Answers those whose step is late. */
void requests_sweep(struct requests *rs);
uint32_t requests_count(const struct requests *rs);

/* Steps; at most one is under way. `next` runs on the loop thread with r->err set; it may run
 * inside the call when the step cannot begin. */
void request_store(struct request *r, request_store_fn *run, request_fn *next);
void request_cache(struct request *r, request_cache_fn *run, request_fn *next);
void request_hash(struct request *r, request_fn *next);
void request_hydrate(struct request *r, uint64_t player, request_fn *next);
/* For steps that are begun elsewhere: request_begin, then request_end with the result. */
void request_begin(struct request *r, uint32_t within_ms, request_fn *next);
void request_end(struct request *r, int err);

/* Exactly once per request; r is gone or of no use afterwards. */
void request_answer(struct request *r, enum answer answer);
/* The answer to an error of a step: BUSY, NOT_FOUND or UNAVAILABLE. */
void request_fail(struct request *r, int err);
/* The ticket in r->ticket_text for player and epoch. */
void request_issue(struct request *r, uint64_t player, uint64_t epoch);

#endif
