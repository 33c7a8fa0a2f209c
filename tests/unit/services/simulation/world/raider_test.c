/* SPDX-License-Identifier: Apache-2.0 */
/* Raiders: where packs appear, and the states that one raider goes through. */
#include <world/pilotage.h>

#include "world_main.h"

#define LURK_X 30000
#define LURK_Y (-30000)

/* Leaves of all NPCs one raider of level 2 in the Deep; it lurks at the place given. */
static void one_raider(int32_t x, int32_t y)
{
    struct world_config *c = &kit->config;

    c->guilds_n = 0;
    for (uint32_t i = 0; i < c->zones_n; i++) {
        c->zones[i].patrols = c->zones[i].packs = 0;
        if (c->zones[i].id == SOL1_DEEP) {
            c->zones[i].packs = c->zones[i].raiders = 1;
            c->zones[i].level_min = c->zones[i].level_max = 2;
        }
    }
    c->spawns_n = 1;
    c->spawns[0] = (struct config_spawn){1, SOL1_DEEP, WORLD_SUN_U + x, WORLD_SUN_U + y};
    kit_config(kit);
    world_flags_set(kit->w, 0);
    kit_run(kit, 17);
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_RAIDER), 1);
    ck_assert_uint_eq(world_npcs(kit->w), 1);
}

static const struct npc *raider(void)
{
    for (uint32_t i = 0; i < kit->w->head.npcs_n; i++) {
        if (kit->w->npcs[i].kind == NPC_RAIDER && kit->w->npcs[i].entity)
            return &kit->w->npcs[i];
    }
    ck_abort_msg("no raider is in space");
    return NULL;
}

static void until_state(uint32_t state, uint32_t ticks)
{
    for (uint32_t t = 0; raider()->state != state; t++) {
        ck_assert_uint_lt(t, ticks);
        kit_run(kit, 1);
    }
}

START_TEST(packs_and_patrols_as_the_table_says)
{
    static const uint32_t packs[CONFIG_ZONES_MAX] = {0, 0, 1, 1, 2, 4, 4, 6};
    uint32_t seen[CONFIG_ZONES_MAX] = {0}, cutters[CONFIG_ZONES_MAX] = {0};

    world_flags_set(kit->w, 0);
    kit_run(kit, 17);
    for (uint32_t i = 0; i < kit->w->head.npcs_n; i++) {
        const struct npc *n = &kit->w->npcs[i];
        const struct config_zone *z = world_config_zone(&kit->config, n->zone);

        if (n->entity && n->kind == NPC_PATROL)
            cutters[n->zone]++;
        if (!n->entity || n->kind != NPC_RAIDER)
            continue;
        seen[n->zone]++;
        ck_assert_uint_ge(n->level, z->level_min);
        ck_assert_uint_le(n->level, z->level_max);
        ck_assert_uint_eq(kit_entity(kit, n->entity).level, n->level);
    }
    for (uint32_t zone = 1; zone <= SOL1_FREE; zone++) {
        ck_assert_uint_eq(seen[zone], packs[zone]);
        ck_assert_uint_eq(cutters[zone],
                          2u * world_config_zone(&kit->config, zone)->patrols);
    }
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_GUILD), 0); /* those are sent */
}
END_TEST

START_TEST(it_lurks_until_prey_comes)
{
    one_raider(LURK_X, LURK_Y);
    kit_run(kit, 200);
    ck_assert_uint_eq(raider()->state, NPC_LURK);
    kit_pilot(kit, SOL1_HEAVY, LURK_X + 700, LURK_Y);
    until_state(NPC_ATTACK, 100);
    ck_assert_uint_eq(raider()->target, kit->pilots[0].id);
    for (uint32_t t = 0; kit_lost(kit, 0) == 0; t++) {
        ck_assert_uint_lt(t, 400);
        kit_run(kit, 1);
    }
    ck_assert_uint_eq(kit_note(kit, 0, WORLD_NOTE_HIT_BY)->a, raider()->entity);
    ck_assert_uint_eq(kit_note(kit, 0, WORLD_NOTE_HIT_BY)->c, 0);
}
END_TEST

