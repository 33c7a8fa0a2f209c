/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mines, factories and people do to the stocks of all markets: extraction, recipes, use, drift
 * to the target, and what raiders bring home. Rates are those of the catalog, throttled by stock,
 * raised by activity and events. Works on a unit with all lines loaded. Never sees SQL.
 */
#ifndef ECONOMY_INDUSTRY_H
#define ECONOMY_INDUSTRY_H

#include "unit.h"

enum { INDUSTRY_STEPS = ECONOMY_DRIFTS_PER_CYCLE };

/* How much the activity of pilots raises rates and treasuries, per mille. */
int64_t industry_activity_pm(const struct unit *u);
/* One step of ECONOMY_DRIFT_MS. */
void industry_step(struct unit *u, int64_t transaction);
/* Once per cycle: a part of what raiders took comes to the markets without law. */
void industry_spoils(struct unit *u, int64_t transaction);

#endif
