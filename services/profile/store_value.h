/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cached form of a profile: the message Profile of account.proto, with its layout's version.
 * Pure; any thread. Whatever a cache holds may be garbage: reading never trusts it.
 */
#ifndef PROFILE_STORE_VALUE_H
#define PROFILE_STORE_VALUE_H

#include "player.h"

#include <st/buf.h>
#include <startrader/v1/account.pb-c.h>

enum { STORE_VALUE_SCHEMA = 1, STORE_VALUE_MAX = 512 };

/* The message of a profile; its strings are lent by p. */
void store_value_fill(Startrader__V1__Profile *out, const struct player_profile *p);
void store_value_encode(const struct player_profile *p, struct st_buf *out);
/* ST_EPROTO: not such a message, or impossible; ST_EINVAL: of another schema. */
int store_value_decode(struct player_profile *out, const void *data, size_t len) ST_MUST_CHECK;

#endif
