/* SPDX-License-Identifier: Apache-2.0 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

#include <st/assert.h>
#include <st/err.h>

/*
 * The one global order of locks: shards, pilots, ships, market lines, wallets, cargo, loot; within
 * each by key. Whoever writes takes them in this order, so no two transactions wait for each other.
 * Who only asks reads the same rows without a lock. Keys come as one list each: an OR between a
 * list and a subquery would read the whole table.
 */
struct rows {
    struct st_pg_stmt lock, look;
};
#define ROWS(name, sql, of)                                                                        \
    {                                                                                              \
        {name, sql " FOR UPDATE" of},                                                              \
        {                                                                                          \
            "look_" name, sql                                                                      \
        }                                                                                          \
    }

static const struct rows
    pilots =
        ROWS("pilots",
             "SELECT " STORE_PILOT_COLUMNS " FROM economy.pilots WHERE player = ANY($1::bigint[])"
             " ORDER BY player",
             ""),
    ships = ROWS("ships",
                 "SELECT " STORE_SHIP_COLUMNS " FROM economy.ships"
                 " WHERE id IN (SELECT unnest($1::bigint[]) UNION ALL"
                 " SELECT ship FROM economy.pilots WHERE player = ANY($2::bigint[])) ORDER BY id",
                 ""),
    lines = ROWS("lines",
                 "SELECT m.location, m.commodity, m.local_base, m.target, m.spread_pm, m.bias_pm,"
                 " m.drift_carry, m.stock FROM economy.market_prices m"
                 " JOIN unnest($1::smallint[], $2::smallint[]) AS q (l, c)"
                 " ON m.location = q.l AND m.commodity = q.c"
                 " ORDER BY m.location, m.commodity",
                 " OF m"),
    wallets = ROWS("wallets",
                   "SELECT account, credits FROM economy.wallets"
                   " WHERE account = ANY($1::bigint[]) ORDER BY account",
                   ""),
    cargo = ROWS("cargo",
                 "SELECT account, commodity, quantity FROM economy.cargo"
                 " WHERE account IN (SELECT unnest($1::bigint[]) UNION ALL"
                 " SELECT unnest($2::bigint[]) + 8589934592 UNION ALL SELECT ship + 8589934592"
                 " FROM economy.pilots WHERE player = ANY($3::bigint[]))"
                 " ORDER BY account, commodity",
                 "");

