/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the data plane: shared by plane.c (thread, mailboxes), client.c (a socket's life and
 * its messages) and show.c (what clients are told), included by nobody else. Data plane's thread.
 */
#ifndef GATEWAY_PLANE_PRIVATE_H
#define GATEWAY_PLANE_PRIVATE_H

#include "admit.h"
#include "conn.h"
#include "outlet.h"
#include "plane.h"
#include "stream.h"
#include "view.h"

#include <st/mailbox.h>
#include <st/pool.h>
#include <st/stat.h>

#include <pthread.h>
#include <stdatomic.h>

enum client_state {
    CLIENT_HELLO,    /* connected, has not said who it is */
    CLIENT_ENTERING, /* the loop asks for it: ticket, bind, where */
    CLIENT_LIVE,     /* bound: inputs count, frames flow */
    CLIENT_CLOSING,  /* the close frame is out */
};

struct client {
    uint32_t sid;
    enum client_state state;
    struct conn conn;
    struct view view;
    char address[ST_NETADDR_TEXT_MAX];
    bool introduced;      /* the loop knows it */
    bool wants_out;       /* EPOLLOUT is asked for */
    uint8_t phase;        /* of its ship */
    uint32_t last_seq;    /* highest input that was passed on */
    uint32_t world_epoch; /* it is bound in */
    uint32_t strikes;     /* thousandths */
    uint64_t strikes_ms, state_ms, pinged_ms, resync_ms;
    struct bucket messages, inputs;
    struct st_buf own;    /* newest own section, not sent yet */
    struct st_buf events; /* private events of sections that were overtaken */
    struct st_buf extra;  /* answers, news, welcome */
};

struct plane_stats {
    struct st_counter *frames, *bytes, *skipped, *slow, *gaps, *lates, *bundles, *world_dropped,
        *orders_dropped, *refused;
    struct st_counter *inputs, *inputs_rate, *inputs_seq, *inputs_state, *malformed, *messages_rate;
    struct st_counter *opened, *closed[16];
    struct st_gauge *clients, *live, *backlog, *pinned, *rings;
    struct st_histogram *send_seconds, *frame_bytes;
};

struct plane {
    struct plane_options o;
    pthread_t thread;
    bool started;
    struct st_mailbox *world, *orders, *notes;
    int epoll;
    struct st_pool *clients;
    struct stream stream;
    struct batch *batch;
    struct outlet *outlet;
    struct view_wanted wanted;
    struct st_arena arena;
    struct st_buf out; /* frames of one client */
    struct st_buf scratch;
    uint64_t now_ms, next_beat_ms, beats;
    uint64_t heartbeat_ms, status_ms, asked_ms;
    bool asked, asked_whole; /* a SnapshotRequest is under way */
    uint32_t flags;          /* STATUS_* of the loop */
    bool paused;             /* the world stands still */
    uint64_t revision;
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
/* Sends whole frames and looks after EPOLLOUT; false: the client has ended. */
bool client_send(struct plane *p, struct client *c, const struct st_buf *frames);
/* Says goodbye; the socket goes a little later. code CLOSE_GONE: it has gone already. */
void client_end(struct plane *p, struct client *c, uint16_t code, const char *reason);
void client_free(struct plane *p, struct client *c);
/* Deadlines: hello, idle, slow, closing. */
void client_check(struct plane *p, struct client *c);

/* show.c */
void show_own_bundle(struct plane *p, struct st_bus_msg *take_msg);
void show_tick(struct plane *p);
/* Appends fields to what the client is told next; ends it when too much waits. */
void show_extra(struct plane *p, struct client *c, const void *fields, size_t len);
void show_extras(struct plane *p);
void show_pong(struct plane *p, struct client *c, uint32_t client_ms);
void show_status(struct plane *p, struct client *c);
void show_news(struct plane *p, uint32_t cell, const void *fields, size_t len);
void show_enter(struct plane *p, const struct plane_order *o);

#endif
