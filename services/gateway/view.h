/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one client sees: which cells, up to which tick it knows each, at which tier it is told, and
 * the frames that tell it the rest. Owns no memory beyond its struct. Data plane's thread; must
 * never know the socket, and decodes no slice.
 *
 * A cursor per cell is all that is known of a client's knowledge. What is behind it is told by
 * deltas while the ring has them all, else by the cell's snapshot and the deltas behind that: who
 * comes late, what was lost and who is slow are one mechanism. Two rules keep the dead dead: a
 * snapshot with deltas behind it is told in a frame before theirs, together with all that is not
 * younger; and no snapshot is told after which somebody left its cell. And nothing is told that is
 * older than what another cell has told already, so a tier changes only where that holds.
 */
#ifndef GATEWAY_VIEW_H
#define GATEWAY_VIEW_H

#include "cells.h"
#include "gateway.h"
#include "scrap.h"

/* Cursors that are no ticks. */
enum {
    CURSOR_NOTHING = 0, /* the client knows nothing of the cell */
    CURSOR_LOST = 1,    /* what it knows may be wrong */
};

/* A crowded cell next to the client, whose leaves have tiers of their own: a bit for each leaf. */
struct view_leaves {
    uint64_t mid, far; /* in tier 1, in tier 2; the others in 0 */
};

struct view_crowd {
    uint32_t cell;
    struct view_leaves told, wanted;
};

struct view {
    uint32_t centre;
    uint16_t leaf_x, leaf_y;         /* of the client, counted over the world */
    uint16_t assigned_x, assigned_y; /* where it was when the tiers were chosen */
    uint32_t frame_tick;             /* of the last frame with a world part or own state */
    uint8_t count;
    uint8_t coarser; /* tiers that a slow client is told below those that it has */
    bool placed;
    bool changed; /* the client has not been told of the set yet */
    bool dropped; /* nor of cells that went out of sight */
    bool waiting; /* a cell is to be told as soon as there is a snapshot of it */
    uint32_t assigned_tick;
    uint32_t built_tick; /* up to here tier 0 is known, and of the others the last window's end */
    uint8_t crowds_n;
    struct view_crowd crowd[GATEWAY_VIEW_CROWDS];
    uint8_t tier[GATEWAY_VIEW_CELLS];    /* wanted */
    uint8_t told[GATEWAY_VIEW_CELLS];    /* in force: it changes between two windows */
    uint32_t cell[GATEWAY_VIEW_CELLS];   /* rising */
    uint32_t cursor[GATEWAY_VIEW_CELLS]; /* tick up to which the client knows it */
};

/* What a frame says besides the cells; own, density, events and extra are complete fields
 * of ServerFrame; density alone is no reason for a frame. */
struct view_frame {
    uint32_t tick, world_epoch, dilation_pm;
    bool synced; /* the cells are known: a cell without a ring is empty */
    struct st_slice own, density;
    const struct scraps *scraps;
    struct scrap events, extra;
};

/* Cells whose snapshot would help; at most GATEWAY_WANTED_MAX, each once. */
struct view_wanted {
    uint32_t cell[GATEWAY_WANTED_MAX];
    uint32_t count;
};

/* Forgets everything, as for a new client or a new world. */
void view_init(struct view *v);
/* The own ship (or resting place) is in this cell: 5x5 around it come in, what is outside of 7x7
 * goes. */
void view_place(struct view *v, uint32_t cell);
/* Where the client is in its cell, in leaves of the world. */
void view_stand(struct view *v, uint32_t leaf_x, uint32_t leaf_y);
/* The client must be told everything again. */
void view_resync(struct view *v);
/* The view includes the cell. */
bool view_has(const struct view *v, uint32_t cell);
/* Distance of a cell of the view from its centre, in cells. */
uint32_t view_distance(const struct view *v, uint32_t cell);

/* Chooses the tiers anew when the view has changed or a second has passed: every change in the
 * cells nearest (of a crowded one: in the leaves nearest), less often farther away, and less again
 * where the bytes of all that is nearer have used up the budget (bytes per second). */
void view_assign(struct view *v, const struct cells *c, uint32_t tick, uint32_t budget);

/*
 * Appends none, one or two WebSocket frames; true if there were any. Nothing new = no frame, unless
 * the last one was GATEWAY_QUIET_TICKS ago. Afterwards the client counts as told.
 */
bool view_build(struct view *v, const struct cells *c, const struct view_frame *f,
                struct view_wanted *wanted, struct st_buf *out);
/* A frame with only the given fields. */
void view_build_plain(const struct view_frame *f, struct st_buf *out);

#endif
