/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the data plane: shared by plane.c (thread, mailboxes), client.c (a socket's life and
 * its messages) and show.c (what clients are told), included by nobody else. Data plane's thread.
 */
#ifndef GATEWAY_PLANE_PRIVATE_H
#define GATEWAY_PLANE_PRIVATE_H

#include "admit.h"
#include "burst.h"
#include "cadence.h"
#include "conn.h"
#include "governor.h"
#include "outlet.h"
#include "owns.h"
#include "plane.h"
#include "scrap.h"
#include "stream.h"
#include "view.h"

#include <st/mailbox.h>
#include <st/pool.h>
#include <st/stat.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

enum client_state {
    CLIENT_HELLO,    /* connected, has not said who it is */
    CLIENT_ENTERING, /* the loop asks for it: ticket, bind, where */
    CLIENT_LIVE,     /* bound: inputs count, frames flow */
    CLIENT_CLOSING,  /* the close frame is out */
};

/* What a client is told less, the longer it is behind. */
enum slow_step { SLOW_NOT, SLOW_COARSER, SLOW_OWN_ONLY };

/* The newest own section, a slice of a bundle in `owns`; len 0 = told already. */
struct own_slice {
    const uint8_t *data;
    uint32_t len, bundle;
};

struct client {
    /* What each tick looks at: two cache lines. */
    uint32_t sid;
    uint32_t world_epoch; /* it is bound in */
    uint32_t cell;        /* centre of its view */
    uint32_t told_tick;   /* of its last frame */
    struct view *view;    /* once it has entered */
    uint8_t state;        /* enum client_state */
    uint8_t phase;        /* of its ship */
    uint8_t slow;         /* enum slow_step */
    bool combat;          /* its ship is in a fight */
    bool urgent;          /* something is to be told without waiting for its turn */
    bool introduced;      /* the loop knows it */
    bool unbound;         /* the simulation did not know it while it entered */
    bool wants_out;       /* EPOLLOUT is asked for */
    uint32_t ack_seq;
    struct own_slice own;
    struct scrap events;   /* private events */
    struct scrap extra;    /* answers, news, welcome */
    uint64_t behind_ms;    /* since when it does not take all that it is sent; 0 = it does */
    uint64_t recovered_ms; /* since when it does again */
    /* What its own messages and the deadlines look at. */
    struct conn conn;
    uint32_t view_id;
    uint8_t zone;          /* whose chat it is told, 0 = none */
    uint32_t density_tick; /* of what it was told last */
    uint32_t last_seq;     /* highest input that was passed on */
    uint32_t strikes;      /* thousandths */
    uint64_t strikes_ms, state_ms, pinged_ms, resync_ms;
    struct bucket messages, inputs;
    char address[ST_NETADDR_TEXT_MAX];
};

_Static_assert(offsetof(struct client, conn) <= 128, "two cache lines");

struct plane_stats {
    struct st_counter *frames, *bytes, *skipped, *slow, *gaps, *lates, *bundles, *world_dropped,
        *orders_dropped, *refused;
    struct st_counter *inputs, *inputs_rate, *inputs_seq, *inputs_state, *malformed, *messages_rate;
    struct st_counter *opened, *slow_steps[3], *slower, *faster;
    struct st_gauge *clients, *live, *backlog, *pinned, *rings, *cadence, *load;
    struct st_histogram *send_seconds, *frame_bytes;
};

struct plane {
    struct plane_options o;
    pthread_t thread;
    bool started;
    struct st_mailbox *world, *orders, *notes;
    int epoll;
    struct st_pool *clients, *views;
    struct scraps *scraps;
    struct owns owns;
    struct stream stream;
    struct governor governor;
    uint64_t busy_ns, governed_ns;
    struct batch *batch;
    struct outlet *outlet;
    struct burst *burst; /* NULL: a send for each frame */
    struct view_wanted wanted;
    struct st_arena arena;
    struct st_buf out; /* frames of one client */
    struct st_buf scratch;
    uint64_t now_ms, next_beat_ms, beats;
    uint64_t heartbeat_ms, status_ms, asked_ms;
    bool extras;             /* something waits for a client without a frame of its own */
    bool asked, asked_whole; /* a SnapshotRequest is under way */
    uint32_t flags;          /* STATUS_* of the loop */
    bool paused;             /* the world stands still */
    uint64_t revision;
    uint32_t told_density; /* tick of the density that the loop knows */
    bool draining, ended;
    uint64_t drain_ms;
    struct plane_stats stats;
    uint64_t told_gaps, told_lates, told_refused;
    atomic_uint pulse_tick, pulse_epoch, pulse_ships, pulse_clients;
    atomic_ullong pulse_revision, pulse_ms;
};

/* plane.c */
void plane_note(struct plane *p, enum loop_note_kind kind, const struct client *c, const void *data,
                size_t len);
struct client *plane_client(struct plane *p, uint32_t sid);

/* client.c */
void client_adopt(struct plane *p, const struct plane_order *o);
void client_readable(struct plane *p, struct client *c);
void client_writable(struct plane *p, struct client *c);
/* Sends whole frames and looks after EPOLLOUT; it may end the client. */
void client_send(struct plane *p, struct client *c, const struct st_buf *frames);
/* The same together with those of others, at the next client_flush: until then nothing else may be
 * sent to this client. */
void client_post(struct plane *p, struct client *c, const struct st_buf *frames);
void client_flush(struct plane *p);
/* Says goodbye; the socket goes a little later. code CLOSE_GONE: it has gone already. */
void client_end(struct plane *p, struct client *c, uint16_t code, const char *reason);
void client_free(struct plane *p, struct client *c);
/* Deadlines: hello, idle, slow, closing. */
void client_check(struct plane *p, struct client *c);
/* It has a view that it is told. */
bool client_sees(const struct plane *p, const struct client *c);

/* show.c */
void show_own_bundle(struct plane *p, struct st_bus_msg *take_msg);
void show_tick(struct plane *p);
/* Appends fields to what the client is told next; ends it when too much waits. */
void show_extra(struct plane *p, struct client *c, const void *fields, size_t len);
void show_extras(struct plane *p);
void show_pong(struct plane *p, struct client *c, uint32_t client_ms);
void show_status(struct plane *p, struct client *c);
void show_news(struct plane *p, uint32_t cell, const void *fields, size_t len);
void show_chat(struct plane *p, uint32_t zone, const void *fields, size_t len);
void show_enter(struct plane *p, const struct plane_order *o);
/* What waits for a client that ends, and its view. */
void show_forget(struct plane *p, struct client *c);
/* Every session has to be bound in the new world; those that are bound in it already go on. */
void show_new_world(struct plane *p);

#endif
