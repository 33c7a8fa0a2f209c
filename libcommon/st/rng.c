/* SPDX-License-Identifier: Apache-2.0 */
#include <st/rng.h>

#include <st/assert.h>
#include <st/err.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

void st_random(void *out, size_t len)
{
    st_assert(out || len == 0);
    uint8_t *at = out;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        st_assert(n > 0 || errno == EINTR);
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
}

uint64_t st_random_u64(void)
{
    uint64_t v;
    st_random(&v, sizeof(v));
    return v;
}

uint32_t st_random_below(uint32_t below)
{
    st_assert(below > 0);
    /* 2^64 modulo a 32-bit bound: the bias is below 2^-32. */
    return (uint32_t)(st_random_u64() % below);
}

uint64_t st_hash64(const void *data, size_t len, uint64_t seed)
{
    st_assert(data || len == 0);
    const uint8_t *p = data;
    uint64_t h = 0xcbf29ce484222325ULL ^ seed;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 0x100000001b3ULL;
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdULL;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53ULL;
    return h ^ h >> 33;
}

static uint32_t crc_table[256];
static pthread_once_t crc_once = PTHREAD_ONCE_INIT;

static void crc_init(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
        crc_table[i] = c;
    }
}

uint32_t st_crc32c(uint32_t crc, const void *data, size_t len)
{
    st_assert(data || len == 0);
    const uint8_t *p = data;
    pthread_once(&crc_once, crc_init);
    crc = ~crc;
    for (size_t i = 0; i < len; i++)
        crc = crc >> 8 ^ crc_table[(crc ^ p[i]) & 0xff];
    return ~crc;
}

void st_hex_encode(const void *data, size_t len, char *out)
{
    st_assert(out && (data || len == 0));
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = data;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * len] = 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int st_hex_decode(const char *hex, size_t hex_len, void *out, size_t out_len)
{
    st_assert((hex || hex_len == 0) && (out || out_len == 0));
    uint8_t *at = out;
    if (hex_len != 2 * out_len)
        return ST_EINVAL;
    for (size_t i = 0; i < out_len; i++) {
        int hi = hex_value(hex[2 * i]), lo = hex_value(hex[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return ST_EINVAL;
        at[i] = (uint8_t)(hi << 4 | lo);
    }
    return 0;
}

static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t st_base64url_encode(const void *data, size_t len, char *out, size_t cap)
{
    size_t text_len = (len * 4 + 2) / 3;
    st_assert(out && cap > text_len && (data || len == 0));
    const uint8_t *p = data;
    uint32_t bits = 0, have = 0;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bits = (bits << 8 | p[i]) & 0xffff;
        for (have += 8; have >= 6; have -= 6)
            out[n++] = url_digits[bits >> (have - 6) & 63];
    }
    if (have > 0)
        out[n++] = url_digits[bits << (6 - have) & 63];
    st_assert(n == text_len);
    out[n] = 0;
    return n;
}

static int url_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

int st_base64url_decode(const char *text, size_t text_len, void *out, size_t cap, size_t *len)
{
    st_assert((text || text_len == 0) && (out || cap == 0) && len);
    uint8_t *at = out;
    uint32_t bits = 0, have = 0;
    size_t n = 0;
    if (text_len % 4 == 1)
        return ST_EINVAL;
    for (size_t i = 0; i < text_len; i++) {
        int v = url_value(text[i]);
        if (v < 0)
            return ST_EINVAL;
        bits = (bits << 6 | (uint32_t)v) & 0xffff;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        if (n == cap)
            return ST_ENOMEM;
        at[n++] = (uint8_t)(bits >> have);
    }
    /* One value has one text: the unused bits are zero. */
    if (bits & ((1u << have) - 1))
        return ST_EINVAL;
    *len = n;
    return 0;
}

/* Length of the well-formed sequence at p, 0 if there is none. */
static size_t utf8_sequence(const uint8_t *p, size_t left)
{
    uint8_t c = p[0];
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : 4;
    if (n == 1)
        return 1;
    if (n > left || (n == 4 && (c < 0xf0 || c > 0xf4)))
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (c == 0xe0 && p[1] < 0xa0) || (c == 0xf0 && p[1] < 0x90);
    bool surrogate = c == 0xed && p[1] > 0x9f;
    bool beyond = c == 0xf4 && p[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : n;
}

bool st_utf8_valid(const void *data, size_t len)
{
    st_assert(data || len == 0);
    const uint8_t *p = data;
    for (size_t i = 0; i < len;) {
        size_t n = utf8_sequence(p + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}
