/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hiredis bounds each system call, not a whole exchange, so that a server which trickles bytes
 * could hold a thread for ever. The connection is therefore non-blocking and one deadline covers
 * connect, authentication, request and answer. After a missed deadline the connection is dropped:
 * its late answer would be taken for the next one's.
 */
#include <st/kv.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/stat.h>

#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ARGS_MAX = 16, ERRORS_TO_OPEN = 3, PROBE_EVERY_MS = 1000, DEFAULT_PORT = 6379 };

struct st_kv {
    char *host; /* TCP, else NULL */
    char *path; /* Unix socket, else NULL */
    char *user, *password;
    int port;
    int db;
    uint32_t timeout_ms;
    redisContext *c;
    uint32_t errors;
    uint64_t probe_at_ms;
    atomic_bool open; /* the breaker: true = calls are refused */
    struct st_counter *failures, *timeouts, *refusals;
    struct st_gauge *breaker;
    struct st_histogram *duration;
};

/* Copies text[0..len) with %XX decoded; NULL for a malformed escape. */
static char *decode_part(const char *text, size_t len)
{
    char *out = st_alloc(len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '%') {
            out[n++] = text[i];
            continue;
        }
        char hex[3] = {0};
        char *end = NULL;
        if (i + 2 < len)
            memcpy(hex, text + i + 1, 2);
        long v = strtol(hex, &end, 16);
        if (end != hex + 2 || v <= 0) {
            st_free(out);
            return NULL;
        }
        out[n++] = (char)v;
        i += 2;
    }
    return out;
}

/* The number that fills all of text[0..len), or -1. */
static int parse_number(const char *text, size_t len, int max)
{
    int v = 0;
    if (len == 0 || len > 5)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        v = v * 10 + (text[i] - '0');
    }
    return v <= max ? v : -1;
}

static int parse_userinfo(struct st_kv *k, const char *text, size_t len)
{
    const char *colon = memchr(text, ':', len);
    if (!colon)
        return ST_EINVAL;
    size_t user_len = (size_t)(colon - text);
    if (user_len > 0)
        k->user = decode_part(text, user_len);
    k->password = decode_part(colon + 1, len - user_len - 1);
    return (user_len == 0 || k->user) && k->password ? 0 : ST_EINVAL;
}

static int parse_host(struct st_kv *k, const char *text, size_t len)
{
    const char *end = text + len, *port = NULL;
    const char *host_end = end;
    if (len > 0 && text[0] == '[') { /* [IPv6] */
        host_end = memchr(text, ']', len);
        if (!host_end)
            return ST_EINVAL;
        text++;
        if (host_end + 1 < end)
            port = host_end + 1;
    } else {
        port = memchr(text, ':', len);
        host_end = port ? port : end;
    }
    if (host_end == text || (port && *port != ':'))
        return ST_EINVAL;
    k->host = decode_part(text, (size_t)(host_end - text));
    k->port = port ? parse_number(port + 1, (size_t)(end - port - 1), 65535) : DEFAULT_PORT;
    return k->host && k->port > 0 ? 0 : ST_EINVAL;
}

static int parse_url(struct st_kv *k, const char *url)
{
    if (strncmp(url, "unix:/", 6) == 0) {
        k->path = st_strdup(url + 5);
        return 0;
    }
    if (strncmp(url, "redis://", 8) != 0)
        return ST_EINVAL;
    const char *rest = url + 8;
    size_t len = strcspn(rest, "/");
    if (rest[len] == '/' && rest[len + 1]) {
        k->db = parse_number(rest + len + 1, strlen(rest + len + 1), 9999);
        if (k->db < 0)
            return ST_EINVAL;
    }
    const char *at = memrchr(rest, '@', len);
    if (at && parse_userinfo(k, rest, (size_t)(at - rest)))
        return ST_EINVAL;
    const char *host = at ? at + 1 : rest;
    return parse_host(k, host, (size_t)(rest + len - host));
}

struct st_kv *st_kv_new(const struct st_kv_options *options)
{
    st_assert(options && options->url && options->timeout_ms > 0);
    struct st_kv *k = st_alloc(sizeof(*k));
    k->timeout_ms = options->timeout_ms;
    if (parse_url(k, options->url)) {
        st_kv_free(&k);
        return NULL;
    }
    const char *errors = "Redis calls that failed";
    k->failures = st_counter("startrader_redis_errors_total", "kind=\"unavailable\"", errors);
    k->timeouts = st_counter("startrader_redis_errors_total", "kind=\"timeout\"", errors);
    k->refusals = st_counter("startrader_redis_errors_total", "kind=\"error_reply\"", errors);
    k->breaker = st_gauge("startrader_redis_breaker_open", NULL, "1 while Redis is not used");
    k->duration = st_histogram("startrader_redis_command_seconds", NULL, "Redis round trips",
                               st_latency_bounds, st_latency_bounds_count);
    return k;
}

