/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"
#include "base.h"

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
    routes_init(&r->routes, c);
}

uint32_t rules_class(const struct rules *r, uint32_t class_id)
{
    uint32_t i = 0;

    while (i < r->classes_n && r->classes[i].id != class_id)
        i++;
    return i;
}
