/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <st/assert.h>

int64_t rules_fuel(int64_t flown_ticks, int64_t per_minute)
{
    st_assert(flown_ticks >= 0 && per_minute >= 0);
    return (flown_ticks * per_minute + RULES_TICKS_PER_MINUTE - 1) / RULES_TICKS_PER_MINUTE;
}

int64_t rules_repair_price(int64_t hull, int64_t max, int64_t whole_price)
{
    st_assert(max > 0 && whole_price >= 0);
    return hull >= max ? 0 : ((max - hull) * whole_price + max - 1) / max;
}

int64_t rules_repair_points(int64_t hull, int64_t max, int64_t whole_price, int64_t credits)
{
    st_assert(max > 0 && whole_price >= 0 && credits >= 0);
    if (hull >= max)
        return 0;
    if (credits >= rules_repair_price(hull, max, whole_price))
        return max - hull;
    return credits * max / whole_price;
}

int64_t rules_hull_price(int64_t price, int64_t insurance_pm)
{
    st_assert(price >= 0 && insurance_pm >= 0 && insurance_pm <= 1000);
    return price * (1000 - insurance_pm) / 1000;
}

int64_t rules_resale(int64_t price, int64_t hull, int64_t max)
{
    st_assert(price >= 0 && price < INT64_MAX / 1000 / INT32_MAX && hull >= 0 && max > 0);
    return price * RULES_RESALE_PM / 1000 * (hull < max ? hull : max) / max;
}

int64_t rules_bounty(int64_t level_bounty, int64_t zone_pm)
{
    return level_bounty * zone_pm / 1000;
}

int64_t rules_drift(int64_t stock, int64_t rest, int32_t *carry)
{
    int64_t gap = rest - stock;
    if (gap == 0) {
        *carry = 0;
        return 0;
    }
    if ((gap > 0) != (*carry > 0))
        *carry = 0;
    int64_t due = gap + *carry;
    int64_t move = due / RULES_DRIFT_DIVISOR;
    *carry = (int32_t)(due - move * RULES_DRIFT_DIVISOR);
    if (gap > 0 ? move > gap : move < gap)
        move = gap;
    return move;
}

int64_t rules_refill(int64_t treasury, int64_t target)
{
    int64_t gap = target - treasury, move = gap / RULES_TREASURY_DIVISOR;
    if (move == 0 && gap != 0)
        move = gap > 0 ? 1 : -1;
    return move;
}

bool rules_scanned(uint64_t draw, int64_t customs_pm)
{
    return (int64_t)(draw % 1000) < customs_pm;
}

bool rules_newcomer(int64_t flown_ticks, int64_t worth, bool aggressor)
{
    return !aggressor && flown_ticks < RULES_NEWCOMER_TICKS && worth < RULES_NEWCOMER_WORTH;
}
