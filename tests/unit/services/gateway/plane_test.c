/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and worlds through the whole data plane. */
#include "plane_rig.h"

#include <st/clock.h>
#include <st/log.h>
#include <st/wire.h>

#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const struct test_slice home[] = {{.cell = HOME, .id = 5}};

START_TEST(a_session)
{
    struct peer c;
    bool snapshot = false, delta = false;
    give_tick(1, 100, NULL, 0);
    (void)wait_note(NOTE_EPOCH);
    (void)wait_note(NOTE_CONFIG);
    answer_snapshot(1, 100, home, 1);
    peer_enter(&c, 1);
    ck_assert_uint_eq(c.last->welcome->player, 77);
    for (uint32_t tick = 101; tick < 140 && !(snapshot && delta && c.own); tick++) {
        give_own(1, tick, c.sid, 0);
        give_tick(1, tick, home, 1);
        while (peer_hear(&c, 30)) {
            snapshot |= c.last->n_snapshot > 0;
            delta |= c.last->n_delta > 0;
            ck_assert_uint_eq(c.last->world_epoch, 1);
        }
    }
    ck_assert(snapshot && delta && c.own > 0 && c.events > 0);
    for (uint32_t seq = 1; seq <= 10; seq++)
        peer_say(&c, client_input(seq, 1));
    peer_say(&c, client_input(5, 1));    /* again */
    peer_say(&c, client_input(1000, 1)); /* too far ahead */
    for (int i = 0; i < 500 && counted(&rig.inputs) < 10; i++)
        poll(NULL, 0, 10);
    poll(NULL, 0, 50);
    ck_assert_uint_eq(counted(&rig.inputs), 10);
    ck_assert_uint_eq(counted(&rig.highest_seq), 10);
    peer_close(&c);
    ck_assert_uint_eq(wait_note(NOTE_GONE).sid, c.sid);
    for (int i = 0; i < 500 && counted(&rig.closed) == 0; i++)
        poll(NULL, 0, 10);
    ck_assert_uint_gt(counted(&rig.closed), 0);
    for (int i = 0; i < 500 && atomic_load(&rig.sockets_closed) == 0; i++)
        poll(NULL, 0, 10);
    ck_assert_uint_eq(atomic_load(&rig.sockets_closed), 1);
}
END_TEST

START_TEST(overtaken_events_are_kept)
{
    struct peer c;
    give_tick(1, 100, NULL, 0);
    answer_snapshot(1, 100, home, 1);
    peer_enter(&c, 1);
    c.events = c.own = 0;
    for (uint32_t i = 1; i <= 5; i++)
        give_own(1, 100 + i, c.sid, i);
    give_tick(1, 106, NULL, 0);
    while (c.own == 0)
        ck_assert(peer_hear(&c, WAIT_MS));
    ck_assert_uint_eq(c.events, 5);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_uint_eq(c.last->private_[i]->tick, 101 + i);
    ck_assert_uint_eq(c.last->own->ack_seq, 5);
    ck_assert_uint_eq(c.own, 1);
    peer_close(&c);
}
END_TEST

START_TEST(a_still_world_is_told)
{
    struct peer c;
    uint64_t end;
    uint32_t told = 0;
    give_tick(1, 100, NULL, 0);
    answer_snapshot(1, 100, home, 1);
    peer_enter(&c, 1);
    end = st_mono_ms() + 3000;
    while (st_mono_ms() < end && told < 2) {
        peer_send(&c, 0x8a, "", 0);
        if (peer_hear(&c, 100) && c.last && c.last->status)
            told += c.last->status->world_paused ? 1 : 0;
    }
    ck_assert_uint_ge(told, 2);
    for (uint32_t tick = 101; told > 0; tick++) {
        ck_assert_uint_lt(tick, 300);
        give_tick(1, tick, home, 1);
        while (peer_hear(&c, 20))
            if (c.last->status && !c.last->status->world_paused)
                told = 0;
    }
    peer_close(&c);
}
END_TEST

