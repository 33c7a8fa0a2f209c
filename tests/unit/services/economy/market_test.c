/* SPDX-License-Identifier: Apache-2.0 */
/* What is read beside the orders, on a real Postgres: questions without locks, candles. */
#include "store_kit.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <st/err.h>

static int64_t stock(uint32_t good)
{
    return askf("SELECT stock FROM economy.market_prices WHERE location = 1 AND commodity = %llu",
                good);
}

static int look(struct act *a)
{
    struct act *acts[] = {a};
    return store_look(store, acts, 1);
}

/* --- questions --- */

START_TEST(questions_wait_for_no_lock)
{
    static const struct st_pg_stmt lock = {
        "lock", "SELECT FROM economy.pilots p, economy.wallets w, economy.market_prices m"
                " FOR UPDATE OF p, w, m"};
    uint64_t p = new_pilot();
    struct act first = act_of(ACT_WHERE, p);
    run(&first);
    struct st_pg_options options = {server.url, "locks", 10000, 4};
    struct st_pg *pg = st_pg_new(&options);
    struct st_pg_result *r = NULL;
    ck_assert_int_eq(st_pg_begin(pg), 0);
    ck_assert_int_eq(st_pg_exec(pg, &lock, NULL, 0, &r), 0);
    ck_assert_uint_gt(st_pg_rows(r), 0);
    st_pg_result_free(&r);
    struct act where = act_of(ACT_WHERE, p), account = act_of(ACT_ACCOUNT, p);
    ck_assert_int_eq(look(&where), 0);
    ck_assert_int_eq(where.code, CODE_OK);
    ck_assert_mem_eq(where.answer, first.answer, first.answer_len);
    ck_assert_int_eq(look(&account), 0);
    ck_assert_int_eq(account.code, CODE_OK);
    /* An order does wait, and ends undone when its time is over. */
    struct act a = order_of(p, ORDER_BUY, FOO, 1), *acts[] = {&a};
    ck_assert_int_ne(store_run(store, acts, 1), 0);
    st_pg_rollback(pg);
    st_pg_free(&pg);
    ck_assert_int_eq(wallet(p), 2500);
}
END_TEST

START_TEST(a_question_never_raises_the_session)
{
    uint64_t p = new_pilot();
    struct act first = act_of(ACT_WHERE, p), newer = act_of(ACT_WHERE, p), older = newer;
    first.session_epoch = 5;
    run(&first);
    newer.session_epoch = 6;
    older.session_epoch = 4;
    ck_assert_int_eq(look(&newer), 0);
    ck_assert(newer.must_lock);
    ck_assert_uint_eq(newer.answer_len, 0);
    ck_assert_int_eq(look(&older), 0);
    ck_assert(!older.must_lock);
    ck_assert_int_eq(older.code, CODE_FENCED);
    run(&newer);
    ck_assert(!newer.must_lock);
    ck_assert_int_eq(newer.code, CODE_OK);
    ck_assert_int_eq(look(&first), 0);
    ck_assert_int_eq(first.code, CODE_FENCED);
}
END_TEST

START_TEST(a_quote_without_a_lock_is_firm)
{
    uint64_t p = new_pilot();
    struct act first = act_of(ACT_WHERE, p), q = act_of(ACT_QUOTE, p);
    run(&first);
    q.location = TER, q.commodity = ICE, q.side = ORDER_BUY, q.quantity = 5;
    ck_assert_int_eq(look(&q), 0);
    const Startrader__V1__QuoteReply *r =
        kit_unpack(&startrader__v1__quote_reply__descriptor, q.answer, q.answer_len);
    ck_assert_int_eq(r->result, ORDER_DONE);
    int64_t promised = (int64_t)r->total;
    struct act a = order_of(p, ORDER_BUY, ICE, 5);
    a.has_quote = true;
    memcpy(a.quote_id, r->quote_id.data, KEY_BYTES);
    ck_assert_int_eq(order(&a), ORDER_DONE);
    ck_assert_int_eq(2500 - wallet(p), promised);
    books_are_right();
}
END_TEST

