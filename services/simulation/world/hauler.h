/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_HAULER_H
#define WORLD_HAULER_H

/*
 * Ships of the guilds: held by the economy like a player's, sent on a voyage by its baton, flown by
 * the kernel. A place in the roster waits for each; where the way is dangerous an escort, which the
 * economy does not know, flies with it. Tick thread only.
 */
#include "state.h"

/* Places for the ships of all guilds, each followed by one for its escort. */
void hauler_roster(struct world *w);

/* A free place for the ship of a baton, or NO_NPC. */
uint32_t hauler_place(const struct world *w, const struct world_baton *b);

/* The ship of the baton is at its place of departure: it takes the roster's place and leaves. */
void hauler_board(struct world *w, uint32_t npc, uint32_t slot, const struct world_baton *b);

/* A new roster has replaced the old one: takes over a hauler that flies, as it was in the old. */
void hauler_keep(struct world *w, const struct npc *was, const struct world_config *old);

/* One decision each; the NPC is in space. */
void hauler_think(struct world *w, uint32_t npc);
void escort_think(struct world *w, uint32_t npc);

#endif
