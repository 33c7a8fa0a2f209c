/* SPDX-License-Identifier: Apache-2.0 */
#include <st/http_private.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/json.h>
#include <st/log.h>
#include <st/rng.h>
#include <st/websocket.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRITE_DEADLINE_MS = 60000 };

static bool request_id_ok(const char *id)
{
    size_t len = id ? strlen(id) : 0;
    if (len < 8 || len > HTTP_REQUEST_ID_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = id[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && (c < '0' || c > '9') && c != '-')
            return false;
    }
    return true;
}

static const struct st_http_route *find_route(const struct st_http *h, const char *method,
                                              const char *path, bool *path_known)
{
    const char *want = strcmp(method, "HEAD") == 0 ? "GET" : method;
    *path_known = false;
    for (size_t i = 0; i < h->route_count; i++) {
        const struct st_http_route *r = &h->routes[i];
        size_t len = strlen(r->path);
        bool prefix = len > 0 && r->path[len - 1] == '*';
        if (prefix ? strncmp(path, r->path, len - 1) != 0 : strcmp(path, r->path) != 0)
            continue;
        if (strcmp(r->method, want) == 0)
            return r;
        *path_known = true;
    }
    return NULL;
}

static struct st_http_request *request_new(struct st_http *h, struct MHD_Connection *mhd,
                                           const char *method, const char *path)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct st_http_request *r = st_alloc(sizeof *r);
    const char *id = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "X-Request-Id");
    uint64_t made = st_random_u64();
    r->h = h;
    r->mhd = mhd;
    r->conn = info->socket_context;
    r->method = st_strdup(method);
    r->path = st_strdup(path);
    r->begun_ns = st_mono_ns();
    if (request_id_ok(id))
        memcpy(r->id, id, strlen(id) + 1);
    else
        st_hex_encode(&made, sizeof made, r->id);
    r->client =
        st_netaddr_behind(&h->trusted, &r->conn->peer,
                          MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "X-Forwarded-For"));
    st_netaddr_format(r->address, &r->client);
    st_buf_init(&r->body, h->o.body_max);
    st_list_push(&h->requests, &r->node);
    return r;
}

static void request_free(struct st_http_request *r)
{
    if (r->response)
        MHD_destroy_response(r->response);
    st_buf_fini(&r->body);
    st_free(r->method);
    st_free(r->path);
    st_free(r);
}

static void refuse(struct st_http_request *r, int status, const char *code)
{
    if (r->refuse_status == 0) {
        r->refuse_status = status;
        r->refuse_code = code;
    }
}

static void check_upgrade(struct st_http_request *r)
{
    const char *version = st_http_header(r, "Sec-WebSocket-Version");
    if (!st_websocket_has_token(st_http_header(r, "Connection"), "upgrade") ||
        !st_websocket_has_token(st_http_header(r, "Upgrade"), "websocket"))
        refuse(r, 426, "upgrade_required");
    else if (!version || strcmp(version, "13") != 0)
        refuse(r, 426, "websocket_version");
    else if (!st_websocket_key_valid(st_http_header(r, "Sec-WebSocket-Key")))
        refuse(r, 400, "websocket_key");
}

/* What the header alone decides. */
static void check_header(struct st_http_request *r, const char *version)
{
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    const char *length = st_http_header(r, "Content-Length");
    unsigned long long bytes = length ? strtoull(length, NULL, 10) : 0;
    bool path_known, body;
    r->route = find_route(r->h, r->method, r->path, &path_known);
    body = bytes > 0 || st_http_header(r, "Transfer-Encoding");
    if (size && size->header_size > r->h->o.header_max)
        refuse(r, 431, "headers_too_large");
    if (!r->route)
        refuse(r, path_known ? 405 : 404, path_known ? "method_not_allowed" : "not_found");
    if (st_http_header(r, "Transfer-Encoding"))
        refuse(r, 411, "length_required");
    if (bytes > r->h->o.body_max)
        refuse(r, 413, "body_too_large");
    if (body && strcmp(r->method, "POST") != 0)
        refuse(r, 400, "body_not_allowed");
    if (r->refuse_status == 0 && r->route->upgrade) {
        if (strcmp(version, "HTTP/1.1") != 0)
            refuse(r, 426, "upgrade_required");
        check_upgrade(r);
    }
}

