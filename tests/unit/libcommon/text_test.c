/* SPDX-License-Identifier: Apache-2.0 */
/* buf, rng (hashes and text forms), json and clock. */
#include "suite.h"

#include <st/alloc.h>
#include <st/buf.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/json.h>
#include <st/rng.h>

#include <stdlib.h>
#include <string.h>

START_TEST(buffers_stop_at_their_maximum)
{
    uint8_t mem[8];
    struct st_buf b;
    st_buf_init_fixed(&b, mem, sizeof(mem));
    st_buf_put_u32le(&b, 0x01020304);
    st_buf_put_u16le(&b, 0x0506);
    ck_assert_uint_eq(b.len, 6);
    ck_assert_mem_eq(mem, "\x04\x03\x02\x01\x06\x05", 6);
    st_buf_put_u32le(&b, 1);
    ck_assert(b.overflow);
    ck_assert_uint_eq(b.len, 6);
    st_buf_put_u8(&b, 1);
    ck_assert_uint_eq(b.len, 6);
    ck_assert_str_eq(st_buf_cstr(&b), "");
    st_buf_clear(&b);
    st_buf_put_u64le(&b, 1);
    ck_assert(!b.overflow);
    st_buf_put_u8(&b, 1);
    ck_assert(b.overflow);
}
END_TEST