static const struct st_pg_stmt
    q_begin_look = {"begin_look", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
    q_shards = {"shards", "SELECT id, world_epoch FROM economy.shards WHERE id = ANY($1::int[])"
                          " ORDER BY id FOR SHARE"},
    /* Whose pilot's row is locked. */
    q_fleet = {"fleet", "SELECT player, id, class_id, holder_kind, holder_id, hull,"
                        " coalesce(weapon, 0), insurance FROM economy.ships WHERE player = "
                        "ANY($1::bigint[]) AND holder_kind <> 4"
                        " ORDER BY player, id"},
    /* Also the markets where deliveries of those who dock may end. */
    q_dock_lines = {"dock_lines",
                    "SELECT m.location, m.commodity, m.local_base, m.target, m.spread_pm,"
                    " m.bias_pm, m.drift_carry, m.stock FROM economy.market_prices m"
                    " WHERE (m.location, m.commodity) IN (SELECT unnest($1::smallint[]),"
                    " unnest($2::smallint[]) UNION SELECT c.destination, c.commodity FROM"
                    " unnest($3::smallint[], $4::bigint[]) AS q (l, p) JOIN economy.contracts c"
                    " ON c.state = 2 AND c.player = q.p AND c.destination = q.l)"
                    " ORDER BY m.location, m.commodity FOR UPDATE OF m"},
    q_loot = {"loot",
              "SELECT l.id, l.shard, l.x, l.y,"
              " (extract(epoch FROM clock_timestamp() - l.at) * 1000)::bigint, g.commodity,"
              " g.quantity FROM economy.loot l LEFT JOIN economy.loot_goods g ON g.loot = l.id"
              " WHERE l.id = ANY($1::bigint[]) ORDER BY l.id, g.commodity FOR UPDATE OF l"},
    q_known = {"known", "SELECT t.id, t.player, t.key, t.content_hash, t.result, t.answer"
                        " FROM unnest($1::bigint[], $2::bytea[]) AS q (player, key)"
                        " JOIN economy.transactions t ON t.player = q.player AND t.key = q.key"},
    q_quotes = {"quotes",
                "SELECT id, player, location, commodity, side, quantity, total,"
                " expires_at > clock_timestamp() FROM economy.quotes WHERE id = ANY($1::bytea[])"},
    q_inbox = {"inbox", "SELECT event_id, content_hash FROM economy.inbox"
                        " WHERE event_id = ANY($1::bigint[])"},
    q_ids = {"ids", "SELECT nextval('economy.id_block')"
                    " FROM generate_series(1, ($1::int[])[1])"},
    q_ship_ids = {"ship_ids", "SELECT nextval('economy.ship_id')"
                              " FROM generate_series(1, ($1::int[])[1])"};

/* What a batch needs, gathered from its acts. */
struct needs {
    uint64_t players[PILOTS_MAX];
    uint32_t ships[2 * ECONOMY_BATCH_MAX];
    uint32_t stations[CONFIG_STATIONS_MAX];
    struct catalog_line lines[LINES_MAX];
    uint64_t loots[LOOTS_MAX];
    size_t players_n, ships_n, stations_n, lines_n, loots_n;
    uint32_t new_ships;
    bool shards, sources; /* the world's epochs; named accounts of goods */
    bool keys, quotes, inbox, fleet, drift;
    uint32_t docks[2 * ECONOMY_BATCH_MAX]; /* where ships dock: contracts may end there */
    size_t docks_n;
    struct contract_needs contracts;
    const struct act *limit; /* a limit order, which runs alone */
};

static void need_player(struct needs *n, uint64_t player)
{
    for (size_t i = 0; i < n->players_n; i++)
        if (n->players[i] == player)
            return;
    st_assert(n->players_n < PILOTS_MAX);
    if (player != 0)
        n->players[n->players_n++] = player;
}

static void need_station(struct needs *n, uint32_t location)
{
    for (size_t i = 0; i < n->stations_n; i++)
        if (n->stations[i] == location)
            return;
    if (n->stations_n < CONFIG_STATIONS_MAX)
        n->stations[n->stations_n++] = location;
}

static void need_line(struct needs *n, const struct catalog *c, uint32_t location,
                      uint32_t commodity)
{
    for (size_t i = 0; i < n->lines_n; i++)
        if (n->lines[i].location == location && n->lines[i].commodity == commodity)
            return;
    if (catalog_line_of(c, location, commodity) == c->lines_n)
        return;
    st_assert(n->lines_n < LINES_MAX);
    n->lines[n->lines_n++] = (struct catalog_line){.location = location, .commodity = commodity};
    need_station(n, location);
}

static void need_loot(struct needs *n, uint64_t loot)
{
    st_assert(n->loots_n < LOOTS_MAX);
    n->loots[n->loots_n++] = loot;
}

static bool is_pilot(uint64_t player)
{
    return player != 0 && player < WORLD_GUILD_PLAYER;
}

static void need_contracts_of_event(struct needs *n, const struct event *e)
{
    struct contract_needs *c = &n->contracts;
    if (!is_pilot(e->player))
        return;
    if (e->kind == EVENT_DOCKED) {
        c->any = true;
        c->players[c->players_n++] = e->player;
        n->docks[n->docks_n++] = e->location;
    } else if (e->kind == EVENT_DESTROYED && e->killer_player != 0) {
        c->any = true;
        c->victims[c->victims_n++] = e->player;
    }
}

static void need_contract(struct needs *n, const struct catalog *c, const struct act *a)
{
    n->contracts.any = true;
    n->contracts.players[n->contracts.players_n++] = a->player;
    n->contracts.locations[n->contracts.locations_n++] = a->location;
    n->contracts.look = a->kind == ACT_CONTRACTS;
    if (n->contracts.look)
        return;
    n->sources = true;
    if (a->contract.id != 0)
        n->contracts.ids[n->contracts.ids_n++] = a->contract.id;
    if (a->kind != ACT_CONTRACT)
        return;
    n->keys = true;
    need_player(n, a->contract.target);
    need_line(n, c, a->contract.origin, a->contract.commodity);
    need_line(n, c, a->contract.destination, a->contract.commodity);
}

static void need_event(struct needs *n, const struct catalog *c, const struct event *e)
{
    n->shards = n->inbox = n->sources = true;
    need_player(n, e->player);
    need_player(n, e->killer_player);
    if (e->ship != 0)
        n->ships[n->ships_n++] = e->ship;
    if (e->kind == EVENT_PICKED_UP || e->kind == EVENT_LOOT_EXPIRED)
        need_loot(n, e->loot);
    for (uint32_t i = 0; i < e->drops_n; i++)
        need_loot(n, e->drops[i].loot);
    need_contracts_of_event(n, e);
    struct job j;
    for (uint32_t i = 1; e->kind == EVENT_DOCKED && catalog_job(c, i, &j); i++)
        if (j.origin == e->location || j.destination == e->location)
            need_line(n, c, e->location, j.commodity);
}

static void need_act(struct needs *n, const struct catalog *c, const struct act *a)
{
    if (a->kind == ACT_EVENT) {
        need_event(n, c, &a->event);
        return;
    }
    if (a->kind == ACT_DRIFT) {
        n->sources = n->shards = n->drift = true;
        n->contracts.any = n->contracts.cycle = a->cycle;
        for (uint32_t i = 0; i < c->world.guilds_n; i++)
            need_player(n, WORLD_GUILD_PLAYER | c->world.guilds[i].id);
        for (uint32_t i = 0; i < c->lines_n; i++)
            need_line(n, c, c->lines[i].location, c->lines[i].commodity);
        return;
    }
    need_player(n, a->player);
    if (a->kind == ACT_CONTRACTS || a->kind == ACT_CONTRACT || a->kind == ACT_HEAD_END) {
        need_contract(n, c, a);
        return;
    }
    if (a->kind == ACT_BOOK)
        return;
    if (a->kind == ACT_LIMIT || a->kind == ACT_LIMIT_END) {
        n->limit = a;
        n->sources = true;
        n->keys = a->kind == ACT_LIMIT;
        need_line(n, c, a->location, a->commodity);
        return;
    }
    if (a->kind == ACT_ORDER || a->kind == ACT_QUOTE)
        need_line(n, c, a->location, a->commodity);
    if (a->ship != 0)
        n->ships[n->ships_n++] = a->ship;
    bool makes = a->kind == ACT_PROVISION || a->kind == ACT_GRANT || a->kind == ACT_SHIP;
    n->new_ships += makes;
    n->sources = n->sources || makes || a->kind == ACT_TOW;
    n->keys = n->keys || a->kind == ACT_ORDER || a->kind == ACT_UNDOCK || a->kind == ACT_GRANT ||
              a->kind == ACT_SHIP;
    n->fleet = n->fleet || a->kind == ACT_ACCOUNT || a->kind == ACT_SHIP;
    n->quotes = n->quotes || a->has_quote;
    n->shards = n->shards || a->kind == ACT_UNDOCK;
}

static struct column *add_rows(struct store *s, const struct rows *r, size_t params)
{
    return steps_add(s, s->unit->looks ? &r->look : &r->lock, params);
}

static void add_accounts(struct store *s, const struct needs *n)
{
    struct column *c = n->limit ? store_limit_wallets(s, n->limit) : add_rows(s, &wallets, 1);
    for (size_t i = 0; i < n->players_n; i++)
        column_int(c, account_of(ACCOUNT_PILOT, n->players[i]));
    for (size_t i = 0; i < n->stations_n; i++) {
        column_int(c, account_of(ACCOUNT_STATION, n->stations[i]));
        column_int(c, account_of(ACCOUNT_TAX, n->stations[i]));
    }
    for (uint64_t i = SOURCE_MINT; n->sources && i <= SOURCE_LAST; i++)
        column_int(c, account_of(ACCOUNT_SOURCE, i));
    c = n->limit ? store_limit_cargo(s, n->limit) : add_rows(s, &cargo, 3);
    for (uint64_t i = SOURCE_PRODUCTION; n->sources && i <= SOURCE_LAST; i++)
        column_int(&c[0], account_of(ACCOUNT_SOURCE, i));
    for (size_t i = 0; i < n->ships_n; i++)
        column_int(&c[1], n->ships[i]);
    for (size_t i = 0; i < n->players_n; i++)
        column_int(&c[n->limit ? 1 : 2], (int64_t)n->players[i]);
}

static void add_people(struct store *s, const struct needs *n)
{
    struct column *c = n->limit ? store_limit_pilots(s, n->limit) : add_rows(s, &pilots, 1);
    for (size_t i = 0; i < n->players_n; i++)
        column_int(c, (int64_t)n->players[i]);
    c = n->fleet ? steps_add(s, &q_fleet, 1) : NULL;
    for (size_t i = 0; c && i < n->players_n; i++)
        column_int(c, (int64_t)n->players[i]);
    c = add_rows(s, &ships, 2);
    for (size_t i = 0; i < n->ships_n; i++)
        column_int(&c[0], n->ships[i]);
    for (size_t i = 0; i < n->players_n; i++)
        column_int(&c[1], (int64_t)n->players[i]);
}

static void add_lines(struct store *s, const struct needs *n)
{
    if (n->lines_n == 0 && n->docks_n == 0)
        return;
    struct column *c = n->docks_n > 0 ? steps_add(s, &q_dock_lines, 4) : add_rows(s, &lines, 2);
    for (size_t i = 0; i < n->docks_n; i++) {
        column_int(&c[2], n->docks[i]);
        column_int(&c[3], (int64_t)n->contracts.players[i]);
    }
    for (size_t i = 0; i < n->lines_n; i++) {
        column_int(&c[0], n->lines[i].location);
        column_int(&c[1], n->lines[i].commodity);
    }
}

static void add_by_key(struct store *s, const struct needs *n, struct act *const *acts,
                       size_t count)
{
    struct column *c = n->keys ? steps_add(s, &q_known, 2) : NULL;
    for (size_t i = 0; c && i < count; i++) {
        column_int(&c[0], (int64_t)acts[i]->player);
        column_bytes(&c[1], acts[i]->key, KEY_BYTES);
    }
    c = n->quotes ? steps_add(s, &q_quotes, 1) : NULL;
    for (size_t i = 0; c && i < count; i++)
        column_bytes(c, acts[i]->has_quote ? acts[i]->quote_id : NULL, KEY_BYTES);
    c = n->loots_n > 0 ? steps_add(s, &q_loot, 1) : NULL;
    for (size_t i = 0; c && i < n->loots_n; i++)
        column_int(c, (int64_t)n->loots[i]);
    c = n->inbox ? steps_add(s, &q_inbox, 1) : NULL;
    for (size_t i = 0; c && i < count; i++)
        column_int(c, (int64_t)acts[i]->event.id);
}

/* --- rows into the unit --- */

static void take_shards(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r); i++)
        u->shards[u->shards_n++] =
            (struct shard){(uint32_t)st_pg_int(r, i, 0), (uint64_t)st_pg_int(r, i, 1)};
}

