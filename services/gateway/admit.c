/* SPDX-License-Identifier: Apache-2.0 */
#include "admit.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/wire.h>

#include <string.h>

enum {
    HEADING_MAX = 4095,
    THRUST_MAX = 3,
    FIRE_MAX = 3,
    COMMODITY_MAX = 63,
    QUANTITY_MAX = 1000000,
    TICKET_MAX = 512,
    REQUEST_ID_LEN = 16,
    CLOSED_REPEATS = 3,
    CLOSED_MAX = 16384,
    /* Fields of InputBatch. */
    FIELD_GATEWAY = 1,
    FIELD_SID = 2,
    FIELD_INPUT = 3,
    FIELD_CLOSED = 4,
    FIELD_BOOT_ID = 5,
    WIRE_VARINT = 0,
    WIRE_BYTES = 2,
};

static bool action_ok(const Startrader__V1__Action *a)
{
    const Startrader__V1__Goods *g;
    if (a->request_id == 0)
        return false;
    switch (a->act_case) {
    case STARTRADER__V1__ACTION__ACT_DOCK:
        return true;
    case STARTRADER__V1__ACTION__ACT_JETTISON:
        g = a->jettison->goods;
        return g && g->commodity > 0 && g->commodity <= COMMODITY_MAX && g->quantity > 0 &&
               g->quantity <= QUANTITY_MAX;
    default:
        return false;
    }
}

static bool input_ok(const Startrader__V1__Input *in)
{
    if (in->seq == 0 || in->target_heading > HEADING_MAX || in->thrust > THRUST_MAX ||
        in->fire > FIRE_MAX || in->n_action > GATEWAY_ACTIONS_PER_INPUT)
        return false;
    for (size_t i = 0; i < in->n_action; i++)
        if (!action_ok(in->action[i]))
            return false;
    return true;
}

const Startrader__V1__ClientFrame *admit_frame(struct st_arena *arena, const void *data, size_t len)
{
    const Startrader__V1__ClientFrame *f;
    st_assert(arena && (data || len == 0));
    f = st_wire_unpack(&startrader__v1__client_frame__descriptor, data, len, GATEWAY_MESSAGE_MAX,
                       arena);
    if (!f || f->n_input > GATEWAY_INPUTS_PER_FRAME || f->n_request > GATEWAY_REQUESTS_PER_FRAME)
        return NULL;
    for (size_t i = 0; i < f->n_input; i++)
        if (!input_ok(f->input[i]))
            return NULL;
    for (size_t i = 0; i < f->n_request; i++)
        if (f->request[i]->request_id.len != REQUEST_ID_LEN)
            return NULL;
    return f;
}

bool admit_hello(const Startrader__V1__ClientFrame *f)
{
    return f->hello && f->n_input == 0 && f->n_request == 0 && !f->ping && !f->resync &&
           f->hello->protocol == 1 && f->hello->ticket[0] != '\0' &&
           strlen(f->hello->ticket) <= TICKET_MAX;
}

bool admit_seq(uint32_t last, uint32_t seq)
{
    return seq > last && seq - last <= GATEWAY_SEQ_JUMP_MAX;
}

struct batch {
    char gateway[64];
    uint64_t boot_id;
    struct st_buf sid, input;
    uint32_t inputs;
    uint32_t closed_count;
    struct {
        uint32_t sid;
        uint32_t left;
    } closed[CLOSED_MAX];
};

struct batch *batch_new(const char *gateway, uint64_t boot_id)
{
    struct batch *b = st_alloc(sizeof *b);
    size_t len = strlen(gateway);
    st_assert(len < sizeof b->gateway);
    memcpy(b->gateway, gateway, len + 1);
    b->boot_id = boot_id;
    st_buf_init_fixed(&b->sid, st_alloc(GATEWAY_BATCH_INPUTS * 5), GATEWAY_BATCH_INPUTS * 5);
    st_buf_init_fixed(&b->input, st_alloc(BATCH_BYTES_MAX / 2), BATCH_BYTES_MAX / 2);
    return b;
}

void batch_free(struct batch **out)
{
    struct batch *b = *out;
    if (!b)
        return;
    st_free(b->sid.data);
    st_free(b->input.data);
    st_free(b);
    *out = NULL;
}

int batch_add(struct batch *b, uint32_t sid, const Startrader__V1__Input *input)
{
    size_t size = st_wire_size(&input->base);
    st_assert(sid != 0);
    if (b->inputs == GATEWAY_BATCH_INPUTS || b->input.len + size + 8 > b->input.cap)
        return ST_EFULL;
    st_buf_put_varint(&b->sid, sid);
    st_wire_put_tag(&b->input, FIELD_INPUT, WIRE_BYTES);
    st_buf_put_varint(&b->input, size);
    st_wire_pack(&input->base, &b->input);
    b->inputs++;
    st_assert(!b->sid.overflow && !b->input.overflow);
    return ST_OK;
}

void batch_closed(struct batch *b, uint32_t sid)
{
    uint32_t at = b->closed_count;
    if (at == CLOSED_MAX)
        at = 0; /* the oldest has been told at least once */
    else
        b->closed_count++;
    b->closed[at].sid = sid;
    b->closed[at].left = CLOSED_REPEATS;
}

bool batch_is_empty(const struct batch *b)
{
    if (b->inputs > 0)
        return false;
    for (uint32_t i = 0; i < b->closed_count; i++)
        if (b->closed[i].left == CLOSED_REPEATS)
            return false;
    return true;
}

static void put_closed(struct batch *b, struct st_buf *out)
{
    uint8_t memory[CLOSED_MAX / 16 * 5];
    struct st_buf ids;
    uint32_t kept = 0;
    st_buf_init_fixed(&ids, memory, sizeof memory);
    for (uint32_t i = 0; i < b->closed_count; i++) {
        if (ids.len + 5 <= ids.cap) {
            st_buf_put_varint(&ids, b->closed[i].sid);
            b->closed[i].left--;
        }
        if (b->closed[i].left > 0)
            b->closed[kept++] = b->closed[i];
    }
    b->closed_count = kept;
    st_wire_put_tag(out, FIELD_CLOSED, WIRE_BYTES);
    st_buf_put_varint(out, ids.len);
    st_buf_put(out, ids.data, ids.len);
}

void batch_encode(struct batch *b, struct st_buf *out)
{
    st_wire_put_tag(out, FIELD_GATEWAY, WIRE_BYTES);
    st_buf_put_varint(out, strlen(b->gateway));
    st_buf_put_str(out, b->gateway);
    if (b->inputs > 0) {
        st_wire_put_tag(out, FIELD_SID, WIRE_BYTES);
        st_buf_put_varint(out, b->sid.len);
        st_buf_put(out, b->sid.data, b->sid.len);
        st_buf_put(out, b->input.data, b->input.len);
    }
    if (b->closed_count > 0)
        put_closed(b, out);
    st_wire_put_tag(out, FIELD_BOOT_ID, WIRE_VARINT);
    st_buf_put_varint(out, b->boot_id);
    st_buf_clear(&b->sid);
    st_buf_clear(&b->input);
    b->inputs = 0;
}
