/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests leave on a schedule, 200 per second, whether or not earlier ones are answered; a latency
 * counts from when its request was due, so a stall is paid for by all that it delays.
 */
#include "asks.h"

#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/kv.h>
#include <st/secret.h>

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    RATE = 200,
    SECONDS = 10,
    SAMPLES = RATE * SECONDS,
    FIRST_PLAYER = 1001,
    PASSWORDS = 20,
    HIT_P95_US = 5000,
    MISS_P95_US = 20000
};

struct series {
    const char *name;
    uint32_t us[SAMPLES];
    uint32_t count;
    uint32_t cached; /* answers from the cache */
};

static struct stack s;

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t quantile(struct series *r, uint32_t percent)
{
    st_assert(r->count > 0);
    qsort(r->us, r->count, sizeof(r->us[0]), by_value);
    return r->us[ST_MIN(r->count * percent / 100, r->count - 1)];
}

static void print(struct series *r, struct series *floor)
{
    printf("%-26s %8u %8u %8u", r->name, quantile(r, 50), quantile(r, 95), quantile(r, 99));
    if (floor)
        printf("   %6.1f x %s", (double)quantile(r, 95) / ST_MAX(quantile(floor, 95), 1u),
               floor->name);
    printf("\n");
    fflush(stdout);
}

/* --- over the bus, on a schedule --- */

struct flow {
    struct series *series;
    bool empty;          /* `names` of nobody: the way there and back */
    struct series *late; /* of the sender itself */
    int fd;              /* a timer in ns: those of the loop are in ms */
    uint64_t begin_ns;
    uint32_t sent, done;
};

struct shot {
    struct flow *flow;
    uint64_t due_ns;
};
static struct shot shots[SAMPLES];

static void on_answer(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct shot *shot = ctx;
    struct flow *f = shot->flow;
    ck_assert_int_eq(err, 0);
    f->series->us[f->done++] = (uint32_t)((st_mono_ns() - shot->due_ns) / 1000);
    f->series->count = f->done;
    if (!f->empty) {
        Startrader__V1__HydrateReply *r = startrader__v1__hydrate_reply__unpack(NULL, len, data);
        ck_assert(r && r->code == STARTRADER__V1__CODE__CODE_OK);
        f->series->cached += r->source == STARTRADER__V1__HYDRATE_SOURCE__HYDRATE_SOURCE_CACHE;
        startrader__v1__hydrate_reply__free_unpacked(r, NULL);
    }
    if (f->done == SAMPLES)
        st_loop_stop(s.loop);
}

static void send_one(struct flow *f)
{
    struct shot *shot = &shots[f->sent];
    *shot = (struct shot){f, f->begin_ns + (uint64_t)f->sent * (1000000000 / RATE)};
    f->late->us[f->late->count++] = (uint32_t)((st_mono_ns() - shot->due_ns) / 1000);
    if (f->empty) {
        Startrader__V1__ProfileNamesRequest m = STARTRADER__V1__PROFILE_NAMES_REQUEST__INIT;
        stack_ask_later(&s, "names", &m.base, on_answer, shot);
    } else {
        Startrader__V1__HydrateRequest m = STARTRADER__V1__HYDRATE_REQUEST__INIT;
        m.player = FIRST_PLAYER + f->sent;
        stack_ask_later(&s, "hydrate", &m.base, on_answer, shot);
    }
    f->sent++;
}

static void on_due(void *ctx, int events)
{
    struct flow *f = ctx;
    uint64_t fired, now_ns = st_mono_ns();
    (void)events;
    (void)!read(f->fd, &fired, sizeof(fired));
    while (f->sent < SAMPLES && f->begin_ns + (uint64_t)f->sent * (1000000000 / RATE) <= now_ns)
        send_one(f);
}

static void run_flow(struct series *series, struct series *late, bool empty)
{
    const long step_ns = 1000000000 / RATE;
    struct flow f = {.series = series, .late = late, .empty = empty, .begin_ns = st_mono_ns()};
    struct itimerspec every = {.it_value = {.tv_nsec = 1}, .it_interval = {.tv_nsec = step_ns}};
    f.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    ck_assert_int_ge(f.fd, 0);
    struct st_watch *watch = st_watch_new(s.loop, f.fd, on_due, &f);
    st_watch_set(watch, ST_READABLE);
    ck_assert_int_eq(timerfd_settime(f.fd, 0, &every, NULL), 0);
    st_loop_run(s.loop);
    st_watch_free(&watch);
    close(f.fd);
}

/* --- floors: what a hit and a miss cannot do without, from one thread, at the same rate --- */

