/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An id is generation << index_bits | index; generations start at 1, so no id is 0. Free slots wait
 * in a queue, not a stack: a generation wraps as late as possible.
 */
#include <st/pool.h>

#include <st/alloc.h>
#include <st/assert.h>

#include <string.h>

#define NONE UINT32_MAX

struct slot_state {
    uint32_t generation;
    uint32_t next; /* in the queue of free slots */
    bool live;
};

struct st_pool {
    uint8_t *mem;
    struct slot_state *state;
    size_t slot_size;
    uint32_t slots_max;
    uint32_t index_bits;
    uint32_t count;
    uint32_t free_head, free_tail;
};

struct st_pool *st_pool_new(size_t slot_size, uint32_t slots_max)
{
    st_assert(slot_size > 0 && slots_max > 0 && slots_max <= 1u << 24);
    struct st_pool *p = st_alloc(sizeof(*p));
    p->slot_size = (slot_size + 15) & ~(size_t)15;
    p->slots_max = slots_max;
    while (1u << p->index_bits < slots_max)
        p->index_bits++;
    p->mem = st_alloc_array(slots_max, p->slot_size);
    p->state = st_alloc_array(slots_max, sizeof(*p->state));
    for (uint32_t i = 0; i < slots_max; i++)
        p->state[i] = (struct slot_state){1, i + 1 < slots_max ? i + 1 : NONE, false};
    p->free_tail = slots_max - 1;
    return p;
}

void st_pool_free(struct st_pool **pp)
{
    st_assert(pp);
    struct st_pool *p = *pp;
    if (!p)
        return;
    st_free(p->mem);
    st_free(p->state);
    st_free(p);
    *pp = NULL;
}

static uint32_t id_of(const struct st_pool *p, uint32_t index)
{
    return p->state[index].generation << p->index_bits | index;
}

static uint32_t index_of(const struct st_pool *p, uint32_t id)
{
    uint32_t index = id & ((1u << p->index_bits) - 1);
    if (index >= p->slots_max || !p->state[index].live || id_of(p, index) != id)
        return NONE;
    return index;
}

void *st_pool_get(struct st_pool *p, uint32_t *id)
{
    st_assert(p && id);
    uint32_t index = p->free_head;
    if (index == NONE)
        return NULL;
    p->free_head = p->state[index].next;
    if (p->free_head == NONE)
        p->free_tail = NONE;
    p->state[index].live = true;
    p->count++;
    *id = id_of(p, index);
    void *slot = p->mem + (size_t)index * p->slot_size;
    memset(slot, 0, p->slot_size);
    return slot;
}

void *st_pool_find(const struct st_pool *p, uint32_t id)
{
    st_assert(p);
    uint32_t index = index_of(p, id);
    return index == NONE ? NULL : p->mem + (size_t)index * p->slot_size;
}

void st_pool_put(struct st_pool *p, uint32_t id)
{
    st_assert(p);
    uint32_t index = index_of(p, id);
    st_assert(index != NONE);
    struct slot_state *s = &p->state[index];
    s->live = false;
    s->generation = (s->generation + 1) & (UINT32_MAX >> p->index_bits);
    if (s->generation == 0)
        s->generation = 1;
    s->next = NONE;
    if (p->free_tail == NONE)
        p->free_head = index;
    else
        p->state[p->free_tail].next = index;
    p->free_tail = index;
    p->count--;
}

uint32_t st_pool_count(const struct st_pool *p)
{
    st_assert(p);
    return p->count;
}

void *st_pool_next(const struct st_pool *p, uint32_t *cursor, uint32_t *id)
{
    st_assert(p && cursor && id);
    while (*cursor < p->slots_max) {
        uint32_t index = (*cursor)++;
        if (p->state[index].live) {
            *id = id_of(p, index);
            return p->mem + (size_t)index * p->slot_size;
        }
    }
    return NULL;
}
