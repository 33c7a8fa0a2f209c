/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the services behind the bus: packs, sends with a deadline, unpacks the answer, and
 * remembers whether the profile service and the economy answer at all. Owns scratch memory. Loop
 * thread; must never know clients or HTTP.
 */
#ifndef GATEWAY_CALL_H
#define GATEWAY_CALL_H

#include <st/bus.h>
#include <st/loop.h>
#include <startrader/v1/types.pb-c.h>

struct caller;

/* code: OK, or why there is no answer (UNAVAILABLE, TIMEOUT), or the answer's own. reply: unpacked,
 * lent until return; NULL when none came or it could not be read. key: as given. */
typedef void call_fn(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply);

/* on_change: one of the two services began or ceased to answer; loop thread. */
struct caller *caller_new(struct st_loop *loop, struct st_bus *rpc,
                          void (*on_change)(void *ctx, uint32_t flags), void *ctx);
void caller_free(struct caller **c);
/* STATUS_* flags. */
uint32_t caller_flags(const struct caller *c);

/* done runs exactly once, later, on the loop thread. */
void caller_ask(struct caller *c, const char *subject, const ProtobufCMessage *request,
                const ProtobufCMessageDescriptor *reply_type, uint32_t timeout_ms, call_fn *done,
                void *ctx, uint64_t key);
void caller_ask_profile(struct caller *c, const char *verb, const ProtobufCMessage *request,
                        const ProtobufCMessageDescriptor *reply_type, uint32_t timeout_ms,
                        call_fn *done, void *ctx, uint64_t key);
void caller_ask_econ(struct caller *c, const char *verb, const ProtobufCMessage *request,
                     const ProtobufCMessageDescriptor *reply_type, uint32_t timeout_ms,
                     call_fn *done, void *ctx, uint64_t key);

#endif
