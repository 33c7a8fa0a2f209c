/* SPDX-License-Identifier: Apache-2.0 */
#include "store_kit.h"

#include <stdio.h>
#include <string.h>

enum { VES = 7, ORE = 2 };
#define GUILDS "player > 4294967040"

/* Haulers stay at home, or may leave at once. */
static void rest(bool forever)
{
    char sql[160];
    snprintf(
        sql, sizeof sql,
        "WITH x AS (UPDATE economy.ships SET ready_at = now() + interval '%d days' WHERE " GUILDS
        " RETURNING 1) SELECT count(*) FROM x",
        forever ? 30 : -1);
    ck_assert_int_eq(ask(sql), 36);
}

static void drift(int times)
{
    for (int i = 0; i < times; i++) {
        struct act a = {.kind = ACT_DRIFT, .cycle = i % 6 == 5};
        run(&a);
    }
}

static int64_t stock(uint32_t location, uint32_t good)
{
    return askf("SELECT stock FROM economy.market_prices WHERE location * 1000 + commodity = %llu",
                location * 1000ull + good);
}

START_TEST(a_mine_digs_as_much_as_the_seed_says)
{
    rest(true);
    ask("WITH x AS (UPDATE economy.pilots SET traded_at = NULL RETURNING 1) SELECT count(*) FROM "
        "x");
    ask("WITH x AS (UPDATE economy.market_prices SET stock = target, drift_carry = 0"
        " WHERE location = 7 AND commodity = 2 RETURNING stock) SELECT stock FROM x");
    ask("WITH p AS (UPDATE economy.cargo c SET quantity = -(SELECT sum(stock) FROM"
        " economy.market_prices m WHERE m.commodity = c.commodity) WHERE account ="
        " economy.account_of(4, 7) AND commodity = 2 RETURNING 1) SELECT count(*) FROM p");
    int64_t before = stock(VES, ORE);
    drift(6);
    int64_t made = stock(VES, ORE) - before; /* 60 a cycle, less a little drift to the target */
    ck_assert_int_ge(made, 58);
    ck_assert_int_le(made, 60);
}
END_TEST

START_TEST(an_hour_without_haulers_keeps_stocks_inside)
{
    rest(true);
    drift(360);
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.market_prices WHERE stock < 0 OR"
                         " stock * 2 > target * 5"),
                     0);
    /* Makers fill up to twice the target at most, users run low. */
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.market_prices WHERE stock > 2 * target"), 0);
    ck_assert_int_gt(ask("SELECT count(*) FROM economy.market_prices WHERE stock * 2 < target"),
                     10);
}
END_TEST

/* Haulers that have left, and what one of them carries. */
static int64_t under_way(void)
{
    return ask("SELECT count(*) FROM economy.ships WHERE " GUILDS " AND holder_kind = 1");
}

static int64_t one_under_way(void)
{
    return ask("SELECT s.id FROM economy.ships s WHERE " GUILDS " AND holder_kind = 1 AND EXISTS"
               " (SELECT FROM economy.cargo c WHERE c.account = s.id + 8589934592 AND quantity > 0)"
               " ORDER BY id LIMIT 1");
}

static int64_t of_ship(const char *column, int64_t ship)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT %s FROM economy.ships WHERE id = %lld", column,
             (long long)ship);
    return ask(sql);
}

static int64_t carried(int64_t ship)
{
    return askf("SELECT coalesce(sum(quantity), 0)::bigint FROM economy.cargo WHERE account ="
                " economy.account_of(2, %llu)",
                (uint64_t)ship);
}

static struct act hauler_event(enum event_kind kind, int64_t ship)
{
    struct act a = event_of(kind, 0);
    a.event.ship = (uint32_t)ship;
    a.event.player = (uint64_t)of_ship("player", ship);
    a.event.version = (uint64_t)of_ship("version", ship);
    a.event.location = (uint32_t)of_ship("route_to", ship);
    a.event.hull = 1300;
    a.event.zone = BELT;
    return a;
}

