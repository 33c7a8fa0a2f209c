/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_fixture.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <st/clock.h>
#include <st/err.h>
#include <st/pg.h>

static struct pg_fixture server;
static struct st_pg *pg;

enum { TIMEOUT_MS = 500 };

static void setup(void)
{
    struct st_pg_options options = {server.url, "test", TIMEOUT_MS, 16};
    pg = st_pg_new(&options);
}

static void teardown(void)
{
    st_pg_free(&pg);
}

static const struct st_pg_stmt q_echo = {"echo",
                                         "SELECT $1::text, $2::bigint, $3::bytea, $4::bool"},
                               q_sleep = {"sleep", "SELECT pg_sleep(30)"},
                               q_table = {"table",
                                          "CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)"},
                               q_insert = {"insert", "INSERT INTO t VALUES ($1)"},
                               q_count = {"count", "SELECT count(*) FROM t WHERE k = $1"},
                               q_broken = {"broken", "SELECT 1 / ($1::int - $1::int)"},
                               q_slow_commit = {"slow", "SELECT pg_sleep(0.1)"},
                               q_pid = {"pid", "SELECT pg_backend_pid()"};

static int64_t count_of(int64_t k)
{
    char text[24];
    struct st_pg_param p = st_pg_param_int(text, k);
    struct st_pg_result *r = NULL;
    ck_assert_int_eq(st_pg_exec(pg, &q_count, &p, 1, &r), 0);
    int64_t n = st_pg_int(r, 0, 0);
    st_pg_result_free(&r);
    return n;
}

static void make_table(void)
{
    struct st_pg_result *r = NULL;
    ck_assert_int_eq(st_pg_exec(pg, &q_table, NULL, 0, &r), 0);
    st_pg_result_free(&r);
}

START_TEST(values_travel_both_ways)
{
    char text[24];
    static const uint8_t bytes[] = {0, 1, 0xff, '\\', '\''};
    struct st_pg_param p[] = {st_pg_param_str("it's \\ \"x\""),
                              st_pg_param_int(text, INT64_MIN),
                              st_pg_param_bytes(bytes, sizeof bytes),
                              {NULL, 0, false}};
    struct st_pg_result *r = NULL;
    for (int i = 0; i < 3; i++) { /* prepared once, used again */
        ck_assert_int_eq(st_pg_exec(pg, &q_echo, p, 4, &r), 0);
        ck_assert_uint_eq(st_pg_rows(r), 1);
        ck_assert_str_eq(st_pg_text(r, 0, 0), "it's \\ \"x\"");
        ck_assert_int_eq(st_pg_int(r, 0, 1), INT64_MIN);
        struct st_slice b = st_pg_bytes(r, 0, 2);
        ck_assert_uint_eq(b.len, sizeof bytes);
        ck_assert_mem_eq(b.data, bytes, sizeof bytes);
        ck_assert(st_pg_is_null(r, 0, 3));
        st_pg_result_free(&r);
    }
    ck_assert_uint_eq(st_pg_generation(pg), 1);
}
END_TEST

START_TEST(a_pipeline_is_one_transaction)
{
    make_table();
    char a[24], b[24];
    struct st_pg_param pa = st_pg_param_int(a, 10), pb = st_pg_param_int(b, 11);
    struct st_pg_step steps[] = {{&st_pg_stmt_begin, NULL, 0, NULL},
                                 {&q_insert, &pa, 1, NULL},
                                 {&q_insert, &pb, 1, NULL},
                                 {&q_count, &pb, 1, NULL},
                                 {&st_pg_stmt_commit, NULL, 0, NULL}};
    ck_assert_int_eq(st_pg_pipeline(pg, steps, 5), 0);
    ck_assert_int_eq(st_pg_affected(steps[1].result), 1);
    ck_assert_int_eq(st_pg_int(steps[3].result, 0, 0), 1);
    st_pg_steps_free(steps, 5);
    ck_assert_int_eq(count_of(10), 1);
    /* the second row is there already: nothing of the transaction stays */
    struct st_pg_param pc = st_pg_param_int(a, 12);
    steps[1].params = &pc;
    ck_assert_int_eq(st_pg_pipeline(pg, steps, 5), ST_ECONFLICT);
    ck_assert_str_eq(st_pg_sqlstate(pg), "23505");
    ck_assert_ptr_null(steps[1].result);
    ck_assert_int_eq(count_of(12), 0);
    ck_assert_uint_eq(st_pg_generation(pg), 1);
}
END_TEST

START_TEST(errors_are_told_apart)
{
    char text[24];
    struct st_pg_param p = st_pg_param_int(text, 1);
    struct st_pg_result *r = NULL;
    ck_assert_int_eq(st_pg_exec(pg, &q_broken, &p, 1, &r), ST_EPROTO);
    ck_assert_str_eq(st_pg_sqlstate(pg), "22012");
    ck_assert_ptr_nonnull(strstr(st_pg_error(pg), "zero"));
    ck_assert(st_pg_up(pg));
    ck_assert_int_eq(st_pg_begin(pg), 0);
    ck_assert_int_eq(st_pg_script(pg, "SELECT 1; SELECT nonsense; SELECT 2"), ST_EPROTO);
    ck_assert_int_eq(st_pg_commit(pg), ST_EPROTO);
    ck_assert_int_eq(st_pg_script(pg, "CREATE TABLE u (a int); DROP TABLE u"), 0);
}
END_TEST

