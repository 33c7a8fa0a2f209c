/* SPDX-License-Identifier: Apache-2.0 */
#include "store_kit.h"

#include <stdio.h>
#include <string.h>

#include <startrader/v1/limit.pb-c.h>

typedef Startrader__V1__LimitReply Reply;

static const Reply *answer(struct act *a)
{
    run(a);
    ck_assert_int_eq(a->code, CODE_OK);
    return kit_unpack(&startrader__v1__limit_reply__descriptor, a->answer, a->answer_len);
}

static struct act limit(enum limit_action action, uint64_t player, int side, int64_t price,
                        int64_t quantity)
{
    struct act a = act_of(ACT_LIMIT, player);
    a.limit_action = action;
    a.location = TER;
    a.commodity = POL;
    a.side = side;
    a.limit = (struct limit_order){
        .location = TER, .commodity = POL, .side = side, .price = price, .quantity = quantity};
    return a;
}

static struct act place(uint64_t player, int side, int64_t price, int64_t quantity)
{
    return limit(LIMIT_PLACE, player, side, price, quantity);
}

static struct act cancel(uint64_t player, int64_t order)
{
    struct act a = limit(LIMIT_CANCEL, player, 0, 0, 0);
    a.limit.id = order;
    return a;
}

/* A pilot at Terra High with polymers aboard, as the market sold them. */
static uint64_t with_goods(int64_t units)
{
    uint64_t p = new_pilot();
    give(p, 20000);
    struct act buy = order_of(p, ORDER_BUY, POL, units);
    ck_assert_int_eq(order(&buy), ORDER_DONE);
    return p;
}

static uint64_t with_credits(void)
{
    uint64_t p = new_pilot();
    give(p, 7500);
    return p;
}

static int64_t locker(uint64_t player)
{
    return askf(
        "SELECT coalesce(sum(quantity), 0)::bigint FROM economy.lockers WHERE player = %llu",
        player);
}

static int64_t of(const char *column, int64_t order)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT %s FROM economy.limit_orders WHERE id = %lld", column,
             (long long)order);
    return ask(sql);
}

static int64_t taxed(int64_t credits)
{
    return credits - (credits * 35 + 999) / 1000; /* Home */
}

/* Ends what other tests have left. */
static void clear_book(void)
{
    struct act ended[64];
    size_t n = 0;
    ask("WITH x AS (UPDATE economy.limit_orders SET ends_at = now() - interval '1 s' WHERE state = "
        "1"
        " RETURNING 1) SELECT count(*) FROM x");
    ck_assert_int_eq(store_overdue(store, ended, 64, &n), 0);
    for (size_t i = 0; i < n; i++) {
        struct act *acts[] = {&ended[i]};
        ck_assert_int_eq(store_run(store, acts, 1), 0);
    }
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.limit_orders WHERE state = 1"), 0);
}

START_TEST(an_order_waits_and_is_met)
{
    uint64_t seller = with_goods(10), buyer = with_credits();
    int64_t before = wallet(seller);
    struct act sell = place(seller, ORDER_SELL, 100, 10), again = sell;
    const Reply *r = answer(&sell);
    ck_assert_int_eq(r->result, ORDER_DONE);
    ck_assert_uint_eq(r->filled, 0);
    ck_assert_uint_eq(r->order->left, 10);
    int64_t order = (int64_t)r->order->order;
    ck_assert_int_eq(aboard(seller, POL), 0);
    run(&again); /* the same answer, no second effect */
    ck_assert_mem_eq(again.answer, sell.answer, sell.answer_len);
    books_are_right();

    struct act buy = place(buyer, ORDER_BUY, 120, 4); /* pays what the seller asks */
    r = answer(&buy);
    ck_assert_uint_eq(r->filled, 4);
    ck_assert_uint_eq(r->total, 400);
    ck_assert_uint_eq(r->order->order, 0);
    ck_assert_int_eq(wallet(buyer), 10000 - 400);
    ck_assert_int_eq(aboard(buyer, POL), 4);
    ck_assert_int_eq(wallet(seller), before + taxed(400));
    ck_assert_int_eq(of("remains", order), 6);
    ck_assert_int_eq(of("state", order), LIMIT_WAITS);
    books_are_right();

    struct act rest = place(buyer, ORDER_BUY, 100, 20); /* more than there is: the rest waits */
    r = answer(&rest);
    ck_assert_uint_eq(r->filled, 6);
    ck_assert_uint_eq(r->order->left, 14);
    ck_assert_int_eq(wallet(buyer), 10000 - 400 - 2000);
    ck_assert_int_eq(of("state", order), LIMIT_FILLED);
    int64_t waits = (int64_t)r->order->order;
    struct act stop = cancel(buyer, waits);
    r = answer(&stop);
    ck_assert_int_eq(r->result, ORDER_DONE);
    ck_assert_int_eq(wallet(buyer), 10000 - 400 - 600);
    books_are_right();
}
END_TEST

