/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <string.h>

#include <intake.h>
#include <st/err.h>
#include <st/rng.h>
#include <startrader/v1/world.pb-c.h>

static struct ring *ring;
static struct intake *intake;

static void setup(size_t size)
{
    ring = ring_new(size);
    intake = intake_new(ring);
}

static void teardown(void)
{
    intake_free(&intake);
    ring_free(&ring);
}

/* A batch with one input of session 7 that docks, and two closed sessions. */
static size_t pack(uint8_t *out, char *gateway, uint32_t heading, uint32_t thrust, uint32_t request)
{
    Startrader__V1__DockAction dock = STARTRADER__V1__DOCK_ACTION__INIT;
    Startrader__V1__Action action = STARTRADER__V1__ACTION__INIT, *actions[] = {&action};
    Startrader__V1__Input input = STARTRADER__V1__INPUT__INIT, *inputs[] = {&input};
    Startrader__V1__InputBatch m = STARTRADER__V1__INPUT_BATCH__INIT;
    uint32_t sid[] = {7}, closed[] = {3, 4};
    dock.location = 5;
    action.request_id = request;
    action.act_case = STARTRADER__V1__ACTION__ACT_DOCK;
    action.dock = &dock;
    input.seq = 41;
    input.target_heading = heading;
    input.thrust = thrust;
    input.boost = true;
    input.drift = true;
    input.fire = 3;
    input.target = 99;
    input.n_action = 1;
    input.action = actions;
    m.gateway = gateway;
    m.n_sid = m.n_input = 1;
    m.sid = sid;
    m.input = inputs;
    m.n_closed = 2;
    m.closed = closed;
    m.boot_id = 12345;
    return startrader__v1__input_batch__pack(&m, out);
}

START_TEST(every_field_arrives)
{
    uint8_t bytes[512];
    char name[] = "gateway-1";
    size_t len;
    setup(1 << 16);
    size_t n = pack(bytes, name, 4095, FLIGHT_AHEAD, 77);
    ck_assert_int_eq(intake_batch(intake, bytes, n, 1000), 0);
    const struct intake_batch *b = ring_peek(ring, &len);
    ck_assert_ptr_nonnull(b);
    ck_assert_str_eq(b->gateway, name);
    ck_assert_uint_eq(b->boot_id, 12345);
    ck_assert_uint_eq(b->arrived_ns, 1000);
    ck_assert_uint_eq(b->inputs_n, 1);
    ck_assert_uint_eq(b->closed_n, 2);
    ck_assert_uint_eq(b->refused, 0);
    const struct intake_input *in = intake_inputs(b);
    struct flight f;
    ck_assert_uint_eq(in->sid, 7);
    ck_assert_uint_eq(in->input.seq, 41);
    ck_assert_uint_eq(in->input.fire, 3);
    ck_assert_uint_eq(in->input.target, 99);
    flight_ctl_unpack(&f, in->input.ctl);
    ck_assert_uint_eq(f.target, 4095);
    ck_assert_uint_eq(f.thrust, FLIGHT_AHEAD);
    ck_assert_uint_eq(f.boost, 1);
    ck_assert_uint_eq(f.flags, FLIGHT_DRIFT);
    ck_assert_uint_eq(in->input.actions_n, 1);
    ck_assert_uint_eq(in->input.actions[0].request, 77);
    ck_assert_uint_eq(in->input.actions[0].kind, WORLD_ACT_DOCK);
    ck_assert_uint_eq(in->input.actions[0].station, 5);
    ck_assert_uint_eq(intake_closed(b)[0], 3);
    ck_assert_uint_eq(intake_closed(b)[1], 4);
    teardown();
}
END_TEST

START_TEST(impossible_values_are_left_out)
{
    static const struct {
        uint32_t heading, thrust, request;
    } bad[] = {{4096, 1, 1}, {0, 4, 1}, {0, 1, 0}, {UINT32_MAX, UINT32_MAX, 1}};
    uint8_t bytes[512];
    char name[] = "gateway-1";
    size_t len;
    setup(1 << 16);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        size_t n = pack(bytes, name, bad[i].heading, bad[i].thrust, bad[i].request);
        ck_assert_int_eq(intake_batch(intake, bytes, n, 1), 0);
        const struct intake_batch *b = ring_peek(ring, &len);
        ck_assert_uint_eq(b->inputs_n, 0);
        ck_assert_uint_eq(b->refused, 1);
        ck_assert_uint_eq(intake_closed(b)[1], 4);
        ring_release(ring);
    }
    teardown();
}
END_TEST

START_TEST(forged_batches_are_refused)
{
    uint8_t bytes[512];
    char *names[] = {"", "Gateway", "a b", "gateway.1", "0123456789012345678901234567890123"};
    char good[] = "gateway-1";
    size_t len;
    setup(1 << 16);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n = pack(bytes, names[i], 1, 1, 1);
        ck_assert_int_eq(intake_batch(intake, bytes, n, 1), ST_EPROTO);
    }
    size_t n = pack(bytes, good, 1, 1, 1);
    for (uint32_t seed = 0; seed < 5000; seed++) {
        uint8_t hostile[512];
        memcpy(hostile, bytes, n);
        uint64_t r = st_hash64(&seed, sizeof(seed), 7);
        hostile[r % n] = (uint8_t)(r >> 32);
        int err = intake_batch(intake, hostile, (r >> 40) % (n + 1), 1);
        ck_assert(err == 0 || err == ST_EPROTO);
        if (ring_peek(ring, &len) != NULL)
            ring_release(ring);
    }
    teardown();
}
END_TEST

START_TEST(full_ring_refuses)
{
    uint8_t bytes[512];
    char name[] = "gateway-1";
    int err = 0, taken = 0;
    setup(4096);
    size_t n = pack(bytes, name, 1, 1, 1);
    while ((err = intake_batch(intake, bytes, n, 1)) == 0)
        taken++;
    ck_assert_int_eq(err, ST_EFULL);
    ck_assert_int_gt(taken, 10);
    teardown();
}
END_TEST

SUITE_MAIN("intake", every_field_arrives, impossible_values_are_left_out,
           forged_batches_are_refused, full_ring_refuses)
