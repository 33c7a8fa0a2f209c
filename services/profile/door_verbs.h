/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of requests: how each is decoded, where it begins and how its answer is encoded. Loop
 * thread; knows protobuf and struct request, nothing else.
 */
#ifndef PROFILE_DOOR_VERBS_H
#define PROFILE_DOOR_VERBS_H

#include "request.h"

#include <st/buf.h>
#include <protobuf-c/protobuf-c.h>

struct door_verb {
    const char *name;
    const ProtobufCMessageDescriptor *descriptor;
    /* Copies what was asked into the request; ANSWER_OK, or why it is refused. */
    enum answer (*take)(struct request *r, const void *message);
    request_fn *start;
    void (*pack)(const struct request *r, struct st_buf *out);
    bool signs_in;   /* counts in the login metric */
    bool noteworthy; /* its log line is info */
};

extern const struct door_verb door_verbs[];
extern const size_t door_verbs_count;

#endif
