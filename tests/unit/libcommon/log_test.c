/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"
#include "suite.h"

#include <st/err.h>
#include <st/json.h>
#include <st/log.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>

static char text[1 << 16];

static void log_one(void)
{
    st_log_init("probe", "probe-7", ST_LOG_INFO);
    st_log(ST_LOG_DEBUG, "unseen", st_log_s("a", "b"));
    st_log(ST_LOG_WARN, "redis_down", st_log_s("reason", "say \"no\"\n"), st_log_i("n", -3),
           st_log_b("yes", true), st_log_s("none", NULL));
    st_log(ST_LOG_ERROR, "bare", st_log_u("big", UINT64_MAX));
}

START_TEST(lines_are_json)
{
    int64_t n = 0;
    ck_assert_int_eq(in_child(log_one, text, sizeof(text)), 0);
    char *end = strchr(text, '\n');
    ck_assert_ptr_nonnull(end);
    struct st_json_doc *d = st_json_parse(text, (size_t)(end - text));
    ck_assert_ptr_nonnull(d);
    ck_assert_str_eq(st_json_get_str(d, "level"), "warn");
    ck_assert_str_eq(st_json_get_str(d, "service"), "probe");
    ck_assert_str_eq(st_json_get_str(d, "instance"), "probe-7");
    ck_assert_str_eq(st_json_get_str(d, "event"), "redis_down");
    ck_assert_str_eq(st_json_get_str(d, "reason"), "say \"no\"\n");
    ck_assert(st_json_get_int(d, "n", &n) && n == -3);
    const char *time = st_json_get_str(d, "time");
    ck_assert_uint_eq(strlen(time), strlen("2026-01-02T03:04:05.678Z"));
    ck_assert_ptr_nonnull(strstr(text, "\"yes\":true,\"none\":null}"));
    st_json_doc_free(&d);
    ck_assert_ptr_null(strstr(text, "unseen"));
    ck_assert_ptr_nonnull(strstr(end + 1, "\"event\":\"bare\",\"big\":18446744073709551615}\n"));
}
END_TEST

static void log_long(void)
{
    static char value[3000];
    memset(value, 'v', sizeof(value) - 1);
    st_log(ST_LOG_INFO, "long", st_log_s("a", value), st_log_s("b", value), st_log_s("c", value),
           st_log_s("d", value), st_log_s("e", value));
}

START_TEST(long_lines_are_cut_and_stay_json)
{
    ck_assert_int_eq(in_child(log_long, text, sizeof(text)), 0);
    size_t len = strlen(text);
    ck_assert_uint_le(len, 4096);
    ck_assert_uint_gt(len, 2000);
    struct st_json_doc *d = st_json_parse(text, len);
    ck_assert_ptr_nonnull(d);
    ck_assert_ptr_nonnull(strstr(text, "\"truncated\":true"));
    st_json_doc_free(&d);
}
END_TEST

/* Standard error is a pipe that nobody reads. */
static void log_blocked(void)
{
    int fd[2];
    char value[900];
    memset(value, 'v', sizeof(value));
    value[899] = 0;
    if (pipe(fd) != 0)
        _exit(9);
    dup2(fd[1], STDERR_FILENO);
    for (int i = 0; i < 1000; i++)
        st_log(ST_LOG_INFO, "flood", st_log_s("v", value));
    _exit(st_log_dropped() > 900 ? 0 : 1);
}

START_TEST(a_blocked_reader_costs_lines_not_time)
{
    ck_assert_int_eq(in_child(log_blocked, text, sizeof(text)), 0);
}
END_TEST

static void *log_thread(void *ctx)
{
    for (int i = 0; i < 50; i++)
        st_log(ST_LOG_INFO, "line", st_log_i("i", i), st_log_s("from", ctx));
    return NULL;
}

static void log_threads(void)
{
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, log_thread, "thread");
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
}

START_TEST(lines_of_threads_do_not_mix)
{
    int lines = 0;
    ck_assert_int_eq(in_child(log_threads, text, sizeof(text)), 0);
    for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1) {
        struct st_json_doc *d = st_json_parse(at, (size_t)(end - at));
        ck_assert_ptr_nonnull(d);
        st_json_doc_free(&d);
        lines++;
    }
    ck_assert_int_eq(lines, 200);
}
END_TEST

START_TEST(levels_have_names)
{
    enum st_log_level level;
    ck_assert_int_eq(st_log_level_parse("error", &level), 0);
    ck_assert_int_eq(level, ST_LOG_ERROR);
    ck_assert_int_eq(st_log_level_parse("loud", &level), ST_EINVAL);
    st_log_init("a", "b", ST_LOG_WARN);
    ck_assert(!st_log_enabled(ST_LOG_INFO));
    ck_assert(st_log_enabled(ST_LOG_ERROR));
}
END_TEST

SUITE_MAIN("log", lines_are_json, long_lines_are_cut_and_stay_json,
           a_blocked_reader_costs_lines_not_time, lines_of_threads_do_not_mix, levels_have_names)
