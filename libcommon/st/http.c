/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a request travels: on_listen accepts and counts -> libmicrohttpd parses, driven by
 * st_http_pump() -> on_access collects the body and calls the route's handler once -> a handler
 * that answers later leaves the connection suspended -> st_http_answer stores the answer, resumes
 * it, and on_access hands the answer over. A request lives until both its handler and its
 * connection are done.
 */
#include <st/http_private.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    ACCEPT_BURST = 64,
    RUNS_PER_TURN = 16,
    SWEEP_MS = 100,
    LINGER_MS = 500, /* a refused client's time to read why */
    INACTIVITY_S = 10,
    REPLY_HEADERS_MAX = 4096, /* room for the answer's header in a connection's pool */
};

void st_http_pump(struct st_http *h)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    int runs = 0;
    if (h->running) {
        h->again = true;
        return;
    }
    h->running = true;
    st_alloc_cold_begin();
    do {
        h->again = false;
        (void)MHD_run(h->mhd);
        if (MHD_get_timeout(h->mhd, &wait_ms) != MHD_YES)
            wait_ms = UINT32_MAX;
    } while ((h->again || wait_ms == 0) && ++runs < RUNS_PER_TURN);
    st_alloc_cold_end();
    h->running = false;
    if (h->again)
        wait_ms = 0;
    if (wait_ms == UINT32_MAX)
        st_timer_stop(h->mhd_timer);
    else
        st_timer_start(h->mhd_timer, wait_ms, 0);
}

static void on_mhd_timer(void *ctx)
{
    st_http_pump(ctx);
}

static void on_mhd_ready(void *ctx, int events)
{
    (void)events;
    st_http_pump(ctx);
}

/* --- accepting --- */

static void linger(struct st_http *h, int fd)
{
    uint32_t slot = h->linger_next++ % HTTP_LINGER_MAX;
    if (h->linger[slot].fd >= 0)
        close(h->linger[slot].fd);
    h->linger[slot].fd = fd;
    h->linger[slot].until_ms = st_mono_ms() + LINGER_MS;
}

