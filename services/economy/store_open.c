/* SPDX-License-Identifier: Apache-2.0 */
#include "store_private.h"

#include <string.h>

#include <st/clock.h>
#include <st/err.h>

#include "decide.h"

static const struct st_pg_stmt
    q_raise = {"raise_epoch",
               "INSERT INTO economy.shards (id, world_epoch, instance) VALUES ($1, 1, $2)"
               " ON CONFLICT (id) DO UPDATE SET world_epoch = economy.shards.world_epoch + 1,"
               " instance = excluded.instance, opened_at = now() RETURNING world_epoch"},
    q_epoch = {"read_epoch", "SELECT world_epoch FROM economy.shards WHERE id = $1"},
    q_page_ships = {"open_ships", "SELECT s.*, p.flown_ticks, p.aggressor, w.credits"
                                  " FROM (SELECT " STORE_SHIP_COLUMNS " FROM economy.ships) AS s"
                                  " JOIN economy.pilots p ON p.player = s.player"
                                  " JOIN economy.wallets w ON w.account = s.player + 4294967296"
                                  " WHERE s.holder_kind = 1 AND s.holder_id = $1 ORDER BY s.id"
                                  " LIMIT $2::int + 1 OFFSET $3::int"},
    q_page_cargo = {"open_cargo",
                    "SELECT c.account, c.commodity, c.quantity FROM economy.cargo c"
                    " WHERE c.quantity > 0 AND c.account IN (SELECT id + 8589934592 FROM"
                    " economy.ships WHERE holder_kind = 1 AND holder_id = $1 ORDER BY id"
                    " LIMIT $2::int OFFSET $3::int)"},
    q_page_loot = {"open_loot",
                   "SELECT l.id, l.shard, l.x, l.y,"
                   " (extract(epoch FROM clock_timestamp() - l.at) * 1000)::bigint, g.commodity,"
                   " g.quantity FROM (SELECT * FROM economy.loot WHERE shard = $1 ORDER BY id"
                   " LIMIT $2::int + 1 OFFSET $3::int) AS l"
                   " JOIN economy.loot_goods g ON g.loot = l.id ORDER BY l.id, g.commodity"};

struct page {
    struct store *s;
    uint8_t newcomer[SHIPS_MAX];
    bool more;
};

static void take_page_ships(struct page *p, const struct st_pg_result *r, uint32_t max)
{
    struct unit *u = p->s->unit;
    size_t rows = st_pg_rows(r);
    p->more = p->more || rows > max;
    for (size_t i = 0; i < rows && i < max; i++) {
        struct ship *s = &u->ships[u->ships_n];
        store_read_ship(r, i, s);
        const struct config_class *k = world_config_class(&u->catalog->world, s->class_id);
        enum { N = STORE_SHIP_COLUMNS_N };
        int64_t worth = st_pg_int(r, i, N + 2) + (k ? k->price : 0) + unit_cargo_worth(u, s->id);
        p->newcomer[u->ships_n] =
            rules_newcomer(st_pg_int(r, i, N), worth, st_pg_bool(r, i, N + 1));
        u->ships_n++;
    }
}

static void take_page_loot(struct page *p, const struct st_pg_result *r, uint32_t max)
{
    struct unit *u = p->s->unit;
    struct loot *l = NULL;
    for (size_t i = 0; i < st_pg_rows(r); i++) {
        uint64_t id = (uint64_t)st_pg_int(r, i, 0);
        if (!l || l->id != id) {
            if (u->loots_n == max) {
                p->more = true;
                return;
            }
            l = &u->loots[u->loots_n++];
            *l = (struct loot){.id = id,
                               .shard = (uint32_t)st_pg_int(r, i, 1),
                               .x = (int32_t)st_pg_int(r, i, 2),
                               .y = (int32_t)st_pg_int(r, i, 3),
                               .age_ms = st_pg_int(r, i, 4)};
        }
        if (l->goods.n < GOODS_MAX)
            l->goods.g[l->goods.n++] =
                (struct goods){(uint32_t)st_pg_int(r, i, 5), st_pg_int(r, i, 6)};
    }
}

static int read_page(struct page *p, const struct open_ask *ask)
{
    enum { SHIPS = ECONOMY_PAGE_SHIPS, LOOT = ECONOMY_PAGE_LOOT };
    struct store *s = p->s;
    char shard[24], ships[24], ship_at[24], loot[24], loot_at[24];
    struct st_pg_param ship_params[] = {st_pg_param_int(shard, ask->shard),
                                        st_pg_param_int(ships, SHIPS),
                                        st_pg_param_int(ship_at, (int64_t)ask->page * SHIPS)};
    struct st_pg_param loot_params[] = {ship_params[0], st_pg_param_int(loot, LOOT),
                                        st_pg_param_int(loot_at, (int64_t)ask->page * LOOT)};
    struct st_pg_step steps[] = {{&q_page_cargo, ship_params, 3, NULL},
                                 {&q_page_ships, ship_params, 3, NULL},
                                 {&q_page_loot, loot_params, 3, NULL}};
    int err = st_pg_pipeline(s->pg, steps, 3);
    if (err != 0)
        return err;
    const struct st_pg_result *cargo = steps[0].result;
    for (size_t i = 0; i < st_pg_rows(cargo); i++) {
        bool fits = book_load(&s->unit->book, st_pg_int(cargo, i, 0),
                              (int32_t)st_pg_int(cargo, i, 1), st_pg_int(cargo, i, 2));
        p->more = p->more || !fits;
    }
    take_page_ships(p, steps[1].result, SHIPS);
    take_page_loot(p, steps[2].result, LOOT);
    st_pg_steps_free(steps, 3);
    return 0;
}

static int read_epoch(struct store *s, const struct open_ask *ask, uint64_t *epoch)
{
    char shard[24];
    struct st_pg_param params[] = {st_pg_param_int(shard, ask->shard),
                                   st_pg_param_str(ask->instance)};
    struct st_pg_result *r = NULL;
    int err = ask->page == 0 ? st_pg_exec(s->pg, &q_raise, params, 2, &r)
                             : st_pg_exec(s->pg, &q_epoch, params, 1, &r);
    *epoch = err == 0 && st_pg_rows(r) > 0 ? (uint64_t)st_pg_int(r, 0, 0) : 0;
    st_pg_result_free(&r);
    return err;
}

/* Raising the epoch waits for the transactions that hold the shard's row, so the page sees them. */
static int open_page(struct page *p, const struct open_ask *ask, enum code *code,
                     struct st_buf *out)
{
    uint64_t epoch = 0;
    int err = read_epoch(p->s, ask, &epoch);
    if (err != 0)
        return err;
    if (ask->page > 0 && epoch != ask->world_epoch) {
        *code = CODE_CONFLICT;
        return 0;
    }
    err = read_page(p, ask);
    if (err != 0)
        return err;
    struct open_page page = {.page = ask->page,
                             .world_epoch = epoch,
                             .last = !p->more,
                             .unit = p->s->unit,
                             .newcomer = p->newcomer,
                             .with_config = ask->page == 0};
    wire_open_reply(&page, out);
    *code = CODE_OK;
    return 0;
}

int store_open_page(struct store *s, const struct open_ask *ask, enum code *code,
                    struct st_buf *out)
{
    struct page p = {.s = s};
    unit_clear(s->unit, s->catalog, st_wall_ms());
    int err = st_pg_begin(s->pg);
    if (err != 0)
        return err;
    err = open_page(&p, ask, code, out);
    if (err == 0)
        return st_pg_commit(s->pg);
    st_pg_rollback(s->pg);
    return err;
}
