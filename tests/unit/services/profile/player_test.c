/* SPDX-License-Identifier: Apache-2.0 */
#include <gate.h>
#include <player.h>
#include <throttle.h>

#include <st/err.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool valid(const char *name)
{
    return player_name_valid(name, strlen(name));
}

START_TEST(test_names)
{
    static const char *const good[] = {"Ada",   "ada lovelace", "X-1",
                                       "1 2 3", "-a-",          "abcdefghijklmnopqrst"};
    static const char *const bad[] = {"",
                                      "ab",
                                      " abc",
                                      "abc ",
                                      "a  b",
                                      "---",
                                      "a_b",
                                      "a.b.c",
                                      "a\tb",
                                      "a\nbc",
                                      "<b>",
                                      "Z\xc3\xbcrich",
                                      "\xd0\x90\xd0\xb4\xd0\xb0",
                                      "abcdefghijklmnopqrstu",
                                      "a\x7f"
                                      "b",
                                      "a\xc0\x80"
                                      "b"};
    for (size_t i = 0; i < ST_ARRAY_LEN(good); i++)
        ck_assert_msg(valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < ST_ARRAY_LEN(bad); i++)
        ck_assert_msg(!valid(bad[i]), "%s", bad[i]);
    ck_assert(!player_name_valid("ab\0cd", 5));
    char folded[PLAYER_NAME_MAX + 1];
    player_name_fold(folded, "Ada LOVELACE-9");
    ck_assert_str_eq(folded, "ada lovelace-9");
}
END_TEST

static bool acceptable(const char *password)
{
    return player_password_acceptable(password, strlen(password));
}

START_TEST(test_passwords)
{
    char text[700];
    ck_assert(acceptable("0123456789"));
    ck_assert(!acceptable("012345678"));
    ck_assert(acceptable("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                         "\xc3\xa4")); /* ten characters of two bytes */
    ck_assert(!acceptable("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"));
    ck_assert(!acceptable("0123456789\xff"));
    memset(text, 'x', sizeof(text));
    ck_assert(player_password_acceptable(text, 128));
    ck_assert(!player_password_acceptable(text, 129));
    for (size_t i = 0; i < 128; i++)
        memcpy(text + 4 * i, "\xf0\x9f\x9a\x80", 4);
    ck_assert(player_password_acceptable(text, 512));
    ck_assert(!player_password_acceptable(text, 513));
}
END_TEST

START_TEST(test_guest_names)
{
    char a[PLAYER_NAME_MAX + 1], b[PLAYER_NAME_MAX + 1], folded[PLAYER_NAME_MAX + 1];
    player_guest_name(a, 0);
    player_guest_name(b, 0x3fffffff);
    ck_assert_str_ne(a, b);
    ck_assert(valid(a) && valid(b));
    /* Different bits stay different names when case is ignored. */
    char seen[32][PLAYER_NAME_MAX + 1];
    for (uint32_t i = 0; i < 32; i++) {
        player_guest_name(a, i);
        player_name_fold(folded, a);
        for (uint32_t k = 0; k < i; k++)
            ck_assert_str_ne(seen[k], folded);
        memcpy(seen[i], folded, sizeof(folded));
    }
    ck_assert(player_id_valid(1001) && player_id_valid(4294967295u));
    ck_assert(!player_id_valid(1000) && !player_id_valid(4294967296u));
}
END_TEST

START_TEST(test_throttle_windows)
{
    struct throttle *l = throttle_new(64);
    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(throttle_take(l, 1000, 7, 5, 60000), 0);
    ck_assert_uint_eq(throttle_take(l, 1000, 7, 5, 60000), 60000);
    ck_assert_uint_eq(throttle_check(l, 31000, 7, 5), 30000);
    ck_assert_uint_eq(throttle_take(l, 1000, 8, 5, 60000), 0); /* another key */
    throttle_give_back(l, 2000, 7);
    ck_assert_uint_eq(throttle_check(l, 2000, 7, 5), 0);
    ck_assert_uint_eq(throttle_take(l, 2000, 7, 5, 60000), 0);
    ck_assert_uint_gt(throttle_take(l, 60999, 7, 5, 60000), 0); /* the window did not slide */
    ck_assert_uint_eq(throttle_take(l, 61000, 7, 5, 60000), 0); /* a new one */
    throttle_give_back(l, 61000, 99);                           /* never counted */
    throttle_free(&l);
    ck_assert_ptr_null(l);
}
END_TEST

START_TEST(test_throttle_full_forgets_the_oldest)
{
    struct throttle *l = throttle_new(8);
    for (uint64_t key = 0; key < 8; key++)
        ck_assert_uint_eq(throttle_take(l, 1000 + key, key, 1, 60000), 0);
    ck_assert_uint_eq(throttle_take(l, 2000, 100, 1, 60000), 0);
    ck_assert_uint_eq(throttle_check(l, 2000, 0, 1), 0); /* it made room */
    for (uint64_t key = 1; key < 8; key++)
        ck_assert_uint_gt(throttle_check(l, 2000, key, 1), 0);
    throttle_free(&l);
}
END_TEST

START_TEST(test_address_keys)
{
    static const char *const cases[][2] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"2001:db8:1:2::", "2001:db8:1:2::"},
        {"", "other"},
        {"192.0.2.7 ; drop", "other"},
    };
    for (size_t i = 0; i < ST_ARRAY_LEN(cases); i++) {
        char key[THROTTLE_ADDRESS_MAX];
        throttle_address_key(key, cases[i][0]);
        ck_assert_str_eq(key, cases[i][1]);
    }
}
END_TEST

START_TEST(test_gate)
{
    struct gate g = {0};
    ck_assert(!gate_report(&g, ST_EUNAVAILABLE));
    ck_assert(!gate_report(&g, ST_ETIMEOUT));
    ck_assert(!gate_report(&g, 0)); /* in a row only */
    ck_assert(!gate_report(&g, ST_EUNAVAILABLE));
    ck_assert(!gate_report(&g, ST_EUNAVAILABLE));
    ck_assert(gate_report(&g, ST_EUNAVAILABLE));
    ck_assert(g.closed);
    ck_assert(gate_report(&g, ST_ENOTFOUND)); /* an answer: it is there */
    ck_assert(!g.closed);
    ck_assert(gate_stuck(&g));
    ck_assert(!gate_stuck(&g));
    ck_assert(gate_report(&g, 0));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("player");
    TCase *t = tcase_create("rules");
    tcase_add_test(t, test_names);
    tcase_add_test(t, test_passwords);
    tcase_add_test(t, test_guest_names);
    tcase_add_test(t, test_throttle_windows);
    tcase_add_test(t, test_throttle_full_forgets_the_oldest);
    tcase_add_test(t, test_address_keys);
    tcase_add_test(t, test_gate);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
