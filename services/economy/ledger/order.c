/* SPDX-License-Identifier: Apache-2.0 */
#include "order.h"

#include <st/assert.h>

static struct order_outcome refuse(enum order_result result, int64_t limit)
{
    return (struct order_outcome){.result = result, .limit = limit};
}

static struct order_outcome price_moved(int64_t total)
{
    return (struct order_outcome){.result = ORDER_PRICE_MOVED, .total = total};
}

static struct order_outcome decide_buy(const struct order_ask *ask, const struct order_state *s)
{
    int64_t q = ask->quantity;
    if (q > s->stock)
        return refuse(ORDER_NO_STOCK, s->stock);
    if (q * s->unit_mass > s->free_mass)
        return refuse(ORDER_NO_SPACE, s->free_mass > 0 ? s->free_mass / s->unit_mass : 0);
    int64_t total = price_buy(s->line, s->stock, q);
    if (ask->has_promise) {
        if (!price_promise_holds(s->line, s->stock, true, q, ask->promise))
            return refuse(ORDER_QUOTE_EXPIRED, 0);
        total = ask->promise;
    }
    if (ask->worst_total > 0 && total > ask->worst_total)
        return price_moved(total);
    if (total > s->wallet)
        return refuse(ORDER_NO_CREDITS, total - s->wallet);
    return (struct order_outcome){ORDER_DONE, total, 0, total, 0};
}

static struct order_outcome decide_sell(const struct order_ask *ask, const struct order_state *s)
{
    int64_t q = ask->quantity, room = price_stock_max(s->line) - s->stock;
    if (q > s->aboard)
        return refuse(ORDER_NO_STOCK, s->aboard);
    if (q > room)
        return refuse(ORDER_MARKET_CLOSED, room);
    int64_t gross = price_sell(s->line, s->stock, q);
    if (ask->has_promise) {
        if (!price_promise_holds(s->line, s->stock, false, q, ask->promise))
            return refuse(ORDER_QUOTE_EXPIRED, 0);
        gross = ask->promise;
    }
    int64_t tax = price_tax(s->line, gross), total = gross - tax;
    if (ask->worst_total > 0 && total < ask->worst_total)
        return price_moved(total);
    if (gross > s->treasury)
        return refuse(ORDER_MARKET_CLOSED, 0);
    return (struct order_outcome){ORDER_DONE, gross, tax, total, 0};
}

struct order_outcome order_decide(const struct order_ask *ask, const struct order_state *state)
{
    st_assert(ask && state && ask->worst_total >= 0);
    if (ask->quantity < 1 || (ask->side != ORDER_BUY && ask->side != ORDER_SELL))
        return refuse(ORDER_MALFORMED, 0);
    if (ask->quantity > ORDER_QUANTITY_MAX)
        return refuse(ORDER_TOO_LARGE, ORDER_QUANTITY_MAX);
    if (!state->line)
        return refuse(ORDER_UNKNOWN_COMMODITY, 0);
    if (!state->docked_here)
        return refuse(ORDER_NOT_DOCKED, 0);
    return ask->side == ORDER_BUY ? decide_buy(ask, state) : decide_sell(ask, state);
}
