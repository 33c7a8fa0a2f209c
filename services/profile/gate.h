/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether to ask Postgres at all: after a failure that says "away" nobody else waits for it until a
 * ping came back. Pure; the loop thread.
 */
#ifndef PROFILE_GATE_H
#define PROFILE_GATE_H

#include <st/base.h>

struct gate {
    bool closed;
    uint32_t failures; /* in a row */
};

/* Failures in a row that close it: a single one may be a connection that ended while idle. */
enum { GATE_FAILURES_MAX = 3 };

/* The result of a call (0 or ST_E...); true if that changed the gate. */
bool gate_report(struct gate *g, int err);
/* A call did not come back in time; true if that closed the gate. */
bool gate_stuck(struct gate *g);

#endif
