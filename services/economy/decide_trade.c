/* SPDX-License-Identifier: Apache-2.0 */
#include "decide.h"

#include <stdlib.h>
#include <string.h>

#include <st/assert.h>
#include <st/rng.h>

struct order_state decide_state(struct unit *u, uint64_t player, const struct ship *s,
                                uint32_t location, uint32_t commodity)
{
    const struct line *l = unit_line(u, location, commodity);
    account_id station = account_of(ACCOUNT_STATION, location);
    struct order_state state = {.line = l ? &l->price : NULL};
    if (!l)
        return state;
    state.docked_here = s->holder == HOLDER_STATION && s->holder_id == location && !s->locked;
    state.stock = book_balance(&u->book, station, (int32_t)commodity);
    state.treasury = book_balance(&u->book, station, BOOK_CREDITS);
    state.wallet = unit_wallet(u, player);
    state.aboard = book_balance(&u->book, account_of(ACCOUNT_SHIP, s->id), (int32_t)commodity);
    state.free_mass = catalog_hold(u->catalog, s->class_id) - unit_cargo_mass(u, s->id);
    state.unit_mass = catalog_mass(u->catalog, commodity);
    return state;
}

void decide_post(struct unit *u, const struct trade_post *d, const struct order_outcome *o,
                 int64_t transaction)
{
    account_id pilot = account_of(ACCOUNT_PILOT, d->player);
    account_id hold = account_of(ACCOUNT_SHIP, d->ship);
    account_id station = account_of(ACCOUNT_STATION, d->location);
    account_id tax = account_of(ACCOUNT_TAX, d->location);
    int32_t good = (int32_t)d->commodity;
    bool buying = d->side == ORDER_BUY;
    unit_move(u, transaction, buying ? pilot : station, buying ? station : pilot, BOOK_CREDITS,
              o->gross);
    unit_move(u, transaction, pilot, tax, BOOK_CREDITS, o->tax);
    unit_move(u, transaction, buying ? station : hold, buying ? hold : station, good, d->quantity);
    unit_line(u, d->location, d->commodity)->changed = true;
    st_assert(u->trades_n < TRADES_MAX);
    u->trades[u->trades_n++] = (struct trade_news){
        transaction, d->player,   d->location, d->commodity,
        d->side,     d->quantity, o->total,    book_balance(&u->book, station, good)};
}

static struct quote *find_quote(struct unit *u, const struct act *a)
{
    struct quote *q = a->has_quote ? unit_quote(u, a->quote_id) : NULL;
    if (!q || !q->valid || q->used || q->player != a->player || q->location != a->location ||
        q->commodity != a->commodity || q->side != a->side || q->quantity != a->quantity)
        return NULL;
    return q;
}

static struct order_outcome decide_outcome(struct unit *u, const struct act *a,
                                           const struct pilot *p)
{
    struct order_state state =
        decide_state(u, p->player, unit_ship(u, p->ship), a->location, a->commodity);
    struct order_ask ask = {a->side, a->quantity, a->worst_total, false, 0};
    struct quote *q = find_quote(u, a);
    if (a->has_quote && !q)
        return (struct order_outcome){.result = ORDER_QUOTE_EXPIRED};
    if (q) {
        ask.has_promise = true;
        ask.promise = q->credits;
    }
    struct order_outcome o = order_decide(&ask, &state);
    if (q && o.result == ORDER_DONE)
        q->used = true;
    return o;
}

void decide_order(struct unit *u, struct act *a, struct pilot *p)
{
    bool taken = false;
    struct order_reply r = {.rev = p->rev};
    if (decide_replayed(u, a, &taken))
        return;
    if (taken) {
        r.outcome.result = ORDER_DUPLICATE;
        wire_answer_order(a, &r);
        return;
    }
    r.outcome = decide_outcome(u, a, p);
    if (r.outcome.result == ORDER_MALFORMED) {
        wire_answer_order(a, &r);
        return;
    }
    struct transaction *t = unit_transaction_keyed(u, "order", a);
    t->result = (int)r.outcome.result;
    if (r.outcome.result == ORDER_DONE) {
        decide_post(u,
                    &(struct trade_post){a->player, p->ship, a->location, a->commodity, a->side,
                                         a->quantity},
                    &r.outcome, t->id);
        p->traded = true;
        pilot_touch(p);
        decide_touched(u, p, "order");
        r.rev = p->rev;
        r.transaction = t->id;
        r.balance = unit_wallet(u, p->player);
        r.in_hold =
            book_balance(&u->book, account_of(ACCOUNT_SHIP, p->ship), (int32_t)a->commodity);
        r.cargo_mass = unit_cargo_mass(u, p->ship);
    }
    wire_answer_order(a, &r);
    decide_keep(t, a);
}

/* Why the price is what it is, per mille of what it would usually be. */
static void explain(struct quote_reply *r, const struct line *l, int64_t stock, const struct act *a)
{
    int64_t mid = price_mid_milli(&l->price, stock);
    int64_t after = stock + (a->side == ORDER_BUY ? -a->quantity : a->quantity);
    int64_t worth = price_potential(&l->price, stock) - price_potential(&l->price, after);
    int64_t average = llabs(worth) / l->price.target / a->quantity; /* thousandths */
    r->usual = l->price.base;
    r->stock_effect_pm = mid / l->price.base - 1000;
    r->zone_effect_pm = l->bias_pm - 1000;
    r->order_effect_pm = average * 1000 / mid - 1000;
}

void decide_quote(struct unit *u, struct act *a, struct pilot *p)
{
    struct quote_reply r = {0};
    struct order_state state =
        decide_state(u, p->player, unit_ship(u, p->ship), a->location, a->commodity);
    state.wallet = INT64_MAX; /* a price may be asked for by the poor */
    struct order_ask ask = {a->side, a->quantity, 0, false, 0};
    struct order_outcome o = order_decide(&ask, &state);
    r.result = o.result;
    r.total = o.total;
    r.tax = o.tax;
    r.limit = o.limit;
    const struct line *l = unit_line(u, a->location, a->commodity);
    if (o.result == ORDER_DONE) {
        st_assert(u->quotes_n < ST_ARRAY_LEN(u->quotes));
        explain(&r, l, state.stock, a);
        st_random(r.id, sizeof r.id);
        struct quote *q = &u->quotes[u->quotes_n++];
        *q = (struct quote){.player = a->player,
                            .location = a->location,
                            .commodity = a->commodity,
                            .side = a->side,
                            .quantity = a->quantity,
                            .credits = o.gross,
                            .valid = true,
                            .created = true};
        memcpy(q->id, r.id, sizeof q->id);
    }
    wire_answer_quote(a, &r);
}
