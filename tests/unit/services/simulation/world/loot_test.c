/* SPDX-License-Identifier: Apache-2.0 */
/* Containers: what a wreck leaves, what is thrown out, who takes it, and when it ends. */
#include "world_main.h"

/* A gunship at 300 u kills a hauler with this cargo in the Deep; the result is the event. */
static const struct world_hard *wreck(const struct world_cargo *cargo, uint8_t kinds)
{
    struct world_baton b = kit_baton(kit, SOL1_HAULER, KIT_DEEP_X, KIT_DEEP_Y);
    const struct world_hard *h;

    for (uint8_t i = 0; i < kinds; i++)
        kit_load(&b, cargo[i].good, cargo[i].quantity);
    kit_enter(kit, &b);
    kit_pilot(kit, SOL1_GUNSHIP, KIT_DEEP_X + 300, KIT_DEEP_Y);
    kit_steer(kit, 1, 2048, FLIGHT_COAST, false);
    kit_settle(kit);
    kit->pilots[1].wish.fire = 1;
    for (uint32_t t = 0; !(h = kit_hard(kit, WORLD_HARD_DESTROYED)); t++) {
        ck_assert_uint_lt(t, 300);
        kit_run(kit, 1);
    }
    kit->pilots[1].wish.fire = 0;
    return h;
}

START_TEST(share_is_rounded_up_per_good)
{
    static const struct world_cargo cargo[] = {{1, 5}, {2, 7}, {6, 1}, {9, 10}};
    static const uint16_t left[] = {3, 5, 1, 6}; /* 600 of 1,000: 3.0, 4.2, 0.6, 6.0 */
    const struct world_hard *h = wreck(cargo, 4);

    ck_assert_uint_eq(h->drops_n, 4);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(h->drops[i].good, cargo[i].good);
        ck_assert_uint_eq(h->drops[i].quantity, left[i]);
        ck_assert_uint_eq(h->drops[i].loot, world_loot_id(h->event, i));
    }
    ck_assert_uint_eq(h->lost_n, 3);
    for (uint32_t i = 0, k = 0; i < 4; i++) {
        if (left[i] == cargo[i].quantity)
            continue;
        ck_assert_uint_eq(h->lost[k].good, cargo[i].good);
        ck_assert_uint_eq(h->lost[k].quantity, cargo[i].quantity - left[i]);
        k++;
    }
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_THING), 4);
}
END_TEST

START_TEST(at_most_six_containers)
{
    static const struct world_cargo cargo[] = {{1, 5}, {2, 5}, {3, 5}, {4, 5},
                                               {5, 5}, {6, 5}, {7, 5}, {9, 5}};
    const struct world_hard *h = wreck(cargo, 8);
    uint32_t sum = 0;

    ck_assert_uint_eq(h->drops_n, WORLD_WRECK_BOXES);
    for (uint32_t i = 0; i < h->drops_n; i++)
        sum += h->drops[i].quantity;
    for (uint32_t i = 0; i < h->lost_n; i++)
        sum += h->lost[i].quantity;
    ck_assert_uint_eq(sum, 8 * 5); /* nothing vanishes unsaid */
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_THING), WORLD_WRECK_BOXES);
}
END_TEST

START_TEST(jettison_makes_the_same_containers)
{
    struct world_baton b = kit_baton(kit, SOL1_HAULER, KIT_DEEP_X, KIT_DEEP_Y);
    uint32_t good, much, none, box;

    kit_load(&b, SOL1_ICE, 10);
    kit_enter(kit, &b);
    kit_run(kit, 5);
    good = kit_jettison(kit, 0, SOL1_ICE, 4);
    much = kit_jettison(kit, 0, SOL1_ICE, 7);
    none = kit_jettison(kit, 0, SOL1_ORE, 1);
    kit_run(kit, 1);
    ck_assert_uint_eq(kit_answer(kit, good, 0)->code, WORLD_ACCEPTED);
    ck_assert_uint_eq(kit_answer(kit, much, 0)->code, WORLD_REFUSED_NOT_POSSIBLE);
    ck_assert_uint_eq(kit_answer(kit, none, 0)->code, WORLD_REFUSED_NOT_POSSIBLE);
    ck_assert_uint_eq(kit_own(kit, 0).cargo_mass, 6);
    ck_assert_uint_eq(kit->hards_n, 1);
    ck_assert_uint_eq(kit->hards[0].kind, WORLD_HARD_JETTISONED);
    ck_assert_uint_eq(kit->hards[0].drops[0].good, SOL1_ICE);
    ck_assert_uint_eq(kit->hards[0].drops[0].quantity, 4);
    box = kit_find(kit, WORLD_CLASS_LOOT);
    ck_assert_uint_eq(kit_entity(kit, box).quantity, 4);
    kit_run(kit, 50); /* it is not taken back at once */
    ck_assert_uint_eq(kit_entity(kit, box).quantity, 4);
}
END_TEST

