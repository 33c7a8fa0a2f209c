/* SPDX-License-Identifier: Apache-2.0 */
#include "redis_server.h"

#include <st/clock.h>
#include <st/err.h>
#include <st/kv.h>

#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMEOUT_MS = 50, SLACK_MS = 250 }; /* slack: a busy machine, sanitizers */

static struct redis_server server;
static struct st_kv *kv;

static struct st_kv *connect_to(uint16_t port, const char *userinfo, const char *db)
{
    char url[128];
    snprintf(url, sizeof(url), "redis://%s127.0.0.1:%u%s", userinfo, port, db);
    struct st_kv *k = st_kv_new(&(struct st_kv_options){.url = url, .timeout_ms = TIMEOUT_MS});
    ck_assert_ptr_nonnull(k);
    return k;
}

static void setup(void)
{
    server.port = redis_server_probe_port();
    redis_server_start(&server, NULL);
    kv = connect_to(server.port, "", "");
}

static void teardown(void)
{
    st_kv_free(&kv);
    redis_server_kill(&server);
}

/* Runs "SET a b"; the reply's text goes to out when it is not NULL. */
static int run(struct st_kv *k, const char *command, char *out)
{
    struct st_slice args[8];
    size_t count = 0;
    char copy[128];
    snprintf(copy, sizeof(copy), "%s", command);
    for (char *save = NULL, *word = strtok_r(copy, " ", &save); word;
         word = strtok_r(NULL, " ", &save))
        args[count++] = (struct st_slice){(const uint8_t *)word, strlen(word)};
    struct st_kv_reply *reply = NULL;
    int err = st_kv_command(k, args, count, &reply);
    if (!err && out) {
        struct st_slice s = st_kv_bytes(reply);
        snprintf(out, 64, "%.*s", (int)s.len, s.data ? (const char *)s.data : "");
    }
    ck_assert(err ? !reply : reply != NULL);
    st_kv_reply_free(&reply);
    return err;
}

START_TEST(test_commands)
{
    char text[64];
    ck_assert_int_eq(run(kv, "SET a hello", text), 0);
    ck_assert_str_eq(text, "OK");
    ck_assert_int_eq(run(kv, "GETEX a EX 5", text), 0);
    ck_assert_str_eq(text, "hello");
    struct st_kv_reply *r = NULL;
    struct st_slice args[] = {{(const uint8_t *)"SET", 3}, {(const uint8_t *)"b\0n", 3}, {NULL, 0}};
    ck_assert_int_eq(st_kv_command(kv, args, 3, &r), 0);
    st_kv_reply_free(&r);
    args[0] = (struct st_slice){(const uint8_t *)"STRLEN", 6};
    ck_assert_int_eq(st_kv_command(kv, args, 2, &r), 0);
    ck_assert_int_eq(st_kv_int(r), 0);
    st_kv_reply_free(&r);
    args[0] = (struct st_slice){(const uint8_t *)"EXISTS", 6};
    ck_assert_int_eq(st_kv_command(kv, args, 2, &r), 0);
    ck_assert_int_eq(st_kv_int(r), 1);
    st_kv_reply_free(&r);
    args[0] = (struct st_slice){(const uint8_t *)"GET", 3};
    args[1] = (struct st_slice){(const uint8_t *)"none", 4};
    ck_assert_int_eq(st_kv_command(kv, args, 2, &r), 0);
    ck_assert(st_kv_is_nil(r));
    ck_assert_uint_eq(st_kv_bytes(r).len, 0);
    st_kv_reply_free(&r);
    args[0] = (struct st_slice){(const uint8_t *)"MGET", 4};
    args[2] = (struct st_slice){(const uint8_t *)"a", 1};
    ck_assert_int_eq(st_kv_command(kv, args, 3, &r), 0);
    ck_assert_uint_eq(st_kv_count(r), 2);
    ck_assert(st_kv_is_nil(st_kv_at(r, 0)));
    ck_assert_uint_eq(st_kv_bytes(st_kv_at(r, 1)).len, 5);
    st_kv_reply_free(&r);
}
END_TEST

