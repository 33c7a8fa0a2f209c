/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small money rules as integer arithmetic: fuel, repair, hulls, bounties, industries, treasuries.
 * Pure; any thread. Knows no rows and moves nothing.
 */
#ifndef LEDGER_RULES_H
#define LEDGER_RULES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RULES_START_CREDITS = 2500,
    RULES_MODEST_LOT_T = 12, /* of a delivery that a new pilot can take */
    RULES_DRONE_BOUNTY = 100,
    RULES_TICKS_PER_MINUTE = 1200,
    RULES_MICRO = 1000000,        /* parts of a unit that a flow is counted in */
    RULES_NEWCOMER_TICKS = 54000, /* 45 min in space */
    RULES_NEWCOMER_WORTH = 15000, /* credits */
    RULES_NEWCOMER_REFUND = 2500, /* credits, for each of the first losses */
    RULES_NEWCOMER_LOSSES = 2,
    RULES_TORPEDO_PRICE = 60,
    RULES_RESALE_PM = 600,          /* of a whole ship's price */
    RULES_SMALL_YARD_PRICE = 40000, /* a small yard builds no dearer ships */
    RULES_PREMIUM_PM = 40,          /* of a ship's price, for a policy that ends with one loss */
    RULES_SHIPS_MAX = 8             /* of a pilot */
};

/* Fuel for ticks flown (boost already counted three times), rounded up. */
int64_t rules_fuel(int64_t flown_ticks, int64_t per_minute);
/* Price of bringing a hull of `max` points from `hull` to full, rounded up. */
int64_t rules_repair_price(int64_t hull, int64_t max, int64_t whole_price);
/* Hull points that `credits` buy at that price; never above what is missing. */
int64_t rules_repair_points(int64_t hull, int64_t max, int64_t whole_price, int64_t credits);
/* What a pilot pays for the same hull again. */
int64_t rules_hull_price(int64_t price, int64_t insurance_pm);
/* What a policy for a ship of this price costs, rounded up. */
int64_t rules_premium(int64_t price);
/* What guns of another kind cost for so many mounts: half of the price of those there now is paid
 * back. */
int64_t rules_refit_price(int64_t mounts, int64_t price, int64_t present_price);
/* What a yard pays for a ship: less for a damaged one. */
int64_t rules_resale(int64_t price, int64_t hull, int64_t max);
int64_t rules_bounty(int64_t level_bounty, int64_t zone_pm);
/* Throttles of an industry by stock against target, per mille: nobody produces beyond two targets,
 * recipes slow down below a third of an input, people below a quarter of what they use. */
int64_t rules_output_pm(int64_t stock, int64_t target);
int64_t rules_input_pm(int64_t stock, int64_t target);
int64_t rules_use_pm(int64_t stock, int64_t target);
/* A loss rate per million and minute: 0.7 of the old one, 0.3 of what a day's losses say. */
int64_t rules_measured_risk(int64_t loss_ppm, int64_t losses, int64_t flown_s);
/* What a zone pays for its risk, by the measured rate against that of its profile, per mille: 500
 * to 2000; 1000 where no loss is expected. */
int64_t rules_risk_factor(int64_t loss_ppm, int64_t profile_ppm);
/* A per mille whose distance from 1000 is taken times a factor. */
int64_t rules_by_factor(int64_t pm, int64_t factor_pm);
/* How much trade makes all rates rise: 1000 with nobody, more by 1000 for each so many traders. */
int64_t rules_activity_pm(int64_t traders, int64_t traders_per_whole, int64_t max_pm);
/* Whole units that a flow of millionths moves a stock by; the remainder is carried. Never below 0
 * or above max. */
int64_t rules_flow(int64_t micro, int64_t stock, int64_t max, int32_t *carry);
/* That part of the gap, at least 1 credit while there is one. Negative: back to the mint. */
int64_t rules_refill(int64_t credits, int64_t target, int64_t cycles);
/* Does a scan with this chance happen? `draw` is any well-mixed number (the event's id). */
bool rules_scanned(uint64_t draw, int64_t customs_pm);
bool rules_newcomer(int64_t flown_ticks, int64_t worth, bool aggressor);

#endif
