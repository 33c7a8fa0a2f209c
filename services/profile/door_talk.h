/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chat, mutes and reports between the bus and struct request: as door_verbs.h says, and the lines
 * that are published. Loop thread.
 */
#ifndef PROFILE_DOOR_TALK_H
#define PROFILE_DOOR_TALK_H

#include "request.h"

#include <st/buf.h>

enum { DOOR_LINES_BYTES = 40 * 1024 }; /* of lines in one answer; the newest that fit */

enum answer take_say(struct request *r, const void *message);
enum answer take_chat(struct request *r, const void *message);
enum answer take_mutes(struct request *r, const void *message);
enum answer take_report(struct request *r, const void *message);
void pack_say(const struct request *r, struct st_buf *out);
void pack_chat(const struct request *r, struct st_buf *out);
void pack_mutes(const struct request *r, struct st_buf *out);
void pack_report(const struct request *r, struct st_buf *out);
/* The line in r->talk on `chat.<system>.*`. A lost one is in the zone's lines all the same. */
void door_talk_publish(const struct request *r);

#endif
