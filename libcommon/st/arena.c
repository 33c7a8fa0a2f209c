/* SPDX-License-Identifier: Apache-2.0 */
#include <st/arena.h>

#include <st/assert.h>

#include <string.h>

enum { ALIGNMENT = 16 };

void st_arena_init(struct st_arena *a, void *mem, size_t size)
{
    st_assert(a && (mem || size == 0));
    a->mem = mem;
    a->size = size;
    a->used = 0;
}

void *st_arena_alloc(struct st_arena *a, size_t size)
{
    st_assert(a);
    uintptr_t at = (uintptr_t)a->mem + a->used;
    size_t pad = (size_t)(-at & (ALIGNMENT - 1));
    size_t room = a->size - a->used;
    if (pad > room || size > room - pad)
        return NULL;
    void *p = a->mem + a->used + pad;
    a->used += pad + size;
    memset(p, 0, size);
    return p;
}

char *st_arena_strndup(struct st_arena *a, const char *s, size_t len)
{
    st_assert(s || len == 0);
    char *copy = len < SIZE_MAX ? st_arena_alloc(a, len + 1) : NULL;
    if (copy && len > 0)
        memcpy(copy, s, len);
    return copy;
}

void st_arena_reset(struct st_arena *a)
{
    st_assert(a);
    a->used = 0;
}