START_TEST(the_best_price_first_and_of_these_the_oldest)
{
    uint64_t a = with_goods(5), b = with_goods(5), c = with_goods(5), buyer = with_credits();
    int64_t wallet_a = wallet(a), wallet_b = wallet(b), wallet_c = wallet(c);
    struct act dear = place(a, ORDER_SELL, 90, 5), first = place(b, ORDER_SELL, 80, 5),
               second = place(c, ORDER_SELL, 80, 5);
    ck_assert_int_eq(answer(&dear)->result, ORDER_DONE);
    ck_assert_int_eq(answer(&first)->result, ORDER_DONE);
    ck_assert_int_eq(answer(&second)->result, ORDER_DONE);
    struct act buy = place(buyer, ORDER_BUY, 85, 7);
    ck_assert_uint_eq(answer(&buy)->filled, 7);
    ck_assert_int_eq(wallet(b), wallet_b + taxed(400));
    ck_assert_int_eq(wallet(c), wallet_c + taxed(160));
    ck_assert_int_eq(wallet(a), wallet_a);
    struct act more = place(buyer, ORDER_BUY, 85, 5);
    const Reply *r = answer(&more);
    ck_assert_uint_eq(r->filled, 3); /* nobody else sells below 90 */
    ck_assert_uint_eq(r->order->left, 2);
    /* A sale at the price of who waits. */
    uint64_t d = with_goods(2);
    int64_t wallet_d = wallet(d);
    struct act sell = place(d, ORDER_SELL, 50, 2);
    r = answer(&sell);
    ck_assert_uint_eq(r->filled, 2);
    ck_assert_int_eq(wallet(d), wallet_d + taxed(170));
    ck_assert_int_eq(locker(buyer), 2); /* who is not asked gets them at the station */
    books_are_right();
}
END_TEST

START_TEST(own_orders_do_not_meet)
{
    clear_book();
    uint64_t p = with_goods(4);
    struct act sell = place(p, ORDER_SELL, 60, 4), buy = place(p, ORDER_BUY, 70, 2);
    ck_assert_uint_eq(answer(&sell)->filled, 0);
    ck_assert_uint_eq(answer(&buy)->filled, 0);
    ck_assert_int_eq(askf("SELECT count(*) FROM economy.limit_orders WHERE state = 1 AND player ="
                          " %llu",
                          p),
                     2);
    books_are_right();
}
END_TEST

