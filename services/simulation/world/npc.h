/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_NPC_H
#define WORLD_NPC_H

/*
 * The people of the world: haulers on their routes, raiders in packs, patrols, training drones.
 * State machines of integers that fly by the same controls as pilots. Tick thread only; they never
 * know what a pilot has not shown.
 */
#include "state.h"
#include "zone.h"

/* One more place in the roster; NULL when it is full. */
struct npc *npc_add(struct world *w, uint32_t kind);

/* Makes the roster that the configuration asks for; nobody is in space yet. */
void npc_init(struct world *w);

/* A new configuration: keeps the roster if it is the same, else a new one begins: haulers fly on,
 * all others go. */
void npc_config(struct world *w, const struct world_config *old);

/* True when a saved NPC names only what exists. */
bool npc_sane(const struct world *w, const struct npc *n);

/* Controls of every NPC, arrivals and returns. */
void npc_step(struct world *w);

/* An NPC's ship was hit, or leaves space. Other ships are passed over. */
void npc_hit(struct world *w, uint32_t slot, const struct culprit *by);
void npc_gone(struct world *w, uint32_t slot);

/* A training drone ahead of a newcomer's ship that has just undocked. */
void npc_drone(struct world *w, uint32_t slot);

#endif
