/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes are taken at submit and given back on the loop thread when their end has been reported, so
 * the loop thread alone owns the list of free ones and nothing is allocated after start.
 */
#include <st/worker.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/mailbox.h>
#include <st/stat.h>

#include <pthread.h>
#include <stdio.h>
#include <time.h>

struct node {
    struct node *next;
    st_job_fn *run;
    st_job_done_fn *done;
    void *job;
    uint64_t queued_ns;
};

struct thread {
    struct st_workers *w;
    uint32_t index;
    pthread_t id;
};

struct st_workers {
    struct st_mailbox *ended;
    struct thread *threads;
    uint32_t thread_count, queue_max;
    st_worker_start_fn *start;
    st_worker_stop_fn *stop;
    void *ctx;
    struct node *nodes, *free_nodes;
    struct st_counter *jobs, *refused;
    struct st_gauge *depth;
    struct st_histogram *wait_seconds;
    pthread_mutex_t lock;
    pthread_cond_t more, idle;
    struct node *first, **last;
    uint32_t waiting, running;
    bool ending;
};

static struct node *next_node(struct st_workers *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->ending)
        pthread_cond_wait(&w->more, &w->lock);
    struct node *n = w->first;
    if (n) {
        w->first = n->next;
        if (!w->first)
            w->last = &w->first;
        w->waiting--;
        w->running++;
        st_gauge_set(w->depth, w->waiting);
    }
    pthread_mutex_unlock(&w->lock);
    return n;
}

static void *thread_main(void *arg)
{
    struct thread *t = arg;
    struct st_workers *w = t->w;
    void *ctx = w->start ? w->start(w->ctx, t->index) : NULL;
    for (struct node *n; (n = next_node(w));) {
        st_histogram_observe(w->wait_seconds, (double)(st_mono_ns() - n->queued_ns) / 1e9);
        n->run(ctx, n->job);
        /* The mailbox holds all nodes that exist: it is never full. */
        int failed = st_mailbox_post(w->ended, n);
        st_assert(!failed);
        pthread_mutex_lock(&w->lock);
        w->running--;
        pthread_cond_signal(&w->idle);
        pthread_mutex_unlock(&w->lock);
    }
    if (w->stop)
        w->stop(ctx);
    return NULL;
}

static void on_ended(void *ctx, void *msg)
{
    struct st_workers *w = ctx;
    struct node *n = msg;
    st_job_done_fn *done = n->done;
    void *job = n->job;
    n->next = w->free_nodes;
    w->free_nodes = n;
    if (done)
        done(job);
}

struct st_workers *st_workers_new(struct st_loop *loop, const char *name, uint32_t threads,
                                  uint32_t queue_max, st_worker_start_fn *start,
                                  st_worker_stop_fn *stop, void *ctx)
{
    st_assert(loop && name && threads > 0 && threads <= 64 && queue_max > 0);
    struct st_workers *w = st_alloc(sizeof(*w));
    /* Waiting, at work, and as many again whose end the loop has not seen yet. */
    uint32_t nodes = 2 * (queue_max + threads);
    char text[64];
    snprintf(text, sizeof(text), "pool=\"%s\"", name);
    w->jobs = st_counter("startrader_worker_jobs_total", text, "jobs taken");
    w->refused = st_counter("startrader_worker_refused_total", text, "jobs refused: queue full");
    w->depth = st_gauge("startrader_worker_waiting", text, "jobs waiting for a thread");
    w->wait_seconds = st_histogram("startrader_worker_wait_seconds", text, "time in the queue",
                                   st_latency_bounds, st_latency_bounds_count);
    w->ended = st_mailbox_new(loop, nodes, on_ended, w);
    w->queue_max = queue_max;
    w->start = start;
    w->stop = stop;
    w->ctx = ctx;
    w->nodes = st_alloc_array(nodes, sizeof(*w->nodes));
    for (uint32_t i = 0; i < nodes; i++) {
        w->nodes[i].next = w->free_nodes;
        w->free_nodes = &w->nodes[i];
    }
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    w->threads = st_alloc_array(threads, sizeof(*w->threads));
    w->thread_count = threads;
    for (uint32_t i = 0; i < threads; i++) {
        w->threads[i] = (struct thread){.w = w, .index = i};
        int failed = pthread_create(&w->threads[i].id, NULL, thread_main, &w->threads[i]);
        st_assert(!failed);
        snprintf(text, sizeof(text), "%.10s-%u", name, i % 1000);
        pthread_setname_np(w->threads[i].id, text);
    }
    return w;
}

int st_workers_submit(struct st_workers *w, st_job_fn *run, st_job_done_fn *done, void *job)
{
    st_assert(w && run);
    struct node *n = w->free_nodes;
    pthread_mutex_lock(&w->lock);
    bool full = !n || w->waiting >= w->queue_max || w->ending;
    if (!full) {
        w->free_nodes = n->next;
        *n = (struct node){NULL, run, done, job, st_mono_ns()};
        *w->last = n;
        w->last = &n->next;
        w->waiting++;
        pthread_cond_signal(&w->more);
    }
    st_gauge_set(w->depth, w->waiting);
    pthread_mutex_unlock(&w->lock);
    st_counter_add(full ? w->refused : w->jobs, 1);
    return full ? ST_EFULL : 0;
}

uint32_t st_workers_waiting(const struct st_workers *w)
{
    st_assert(w);
    struct st_workers *locked = (struct st_workers *)w;
    pthread_mutex_lock(&locked->lock);
    uint32_t n = w->waiting;
    pthread_mutex_unlock(&locked->lock);
    return n;
}

/* Waits until all is done or the deadline; returns what is still queued and ends the threads. */
static struct node *end_queue(struct st_workers *w, uint32_t deadline_ms)
{
    uint64_t until = st_mono_ns() + (uint64_t)deadline_ms * 1000000u;
    struct timespec t = {(time_t)(until / 1000000000u), (long)(until % 1000000000u)};
    int late = 0;
    pthread_mutex_lock(&w->lock);
    while ((w->waiting > 0 || w->running > 0) && !late)
        late = pthread_cond_timedwait(&w->idle, &w->lock, &t);
    struct node *rest = w->first;
    w->first = NULL;
    w->last = &w->first;
    w->waiting = 0;
    w->ending = true;
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->lock);
    return rest;
}

void st_workers_free(struct st_workers **ww, uint32_t deadline_ms)
{
    st_assert(ww);
    struct st_workers *w = *ww;
    if (!w)
        return;
    struct node *rest = end_queue(w, deadline_ms);
    for (uint32_t i = 0; i < w->thread_count; i++)
        pthread_join(w->threads[i].id, NULL);
    for (void *msg; (msg = st_mailbox_take(w->ended));)
        on_ended(w, msg);
    while (rest) {
        struct node *next = rest->next;
        on_ended(w, rest);
        rest = next;
    }
    st_mailbox_free(&w->ended, NULL, NULL);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->more);
    pthread_cond_destroy(&w->idle);
    st_free(w->threads);
    st_free(w->nodes);
    st_free(w);
    *ww = NULL;
}
