/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cryptography through libsodium (the only file that sees it): Argon2id, BLAKE2b, Ed25519, wiping,
 * comparison. Any thread after st_secret_init.
 */
#ifndef ST_SECRET_H
#define ST_SECRET_H

#include <st/base.h>

enum {
    ST_SECRET_HASH_LEN = 32,
    ST_SIGN_SEED_LEN = 32,
    ST_SIGN_PUBLIC_LEN = 32,
    ST_SIGN_LEN = 64,
    ST_PASSWORD_TEXT_MAX = 128
};

/* Once, on the main thread before others start. */
int st_secret_init(void) ST_MUST_CHECK;
void st_secret_wipe(void *data, size_t len);
/* Constant time. */
bool st_secret_equal(const void *a, const void *b, size_t len);
/* BLAKE2b-256; key may be NULL. */
void st_secret_hash(uint8_t out[ST_SECRET_HASH_LEN], const void *data, size_t len, const void *key,
                    size_t key_len);

/* Argon2id, opslimit 2, memory 19 MiB, one lane (about 30 ms of CPU); PHC text, NUL-terminated. */
int st_password_hash(const char *password, size_t len,
                     char out[ST_PASSWORD_TEXT_MAX]) ST_MUST_CHECK;
bool st_password_verify(const char *phc, const char *password, size_t len);
/* The stored parameters are weaker than today's. */
bool st_password_needs_rehash(const char *phc);

void st_sign_keypair(uint8_t public_key[ST_SIGN_PUBLIC_LEN], const uint8_t seed[ST_SIGN_SEED_LEN]);
void st_sign(uint8_t signature[ST_SIGN_LEN], const void *data, size_t len,
             const uint8_t seed[ST_SIGN_SEED_LEN]);
bool st_sign_verify(const uint8_t signature[ST_SIGN_LEN], const void *data, size_t len,
                    const uint8_t public_key[ST_SIGN_PUBLIC_LEN]);

#endif
