/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data plane: a thread of its own that owns every socket, every view and the batches of inputs.
 * It hears the world from the bus's delivery thread and orders from the loop, both by mailbox, and
 * answers the loop with notes. Must never wait for the loop, the bus or a client.
 */
#ifndef GATEWAY_PLANE_H
#define GATEWAY_PLANE_H

#include "gateway.h"

#include <st/bus.h>
#include <st/loop.h>

struct plane;

struct plane_options {
    struct st_loop *loop;  /* notes arrive here */
    const char *instance;  /* this gateway's name */
    const char *in;        /* subject of the input batches */
    struct st_bus *rt_out; /* carries them */
    uint32_t shard;
    uint32_t connections_max;
    uint32_t inputs_per_s, inputs_burst;
    uint32_t messages_per_s, messages_burst;
    uint32_t hello_ms, ping_ms, idle_ms, stall_ms; /* deadlines of a client */
    uint32_t load_max_pm; /* busy share of its time above which frames come slower; 0 = usual */
    bool send_plain;      /* a system call for each frame, though io_uring may be there */
    uint32_t client_bytes_per_s; /* that a view may need before far cells come less often */
    void (*on_note)(void *ctx, struct loop_note *note);       /* loop thread; lent */
    void (*on_socket_closed)(void *ctx, const char *address); /* data plane's thread */
    void *ctx;
};

/* What the newest marker said; any thread. */
struct plane_pulse {
    uint32_t tick, world_epoch, ships;
    uint64_t config_revision;
    uint64_t age_ms; /* since it arrived; UINT64_MAX = none yet */
    uint32_t clients;
};

struct plane *plane_new(const struct plane_options *o);
/* Begins the thread. */
void plane_start(struct plane *p);
/* After NOTE_DRAINED, or when it was never started. */
void plane_free(struct plane **p);

/* Any thread; the order is a block of st_alloc and the plane's from here. When too many wait it is
 * dropped: an adopted socket is closed, all else is counted. */
void plane_order(struct plane *p, struct plane_order *take_order);
/* An order with `len` bytes of data, to be filled and given to plane_order. */
struct plane_order *plane_order_new(enum plane_order_kind kind, uint32_t sid, const void *data,
                                    size_t len);
/* For st_bus_subscribe_raw: world and own messages; ctx is the plane. */
void plane_bus_message(void *ctx, struct st_bus_msg *take_msg);
void plane_pulse(const struct plane *p, struct plane_pulse *out);

#endif
