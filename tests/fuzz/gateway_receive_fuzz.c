/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a client's bytes: WebSocket frames, then ClientFrame, then the judgement of its parts.
 * The first byte of the input says into how large pieces the rest is cut.
 */
#include <admit.h>
#include <conn.h>

#include <st/assert.h>
#include <st/wire.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct st_arena arena;
static struct batch *batch;

static bool on_message(void *ctx, const uint8_t *data, size_t len)
{
    const Startrader__V1__ClientFrame *f;
    (void)ctx;
    st_arena_reset(&arena);
    f = admit_frame(&arena, data, len);
    if (!f)
        return true;
    (void)admit_hello(f);
    for (size_t i = 0; i < f->n_input; i++)
        (void)!batch_add(batch, 1, f->input[i]);
    return true;
}

static void judge(const uint8_t *data, size_t len)
{
    static uint8_t out[BATCH_BYTES_MAX];
    struct st_buf b;
    st_buf_init_fixed(&b, out, sizeof out);
    if (len <= GATEWAY_MESSAGE_MAX)
        (void)on_message(NULL, data, len);
    batch_encode(batch, &b);
    st_assert(!b.overflow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct conn c;
    int fds[2];
    size_t piece, at = 1;
    uint16_t code = 0;
    enum conn_state state = CONN_OPEN;
    if (!arena.mem) {
        size_t size = st_wire_arena_size(GATEWAY_MESSAGE_MAX);
        st_arena_init(&arena, malloc(size), size);
        batch = batch_new("fuzz", 1);
    }
    if (len == 0)
        return 0;
    judge(data, len);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
        return 0;
    piece = data[0] ? data[0] : 4096;
    conn_init(&c, fds[0], data, ST_MIN(ST_MIN(piece, 16), len), 1);
    while (at < len && state == CONN_OPEN) {
        size_t n = ST_MIN(piece, len - at);
        if (send(fds[1], data + at, n, MSG_NOSIGNAL) != (ssize_t)n)
            break;
        at += n;
        state = conn_read(&c, 1, on_message, NULL, &code);
        st_assert(state != CONN_VIOLATION || code >= 1000);
    }
    conn_fini(&c);
    close(fds[1]);
    return 0;
}
