/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink.h"

#include <startrader/v1/account.pb-c.h>
#include <startrader/v1/chat.pb-c.h>
#include <startrader/v1/client.pb-c.h>
#include <startrader/v1/record.pb-c.h>
#include <startrader/v1/trade.pb-c.h>
#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>
#include <st/rng.h>
#include <st/stat.h>
#include <st/wire.h>

#include <stdio.h>
#include <string.h>

enum {
    REQUEST_ID_LEN = 16,
    FIELD_REPLY = 11,
    WIRE_BYTES = 2,
    RETRY_MS = 1000,
    NAMES_MAX = 64,
    ZONE_MAX = 255,
    KINDS = 19, /* Request.body cases, indexed by their field numbers */
};

struct uplink {
    struct caller *caller;
    struct sessions *sessions;
    struct plane *plane;
    struct st_arena arena;
    struct st_buf out;
    struct st_counter *done[KINDS], *failed[KINDS];
};

/* A request under way. */
struct asked {
    struct uplink *u;
    uint32_t sid;
    Startrader__V1__Request__BodyCase kind;
    uint8_t request_id[REQUEST_ID_LEN];
};

static void send_reply(struct uplink *u, uint32_t sid, const uint8_t *request_id,
                       Startrader__V1__Code code, Startrader__V1__Reply *r)
{
    struct plane_order *o;
    r->request_id.data = (uint8_t *)(uintptr_t)request_id;
    r->request_id.len = REQUEST_ID_LEN;
    r->code = code;
    if (code == STARTRADER__V1__CODE__CODE_UNAVAILABLE ||
        code == STARTRADER__V1__CODE__CODE_TIMEOUT || code == STARTRADER__V1__CODE__CODE_BUSY)
        r->retry_after_ms = RETRY_MS;
    if (code != STARTRADER__V1__CODE__CODE_OK)
        r->body_case = STARTRADER__V1__REPLY__BODY__NOT_SET;
    st_buf_clear(&u->out);
    st_wire_put_tag(&u->out, FIELD_REPLY, WIRE_BYTES);
    st_buf_put_varint(&u->out, st_wire_size(&r->base));
    st_wire_pack(&r->base, &u->out);
    if (u->out.overflow) {
        Startrader__V1__Reply too_large = STARTRADER__V1__REPLY__INIT;
        st_log(ST_LOG_ERROR, "answer_too_large", st_log_u("sid", sid));
        send_reply(u, sid, request_id, STARTRADER__V1__CODE__CODE_UNAVAILABLE, &too_large);
        return;
    }
    o = plane_order_new(ORDER_SEND, sid, u->out.data, u->out.len);
    plane_order(u->plane, o);
}

static void refuse(struct uplink *u, uint32_t sid, const uint8_t *request_id,
                   Startrader__V1__Code code)
{
    Startrader__V1__Reply r = STARTRADER__V1__REPLY__INIT;
    send_reply(u, sid, request_id, code, &r);
}

/* Names come flat behind their code. */
static bool set_names(Startrader__V1__Reply *r, const Startrader__V1__ProfileNamesReply *n,
                      Startrader__V1__NamesReply *names)
{
    names->n_player = names->n_name = ST_MIN(n->n_player, n->n_name);
    names->player = n->player;
    names->name = n->name;
    r->body_case = STARTRADER__V1__REPLY__BODY_NAMES;
    r->names = names;
    return true;
}

/* Moves the body of a service's answer into the client's; false when it is not there. The schemas
 * call a request, its answer and the body in a service's answer by the same name. */
static bool set_body(Startrader__V1__Reply *r, Startrader__V1__Request__BodyCase kind,
                     const ProtobufCMessage *reply)
{
    const ProtobufCFieldDescriptor *asked = protobuf_c_message_descriptor_get_field(
        &startrader__v1__request__descriptor, (unsigned)kind);
    const ProtobufCFieldDescriptor *from = protobuf_c_message_descriptor_get_field_by_name(
        reply->descriptor, asked ? asked->name : "");
    const ProtobufCFieldDescriptor *to = protobuf_c_message_descriptor_get_field_by_name(
        &startrader__v1__reply__descriptor, asked ? asked->name : "");
    void *body = NULL;
    if (!from || !to)
        return false;
    memcpy(&body, (const uint8_t *)reply + from->offset, sizeof body);
    memcpy((uint8_t *)r + to->offset, &body, sizeof body);
    r->body_case = (Startrader__V1__Reply__BodyCase)to->id;
    return body != NULL;
}

