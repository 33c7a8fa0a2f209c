/* SPDX-License-Identifier: Apache-2.0 */
#include "pilot.h"

#include <inttypes.h>
#include <string.h>

#include <st/rng.h>

enum { VISIT_ORDERS = 9, RETRY_MS = 2000, DEFINITE_MS = 10000, PAUSE_MS = 250 };

typedef Startrader__V1__Request Request;

static void ask(struct pilot *p, struct world *w, Request *q, uint8_t id[16])
{
    q->request_id.data = id;
    q->request_id.len = 16;
    Request *list[1] = {q};
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    f.n_request = 1;
    f.request = list;
    pilot_send_frame(p, w, &f);
}

static void ask_market(struct pilot *p, struct world *w)
{
    Startrader__V1__MarketRequest m = STARTRADER__V1__MARKET_REQUEST__INIT;
    Request q = STARTRADER__V1__REQUEST__INIT;
    q.body_case = STARTRADER__V1__REQUEST__BODY_MARKET;
    q.market = &m;
    uint8_t id[16];
    pilot_random_id(id);
    ask(p, w, &q, id);
}

static void ask_account(struct pilot *p, struct world *w)
{
    Startrader__V1__AccountRequest a = STARTRADER__V1__ACCOUNT_REQUEST__INIT;
    Request q = STARTRADER__V1__REQUEST__INIT;
    q.body_case = STARTRADER__V1__REQUEST__BODY_ACCOUNT;
    q.account = &a;
    uint8_t id[16];
    pilot_random_id(id);
    ask(p, w, &q, id);
}

static void send_order(struct pilot *p, struct world *w, struct order *o, uint64_t now_ms)
{
    Startrader__V1__OrderRequest r = STARTRADER__V1__ORDER_REQUEST__INIT;
    r.location = o->location;
    r.commodity = o->commodity;
    r.side = (Startrader__V1__Side)o->side;
    r.quantity = o->quantity;
    r.worst_total = o->worst_total;
    Request q = STARTRADER__V1__REQUEST__INIT;
    q.body_case = STARTRADER__V1__REQUEST__BODY_ORDER;
    q.order = &r;
    o->sent_ms = now_ms;
    ask(p, w, &q, o->id);
}

static void record(struct pilot *p, struct world *w, const struct order *o, const char *result,
                   uint64_t total, uint64_t now_ms)
{
    if (!w->history)
        return;
    char id[33];
    st_hex_encode(o->id, 16, id);
    fprintf(w->history,
            "{\"op\":\"order\",\"player\":%" PRIu64 ",\"order_id\":\"%s\",\"location\":%u,"
            "\"commodity\":%u,\"side\":\"%s\",\"quantity\":%u,\"result\":\"%s\",\"total\":%" PRIu64
            ",\"t_ms\":%" PRIu64 "}\n",
            p->account.player, id, o->location, o->commodity,
            o->side == STARTRADER__V1__SIDE__SIDE_BUY ? "buy" : "sell", o->quantity, result, total,
            now_ms - w->start_ms);
}

static void place(struct pilot *p, struct world *w, uint32_t good, uint32_t side, uint32_t quantity,
                  uint64_t worst, uint64_t now_ms)
{
    for (int i = 0; i < ORDERS_KEPT; i++) {
        struct order *o = &p->orders[i];
        if (o->used)
            continue;
        *o = (struct order){.used = true,
                            .location = p->own.location,
                            .commodity = good,
                            .side = side,
                            .quantity = quantity,
                            .worst_total = worst,
                            .first_ms = now_ms};
        pilot_random_id(o->id);
        w->report->orders++;
        p->steps_done++;
        send_order(p, w, o, now_ms);
        return;
    }
}

bool pilot_pending(const struct pilot *p)
{
    for (int i = 0; i < ORDERS_KEPT; i++)
        if (p->orders[i].used)
            return true;
    return false;
}

static const struct market_line *line_of(const struct market_line *lines, uint32_t n, uint32_t good)
{
    for (uint32_t i = 0; i < n; i++)
        if (lines[i].commodity == good)
            return &lines[i];
    return NULL;
}

static bool sell_something(struct pilot *p, struct world *w, uint64_t now_ms)
{
    for (uint32_t i = 0; i < p->own.cargo_n; i++) {
        const struct market_line *l = line_of(p->market, p->market_n, p->own.cargo[i].good);
        if (!l || !l->buys || p->own.cargo[i].quantity == 0)
            continue;
        uint32_t n = ST_MIN(p->own.cargo[i].quantity, 1 + pilot_random(p, 6));
        place(p, w, l->commodity, STARTRADER__V1__SIDE__SIDE_SELL, n, 0, now_ms);
        p->own.cargo[i].quantity -= n;
        return true;
    }
    return false;
}

/* What sells best at the next goal, else whatever is cheap. */
static const struct market_line *choose_purchase(struct pilot *p)
{
    const struct market_line *best = NULL;
    int64_t best_gain = 0;
    for (uint32_t i = 0; i < p->market_n; i++) {
        const struct market_line *l = &p->market[i];
        const struct market_line *t = line_of(p->there, p->there_n, l->commodity);
        if (!l->sells || l->stock < 10 || l->buy == 0)
            continue;
        int64_t gain = (t && t->buys ? (int64_t)t->sell : 0) - (int64_t)l->buy;
        if (!best || gain > best_gain) {
            best = l;
            best_gain = gain;
        }
    }
    return best;
}

