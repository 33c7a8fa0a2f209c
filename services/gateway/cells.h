/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gateway knows of the world: for each cell that is not empty a ring of its newest
 * snapshot and the deltas behind it, as slices of the bundles they came in. Owns the bundles as
 * long as a slice refers to them, all within fixed numbers. Data plane's thread; must never know
 * what is in a slice (but for whether somebody left the cell) nor who reads it.
 */
#ifndef GATEWAY_CELLS_H
#define GATEWAY_CELLS_H

#include <st/base.h>
#include <st/bus.h>

struct cells;
struct parcel; /* a bundle, counted by those who refer to it */

struct ring_slice {
    struct ring_slice *next;
    struct parcel *parcel;
    struct st_slice bytes; /* a complete field of ServerFrame */
    uint32_t tick;
};

struct ring {
    uint32_t cell;
    bool has_snapshot;
    struct ring_slice snapshot;
    struct ring_slice *first,
        *last;          /* deltas by rising tick, some of them older than the snapshot */
    uint32_t base_tick; /* the snapshot's, or the tick at which the cell was known to be empty */
    uint32_t complete_from; /* every delta from this tick on is here */
    uint32_t gone_tick;     /* tick of the newest delta in which somebody left */
};

struct cells *cells_new(uint32_t rings_max, uint32_t slices_max, uint32_t parcels_max);
void cells_free(struct cells **c);

/* A bundle with one reference, for cells_parcel_put; NULL (and the bundle freed) when there are too
 * many. heap: a block of st_alloc. */
struct parcel *cells_parcel(struct cells *c, struct st_bus_msg *take_msg);
struct parcel *cells_parcel_heap(struct cells *c, void *take_block, size_t len);
void cells_parcel_put(struct cells *c, struct parcel *p);

/* ST_EFULL: nothing was kept; the cell's ring is no longer complete and was dropped. */
int cells_delta(struct cells *c, uint32_t cell, uint32_t tick, struct parcel *p,
                struct st_slice bytes) ST_MUST_CHECK;
/* Replaces the ring's snapshot unless it has a newer one. */
int cells_snapshot(struct cells *c, uint32_t cell, uint32_t tick, struct parcel *p,
                   struct st_slice bytes) ST_MUST_CHECK;
/* The ring of a cell; NULL = the cell is empty. */
const struct ring *cells_ring(const struct cells *c, uint32_t cell);
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
