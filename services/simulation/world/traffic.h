/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_TRAFFIC_H
#define WORLD_TRAFFIC_H

/*
 * What the people of space have heard of late: where laden ships pass, for raiders, and where on
 * guarded ground help was cried for, for patrols. Numbers that fade within minutes; they decide who
 * goes where, so they are saved and hashed. Tick thread only.
 */
#include "state.h"

/* Looks at one ship in 64, another one each tick; what was heard fades. */
void traffic_step(struct world *w);

/* A ship that the law protects is hit on guarded ground. */
void traffic_alarm(struct world *w, const struct unit *u);

/* Another configuration: what it has no places for is forgotten. */
void traffic_config(struct world *w);

/* One of the zone's spawn points, busy ones more often, all alike while nothing passes; spawns_n
 * when it has none. `who` and `purpose` as for chance. */
uint32_t traffic_spawn(const struct world *w, uint32_t zone, uint32_t who, uint32_t purpose);

/* One of the zone's lanes and circles, those that cried for help more often; shapes_n when it has
 * none. */
uint32_t traffic_beat(const struct world *w, uint32_t zone, uint32_t who, uint32_t purpose);

#endif
