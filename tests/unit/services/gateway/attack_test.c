/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile and broken clients against the whole data plane: each limit, and the others unharmed. */
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

START_TEST(bad_hellos)
{
    struct peer silent, junk, input, trickle;
    peer_open(&silent);
    peer_open(&junk);
    peer_open(&input);
    peer_open(&trickle);
    peer_send(&junk, 0x82, "\xff\xff", 2);
    peer_say(&input, client_input(1, 1));
    peer_send(&trickle, 0x89, "p", 1); /* life signs are no hello */
    peer_wait_close(&junk, CLOSE_BAD_HELLO);
    peer_wait_close(&input, CLOSE_BAD_HELLO);
    peer_wait_close(&silent, CLOSE_HELLO_LATE);
    peer_wait_close(&trickle, CLOSE_HELLO_LATE);
    peer_close(&silent);
    peer_close(&junk);
    peer_close(&input);
    peer_close(&trickle);
}
END_TEST

START_TEST(idle_clients_are_cut)
{
    struct peer idle, alive;
    uint64_t end = st_mono_ms() + 4 * DEADLINE_MS;
    peer_enter(&idle, 1);
    peer_enter(&alive, 1);
    while (st_mono_ms() < end) {
        peer_send(&alive, 0x8a, "", 0);
        (void)peer_hear(&alive, 100);
        (void)peer_hear(&idle, 1);
    }
    peer_wait_close(&idle, CLOSE_IDLE);
    ck_assert_uint_gt(idle.pings, 0);
    ck_assert_uint_eq(alive.close_code, 0);
    peer_close(&idle);
    peer_close(&alive);
}
END_TEST

START_TEST(message_flood)
{
    struct peer bad, good;
    struct st_buf ping;
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    Startrader__V1__Ping p = STARTRADER__V1__PING__INIT;
    p.client_ms = 42;
    f.ping = &p;
    st_buf_init(&ping, 64);
    st_wire_pack(&f.base, &ping);
    peer_enter(&bad, 1);
    peer_enter(&good, 1);
    for (int i = 0; i < 2000; i++)
        peer_send(&bad, 0x82, ping.data, ping.len);
    peer_wait_close(&bad, CLOSE_POLICY);
    good.frames = 0;
    peer_send(&good, 0x82, ping.data, ping.len);
    do
        ck_assert(peer_hear(&good, WAIT_MS));
    while (!good.last->pong);
    ck_assert_uint_eq(good.last->pong->client_ms, 42);
    st_buf_fini(&ping);
    peer_close(&bad);
    peer_close(&good);
}
END_TEST

START_TEST(input_flood)
{
    struct peer c;
    peer_enter(&c, 1);
    for (uint32_t seq = 1; seq <= 160; seq += 8)
        peer_say(&c, client_input(seq, 8));
    for (int i = 0; i < 100 && counted(&rig.inputs) < 50; i++)
        poll(NULL, 0, 10);
    poll(NULL, 0, 100);
    ck_assert_uint_ge(counted(&rig.inputs), 50);
    ck_assert_uint_le(counted(&rig.inputs), 60);
    ck_assert_uint_eq(c.close_code, 0);
    for (uint32_t seq = 161; seq <= 961; seq += 8)
        peer_say(&c, client_input(seq, 8));
    peer_wait_close(&c, CLOSE_POLICY);
    peer_close(&c);
}
END_TEST

START_TEST(malformed_later)
{
    struct peer c, twice;
    peer_enter(&c, 1);
    peer_send(&c, 0x82, "\x0a\xff", 2);
    peer_wait_close(&c, CLOSE_PROTOCOL);
    peer_enter(&twice, 1);
    peer_say(&twice, client_hello("again", 0));
    peer_wait_close(&twice, CLOSE_PROTOCOL);
    peer_close(&c);
    peer_close(&twice);
}
END_TEST

/* A client that does not read gets no queue: frames are skipped, at last it is closed; the others
 * get all of theirs. */
START_TEST(slow_reader)
{
    struct test_slice big[] = {{.cell = HOME, .id = 5, .pad = 20000}};
    struct peer slow, fast;
    uint32_t tick = 100;
    uint64_t end;
    give_tick(1, tick, NULL, 0);
    answer_snapshot(1, tick, home, 1);
    peer_enter(&slow, 1);
    peer_enter(&fast, 1);
    fast.frames = 0;
    end = st_mono_ms() + 4 * DEADLINE_MS;
    while (st_mono_ms() < end) {
        give_own(1, ++tick, fast.sid, 0);
        give_tick(1, tick, big, 1);
        if (tick % 20 == 0) {
            peer_send(&fast, 0x8a, "", 0);
            peer_send(&slow, 0x8a, "", 0);
        }
        (void)peer_hear(&fast, 100);
        poll(NULL, 0, 10);
    }
    ck_assert_uint_gt(fast.frames, 5);
    ck_assert_uint_eq(fast.close_code, 0);
    (void)wait_note(NOTE_GONE);
    while (peer_hear(&slow, 200))
        ;
    ck_assert(slow.ended);
    ck_assert(slow.close_code == 0 || slow.close_code == CLOSE_SLOW);
    peer_close(&slow);
    peer_close(&fast);
}
END_TEST

START_TEST(more_sockets_than_slots)
{
    struct peer c[70];
    uint32_t ended = 0;
    for (int i = 0; i < 70; i++)
        peer_open(&c[i]);
    for (int i = 0; i < 500 && atomic_load(&rig.sockets_closed) < 6; i++)
        poll(NULL, 0, 10);
    for (int i = 0; i < 70; i++) {
        char byte;
        ended += recv(c[i].fd, &byte, 1, MSG_DONTWAIT) == 0;
        peer_close(&c[i]);
    }
    ck_assert_uint_eq(ended, 6);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        bad_hellos,      idle_clients_are_cut, message_flood,           input_flood,
        malformed_later, slow_reader,          more_sockets_than_slots,
    };
    Suite *s = suite_create("attack");
    TCase *tc = tcase_create("attack");
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
