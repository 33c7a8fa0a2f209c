/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"
#include "base.h"

#define HOP_MAX_U   16000 /* longer legs are flown by way of others */
#define HOP_CLEAR_U 3500  /* how far a leg keeps from the Sun */
#define OPEN_COST   3     /* a leg outside the lanes counts so many times its length */

static void rules_classes(struct rules *r, const struct world_config *c)
{
    static const uint32_t built_in[] = {WORLD_CLASS_TORPEDO, WORLD_CLASS_LOOT, WORLD_CLASS_DRONE};

    r->classes_n = c->classes_n + 3u;
    for (uint32_t i = 0; i < r->classes_n; i++) {
        struct rule_class *k = &r->classes[i];

        memset(k, 0, sizeof *k);
        k->id = i < c->classes_n ? c->classes[i].id : built_in[i - c->classes_n];
        (void)config_flight_class(c, k->id, &k->flight);
        k->radius = (int32_t)config_radius(c, k->id) * WORLD_UNIT;
        k->hull = k->id == WORLD_CLASS_DRONE ? WORLD_DRONE_HULL : 1;
        if (k->id == WORLD_CLASS_TORPEDO && r->torpedo)
            k->hull = r->torpedo->hull;
        if (i >= c->classes_n)
            continue;
        k->config = &c->classes[i];
        k->gun = world_config_weapon(c, k->config->gun);
        k->torpedo = world_config_weapon(c, k->config->torpedo);
        k->pd = world_config_weapon(c, k->config->pd);
        k->hull = k->config->hull;
        k->shield = k->config->shield;
        if (k->config->role == CONFIG_ROLE_RAIDER && r->raider == r->classes_n)
            r->raider = i;
        if (k->config->role == CONFIG_ROLE_PATROL && r->patrol == r->classes_n)
            r->patrol = i;
    }
}

static void rules_reach(struct rules *r)
{
    r->radius = 0;
    for (uint32_t i = 0; i < r->classes_n; i++) {
        if (r->classes[i].radius > r->radius)
            r->radius = r->classes[i].radius;
    }
    r->pickup = r->radius + WORLD_PICKUP_U * WORLD_UNIT;
}

static void rules_nodes(struct rules *r, const struct world_config *c)
{
    r->nodes_n = 0;
    for (uint32_t i = 0; i < c->stations_n; i++) {
        const struct config_station *s = &c->stations[i];

        r->nodes[r->nodes_n++] = (struct rule_node){s->x * WORLD_UNIT, s->y * WORLD_UNIT, s,
                                                    world_config_zone(c, s->zone)->risk};
    }
    for (uint32_t i = 0; i < c->waypoints_n; i++) {
        int32_t x = c->waypoints[i].x * WORLD_UNIT, y = c->waypoints[i].y * WORLD_UNIT;

        r->nodes[r->nodes_n++] = (struct rule_node){
            x, y, NULL, world_config_zone(c, world_config_zone_at(c, x, y))->risk};
    }
}

/* True when a capsule joins the two nodes: a lane. */
static bool is_lane(const struct world_config *c, const struct rule_node *a,
                    const struct rule_node *b)
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
static uint32_t sun_distance(const struct rule_node *a, const struct rule_node *b)
{
    int64_t ax = a->x / WORLD_UNIT - WORLD_SUN_U, ay = a->y / WORLD_UNIT - WORLD_SUN_U;
    int64_t dx = b->x / WORLD_UNIT - WORLD_SUN_U - ax, dy = b->y / WORLD_UNIT - WORLD_SUN_U - ay;
    int64_t square = dx * dx + dy * dy;
    int64_t t = square ? -(ax * dx + ay * dy) * 1024 / square : 0;

    t = t < 0 ? 0 : t > 1024 ? 1024 : t;
    return flight_isqrt(square_sum(ax + dx * t / 1024, ay + dy * t / 1024));
}

/* Cost of flying straight from one node to the other, 0 = not done. */
static uint32_t hop_cost(const struct world_config *c, const struct rule_node *a,
                         const struct rule_node *b)
{
    uint32_t far = flight_isqrt(square_sum((int64_t)a->x - b->x, (int64_t)a->y - b->y)) /
                   WORLD_UNIT;

    if (is_lane(c, a, b) || (a->risk == 0 && b->risk == 0))
        return far;
    if (far > HOP_MAX_U || sun_distance(a, b) < HOP_CLEAR_U)
        return 0;
    return far * OPEN_COST;
}

/* Shortest ways between all nodes, with the first node of each. */
static void rules_routes(struct rules *r, const struct world_config *c)
{
    uint32_t n = r->nodes_n;
    uint32_t cost[RULE_NODES_MAX][RULE_NODES_MAX];

    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < n; k++) {
            uint32_t hop = i == k ? 0 : hop_cost(c, &r->nodes[i], &r->nodes[k]);

            cost[i][k] = hop ? hop : UINT32_MAX / 2;
            r->next[i][k] = hop ? (uint16_t)k : NO_NODE;
        }
    }
    for (uint32_t by = 0; by < n; by++) {
        for (uint32_t i = 0; i < n; i++) {
            for (uint32_t k = 0; k < n; k++) {
                if (i != k && cost[i][by] + cost[by][k] < cost[i][k]) {
                    cost[i][k] = cost[i][by] + cost[by][k];
                    r->next[i][k] = r->next[i][by];
                }
            }
        }
    }
}

void rules_init(struct rules *r, const struct world_config *c)
{
    world_assert(world_config_check(c) == 0);
    r->classes_n = c->classes_n + 3u;
    r->raider = r->patrol = r->classes_n;
    r->torpedo = NULL;
    memset(r->weapons, 0, sizeof r->weapons);
    for (uint32_t i = 0; i < c->weapons_n; i++) {
        r->weapons[c->weapons[i].id] = &c->weapons[i];
        if (c->weapons[i].kind == CONFIG_WEAPON_TORPEDO && !r->torpedo)
            r->torpedo = &c->weapons[i];
    }
    for (uint32_t i = 0; i < c->goods_n; i++) {
        const char *code = c->goods[i].code;

        if (code[0] == 'F' && code[1] == 'U' && code[2] == 'E' && code[3] == 0)
            r->fuel = c->goods[i].id;
    }
    rules_classes(r, c);
    rules_reach(r);
    rules_nodes(r, c);
    rules_routes(r, c);
}

uint32_t rules_class(const struct rules *r, uint32_t class_id)
{
    uint32_t i = 0;

    while (i < r->classes_n && r->classes[i].id != class_id)
        i++;
    return i;
}
