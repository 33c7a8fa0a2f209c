/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each block carries its size in front, so that the sum can be told at any time; 16 bytes keep the
 * alignment of malloc.
 */
#include <st/alloc.h>

#include <st/assert.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

union header {
    size_t size;
    max_align_t align;
};

static atomic_size_t live_bytes;
static atomic_uint_fast64_t call_count;
static atomic_bool sealed;
static _Thread_local unsigned cold_depth;

static void check_seal(void)
{
    st_assert(cold_depth > 0 || !atomic_load_explicit(&sealed, memory_order_relaxed));
}

static void *finish(union header *h, size_t size)
{
    if (!h)
        abort(); /* out of memory: not survivable, and nothing could be printed for sure */
    h->size = size;
    atomic_fetch_add_explicit(&live_bytes, size, memory_order_relaxed);
    atomic_fetch_add_explicit(&call_count, 1, memory_order_relaxed);
    return h + 1;
}

void *st_alloc(size_t size)
{
    check_seal();
    st_assert(size <= SIZE_MAX - sizeof(union header));
    return finish(calloc(1, sizeof(union header) + size), size);
}

void *st_alloc_array(size_t count, size_t size)
{
    size_t total;
    bool overflow = __builtin_mul_overflow(count, size, &total);
    st_assert(!overflow);
    return st_alloc(total);
}

void *st_realloc(void *ptr, size_t size)
{
    union header *h = ptr ? (union header *)ptr - 1 : NULL;
    check_seal();
    st_assert(size <= SIZE_MAX - sizeof(union header));
    if (h)
        atomic_fetch_sub_explicit(&live_bytes, h->size, memory_order_relaxed);
    return finish(realloc(h, sizeof(union header) + size), size);
}

char *st_strdup(const char *s)
{
    st_assert(s);
    size_t len = strlen(s) + 1;
    char *copy = st_alloc(len);
    memcpy(copy, s, len);
    return copy;
}

void st_free(void *ptr)
{
    if (!ptr)
        return;
    union header *h = (union header *)ptr - 1;
    atomic_fetch_sub_explicit(&live_bytes, h->size, memory_order_relaxed);
    free(h);
}

void st_alloc_seal(void)
{
    atomic_store(&sealed, true);
}

void st_alloc_unseal(void)
{
    atomic_store(&sealed, false);
}

void st_alloc_cold_begin(void)
{
    cold_depth++;
}

void st_alloc_cold_end(void)
{
    st_assert(cold_depth > 0);
    cold_depth--;
}

void st_alloc_stats(size_t *bytes, uint64_t *calls)
{
    st_assert(bytes && calls);
    *bytes = atomic_load_explicit(&live_bytes, memory_order_relaxed);
    *calls = atomic_load_explicit(&call_count, memory_order_relaxed);
}
