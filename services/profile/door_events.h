/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the leading instance does with events of the bus: ships destroyed go into the combat log,
 * changes of a player's economy rows delete the cached profile. Leads whoever holds the store's
 * advisory lock; the others wait. Loop thread. Must never know SQL.
 */
#ifndef PROFILE_DOOR_EVENTS_H
#define PROFILE_DOOR_EVENTS_H

#include "profile.h"

struct events;

struct events *events_new(struct profile *p);
/* lead_pool must have ended. */
void events_free(struct events **e);
/* Each second: takes or keeps the lead. */
void events_beat(struct events *e);
/* Lets go of the durables; what was not booked comes again to somebody. */
void events_stop(struct events *e);

#endif
