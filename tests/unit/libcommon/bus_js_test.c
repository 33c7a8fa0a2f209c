/* SPDX-License-Identifier: Apache-2.0 */
#include "bus_bench.h"

#include <stdio.h>
#include <stdlib.h>

static void on_stored(void *ctx, int err)
{
    (void)ctx;
    replies++;
    last_err = err;
}

/* --- JetStream --- */

static struct st_bus_consumer *consumer;
static struct st_bus_msg *kept[KEPT_MAX];
static uint32_t deliveries_max;
static bool keep;

static void on_event(void *ctx, struct st_bus_msg *m)
{
    (void)ctx;
    ck_assert_uint_lt(got, KEPT_MAX);
    numbers[got] = strtoull((const char *)m->data, NULL, 10);
    deliveries_max = ST_MAX(deliveries_max, m->deliveries);
    if (keep) {
        kept[got++] = m;
        return;
    }
    got++;
    st_bus_ack(m);
    st_bus_msg_free(m);
}

static void migrate(void)
{
    char error[256];
    int err = st_bus_js_migrate(bus, "test", 2, error, sizeof(error));
    ck_assert_msg(err == 0, "%s", error);
}

static uint32_t wanted;
static bool replied_wanted(void)
{
    return replies >= wanted;
}
static bool got_wanted(void)
{
    return got >= wanted;
}

static void store(int first, int count)
{
    replies = 0;
    for (int i = first; i < first + count; i++) {
        char text[16], id[32];
        int n = snprintf(text, sizeof(text), "%d", i);
        snprintf(id, sizeof(id), "id-%d", i);
        st_bus_js_publish(bus, "ev.test.s0.docked", id, text, (size_t)n, on_stored, NULL);
    }
    wanted = (uint32_t)count;
    run_until(replied_wanted);
    ck_assert_int_eq(last_err, 0);
}

static void consume(uint32_t window)
{
    got = 0;
    consumer = st_bus_js_consume(bus, "EVENTS", "economy-events", window, on_event, NULL);
}

static bool consumer_good(void)
{
    return st_bus_consumer_good(consumer);
}

static void open_js(void)
{
    keep = false;
    deliveries_max = 0;
    bus = open_as("tester", ST_BUS_JS);
    run_until(both_up);
}

START_TEST(events_are_stored_once_and_consumed_in_order)
{
    open_js();
    migrate();
    migrate();
    store(0, 300);
    store(100, 100);
    consume(64);
    wanted = 300;
    run_until(got_wanted);
    run_for(100);
    ck_assert_uint_eq(got, 300);
    for (uint64_t i = 0; i < 300; i++)
        ck_assert_uint_eq(numbers[i], i);
    run_until(consumer_good);
    ck_assert_uint_eq(deliveries_max, 1);
    ck_assert_uint_eq(st_bus_consumer_pending(consumer), 0);
    ck_assert(st_bus_healthy(bus, health, sizeof(health)));
    st_bus_js_consume_stop(&consumer);
}
END_TEST

START_TEST(the_window_holds_and_unacknowledged_come_again)
{
    open_js();
    migrate();
    store(0, 50);
    keep = true;
    consume(8);
    wanted = 8;
    run_until(got_wanted);
    run_for(200);
    ck_assert_uint_eq(got, 8);
    ck_assert_uint_ge(st_bus_consumer_pending(consumer), 50);
    /* Given up without a word: redelivered after the ack wait of 2 s. */
    for (uint32_t i = 0; i < 4; i++)
        st_bus_msg_free(kept[i]);
    for (uint32_t i = 4; i < 8; i++) {
        st_bus_nak(kept[i], 0);
        st_bus_msg_free(kept[i]);
    }
    keep = false;
    got = 0;
    wanted = 50;
    run_until(got_wanted);
    ck_assert_uint_ge(deliveries_max, 2);
    st_bus_js_consume_stop(&consumer);
}
END_TEST

START_TEST(consumption_survives_a_restart_of_the_server)
{
    open_js();
    migrate();
    consume(32);
    store(0, 10);
    wanted = 10;
    run_until(got_wanted);
    nats_fixture_kill(&server);
    run_until(is_down);
    nats_fixture_again(&server);
    run_until(back);
    store(10, 10);
    wanted = 20;
    run_until(got_wanted);
    st_bus_js_consume_stop(&consumer);
}
END_TEST

START_TEST(a_missing_durable_is_waited_for)
{
    open_js();
    consume(8);
    run_for(700);
    ck_assert(!consumer_good());
    ck_assert(!st_bus_healthy(bus, health, sizeof(health)));
    migrate();
    run_until(consumer_good);
    store(0, 3);
    wanted = 3;
    run_until(got_wanted);
    st_bus_js_consume_stop(&consumer);
}
END_TEST

START_TEST(storing_without_a_stream_fails)
{
    open_js();
    st_bus_js_publish(bus, "t.nowhere", "id", "x", 1, on_stored, NULL);
    run_until(replied);
    ck_assert_int_eq(last_err, ST_EUNAVAILABLE);
}
END_TEST

int main(void)
{
    const struct bench_test tests[] = {
        {"events", events_are_stored_once_and_consumed_in_order},
        {"window", the_window_holds_and_unacknowledged_come_again},
        {"restart", consumption_survives_a_restart_of_the_server},
        {"durable", a_missing_durable_is_waited_for},
        {"nowhere", storing_without_a_stream_fails},
    };
    return bench_run("bus_js", tests, ST_ARRAY_LEN(tests));
}
