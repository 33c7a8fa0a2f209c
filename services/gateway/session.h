/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is behind each socket and whether the simulation knows it: ticket, bind, where, confirm,
 * renewal, and all of it again when the world was opened anew. Owns one record per socket that has
 * said hello. Loop thread; must never touch a socket: it orders, the data plane does.
 */
#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H

#include "call.h"
#include "gateway.h"
#include "plane.h"

#include <st/ticket.h>

struct sessions;

struct sessions_options {
    struct st_loop *loop;
    struct caller *caller;
    struct plane *plane;
    const char *system, *instance;
    uint32_t shard;
    uint32_t sessions_max;
    struct st_ticket_keys keys;
};

/* What requests need to know of a session. */
struct session_who {
    uint64_t player, session_epoch;
    uint8_t *requests_open;
};

struct sessions *sessions_new(const struct sessions_options *o);
void sessions_free(struct sessions **s);

/* Notes of the data plane: hello, gone, unbound, fenced, epoch. */
void sessions_note(struct sessions *s, const struct loop_note *n);
/* A message of `sess.<player>`. */
void sessions_notice(struct sessions *s, uint64_t player, uint64_t session_epoch,
                     const char *reason);
/* False: no such session, or it has not entered. */
bool sessions_who(struct sessions *s, uint32_t sid, struct session_who *out);
uint32_t sessions_count(const struct sessions *s);

#endif
