/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Argon2id on threads of its own behind a bounded queue: a storm of sign-ins costs at most
 * threads x 19 MiB and is answered BUSY beyond the queue. An unknown account costs the same work as
 * a known one. Loop thread, but for what runs on the pool. Must never know whose password it is.
 */
#ifndef PROFILE_PASSWORD_H
#define PROFILE_PASSWORD_H

#include "player.h"

#include <st/base.h>
#include <st/loop.h>
#include <st/secret.h>

#include <stdatomic.h>

struct password;

struct password_job;
typedef void password_done_fn(struct password_job *job);

/* Embedded in whoever waits, who wipes it afterwards; must stay until done has run. */
struct password_job {
    char text[PLAYER_PASSWORD_BYTES_MAX + 1];
    char phc[ST_PASSWORD_TEXT_MAX]; /* verify: "" = no such account; hash: the result */
    bool hash;                      /* make a phc instead of verifying one */
    bool ok;                        /* result */
    atomic_bool abandoned;          /* nobody waits any more: not worth a hash */
    bool rehashed;                  /* result of verify: phc was replaced by a stronger one */
    password_done_fn *done;
    struct password *owner;
};

struct password *password_new(struct st_loop *loop, uint32_t threads, uint32_t queue_max);
void password_free(struct password **p);
/* ST_EFULL: the queue is full. */
int password_submit(struct password *p, struct password_job *job) ST_MUST_CHECK;

#endif
