/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing with linear probing at a load of at most one half; removal shifts the following
 * entries back, so there are no tombstones and lookups never degrade.
 */
#include <st/map.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>

#include <string.h>

struct entry {
    uint64_t key, value;
};

struct st_map {
    struct entry *entries;
    bool *used;
    uint32_t mask;
    uint32_t count, entries_max;
};

static uint32_t home(const struct st_map *m, uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdULL;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53ULL;
    key ^= key >> 33;
    return (uint32_t)key & m->mask;
}

struct st_map *st_map_new(uint32_t entries_max)
{
    st_assert(entries_max > 0 && entries_max <= 1u << 29);
    struct st_map *m = st_alloc(sizeof(*m));
    uint32_t size = 4;
    while (size < 2 * entries_max)
        size *= 2;
    m->entries_max = entries_max;
    m->mask = size - 1;
    m->entries = st_alloc_array(size, sizeof(*m->entries));
    m->used = st_alloc_array(size, sizeof(*m->used));
    return m;
}

void st_map_free(struct st_map **mm)
{
    st_assert(mm);
    struct st_map *m = *mm;
    if (!m)
        return;
    st_free(m->entries);
    st_free(m->used);
    st_free(m);
    *mm = NULL;
}

/* Index of the key, or of the free place where it would be. */
static uint32_t probe(const struct st_map *m, uint64_t key)
{
    uint32_t i = home(m, key);
    while (m->used[i] && m->entries[i].key != key)
        i = (i + 1) & m->mask;
    return i;
}

int st_map_set(struct st_map *m, uint64_t key, uint64_t value)
{
    st_assert(m);
    uint32_t i = probe(m, key);
    if (!m->used[i]) {
        if (m->count == m->entries_max)
            return ST_EFULL;
        m->used[i] = true;
        m->entries[i].key = key;
        m->count++;
    }
    m->entries[i].value = value;
    return 0;
}

bool st_map_get(const struct st_map *m, uint64_t key, uint64_t *value)
{
    st_assert(m);
    uint32_t i = probe(m, key);
    if (m->used[i] && value)
        *value = m->entries[i].value;
    return m->used[i];
}

bool st_map_remove(struct st_map *m, uint64_t key)
{
    st_assert(m);
    uint32_t hole = probe(m, key);
    if (!m->used[hole])
        return false;
    m->used[hole] = false;
    m->count--;
    for (uint32_t i = (hole + 1) & m->mask; m->used[i]; i = (i + 1) & m->mask) {
        uint32_t h = home(m, m->entries[i].key);
        /* Moves back unless its home lies behind the hole, cyclically. */
        if (((i - h) & m->mask) < ((i - hole) & m->mask))
            continue;
        m->entries[hole] = m->entries[i];
        m->used[hole] = true;
        m->used[i] = false;
        hole = i;
    }
    return true;
}

uint32_t st_map_count(const struct st_map *m)
{
    st_assert(m);
    return m->count;
}

void st_map_clear(struct st_map *m)
{
    st_assert(m);
    memset(m->used, 0, ((size_t)m->mask + 1) * sizeof(*m->used));
    m->count = 0;
}

bool st_map_next(const struct st_map *m, uint32_t *cursor, uint64_t *key, uint64_t *value)
{
    st_assert(m && cursor && key && value);
    while (*cursor <= m->mask) {
        uint32_t i = (*cursor)++;
        if (m->used[i]) {
            *key = m->entries[i].key;
            *value = m->entries[i].value;
            return true;
        }
    }
    return false;
}
