/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that publishes what the ticks have written. Owns nothing of the world; it may block on
 * the bus, the tick thread never does. What cannot be sent is dropped: sequence numbers tell.
 */
#ifndef SIMULATION_SENDER_H
#define SIMULATION_SENDER_H

#include <st/bus.h>

#include "ring.h"

struct sender;

/* Starts the thread. Ring, bus and the system's name must outlive it. */
struct sender *sender_start(struct ring *ring, struct st_bus *bus, const char *system,
                            uint32_t shard);
/* Sends what is left, ends the thread, frees. */
void sender_stop(struct sender **s);

#endif
