/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by http.c (accepting, counting, deadlines, the loop) and http_request.c (requests,
 * answers, upgrade) and included by nobody else. Loop thread.
 */
#ifndef ST_HTTP_PRIVATE_H
#define ST_HTTP_PRIVATE_H

#include <st/buf.h>
#include <st/http.h>
#include <st/list.h>
#include <st/netaddr.h>
#include <st/stat.h>

#include <microhttpd.h>

enum { HTTP_LINGER_MAX = 32, HTTP_REQUEST_ID_MAX = 64 };

struct st_http_conn {
    struct st_list node;
    struct st_http *h;
    struct st_netaddr peer, counted;
    bool is_counted;
    bool upgraded;
    int fd;
    uint64_t deadline_ms; /* 0 = none: its handler is at work */
};

struct st_http_request {
    struct st_list node; /* in h->requests while the connection lives */
    struct st_http *h;   /* NULL once the connection is gone */
    struct MHD_Connection *mhd;
    struct st_http_conn *conn;
    const struct st_http_route *route;
    char *method, *path;
    char address[ST_NETADDR_TEXT_MAX];
    char id[HTTP_REQUEST_ID_MAX + 1];
    struct st_netaddr client;
    struct st_buf body;
    struct MHD_Response *response;
    int status;
    st_http_socket_fn *socket_fn;
    void *socket_ctx;
    uint64_t begun_ns;
    bool dispatched, answered, suspended, connection_done;
    int refuse_status; /* decided before the body came */
    const char *refuse_code;
};

struct st_http {
    struct st_loop *loop;
    struct st_http_options o;
    const struct st_http_route *routes;
    size_t route_count;
    void *ctx;
    struct MHD_Daemon *mhd;
    struct st_watch *listen_watch, *mhd_watch;
    struct st_timer *mhd_timer, *sweep;
    int listen_fd;
    uint16_t port;
    struct st_networks trusted;
    struct st_netcount *count;
    struct st_list conns, requests;
    struct st_http_conn *accepting;
    uint32_t fd_ceiling;
    bool running, again, paused;
    struct {
        int fd;
        uint64_t until_ms;
    } linger[HTTP_LINGER_MAX];
    uint32_t linger_next;
    struct st_counter *by_class[6], *refused_address, *refused_total, *refused_fd, *cut;
    struct st_gauge *open;
    struct st_histogram *seconds;
};

/* Lets libmicrohttpd work, now or, when it is at work already, once more. */
void st_http_pump(struct st_http *h);

/* Callbacks of libmicrohttpd. */
enum MHD_Result st_http_on_access(void *ctx, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **request_ctx);
void st_http_on_completed(void *ctx, struct MHD_Connection *mhd, void **request_ctx,
                          enum MHD_RequestTerminationCode why);

#endif
