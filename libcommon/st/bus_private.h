/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the files of the bus: bus.c (messages, publishing), bus_link.c (the connection and its
 * keeper thread), bus_probe.c, bus_request.c (requests with deadlines), bus_js.c (consuming
 * durables), bus_durable.c (making and checking them). The keeper thread alone makes and destroys
 * the connection; `nc` is used under `nc_lock`, held shared. The library's own reconnecting is off:
 * it blocks publishers while it tries, and it gives up for good.
 */
#ifndef ST_BUS_PRIVATE_H
#define ST_BUS_PRIVATE_H

#include <st/bus.h>
#include <st/list.h>
#include <st/map.h>
#include <st/stat.h>
#include <st/subject.h>

#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    BUS_CONNECT_MS = 500,
    BUS_RETRY_MS = 250,
    BUS_RETRY_JITTER_MS = 100,
    BUS_PING_MS = 1000,
    BUS_PINGS_OUT = 2,
    BUS_WRITE_MS = 1000,
    BUS_REQUESTS_MAX = 8192,
    BUS_CONSUMERS_MAX = 8,
    BUS_PROBLEM_MAX = 256,
    BUS_INBOX_PENDING = 65536,
};

struct bus_sub {
    struct st_list node;
    struct st_bus *bus;
    char subject[ST_SUBJECT_MAX], queue[64];
    uint32_t pending_max;
    bool raw;
    st_bus_msg_fn *fn;
    void *ctx;
    atomic_uint queued;
    /* keeper's */
    natsSubscription *ns;
    bool draining;
    int64_t dropped_seen;
};

/* How many messages of a durable are in somebody's hands; outlives the consumer. */
struct bus_credit {
    atomic_uint refs, taken;
};

struct bus_held {
    struct st_bus_msg pub; /* first: a public message is its holder */
    struct bus_held *next;
    natsMsg *msg;
    struct st_bus *bus;
    struct bus_sub *sub;
    struct bus_credit *credit; /* JetStream: until acknowledged or refused */
};

struct bus_request {
    struct st_list node;
    uint64_t id, deadline_ms;
    st_bus_reply_fn *reply_fn;
    st_bus_ack_fn *ack_fn; /* instead of reply_fn: a JetStream publication */
    void *ctx;
    int err;
};

enum bus_check { BUS_UNCHECKED, BUS_GOOD, BUS_BAD };

struct st_bus_consumer {
    struct st_bus *bus;
    uint32_t slot, window, pull_left;
    uint64_t serial; /* never used again */
    uint64_t pull_no, pull_until_ms;
    bool pulling;
    char stream[64], durable[64];
    st_bus_msg_fn *fn;
    void *ctx;
    struct bus_credit *credit;
    uint64_t pending;
    atomic_int check; /* enum bus_check; the keeper compares the server's durable with the table */
};

struct st_bus {
    atomic_uint refs;
    struct st_loop *loop;
    enum st_bus_role role;
    char *url, *user, *password, *name;
    char inbox[112]; /* _INBOX_<user>.<instance>-<role>-<nonce> */
    void (*on_state)(void *ctx, bool up);
    void (*on_error)(void *ctx, const char *text);
    void *ctx;

    pthread_rwlock_t nc_lock;
    natsConnection *nc;
    atomic_bool up, closed;
    atomic_uint_fast64_t down_since_ms;

    /* Under `lock`. */
    pthread_mutex_t lock;
    pthread_cond_t wake, changed; /* the keeper's; for whoever waits until it is up */
    struct st_list subs;
    bool quit, lost;    /* keeper: leave; the connection has ended */
    bool retired;       /* no more requests of queue groups */
    uint32_t live_subs; /* delivery of these has not ended */
    bool closed_seen;   /* the library said its last word about the connection */
    struct bus_held *in, **in_last;
    bool posted;
    char problem[BUS_PROBLEM_MAX];
    bool problem_new;
    struct st_bus_consumer *consumers[BUS_CONSUMERS_MAX]; /* changed by the loop thread only */
    uint64_t serial_next;

    pthread_t keeper;
    uint32_t close_ms;

    /* Loop thread's. */
    bool told_up;
    struct st_list requests, failed;
    struct st_map *request_by_id;
    uint64_t request_next;
    struct bus_request *request_spare;
    struct st_timer *sweep;
    struct st_timer *pull_timer;
    atomic_bool refill_posted;

    struct st_counter *published, *received, *dropped, *reconnects, *errors, *refused;
    struct st_gauge *up_gauge;
};

void bus_ref(struct st_bus *b);
void bus_unref(struct st_bus *b);

/* bus_link.c */
int bus_link_start(struct st_bus *b);
void bus_link_quit(struct st_bus *b, uint32_t deadline_ms);
void bus_link_join(struct st_bus *b);
/* Wakes the keeper: there is a new subscription or durable. */
void bus_link_poke(struct st_bus *b);

/* bus_probe.c: tries `url` (one server) with own deadline; 0, ST_EUNAVAILABLE, ST_EDENIED. The
 * library would spin for ever on a server that greets and then freezes. */
int bus_probe(const char *url, const char *user, const char *password, uint32_t timeout_ms);

/* bus.c */
void bus_on_nats_msg(natsConnection *nc, natsSubscription *ns, natsMsg *msg, void *sub);
/* Any thread: lets the loop see what has changed. */
void bus_post(struct st_bus *b);
void bus_problem(struct st_bus *b, const char *text);
int bus_publish_raw(struct st_bus *b, const char *subject, const char *reply, const void *data,
                    size_t len);
int bus_publish_msg(struct st_bus *b, natsMsg *msg);
int bus_sub_add(struct st_bus *b, const char *subject, const char *queue, uint32_t pending_max,
                st_bus_msg_fn *fn, void *ctx, bool raw);

/* bus_request.c; loop thread. */
void bus_requests_init(struct st_bus *b);
void bus_requests_fini(struct st_bus *b);
void bus_requests_fail_all(struct st_bus *b, int err);
void bus_on_inbox(void *bus, struct st_bus_msg *take_msg);

/* bus_js.c */
/* Takes the message and says true if it is one of a stream. Loop thread. */
bool bus_js_on_msg(struct st_bus *b, struct st_bus_msg *m);
/* Takes a header without a message, for the pull named by token ("c<slot>-<pull>"). */
void bus_js_on_status(struct st_bus *b, const char *token, struct st_bus_msg *take_msg);
void bus_js_on_up(struct st_bus *b);
void bus_js_fini(struct st_bus *b);
void bus_js_settle(struct bus_held *h);

/* bus_durable.c */
/* Keeper: compares durables that were not found good yet with the table. */
void bus_js_check(struct st_bus *b, natsConnection *nc);

#endif