START_TEST(goods_wait_in_the_locker)
{
    clear_book();
    uint64_t seller = with_goods(20), buyer = with_credits();
    struct act fill = order_of(buyer, ORDER_BUY, POL, 20);
    ck_assert_int_eq(order(&fill), ORDER_DONE); /* 4 t of its 24 are left */
    struct act bid = place(buyer, ORDER_BUY, 150, 10), sell = place(seller, ORDER_SELL, 150, 10);
    ck_assert_int_eq(answer(&bid)->result, ORDER_DONE);
    ck_assert_uint_eq(answer(&sell)->filled, 10);
    ck_assert_int_eq(locker(buyer), 10);
    struct act take = limit(LIMIT_COLLECT, buyer, 0, 0, 0);
    ck_assert_uint_eq(answer(&take)->collected, 4);
    ck_assert_int_eq(aboard(buyer, POL), 24);
    struct act full = limit(LIMIT_COLLECT, buyer, 0, 0, 0);
    ck_assert_int_eq(answer(&full)->result, ORDER_NO_SPACE);
    struct act empty = order_of(buyer, ORDER_SELL, POL, 24);
    ck_assert_int_eq(order(&empty), ORDER_DONE);
    struct act rest = limit(LIMIT_COLLECT, buyer, 0, 0, 0);
    ck_assert_uint_eq(answer(&rest)->collected, 6);
    ck_assert_int_eq(locker(buyer), 0);
    struct act none = limit(LIMIT_COLLECT, buyer, 0, 0, 0);
    ck_assert_int_eq(answer(&none)->result, ORDER_NO_STOCK);
    /* A cancelled sale comes back too, also when its pilot is elsewhere. */
    struct act ask_more = place(seller, ORDER_SELL, 900, 10);
    int64_t id = (int64_t)answer(&ask_more)->order->order;
    fly_to(seller, LUN);
    struct act stop = cancel(seller, id);
    ck_assert_int_eq(answer(&stop)->result, ORDER_DONE);
    ck_assert_int_eq(locker(seller), 10);
    struct act far = limit(LIMIT_COLLECT, seller, 0, 0, 0);
    ck_assert_int_eq(answer(&far)->result, ORDER_NOT_DOCKED);
    books_are_right();
}
END_TEST

START_TEST(refusals)
{
    uint64_t p = with_goods(3), other = with_credits();
    struct act none = place(p, ORDER_SELL, 100, 4), poor = place(p, ORDER_BUY, 40000, 10);
    ck_assert_int_eq(answer(&none)->result, ORDER_NO_STOCK);
    ck_assert_int_eq(answer(&poor)->result, ORDER_NO_CREDITS);
    struct act strange = place(p, ORDER_SELL, 100, 1);
    strange.commodity = strange.limit.commodity = STI; /* not traded in Home */
    ck_assert_int_eq(answer(&strange)->result, ORDER_UNKNOWN_COMMODITY);
    struct act far = place(p, ORDER_SELL, 100, 1);
    far.location = far.limit.location = LUN;
    ck_assert_int_eq(answer(&far)->result, ORDER_NOT_DOCKED);
    struct act good = place(p, ORDER_SELL, 30000, 1);
    int64_t id = (int64_t)answer(&good)->order->order;
    struct act not_mine = cancel(other, id);
    ck_assert_int_eq(answer(&not_mine)->result, ORDER_UNKNOWN_COMMODITY);
    struct act mine = cancel(p, id), twice = cancel(p, id);
    ck_assert_int_eq(answer(&mine)->result, ORDER_DONE);
    ck_assert_int_eq(answer(&twice)->result, ORDER_UNKNOWN_COMMODITY);
    for (int i = 0; i < LIMITS_OPEN_MAX; i++) {
        struct act a = place(other, ORDER_BUY, 1, 1);
        ck_assert_int_eq(answer(&a)->result, ORDER_DONE);
    }
    struct act more = place(other, ORDER_BUY, 1, 1);
    ck_assert_int_eq(answer(&more)->result, ORDER_TOO_LARGE);
    books_are_right();
}
END_TEST

START_TEST(an_order_ends_with_its_day)
{
    clear_book();
    uint64_t p = with_credits();
    struct act bid = place(p, ORDER_BUY, 10, 10), ended[64];
    int64_t id = (int64_t)answer(&bid)->order->order;
    size_t n = 0;
    ck_assert_int_eq(wallet(p), 9900);
    ck_assert_int_eq(
        askf("UPDATE economy.limit_orders SET ends_at = now() - interval '1 s' WHERE id"
             " = %llu RETURNING 1",
             (uint64_t)id),
        1);
    uint64_t late = with_goods(5);
    struct act sell = place(late, ORDER_SELL, 5, 1);
    ck_assert_uint_eq(answer(&sell)->filled, 0); /* it is over, though it is still there */
    ck_assert_int_eq(store_overdue(store, ended, 64, &n), 0);
    ck_assert_uint_eq(n, 1);
    struct act *acts[] = {&ended[0]};
    ck_assert_int_eq(store_run(store, acts, 1), 0);
    ck_assert_int_eq(wallet(p), 10000);
    ck_assert_int_eq(of("state", id), LIMIT_ENDED);
    books_are_right();
}
END_TEST

