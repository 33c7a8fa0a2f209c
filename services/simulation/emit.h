/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tick tells the gateways: its changed cells, the snapshots that are due, the own states of
 * each gateway's sessions, and the marker that ends it, in this order, into the ring of the thread
 * that publishes. Owns sequence numbers and scratch memory; tick thread only; must never know the
 * bus: a ring without room costs a sequence number, and the receiver sees the gap.
 */
#ifndef SIMULATION_EMIT_H
#define SIMULATION_EMIT_H

#include <world/world.h>

#include "ring.h"
#include "session.h"

enum {
    EMIT_BLOB_MAX = 900000, /* bytes of slices in a bundle; the bus takes 1 MiB messages */
    EMIT_MESSAGE_MAX = 1000000,
    EMIT_ROLL_TICKS = 40,       /* the snapshot of a cell that is not empty comes once in so many */
    EMIT_OWN_TICKS = 20,        /* each session's own state at least once in so many ticks ... */
    EMIT_OWN_FLYING_TICKS = 10, /* ... and of those who fly */
    EMIT_DENSITY_TICKS = 40,    /* from one word on where ships are to the next */
    EMIT_EVENTS_MAX = 65536,    /* private events of a tick */
    EMIT_BOOKED_MAX = 1024,     /* movements of credits between two ticks */
};

enum emit_kind { EMIT_DELTA, EMIT_SNAPSHOT, EMIT_OWN, EMIT_TICK };

/* A record of the ring: this, then the encoded message. */
struct emit_head {
    uint32_t kind;                      /* enum emit_kind */
    char gateway[GATEWAY_NAME_MAX + 1]; /* OWN */
};

struct emit_stats { /* of the last tick */
    uint32_t delta_bytes, snapshot_bytes, own_bytes;
    uint32_t dropped; /* messages for which the ring had no room */
};

struct emit;

struct emit *emit_new(const struct world_limits *limits, uint32_t shard, struct ring *out);
void emit_free(struct emit **e);
size_t emit_size(const struct world_limits *limits);

/* Before the first tick of a world: sequence numbers start again. */
void emit_open(struct emit *e, uint32_t epoch, uint64_t config_revision);
void emit_config(struct emit *e, uint64_t config_revision);
/* Entities of a cell from which on it is told in leaves; LEAF_SPLIT_MIN at first. */
void emit_split_at(struct emit *e, uint32_t members);
/* Speed of the world that every marker says from now on, per mille; 1000 at first. */
void emit_dilation(struct emit *e, uint32_t pm);
/* Credits of a pilot moved; told with the next tick. Dropped when too many wait. */
void emit_booked(struct emit *e, uint32_t pilot, int64_t credits, int64_t balance,
                 const char *kind);

/* After world_step. station_silent: docks are closed. */
void emit_tick(struct emit *e, const struct world *w, struct sessions *s, bool station_silent,
               struct emit_stats *stats);

/* The answer to a SnapshotRequest into `out`; cells_n 0 = every cell that is not empty. Cells that
 * do not fit one message are left to the rolling snapshots. Returns its length. */
size_t emit_snapshot_reply(struct emit *e, const struct world *w, const uint32_t *cells,
                           uint32_t cells_n, uint8_t *out, size_t cap);

#endif
