/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inputs until the tick that they are meant for. A client that says when an input shall act can fly
 * its ship ahead exactly; one that says nothing is obeyed at once. Owns fixed memory; tick thread;
 * must never know a session or the world: pilots are numbers here, time is the number of a tick.
 */
#ifndef SIMULATION_SCHEDULE_H
#define SIMULATION_SCHEDULE_H

#include "intake.h"

enum {
    SCHEDULE_AHEAD_TICKS = 8, /* a target further ahead counts as this far ahead */
};

struct scheduled {
    uint32_t pilot, gateway;
    uint32_t tick; /* in which it shall act at the latest */
    uint64_t arrived_ns;
    struct intake_input in;
};

struct schedule;

struct schedule *schedule_new(uint32_t inputs_max);
void schedule_free(struct schedule **s);
size_t schedule_size(uint32_t inputs_max);

/* Forgets all of them: another world. */
void schedule_clear(struct schedule *s);
uint32_t schedule_room(const struct schedule *s);
/* An input for a pilot, arrived before tick `next`; there must be room. */
void schedule_add(struct schedule *s, uint32_t next, const struct scheduled *take);

/* How many act in tick `next`: those that are due, and of the same pilot all of lower seq. */
uint32_t schedule_begin(struct schedule *s, uint32_t next);
/* The i-th of them, by (pilot, seq). */
const struct scheduled *schedule_at(const struct schedule *s, uint32_t i);
/* They have acted; the others wait on. */
void schedule_end(struct schedule *s);

#endif
