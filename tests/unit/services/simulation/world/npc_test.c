/* SPDX-License-Identifier: Apache-2.0 */
#include "field.h"

/* How many of a faction are within 5 x 5 cells of a place. */
static uint32_t around(const struct world *w, int32_t x, int32_t y, uint32_t faction)
{
    uint32_t cx = (uint32_t)(x >> WORLD_CELL_SHIFT), cy = (uint32_t)(y >> WORLD_CELL_SHIFT);
    uint32_t found = 0;

    for (uint32_t i = 0; i < 25; i++) {
        uint32_t ids[256], cell = (cx + i % 5 - 2) | (cy + i / 5 - 2) << WORLD_CELL_BITS;
        uint32_t n = world_cell_entities(w, cell, ids, 256);

        for (uint32_t k = 0; k < n && k < 256; k++) {
            struct world_entity e;

            if (world_entity_get(w, ids[k], &e) && e.faction == faction)
                found++;
        }
    }
    return found;
}

START_TEST(life_in_the_first_minute)
{
    struct field f;
    struct world_baton b;
    uint32_t patrols = 0;

    field_open(&f, 0);
    b = field_baton(&f, 1, SOL1_SHUTTLE, 0, 0);
    b.station = SOL1_TER;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_int_eq(world_bind(f.w, 1001, 1, 0, &(uint32_t){0}), WORLD_OK);
    for (uint32_t t = 0; t < 1200; t++) {
        struct world_own own;

        world_step(f.w);
        own = field_own(&f, 0);
        if (t % 10 != 0)
            continue;
        patrols += around(f.w, own.x, own.y, WORLD_FACTION_PATROL) > 0;
    }
    ck_assert_uint_gt(patrols, 20);
    field_close(&f);
}
END_TEST

START_TEST(a_drone_for_newcomers_only)
{
    struct field f;
    struct world_baton b;
    struct world_own own;
    const struct world_hard *h = NULL;
    uint32_t t, pilot;

    field_open(&f, 0);
    b = field_baton(&f, 1, SOL1_SHUTTLE, 0, 0);
    b.station = SOL1_TER;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_uint_eq(around(f.w, sol1_k(0), sol1_k(13000), WORLD_FACTION_DRONE), 0);
    b.ship = 2;
    b.player = 1002;
    b.flags |= WORLD_BATON_NEWCOMER;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_int_eq(world_bind(f.w, 1002, 1, 0, &pilot), WORLD_OK);
    world_step(f.w);
    ck_assert_uint_eq(around(f.w, sol1_k(0), sol1_k(13000), WORLD_FACTION_DRONE), 1);
    for (t = 0; t < 400 && !h; t++) { /* it is straight ahead */
        own = field_own(&f, pilot);
        field_input(&f, pilot, own.flight.heading, FLIGHT_AHEAD, 1, 0);
        h = field_wait(&f, WORLD_HARD_DESTROYED, 1);
    }
    ck_assert_ptr_nonnull(h);
    ck_assert_uint_eq(h->faction, WORLD_FACTION_DRONE);
    ck_assert_uint_eq(h->killer_player, 1002);
    ck_assert_uint_eq(h->drops_n, 1);
    ck_assert_uint_eq(h->drops[0].good, SOL1_FUEL);
    ck_assert_uint_eq(h->drops[0].quantity, 2);
    field_close(&f);
}
END_TEST

START_TEST(raiders_hunt_and_drop_fuel)
{
    struct field f;
    const struct world_note *notes;
    uint32_t pilot, hit = 0, spawn;

    field_open(&f, 0);
    field_steps(&f, 100);
    /* Beside each lurking place of the Belt there is a laden hauler. */
    for (spawn = 0; spawn < f.config.spawns_n; spawn++) {
        struct world_baton b;

        if (f.config.spawns[spawn].zone != SOL1_BELT)
            continue;
        b = field_baton(&f, 10 + spawn, SOL1_HAULER,
                        f.config.spawns[spawn].x - WORLD_SUN_U + 900,
                        f.config.spawns[spawn].y - WORLD_SUN_U);
        b.cargo_n = 1;
        b.cargo[0] = (struct world_cargo){SOL1_ICE, 80};
        ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
        ck_assert_int_eq(world_bind(f.w, b.player, 1, 0, &pilot), WORLD_OK);
    }
    for (uint32_t t = 0; t < 1500; t++) {
        uint32_t n;

        world_step(f.w);
        n = world_notes(f.w, &notes);
        for (uint32_t i = 0; i < n; i++)
            hit += notes[i].kind == WORLD_NOTE_HIT_BY && notes[i].a != 0;
    }
    ck_assert_uint_gt(hit, 10);
    field_close(&f);
}
END_TEST

START_TEST(patrols_chase_the_wanted)
{
    struct field f;
    struct world_baton b;
    uint32_t hit = 0;

    field_open(&f, 0);
    field_steps(&f, 50);
    b = field_baton(&f, 1, SOL1_GUNSHIP, 2250, 14250);
    b.wanted = 6000;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_int_eq(world_bind(f.w, 1001, 1, 0, &(uint32_t){0}), WORLD_OK);
    for (uint32_t t = 0; t < 3000 && !hit; t++) {
        world_step(f.w);
        hit = field_own(&f, 0).shield < 1900;
    }
    ck_assert_uint_eq(hit, 1);
    field_close(&f);
}
END_TEST

START_TEST(no_npcs_when_forbidden)
{
    struct field f;

    field_open(&f, WORLD_NO_NPCS);
    field_steps(&f, 500);
    ck_assert_uint_eq(world_npcs(f.w), 0);
    field_close(&f);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {life_in_the_first_minute, a_drone_for_newcomers_only,
                                  raiders_hunt_and_drop_fuel, patrols_chase_the_wanted,
                                  no_npcs_when_forbidden};

    return field_main("npc", tests, sizeof tests / sizeof tests[0]);
}
