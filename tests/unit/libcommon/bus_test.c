/* SPDX-License-Identifier: Apache-2.0 */
#include "bus_bench.h"

#include <st/stat.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_request(void *ctx, struct st_bus_msg *m)
{
    char text[300];
    snprintf(text, sizeof(text), "re: %.*s", (int)m->len, (const char *)m->data);
    ck_assert_int_eq(st_bus_reply(ctx, m, text, strlen(text)), 0);
    st_bus_msg_free(m);
}

static void on_ignored(void *ctx, struct st_bus_msg *m)
{
    (void)ctx;
    got++;
    st_bus_msg_free(m);
}

/* --- publish, subscribe, request --- */

START_TEST(messages_arrive_in_order)
{
    bus = open_as("tester", ST_BUS_RPC);
    bus2 = open_as("tester", ST_BUS_RT_OUT);
    ck_assert_int_eq(st_bus_subscribe(bus, "t.num", NULL, 1024, on_msg, NULL), 0);
    run_until(both_up);
    for (int i = 0; i < 500; i++) {
        char text[16];
        int n = snprintf(text, sizeof(text), "%d", i);
        ck_assert_int_eq(st_bus_publish(bus2, "t.num", text, (size_t)n), 0);
    }
    for (uint64_t until = st_mono_ms() + WAIT_MS; got < 500 && st_mono_ms() < until;)
        run_for(5);
    ck_assert_uint_eq(got, 500);
    for (uint64_t i = 0; i < 500; i++)
        ck_assert_uint_eq(numbers[i], i);
    ck_assert_uint_eq(st_bus_down_since_ms(bus), 0);
}
END_TEST

START_TEST(requests_are_answered)
{
    bus = open_as("tester", ST_BUS_RPC);
    bus2 = open_as("tester", ST_BUS_RPC);
    ck_assert_int_eq(st_bus_subscribe(bus2, "t.ask", "q", 64, on_request, bus2), 0);
    run_until(both_up);
    st_bus_request(bus, "t.ask", "hello", 5, 1000, on_reply, NULL);
    ck_assert_uint_eq(replies, 0);
    run_until(replied);
    ck_assert_int_eq(last_err, 0);
    ck_assert_str_eq(last_text, "re: hello");
}
END_TEST

START_TEST(nobody_listens_is_unavailable_at_once)
{
    bus = open_as("tester", ST_BUS_RPC);
    run_until(both_up);
    uint64_t begun = st_mono_ms();
    st_bus_request(bus, "t.nobody", NULL, 0, 5000, on_reply, NULL);
    run_until(replied);
    ck_assert_int_eq(last_err, ST_EUNAVAILABLE);
    ck_assert_uint_lt(st_mono_ms() - begun, 2000);
}
END_TEST

START_TEST(silence_is_a_timeout)
{
    bus = open_as("tester", ST_BUS_RPC);
    ck_assert_int_eq(st_bus_subscribe(bus, "t.silent", NULL, 64, on_ignored, NULL), 0);
    run_until(both_up);
    uint64_t begun = st_mono_ms();
    st_bus_request(bus, "t.silent", "x", 1, 200, on_reply, NULL);
    run_until(replied);
    ck_assert_int_eq(last_err, ST_ETIMEOUT);
    ck_assert_uint_ge(st_mono_ms() - begun, 190);
    ck_assert_uint_eq(got, 1);
}
END_TEST

START_TEST(requests_while_down_fail_later_not_inside)
{
    bus = open_as("tester", ST_BUS_RPC);
    run_until(both_up);
    nats_fixture_kill(&server);
    run_until(is_down);
    ck_assert_uint_gt(st_bus_down_since_ms(bus), 0);
    st_bus_request(bus, "t.ask", "x", 1, 5000, on_reply, NULL);
    ck_assert_uint_eq(replies, 0);
    run_until(replied);
    ck_assert_int_eq(last_err, ST_EUNAVAILABLE);
    uint64_t begun = st_mono_ms();
    ck_assert_int_eq(st_bus_publish(bus, "t.x", "x", 1), ST_EUNAVAILABLE);
    ck_assert_uint_lt(st_mono_ms() - begun, 50);
}
END_TEST

