/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed in a cell over a window of ticks, for those who look from afar: each entity once,
 * with the newest state, however often it changed. Owns the memory of the last ticks, all of it
 * allocated at the start; runs on the tick thread; must never know the wire, gateways or clients.
 *
 * Windows of one length tile the time of a cell and end on the ticks of its rolling snapshot,
 * modulo their length, so that a snapshot never says anything that a window has not said.
 */
#ifndef SIMULATION_WINDOW_H
#define SIMULATION_WINDOW_H

#include <world/world.h>

/* Lengths in ticks; both divide EMIT_ROLL_TICKS. */
enum {
    WINDOW_NEAR = 4, /* tier 1: five times a second */
    WINDOW_FAR = 10, /* tier 2: twice a second, without shots and hits */
};

struct window;

struct window *window_new(const struct world_limits *limits);
void window_free(struct window **v);
size_t window_size(const struct world_limits *limits);

/* Before the first tick of a world. */
void window_open(struct window *v);
/* After each world_step: remembers what the tick changed. */
void window_take(struct window *v, const struct world *w);
/* These of the index-th cell count as changed in this tick, besides what the world says. */
void window_mark(struct window *v, const struct world *w, uint32_t index, const uint32_t *ids,
                 uint32_t n);
/* The tick that was taken last has a record of the entity. */
bool window_has(const struct window *v, const struct world *w, uint32_t id);
/* Anything happened in the index-th cell in the last `ticks` ticks. */
bool window_touched(const struct window *v, const struct world *w, uint32_t index, uint32_t ticks);
/* What the last `ticks` ticks (WINDOW_NEAR or WINDOW_FAR) changed in the index-th cell of the play
 * square; lists are lent until the next call. False: nothing. Who is a member now is not in `gone`,
 * though it may have been away; who has changed after it entered is in both lists. */
bool window_cell(struct window *v, const struct world *w, uint32_t index, uint32_t ticks,
                 struct world_cell *out);

#endif
