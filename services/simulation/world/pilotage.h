/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_PILOTAGE_H
#define WORLD_PILOTAGE_H

/*
 * How NPCs handle a ship: going somewhere, fighting, finding others. They set the same wishes that
 * a pilot's input sets. Tick thread only.
 */
#include "state.h"

enum npc_state {
    NPC_ABSENT = 0,
    NPC_CRUISE, /* hauler: along its route; patrol: along its beat */
    NPC_EVADE,  /* hauler: to the nearest safe place */
    NPC_SCAN,   /* patrol */
    NPC_ATTACK, /* patrol, raider */
    NPC_LURK,   /* raider, and what follows */
    NPC_LOOT,
    NPC_FLEE,
    NPC_RETURN,
};

/* Turns towards a heading, small differences ignored, and sets thrust and boost. */
void steer(struct world *w, uint32_t slot, uint32_t way, uint32_t thrust, bool boost);

/* Flies to a point in k, around the Sun; brakes in time when `stop`. True within `near_u`. */
bool go_to(struct world *w, uint32_t slot, int32_t x, int32_t y, uint32_t near_u, bool stop,
           bool boost);

/* One decision of a dogfight; `error` in steps. */
void dogfight(struct world *w, uint32_t npc, uint32_t target, int32_t error);

/* The nearest ship for which `wanted` holds, within some distance; NO_SLOT when there is none. */
typedef bool (*pick_fn)(const struct world *w, uint32_t slot, uint32_t other);
uint32_t nearest(const struct world *w, uint32_t slot, uint32_t far_u, pick_fn wanted);

bool is_raider(const struct world *w, uint32_t slot, uint32_t other);
bool is_patrol(const struct world *w, uint32_t slot, uint32_t other);

/* Distance from a unit to a point, u. */
uint32_t distance_u(const struct unit *u, int32_t x, int32_t y);

/* Puts an NPC into space; NO_SLOT when there is no room for it. */
uint32_t npc_spawn(struct world *w, uint32_t npc, uint32_t class_index, int32_t x, int32_t y);

/* Takes it out of space, safe and sound. */
void npc_vanish(struct world *w, uint32_t npc);

/* Luck that is the same in every tick: for decisions taken once about a pair. */
uint32_t fate(const struct world *w, uint32_t a, uint32_t b, uint32_t n);

/* One decision each; the NPC is in space. And those that are not. */
void patrol_think(struct world *w, uint32_t npc);
void patrol_return(struct world *w, uint32_t npc);
void raider_think(struct world *w, uint32_t npc);

#endif