static void on_answer(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct asked *ask = ctx, copy = *ask;
    struct uplink *u = copy.u;
    struct session_who who;
    Startrader__V1__Reply r = STARTRADER__V1__REPLY__INIT;
    Startrader__V1__NamesReply names = STARTRADER__V1__NAMES_REPLY__INIT;
    (void)key;
    st_alloc_cold_begin();
    st_free(ask);
    st_alloc_cold_end();
    st_counter_add(
        code == STARTRADER__V1__CODE__CODE_OK ? u->done[copy.kind] : u->failed[copy.kind], 1);
    if (!sessions_who(u->sessions, copy.sid, &who))
        return;
    (*who.requests_open)--;
    bool set = false;
    if (code == STARTRADER__V1__CODE__CODE_OK && reply)
        set = copy.kind == STARTRADER__V1__REQUEST__BODY_NAMES ? set_names(&r, reply, &names)
                                                               : set_body(&r, copy.kind, reply);
    if (code == STARTRADER__V1__CODE__CODE_OK && !set)
        code = STARTRADER__V1__CODE__CODE_UNAVAILABLE;
    if (code == STARTRADER__V1__CODE__CODE_UNSPECIFIED)
        code = STARTRADER__V1__CODE__CODE_UNAVAILABLE;
    send_reply(u, copy.sid, copy.request_id, code, &r);
}

struct question {
    const char *verb;
    const ProtobufCMessage *request;
    const ProtobufCMessageDescriptor *reply;
};

/* Each asks one service; the caller names whom this gateway has proved. */
static void ask_econ(struct uplink *u, const Startrader__V1__Request *q,
                     Startrader__V1__Caller *who, struct asked *ask)
{
    Startrader__V1__EconUndockRequest undock = STARTRADER__V1__ECON_UNDOCK_REQUEST__INIT;
    Startrader__V1__EconMarketRequest market = STARTRADER__V1__ECON_MARKET_REQUEST__INIT;
    Startrader__V1__EconOrderRequest order = STARTRADER__V1__ECON_ORDER_REQUEST__INIT;
    Startrader__V1__EconAccountRequest account = STARTRADER__V1__ECON_ACCOUNT_REQUEST__INIT;
    Startrader__V1__EconQuoteRequest quote = STARTRADER__V1__ECON_QUOTE_REQUEST__INIT;
    Startrader__V1__EconShipRequest ship = STARTRADER__V1__ECON_SHIP_REQUEST__INIT;
    Startrader__V1__EconContractsRequest contracts = STARTRADER__V1__ECON_CONTRACTS_REQUEST__INIT;
    Startrader__V1__EconContractRequest contract = STARTRADER__V1__ECON_CONTRACT_REQUEST__INIT;
    Startrader__V1__EconBookRequest book = STARTRADER__V1__ECON_BOOK_REQUEST__INIT;
    Startrader__V1__EconLimitRequest limit = STARTRADER__V1__ECON_LIMIT_REQUEST__INIT;
    Startrader__V1__EconTradingRequest trading = STARTRADER__V1__ECON_TRADING_REQUEST__INIT;
    const struct question table[KINDS] = {
        [STARTRADER__V1__REQUEST__BODY_UNDOCK] = {"undock", &undock.base,
                                                  &startrader__v1__econ_undock_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_MARKET] = {"market", &market.base,
                                                  &startrader__v1__econ_market_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_ORDER] = {"order", &order.base,
                                                 &startrader__v1__econ_order_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_ACCOUNT] = {"account", &account.base,
                                                   &startrader__v1__econ_account_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_QUOTE] = {"quote", &quote.base,
                                                 &startrader__v1__econ_quote_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_SHIP] = {"ship", &ship.base,
                                                &startrader__v1__econ_ship_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_CONTRACTS] =
            {"contracts", &contracts.base, &startrader__v1__econ_contracts_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_CONTRACT] =
            {"contract", &contract.base, &startrader__v1__econ_contract_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_BOOK] = {"book", &book.base,
                                                &startrader__v1__econ_book_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_TRADING] = {"trading", &trading.base,
                                                   &startrader__v1__econ_trading_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_LIMIT] = {"limit", &limit.base,
                                                 &startrader__v1__econ_limit_reply__descriptor},
    };
    undock.caller = order.caller = account.caller = quote.caller = ship.caller = who;
    undock.request_id = order.order_id = ship.request_id = q->request_id;
    undock.undock = q->undock;
    market.market = q->market;
    market.request_id = who->request_id;
    order.order = q->order;
    account.account = q->account;
    quote.quote = q->quote;
    ship.ship = q->ship;
    contracts.caller = contract.caller = who;
    contracts.contracts = q->contracts;
    contract.request_id = q->request_id;
    contract.contract = q->contract;
    book.caller = limit.caller = trading.caller = who;
    trading.trading = q->trading;
    book.book = q->book;
    limit.request_id = q->request_id;
    limit.limit = q->limit;
    caller_ask_econ(u->caller, table[ask->kind].verb, table[ask->kind].request,
                    table[ask->kind].reply, GATEWAY_REQUEST_MS, on_answer, ask, 0);
}

