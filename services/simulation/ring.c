/* SPDX-License-Identifier: Apache-2.0 */
#include "ring.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <st/alloc.h>
#include <st/assert.h>

/* Each record is one header of 8 bytes and its bytes, rounded up to 8. A record never wraps: when
 * the end of the memory is too near, a filler that the consumer skips takes the rest. */
enum { HEAD = 8, FILLER = 1 };

struct ring_head {
    uint32_t len;
    uint32_t flags;
};

struct ring {
    uint8_t *mem;
    size_t size;
    int fd;
    size_t reserved; /* producer's: offset of the header of the last reservation, with its filler */
    size_t reserved_max;
    _Atomic size_t head; /* written by the producer */
    uint8_t apart[64];   /* so that the two threads do not share a cache line */
    _Atomic size_t tail; /* written by the consumer */
};

static size_t padded(size_t len)
{
    return HEAD + ((len + 7) & ~(size_t)7);
}

struct ring *ring_new(size_t size)
{
    st_assert(size >= 64 && size <= (size_t)1 << 31);
    struct ring *r = st_alloc(sizeof(*r));
    for (r->size = 64; r->size < size;)
        r->size *= 2;
    r->mem = st_alloc(r->size);
    r->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    st_assert(r->fd >= 0);
    return r;
}

void ring_free(struct ring **r)
{
    if (*r == NULL)
        return;
    close((*r)->fd);
    st_free((*r)->mem);
    st_free(*r);
    *r = NULL;
}

static struct ring_head *head_at(struct ring *r, size_t at)
{
    return (struct ring_head *)(void *)(r->mem + (at & (r->size - 1)));
}

void *ring_reserve(struct ring *r, size_t max)
{
    st_assert(padded(max) <= r->size / 2);
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    size_t need = padded(max), to_end = r->size - (head & (r->size - 1));
    size_t skip = need > to_end ? to_end : 0;
    if (r->size - (head - tail) < need + skip)
        return NULL;
    if (skip != 0)
        *head_at(r, head) = (struct ring_head){(uint32_t)(skip - HEAD), FILLER};
    r->reserved = head + skip;
    r->reserved_max = max;
    return r->mem + (r->reserved & (r->size - 1)) + HEAD;
}

void ring_commit(struct ring *r, size_t len)
{
    st_assert(len <= r->reserved_max);
    *head_at(r, r->reserved) = (struct ring_head){(uint32_t)len, 0};
    r->reserved_max = 0;
    atomic_store_explicit(&r->head, r->reserved + padded(len), memory_order_release);
}

void ring_wake(struct ring *r)
{
    uint64_t one = 1;
    ssize_t n = write(r->fd, &one, sizeof(one));
    (void)n; /* full means: already awake */
}

const void *ring_peek(struct ring *r, size_t *len)
{
    for (;;) {
        size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
        if (tail == atomic_load_explicit(&r->head, memory_order_acquire))
            return NULL;
        struct ring_head *h = head_at(r, tail);
        if (h->flags != FILLER) {
            *len = h->len;
            return (const uint8_t *)h + HEAD;
        }
        atomic_store_explicit(&r->tail, tail + padded(h->len), memory_order_release);
    }
}

void ring_release(struct ring *r)
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    st_assert(tail != atomic_load_explicit(&r->head, memory_order_acquire));
    size_t used = padded(head_at(r, tail)->len);
    atomic_store_explicit(&r->tail, tail + used, memory_order_release);
}

int ring_fd(const struct ring *r)
{
    return r->fd;
}

void ring_drained(struct ring *r)
{
    uint64_t count;
    ssize_t n = read(r->fd, &count, sizeof(count));
    (void)n; /* empty means: nobody called */
}

void ring_wait(struct ring *r, int timeout_ms)
{
    struct pollfd p = {.fd = r->fd, .events = POLLIN};
    if (poll(&p, 1, timeout_ms) > 0)
        ring_drained(r);
}

size_t ring_used(const struct ring *r)
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    return atomic_load_explicit(&r->head, memory_order_acquire) - tail;
}
