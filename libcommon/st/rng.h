/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes and text forms of bytes; random bytes for what is not secret come from the kernel too
 * (getrandom). Any thread.
 */
#ifndef ST_RNG_H
#define ST_RNG_H

#include <st/base.h>

void st_random(void *out, size_t len);
uint64_t st_random_u64(void);
/* Uniform in [0, below); below > 0. */
uint32_t st_random_below(uint32_t below);
/* FNV-1a 64 followed by a finaliser; stable across versions and machines. */
uint64_t st_hash64(const void *data, size_t len, uint64_t seed);
uint32_t st_crc32c(uint32_t crc, const void *data, size_t len);

/* out holds 2 * len + 1. */
void st_hex_encode(const void *data, size_t len, char *out);
/* Exactly out_len bytes from 2 * out_len lower or upper case digits. */
int st_hex_decode(const char *hex, size_t hex_len, void *out, size_t out_len) ST_MUST_CHECK;
/* base64url without padding; returns the text length (NUL is added), cap includes the NUL. */
size_t st_base64url_encode(const void *data, size_t len, char *out, size_t cap);
int st_base64url_decode(const char *text, size_t text_len, void *out, size_t cap,
                        size_t *len) ST_MUST_CHECK;
/* Strict UTF-8 (no overlong forms, no surrogates). */
bool st_utf8_valid(const void *data, size_t len);

#endif
