/* SPDX-License-Identifier: Apache-2.0 */
#include "throttle.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/netaddr.h>

#include <stdio.h>
#include <string.h>

/* A key lives in one of the slots of its set, as in a processor's cache: no list, no rehashing. */
enum { WAYS = 8 };

struct entry {
    uint64_t key;
    uint64_t ends_ms; /* 0 = free */
    uint32_t count;
};

struct throttle {
    struct entry *entries;
    uint32_t sets;
};

struct throttle *throttle_new(uint32_t entries_max)
{
    st_assert(entries_max >= WAYS);
    struct throttle *l = st_alloc(sizeof(*l));
    l->sets = entries_max / WAYS;
    l->entries = st_alloc_array((size_t)l->sets * WAYS, sizeof(*l->entries));
    return l;
}

void throttle_free(struct throttle **l)
{
    st_assert(l);
    if (!*l)
        return;
    st_free((*l)->entries);
    st_free(*l);
    *l = NULL;
}

static struct entry *set_of(const struct throttle *l, uint64_t key)
{
    return l->entries + (size_t)(key % l->sets) * WAYS;
}

static struct entry *find(const struct throttle *l, uint64_t now_ms, uint64_t key)
{
    struct entry *set = set_of(l, key);
    for (int i = 0; i < WAYS; i++)
        if (set[i].key == key && set[i].ends_ms > now_ms)
            return &set[i];
    return NULL;
}

uint64_t throttle_take(struct throttle *l, uint64_t now_ms, uint64_t key, uint32_t max,
                       uint64_t window_ms)
{
    st_assert(l && max > 0 && window_ms > 0);
    struct entry *e = find(l, now_ms, key);
    if (!e) {
        e = set_of(l, key);
        for (struct entry *other = e + 1; other < set_of(l, key) + WAYS; other++)
            if (other->ends_ms < e->ends_ms)
                e = other;
        *e = (struct entry){.key = key, .ends_ms = now_ms + window_ms};
    }
    if (e->count >= max)
        return e->ends_ms - now_ms;
    e->count++;
    return 0;
}

uint64_t throttle_check(const struct throttle *l, uint64_t now_ms, uint64_t key, uint32_t max)
{
    st_assert(l && max > 0);
    const struct entry *e = find(l, now_ms, key);
    return e && e->count >= max ? e->ends_ms - now_ms : 0;
}

void throttle_give_back(struct throttle *l, uint64_t now_ms, uint64_t key)
{
    st_assert(l);
    struct entry *e = find(l, now_ms, key);
    if (e && e->count > 0)
        e->count--;
}

void throttle_address_key(char *out, const char *address)
{
    st_assert(out && address);
    _Static_assert((int)THROTTLE_ADDRESS_MAX >= (int)ST_NETADDR_TEXT_MAX, "an address fits");
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct st_netaddr a;
    if (st_netaddr_parse(&a, address, strlen(address))) {
        snprintf(out, THROTTLE_ADDRESS_MAX, "other");
        return;
    }
    if (memcmp(a.ip, mapped, sizeof(mapped)) != 0)
        memset(a.ip + 8, 0, 8);
    st_netaddr_format(out, &a);
}