static enum MHD_Result give_answer(struct st_http_request *r)
{
    static const uint64_t ns = 1000000000;
    enum MHD_Result result;
    st_assert(r->answered && r->response);
    r->conn->deadline_ms = st_mono_ms() + WRITE_DEADLINE_MS;
    st_counter_add(r->h->by_class[ST_MIN(r->status / 100, 5)], 1);
    st_histogram_observe(r->h->seconds, (double)(st_mono_ns() - r->begun_ns) / (double)ns);
    st_log(ST_LOG_DEBUG, "http", st_log_s("request_id", r->id), st_log_s("method", r->method),
           st_log_s("path", r->path), st_log_i("status", r->status));
    result = MHD_queue_response(r->mhd, (unsigned)r->status, r->response);
    MHD_destroy_response(r->response);
    r->response = NULL;
    return result;
}

static enum MHD_Result dispatch(struct st_http_request *r)
{
    r->dispatched = true;
    r->conn->deadline_ms = 0;
    if (r->refuse_status != 0)
        st_http_problem(r, r->refuse_status, r->refuse_code, r->refuse_code, 0);
    else
        r->route->fn(r->h->ctx, r);
    if (r->answered)
        return give_answer(r);
    r->suspended = true;
    MHD_suspend_connection(r->mhd);
    return MHD_YES;
}

enum MHD_Result st_http_on_access(void *ctx, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **request_ctx)
{
    struct st_http *h = ctx;
    struct st_http_request *r = *request_ctx;
    if (!r) {
        r = *request_ctx = request_new(h, mhd, method, url);
        check_header(r, version);
        /* A refused body is not read: libmicrohttpd closes behind an early answer. */
        return r->refuse_status != 0 ? dispatch(r) : MHD_YES;
    }
    if (*size > 0) {
        st_buf_put(&r->body, data, *size);
        if (r->body.overflow)
            return MHD_NO;
        *size = 0;
        return MHD_YES;
    }
    if (!r->dispatched)
        return dispatch(r);
    return r->answered && r->response ? give_answer(r) : MHD_YES;
}

void st_http_on_completed(void *ctx, struct MHD_Connection *mhd, void **request_ctx,
                          enum MHD_RequestTerminationCode why)
{
    struct st_http *h = ctx;
    struct st_http_request *r = *request_ctx;
    (void)mhd;
    (void)why;
    if (!r)
        return;
    *request_ctx = NULL;
    r->conn->deadline_ms = st_mono_ms() + h->o.request_deadline_ms;
    st_list_remove(&r->node);
    r->connection_done = true;
    r->h = NULL;
    r->mhd = NULL;
    r->conn = NULL;
    if (r->answered || !r->dispatched)
        request_free(r);
}

/* --- what handlers see --- */

const char *st_http_method(const struct st_http_request *r)
{
    return r->method;
}

const char *st_http_path(const struct st_http_request *r)
{
    return r->path;
}

const char *st_http_path_rest(const struct st_http_request *r)
{
    size_t len = strlen(r->route->path);
    return r->route->path[len - 1] == '*' ? r->path + len - 1 : r->path + len;
}

const char *st_http_header(const struct st_http_request *r, const char *name)
{
    return r->mhd ? MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name) : NULL;
}

const char *st_http_query(const struct st_http_request *r, const char *name)
{
    return r->mhd ? MHD_lookup_connection_value(r->mhd, MHD_GET_ARGUMENT_KIND, name) : NULL;
}

struct st_slice st_http_body(const struct st_http_request *r)
{
    return (struct st_slice){r->body.data, r->body.len};
}

const char *st_http_address(const struct st_http_request *r)
{
    return r->address;
}

const char *st_http_request_id(const struct st_http_request *r)
{
    return r->id;
}

static void add_headers(struct MHD_Response *response, const char *const *headers)
{
    for (; headers && headers[0]; headers += 2)
        (void)MHD_add_response_header(response, headers[0], headers[1]);
}

/* Takes the response; the request may be gone afterwards. */
static void finish(struct st_http_request *r, int status, struct MHD_Response *response)
{
    st_assert(!r->answered && r->dispatched);
    r->answered = true;
    if (r->connection_done) {
        MHD_destroy_response(response);
        request_free(r);
        return;
    }
    add_headers(response, r->h->o.headers);
    (void)MHD_add_response_header(response, "X-Request-Id", r->id);
    r->status = status;
    r->response = response;
    if (r->suspended) {
        struct st_http *h = r->h;
        r->suspended = false;
        MHD_resume_connection(r->mhd);
        st_http_pump(h);
    }
}

