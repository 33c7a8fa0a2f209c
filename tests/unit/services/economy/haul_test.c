/* SPDX-License-Identifier: Apache-2.0 */
#include "haul.h"
#include "calendar.h"
#include "../../libcommon/suite.h"

#include <stdlib.h>
#include <string.h>

#include <sol1_fixture.h>

/* sol-1 with nothing but ore: dug at VES, wanted at MAR, and more so at CER, which is farther. */
static struct catalog *catalog;
static struct unit *unit;
static struct haul_ship ship;
static uint64_t quiet_ms; /* an hour without a blockade */

static void add_line(uint32_t location, int64_t base, int64_t stock)
{
    catalog->lines[catalog->lines_n++] = (struct catalog_line){location, SOL1_ORE, 1000, true};
    unit->lines[unit->lines_n++] = (struct line){
        .location = location, .commodity = SOL1_ORE, .price = {base, 2000, 30, 20}};
    ck_assert(book_load(&unit->book, account_of(ACCOUNT_STATION, location), SOL1_ORE, stock));
    ck_assert(book_load(&unit->book, account_of(ACCOUNT_STATION, location), BOOK_CREDITS, 500000));
}

/* The next time at which this station, 0 = none, is blockaded. */
static uint64_t when(uint32_t station)
{
    uint64_t at = 4000000ull * 3600000;
    while (calendar_blockade(catalog, at).station != station)
        at += 3600000;
    return at;
}

static void setup(void)
{
    catalog = calloc(1, sizeof *catalog);
    unit = calloc(1, sizeof *unit);
    memcpy(catalog->system, "sol-1", 6);
    sol1_config(&catalog->world);
    catalog->params = (struct catalog_params){.activity_traders = 16,
                                              .activity_max_pm = 6000,
                                              .drift_cycles = 512,
                                              .treasury_cycles = 48,
                                              .guild_rest_s = 20,
                                              .escort_pm = 500,
                                              .spoils_cycles = 10};
    for (uint32_t i = 0; i < catalog->world.zones_n; i++)
        catalog->hazard_pm[i] = 1000 + 100 * i;
    unit_clear(unit, catalog, 0);
    add_line(SOL1_MAR, 200, 1000);
    add_line(SOL1_CER, 222, 1000);
    add_line(SOL1_VES, 130, 4000);
    ck_assert_int_eq(catalog_complete(catalog), 0);
    unit->now_ms = quiet_ms = when(0);
    ship = (struct haul_ship){.guild = world_config_guild(&catalog->world, 2),
                              .class_ = world_config_class(&catalog->world, SOL1_HAULER),
                              .wallet = 100000};
}

static void teardown(void)
{
    free(catalog);
    free(unit);
}

START_TEST(a_blockade_at_either_end_is_a_risk)
{
    uint32_t ends[2] = {SOL1_MAR, SOL1_LUN};
    for (int back = 0; back < 2; back++) {
        uint32_t from = ends[back], to = ends[!back];
        unit->now_ms = quiet_ms;
        struct haul_plan quiet = haul_empty(unit, &ship, from, to);
        unit->now_ms = when(SOL1_MAR);
        struct haul_plan during = haul_empty(unit, &ship, from, to);
        ck_assert_uint_eq(during.to, to);
        ck_assert_int_eq(during.seconds, quiet.seconds);
        ck_assert_int_gt(during.loss_ppm, quiet.loss_ppm + 40000);
        ck_assert_int_lt(during.per_min, quiet.per_min);
        ck_assert_int_eq(quiet.hazard_pm, 1100); /* the Core's, and the Belt's */
        ck_assert_int_eq(during.hazard_pm, 1400);
    }
}
END_TEST

START_TEST(elsewhere_it_changes_nothing)
{
    struct haul_plan quiet = haul_empty(unit, &ship, SOL1_MAR, SOL1_LUN);
    unit->now_ms = when(SOL1_CER);
    struct haul_plan during = haul_empty(unit, &ship, SOL1_MAR, SOL1_LUN);
    ck_assert_int_eq(during.loss_ppm, quiet.loss_ppm);
    ck_assert_int_eq(during.per_min, quiet.per_min);
    ck_assert_int_eq(during.hazard_pm, quiet.hazard_pm);
}
END_TEST

START_TEST(what_the_guilds_measured_counts)
{
    unit->now_ms = when(SOL1_MAR);
    int64_t before = haul_empty(unit, &ship, SOL1_MAR, SOL1_LUN).loss_ppm;
    unit->zones[unit->zones_n++] = (struct zone_note){.zone = SOL1_BELT, .loss_ppm = 400000};
    ck_assert_int_gt(haul_empty(unit, &ship, SOL1_MAR, SOL1_LUN).loss_ppm, before + 40000);
}
END_TEST

START_TEST(haulers_choose_the_next_best_port)
{
    struct haul_plan p = haul_choose(unit, &ship, SOL1_VES);
    ck_assert_uint_eq(p.to, SOL1_MAR);
    unit->now_ms = when(SOL1_MAR);
    p = haul_choose(unit, &ship, SOL1_VES);
    ck_assert_uint_eq(p.to, SOL1_CER);
    ck_assert_int_gt(haul_worth(&p), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_blockade_at_either_end_is_a_risk, elsewhere_it_changes_nothing,
                                  what_the_guilds_measured_counts,
                                  haulers_choose_the_next_best_port};
    TCase *c = tcase_create("haul");
    tcase_add_checked_fixture(c, setup, teardown);
    return run_case("haul", c, tests, ST_ARRAY_LEN(tests));
}
