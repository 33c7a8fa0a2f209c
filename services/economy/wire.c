/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <string.h>

#include <st/assert.h>
#include <st/rng.h>
#include <st/wire.h>

#include <startrader/v1/event.pb-c.h>
#include <startrader/v1/trade.pb-c.h>

#include "wire_private.h"

const void *wire_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len,
                        struct st_arena *arena)
{
    st_arena_reset(arena);
    return st_wire_unpack(type, data, len, WIRE_REQUEST_MAX, arena);
}

static bool player_valid(uint64_t player)
{
    return player >= 1 && player <= UINT32_MAX;
}

bool wire_set_caller(struct act *a, const Startrader__V1__Caller *c)
{
    if (!c || !player_valid(c->player) || c->session_epoch == 0 ||
        c->session_epoch > (uint64_t)INT64_MAX)
        return false;
    a->player = c->player;
    a->session_epoch = c->session_epoch;
    memcpy(a->request_id, c->request_id, strnlen(c->request_id, REQUEST_ID_MAX));
    return true;
}

bool wire_set_key(struct act *a, ProtobufCBinaryData key)
{
    if (key.len != KEY_BYTES)
        return false;
    memcpy(a->key, key.data, KEY_BYTES);
    return true;
}

void wire_set_asked(struct act *a, const ProtobufCMessage *content)
{
    struct st_buf b;
    st_buf_init_fixed(&b, a->asked, sizeof a->asked);
    st_wire_pack(content, &b);
    a->asked_len = b.overflow ? 0 : (uint32_t)b.len;
    a->hash = st_hash64(a->asked, a->asked_len, (uint64_t)a->kind);
}

bool wire_provision(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__ProvisionRequest *q =
        wire_unpack(&startrader__v1__provision_request__descriptor, data, len, arena);
    a->kind = ACT_PROVISION;
    if (!q || !player_valid(q->player))
        return false;
    a->player = q->player;
    memcpy(a->request_id, q->request_id, strnlen(q->request_id, REQUEST_ID_MAX));
    return true;
}

bool wire_where(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__WhereRequest *q =
        wire_unpack(&startrader__v1__where_request__descriptor, data, len, arena);
    a->kind = ACT_WHERE;
    return q && wire_set_caller(a, q->caller);
}

bool wire_undock(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__EconUndockRequest *q =
        wire_unpack(&startrader__v1__econ_undock_request__descriptor, data, len, arena);
    a->kind = ACT_UNDOCK;
    if (!q || !wire_set_caller(a, q->caller) || !wire_set_key(a, q->request_id) || !q->undock)
        return false;
    a->ship = q->undock->ship;
    wire_set_asked(a, &q->undock->base);
    return true;
}

bool wire_order(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__EconOrderRequest *q =
        wire_unpack(&startrader__v1__econ_order_request__descriptor, data, len, arena);
    a->kind = ACT_ORDER;
    if (!q || !wire_set_caller(a, q->caller) || !wire_set_key(a, q->order_id) || !q->order ||
        q->order->worst_total > (uint64_t)INT64_MAX ||
        (q->order->quote_id.len != 0 && q->order->quote_id.len != KEY_BYTES))
        return false;
    a->location = q->order->location;
    a->commodity = q->order->commodity;
    a->side = (int)q->order->side;
    a->quantity = q->order->quantity;
    a->worst_total = (int64_t)q->order->worst_total;
    a->has_quote = q->order->quote_id.len == KEY_BYTES;
    if (a->has_quote)
        memcpy(a->quote_id, q->order->quote_id.data, KEY_BYTES);
    wire_set_asked(a, &q->order->base);
    return true;
}

bool wire_quote(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__EconQuoteRequest *q =
        wire_unpack(&startrader__v1__econ_quote_request__descriptor, data, len, arena);
    a->kind = ACT_QUOTE;
    if (!q || !wire_set_caller(a, q->caller) || !q->quote)
        return false;
    a->location = q->quote->location;
    a->commodity = q->quote->commodity;
    a->side = (int)q->quote->side;
    a->quantity = q->quote->quantity;
    return true;
}

bool wire_account(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__EconAccountRequest *q =
        wire_unpack(&startrader__v1__econ_account_request__descriptor, data, len, arena);
    a->kind = ACT_ACCOUNT;
    if (!q || !wire_set_caller(a, q->caller))
        return false;
    a->min_rev = q->account ? q->account->min_rev : 0;
    return true;
}