static void bare_getex(struct series *r)
{
    char url[64], key[64];
    snprintf(url, sizeof(url), "redis://127.0.0.1:%u", s.port[STACK_REDIS]);
    struct st_kv *kv = st_kv_new(&(struct st_kv_options){.url = url, .timeout_ms = 1000});
    for (uint32_t i = 0; i < SAMPLES / 4; i++) {
        snprintf(key, sizeof(key), "player:profile:%u", FIRST_PLAYER + i);
        struct st_slice args[] = {{(const uint8_t *)"GETEX", 5},
                                  {(const uint8_t *)key, strlen(key)},
                                  {(const uint8_t *)"EX", 2},
                                  {(const uint8_t *)"86400", 5}};
        struct st_kv_reply *reply = NULL;
        uint64_t start_ns = st_mono_ns();
        ck_assert_int_eq(st_kv_command(kv, args, 4, &reply), 0);
        r->us[r->count++] = (uint32_t)((st_mono_ns() - start_ns) / 1000);
        ck_assert(!st_kv_is_nil(reply));
        st_kv_reply_free(&reply);
        st_sleep_until_ns(start_ns + 1000000000 / RATE);
    }
    st_kv_free(&kv);
}

static void bare_select(struct series *r)
{
    static const struct st_pg_stmt stmt = {"floor",
                                           "SELECT p.name, v.credits, v.rev FROM profile.players p"
                                           " JOIN economy.player_read_v v ON v.player = p.player_id"
                                           " WHERE p.player_id = $1::bigint"};
    for (uint32_t i = 0; i < SAMPLES / 4; i++) {
        char id[24];
        struct st_pg_param params[] = {st_pg_param_int(id, FIRST_PLAYER + i)};
        struct st_pg_result *result = NULL;
        uint64_t start_ns = st_mono_ns();
        ck_assert_int_eq(st_pg_exec(s.sql, &stmt, params, 1, &result), 0);
        r->us[r->count++] = (uint32_t)((st_mono_ns() - start_ns) / 1000);
        ck_assert_uint_eq(st_pg_rows(result), 1);
        st_pg_result_free(&result);
        st_sleep_until_ns(start_ns + 1000000000 / RATE);
    }
}

static void passwords(struct series *r)
{
    char phc[ST_PASSWORD_TEXT_MAX];
    for (uint32_t i = 0; i < PASSWORDS; i++) {
        uint64_t start_ns = st_mono_ns();
        ck_assert_int_eq(st_password_hash("ten letters at least", 20, phc), 0);
        r->us[r->count++] = (uint32_t)((st_mono_ns() - start_ns) / 1000);
    }
}

static void make_players(void)
{
    char sql[512];
    snprintf(sql, sizeof(sql),
             "INSERT INTO profile.players (name, name_folded, provisioned_at)"
             " SELECT 'Pilot ' || i, 'pilot ' || i, now() FROM generate_series(1, %d) i;"
             "INSERT INTO economy.player_read_v"
             " SELECT player_id, 1, 1500, player_id, 1, 2, 7, 7, 0 FROM profile.players;"
             "ANALYZE",
             SAMPLES);
    ck_assert_int_eq(st_pg_script(s.sql, sql), 0);
}

static void measure(void)
{
    static struct series empty = {.name = "empty request"}, miss = {.name = "hydrate, miss"};
    static struct series hit = {.name = "hydrate, hit"}, getex = {.name = "bare GETEX"};
    static struct series late[3] = {[2] = {.name = "sender late, hit"}};
    static struct series select = {.name = "bare SELECT"}, hash = {.name = "password, Argon2id"};
    printf("%d requests at %d/s each; us           p50      p95      p99\n", SAMPLES, RATE);
    run_flow(&empty, &late[0], true);
    run_flow(&miss, &late[1], false);
    run_flow(&hit, &late[2], false);
    bare_getex(&getex);
    bare_select(&select);
    passwords(&hash);
    print(&getex, NULL);
    print(&select, NULL);
    print(&late[2], NULL);
    print(&empty, NULL);
    print(&hit, &getex);
    print(&hit, &empty);
    print(&miss, &select);
    print(&miss, &empty);
    print(&hash, NULL);
    ck_assert_uint_eq(miss.cached, 0);
    ck_assert_uint_eq(hit.cached, SAMPLES);
    bool good = quantile(&hit, 95) <= HIT_P95_US && quantile(&miss, 95) <= MISS_P95_US;
    printf("%s: hit p95 %u us (at most %d), miss p95 %u us (at most %d)\n", good ? "ok" : "FAILED",
           quantile(&hit, 95), HIT_P95_US, quantile(&miss, 95), MISS_P95_US);
    ck_assert(good);
}

static void setup(void)
{
    stack_init(&s);
    stack_start(&s, STACK_POSTGRES);
    stack_start(&s, STACK_NATS);
    stack_start(&s, STACK_REDIS);
    stack_start(&s, STACK_PROFILE);
    stack_migrate(&s);
    stack_await_ready(&s);
    make_players();
}

static void teardown(void)
{
    stack_fini(&s);
}

START_TEST(bench)
{
    measure();
}
END_TEST

/* The fixture reports by Check, so the benchmark is a test to it. */
int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    if (st_secret_init())
        return EXIT_FAILURE;
    Suite *suite = suite_create("hydrate");
    TCase *t = tcase_create("bench");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, bench);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_MINIMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
