/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often a client needs a frame: 20 per second in a fight, 10 with movers near, 4 alone,
 * 1 at rest. Pure; must never know sockets or load.
 */
#ifndef GATEWAY_CADENCE_H
#define GATEWAY_CADENCE_H

#include "cells.h"

/* Ticks between two frames. */
enum cadence { CADENCE_FIGHT = 1, CADENCE_MOVERS = 2, CADENCE_ALONE = 5, CADENCE_REST = 20 };

enum {
    CADENCE_FIGHT_TICKS = 40,  /* for so long after shots or hits in the own cell */
    CADENCE_MOVERS_TICKS = 20, /* for so long after a change near */
    CADENCE_EXACT_TICKS = 3,   /* intervals up to this are never exceeded */
};

/* combat: the own ship is in a fight; rests: docked or parked. */
enum cadence cadence_of(const struct near *n, bool rests, bool combat, uint32_t tick);
/* A frame is due at this tick: `since` ticks after the last one, staggered by a number that differs
 * from client to client. */
bool cadence_due(uint32_t interval, uint32_t since, uint32_t tick, uint32_t stagger);

#endif
