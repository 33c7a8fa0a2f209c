/* SPDX-License-Identifier: Apache-2.0 */
#include "decide.h"

#include <st/assert.h>

enum { LIMIT_HOURS = 24 };

static struct limit_reply refuse(enum order_result result, int64_t limit)
{
    return (struct limit_reply){.result = result, .limit = limit};
}

/* Goods in escrow that a pilot may collect at a station. */
static void keep(struct unit *u, uint64_t player, uint32_t location, uint32_t commodity,
                 int64_t quantity)
{
    if (quantity == 0)
        return;
    st_assert(u->lockers_n < LOCKERS_MAX);
    u->lockers[u->lockers_n++] = (struct locker){player, location, commodity, 0, quantity};
}

static int64_t hold_room(const struct unit *u, const struct ship *s, uint32_t commodity)
{
    int64_t mass = catalog_hold(u->catalog, s->class_id) - unit_cargo_mass(u, s->id);
    return mass > 0 ? mass / catalog_mass(u->catalog, commodity) : 0;
}

/* Goods come aboard as far as they fit; the rest waits in the locker. */
static void hand_over(struct unit *u, const struct ship *s, const struct limit_order *o,
                      int64_t quantity, int64_t transaction)
{
    int64_t fits = ST_MIN(quantity, hold_room(u, s, o->commodity));
    unit_move(u, transaction, escrow_account(), account_of(ACCOUNT_SHIP, s->id),
              (int32_t)o->commodity, fits);
    keep(u, o->player, o->location, o->commodity, quantity - fits);
}

static void pay_seller(struct unit *u, const struct line *l, uint64_t seller, int64_t credits,
                       int64_t transaction)
{
    int64_t tax = price_tax(&l->price, credits);
    unit_move(u, transaction, escrow_account(), account_of(ACCOUNT_TAX, l->location), BOOK_CREDITS,
              tax);
    unit_move(u, transaction, escrow_account(), account_of(ACCOUNT_PILOT, seller), BOOK_CREDITS,
              credits - tax);
}

/* The resting order of the best price, of those the oldest; own ones never meet. */
static struct limit_order *best_match(struct unit *u, const struct limit_order *o)
{
    struct limit_order *best = NULL;
    for (uint32_t i = 0; i < u->limits_n; i++) {
        struct limit_order *r = &u->limits[i];
        bool buys = o->side == ORDER_BUY;
        if (r->state != LIMIT_WAITS || r->side == o->side || r->player == o->player ||
            r->location != o->location || r->commodity != o->commodity || r->ends_ms <= u->now_ms ||
            (buys ? r->price > o->price : r->price < o->price) || !unit_pilot(u, r->player))
            continue;
        if (!best || (buys ? r->price < best->price : r->price > best->price) ||
            (r->price == best->price && r->id < best->id))
            best = r;
    }
    return best;
}

/* Trades a quantity at the price of the order that waited. */
static void fill(struct unit *u, struct limit_order *o, struct limit_order *rest,
                 const struct ship *s, struct limit_reply *r, int64_t transaction)
{
    const struct line *l = unit_line(u, o->location, o->commodity);
    int64_t q = ST_MIN(o->remains, rest->remains), credits = q * rest->price;
    if (o->side == ORDER_BUY) {
        pay_seller(u, l, rest->player, credits, transaction);
        unit_move(u, transaction, escrow_account(), account_of(ACCOUNT_PILOT, o->player),
                  BOOK_CREDITS, q * (o->price - rest->price));
        hand_over(u, s, o, q, transaction);
        r->total += credits;
    } else {
        pay_seller(u, l, o->player, credits, transaction);
        keep(u, rest->player, o->location, o->commodity, q);
        r->total += credits - price_tax(&l->price, credits);
    }
    o->remains -= q;
    rest->remains -= q;
    rest->changed = true;
    if (rest->remains == 0)
        rest->state = LIMIT_FILLED;
    r->filled += q;
    pilot_touch(unit_pilot(u, rest->player));
}

/* What does not wait goes back to whose it is. */
static void give_back(struct unit *u, const struct limit_order *o, const struct ship *s,
                      int64_t transaction)
{
    if (o->side == ORDER_BUY)
        unit_move(u, transaction, escrow_account(), account_of(ACCOUNT_PILOT, o->player),
                  BOOK_CREDITS, o->remains * o->price);
    else if (s)
        hand_over(u, s, o, o->remains, transaction);
    else
        keep(u, o->player, o->location, o->commodity, o->remains);
}

static uint32_t waiting(const struct unit *u, uint64_t player)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < u->limits_n; i++)
        n += u->limits[i].player == player && u->limits[i].state == LIMIT_WAITS;
    return n;
}

static struct limit_reply check(struct unit *u, const struct act *a, const struct pilot *p)
{
    const struct ship *s = unit_ship(u, p->ship);
    int64_t need = a->limit.price * a->limit.quantity, wallet = unit_wallet(u, p->player);
    int64_t aboard = book_balance(&u->book, account_of(ACCOUNT_SHIP, s->id), (int32_t)a->commodity);
    if (!unit_line(u, a->location, a->commodity))
        return refuse(ORDER_UNKNOWN_COMMODITY, 0);
    if (s->holder != HOLDER_STATION || s->holder_id != a->location || s->locked)
        return refuse(ORDER_NOT_DOCKED, 0);
    if (waiting(u, p->player) >= LIMITS_OPEN_MAX)
        return refuse(ORDER_TOO_LARGE, LIMITS_OPEN_MAX);
    if (a->side == ORDER_BUY && wallet < need)
        return refuse(ORDER_NO_CREDITS, need - wallet);
    if (a->side == ORDER_SELL && aboard < a->limit.quantity)
        return refuse(ORDER_NO_STOCK, aboard);
    return refuse(ORDER_DONE, 0);
}

