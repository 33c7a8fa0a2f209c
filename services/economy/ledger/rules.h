/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small money rules as integer arithmetic: fuel, repair, hulls, bounties, drift, treasuries. Pure;
 * any thread. Knows no rows and moves nothing.
 */
#ifndef LEDGER_RULES_H
#define LEDGER_RULES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RULES_START_CREDITS = 2500,
    RULES_DRONE_BOUNTY = 100,
    RULES_TICKS_PER_MINUTE = 1200,
    RULES_DRIFT_DIVISOR = 64,     /* every 10 s */
    RULES_TREASURY_DIVISOR = 48,  /* every 60 s */
    RULES_NEWCOMER_TICKS = 54000, /* 45 min in space */
    RULES_NEWCOMER_WORTH = 15000, /* credits */
    RULES_NEWCOMER_REFUND = 2500, /* credits, for each of the first losses */
    RULES_NEWCOMER_LOSSES = 2,
    RULES_RESALE_PM = 600,          /* of a whole ship's price */
    RULES_SMALL_YARD_PRICE = 40000, /* a small yard builds no dearer ships */
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
/* What a yard pays for a ship: less for a damaged one. */
int64_t rules_resale(int64_t price, int64_t hull, int64_t max);
int64_t rules_bounty(int64_t level_bounty, int64_t zone_pm);
/*
 * Stock moves by 1/64 of its way to rest, in whole units; the remainder is carried in 64ths, so
 * that small gaps move too. The move never crosses rest.
 */
int64_t rules_drift(int64_t stock, int64_t rest, int32_t *carry);
/* 1/48 of the gap, at least 1 credit while there is one. Negative: back to the mint. */
int64_t rules_refill(int64_t treasury, int64_t target);
/* Does a scan with this chance happen? `draw` is any well-mixed number (the event's id). */
bool rules_scanned(uint64_t draw, int64_t customs_pm);
bool rules_newcomer(int64_t flown_ticks, int64_t worth, bool aggressor);

#endif