/* Buying, taking over, refitting, or a policy alone. */
static bool one_wish(const Startrader__V1__ShipRequest *q)
{
    int wishes = (q->class_id != 0) + (q->ship != 0) + (q->weapon != 0);
    bool policy = q->insurance == STARTRADER__V1__INSURANCE__INSURANCE_WANTED ||
                  q->insurance == STARTRADER__V1__INSURANCE__INSURANCE_NONE;
    if (q->insurance != 0 && (!policy || q->ship != 0 || q->weapon != 0))
        return false;
    return wishes == 1 || (wishes == 0 && policy);
}

bool wire_ship(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__EconShipRequest *q =
        wire_unpack(&startrader__v1__econ_ship_request__descriptor, data, len, arena);
    a->kind = ACT_SHIP;
    if (!q || !wire_set_caller(a, q->caller) || !wire_set_key(a, q->request_id) || !q->ship ||
        q->ship->worst_total > (uint64_t)INT64_MAX || !one_wish(q->ship))
        return false;
    a->class_id = q->ship->class_id;
    a->ship = q->ship->ship;
    a->trade_in = q->ship->trade_in;
    a->weapon = q->ship->weapon;
    a->insurance = (enum insurance)q->ship->insurance;
    a->worst_total = (int64_t)q->ship->worst_total;
    wire_set_asked(a, &q->ship->base);
    return true;
}

bool wire_grant(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__GrantRequest *q =
        wire_unpack(&startrader__v1__grant_request__descriptor, data, len, arena);
    a->kind = ACT_GRANT;
    if (!q || !player_valid(q->player) || !wire_set_key(a, q->request_id))
        return false;
    a->player = q->player;
    a->class_id = q->class_id;
    wire_set_asked(a, &q->base);
    return true;
}

bool wire_market(const uint8_t *data, size_t len, struct st_arena *arena, uint32_t *location)
{
    const Startrader__V1__EconMarketRequest *q =
        wire_unpack(&startrader__v1__econ_market_request__descriptor, data, len, arena);
    *location = q && q->market ? q->market->location : 0;
    return q != NULL;
}

bool wire_history(const uint8_t *data, size_t len, struct st_arena *arena, struct history_ask *out)
{
    static const uint32_t steps[] = {1, 5, 15, 60, 240};
    const Startrader__V1__EconHistoryRequest *q =
        wire_unpack(&startrader__v1__econ_history_request__descriptor, data, len, arena);
    const Startrader__V1__HistoryRequest *h = q ? q->history : NULL;
    bool known = false;
    for (size_t i = 0; h && i < ST_ARRAY_LEN(steps); i++)
        known = known || h->step_min == steps[i];
    if (!known || h->count == 0 || h->count > ECONOMY_CANDLES_MAX || h->location > INT16_MAX ||
        h->commodity > INT16_MAX)
        return false;
    *out = (struct history_ask){h->location, h->commodity, h->step_min, h->count};
    return true;
}

bool wire_board(const uint8_t *data, size_t len, struct st_arena *arena, enum board *out)
{
    const Startrader__V1__EconLeaderboardRequest *q =
        wire_unpack(&startrader__v1__econ_leaderboard_request__descriptor, data, len, arena);
    if (!q || (int)q->leaderboard < BOARD_WEALTH || (int)q->leaderboard > BOARD_HUNT)
        return false;
    *out = (enum board)q->leaderboard;
    return true;
}

bool wire_open(const uint8_t *data, size_t len, struct st_arena *arena, struct open_ask *out)
{
    const Startrader__V1__OpenRequest *q =
        wire_unpack(&startrader__v1__open_request__descriptor, data, len, arena);
    if (!q || q->shard > 255 || q->page > 4096 || (q->page > 0) != (q->world_epoch > 0))
        return false;
    *out = (struct open_ask){.shard = q->shard, .page = q->page, .world_epoch = q->world_epoch};
    memcpy(out->instance, q->instance, strnlen(q->instance, sizeof out->instance - 1));
    return true;
}