static void buy_something(struct pilot *p, struct world *w, uint64_t now_ms)
{
    const struct market_line *l = choose_purchase(p);
    const struct config_good *g = l ? world_config_good(w->config, l->commodity) : NULL;
    uint32_t room = p->hold > p->own.cargo_mass ? p->hold - p->own.cargo_mass : 0;
    if (!g || g->mass == 0) {
        p->steps_done++;
        return;
    }
    uint32_t n = ST_MIN(room / g->mass, 1 + pilot_random(p, 4));
    n = ST_MIN(n, (uint32_t)(p->credits / 3 / l->buy));
    if (n > 0)
        place(p, w, l->commodity, STARTRADER__V1__SIDE__SIDE_BUY, n, (uint64_t)l->buy * n * 2,
              now_ms);
    else
        p->steps_done++;
}

static void undock(struct pilot *p, struct world *w, uint64_t now_ms)
{
    if (!p->undock_asked)
        pilot_random_id(p->undock_id);
    else if (now_ms - p->undock_ms < RETRY_MS)
        return;
    p->undock_asked = true;
    p->undock_ms = now_ms;
    Startrader__V1__UndockRequest u = STARTRADER__V1__UNDOCK_REQUEST__INIT;
    Request q = STARTRADER__V1__REQUEST__INIT;
    q.body_case = STARTRADER__V1__REQUEST__BODY_UNDOCK;
    q.undock = &u;
    ask(p, w, &q, p->undock_id);
}

void trade_turn(struct pilot *p, struct world *w, uint64_t now_ms)
{
    if (now_ms - p->asked_ms < PAUSE_MS || pilot_pending(p))
        return;
    p->asked_ms = now_ms;
    if (p->behaviour == TRADE && !w->ending && p->own.location) {
        if (!p->market_known || !p->account_known) {
            if (!p->market_known)
                ask_market(p, w);
            ask_account(p, w);
            return;
        }
        if (p->steps_done < VISIT_ORDERS) {
            /* What was bought here is for the next station: no sale after the first purchase. */
            if (p->buying || !sell_something(p, w, now_ms)) {
                p->buying = true;
                buy_something(p, w, now_ms);
            }
            p->account_known = false;
            return;
        }
    }
    if (!w->ending)
        undock(p, w, now_ms);
}

void trade_retry(struct pilot *p, struct world *w, uint64_t now_ms)
{
    for (int i = 0; i < ORDERS_KEPT; i++) {
        struct order *o = &p->orders[i];
        if (!o->used || now_ms - o->sent_ms < RETRY_MS)
            continue;
        if (now_ms - o->first_ms > DEFINITE_MS) {
            record(p, w, o, "unknown", 0, now_ms);
            report_fail(w->report, FAIL_ORDER, "no answer in 10 s");
            o->used = false;
            continue;
        }
        w->report->orders_retried++;
        send_order(p, w, o, now_ms);
    }
}

static void take_market(struct pilot *p, const Startrader__V1__MarketReply *m)
{
    p->market_n = p->there_n = 0;
    for (size_t i = 0; i < m->n_line; i++) {
        const Startrader__V1__MarketLine *l = m->line[i];
        struct market_line copy = {.commodity = l->commodity,
                                   .buy = l->buy,
                                   .sell = l->sell,
                                   .stock = l->stock,
                                   .sells = l->sells,
                                   .buys = l->buys};
        if (l->location == p->own.location && p->market_n < GOODS_KEPT)
            p->market[p->market_n++] = copy;
        if (p->goal && l->location == p->goal->id && p->there_n < GOODS_KEPT)
            p->there[p->there_n++] = copy;
    }
    p->market_known = true;
}

static void take_account(struct pilot *p, const Startrader__V1__AccountReply *a)
{
    p->credits = a->credits;
    p->hold = a->hold;
    p->own.cargo_n = (uint32_t)ST_MIN(a->n_cargo, ST_ARRAY_LEN(p->own.cargo));
    for (uint32_t i = 0; i < p->own.cargo_n; i++) {
        p->own.cargo[i].good = a->cargo[i]->commodity;
        p->own.cargo[i].quantity = a->cargo[i]->quantity;
    }
    p->account_known = true;
}

static void take_order(struct pilot *p, struct world *w, const Startrader__V1__Reply *r,
                       uint64_t now_ms)
{
    for (int i = 0; i < ORDERS_KEPT; i++) {
        struct order *o = &p->orders[i];
        if (!o->used || r->request_id.len != 16 || memcmp(o->id, r->request_id.data, 16) != 0)
            continue;
        if (r->code != STARTRADER__V1__CODE__CODE_OK || !r->order ||
            r->order->result == STARTRADER__V1__ORDER_RESULT__ORDER_RESULT_TRY_AGAIN)
            return; /* not decided: trade_retry asks again */
        const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(
            &startrader__v1__order_result__descriptor, (int)r->order->result);
        bool done = r->order->result == STARTRADER__V1__ORDER_RESULT__ORDER_RESULT_DONE;
        record(p, w, o, v ? v->name + strlen("ORDER_RESULT_") : "?", done ? r->order->total : 0,
               now_ms);
        if (done) {
            w->report->orders_done++;
            p->own.cargo_mass = r->order->cargo_mass;
        }
        o->used = false;
        return;
    }
}

void trade_reply(struct pilot *p, struct world *w, const Startrader__V1__Reply *r, uint64_t now_ms)
{
    switch (r->body_case) {
    case STARTRADER__V1__REPLY__BODY_MARKET:
        take_market(p, r->market);
        break;
    case STARTRADER__V1__REPLY__BODY_ACCOUNT:
        take_account(p, r->account);
        break;
    case STARTRADER__V1__REPLY__BODY_ORDER:
        take_order(p, w, r, now_ms);
        break;
    case STARTRADER__V1__REPLY__BODY_UNDOCK:
        if (r->undock->result != STARTRADER__V1__ACTION_RESULT__ACTION_RESULT_OK)
            p->undock_asked = false; /* a new try is a new request */
        break;
    default:
        break;
    }
}
