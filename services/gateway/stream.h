/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world stream of one shard: takes bundles and markers in the order of their arrival, fills the
 * cells, sees gaps by the sequence numbers, knows when a tick is complete. Owns the cells. Data
 * plane's thread; must never know clients.
 */
#ifndef GATEWAY_STREAM_H
#define GATEWAY_STREAM_H

#include "bundle.h"
#include "cells.h"

struct stream {
    struct cells *cells;
    uint32_t shard;
    uint32_t world_epoch; /* 0 = nothing heard yet */
    uint32_t delta_seq, snapshot_seq;
    bool joined;      /* the sequence numbers are known */
    bool synced;      /* every cell that is not empty is known */
    bool pending;     /* the marker's tick was not shown yet */
    bool resync;      /* set by a sync: all that clients know is to be told again */
    uint32_t own_seq; /* of the newest own bundle */
    struct tick_marker marker;
    uint64_t pending_ms; /* arrival of the first marker that is pending */
    uint64_t marker_ms;  /* arrival of the newest marker, 0 = none */
    uint32_t lost_tick;  /* newest tick of which something is missing */
    uint64_t gaps, lates, refused;
    uint32_t density_tick; /* of the marker that said where ships are; 0 = none yet */
    uint32_t density_len;
    uint8_t density[BUNDLE_DENSITY_MAX]; /* a field of ServerFrame */
};

enum stream_event {
    STREAM_NOTHING,
    STREAM_EPOCH, /* the world was opened anew: world_epoch has risen */
};

void stream_init(struct stream *s, uint32_t shard);
void stream_fini(struct stream *s);

/* A message of `world.<system>.s<shard>.{delta,snapshot,tick}` (leaf); takes the message. */
enum stream_event stream_take(struct stream *s, const char *leaf, struct st_bus_msg *take_msg,
                              uint64_t now_ms);
/* The answer to a SnapshotRequest, a block of st_alloc; whole: every cell was asked for. */
void stream_take_snapshot(struct stream *s, void *take_block, size_t len, bool whole);
/* An own bundle of that epoch and sequence number has been taken. False: it is of another world. */
bool stream_own(struct stream *s, uint32_t world_epoch, uint32_t seq);

/* The pending tick may be shown: all that its marker names is there, or it has waited long enough.
 * own: this gateway has sessions that the tick may speak of. Clears `pending` when true. */
bool stream_ready(struct stream *s, bool own, uint64_t now_ms);
/* ms until a pending tick is shown at the latest; -1 = nothing is pending. */
int stream_wait_ms(const struct stream *s, uint64_t now_ms);

#endif