START_TEST(a_new_world_binds_again)
{
    struct peer c;
    give_tick(1, 100, NULL, 0);
    answer_snapshot(1, 100, home, 1);
    peer_enter(&c, 1);
    rig.delta_seq = rig.own_seq = 0;
    give_tick(2, 90, home, 1);
    ck_assert_uint_eq(wait_note(NOTE_EPOCH).world_epoch, 2);
    peer_say(&c, client_input(1, 1)); /* nobody is bound */
    answer_snapshot(2, 90, home, 1);
    order_enter(c.sid, 2, 40);
    while (c.welcomes < 2)
        ck_assert(peer_hear(&c, WAIT_MS));
    peer_say(&c, client_input(41, 1));
    for (int i = 0; i < 500 && counted(&rig.inputs) == 0; i++)
        poll(NULL, 0, 10);
    ck_assert_uint_eq(counted(&rig.highest_seq), 41);
    for (uint32_t tick = 91; !c.last->view; tick++) {
        ck_assert_uint_lt(tick, 300);
        give_own(2, tick, c.sid, 0);
        give_tick(2, tick, home, 1);
        (void)peer_hear(&c, 50);
    }
    ck_assert_uint_eq(c.last->world_epoch, 2);
    peer_close(&c);
}
END_TEST

static void give_unknown(uint32_t epoch, uint32_t tick, uint32_t sid)
{
    Startrader__V1__OwnBundle m = STARTRADER__V1__OWN_BUNDLE__INIT;
    struct st_buf b;
    m.world_epoch = epoch;
    m.tick = tick;
    m.seq = ++rig.own_seq;
    m.n_unknown = 1;
    m.unknown = &sid;
    st_buf_init(&b, 1024);
    st_wire_pack(&m.base, &b);
    give("own", b);
}

static void peer_ping(struct peer *c)
{
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    Startrader__V1__Ping ping = STARTRADER__V1__PING__INIT;
    struct st_buf b;
    ping.client_ms = 5;
    f.ping = &ping;
    st_buf_init(&b, 1024);
    st_wire_pack(&f.base, &b);
    peer_say(c, b);
    do
        ck_assert(peer_hear(c, WAIT_MS));
    while (!c->last->pong);
}

/* As after a gateway that came back: bound, then forgotten before the loop has heard of either. */
START_TEST(forgotten_while_it_entered)
{
    struct peer c;
    give_tick(1, 100, NULL, 0);
    answer_snapshot(1, 100, home, 1);
    peer_open(&c);
    peer_say(&c, client_hello("a-ticket", 0));
    c.sid = wait_note(NOTE_HELLO).sid;
    give_unknown(1, 101, c.sid);
    peer_ping(&c); /* read after the bundle */
    order_enter(c.sid, 1, 0);
    ck_assert_uint_eq(wait_note(NOTE_UNBOUND).sid, c.sid);
    peer_close(&c);
}
END_TEST

START_TEST(sent_away)
{
    struct peer c;
    peer_enter(&c, 1);
    plane_order(rig.plane, plane_order_new(ORDER_DRAIN, 0, NULL, 0));
    peer_wait_close(&c, CLOSE_MOVING);
    ck_assert_int_eq(strncmp(c.close_reason, "retry=", 6), 0);
    ck_assert_int_ge(atoi(c.close_reason + 6), 250);
    peer_close(&c);
}
END_TEST

START_TEST(ordered_to_close)
{
    struct peer c;
    struct plane_order *o;
    peer_enter(&c, 1);
    o = plane_order_new(ORDER_CLOSE, c.sid, "see you", 7);
    o->code = CLOSE_KICKED;
    plane_order(rig.plane, o);
    peer_wait_close(&c, CLOSE_KICKED);
    ck_assert_str_eq(c.close_reason, "see you");
    peer_close(&c);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_session,
        overtaken_events_are_kept,
        a_still_world_is_told,
        a_new_world_binds_again,
        forgotten_while_it_entered,
        sent_away,
        ordered_to_close,
    };
    Suite *s = suite_create("plane");
    TCase *tc = tcase_create("plane");
    st_log_init("plane-test", "gateway-1", ST_LOG_ERROR);
    tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
    tcase_set_timeout(tc, 60);
    for (size_t i = 0; i < ST_ARRAY_LEN(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