static void take_pilots(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r); i++)
        u->pilots[u->pilots_n++] = (struct pilot){.player = (uint64_t)st_pg_int(r, i, 0),
                                                  .ship = (uint32_t)st_pg_int(r, i, 1),
                                                  .session_epoch = (uint64_t)st_pg_int(r, i, 2),
                                                  .rev = (uint64_t)st_pg_int(r, i, 3),
                                                  .last_location = (uint32_t)st_pg_int(r, i, 4),
                                                  .job_step = (uint32_t)st_pg_int(r, i, 5),
                                                  .flown_ticks = st_pg_int(r, i, 6),
                                                  .losses = (uint32_t)st_pg_int(r, i, 7),
                                                  .aggressor = st_pg_bool(r, i, 8),
                                                  .deliveries = (uint32_t)st_pg_int(r, i, 9)};
}

void store_read_ship(const struct st_pg_result *r, size_t row, struct ship *out)
{
    *out = (struct ship){.id = (uint32_t)st_pg_int(r, row, 0),
                         .player = (uint64_t)st_pg_int(r, row, 1),
                         .class_id = (uint32_t)st_pg_int(r, row, 2),
                         .holder = (enum holder)st_pg_int(r, row, 3),
                         .holder_id = (uint32_t)st_pg_int(r, row, 4),
                         .version = (uint64_t)st_pg_int(r, row, 5),
                         .hull = st_pg_int(r, row, 6),
                         .torpedoes = st_pg_int(r, row, 7),
                         .weapon = (uint32_t)st_pg_int(r, row, 8),
                         .x = (int32_t)st_pg_int(r, row, 9),
                         .y = (int32_t)st_pg_int(r, row, 10),
                         .appear_at = (uint32_t)st_pg_int(r, row, 11),
                         .flown_due = st_pg_int(r, row, 12),
                         .locked = st_pg_bool(r, row, 13),
                         .route_to = (uint32_t)st_pg_int(r, row, 14),
                         .route_short = st_pg_bool(r, row, 15),
                         .ready_ms = (uint64_t)st_pg_int(r, row, 16),
                         .insurance = (enum insurance)st_pg_int(r, row, 17)};
}

