/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration's byte form: one per configuration, and hostile bytes are refused. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <world/config.h>
#include <world/config_form.h>

#include "sol1_fixture.h"

static struct world_config config, other;
static uint8_t bytes[CONFIG_BYTES_MAX], again[CONFIG_BYTES_MAX];
static size_t length;

static void setup(void)
{
    sol1_config(&config);
    length = world_config_encode(&config, bytes, sizeof bytes);
    ck_assert_uint_gt(length, 1000);
}

START_TEST(round_trip)
{
    ck_assert_int_eq(world_config_decode(&other, bytes, length), 0);
    ck_assert_uint_eq(world_config_encode(&other, again, sizeof again), length);
    ck_assert_mem_eq(bytes, again, length);
    ck_assert_uint_eq(world_config_hash(&other), world_config_hash(&config));
    ck_assert_mem_eq(bytes, "STWC\1\0\0\0", 8);
    ck_assert_str_eq(other.stations[0].name, "Terra High");
    ck_assert_uint_eq(other.classes[3].price, 90000);
}
END_TEST

START_TEST(too_little_room)
{
    for (size_t cap = 0; cap < length; cap += 7)
        ck_assert_uint_eq(world_config_encode(&config, again, cap), 0);
    ck_assert_uint_eq(world_config_encode(&config, again, length), length);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    for (size_t n = 0; n < length; n++) {
        /* A copy of its own size, so that a read beyond the end is seen. */
        uint8_t *cut = malloc(n ? n : 1);

        ck_assert_ptr_nonnull(cut);
        memcpy(cut, bytes, n);
        ck_assert_int_lt(world_config_decode(&other, cut, n), 0);
        if (n >= 16) { /* also when the length agrees */
            for (uint32_t i = 0; i < 4; i++)
                cut[12 + i] = (uint8_t)(n >> (8 * i));
            ck_assert_int_lt(world_config_decode(&other, cut, n), 0);
        }
        free(cut);
    }
    bytes[length] = 0;
    ck_assert_int_lt(world_config_decode(&other, bytes, length + 1), 0);
}
END_TEST

static void put(uint8_t *record, const struct form_field *f, int64_t value)
{
    uint32_t v = (uint32_t)value;

    for (uint32_t i = 0; i < f->size; i++)
        record[f->offset + i] = (uint8_t)(v >> (8 * i));
}

/* Sets a number out of its range, if its type can hold such a value; true when it could. */
static bool spoil(uint8_t *record, const struct form_field *f, bool above)
{
    int64_t most = f->type == FORM_SIGNED ? INT32_MAX : (int64_t)((1ull << (8 * f->size)) - 1);
    int64_t value = above ? f->max + 1 : f->min - 1;

    if (value > most || value < (f->type == FORM_SIGNED ? INT32_MIN : 0))
        return false;
    put(record, f, value);
    return true;
}

static void check_spoilt(uint32_t section, uint32_t record, const struct form_field *f, bool above)
{
    other = config;
    if (!spoil((uint8_t *)(uintptr_t)form_record(&other, section, record), f, above))
        return;
    ck_assert_int_lt(world_config_check(&other), 0);
}

START_TEST(each_field_out_of_range_is_refused)
{
    for (uint32_t section = 0; section < FORM_SECTIONS; section++) {
        const struct form_section *form = &form_sections[section];

        for (uint32_t k = 0; k < form->fields_n; k++) {
            uint32_t last = form_count(&config, section) - 1;

            if (form->fields[k].type == FORM_TEXT)
                continue;
            check_spoilt(section, 0, &form->fields[k], false);
            check_spoilt(section, 0, &form->fields[k], true);
            check_spoilt(section, last, &form->fields[k], false);
            check_spoilt(section, last, &form->fields[k], true);
        }
    }
}
END_TEST

START_TEST(the_fault_names_its_record)
{
    config.stations[2].dock_radius = 5;
    ck_assert_int_eq(world_config_check(&config), -1003);
    sol1_config(&config);
    config.classes[5].turn = 0;
    ck_assert_int_eq(world_config_check(&config), -6006);
    sol1_config(&config);
    config.goods[0].mass = 0;
    ck_assert_int_eq(world_config_check(&config), -8001);
}
END_TEST

