/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the wire share: parts of requests into an act, a reply into its answer. Not for
 * others.
 */
#ifndef ECONOMY_WIRE_PRIVATE_H
#define ECONOMY_WIRE_PRIVATE_H

#include "wire.h"

#include <startrader/v1/trade.pb-c.h>

/* A request of at most WIRE_REQUEST_MAX bytes, in the arena; NULL when it is malformed. */
const void *wire_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len,
                        struct st_arena *arena);
bool wire_set_caller(struct act *a, const Startrader__V1__Caller *c);
bool wire_set_key(struct act *a, ProtobufCBinaryData key);
/* The content in its canonical form is what a retry is compared with. */
void wire_set_asked(struct act *a, const ProtobufCMessage *content);
void wire_set_answer(struct act *a, const ProtobufCMessage *m);

#endif