/* Typed refusal of a connection that libmicrohttpd never sees. */
static void refuse_socket(struct st_http *h, int fd, int status, const char *phrase,
                          const char *code)
{
    char text[512], body[160];
    int len = snprintf(body, sizeof body,
                       "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\","
                       "\"retry_after_ms\":2000}",
                       phrase, status, code);
    int all = snprintf(text, sizeof text,
                       "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\n"
                       "Content-Length: %d\r\nRetry-After: 2\r\nConnection: close\r\n\r\n%s",
                       status, phrase, len, body);
    (void)!send(fd, text, (size_t)all, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    linger(h, fd);
}

static void pause_accept(struct st_http *h)
{
    h->paused = true;
    st_watch_set(h->listen_watch, 0);
}

static bool over_limits(struct st_http *h, int fd, const struct st_netaddr *peer, bool *counted)
{
    bool proxy = st_networks_has(&h->trusted, peer);
    *counted = false;
    if ((uint32_t)fd >= h->fd_ceiling) {
        st_counter_add(h->refused_fd, 1);
        refuse_socket(h, fd, 503, "Service Unavailable", "descriptors_exhausted");
        pause_accept(h);
        return true;
    }
    if (st_netcount_total(h->count) >= h->o.connections_max) {
        st_counter_add(h->refused_total, 1);
        refuse_socket(h, fd, 503, "Service Unavailable", "connections_full");
        return true;
    }
    if (proxy)
        return false;
    if (!st_netcount_enter(h->count, peer)) {
        st_counter_add(h->refused_address, 1);
        refuse_socket(h, fd, 429, "Too Many Requests", "connections_per_address");
        return true;
    }
    *counted = true;
    return false;
}

static void admit_socket(struct st_http *h, int fd, const struct sockaddr_storage *ss,
                         socklen_t len)
{
    struct st_netaddr peer;
    struct st_http_conn *c;
    bool counted;
    st_netaddr_from_socket(&peer, ss);
    if (over_limits(h, fd, &peer, &counted))
        return;
    c = st_alloc(sizeof *c);
    c->h = h;
    c->fd = fd;
    c->peer = c->counted = peer;
    c->is_counted = counted;
    c->deadline_ms = st_mono_ms() + h->o.request_deadline_ms;
    st_list_push(&h->conns, &c->node);
    h->accepting = c;
    if (MHD_add_connection(h->mhd, fd, (const struct sockaddr *)ss, len) != MHD_YES)
        st_log(ST_LOG_WARN, "http_accept_failed", st_log_i("errno", errno));
    if (h->accepting) { /* libmicrohttpd closed the descriptor and kept nothing */
        h->accepting = NULL;
        if (c->is_counted)
            st_netcount_leave(h->count, &c->counted);
        st_list_remove(&c->node);
        st_free(c);
    }
}

static void on_listen(void *ctx, int events)
{
    struct st_http *h = ctx;
    (void)events;
    st_alloc_cold_begin();
    for (int i = 0; i < ACCEPT_BURST && !h->paused; i++) {
        struct sockaddr_storage ss;
        socklen_t len = sizeof ss;
        int fd = accept4(h->listen_fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit_socket(h, fd, &ss, len);
            continue;
        }
        if (errno == EINTR || errno == ECONNABORTED)
            continue;
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            pause_accept(h);
        break;
    }
    st_alloc_cold_end();
    st_http_pump(h);
}

static void on_sweep(void *ctx)
{
    struct st_http *h = ctx;
    uint64_t now = st_mono_ms();
    st_list_each(it, &h->conns)
    {
        struct st_http_conn *c = st_list_entry(it, struct st_http_conn, node);
        if (c->deadline_ms == 0 || now < c->deadline_ms)
            continue;
        c->deadline_ms = 0;
        st_counter_add(h->cut, 1);
        shutdown(c->fd, SHUT_RDWR);
    }
    for (uint32_t i = 0; i < HTTP_LINGER_MAX; i++) {
        if (h->linger[i].fd >= 0 && now >= h->linger[i].until_ms) {
            close(h->linger[i].fd);
            h->linger[i].fd = -1;
        }
    }
    if (h->paused && h->listen_watch) {
        h->paused = false;
        st_watch_set(h->listen_watch, ST_READABLE);
    }
}

static void on_connection(void *ctx, struct MHD_Connection *mhd, void **socket_ctx,
                          enum MHD_ConnectionNotificationCode what)
{
    struct st_http *h = ctx;
    struct st_http_conn *c;
    (void)mhd;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_ctx = h->accepting;
        h->accepting = NULL;
        st_gauge_add(h->open, 1);
        return;
    }
    c = *socket_ctx;
    if (!c)
        return;
    if (c->is_counted && !c->upgraded)
        st_netcount_leave(h->count, &c->counted);
    st_list_remove(&c->node);
    st_free(c);
    st_gauge_add(h->open, -1);
}

/* --- life --- */

static void on_mhd_log(void *ctx, const char *format, va_list args)
{
    char text[256];
    (void)ctx;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    st_log(ST_LOG_DEBUG, "http_library", st_log_s("text", text));
}

static void register_stats(struct st_http *h)
{
    static const char *const classes[6] = {"class=\"other\"", "class=\"1xx\"", "class=\"2xx\"",
                                           "class=\"3xx\"",   "class=\"4xx\"", "class=\"5xx\""};
    for (int i = 0; i < 6; i++)
        h->by_class[i] =
            st_counter("startrader_http_requests_total", classes[i], "HTTP answers by class");
    h->refused_address = st_counter("startrader_http_refused_total", "reason=\"address\"",
                                    "connections refused at accept");
    h->refused_total = st_counter("startrader_http_refused_total", "reason=\"connections\"",
                                  "connections refused at accept");
    h->refused_fd = st_counter("startrader_http_refused_total", "reason=\"descriptors\"",
                               "connections refused at accept");
    h->cut = st_counter("startrader_http_deadline_cuts_total", NULL,
                        "connections cut at their absolute deadline");
    h->open = st_gauge("startrader_http_connections", NULL, "HTTP connections open");
    h->seconds = st_histogram("startrader_http_request_seconds", NULL,
                              "from the header of a request to its answer", st_latency_bounds,
                              st_latency_bounds_count);
}

