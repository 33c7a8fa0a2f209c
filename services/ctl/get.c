/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>

enum { HEAD_MAX = 16 << 10 };

static int wait_for(int fd, short events, uint64_t deadline_ms)
{
    uint64_t now = st_mono_ms();
    struct pollfd p = {.fd = fd, .events = events};
    if (now >= deadline_ms || poll(&p, 1, (int)(deadline_ms - now)) != 1)
        return ST_ETIMEOUT;
    return 0;
}

/* "http://host:port" to its parts; port 80 without one. */
static bool split_base(const char *base, char host[256], char port[8])
{
    if (strncmp(base, "http://", 7) == 0)
        base += 7;
    size_t len = strcspn(base, "/");
    const char *colon = memrchr(base, ':', len);
    size_t host_len = colon ? (size_t)(colon - base) : len;
    if (host_len == 0 || host_len > 255)
        return false;
    memcpy(host, base, host_len);
    host[host_len] = '\0';
    snprintf(port, 8, "%.*s", colon ? (int)ST_MIN(len - host_len - 1, (size_t)5) : 2,
             colon ? colon + 1 : "80");
    return true;
}

static int connect_to(const char *host, const char *port, uint64_t deadline_ms)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return ST_EUNAVAILABLE;
    int fd = -1;
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0)
            continue;
        int error = 0;
        socklen_t len = sizeof error;
        (void)connect(fd, a->ai_addr, a->ai_addrlen);
        if (wait_for(fd, POLLOUT, deadline_ms) != 0 ||
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd < 0 ? ST_EUNAVAILABLE : fd;
}

/* The whole answer; the server closes at its end. */
static int receive_all(int fd, uint64_t deadline_ms, struct st_buf *out)
{
    for (;;) {
        char part[8192];
        int err = wait_for(fd, POLLIN, deadline_ms);
        if (err != 0)
            return err;
        ssize_t n = recv(fd, part, sizeof part, 0);
        if (n < 0)
            return ST_EIO;
        if (n == 0)
            return out->overflow ? ST_ELIMIT : 0;
        st_buf_put(out, part, (size_t)n);
    }
}

/* Bodies come with a length or up to the end; chunks are put together. */
static void put_body(const char *head, const char *body, size_t len, struct st_buf *out)
{
    if (!strcasestr(head, "transfer-encoding: chunked")) {
        st_buf_put(out, body, len);
        return;
    }
    const char *end = body + len;
    while (body < end) {
        char *line = NULL;
        size_t n = strtoul(body, &line, 16);
        line = memchr(line, '\n', (size_t)(end - line));
        if (n == 0 || !line || n > (size_t)(end - line - 1))
            return;
        st_buf_put(out, line + 1, n);
        body = line + 1 + n + 2;
    }
}

static int parse_answer(struct st_buf *raw, struct st_buf *body)
{
    char *text = (char *)(uintptr_t)st_buf_cstr(raw);
    char *gap = strstr(text, "\r\n\r\n");
    int status = 0;
    if (!gap || sscanf(text, "HTTP/1.%*d %d", &status) != 1 || status < 100)
        return ST_EPROTO;
    *gap = '\0';
    size_t head = (size_t)(gap - text) + 4;
    put_body(text, text + head, raw->len - head, body);
    return body->overflow ? ST_ELIMIT : status;
}

int ctl_get(const char *base, const char *path, uint32_t timeout_ms, struct st_buf *body)
{
    st_assert(base && path && body);
    char host[256], port[8], request[1024];
    if (!split_base(base, host, port))
        return ST_EINVAL;
    uint64_t deadline = st_mono_ms() + timeout_ms;
    int fd = connect_to(host, port, deadline);
    if (fd < 0)
        return fd;
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host);
    struct st_buf raw;
    st_buf_init(&raw, body->max + HEAD_MAX);
    int result = send(fd, request, (size_t)n, MSG_NOSIGNAL) == n ? 0 : ST_EIO;
    if (result == 0)
        result = receive_all(fd, deadline, &raw);
    if (result == 0)
        result = parse_answer(&raw, body);
    st_buf_fini(&raw);
    close(fd);
    return result;
}

bool ctl_each_object(const char *text, size_t len, ctl_object_fn *fn, void *ctx)
{
    const char *start = NULL;
    bool in_text = false, opened = false;
    for (size_t i = 0; i < len; i++) {
        char ch = text[i];
        if (in_text) {
            if (ch == '\\')
                i++;
            in_text = ch != '"';
        } else if (ch == '"') {
            in_text = true;
        } else if (ch == '[' && !start) {
            opened = true;
        } else if (ch == '{' && opened && !start) {
            start = text + i;
        } else if (ch == '}' && start) {
            fn(ctx, start, (size_t)(text + i + 1 - start));
            start = NULL;
        } else if (ch == ']' && !start) {
            return opened;
        }
    }
    return false;
}
