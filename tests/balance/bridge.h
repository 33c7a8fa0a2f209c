/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's side of the wire: events into bytes, the bytes of a baton into the kernel. Apart
 * from the realm, because both services have a struct for batons of their own.
 */
#ifndef BALANCE_BRIDGE_H
#define BALANCE_BRIDGE_H

#include <st/arena.h>
#include <st/buf.h>
#include <world/world.h>

/* Appends a WorldEvent. */
void bridge_event(const struct world_hard *h, uint32_t shard, uint32_t epoch, struct st_buf *out);
/* Gives a baton to the kernel; true when it had no room, and *held is what to try again. */
bool bridge_baton(struct world *w, const uint8_t *data, size_t len, struct st_arena *arena,
                  struct world_baton *held);

#endif
