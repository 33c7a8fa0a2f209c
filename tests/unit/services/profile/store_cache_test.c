/* SPDX-License-Identifier: Apache-2.0 */
/* The cache on a real Redis: leases, deletions that failed, ages, shared and local limits. */
#include "../../libcommon/redis/redis_server.h"

#include <store_cache.h>
#include <store_value.h>

#include <st/clock.h>
#include <st/err.h>
#include <st/kv.h>
#include <st/stat.h>

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLAYER = 1001 };

static struct redis_server server;
static struct cache *cache;
static struct st_kv *raw;

static void setup(void)
{
    static char url[64];
    server.port = redis_server_probe_port();
    redis_server_start(&server, NULL);
    snprintf(url, sizeof(url), "redis://127.0.0.1:%u", server.port);
    cache = cache_new(&(struct cache_options){.url = url,
                                              .timeout_ms = 2000, /* a busy machine is no fault */
                                              .tries_per_account = 5,
                                              .failures_per_address = 10,
                                              .new_pilots_per_address = 3});
    ck_assert_ptr_nonnull(cache);
    raw = st_kv_new(&(struct st_kv_options){.url = url, .timeout_ms = 1000});
}

static void teardown(void)
{
    cache_free(&cache);
    st_kv_free(&raw);
    redis_server_kill(&server);
}

static struct player_profile sample(uint64_t player, uint64_t rev)
{
    struct player_profile p = {.player = player,
                               .name = "Ada Lovelace",
                               .created_at = 1800000000,
                               .guest = true,
                               .kills = 3,
                               .deaths = 4,
                               .credits = 1234567890123,
                               .ship = 5,
                               .class_id = 6,
                               .holder = 2,
                               .location = 7,
                               .cargo_units = 8,
                               .rev = rev,
                               .as_of_ms = st_wall_ms()};
    return p;
}

static void check_same(const struct player_profile *a, const struct player_profile *b)
{
    ck_assert_uint_eq(a->player, b->player);
    ck_assert_str_eq(a->name, b->name);
    ck_assert_uint_eq(a->created_at, b->created_at);
    ck_assert_int_eq(a->guest, b->guest);
    ck_assert_uint_eq(a->kills, b->kills);
    ck_assert_uint_eq(a->deaths, b->deaths);
    ck_assert_uint_eq(a->credits, b->credits);
    ck_assert_uint_eq(a->ship, b->ship);
    ck_assert_uint_eq(a->class_id, b->class_id);
    ck_assert_uint_eq(a->holder, b->holder);
    ck_assert_uint_eq(a->location, b->location);
    ck_assert_uint_eq(a->cargo_units, b->cargo_units);
    ck_assert_uint_eq(a->rev, b->rev);
    ck_assert_uint_eq(a->as_of_ms, b->as_of_ms);
}

static struct cache_read look(uint64_t player, uint64_t min_rev)
{
    struct cache_read r = {.player = player, .min_rev = min_rev};
    cache_read(cache, &r);
    return r;
}

static int64_t raw_int(const char *command, const char *key)
{
    struct st_slice args[] = {{(const uint8_t *)command, strlen(command)},
                              {(const uint8_t *)key, strlen(key)}};
    struct st_kv_reply *r = NULL;
    ck_assert_int_eq(st_kv_command(raw, args, 2, &r), 0);
    int64_t v = st_kv_int(r);
    st_kv_reply_free(&r);
    return v;
}

START_TEST(test_value_round_trip)
{
    uint8_t memory[STORE_VALUE_MAX];
    struct st_buf b;
    struct player_profile in = sample(PLAYER, 9), out;
    st_buf_init_fixed(&b, memory, sizeof(memory));
    store_value_encode(&in, &b);
    ck_assert(!b.overflow);
    ck_assert_int_eq(store_value_decode(&out, b.data, b.len), 0);
    check_same(&out, &in);
    for (size_t cut = 0; cut < b.len; cut++) /* never a crash, never a wrong player */
        if (store_value_decode(&out, b.data, cut) == 0)
            ck_assert_uint_eq(out.player, PLAYER);
    ck_assert_int_eq(store_value_decode(&out, "\x08\x02", 2), ST_EINVAL);
    ck_assert_int_eq(store_value_decode(&out, "garbage", 7), ST_EPROTO);
    ck_assert_int_eq(store_value_decode(&out, "", 0), ST_EINVAL);
}
END_TEST

