/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shard at work: the tick thread with its absolute deadlines, the rings and mailboxes around it
 * and the checkpoints. Made, started and stopped on the loop thread; everything between start and
 * stop goes through the rings and mailboxes. Must never publish: that is the sender's and the loop
 * thread's work.
 */
#ifndef SIMULATION_SHARD_H
#define SIMULATION_SHARD_H

#include <st/bus.h>
#include <st/mailbox.h>

#include "turn.h"

enum {
    SHARD_TICK_MS = 1000 / WORLD_TICK_HZ,
    SHARD_BUS_DOWN_MS = 250, /* longer without the bus: the world stands still */
    SHARD_ASKS_MAX = 4096,
    SHARD_CHECKPOINT_TICKS = WORLD_TICK_HZ,
    SHARD_INTAKE_BYTES = 8 << 20,
    SHARD_OUT_BYTES = 32 << 20,
    SHARD_EVENT_BYTES = 1 << 20,
};

struct shard_options {
    uint32_t shard;
    const char *system; /* its name, kept */
    bool npcs;
    const char *state_dir;
    struct world_limits limits;
    struct st_loop *loop;
    /* Asked by the tick thread: since when is the connection down. */
    const struct st_bus *rt_out, *rt_in;
    /* Loop thread: a question has come back answered. */
    void (*on_answer)(void *ctx, struct ask *take_ask);
    /* Loop thread: hard events are to be published; take them with shard_event. */
    void (*on_events)(void *ctx);
    /* Loop thread: another process owns the shard now. */
    void (*on_fenced)(void *ctx);
    void *ctx;
};

struct shard;

/* Takes all memory. */
struct shard *shard_new(const struct shard_options *options);
void shard_free(struct shard **s);
size_t shard_size(const struct shard_options *options);

/* Memory for the world, of world_size(limits). */
void *shard_world_memory(struct shard *s);
/* Starts the tick thread with a world in that memory. */
void shard_start(struct shard *s, struct world *w);
/* Any thread: somebody else owns the shard; no further tick, no further checkpoint. */
void shard_abandon(struct shard *s);
/* Ends it; the last checkpoint is on the disk afterwards unless another process owns the shard. */
void shard_stop(struct shard *s);

/* Any thread; the question is the shard's until it comes back. ST_EFULL: it stays the caller's. */
int shard_ask(struct shard *s, struct ask *take_ask) ST_MUST_CHECK;
/* Any thread: how long the oldest hard event has been waiting for its answer. */
uint64_t shard_waiting_ms(const struct shard *s);
struct ring *shard_intake(struct shard *s);
struct ring *shard_out(struct shard *s);
/* Loop thread: next event to publish, lent until shard_event_done; NULL if there is none. */
const struct turn_event *shard_event(struct shard *s);
void shard_event_done(struct shard *s);

#endif
