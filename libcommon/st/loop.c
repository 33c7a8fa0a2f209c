/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Posted calls wait in a locked queue whose nodes are used again; one uv_async wakes the loop and
 * the whole queue is run. Handles close asynchronously in libuv, so timers and watches are freed by
 * their close callbacks.
 */
#include <st/loop.h>

#include <st/alloc.h>
#include <st/assert.h>

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

enum { SPARE_MAX = 1024 };

struct post {
    struct post *next;
    st_loop_fn *fn;
    void *ctx;
};

struct st_loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t before_wait;
    uv_check_t after_wait;
    st_loop_fn *turn_fn;
    void *turn_ctx;
    atomic_bool stop;
    pthread_mutex_t lock;
    struct post *first, **last;
    struct post *spare;
    uint32_t spares;
};

struct st_timer {
    uv_timer_t uv;
    st_loop_fn *fn;
    void *ctx;
};

struct st_watch {
    uv_poll_t uv;
    st_watch_fn *fn;
    void *ctx;
};

static struct post *take_posts(struct st_loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct post *all = l->first;
    l->first = NULL;
    l->last = &l->first;
    pthread_mutex_unlock(&l->lock);
    return all;
}

static void put_spare(struct st_loop *l, struct post *p)
{
    pthread_mutex_lock(&l->lock);
    bool keep = l->spares < SPARE_MAX;
    if (keep) {
        p->next = l->spare;
        l->spare = p;
        l->spares++;
    }
    pthread_mutex_unlock(&l->lock);
    if (!keep)
        st_free(p);
}

static void run_posts(struct st_loop *l)
{
    struct post *p = take_posts(l);
    while (p) {
        struct post *next = p->next;
        p->fn(p->ctx);
        put_spare(l, p);
        p = next;
    }
}

static void on_wake(uv_async_t *handle)
{
    struct st_loop *l = handle->data;
    run_posts(l);
    if (atomic_exchange(&l->stop, false))
        uv_stop(&l->uv);
}

static void run_turn(struct st_loop *l)
{
    if (l->turn_fn)
        l->turn_fn(l->turn_ctx);
}

static void on_before_wait(uv_prepare_t *handle)
{
    run_turn(handle->data);
}

static void on_after_wait(uv_check_t *handle)
{
    run_turn(handle->data);
}

struct st_loop *st_loop_new(void)
{
    struct st_loop *l = st_alloc(sizeof(*l));
    int failed = uv_loop_init(&l->uv);
    failed |= uv_async_init(&l->uv, &l->wake, on_wake);
    failed |= uv_prepare_init(&l->uv, &l->before_wait);
    failed |= uv_check_init(&l->uv, &l->after_wait);
    st_assert(!failed);
    l->wake.data = l->before_wait.data = l->after_wait.data = l;
    pthread_mutex_init(&l->lock, NULL);
    l->last = &l->first;
    return l;
}

