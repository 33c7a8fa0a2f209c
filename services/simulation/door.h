/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requests that reach a shard (bind, snapshot, config, the list of ships) and its batons,
 * turned into questions for the tick thread, and its hard events on their way to the stream. Owns
 * the questions; loop thread only; must never know the world itself.
 */
#ifndef SIMULATION_DOOR_H
#define SIMULATION_DOOR_H

#include <st/bus.h>
#include <st/http.h>

#include "shard.h"

struct door;

struct door_options {
    const char *system;
    uint32_t shard_number;
    uint32_t ships_max;
    struct st_bus *rpc, *js;
};

struct door *door_new(const struct door_options *options);
void door_free(struct door **d);
size_t door_size(uint32_t ships_max);
/* Subscribes to the requests. Until door_open they are answered with UNAVAILABLE. */
int door_listen(struct door *d) ST_MUST_CHECK;
void door_open(struct door *d, struct shard *shard, uint32_t epoch, const uint8_t *config,
               size_t config_len, uint64_t revision);
/* Batons are not taken any more, requests are answered with UNAVAILABLE. */
void door_close(struct door *d);

/* What the shard calls. */
void door_on_answer(struct door *d, struct ask *take_ask);
void door_on_events(struct door *d);
/* GET /debug/ships. */
void door_on_ships(struct door *d, struct st_http_request *take_req);

#endif
