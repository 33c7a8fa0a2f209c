/* SPDX-License-Identifier: Apache-2.0 */
#include "intake.h"

#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/wire.h>
#include <startrader/v1/world.pb-c.h>

struct intake {
    struct ring *ring;
    struct st_arena arena;
    void *memory;
};

const struct intake_input *intake_inputs(const struct intake_batch *b)
{
    return (const struct intake_input *)(const void *)(b + 1);
}

const uint32_t *intake_closed(const struct intake_batch *b)
{
    return (const uint32_t *)(const void *)(intake_inputs(b) + b->inputs_n);
}

bool gateway_name_valid(const char *name)
{
    size_t len = strlen(name);
    return len >= 1 && len <= GATEWAY_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

struct intake *intake_new(struct ring *ring)
{
    st_assert(ring != NULL);
    struct intake *in = st_alloc(sizeof(*in));
    in->ring = ring;
    in->memory = st_alloc(st_wire_arena_size(INTAKE_BYTES_MAX));
    st_arena_init(&in->arena, in->memory, st_wire_arena_size(INTAKE_BYTES_MAX));
    return in;
}

void intake_free(struct intake **in)
{
    if (*in == NULL)
        return;
    st_free((*in)->memory);
    st_free(*in);
    *in = NULL;
}

static bool take_action(const Startrader__V1__Action *a, struct world_action *out)
{
    *out = (struct world_action){.request = a->request_id};
    if (a->request_id == 0)
        return false;
    if (a->act_case == STARTRADER__V1__ACTION__ACT_DOCK) {
        out->kind = WORLD_ACT_DOCK;
        out->station = (uint16_t)a->dock->location;
        return a->dock->location <= UINT16_MAX;
    }
    if (a->act_case != STARTRADER__V1__ACTION__ACT_JETTISON || a->jettison->goods == NULL)
        return false;
    const Startrader__V1__Goods *goods = a->jettison->goods;
    out->kind = WORLD_ACT_JETTISON;
    out->good = (uint16_t)goods->commodity;
    out->quantity = (uint16_t)goods->quantity;
    return goods->commodity <= UINT16_MAX && goods->quantity >= 1 && goods->quantity <= UINT16_MAX;
}

static bool take_input(const Startrader__V1__Input *i, struct world_input *out)
{
    if (i->target_heading >= WORLD_STEPS || i->thrust > FLIGHT_BRAKE || i->fire > 3 ||
        i->n_action > WORLD_ACTIONS_MAX)
        return false;
    struct flight f = {
        .target = (uint16_t)i->target_heading,
        .thrust = (uint8_t)i->thrust,
        .boost = i->boost ? 1 : 0,
        .flags = i->drift ? FLIGHT_DRIFT : 0,
    };
    *out = (struct world_input){
        .seq = i->seq,
        .ctl = flight_ctl_pack(&f),
        .target = i->target,
        .fire = (uint8_t)i->fire,
        .actions_n = (uint8_t)i->n_action,
    };
    for (size_t k = 0; k < i->n_action; k++)
        if (!take_action(i->action[k], &out->actions[k]))
            return false;
    return true;
}

static int to_ring(struct intake *in, const Startrader__V1__InputBatch *m, uint64_t arrived_ns)
{
    if (m->n_sid != m->n_input || m->n_input > INTAKE_INPUTS_MAX ||
        m->n_closed > INTAKE_CLOSED_MAX || !gateway_name_valid(m->gateway))
        return ST_EPROTO;
    struct intake_batch *b =
        ring_reserve(in->ring, sizeof(*b) + m->n_input * sizeof(struct intake_input) +
                                   m->n_closed * sizeof(uint32_t));
    if (b == NULL)
        return ST_EFULL;
    *b = (struct intake_batch){.boot_id = m->boot_id, .arrived_ns = arrived_ns};
    memcpy(b->gateway, m->gateway, strlen(m->gateway));
    struct intake_input *to = (struct intake_input *)(void *)(b + 1);
    for (size_t i = 0; i < m->n_input; i++) {
        struct intake_input *one = &to[b->inputs_n];
        one->sid = m->sid[i];
        one->target_tick = m->input[i]->target_tick;
        if (take_input(m->input[i], &one->input))
            b->inputs_n++;
        else
            b->refused++;
    }
    b->closed_n = (uint32_t)m->n_closed;
    if (m->n_closed > 0)
        memcpy(to + b->inputs_n, m->closed, m->n_closed * sizeof(uint32_t));
    ring_commit(in->ring, sizeof(*b) + b->inputs_n * sizeof(*to) + m->n_closed * sizeof(uint32_t));
    return 0;
}

int intake_batch(struct intake *in, const uint8_t *data, size_t len, uint64_t arrived_ns)
{
    st_assert(in != NULL);
    st_arena_reset(&in->arena);
    const Startrader__V1__InputBatch *m = st_wire_unpack(&startrader__v1__input_batch__descriptor,
                                                         data, len, INTAKE_BYTES_MAX, &in->arena);
    return m != NULL ? to_ring(in, m, arrived_ns) : ST_EPROTO;
}
