/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world as clients read it: encodes a cell's changes, a cell's full state, a pilot's own state
 * and private events as complete fields of ServerFrame, byte by byte, so that gateways and clients
 * share the bytes. Owns scratch memory only; runs on the tick thread; must never know of sessions,
 * gateways or the bus. Everything that does not fit sets the overflow of the buffer given.
 */
#ifndef SIMULATION_FRAME_H
#define SIMULATION_FRAME_H

#include <st/buf.h>
#include <world/world.h>

struct frame;

struct frame *frame_new(const struct world_limits *limits);
void frame_free(struct frame **f);
/* Bytes of scratch memory for these limits. */
size_t frame_size(const struct world_limits *limits);

/* Field `delta` for what changed in a cell: in the last tick, or over a window of ticks. */
void frame_delta(struct frame *f, const struct world *w, const struct world_cell *c,
                 struct st_buf *out);

/* Field `snapshot`: every member of the cell, its live shots, and the digest. */
void frame_snapshot(struct frame *f, const struct world *w, uint32_t cell, struct st_buf *out);

/* Field `density`: ships by sector. */
enum { FRAME_DENSITY_MAX = 512 }; /* bytes */
void frame_density(struct frame *f, const struct world *w, struct st_buf *out);

/* The digest of a snapshot for entities in ascending id order: start with FRAME_DIGEST. */
#define FRAME_DIGEST 2166136261u
uint32_t frame_digest(uint32_t digest, uint32_t id, const struct flight *at);

/* Cell of a position in k; the cells of the play square, by index 0 to WORLD_CELLS - 1. */
uint32_t frame_cell(int32_t x, int32_t y);
uint32_t frame_cell_at(uint32_t index);
uint32_t frame_cell_index(uint32_t cell);

/* Field `own`; slack_ms: of the input that was applied in this tick, else ignored. */
void frame_own(const struct world *w, const struct world_own *own, bool station_silent,
               uint32_t slack_ms, struct st_buf *out);

/* Field `private` for a note; nothing for notes that own state or other events tell. */
void frame_note(const struct world *w, const struct world_own *own, const struct world_note *note,
                struct st_buf *out);
/* Field `private` for the loss of a ship, as its pilot and as its killer read it. */
void frame_destroyed(const struct world_hard *hard, struct st_buf *out);
void frame_kill(const struct world_hard *hard, struct st_buf *out);
/* Field `private` for a movement of credits. */
void frame_booked(uint32_t tick, int64_t credits, int64_t balance, const char *kind,
                  struct st_buf *out);

#endif