static void take_ships(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r) && u->ships_n < SHIPS_MAX; i++)
        store_read_ship(r, i, &u->ships[u->ships_n++]);
}

/* Leaves room for the ships that the batch itself makes. */
static void take_fleet(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r) && u->fleet_n < FLEET_MAX - ECONOMY_BATCH_MAX; i++)
        u->fleet[u->fleet_n++] = (struct berth){.player = (uint64_t)st_pg_int(r, i, 0),
                                                .ship = (uint32_t)st_pg_int(r, i, 1),
                                                .class_id = (uint32_t)st_pg_int(r, i, 2),
                                                .holder = (enum holder)st_pg_int(r, i, 3),
                                                .holder_id = (uint32_t)st_pg_int(r, i, 4),
                                                .hull = st_pg_int(r, i, 5),
                                                .weapon = (uint32_t)st_pg_int(r, i, 6),
                                                .insurance = (enum insurance)st_pg_int(r, i, 7)};
}

static void take_lines(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r); i++) {
        struct line *l = &u->lines[u->lines_n++];
        *l = (struct line){.location = (uint32_t)st_pg_int(r, i, 0),
                           .commodity = (uint32_t)st_pg_int(r, i, 1),
                           .price = {st_pg_int(r, i, 2), st_pg_int(r, i, 3), st_pg_int(r, i, 4), 0},
                           .bias_pm = st_pg_int(r, i, 5),
                           .carry = (int32_t)st_pg_int(r, i, 6)};
        const struct config_zone *zone = catalog_zone_of(u->catalog, l->location);
        l->price.tax_pm = zone ? zone->tax_pm : 0;
        bool fits = book_load(&u->book, account_of(ACCOUNT_STATION, l->location),
                              (int32_t)l->commodity, st_pg_int(r, i, 7));
        st_assert(fits);
    }
}

