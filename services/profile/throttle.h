/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters per key and window of time: what limits sign-ins while Redis is away. Fixed memory; when
 * it is full the counter that ends soonest makes room. One thread at a time; time is an argument.
 * Must never know what a key stands for.
 */
#ifndef PROFILE_THROTTLE_H
#define PROFILE_THROTTLE_H

#include <st/base.h>

struct throttle;

struct throttle *throttle_new(uint32_t entries_max);
void throttle_free(struct throttle **l);
/* Counts one more, which starts a window of window_ms if none runs. Returns 0, or, when `max` are
 * counted already, the ms until the window ends (nothing is counted then). */
uint64_t throttle_take(struct throttle *l, uint64_t now_ms, uint64_t key, uint32_t max,
                       uint64_t window_ms);
/* As throttle_take, but counts nothing. */
uint64_t throttle_check(const struct throttle *l, uint64_t now_ms, uint64_t key, uint32_t max);
/* Takes one back, if its window still runs. */
void throttle_give_back(struct throttle *l, uint64_t now_ms, uint64_t key);

enum { THROTTLE_ADDRESS_MAX = 48 };
/* What an address counts by: itself, the /64 of IPv6, "other" for anything else. out holds
 * THROTTLE_ADDRESS_MAX. */
void throttle_address_key(char *out, const char *address);

#endif
