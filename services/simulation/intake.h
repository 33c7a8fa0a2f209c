/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gateways send each 10 ms, checked and turned into plain records for the tick thread. Owns
 * the decoder's memory; runs on the bus's delivery thread; must never know of the world's state:
 * whether a session exists is decided where the record is read.
 */
#ifndef SIMULATION_INTAKE_H
#define SIMULATION_INTAKE_H

#include <st/base.h>
#include <world/world.h>

#include "ring.h"

enum {
    GATEWAY_NAME_MAX = 32,
    INTAKE_BYTES_MAX = 256 * 1024, /* of one encoded batch */
    INTAKE_INPUTS_MAX = 8192,
    INTAKE_CLOSED_MAX = 8192,
};

struct intake_input {
    uint32_t sid;
    uint32_t target_tick; /* 0 = at once */
    struct world_input input;
};

/* One record: the batch, then its inputs in order of arrival, then the closed sessions. */
struct intake_batch {
    char gateway[GATEWAY_NAME_MAX + 1];
    uint64_t boot_id;
    uint64_t arrived_ns; /* monotonic */
    uint32_t inputs_n, closed_n;
    uint32_t refused; /* inputs with impossible values, left out */
};

const struct intake_input *intake_inputs(const struct intake_batch *b);
const uint32_t *intake_closed(const struct intake_batch *b);

/* 1 to 32 of [a-z0-9-]. */
bool gateway_name_valid(const char *name);

struct intake;
struct intake *intake_new(struct ring *ring);
void intake_free(struct intake **in);
/* Decodes one InputBatch into the ring. ST_EPROTO: malformed; ST_EFULL: the ring is full. */
int intake_batch(struct intake *in, const uint8_t *data, size_t len,
                 uint64_t arrived_ns) ST_MUST_CHECK;

#endif