static void take_balances(struct unit *u, const struct st_pg_result *credits,
                          const struct st_pg_result *goods)
{
    bool fits = true;
    for (size_t i = 0; i < st_pg_rows(credits); i++)
        fits = fits && book_load(&u->book, st_pg_int(credits, i, 0), BOOK_CREDITS,
                                 st_pg_int(credits, i, 1));
    for (size_t i = 0; i < st_pg_rows(goods); i++)
        fits = fits && book_load(&u->book, st_pg_int(goods, i, 0), (int32_t)st_pg_int(goods, i, 1),
                                 st_pg_int(goods, i, 2));
    st_assert(fits);
    for (uint32_t i = 0; i < u->pilots_n; i++)
        u->pilots[i].credits_before = unit_wallet(u, u->pilots[i].player);
}

static void take_loot(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r); i++) {
        uint64_t id = (uint64_t)st_pg_int(r, i, 0);
        struct loot *l = unit_loot(u, id);
        if (!l) {
            l = &u->loots[u->loots_n++];
            *l = (struct loot){.id = id,
                               .shard = (uint32_t)st_pg_int(r, i, 1),
                               .x = (int32_t)st_pg_int(r, i, 2),
                               .y = (int32_t)st_pg_int(r, i, 3),
                               .age_ms = st_pg_int(r, i, 4)};
        }
        if (!st_pg_is_null(r, i, 5) && l->goods.n < GOODS_MAX)
            l->goods.g[l->goods.n++] =
                (struct goods){(uint32_t)st_pg_int(r, i, 5), st_pg_int(r, i, 6)};
    }
}

