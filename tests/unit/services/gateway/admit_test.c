/* SPDX-License-Identifier: Apache-2.0 */
#include "test_world.h"

#include <admit.h>

#include <st/err.h>
#include <st/wire.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct st_arena arena;
static uint8_t memory[1 << 16];

static void setup(void)
{
    st_arena_init(&arena, memory, sizeof memory);
}

static bool ok(const Startrader__V1__ClientFrame *f)
{
    uint8_t out[8192];
    size_t len = startrader__v1__client_frame__pack(f, out);
    st_arena_reset(&arena);
    return admit_frame(&arena, out, len) != NULL;
}

START_TEST(inputs_in_range)
{
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    Startrader__V1__Input in = STARTRADER__V1__INPUT__INIT, *list[9];
    for (int i = 0; i < 9; i++)
        list[i] = &in;
    f.n_input = 8;
    f.input = list;
    in.seq = 1;
    in.target_heading = 4095;
    in.thrust = 3;
    in.fire = 3;
    ck_assert(ok(&f));
    f.n_input = 9;
    ck_assert(!ok(&f));
    f.n_input = 1;
    in.seq = 0;
    ck_assert(!ok(&f));
    in.seq = 1;
    in.target_heading = 4096;
    ck_assert(!ok(&f));
    in.target_heading = 0;
    in.thrust = 4;
    ck_assert(!ok(&f));
    in.thrust = 0;
    in.fire = 4;
    ck_assert(!ok(&f));
}
END_TEST

START_TEST(actions_in_range)
{
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    Startrader__V1__Input in = STARTRADER__V1__INPUT__INIT, *list[1] = {&in};
    Startrader__V1__Action a = STARTRADER__V1__ACTION__INIT, *actions[5] = {&a, &a, &a, &a, &a};
    Startrader__V1__JettisonAction j = STARTRADER__V1__JETTISON_ACTION__INIT;
    Startrader__V1__DockAction d = STARTRADER__V1__DOCK_ACTION__INIT;
    Startrader__V1__Goods g = STARTRADER__V1__GOODS__INIT;
    f.n_input = 1;
    f.input = list;
    in.seq = 1;
    in.n_action = 1;
    in.action = actions;
    ck_assert(!ok(&f)); /* no act, no request id */
    a.request_id = 1;
    ck_assert(!ok(&f));
    a.act_case = STARTRADER__V1__ACTION__ACT_DOCK;
    a.dock = &d;
    ck_assert(ok(&f));
    in.n_action = 5;
    ck_assert(!ok(&f));
    in.n_action = 1;
    a.act_case = STARTRADER__V1__ACTION__ACT_JETTISON;
    a.jettison = &j;
    ck_assert(!ok(&f)); /* nothing named */
    j.goods = &g;
    g.commodity = 63;
    g.quantity = 1000000;
    ck_assert(ok(&f));
    g.quantity = 1000001;
    ck_assert(!ok(&f));
    g.quantity = 1;
    g.commodity = 64;
    ck_assert(!ok(&f));
}
END_TEST

START_TEST(requests_in_range)
{
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    Startrader__V1__Request q = STARTRADER__V1__REQUEST__INIT, *list[5] = {&q, &q, &q, &q, &q};
    uint8_t id[16] = {1};
    f.n_request = 4;
    f.request = list;
    q.request_id.data = id;
    q.request_id.len = 16;
    ck_assert(ok(&f));
    f.n_request = 5;
    ck_assert(!ok(&f));
    f.n_request = 1;
    q.request_id.len = 15;
    ck_assert(!ok(&f));
}
END_TEST

