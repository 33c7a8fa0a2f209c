/* SPDX-License-Identifier: Apache-2.0 */
#include "index.h"

uint32_t index_size(uint32_t n)
{
    uint32_t size = 16;

    while (size < 2 * n)
        size *= 2;
    return size;
}

void index_clear(struct index *x)
{
    memset(x->keys, 0, sizeof(uint32_t) * ((size_t)x->mask + 1));
}

static uint32_t home(const struct index *x, uint32_t key)
{
    return (uint32_t)(mix64(key) >> 16) & x->mask;
}

static uint32_t place(const struct index *x, uint32_t key)
{
    uint32_t at = home(x, key);

    while (x->keys[at] != 0 && x->keys[at] != key)
        at = (at + 1) & x->mask;
    return at;
}

uint32_t index_get(const struct index *x, uint32_t key)
{
    uint32_t at = place(x, key);

    return key != 0 && x->keys[at] == key ? x->values[at] : WORLD_NOBODY;
}

void index_put(struct index *x, uint32_t key, uint32_t value)
{
    uint32_t at = place(x, key);

    world_assert(key != 0);
    x->keys[at] = key;
    x->values[at] = value;
}

void index_remove(struct index *x, uint32_t key)
{
    uint32_t hole = place(x, key), at;

    if (x->keys[hole] == 0)
        return;
    /* Moves back what the hole would cut off from its home. */
    for (at = (hole + 1) & x->mask; x->keys[at] != 0; at = (at + 1) & x->mask) {
        uint32_t from = home(x, x->keys[at]);

        if (((at - from) & x->mask) >= ((at - hole) & x->mask)) {
            x->keys[hole] = x->keys[at];
            x->values[hole] = x->values[at];
            hole = at;
        }
    }
    x->keys[hole] = 0;
}
