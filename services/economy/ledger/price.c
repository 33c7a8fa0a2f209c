/* SPDX-License-Identifier: Apache-2.0 */
#include "price.h"

#include <st/assert.h>

/* The largest product below is base * 2,500 * target^2 * (1,000 + spread). */
_Static_assert((int64_t)PRICE_BASE_MAX * 2500 * PRICE_TARGET_MAX * PRICE_TARGET_MAX <
                   INT64_MAX / (1000 + PRICE_SPREAD_MAX),
               "prices stay within int64");

bool price_line_valid(const struct price_line *l)
{
    return l->base >= 1 && l->base <= PRICE_BASE_MAX && l->target >= 1 &&
           l->target <= PRICE_TARGET_MAX && l->spread_pm >= 1 && l->spread_pm <= PRICE_SPREAD_MAX &&
           l->tax_pm >= 0 && l->tax_pm <= PRICE_TAX_MAX;
}

int64_t price_stock_max(const struct price_line *l)
{
    return l->target * 5 / 2;
}

/* The price falls in straight lines from 1.8 at an empty stock to 1.0 at the target and 0.6 at
 * twice the target; this is the area below it. */
int64_t price_potential(const struct price_line *l, int64_t stock)
{
    st_assert(price_line_valid(l) && stock >= 0 && stock <= price_stock_max(l));
    int64_t t = l->target;
    if (stock <= t)
        return l->base * (1800 * stock * t - 400 * stock * stock);
    int64_t x = stock - t;
    if (x <= t)
        return l->base * (1400 * t * t + 1000 * x * t - 200 * x * x);
    x -= t;
    return l->base * (2200 * t * t + 600 * x * t);
}

int64_t price_buy(const struct price_line *l, int64_t stock, int64_t q)
{
    st_assert(q >= 1 && q <= stock);
    int64_t worth = price_potential(l, stock) - price_potential(l, stock - q);
    int64_t unit = 1000000 * l->target;
    return (worth * (1000 + l->spread_pm) + unit - 1) / unit;
}

int64_t price_sell(const struct price_line *l, int64_t stock, int64_t q)
{
    st_assert(q >= 1 && stock + q <= price_stock_max(l));
    int64_t worth = price_potential(l, stock + q) - price_potential(l, stock);
    return worth * (1000 - l->spread_pm) / (1000000 * l->target);
}

int64_t price_tax(const struct price_line *l, int64_t gross)
{
    st_assert(gross >= 0 && gross < INT64_MAX / 1000);
    return (gross * l->tax_pm + 999) / 1000;
}

int64_t price_mid_milli(const struct price_line *l, int64_t stock)
{
    st_assert(price_line_valid(l) && stock >= 0);
    int64_t t = l->target;
    if (stock <= t)
        return l->base * (1800 * t - 800 * stock) / t;
    if (stock <= 2 * t)
        return l->base * (1000 * t - 400 * (stock - t)) / t;
    return l->base * 600;
}

bool price_promise_holds(const struct price_line *l, int64_t stock, bool buying, int64_t q,
                         int64_t credits)
{
    int64_t unit = 1000 * l->target;
    if (buying) {
        st_assert(q >= 1 && q <= stock);
        int64_t worth = price_potential(l, stock) - price_potential(l, stock - q);
        return credits >= (worth + unit - 1) / unit;
    }
    st_assert(q >= 1 && stock + q <= price_stock_max(l));
    int64_t worth = price_potential(l, stock + q) - price_potential(l, stock);
    return credits <= worth / unit;
}
