/* SPDX-License-Identifier: Apache-2.0 */
/* arena, pool, list and map: against a simple model where there is one. */
#include "suite.h"

#include <st/arena.h>
#include <st/err.h>
#include <st/list.h>
#include <st/map.h>
#include <st/pool.h>
#include <st/rng.h>

#include <string.h>

START_TEST(arena_gives_aligned_zeroed_memory_until_full)
{
    _Alignas(16) uint8_t mem[256];
    struct st_arena a;
    memset(mem, 0xff, sizeof(mem));
    st_arena_init(&a, mem, sizeof(mem));
    uint8_t *p = st_arena_alloc(&a, 3), *q = st_arena_alloc(&a, 16);
    ck_assert_uint_eq((uintptr_t)q % 16, 0);
    ck_assert_ptr_eq(q, p + 16);
    for (int i = 0; i < 16; i++)
        ck_assert_uint_eq(q[i], 0);
    ck_assert_str_eq(st_arena_strndup(&a, "abcdef", 3), "abc");
    ck_assert_ptr_null(st_arena_alloc(&a, 256));
    ck_assert_ptr_null(st_arena_alloc(&a, SIZE_MAX));
    ck_assert_ptr_null(st_arena_alloc(&a, SIZE_MAX - 8));
    ck_assert_ptr_nonnull(st_arena_alloc(&a, 200));
    st_arena_reset(&a);
    ck_assert_ptr_eq(st_arena_alloc(&a, 256), mem);
    ck_assert_ptr_null(st_arena_alloc(&a, 1));
}
END_TEST

START_TEST(arena_aligns_on_odd_memory)
{
    _Alignas(16) uint8_t mem[64];
    struct st_arena a;
    st_arena_init(&a, mem + 1, 63);
    uint8_t *p = st_arena_alloc(&a, 48);
    ck_assert_ptr_eq(p, mem + 16);
    ck_assert_ptr_null(st_arena_alloc(&a, 1));
}
END_TEST

START_TEST(pool_ids_do_not_find_successors)
{
    uint32_t a, b, c, d, stale;
    struct st_pool *p = st_pool_new(24, 3);
    int *slot = st_pool_get(p, &a);
    ck_assert_uint_ne(a, 0);
    *slot = 7;
    ck_assert_ptr_nonnull(st_pool_get(p, &b));
    ck_assert_ptr_nonnull(st_pool_get(p, &c));
    ck_assert_ptr_null(st_pool_get(p, &d));
    stale = a;
    st_pool_put(p, a);
    ck_assert_ptr_null(st_pool_find(p, stale));
    slot = st_pool_get(p, &a);
    ck_assert_int_eq(*slot, 0);
    ck_assert_uint_ne(a, stale);
    ck_assert_ptr_null(st_pool_find(p, stale));
    ck_assert_ptr_eq(st_pool_find(p, a), slot);
    ck_assert_ptr_null(st_pool_find(p, 0));
    ck_assert_ptr_null(st_pool_find(p, UINT32_MAX));
    ck_assert_uint_eq(st_pool_count(p), 3);
    uint32_t cursor = 0, id, seen = 0;
    while (st_pool_next(p, &cursor, &id)) {
        st_pool_put(p, id);
        seen++;
    }
    ck_assert_uint_eq(seen, 3);
    ck_assert_uint_eq(st_pool_count(p), 0);
    st_pool_free(&p);
    ck_assert_ptr_null(p);
    st_pool_free(&p);
}
END_TEST

/* Ids are never 0 and live ids never equal, also when generations wrap (one slot: 2^32 of them;
 * with 2^24 slots only 2^8). */
START_TEST(pool_survives_many_generations)
{
    struct st_pool *p = st_pool_new(1, 1u << 10);
    uint32_t id = 0, held, wrong = 0;
    void *keep = st_pool_get(p, &held);
    for (uint32_t i = 0; i < 10u << 20; i++) {
        wrong += !st_pool_get(p, &id) || id == 0 || id == held;
        st_pool_put(p, id);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_ptr_eq(st_pool_find(p, held), keep);
    st_pool_free(&p);
}
END_TEST

struct item {
    int n;
    struct st_list node;
};

START_TEST(list_keeps_order)
{
    struct st_list head;
    struct item items[5];
    int sum = 0, last = -1;
    st_list_init(&head);
    ck_assert(st_list_empty(&head));
    for (int i = 0; i < 5; i++) {
        items[i].n = i;
        st_list_push(&head, &items[i].node);
    }
    st_list_each_safe(it, tmp, &head)
    {
        struct item *x = st_list_entry(it, struct item, node);
        if (x->n % 2)
            st_list_remove(it);
    }
    st_list_each(it, &head)
    {
        struct item *x = st_list_entry(it, struct item, node);
        ck_assert_int_gt(x->n, last);
        last = x->n;
        sum += x->n;
    }
    ck_assert_int_eq(sum, 6);
    st_list_remove(&items[1].node); /* removed already: harmless */
    ck_assert_ptr_eq(head.next, &items[0].node);
}
END_TEST

enum { KEYS = 300 };

/* Some that differ in low bits only, some in high bits only; 0 among them. */
static uint64_t key_of(uint32_t k)
{
    return k % 2 ? (uint64_t)k << 40 : k;
}

START_TEST(map_agrees_with_a_model)
{
    bool have[KEYS] = {false};
    uint64_t value[KEYS], v = 0;
    uint32_t count = 0, full = 0, wrong = 0;
    struct st_map *m = st_map_new(100);
    for (uint64_t step = 0; step < 200000; step++) {
        uint64_t r = st_hash64(&step, sizeof(step), 1);
        uint32_t k = (uint32_t)(r % KEYS), look = (uint32_t)(r >> 40) % KEYS;
        bool room = have[k] || count < 100;
        if (r >> 32 & 1) {
            wrong += st_map_set(m, key_of(k), step) != (room ? 0 : ST_EFULL);
            full += !room;
            count += room && !have[k];
            have[k] = have[k] || room;
            value[k] = room ? step : 0;
        } else {
            wrong += st_map_remove(m, key_of(k)) != have[k];
            count -= have[k];
            have[k] = false;
        }
        wrong += st_map_get(m, key_of(look), &v) != have[look];
        wrong += have[look] && v != value[look];
        wrong += st_map_count(m) != count;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_gt(full, 0);
    uint32_t cursor = 0, seen = 0;
    uint64_t key;
    while (st_map_next(m, &cursor, &key, &v))
        seen++;
    ck_assert_uint_eq(seen, count);
    st_map_clear(m);
    ck_assert_uint_eq(st_map_count(m), 0);
    ck_assert(!st_map_get(m, 0, NULL));
    st_map_free(&m);
}
END_TEST

SUITE_MAIN("container", arena_gives_aligned_zeroed_memory_until_full, arena_aligns_on_odd_memory,
           pool_ids_do_not_find_successors, pool_survives_many_generations, list_keeps_order,
           map_agrees_with_a_model)
