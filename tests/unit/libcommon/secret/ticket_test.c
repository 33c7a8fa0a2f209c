/* SPDX-License-Identifier: Apache-2.0 */
#include <st/err.h>
#include <st/rng.h>
#include <st/ticket.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t NOW = 1800000000;
static const struct st_ticket TICKET = {
    .player = 4294967295u, .session_epoch = 77, .issued_s = NOW, .expires_s = NOW + 3600};

static uint8_t seeds[3][ST_SIGN_SEED_LEN];
static char keys_text[160]; /* k1 and k2; the third seed is nobody's */
static struct st_ticket_keys keys;

static void setup(void)
{
    char hex[2][2 * ST_SIGN_PUBLIC_LEN + 1];
    for (uint8_t i = 0; i < 3; i++)
        memset(seeds[i], i + 1, sizeof(seeds[i]));
    for (int i = 0; i < 2; i++) {
        uint8_t public_key[ST_SIGN_PUBLIC_LEN];
        st_sign_keypair(public_key, seeds[i]);
        st_hex_encode(public_key, sizeof(public_key), hex[i]);
    }
    snprintf(keys_text, sizeof(keys_text), "k1:%s,k2:%s", hex[0], hex[1]);
    ck_assert_int_eq(st_ticket_keys_parse(&keys, keys_text), 0);
}

START_TEST(test_round_trip)
{
    char text[ST_TICKET_TEXT_MAX];
    const char *ids[] = {"k1", "k2"};
    for (int i = 0; i < 2; i++) {
        struct st_ticket got;
        st_ticket_issue(text, &TICKET, ids[i], seeds[i]);
        ck_assert_int_eq(st_ticket_verify(&got, text, strlen(text), &keys, NOW), 0);
        ck_assert_mem_eq(&got, &TICKET, sizeof(got));
        ck_assert_uint_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-_"),
                          strlen(text));
    }
}
END_TEST

START_TEST(test_every_changed_character_is_refused)
{
    char text[ST_TICKET_TEXT_MAX];
    struct st_ticket got;
    st_ticket_issue(text, &TICKET, "k1", seeds[0]);
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char kept = text[i];
        for (const char *c = "A9-_z=+ "; *c; c++) {
            if (*c == kept)
                continue;
            text[i] = *c;
            ck_assert_int_ne(st_ticket_verify(&got, text, len, &keys, NOW), 0);
            ck_assert_uint_eq(got.player, 0);
        }
        text[i] = kept;
    }
    for (size_t cut = 0; cut < len; cut++)
        ck_assert_int_eq(st_ticket_verify(&got, text, cut, &keys, NOW), ST_EINVAL);
    ck_assert_int_eq(st_ticket_verify(&got, text, len, &keys, NOW), 0);
}
END_TEST

START_TEST(test_foreign_key_is_denied)
{
    char text[ST_TICKET_TEXT_MAX];
    struct st_ticket got;
    st_ticket_issue(text, &TICKET, "k1", seeds[2]); /* right name, wrong key */
    ck_assert_int_eq(st_ticket_verify(&got, text, strlen(text), &keys, NOW), ST_EDENIED);
    st_ticket_issue(text, &TICKET, "k1", seeds[1]); /* key of another name */
    ck_assert_int_eq(st_ticket_verify(&got, text, strlen(text), &keys, NOW), ST_EDENIED);
    st_ticket_issue(text, &TICKET, "k3", seeds[0]); /* unknown name */
    ck_assert_int_eq(st_ticket_verify(&got, text, strlen(text), &keys, NOW), ST_EDENIED);
}
END_TEST

START_TEST(test_expiry_has_leeway)
{
    char text[ST_TICKET_TEXT_MAX];
    struct st_ticket got;
    st_ticket_issue(text, &TICKET, "k1", seeds[0]);
    uint64_t last = TICKET.expires_s + ST_TICKET_LEEWAY_S;
    ck_assert_int_eq(st_ticket_verify(&got, text, strlen(text), &keys, last), 0);
    ck_assert_int_eq(st_ticket_verify(&got, text, strlen(text), &keys, last + 1), ST_ETIMEOUT);
    ck_assert_uint_eq(got.player, 0);
}
END_TEST

START_TEST(test_bad_key_lists)
{
    struct st_ticket_keys k;
    char long_list[512];
    const char *bad[] = {"", "k1", "k1:", "k1:00", ":00", ",", "k 1:00", "toolongid:00"};
    for (size_t i = 0; i < ST_ARRAY_LEN(bad); i++)
        ck_assert_int_eq(st_ticket_keys_parse(&k, bad[i]), ST_EINVAL);
    snprintf(long_list, sizeof(long_list), "%s,", keys_text);
    ck_assert_int_eq(st_ticket_keys_parse(&k, long_list), ST_EINVAL); /* empty last item */
    snprintf(long_list, sizeof(long_list), "%s,k3:%.64s", keys_text, keys_text + 3);
    ck_assert_int_eq(st_ticket_keys_parse(&k, long_list), ST_EINVAL); /* three keys */
    snprintf(long_list, sizeof(long_list), "k1:%.64s,k1:%.64s", keys_text + 3, keys_text + 3);
    ck_assert_int_eq(st_ticket_keys_parse(&k, long_list), ST_EINVAL); /* twice the same name */
}
END_TEST

int main(void)
{
    if (st_secret_init())
        return EXIT_FAILURE;
    Suite *s = suite_create("ticket");
    TCase *t = tcase_create("ticket");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, test_round_trip);
    tcase_add_test(t, test_every_changed_character_is_refused);
    tcase_add_test(t, test_foreign_key_is_denied);
    tcase_add_test(t, test_expiry_has_leeway);
    tcase_add_test(t, test_bad_key_lists);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
