/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How old news is: from a pilot's input until the socket of another pilot who watches brings its
 * effect, and from a tick until a near ship's change of that tick arrives. All pilots are in this
 * program, so one clock tells. Owned by the main thread.
 */
#ifndef LOAD_PROBE_H
#define LOAD_PROBE_H

#include "pilot.h"

/* The pilot flies this entity now. */
void probe_own(struct pilot *p, struct world *w, uint32_t entity);
/* An input with these controls leaves. */
void probe_sent(struct pilot *p, struct controls before, struct controls now);
/* A frame of this tick came, to anybody. */
void probe_tick(struct world *w, uint32_t tick, uint64_t now_us);
/* A frame of a pilot who watches, after its shadow has taken it. */
void probe_frame(struct pilot *p, struct world *w, const Startrader__V1__ServerFrame *f,
                 uint64_t now_us);

#endif
