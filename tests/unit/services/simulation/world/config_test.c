/* SPDX-License-Identifier: Apache-2.0 */
#include "field.h"

#include <string.h>

static struct world_config config, copy;
static uint8_t bytes[CONFIG_BYTES_MAX], again[CONFIG_BYTES_MAX];

static size_t encode(void)
{
    sol1_config(&config);
    return world_config_encode(&config, bytes, sizeof bytes);
}

START_TEST(one_form_both_ways)
{
    size_t n = encode();

    ck_assert_uint_gt(n, 1000);
    ck_assert_mem_eq(bytes, "STWC\1\0\0\0\1\0\0\0", 12);
    ck_assert_int_eq(world_config_decode(&copy, bytes, n), 0);
    ck_assert_uint_eq(world_config_encode(&copy, again, sizeof again), n);
    ck_assert_mem_eq(bytes, again, n);
    ck_assert_uint_eq(world_config_hash(&copy), world_config_hash(&config));
    ck_assert_uint_eq(world_config_encode(&copy, again, n - 1), 0);
    copy.weapons[0].damage++;
    ck_assert_uint_ne(world_config_hash(&copy), world_config_hash(&config));
}
END_TEST

START_TEST(cut_bytes_are_refused)
{
    size_t n = encode();

    for (size_t cut = 0; cut < n; cut++) {
        if (world_config_decode(&copy, bytes, cut) == 0)
            ck_abort_msg("%zu of %zu bytes were taken", cut, n);
    }
}
END_TEST

START_TEST(flipped_bits_never_give_a_second_form)
{
    size_t n = encode();

    for (size_t at = 0; at < n; at++) {
        for (uint32_t bit = 0; bit < 8; bit += 3) {
            bytes[at] ^= (uint8_t)(1u << bit);
            if (world_config_decode(&copy, bytes, n) == 0) {
                if (world_config_encode(&copy, again, sizeof again) != n ||
                    memcmp(bytes, again, n) != 0)
                    ck_abort_msg("byte %zu bit %u", at, bit);
            }
            bytes[at] ^= (uint8_t)(1u << bit);
        }
    }
}
END_TEST

START_TEST(check_finds_what_does_not_fit)
{
    sol1_config(&config);
    config.classes[0].gun = SOL1_TORPEDO;
    ck_assert_int_eq(world_config_check(&config), -6001);
    sol1_config(&config);
    config.shapes[18].kind = CONFIG_SHAPE_CIRCLE; /* nothing would hold the rest of space */
    ck_assert_int_lt(world_config_check(&config), 0);
    sol1_config(&config);
    config.stations[1].id = 1; /* twice */
    ck_assert_int_eq(world_config_check(&config), -1002);
    sol1_config(&config);
    config.stations[0].name[0] = (char)0xff; /* not UTF-8 */
    ck_assert_int_eq(world_config_check(&config), -1001);
    sol1_config(&config);
    config.weapons[0].speed = 32000; /* too fast for a ship that boosts */
    ck_assert_int_lt(world_config_check(&config), 0);
}
END_TEST

static uint8_t zone(int32_t x, int32_t y)
{
    return world_config_zone_at(&config, sol1_k(x), sol1_k(y));
}

START_TEST(zones_by_priority)
{
    sol1_config(&config);
    ck_assert_uint_eq(zone(0, 13000), SOL1_HOME);
    ck_assert_uint_eq(zone(31000, 7000), SOL1_FREE); /* inside the Belt's circle, but first */
    ck_assert_uint_eq(zone(-8500, 4500), SOL1_CORE);
    ck_assert_uint_eq(zone(18750, 5250), SOL1_LANES); /* halfway from MAR to CER */
    ck_assert_uint_eq(zone(0, 3000), SOL1_SUNWARD);
    ck_assert_uint_eq(zone(21500, 13000), SOL1_BELT);
    ck_assert_uint_eq(zone(60000, 60000), SOL1_DEEP);
    ck_assert_uint_eq(zone(2250 + 6500, 14250), SOL1_HOME);
    ck_assert_uint_ne(zone(2250 + 6502, 14250), SOL1_HOME);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {one_form_both_ways, cut_bytes_are_refused,
                                  flipped_bits_never_give_a_second_form,
                                  check_finds_what_does_not_fit, zones_by_priority};

    return field_main("config", tests, sizeof tests / sizeof tests[0]);
}
