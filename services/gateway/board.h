/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What everybody may read over HTTP: the world's configuration in force, its bytes by revision, and
 * the markets. Fetches the configuration from the simulation when a marker names a new one and
 * keeps the last two. Loop thread; must never know players.
 */
#ifndef GATEWAY_BOARD_H
#define GATEWAY_BOARD_H

#include "call.h"
#include "plane.h"

#include <st/http.h>

struct board;

struct board *board_new(struct st_loop *loop, struct caller *caller, const struct plane *plane,
                        const char *system, uint32_t shard, const char *instance);
void board_free(struct board **b);
/* NOTE_CONFIG: that revision is in force. */
void board_revision(struct board *b, uint64_t revision);
/* NOTE_DENSITY: where ships are. */
void board_density(struct board *b, const uint8_t *field, size_t len);
/* Cell of a station; false if it is not known (yet). */
bool board_station_cell(const struct board *b, uint32_t location, uint32_t *cell);

/* GET /v1/world, /v1/world/{revision}, /v1/markets, /v1/markets/{location} and
 * /v1/markets/{location}/{commodity}/history */
void board_world(struct board *b, struct st_http_request *take_req);
void board_world_bytes(struct board *b, struct st_http_request *take_req);
void board_markets(struct board *b, struct st_http_request *take_req);
/* GET /v1/leaderboards/{wealth,trade,hunt} */
void board_leaderboards(struct board *b, struct st_http_request *take_req);

#endif
