/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include "bundle.h"
#include "gateway.h"

#include <startrader/v1/account.pb-c.h>
#include <startrader/v1/trade.pb-c.h>
#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>
#include <st/stat.h>
#include <st/subject.h>
#include <st/wire.h>

#include <string.h>

enum {
    REQUEST_MAX = 16 * 1024,
    ANSWER_MAX = 256 * 1024,
    PROBE_MS = 2000,
    PROBE_TIMEOUT_MS = 1000,
    CODE_FIELD = 1, /* of every answer */
};

enum service { SERVICE_OTHER, SERVICE_PROFILE, SERVICE_ECON, SERVICES };
static const uint32_t service_flag[SERVICES] = {0, STATUS_SIGN_IN_CLOSED, STATUS_TRADE_CLOSED};
static const char *const service_name[SERVICES] = {"simulation", "profile", "economy"};

struct caller {
    struct st_loop *loop;
    struct st_bus *rpc;
    void (*on_change)(void *ctx, uint32_t flags);
    void *ctx;
    uint32_t flags;
    uint64_t heard_ms[SERVICES];
    struct st_timer *probe;
    struct st_arena arena;
    struct st_buf out;
    struct st_counter *ok[SERVICES], *failed[SERVICES];
};

struct call {
    struct caller *c;
    enum service service;
    const ProtobufCMessageDescriptor *type;
    call_fn *done;
    void *ctx;
    uint64_t key;
};

static void set_flags(struct caller *c, enum service s, bool closed)
{
    uint32_t flags = closed ? c->flags | service_flag[s] : c->flags & ~service_flag[s];
    c->heard_ms[s] = st_loop_now_ms(c->loop);
    if (flags == c->flags)
        return;
    c->flags = flags;
    st_log(ST_LOG_INFO, closed ? "service_silent" : "service_answers",
           st_log_s("name", service_name[s]));
    c->on_change(c->ctx, flags);
}

static Startrader__V1__Code code_of(int err, const uint8_t *data, size_t len)
{
    if (err == ST_ETIMEOUT)
        return STARTRADER__V1__CODE__CODE_TIMEOUT;
    if (err != ST_OK)
        return STARTRADER__V1__CODE__CODE_UNAVAILABLE;
    return (Startrader__V1__Code)(len ? bundle_varint((struct st_slice){data, len}, CODE_FIELD)
                                      : 0);
}

static void on_reply(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct call *call = ctx, copy = *call;
    struct caller *c = copy.c;
    Startrader__V1__Code code = code_of(err, data, len);
    const void *reply = NULL;
    bool closed = err != ST_OK || code == STARTRADER__V1__CODE__CODE_UNAVAILABLE;
    st_alloc_cold_begin();
    st_free(call);
    st_alloc_cold_end();
    st_counter_add(err == ST_OK ? c->ok[copy.service] : c->failed[copy.service], 1);
    set_flags(c, copy.service, closed);
    if (err == ST_OK && copy.type) {
        st_arena_reset(&c->arena);
        reply = st_wire_unpack(copy.type, data, len, ANSWER_MAX, &c->arena);
        if (!reply) {
            st_log(ST_LOG_ERROR, "answer_unreadable", st_log_s("type", copy.type->name));
            code = STARTRADER__V1__CODE__CODE_UNAVAILABLE;
        }
    }
    copy.done(copy.ctx, copy.key, code, reply);
}

void caller_ask(struct caller *c, const char *subject, const ProtobufCMessage *request,
                const ProtobufCMessageDescriptor *reply_type, uint32_t timeout_ms, call_fn *done,
                void *ctx, uint64_t key)
{
    struct call *call;
    st_assert(c && subject && request && done);
    st_alloc_cold_begin();
    call = st_alloc(sizeof *call);
    *call = (struct call){.c = c, .type = reply_type, .done = done, .ctx = ctx, .key = key};
    if (strncmp(subject, ST_REQ_PROFILE_START, strlen(ST_REQ_PROFILE_START)) == 0)
        call->service = SERVICE_PROFILE;
    else if (strncmp(subject, ST_REQ_ECON_START, strlen(ST_REQ_ECON_START)) == 0)
        call->service = SERVICE_ECON;
    st_buf_clear(&c->out);
    st_wire_pack(request, &c->out);
    st_assert(!c->out.overflow);
    st_bus_request(c->rpc, subject, c->out.data, c->out.len, timeout_ms, on_reply, call);
    st_alloc_cold_end();
}