static int start_library(struct st_http *h)
{
    const union MHD_DaemonInfo *info;
    h->mhd = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE |
            MHD_USE_ERROR_LOG,
        0, NULL, NULL, st_http_on_access, h, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, st_http_on_completed, h, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, h, MHD_OPTION_CONNECTION_LIMIT, h->o.connections_max + HTTP_LINGER_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)h->o.header_max + REPLY_HEADERS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)INACTIVITY_S, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    if (!h->mhd)
        return ST_EIO;
    info = MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    h->mhd_watch = st_watch_new(h->loop, info->epoll_fd, on_mhd_ready, h);
    st_watch_set(h->mhd_watch, ST_READABLE);
    return ST_OK;
}

int st_http_start(struct st_http **out, struct st_loop *loop, const struct st_http_options *options,
                  const struct st_http_route *routes, size_t count, void *ctx)
{
    struct st_http *h;
    struct rlimit files = {1024, 1024};
    int err = ST_OK;
    st_assert(out && loop && options && options->connections_max > 0);
    h = st_alloc(sizeof *h);
    h->loop = loop;
    h->o = *options;
    h->routes = routes;
    h->route_count = count;
    h->ctx = ctx;
    st_list_init(&h->conns);
    st_list_init(&h->requests);
    for (int i = 0; i < HTTP_LINGER_MAX; i++)
        h->linger[i].fd = -1;
    (void)getrlimit(RLIMIT_NOFILE, &files);
    h->fd_ceiling = (uint32_t)ST_MIN(files.rlim_cur / 10 * 9, UINT32_MAX);
    h->count = st_netcount_new(options->connections_max, options->connections_per_address_max);
    h->mhd_timer = st_timer_new(loop, on_mhd_timer, h);
    h->sweep = st_timer_new(loop, on_sweep, h);
    register_stats(h);
    h->listen_fd = -1;
    err = st_networks_parse(&h->trusted, options->trusted_proxies);
    if (err == ST_OK) {
        h->listen_fd = st_netaddr_listen(options->listen, &h->port);
        err = h->listen_fd < 0 ? h->listen_fd : start_library(h);
    }
    if (err != ST_OK) {
        st_log(ST_LOG_ERROR, "http_listen_failed", st_log_s("address", options->listen),
               st_log_s("error", err == ST_EIO ? strerror(errno) : st_err_name(err)));
        st_http_stop(&h);
        return err;
    }
    h->listen_watch = st_watch_new(loop, h->listen_fd, on_listen, h);
    st_watch_set(h->listen_watch, ST_READABLE);
    st_timer_start(h->sweep, SWEEP_MS, SWEEP_MS);
    *out = h;
    return ST_OK;
}

uint16_t st_http_port(const struct st_http *h)
{
    return h->port;
}

void st_http_quiesce(struct st_http *h)
{
    if (h->listen_watch)
        st_watch_free(&h->listen_watch);
    if (h->listen_fd >= 0)
        close(h->listen_fd);
    h->listen_fd = -1;
}

void st_http_socket_closed(struct st_http *h, const char *address)
{
    struct st_netaddr a;
    int err = st_netaddr_parse(&a, address, strlen(address));
    st_assert(err == ST_OK);
    st_netcount_leave(h->count, &a);
}

/* Suspended connections would make libmicrohttpd panic: each is answered first. */
static void stop_library(struct st_http *h)
{
    st_list_each(it, &h->requests)
    {
        struct st_http_request *r = st_list_entry(it, struct st_http_request, node);
        if (r->suspended) {
            r->suspended = false;
            MHD_resume_connection(r->mhd);
        }
    }
    st_http_pump(h);
    st_timer_stop(h->mhd_timer);
    st_watch_free(&h->mhd_watch);
    MHD_stop_daemon(h->mhd);
}

void st_http_stop(struct st_http **out)
{
    struct st_http *h = *out;
    if (!h)
        return;
    st_alloc_cold_begin();
    st_http_quiesce(h);
    if (h->mhd)
        stop_library(h);
    for (int i = 0; i < HTTP_LINGER_MAX; i++)
        if (h->linger[i].fd >= 0)
            close(h->linger[i].fd);
    st_timer_free(&h->mhd_timer);
    st_timer_free(&h->sweep);
    st_netcount_free(&h->count);
    st_free(h);
    *out = NULL;
    st_alloc_cold_end();
}
