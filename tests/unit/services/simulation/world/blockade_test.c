/* SPDX-License-Identifier: Apache-2.0 */
/* Blockades: when the calendar has one, and what the kernel makes of it. */
#include <stdlib.h>
#include <world/blockade.h>
#include <world/pack.h>
#include <world/pilotage.h>

#include "world_main.h"

#define BEGIN  (120000ull * BLOCKADE_SLOT_MS)
#define MAR_X  13000
#define MAR_Y  9000
#define UNTIL  3000

START_TEST(one_hour_of_each_four_and_never_two_in_a_row)
{
    bool before = false;

    for (uint64_t slot = 0; slot < 300; slot++) {
        uint32_t hours = 0;

        for (uint64_t hour = 0; hour < 4; hour++) {
            uint64_t at = BEGIN + slot * BLOCKADE_SLOT_MS + hour * BLOCKADE_MS;
            struct blockade b = blockade_at(&kit->config, "sol-1", at);
            struct blockade last = blockade_at(&kit->config, "sol-1", at + BLOCKADE_MS - 1);

            ck_assert_uint_eq(b.station, last.station);
            ck_assert_uint_eq(b.until_ms, b.station ? at + BLOCKADE_MS : 0);
            ck_assert(!before || !b.station);
            before = b.station != 0;
            hours += before;
        }
        ck_assert_uint_eq(hours, 1);
    }
}
END_TEST

START_TEST(every_station_in_danger_gets_its_turn_and_no_other)
{
    uint32_t seen[32] = {0}, other = 0;

    for (uint64_t at = BEGIN; at < BEGIN + 400 * (uint64_t)BLOCKADE_SLOT_MS; at += BLOCKADE_MS) {
        uint16_t here = blockade_at(&kit->config, "sol-1", at).station;

        seen[here]++;
        other += here != blockade_at(&kit->config, "sol-2", at).station;
    }
    ck_assert_uint_gt(other, 200);
    for (uint32_t i = 0; i < kit->config.stations_n; i++) {
        const struct config_station *s = &kit->config.stations[i];
        uint8_t risk = world_config_zone(&kit->config, s->zone)->risk;

        if (risk >= 1 && risk <= 3)
            ck_assert_uint_gt(seen[s->id], 10);
        else
            ck_assert_uint_eq(seen[s->id], 0);
    }
    for (uint32_t i = 0; i < kit->config.zones_n; i++)
        kit->config.zones[i].risk = 0;
    for (uint64_t at = BEGIN; at < BEGIN + BLOCKADE_SLOT_MS; at += BLOCKADE_MS)
        ck_assert_uint_eq(blockade_at(&kit->config, "sol-1", at).station, 0);
}
END_TEST

/* No NPC but those of a blockade. */
static void nobody_else(void)
{
    kit->config.guilds_n = 0;
    for (uint32_t i = 0; i < kit->config.zones_n; i++)
        kit->config.zones[i].patrols = kit->config.zones[i].packs = 0;
    kit_config(kit);
    world_flags_set(kit->w, 0);
}

static void blockade(uint16_t station)
{
    nobody_else();
    ck_assert(world_blockade(kit->w, station, UNTIL));
    kit_run(kit, 16);
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_RAIDER), 4);
}

/* Distance in u from a point relative to the Sun, of the nearest or the farthest raider. */
static uint32_t away(int32_t x, int32_t y, bool farthest)
{
    uint32_t best = farthest ? 0 : UINT32_MAX;

    for (uint32_t i = 0; i < kit->w->head.npcs_n; i++) {
        uint32_t slot = entity_slot(kit->w, kit->w->npcs[i].entity), far;

        if (slot == NO_SLOT || kit->w->npcs[i].kind != NPC_RAIDER)
            continue;
        far = distance_u(&kit->w->units[slot], sol1_k(x), sol1_k(y));
        if (farthest ? far > best : far < best)
            best = far;
    }
    return best;
}

START_TEST(two_packs_lurk_on_the_approach)
{
    uint32_t until;

    blockade(SOL1_MAR);
    ck_assert_uint_eq(world_blockaded(kit->w, &until), SOL1_MAR);
    ck_assert_uint_eq(until, UNTIL);
    for (uint32_t i = 0; i < kit->w->head.npcs_n; i++)
        ck_assert_uint_eq(kit->w->npcs[i].level, 1);
    for (uint32_t t = 0; t < UNTIL - 20; t++) {
        kit_run(kit, 1);
        ck_assert_uint_gt(away(MAR_X, MAR_Y, false), WORLD_SHELTER_U);
        if (t < 2000) /* then they look for another way */
            ck_assert_uint_ge(away(MAR_X, MAR_Y, false), 1400);
        ck_assert_uint_le(away(MAR_X, MAR_Y, true), 2700);
    }
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_RAIDER), 4);
}
END_TEST

