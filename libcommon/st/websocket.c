/* SPDX-License-Identifier: Apache-2.0 */
#include <st/websocket.h>

#include <st/assert.h>

#include <string.h>
#include <strings.h>

enum { KEY_LEN = 24, SHA1_LEN = 20, SHA1_BLOCK = 64 };

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool st_websocket_has_token(const char *list, const char *token)
{
    size_t want = strlen(token);
    while (list && *list) {
        size_t len;
        list += strspn(list, " \t,");
        len = strcspn(list, ",");
        while (len > 0 && (list[len - 1] == ' ' || list[len - 1] == '\t'))
            len--;
        if (len == want && strncasecmp(list, token, len) == 0)
            return true;
        list += strcspn(list, ",");
    }
    return false;
}

bool st_websocket_key_valid(const char *key)
{
    if (!key || strlen(key) != KEY_LEN || strcmp(key + KEY_LEN - 2, "==") != 0)
        return false;
    return strspn(key, base64) == KEY_LEN - 2;
}

static uint32_t rotl(uint32_t v, unsigned n)
{
    return (v << n) | (v >> (32 - n));
}

static void sha1_block(uint32_t h[5], const uint8_t *p)
{
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 16; i++, p += 4)
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    for (int i = 16; i < 80; i++)
        w[i] = rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
        int round = i / 20;
        uint32_t f = round == 0   ? ((b & c) | (~b & d))
                     : round == 2 ? ((b & c) | (b & d) | (c & d))
                                  : (b ^ c ^ d);
        uint32_t t = rotl(a, 5) + f + e + k[round] + w[i];
        e = d;
        d = c;
        c = rotl(b, 30);
        b = a;
        a = t;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}

/* The handshake hashes 60 bytes: with the padding exactly two blocks. */
static void sha1_handshake(uint8_t out[SHA1_LEN], const uint8_t text[60])
{
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t block[2 * SHA1_BLOCK] = {0};
    memcpy(block, text, 60);
    block[60] = 0x80;
    block[126] = (60 * 8) >> 8;
    block[127] = (60 * 8) & 0xff;
    sha1_block(h, block);
    sha1_block(h, block + SHA1_BLOCK);
    for (int i = 0; i < 5; i++) {
        out[4 * i] = (uint8_t)(h[i] >> 24);
        out[4 * i + 1] = (uint8_t)(h[i] >> 16);
        out[4 * i + 2] = (uint8_t)(h[i] >> 8);
        out[4 * i + 3] = (uint8_t)h[i];
    }
}

void st_websocket_accept(char out[ST_WEBSOCKET_ACCEPT_LEN + 1], const char *key)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t text[60], digest[SHA1_LEN + 1] = {0};
    st_assert(st_websocket_key_valid(key));
    memcpy(text, key, KEY_LEN);
    memcpy(text + KEY_LEN, guid, sizeof guid - 1);
    sha1_handshake(digest, text);
    for (int i = 0; i < 7; i++) {
        uint32_t v =
            (uint32_t)digest[3 * i] << 16 | (uint32_t)digest[3 * i + 1] << 8 | digest[3 * i + 2];
        out[4 * i] = base64[v >> 18];
        out[4 * i + 1] = base64[(v >> 12) & 63];
        out[4 * i + 2] = base64[(v >> 6) & 63];
        out[4 * i + 3] = base64[v & 63];
    }
    out[27] = '=';
    out[ST_WEBSOCKET_ACCEPT_LEN] = '\0';
}
