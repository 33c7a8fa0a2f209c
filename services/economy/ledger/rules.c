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

int64_t rules_premium(int64_t price)
{
    return (price * RULES_PREMIUM_PM + 999) / 1000;
}

int64_t rules_refit_price(int64_t mounts, int64_t price, int64_t present_price)
{
    return mounts * (price - present_price / 2);
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

static int64_t clamp_pm(int64_t pm)
{
    return pm < 0 ? 0 : pm > 1000 ? 1000 : pm;
}

int64_t rules_output_pm(int64_t stock, int64_t target)
{
    return clamp_pm((2 * target - stock) * 2000 / target);
}

int64_t rules_input_pm(int64_t stock, int64_t target)
{
    return clamp_pm(stock * 3000 / target);
}

int64_t rules_use_pm(int64_t stock, int64_t target)
{
    return clamp_pm(stock * 4000 / target);
}

int64_t rules_measured_risk(int64_t loss_ppm, int64_t losses, int64_t flown_s)
{
    st_assert(flown_s > 0 && losses >= 0);
    int64_t seen = losses * 60 * 1000000 / flown_s;
    return (loss_ppm * 7 + (seen < 1000000 ? seen : 1000000) * 3) / 10;
}

int64_t rules_risk_factor(int64_t loss_ppm, int64_t profile_ppm)
{
    if (profile_ppm == 0)
        return 1000;
    int64_t pm = loss_ppm * 1000 / profile_ppm;
    return pm < 500 ? 500 : pm > 2000 ? 2000 : pm;
}

int64_t rules_by_factor(int64_t pm, int64_t factor_pm)
{
    return 1000 + (pm - 1000) * factor_pm / 1000;
}

int64_t rules_activity_pm(int64_t traders, int64_t traders_per_whole, int64_t max_pm)
{
    st_assert(traders >= 0 && traders_per_whole > 0);
    int64_t pm = 1000 + traders * 1000 / traders_per_whole;
    return pm < max_pm ? pm : max_pm;
}

int64_t rules_flow(int64_t micro, int64_t stock, int64_t max, int32_t *carry)
{
    int64_t due = micro + *carry, move = due / RULES_MICRO;
    *carry = (int32_t)(due - move * RULES_MICRO);
    if (move < -stock)
        move = -stock;
    if (move > max - stock)
        move = max > stock ? max - stock : 0;
    return move;
}

int64_t rules_refill(int64_t credits, int64_t target, int64_t cycles)
{
    int64_t gap = target - credits, move = gap / cycles;
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