static void take_known(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r) && u->transactions_n < ECONOMY_BATCH_MAX; i++) {
        struct st_slice key = st_pg_bytes(r, i, 2), answer = st_pg_bytes(r, i, 5);
        struct transaction *t = &u->transactions[u->transactions_n++];
        *t = (struct transaction){.id = st_pg_int(r, i, 0),
                                  .player = (uint64_t)st_pg_int(r, i, 1),
                                  .has_key = key.len == KEY_BYTES,
                                  .known = true,
                                  .hash = (uint64_t)st_pg_int(r, i, 3),
                                  .result = (int)st_pg_int(r, i, 4)};
        memcpy(t->key, key.data, ST_MIN(key.len, (size_t)KEY_BYTES));
        t->answer_len = (uint32_t)ST_MIN(answer.len, (size_t)ANSWER_MAX);
        memcpy(t->answer, answer.data, t->answer_len);
    }
}

static void take_quotes(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r); i++) {
        struct st_slice id = st_pg_bytes(r, i, 0);
        struct quote *q = &u->quotes[u->quotes_n++];
        *q = (struct quote){.player = (uint64_t)st_pg_int(r, i, 1),
                            .location = (uint32_t)st_pg_int(r, i, 2),
                            .commodity = (uint32_t)st_pg_int(r, i, 3),
                            .side = (int)st_pg_int(r, i, 4),
                            .quantity = st_pg_int(r, i, 5),
                            .credits = st_pg_int(r, i, 6),
                            .valid = st_pg_bool(r, i, 7)};
        memcpy(q->id, id.data, ST_MIN(id.len, (size_t)KEY_BYTES));
    }
}

static void take_inbox(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r); i++)
        u->inbox[u->inbox_n++] = (struct inbox_row){.event_id = (uint64_t)st_pg_int(r, i, 0),
                                                    .hash = (uint64_t)st_pg_int(r, i, 1),
                                                    .known = true};
}

static void take_numbers(struct unit *u, const struct st_pg_result *r, bool of_ships)
{
    for (size_t i = 0; i < st_pg_rows(r); i++) {
        if (of_ships)
            u->ship_ids[u->ship_ids_n++] = (uint32_t)st_pg_int(r, i, 0);
        else
            u->ids[u->ids_n++] = st_pg_int(r, i, 0);
    }
}

