/* SPDX-License-Identifier: Apache-2.0 */
/* A real server on a loop thread; each test is a client with a plain socket. */
#include <st/alloc.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/files.h>
#include <st/http.h>
#include <st/json.h>
#include <st/log.h>

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEADLINE_MS = 400, PER_ADDRESS = 6 };

static struct {
    pthread_t thread;
    struct st_loop *loop;
    struct st_http *http;
    struct st_timer *timer;
    struct st_http_request *waiting[4];
    int waiting_count;
    struct st_files *files;
    char root[64];
    int socket;
    atomic_int sockets;
    char extra[64];
    char address[64];
} srv;

static void answer_text(struct st_http_request *req, const char *text)
{
    st_http_answer(req, &(struct st_http_answer){.status = 200,
                                                 .content_type = "text/plain",
                                                 .body = text,
                                                 .body_len = strlen(text)});
}

static void on_hello(void *ctx, struct st_http_request *req)
{
    (void)ctx;
    answer_text(req, st_http_address(req));
}

static void on_echo(void *ctx, struct st_http_request *req)
{
    struct st_slice body = st_http_body(req);
    (void)ctx;
    st_http_answer(
        req, &(struct st_http_answer){.status = 201, .body = body.data, .body_len = body.len});
}

static void on_rest(void *ctx, struct st_http_request *req)
{
    (void)ctx;
    answer_text(req, st_http_path_rest(req));
}

static void on_timer(void *ctx)
{
    (void)ctx;
    while (srv.waiting_count > 0)
        answer_text(srv.waiting[--srv.waiting_count], "later");
}

static void on_later(void *ctx, struct st_http_request *req)
{
    (void)ctx;
    ck_assert_int_lt(srv.waiting_count, 4);
    srv.waiting[srv.waiting_count++] = req;
    st_timer_start(srv.timer, 50, 0);
}

static void on_busy(void *ctx, struct st_http_request *req)
{
    (void)ctx;
    st_http_problem(req, 503, "busy", "Try again", 1500);
}

static void on_socket(void *ctx, int fd, const char *address, const uint8_t *extra, size_t len)
{
    (void)ctx;
    ck_assert_uint_lt(len, sizeof srv.extra);
    if (len)
        memcpy(srv.extra, extra, len);
    snprintf(srv.address, sizeof srv.address, "%s", address);
    (void)!write(fd, "raw", 3);
    srv.socket = fd;
    atomic_fetch_add(&srv.sockets, 1);
}

static void on_ws(void *ctx, struct st_http_request *req)
{
    (void)ctx;
    st_http_upgrade(req, "test.v1", on_socket, NULL);
}

static void on_file(void *ctx, struct st_http_request *req)
{
    (void)ctx;
    st_files_answer(srv.files, req);
}

static const struct st_http_route routes[] = {
    {"GET", "/hello", on_hello, false}, {"POST", "/echo", on_echo, false},
    {"GET", "/later", on_later, false}, {"GET", "/busy", on_busy, false},
    {"GET", "/rest/*", on_rest, false}, {"GET", "/ws", on_ws, true},
    {"GET", "/*", on_file, false},
};
static const char *const security[] = {"X-Content-Type-Options", "nosniff", NULL};

