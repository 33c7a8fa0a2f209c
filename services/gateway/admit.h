/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clients say, checked: decodes ClientFrame, judges its parts, collects inputs of all sessions
 * for the simulation. Owns the batch under way. Data plane's thread; must never know sockets.
 * Judges form and range only: what an input may do is the simulation's business.
 */
#ifndef GATEWAY_ADMIT_H
#define GATEWAY_ADMIT_H

#include "gateway.h"

#include <st/arena.h>
#include <st/buf.h>
#include <startrader/v1/client.pb-c.h>

/* NULL: not a ClientFrame, or its parts are too many or out of range. Lives in the arena. */
const Startrader__V1__ClientFrame *admit_frame(struct st_arena *arena, const void *data,
                                               size_t len);
/* A first frame: hello with a ticket and nothing else. */
bool admit_hello(const Startrader__V1__ClientFrame *frame);
/* seq continues after last. */
bool admit_seq(uint32_t last, uint32_t seq);

/* Inputs and ended sessions between two beats. */
struct batch;
struct batch *batch_new(const char *gateway, uint64_t boot_id);
void batch_free(struct batch **b);
/* ST_EFULL: the batch has no room; the next one has. */
int batch_add(struct batch *b, uint32_t sid, const Startrader__V1__Input *input) ST_MUST_CHECK;
/* Told in three batches, since one may be lost. */
void batch_closed(struct batch *b, uint32_t sid);
bool batch_is_empty(const struct batch *b);
/* Appends the InputBatch and begins the next. */
void batch_encode(struct batch *b, struct st_buf *out);

enum { BATCH_BYTES_MAX = 512 * 1024 };

#endif