/* Replies whose body is a message of its own at field 2; the others are flat behind their code. */
static bool is_nested(enum act_kind kind)
{
    return kind == ACT_UNDOCK || kind == ACT_ORDER || kind == ACT_QUOTE || kind == ACT_ACCOUNT ||
           kind == ACT_SHIP || kind == ACT_CONTRACTS || kind == ACT_CONTRACT || kind == ACT_BOOK ||
           kind == ACT_LIMIT;
}

void wire_reply_code(enum code code, struct st_buf *out)
{
    st_wire_put_tag(out, 1, 0);
    st_buf_put_varint(out, (uint64_t)code);
}

void wire_reply(const struct act *a, struct st_buf *out)
{
    wire_reply_code(a->code, out);
    if (a->code != CODE_OK)
        return;
    if (is_nested(a->kind)) { /* an empty list is an answer too */
        st_wire_put_tag(out, 2, 2);
        st_buf_put_varint(out, a->answer_len);
    }
    st_buf_put(out, a->answer, a->answer_len);
}

void wire_set_answer(struct act *a, const ProtobufCMessage *m)
{
    struct st_buf b;
    st_buf_init_fixed(&b, a->answer, sizeof a->answer);
    st_wire_pack(m, &b);
    st_assert(!b.overflow);
    a->answer_len = (uint32_t)b.len;
    a->code = CODE_OK;
}

void wire_answer_provision(struct act *a, uint32_t ship, uint64_t rev)
{
    Startrader__V1__ProvisionReply r = STARTRADER__V1__PROVISION_REPLY__INIT;
    r.ship = ship;
    r.rev = rev;
    wire_set_answer(a, &r.base);
}

void wire_answer_where(struct act *a, const struct where_reply *w)
{
    Startrader__V1__Position position = STARTRADER__V1__POSITION__INIT;
    position.x = w->x;
    position.y = w->y;
    Startrader__V1__WhereReply r = STARTRADER__V1__WHERE_REPLY__INIT;
    r.holder = (Startrader__V1__HolderKind)w->ship->holder;
    r.holder_id = w->ship->holder_id;
    r.version = w->ship->version;
    r.ship = w->ship->id;
    r.class_id = w->ship->class_id;
    r.position = &position;
    wire_set_answer(a, &r.base);
}

void wire_answer_undock(struct act *a, enum action_result result, uint64_t version,
                        uint32_t location)
{
    Startrader__V1__UndockReply r = STARTRADER__V1__UNDOCK_REPLY__INIT;
    r.result = (Startrader__V1__ActionResult)result;
    r.version = version;
    r.location = location;
    wire_set_answer(a, &r.base);
}

void wire_answer_order(struct act *a, const struct order_reply *o)
{
    Startrader__V1__OrderRequest asked = STARTRADER__V1__ORDER_REQUEST__INIT;
    asked.location = a->location;
    asked.commodity = a->commodity;
    asked.side = (Startrader__V1__Side)a->side;
    asked.quantity = (uint32_t)a->quantity;
    asked.worst_total = (uint64_t)a->worst_total;
    if (a->has_quote)
        asked.quote_id = (ProtobufCBinaryData){KEY_BYTES, a->quote_id};
    Startrader__V1__OrderReply r = STARTRADER__V1__ORDER_REPLY__INIT;
    r.result = (Startrader__V1__OrderResult)o->outcome.result;
    r.total = (uint64_t)o->outcome.total;
    r.tax = (uint64_t)o->outcome.tax;
    r.limit = (uint64_t)ST_MAX(o->outcome.limit, (int64_t)0);
    r.balance = o->balance;
    r.in_hold = (uint32_t)o->in_hold;
    r.transaction = (uint64_t)o->transaction;
    r.rev = o->rev;
    r.order = &asked;
    r.cargo_mass = (uint32_t)o->cargo_mass;
    wire_set_answer(a, &r.base);
}

void wire_answer_quote(struct act *a, const struct quote_reply *q)
{
    Startrader__V1__QuoteReply r = STARTRADER__V1__QUOTE_REPLY__INIT;
    uint8_t id[KEY_BYTES];
    memcpy(id, q->id, sizeof id);
    r.result = (Startrader__V1__OrderResult)q->result;
    if (q->result == ORDER_DONE) {
        r.quote_id = (ProtobufCBinaryData){KEY_BYTES, id};
        r.valid_ms = ECONOMY_QUOTE_MS;
    }
    r.total = (uint64_t)q->total;
    r.tax = (uint64_t)q->tax;
    r.usual = (uint32_t)q->usual;
    r.stock_effect_pm = (int32_t)q->stock_effect_pm;
    r.zone_effect_pm = (int32_t)q->zone_effect_pm;
    r.order_effect_pm = (int32_t)q->order_effect_pm;
    r.limit = (uint64_t)ST_MAX(q->limit, (int64_t)0);
    wire_set_answer(a, &r.base);
}

