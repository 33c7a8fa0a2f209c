/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/subject.h>
#include <st/wire.h>

#include <stdio.h>
#include <string.h>

struct fake_ask fake_asks[FAKE_MAX];
uint32_t fake_asks_n;
struct fake_order fake_orders[FAKE_MAX];
uint32_t fake_orders_n;
void (*fake_on_ask)(const struct fake_ask *ask);

void fake_reset(void)
{
    fake_asks_n = fake_orders_n = 0;
    fake_on_ask = NULL;
}

bool fake_take(const char *subject, struct fake_ask *out)
{
    for (uint32_t i = 0; i < fake_asks_n; i++) {
        if (strcmp(fake_asks[i].subject, subject) != 0)
            continue;
        *out = fake_asks[i];
        memmove(&fake_asks[i], &fake_asks[i + 1], (--fake_asks_n - i) * sizeof fake_asks[0]);
        return true;
    }
    return false;
}

void caller_ask(struct caller *c, const char *subject, const ProtobufCMessage *request,
                const ProtobufCMessageDescriptor *reply_type, uint32_t timeout_ms, call_fn *done,
                void *ctx, uint64_t key)
{
    struct fake_ask a;
    struct st_buf b;
    (void)c;
    (void)reply_type;
    (void)timeout_ms;
    memset(&a, 0, sizeof a);
    snprintf(a.subject, sizeof a.subject, "%s", subject);
    st_buf_init_fixed(&b, a.data, sizeof a.data);
    st_wire_pack(request, &b);
    st_assert(!b.overflow);
    a.len = b.len;
    a.done = done;
    a.ctx = ctx;
    a.key = key;
    if (fake_on_ask) {
        fake_on_ask(&a);
        return;
    }
    st_assert(fake_asks_n < FAKE_MAX);
    fake_asks[fake_asks_n++] = a;
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

struct plane_order *plane_order_new(enum plane_order_kind kind, uint32_t sid, const void *data,
                                    size_t len)
{
    struct plane_order *o = st_alloc(sizeof *o + len);
    o->kind = kind;
    o->sid = sid;
    o->fd = -1;
    o->len = len;
    if (len > 0)
        memcpy(o->data, data, len);
    return o;
}

void plane_order(struct plane *p, struct plane_order *o)
{
    struct fake_order *to = &fake_orders[fake_orders_n];
    (void)p;
    st_assert(fake_orders_n < FAKE_MAX && o->len <= sizeof to->data);
    fake_orders_n++;
    to->kind = o->kind;
    to->sid = o->sid;
    to->code = o->code;
    to->cell = o->cell;
    to->world_epoch = o->world_epoch;
    to->last_seq = o->last_seq;
    to->len = o->len;
    memcpy(to->data, o->data, o->len);
    st_free(o);
}

void plane_pulse(const struct plane *p, struct plane_pulse *out)
{
    (void)p;
    memset(out, 0, sizeof *out);
}

static void on_end(void *ctx)
{
    st_loop_stop(ctx);
}

void fake_run(struct st_loop *loop, uint32_t ms)
{
    struct st_timer *t = st_timer_new(loop, on_end, loop);
    st_timer_start(t, ms, 0);
    st_loop_run(loop);
    st_timer_free(&t);
}
