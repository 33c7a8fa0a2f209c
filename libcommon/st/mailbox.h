/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded queue of pointers from many threads to one. Two ways to receive: on a loop (callback), or
 * by a thread that drains it itself (the tick thread, the data plane's epoll through the event
 * descriptor).
 */
#ifndef ST_MAILBOX_H
#define ST_MAILBOX_H

#include <st/base.h>
#include <st/loop.h>

struct st_mailbox;
/* The message is the receiver's from here. */
typedef void st_mailbox_fn(void *ctx, void *msg);

/* loop NULL: drained by st_mailbox_take. capacity is rounded up to a power of two. */
struct st_mailbox *st_mailbox_new(struct st_loop *loop, uint32_t capacity, st_mailbox_fn *fn,
                                  void *ctx);
/* Remaining messages are given to `drop` (may be NULL when the queue is empty). */
void st_mailbox_free(struct st_mailbox **m, st_mailbox_fn *drop, void *ctx);
/* Any thread. ST_EFULL: the message stays the caller's; the caller's policy decides. */
int st_mailbox_post(struct st_mailbox *m, void *msg) ST_MUST_CHECK;
/* Receiver's thread: next message or NULL. Never blocks. */
void *st_mailbox_take(struct st_mailbox *m);
/* Readable (eventfd, non-blocking) while messages wait; only without a loop. Reading it resets it.
 */
int st_mailbox_fd(const struct st_mailbox *m);
uint32_t st_mailbox_count(const struct st_mailbox *m);

#endif
