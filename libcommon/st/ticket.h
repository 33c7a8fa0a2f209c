/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ticket: proves (player, session epoch) to any gateway for an hour. Binary, little endian,
 * then base64url: version 1 (1 byte), key id (8 bytes, zero padded), player (8), session epoch (8),
 * issued (8) and expires (8, Unix s), Ed25519 signature over all before it (64). Pure; any thread.
 */
#ifndef ST_TICKET_H
#define ST_TICKET_H

#include <st/base.h>
#include <st/secret.h>

enum {
    ST_TICKET_TEXT_MAX = 192,
    ST_TICKET_KEY_ID_MAX = 8,
    ST_TICKET_LIFE_S = 3600,
    ST_TICKET_LEEWAY_S = 60,
    ST_TICKET_KEYS_MAX = 2
};

struct st_ticket {
    uint64_t player;
    uint64_t session_epoch;
    uint64_t issued_s, expires_s; /* Unix time */
};

struct st_ticket_keys {
    uint32_t count;
    struct {
        char id[ST_TICKET_KEY_ID_MAX + 1];
        uint8_t public_key[ST_SIGN_PUBLIC_LEN];
    } key[ST_TICKET_KEYS_MAX];
};

/* "k1:64hex[,k2:64hex]" */
int st_ticket_keys_parse(struct st_ticket_keys *keys, const char *text) ST_MUST_CHECK;
void st_ticket_issue(char out[ST_TICKET_TEXT_MAX], const struct st_ticket *t, const char *key_id,
                     const uint8_t seed[ST_SIGN_SEED_LEN]);
/* ST_EINVAL (not a ticket), ST_EDENIED (signature or key), ST_ETIMEOUT (expired, beyond the
 * leeway). */
int st_ticket_verify(struct st_ticket *out, const char *text, size_t len,
                     const struct st_ticket_keys *keys, uint64_t now_s) ST_MUST_CHECK;

#endif