START_TEST(haulers_buy_leave_arrive_and_sell)
{
    rest(false);
    int64_t batons = ask("SELECT count(*) FROM economy.outbox WHERE subject LIKE 'baton.%'");
    drift(6);
    ck_assert_int_gt(under_way(), 15);
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.outbox WHERE subject LIKE 'baton.%'") -
                         batons,
                     under_way());
    const Startrader__V1__Baton *b = last_baton();
    ck_assert_int_eq(b->kind, STARTRADER__V1__BATON_KIND__BATON_KIND_APPEAR);
    ck_assert_uint_ne(b->state->guild, 0);
    ck_assert_uint_ne(b->state->route_to, 0);
    ck_assert_uint_ne(b->state->route_to, b->state->location);
    ck_assert_uint_gt(b->state->n_cargo, 0);
    books_are_right();

    int64_t ship = one_under_way();
    uint64_t guild = (uint64_t)of_ship("player", ship);
    int64_t before = wallet(guild);
    struct act dock = hauler_event(EVENT_DOCKED, ship);
    run(&dock);
    ck_assert_int_eq(dock.verdict, VERDICT_APPLIED);
    ck_assert_int_eq(of_ship("holder_kind", ship), HOLDER_STATION);
    ck_assert_int_lt(wallet(guild), before); /* the dock's fee */
    ck_assert_int_gt(carried(ship), 0);
    int64_t sold = ask("SELECT count(*) FROM economy.transactions WHERE kind = 'haul'");
    rest(false);
    drift(1);
    ck_assert_int_gt(ask("SELECT count(*) FROM economy.transactions WHERE kind = 'haul'"), sold);
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.candles"), 0);
    books_are_right();
}
END_TEST

START_TEST(a_lost_hauler_is_missed_where_it_should_have_come)
{
    rest(false);
    drift(3);
    int64_t ship = one_under_way(), goods = carried(ship), version = of_ship("version", ship);
    int64_t from = of_ship("appear_at", ship), to = of_ship("route_to", ship);
    struct act lost = hauler_event(EVENT_DESTROYED, ship);
    run(&lost);
    ck_assert_int_eq(lost.verdict, VERDICT_APPLIED);
    ck_assert_int_eq(of_ship("version", ship), version + 1);
    ck_assert_int_eq(of_ship("holder_id", ship), from);
    ck_assert_int_eq(carried(ship), 0);
    ck_assert_int_gt(of_ship("extract(epoch FROM ready_at - now())::bigint", ship), 500);
    ck_assert_int_eq(askf("SELECT sum(quantity)::bigint FROM economy.haul_losses WHERE location ="
                          " %llu",
                          (uint64_t)to),
                     goods);
    ck_assert_int_eq(askf("SELECT losses FROM economy.zone_days WHERE zone = %llu", BELT), 1);
    ck_assert_int_gt(ask("SELECT sum(flown_s)::bigint FROM economy.zone_days"), 0);
    struct market_line lines[LINES_MAX];
    size_t n = 0;
    int64_t told = 0;
    ck_assert_int_eq(store_markets(store, lines, &n), 0);
    for (size_t i = 0; i < n; i++)
        told += lines[i].lost;
    ck_assert_int_eq(told, goods);
    books_are_right();
}
END_TEST

START_TEST(the_zones_risks_follow_what_was_measured)
{
    rest(true);
    ask("WITH d AS (DELETE FROM economy.zone_days RETURNING 1), r AS (UPDATE economy.zone_risk SET"
        " loss_ppm = 100000, day = (now() AT TIME ZONE 'UTC')::date - 2 RETURNING 1)"
        " SELECT count(*) FROM d, r");
    ask("WITH i AS (INSERT INTO economy.zone_days VALUES ((now() AT TIME ZONE 'UTC')::date - 1, 5,"
        " 6000, 40) RETURNING 1) SELECT count(*) FROM i");
    drift(12);
    ck_assert_int_eq(askf("SELECT loss_ppm FROM economy.zone_risk WHERE zone = %llu", BELT),
                     190000); /* 0.7 * 100,000 + 0.3 * 0.4 a minute */
    ck_assert_int_eq(askf("SELECT loss_ppm FROM economy.zone_risk WHERE zone = %llu", 6), 100000);
    /* 190,000 of 200,000 by the profile: 95 % of the premium; a Belt market imports food. */
    ck_assert_int_eq(askf("SELECT factor_pm FROM economy.zone_audit WHERE zone = %llu", BELT), 950);
    ck_assert_int_eq(askf("SELECT factor_pm FROM economy.zone_audit WHERE zone = %llu", 6), 500);
    ck_assert_int_eq(askf("SELECT bias_pm FROM economy.market_prices WHERE location * 1000 +"
                          " commodity = %llu",
                          VES * 1000 + FOO),
                     1076);
    ck_assert_int_eq(askf("SELECT local_base FROM economy.market_prices WHERE location * 1000 +"
                          " commodity = %llu",
                          VES * 1000 + FOO),
                     107);
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.zone_risk WHERE day ="
                         " (now() AT TIME ZONE 'UTC')::date - 1"),
                     7);
}
END_TEST

