/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of blocks against plain buffers. */
#include <scrap.h>

#include <st/err.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 8, MAX = BLOCKS * SCRAP_BYTES };

static struct scraps *s;
static uint8_t bytes[2 * MAX], copied[2 * MAX];

static void setup(void)
{
    s = scraps_new(BLOCKS);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
}

static void teardown(void)
{
    ck_assert_uint_eq(scraps_count(s), 0);
    scraps_free(&s);
}

static size_t copy(const struct scrap *chain)
{
    struct st_buf out;
    st_buf_init_fixed(&out, copied, sizeof copied);
    scrap_copy(s, chain, &out);
    ck_assert_uint_eq(out.len, chain->len);
    return out.len;
}

START_TEST(bytes_come_back)
{
    static const size_t parts[] = {1, 499, 500, 501, 3, 1300, 0, 700};
    struct scrap chain = {0};
    size_t sum = 0;
    for (size_t i = 0; i < ST_ARRAY_LEN(parts); i++) {
        ck_assert_int_eq(scrap_put(s, &chain, bytes + sum, parts[i], MAX), ST_OK);
        sum += parts[i];
        ck_assert_uint_eq(copy(&chain), sum);
        ck_assert_int_eq(memcmp(copied, bytes, sum), 0);
    }
    ck_assert_uint_eq(scraps_count(s), (sum + SCRAP_BYTES - 1) / SCRAP_BYTES);
    scrap_clear(s, &chain);
    ck_assert_uint_eq(copy(&chain), 0);
}
END_TEST

START_TEST(limits)
{
    struct scrap a = {0}, b = {0};
    ck_assert_int_eq(scrap_put(s, &a, bytes, 600, 1000), ST_OK);
    ck_assert_int_eq(scrap_put(s, &a, bytes, 401, 1000), ST_EFULL); /* its own maximum */
    ck_assert_uint_eq(copy(&a), 600);
    ck_assert_int_eq(scrap_put(s, &b, bytes, 6 * SCRAP_BYTES, MAX), ST_OK);
    ck_assert_int_eq(scrap_put(s, &b, bytes, 1, MAX), ST_EFULL); /* no block left */
    ck_assert_int_eq(scrap_put(s, &a, bytes + 600, 400, 1000), ST_OK);
    ck_assert_uint_eq(copy(&a), 1000);
    ck_assert_int_eq(memcmp(copied, bytes, 1000), 0);
    scrap_clear(s, &b);
    for (int i = 0; i < 100; i++) { /* blocks are used again */
        ck_assert_int_eq(scrap_put(s, &b, bytes, 6 * SCRAP_BYTES, MAX), ST_OK);
        scrap_clear(s, &b);
    }
    scrap_clear(s, &a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scrap");
    TCase *t = tcase_create("scrap");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, bytes_come_back);
    tcase_add_test(t, limits);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
