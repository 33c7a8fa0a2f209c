/* SPDX-License-Identifier: Apache-2.0 */
#include "field.h"

#include <world/damage.h>
#include <world/weapon.h>

#define X 31000 /* a lawless place, away from the station */
#define Y 9500

START_TEST(damage_arithmetic)
{
    const struct harm pulse = {60, 1250, 800};
    int32_t shield, hull;

    damage_split(500, &pulse, &shield, &hull);
    ck_assert_int_eq(shield, 75);
    ck_assert_int_eq(hull, 0);
    damage_split(30, &pulse, &shield, &hull); /* 24 of the 60 are spent on the shield */
    ck_assert_int_eq(shield, 30);
    ck_assert_int_eq(hull, 28);
    damage_split(0, &pulse, &shield, &hull);
    ck_assert_int_eq(shield, 0);
    ck_assert_int_eq(hull, 48);
}
END_TEST

START_TEST(hits_are_swept)
{
    struct flight target = {.x = 0, .y = 1000};
    int32_t pos[2] = {20000, 0}, vel[2] = {40000, 0}, when;

    ck_assert_uint_eq(sweep(pos, vel, &target, &when), 1000 * 1000); /* passes beside it */
    ck_assert_int_eq(when, 2048);
    target.vx = 40000; /* flies along: the distance stays */
    target.x = 20000;
    ck_assert_uint_eq(sweep(pos, vel, &target, &when), 1000 * 1000);
}
END_TEST

/* A shuttle at X, Y and a victim 250 u to the right of it. */
static void duel(struct field *f, uint32_t class_id, uint32_t a, int32_t x, int32_t y)
{
    struct world_baton b;

    field_open(f, WORLD_NO_NPCS);
    (void)field_ship(f, 1, a, x, y);
    b = field_baton(f, 2, class_id, x + 250, y);
    b.cargo_n = 2;
    b.cargo[0] = (struct world_cargo){SOL1_ICE, 10};
    b.cargo[1] = (struct world_cargo){SOL1_ORE, 5};
    ck_assert_int_eq(world_apply(f->w, &b), WORLD_OK);
    field_steps(f, WORLD_IMMUNE_TICKS + 1);
}

static void shoot(struct field *f, uint32_t ticks, uint32_t mask)
{
    struct world_own victim = field_own(f, 1);

    for (uint32_t t = 0; t < ticks; t++) {
        const struct world_hard *h;

        field_input(f, 0, 0, FLIGHT_COAST, mask, victim.id);
        world_step(f->w);
        if (world_hards(f->w, &h) && h->kind == WORLD_HARD_DESTROYED)
            return;
    }
}

START_TEST(a_kill_and_its_wreck)
{
    struct field f;
    const struct world_hard *h;

    duel(&f, SOL1_SHUTTLE, SOL1_FIGHTER, X, Y);
    shoot(&f, 400, 1);
    ck_assert_uint_eq(world_hards(f.w, &h), 1);
    ck_assert_uint_eq(h->kind, WORLD_HARD_DESTROYED);
    ck_assert_uint_eq(h->ship, 2);
    ck_assert_uint_eq(h->killer_player, 1001);
    ck_assert_uint_eq(h->killer_class, SOL1_FIGHTER);
    ck_assert_uint_eq(h->zone, SOL1_FREE);
    /* ceil of 750 in a thousand: 8 of 10 and 4 of 5. */
    ck_assert_uint_eq(h->drops_n, 2);
    ck_assert_uint_eq(h->drops[0].quantity, 8);
    ck_assert_uint_eq(h->drops[1].quantity, 4);
    ck_assert_uint_eq(h->lost[0].quantity, 2);
    ck_assert_uint_eq(h->lost[1].quantity, 1);
    ck_assert_uint_eq(h->drops[1].loot, world_loot_id(h->event, 1));
    ck_assert_uint_eq(field_own(&f, 1).phase, WORLD_PHASE_DEAD);
    field_close(&f);
}
END_TEST

START_TEST(home_is_safe_and_core_is_law)
{
    struct field f;

    duel(&f, SOL1_SHUTTLE, SOL1_FIGHTER, 2250, 17000); /* Home, no shelter near */
    shoot(&f, 60, 1);
    ck_assert_uint_eq(field_own(&f, 1).hull, 520);
    ck_assert_uint_eq(field_own(&f, 1).shield, 500);
    ck_assert_uint_eq(field_own(&f, 0).wanted_until, 0);
    field_close(&f);
    duel(&f, SOL1_SHUTTLE, SOL1_FIGHTER, -8500, 6500); /* Core, near VEN */
    shoot(&f, 40, 1);
    ck_assert_uint_lt(field_own(&f, 1).shield, 500);
    ck_assert_uint_gt(field_own(&f, 0).wanted_until, world_tick(f.w) + 5900);
    ck_assert_uint_eq(field_own(&f, 1).wanted_until, 0);
    field_close(&f);
}
END_TEST

START_TEST(newcomers_are_left_alone)
{
    struct field f;
    struct world_baton b;

    field_open(&f, WORLD_NO_NPCS);
    (void)field_ship(&f, 1, SOL1_FIGHTER, -3000, 6000); /* Sunward */
    b = field_baton(&f, 2, SOL1_SHUTTLE, -2750, 6000);
    b.flags |= WORLD_BATON_NEWCOMER;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    field_steps(&f, WORLD_IMMUNE_TICKS + 1);
    shoot(&f, 60, 1);
    ck_assert_uint_eq(field_own(&f, 1).shield, 500);
    field_close(&f);
}
END_TEST

