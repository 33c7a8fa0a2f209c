/* SPDX-License-Identifier: Apache-2.0 */
/* Limit orders between the schema and plain structs. */
#include "wire.h"

#include <startrader/v1/limit.pb-c.h>

#include "wire_private.h"

enum { PRICE_MAX = 40000 };

bool wire_book(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__EconBookRequest *q =
        wire_unpack(&startrader__v1__econ_book_request__descriptor, data, len, arena);
    a->kind = ACT_BOOK;
    if (!q || !wire_set_caller(a, q->caller) || !q->book)
        return false;
    a->location = q->book->location;
    a->commodity = q->book->commodity;
    return a->location <= INT16_MAX && a->commodity <= GOOD_ID_MAX;
}

static bool set_terms(struct act *a, const Startrader__V1__LimitRequest *q)
{
    a->limit_action = (enum limit_action)q->action;
    a->location = q->location;
    a->commodity = q->commodity;
    a->side = (int)q->side;
    a->limit = (struct limit_order){.id = (int64_t)q->order,
                                    .location = q->location,
                                    .commodity = q->commodity,
                                    .side = (int)q->side,
                                    .price = q->price,
                                    .quantity = q->quantity};
    if (q->location > INT16_MAX || q->commodity > GOOD_ID_MAX)
        return false;
    switch (q->action) {
    case STARTRADER__V1__LIMIT_ACTION__LIMIT_ACTION_PLACE:
        return (a->side == ORDER_BUY || a->side == ORDER_SELL) && q->price >= 1 &&
               q->price <= PRICE_MAX && q->quantity >= 1 && q->quantity <= ORDER_QUANTITY_MAX;
    case STARTRADER__V1__LIMIT_ACTION__LIMIT_ACTION_CANCEL:
        return q->order > 0 && q->order <= (uint64_t)INT64_MAX;
    case STARTRADER__V1__LIMIT_ACTION__LIMIT_ACTION_COLLECT:
        return true;
    default:
        return false;
    }
}

bool wire_limit(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__EconLimitRequest *q =
        wire_unpack(&startrader__v1__econ_limit_request__descriptor, data, len, arena);
    a->kind = ACT_LIMIT;
    if (!q || !wire_set_caller(a, q->caller) || !wire_set_key(a, q->request_id) || !q->limit ||
        !set_terms(a, q->limit))
        return false;
    wire_set_asked(a, &q->limit->base);
    return true;
}

static void pack(Startrader__V1__LimitOrder *m, const struct limit_order *o)
{
    *m = (Startrader__V1__LimitOrder)STARTRADER__V1__LIMIT_ORDER__INIT;
    m->order = (uint64_t)o->id;
    m->location = o->location;
    m->commodity = o->commodity;
    m->side = (Startrader__V1__Side)o->side;
    m->price = (uint32_t)o->price;
    m->quantity = (uint32_t)o->quantity;
    m->left = (uint32_t)o->remains;
    m->ends_ms = o->ends_ms;
}

/* Everything that a BookReply points at. */
struct packed_book {
    Startrader__V1__BookLevel levels[2][LIMITS_LEVELS], *level_p[2][LIMITS_LEVELS];
    Startrader__V1__LimitOrder own[LIMITS_OPEN_MAX], *own_p[LIMITS_OPEN_MAX];
    Startrader__V1__Goods goods[GOODS_MAX], *goods_p[GOODS_MAX];
};

static void pack_levels(struct packed_book *p, Startrader__V1__BookReply *r, const struct act *a,
                        const struct unit *u)
{
    size_t *counts[2] = {&r->n_bid, &r->n_ask};
    r->bid = p->level_p[0];
    r->ask = p->level_p[1];
    for (uint32_t i = 0; i < u->levels_n; i++) {
        const struct book_level *l = &u->levels[i];
        int k = l->side == ORDER_BUY ? 0 : 1;
        if (l->location != a->location || l->commodity != a->commodity ||
            *counts[k] == LIMITS_LEVELS)
            continue;
        Startrader__V1__BookLevel *m = p->level_p[k][*counts[k]] = &p->levels[k][*counts[k]];
        *m = (Startrader__V1__BookLevel)STARTRADER__V1__BOOK_LEVEL__INIT;
        m->price = (uint32_t)l->price;
        m->quantity = (uint32_t)l->quantity;
        (*counts[k])++;
    }
}

void wire_answer_book(struct act *a, const struct unit *u)
{
    struct packed_book p;
    Startrader__V1__BookReply r = STARTRADER__V1__BOOK_REPLY__INIT;
    pack_levels(&p, &r, a, u);
    r.own = p.own_p;
    r.locker = p.goods_p;
    for (uint32_t i = 0; i < u->limits_n && r.n_own < LIMITS_OPEN_MAX; i++) {
        if (u->limits[i].player != a->player || u->limits[i].location != a->location)
            continue;
        pack(&p.own[r.n_own], &u->limits[i]);
        p.own_p[r.n_own] = &p.own[r.n_own];
        r.n_own++;
    }
    for (uint32_t i = 0; i < u->lockers_n && r.n_locker < GOODS_MAX; i++) {
        const struct locker *k = &u->lockers[i];
        if (k->player != a->player || k->location != a->location)
            continue;
        p.goods[r.n_locker] = (Startrader__V1__Goods)STARTRADER__V1__GOODS__INIT;
        p.goods[r.n_locker].commodity = k->commodity;
        p.goods[r.n_locker].quantity = (uint32_t)k->quantity;
        p.goods_p[r.n_locker] = &p.goods[r.n_locker];
        r.n_locker++;
    }
    wire_set_answer(a, &r.base);
}

void wire_answer_limit(struct act *a, const struct limit_reply *w)
{
    Startrader__V1__LimitReply r = STARTRADER__V1__LIMIT_REPLY__INIT;
    Startrader__V1__LimitOrder o;
    r.result = (Startrader__V1__OrderResult)w->result;
    r.limit = (uint64_t)w->limit;
    if (w->order) {
        pack(&o, w->order);
        r.order = &o;
    }
    r.filled = (uint32_t)w->filled;
    r.total = (uint64_t)w->total;
    r.collected = (uint32_t)w->collected;
    r.balance = w->balance;
    r.rev = w->rev;
    wire_set_answer(a, &r.base);
}
