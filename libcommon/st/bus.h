/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to NATS (the only file that sees nats.c), with the traps of its version closed:
 * write deadline 1 s, endless reconnects, pings, own inbox prefix, no use of its event loop
 * adapters. A daemon opens several: rt-out and rt-in for the world stream, rpc for requests and
 * their answers, js for JetStream. Connecting never blocks and never fails for good: st_bus_up
 * tells. Callbacks run on the loop thread, except those of raw subscriptions.
 */
#ifndef ST_BUS_H
#define ST_BUS_H

#include <st/base.h>
#include <st/loop.h>

struct st_bus;

enum st_bus_role {
    ST_BUS_RPC,    /* requests, answers, small publications; sent at once */
    ST_BUS_RT_OUT, /* world stream out; sent at once */
    ST_BUS_RT_IN,  /* world stream in: one delivery thread for all subscriptions, order kept across
                      them */
    ST_BUS_JS,     /* JetStream publishing and durable consumption; sent in batches within 1 ms */
};

struct st_bus_options {
    const char *url;  /* nats://host:port[,...] */
    const char *user; /* also the inbox prefix: _INBOX_<user> */
    const char *password;
    const char *instance; /* connection name <instance>-<role>; part of the inbox */
    enum st_bus_role role;
    /* Connection came up or went down; loop thread; may be NULL. */
    void (*on_state)(void *ctx, bool up);
    /* A permission or protocol error was reported by the server; loop thread; may be NULL. */
    void (*on_error)(void *ctx, const char *text);
    void *ctx;
};

/* Options are copied. ST_EINVAL for unusable options; an absent server is not an error. */
int st_bus_open(struct st_bus **out, struct st_loop *loop,
                const struct st_bus_options *options) ST_MUST_CHECK;
/* Leaves all queue groups: new requests go to other instances, those on their way are still handled
 * and may be answered. For good. Any thread. */
void st_bus_retire(struct st_bus *b);
/* Loop thread. Closing in steps, for several connections at once: `begin` makes the connection
 * flush for at most deadline_ms and end, and returns at once; `quiet` waits for that (then no
 * callback comes any more and publishing fails); `close` ends open requests with ST_EUNAVAILABLE
 * and frees. A later step does the earlier ones. Received messages that are still held may be freed
 * later, from any thread. */
void st_bus_close_begin(struct st_bus *b, uint32_t deadline_ms);
void st_bus_quiet(struct st_bus *b, uint32_t deadline_ms);
void st_bus_close(struct st_bus **b, uint32_t deadline_ms);
/* Any thread. */
bool st_bus_up(const struct st_bus *b);
/* Monotonic ms since when the connection is down; 0 while it is up. Any thread. */
uint64_t st_bus_down_since_ms(const struct st_bus *b);
/* Connected, no permission error since, every durable as the table wants it; else the reason. */
bool st_bus_healthy(struct st_bus *b, char *reason, size_t cap);

/* Any thread but a tick thread: may block up to the write deadline of 1 s. ST_EUNAVAILABLE at once
 * while the connection is down (nothing is kept for later), ST_ELIMIT above the server's maximum.
 */
int st_bus_publish(struct st_bus *b, const char *subject, const void *data,
                   size_t len) ST_MUST_CHECK;

/* A received message. data is valid until st_bus_msg_free; NUL-terminated behind len. */
struct st_bus_msg {
    const char *subject;
    const char *reply; /* NULL: no answer is wanted */
    const uint8_t *data;
    size_t len;
    uint64_t stream_seq; /* JetStream only */
    uint32_t deliveries; /* JetStream only, from 1 */
    void *impl;
};

/* The handler owns the message: it frees it, now or later, on any thread. */
typedef void st_bus_msg_fn(void *ctx, struct st_bus_msg *take_msg);
void st_bus_msg_free(struct st_bus_msg *msg);

/*
 * Subscriptions are made at start and live as long as the connection; they may be made while it is
 * down. queue may be NULL. pending_max messages wait at most; further ones are dropped and counted
 * (startrader_bus_dropped_total).
 */
int st_bus_subscribe(struct st_bus *b, const char *subject, const char *queue, uint32_t pending_max,
                     st_bus_msg_fn *fn, void *ctx) ST_MUST_CHECK;
/* As above, but fn runs on nats.c's delivery thread and must not block. */
int st_bus_subscribe_raw(struct st_bus *b, const char *subject, uint32_t pending_max,
                         st_bus_msg_fn *fn, void *ctx) ST_MUST_CHECK;

/* Answers a request message; any thread but a tick thread. The message stays the caller's. */
int st_bus_reply(struct st_bus *b, const struct st_bus_msg *request, const void *data,
                 size_t len) ST_MUST_CHECK;

/*
 * Request with a deadline, loop thread. done runs exactly once, on the loop thread, never from
 * inside this call: err 0 with the answer (lent until return), ST_ETIMEOUT, or ST_EUNAVAILABLE (not
 * connected, or nobody listens: nothing was done).
 */
typedef void st_bus_reply_fn(void *ctx, int err, const uint8_t *data, size_t len);
void st_bus_request(struct st_bus *b, const char *subject, const void *data, size_t len,
                    uint32_t timeout_ms, st_bus_reply_fn *done, void *ctx);

/* --- JetStream (role JS) --- */
/* Publishes with a message id for de-duplication; done (loop thread) reports the server's
 * acknowledgement, or an error after 2 s. */
typedef void st_bus_ack_fn(void *ctx, int err);
void st_bus_js_publish(struct st_bus *b, const char *subject, const char *msg_id, const void *data,
                       size_t len, st_bus_ack_fn *done, void *ctx);
/*
 * Delivers a durable's messages in stream order to fn (loop thread), at most `window`
 * unacknowledged. Each message must be acknowledged or refused. Keeps trying while the server, the
 * stream or the durable is away.
 */
struct st_bus_consumer;
struct st_bus_consumer *st_bus_js_consume(struct st_bus *b, const char *stream, const char *durable,
                                          uint32_t window, st_bus_msg_fn *fn, void *ctx);
/* Loop thread. Stops delivery (when an advisory lock is lost, say) and frees; unacknowledged
 * messages come again to somebody. */
void st_bus_js_consume_stop(struct st_bus_consumer **c);
/* Any thread; then free the message. */
void st_bus_ack(struct st_bus_msg *msg);
void st_bus_nak(struct st_bus_msg *msg, uint32_t delay_ms);
/* Connected, and the durable exists as the table of st/subject.h wants it. */
bool st_bus_consumer_good(const struct st_bus_consumer *c);
/* Messages of the durable not yet delivered or acknowledged, last known; for the lag metric. */
uint64_t st_bus_consumer_pending(const struct st_bus_consumer *c);

/*
 * Blocking; for startraderctl only: makes or updates every stream and durable of st/subject.h for a
 * system and its shards, compares what the server says with what was asked. Text of the first
 * problem in error.
 */
int st_bus_js_migrate(struct st_bus *b, const char *system, uint32_t shards, char *error,
                      size_t error_cap) ST_MUST_CHECK;

#endif