static void ask_profile(struct uplink *u, const Startrader__V1__Request *q,
                        Startrader__V1__Caller *who, uint32_t cell, struct asked *ask)
{
    Startrader__V1__ProfileNamesRequest names = STARTRADER__V1__PROFILE_NAMES_REQUEST__INIT;
    Startrader__V1__ProfileSayRequest say = STARTRADER__V1__PROFILE_SAY_REQUEST__INIT;
    Startrader__V1__ProfileChatRequest chat = STARTRADER__V1__PROFILE_CHAT_REQUEST__INIT;
    Startrader__V1__ProfileMutesRequest mutes = STARTRADER__V1__PROFILE_MUTES_REQUEST__INIT;
    Startrader__V1__ProfileReportRequest report = STARTRADER__V1__PROFILE_REPORT_REQUEST__INIT;
    Startrader__V1__ProfileRecordRequest record = STARTRADER__V1__PROFILE_RECORD_REQUEST__INIT;
    const struct question table[KINDS] = {
        [STARTRADER__V1__REQUEST__BODY_NAMES] = {"names", &names.base,
                                                 &startrader__v1__profile_names_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_SAY] = {"say", &say.base,
                                               &startrader__v1__profile_say_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_CHAT] = {"chat", &chat.base,
                                                &startrader__v1__profile_chat_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_MUTES] = {"mutes", &mutes.base,
                                                 &startrader__v1__profile_mutes_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_RECORD] =
            {"record", &record.base, &startrader__v1__profile_record_reply__descriptor},
        [STARTRADER__V1__REQUEST__BODY_REPORT] =
            {"report", &report.base, &startrader__v1__profile_report_reply__descriptor},
    };
    if (q->body_case == STARTRADER__V1__REQUEST__BODY_NAMES) {
        names.n_player = q->names->n_player;
        names.player = q->names->player;
    }
    if (q->body_case == STARTRADER__V1__REQUEST__BODY_RECORD)
        record.player = q->record->player ? q->record->player : who->player;
    say.caller = chat.caller = mutes.caller = report.caller = who;
    say.say = q->say;
    say.cell = cell;
    chat.chat = q->chat;
    mutes.mutes = q->mutes;
    report.report = q->report;
    caller_ask_profile(u->caller, table[ask->kind].verb, table[ask->kind].request,
                       table[ask->kind].reply, GATEWAY_REQUEST_MS, on_answer, ask, 0);
}

static bool is_of_profile(Startrader__V1__Request__BodyCase kind)
{
    return kind == STARTRADER__V1__REQUEST__BODY_NAMES ||
           (kind >= STARTRADER__V1__REQUEST__BODY_SAY &&
            kind <= STARTRADER__V1__REQUEST__BODY_RECORD);
}

static void ask(struct uplink *u, const struct loop_note *n, const struct session_who *s,
                const Startrader__V1__Request *q)
{
    char id[2 * REQUEST_ID_LEN + 1];
    Startrader__V1__Caller who = STARTRADER__V1__CALLER__INIT;
    struct asked *a;
    st_hex_encode(q->request_id.data, REQUEST_ID_LEN, id);
    who.player = s->player;
    who.session_epoch = s->session_epoch;
    who.request_id = id;
    st_log(ST_LOG_DEBUG, "request", st_log_s("request_id", id), st_log_u("player", s->player),
           st_log_i("kind", q->body_case));
    st_alloc_cold_begin();
    a = st_alloc(sizeof *a);
    st_alloc_cold_end();
    *a = (struct asked){.u = u, .sid = n->sid, .kind = q->body_case};
    memcpy(a->request_id, q->request_id.data, REQUEST_ID_LEN);
    (*s->requests_open)++;
    if (is_of_profile(q->body_case))
        ask_profile(u, q, &who, n->cell, a);
    else
        ask_econ(u, q, &who, a);
}

