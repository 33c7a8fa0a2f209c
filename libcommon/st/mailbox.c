/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of cells with sequence numbers: a cell is free for position p when its number is p, and
 * full when it is p + 1. Posters claim positions with one compare-and-swap; the only taker needs
 * none. The event descriptor is written once per batch: `signalled` is set by the first poster and
 * cleared by the taker when it finds the ring empty, which then looks once more.
 */
#include <st/mailbox.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>

#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct cell {
    atomic_uint_fast64_t seq;
    void *msg;
};

struct st_mailbox {
    struct cell *cells;
    uint64_t mask;
    int fd;
    struct st_watch *watch;
    st_mailbox_fn *fn;
    void *ctx;
    atomic_uint_fast64_t tail; /* next position to post to */
    atomic_bool signalled;
    char apart[64];            /* posters and taker write to different cache lines */
    atomic_uint_fast64_t head; /* next position to take from */
};

static void signal_fd(const struct st_mailbox *m)
{
    uint64_t one = 1;
    (void)!write(m->fd, &one, sizeof(one));
}

static void on_ready(void *ctx, int events)
{
    struct st_mailbox *m = ctx;
    uint64_t n;
    (void)events;
    (void)!read(m->fd, &n, sizeof(n));
    /* At most one ring per turn, so that fast posters cannot starve the rest of the loop. */
    for (uint64_t left = m->mask + 1; left > 0; left--) {
        void *msg = st_mailbox_take(m);
        if (!msg)
            return;
        m->fn(m->ctx, msg);
    }
    signal_fd(m);
}

struct st_mailbox *st_mailbox_new(struct st_loop *loop, uint32_t capacity, st_mailbox_fn *fn,
                                  void *ctx)
{
    st_assert(capacity > 0 && capacity <= 1u << 24 && (!loop || fn));
    struct st_mailbox *m = st_alloc(sizeof(*m));
    uint64_t size = 2;
    while (size < capacity)
        size *= 2;
    m->mask = size - 1;
    m->cells = st_alloc_array(size, sizeof(*m->cells));
    for (uint64_t i = 0; i < size; i++)
        atomic_init(&m->cells[i].seq, i);
    m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    st_assert(m->fd >= 0);
    m->fn = fn;
    m->ctx = ctx;
    if (loop) {
        m->watch = st_watch_new(loop, m->fd, on_ready, m);
        st_watch_set(m->watch, ST_READABLE);
    }
    return m;
}

void st_mailbox_free(struct st_mailbox **mm, st_mailbox_fn *drop, void *ctx)
{
    st_assert(mm);
    struct st_mailbox *m = *mm;
    if (!m)
        return;
    for (void *msg; (msg = st_mailbox_take(m));) {
        st_assert(drop);
        drop(ctx, msg);
    }
    st_watch_free(&m->watch);
    close(m->fd);
    st_free(m->cells);
    st_free(m);
    *mm = NULL;
}

int st_mailbox_post(struct st_mailbox *m, void *msg)
{
    st_assert(m && msg);
    uint64_t pos = atomic_load_explicit(&m->tail, memory_order_relaxed);
    struct cell *cell;
    for (;;) {
        cell = &m->cells[pos & m->mask];
        uint64_t seq = atomic_load_explicit(&cell->seq, memory_order_acquire);
        if (seq == pos) {
            if (atomic_compare_exchange_weak_explicit(&m->tail, &pos, pos + 1, memory_order_relaxed,
                                                      memory_order_relaxed))
                break;
        } else if ((int64_t)(seq - pos) < 0) {
            return ST_EFULL;
        } else {
            pos = atomic_load_explicit(&m->tail, memory_order_relaxed);
        }
    }
    cell->msg = msg;
    atomic_store_explicit(&cell->seq, pos + 1, memory_order_release);
    if (!atomic_exchange_explicit(&m->signalled, true, memory_order_acq_rel))
        signal_fd(m);
    return 0;
}

static void *take_one(struct st_mailbox *m)
{
    uint64_t pos = atomic_load_explicit(&m->head, memory_order_relaxed);
    struct cell *cell = &m->cells[pos & m->mask];
    if (atomic_load_explicit(&cell->seq, memory_order_acquire) != pos + 1)
        return NULL;
    void *msg = cell->msg;
    atomic_store_explicit(&cell->seq, pos + m->mask + 1, memory_order_release);
    atomic_store_explicit(&m->head, pos + 1, memory_order_relaxed);
    return msg;
}

void *st_mailbox_take(struct st_mailbox *m)
{
    st_assert(m);
    void *msg = take_one(m);
    if (msg || !atomic_exchange_explicit(&m->signalled, false, memory_order_acq_rel))
        return msg;
    return take_one(m);
}

int st_mailbox_fd(const struct st_mailbox *m)
{
    st_assert(m && !m->watch);
    return m->fd;
}

uint32_t st_mailbox_count(const struct st_mailbox *m)
{
    st_assert(m);
    uint64_t head = atomic_load_explicit(&m->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&m->tail, memory_order_relaxed);
    return tail > head ? (uint32_t)(tail - head) : 0;
}
