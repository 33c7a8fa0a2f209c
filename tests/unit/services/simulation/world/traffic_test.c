/* SPDX-License-Identifier: Apache-2.0 */
/* What raiders and patrols hear of, and where they go for it. */
#include <stdlib.h>
#include <world/entity.h>
#include <world/traffic.h>

#include "world_main.h"

#define DRAWS 4000

/* Spawn points of the Belt. */
static uint32_t belt(uint32_t *points)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < kit->config.spawns_n; i++) {
        if (kit->config.spawns[i].zone == SOL1_BELT)
            points[n++] = i;
    }
    ck_assert_uint_eq(n, 6);
    return n;
}

/* How often each spawn point of the Belt is drawn. */
static void draw_spawns(uint32_t *times)
{
    for (uint32_t i = 0; i < DRAWS; i++) {
        uint32_t at = traffic_spawn(kit->w, SOL1_BELT, i, 111);

        ck_assert_uint_lt(at, kit->config.spawns_n);
        ck_assert_uint_eq(kit->config.spawns[at].zone, SOL1_BELT);
        times[at]++;
    }
}

static uint32_t ship_at_spawn(uint32_t at, uint16_t ore)
{
    const struct config_spawn *s = &kit->config.spawns[at];
    struct world_baton b = kit_baton(kit, SOL1_HAULER, s->x - WORLD_SUN_U, s->y - WORLD_SUN_U);

    if (ore)
        kit_load(&b, SOL1_ORE, ore);
    return kit_enter(kit, &b);
}

START_TEST(without_traffic_all_points_are_alike)
{
    uint32_t points[16], times[CONFIG_SPAWNS_MAX] = {0}, n = belt(points);

    ship_at_spawn(points[2], 0); /* an empty hold is no traffic */
    kit_run(kit, 640);
    draw_spawns(times);
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_uint_gt(times[points[i]], DRAWS / n * 8 / 10);
        ck_assert_uint_lt(times[points[i]], DRAWS / n * 12 / 10);
    }
}
END_TEST

START_TEST(raiders_prefer_the_point_that_laden_ships_pass)
{
    uint32_t points[16], times[CONFIG_SPAWNS_MAX] = {0}, n = belt(points);

    ship_at_spawn(points[2], 10);
    kit_run(kit, 1900);
    ck_assert_uint_gt(kit->w->passed[points[2]], 20);
    draw_spawns(times);
    for (uint32_t i = 0; i < n; i++) {
        if (i != 2)
            ck_assert_uint_gt(times[points[2]], 5 * times[points[i]]);
        ck_assert_uint_gt(times[points[i]], 100); /* none is safe */
    }
}
END_TEST

START_TEST(packs_go_there)
{
    uint32_t points[16], busy = 0, visits = 0;

    belt(points);
    world_flags_set(kit->w, 0);
    for (uint32_t round = 0; round < 300; round++) {
        kit->w->passed[points[4]] = 1000;
        for (uint32_t i = 0; i < kit->w->head.packs_n; i++)
            kit->w->packs[i].until = kit->w->head.tick;
        kit_run(kit, 16);
        for (uint32_t i = 0; i < kit->w->head.packs_n; i++) {
            const struct pack *p = &kit->w->packs[i];

            if (!p->active || p->zone != SOL1_BELT)
                continue;
            visits++;
            busy += p->x == kit->config.spawns[points[4]].x * WORLD_UNIT;
        }
    }
    ck_assert_uint_gt(visits, 300);
    ck_assert_uint_gt(busy * 2, visits); /* one in six by luck alone */
}
END_TEST

START_TEST(what_was_heard_fades)
{
    uint32_t points[16], times[CONFIG_SPAWNS_MAX] = {0};

    belt(points);
    ship_at_spawn(points[2], 10);
    kit_run(kit, 1900);
    ck_assert_int_eq(kit_apply(kit, 0, WORLD_BATON_LEAVE, SOL1_TER), WORLD_OK);
    kit->pilots[0].silent = true;
    for (uint32_t ticks = 0; kit->w->passed[points[2]] > 0; ticks += 1200) {
        ck_assert_uint_lt(ticks, 20000);
        kit_run(kit, 1200);
    }
    draw_spawns(times);
    ck_assert_uint_lt(times[points[2]], DRAWS / 5);
}
END_TEST

START_TEST(patrols_go_where_ships_were_attacked)
{
    uint32_t times[CONFIG_SHAPES_MAX] = {0}, before[CONFIG_SHAPES_MAX] = {0}, at;

    kit_pilot(kit, SOL1_FIGHTER, KIT_LANES_X, KIT_LANES_Y);
    kit_pilot(kit, SOL1_HEAVY, KIT_LANES_X + 500, KIT_LANES_Y);
    kit_steer(kit, 0, 0, FLIGHT_COAST, false);
    kit_settle(kit);
    for (uint32_t i = 0; i < DRAWS; i++)
        before[traffic_beat(kit->w, SOL1_LANES, i, 90)]++;
    kit->pilots[0].wish.fire = 1;
    kit_run(kit, 200);
    at = world_config_shape_at(&kit->config, sol1_k(KIT_LANES_X), sol1_k(KIT_LANES_Y));
    ck_assert_uint_gt(kit->w->alarms[at], 5);
    for (uint32_t i = 0; i < DRAWS; i++)
        times[traffic_beat(kit->w, SOL1_LANES, i, 90)]++;
    ck_assert_uint_gt(times[at], 2 * before[at]);
    for (uint32_t i = 0; i < kit->config.shapes_n; i++) {
        const struct config_shape *s = &kit->config.shapes[i];
        bool own = s->zone == SOL1_LANES && s->kind != CONFIG_SHAPE_ALL;

        ck_assert(own == (before[i] > 0));
        ck_assert(own == (times[i] > 0));
    }
}
END_TEST

START_TEST(it_is_saved_and_hashed_and_bound_to_its_places)
{
    struct world_limits limits = kit_limits();
    void *memory = kit_memory();
    struct world *w = world_init(memory, &limits, &kit->config, 99, 3, 7);
    uint32_t last = kit->config.spawns_n - 1u;
    uint64_t hash = world_hash(kit->w);
    uint8_t *bytes;
    size_t n;

    kit->w->passed[last] = 7;
    ck_assert_uint_ne(world_hash(kit->w), hash);
    kit->w->passed[last] = 0;
    kit->w->alarms[0] = 7;
    ck_assert_uint_ne(world_hash(kit->w), hash);
    kit->w->passed[last] = 8;
    n = world_save_size(kit->w);
    bytes = malloc(n);
    ck_assert_uint_eq(world_save(kit->w, bytes, n), n);
    ck_assert(world_load(w, bytes, n));
    ck_assert_uint_eq(w->passed[last], 8);
    ck_assert_uint_eq(w->alarms[0], 7);
    kit->config.spawns_n--;
    kit_config(kit);
    ck_assert_uint_eq(kit->w->passed[last], 0);
    ck_assert_uint_eq(kit->w->alarms[0], 7);
    free(bytes);
    free(memory);
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        without_traffic_all_points_are_alike,
        raiders_prefer_the_point_that_laden_ships_pass,
        packs_go_there,
        what_was_heard_fades,
        patrols_go_where_ships_were_attacked,
        it_is_saved_and_hashed_and_bound_to_its_places,
    };

    return world_main("traffic", tests, sizeof tests / sizeof tests[0]);
}
