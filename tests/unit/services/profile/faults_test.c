/* SPDX-License-Identifier: Apache-2.0 */
/* What the service does while Redis, Postgres or the bus is away, slow or full of garbage. */
#include "asks.h"

#include <st/clock.h>
#include <st/err.h>
#include <st/subject.h>
#include <startrader/v1/event.pb-c.h>

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD "ten letters at least"

static struct stack s;
static struct pilot ada; /* has an account */

static void setup(void)
{
    stack_init(&s);
    stack_start(&s, STACK_NATS);
    stack_start(&s, STACK_PROFILE);
    stack_start(&s, STACK_POSTGRES);
    stack_migrate(&s);
    stack_await_ready(&s); /* without Redis */
}

static void teardown(void)
{
    ck_assert_int_eq(stack_term(&s, STACK_PROFILE), 0);
    stack_fini(&s);
}

static double misses(const char *reason)
{
    char begin[96];
    snprintf(begin, sizeof(begin), "startrader_hydrate_misses_total{reason=\"%s\"", reason);
    return stack_metric(&s, begin);
}

static void redis(const char *format, uint64_t player)
{
    char command[256], out[64];
    snprintf(command, sizeof(command), format, (unsigned long long)player);
    stack_redis(&s, command, out, sizeof(out));
}

static void await_cached(uint64_t player)
{
    struct pilot p;
    STACK_UNTIL(&s, ask_hydrate(&s, &p, player, 0) == OK && p.source == CACHE);
}

static void test_redis_absent_at_start(void)
{
    struct pilot p;
    ck_assert_int_eq(ask_register(&s, &ada, "Ada Lovelace", PASSWORD), OK);
    ck_assert_int_eq(ada.source, DATABASE);
    ck_assert_int_eq(ask_guest(&s, &p), OK);
    ck_assert_int_eq(ask_login(&s, &p, "Ada Lovelace", PASSWORD), OK);
    ck_assert_double_gt(misses("unavailable"), 0);
    ck_assert_double_eq(stack_metric(&s, "startrader_redis_breaker_open"), 1);
    /* The limits hold per instance meanwhile. */
    for (int i = 0; i < 8; i++) {
        char address[32];
        snprintf(address, sizeof(address), "192.0.2.%d", i);
        asks_from = address;
        ck_assert_int_eq(ask_login(&s, &p, "Ada Lovelace", "wrong password"),
                         i < 5 ? UNAUTHENTICATED : RATE_LIMITED);
    }
    asks_from = "203.0.113.7";
    ck_assert_double_gt(stack_metric(&s, "startrader_sign_in_local_limits_total"), 0);
    stack_start(&s, STACK_REDIS);
    await_cached(ada.player);
    ck_assert_double_eq(stack_metric(&s, "startrader_redis_breaker_open"), 0);
}

static void test_redis_flushed(void)
{
    struct pilot p;
    double absent = misses("absent");
    redis("FLUSHALL", 0);
    ck_assert_int_eq(ask_hydrate(&s, &p, ada.player, 0), OK);
    ck_assert_int_eq(p.source, DATABASE);
    ck_assert_double_eq(misses("absent"), absent + 1);
    await_cached(ada.player);
}

static void check_poison(const char *command, const char *reason)
{
    struct pilot p;
    double before = misses(reason);
    redis("DEL player:profile:%llu", ada.player);
    redis(command, ada.player);
    ck_assert_int_eq(ask_hydrate(&s, &p, ada.player, 0), OK);
    ck_assert_int_eq(p.source, DATABASE);
    ck_assert_str_eq(p.name, "Ada Lovelace");
    ck_assert_double_eq(misses(reason), before + 1);
    await_cached(ada.player); /* the good value has taken its place */
}