/* --- candles --- */

/* All that has happened so far lies n minutes back, and what was made of it is forgotten. */
static void age(int minutes)
{
    (void)askf("UPDATE economy.transactions SET at = at - %llu * interval '1 minute' RETURNING 1",
               (uint64_t)minutes);
    (void)ask("WITH c AS (DELETE FROM economy.candles), d AS (DELETE FROM economy.pilot_days)"
              " SELECT 1");
    (void)askf("UPDATE economy.candle_horizon SET minute = least(minute, date_trunc('minute',"
               " now() - %llu * interval '1 minute')) RETURNING 1",
               (uint64_t)minutes);
}

static void make_candles(void)
{
    bool more = true;
    int minutes = 0;
    while (more) {
        ck_assert_int_eq(store_candles(store, &more), 0);
        ck_assert_int_lt(++minutes, 100);
    }
}

static size_t history(uint32_t step_min, uint32_t count, struct candle *out)
{
    const struct history_ask q = {TER, FOO, step_min, count};
    size_t n = 0;
    ck_assert_int_eq(store_history(store, &q, out, &n), 0);
    return n;
}

static const struct rank *place(const struct rank *ranks, size_t n, uint64_t player)
{
    for (size_t i = 0; i < n; i++)
        if (ranks[i].player == player)
            return &ranks[i];
    return NULL;
}

START_TEST(leaderboards_follow_from_the_ledger)
{
    static struct rank r[ECONOMY_BOARD_ROWS];
    size_t n = 0;
    age(90); /* what other tests did */
    make_candles();
    uint64_t p = new_pilot(), idle = new_pilot();
    give(p, 1000000000);
    struct act buy = order_of(p, ORDER_BUY, FOO, 10), sell = order_of(p, ORDER_SELL, FOO, 4);
    ck_assert_int_eq(order(&buy), ORDER_DONE);
    ck_assert_int_eq(order(&sell), ORDER_DONE);
    int64_t earned = wallet(p) - 1000000000 - RULES_START_CREDITS;
    ck_assert_int_lt(earned, 0);

    ck_assert_int_eq(store_board(store, BOARD_WEALTH, r, &n), 0);
    ck_assert_uint_eq(r[0].player, p);
    int64_t food = world_config_good(&catalog.world, FOO)->base;
    ck_assert_int_eq(r[0].value, wallet(p) + aboard(p, FOO) * food);
    for (size_t i = 1; i < n; i++)
        ck_assert_int_ge(r[i - 1].value, r[i].value);

    age(90);
    make_candles();
    ck_assert_int_eq(askf("SELECT traded FROM economy.pilot_days WHERE player = %llu", p), earned);
    ck_assert_int_eq(askf("SELECT trades FROM economy.pilot_days WHERE player = %llu", p), 2);
    ck_assert_int_eq(askf("SELECT count(*) FROM economy.pilot_days WHERE player = %llu", idle), 0);
    ck_assert_int_eq(store_board(store, BOARD_TRADE, r, &n), 0);
    ck_assert_ptr_null(place(r, n, p)); /* who only paid has no place */

    askf("UPDATE economy.pilot_days SET traded = 700, bounties = 90, kills = 3"
         " WHERE player = %llu RETURNING 1",
         p);
    ck_assert_int_eq(store_board(store, BOARD_TRADE, r, &n), 0);
    const struct rank *mine = place(r, n, p);
    ck_assert_ptr_nonnull(mine);
    ck_assert(mine->value == 700 && mine->count == 2);
    ck_assert_int_eq(store_board(store, BOARD_HUNT, r, &n), 0);
    mine = place(r, n, p);
    ck_assert_ptr_nonnull(mine);
    ck_assert(mine->value == 90 && mine->count == 3);
}
END_TEST

