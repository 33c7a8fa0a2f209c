/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOL1_FIXTURE_H
#define SOL1_FIXTURE_H

/*
 * The configuration of the world sol-1 without a database: the figures that the seed puts into
 * Postgres, for tests of the kernel, the golden run and the load generator. Pure, any thread.
 */
#include <world/config.h>

enum { SOL1_TER = 1, SOL1_LUN, SOL1_VEN, SOL1_MER, SOL1_MAR, SOL1_CER, SOL1_VES, SOL1_PAL };
enum { SOL1_HOME = 1, SOL1_CORE, SOL1_LANES, SOL1_SUNWARD, SOL1_BELT, SOL1_DEEP, SOL1_FREE };
enum {
    SOL1_SHUTTLE = 1,
    SOL1_SCOUT,
    SOL1_HAULER,
    SOL1_HEAVY,
    SOL1_FIGHTER,
    SOL1_GUNSHIP,
    SOL1_RAIDER,
    SOL1_CUTTER,
    SOL1_CLASSES = SOL1_CUTTER
};
enum { SOL1_PULSE = 1, SOL1_AUTO, SOL1_TORPEDO, SOL1_PD };
enum { SOL1_ICE = 1, SOL1_ORE, SOL1_FUEL = 7, SOL1_ALLOYS, SOL1_MUNITIONS = 15, SOL1_STIMS };

/* Fills in the whole configuration, revision 1. */
void sol1_config(struct world_config *c);

/* A position relative to the Sun, in u, as k. */
int32_t sol1_k(int32_t u);

#endif