START_TEST(hello_alone)
{
    struct st_buf b = client_hello("ticket", 7);
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    Startrader__V1__Hello h = STARTRADER__V1__HELLO__INIT;
    Startrader__V1__Ping p = STARTRADER__V1__PING__INIT;
    const Startrader__V1__ClientFrame *g = admit_frame(&arena, b.data, b.len);
    char longest[514];
    ck_assert(g && admit_hello(g));
    st_buf_fini(&b);
    ck_assert(!admit_hello(&f));
    f.hello = &h;
    h.protocol = 1;
    ck_assert(!admit_hello(&f)); /* no ticket */
    h.ticket = longest;
    memset(longest, 'a', sizeof longest);
    longest[512] = '\0';
    ck_assert(admit_hello(&f));
    longest[512] = 'a';
    longest[513] = '\0';
    ck_assert(!admit_hello(&f));
    h.ticket = (char[]){"t"};
    h.protocol = 2;
    ck_assert(!admit_hello(&f));
    h.protocol = 1;
    f.ping = &p;
    ck_assert(!admit_hello(&f));
}
END_TEST

START_TEST(sequence)
{
    ck_assert(admit_seq(0, 1));
    ck_assert(admit_seq(10, 266));
    ck_assert(!admit_seq(10, 267));
    ck_assert(!admit_seq(10, 10));
    ck_assert(!admit_seq(10, 9));
    ck_assert(admit_seq(UINT32_MAX - 1, UINT32_MAX));
    ck_assert(!admit_seq(UINT32_MAX, 1));
}
END_TEST

static Startrader__V1__InputBatch *encoded(struct batch *b)
{
    static uint8_t bytes[BATCH_BYTES_MAX];
    struct st_buf out;
    st_buf_init_fixed(&out, bytes, sizeof bytes);
    batch_encode(b, &out);
    ck_assert(!out.overflow);
    return startrader__v1__input_batch__unpack(NULL, out.len, out.data);
}

START_TEST(batches)
{
    struct batch *b = batch_new("gateway-7", 0xfeedu);
    Startrader__V1__Input in = STARTRADER__V1__INPUT__INIT;
    Startrader__V1__InputBatch *m;
    ck_assert(batch_is_empty(b));
    for (uint32_t i = 1; i <= 3; i++) {
        in.seq = i;
        in.boost = true;
        ck_assert_int_eq(batch_add(b, 100 + i, &in), ST_OK);
    }
    batch_closed(b, 55);
    ck_assert(!batch_is_empty(b));
    for (int round = 0; round < 4; round++) {
        m = encoded(b);
        ck_assert_ptr_nonnull(m);
        ck_assert_str_eq(m->gateway, "gateway-7");
        ck_assert_uint_eq(m->boot_id, 0xfeedu);
        ck_assert_uint_eq(m->n_input, round == 0 ? 3 : 0);
        ck_assert_uint_eq(m->n_sid, m->n_input);
        ck_assert_uint_eq(m->n_closed, round < 3 ? 1 : 0); /* told three times */
        if (round == 0) {
            ck_assert_uint_eq(m->sid[2], 103);
            ck_assert_uint_eq(m->input[2]->seq, 3);
            ck_assert(m->input[2]->boost);
        }
        startrader__v1__input_batch__free_unpacked(m, NULL);
        ck_assert(batch_is_empty(b));
    }
    batch_free(&b);
}
END_TEST

START_TEST(batch_is_bounded)
{
    struct batch *b = batch_new("g", 1);
    Startrader__V1__Input in = STARTRADER__V1__INPUT__INIT;
    Startrader__V1__InputBatch *m;
    uint32_t n = 0;
    in.seq = UINT32_MAX;
    in.target = UINT32_MAX;
    while (batch_add(b, UINT32_MAX, &in) == ST_OK)
        n++;
    ck_assert_uint_gt(n, 1000);
    for (uint32_t i = 1; i < 40000; i++)
        batch_closed(b, i);
    m = encoded(b);
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(m->n_input, n);
    startrader__v1__input_batch__free_unpacked(m, NULL);
    ck_assert_int_eq(batch_add(b, 1, &in), ST_OK);
    batch_free(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("admit");
    TCase *t = tcase_create("admit");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, inputs_in_range);
    tcase_add_test(t, actions_in_range);
    tcase_add_test(t, requests_in_range);
    tcase_add_test(t, hello_alone);
    tcase_add_test(t, sequence);
    tcase_add_test(t, batches);
    tcase_add_test(t, batch_is_bounded);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