START_TEST(too_large_is_refused)
{
    static char large[70000];
    bus = open_as("tester", ST_BUS_RPC);
    run_until(both_up);
    ck_assert_int_eq(st_bus_publish(bus, "t.x", large, sizeof(large)), ST_ELIMIT);
    ck_assert(st_bus_up(bus));
}
END_TEST

static uint32_t answers_good, answers_all;
static void on_answer(void *ctx, int err, const uint8_t *data, size_t len)
{
    (void)ctx;
    (void)data;
    (void)len;
    answers_all++;
    answers_good += err == 0;
}

static bool answered_all(void)
{
    return answers_all == 400;
}

/* One of two instances leaves while requests come: none is lost. */
START_TEST(a_retired_instance_loses_no_request)
{
    struct st_bus *client;
    answers_good = answers_all = 0;
    bus = open_as("tester", ST_BUS_RPC);
    bus2 = open_as("tester", ST_BUS_RPC);
    ck_assert_int_eq(st_bus_subscribe(bus, "t.ask", "q", 1024, on_request, bus), 0);
    ck_assert_int_eq(st_bus_subscribe(bus2, "t.ask", "q", 1024, on_request, bus2), 0);
    client = open_as("tester", ST_BUS_RPC);
    run_until(both_up);
    while (!st_bus_up(client))
        run_for(5);
    for (int i = 0; i < 400; i++) {
        st_bus_request(client, "t.ask", "x", 1, 3000, on_answer, NULL);
        if (i == 200)
            st_bus_retire(bus2);
        if (i % 4 == 0)
            run_for(1);
        if (i == 300) {
            run_for(100);
            st_bus_quiet(bus2, 200);
        }
    }
    run_until(answered_all);
    ck_assert_uint_eq(answers_good, 400);
    st_bus_close(&client, 200);
}
END_TEST

/* --- raw and ordered delivery --- */

static atomic_uint raw_count;
static atomic_uint raw_inversions;

/* Sequence numbers rise across three subjects; one delivery thread keeps that. */
static void on_raw(void *ctx, struct st_bus_msg *m)
{
    static _Atomic uint64_t highest;
    uint64_t n = strtoull((const char *)m->data, NULL, 10);
    (void)ctx;
    if (n == 1)
        highest = 0;
    if (n < highest)
        raw_inversions++;
    highest = n;
    raw_count++;
    st_bus_msg_free(m);
}

static bool raw_all(void)
{
    return raw_count == 3000;
}

START_TEST(one_thread_keeps_order_across_subjects)
{
    raw_count = raw_inversions = 0;
    bus = open_as("tester", ST_BUS_RT_IN);
    bus2 = open_as("tester", ST_BUS_RT_OUT);
    const char *const subjects[] = {"t.a", "t.b", "t.c"};
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(st_bus_subscribe_raw(bus, subjects[i], 8192, on_raw, NULL), 0);
    run_until(both_up);
    for (int i = 1; i <= 3000; i++) {
        char text[16];
        int n = snprintf(text, sizeof(text), "%d", i);
        ck_assert_int_eq(st_bus_publish(bus2, subjects[i % 3], text, (size_t)n), 0);
    }
    run_until(raw_all);
    ck_assert_uint_eq(raw_inversions, 0);
}
END_TEST

START_TEST(a_full_queue_drops_and_counts)
{
    struct st_counter *dropped =
        st_counter("startrader_bus_dropped_total", "connection=\"rpc\"", "");
    uint64_t before = st_counter_get(dropped);
    bus = open_as("tester", ST_BUS_RPC);
    bus2 = open_as("tester", ST_BUS_RT_OUT);
    ck_assert_int_eq(st_bus_subscribe(bus, "t.flood", NULL, 10, on_msg, NULL), 0);
    run_until(both_up);
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(st_bus_publish(bus2, "t.flood", "1", 1), 0);
    /* The loop does not run meanwhile. */
    for (uint64_t until = st_mono_ms() + WAIT_MS;
         st_counter_get(dropped) - before < 190 && st_mono_ms() < until;)
        st_sleep_until_ns(st_mono_ns() + 1000000);
    run_until(got_one);
    run_for(50);
    ck_assert_uint_eq(got, 10);
    ck_assert_uint_eq(st_counter_get(dropped) - before, 190);
}
END_TEST

