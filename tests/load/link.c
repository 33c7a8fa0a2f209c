/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <st/alloc.h>

enum opcode {
    OP_CONTINUE = 0,
    OP_TEXT = 1,
    OP_BINARY = 2,
    OP_CLOSE = 8,
    OP_PING = 9,
    OP_PONG = 10
};

void link_init(struct link *l, uint32_t seed)
{
    *l = (struct link){.fd = -1, .mask_state = seed | 1, .close_code = 1006};
}

void link_fini(struct link *l)
{
    link_drop(l);
    st_free(l->in);
    l->in = NULL;
}

void link_drop(struct link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    l->state = LINK_DOWN;
    l->in_len = l->out_len = 0;
}

bool link_dial(struct link *l, const struct options *o, uint32_t source)
{
    l->close_code = 1006;
    l->close_reason[0] = '\0';
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return false;
    int on = 1;
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(o->port)};
    inet_pton(AF_INET, o->host, &to.sin_addr);
    if (bind(l->fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        (connect(l->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)) {
        link_drop(l);
        return false;
    }
    l->state = LINK_CONNECTING;
    return true;
}

static bool flush(struct link *l)
{
    while (l->out_len > 0) {
        ssize_t n = send(l->fd, l->out, l->out_len, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        l->out_len -= (size_t)n;
        memmove(l->out, l->out + n, l->out_len);
    }
    return true;
}

static bool queue(struct link *l, const void *data, size_t len)
{
    if (l->out_len + len > sizeof l->out)
        return false;
    memcpy(l->out + l->out_len, data, len);
    l->out_len += len;
    return true;
}

static bool queue_frame(struct link *l, enum opcode op, const uint8_t *data, size_t len)
{
    if (l->out_len + len + 8 > sizeof l->out || len > 0xffff)
        return false;
    uint8_t head[8] = {(uint8_t)(0x80 | op)};
    size_t n = 2;
    head[1] = (uint8_t)(0x80 | (len < 126 ? len : 126));
    if (len >= 126) {
        head[2] = (uint8_t)(len >> 8);
        head[3] = (uint8_t)len;
        n = 4;
    }
    l->mask_state = l->mask_state * 1664525u + 1013904223u;
    uint8_t mask[4];
    memcpy(mask, &l->mask_state, 4);
    memcpy(head + n, mask, 4);
    queue(l, head, n + 4);
    uint8_t *to = l->out + l->out_len;
    for (size_t i = 0; i < len; i++)
        to[i] = data[i] ^ mask[i & 3];
    l->out_len += len;
    return true;
}

bool link_send(struct link *l, const uint8_t *data, size_t len)
{
    return l->state == LINK_OPEN && queue_frame(l, OP_BINARY, data, len) && flush(l);
}

bool link_close(struct link *l, uint16_t code)
{
    uint8_t body[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    return l->state == LINK_OPEN && queue_frame(l, OP_CLOSE, body, 2) && flush(l);
}

bool link_wants_write(const struct link *l)
{
    return l->state == LINK_CONNECTING || l->out_len > 0;
}

static bool start_upgrade(struct link *l, const struct options *o)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
        return false;
    char request[512];
    int n = snprintf(request, sizeof request,
                     "GET /v1/ws HTTP/1.1\r\nHost: %s:%u\r\nOrigin: http://%s:%u\r\n"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                     "Sec-WebSocket-Protocol: startrader.v1\r\n\r\n",
                     o->host, o->port, o->host, o->port);
    l->state = LINK_UPGRADING;
    return queue(l, request, (size_t)n) && flush(l);
}

static bool finish_upgrade(struct link *l)
{
    uint8_t *end = memmem(l->in, l->in_len, "\r\n\r\n", 4);
    if (!end)
        return l->in_len < 4096;
    if (memcmp(l->in, "HTTP/1.1 101", 12) != 0) {
        size_t n = (size_t)(end - l->in);
        snprintf(l->close_reason, sizeof l->close_reason, "%.*s", (int)ST_MIN(n, (size_t)60),
                 (const char *)l->in);
        return false;
    }
    size_t used = (size_t)(end + 4 - l->in);
    l->in_len -= used;
    memmove(l->in, end + 4, l->in_len);
    l->state = LINK_OPEN;
    return true;
}

static bool on_frame(struct link *l, uint8_t first, const uint8_t *body, size_t len,
                     link_message_fn *fn, void *ctx)
{
    if (!(first & 0x80) || (first & 0x70))
        return false; /* the gateway never fragments */
    switch (first & 15) {
    case OP_BINARY:
        fn(ctx, body, len);
        return true;
    case OP_PING:
        return queue_frame(l, OP_PONG, body, len) && flush(l);
    case OP_PONG:
        return true;
    case OP_CLOSE:
        if (len >= 2) {
            l->close_code = (uint16_t)(body[0] << 8 | body[1]);
            snprintf(l->close_reason, sizeof l->close_reason, "%.*s", (int)(len - 2), body + 2);
        }
        return false;
    default:
        return false;
    }
}

static bool take_frames(struct link *l, link_message_fn *fn, void *ctx)
{
    size_t at = 0;
    bool ok = true;
    while (ok && l->in_len - at >= 2) {
        const uint8_t *p = l->in + at;
        size_t left = l->in_len - at, head = 2, len = p[1] & 127;
        if (len == 126)
            head = 4;
        else if (len == 127)
            head = 10;
        if (left < head)
            break;
        if (len >= 126) {
            len = 0;
            for (size_t i = 2; i < head; i++)
                len = len << 8 | p[i];
        }
        if (len > LINK_RECV_MAX)
            return false;
        if (left < head + len)
            break;
        ok = on_frame(l, p[0], p + head, len, fn, ctx);
        at += head + len;
    }
    l->in_len -= at;
    memmove(l->in, l->in + at, l->in_len);
    return ok;
}

static bool receive(struct link *l)
{
    for (;;) {
        if (l->in_cap - l->in_len < 4096) {
            if (l->in_cap > LINK_RECV_MAX + 8192)
                return false;
            l->in_cap = l->in_cap ? l->in_cap * 2 : 16384;
            l->in = st_realloc(l->in, l->in_cap);
        }
        ssize_t n = recv(l->fd, l->in + l->in_len, l->in_cap - l->in_len, 0);
        if (n == 0)
            return false;
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        l->in_len += (size_t)n;
        l->bytes += (uint64_t)n;
        if ((size_t)n < 4096)
            return true;
    }
}

bool link_work(struct link *l, const struct options *o, link_message_fn *fn, void *ctx)
{
    bool ok = true;
    if (l->state == LINK_CONNECTING)
        ok = start_upgrade(l, o);
    ok = ok && flush(l);
    bool open = ok && receive(l);
    /* What arrived before the end still counts. */
    if (ok && l->state == LINK_UPGRADING && l->in_len > 0)
        ok = finish_upgrade(l);
    if (ok && l->state == LINK_OPEN)
        ok = take_frames(l, fn, ctx);
    if (!ok || !open) {
        link_drop(l);
        return false;
    }
    return true;
}