/* From now on it is told the lines of that zone; those of before are in the answer. */
static void listen_to(struct uplink *u, uint32_t sid, uint32_t zone)
{
    struct plane_order *o = plane_order_new(ORDER_LISTEN, sid, NULL, 0);
    o->zone = zone;
    plane_order(u->plane, o);
}

/* What it asks for can be asked of a service. */
static bool makes_sense(const Startrader__V1__Request *q, const struct loop_note *n)
{
    switch (q->body_case) {
    case STARTRADER__V1__REQUEST__BODY__NOT_SET:
        return false;
    case STARTRADER__V1__REQUEST__BODY_NAMES:
        return q->names->n_player <= NAMES_MAX;
    case STARTRADER__V1__REQUEST__BODY_SAY:
        return q->say->zone <= ZONE_MAX && (q->say->zone > 0 || n->cell < GATEWAY_CELLS);
    case STARTRADER__V1__REQUEST__BODY_CHAT:
        return q->chat->zone <= ZONE_MAX;
    default:
        return true;
    }
}

static void answer_silence(struct uplink *u, uint32_t sid, const uint8_t *request_id)
{
    Startrader__V1__Reply r = STARTRADER__V1__REPLY__INIT;
    Startrader__V1__ChatReply none = STARTRADER__V1__CHAT_REPLY__INIT;
    r.body_case = STARTRADER__V1__REPLY__BODY_CHAT;
    r.chat = &none;
    send_reply(u, sid, request_id, STARTRADER__V1__CODE__CODE_OK, &r);
}

void uplink_note(struct uplink *u, const struct loop_note *n)
{
    const Startrader__V1__Request *q;
    struct session_who who;
    st_arena_reset(&u->arena);
    q = st_wire_unpack(&startrader__v1__request__descriptor, n->data, n->len, GATEWAY_MESSAGE_MAX,
                       &u->arena);
    if (!q || q->request_id.len != REQUEST_ID_LEN)
        return; /* the data plane has checked both */
    if (!makes_sense(q, n)) {
        refuse(u, n->sid, q->request_id.data, STARTRADER__V1__CODE__CODE_MALFORMED);
        return;
    }
    if (!sessions_who(u->sessions, n->sid, &who) ||
        *who.requests_open >= GATEWAY_REQUESTS_OPEN_MAX) {
        refuse(u, n->sid, q->request_id.data, STARTRADER__V1__CODE__CODE_BUSY);
        return;
    }
    if (q->body_case == STARTRADER__V1__REQUEST__BODY_CHAT)
        listen_to(u, n->sid, q->chat->zone);
    if (q->body_case == STARTRADER__V1__REQUEST__BODY_CHAT && q->chat->zone == 0)
        answer_silence(u, n->sid, q->request_id.data);
    else
        ask(u, n, &who, q);
}

/* One pair of counters for each kind of request that the schema has. */
static void make_counters(struct uplink *u)
{
    static const char name[] = "startrader_gateway_requests_total";
    static const char help[] = "requests over sockets by kind and whether they were decided";
    const ProtobufCMessageDescriptor *type = &startrader__v1__request__descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &type->fields[i];
        char labels[64];
        if (!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
            continue;
        st_assert(f->id < KINDS);
        snprintf(labels, sizeof labels, "kind=\"%s\",result=\"ok\"", f->name);
        u->done[f->id] = st_counter(name, labels, help);
        snprintf(labels, sizeof labels, "kind=\"%s\",result=\"failed\"", f->name);
        u->failed[f->id] = st_counter(name, labels, help);
    }
}

struct uplink *uplink_new(struct caller *caller, struct sessions *sessions, struct plane *plane)
{
    struct uplink *u = st_alloc(sizeof *u);
    size_t arena = st_wire_arena_size(GATEWAY_MESSAGE_MAX);
    u->caller = caller;
    u->sessions = sessions;
    u->plane = plane;
    st_arena_init(&u->arena, st_alloc(arena), arena);
    st_buf_init_fixed(&u->out, st_alloc(GATEWAY_REPLY_MAX), GATEWAY_REPLY_MAX);
    make_counters(u);
    return u;
}

void uplink_free(struct uplink **out)
{
    struct uplink *u = *out;
    if (!u)
        return;
    st_free(u->arena.mem);
    st_free(u->out.data);
    st_free(u);
    *out = NULL;
}