START_TEST(test_error_replies_leave_the_breaker_closed)
{
    ck_assert_int_eq(run(kv, "LPUSH list x", NULL), 0);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(run(kv, "GETEX list EX 5", NULL), ST_EPROTO);
    ck_assert(st_kv_up(kv));
    ck_assert_int_eq(run(kv, "SET a 1", NULL), 0);
}
END_TEST

START_TEST(test_absent_then_back)
{
    redis_server_kill(&server);
    for (int i = 0; i < 3; i++) {
        ck_assert(st_kv_up(kv));
        ck_assert_int_eq(run(kv, "GET a", NULL), ST_EUNAVAILABLE);
    }
    ck_assert(!st_kv_up(kv));
    redis_server_start(&server, NULL);
    ck_assert_int_eq(run(kv, "GET a", NULL), ST_EUNAVAILABLE); /* not asked before the probe */
    uint64_t opened = st_mono_ms();
    while (run(kv, "GET a", NULL)) {
        ck_assert_uint_lt(st_mono_ms(), opened + 1000 + 2000);
        st_sleep_until_ns(st_mono_ns() + 10000000);
    }
    ck_assert(st_kv_up(kv));
}
END_TEST

START_TEST(test_frozen_server_costs_the_timeout_then_nothing)
{
    ck_assert_int_eq(run(kv, "SET a 1", NULL), 0);
    kill(server.pid, SIGSTOP);
    for (int i = 0; i < 3; i++) {
        uint64_t start = st_mono_ms();
        ck_assert_int_eq(run(kv, "GET a", NULL), ST_ETIMEOUT);
        ck_assert_uint_ge(st_mono_ms() - start, TIMEOUT_MS - 1);
        ck_assert_uint_lt(st_mono_ms() - start, TIMEOUT_MS + SLACK_MS);
    }
    ck_assert(!st_kv_up(kv));
    uint64_t start = st_mono_ms();
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(run(kv, "GET a", NULL), ST_EUNAVAILABLE);
    ck_assert_uint_lt(st_mono_ms() - start, TIMEOUT_MS);
    kill(server.pid, SIGCONT);
    char text[64];
    while (run(kv, "GET a", text))
        st_sleep_until_ns(st_mono_ns() + 10000000);
    ck_assert_str_eq(text, "1"); /* and not a late answer of another command */
}
END_TEST

START_TEST(test_restart_between_commands_is_not_an_error)
{
    ck_assert_int_eq(run(kv, "SET a 1", NULL), 0);
    redis_server_kill(&server);
    redis_server_start(&server, NULL);
    ck_assert_int_eq(run(kv, "GET a", NULL), 0);
}
END_TEST

/* Accepts connections and feeds each the same bytes, one each `gap_us`, until it is closed. */
struct feeder {
    int fd;
    uint16_t port;
    const char *bytes;
    uint64_t gap_us;
};