START_TEST(test_write_needs_the_lease)
{
    struct player_profile p = sample(PLAYER, 1);
    struct cache_read first = look(PLAYER, 0), second = look(PLAYER, 0);
    ck_assert_int_eq(first.result, CACHE_ABSENT);
    ck_assert_uint_ne(first.lease, 0);
    ck_assert_uint_eq(second.lease, 0); /* somebody loads already */
    cache_write(cache, &p, first.lease + 2);
    ck_assert_int_eq(look(PLAYER, 0).result, CACHE_ABSENT);
    cache_write(cache, &p, first.lease);
    struct cache_read hit = look(PLAYER, 0);
    ck_assert_int_eq(hit.result, CACHE_HIT);
    check_same(&hit.profile, &p);
    ck_assert_int_eq(raw_int("EXISTS", "player:profile:1001:lease"), 0);
    ck_assert_int_ge(raw_int("TTL", "player:profile:1001"), CACHE_TTL_S - 5);
    ck_assert_int_eq(look(PLAYER, 2).result, CACHE_OVERTAKEN);
}
END_TEST

START_TEST(test_drop_takes_the_lease_away)
{
    struct player_profile stale = sample(PLAYER, 1);
    struct cache_read loader = look(PLAYER, 0);
    cache_drop(cache, PLAYER); /* a commit overtakes the loader */
    cache_write(cache, &stale, loader.lease);
    ck_assert_int_eq(look(PLAYER, 0).result, CACHE_ABSENT);
}
END_TEST

START_TEST(test_too_old)
{
    struct player_profile p = sample(PLAYER, 1);
    p.as_of_ms -= (uint64_t)CACHE_AGE_MAX_MS + 1000;
    cache_write(cache, &p, look(PLAYER, 0).lease);
    struct cache_read r = look(PLAYER, 0);
    ck_assert_int_eq(r.result, CACHE_TOO_OLD);
    ck_assert_uint_ne(r.lease, 0);
    p.as_of_ms = st_wall_ms();
    cache_write(cache, &p, r.lease);
    ck_assert_int_eq(look(PLAYER, 0).result, CACHE_HIT);
}
END_TEST

static double due(void)
{
    return st_gauge_get(st_gauge("startrader_cache_deletions_due", NULL, ""));
}

/* Until the breaker has probed again. */
static void await_settled(void)
{
    uint64_t until_ms = st_mono_ms() + 20000;
    do {
        cache_tick(cache);
        ck_assert_uint_lt(st_mono_ms(), until_ms);
        st_sleep_until_ns(st_mono_ns() + 5000000);
    } while (due() > 0);
}

START_TEST(test_failed_deletions_hold_back_reads)
{
    for (uint64_t player = PLAYER; player < PLAYER + 3; player++) {
        struct player_profile p = sample(player, 1);
        cache_write(cache, &p, look(player, 0).lease);
        ck_assert_int_eq(look(player, 0).result, CACHE_HIT);
    }
    kill(server.pid, SIGSTOP);
    cache_drop(cache, PLAYER);
    cache_drop(cache, PLAYER + 1);
    cache_drop(cache, PLAYER); /* kept once */
    ck_assert_double_eq(due(), 2);
    kill(server.pid, SIGCONT);
    struct cache_read r;
    uint64_t until_ms = st_mono_ms() + 5000;
    do {
        r = look(PLAYER, 0);
        ck_assert(r.result == CACHE_AWAY || r.result == CACHE_ABSENT);
        ck_assert_uint_lt(st_mono_ms(), until_ms);
    } while (r.result == CACHE_AWAY);
    ck_assert_double_eq(due(), 0);
    ck_assert_int_eq(look(PLAYER + 1, 0).result, CACHE_ABSENT);
    ck_assert_int_eq(look(PLAYER + 2, 0).result, CACHE_HIT);
}
END_TEST

