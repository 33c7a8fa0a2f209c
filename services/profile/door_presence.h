/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newest session epochs that this instance has heard of, and the notices by which the gateways
 * hear of them. Loop thread. Fixed memory: a hint that saves a question, never the truth.
 */
#ifndef PROFILE_DOOR_PRESENCE_H
#define PROFILE_DOOR_PRESENCE_H

#include <st/base.h>
#include <st/bus.h>

struct presence;

enum { PRESENCE_REASON_MAX = 120 };

struct presence *presence_new(struct st_bus *rpc);
void presence_free(struct presence **p);
/* A session epoch was raised and committed: remembers and announces it. reason "" for a sign-in. */
void presence_raise(struct presence *p, uint64_t player, uint64_t epoch, const char *reason);
/* 0 = never heard of. */
uint64_t presence_epoch(const struct presence *p, uint64_t player);

#endif