void st_loop_free(struct st_loop **ll)
{
    st_assert(ll);
    struct st_loop *l = *ll;
    if (!l)
        return;
    /* What was posted last may release memory: it is still run. */
    while (l->first)
        run_posts(l);
    uv_close((uv_handle_t *)&l->wake, NULL);
    uv_close((uv_handle_t *)&l->before_wait, NULL);
    uv_close((uv_handle_t *)&l->after_wait, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    int busy = uv_loop_close(&l->uv);
    st_assert(!busy);
    while (l->spare) {
        struct post *next = l->spare->next;
        st_free(l->spare);
        l->spare = next;
    }
    pthread_mutex_destroy(&l->lock);
    st_free(l);
    *ll = NULL;
}

void st_loop_run(struct st_loop *l)
{
    st_assert(l);
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

void st_loop_stop(struct st_loop *l)
{
    st_assert(l);
    atomic_store(&l->stop, true);
    uv_async_send(&l->wake);
}

void st_loop_post(struct st_loop *l, st_loop_fn *fn, void *ctx)
{
    st_assert(l && fn);
    pthread_mutex_lock(&l->lock);
    struct post *p = l->spare;
    if (p) {
        l->spare = p->next;
        l->spares--;
    } else {
        st_alloc_cold_begin();
        p = st_alloc(sizeof(*p));
        st_alloc_cold_end();
    }
    *p = (struct post){NULL, fn, ctx};
    *l->last = p;
    l->last = &p->next;
    pthread_mutex_unlock(&l->lock);
    uv_async_send(&l->wake);
}

uint64_t st_loop_now_ms(const struct st_loop *l)
{
    st_assert(l);
    return uv_now(&l->uv);
}

void st_loop_on_idle_turn(struct st_loop *l, st_loop_fn *fn, void *ctx)
{
    st_assert(l);
    l->turn_fn = fn;
    l->turn_ctx = ctx;
    if (fn) {
        uv_prepare_start(&l->before_wait, on_before_wait);
        uv_check_start(&l->after_wait, on_after_wait);
    } else {
        uv_prepare_stop(&l->before_wait);
        uv_check_stop(&l->after_wait);
    }
}

static void on_timer(uv_timer_t *handle)
{
    struct st_timer *t = handle->data;
    t->fn(t->ctx);
}

static void on_closed(uv_handle_t *handle)
{
    st_free(handle->data);
}

struct st_timer *st_timer_new(struct st_loop *l, st_loop_fn *fn, void *ctx)
{
    st_assert(l && fn);
    struct st_timer *t = st_alloc(sizeof(*t));
    uv_timer_init(&l->uv, &t->uv);
    t->uv.data = t;
    t->fn = fn;
    t->ctx = ctx;
    return t;
}

void st_timer_start(struct st_timer *t, uint64_t delay_ms, uint64_t repeat_ms)
{
    st_assert(t && t->fn);
    uv_timer_start(&t->uv, on_timer, delay_ms, repeat_ms);
}

void st_timer_stop(struct st_timer *t)
{
    st_assert(t);
    uv_timer_stop(&t->uv);
}

void st_timer_free(struct st_timer **t)
{
    st_assert(t);
    if (!*t)
        return;
    uv_close((uv_handle_t *)&(*t)->uv, on_closed);
    *t = NULL;
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct st_watch *w = handle->data;
    int seen = 0;
    if (status < 0 || (events & UV_READABLE))
        seen |= ST_READABLE;
    if (status < 0 || (events & UV_WRITABLE))
        seen |= ST_WRITABLE;
    /* An error shows itself to whoever reads or writes next. */
    w->fn(w->ctx, seen);
}

struct st_watch *st_watch_new(struct st_loop *l, int fd, st_watch_fn *fn, void *ctx)
{
    st_assert(l && fd >= 0 && fn);
    struct st_watch *w = st_alloc(sizeof(*w));
    int failed = uv_poll_init(&l->uv, &w->uv, fd);
    st_assert(!failed);
    w->uv.data = w;
    w->fn = fn;
    w->ctx = ctx;
    return w;
}

void st_watch_set(struct st_watch *w, int events)
{
    st_assert(w && (events & ~(ST_READABLE | ST_WRITABLE)) == 0);
    if (events == 0) {
        uv_poll_stop(&w->uv);
        return;
    }
    int wanted =
        (events & ST_READABLE ? UV_READABLE : 0) | (events & ST_WRITABLE ? UV_WRITABLE : 0);
    int failed = uv_poll_start(&w->uv, wanted, on_poll);
    st_assert(!failed);
}

void st_watch_free(struct st_watch **w)
{
    st_assert(w);
    if (!*w)
        return;
    /* Stopped at once: the descriptor may be closed as soon as this returns. */
    uv_poll_stop(&(*w)->uv);
    uv_close((uv_handle_t *)&(*w)->uv, on_closed);
    *w = NULL;
}
