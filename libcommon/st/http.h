/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 server (the only file that sees libmicrohttpd), run by a loop. Accepts by itself: counts
 * per address, pauses at 90 % of descriptors, cuts requests that are not complete within an
 * absolute deadline. Handlers may answer later, on the loop thread. After an upgrade the socket is
 * the caller's.
 */
#ifndef ST_HTTP_H
#define ST_HTTP_H

#include <st/base.h>
#include <st/loop.h>

struct st_http;
struct st_http_request;

struct st_http_options {
    const char *listen; /* address:port; port 0 = any */
    uint32_t connections_max;
    uint32_t connections_per_address_max; /* 0 = no limit; loopback of internal listeners */
    uint32_t request_deadline_ms;         /* absolute, to the complete request; 5,000 */
    uint32_t header_max, body_max;        /* bytes; 8,192 and 16,384 */
    const char *trusted_proxies;          /* comma list of CIDR; NULL = none */
    const char *const
        *headers; /* name, value, ..., NULL: added to each answer (security headers) */
};

typedef void st_http_fn(void *ctx, struct st_http_request *req);

struct st_http_route {
    const char *method; /* "GET", "POST" */
    const char *path;   /* exact, or with a trailing * for a prefix */
    st_http_fn *fn;
    bool upgrade; /* no body allowed */
};

/* ST_EIO with errno's text logged when the address cannot be bound. Routes and strings must outlive
 * the server. */
int st_http_start(struct st_http **out, struct st_loop *loop, const struct st_http_options *options,
                  const struct st_http_route *routes, size_t count, void *ctx) ST_MUST_CHECK;
uint16_t st_http_port(const struct st_http *h);
/* No new connections from now on. */
void st_http_quiesce(struct st_http *h);
/* Sockets of upgraded connections still count per address until this is called. Any thread. */
void st_http_socket_closed(struct st_http *h, const char *address);
void st_http_stop(struct st_http **h);

/* All lent until the answer is given. */
const char *st_http_method(const struct st_http_request *r);
const char *st_http_path(const struct st_http_request *r);
/* What the * of the route stood for. */
const char *st_http_path_rest(const struct st_http_request *r);
/* First header of that name, case-insensitive; NULL if absent. */
const char *st_http_header(const struct st_http_request *r, const char *name);
const char *st_http_query(const struct st_http_request *r, const char *name);
struct st_slice st_http_body(const struct st_http_request *r);
/* Client address as text, after trusted proxies. */
const char *st_http_address(const struct st_http_request *r);
/* From X-Request-Id if well-formed ([A-Za-z0-9-]{8,64}), else made; also returned as a header. */
const char *st_http_request_id(const struct st_http_request *r);

struct st_http_answer {
    int status;
    const char *content_type;
    const void *body; /* copied unless static_body */
    size_t body_len;
    bool static_body;           /* body outlives the server */
    const char *const *headers; /* name, value, ..., NULL; copied */
};

/* Exactly once per request, now or later, on the loop thread. The request is gone afterwards. If
 * the client has gone meanwhile the answer is dropped. */
void st_http_answer(struct st_http_request *take_req, const struct st_http_answer *answer);
/* RFC 9457 problem document; retry_after_ms 0 = none. */
void st_http_problem(struct st_http_request *take_req, int status, const char *code,
                     const char *title, uint32_t retry_after_ms);

/* fd: non-blocking, close-on-exec, TCP_NODELAY set, the callee's; extra: bytes received behind the
 * handshake, lent. */
typedef void st_http_socket_fn(void *ctx, int fd, const char *address, const uint8_t *extra,
                               size_t extra_len);
/* Checks of RFC 6455 are done (key, version, Connection, Upgrade; else 400/426). protocol: the
 * subprotocol to answer. */
void st_http_upgrade(struct st_http_request *take_req, const char *protocol, st_http_socket_fn *fn,
                     void *ctx);

#endif