static void put_file(const char *name, const char *text)
{
    char path[128];
    FILE *f;
    snprintf(path, sizeof path, "%s/%s", srv.root, name);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void put_folder(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", srv.root, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void *run(void *ctx)
{
    (void)ctx;
    st_loop_run(srv.loop);
    st_timer_free(&srv.timer);
    st_http_stop(&srv.http);
    return NULL;
}

static void setup(void)
{
    struct st_http_options o = {.listen = "127.0.0.1:0",
                                .connections_max = 64,
                                .connections_per_address_max = PER_ADDRESS,
                                .request_deadline_ms = DEADLINE_MS,
                                .header_max = 8192,
                                .body_max = 16384,
                                .trusted_proxies = "127.0.0.9",
                                .headers = security};
    memset(&srv, 0, sizeof srv);
    strcpy(srv.root, "/tmp/st-http-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(srv.root));
    put_file("index.html", "<html>");
    put_file("app.js", "plain text of the program");
    put_file("app.js.gz", "packed");
    put_file(".hidden", "no");
    put_folder("page");
    put_file("page/index.html", "<page>");
    ck_assert_int_eq(st_files_load(&srv.files, srv.root), ST_OK);
    srv.loop = st_loop_new();
    srv.timer = st_timer_new(srv.loop, on_timer, NULL);
    ck_assert_int_eq(st_http_start(&srv.http, srv.loop, &o, routes, ST_ARRAY_LEN(routes), NULL),
                     ST_OK);
    pthread_create(&srv.thread, NULL, run, NULL);
}

static void teardown(void)
{
    static const char *const names[] = {"index.html", "app.js",          "app.js.gz",
                                        ".hidden",    "page/index.html", "page"};
    char path[128];
    st_loop_stop(srv.loop);
    pthread_join(srv.thread, NULL);
    st_loop_free(&srv.loop);
    st_files_free(&srv.files);
    for (size_t i = 0; i < ST_ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", srv.root, names[i]);
        ck_assert_int_eq(remove(path), 0);
    }
    rmdir(srv.root);
}

static int dial_from(const char *source)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, source, &a.sin_addr);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    a.sin_port = htons(st_http_port(srv.http));
    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static int dial(void)
{
    return dial_from("127.0.0.1");
}

static void say(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Reads until `until` appears (NULL: the end of the stream) or 3 s have passed. */
static const char *hear(int fd, const char *until)
{
    static char text[65536];
    size_t len = 0;
    uint64_t deadline = st_mono_ms() + 3000;
    text[0] = '\0';
    while (st_mono_ms() < deadline && len + 1 < sizeof text) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n;
        if (poll(&p, 1, 50) <= 0)
            continue;
        n = recv(fd, text + len, sizeof text - 1 - len, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
        text[len] = '\0';
        if (until && strstr(text, until))
            break;
    }
    return text;
}

static const char *ask(const char *request)
{
    int fd = dial();
    const char *text;
    say(fd, request);
    text = hear(fd, NULL);
    close(fd);
    return text;
}

#define GET(path) ask("GET " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

static void ck_status(const char *text, int status)
{
    char want[32];
    snprintf(want, sizeof want, "HTTP/1.1 %d ", status);
    ck_assert_msg(strncmp(text, want, strlen(want)) == 0, "wanted %d, got: %.300s", status, text);
}

static void ck_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in: %.500s", part, text);
}

START_TEST(answers)
{
    const char *text = GET("/hello");
    ck_status(text, 200);
    ck_has(text, "127.0.0.1");
    ck_has(text, "X-Content-Type-Options: nosniff");
    ck_has(text, "X-Request-Id: ");
    text = ask("GET /hello HTTP/1.1\r\nHost: x\r\nX-Request-Id: abcd-1234\r\nConnection: "
               "close\r\n\r\n");
    ck_has(text, "X-Request-Id: abcd-1234\r\n");
    text = ask("GET /hello HTTP/1.1\r\nHost: x\r\nX-Request-Id: bad\"id12\r\nConnection: "
               "close\r\n\r\n");
    ck_assert_ptr_null(strstr(text, "bad\"id12"));
    ck_has(GET("/rest/a/b"), "a/b");
    ck_has(GET("/later"), "later");
}
END_TEST

START_TEST(keeps_alive)
{
    int fd = dial();
    for (int i = 0; i < 3; i++) {
        say(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        ck_has(hear(fd, "127.0.0.1"), "200 OK");
    }
    close(fd);
}
END_TEST

START_TEST(refuses)
{
    const char *text = ask("PUT /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ck_status(text, 405);
    ck_has(text, "application/problem+json");
    ck_status(GET("/nothing"), 404);
    ck_status(GET("/../../etc/passwd"), 404);
    ck_status(GET("/%2e%2e/etc/passwd"), 404);
    ck_status(GET("/.hidden"), 404);
    ck_status(ask("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"), 400);
    ck_status(ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n"),
              411);
    ck_status(ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 16385\r\n\r\n"), 413);
    ck_status(ask("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
                  "3\r\n\r\nabc"),
              201);
}
END_TEST

START_TEST(body_of_the_largest_size)
{
    static char request[17000];
    int head = snprintf(request, sizeof request,
                        "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        "Content-Length: 16384\r\n\r\n");
    memset(request + head, 'z', 16384);
    ck_status(ask(request), 201);
}
END_TEST

START_TEST(header_too_large)
{
    static char request[20000];
    for (int size = 9000; size <= 18000; size += 9000) {
        int head = snprintf(request, sizeof request, "GET /hello HTTP/1.1\r\nHost: x\r\nX: ");
        memset(request + head, 'a', (size_t)size);
        strcpy(request + head + size, "\r\nConnection: close\r\n\r\n");
        ck_status(ask(request), 431);
    }
}
END_TEST

START_TEST(problem_document)
{
    const char *text = GET("/busy"), *body = strstr(text, "\r\n\r\n") + 4;
    struct st_json_doc *doc = st_json_parse(body, strlen(body));
    int64_t n = 0;
    ck_status(text, 503);
    ck_has(text, "Retry-After: 2\r\n");
    ck_assert_ptr_nonnull(doc);
    ck_assert_str_eq(st_json_get_str(doc, "code"), "busy");
    ck_assert_str_eq(st_json_get_str(doc, "detail"), "Try again");
    ck_assert(st_json_get_int(doc, "retry_after_ms", &n) && n == 1500);
    ck_assert(st_json_get_int(doc, "status", &n) && n == 503);
    ck_assert_uint_ge(strlen(st_json_get_str(doc, "request_id")), 8);
    st_json_doc_free(&doc);
}
END_TEST

START_TEST(client_leaves_before_the_answer)
{
    int fd = dial();
    say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    close(fd);
    ck_has(GET("/hello"), "200 OK");
    ck_has(GET("/later"), "later");
}
END_TEST

/* A byte now and then must not keep a connection beyond its absolute deadline. */
static uint64_t trickle(const char *first, const char *drop)
{
    int fd = dial();
    uint64_t begin = st_mono_ms();
    char c;
    say(fd, first);
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ck_assert_uint_lt(st_mono_ms() - begin, 10 * DEADLINE_MS);
        if (poll(&p, 1, 20) > 0 && recv(fd, &c, 1, 0) <= 0)
            break;
        say(fd, drop);
    }
    close(fd);
    return st_mono_ms() - begin;
}

START_TEST(slowloris)
{
    ck_assert_uint_lt(trickle("GET /hello HTTP/1.1\r\nHost: x\r\n", "X: y\r\n"), DEADLINE_MS + 500);
    ck_assert_uint_lt(
        trickle("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 16000\r\n\r\n", "z"),
        DEADLINE_MS + 500);
    ck_assert_uint_lt(trickle("", "\r"), DEADLINE_MS + 500);
    ck_has(GET("/hello"), "200 OK");
}
END_TEST

START_TEST(connections_per_address)
{
    int fd[PER_ADDRESS + 1];
    for (int i = 0; i < PER_ADDRESS; i++) {
        fd[i] = dial();
        say(fd[i], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        ck_has(hear(fd[i], "127.0.0.1"), "200 OK");
    }
    fd[PER_ADDRESS] = dial();
    ck_status(hear(fd[PER_ADDRESS], NULL), 429);
    close(fd[PER_ADDRESS]);
    fd[PER_ADDRESS] = dial_from("127.0.0.2");
    say(fd[PER_ADDRESS], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_has(hear(fd[PER_ADDRESS], "127.0.0.2"), "200 OK");
    for (int i = 0; i <= PER_ADDRESS; i++)
        close(fd[i]);
}
END_TEST

static const char upgrade[] =
    "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nfirst";

START_TEST(upgrades)
{
    int fd = dial();
    const char *text;
    say(fd, upgrade);
    text = hear(fd, "raw");
    ck_status(text, 101);
    ck_has(text, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    ck_has(text, "Sec-WebSocket-Protocol: test.v1");
    ck_has(text, "raw");
    say(fd, "second");
    while (atomic_load(&srv.sockets) != 1)
        sched_yield();
    char got[64] = "";
    size_t len = strlen(srv.extra);
    memcpy(got, srv.extra, len);
    for (int i = 0; i < 100 && len < 11; i++) {
        struct pollfd p = {.fd = srv.socket, .events = POLLIN};
        if (poll(&p, 1, 50) > 0)
            len += (size_t)recv(srv.socket, got + len, sizeof got - 1 - len, 0);
    }
    ck_assert_str_eq(got, "firstsecond");
    close(srv.socket);
    st_http_socket_closed(srv.http, srv.address);
    close(fd);
}
END_TEST

START_TEST(upgraded_sockets_count)
{
    int fd[PER_ADDRESS + 1], mine[PER_ADDRESS];
    for (int i = 0; i < PER_ADDRESS; i++) {
        fd[i] = dial();
        say(fd[i], upgrade);
        ck_status(hear(fd[i], "raw"), 101);
        while (atomic_load(&srv.sockets) != i + 1)
            sched_yield();
        mine[i] = srv.socket;
    }
    fd[PER_ADDRESS] = dial();
    ck_status(hear(fd[PER_ADDRESS], NULL), 429);
    close(fd[PER_ADDRESS]);
    for (int i = 0; i < PER_ADDRESS; i++) {
        close(mine[i]);
        st_http_socket_closed(srv.http, srv.address);
        close(fd[i]);
    }
    ck_has(GET("/hello"), "200 OK");
}
END_TEST

START_TEST(bad_upgrades)
{
    ck_status(ask("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 426);
    ck_has(ask("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
               "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
           "Sec-WebSocket-Version: 13");
    ck_status(ask("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: "
                  "websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n"),
              400);
}
END_TEST

START_TEST(behind_a_proxy)
{
    int fd = dial_from("127.0.0.9");
    say(fd, "GET /hello HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n");
    ck_has(hear(fd, "198.51.100.7"), "200 OK");
    close(fd);
    fd = dial();
    say(fd, "GET /hello HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n");
    ck_assert_ptr_null(strstr(hear(fd, "127.0.0.1"), "198.51"));
    close(fd);
}
END_TEST

START_TEST(static_files)
{
    char etag[64] = "", request[256];
    const char *text = GET("/app.js"), *at = strstr(text, "ETag: ");
    ck_status(text, 200);
    ck_has(text, "text/javascript");
    ck_has(text, "plain text of the program");
    ck_assert_ptr_nonnull(at);
    sscanf(at, "ETag: %63[^\r]", etag);
    snprintf(request, sizeof request,
             "GET /app.js HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-None-Match: %s\r\n\r\n",
             etag);
    text = ask(request);
    ck_status(text, 304);
    ck_assert_ptr_null(strstr(text, "plain text"));
    text = ask("GET /app.js HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: gzip, "
               "br\r\n\r\n");
    ck_has(text, "Content-Encoding: gzip");
    ck_has(text, "packed");
    ck_has(text, "text/javascript");
    ck_has(GET("/"), "<html>");
    ck_has(GET("/page"), "<page>");
    ck_has(GET("/page/"), "<page>");
    ck_status(GET("/page/other"), 404);
    ck_status(GET("/app.js/"), 404);
    ck_status(GET("/app.js.gz"), 404);
    text = ask("HEAD /app.js HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ck_status(text, 200);
    ck_assert_ptr_null(strstr(text, "plain text"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("http");
    TCase *t = tcase_create("http");
    st_log_init("http-test", "t-1", ST_LOG_ERROR);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 30);
    tcase_add_test(t, answers);
    tcase_add_test(t, keeps_alive);
    tcase_add_test(t, refuses);
    tcase_add_test(t, body_of_the_largest_size);
    tcase_add_test(t, header_too_large);
    tcase_add_test(t, problem_document);
    tcase_add_test(t, client_leaves_before_the_answer);
    tcase_add_test(t, slowloris);
    tcase_add_test(t, connections_per_address);
    tcase_add_test(t, upgrades);
    tcase_add_test(t, upgraded_sockets_count);
    tcase_add_test(t, bad_upgrades);
    tcase_add_test(t, behind_a_proxy);
    tcase_add_test(t, static_files);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
