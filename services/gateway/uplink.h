/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of clients over the socket, of which the economy answers most, the profile service names
 * and chat. Names the player (never the client does), asks the service, answers with exactly one
 * Reply. Owns nothing beyond the requests under way. Loop thread.
 */
#ifndef GATEWAY_UPLINK_H
#define GATEWAY_UPLINK_H

#include "call.h"
#include "session.h"

struct uplink;

struct uplink *uplink_new(struct caller *caller, struct sessions *sessions, struct plane *plane);
void uplink_free(struct uplink **u);
/* NOTE_REQUEST */
void uplink_note(struct uplink *u, const struct loop_note *n);

#endif
