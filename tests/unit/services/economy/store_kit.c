/* SPDX-License-Identifier: Apache-2.0 */
#include "store_kit.h"
#include "../../libcommon/suite.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include <st/alloc.h>
#include <st/wire.h>

struct pg_fixture server;
struct catalog catalog;
struct store *store;
char url[128];
uint64_t next_player = 1001, next_event = 1, next_key = 1;
uint64_t epoch;
static uint8_t arena_memory[64 << 10];

const void *kit_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len)
{
    static struct st_arena arena;
    st_arena_init(&arena, arena_memory, sizeof arena_memory);
    const void *m = st_wire_unpack(type, data, len, 4096, &arena);
    ck_assert_ptr_nonnull(m);
    return m;
}

void run(struct act *a)
{
    struct act *acts[] = {a};
    ck_assert_int_eq(store_run(store, acts, 1), 0);
}

int64_t ask(const char *sql)
{
    struct st_pg_stmt q = {"ask", sql};
    struct st_pg_options options = {server.url, "ask", 10000, 4};
    struct st_pg *pg = st_pg_new(&options);
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(pg, &q, NULL, 0, &r);
    if (err != 0)
        fprintf(stderr, "%s: %s\n", sql, st_pg_error(pg));
    ck_assert_int_eq(err, 0);
    int64_t v = st_pg_rows(r) > 0 ? st_pg_int(r, 0, 0) : -1;
    st_pg_result_free(&r);
    st_pg_free(&pg);
    return v;
}

int64_t askf(const char *format, uint64_t a)
{
    char sql[512];
    snprintf(sql, sizeof sql, format, (unsigned long long)a);
    return ask(sql);
}

void books_are_right(void)
{
    int64_t credits = -1, goods = -1;
    ck_assert_int_eq(store_check(store, &credits, &goods), 0);
    ck_assert_int_eq(credits, 0);
    ck_assert_int_eq(goods, 0);
}

struct act act_of(enum act_kind kind, uint64_t player)
{
    struct act a = {.kind = kind, .player = player, .session_epoch = 1, .hash = 1};
    memcpy(a.key, &next_key, sizeof next_key);
    next_key++;
    return a;
}

uint64_t new_pilot(void)
{
    struct act a = act_of(ACT_PROVISION, next_player++);
    a.session_epoch = 0;
    run(&a);
    ck_assert_int_eq(a.code, CODE_OK);
    return a.player;
}

int64_t wallet(uint64_t player)
{
    return askf("SELECT credits FROM economy.wallets WHERE kind = 'pilot' AND owner = %llu",
                player);
}

uint32_t ship_of(uint64_t player)
{
    return (uint32_t)askf("SELECT ship FROM economy.pilots WHERE player = %llu", player);
}

uint64_t version_of(uint64_t player)
{
    return (uint64_t)askf("SELECT s.version FROM economy.ships s JOIN economy.pilots p"
                          " ON p.ship = s.id WHERE p.player = %llu",
                          player);
}

int64_t aboard(uint64_t player, int good)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "SELECT coalesce(sum(quantity), 0) FROM economy.cargo WHERE account ="
             " economy.account_of(2, %u) AND commodity = %d",
             ship_of(player), good);
    return ask(sql);
}

enum order_result order(struct act *a)
{
    run(a);
    ck_assert_int_eq(a->code, CODE_OK);
    const Startrader__V1__OrderReply *r =
        kit_unpack(&startrader__v1__order_reply__descriptor, a->answer, a->answer_len);
    return (enum order_result)r->result;
}

struct act order_of(uint64_t player, int side, uint32_t good, int64_t quantity)
{
    struct act a = act_of(ACT_ORDER, player);
    a.location = TER;
    a.side = side;
    a.commodity = good;
    a.quantity = quantity;
    return a;
}

void give(uint64_t player, int64_t credits)
{
    char sql[1024];
    snprintf(
        sql, sizeof sql,
        "WITH t AS (INSERT INTO economy.transactions (id, kind) SELECT"
        " nextval('economy.id_block'), 'gift' RETURNING id), w AS (UPDATE economy.wallets SET"
        " credits = credits + CASE kind WHEN 'source' THEN -%lld ELSE %lld END WHERE account IN"
        " (economy.account_of(1, %llu), economy.account_of(4, 1)) RETURNING account, kind,"
        " credits) INSERT INTO economy.ledger_entries (transaction, account, commodity, amount,"
        " balance) SELECT t.id, w.account, 0, CASE w.kind WHEN 'source' THEN -%lld ELSE %lld END,"
        " w.credits FROM t, w RETURNING 1",
        (long long)credits, (long long)credits, (unsigned long long)player, (long long)credits,
        (long long)credits);
    ck_assert_int_eq(ask(sql), 1);
}