static void *feed(void *ctx)
{
    struct feeder *f = ctx;
    for (;;) {
        int fd = accept(f->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        char request[256];
        bool alive = recv(fd, request, sizeof(request), 0) > 0;
        for (const char *p = f->bytes; alive && *p; p++) {
            alive = send(fd, p, 1, MSG_NOSIGNAL) == 1;
            st_sleep_until_ns(st_mono_ns() + f->gap_us * 1000);
        }
        while (alive && recv(fd, request, sizeof(request), 0) > 0)
            ;
        close(fd);
    }
}

static void check_feeder(const char *bytes, uint64_t gap_us, int want)
{
    struct feeder f = {.bytes = bytes, .gap_us = gap_us, .port = redis_server_probe_port()};
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(f.port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    f.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(f.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    ck_assert_int_eq(bind(f.fd, (struct sockaddr *)&a, sizeof(a)), 0);
    ck_assert_int_eq(listen(f.fd, 8), 0);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, feed, &f), 0);
    struct st_kv *k = connect_to(f.port, "", "");
    for (int i = 0; i < 3; i++) {
        uint64_t start = st_mono_ms();
        ck_assert_int_eq(run(k, "GET a", NULL), want);
        ck_assert_uint_lt(st_mono_ms() - start, TIMEOUT_MS + SLACK_MS);
    }
    ck_assert(!st_kv_up(k));
    st_kv_free(&k);
    shutdown(f.fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(f.fd);
}

START_TEST(test_garbage_instead_of_redis)
{
    check_feeder("HTTP/1.1 400 Bad Request\r\n\r\n", 0, ST_EPROTO);
}
END_TEST

START_TEST(test_trickled_answer_meets_the_deadline)
{
    check_feeder("$200\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 20000,
                 ST_ETIMEOUT);
}
END_TEST

START_TEST(test_password_and_database)
{
    struct redis_server guarded = {.port = redis_server_probe_port()};
    redis_server_start(&guarded, "p@ss/word");
    struct st_kv *right = connect_to(guarded.port, ":p%40ss%2Fword@", "/3");
    ck_assert_int_eq(run(right, "SET a 1", NULL), 0);
    struct st_kv *other = connect_to(guarded.port, "default:p%40ss%2Fword@", "");
    char text[64] = "x";
    ck_assert_int_eq(run(other, "GET a", text), 0);
    ck_assert_str_eq(text, ""); /* another database */
    struct st_kv *none = connect_to(guarded.port, "", "");
    ck_assert_int_eq(run(none, "GET a", NULL), ST_EPROTO);
    struct st_kv *wrong = connect_to(guarded.port, ":nope@", "");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(run(wrong, "GET a", NULL), ST_EUNAVAILABLE);
    ck_assert(!st_kv_up(wrong));
    st_kv_free(&right);
    st_kv_free(&other);
    st_kv_free(&none);
    st_kv_free(&wrong);
    redis_server_kill(&guarded);
}
END_TEST

START_TEST(test_urls)
{
    static const char *const good[] = {"redis://h",      "redis://h:1/0",      "redis://[::1]:6379",
                                       "redis://:p@h/",  "redis://u:p@h:2/15", "unix:/run/r.sock",
                                       "redis://[::1]/2"};
    static const char *const bad[] = {"",
                                      "h:1",
                                      "redis://",
                                      "redis://h:0",
                                      "redis://h:",
                                      "redis://h/x",
                                      "redis://h:9x",
                                      "redis://p@h",
                                      "redis://[::1",
                                      "redis://:%zz@h",
                                      "redis://h:70000",
                                      "unix:r"};
    for (size_t i = 0; i < ST_ARRAY_LEN(good); i++) {
        struct st_kv *k = st_kv_new(&(struct st_kv_options){.url = good[i], .timeout_ms = 50});
        ck_assert_msg(k != NULL, "%s", good[i]);
        st_kv_free(&k);
    }
    for (size_t i = 0; i < ST_ARRAY_LEN(bad); i++)
        ck_assert_msg(!st_kv_new(&(struct st_kv_options){.url = bad[i], .timeout_ms = 50}), "%s",
                      bad[i]);
}
END_TEST

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    Suite *s = suite_create("kv");
    TCase *t = tcase_create("kv");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_commands);
    tcase_add_test(t, test_error_replies_leave_the_breaker_closed);
    tcase_add_test(t, test_absent_then_back);
    tcase_add_test(t, test_frozen_server_costs_the_timeout_then_nothing);
    tcase_add_test(t, test_restart_between_commands_is_not_an_error);
    tcase_add_test(t, test_garbage_instead_of_redis);
    tcase_add_test(t, test_trickled_answer_meets_the_deadline);
    tcase_add_test(t, test_password_and_database);
    tcase_add_test(t, test_urls);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
