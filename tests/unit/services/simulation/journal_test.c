/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <journal.h>

static struct journal *j;

static void add(uint64_t id, uint8_t kind, uint32_t ship, uint64_t loot, uint64_t now)
{
    struct world_hard e = {.kind = kind, .event = id, .ship = ship, .tick = (uint32_t)id};
    if (loot != 0) {
        e.drops_n = 1;
        e.drops[0].loot = loot;
    }
    journal_add(j, &e, now);
}

/* Ids of all events that are due, as a number in decimal: 1 then 3 is 13. */
static uint64_t due(uint64_t now)
{
    const struct world_hard *e;
    uint64_t ids = 0;
    journal_due_begin(j);
    while ((e = journal_due(j, now)) != NULL)
        ids = ids * 10 + e->event;
    return ids;
}

START_TEST(published_until_answered)
{
    j = journal_new();
    add(1, WORLD_HARD_DOCKED, 100, 0, 1000);
    ck_assert_uint_eq(due(1000), 1);
    ck_assert_uint_eq(due(1000), 0);
    ck_assert_uint_eq(due(1000 + JOURNAL_AGAIN_MS - 1), 0);
    ck_assert_uint_eq(due(1000 + JOURNAL_AGAIN_MS), 1);
    ck_assert_uint_eq(journal_docking_since(j, 100), 1);
    ck_assert(!journal_answer(j, 2));
    ck_assert(journal_answer(j, 1));
    ck_assert(!journal_answer(j, 1));
    ck_assert_uint_eq(due(100000), 0);
    ck_assert_uint_eq(journal_count(j), 0);
    ck_assert_uint_eq(journal_docking_since(j, 100), 0);
    journal_free(&j);
}
END_TEST

START_TEST(one_outstanding_per_ship)
{
    j = journal_new();
    add(1, WORLD_HARD_PICKED_UP, 100, 55, 1);
    add(2, WORLD_HARD_DOCKED, 100, 0, 1);
    add(3, WORLD_HARD_DOCKED, 200, 0, 1);
    add(4, WORLD_HARD_DESTROYED, 0, 60, 1); /* NPCs wait for nobody */
    add(5, WORLD_HARD_DESTROYED, 0, 61, 1);
    ck_assert_uint_eq(due(10), 1345);
    ck_assert_uint_eq(due(20), 0);
    ck_assert(journal_answer(j, 1));
    ck_assert_uint_eq(due(30), 2);
    journal_free(&j);
}
END_TEST

START_TEST(a_container_waits_for_its_wreck)
{
    j = journal_new();
    add(1, WORLD_HARD_PICKED_UP, 100, 50, 1);
    add(2, WORLD_HARD_DESTROYED, 100, 70, 1); /* waits for 1 */
    add(3, WORLD_HARD_PICKED_UP, 200, 70, 1); /* its container is not booked yet */
    add(4, WORLD_HARD_LOOT_EXPIRED, 0, 70, 1);
    ck_assert_uint_eq(due(10), 1);
    ck_assert(journal_answer(j, 1));
    ck_assert_uint_eq(due(20), 2);
    ck_assert(journal_answer(j, 2));
    ck_assert_uint_eq(due(30), 3);
    ck_assert(journal_answer(j, 3));
    ck_assert_uint_eq(due(40), 4);
    journal_free(&j);
}
END_TEST

/* A place that was freed and taken again must not hold up those that waited for its former event.
 */
START_TEST(reused_places_do_not_block)
{
    j = journal_new();
    add(1, WORLD_HARD_PICKED_UP, 100, 50, 1);
    add(2, WORLD_HARD_DOCKED, 100, 0, 1);
    ck_assert(journal_answer(j, 1));
    for (uint64_t i = 0; i < JOURNAL_STORED - 1; i++)
        add(10 + i, WORLD_HARD_DESTROYED, 0, 0, 1);
    journal_due_begin(j);
    ck_assert_uint_eq(journal_due(j, 5)->event, 2);
    journal_free(&j);
}
END_TEST