/* --- faults --- */

START_TEST(comes_back_after_a_kill)
{
    bus = open_as("tester", ST_BUS_RPC);
    ck_assert_int_eq(st_bus_subscribe(bus, "t.num", NULL, 64, on_msg, NULL), 0);
    run_until(both_up);
    nats_fixture_kill(&server);
    run_until(is_down);
    run_for(600);
    nats_fixture_again(&server);
    uint64_t begun = st_mono_ms();
    run_until(back);
    ck_assert_uint_lt(st_mono_ms() - begun, 2000);
    ck_assert_int_eq(st_bus_publish(bus, "t.num", "7", 1), 0);
    run_until(got_one);
    ck_assert_uint_eq(numbers[0], 7);
}
END_TEST

START_TEST(starts_before_its_server)
{
    nats_fixture_kill(&server);
    bus = open_as("tester", ST_BUS_RPC);
    ck_assert_int_eq(st_bus_subscribe(bus, "t.num", NULL, 64, on_msg, NULL), 0);
    run_for(400);
    ck_assert(!st_bus_up(bus));
    nats_fixture_again(&server);
    run_until(both_up);
    ck_assert_int_eq(st_bus_publish(bus, "t.num", "9", 1), 0);
    run_until(got_one);
}
END_TEST

START_TEST(notices_a_frozen_server)
{
    bus = open_as("tester", ST_BUS_RPC);
    run_until(both_up);
    st_bus_request(bus, "t.silent2", "x", 1, 60000, on_reply, NULL);
    run_until(replied);
    replies = 0;
    nats_fixture_freeze(&server, true);
    uint64_t begun = st_mono_ms();
    run_until(is_down);
    ck_assert_uint_lt(st_mono_ms() - begun, 5000);
    /* Frozen at connect too: the attempts end by themselves. */
    run_for(1500);
    nats_fixture_freeze(&server, false);
    run_until(back);
}
END_TEST

static bool unhealthy(void)
{
    return !st_bus_healthy(bus, health, sizeof(health)) && errors > 0;
}

/* A server that greets and then says nothing: the library alone would spin in its connect. */
static int mute_fd;
static atomic_uint mute_greeted;

static void *mute_main(void *ctx)
{
    static const char info[] =
        "INFO {\"server_id\":\"X\",\"version\":\"2.9.10\",\"proto\":1,\"headers\":true,"
        "\"max_payload\":1048576,\"auth_required\":true}\r\n";
    for (int fd; (fd = accept(mute_fd, NULL, NULL)) >= 0;) {
        if (send(fd, info, sizeof(info) - 1, MSG_NOSIGNAL) > 0)
            atomic_fetch_add(&mute_greeted, 1);
        /* Left open; the test's end closes it. */
    }
    return ctx;
}

static bool greeted_twice(void)
{
    return mute_greeted >= 2;
}

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

START_TEST(a_mute_server_costs_no_core)
{
    pthread_t t;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint16_t port = free_port();
    a.sin_port = htons(port);
    mute_greeted = 0;
    mute_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(mute_fd, (struct sockaddr *)&a, sizeof(a)), 0);
    ck_assert_int_eq(listen(mute_fd, 8), 0);
    ck_assert_int_eq(pthread_create(&t, NULL, mute_main, NULL), 0);
    struct nats_fixture real = server;
    snprintf(server.url, sizeof(server.url), "nats://127.0.0.1:%u,nats://127.0.0.1:%u", port,
             server.port);
    double begun = cpu_seconds();
    /* The second of the list is used; then, without it, the first is tried again and again. */
    bus = open_as("tester", ST_BUS_RPC);
    run_until(both_up);
    nats_fixture_kill(&real);
    server.pid = 0;
    run_until(greeted_twice);
    ck_assert(!st_bus_up(bus));
    ck_assert(cpu_seconds() - begun < 1.0);
    uint64_t close_begun = st_mono_ms();
    st_bus_close(&bus, 200);
    ck_assert_uint_lt(st_mono_ms() - close_begun, 3000);
    shutdown(mute_fd, SHUT_RDWR);
    pthread_join(t, NULL);
    close(mute_fd);
}
END_TEST

