/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What pilots say to each other, whom they do not hear, and what they tell the operators: the steps
 * of these requests. Loop thread. Must never know SQL or protobuf.
 */
#ifndef PROFILE_TALK_H
#define PROFILE_TALK_H

#include "request.h"

/* Keeps a line and publishes it; what may not be said is an answer too. */
void talk_say(struct request *r);
void talk_lines(struct request *r);
void talk_mutes(struct request *r);
void talk_report(struct request *r);

#endif
