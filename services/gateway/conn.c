/* SPDX-License-Identifier: Apache-2.0 */
#include "conn.h"

#include "frame.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wslay/wslay.h>

enum {
    READ_SHARE = 16384,                    /* bytes of one client in one beat */
    REST_MAX = GATEWAY_BACKLOG_MAX + 1024, /* and the control frames behind it */
    UNSENT_MAX = 16 * 1024,                /* bytes that the kernel holds back for a slow peer */
    CONTROL_MAX = 125,
};

static ssize_t on_wslay_recv(uint8_t *buf, size_t len, int flags, void *ctx)
{
    struct conn *c = ctx;
    ssize_t n;
    (void)flags;
    if (c->early_at < c->early_len) {
        size_t part = ST_MIN(len, c->early_len - c->early_at);
        memcpy(buf, c->early + c->early_at, part);
        c->early_at += (uint32_t)part;
        return (ssize_t)part;
    }
    if (c->dry)
        return -1; /* saves a system call per message; epoll tells when there is more */
    n = recv(c->fd, buf, len, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        c->eof = true;
    c->dry = n >= 0 && (size_t)n < len;
    return n > 0 ? n : -1;
}

void conn_init(struct conn *c, int fd, const void *early, size_t early_len, uint64_t now_ms)
{
    struct wslay_frame_callbacks callbacks = {.recv_callback = on_wslay_recv};
    int size = GATEWAY_SNDBUF, unsent = UNSENT_MAX, err;
    st_assert(c && fd >= 0);
    memset(c, 0, sizeof *c);
    c->fd = fd;
    c->heard_ms = now_ms;
    bucket_init(&c->controls, GATEWAY_CONTROLS_BURST, now_ms);
    err = wslay_frame_context_init(&c->ws, &callbacks, c);
    st_assert(err == 0);
    if (early_len > 0) {
        c->early = st_alloc(early_len);
        c->early_len = (uint32_t)early_len;
        memcpy(c->early, early, early_len);
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

void conn_fini(struct conn *c)
{
    wslay_frame_context_free(c->ws);
    st_free(c->early);
    st_free(c->rest);
    st_free(c->unfinished);
    close(c->fd);
    memset(c, 0, sizeof *c);
    c->fd = -1;
}

bool conn_has_early(const struct conn *c)
{
    return c->early_at < c->early_len;
}

/* --- receiving --- */

static uint16_t check_header(struct conn *c, const struct wslay_frame_iocb *io)
{
    bool control = io->opcode >= 8, data = io->opcode <= WSLAY_BINARY_FRAME;
    if (io->rsv != 0 || !io->mask)
        return CLOSE_PROTOCOL;
    if (!data && io->opcode != WSLAY_CONNECTION_CLOSE && io->opcode != WSLAY_PING &&
        io->opcode != WSLAY_PONG)
        return CLOSE_PROTOCOL;
    if (control)
        return io->payload_length > CONTROL_MAX ? CLOSE_PROTOCOL : 0;
    if ((io->opcode == WSLAY_CONTINUATION_FRAME) != c->in_message)
        return CLOSE_PROTOCOL;
    if (io->opcode == WSLAY_TEXT_FRAME)
        return CLOSE_TEXT;
    if (io->payload_length > (uint64_t)GATEWAY_MESSAGE_MAX - c->message_len)
        return CLOSE_TOO_BIG;
    if (++c->fragments > GATEWAY_FRAGMENTS_MAX)
        return CLOSE_POLICY;
    return 0;
}

static uint16_t begin_frame(struct conn *c, const struct wslay_frame_iocb *io)
{
    uint16_t code = check_header(c, io);
    if (code != 0)
        return code;
    c->in_frame = true;
    c->final = io->fin;
    c->opcode = io->opcode;
    c->frame_left = io->payload_length;
    c->control_len = 0;
    c->in_message = c->in_message || io->opcode == WSLAY_BINARY_FRAME;
    return 0;
}

static void take_payload(struct conn *c, const uint8_t *data, size_t len)
{
    bool control = c->opcode >= 8;
    if (len == 0)
        return;
    st_assert(len <= c->frame_left);
    if (control) {
        memcpy(c->control + c->control_len, data, len);
        c->control_len = (uint8_t)(c->control_len + len);
    } else {
        memcpy(c->message + c->message_len, data, len);
        c->message_len = (uint16_t)(c->message_len + len);
    }
    c->frame_left -= len;
}

/* RFC 6455, 7.4: codes that may appear in a close frame. */
static bool close_code_ok(const struct conn *c)
{
    unsigned code = c->control_len >= 2 ? (unsigned)(c->control[0] << 8 | c->control[1]) : 1000;
    if (c->control_len == 1)
        return false;
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

static enum conn_state end_control(struct conn *c, uint64_t now_ms, uint16_t *code)
{
    uint8_t pong[FRAME_HEADER_MAX + CONTROL_MAX];
    struct st_buf out;
    if (c->opcode == WSLAY_CONNECTION_CLOSE) {
        *code = close_code_ok(c) ? CLOSE_NORMAL : CLOSE_PROTOCOL;
        return close_code_ok(c) ? CONN_ENDED : CONN_VIOLATION;
    }
    if (!bucket_take(&c->controls, GATEWAY_CONTROLS_PER_S, GATEWAY_CONTROLS_BURST, now_ms)) {
        *code = CLOSE_POLICY;
        return CONN_VIOLATION;
    }
    if (c->opcode == WSLAY_PONG)
        return CONN_OPEN;
    st_buf_init_fixed(&out, pong, sizeof pong);
    frame_put(&out, FRAME_PONG, c->control, c->control_len);
    return conn_send(c, out.data, out.len, now_ms) == ST_OK ? CONN_OPEN : CONN_GONE;
}

static enum conn_state end_frame(struct conn *c, uint64_t now_ms, conn_message_fn *fn, void *ctx,
                                 uint16_t *code, bool *more)
{
    size_t len = c->message_len;
    c->in_frame = false;
    if (c->opcode >= 8) {
        enum conn_state state = end_control(c, now_ms, code);
        c->control_len = 0;
        return state;
    }
    if (!c->final)
        return CONN_OPEN;
    c->in_message = false;
    c->fragments = 0;
    c->message_len = 0;
    *more = fn(ctx, c->message, len);
    return CONN_OPEN;
}

static enum conn_state read_all(struct conn *c, uint64_t now_ms, conn_message_fn *fn, void *ctx,
                                uint16_t *code)
{
    size_t share = READ_SHARE;
    bool more = true;
    c->dry = false;
    while (more && share > 0) {
        struct wslay_frame_iocb io;
        ssize_t n;
        enum conn_state state = CONN_OPEN;
        memset(&io, 0, sizeof io);
        n = wslay_frame_recv(c->ws, &io);
        if (n == WSLAY_ERR_WANT_READ)
            return c->eof ? CONN_GONE : CONN_OPEN;
        if (n < 0) {
            *code = CLOSE_PROTOCOL;
            return CONN_VIOLATION;
        }
        c->heard_ms = now_ms;
        *code = c->in_frame ? 0 : begin_frame(c, &io);
        if (*code != 0)
            return CONN_VIOLATION;
        take_payload(c, io.data, io.data_length);
        share -= ST_MIN(share, (size_t)n + 8);
        if (c->frame_left == 0)
            state = end_frame(c, now_ms, fn, ctx, code, &more);
        if (state != CONN_OPEN)
            return state;
    }
    return CONN_OPEN;
}

/* Messages come whole as a rule: only what is left of one costs memory. */
static void keep_unfinished(struct conn *c)
{
    size_t len = (size_t)c->message_len + c->control_len;
    if (len > 0) {
        st_alloc_cold_begin();
        c->unfinished = st_alloc(len);
        st_alloc_cold_end();
        memcpy(c->unfinished, c->message, c->message_len);
        memcpy(c->unfinished + c->message_len, c->control, c->control_len);
    }
    c->message = c->control = NULL;
}

static void resume_unfinished(struct conn *c)
{
    if (!c->unfinished)
        return;
    memcpy(c->message, c->unfinished, c->message_len);
    memcpy(c->control, c->unfinished + c->message_len, c->control_len);
    st_alloc_cold_begin();
    st_free(c->unfinished);
    st_alloc_cold_end();
    c->unfinished = NULL;
}

enum conn_state conn_read(struct conn *c, uint64_t now_ms, conn_message_fn *fn, void *ctx,
                          uint16_t *code)
{
    uint8_t message[GATEWAY_MESSAGE_MAX], control[CONTROL_MAX];
    enum conn_state state;
    c->message = message;
    c->control = control;
    resume_unfinished(c);
    state = read_all(c, now_ms, fn, ctx, code);
    keep_unfinished(c);
    return state;
}

/* --- sending --- */

bool conn_busy(const struct conn *c)
{
    return c->rest_len > c->rest_at;
}

static int keep_rest(struct conn *c, const uint8_t *data, size_t len, uint64_t now_ms)
{
    size_t have = c->rest_len - c->rest_at;
    if (have + len > REST_MAX)
        return ST_EFULL;
    if (have == 0)
        c->stalled_ms = now_ms;
    st_alloc_cold_begin();
    if (c->rest_at > 0)
        memmove(c->rest, c->rest + c->rest_at, have);
    if (have + len > c->rest_cap) {
        c->rest_cap = (uint32_t)(have + len);
        c->rest = st_realloc(c->rest, c->rest_cap);
    }
    st_alloc_cold_end();
    memcpy(c->rest + have, data, len);
    c->rest_at = 0;
    c->rest_len = (uint32_t)(have + len);
    return ST_OK;
}

static ssize_t send_some(struct conn *c, const uint8_t *data, size_t len)
{
    ssize_t n;
    do {
        n = send(c->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    c->sent_bytes += (uint64_t)n;
    return n;
}

int conn_send(struct conn *c, const void *data, size_t len, uint64_t now_ms)
{
    ssize_t n = 0;
    if (c->write_closed)
        return ST_ECLOSED;
    if (!conn_busy(c)) {
        n = send_some(c, data, len);
        if (n < 0)
            return ST_ECLOSED;
        if ((size_t)n == len)
            return ST_OK;
    }
    return keep_rest(c, (const uint8_t *)data + n, len - (size_t)n, now_ms);
}

int conn_sent(struct conn *c, const void *data, size_t len, ssize_t sent, uint64_t now_ms)
{
    size_t n = sent > 0 ? (size_t)sent : 0;
    st_assert(!conn_busy(c) && n <= len);
    if (sent < 0 && sent != -EAGAIN && sent != -EINTR)
        return ST_ECLOSED;
    c->sent_bytes += n;
    return n == len ? ST_OK : keep_rest(c, (const uint8_t *)data + n, len - n, now_ms);
}

int conn_flush(struct conn *c)
{
    while (conn_busy(c)) {
        ssize_t n = send_some(c, c->rest + c->rest_at, c->rest_len - c->rest_at);
        if (n < 0)
            return ST_ECLOSED;
        if (n == 0)
            return ST_OK;
        c->rest_at += (uint32_t)n;
    }
    st_alloc_cold_begin();
    st_free(c->rest);
    st_alloc_cold_end();
    c->rest = NULL;
    c->rest_len = c->rest_at = c->rest_cap = 0;
    c->stalled_ms = 0;
    if (c->closing && !c->write_closed) {
        c->write_closed = true;
        shutdown(c->fd, SHUT_WR);
    }
    return ST_OK;
}

int conn_ping(struct conn *c, uint64_t now_ms)
{
    uint8_t ping[FRAME_HEADER_MAX];
    size_t len = frame_header(ping, FRAME_PING, 0);
    return conn_send(c, ping, len, now_ms);
}

void conn_close(struct conn *c, uint16_t code, const char *reason, uint64_t now_ms)
{
    uint8_t bytes[FRAME_HEADER_MAX + 2 + FRAME_REASON_MAX];
    struct st_buf out;
    if (c->closing)
        return;
    st_buf_init_fixed(&out, bytes, sizeof bytes);
    if (code != 0)
        frame_put_close(&out, code, reason);
    if (out.len > 0 && conn_send(c, out.data, out.len, now_ms) != ST_OK)
        c->eof = true;
    c->closing = true;
    if (!conn_busy(c) && conn_flush(c) != ST_OK)
        c->eof = true;
}

bool conn_discard(struct conn *c)
{
    uint8_t waste[4096];
    for (int i = 0; i < READ_SHARE / (int)sizeof waste && !c->eof; i++) {
        ssize_t n = recv(c->fd, waste, sizeof waste, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
            c->eof = true;
        if (n <= 0)
            break;
    }
    return c->eof;
}