START_TEST(permission_errors_are_reported)
{
    bus = open_as("guest", ST_BUS_RPC);
    run_until(both_up);
    ck_assert(st_bus_healthy(bus, health, sizeof(health)));
    ck_assert_int_eq(st_bus_publish(bus, "t.secret", "x", 1), 0);
    run_until(unhealthy);
    ck_assert(strcasestr(health, "permission") != NULL);
    ck_assert(strcasestr(last_error, "permission") != NULL);
}
END_TEST

START_TEST(wrong_password_is_reported)
{
    struct st_bus_options o = {.url = server.url,
                               .user = "tester",
                               .password = "wrong",
                               .instance = "unit-1",
                               .role = ST_BUS_RPC,
                               .on_error = on_error};
    ck_assert_int_eq(st_bus_open(&bus, loop, &o), 0);
    run_until(unhealthy);
    ck_assert_str_eq(health, "user or password refused");
}
END_TEST

START_TEST(unusable_options_are_refused)
{
    struct st_bus_options o = {.url = server.url,
                               .user = "a.b",
                               .password = "secret",
                               .instance = "unit-1",
                               .role = ST_BUS_RPC};
    ck_assert_int_eq(st_bus_open(&bus, loop, &o), ST_EINVAL);
    ck_assert_ptr_null(bus);
}
END_TEST

/* --- several threads publish while the loop closes --- */

static atomic_bool publishing;
static void *publish_main(void *ctx)
{
    while (publishing)
        (void)!st_bus_publish(ctx, "t.num", "1", 1);
    return NULL;
}

START_TEST(publishing_threads_survive_quiet)
{
    pthread_t thread[2];
    bus = open_as("tester", ST_BUS_RT_OUT);
    bus2 = open_as("tester", ST_BUS_RT_IN);
    raw_count = 0;
    ck_assert_int_eq(st_bus_subscribe_raw(bus2, "t.num", 65536, on_raw, NULL), 0);
    run_until(both_up);
    publishing = true;
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, publish_main, bus), 0);
    run_for(100);
    st_bus_quiet(bus2, 100);
    unsigned count = raw_count;
    st_bus_quiet(bus, 100);
    ck_assert_int_eq(st_bus_publish(bus, "t.num", "1", 1), ST_EUNAVAILABLE);
    ck_assert_uint_gt(count, 0);
    ck_assert_uint_eq(raw_count, count);
    publishing = false;
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
}
END_TEST

int main(void)
{
    const struct bench_test tests[] = {
        {"order", messages_arrive_in_order},
        {"request", requests_are_answered},
        {"nobody", nobody_listens_is_unavailable_at_once},
        {"silence", silence_is_a_timeout},
        {"down", requests_while_down_fail_later_not_inside},
        {"large", too_large_is_refused},
        {"retire", a_retired_instance_loses_no_request},
        {"across", one_thread_keeps_order_across_subjects},
        {"full", a_full_queue_drops_and_counts},
        {"kill", comes_back_after_a_kill},
        {"early", starts_before_its_server},
        {"frozen", notices_a_frozen_server},
        {"mute", a_mute_server_costs_no_core},
        {"denied", permission_errors_are_reported},
        {"password", wrong_password_is_reported},
        {"options", unusable_options_are_refused},
        {"quiet", publishing_threads_survive_quiet},
    };
    return bench_run("bus", tests, ST_ARRAY_LEN(tests));
}