START_TEST(the_laden_are_preferred)
{
    struct world_baton b;

    one_raider(LURK_X, LURK_Y);
    kit_pilot(kit, SOL1_HAULER, LURK_X + 300, LURK_Y);
    b = kit_baton(kit, SOL1_HAULER, LURK_X - 1000, LURK_Y);
    kit_load(&b, SOL1_ICE, 80);
    kit_enter(kit, &b);
    kit_run(kit, WORLD_IMMUNE_TICKS - 5);
    ck_assert_uint_eq(raider()->state, NPC_LURK); /* the immune are no prey */
    until_state(NPC_ATTACK, 20);
    ck_assert_uint_eq(raider()->target, kit->pilots[1].id);
}
END_TEST

START_TEST(hurt_it_flees)
{
    int64_t x, y;

    one_raider(LURK_X, LURK_Y);
    kit_pilot(kit, SOL1_GUNSHIP, LURK_X + 500, LURK_Y);
    until_state(NPC_ATTACK, 200);
    /* The gunship turns with it and fires until less than a fifth of the hull is left. */
    for (uint32_t t = 0; raider()->state != NPC_FLEE; t++) {
        struct world_entity e = kit_entity(kit, raider()->entity);
        struct world_own own = kit_own(kit, 0);
        uint32_t slot = e.id & WORLD_SLOT_MASK;

        ck_assert_uint_lt(t, 1500);
        x = (int64_t)e.flight.x - own.x;
        y = (int64_t)e.flight.y - own.y;
        kit_steer(kit, 0,
                  flight_lead((int32_t)x, (int32_t)y, e.flight.vx - own.flight.vx,
                              e.flight.vy - own.flight.vy, 19456),
                  FLIGHT_COAST, false);
        /* Not before the last volley has arrived: 192 of hull at most. */
        kit->pilots[0].wish.fire = t % 30 == 0 && kit->w->units[slot].hull > 130;
        kit_run(kit, 1);
    }
    kit->pilots[0].wish.fire = 0;
    ck_assert_int_lt(kit->w->units[raider()->entity & WORLD_SLOT_MASK].hull, 130);
}
END_TEST

START_TEST(guarded_space_is_its_leash)
{
    int32_t deepest = INT32_MAX;
    uint32_t gave_up = 0, state = 0;

    /* Titan's circle of the Lanes has 3,500 u; beyond it to the south is the Deep. */
    one_raider(48500, -1000 - 4000);
    kit_pilot(kit, SOL1_HEAVY, 48500, -1000 - 3100);
    for (uint32_t t = 0; t < 1500; t++) {
        struct world_entity e = kit_entity(kit, raider()->entity);
        int32_t inside = (e.flight.y - sol1_k(-1000)) / WORLD_UNIT;

        kit_run(kit, 1);
        gave_up += state == NPC_ATTACK && raider()->state == NPC_LURK;
        state = raider()->state;
        deepest = inside > deepest || deepest == INT32_MAX ? inside : deepest;
    }
    ck_assert_uint_gt(gave_up, 0);
    ck_assert_int_lt(deepest, -1500); /* it comes in, but not far */
}
END_TEST

START_TEST(it_never_enters_a_shelter)
{
    one_raider(41500, -9500 - 1200);
    kit_pilot(kit, SOL1_HEAVY, 41500, -9500 - 500);
    kit_run(kit, 600);
    ck_assert_uint_eq(kit_own(kit, 0).shelter, 1);
    ck_assert_uint_eq(kit_lost(kit, 0), 0);
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        packs_and_patrols_as_the_table_says, it_lurks_until_prey_comes, the_laden_are_preferred,
        hurt_it_flees, guarded_space_is_its_leash, it_never_enters_a_shelter,
    };

    return world_main("raider", tests, sizeof tests / sizeof tests[0]);
}