START_TEST(they_hunt_in_guarded_space_but_not_into_the_shelter)
{
    bool hunted = false;

    blockade(SOL1_MAR);
    kit_pilot(kit, SOL1_HEAVY, MAR_X + 1500, MAR_Y);
    kit_pilot(kit, SOL1_HEAVY, MAR_X - 1500, MAR_Y);
    kit_pilot(kit, SOL1_HEAVY, MAR_X, MAR_Y + 300);
    for (uint32_t t = 0; t < 1200; t++) {
        kit_run(kit, 1);
        hunted |= kit_note(kit, 0, WORLD_NOTE_HIT_BY) || kit_note(kit, 1, WORLD_NOTE_HIT_BY);
    }
    ck_assert(hunted);
    ck_assert_uint_eq(kit_lost(kit, 2), 0);
}
END_TEST

START_TEST(a_newcomer_in_guarded_space_is_left_alone)
{
    struct world_baton b;

    blockade(SOL1_MAR);
    b = kit_baton(kit, SOL1_SHUTTLE, MAR_X + 1500, MAR_Y);
    b.flags |= WORLD_BATON_NEWCOMER;
    kit_enter(kit, &b);
    kit_run(kit, 800);
    ck_assert_uint_eq(kit_lost(kit, 0), 0);
}
END_TEST

START_TEST(a_destroyed_pack_comes_back_while_it_lasts)
{
    blockade(SOL1_MAR);
    for (uint32_t i = 0; i < 2; i++)
        npc_vanish(kit->w, i);
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_RAIDER), 2);
    kit_run(kit, 1700);
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_RAIDER), 4);
}
END_TEST

/* Ticks until the last raider is gone. */
static uint32_t all_gone(void)
{
    for (uint32_t t = 0; t < 12000; t++) {
        if (kit_count(kit, WORLD_FACTION_RAIDER) == 0)
            return t;
        kit_run(kit, 1);
    }
    ck_abort_msg("raiders stay");
    return 0;
}

START_TEST(at_its_end_they_go_home_and_stay_away)
{
    uint32_t until;

    blockade(SOL1_MAR);
    kit_run(kit, UNTIL - 16 + 20);
    ck_assert_uint_eq(world_blockaded(kit->w, &until), 0);
    ck_assert_uint_eq(until, 0);
    for (uint32_t i = 0; i < kit->w->head.npcs_n; i++)
        ck_assert_uint_eq(kit->w->npcs[i].state, NPC_RETURN);
    ck_assert_uint_gt(all_gone(), 100);
    kit_run(kit, 3000);
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_RAIDER), 0);
}
END_TEST

START_TEST(another_station_waits_until_those_of_the_first_are_gone)
{
    uint32_t until;

    blockade(SOL1_MAR);
    ck_assert(!world_blockade(kit->w, 999, 1));
    ck_assert_uint_eq(world_blockaded(kit->w, &until), SOL1_MAR);
    ck_assert_uint_eq(until, UNTIL);
    ck_assert(world_blockade(kit->w, SOL1_MER, 20000));
    (void)all_gone();
    kit_run(kit, 1700);
    ck_assert_uint_eq(kit_count(kit, WORLD_FACTION_RAIDER), 4);
    ck_assert_uint_le(away(-5200, -3000, true), 2700);
    ck_assert(world_blockade(kit->w, 0, 0));
    (void)all_gone();
}
END_TEST

START_TEST(it_is_saved_and_hashed)
{
    struct world_limits limits = kit_limits();
    void *memory = kit_memory();
    struct world *w;
    uint8_t *bytes;
    uint64_t hash;
    size_t n;

    blockade(SOL1_MAR);
    kit_run(kit, 500);
    n = world_save_size(kit->w);
    bytes = malloc(n);
    ck_assert_uint_eq(world_save(kit->w, bytes, n), n);
    w = world_init(memory, &limits, &kit->config, 99, 3, 7);
    ck_assert(world_load(w, bytes, n));
    ck_assert_uint_eq(world_hash(w), world_hash(kit->w));
    world_flags_set(w, 0);
    for (uint32_t t = 0; t < 4000; t++) { /* beyond its end */
        kit_run(kit, 1);
        world_step(w);
        ck_assert_uint_eq(world_hash(w), world_hash(kit->w));
    }
    hash = world_hash(w);
    ck_assert(world_blockade(w, SOL1_CER, 9000));
    ck_assert_uint_ne(world_hash(w), hash);
    free(bytes);
    free(memory);
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        one_hour_of_each_four_and_never_two_in_a_row,
        every_station_in_danger_gets_its_turn_and_no_other,
        two_packs_lurk_on_the_approach,
        they_hunt_in_guarded_space_but_not_into_the_shelter,
        a_newcomer_in_guarded_space_is_left_alone,
        a_destroyed_pack_comes_back_while_it_lasts,
        at_its_end_they_go_home_and_stay_away,
        another_station_waits_until_those_of_the_first_are_gone,
        it_is_saved_and_hashed,
    };

    return world_main("blockade", tests, sizeof tests / sizeof tests[0]);
}
