/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two functions that a compiler may call on its own where there is no C library.
 * Compiled with -fno-builtin, or each would become a call of itself.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int value, size_t n);

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    uint8_t *out = to;
    const uint8_t *in = from;

    while (n-- > 0)
        *out++ = *in++;
    return to;
}

void *memset(void *to, int value, size_t n)
{
    uint8_t *out = to;

    while (n-- > 0)
        *out++ = (uint8_t)value;
    return to;
}
