/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control channel of a run: a script writes commands to standard input, a line each, and reads
 * one line of JSON per `mark` from standard output. Owned by the main thread.
 *   mark    figures since the mark before (or the start), which begin anew
 *   drop N  all but the first N pilots lose their sockets at once and connect again
 *   quit    ends the run
 */
#ifndef LOAD_CONTROL_H
#define LOAD_CONTROL_H

#include "pilot.h"

/* Makes standard input a source of events of w->epoll, with NULL as its data. */
void control_open(struct world *w);
/* Reads what has come. False: the run is to end. */
bool control_read(struct world *w, struct pilot *pilots, uint32_t n);

#endif
