/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>
#include <st/stat.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    REQUEST_DEADLINE_MS = 5000,
    HEADER_MAX = 8192,
    BODY_MAX = 16384,
    CSP_MAX = 1024,
};

struct listen {
    struct st_http *http;
    struct st_files *files;
    struct door *door;
    struct board *board;
    struct plane *plane;
    const char *origins;
    char csp[CSP_MAX];
    const char *headers[16];
    struct st_counter *bad_origin;
};

bool listen_origin_ok(const char *allowed, const char *origin)
{
    size_t want = origin ? strlen(origin) : strlen("absent");
    const char *wanted = origin ? origin : "absent";
    while (*allowed) {
        size_t len;
        allowed += strspn(allowed, ", ");
        len = strcspn(allowed, ", ");
        if (len > 0 && len == want && memcmp(allowed, wanted, len) == 0)
            return !origin || strcmp(origin, "absent") != 0;
        allowed += len;
    }
    return false;
}

static void on_socket(void *ctx, int fd, const char *address, const uint8_t *extra,
                      size_t extra_len)
{
    struct listen *l = ctx;
    struct plane_order *o = plane_order_new(ORDER_ADOPT, 0, extra, extra_len);
    o->fd = fd;
    snprintf(o->address, sizeof o->address, "%s", address);
    plane_order(l->plane, o);
}

static void on_ws(void *ctx, struct st_http_request *req)
{
    struct listen *l = ctx;
    const char *protocols = st_http_header(req, "Sec-WebSocket-Protocol");
    if (!listen_origin_ok(l->origins, st_http_header(req, "Origin"))) {
        st_counter_add(l->bad_origin, 1);
        st_http_problem(req, 403, "origin_not_allowed", "This origin may not connect", 0);
        return;
    }
    if (!protocols || !strstr(protocols, "startrader.v1")) {
        st_http_problem(req, 400, "subprotocol_required", "Subprotocol startrader.v1 is required",
                        0);
        return;
    }
    st_http_upgrade(req, "startrader.v1", on_socket, l);
}

#define DOOR_ROUTE(name)                                                                           \
    static void on_##name(void *ctx, struct st_http_request *req)                                  \
    {                                                                                              \
        door_##name(((struct listen *)ctx)->door, req);                                            \
    }
DOOR_ROUTE(register)
DOOR_ROUTE(login)
DOOR_ROUTE(guest)
DOOR_ROUTE(claim)
DOOR_ROUTE(refresh)
DOOR_ROUTE(logout)
DOOR_ROUTE(me)

#define BOARD_ROUTE(name)                                                                          \
    static void on_##name(void *ctx, struct st_http_request *req)                                  \
    {                                                                                              \
        board_##name(((struct listen *)ctx)->board, req);                                          \
    }
BOARD_ROUTE(world)
BOARD_ROUTE(world_bytes)
BOARD_ROUTE(markets)
BOARD_ROUTE(leaderboards)

static void on_file(void *ctx, struct st_http_request *req)
{
    struct listen *l = ctx;
    if (l->files)
        st_files_answer(l->files, req);
    else
        st_http_problem(req, 404, "not_found", "There is nothing at this address", 0);
}

static void on_unknown(void *ctx, struct st_http_request *req)
{
    (void)ctx;
    st_http_problem(req, 404, "not_found", "There is nothing at this address", 0);
}

static const struct st_http_route routes[] = {
    {"GET", "/v1/ws", on_ws, true},
    {"POST", "/v1/auth/register", on_register, false},
    {"POST", "/v1/auth/login", on_login, false},
    {"POST", "/v1/auth/guest", on_guest, false},
    {"POST", "/v1/auth/claim", on_claim, false},
    {"POST", "/v1/auth/refresh", on_refresh, false},
    {"POST", "/v1/auth/logout", on_logout, false},
    {"GET", "/v1/me", on_me, false},
    {"GET", "/v1/leaderboards/*", on_leaderboards, false},
    {"GET", "/v1/markets", on_markets, false},
    {"GET", "/v1/markets/*", on_markets, false},
    {"GET", "/v1/world", on_world, false},
    {"GET", "/v1/world/*", on_world_bytes, false},
    {"GET", "/v1/*", on_unknown, false},
    {"GET", "/*", on_file, false},
};

/* 'self' covers sockets of the same origin only in recent browsers: the allowed origins are named
 * as ws: and wss: too. */
static void make_headers(struct listen *l)
{
    const char *at = l->origins;
    size_t len = (size_t)snprintf(
        l->csp, sizeof l->csp,
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src "
        "'self' "
        "data: blob:; font-src 'self'; media-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; connect-src 'self'");
    while (*at) {
        size_t part;
        at += strspn(at, ", ");
        part = strcspn(at, ", ");
        if (part > 7 && strncmp(at, "http", 4) == 0 && len + part + 4 < sizeof l->csp)
            len += (size_t)snprintf(l->csp + len, sizeof l->csp - len, " ws%.*s", (int)(part - 4),
                                    at + 4);
        at += part;
    }
    const char *headers[] = {"Content-Security-Policy",
                             l->csp,
                             "X-Content-Type-Options",
                             "nosniff",
                             "Referrer-Policy",
                             "no-referrer",
                             "Cross-Origin-Opener-Policy",
                             "same-origin",
                             "X-Frame-Options",
                             "DENY",
                             NULL};
    memcpy(l->headers, headers, sizeof headers);
}

int listen_start(struct listen **out, struct st_loop *loop, const struct st_conf *conf,
                 struct door *door, struct board *board, struct plane *plane)
{
    struct listen *l = st_alloc(sizeof *l);
    const char *root = st_conf_str(conf, "ST_WEB_ROOT");
    struct st_http_options o = {
        .listen = st_conf_str(conf, "ST_LISTEN"),
        .connections_max = (uint32_t)st_conf_int(conf, "ST_MAX_CONNECTIONS"),
        .connections_per_address_max =
            (uint32_t)st_conf_int(conf, "ST_MAX_CONNECTIONS_PER_ADDRESS"),
        .request_deadline_ms = REQUEST_DEADLINE_MS,
        .header_max = HEADER_MAX,
        .body_max = BODY_MAX,
        .trusted_proxies = st_conf_str(conf, "ST_TRUSTED_PROXIES"),
        .headers = l->headers,
    };
    int err = ST_OK;
    l->door = door;
    l->board = board;
    l->plane = plane;
    l->origins = st_conf_str(conf, "ST_ALLOWED_ORIGINS");
    l->bad_origin = st_counter("startrader_gateway_bad_origin_total", NULL,
                               "upgrades refused for their Origin");
    make_headers(l);
    if (root[0] != '\0' && st_files_load(&l->files, root) == ST_OK)
        st_log(ST_LOG_INFO, "web_root", st_log_u("files", st_files_count(l->files)),
               st_log_u("bytes", st_files_bytes(l->files)));
    err = st_http_start(&l->http, loop, &o, routes, ST_ARRAY_LEN(routes), l);
    if (err != ST_OK) {
        listen_stop(&l);
        return err;
    }
    *out = l;
    return ST_OK;
}

void listen_quiesce(struct listen *l)
{
    st_http_quiesce(l->http);
}

void listen_stop(struct listen **out)
{
    struct listen *l = *out;
    if (!l)
        return;
    st_http_stop(&l->http);
    st_files_free(&l->files);
    st_free(l);
    *out = NULL;
}

void listen_socket_closed(struct listen *l, const char *address)
{
    st_http_socket_closed(l->http, address);
}

uint16_t listen_port(const struct listen *l)
{
    return st_http_port(l->http);
}
