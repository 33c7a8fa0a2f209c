/* SPDX-License-Identifier: Apache-2.0 */
#include "opening.h"

#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/log.h>
#include <st/wire.h>
#include <startrader/v1/trade.pb-c.h>

#include "wire_event.h"

struct opened_loot {
    uint64_t loot;
    uint16_t good, quantity;
    int32_t x, y;
};

/* A list that grows; only while a shard is being opened. */
struct grown {
    void *items;
    size_t n, cap;
};

struct opening {
    uint32_t epoch, next_page;
    struct world_config config;
    uint8_t config_bytes[CONFIG_BYTES_MAX];
    size_t config_len;
    struct grown ships; /* struct world_baton */
    struct grown loot;  /* struct opened_loot */
    struct st_arena arena;
};

static void *grown_add(struct grown *g, size_t size)
{
    if (g->n == g->cap) {
        g->cap = g->cap != 0 ? g->cap * 2 : 256;
        g->items = st_realloc(g->items, g->cap * size);
    }
    return (uint8_t *)g->items + size * g->n++;
}

struct opening *opening_new(void)
{
    struct opening *o = st_alloc(sizeof(*o));
    size_t size = st_wire_arena_size(OPENING_PAGE_BYTES_MAX);
    st_arena_init(&o->arena, st_alloc(size), size);
    return o;
}

void opening_free(struct opening **o)
{
    if (*o == NULL)
        return;
    st_free((*o)->ships.items);
    st_free((*o)->loot.items);
    st_free((*o)->arena.mem);
    st_free(*o);
    *o = NULL;
}

void opening_reset(struct opening *o)
{
    o->epoch = o->next_page = 0;
    o->ships.n = o->loot.n = 0;
    o->config_len = 0;
}

uint32_t opening_epoch(const struct opening *o)
{
    return o->epoch;
}

const struct world_config *opening_config(const struct opening *o)
{
    return &o->config;
}

const uint8_t *opening_config_bytes(const struct opening *o, size_t *len)
{
    *len = o->config_len;
    return o->config_bytes;
}

static size_t put_request(const struct opening *o, uint32_t shard, uint32_t page,
                          const char *instance, uint8_t *out, size_t cap)
{
    Startrader__V1__OpenRequest m = STARTRADER__V1__OPEN_REQUEST__INIT;
    struct st_buf b;
    char name[64];
    st_assert(strlen(instance) < sizeof(name));
    memcpy(name, instance, strlen(instance) + 1);
    m.shard = shard;
    m.page = page;
    m.world_epoch = o->epoch;
    m.instance = name;
    st_buf_init_fixed(&b, out, cap);
    st_wire_pack(&m.base, &b);
    st_assert(!b.overflow);
    return b.len;
}

size_t opening_request(const struct opening *o, uint32_t shard, const char *instance, uint8_t *out,
                       size_t cap)
{
    return put_request(o, shard, o->next_page, instance, out, cap);
}

size_t opening_check_request(const struct opening *o, uint32_t shard, const char *instance,
                             uint8_t *out, size_t cap)
{
    return put_request(o, shard, UINT32_MAX, instance, out, cap);
}

bool opening_check_fenced(struct opening *o, const uint8_t *data, size_t len)
{
    st_arena_reset(&o->arena);
    const Startrader__V1__OpenReply *m = st_wire_unpack(
        &startrader__v1__open_reply__descriptor, data, len, OPENING_PAGE_BYTES_MAX, &o->arena);
    return m != NULL && m->code == STARTRADER__V1__CODE__CODE_CONFLICT;
}

static bool take_config(struct opening *o, const Startrader__V1__OpenReply *m)
{
    if (m->config.len > sizeof(o->config_bytes))
        return false;
    int err = world_config_decode(&o->config, m->config.data, m->config.len);
    if (err != 0) {
        st_log(ST_LOG_ERROR, "world_config_bad", st_log_i("at", err),
               st_log_u("bytes", m->config.len));
        return false;
    }
    memcpy(o->config_bytes, m->config.data, m->config.len);
    o->config_len = m->config.len;
    return true;
}

