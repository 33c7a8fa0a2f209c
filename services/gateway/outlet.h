/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way out for input batches: a thread that publishes them, so that a stalled bus never holds up
 * the data plane. Owns the thread and at most OUTLET_MAX batches; when more wait, new ones are
 * dropped and counted (each input is the whole control state, the next one heals). Must never know
 * what a batch holds.
 */
#ifndef GATEWAY_OUTLET_H
#define GATEWAY_OUTLET_H

#include <st/bus.h>

enum { OUTLET_MAX = 64 };

struct outlet;

struct outlet *outlet_new(struct st_bus *bus, const char *subject);
/* Sends what waits, then ends the thread. */
void outlet_free(struct outlet **o);
/* Copies; one thread. */
void outlet_put(struct outlet *o, const void *data, size_t len);

#endif