START_TEST(the_nearest_takes_it)
{
    static const struct kit_box box = {5, SOL1_ICE, 3, KIT_DEEP_X, KIT_DEEP_Y};
    const struct world_hard *h;

    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X - 30, KIT_DEEP_Y);
    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X + 29, KIT_DEEP_Y);
    kit_boxes(kit, &box, 1);
    kit_run(kit, 4);
    h = kit_hard(kit, WORLD_HARD_PICKED_UP);
    ck_assert_ptr_nonnull(h);
    ck_assert_uint_eq(h->player, kit->pilots[1].baton.player);
    ck_assert_uint_eq(h->drops[0].loot, 5);
    ck_assert_uint_eq(h->drops[0].quantity, 3);
    ck_assert_uint_eq(kit_own(kit, 1).cargo_mass, 3);
    ck_assert_uint_eq(kit_own(kit, 0).cargo_mass, 0);
    ck_assert_uint_eq(kit_note(kit, 1, WORLD_NOTE_LOOT)->c, 3);
    ck_assert_uint_eq(kit_find(kit, WORLD_CLASS_LOOT), 0);
}
END_TEST

START_TEST(ties_go_to_the_lower_id)
{
    static const struct kit_box box = {5, SOL1_ICE, 3, KIT_DEEP_X, KIT_DEEP_Y};

    for (int32_t side = -1; side <= 1; side += 2) {
        kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X + 30 * side, KIT_DEEP_Y);
        kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X - 30 * side, KIT_DEEP_Y);
        ck_assert_uint_lt(kit->pilots[0].id, kit->pilots[1].id);
        kit_boxes(kit, &box, 1);
        kit_run(kit, 4);
        ck_assert_uint_eq(kit_own(kit, 0).cargo_mass, 3);
        ck_assert_uint_eq(kit_own(kit, 1).cargo_mass, 0);
        kit_free(kit);
        kit = kit_new();
    }
}
END_TEST

START_TEST(reach_is_the_radius_and_40)
{
    static const struct kit_box boxes[] = {{5, SOL1_ICE, 1, KIT_DEEP_X, KIT_DEEP_Y},
                                           {6, SOL1_ICE, 1, KIT_DEEP_X + 1000, KIT_DEEP_Y}};

    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X + 56, KIT_DEEP_Y);
    kit_pilot(kit, SOL1_SHUTTLE, KIT_DEEP_X + 1000 + 57, KIT_DEEP_Y);
    kit_boxes(kit, boxes, 2);
    kit_run(kit, 20);
    ck_assert_uint_eq(kit_own(kit, 0).cargo_mass, 1);
    ck_assert_uint_eq(kit_own(kit, 1).cargo_mass, 0);
}
END_TEST

START_TEST(only_whole_units_that_fit)
{
    static const struct kit_box box = {5, SOL1_ORE, 5, KIT_DEEP_X, KIT_DEEP_Y};
    struct world_baton b = kit_baton(kit, SOL1_SHUTTLE, KIT_DEEP_X, KIT_DEEP_Y);

    kit_load(&b, SOL1_ICE, 19); /* 5 t are free: two units of 2 t */
    kit_enter(kit, &b);
    kit_boxes(kit, &box, 1);
    kit_run(kit, 4);
    ck_assert_uint_eq(kit_own(kit, 0).cargo_mass, 23);
    ck_assert_uint_eq(kit_hard(kit, WORLD_HARD_PICKED_UP)->drops[0].quantity, 2);
    ck_assert_uint_eq(kit_entity(kit, kit_find(kit, WORLD_CLASS_LOOT)).quantity, 3);
    ck_assert_uint_eq(kit->hards_n, 1);
    kit_run(kit, 70);
    ck_assert_uint_eq(kit->hards_n, 1);
    ck_assert_ptr_nonnull(kit_note(kit, 0, WORLD_NOTE_HOLD_FULL));
    ck_assert_uint_eq(kit_own(kit, 0).cargo_mass, 23);
}
END_TEST

START_TEST(containers_end_after_6000_ticks)
{
    static const struct kit_box box = {5, SOL1_ICE, 3, KIT_DEEP_X, KIT_DEEP_Y};
    uint32_t id;

    kit_boxes(kit, &box, 1);
    kit_run(kit, 1); /* now clients know of it */
    id = kit_find(kit, WORLD_CLASS_LOOT);
    kit_run(kit, WORLD_LOOT_TICKS - 2);
    ck_assert_uint_eq(kit->hards_n, 0);
    kit_run(kit, 1);
    ck_assert_uint_eq(kit->hards_n, 1);
    ck_assert_uint_eq(kit->hards[0].kind, WORLD_HARD_LOOT_EXPIRED);
    ck_assert_uint_eq(kit->hards[0].drops[0].loot, 5);
    ck_assert_uint_eq(kit->hards[0].drops[0].quantity, 3);
    ck_assert_uint_eq(kit_gone(kit, id), WORLD_GONE_COLLECTED);
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        share_is_rounded_up_per_good, at_most_six_containers,
        jettison_makes_the_same_containers, the_nearest_takes_it,
        ties_go_to_the_lower_id, reach_is_the_radius_and_40,
        only_whole_units_that_fit, containers_end_after_6000_ticks,
    };

    return world_main("loot", tests, sizeof tests / sizeof tests[0]);
}
