/* SPDX-License-Identifier: Apache-2.0 */
#include <st/secret.h>

#include <st/assert.h>
#include <st/err.h>

#include <sodium.h>

/* OWASP's second choice for Argon2id: two passes over 19 MiB on one lane. */
enum { PASSWORD_PASSES = 2, PASSWORD_MEMORY = 19 * 1024 * 1024 };

_Static_assert(ST_SECRET_HASH_LEN == crypto_generichash_BYTES, "BLAKE2b-256");
_Static_assert(ST_SIGN_SEED_LEN == crypto_sign_SEEDBYTES, "Ed25519 seed");
_Static_assert(ST_SIGN_PUBLIC_LEN == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
_Static_assert(ST_SIGN_LEN == crypto_sign_BYTES, "Ed25519 signature");
_Static_assert(ST_PASSWORD_TEXT_MAX == crypto_pwhash_STRBYTES, "PHC text");

int st_secret_init(void)
{
    return sodium_init() < 0 ? ST_EUNAVAILABLE : 0;
}

void st_secret_wipe(void *data, size_t len)
{
    st_assert(data || len == 0);
    sodium_memzero(data, len);
}

bool st_secret_equal(const void *a, const void *b, size_t len)
{
    st_assert(a && b);
    return sodium_memcmp(a, b, len) == 0;
}

void st_secret_hash(uint8_t out[ST_SECRET_HASH_LEN], const void *data, size_t len, const void *key,
                    size_t key_len)
{
    st_assert(out && (data || len == 0));
    st_assert(key ? key_len <= crypto_generichash_KEYBYTES_MAX : key_len == 0);
    int rc = crypto_generichash(out, ST_SECRET_HASH_LEN, data, len, key, key_len);
    st_assert(rc == 0);
}

int st_password_hash(const char *password, size_t len, char out[ST_PASSWORD_TEXT_MAX])
{
    st_assert(password && out);
    int rc = crypto_pwhash_str_alg(out, password, len, PASSWORD_PASSES, PASSWORD_MEMORY,
                                   crypto_pwhash_ALG_ARGON2ID13);
    return rc == 0 ? 0 : ST_ENOMEM;
}

bool st_password_verify(const char *phc, const char *password, size_t len)
{
    st_assert(phc && password);
    return crypto_pwhash_str_verify(phc, password, len) == 0;
}

bool st_password_needs_rehash(const char *phc)
{
    st_assert(phc);
    return crypto_pwhash_str_needs_rehash(phc, PASSWORD_PASSES, PASSWORD_MEMORY) != 0;
}

void st_sign_keypair(uint8_t public_key[ST_SIGN_PUBLIC_LEN], const uint8_t seed[ST_SIGN_SEED_LEN])
{
    st_assert(public_key && seed);
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    sodium_memzero(secret_key, sizeof(secret_key));
}

void st_sign(uint8_t signature[ST_SIGN_LEN], const void *data, size_t len,
             const uint8_t seed[ST_SIGN_SEED_LEN])
{
    st_assert(signature && data && seed);
    uint8_t public_key[ST_SIGN_PUBLIC_LEN], secret_key[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    crypto_sign_detached(signature, NULL, data, len, secret_key);
    sodium_memzero(secret_key, sizeof(secret_key));
}

bool st_sign_verify(const uint8_t signature[ST_SIGN_LEN], const void *data, size_t len,
                    const uint8_t public_key[ST_SIGN_PUBLIC_LEN])
{
    st_assert(signature && data && public_key);
    return crypto_sign_verify_detached(signature, data, len, public_key) == 0;
}
