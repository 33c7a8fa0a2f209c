/* SPDX-License-Identifier: Apache-2.0 */
#include "gate.h"

#include <st/assert.h>
#include <st/err.h>

bool gate_report(struct gate *g, int err)
{
    st_assert(g);
    bool was = g->closed;
    if (err == ST_EUNAVAILABLE || err == ST_ETIMEOUT) {
        g->failures++;
        g->closed = was || g->failures >= GATE_FAILURES_MAX;
    } else {
        g->failures = 0;
        g->closed = false;
    }
    return g->closed != was;
}

bool gate_stuck(struct gate *g)
{
    st_assert(g);
    bool was = g->closed;
    g->failures = GATE_FAILURES_MAX;
    g->closed = true;
    return !was;
}