static void drop_connection(struct st_kv *k)
{
    if (k->c)
        redisFree(k->c);
    k->c = NULL;
}

void st_kv_free(struct st_kv **kk)
{
    st_assert(kk);
    struct st_kv *k = *kk;
    if (!k)
        return;
    drop_connection(k);
    if (k->password)
        explicit_bzero(k->password, strlen(k->password));
    st_free(k->host);
    st_free(k->path);
    st_free(k->user);
    st_free(k->password);
    st_free(k);
    *kk = NULL;
}

bool st_kv_up(const struct st_kv *k)
{
    st_assert(k);
    return !atomic_load(&k->open);
}

bool st_kv_would_try(const struct st_kv *k)
{
    st_assert(k);
    return !atomic_load(&k->open) || st_mono_ms() >= k->probe_at_ms;
}

/* Waits until the descriptor is ready or the deadline has passed. */
static int wait_ready(int fd, short events, uint64_t deadline_ms)
{
    for (;;) {
        uint64_t now = st_mono_ms();
        if (now >= deadline_ms)
            return ST_ETIMEOUT;
        struct pollfd p = {.fd = fd, .events = events};
        int n = poll(&p, 1, (int)(deadline_ms - now));
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return ST_EUNAVAILABLE;
    }
}

static int flush_output(redisContext *c, uint64_t deadline_ms)
{
    for (;;) {
        int done = 0;
        if (redisBufferWrite(c, &done) != REDIS_OK)
            return ST_EUNAVAILABLE;
        if (done)
            return 0;
        int err = wait_ready(c->fd, POLLOUT, deadline_ms);
        if (err)
            return err;
    }
}

static int read_reply(redisContext *c, uint64_t deadline_ms, redisReply **out)
{
    for (;;) {
        void *reply = NULL;
        if (redisReaderGetReply(c->reader, &reply) != REDIS_OK)
            return ST_EPROTO;
        if (reply) {
            *out = reply;
            return 0;
        }
        int err = wait_ready(c->fd, POLLIN, deadline_ms);
        if (err)
            return err;
        if (redisBufferRead(c) != REDIS_OK)
            return ST_EUNAVAILABLE;
    }
}

/* One command of the handshake; an error reply means that the connection is of no use. */
static int greet(redisContext *c, int argc, const char **argv, uint64_t deadline_ms)
{
    redisReply *reply = NULL;
    if (redisAppendCommandArgv(c, argc, argv, NULL) != REDIS_OK)
        return ST_EUNAVAILABLE;
    int err = flush_output(c, deadline_ms);
    if (!err)
        err = read_reply(c, deadline_ms, &reply);
    if (!err && reply->type == REDIS_REPLY_ERROR) {
        st_log(ST_LOG_WARN, "redis_refused", st_log_s("command", argv[0]),
               st_log_s("error", reply->str));
        err = ST_EDENIED;
    }
    if (reply)
        freeReplyObject(reply);
    return err;
}

static int greet_all(struct st_kv *k, uint64_t deadline_ms)
{
    int err = 0;
    if (k->password) {
        const char *with_user[] = {"AUTH", k->user, k->password};
        const char *without[] = {"AUTH", k->password};
        err =
            k->user ? greet(k->c, 3, with_user, deadline_ms) : greet(k->c, 2, without, deadline_ms);
    }
    if (!err && k->db > 0) {
        char db[16];
        snprintf(db, sizeof(db), "%d", k->db);
        const char *select[] = {"SELECT", db};
        err = greet(k->c, 2, select, deadline_ms);
    }
    return err;
}

static int open_connection(struct st_kv *k, uint64_t deadline_ms)
{
    k->c = k->path ? redisConnectUnixNonBlock(k->path) : redisConnectNonBlock(k->host, k->port);
    if (!k->c || k->c->err)
        return ST_EUNAVAILABLE;
    int err = wait_ready(k->c->fd, POLLOUT, deadline_ms);
    if (err)
        return err;
    int so_error = 0;
    socklen_t len = sizeof(so_error);
    if (getsockopt(k->c->fd, SOL_SOCKET, SO_ERROR, &so_error, &len) || so_error)
        return ST_EUNAVAILABLE;
    return greet_all(k, deadline_ms);
}

