/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"
#include "suite.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>

#include <pthread.h>
#include <signal.h>

static char text[4096];

START_TEST(memory_is_zeroed_and_counted)
{
    size_t before, now;
    uint64_t calls_before, calls;
    st_alloc_stats(&before, &calls_before);
    uint8_t *p = st_alloc(1000);
    for (size_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(p[i], 0);
    ck_assert_uint_eq((uintptr_t)p % 16, 0);
    st_alloc_stats(&now, &calls);
    ck_assert_uint_eq(now - before, 1000);
    ck_assert_uint_eq(calls - calls_before, 1);
    p = st_realloc(p, 3000);
    st_alloc_stats(&now, &calls);
    ck_assert_uint_eq(now - before, 3000);
    st_free(p);
    st_free(NULL);
    char *s = st_strdup("copy");
    ck_assert_str_eq(s, "copy");
    st_free(s);
    st_alloc_stats(&now, &calls);
    ck_assert_uint_eq(now, before);
}
END_TEST

static void allocate_sealed(void)
{
    st_alloc_seal();
    st_free(st_alloc(1));
}

static void allocate_cold(void)
{
    st_alloc_seal();
    st_alloc_cold_begin();
    st_alloc_cold_begin();
    st_alloc_cold_end();
    st_free(st_alloc(1));
    st_alloc_cold_end();
}

static void *allocate_thread(void *ctx)
{
    st_free(st_alloc(1));
    return ctx;
}

/* A cold section holds for its own thread only. */
static void allocate_beside_cold(void)
{
    pthread_t t;
    st_alloc_seal();
    st_alloc_cold_begin();
    pthread_create(&t, NULL, allocate_thread, NULL);
    pthread_join(t, NULL);
}

static void overflow_array(void)
{
    st_free(st_alloc_array(SIZE_MAX / 2, 3));
}

START_TEST(the_seal_holds)
{
    ck_assert_int_eq(in_child(allocate_sealed, text, sizeof(text)), 128 + SIGABRT);
    ck_assert_ptr_nonnull(strstr(text, "assertion failed"));
    ck_assert_int_eq(in_child(allocate_cold, text, sizeof(text)), 0);
    ck_assert_int_eq(in_child(allocate_beside_cold, text, sizeof(text)), 128 + SIGABRT);
    st_alloc_seal();
    st_alloc_unseal();
    st_free(st_alloc(1));
}
END_TEST

START_TEST(products_do_not_wrap)
{
    ck_assert_int_eq(in_child(overflow_array, text, sizeof(text)), 128 + SIGABRT);
}
END_TEST

static void claim_nonsense(void)
{
    st_assert(1 + 1 == 3);
}

START_TEST(assertions_name_the_place)
{
    st_assert(1 + 1 == 2);
    ck_assert_int_eq(in_child(claim_nonsense, text, sizeof(text)), 128 + SIGABRT);
    ck_assert_ptr_nonnull(strstr(text, "1 + 1 == 3"));
    ck_assert_ptr_nonnull(strstr(text, "alloc_test.c:"));
}
END_TEST

START_TEST(errors_have_names)
{
    ck_assert_str_eq(st_err_name(0), "ok");
    ck_assert_str_eq(st_err_name(ST_ETIMEOUT), "timeout");
    ck_assert_str_eq(st_err_name(ST_ECONFLICT), "conflict");
    ck_assert_str_eq(st_err_name(ST_ECONFLICT - 1), "unknown");
    ck_assert_str_eq(st_err_name(1), "unknown");
    for (int err = ST_ECONFLICT; err <= 0; err++)
        ck_assert_str_ne(st_err_name(err), "unknown");
}
END_TEST

SUITE_MAIN("alloc", memory_is_zeroed_and_counted, the_seal_holds, products_do_not_wrap,
           assertions_name_the_place, errors_have_names)