START_TEST(a_call_never_passes_its_deadline)
{
    struct st_pg_result *r = NULL;
    uint64_t begun = st_mono_ms();
    ck_assert_int_eq(st_pg_exec(pg, &q_sleep, NULL, 0, &r), ST_EUNAVAILABLE);
    ck_assert_str_eq(st_pg_sqlstate(pg), "57014"); /* by the server's own timeout */
    ck_assert_uint_lt(st_mono_ms() - begun, TIMEOUT_MS + 300);
    ck_assert(st_pg_up(pg));
}
END_TEST

/* A process id of our own backend, to do things to it. */
static pid_t backend(void)
{
    struct st_pg_result *r = NULL;
    ck_assert_int_eq(st_pg_exec(pg, &q_pid, NULL, 0, &r), 0);
    pid_t pid = (pid_t)st_pg_int(r, 0, 0);
    st_pg_result_free(&r);
    return pid;
}

START_TEST(a_frozen_backend_is_given_up)
{
    make_table();
    pid_t pid = backend();
    char text[24];
    struct st_pg_param p = st_pg_param_int(text, 20);
    struct st_pg_step steps[] = {{&st_pg_stmt_begin, NULL, 0, NULL},
                                 {&q_insert, &p, 1, NULL},
                                 {&st_pg_stmt_commit, NULL, 0, NULL}};
    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    uint64_t begun = st_mono_ms();
    ck_assert_int_eq(st_pg_pipeline(pg, steps, 3), ST_ETIMEOUT); /* nobody knows */
    ck_assert_uint_lt(st_mono_ms() - begun, TIMEOUT_MS + 500);
    ck_assert(!st_pg_up(pg));
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    /* what was on the wire is done by the server now; the next call finds a new connection */
    uint64_t until = st_mono_ms() + 5000;
    while (count_of(20) == 0)
        ck_assert_uint_lt(st_mono_ms(), until);
    ck_assert_uint_eq(st_pg_generation(pg), 2);
}
END_TEST

START_TEST(a_farewell_while_idle_costs_no_answer)
{
    struct st_pg_result *r = NULL;
    for (int round = 0; round < 20; round++) {
        pid_t pid = backend();
        ck_assert_int_eq(kill(pid, SIGTERM), 0);
        uint64_t until = st_mono_ms() + 5000;
        while (st_pg_up(pg))
            ck_assert_uint_lt(st_mono_ms(), until);
        ck_assert_int_eq(st_pg_exec(pg, &q_pid, NULL, 0, &r), 0);
        ck_assert_int_ne(st_pg_int(r, 0, 0), pid);
        st_pg_result_free(&r);
    }
    ck_assert_uint_eq(st_pg_generation(pg), 21);
}
END_TEST

START_TEST(a_lost_server_is_found_again)
{
    make_table();
    struct st_pg_result *r = NULL;
    pg_fixture_kill(&server);
    uint64_t begun = st_mono_ms();
    while (st_pg_exec(pg, &q_pid, NULL, 0, &r) == 0) { /* the backend outlives it by a moment */
        st_pg_result_free(&r);
        ck_assert_uint_lt(st_mono_ms() - begun, 2000);
    }
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(st_pg_exec(pg, &q_pid, NULL, 0, &r), ST_EUNAVAILABLE);
    ck_assert_uint_lt(st_mono_ms() - begun, 2000);
    pg_fixture_again(&server);
    uint64_t until = st_mono_ms() + 5000;
    while (st_pg_exec(pg, &q_pid, NULL, 0, &r) != 0)
        ck_assert_uint_lt(st_mono_ms(), until);
    st_pg_result_free(&r);
    ck_assert_uint_eq(st_pg_generation(pg), 2);
}
END_TEST

START_TEST(a_transaction_that_dies_has_done_nothing)
{
    make_table();
    char text[24];
    struct st_pg_param p = st_pg_param_int(text, 30);
    struct st_pg_result *r = NULL;
    ck_assert_int_eq(st_pg_begin(pg), 0);
    ck_assert_int_eq(st_pg_exec(pg, &q_insert, &p, 1, &r), 0);
    st_pg_result_free(&r);
    ck_assert_int_eq(kill(backend(), SIGTERM), 0);
    int err = 0;
    while (err == 0) {
        err = st_pg_exec(pg, &q_slow_commit, NULL, 0, &r);
        st_pg_result_free(&r);
    }
    ck_assert_int_eq(err, ST_EUNAVAILABLE);
    uint64_t until = st_mono_ms() + 5000;
    while (st_pg_exec(pg, &q_pid, NULL, 0, &r) != 0)
        ck_assert_uint_lt(st_mono_ms(), until);
    st_pg_result_free(&r);
    ck_assert_int_eq(count_of(30), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pg");
    TCase *c = tcase_create("pg");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, values_travel_both_ways);
    tcase_add_test(c, a_pipeline_is_one_transaction);
    tcase_add_test(c, errors_are_told_apart);
    tcase_add_test(c, a_call_never_passes_its_deadline);
    tcase_add_test(c, a_frozen_backend_is_given_up);
    tcase_add_test(c, a_transaction_that_dies_has_done_nothing);
    tcase_add_test(c, a_farewell_while_idle_costs_no_answer);
    tcase_add_test(c, a_lost_server_is_found_again);
    suite_add_tcase(suite, c);
    pg_fixture_start(&server);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    pg_fixture_stop(&server);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
