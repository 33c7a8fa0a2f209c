/* SPDX-License-Identifier: Apache-2.0 */
#include <st/bus_private.h>

#include <st/clock.h>
#include <st/err.h>
#include <st/json.h>

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_ROOM = 8192 };

static bool wait_for(int fd, short events, uint64_t until_ms)
{
    uint64_t now = st_mono_ms();
    struct pollfd p = {.fd = fd, .events = events};
    return now < until_ms && poll(&p, 1, (int)(until_ms - now)) == 1;
}

/* "nats://host:port" without user information; the port is 4222 if there is none. */
static int split(const char *url, char *host, size_t host_cap, char *port, size_t port_cap)
{
    const char *scheme = strstr(url, "://");
    const char *at = scheme ? scheme + 3 : url;
    const char *end = at + strcspn(at, "/");
    const char *colon = NULL;
    if (*at == '[') {
        const char *close = memchr(at, ']', (size_t)(end - at));
        if (!close)
            return ST_EINVAL;
        colon = close + 1 < end && close[1] == ':' ? close + 1 : NULL;
        snprintf(host, host_cap, "%.*s", (int)(close - at - 1), at + 1);
    } else {
        colon = memchr(at, ':', (size_t)(end - at));
        snprintf(host, host_cap, "%.*s", (int)((colon ? colon : end) - at), at);
    }
    if (colon)
        snprintf(port, port_cap, "%.*s", (int)(end - colon - 1), colon + 1);
    else
        snprintf(port, port_cap, "4222");
    return *host ? 0 : ST_EINVAL;
}

static int dial(const char *url, uint64_t until_ms)
{
    char host[256], port[16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    if (split(url, host, sizeof(host), port, sizeof(port)) != 0 ||
        getaddrinfo(host, port, &hints, &list) != 0)
        return -1;
    int fd = -1;
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        int error = 0;
        socklen_t len = sizeof(error);
        fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0)
            continue;
        bool begun = connect(fd, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS;
        if (!begun || !wait_for(fd, POLLOUT, until_ms) ||
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

/* Reads lines until one starts with `wanted` or with -ERR. */
static int expect(int fd, const char *wanted, char *text, size_t *len, uint64_t until_ms)
{
    for (;;) {
        char *end;
        text[*len] = 0;
        while ((end = strstr(text, "\r\n"))) {
            bool found = strncmp(text, wanted, strlen(wanted)) == 0;
            bool refused = strncmp(text, "-ERR", 4) == 0;
            *len -= (size_t)(end + 2 - text);
            memmove(text, end + 2, *len + 1);
            if (found || refused)
                return found ? 0 : ST_EDENIED;
        }
        if (*len == LINE_ROOM || !wait_for(fd, POLLIN, until_ms))
            return ST_EUNAVAILABLE;
        ssize_t n = recv(fd, text + *len, LINE_ROOM - *len, 0);
        if (n <= 0)
            return ST_EUNAVAILABLE;
        *len += (size_t)n;
    }
}

static int greet(int fd, const char *user, const char *password, uint64_t until_ms)
{
    char text[LINE_ROOM + 1], mem[1024];
    struct st_buf out;
    struct st_json j;
    size_t len = 0;
    int err = expect(fd, "INFO", text, &len, until_ms);
    if (err)
        return err;
    st_buf_init_fixed(&out, mem, sizeof(mem));
    st_buf_put_str(&out, "CONNECT ");
    st_json_begin(&j, &out);
    st_json_object(&j, NULL);
    st_json_bool(&j, "verbose", false);
    st_json_bool(&j, "pedantic", false);
    st_json_str(&j, "name", "probe");
    st_json_str(&j, "lang", "c");
    st_json_str(&j, "version", ST_VERSION);
    st_json_str(&j, "user", user);
    st_json_str(&j, "pass", password);
    st_json_object_end(&j);
    st_buf_put_str(&out, "\r\nPING\r\n");
    bool sent = !out.overflow && send(fd, out.data, out.len, MSG_NOSIGNAL) == (ssize_t)out.len;
    explicit_bzero(mem, sizeof(mem));
    return sent ? expect(fd, "PONG", text, &len, until_ms) : ST_EUNAVAILABLE;
}

int bus_probe(const char *url, const char *user, const char *password, uint32_t timeout_ms)
{
    uint64_t until_ms = st_mono_ms() + timeout_ms;
    int fd = dial(url, until_ms);
    if (fd < 0)
        return ST_EUNAVAILABLE;
    int err = greet(fd, user, password, until_ms);
    close(fd);
    return err;
}