/* No more than were looked at. */
START_TEST(one_order_meets_at_most_thirty_two)
{
    clear_book();
    uint64_t pilots[4];
    for (int i = 0; i < 4; i++) {
        pilots[i] = with_goods(10);
        for (int k = 0; k < 10; k++) {
            struct act a = place(pilots[i], ORDER_SELL, 3, 1);
            a.limit.price = 2;
            ck_assert_int_eq(answer(&a)->result, ORDER_DONE);
        }
    }
    uint64_t buyer = with_credits();
    struct act buy = place(buyer, ORDER_BUY, 2, 38);
    const Reply *r = answer(&buy);
    ck_assert_uint_eq(r->filled, 32);
    ck_assert_uint_eq(r->order->order, 0); /* what is left did not wait past the others */
    ck_assert_int_eq(wallet(buyer), 10000 - 64);
    books_are_right();
}
END_TEST

START_TEST(what_is_told)
{
    uint64_t p = with_credits();
    struct act bid = place(p, ORDER_BUY, 1, 7);
    ck_assert_int_eq(answer(&bid)->result, ORDER_DONE);
    uint64_t q = with_goods(3);
    struct act offer = place(q, ORDER_SELL, 777, 2);
    struct act gone = cancel(q, (int64_t)answer(&offer)->order->order);
    struct act dear = place(q, ORDER_SELL, 888, 1);
    ck_assert_int_eq(answer(&dear)->result, ORDER_DONE);
    ck_assert_int_eq(answer(&gone)->result, ORDER_DONE);
    struct act look = act_of(ACT_BOOK, p), other = act_of(ACT_BOOK, q), *acts[] = {&look, &other};
    look.location = other.location = TER;
    look.commodity = other.commodity = POL;
    ck_assert_int_eq(store_look(store, acts, 2), 0);
    const Startrader__V1__BookReply *r =
        kit_unpack(&startrader__v1__book_reply__descriptor, look.answer, look.answer_len);
    ck_assert_uint_ge(r->n_bid, 1);
    ck_assert_uint_ge(r->n_ask, 1);
    for (size_t i = 1; i < r->n_bid; i++)
        ck_assert_uint_gt(r->bid[i - 1]->price, r->bid[i]->price);
    for (size_t i = 1; i < r->n_ask; i++)
        ck_assert_uint_lt(r->ask[i - 1]->price, r->ask[i]->price);
    ck_assert_uint_eq(r->n_own, 1);
    ck_assert_uint_eq(r->own[0]->left, 7);
    r = kit_unpack(&startrader__v1__book_reply__descriptor, other.answer, other.answer_len);
    ck_assert_uint_eq(r->n_own, 1);
    ck_assert_uint_ge(r->n_bid, 1);
    /* The first question of a new session waits for a writer, and is answered there alike. */
    struct act later = act_of(ACT_BOOK, p), *one[] = {&later};
    later.session_epoch = 2;
    later.location = TER;
    later.commodity = POL;
    ck_assert_int_eq(store_look(store, one, 1), 0);
    ck_assert(later.must_lock);
    run(&later);
    r = kit_unpack(&startrader__v1__book_reply__descriptor, later.answer, later.answer_len);
    ck_assert_uint_eq(r->n_own, 1);
    ck_assert_uint_ge(r->n_bid, 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_order_waits_and_is_met,
        the_best_price_first_and_of_these_the_oldest,
        goods_wait_in_the_locker,
        own_orders_do_not_meet,
        refusals,
        an_order_ends_with_its_day,
        one_order_meets_at_most_thirty_two,
        what_is_told,
    };
    return kit_main("limit", tests, sizeof tests / sizeof tests[0]);
}
