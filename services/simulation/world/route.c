/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"
#include "base.h"

#define HOP_MAX_U   16000 /* longer legs are flown by way of others */
#define HOP_CLEAR_U 3500  /* how far a leg keeps from the Sun */
#define OPEN_COST   3     /* guarded way: a leg outside the lanes counts so many times its length */
#define STEP_U      200   /* between two looks at the zone of a leg */

static void place_nodes(struct routes *r, const struct world_config *c)
{
    r->nodes_n = 0;
    for (uint32_t i = 0; i < c->stations_n; i++) {
        const struct config_station *s = &c->stations[i];

        r->nodes[r->nodes_n++] = (struct route_node){s->x * WORLD_UNIT, s->y * WORLD_UNIT, s,
                                                     world_config_zone(c, s->zone)->risk};
    }
    for (uint32_t i = 0; i < c->waypoints_n; i++) {
        int32_t x = c->waypoints[i].x * WORLD_UNIT, y = c->waypoints[i].y * WORLD_UNIT;

        r->nodes[r->nodes_n++] = (struct route_node){
            x, y, NULL, world_config_zone(c, world_config_zone_at(c, x, y))->risk};
    }
}

/* True when a capsule joins the two nodes: a lane. */
static bool is_lane(const struct world_config *c, const struct route_node *a,
                    const struct route_node *b)
{
    int32_t ax = a->x / WORLD_UNIT, ay = a->y / WORLD_UNIT;
    int32_t bx = b->x / WORLD_UNIT, by = b->y / WORLD_UNIT;

    for (uint32_t i = 0; i < c->shapes_n; i++) {
        const struct config_shape *s = &c->shapes[i];

        if (s->kind != CONFIG_SHAPE_CAPSULE)
            continue;
        if ((s->x1 == ax && s->y1 == ay && s->x2 == bx && s->y2 == by) ||
            (s->x1 == bx && s->y1 == by && s->x2 == ax && s->y2 == ay))
            return true;
    }
    return false;
}

/* Distance of the Sun from the leg between two nodes, u. */
static uint32_t sun_distance(const struct route_node *a, const struct route_node *b)
{
    int64_t ax = a->x / WORLD_UNIT - WORLD_SUN_U, ay = a->y / WORLD_UNIT - WORLD_SUN_U;
    int64_t dx = b->x / WORLD_UNIT - WORLD_SUN_U - ax, dy = b->y / WORLD_UNIT - WORLD_SUN_U - ay;
    int64_t square = dx * dx + dy * dy;
    int64_t t = square ? -(ax * dx + ay * dy) * 1024 / square : 0;

    t = t < 0 ? 0 : t > 1024 ? 1024 : t;
    return flight_isqrt(square_sum(ax + dx * t / 1024, ay + dy * t / 1024));
}

static uint32_t leg_u(const struct route_node *a, const struct route_node *b)
{
    return flight_isqrt(square_sum((int64_t)a->x - b->x, (int64_t)a->y - b->y)) / WORLD_UNIT;
}

/* Cost of flying straight from one node to the other, 0 = not done. */
static uint32_t hop_cost(const struct world_config *c, const struct route_node *a,
                         const struct route_node *b, uint32_t open_cost)
{
    uint32_t far = leg_u(a, b);

    if (is_lane(c, a, b) || (a->risk == 0 && b->risk == 0))
        return far;
    if (far > HOP_MAX_U || sun_distance(a, b) < HOP_CLEAR_U)
        return 0;
    return far * open_cost;
}

/* Shortest ways between all nodes, with the first node of each. */
static void find_ways(struct routes *r, const struct world_config *c, enum route_way way)
{
    uint32_t n = r->nodes_n;
    uint32_t cost[ROUTE_NODES_MAX][ROUTE_NODES_MAX];
    uint16_t(*next)[ROUTE_NODES_MAX] = r->next[way];

    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < n; k++) {
            uint32_t hop = i == k ? 0
                                  : hop_cost(c, &r->nodes[i], &r->nodes[k],
                                             way == ROUTE_GUARDED ? OPEN_COST : 1);

            cost[i][k] = hop ? hop : UINT32_MAX / 2;
            next[i][k] = hop ? (uint16_t)k : NO_NODE;
        }
    }
    for (uint32_t by = 0; by < n; by++) {
        for (uint32_t i = 0; i < n; i++) {
            for (uint32_t k = 0; k < n; k++) {
                if (i != k && cost[i][by] + cost[by][k] < cost[i][k]) {
                    cost[i][k] = cost[i][by] + cost[by][k];
                    next[i][k] = next[i][by];
                }
            }
        }
    }
}

void routes_init(struct routes *r, const struct world_config *c)
{
    place_nodes(r, c);
    find_ways(r, c, ROUTE_GUARDED);
    find_ways(r, c, ROUTE_SHORT);
}

uint32_t routes_station(const struct routes *r, uint32_t station)
{
    for (uint32_t i = 0; i < r->nodes_n && r->nodes[i].station; i++) {
        if (r->nodes[i].station->id == station)
            return i;
    }
    return NO_NODE;
}

static void cross(const struct world_config *c, const struct route_node *a,
                  const struct route_node *b, struct route_trip *out)
{
    uint32_t far = leg_u(a, b), parts = far / STEP_U + 1;

    for (uint32_t i = 0; i < parts; i++) {
        int32_t x = a->x + (int32_t)(((int64_t)b->x - a->x) * (2 * i + 1) / (2 * parts));
        int32_t y = a->y + (int32_t)(((int64_t)b->y - a->y) * (2 * i + 1) / (2 * parts));
        const struct config_zone *z = world_config_zone(c, world_config_zone_at(c, x, y));

        out->zone_u[z - c->zones] += far / parts;
        if (z->risk > out->risk)
            out->risk = z->risk;
    }
    out->length_u += far;
}

bool routes_trip(const struct routes *r, const struct world_config *c, enum route_way way,
                 uint32_t from, uint32_t to, struct route_trip *out)
{
    uint32_t at = routes_station(r, from), end = routes_station(r, to);

    memset(out, 0, sizeof *out);
    if (at == NO_NODE || end == NO_NODE || at == end)
        return false;
    while (at != end) {
        uint32_t next = r->next[way][at][end];

        if (next == NO_NODE)
            return false;
        cross(c, &r->nodes[at], &r->nodes[next], out);
        at = next;
    }
    return true;
}
