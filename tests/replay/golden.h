/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPLAY_GOLDEN_H
#define REPLAY_GOLDEN_H

/*
 * The golden run: one crowd, one world, one change of configuration, a hash every 100 ticks. Needs
 * no C library and no heap; natively `golden.c` prints it, in WebAssembly Node reads it. Single
 * thread.
 */
#include <stdint.h>

#define GOLDEN_TICKS  20000
#define GOLDEN_PERIOD 100
#define GOLDEN_HASHES (GOLDEN_TICKS / GOLDEN_PERIOD)
#define GOLDEN_COUNTS 10

/* Prepares the run; 0, or a number that says what is wrong. */
int golden_start(void);

/* The next GOLDEN_PERIOD ticks; the hash after them. */
uint64_t golden_next(void);

/* Docked, destroyed, picked up, expired, parked, jettisoned, undocked, bound, shots, hits: how
 * often so far. */
uint32_t golden_count(uint32_t i);

#endif
