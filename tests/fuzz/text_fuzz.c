/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON bodies, base64url and hex of strangers. Decoding is the inverse of encoding and accepts one
 * text per value; JSON that we write is JSON that we read.
 */
#include <st/assert.h>
#include <st/json.h>
#include <st/rng.h>

#include <string.h>

static void check_codes(const char *text, size_t len)
{
    static uint8_t out[65536];
    static char again[2 * 65536];
    size_t n = 0;
    if (st_base64url_decode(text, len, out, sizeof(out), &n) == 0) {
        size_t back = st_base64url_encode(out, n, again, sizeof(again));
        st_assert(back == len && memcmp(again, text, len) == 0);
    }
    if (len % 2 == 0 && st_hex_decode(text, len, out, len / 2) == 0) {
        st_hex_encode(out, len / 2, again);
        st_assert(strncasecmp(again, text, len) == 0);
    }
}

static void check_json(const uint8_t *data, size_t size)
{
    static char text[8192], mem[65536];
    struct st_buf b;
    struct st_json j;
    struct st_json_doc *d = st_json_parse(data, size);
    if (d) {
        int64_t n;
        (void)st_json_get_str(d, "name");
        (void)st_json_get_int(d, "n", &n);
        st_json_doc_free(&d);
    }
    size_t len = ST_MIN(size, sizeof(text) - 1);
    if (len > 0)
        memcpy(text, data, len);
    text[len] = 0;
    st_buf_init_fixed(&b, mem, sizeof(mem));
    st_json_begin(&j, &b);
    st_json_object(&j, NULL);
    st_json_str(&j, "text", text);
    st_json_object_end(&j);
    st_assert(!b.overflow && st_utf8_valid(b.data, b.len));
    if (b.len > 16384)
        return;
    d = st_json_parse(b.data, b.len);
    st_assert(d);
    const char *back = st_json_get_str(d, "text");
    st_assert(back);
    st_assert(!st_utf8_valid(text, strlen(text)) || strcmp(back, text) == 0);
    st_json_doc_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 32768)
        return 0;
    check_codes((const char *)data, size);
    check_json(data, size);
    return 0;
}