static void test_redis_holds_garbage(void)
{
    struct pilot other;
    ck_assert_int_eq(ask_guest(&s, &other), OK);
    await_cached(other.player);
    char command[128];
    check_poison("SET player:profile:%llu garbage", "garbage");
    check_poison("LPUSH player:profile:%llu a b c", "garbage");
    check_poison("EVAL \"return redis.call('SET', KEYS[1], '\\8\\9')\" 1 player:profile:%llu",
                 "schema");
    snprintf(command, sizeof(command), "COPY player:profile:%llu player:profile:%%llu",
             (unsigned long long)other.player);
    check_poison(command, "garbage"); /* somebody else's profile */
    check_poison("SETRANGE player:profile:%llu 100000 x", "garbage");
}

static void on_stored(void *ctx, int err)
{
    (void)ctx;
    ck_assert_int_eq(err, 0);
}

static void set_credits(uint64_t credits, uint64_t rev)
{
    Startrader__V1__PlayerChanged m = STARTRADER__V1__PLAYER_CHANGED__INIT;
    char sql[160], id[32];
    uint8_t data[64];
    snprintf(sql, sizeof(sql),
             "UPDATE economy.player_read_v SET credits = %llu, rev = %llu WHERE player = %llu",
             (unsigned long long)credits, (unsigned long long)rev, (unsigned long long)ada.player);
    stack_sql(&s, sql);
    m.player = ada.player;
    m.rev = rev;
    Startrader__V1__PlayerChanged *changes[] = {&m};
    Startrader__V1__PlayersChanged all = STARTRADER__V1__PLAYERS_CHANGED__INIT;
    all.n_change = 1;
    all.change = changes;
    size_t len = startrader__v1__players_changed__pack(&all, data);
    snprintf(id, sizeof(id), "e%llu", (unsigned long long)rev);
    st_bus_js_publish(s.economy_js, ST_PLAYERS_CHANGED, id, data, len, on_stored, NULL);
}

static void test_redis_frozen(void)
{
    struct pilot p;
    await_cached(ada.player);
    stack_signal(&s, STACK_REDIS, SIGSTOP);
    for (int i = 0; i < 20; i++) {
        uint64_t start = st_mono_ms();
        ck_assert_int_eq(ask_hydrate(&s, &p, ada.player, 0), OK);
        ck_assert_int_eq(p.source, DATABASE);
        ck_assert_uint_lt(st_mono_ms() - start, 500);
    }
    ck_assert_double_eq(stack_metric(&s, "startrader_redis_breaker_open"), 1);
    /* A commit while it is out of reach: the deletion is kept, and the old value never served. */
    set_credits(4242, 2);
    stack_await_metric(&s, "startrader_cache_deletions_due", 1);
    stack_signal(&s, STACK_REDIS, SIGCONT);
    do {
        ck_assert_int_eq(ask_hydrate(&s, &p, ada.player, 0), OK);
        ck_assert_uint_eq(p.credits, 4242);
        stack_pump(&s, 5);
    } while (p.source != CACHE);
    ck_assert_double_eq(stack_metric(&s, "startrader_cache_deletions_due"), 0);
}

static void check_postgres_away(uint32_t longest_ms)
{
    struct pilot p, cached;
    char ticket[256];
    uint64_t start = st_mono_ms();
    ck_assert_int_eq(ask_login(&s, &p, "Ada Lovelace", PASSWORD), UNAVAILABLE);
    ck_assert_uint_gt(p.retry_after_ms, 0);
    ck_assert_int_eq(ask_guest(&s, &p), UNAVAILABLE);
    ck_assert_int_eq(ask_refresh(&s, &p, ada.secret), UNAVAILABLE);
    ck_assert_int_eq(ask_register(&s, &p, "New Pilot", PASSWORD), UNAVAILABLE);
    ck_assert_int_eq(ask_confirm(&s, ada.player, ada.epoch, NULL), UNAVAILABLE);
    ck_assert_int_eq(ask_hydrate(&s, &p, 1999, 0), UNAVAILABLE);
    ck_assert_uint_lt(st_mono_ms() - start, 6 * longest_ms);
    start = st_mono_ms();
    ck_assert_int_eq(ask_hydrate(&s, &cached, ada.player, 0), OK);
    ck_assert_int_eq(cached.source, CACHE);
    ck_assert_int_eq(ask_me(&s, &cached, ada.ticket), OK);
    ck_assert_int_eq(ask_renew(&s, ada.ticket, ticket), OK);
    ck_assert_uint_lt(st_mono_ms() - start, 1000);
}

