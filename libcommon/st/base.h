/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few words that every file uses: attributes, array length, minimum and maximum.
 * Knows nothing else.
 */
#ifndef ST_BASE_H
#define ST_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ST_MUST_CHECK                      __attribute__((warn_unused_result))
#define ST_PRINTF(fmt, args)               __attribute__((format(printf, fmt, args)))
#define ST_ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define ST_MIN(a, b)                       ((a) < (b) ? (a) : (b))
#define ST_MAX(a, b)                       ((a) > (b) ? (a) : (b))
#define ST_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* A piece of text or bytes that somebody else owns. */
struct st_slice {
    const uint8_t *data;
    size_t len;
};

#endif
