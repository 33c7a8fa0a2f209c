/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision about one order or quote: from plain numbers to a result, a total and a limit. Pure;
 * any thread. Never moves anything: the caller posts what was decided.
 */
#ifndef LEDGER_ORDER_H
#define LEDGER_ORDER_H

#include "price.h"

enum { ORDER_QUANTITY_MAX = 1000 };

/* The numbers of enum OrderResult of the schema. */
enum order_result {
    ORDER_DONE = 1,
    ORDER_NOT_DOCKED,
    ORDER_NO_CREDITS,
    ORDER_NO_STOCK,
    ORDER_NO_SPACE,
    ORDER_PRICE_MOVED,
    ORDER_QUOTE_EXPIRED,
    ORDER_UNKNOWN_COMMODITY,
    ORDER_MARKET_CLOSED,
    ORDER_TOO_LARGE,
    ORDER_DUPLICATE,
    ORDER_TRY_AGAIN,
    ORDER_MALFORMED
};

enum order_side { ORDER_BUY = 1, ORDER_SELL = 2 };

struct order_ask {
    int side;
    int64_t quantity;
    int64_t worst_total; /* 0 = any */
    bool has_promise;    /* of a quote: `promise` credits before tax */
    int64_t promise;
};

struct order_state {
    const struct price_line *line; /* NULL: not traded there */
    bool docked_here;
    int64_t stock;     /* of the station */
    int64_t treasury;  /* of the station */
    int64_t wallet;    /* of the pilot */
    int64_t aboard;    /* units of this good */
    int64_t free_mass; /* t */
    int64_t unit_mass; /* t */
};

struct order_outcome {
    enum order_result result;
    int64_t gross; /* credits between pilot and station, before tax */
    int64_t tax;
    int64_t total; /* what the wallet moves by; with PRICE_MOVED what it would be */
    int64_t limit; /* see OrderResult */
};

struct order_outcome order_decide(const struct order_ask *ask, const struct order_state *state);

#endif
