/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_BLOCKADE_H
#define WORLD_BLOCKADE_H

/*
 * Which station is blockaded at a time. It follows from the system's name, the configuration and
 * the Unix time that is given, so the economy, which tells and reckons with it, and the simulation,
 * which feeds it to the world, know the same one without a word. Pure; any thread.
 *
 * In each four hours, counted from the Unix epoch, one of the first three is an hour of blockade:
 * two never touch. Stations in safe space have none, nor those where raiders are at home.
 */
#include "config.h"

#define BLOCKADE_MS      3600000u
#define BLOCKADE_SLOT_MS (4 * BLOCKADE_MS)

struct blockade {
    uint16_t station;  /* id, 0 = none */
    uint64_t until_ms; /* Unix time of its end, 0 = none */
};

struct blockade blockade_at(const struct world_config *c, const char *system, uint64_t now_ms);

#endif