START_TEST(who_trades_makes_the_world_busier)
{
    rest(true);
    struct act buy = order_of(new_pilot(), ORDER_BUY, ICE, 1);
    ck_assert_int_eq(order(&buy), ORDER_DONE);
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.pilots WHERE traded_at > now() -"
                         " interval '1 minute'"),
                     1);
    int64_t before = stock(VES, ORE);
    drift(6);
    int64_t alone = stock(VES, ORE) - before;
    ask("WITH x AS (UPDATE economy.pilots SET traded_at = now() RETURNING 1)"
        " SELECT count(*) FROM x"); /* the guilds' rows too: five in all at least */
    before = stock(VES, ORE);
    drift(6);
    ck_assert_int_gt(stock(VES, ORE) - before, alone);
}
END_TEST

START_TEST(spoils_come_to_the_ports_without_law)
{
    rest(true);
    struct act dump = event_of(EVENT_JETTISONED, 0), take = event_of(EVENT_PICKED_UP, 0);
    struct goods g = {FOO, 64};
    dump.event.drops_n = 1;
    dump.event.drops[0] =
        (struct container){.loot = 4711, .goods = {{g}, 1}, .x = 1 << 28, .y = 1 << 28};
    run(&dump);
    ck_assert_int_eq(dump.verdict, VERDICT_APPLIED);
    take.event.loot = 4711;
    take.event.goods = (struct manifest){{g}, 1};
    run(&take);
    /* What raiders gave and took is even now; more of it is theirs to bring home. */
    ask("WITH x AS (UPDATE economy.cargo SET quantity = quantity + CASE account WHEN"
        " economy.account_of(4, 11) THEN 800 ELSE -800 END WHERE commodity = 6 AND account IN"
        " (economy.account_of(4, 11), economy.account_of(4, 7)) RETURNING account, quantity)"
        " INSERT INTO economy.ledger_entries (transaction, account, commodity, amount, balance)"
        " SELECT 1, account, 6, CASE account WHEN economy.account_of(4, 11) THEN 800 ELSE -800 END,"
        " quantity FROM x RETURNING 1");
    int64_t theirs = ask("SELECT quantity FROM economy.cargo WHERE account ="
                         " economy.account_of(4, 11) AND commodity = 6");
    drift(6);
    int64_t brought =
        ask("SELECT sum(amount)::bigint FROM economy.ledger_entries e JOIN economy.transactions t"
            " ON t.id = e.transaction WHERE t.kind = 'spoils' AND e.commodity = 6 AND e.account IN"
            " (economy.account_of(3, 8), economy.account_of(3, 12))");
    ck_assert_int_gt(brought, 0);
    ck_assert_int_eq(ask("SELECT quantity FROM economy.cargo WHERE account ="
                         " economy.account_of(4, 11) AND commodity = 6"),
                     theirs - brought);
    books_are_right();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        haulers_buy_leave_arrive_and_sell,        a_lost_hauler_is_missed_where_it_should_have_come,
        the_zones_risks_follow_what_was_measured, who_trades_makes_the_world_busier,
        spoils_come_to_the_ports_without_law,     an_hour_without_haulers_keeps_stocks_inside,
        a_mine_digs_as_much_as_the_seed_says,
    };
    return kit_main("guild", tests, sizeof tests / sizeof tests[0]);
}
