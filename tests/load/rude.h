/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a bad client does at each turn once it flies. Owned by the main thread.
 */
#ifndef LOAD_RUDE_H
#define LOAD_RUDE_H

#include "pilot.h"

void rude_turn(struct pilot *p, struct world *w);

#endif
