/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_PACK_H
#define WORLD_PACK_H

/*
 * Packs of raiders: how many there are, where they lurk, when they come and go. Two more of them
 * wait for a blockade; these alone hunt in guarded space, near the station they lie in wait for.
 * Tick thread only; what one raider does is raider.c's.
 */
#include "state.h"

/* The packs of all zones, and those of a blockade, with places in the roster for their raiders. */
void packs_roster(struct world *w);

/* Packs appear, move on and come back; a blockade ends. */
void packs_step(struct world *w);

/* The pack that a raider belongs to. */
const struct pack *pack_of(const struct world *w, const struct npc *n);

/* How far from its place the pack's raiders lurk, u. */
uint32_t pack_reach_u(const struct pack *p);

/* True when the blockade that the pack came for is over: its raiders go home. */
bool pack_is_over(const struct world *w, const struct pack *p);

/* True where a raider of the pack hunts although the space is guarded. */
bool pack_is_bold(const struct world *w, const struct pack *p, const struct unit *u);

#endif
