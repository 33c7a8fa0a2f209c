/* SPDX-License-Identifier: Apache-2.0 */
#include <st/rng.h>
#include <st/secret.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_password_round_trip)
{
    char phc[ST_PASSWORD_TEXT_MAX], again[ST_PASSWORD_TEXT_MAX];
    ck_assert_int_eq(st_password_hash("correct horse", 13, phc), 0);
    ck_assert_int_eq(strncmp(phc, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0);
    ck_assert(st_password_verify(phc, "correct horse", 13));
    ck_assert(!st_password_verify(phc, "correct horsf", 13));
    ck_assert(!st_password_verify(phc, "correct hors", 12));
    ck_assert(!st_password_needs_rehash(phc));
    ck_assert_int_eq(st_password_hash("correct horse", 13, again), 0);
    ck_assert_str_ne(phc, again); /* salted */
}
END_TEST

START_TEST(test_password_refuses_other_text)
{
    ck_assert(!st_password_verify("", "x", 1));
    ck_assert(!st_password_verify("$argon2id$nonsense", "x", 1));
    ck_assert(st_password_needs_rehash("$argon2id$v=19$m=8192,t=1,p=1$"
                                       "c29tZXNhbHRzb21lc2FsdA$"
                                       "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI"));
}
END_TEST

START_TEST(test_hash_is_blake2b_256)
{
    /* b2sum -l 256 of "abc". */
    uint8_t want[ST_SECRET_HASH_LEN], got[ST_SECRET_HASH_LEN];
    ck_assert_int_eq(
        st_hex_decode("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319", 64, want,
                      sizeof(want)),
        0);
    st_secret_hash(got, "abc", 3, NULL, 0);
    ck_assert_mem_eq(got, want, sizeof(want));
    st_secret_hash(got, "abc", 3, "key", 3);
    ck_assert_mem_ne(got, want, sizeof(want));
}
END_TEST

START_TEST(test_sign_follows_rfc_8032)
{
    /* RFC 8032, 7.1, test 2. */
    uint8_t seed[32], key[32], want_key[32], want[64], got[64];
    ck_assert_int_eq(
        st_hex_decode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", 64, seed,
                      sizeof(seed)),
        0);
    ck_assert_int_eq(
        st_hex_decode("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", 64,
                      want_key, sizeof(want_key)),
        0);
    ck_assert_int_eq(
        st_hex_decode("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15"
                      "996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
                      128, want, sizeof(want)),
        0);
    st_sign_keypair(key, seed);
    ck_assert_mem_eq(key, want_key, sizeof(key));
    st_sign(got, "\x72", 1, seed);
    ck_assert_mem_eq(got, want, sizeof(want));
    ck_assert(st_sign_verify(got, "\x72", 1, key));
    ck_assert(!st_sign_verify(got, "\x73", 1, key));
    got[0] ^= 1;
    ck_assert(!st_sign_verify(got, "\x72", 1, key));
}
END_TEST

START_TEST(test_wipe_and_equal)
{
    char secret[] = "0123456789abcdef", zero[sizeof(secret)] = {0};
    ck_assert(st_secret_equal(secret, "0123456789abcdef", 16));
    ck_assert(!st_secret_equal(secret, "0123456789abcdeg", 16));
    st_secret_wipe(secret, sizeof(secret));
    ck_assert_mem_eq(secret, zero, sizeof(zero));
}
END_TEST

int main(void)
{
    if (st_secret_init())
        return EXIT_FAILURE;
    Suite *s = suite_create("secret");
    TCase *t = tcase_create("secret");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_password_round_trip);
    tcase_add_test(t, test_password_refuses_other_text);
    tcase_add_test(t, test_hash_is_blake2b_256);
    tcase_add_test(t, test_sign_follows_rfc_8032);
    tcase_add_test(t, test_wipe_and_equal);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
