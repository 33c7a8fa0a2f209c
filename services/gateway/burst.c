/* SPDX-License-Identifier: Apache-2.0 */
#include "burst.h"

#include <st/alloc.h>
#include <st/assert.h>

#include <errno.h>
#include <liburing.h>
#include <string.h>
#include <sys/socket.h>

struct frame {
    uint32_t key, at, len;
};

struct burst {
    struct io_uring ring;
    uint32_t count, used;
    struct frame frame[BURST_FRAMES];
    uint8_t bytes[BURST_BYTES];
};

struct burst *burst_new(void)
{
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SUBMIT_ALL,
    };
    struct burst *b = st_alloc(sizeof *b);
    int err = io_uring_queue_init_params(BURST_FRAMES, &b->ring, &params);
    if (err == 0)
        return b;
    st_free(b);
    errno = -err;
    return NULL;
}

void burst_free(struct burst **out)
{
    if (!*out)
        return;
    io_uring_queue_exit(&(*out)->ring);
    st_free(*out);
    *out = NULL;
}

bool burst_put(struct burst *b, uint32_t key, int fd, const void *data, size_t len)
{
    struct io_uring_sqe *e;
    if (b->count == BURST_FRAMES || len > BURST_BYTES - b->used)
        return false;
    memcpy(b->bytes + b->used, data, len);
    e = io_uring_get_sqe(&b->ring);
    st_assert(e); /* there are as many as frames */
    /* Never left pending: with MSG_DONTWAIT it ends at once, whatever became of it. */
    io_uring_prep_send(e, fd, b->bytes + b->used, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    io_uring_sqe_set_data64(e, b->count);
    b->frame[b->count++] = (struct frame){key, b->used, (uint32_t)len};
    b->used += (uint32_t)len;
    return true;
}

static void submit(struct burst *b)
{
    while (io_uring_sq_ready(&b->ring) > 0) {
        int n = io_uring_submit_and_wait(&b->ring, b->count);
        st_assert(n >= 0 || n == -EINTR || n == -EAGAIN || n == -EBUSY);
    }
}

static void collect(struct burst *b, ssize_t sent[BURST_FRAMES])
{
    for (uint32_t i = 0; i < b->count; i++) {
        struct io_uring_cqe *c;
        int err;
        do {
            err = io_uring_wait_cqe(&b->ring, &c);
        } while (err == -EINTR);
        st_assert(err == 0 && io_uring_cqe_get_data64(c) < b->count);
        sent[io_uring_cqe_get_data64(c)] = c->res;
        io_uring_cqe_seen(&b->ring, c);
    }
}

void burst_flush(struct burst *b, burst_sent_fn *fn, void *ctx)
{
    ssize_t sent[BURST_FRAMES];
    if (b->count == 0)
        return;
    submit(b);
    collect(b, sent);
    for (uint32_t i = 0; i < b->count; i++) {
        const struct frame *f = &b->frame[i];
        fn(ctx, f->key, b->bytes + f->at, f->len, sent[i]);
    }
    b->count = b->used = 0;
}
