/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/map.h>

struct sessions {
    uint32_t pilots_max, count;
    struct session *by_pilot;
    struct st_map *by_sid; /* gateway << 32 | sid -> pilot */
    struct gateway gateways[GATEWAYS_MAX];
};

static uint64_t sid_key(uint32_t gateway, uint32_t sid)
{
    return (uint64_t)gateway << 32 | sid;
}

size_t sessions_size(uint32_t pilots_max)
{
    return sizeof(struct sessions) +
           (size_t)pilots_max * (sizeof(struct session) + GATEWAYS_MAX * sizeof(uint32_t));
}

struct sessions *sessions_new(uint32_t pilots_max)
{
    struct sessions *s = st_alloc(sizeof(*s));
    s->pilots_max = pilots_max;
    s->by_pilot = st_alloc_array(pilots_max, sizeof(*s->by_pilot));
    s->by_sid = st_map_new(pilots_max);
    for (uint32_t g = 0; g < GATEWAYS_MAX; g++)
        s->gateways[g].pilots = st_alloc_array(pilots_max, sizeof(uint32_t));
    return s;
}

void sessions_free(struct sessions **s)
{
    if (*s == NULL)
        return;
    for (uint32_t g = 0; g < GATEWAYS_MAX; g++)
        st_free((*s)->gateways[g].pilots);
    st_map_free(&(*s)->by_sid);
    st_free((*s)->by_pilot);
    st_free(*s);
    *s = NULL;
}

struct gateway *sessions_gateway_at(struct sessions *s, uint32_t gateway)
{
    st_assert(gateway < GATEWAYS_MAX);
    return &s->gateways[gateway];
}

struct session *sessions_at(struct sessions *s, uint32_t pilot)
{
    st_assert(pilot < s->pilots_max);
    return &s->by_pilot[pilot];
}

int sessions_gateway(struct sessions *s, const char *name, uint64_t now_ms)
{
    int place = -1;
    for (int i = 0; i < GATEWAYS_MAX; i++) {
        struct gateway *g = &s->gateways[i];
        if (strcmp(g->name, name) == 0) {
            g->heard_ms = now_ms;
            return i;
        }
        bool idle =
            g->name[0] == '\0' || (g->pilots_n == 0 && now_ms - g->heard_ms > GATEWAY_FORGET_MS);
        if (place < 0 && idle)
            place = i;
    }
    if (place < 0)
        return -1;
    struct gateway *g = &s->gateways[place];
    memcpy(g->name, name, strlen(name) + 1);
    g->boot_id = 0;
    g->heard_ms = now_ms;
    g->fenced_n = g->unknown_n = 0;
    return place;
}

static void note(uint32_t *list, uint32_t *n, uint32_t sid)
{
    for (uint32_t i = 0; i < *n; i++)
        if (list[i] == sid)
            return;
    if (*n < GATEWAY_NOTICES_MAX) /* the rest asks again */
        list[(*n)++] = sid;
}

void sessions_drop(struct sessions *s, uint32_t pilot)
{
    struct session *e = sessions_at(s, pilot);
    if (e->sid == 0)
        return;
    struct gateway *g = &s->gateways[e->gateway];
    uint32_t last = g->pilots[--g->pilots_n];
    g->pilots[e->index] = last;
    s->by_pilot[last].index = e->index;
    bool found = st_map_remove(s->by_sid, sid_key(e->gateway, e->sid));
    st_assert(found);
    e->sid = 0;
    s->count--;
}

uint32_t sessions_bind(struct sessions *s, uint32_t pilot, uint32_t gateway, uint32_t sid)
{
    st_assert(gateway < GATEWAYS_MAX && sid != 0);
    struct session *e = sessions_at(s, pilot);
    struct gateway *g = &s->gateways[gateway];
    e->due = true;
    if (e->sid == sid && e->gateway == gateway)
        return SESSION_NONE;
    if (e->sid != 0) {
        struct gateway *loser = &s->gateways[e->gateway];
        note(loser->fenced, &loser->fenced_n, e->sid);
        sessions_drop(s, pilot);
    }
    uint32_t other = sessions_find(s, gateway, sid);
    if (other != SESSION_NONE)
        sessions_drop(s, other);
    e->gateway = (uint16_t)gateway;
    e->sid = sid;
    e->index = g->pilots_n;
    g->pilots[g->pilots_n++] = pilot;
    int err = st_map_set(s->by_sid, sid_key(gateway, sid), pilot);
    st_assert(err == 0);
    s->count++;
    return other;
}

uint32_t sessions_find(const struct sessions *s, uint32_t gateway, uint32_t sid)
{
    uint64_t pilot;
    return st_map_get(s->by_sid, sid_key(gateway, sid), &pilot) ? (uint32_t)pilot : SESSION_NONE;
}

void sessions_unknown(struct sessions *s, uint32_t gateway, uint32_t sid)
{
    struct gateway *g = sessions_gateway_at(s, gateway);
    note(g->unknown, &g->unknown_n, sid);
}

uint32_t sessions_count(const struct sessions *s)
{
    return s->count;
}

bool sessions_rebooted(struct sessions *s, uint32_t gateway, uint64_t boot_id)
{
    struct gateway *g = sessions_gateway_at(s, gateway);
    bool other = g->boot_id != 0 && boot_id != 0 && g->boot_id != boot_id;
    if (boot_id != 0)
        g->boot_id = boot_id;
    return other;
}

bool sessions_silent(const struct sessions *s, uint32_t gateway, uint64_t now_ms)
{
    const struct gateway *g = &s->gateways[gateway];
    return g->pilots_n > 0 && now_ms - g->heard_ms > GATEWAY_SILENT_MS;
}

void sessions_resume(struct sessions *s, uint64_t now_ms)
{
    for (uint32_t i = 0; i < GATEWAYS_MAX; i++)
        if (s->gateways[i].name[0] != '\0')
            s->gateways[i].heard_ms = now_ms;
}