START_TEST(immune_until_it_fires)
{
    struct field f;
    struct world_baton b;
    uint32_t pilot;

    field_open(&f, WORLD_NO_NPCS);
    (void)field_ship(&f, 1, SOL1_FIGHTER, X, Y);
    b = field_baton(&f, 2, SOL1_SHUTTLE, X + 250, Y);
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_int_eq(world_bind(f.w, 1002, 1, 0, &pilot), WORLD_OK);
    shoot(&f, 40, 1);
    ck_assert_uint_eq(field_own(&f, 1).shield, 500);
    ck_assert(field_own(&f, 1).flight.flags & FLIGHT_IMMUNE);
    field_input(&f, 1, 0, FLIGHT_COAST, 1, 0);
    shoot(&f, 12, 1);
    ck_assert(!(field_own(&f, 1).flight.flags & FLIGHT_IMMUNE));
    ck_assert_uint_lt(field_own(&f, 1).shield, 500);
    field_close(&f);
}
END_TEST

START_TEST(torpedo_finds_its_target)
{
    struct field f;

    duel(&f, SOL1_SHUTTLE, SOL1_FIGHTER, X, Y);
    shoot(&f, 40, 0); /* turns to it first */
    shoot(&f, 1, 2);
    ck_assert_uint_eq(field_own(&f, 0).torpedoes, 3);
    ck_assert_uint_eq(field_own(&f, 0).cooldown[1], 120);
    field_input(&f, 0, 0, FLIGHT_COAST, 0, 0);
    field_steps(&f, 30);
    ck_assert_uint_lt(field_own(&f, 1).shield, 240); /* 280 points */
    field_close(&f);
}
END_TEST

START_TEST(point_defence_shoots_torpedoes)
{
    struct field f;
    uint32_t at_torpedo = 0;

    duel(&f, SOL1_HEAVY, SOL1_FIGHTER, X, Y);
    shoot(&f, 40, 0); /* turns to it first */
    shoot(&f, 1, 2);
    field_input(&f, 0, 0, FLIGHT_COAST, 0, 0);
    for (uint32_t t = 0; t < 30; t++) {
        world_step(f.w);
        for (uint32_t i = 0; i < world_dirty_cells(f.w); i++) {
            struct world_cell cell;

            world_dirty_cell(f.w, i, &cell);
            for (uint32_t k = 0; k < cell.shots_n; k++)
                at_torpedo += cell.shots[k].weapon == SOL1_PD;
        }
    }
    ck_assert_uint_gt(at_torpedo, 1);
    field_close(&f);
}
END_TEST

START_TEST(corona_burns)
{
    struct field f;
    uint16_t before;

    field_open(&f, WORLD_NO_NPCS);
    (void)field_ship(&f, 1, SOL1_GUNSHIP, 0, 2000);
    before = field_own(&f, 0).shield;
    field_steps(&f, 10);
    ck_assert_uint_eq(field_own(&f, 0).shield, before - 20);
    field_close(&f);
}
END_TEST

START_TEST(no_hull_falls_while_events_cannot_go)
{
    struct field f;

    duel(&f, SOL1_SHUTTLE, SOL1_FIGHTER, X, Y);
    world_flags_set(f.w, WORLD_NO_NPCS | WORLD_HULLS_HOLD);
    shoot(&f, 400, 1);
    ck_assert_uint_eq(field_own(&f, 1).hull, 1);
    ck_assert_uint_eq(field_own(&f, 1).phase, WORLD_PHASE_FLYING);
    field_close(&f);
}
END_TEST

START_TEST(nearest_takes_whole_units)
{
    struct field f;
    const struct world_hard *h;

    field_open(&f, WORLD_NO_NPCS);
    (void)field_ship(&f, 1, SOL1_SHUTTLE, X, Y);
    (void)field_ship(&f, 2, SOL1_SHUTTLE, X + 60, Y);
    /* Machinery weighs 3 t: eight of ten fit into 24 t. Both ships are equally near. */
    ck_assert(world_loot_put(f.w, 77, 11, 10, sol1_k(X + 30), sol1_k(Y)));
    h = field_wait(&f, WORLD_HARD_PICKED_UP, 8);
    ck_assert_ptr_nonnull(h);
    ck_assert_uint_eq(h->ship, 1);
    ck_assert_uint_eq(h->drops[0].loot, 77);
    ck_assert_uint_eq(h->drops[0].quantity, 8);
    ck_assert_uint_eq(field_own(&f, 0).flight.load, 15);
    h = field_wait(&f, WORLD_HARD_PICKED_UP, 8);
    ck_assert_ptr_null(h); /* the nearest one is full; the other has to come nearer */
    ck_assert(world_loot_put(f.w, 77, 11, 0, 0, 0));
    field_close(&f);
}
END_TEST

START_TEST(loot_expires)
{
    struct field f;

    field_open(&f, WORLD_NO_NPCS);
    ck_assert(world_loot_put(f.w, 78, SOL1_ICE, 3, sol1_k(X), sol1_k(Y)));
    ck_assert_ptr_null(field_wait(&f, WORLD_HARD_LOOT_EXPIRED, WORLD_LOOT_TICKS - 1));
    ck_assert_ptr_nonnull(field_wait(&f, WORLD_HARD_LOOT_EXPIRED, 2));
    field_close(&f);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        damage_arithmetic, hits_are_swept, a_kill_and_its_wreck, home_is_safe_and_core_is_law,
        newcomers_are_left_alone, immune_until_it_fires, torpedo_finds_its_target,
        point_defence_shoots_torpedoes, corona_burns, no_hull_falls_while_events_cannot_go,
        nearest_takes_whole_units, loot_expires};

    return field_main("fight", tests, sizeof tests / sizeof tests[0]);
}
