/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders from arbitrary bytes against one station and one pilot, posted as the economy posts them.
 * After each: nobody but a source is below zero, credits and goods sum to what they were, the
 * hold is never overfull. What the pilot owns, valued by selling it all, never grows by trading.
 */
#include <stdlib.h>
#include <string.h>

#include <ledger/book.h>
#include <ledger/order.h>

enum { GOOD = 1, HOLD_T = 24, STATION = 1, PILOT = 1001, SHIP = 1001, ORDERS_MAX = 512 };

struct table {
    struct price_line line;
    struct book book;
    int64_t stock, unit_mass;
};

static const account_id pilot = ((int64_t)ACCOUNT_PILOT << 32) + PILOT;
static const account_id ship = ((int64_t)ACCOUNT_SHIP << 32) + SHIP;
static const account_id station = ((int64_t)ACCOUNT_STATION << 32) + STATION;
static const account_id tax = ((int64_t)ACCOUNT_TAX << 32) + STATION;

static void require(bool ok)
{
    if (!ok)
        abort();
}

static int64_t credits(const struct book *b)
{
    return book_balance(b, pilot, 0) + book_balance(b, station, 0) + book_balance(b, tax, 0);
}

/* Net worth if everything aboard were sold here now, before tax; an upper bound of the gain. */
static int64_t worth(const struct table *t)
{
    int64_t aboard = book_balance(&t->book, ship, GOOD);
    int64_t stock = book_balance(&t->book, station, GOOD);
    int64_t w = book_balance(&t->book, pilot, 0);
    if (aboard > 0 && stock + aboard <= price_stock_max(&t->line))
        w += price_sell(&t->line, stock, aboard);
    return w;
}

static void post(struct table *t, const struct order_ask *ask, const struct order_outcome *o)
{
    bool buys = ask->side == ORDER_BUY;
    struct book *b = &t->book;
    require(o->gross >= 0 && o->tax >= 0 && o->total >= 0);
    if (o->gross > 0)
        require(book_move(b, 1, buys ? pilot : station, buys ? station : pilot, 0, o->gross));
    if (o->tax > 0)
        require(book_move(b, 1, pilot, tax, 0, o->tax));
    require(book_move(b, 1, buys ? station : ship, buys ? ship : station, GOOD, ask->quantity));
}

static void act(struct table *t, const uint8_t *bytes)
{
    int64_t quantity = (int16_t)(bytes[1] | bytes[2] << 8);
    struct order_ask ask = {.side = bytes[0] & 3, .quantity = quantity};
    ask.worst_total = bytes[0] & 4 ? bytes[3] * 16 : 0;
    int64_t aboard = book_balance(&t->book, ship, GOOD);
    struct order_state state = {.line = &t->line,
                                .docked_here = !(bytes[0] & 8),
                                .stock = book_balance(&t->book, station, GOOD),
                                .treasury = book_balance(&t->book, station, 0),
                                .wallet = book_balance(&t->book, pilot, 0),
                                .aboard = aboard,
                                .free_mass = HOLD_T - aboard * t->unit_mass,
                                .unit_mass = t->unit_mass};
    int64_t sum = credits(&t->book), before = worth(t);
    struct order_outcome o = order_decide(&ask, &state);
    require(o.result >= ORDER_DONE && o.result <= ORDER_MALFORMED);
    if (o.result == ORDER_DONE)
        post(t, &ask, &o);
    require(credits(&t->book) == sum);
    require(book_balance(&t->book, pilot, 0) >= 0 && book_balance(&t->book, station, 0) >= 0);
    require(book_balance(&t->book, ship, GOOD) >= 0 && book_balance(&t->book, station, GOOD) >= 0);
    require(book_balance(&t->book, ship, GOOD) * t->unit_mass <= HOLD_T);
    require(worth(t) <= before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct table t;
    if (size < 8)
        return 0;
    t.line = (struct price_line){.base = data[0] * 16 + 1,
                                 .target = (data[1] | data[2] << 8) % PRICE_TARGET_MAX + 1,
                                 .spread_pm = data[3] % 100 + 1,
                                 .tax_pm = data[4] % 100};
    if (!price_line_valid(&t.line))
        return 0;
    t.unit_mass = data[5] % 3 + 1;
    book_clear(&t.book);
    int64_t stock = price_stock_max(&t.line) * data[6] / 255;
    require(book_load(&t.book, pilot, 0, 2500) && book_load(&t.book, tax, 0, 0));
    require(book_load(&t.book, station, 0, data[7] * 1000) && book_load(&t.book, ship, GOOD, 0));
    require(book_load(&t.book, station, GOOD, stock));
    for (size_t i = 8, n = 0; i + 4 <= size && n < ORDERS_MAX; i += 4, n++)
        act(&t, data + i);
    return 0;
}