void caller_ask_profile(struct caller *c, const char *verb, const ProtobufCMessage *request,
                        const ProtobufCMessageDescriptor *reply_type, uint32_t timeout_ms,
                        call_fn *done, void *ctx, uint64_t key)
{
    char subject[ST_SUBJECT_MAX];
    st_subject_req_profile(subject, verb);
    caller_ask(c, subject, request, reply_type, timeout_ms, done, ctx, key);
}

void caller_ask_econ(struct caller *c, const char *verb, const ProtobufCMessage *request,
                     const ProtobufCMessageDescriptor *reply_type, uint32_t timeout_ms,
                     call_fn *done, void *ctx, uint64_t key)
{
    char subject[ST_SUBJECT_MAX];
    st_subject_req_econ(subject, verb);
    caller_ask(c, subject, request, reply_type, timeout_ms, done, ctx, key);
}

static void on_probed(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    (void)ctx;
    (void)key;
    (void)code;
    (void)reply;
}

/* Whoever was heard lately needs no probe; a silent service is asked until it answers. */
static void on_probe(void *ctx)
{
    struct caller *c = ctx;
    uint64_t now = st_loop_now_ms(c->loop);
    Startrader__V1__ProfileNamesRequest names = STARTRADER__V1__PROFILE_NAMES_REQUEST__INIT;
    Startrader__V1__MarketRequest market = STARTRADER__V1__MARKET_REQUEST__INIT;
    Startrader__V1__EconMarketRequest econ = STARTRADER__V1__ECON_MARKET_REQUEST__INIT;
    market.location = 1;
    econ.market = &market;
    econ.request_id = (char[]){"probe"};
    if ((c->flags & STATUS_SIGN_IN_CLOSED) || now >= c->heard_ms[SERVICE_PROFILE] + PROBE_MS)
        caller_ask_profile(c, "names", &names.base, NULL, PROBE_TIMEOUT_MS, on_probed, NULL, 0);
    if ((c->flags & STATUS_TRADE_CLOSED) || now >= c->heard_ms[SERVICE_ECON] + PROBE_MS)
        caller_ask_econ(c, "market", &econ.base, NULL, PROBE_TIMEOUT_MS, on_probed, NULL, 0);
}

struct caller *caller_new(struct st_loop *loop, struct st_bus *rpc,
                          void (*on_change)(void *ctx, uint32_t flags), void *ctx)
{
    static const char help[] = "requests to other services by whether they were answered";
    static const char name[] = "startrader_gateway_calls_total";
    static const char *const ok[SERVICES] = {"service=\"simulation\",result=\"answered\"",
                                             "service=\"profile\",result=\"answered\"",
                                             "service=\"economy\",result=\"answered\""};
    static const char *const failed[SERVICES] = {"service=\"simulation\",result=\"silent\"",
                                                 "service=\"profile\",result=\"silent\"",
                                                 "service=\"economy\",result=\"silent\""};
    struct caller *c = st_alloc(sizeof *c);
    size_t arena = st_wire_arena_size(ANSWER_MAX);
    c->loop = loop;
    c->rpc = rpc;
    c->on_change = on_change;
    c->ctx = ctx;
    st_arena_init(&c->arena, st_alloc(arena), arena);
    st_buf_init_fixed(&c->out, st_alloc(REQUEST_MAX), REQUEST_MAX);
    for (int i = 0; i < SERVICES; i++) {
        c->ok[i] = st_counter(name, ok[i], help);
        c->failed[i] = st_counter(name, failed[i], help);
    }
    c->probe = st_timer_new(loop, on_probe, c);
    st_timer_start(c->probe, PROBE_MS, PROBE_MS);
    return c;
}

void caller_free(struct caller **out)
{
    struct caller *c = *out;
    if (!c)
        return;
    st_timer_free(&c->probe);
    st_free(c->arena.mem);
    st_free(c->out.data);
    st_free(c);
    *out = NULL;
}

uint32_t caller_flags(const struct caller *c)
{
    return c->flags;
}
