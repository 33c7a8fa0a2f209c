/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one client sees: which cells, up to which tick it has been told about each, and the frames
 * that tell it the rest. Owns no memory beyond its struct. Data plane's thread; must never know the
 * socket, and decodes no slice.
 *
 * A client's knowledge is one tick, `sent_tick`, for all cells but the fresh ones. A fresh cell is
 * told by its snapshot, in a frame of its own, so that the deltas behind it come after it.
 */
#ifndef GATEWAY_VIEW_H
#define GATEWAY_VIEW_H

#include "cells.h"
#include "gateway.h"

#include <st/buf.h>

enum view_state {
    VIEW_KNOWN,
    VIEW_FRESH, /* the client knows nothing of the cell */
    VIEW_BLANK, /* what the client knows may be wrong */
};

struct view {
    uint32_t cell[GATEWAY_VIEW_CELLS]; /* rising */
    uint8_t state[GATEWAY_VIEW_CELLS]; /* enum view_state */
    uint8_t count;
    bool placed;
    bool changed; /* the client has not been told of the set yet */
    uint32_t centre;
    uint32_t sent_tick;
    uint32_t frame_tick; /* of the last frame with a world part or own state */
};

/* What a frame says besides the cells; slices are complete fields of ServerFrame. */
struct view_frame {
    uint32_t tick, world_epoch, dilation_pm;
    bool synced; /* the cells are known: a cell without a ring is empty */
    struct st_slice own, events, extra;
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
/* The client must be told everything again. */
void view_resync(struct view *v);
/* The view includes the cell. */
bool view_has(const struct view *v, uint32_t cell);

/*
 * Appends none, one or two WebSocket frames; true if there were any. Nothing new = no frame, unless
 * the last one was GATEWAY_QUIET_TICKS ago. Afterwards the client counts as told.
 */
bool view_build(struct view *v, const struct cells *c, const struct view_frame *f,
                struct view_wanted *wanted, struct st_buf *out);
/* A frame with only the given fields. */
void view_build_plain(const struct view_frame *f, struct st_buf *out);

#endif