START_TEST(test_too_many_failed_deletions_unlink_all)
{
    for (uint64_t player = PLAYER; player < PLAYER + 1500; player++) {
        struct player_profile p = sample(player, 1);
        cache_write(cache, &p, look(player, 0).lease);
    }
    ck_assert_int_eq(look(PLAYER + 1499, 0).result, CACHE_HIT);
    kill(server.pid, SIGSTOP);
    for (uint64_t i = 0; i <= CACHE_KEPT_MAX; i++)
        cache_drop(cache, 2000000 + i);
    kill(server.pid, SIGCONT);
    await_settled();
    ck_assert_int_eq(look(PLAYER, 0).result, CACHE_ABSENT);
    ck_assert_int_eq(look(PLAYER + 1499, 0).result, CACHE_ABSENT);
}
END_TEST

static struct cache_try attempt(uint64_t account, const char *address)
{
    struct cache_try t = {.account = account};
    snprintf(t.address, sizeof(t.address), "%s", address);
    cache_try_begin(cache, &t);
    return t;
}

static void check_limits(const char *where)
{
    struct cache_try t;
    for (int i = 0; i < 5; i++) { /* under way at the same time: they count as they begin */
        t = attempt(1, "192.0.2.1");
        ck_assert_msg(t.retry_after_ms == 0, "%s", where);
    }
    ck_assert_uint_gt(attempt(1, "192.0.2.2").retry_after_ms, 0);
    cache_try_end(cache, &t, CACHE_VOID);
    t = attempt(1, "192.0.2.2");
    ck_assert_uint_eq(t.retry_after_ms, 0);
    cache_try_end(cache, &t, CACHE_WON);
    for (int i = 0; i < 10; i++) {
        t = attempt(100 + (uint64_t)i, "192.0.2.3");
        ck_assert_uint_eq(t.retry_after_ms, 0);
        cache_try_end(cache, &t, CACHE_LOST);
    }
    t = attempt(200, "192.0.2.3");
    ck_assert_uint_gt(t.retry_after_ms, 60000);
    ck_assert_uint_le(t.retry_after_ms, 600000);
    for (int i = 0; i < 4; i++) {
        struct cache_try made = {.makes_pilot = true, .address = "192.0.2.9"};
        cache_try_begin(cache, &made);
        ck_assert_int_eq(made.retry_after_ms > 0, i == 3);
    }
}

START_TEST(test_limits_shared_and_local)
{
    check_limits("Redis");
    struct cache_try t = attempt(1, "192.0.2.2"); /* it won from there */
    ck_assert(t.from_known_address);
    ck_assert_uint_eq(t.retry_after_ms, 0);
    redis_server_kill(&server);
    check_limits("local");
}
END_TEST

START_TEST(test_limits_survive_garbage)
{
    struct st_slice args[] = {{(const uint8_t *)"LPUSH", 5},
                              {(const uint8_t *)"limit:address:192.0.2.1", 23},
                              {(const uint8_t *)"x", 1}};
    struct st_kv_reply *r = NULL;
    ck_assert_int_eq(st_kv_command(raw, args, 3, &r), 0);
    st_kv_reply_free(&r);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(attempt(1, "192.0.2.1").retry_after_ms > 0, i == 5);
}
END_TEST

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    Suite *s = suite_create("cache");
    TCase *t = tcase_create("cache");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_value_round_trip);
    tcase_add_test(t, test_write_needs_the_lease);
    tcase_add_test(t, test_drop_takes_the_lease_away);
    tcase_add_test(t, test_too_old);
    tcase_add_test(t, test_failed_deletions_hold_back_reads);
    tcase_add_test(t, test_too_many_failed_deletions_unlink_all);
    tcase_add_test(t, test_limits_shared_and_local);
    tcase_add_test(t, test_limits_survive_garbage);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
