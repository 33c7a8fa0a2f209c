/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded queue of jobs and a fixed number of threads for work that blocks or takes long
 * (password hashing, blocking database calls). A job runs on one of the threads; its end is
 * reported on the loop thread.
 */
#ifndef ST_WORKER_H
#define ST_WORKER_H

#include <st/base.h>
#include <st/loop.h>

struct st_workers;

/* Runs on a worker thread; thread_ctx is that thread's own (a connection, say). */
typedef void st_job_fn(void *thread_ctx, void *job);
/* Runs on the loop thread after the job. */
typedef void st_job_done_fn(void *job);
/* Called on each thread at its start and end. */
typedef void *st_worker_start_fn(void *ctx, uint32_t index);
typedef void st_worker_stop_fn(void *thread_ctx);

struct st_workers *st_workers_new(struct st_loop *loop, const char *name, uint32_t threads,
                                  uint32_t queue_max, st_worker_start_fn *start,
                                  st_worker_stop_fn *stop, void *ctx);
/* Loop thread. ST_EFULL when queue_max jobs wait; the job stays the caller's. */
int st_workers_submit(struct st_workers *w, st_job_fn *run, st_job_done_fn *done,
                      void *job) ST_MUST_CHECK;
uint32_t st_workers_waiting(const struct st_workers *w);
/* Finishes what is queued (deadline_ms, then drops the rest without calling run but calling done),
 * joins, frees. */
void st_workers_free(struct st_workers **w, uint32_t deadline_ms);

#endif
