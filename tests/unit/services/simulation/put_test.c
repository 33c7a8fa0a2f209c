/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <string.h>

#include <put.h>
#include <st/wire.h>
#include <startrader/v1/client.pb-c.h>
#include <startrader/v1/sector.pb-c.h>

static uint8_t memory[70000];
static struct st_buf b;

static void fresh(size_t cap)
{
    st_buf_init_fixed(&b, memory, cap);
}

START_TEST(scalars_equal_generated_code)
{
    uint8_t expected[256];
    Startrader__V1__OwnState m = STARTRADER__V1__OWN_STATE__INIT;
    m.ack_seq = 300;
    m.x = -5;
    m.vx = -32767;
    m.vy = 64;
    m.ctl = 0xfedcba98;
    m.version = UINT64_C(1) << 63;
    size_t len = startrader__v1__own_state__pack(&m, expected);
    fresh(sizeof(memory));
    put_uint(&b, 1, 0);
    put_uint(&b, 2, 300);
    put_fixed32(&b, 6, (uint32_t)-5);
    put_fixed32(&b, 7, 0);
    put_sint(&b, 8, -32767);
    put_sint(&b, 9, 64);
    put_fixed32(&b, 10, 0xfedcba98);
    put_uint(&b, 30, UINT64_C(1) << 63);
    ck_assert_uint_eq(b.len, len);
    ck_assert_mem_eq(b.data, expected, len);
}
END_TEST

START_TEST(signed_extremes)
{
    Startrader__V1__Booked m = STARTRADER__V1__BOOKED__INIT;
    char kind[] = "bounty";
    uint8_t expected[64];
    m.credits = INT64_MIN;
    m.balance = INT64_MAX;
    m.kind = kind;
    size_t len = startrader__v1__booked__pack(&m, expected);
    fresh(sizeof(memory));
    put_sint(&b, 1, INT64_MIN);
    put_sint(&b, 2, INT64_MAX);
    put_text(&b, 3, kind);
    ck_assert_uint_eq(b.len, len);
    ck_assert_mem_eq(b.data, expected, len);
}
END_TEST

/* Around each length at which the prefix grows by a byte. */
START_TEST(lengths_are_minimal)
{
    static const size_t lengths[] = {0, 1, 127, 128, 16383, 16384, 60000};
    static uint8_t expected[70000], blob[60000];
    memset(blob, 0xa5, sizeof(blob));
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        fresh(sizeof(memory));
        size_t opened = put_open(&b, 9);
        st_buf_put(&b, blob, lengths[i]);
        put_close(&b, opened);
        Startrader__V1__WorldBundle m = STARTRADER__V1__WORLD_BUNDLE__INIT;
        m.blob.data = blob;
        m.blob.len = lengths[i];
        size_t len = startrader__v1__world_bundle__pack(&m, expected);
        if (lengths[i] == 0)
            ck_assert_mem_eq(b.data, "\x4a\x00", 2); /* kept: the caller decided to open it */
        else
            ck_assert_uint_eq(b.len, len);
        ck_assert_mem_eq(b.data, expected, len);
    }
}
END_TEST

START_TEST(overflow_sticks)
{
    for (size_t cap = 0; cap < 140; cap++) {
        fresh(cap);
        size_t opened = put_open(&b, 1);
        for (int i = 0; i < 140; i++)
            st_buf_put_u8(&b, 1);
        put_close(&b, opened);
        ck_assert(b.overflow);
        ck_assert_uint_le(b.len, cap);
    }
    fresh(143);
    size_t opened = put_open(&b, 1);
    for (int i = 0; i < 140; i++)
        st_buf_put_u8(&b, 1);
    put_close(&b, opened);
    ck_assert(!b.overflow);
    ck_assert_uint_eq(b.len, 143);
}
END_TEST

SUITE_MAIN("put", scalars_equal_generated_code, signed_extremes, lengths_are_minimal,
           overflow_sticks)
