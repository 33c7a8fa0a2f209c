/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_SESSION_H
#define WORLD_SESSION_H

/*
 * Pilots: who is bound, what they sent since the last tick, where their ship is. Tick thread only;
 * knows nothing of sockets or tickets.
 */
#include "state.h"

/* Record of a player, made when there is none; WORLD_NOBODY when all records are needed. */
uint32_t pilot_of(struct world *w, uint32_t player);

/* Ties pilot and ship: phase FLYING, linkdead when nobody is bound. */
void pilot_board(struct world *w, uint32_t pilot, uint32_t slot);

/* The pilot has no ship here any more and is in another phase now. */
void pilot_leave(struct world *w, uint32_t pilot, enum world_phase phase, uint32_t station,
                 int32_t x, int32_t y);

/* Applies what came in since the last step, silences who sent nothing, wakes the dead. */
void session_step(struct world *w);

/* Answers an action of a pilot. */
void session_answer(struct world *w, uint32_t pilot, uint32_t request, enum world_refusal code,
                    uint32_t value, uint32_t station);

#endif
