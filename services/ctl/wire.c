/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <st/rng.h>
#include <st/wire.h>

#include <startrader/v1/account.pb-c.h>
#include <startrader/v1/trade.pb-c.h>

enum { MESSAGE_MAX = 1024, ARENA_BYTES = 16 << 10 };
_Static_assert((int)WIRE_DONE == (int)STARTRADER__V1__ORDER_RESULT__ORDER_RESULT_DONE, "");
_Static_assert((int)WIRE_DUPLICATE == (int)STARTRADER__V1__ORDER_RESULT__ORDER_RESULT_DUPLICATE,
               "");

/* The message lives until the next call: the tool has one thread and looks at one at a time. */
static const void *unpack(const ProtobufCMessageDescriptor *type, const void *data, size_t len)
{
    static uint8_t memory[ARENA_BYTES];
    struct st_arena arena;
    st_arena_init(&arena, memory, sizeof memory);
    return st_wire_unpack(type, data, len, MESSAGE_MAX, &arena);
}

bool wire_result(const char *name, int *out)
{
    char full[64];
    *out = WIRE_UNKNOWN;
    if (strcmp(name, "unknown") == 0)
        return true;
    snprintf(full, sizeof full, "ORDER_RESULT_%s", name);
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(
        &startrader__v1__order_result__descriptor, full);
    if (v)
        *out = v->value;
    return v != NULL;
}

bool wire_order(struct st_slice asked, struct wire_order *out)
{
    const Startrader__V1__OrderRequest *o =
        unpack(&startrader__v1__order_request__descriptor, asked.data, asked.len);
    if (!o)
        return false;
    *out = (struct wire_order){.location = o->location,
                               .commodity = o->commodity,
                               .quantity = o->quantity,
                               .buying = o->side == STARTRADER__V1__SIDE__SIDE_BUY};
    return true;
}

bool wire_receipt(struct st_slice answer, uint64_t *total)
{
    const Startrader__V1__OrderReply *r =
        unpack(&startrader__v1__order_reply__descriptor, answer.data, answer.len);
    *total = r ? r->total : 0;
    return r != NULL;
}

static void set_code(struct wire_answer *out, Startrader__V1__Code code)
{
    const ProtobufCEnumValue *v =
        protobuf_c_enum_descriptor_get_value(&startrader__v1__code__descriptor, (int)code);
    out->code_name = v ? v->name : "unknown code";
    out->ok = code == STARTRADER__V1__CODE__CODE_OK;
}

void wire_kick(uint64_t player, const char *reason, struct st_buf *out)
{
    char id[17];
    snprintf(id, sizeof id, "%016" PRIx64, st_random_u64());
    Startrader__V1__KickRequest q = STARTRADER__V1__KICK_REQUEST__INIT;
    q.player = player;
    q.reason = (char *)(uintptr_t)reason;
    q.request_id = id;
    st_wire_pack(&q.base, out);
}

bool wire_kick_answer(const struct st_buf *in, struct wire_answer *out)
{
    const Startrader__V1__KickReply *r =
        unpack(&startrader__v1__kick_reply__descriptor, in->data, in->len);
    if (r)
        set_code(out, r->code);
    return r != NULL;
}

void wire_grant(uint64_t player, uint32_t class_id, struct st_buf *out)
{
    uint8_t key[16];
    st_random(key, sizeof key);
    Startrader__V1__GrantRequest q = STARTRADER__V1__GRANT_REQUEST__INIT;
    q.player = player;
    q.class_id = class_id;
    q.request_id = (ProtobufCBinaryData){sizeof key, key};
    st_wire_pack(&q.base, out);
}

bool wire_grant_answer(const struct st_buf *in, struct wire_answer *out)
{
    const Startrader__V1__GrantReply *r =
        unpack(&startrader__v1__grant_reply__descriptor, in->data, in->len);
    if (!r)
        return false;
    set_code(out, r->code);
    out->ship = r->ship;
    out->version = r->version;
    return true;
}
