/* SPDX-License-Identifier: Apache-2.0 */
#include "bus_bench.h"

#include <stdio.h>
#include <stdlib.h>

struct nats_fixture server;
struct st_loop *loop;
static struct st_timer *guard, *look;
static bool (*condition)(void);

/* --- running the loop until something is so --- */

static void on_guard(void *ctx)
{
    (void)ctx;
    ck_abort_msg("condition not met in time");
}

static void on_look(void *ctx)
{
    (void)ctx;
    if (condition())
        st_loop_stop(loop);
}

void run_until(bool (*met)(void))
{
    condition = met;
    st_timer_start(guard, WAIT_MS, 0);
    st_timer_start(look, 0, 2);
    st_loop_run(loop);
    st_timer_stop(guard);
    st_timer_stop(look);
}

static uint64_t run_end_ms;
static bool time_over(void)
{
    return st_mono_ms() >= run_end_ms;
}

void run_for(uint32_t ms)
{
    run_end_ms = st_mono_ms() + ms;
    run_until(time_over);
}

/* --- what came --- */

struct st_bus *bus, *bus2;
uint32_t got, replies, ups, downs, errors;
uint64_t numbers[KEPT_MAX];
int last_err;
char last_text[256], last_error[256], health[200];

static void on_state(void *ctx, bool up)
{
    (void)ctx;
    if (up)
        ups++;
    else
        downs++;
}

void on_error(void *ctx, const char *text)
{
    (void)ctx;
    errors++;
    snprintf(last_error, sizeof(last_error), "%s", text);
}

void on_msg(void *ctx, struct st_bus_msg *m)
{
    (void)ctx;
    if (got < KEPT_MAX)
        numbers[got] = strtoull((const char *)m->data, NULL, 10);
    got++;
    st_bus_msg_free(m);
}

void on_reply(void *ctx, int err, const uint8_t *data, size_t len)
{
    (void)ctx;
    replies++;
    last_err = err;
    snprintf(last_text, sizeof(last_text), "%.*s", (int)len, data ? (const char *)data : "");
}

struct st_bus *open_as(const char *user, enum st_bus_role role)
{
    struct st_bus *b = NULL;
    struct st_bus_options o = {.url = server.url,
                               .user = user,
                               .password = "secret",
                               .instance = "unit-1",
                               .role = role,
                               .on_state = on_state,
                               .on_error = on_error};
    ck_assert_int_eq(st_bus_open(&b, loop, &o), 0);
    return b;
}

bool both_up(void)
{
    return st_bus_up(bus) && (!bus2 || st_bus_up(bus2)) && ups >= (bus2 ? 2u : 1u);
}
bool got_one(void)
{
    return got >= 1;
}
bool replied(void)
{
    return replies >= 1;
}
bool is_down(void)
{
    return downs >= 1;
}

static void setup(void)
{
    nats_fixture_start(&server);
    loop = st_loop_new();
    guard = st_timer_new(loop, on_guard, NULL);
    look = st_timer_new(loop, on_look, NULL);
    got = replies = ups = downs = errors = 0;
    last_err = 1;
    bus = bus2 = NULL;
}

static void teardown(void)
{
    st_bus_close(&bus, 200);
    st_bus_close(&bus2, 200);
    st_timer_free(&guard);
    st_timer_free(&look);
    st_loop_free(&loop);
    nats_fixture_stop(&server);
}

bool back(void)
{
    return ups >= 2 && st_bus_up(bus);
}

int bench_run(const char *suite, const struct bench_test *tests, size_t count)
{
    Suite *s = suite_create(suite);
    for (size_t i = 0; i < count; i++) {
        TCase *t = tcase_create(tests[i].name);
        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 30);
        tcase_add_test(t, tests[i].test);
        suite_add_tcase(s, t);
    }
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