/* What is in range but does not go together. */
START_TEST(references_order_and_roles)
{
    other = config;
    other.stations[1].id = other.stations[0].id;
    ck_assert_int_lt(world_config_check(&other), 0);
    other = config;
    other.stations[0].zone = 99;
    ck_assert_int_lt(world_config_check(&other), 0);
    other = config;
    other.stations[0].flags = 0; /* nowhere to begin */
    ck_assert_int_lt(world_config_check(&other), 0);
    other = config;
    other.waypoints[0].id = other.stations[0].id;
    ck_assert_int_lt(world_config_check(&other), 0);
    other = config;
    other.shapes_n--; /* no shape that holds everything */
    ck_assert_int_lt(world_config_check(&other), 0);
    other = config;
    other.zones[0].level_max = 7;
    ck_assert_int_lt(world_config_check(&other), 0);
    other = config;
    other.classes[0].gun = SOL1_TORPEDO;
    ck_assert_int_lt(world_config_check(&other), 0);
    other = config;
    other.classes[0].gun = 9;
    ck_assert_int_lt(world_config_check(&other), 0);
    other = config;
    other.classes[SOL1_RAIDER - 1].role = CONFIG_ROLE_PLAYER; /* nobody left to be a raider */
    ck_assert_int_lt(world_config_check(&other), 0);
    other = config;
    other.weapons[0].speed = WORLD_SPEED_MAX - other.classes[1].boosted + 1;
    ck_assert_int_lt(world_config_check(&other), 0);
    other = config;
    memcpy(other.goods[SOL1_FUEL - 1].code, "QQQ", 4);
    ck_assert_int_lt(world_config_check(&other), 0);
    other = config;
    other.guilds[0].class_id = 77;
    ck_assert_int_lt(world_config_check(&other), 0);
}
END_TEST

START_TEST(texts_are_utf8)
{
    static const char *const bad[] = {"", "a\x01z", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80",
                                      "ab\xc3", "\xe2\x82", "\xff", "a\x7f"};

    for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        other = config;
        memset(other.stations[0].name, 0, sizeof other.stations[0].name);
        memcpy(other.stations[0].name, bad[i], strlen(bad[i]));
        ck_assert_int_lt(world_config_check(&other), 0);
    }
    memset(config.stations[0].name, 0, sizeof config.stations[0].name);
    memcpy(config.stations[0].name, "Zürich \xe2\x82\xac \xf0\x9f\x9a\x80", 16);
    ck_assert_int_eq(world_config_check(&config), 0);
    memset(config.stations[0].name, 'a', sizeof config.stations[0].name); /* no end */
    ck_assert_int_lt(world_config_check(&config), 0);
}
END_TEST

/* Whatever decodes has exactly the bytes that it came from. */
START_TEST(what_decodes_is_canonical)
{
    uint32_t accepted = 0;

    srand(1);
    for (uint32_t i = 0; i < 2000; i++) {
        size_t at = (size_t)rand() % length;
        uint8_t old = bytes[at];

        bytes[at] = (uint8_t)rand();
        if (world_config_decode(&other, bytes, length) == 0) {
            ck_assert_uint_eq(world_config_encode(&other, again, sizeof again), length);
            ck_assert_mem_eq(bytes, again, length);
            accepted++;
        }
        bytes[at] = old;
    }
    ck_assert_uint_gt(accepted, 50);
}
END_TEST

START_TEST(counts_beyond_the_tables_are_refused)
{
    uint8_t wild[64];

    memcpy(wild, bytes, sizeof wild);
    wild[16] = CONFIG_STATIONS_MAX + 1; /* the count of stations */
    for (uint32_t i = 0; i < 4; i++)
        wild[12 + i] = (uint8_t)(sizeof wild >> (8 * i));
    ck_assert_int_eq(world_config_decode(&other, wild, sizeof wild), -1);
}
END_TEST

START_TEST(lookups)
{
    ck_assert_str_eq(world_config_station(&config, SOL1_MAR)->code, "MAR");
    ck_assert_str_eq(world_config_zone(&config, SOL1_BELT)->code, "BELT");
    ck_assert_str_eq(world_config_class(&config, SOL1_GUNSHIP)->code, "gunship");
    ck_assert_ptr_null(world_config_station(&config, 99));
    ck_assert_ptr_null(world_config_class(&config, 0));
    ck_assert_uint_eq(config_radius(&config, SOL1_HEAVY), 40);
    ck_assert_uint_eq(config_radius(&config, WORLD_CLASS_DRONE), 14);
    ck_assert_uint_eq(config_radius(&config, 555), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("config_form");
    TCase *t = tcase_create("config_form");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, round_trip);
    tcase_add_test(t, too_little_room);
    tcase_add_test(t, every_truncation_is_refused);
    tcase_add_test(t, each_field_out_of_range_is_refused);
    tcase_add_test(t, the_fault_names_its_record);
    tcase_add_test(t, references_order_and_roles);
    tcase_add_test(t, texts_are_utf8);
    tcase_add_test(t, what_decodes_is_canonical);
    tcase_add_test(t, counts_beyond_the_tables_are_refused);
    tcase_add_test(t, lookups);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