static bool of(const struct st_pg_stmt *q, const struct rows *r)
{
    return q == &r->lock || q == &r->look;
}

static void take_all(struct store *s)
{
    struct unit *u = s->unit;
    const struct st_pg_result *credits = NULL;
    for (size_t i = 1; i < s->steps_n; i++) {
        const struct st_pg_stmt *q = s->steps[i].stmt;
        const struct st_pg_result *r = steps_result(s, i);
        enum limit_rows rows = store_limit_take(s, i);
        if (rows == LIMIT_ROWS_TAKEN)
            continue;
        if (q == &q_shards)
            take_shards(u, r);
        else if (of(q, &pilots) || rows == LIMIT_ROWS_PILOTS)
            take_pilots(u, r);
        else if (of(q, &ships))
            take_ships(u, r);
        else if (of(q, &lines) || q == &q_dock_lines)
            take_lines(u, r);
        else if (of(q, &wallets) || rows == LIMIT_ROWS_WALLETS)
            credits = r;
        else if (of(q, &cargo) || rows == LIMIT_ROWS_CARGO)
            take_balances(u, credits, r);
        else if (q == &q_fleet)
            take_fleet(u, r);
        else if (q == &q_loot)
            take_loot(u, r);
        else if (q == &q_known)
            take_known(u, r);
        else if (q == &q_quotes)
            take_quotes(u, r);
        else if (q == &q_inbox)
            take_inbox(u, r);
        else if (store_guild_take(s, i) || store_contract_take(s, i))
            continue;
        else if (q != &st_pg_stmt_commit)
            take_numbers(u, r, q == &q_ship_ids);
    }
}

static void add_numbers(struct store *s, const struct needs *n, size_t count)
{
    uint32_t acts = n->drift ? ECONOMY_BATCH_MAX : (uint32_t)count;
    column_int(steps_add(s, &q_ids, 1), unit_blocks_wanted(acts));
    if (n->new_ships > 0)
        column_int(steps_add(s, &q_ship_ids, 1), n->new_ships);
}

static void add_shards(struct store *s, struct act *const *acts, size_t count)
{
    struct column *c = steps_add(s, &q_shards, 1);
    column_int(c, ECONOMY_SHARD);
    for (size_t i = 0; i < count; i++)
        if (acts[i]->kind == ACT_EVENT && acts[i]->event.shard != ECONOMY_SHARD)
            column_int(c, acts[i]->event.shard);
}

int store_load(struct store *s, struct act *const *acts, size_t count)
{
    struct needs n = {0};
    bool looks = s->unit->looks, ends = looks && acts[0]->kind != ACT_QUOTE;
    for (size_t i = 0; i < count; i++)
        need_act(&n, s->catalog, acts[i]);
    steps_begin(s);
    (void)steps_add(s, ends ? &q_begin_look : &st_pg_stmt_begin, 0);
    if (n.limit)
        store_limit_market(s, n.limit);
    if (n.shards)
        add_shards(s, acts, count);
    add_people(s, &n);
    add_lines(s, &n);
    add_accounts(s, &n);
    if (n.limit)
        store_limit_ask(s, n.limit);
    if (acts[0]->kind == ACT_BOOK)
        store_limit_look(s, acts, count);
    if (n.contracts.any)
        store_contract_ask(s, &n.contracts);
    if (n.drift)
        store_guild_ask(s);
    else if (n.inbox)
        store_guild_ask_zones(s);
    add_by_key(s, &n, acts, count);
    if (!looks)
        add_numbers(s, &n, count);
    if (ends)
        (void)steps_add(s, &st_pg_stmt_commit, 0);
    int err = steps_run(s);
    if (err == 0)
        take_all(s);
    steps_end(s);
    return err;
}