void fly_to(uint64_t player, uint32_t location)
{
    undock(player);
    struct act dock = event_of(EVENT_DOCKED, player);
    dock.event.location = location;
    run(&dock);
    ck_assert_int_eq(dock.verdict, VERDICT_APPLIED);
}

void undock(uint64_t player)
{
    struct act a = act_of(ACT_UNDOCK, player);
    run(&a);
    const Startrader__V1__UndockReply *r =
        kit_unpack(&startrader__v1__undock_reply__descriptor, a.answer, a.answer_len);
    ck_assert_int_eq(r->result, ACTION_OK);
    ck_assert_uint_eq(r->version, version_of(player));
}

struct act event_of(enum event_kind kind, uint64_t player)
{
    struct act a = {.kind = ACT_EVENT};
    next_event++;
    a.event = (struct event){.id = next_event << 20,
                             .hash = next_event,
                             .world_epoch = epoch,
                             .kind = kind,
                             .player = player,
                             .hull = 520,
                             .deliveries = 1};
    if (player != 0) {
        a.event.ship = ship_of(player);
        a.event.version = version_of(player);
    }
    return a;
}

/* The newest baton, decoded. */
const Startrader__V1__Baton *last_baton(void)
{
    static uint8_t bytes[2048];
    struct st_pg_stmt q = {"baton",
                           "SELECT payload FROM economy.outbox WHERE subject LIKE 'baton.%'"
                           " ORDER BY id DESC LIMIT 1"};
    struct st_pg_options options = {server.url, "ask", 10000, 4};
    struct st_pg *pg = st_pg_new(&options);
    struct st_pg_result *r = NULL;
    ck_assert_int_eq(st_pg_exec(pg, &q, NULL, 0, &r), 0);
    struct st_slice b = st_pg_bytes(r, 0, 0);
    memcpy(bytes, b.data, b.len);
    const void *m = kit_unpack(&startrader__v1__baton__descriptor, bytes, b.len);
    st_pg_result_free(&r);
    st_pg_free(&pg);
    return m;
}

uint64_t open_shard(size_t *ships)
{
    struct st_buf out;
    struct open_ask q = {.instance = "test"};
    enum code code = 0;
    st_buf_init(&out, ECONOMY_PAGE_BYTES);
    ck_assert_int_eq(store_open_page(store, &q, &code, &out), 0);
    ck_assert_int_eq(code, CODE_OK);
    size_t size = st_wire_arena_size(ECONOMY_PAGE_BYTES);
    uint8_t *memory = st_alloc(size);
    struct st_arena arena;
    st_arena_init(&arena, memory, size);
    const Startrader__V1__OpenReply *r = st_wire_unpack(
        &startrader__v1__open_reply__descriptor, out.data, out.len, ECONOMY_PAGE_BYTES, &arena);
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(r->code, STARTRADER__V1__CODE__CODE_OK);
    struct world_config *config = st_alloc(sizeof *config);
    ck_assert_int_eq(world_config_decode(config, r->config.data, r->config.len), 0);
    ck_assert_uint_eq(config->stations_n, 12);
    *ships = r->n_ship;
    uint64_t e = r->world_epoch;
    st_free(config);
    st_free(memory);
    st_buf_fini(&out);
    return e;
}

void kit_start(void)
{
    size_t ships = 0;
    pg_fixture_start(&server);
    pg_fixture_migrate(&server, ST_SQL_SOURCE);
    pg_fixture_url(&server, "st_economy", url, sizeof url);
    snprintf(catalog.system, sizeof catalog.system, "sol-1");
    store = store_new(url, "test", &catalog);
    ck_assert_int_eq(store_load_catalog(store, &catalog), 0);
    ck_assert_uint_eq(catalog.lines_n, 140);
    epoch = open_shard(&ships);
    ck_assert_uint_eq(epoch, 1);
}

void kit_end(void)
{
    store_free(&store);
    pg_fixture_stop(&server);
}

int kit_main(const char *name, const TTest *const *tests, size_t count)
{
    TCase *c = tcase_create(name);
    tcase_set_timeout(c, 120);
    tcase_add_unchecked_fixture(c, kit_start, kit_end);
    return run_case(name, c, tests, count);
}
