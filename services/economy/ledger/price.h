/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a good costs at a station: a bounded, falling function of stock against target, as the
 * difference of an integer potential, so that splitting an order changes nothing but rounding and a
 * round trip at one station always loses. Pure; any thread. Never knows wallets or who asks.
 */
#ifndef LEDGER_PRICE_H
#define LEDGER_PRICE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PRICE_BASE_MAX = 4000,    /* credits per unit, local */
    PRICE_TARGET_MAX = 10000, /* units */
    PRICE_SPREAD_MAX = 500,   /* per mille, half of the spread */
    PRICE_TAX_MAX = 500       /* per mille of a sale */
};

struct price_line {
    int64_t base;      /* local base: with the zone's bias, credits */
    int64_t target;    /* units the station aims at */
    int64_t spread_pm; /* half of it */
    int64_t tax_pm;    /* on what a pilot sells */
};

bool price_line_valid(const struct price_line *l);
/* The stock may not rise above this: two and a half targets. */
int64_t price_stock_max(const struct price_line *l);
/* Worth of the first s units of stock at the mid price, in credits * 1,000 * target. */
int64_t price_potential(const struct price_line *l, int64_t stock);
/* Credits for taking q units out of the stock, spread included. 1 <= q <= stock. */
int64_t price_buy(const struct price_line *l, int64_t stock, int64_t q);
/* Credits for adding q units to the stock, before tax. stock + q <= price_stock_max. */
int64_t price_sell(const struct price_line *l, int64_t stock, int64_t q);
/* Sales tax on that many credits, rounded up. */
int64_t price_tax(const struct price_line *l, int64_t gross);
/* Mid price of the next unit, in thousandths of a credit. */
int64_t price_mid_milli(const struct price_line *l, int64_t stock);
/*
 * May an older promise of `credits` (before tax) still be kept? Only while it is not on the wrong
 * side of the mid price, so that keeping promises never makes a round trip profitable.
 */
bool price_promise_holds(const struct price_line *l, int64_t stock, bool buying, int64_t q,
                         int64_t credits);

#endif
