/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where requests come in from the bus and answers go out: subjects, protobuf, one log line per
 * request. Loop thread. Must never know what an answer is made of.
 */
#ifndef PROFILE_DOOR_H
#define PROFILE_DOOR_H

#include "request.h"

struct door *door_new(struct profile *p);
void door_free(struct door **d);
/* Subscribes; ST_E... of the bus. */
int door_open(struct door *d) ST_MUST_CHECK;
/* Sends the answer of a request (r->answer and what belongs to it) and logs it. */
void door_reply(struct request *r);
/* A step: the economy makes wallet and ship of r->player. Sets r->min_rev. */
void door_provision(struct request *r, request_fn *next);

#endif
