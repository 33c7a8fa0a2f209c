/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gateway knows of the world: for each cell that is not empty a ring of its newest
 * snapshot and the deltas behind it, as slices of the bundles they came in; the deltas in a list
 * for each tier. Owns the bundles as long as a slice refers to them, all within fixed numbers. Data
 * plane's thread; must never know what is in a slice (but for whether somebody left the cell, or
 * fired) nor who reads it.
 */
#ifndef GATEWAY_CELLS_H
#define GATEWAY_CELLS_H

#include "gateway.h"

#include <st/base.h>
#include <st/bus.h>

struct cells;
struct parcel; /* a bundle, counted by those who refer to it */

struct ring_slice {
    struct ring_slice *next, *prev;
    struct parcel *parcel;
    struct st_slice bytes; /* a complete field of ServerFrame */
    uint32_t tick;
};

/* Deltas of one tier by rising tick, some of them older than the snapshot. */
struct ring_list {
    struct ring_slice *first, *last;
    uint32_t complete_from; /* every delta from this tick on is here */
    uint32_t heat;          /* bytes, decaying: see ring_rate */
    uint32_t heat_tick;
};

/* A crowded cell: what its entities do is in the lists of its leaves (leaf x + 8 * y), the lists of
 * the ring say only who enters and who is gone. */
struct crowd {
    uint32_t id;
    uint64_t used[GATEWAY_TIERS]; /* leaves whose list is not empty */
    struct ring_list list[GATEWAY_LEAVES][GATEWAY_TIERS];
};

struct ring {
    uint32_t cell;
    bool has_snapshot;
    struct ring_slice snapshot;
    struct ring_list list[GATEWAY_TIERS]; /* complete_from holds for those of the leaves, too */
    struct crowd *crowd;                  /* NULL: the cell is told as a whole */
    uint32_t base_tick;   /* the snapshot's, or the tick at which the cell was known to be empty */
    uint32_t rolled_tick; /* of the newest rolling snapshot; windows end with it, modulo their
                             length; 0 = none yet */
    uint32_t gone_tick;   /* tick of the newest delta in which somebody left */
};

/* What most looks at a cell need: those of a row of cells lie side by side. */
struct head {
    uint32_t newest[GATEWAY_TIERS]; /* tick of a tier's newest delta; 0 = none */
    uint32_t snapshot_tick, rolled_tick;
    bool plain; /* there is a ring, told as a whole, and it is known when its windows end */
};

/* What has happened in a cell and the eight around it. */
struct near {
    uint32_t moved; /* newest tick of a delta; 0 = never */
    uint32_t fired; /* and of one with shots or hits in the cell itself */
};

struct cells *cells_new(uint32_t rings_max, uint32_t slices_max, uint32_t parcels_max);
void cells_free(struct cells **c);

/* A bundle with one reference, for cells_parcel_put; NULL (and the bundle freed) when there are too
 * many. heap: a block of st_alloc. */
struct parcel *cells_parcel(struct cells *c, struct st_bus_msg *take_msg);
struct parcel *cells_parcel_heap(struct cells *c, void *take_block, size_t len);
void cells_parcel_put(struct cells *c, struct parcel *p);

/* A slice that covers `window` ticks: 1, 4 or 10; others are passed over. part: 0 = the cell, else
 * a leaf + 1. ST_EFULL: nothing was kept; the cell's ring is no longer complete and was dropped. */
int cells_delta(struct cells *c, uint32_t cell, uint32_t part, uint32_t tick, uint32_t window,
                struct parcel *p, struct st_slice bytes) ST_MUST_CHECK;
/* Replaces the ring's snapshot unless it has a newer one. rolled: it came in its turn. */
int cells_snapshot(struct cells *c, uint32_t cell, uint32_t tick, bool rolled, struct parcel *p,
                   struct st_slice bytes) ST_MUST_CHECK;
/* The ring of a cell; NULL = the cell is empty. */
const struct ring *cells_ring(const struct cells *c, uint32_t cell);
const struct head *cells_head(const struct cells *c, uint32_t cell);
/* First delta after a tick, NULL = none. */
const struct ring_slice *ring_after(const struct ring_list *l, uint32_t tick);
/* Bytes per second that a list has had lately. */
uint32_t ring_list_rate(const struct ring_list *l, uint32_t tick);
/* Bytes per second that a tier of the cell has had lately, snapshots included, leaves not. */
uint32_t ring_rate(const struct ring *r, uint32_t tier, uint32_t tick);
/* The rolling snapshot of that tick is told to clients. */
bool ring_is_rolled(const struct ring *r, uint32_t tick);
/* The deltas of the upper tiers are told: windows are heard of, and when those of the cell end. */
bool cells_windowed(const struct cells *c, uint32_t rolled_tick, uint32_t tick);
/* The last tick up to `tick` at which a window of the tier ended. */
uint32_t ring_window_end(const struct ring *r, uint32_t tier, uint32_t tick);
uint32_t head_window_end(const struct head *h, uint32_t tier, uint32_t tick);
/* Every window of the tier that ends after that tick is here, those of the leaves included. */
bool ring_is_complete(const struct ring *r, uint32_t tier, uint32_t after);
/* Around a cell; never NULL. */
const struct near *cells_near(const struct cells *c, uint32_t cell);
/* Somebody left after the base: the base with its deltas could resurrect who is elsewhere now. */
bool ring_is_stale(const struct ring *r);
/* The snapshots of every cell that was not empty at `tick` have been given: what has none was empty
 * then, and nothing before counts. */
void cells_synced(struct cells *c, uint32_t tick);
/* Drops deltas that nobody needs any more and rings without a recent snapshot. */
void cells_age(struct cells *c, uint32_t tick);
/* Forgets everything: another world, or a gap. */
void cells_reset(struct cells *c);

uint32_t cells_count(const struct cells *c);
/* Bytes of bundles pinned by slices. */
size_t cells_pinned(const struct cells *c);

#endif