void wire_answer_ship(struct act *a, const struct ship_reply *w)
{
    Startrader__V1__ShipReply r = STARTRADER__V1__SHIP_REPLY__INIT;
    r.result = (Startrader__V1__OrderResult)w->result;
    r.total = w->total;
    r.limit = (uint64_t)w->limit;
    r.ship = w->ship;
    r.class_id = w->class_id;
    r.balance = w->balance;
    r.rev = w->rev;
    r.weapon = w->weapon;
    r.insurance = (Startrader__V1__Insurance)w->insurance;
    wire_set_answer(a, &r.base);
}

static Startrader__V1__OwnShip own_ship(const struct catalog *c, const struct berth *b)
{
    const struct config_class *k = world_config_class(&c->world, b->class_id);
    Startrader__V1__OwnShip s = STARTRADER__V1__OWN_SHIP__INIT;
    s.ship = b->ship;
    s.class_id = b->class_id;
    s.holder = (Startrader__V1__HolderKind)b->holder;
    s.holder_id = b->holder_id;
    s.hull = (uint32_t)b->hull;
    s.resale = k ? (uint32_t)rules_resale(k->price, b->hull, k->hull) : 0;
    s.weapon = b->weapon;
    s.insurance = (Startrader__V1__Insurance)b->insurance;
    return s;
}

void wire_answer_account(struct act *a, const struct account_reply *w)
{
    Startrader__V1__OwnShip fleet[ST_ARRAY_LEN(w->fleet)], *fleet_p[ST_ARRAY_LEN(w->fleet)];
    for (uint32_t i = 0; i < w->fleet_n; i++) {
        fleet[i] = own_ship(w->catalog, w->fleet[i]);
        fleet_p[i] = &fleet[i];
    }
    Startrader__V1__Goods goods[GOODS_MAX], *goods_p[GOODS_MAX];
    for (uint32_t i = 0; i < w->cargo.n; i++) {
        goods[i] = (Startrader__V1__Goods)STARTRADER__V1__GOODS__INIT;
        goods[i].commodity = w->cargo.g[i].commodity;
        goods[i].quantity = (uint32_t)w->cargo.g[i].quantity;
        goods_p[i] = &goods[i];
    }
    Startrader__V1__Job jobs[2], *jobs_p[2];
    for (uint32_t i = 0; i < w->jobs_n; i++) {
        jobs[i] = (Startrader__V1__Job)STARTRADER__V1__JOB__INIT;
        jobs[i].job = w->jobs[i].number;
        jobs[i].commodity = w->jobs[i].commodity;
        jobs[i].quantity = w->jobs[i].quantity;
        jobs[i].destination = w->jobs[i].destination;
        jobs[i].fee = w->jobs[i].fee;
        jobs_p[i] = &jobs[i];
    }
    Startrader__V1__AccountReply r = STARTRADER__V1__ACCOUNT_REPLY__INIT;
    r.credits = w->credits;
    r.n_cargo = w->cargo.n;
    r.cargo = goods_p;
    r.ship = w->ship->id;
    r.class_id = w->ship->class_id;
    r.holder = (Startrader__V1__HolderKind)w->ship->holder;
    r.holder_id = w->ship->holder_id;
    r.version = w->ship->version;
    r.hull = (uint32_t)w->ship->hull;
    r.rev = w->pilot->rev;
    r.n_job = w->jobs_n;
    r.job = jobs_p;
    r.hold = (uint32_t)w->hold;
    r.last_location = w->pilot->last_location;
    r.n_fleet = w->fleet_n;
    r.fleet = fleet_p;
    wire_set_answer(a, &r.base);
}

void wire_answer_grant(struct act *a, uint32_t ship, uint64_t version)
{
    Startrader__V1__GrantReply r = STARTRADER__V1__GRANT_REPLY__INIT;
    r.ship = ship;
    r.version = version;
    wire_set_answer(a, &r.base);
}