START_TEST(what_a_pilot_earned_is_in_the_ledger)
{
    uint64_t p = new_pilot();
    struct act buy = order_of(p, ORDER_BUY, FOO, 3);
    ck_assert_int_eq(order(&buy), ORDER_DONE);
    age(90);
    make_candles();
    ck_assert_int_eq(
        askf("SELECT count(*) FROM economy.pilot_days d WHERE player = %llu AND traded ="
             " (SELECT sum(e.amount) FROM economy.ledger_entries e JOIN economy.transactions t"
             " ON t.id = e.transaction WHERE t.kind = 'order' AND t.player = d.player"
             " AND e.account = economy.account_of(1, t.player) AND e.commodity = 0)",
             p),
        1);
}
END_TEST

START_TEST(candles_follow_from_the_ledger)
{
    static struct candle c[ECONOMY_CANDLES_MAX];
    age(90); /* what other tests did */
    make_candles();
    uint64_t p = new_pilot();
    int64_t before = stock(FOO), line[2];
    line[0] =
        ask("SELECT local_base FROM economy.market_prices WHERE location = 1 AND commodity = 6");
    line[1] = ask("SELECT target FROM economy.market_prices WHERE location = 1 AND commodity = 6");
    const struct price_line price = {line[0], line[1], 1, 0};
    struct act buy = order_of(p, ORDER_BUY, FOO, 10), sell = order_of(p, ORDER_SELL, FOO, 4);
    ck_assert_int_eq(order(&buy), ORDER_DONE);
    ck_assert_int_eq(order(&sell), ORDER_DONE);
    ck_assert_uint_eq(history(1, 30, c), 0); /* the minute is not over */
    age(7);
    make_candles();
    size_t n = history(1, 30, c);
    ck_assert_uint_ge(n, 1);
    ck_assert_uint_le(n, 2); /* a minute may have passed between the orders */
    int64_t bought = 0, sold = 0, trades = 0, low = c[0].low_milli, high = c[0].high_milli;
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(c[i].at_s % 60, 0);
        bought += c[i].bought;
        sold += c[i].sold;
        trades += c[i].trades;
        low = ST_MIN(low, c[i].low_milli);
        high = ST_MAX(high, c[i].high_milli);
    }
    ck_assert_int_eq(bought, 10);
    ck_assert_int_eq(sold, 4);
    ck_assert_int_eq(trades, 2);
    ck_assert_int_eq(c[0].open_milli, price_mid_milli(&price, before));
    ck_assert_int_eq(c[n - 1].close_milli, price_mid_milli(&price, before - 6));
    ck_assert_int_eq(low, price_mid_milli(&price, before));
    ck_assert_int_eq(high, price_mid_milli(&price, before - 10));
    /* Larger steps hold the same. */
    size_t large = history(240, 2, c);
    ck_assert_uint_ge(large, 1);
    ck_assert_int_ge(c[0].trades + (large > 1 ? c[1].trades : 0), 2);
    /* Nothing is made twice, and all of it can be made anew. */
    int64_t rows = ask("SELECT count(*) FROM economy.candles");
    make_candles();
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.candles"), rows);
    (void)ask("DELETE FROM economy.candles RETURNING 1");
    age(0);
    (void)ask(
        "UPDATE economy.candle_horizon SET minute = minute - interval '40 minutes' RETURNING 1");
    make_candles();
    ck_assert_uint_eq(history(1, 30, c), n);
    ck_assert_int_eq(c[0].open_milli, price_mid_milli(&price, before));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        questions_wait_for_no_lock,          a_question_never_raises_the_session,
        a_quote_without_a_lock_is_firm,      candles_follow_from_the_ledger,
        leaderboards_follow_from_the_ledger, what_a_pilot_earned_is_in_the_ledger};
    return kit_main("market", tests, ST_ARRAY_LEN(tests));
}