static void test_postgres_killed(void)
{
    struct pilot p;
    ck_assert_int_eq(ask_login(&s, &ada, "Ada Lovelace", PASSWORD), OK);
    await_cached(ada.player);
    stack_kill(&s, STACK_POSTGRES);
    check_postgres_away(1200);
    stack_start(&s, STACK_POSTGRES);
    STACK_UNTIL(&s, ask_login(&s, &p, "Ada Lovelace", PASSWORD) == OK);
    ck_assert_int_eq(ask_refresh(&s, &p, ada.secret), OK); /* nothing was lost */
}

static void test_postgres_frozen(void)
{
    struct pilot p;
    ck_assert_int_eq(ask_login(&s, &ada, "Ada Lovelace", PASSWORD), OK);
    await_cached(ada.player);
    stack_signal(&s, STACK_POSTGRES, SIGSTOP);
    uint64_t start = st_mono_ms();
    ck_assert_int_eq(ask_confirm(&s, ada.player, ada.epoch, NULL), UNAVAILABLE);
    ck_assert_uint_lt(st_mono_ms() - start, 1200);
    start = st_mono_ms();
    for (int i = 0; i < 20; i++) /* nobody else waits for it */
        ck_assert_int_eq(ask_confirm(&s, ada.player, ada.epoch, NULL), UNAVAILABLE);
    ck_assert_uint_lt(st_mono_ms() - start, 1000);
    check_postgres_away(400);
    stack_signal(&s, STACK_POSTGRES, SIGCONT);
    STACK_UNTIL(&s, ask_refresh(&s, &p, ada.secret) == OK);
}

static void test_backends_terminated(void)
{
    struct pilot p;
    for (int i = 0; i < 3; i++) {
        stack_sql(&s, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                      " WHERE usename = 'st_profile'");
        ck_assert_int_eq(ask_login(&s, &p, "Ada Lovelace", PASSWORD), OK);
        ck_assert_int_eq(ask_confirm(&s, p.player, p.epoch, NULL), OK);
    }
    /* The lock went with its connection; the lead is taken again. */
    set_credits(5151, 3);
    STACK_UNTIL(&s, ask_hydrate(&s, &p, ada.player, 0) == OK && p.credits == 5151);
}

static int last_err = ST_EUNAVAILABLE;

static void on_any(void *ctx, int err, const uint8_t *data, size_t len)
{
    (void)ctx;
    (void)data;
    (void)len;
    last_err = err;
}

static bool served(void)
{
    Startrader__V1__ProfileNamesRequest m = STARTRADER__V1__PROFILE_NAMES_REQUEST__INIT;
    last_err = ST_ETIMEOUT;
    stack_ask_later(&s, "names", &m.base, on_any, NULL);
    stack_pump(&s, 50);
    return last_err == 0;
}

static void test_bus_restarted(void)
{
    struct pilot p;
    stack_kill(&s, STACK_NATS);
    STACK_UNTIL(&s, !st_bus_up(s.gateway));
    stack_start(&s, STACK_NATS);
    STACK_UNTIL(&s, st_bus_up(s.gateway) && st_bus_up(s.economy) && served());
    ck_assert_int_eq(ask_guest(&s, &p), OK);
}

START_TEST(test_faults)
{
    test_redis_absent_at_start();
    test_redis_flushed();
    test_redis_holds_garbage();
    test_redis_frozen();
    test_postgres_killed();
    test_postgres_frozen();
    test_backends_terminated();
    test_bus_restarted();
}
END_TEST

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    Suite *suite = suite_create("profile faults");
    TCase *t = tcase_create("faults");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_faults);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
