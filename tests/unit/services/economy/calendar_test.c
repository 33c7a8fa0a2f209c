/* SPDX-License-Identifier: Apache-2.0 */
#include "calendar.h"
#include "../../libcommon/suite.h"

#include <string.h>

#define HOUR_MS 3600000ull
#define BEGIN   (500000 * 4 * HOUR_MS)

/* Three stations with three goods each; the second good is luxuries. */
static struct catalog catalog;

static void setup(void)
{
    static const char *const codes[] = {"ICE", "LUX", "FOO"};
    memset(&catalog, 0, sizeof catalog);
    memcpy(catalog.system, "sol-1", 6);
    catalog.world.stations_n = catalog.world.goods_n = 3;
    for (uint16_t i = 0; i < 3; i++) {
        catalog.world.stations[i].id = (uint16_t)(i + 1);
        catalog.world.goods[i].id = (uint16_t)(i + 1);
        memcpy(catalog.world.goods[i].code, codes[i], 4);
        for (uint32_t k = 0; k < 3; k++)
            catalog.lines[catalog.lines_n++] = (struct catalog_line){i + 1u, k + 1, 1000, true};
    }
}

static uint32_t count(uint64_t now_ms, enum market_event event)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < catalog.lines_n; i++)
        n += calendar_at(&catalog, now_ms, catalog.lines[i].location, catalog.lines[i].commodity,
                         NULL) == event;
    return n;
}

START_TEST(one_shortage_at_any_time_until_its_slot_ends)
{
    for (uint64_t at = BEGIN; at < BEGIN + 400 * HOUR_MS; at += HOUR_MS / 2) {
        ck_assert_uint_eq(count(at, MARKET_EVENT_SHORTAGE), 1);
        for (uint32_t i = 0; i < catalog.lines_n; i++) {
            const struct catalog_line *l = &catalog.lines[i];
            uint64_t until = 1;
            enum market_event e = calendar_at(&catalog, at, l->location, l->commodity, &until);
            ck_assert_int_eq(e != MARKET_EVENT_NONE, until != 0);
            if (e == MARKET_EVENT_NONE)
                continue;
            ck_assert_uint_gt(until, at);
            ck_assert_uint_le(until, at + (e == MARKET_EVENT_SHORTAGE ? 4 : 2) * HOUR_MS);
            ck_assert_int_eq(calendar_at(&catalog, until - 1, l->location, l->commodity, NULL), e);
        }
    }
}
END_TEST

START_TEST(festivals_are_luxuries_and_food_of_one_station)
{
    uint32_t with = 0, without = 0;
    for (uint64_t at = BEGIN; at < BEGIN + 400 * HOUR_MS; at += 2 * HOUR_MS) {
        uint32_t n = count(at, MARKET_EVENT_FESTIVAL), where = 0;
        ck_assert_uint_le(n, 2); /* a shortage may hide one */
        with += n > 0;
        without += n == 0;
        for (uint32_t i = 0; i < catalog.lines_n; i++) {
            const struct catalog_line *l = &catalog.lines[i];
            if (calendar_at(&catalog, at, l->location, l->commodity, NULL) != MARKET_EVENT_FESTIVAL)
                continue;
            ck_assert_uint_ne(l->commodity, 1);
            ck_assert(where == 0 || where == l->location);
            where = l->location;
        }
    }
    ck_assert_uint_gt(with, 60);
    ck_assert_uint_gt(without, 60);
}
END_TEST

START_TEST(each_system_has_its_own_and_all_markets_get_their_turn)
{
    bool seen[9] = {false};
    uint32_t other = 0;
    for (uint64_t at = BEGIN; at < BEGIN + 800 * HOUR_MS; at += 4 * HOUR_MS) {
        uint32_t here = 9, there = 9;
        for (uint32_t i = 0; i < 9; i++) {
            const struct catalog_line *l = &catalog.lines[i];
            catalog.system[4] = '1';
            if (calendar_at(&catalog, at, l->location, l->commodity, NULL) == MARKET_EVENT_SHORTAGE)
                here = i;
            catalog.system[4] = '2';
            if (calendar_at(&catalog, at, l->location, l->commodity, NULL) == MARKET_EVENT_SHORTAGE)
                there = i;
        }
        ck_assert_uint_lt(here, 9);
        seen[here] = true;
        other += here != there;
    }
    for (uint32_t i = 0; i < 9; i++)
        ck_assert(seen[i]);
    ck_assert_uint_gt(other, 100);
}
END_TEST

START_TEST(what_nobody_uses_is_never_scarce)
{
    ck_assert_int_eq(calendar_uses(MARKET_EVENT_NONE), 1);
    ck_assert_int_eq(calendar_uses(MARKET_EVENT_SHORTAGE), 2);
    ck_assert_int_eq(calendar_uses(MARKET_EVENT_FESTIVAL), 3);
    for (uint32_t i = 0; i < catalog.lines_n; i++)
        catalog.lines[i].use_milli = i == 4 ? 1 : 0;
    for (uint64_t at = BEGIN; at < BEGIN + 100 * HOUR_MS; at += 4 * HOUR_MS) {
        ck_assert_uint_eq(count(at, MARKET_EVENT_SHORTAGE), 1);
        ck_assert_int_eq(
            calendar_at(&catalog, at, catalog.lines[4].location, catalog.lines[4].commodity, NULL),
            MARKET_EVENT_SHORTAGE);
    }
    catalog.lines[4].use_milli = 0;
    ck_assert_uint_eq(count(BEGIN, MARKET_EVENT_SHORTAGE), 0);
}
END_TEST

START_TEST(a_blockade_is_the_systems_and_of_one_hour)
{
    uint32_t hours = 0, other = 0;
    catalog.world.zones_n = 1;
    catalog.world.zones[0] = (struct config_zone){.id = 1, .risk = 2};
    for (uint32_t i = 0; i < 3; i++)
        catalog.world.stations[i].zone = 1;
    for (uint64_t at = BEGIN; at < BEGIN + 400 * HOUR_MS; at += HOUR_MS) {
        catalog.system[4] = '1';
        struct blockade b = calendar_blockade(&catalog, at + HOUR_MS / 2);
        catalog.system[4] = '2';
        other += calendar_blockade(&catalog, at).station != b.station;
        ck_assert_uint_eq(b.until_ms, b.station != 0 ? at + HOUR_MS : 0);
        hours += b.station != 0;
    }
    ck_assert_uint_eq(hours, 100);
    ck_assert_uint_gt(other, 50);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        one_shortage_at_any_time_until_its_slot_ends,
        festivals_are_luxuries_and_food_of_one_station,
        each_system_has_its_own_and_all_markets_get_their_turn,
        what_nobody_uses_is_never_scarce,
        a_blockade_is_the_systems_and_of_one_hour,
    };
    TCase *c = tcase_create("calendar");
    tcase_add_checked_fixture(c, setup, NULL);
    return run_case("calendar", c, tests, ST_ARRAY_LEN(tests));
}
