/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bump allocation over caller's memory, dropped whole. One thread at a time. Knows no heap.
 */
#ifndef ST_ARENA_H
#define ST_ARENA_H

#include <st/base.h>

struct st_arena {
    uint8_t *mem;
    size_t size;
    size_t used;
};

void st_arena_init(struct st_arena *a, void *mem, size_t size);
/* 16-byte aligned, zeroed; NULL when the arena is full. */
void *st_arena_alloc(struct st_arena *a, size_t size);
/* NUL-terminated copy; NULL when full. */
char *st_arena_strndup(struct st_arena *a, const char *s, size_t len);
void st_arena_reset(struct st_arena *a);

#endif