static bool take_lists(struct opening *o, const Startrader__V1__OpenReply *m)
{
    for (size_t i = 0; i < m->n_ship; i++)
        if (!event_ship_state(m->ship[i], m->world_epoch,
                              grown_add(&o->ships, sizeof(struct world_baton))))
            return false;
    for (size_t i = 0; i < m->n_loot; i++) {
        const Startrader__V1__LootState *l = m->loot[i];
        for (size_t k = 0; k < l->n_goods; k++) {
            struct opened_loot *to = grown_add(&o->loot, sizeof(*to));
            *to = (struct opened_loot){
                .loot = l->loot,
                .good = (uint16_t)l->goods[k]->commodity,
                .quantity = (uint16_t)ST_MIN(l->goods[k]->quantity, (uint32_t)UINT16_MAX),
                .x = l->position != NULL ? l->position->x : 0,
                .y = l->position != NULL ? l->position->y : 0,
            };
        }
    }
    return true;
}

enum opening_result opening_page(struct opening *o, const uint8_t *data, size_t len)
{
    st_arena_reset(&o->arena);
    const Startrader__V1__OpenReply *m = st_wire_unpack(
        &startrader__v1__open_reply__descriptor, data, len, OPENING_PAGE_BYTES_MAX, &o->arena);
    if (m == NULL)
        return OPENING_BROKEN;
    if (m->code == STARTRADER__V1__CODE__CODE_CONFLICT)
        return o->next_page == 0 ? OPENING_AGAIN : OPENING_FENCED;
    if (m->code != STARTRADER__V1__CODE__CODE_OK)
        return OPENING_AGAIN;
    if (m->page != o->next_page || m->world_epoch == 0 ||
        (o->next_page > 0 && m->world_epoch != o->epoch))
        return OPENING_BROKEN;
    if (o->next_page == 0 && !take_config(o, m))
        return OPENING_BROKEN;
    o->epoch = m->world_epoch;
    o->next_page++;
    if (!take_lists(o, m))
        return OPENING_BROKEN;
    return m->last ? OPENING_DONE : OPENING_MORE;
}

/* ---- the world ------------------------------------------------------------------------------- */

static struct world *restored(const struct opening *o, void *memory,
                              const struct world_limits *limits, uint32_t shard, uint64_t seed,
                              const struct checkpoint *c)
{
    struct world_config *old = st_alloc(sizeof(*old));
    struct world *w = NULL;
    const char *reason = "configuration";
    if (world_config_decode(old, c->config, c->config_len) == 0) {
        w = world_init(memory, limits, old, seed, shard, c->epoch);
        reason = "state";
        if (!world_load(w, c->world, c->world_len))
            w = NULL;
    }
    if (w != NULL && !world_config_set(w, &o->config)) {
        reason = "new configuration lacks what the old one had";
        w = NULL;
    }
    if (w == NULL)
        st_log(ST_LOG_WARN, "checkpoint_ignored", st_log_s("reason", reason),
               st_log_u("tick", c->tick));
    st_free(old);
    return w;
}

/* Nobody is connected to a world that was just opened; gateways bind their sessions again. */
static void unbind_all(struct world *w)
{
    struct world_own own;
    for (uint32_t pilot = 0; pilot < world_pilots(w); pilot++)
        if (world_own_get(w, pilot, &own) && own.bound)
            world_unbind(w, pilot);
}

struct world *opening_world(const struct opening *o, void *memory,
                            const struct world_limits *limits, uint32_t shard, uint64_t seed,
                            const struct checkpoint *checkpoint, struct opening_report *report)
{
    st_assert(o->config_len > 0);
    struct world *w = NULL;
    *report = (struct opening_report){0};
    if (checkpoint != NULL)
        w = restored(o, memory, limits, shard, seed, checkpoint);
    report->restored = w != NULL;
    if (w == NULL)
        w = world_init(memory, limits, &o->config, seed, shard, o->epoch);
    world_open_begin(w, o->epoch);
    const struct world_baton *ships = o->ships.items;
    for (size_t i = 0; i < o->ships.n; i++) {
        bool taken = world_open_ship(w, &ships[i]) == WORLD_OK;
        report->ships += taken;
        report->refused += !taken;
    }
    const struct opened_loot *loot = o->loot.items;
    for (size_t i = 0; i < o->loot.n; i++) {
        bool taken = world_open_loot(w, loot[i].loot, loot[i].good, loot[i].quantity, loot[i].x,
                                     loot[i].y) == WORLD_OK;
        report->loot += taken;
        report->refused += !taken;
    }
    world_open_end(w);
    unbind_all(w);
    return w;
}