void st_http_answer(struct st_http_request *r, const struct st_http_answer *answer)
{
    struct MHD_Response *response;
    st_assert(r && answer && answer->status >= 200 && answer->status < 600);
    st_alloc_cold_begin();
    response = MHD_create_response_from_buffer(answer->body_len, (void *)(uintptr_t)answer->body,
                                               answer->static_body ? MHD_RESPMEM_PERSISTENT
                                                                   : MHD_RESPMEM_MUST_COPY);
    st_assert(response);
    if (answer->content_type)
        (void)MHD_add_response_header(response, "Content-Type", answer->content_type);
    add_headers(response, answer->headers);
    finish(r, answer->status, response);
    st_alloc_cold_end();
}

void st_http_problem(struct st_http_request *r, int status, const char *code, const char *title,
                     uint32_t retry_after_ms)
{
    uint8_t memory[1024];
    struct st_buf body;
    struct st_json j;
    char retry[16];
    const char *headers[] = {"Cache-Control", "no-store", "Retry-After", retry, NULL};
    st_assert(r && code && title);
    st_buf_init_fixed(&body, memory, sizeof memory);
    st_json_begin(&j, &body);
    st_json_object(&j, NULL);
    st_json_str(&j, "type", "about:blank");
    st_json_str(&j, "title", MHD_get_reason_phrase_for((unsigned)status));
    st_json_int(&j, "status", status);
    st_json_str(&j, "code", code);
    st_json_str(&j, "detail", title);
    if (retry_after_ms != 0)
        st_json_uint(&j, "retry_after_ms", retry_after_ms);
    st_json_str(&j, "request_id", r->id);
    st_json_object_end(&j);
    st_assert(!body.overflow);
    snprintf(retry, sizeof retry, "%u", (retry_after_ms + 999) / 1000);
    if (status == 426) {
        headers[2] = "Sec-WebSocket-Version";
        headers[3] = "13";
    } else if (retry_after_ms == 0) {
        headers[2] = NULL;
    }
    st_http_answer(r, &(struct st_http_answer){.status = status,
                                               .content_type = "application/problem+json",
                                               .body = body.data,
                                               .body_len = body.len,
                                               .headers = headers});
}

/* --- upgrade --- */

/* libmicrohttpd's side is closed at once: its copy of the descriptor and its pool go, ours stays.
 */
static void on_upgraded(void *ctx, struct MHD_Connection *mhd, void *request_ctx, const char *extra,
                        size_t extra_len, MHD_socket sock, struct MHD_UpgradeResponseHandle *urh)
{
    struct st_http_request *r = request_ctx;
    int on = 1, fd = fcntl(sock, F_DUPFD_CLOEXEC, 0);
    struct st_http *h = r->h;
    (void)ctx;
    (void)mhd;
    if (fd < 0) {
        (void)MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    r->conn->upgraded = true;
    r->socket_fn(r->socket_ctx, fd, r->address, (const uint8_t *)extra, extra_len);
    (void)MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE);
    h->again = true;
}

void st_http_upgrade(struct st_http_request *r, const char *protocol, st_http_socket_fn *fn,
                     void *ctx)
{
    char accept[ST_WEBSOCKET_ACCEPT_LEN + 1];
    struct MHD_Response *response;
    st_assert(r && r->route->upgrade && fn);
    if (!r->connection_done && !r->conn->is_counted) {
        /* Behind a trusted proxy a socket counts for the client, not for the proxy. */
        if (!st_netcount_enter(r->h->count, &r->client)) {
            st_counter_add(r->h->refused_address, 1);
            st_http_problem(r, 429, "connections_per_address", "Too many connections", 2000);
            return;
        }
        r->conn->is_counted = true;
        r->conn->counted = r->client;
    }
    st_alloc_cold_begin();
    r->socket_fn = fn;
    r->socket_ctx = ctx;
    response = MHD_create_response_for_upgrade(on_upgraded, NULL);
    st_assert(response);
    if (!r->connection_done) {
        st_websocket_accept(accept, st_http_header(r, "Sec-WebSocket-Key"));
        (void)MHD_add_response_header(response, "Upgrade", "websocket");
        (void)MHD_add_response_header(response, "Sec-WebSocket-Accept", accept);
        if (protocol)
            (void)MHD_add_response_header(response, "Sec-WebSocket-Protocol", protocol);
    }
    finish(r, MHD_HTTP_SWITCHING_PROTOCOLS, response);
    st_alloc_cold_end();
}
