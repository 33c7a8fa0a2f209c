/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop of a thread: timers, readable descriptors, calls posted from other threads. The
 * only file that sees libuv. All calls on the loop's thread unless they say otherwise.
 */
#ifndef ST_LOOP_H
#define ST_LOOP_H

#include <st/base.h>

struct st_loop;
struct st_timer;
struct st_watch;

typedef void st_loop_fn(void *ctx);

struct st_loop *st_loop_new(void);
/* All timers and watches must be freed before. */
void st_loop_free(struct st_loop **l);
/* Runs until st_loop_stop. */
void st_loop_run(struct st_loop *l);
/* Any thread. */
void st_loop_stop(struct st_loop *l);
/* Any thread: fn runs soon on the loop's thread, in the order of posting per thread. Unbounded use
 * is a bug: bound it by the caller's own queue (mailbox) or by requests under way. */
void st_loop_post(struct st_loop *l, st_loop_fn *fn, void *ctx);
/* Monotonic ms of this turn. */
uint64_t st_loop_now_ms(const struct st_loop *l);
/* fn runs once at the end of each turn of the loop, after all other callbacks (batching). NULL
 * removes it. */
void st_loop_on_idle_turn(struct st_loop *l, st_loop_fn *fn, void *ctx);

struct st_timer *st_timer_new(struct st_loop *l, st_loop_fn *fn, void *ctx);
/* repeat_ms 0 = once. Restarts a running timer. */
void st_timer_start(struct st_timer *t, uint64_t delay_ms, uint64_t repeat_ms);
void st_timer_stop(struct st_timer *t);
void st_timer_free(struct st_timer **t);

enum { ST_READABLE = 1, ST_WRITABLE = 2 };
typedef void st_watch_fn(void *ctx, int events);
/* The descriptor stays the caller's and must outlive the watch. */
struct st_watch *st_watch_new(struct st_loop *l, int fd, st_watch_fn *fn, void *ctx);
void st_watch_set(struct st_watch *w, int events);
void st_watch_free(struct st_watch **w);

#endif
