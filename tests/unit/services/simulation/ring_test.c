/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <pthread.h>
#include <string.h>

#include <ring.h>
#include <st/rng.h>

START_TEST(keeps_order_and_bytes)
{
    struct ring *r = ring_new(256);
    size_t len;
    ck_assert_ptr_null(ring_peek(r, &len));
    for (uint32_t round = 0; round < 1000; round++) {
        uint32_t *to = ring_reserve(r, 40);
        ck_assert_ptr_nonnull(to);
        to[0] = round;
        ring_commit(r, 4 + round % 33);
        const uint32_t *from = ring_peek(r, &len);
        ck_assert_uint_eq(len, 4 + round % 33);
        ck_assert_uint_eq(from[0], round);
        ring_release(r);
    }
    ck_assert_uint_eq(ring_used(r), 0);
    ring_free(&r);
}
END_TEST

START_TEST(refuses_when_full_and_goes_on)
{
    struct ring *r = ring_new(256);
    size_t len;
    uint32_t written = 0, read = 0;
    while (ring_reserve(r, 24) != NULL) {
        ring_commit(r, 24);
        written++;
    }
    ck_assert_uint_eq(written, 8);
    ck_assert_ptr_nonnull(ring_peek(r, &len));
    ring_release(r);
    ck_assert_ptr_nonnull(ring_reserve(r, 24));
    ring_commit(r, 24);
    while (ring_peek(r, &len) != NULL) {
        ring_release(r);
        read++;
    }
    ck_assert_uint_eq(read, 8);
    ring_free(&r);
}
END_TEST

enum { RECORDS = 20000 };

struct record {
    uint32_t number, sum;
    uint8_t bytes[300];
};

static void *produce(void *ctx)
{
    struct ring *r = ctx;
    for (uint32_t i = 0; i < RECORDS;) {
        struct record *to = ring_reserve(r, sizeof(*to));
        if (to == NULL)
            continue;
        size_t n = st_hash64(&i, sizeof(i), 1) % sizeof(to->bytes);
        memset(to->bytes, (int)i, n);
        to->number = i;
        to->sum = (uint32_t)n;
        ring_commit(r, offsetof(struct record, bytes) + n);
        ring_wake(r);
        i++;
    }
    return NULL;
}

START_TEST(two_threads)
{
    struct ring *r = ring_new(4096);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, produce, r), 0);
    for (uint32_t i = 0; i < RECORDS;) {
        size_t len;
        const struct record *from = ring_peek(r, &len);
        if (from == NULL) {
            ring_wait(r, 1000);
            continue;
        }
        ck_assert_uint_eq(from->number, i);
        ck_assert_uint_eq(len, offsetof(struct record, bytes) + from->sum);
        for (uint32_t k = 0; k < from->sum; k++)
            ck_assert_uint_eq(from->bytes[k], (uint8_t)i);
        ring_release(r);
        i++;
    }
    pthread_join(thread, NULL);
    ring_free(&r);
}
END_TEST

SUITE_MAIN("ring", keeps_order_and_bytes, refuses_when_full_and_goes_on, two_threads)
