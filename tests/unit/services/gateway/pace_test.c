/* SPDX-License-Identifier: Apache-2.0 */
/* How often clients are told through the whole data plane: by need, under load, when slow. */
#include "plane_rig.h"

#include <st/clock.h>
#include <st/log.h>
#include <st/stat.h>

#include <check.h>
#include <poll.h>
#include <stdlib.h>

enum { TICKS = 40, NEVER_PM = 5000 };

static const struct test_slice home[] = {{.cell = HOME, .id = 5}};
static uint32_t tick, ack;

static void begin(struct peer *c)
{
    tick = 100;
    ack = 1;
    give_tick(1, tick, NULL, 0);
    answer_snapshot(1, tick, home, 1);
    peer_enter(c, 1);
}

static void until_shown(void)
{
    uint64_t end = st_mono_ms() + WAIT_MS;
    struct plane_pulse pulse;
    plane_pulse(rig.plane, &pulse);
    while (pulse.tick != tick && st_mono_ms() < end) {
        poll(NULL, 0, 1);
        plane_pulse(rig.plane, &pulse);
    }
    ck_assert_uint_eq(pulse.tick, tick);
}

/* One tick after another; each is told, or not, before the next. */
static void pass(struct peer *c, uint32_t ticks, uint32_t phase, const struct test_slice *s,
                 uint32_t acks)
{
    for (uint32_t i = 0; i < ticks; i++) {
        tick++;
        ack += acks;
        if (phase == FLYING || i % 20 == 0)
            give_own_plain(tick, c->sid, phase, ack);
        give_tick(1, tick, s, s ? 1 : 0);
        until_shown();
    }
}

/* An event does not wait for its turn; when it is there, all before it is. */
static void until_event(struct peer *c)
{
    uint64_t end = st_mono_ms() + WAIT_MS;
    c->events = 0;
    peer_send(c, 0x8a, "", 0); /* lest it be cut as idle */
    give_own(1, ++tick, c->sid, ack);
    give_tick(1, tick, NULL, 0);
    while (c->events == 0 && st_mono_ms() < end)
        if (!peer_hear(c, 20))
            give_tick(1, ++tick, NULL, 0); /* under load even that waits for some ticks */
    ck_assert_uint_eq(c->events, 1);
}

/* Frames in TICKS. */
static uint32_t frames(struct peer *c, uint32_t phase, const struct test_slice *s, uint32_t acks)
{
    pass(c, TICKS, phase, s, acks); /* what was before is over */
    until_event(c);
    c->frames = 0;
    pass(c, TICKS, phase, s, acks);
    until_event(c);
    return c->frames - 1;
}

#define BETWEEN(value, low, high)                                                                  \
    do {                                                                                           \
        uint32_t told = (value);                                                                   \
        ck_assert_msg(told >= (low) && told <= (high), "%u frames", told);                         \
    } while (0)

START_TEST(by_need)
{
    static const struct test_slice shot[] = {{.cell = HOME, .id = 5, .shot = 9}};
    static const struct test_slice next[] = {{.cell = HOME + 1, .id = 5, .shot = 9}};
    static const struct test_slice mover[] = {{.cell = HOME - 1, .shot = 0, .gone = 77}};
    static const struct test_slice far[] = {{.cell = HOME + 2, .id = 5, .shot = 9}};
    struct peer c;
    begin(&c);
    BETWEEN(frames(&c, FLYING, NULL, 0), TICKS / 5 - 2, TICKS / 5 + 2);
    BETWEEN(frames(&c, FLYING, mover, 0), TICKS / 2 - 2, TICKS / 2 + 2);
    BETWEEN(frames(&c, FLYING, far, 0), TICKS / 5 - 2, TICKS / 5 + 2);
    BETWEEN(frames(&c, FLYING, next, 0), TICKS / 2 - 2, TICKS / 2 + 2);
    BETWEEN(frames(&c, FLYING, shot, 0), TICKS - 2, TICKS);
    BETWEEN(frames(&c, FLYING, NULL, 1), TICKS - 2, TICKS); /* acknowledged at once */
    BETWEEN(frames(&c, DOCKED, mover, 0), TICKS / 20 - 1, TICKS / 20 + 2);
    peer_close(&c);
}
END_TEST

static void idle(void)
{
    rig_load_pm = NEVER_PM; /* ticks come as fast as they can here */
    rig_setup();
    rig_load_pm = 0;
}

static void busy(void)
{
    rig_load_pm = 1; /* anything is too much */
    rig_setup();
    rig_load_pm = 0;
}

START_TEST(under_load)
{
    struct st_counter *slower =
        st_counter("startrader_gateway_cadence_changes_total", "direction=\"slower\"", "");
    struct st_gauge *hertz = st_gauge("startrader_gateway_cadence_hertz", NULL, "");
    uint64_t end = st_mono_ms() + WAIT_MS;
    struct peer c;
    begin(&c);
    while (st_gauge_get(hertz) > 5 && st_mono_ms() < end) {
        pass(&c, 1, FLYING, home, 1);
        (void)peer_hear(&c, 1);
        if (tick % 50 == 0)
            peer_send(&c, 0x8a, "", 0);
    }
    ck_assert_uint_eq((unsigned)st_gauge_get(hertz), 5);
    ck_assert_uint_eq(st_counter_get(slower), 3);
    BETWEEN(frames(&c, FLYING, NULL, 1), TICKS / 4 - 2, TICKS / 4 + 2);
    peer_close(&c);
}
END_TEST

static void patient(void)
{
    rig_stall_ms = 3000;
    idle();
    rig_stall_ms = 0;
}

/* Reads now and then: is told less and less, and all of it again once it keeps up. */
START_TEST(slow_in_steps)
{
    static const struct test_slice big[] = {{.cell = HOME, .id = 5, .pad = 30000}};
    static const char name[] = "startrader_gateway_slow_steps_total";
    struct st_counter *coarser = st_counter(name, "step=\"coarser\"", "");
    struct st_counter *own_only = st_counter(name, "step=\"own_only\"", "");
    uint64_t end = st_mono_ms() + 2 * WAIT_MS, read_ms = 0;
    uint32_t snapshots = 0;
    struct peer c;
    begin(&c);
    while (st_counter_get(own_only) == 0 && st_mono_ms() < end) {
        pass(&c, 1, FLYING, big, 0);
        poll(NULL, 0, 5);
        if (st_mono_ms() > read_ms + 300) {
            while (peer_hear(&c, 1))
                ;
            peer_send(&c, 0x8a, "", 0);
            read_ms = st_mono_ms();
        }
    }
    ck_assert_uint_gt(st_counter_get(own_only), 0);
    ck_assert_uint_gt(st_counter_get(coarser), 0);
    while (snapshots == 0 && st_mono_ms() < end) {
        pass(&c, 1, FLYING, home, 0);
        if (tick % 50 == 0)
            peer_send(&c, 0x8a, "", 0);
        while (peer_hear(&c, 5))
            snapshots += c.last ? (uint32_t)c.last->n_snapshot : 0;
    }
    ck_assert_uint_gt(snapshots, 0);
    ck_assert_uint_eq(c.close_code, 0);
    peer_close(&c);
}
END_TEST

static void add(Suite *s, const char *name, SFun setup, const TTest *test)
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, setup, rig_teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test);
    suite_add_tcase(s, tc);
}

int main(void)
{
    Suite *s = suite_create("pace");
    st_log_init("plane-test", "gateway-1", ST_LOG_ERROR);
    add(s, "need", idle, by_need);
    add(s, "load", busy, under_load);
    add(s, "slow", patient, slow_in_steps);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
