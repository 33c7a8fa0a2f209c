/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/order.h"
#include "ledger/price.h"

#include <check.h>
#include <stdlib.h>

/* Check reports every assertion through a pipe; this one only speaks when it fails. */
#define holds(c)                                                                                   \
    do {                                                                                           \
        if (!(c))                                                                                  \
            ck_abort_msg("%s", #c);                                                                \
    } while (0)

/* A fixed generator, so that a failure can be repeated. */
static uint64_t state = 0x243f6a8885a308d3ULL;
static int64_t pick(int64_t low, int64_t high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (int64_t)(state % (uint64_t)(high - low + 1));
}

static struct price_line random_line(void)
{
    return (struct price_line){pick(1, PRICE_BASE_MAX), pick(1, PRICE_TARGET_MAX), pick(1, 100),
                               pick(0, 50)};
}

START_TEST(known_prices)
{
    struct price_line l = {100, 1000, 25, 35};
    ck_assert_int_eq(price_mid_milli(&l, 0), 180000);
    ck_assert_int_eq(price_mid_milli(&l, 1000), 100000);
    ck_assert_int_eq(price_mid_milli(&l, 2000), 60000);
    ck_assert_int_eq(price_mid_milli(&l, 2500), 60000);
    ck_assert_int_eq(price_potential(&l, 1000), 100LL * 1400 * 1000 * 1000);
    ck_assert_int_eq(price_potential(&l, 2000), 100LL * 2200 * 1000 * 1000);
    ck_assert_int_eq(price_potential(&l, 2500), 100LL * 2500 * 1000 * 1000);
    /* 20 units at the target: 100.8 on average, and 2.5 % */
    ck_assert_int_eq(price_buy(&l, 1000, 20), 2067);
    ck_assert_int_eq(price_sell(&l, 1000, 20), 1942);
    ck_assert_int_eq(price_tax(&l, 1942), 68);
    ck_assert_int_eq(price_stock_max(&l), 2500);
}
END_TEST

START_TEST(slippage_is_as_designed)
{
    struct price_line l = {1000, 10000, 1, 0};
    static const struct {
        int64_t share_pm, low, high;
    } cases[] = {{50, 15, 25}, {100, 35, 45}, {200, 75, 85}};
    for (size_t i = 0; i < 3; i++) {
        int64_t q = l.target * cases[i].share_pm / 1000;
        int64_t first = price_mid_milli(&l, l.target);
        int64_t worth = price_potential(&l, l.target) - price_potential(&l, l.target - q);
        int64_t average = worth / l.target / q;
        int64_t pm = (average - first) * 1000 / first;
        ck_assert_int_ge(pm, cases[i].low);
        ck_assert_int_le(pm, cases[i].high);
    }
}
END_TEST

START_TEST(bounded_and_monotonic)
{
    for (int i = 0; i < 20000; i++) {
        struct price_line l = random_line();
        int64_t most = price_stock_max(&l), s = pick(0, most - 1), t = pick(s + 1, most);
        int64_t low = price_mid_milli(&l, t), high = price_mid_milli(&l, s);
        holds(high >= low);
        holds(high <= l.base * 1800);
        holds(low >= l.base * 600);
        holds(price_potential(&l, t) > price_potential(&l, s));
        /* more stock: cheaper to buy, less for a sale */
        int64_t q = pick(1, most);
        if (q <= s)
            holds(price_buy(&l, s, q) >= price_buy(&l, t, q));
        if (t + q <= most)
            holds(price_sell(&l, s, q) >= price_sell(&l, t, q));
        holds(price_buy(&l, t, t) >= 1);
    }
}
END_TEST

START_TEST(splitting_changes_only_rounding)
{
    for (int i = 0; i < 5000; i++) {
        struct price_line l = random_line();
        int64_t most = price_stock_max(&l);
        int64_t q = pick(1, most > 400 ? 400 : most), stock = pick(q, most);
        int64_t whole = price_buy(&l, stock, q), parts = 0, n = 0, left = q, s = stock;
        while (left > 0) {
            int64_t part = pick(1, left);
            parts += price_buy(&l, s, part);
            s -= part;
            left -= part;
            n++;
        }
        holds(parts >= whole);
        holds(parts < whole + n);
        int64_t sold = price_sell(&l, s, q);
        for (parts = 0, n = 0, left = q; left > 0; n++) {
            int64_t part = pick(1, left);
            parts += price_sell(&l, s, part);
            s += part;
            left -= part;
        }
        holds(parts <= sold);
        holds(parts > sold - n);
    }
}
END_TEST

START_TEST(no_walk_at_one_station_profits)
{
    for (int walk = 0; walk < 2000; walk++) {
        struct price_line l = random_line();
        int64_t most = price_stock_max(&l), s = pick(0, most), start = s, credits = 0;
        int64_t promised = -1, promised_q = 0;
        bool promised_buy = false;
        for (int step = 0; step < 100; step++) {
            bool buying = pick(0, 1) == 1;
            int64_t room = buying ? s : most - s;
            if (room == 0)
                continue;
            int64_t q = pick(1, room), price = buying ? price_buy(&l, s, q) : price_sell(&l, s, q);
            if (pick(0, 3) == 0) { /* ask for a quote and keep it */
                promised = price;
                promised_q = q;
                promised_buy = buying;
                continue;
            }
            if (promised >= 0 && pick(0, 1) == 0 && promised_q <= (promised_buy ? s : most - s) &&
                price_promise_holds(&l, s, promised_buy, promised_q, promised)) {
                buying = promised_buy;
                q = promised_q;
                price = promised;
            }
            credits += buying ? -price : price;
            s += buying ? -q : q;
        }
        /* back to where it began */
        if (s < start)
            credits += price_sell(&l, s, start - s);
        else if (s > start)
            credits -= price_buy(&l, s, s - start);
        holds(credits <= 0);
    }
}
END_TEST

START_TEST(a_round_trip_loses)
{
    for (int i = 0; i < 20000; i++) {
        struct price_line l = random_line();
        int64_t most = price_stock_max(&l), s = pick(1, most), q = pick(1, s);
        int64_t paid = price_buy(&l, s, q), got = price_sell(&l, s - q, q);
        holds(got < paid);
    }
}
END_TEST

static struct order_state shop(const struct price_line *l)
{
    return (struct order_state){l, true, 500, 100000, 10000, 50, 24, 1};
}

START_TEST(each_refusal_has_its_reason)
{
    struct price_line l = {100, 1000, 25, 35};
    struct order_state s = shop(&l);
    struct order_ask buy = {.side = ORDER_BUY, .quantity = 10};
    struct order_outcome o = order_decide(&buy, &s);
    ck_assert_int_eq(o.result, ORDER_DONE);
    ck_assert_int_eq(o.total, price_buy(&l, 500, 10));
    ck_assert_int_eq(o.tax, 0);

    buy.quantity = 25;
    o = order_decide(&buy, &s);
    ck_assert_int_eq(o.result, ORDER_NO_SPACE);
    ck_assert_int_eq(o.limit, 24);
    buy.quantity = 501;
    ck_assert_int_eq(order_decide(&buy, &s).result, ORDER_NO_STOCK);
    buy.quantity = 1001;
    ck_assert_int_eq(order_decide(&buy, &s).result, ORDER_TOO_LARGE);
    buy.quantity = 0;
    ck_assert_int_eq(order_decide(&buy, &s).result, ORDER_MALFORMED);
    buy.quantity = -5;
    ck_assert_int_eq(order_decide(&buy, &s).result, ORDER_MALFORMED);
    buy.quantity = 10;
    buy.worst_total = 100;
    o = order_decide(&buy, &s);
    ck_assert_int_eq(o.result, ORDER_PRICE_MOVED);
    ck_assert_int_eq(o.total, price_buy(&l, 500, 10));
    buy.worst_total = 0;
    s.wallet = o.total - 7;
    o = order_decide(&buy, &s);
    ck_assert_int_eq(o.result, ORDER_NO_CREDITS);
    ck_assert_int_eq(o.limit, 7);
    buy.side = 3;
    ck_assert_int_eq(order_decide(&buy, &s).result, ORDER_MALFORMED);
    buy.side = ORDER_BUY;
    s.docked_here = false;
    ck_assert_int_eq(order_decide(&buy, &s).result, ORDER_NOT_DOCKED);
    s.line = NULL;
    ck_assert_int_eq(order_decide(&buy, &s).result, ORDER_UNKNOWN_COMMODITY);
}
END_TEST

START_TEST(selling_pays_less_tax_and_stops_at_the_limits)
{
    struct price_line l = {100, 1000, 25, 35};
    struct order_state s = shop(&l);
    struct order_ask sell = {.side = ORDER_SELL, .quantity = 50};
    struct order_outcome o = order_decide(&sell, &s);
    ck_assert_int_eq(o.result, ORDER_DONE);
    ck_assert_int_eq(o.gross, price_sell(&l, 500, 50));
    ck_assert_int_eq(o.total, o.gross - price_tax(&l, o.gross));
    sell.worst_total = o.total + 1;
    ck_assert_int_eq(order_decide(&sell, &s).result, ORDER_PRICE_MOVED);
    sell.worst_total = o.total;
    ck_assert_int_eq(order_decide(&sell, &s).result, ORDER_DONE);
    s.treasury = o.gross - 1;
    ck_assert_int_eq(order_decide(&sell, &s).result, ORDER_MARKET_CLOSED);
    s.treasury = o.gross;
    s.stock = 2490;
    o = order_decide(&sell, &s);
    ck_assert_int_eq(o.result, ORDER_MARKET_CLOSED);
    ck_assert_int_eq(o.limit, 10);
    s.stock = 500;
    sell.quantity = 51;
    o = order_decide(&sell, &s);
    ck_assert_int_eq(o.result, ORDER_NO_STOCK);
    ck_assert_int_eq(o.limit, 50);
}
END_TEST

START_TEST(a_promise_is_kept_within_the_spread_only)
{
    struct price_line l = {100, 1000, 25, 0};
    struct order_state s = shop(&l);
    s.free_mass = s.aboard = 1000;
    struct order_ask ask = {ORDER_BUY, 20, 0, true, price_buy(&l, 510, 20)};
    s.stock = 500;
    struct order_outcome o = order_decide(&ask, &s);
    ck_assert_int_eq(o.result, ORDER_DONE);
    ck_assert_int_eq(o.total, ask.promise);
    s.stock = 300; /* dearer by more than the spread */
    ck_assert_int_eq(order_decide(&ask, &s).result, ORDER_QUOTE_EXPIRED);
    struct order_ask sell = {ORDER_SELL, 20, 0, true, price_sell(&l, 500, 20)};
    s.stock = 505;
    ck_assert_int_eq(order_decide(&sell, &s).gross, sell.promise);
    s.stock = 700;
    ck_assert_int_eq(order_decide(&sell, &s).result, ORDER_QUOTE_EXPIRED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("price");
    TCase *c = tcase_create("price");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, known_prices);
    tcase_add_test(c, slippage_is_as_designed);
    tcase_add_test(c, bounded_and_monotonic);
    tcase_add_test(c, splitting_changes_only_rounding);
    tcase_add_test(c, no_walk_at_one_station_profits);
    tcase_add_test(c, a_round_trip_loses);
    tcase_add_test(c, each_refusal_has_its_reason);
    tcase_add_test(c, selling_pays_less_tax_and_stops_at_the_limits);
    tcase_add_test(c, a_promise_is_kept_within_the_spread_only);
    suite_add_tcase(suite, c);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