START_TEST(undo_keeps_it_due)
{
    j = journal_new();
    add(1, WORLD_HARD_DOCKED, 1, 0, 1);
    journal_due_begin(j);
    ck_assert_ptr_nonnull(journal_due(j, 50));
    ck_assert_uint_eq(journal_due_age_ms(j, 50), 49);
    journal_due_undo(j);
    ck_assert_uint_eq(due(50), 1);
    journal_free(&j);
}
END_TEST

START_TEST(thresholds)
{
    j = journal_new();
    ck_assert_uint_eq(journal_flags(j, 1), 0);
    add(1, WORLD_HARD_DOCKED, 1, 0, 1000);
    ck_assert_uint_eq(due(1000), 1);
    ck_assert_uint_eq(journal_flags(j, 1000 + JOURNAL_SILENT_MS), 0);
    ck_assert_uint_eq(journal_flags(j, 1001 + JOURNAL_SILENT_MS), WORLD_DOCKS_CLOSED);
    ck_assert(journal_answer(j, 1));
    ck_assert_uint_eq(journal_flags(j, 100000), 0);
    for (uint64_t i = 0; i < JOURNAL_EVENTS / 2; i++) {
        ck_assert_uint_eq(journal_flags(j, 1000), 0);
        add(10 + i, WORLD_HARD_DESTROYED, 0, 0, 1000);
    }
    ck_assert_uint_eq(journal_flags(j, 1000), WORLD_DOCKS_CLOSED);
    for (uint64_t i = JOURNAL_EVENTS / 2; i < JOURNAL_EVENTS; i++)
        add(10 + i, WORLD_HARD_DESTROYED, 0, 0, 1000);
    ck_assert_uint_eq(journal_flags(j, 1000), WORLD_DOCKS_CLOSED | WORLD_HULLS_HOLD);
    ck_assert(journal_has_room(j)); /* for the step that filled it */
    add(9, WORLD_HARD_DESTROYED, 0, 0, 1000);
    ck_assert(!journal_has_room(j));
    ck_assert(journal_answer(j, 9));
    ck_assert(journal_has_room(j));
    journal_free(&j);
}
END_TEST

/* One event that nobody can book must not close every dock for good. */
START_TEST(overtaken_is_not_silence)
{
    j = journal_new();
    add(1, WORLD_HARD_DOCKED, 1, 0, 1000);
    ck_assert_uint_eq(due(1000), 1);
    add(2, WORLD_HARD_DOCKED, 1, 0, 1000); /* waits for 1 */
    ck_assert_uint_eq(due(1000), 0);
    ck_assert_uint_eq(journal_flags(j, 5000), WORLD_DOCKS_CLOSED);
    ck_assert_uint_eq(journal_stuck(j), 0);
    add(3, WORLD_HARD_DOCKED, 2, 0, 5000);
    ck_assert_uint_eq(due(5000), 13);
    ck_assert(journal_answer(j, 3));
    ck_assert_uint_eq(journal_stuck(j), 1);
    ck_assert_uint_eq(journal_flags(j, 50000), 0);
    ck_assert_uint_eq(journal_oldest_ms(j, 50000), 49000);
    ck_assert_uint_eq(due(50000), 1); /* it goes on being told */
    add(4, WORLD_HARD_DOCKED, 3, 0, 60000);
    ck_assert_uint_eq(due(60000), 14);
    ck_assert_uint_eq(journal_flags(j, 61000), 0);
    ck_assert_uint_eq(journal_flags(j, 63000), WORLD_DOCKS_CLOSED);
    journal_free(&j);
}
END_TEST

SUITE_MAIN("journal", published_until_answered, one_outstanding_per_ship,
           a_container_waits_for_its_wreck, reused_places_do_not_block, undo_keeps_it_due,
           overtaken_is_not_silence, thresholds)