/* An idle connection that is readable was closed by the server: better known before the command. */
static bool went_away(const redisContext *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    return poll(&p, 1, 0) != 0;
}

static int exchange(struct st_kv *k, const struct st_slice *args, size_t count, redisReply **out)
{
    uint64_t deadline_ms = st_mono_ms() + k->timeout_ms;
    if (k->c && went_away(k->c))
        drop_connection(k);
    if (!k->c) {
        int err = open_connection(k, deadline_ms);
        if (err)
            return err;
    }
    const char *argv[ARGS_MAX];
    size_t lens[ARGS_MAX];
    for (size_t i = 0; i < count; i++) {
        argv[i] = args[i].data ? (const char *)args[i].data : "";
        lens[i] = args[i].len;
    }
    if (redisAppendCommandArgv(k->c, (int)count, argv, lens) != REDIS_OK)
        return ST_EUNAVAILABLE;
    int err = flush_output(k->c, deadline_ms);
    return err ? err : read_reply(k->c, deadline_ms, out);
}

static void count_failure(struct st_kv *k, int err)
{
    st_counter_add(err == ST_ETIMEOUT ? k->timeouts : k->failures, 1);
    k->probe_at_ms = st_mono_ms() + PROBE_EVERY_MS;
    if (++k->errors < ERRORS_TO_OPEN || atomic_load(&k->open))
        return;
    atomic_store(&k->open, true);
    st_gauge_set(k->breaker, 1);
    st_log(ST_LOG_WARN, "redis_down", st_log_s("reason", st_err_name(err)));
}

static void count_success(struct st_kv *k)
{
    k->errors = 0;
    if (!atomic_load(&k->open))
        return;
    atomic_store(&k->open, false);
    st_gauge_set(k->breaker, 0);
    st_log(ST_LOG_INFO, "redis_up");
}

int st_kv_command(struct st_kv *k, const struct st_slice *args, size_t count,
                  struct st_kv_reply **reply)
{
    st_assert(k && args && count > 0 && count <= ARGS_MAX && reply);
    *reply = NULL;
    if (!st_kv_would_try(k))
        return ST_EUNAVAILABLE;
    redisReply *r = NULL;
    uint64_t start_ns = st_mono_ns();
    int err = exchange(k, args, count, &r);
    if (err) {
        drop_connection(k);
        count_failure(k, err);
        return err == ST_EDENIED ? ST_EUNAVAILABLE : err;
    }
    st_histogram_observe(k->duration, (double)(st_mono_ns() - start_ns) / 1e9);
    count_success(k);
    if (r->type == REDIS_REPLY_ERROR) {
        st_counter_add(k->refusals, 1);
        st_log(ST_LOG_DEBUG, "redis_error_reply", st_log_s("error", r->str));
        freeReplyObject(r);
        return ST_EPROTO;
    }
    *reply = (struct st_kv_reply *)(void *)r;
    return 0;
}

static const redisReply *inner(const struct st_kv_reply *r)
{
    st_assert(r);
    return (const redisReply *)(const void *)r;
}

bool st_kv_is_nil(const struct st_kv_reply *r)
{
    return inner(r)->type == REDIS_REPLY_NIL;
}

struct st_slice st_kv_bytes(const struct st_kv_reply *r)
{
    const redisReply *rr = inner(r);
    if (rr->type != REDIS_REPLY_STRING && rr->type != REDIS_REPLY_STATUS)
        return (struct st_slice){NULL, 0};
    return (struct st_slice){(const uint8_t *)rr->str, rr->len};
}

int64_t st_kv_int(const struct st_kv_reply *r)
{
    return inner(r)->type == REDIS_REPLY_INTEGER ? inner(r)->integer : 0;
}

size_t st_kv_count(const struct st_kv_reply *r)
{
    return inner(r)->type == REDIS_REPLY_ARRAY ? inner(r)->elements : 0;
}

const struct st_kv_reply *st_kv_at(const struct st_kv_reply *r, size_t index)
{
    st_assert(index < st_kv_count(r));
    return (const struct st_kv_reply *)(const void *)inner(r)->element[index];
}

void st_kv_reply_free(struct st_kv_reply **r)
{
    st_assert(r);
    if (*r)
        freeReplyObject(*r);
    *r = NULL;
}
