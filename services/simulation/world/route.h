/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_ROUTE_H
#define WORLD_ROUTE_H

/*
 * The ways that haulers fly between stations: a graph of stations and waypoints with its shortest
 * paths, once by the lanes as far as they go, once straight through whatever lies between. The
 * kernel flies along it, the economy weighs what a voyage takes. Derived from a configuration, into
 * which it points. Pure; any thread.
 */
#include "config.h"

#define ROUTE_NODES_MAX (CONFIG_STATIONS_MAX + CONFIG_WAYPOINTS_MAX)
#define NO_NODE         0xffff

enum route_way { ROUTE_GUARDED = 0, ROUTE_SHORT = 1, ROUTE_WAYS = 2 };

struct route_node { /* stations first, in the order of the configuration, then waypoints */
    int32_t x, y;   /* k */
    const struct config_station *station; /* NULL for a waypoint */
    uint8_t risk;
};

struct routes {
    struct route_node nodes[ROUTE_NODES_MAX];
    uint32_t nodes_n;
    /* first node on the way, NO_NODE = none */
    uint16_t next[ROUTE_WAYS][ROUTE_NODES_MAX][ROUTE_NODES_MAX];
};

/* The configuration must have passed its check and must stay where it is. */
void routes_init(struct routes *r, const struct world_config *c);

/* Node of a station id, or NO_NODE. */
uint32_t routes_station(const struct routes *r, uint32_t station);

/* What a voyage crosses: its length in all, and in each zone by the zone's place in the
 * configuration, u. False when there is no way. */
struct route_trip {
    uint32_t length_u;
    uint32_t zone_u[CONFIG_ZONES_MAX];
    uint8_t risk; /* of the riskiest zone on it */
};
bool routes_trip(const struct routes *r, const struct world_config *c, enum route_way way,
                 uint32_t from, uint32_t to, struct route_trip *out);

#endif
