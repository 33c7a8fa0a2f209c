/* SPDX-License-Identifier: Apache-2.0 */
#include <st/ticket.h>

#include <st/assert.h>
#include <st/buf.h>
#include <st/err.h>
#include <st/rng.h>

#include <string.h>

enum {
    VERSION = 1,
    OFFSET_KEY_ID = 1,
    OFFSET_PLAYER = OFFSET_KEY_ID + ST_TICKET_KEY_ID_MAX,
    OFFSET_SESSION_EPOCH = OFFSET_PLAYER + 8,
    OFFSET_ISSUED = OFFSET_SESSION_EPOCH + 8,
    OFFSET_EXPIRES = OFFSET_ISSUED + 8,
    OFFSET_SIGNATURE = OFFSET_EXPIRES + 8,
    TICKET_LEN = OFFSET_SIGNATURE + ST_SIGN_LEN,
    TEXT_LEN = (TICKET_LEN * 4 + 2) / 3
};

_Static_assert((int)TEXT_LEN < (int)ST_TICKET_TEXT_MAX, "the text form fits");

static bool key_id_valid(const char *id, size_t len)
{
    if (len == 0 || len > ST_TICKET_KEY_ID_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool letter = (id[i] >= 'a' && id[i] <= 'z') || (id[i] >= 'A' && id[i] <= 'Z');
        if (!letter && !(id[i] >= '0' && id[i] <= '9') && id[i] != '-')
            return false;
    }
    return true;
}

static int parse_key(struct st_ticket_keys *keys, const char *item, size_t len)
{
    const char *colon = memchr(item, ':', len);
    if (!colon || keys->count == ST_TICKET_KEYS_MAX)
        return ST_EINVAL;
    size_t id_len = (size_t)(colon - item);
    if (!key_id_valid(item, id_len))
        return ST_EINVAL;
    for (uint32_t i = 0; i < keys->count; i++)
        if (strlen(keys->key[i].id) == id_len && memcmp(keys->key[i].id, item, id_len) == 0)
            return ST_EINVAL;
    uint8_t *public_key = keys->key[keys->count].public_key;
    if (st_hex_decode(colon + 1, len - id_len - 1, public_key, ST_SIGN_PUBLIC_LEN))
        return ST_EINVAL;
    memcpy(keys->key[keys->count].id, item, id_len);
    keys->count++;
    return 0;
}

int st_ticket_keys_parse(struct st_ticket_keys *keys, const char *text)
{
    st_assert(keys && text);
    memset(keys, 0, sizeof(*keys));
    for (;;) {
        const char *comma = strchr(text, ',');
        size_t len = comma ? (size_t)(comma - text) : strlen(text);
        if (parse_key(keys, text, len))
            return ST_EINVAL;
        if (!comma)
            return 0;
        text = comma + 1;
    }
}

static uint64_t get_u64le(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

void st_ticket_issue(char out[ST_TICKET_TEXT_MAX], const struct st_ticket *t, const char *key_id,
                     const uint8_t seed[ST_SIGN_SEED_LEN])
{
    st_assert(out && t && key_id && seed);
    size_t id_len = strlen(key_id);
    st_assert(key_id_valid(key_id, id_len));
    uint8_t raw[TICKET_LEN], padded_id[ST_TICKET_KEY_ID_MAX] = {0};
    struct st_buf b;
    memcpy(padded_id, key_id, id_len);
    st_buf_init_fixed(&b, raw, sizeof(raw));
    st_buf_put_u8(&b, VERSION);
    st_buf_put(&b, padded_id, sizeof(padded_id));
    st_buf_put_u64le(&b, t->player);
    st_buf_put_u64le(&b, t->session_epoch);
    st_buf_put_u64le(&b, t->issued_s);
    st_buf_put_u64le(&b, t->expires_s);
    st_assert(!b.overflow && b.len == OFFSET_SIGNATURE);
    st_sign(raw + OFFSET_SIGNATURE, raw, OFFSET_SIGNATURE, seed);
    size_t len = st_base64url_encode(raw, sizeof(raw), out, ST_TICKET_TEXT_MAX);
    st_assert(len == TEXT_LEN);
}

static const uint8_t *find_key(const struct st_ticket_keys *keys, const uint8_t *padded_id)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        uint8_t known[ST_TICKET_KEY_ID_MAX] = {0};
        memcpy(known, keys->key[i].id, strlen(keys->key[i].id));
        if (memcmp(known, padded_id, sizeof(known)) == 0)
            return keys->key[i].public_key;
    }
    return NULL;
}

int st_ticket_verify(struct st_ticket *out, const char *text, size_t len,
                     const struct st_ticket_keys *keys, uint64_t now_s)
{
    st_assert(out && (text || len == 0) && keys);
    uint8_t raw[TICKET_LEN];
    size_t raw_len = 0;
    memset(out, 0, sizeof(*out));
    if (len != TEXT_LEN || st_base64url_decode(text, len, raw, sizeof(raw), &raw_len) ||
        raw_len != TICKET_LEN || raw[0] != VERSION)
        return ST_EINVAL;
    const uint8_t *public_key = find_key(keys, raw + OFFSET_KEY_ID);
    if (!public_key || !st_sign_verify(raw + OFFSET_SIGNATURE, raw, OFFSET_SIGNATURE, public_key))
        return ST_EDENIED;
    struct st_ticket t = {
        .player = get_u64le(raw + OFFSET_PLAYER),
        .session_epoch = get_u64le(raw + OFFSET_SESSION_EPOCH),
        .issued_s = get_u64le(raw + OFFSET_ISSUED),
        .expires_s = get_u64le(raw + OFFSET_EXPIRES),
    };
    if (now_s > t.expires_s + ST_TICKET_LEEWAY_S)
        return ST_ETIMEOUT;
    *out = t;
    return 0;
}