static struct limit_reply place(struct unit *u, const struct act *a, const struct pilot *p,
                                int64_t transaction)
{
    struct limit_reply r = check(u, a, p);
    const struct ship *s = unit_ship(u, p->ship);
    if (r.result != ORDER_DONE)
        return r;
    st_assert(u->limits_n < LIMITS_MAX);
    uint32_t others = u->limits_n - waiting(u, p->player);
    struct limit_order *o = &u->limits[u->limits_n];
    *o = a->limit;
    o->player = p->player;
    o->remains = o->quantity;
    o->ends_ms = u->now_ms + LIMIT_HOURS * 3600000ULL;
    if (o->side == ORDER_BUY)
        unit_move(u, transaction, account_of(ACCOUNT_PILOT, p->player), escrow_account(),
                  BOOK_CREDITS, o->price * o->quantity);
    else
        unit_move(u, transaction, account_of(ACCOUNT_SHIP, s->id), escrow_account(),
                  (int32_t)o->commodity, o->quantity);
    for (struct limit_order *rest = best_match(u, o); rest && o->remains > 0;
         rest = best_match(u, o))
        fill(u, o, rest, s, &r, transaction);
    r.order = o;
    if (o->remains == 0)
        return r;
    /* More than were looked at may still match: what is left does not wait past them. */
    if (others >= LIMITS_MATCHED_MAX) {
        give_back(u, o, s, transaction);
        o->remains = 0;
        return r;
    }
    o->id = unit_next_id(u);
    o->state = LIMIT_WAITS;
    o->created = true;
    u->limits_n++;
    return r;
}

static struct limit_reply cancel(struct unit *u, const struct act *a, const struct pilot *p,
                                 int64_t transaction)
{
    struct limit_order *o = unit_limit(u, a->limit.id);
    const struct ship *s = unit_ship(u, p->ship);
    if (!o || o->player != p->player || o->location != a->location ||
        o->commodity != a->commodity || o->state != LIMIT_WAITS)
        return refuse(ORDER_UNKNOWN_COMMODITY, 0);
    bool here = s->holder == HOLDER_STATION && s->holder_id == o->location;
    give_back(u, o, here ? s : NULL, transaction);
    o->state = LIMIT_CANCELLED;
    o->changed = true;
    return (struct limit_reply){.result = ORDER_DONE, .order = o};
}

static struct limit_reply collect(struct unit *u, const struct act *a, const struct pilot *p,
                                  int64_t transaction)
{
    const struct ship *s = unit_ship(u, p->ship);
    struct locker *k = unit_locker(u, p->player, a->location, a->commodity);
    if (!k || k->quantity == 0)
        return refuse(ORDER_NO_STOCK, 0);
    if (s->holder != HOLDER_STATION || s->holder_id != a->location || s->locked)
        return refuse(ORDER_NOT_DOCKED, 0);
    int64_t q = ST_MIN(k->quantity, hold_room(u, s, a->commodity));
    if (q == 0)
        return refuse(ORDER_NO_SPACE, 0);
    unit_move(u, transaction, escrow_account(), account_of(ACCOUNT_SHIP, s->id),
              (int32_t)a->commodity, q);
    k->change -= q;
    return (struct limit_reply){.result = ORDER_DONE, .collected = q};
}

void decide_limit(struct unit *u, struct act *a, struct pilot *p)
{
    bool taken = false;
    struct limit_reply r = {.result = ORDER_DUPLICATE};
    if (decide_replayed(u, a, &taken))
        return;
    if (taken) {
        wire_answer_limit(a, &r);
        return;
    }
    struct transaction *t = unit_transaction_keyed(u, "limit", a);
    r = a->limit_action == LIMIT_PLACE    ? place(u, a, p, t->id)
        : a->limit_action == LIMIT_CANCEL ? cancel(u, a, p, t->id)
                                          : collect(u, a, p, t->id);
    t->result = (int)r.result;
    if (r.result == ORDER_DONE)
        pilot_touch(p);
    for (uint32_t i = 0; i < u->pilots_n; i++)
        decide_touched(u, &u->pilots[i], "limit");
    r.balance = unit_wallet(u, p->player);
    r.rev = p->rev;
    wire_answer_limit(a, &r);
    decide_keep(t, a);
}

/* An order whose day is over. */
void decide_limit_end(struct unit *u, struct act *a)
{
    struct limit_order *o = unit_limit(u, a->limit.id);
    struct pilot *p = unit_pilot(u, a->player);
    if (!o || !p || o->player != p->player || o->state != LIMIT_WAITS || o->ends_ms > u->now_ms)
        return;
    const struct transaction *t = unit_transaction(u, "limit_end", p->player, a);
    give_back(u, o, NULL, t->id);
    o->state = LIMIT_ENDED;
    o->changed = true;
    pilot_touch(p);
    decide_touched(u, p, "limit_end");
}
