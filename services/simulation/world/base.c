/* SPDX-License-Identifier: Apache-2.0 */
#include "base.h"

uint64_t fold_bytes(uint64_t hash, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    uint64_t word;

    hash = fold64(hash, n);
    for (; n >= 8; n -= 8, at += 8) {
        memcpy(&word, at, 8);
        hash = fold64(hash, word);
    }
    if (n > 0) {
        word = 0;
        memcpy(&word, at, n);
        hash = fold64(hash, word);
    }
    return hash;
}