START_TEST(buffers_grow)
{
    struct st_buf b;
    char long_text[1000];
    memset(long_text, 'x', sizeof(long_text));
    long_text[999] = 0;
    st_buf_init(&b, 5000);
    for (int i = 0; i < 4; i++)
        st_buf_printf(&b, "%s,", long_text);
    ck_assert_uint_eq(b.len, 4000);
    ck_assert_uint_eq(strlen(st_buf_cstr(&b)), 4000);
    st_buf_printf(&b, "%d-%s", 42, "ok");
    ck_assert_str_eq(st_buf_cstr(&b) + 4000, "42-ok");
    st_buf_printf(&b, "%s", long_text);
    ck_assert(b.overflow);
    ck_assert_uint_eq(b.len, 4005);
    st_buf_fini(&b);
    ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(varints_are_those_of_protobuf)
{
    uint8_t mem[32];
    struct st_buf b;
    st_buf_init_fixed(&b, mem, sizeof(mem));
    st_buf_put_varint(&b, 0);
    st_buf_put_varint(&b, 127);
    st_buf_put_varint(&b, 128);
    st_buf_put_varint(&b, 300);
    ck_assert_uint_eq(b.len, 6);
    ck_assert_mem_eq(mem, "\x00\x7f\x80\x01\xac\x02", 6);
    st_buf_clear(&b);
    st_buf_put_varint(&b, UINT64_MAX);
    ck_assert_uint_eq(b.len, 10);
    ck_assert_uint_eq(mem[9], 1);
}
END_TEST

START_TEST(checksums_are_the_known_ones)
{
    ck_assert_uint_eq(st_crc32c(0, "123456789", 9), 0xe3069283);
    ck_assert_uint_eq(st_crc32c(st_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
    /* Stable for ever: stored data depends on it. */
    ck_assert_uint_eq(st_hash64("", 0, 0), st_hash64(NULL, 0, 0));
    ck_assert_uint_ne(st_hash64("a", 1, 0), st_hash64("a", 1, 1));
    ck_assert_uint_ne(st_hash64("a", 1, 0), st_hash64("b", 1, 0));
}
END_TEST

START_TEST(random_is_within_bounds)
{
    bool seen[7] = {false};
    uint64_t a = st_random_u64();
    ck_assert_uint_ne(a, st_random_u64());
    for (int i = 0; i < 1000; i++) {
        uint32_t r = st_random_below(7);
        ck_assert_uint_lt(r, 7);
        seen[r] = true;
    }
    for (int i = 0; i < 7; i++)
        ck_assert(seen[i]);
    ck_assert_uint_eq(st_random_below(1), 0);
}
END_TEST

START_TEST(hex_and_base64url_round_trip)
{
    uint8_t in[100], out[100];
    char text[256];
    size_t len;
    st_random(in, sizeof(in));
    for (size_t n = 0; n <= sizeof(in); n++) {
        st_hex_encode(in, n, text);
        ck_assert_int_eq(st_hex_decode(text, 2 * n, out, n), 0);
        ck_assert_int_eq(memcmp(in, out, n), 0);
        size_t text_len = st_base64url_encode(in, n, text, sizeof(text));
        ck_assert_uint_eq(strlen(text), text_len);
        ck_assert_int_eq(st_base64url_decode(text, text_len, out, sizeof(out), &len), 0);
        ck_assert_uint_eq(len, n);
        ck_assert_int_eq(memcmp(in, out, n), 0);
    }
    ck_assert_uint_eq(st_base64url_encode("\xfb\xff\xfe", 3, text, sizeof(text)), 4);
    ck_assert_str_eq(text, "-__-");
}
END_TEST

START_TEST(bad_hex_and_base64url_are_refused)
{
    uint8_t out[8];
    size_t len;
    ck_assert_int_eq(st_hex_decode("0g", 2, out, 1), ST_EINVAL);
    ck_assert_int_eq(st_hex_decode("012", 3, out, 1), ST_EINVAL);
    ck_assert_int_eq(st_hex_decode("aAbB", 4, out, 2), 0);
    ck_assert_int_eq(st_base64url_decode("A", 1, out, 8, &len), ST_EINVAL);
    ck_assert_int_eq(st_base64url_decode("AA+A", 4, out, 8, &len), ST_EINVAL);
    ck_assert_int_eq(st_base64url_decode("AA==", 4, out, 8, &len), ST_EINVAL);
    ck_assert_int_eq(st_base64url_decode("AB", 2, out, 8, &len), ST_EINVAL);
    ck_assert_int_eq(st_base64url_decode("AAAAAAAA", 8, out, 5, &len), ST_ENOMEM);
}
END_TEST

START_TEST(utf8_is_strict)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"gr\xc3\xbc\xc3\x9f", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x9a\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xf4\x90\x80\x80", false},
        {"\xc0\xaf", false},
        {"\xc1\xbf", false},
        {"\xe0\x9f\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xed\x9f\xbf", true},
        {"\x80", false},
        {"\xff", false},
        {"\xe2\x82", false},
        {"\xf0\x9f\x9a", false},
        {"\xe2\x28\xa1", false},
    };
    for (size_t i = 0; i < ST_ARRAY_LEN(cases); i++)
        ck_assert_msg(st_utf8_valid(cases[i].text, strlen(cases[i].text)) == cases[i].valid,
                      "case %zu", i);
}
END_TEST

START_TEST(json_is_written)
{
    struct st_buf b;
    struct st_json j;
    st_buf_init(&b, 4096);
    st_json_begin(&j, &b);
    st_json_object(&j, NULL);
    st_json_str(&j, "text", "a\"b\\c\n\x01\x7f");
    st_json_str(&j, "bad", "x\xff\xc3y\xed\xa0\x80z");
    st_json_str(&j, "good", "gr\xc3\xbc\xf0\x9f\x9a\x80");
    st_json_int(&j, "int", INT64_MIN);
    st_json_uint(&j, "uint", UINT64_MAX);
    st_json_id(&j, "id", UINT64_MAX);
    st_json_bool(&j, "yes", true);
    st_json_null(&j, "none");
    st_json_array(&j, "list");
    st_json_int(&j, NULL, 1);
    st_json_object(&j, NULL);
    st_json_object_end(&j);
    st_json_array_end(&j);
    st_json_object_end(&j);
    const char *bad = "\xef\xbf\xbd";
    struct st_buf want;
    st_buf_init(&want, 4096);
    st_buf_printf(&want,
                  "{\"text\":\"a\\\"b\\\\c\\u000a\\u0001\\u007f\",\"bad\":\"x%s%sy%s%s%sz\","
                  "\"good\":\"gr\xc3\xbc\xf0\x9f\x9a\x80\",\"int\":-9223372036854775808,"
                  "\"uint\":18446744073709551615,\"id\":\"18446744073709551615\",\"yes\":true,"
                  "\"none\":null,\"list\":[1,{}]}",
                  bad, bad, bad, bad, bad);
    ck_assert_str_eq(st_buf_cstr(&b), st_buf_cstr(&want));
    st_buf_fini(&b);
    st_buf_fini(&want);
}
END_TEST

START_TEST(json_is_read)
{
    static const char good[] = "{\"name\":\"ann\",\"n\":9007199254740993,\"f\":1.5}";
    int64_t n = 0;
    struct st_json_doc *d = st_json_parse(good, strlen(good));
    ck_assert_ptr_nonnull(d);
    ck_assert_str_eq(st_json_get_str(d, "name"), "ann");
    ck_assert(st_json_get_int(d, "n", &n));
    ck_assert_int_eq(n, 9007199254740993);
    ck_assert(!st_json_get_int(d, "f", &n));
    ck_assert(!st_json_get_int(d, "name", &n));
    ck_assert_ptr_null(st_json_get_str(d, "n"));
    ck_assert_ptr_null(st_json_get_str(d, "absent"));
    st_json_doc_free(&d);
    ck_assert_ptr_null(d);
}
END_TEST

START_TEST(bad_json_is_refused)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "{",
                                      "{\"a\":1}x",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":\"\xff\"}",
                                      "{\"a\":\"\\u0000\"}",
                                      "1",
                                      "null"};
    for (size_t i = 0; i < ST_ARRAY_LEN(bad); i++) {
        struct st_json_doc *d = st_json_parse(bad[i], strlen(bad[i]));
        ck_assert_msg(!d, "case %zu", i);
    }
    /* Deep and large bodies end in a refusal, not in a crash. */
    struct st_buf b;
    st_buf_init(&b, 1 << 20);
    st_buf_put_str(&b, "{\"a\":");
    for (int i = 0; i < 8000; i++)
        st_buf_put_u8(&b, '[');
    ck_assert_ptr_null(st_json_parse(b.data, b.len));
    st_buf_clear(&b);
    st_buf_put_str(&b, "{\"a\":\"");
    for (int i = 0; i < 16384; i++)
        st_buf_put_u8(&b, 'x');
    st_buf_put_str(&b, "\"}");
    ck_assert_ptr_null(st_json_parse(b.data, b.len));
    st_buf_fini(&b);
}
END_TEST

START_TEST(clocks_go_on)
{
    uint64_t a = st_mono_ns();
    st_sleep_until_ns(a + 3000000);
    ck_assert_uint_ge(st_mono_ns() - a, 3000000);
    ck_assert_uint_ge(st_mono_ms(), a / 1000000);
    ck_assert_uint_gt(st_wall_ms(), 1600000000000u);
    st_sleep_until_ns(0);
}
END_TEST

SUITE_MAIN("text", buffers_stop_at_their_maximum, buffers_grow, varints_are_those_of_protobuf,
           checksums_are_the_known_ones, random_is_within_bounds, hex_and_base64url_round_trip,
           bad_hex_and_base64url_are_refused, utf8_is_strict, json_is_written, json_is_read,
           bad_json_is_refused, clocks_go_on)
