/* SPDX-License-Identifier: Apache-2.0 */
/* The public listener with its routes on a loop thread; the test plays services and clients. */
#include "fake.h"

#include <listen.h>

#include <startrader/v1/account.pb-c.h>
#include <startrader/v1/trade.pb-c.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/json.h>
#include <st/log.h>
#include <st/secret.h>

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CODE(name) STARTRADER__V1__CODE__CODE_##name
#define TOKEN      "operator-token-0123456789"
#define ORIGIN     "http://game.test:8080"

static const struct st_conf_item items[] = {
    {"ST_LISTEN", ST_CONF_STRING, "127.0.0.1:0", 0, 0, ""},
    {"ST_WEB_ROOT", ST_CONF_STRING, "", 0, 0, ""},
    {"ST_ALLOWED_ORIGINS", ST_CONF_STRING, "https://other.test," ORIGIN, 0, 0, ""},
    {"ST_TRUSTED_PROXIES", ST_CONF_STRING, "", 0, 0, ""},
    {"ST_MAX_CONNECTIONS", ST_CONF_INT, "64", 1, 1000, ""},
    {"ST_MAX_CONNECTIONS_PER_ADDRESS", ST_CONF_INT, "32", 0, 1000, ""},
};

static struct st_loop *loop;
static struct st_conf *conf;
static struct door *door;
static struct board *board;
static struct listen *l;
static struct st_http *internal;
static pthread_t thread;
static Startrader__V1__Code code;
static char asked_password[64], asked_address[64];

/* Every service answers at once with `code`. */
static void on_ask(const struct fake_ask *a)
{
    Startrader__V1__Profile p = STARTRADER__V1__PROFILE__INIT;
    Startrader__V1__SignInReply sign_in = STARTRADER__V1__SIGN_IN_REPLY__INIT;
    Startrader__V1__HydrateReply hydrate = STARTRADER__V1__HYDRATE_REPLY__INIT;
    Startrader__V1__MarketReply market = STARTRADER__V1__MARKET_REPLY__INIT;
    Startrader__V1__EconMarketReply econ = STARTRADER__V1__ECON_MARKET_REPLY__INIT;
    Startrader__V1__LoginRequest *login;
    const void *reply = &sign_in;
    p.player = 18446744073709551615u;
    p.name = (char[]){"Ada \"A\""};
    sign_in.player = p.player;
    sign_in.ticket = (char[]){"T"};
    sign_in.refresh_secret = (char[]){"S"};
    sign_in.profile = hydrate.profile = &p;
    sign_in.retry_after_ms = 2500;
    econ.market = &market;
    market.blockaded = 5;
    market.blockade_until_ms = 7200000;
    if (strcmp(a->subject, "req.profile.hydrate") == 0)
        reply = &hydrate;
    if (strcmp(a->subject, "req.econ.market") == 0)
        reply = &econ;
    if (strcmp(a->subject, "req.profile.login") == 0) {
        login = startrader__v1__login_request__unpack(NULL, a->len, a->data);
        snprintf(asked_password, sizeof asked_password, "%s", login->password);
        snprintf(asked_address, sizeof asked_address, "%s", login->address);
        startrader__v1__login_request__free_unpacked(login, NULL);
    }
    a->done(a->ctx, a->key, code, reply);
}

static void on_hydrate(void *ctx, struct st_http_request *req)
{
    (void)ctx;
    door_hydrate(door, req);
}

static const struct st_http_route internal_routes[] = {
    {"POST", "/internal/login/hydrate/*", on_hydrate, false},
};

static void *run(void *ctx)
{
    (void)ctx;
    st_loop_run(loop);
    listen_stop(&l);
    st_http_stop(&internal);
    board_free(&board);
    return NULL;
}

static void setup(void)
{
    struct st_http_options o = {.listen = "127.0.0.1:0",
                                .connections_max = 16,
                                .request_deadline_ms = 5000,
                                .header_max = 8192,
                                .body_max = 16384};
    char *argv[] = {(char[]){"test"}, NULL};
    ck_assert_int_eq(st_secret_init(), 0);
    fake_reset();
    fake_on_ask = on_ask;
    code = CODE(OK);
    conf = st_conf_load(items, ST_ARRAY_LEN(items), 1, argv, stderr);
    ck_assert_ptr_nonnull(conf);
    loop = st_loop_new();
    door = door_new(NULL, TOKEN);
    board = board_new(loop, NULL, NULL, "sol-1", 0, "gateway-1");
    ck_assert_int_eq(listen_start(&l, loop, conf, door, board, NULL), ST_OK);
    ck_assert_int_eq(st_http_start(&internal, loop, &o, internal_routes, 1, NULL), ST_OK);
    pthread_create(&thread, NULL, run, NULL);
}

static void teardown(void)
{
    st_loop_stop(loop);
    pthread_join(thread, NULL);
    st_loop_free(&loop);
    door_free(&door);
    st_conf_free(&conf);
}

static const char *talk(uint16_t port, const char *request)
{
    static char text[65536];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t len = 0;
    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_gt((int)send(fd, request, strlen(request), MSG_NOSIGNAL), 0);
    text[0] = '\0';
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n = poll(&p, 1, 3000) > 0 ? recv(fd, text + len, sizeof text - 1 - len, 0) : -1;
        if (n <= 0)
            break;
        len += (size_t)n;
        text[len] = '\0';
    }
    close(fd);
    return text;
}

static const char *request(const char *method, const char *path, const char *headers,
                           const char *body)
{
    char text[4096];
    snprintf(text, sizeof text,
             "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s",
             method, path, headers, strlen(body), body);
    return talk(listen_port(l), text);
}

static const char *post(const char *path, const char *body)
{
    return request("POST", path, "Content-Type: application/json\r\n", body);
}

static const char *get(const char *path, const char *headers)
{
    return request("GET", path, headers, "");
}

static void ck_status(const char *text, int status)
{
    char want[32];
    snprintf(want, sizeof want, "HTTP/1.1 %d ", status);
    ck_assert_msg(strncmp(text, want, strlen(want)) == 0, "wanted %d, got: %.400s", status, text);
}

static void ck_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no %s in: %.600s", part, text);
}

START_TEST(sign_in)
{
    const char *text = post("/v1/auth/login", "{\"name\":\"Ada\",\"password\":\"correct horse\"}");
    ck_status(text, 200);
    ck_has(text, "\"player_id\":\"18446744073709551615\"");
    ck_has(text, "\"name\":\"Ada \\\"A\\\"\"");
    ck_has(text, "\"ticket\":\"T\"");
    ck_has(text, "\"refresh_secret\":\"S\"");
    ck_has(text, "Cache-Control: no-store");
    ck_has(text,
           "Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
    ck_has(text, "connect-src 'self' wss://other.test ws://game.test:8080");
    ck_assert_ptr_null(strstr(text, " 'unsafe-eval'"));
    ck_assert_str_eq(asked_password, "correct horse");
    ck_assert_str_eq(asked_address, "127.0.0.1");
    ck_status(post("/v1/auth/guest", "{}"), 201);
    ck_status(post("/v1/auth/register", "{\"name\":\"Ada\",\"password\":\"x\"}"), 201);
    ck_status(post("/v1/auth/refresh", "{\"refresh_secret\":\"S\"}"), 200);
    ck_status(request("POST", "/v1/auth/logout", "Authorization: Bearer T\r\n", ""), 204);
    ck_status(request("POST", "/v1/auth/claim",
                      "Authorization: Bearer T\r\nContent-Type: application/json\r\n",
                      "{\"name\":\"Ada\",\"password\":\"x\"}"),
              200);
    ck_status(get("/v1/me", "Authorization: Bearer T\r\n"), 200);
}
END_TEST

START_TEST(every_code_is_a_problem)
{
    static const struct {
        Startrader__V1__Code code;
        int status;
        const char *name;
    } table[] = {
        {CODE(UNSPECIFIED), 503, "unavailable"},
        {CODE(MALFORMED), 400, "malformed"},
        {CODE(UNAVAILABLE), 503, "unavailable"},
        {CODE(BUSY), 503, "busy"},
        {CODE(RATE_LIMITED), 429, "rate_limited"},
        {CODE(UNAUTHENTICATED), 401, "unauthenticated"},
        {CODE(FENCED), 401, "fenced"},
        {CODE(NOT_FOUND), 404, "not_found"},
        {CODE(NAME_TAKEN), 409, "name_taken"},
        {CODE(NAME_INVALID), 422, "name_invalid"},
        {CODE(PASSWORD_WEAK), 422, "password_weak"},
        {CODE(CONFLICT), 409, "conflict"},
        {CODE(EXPIRED), 401, "expired"},
        {CODE(TIMEOUT), 503, "timeout"},
        {(Startrader__V1__Code)99, 503, "unavailable"},
    };
    for (size_t i = 0; i < ST_ARRAY_LEN(table); i++) {
        char want[64];
        const char *text;
        code = table[i].code;
        text = post("/v1/auth/login", "{\"name\":\"Ada\",\"password\":\"x\"}");
        ck_status(text, table[i].status);
        snprintf(want, sizeof want, "\"code\":\"%s\"", table[i].name);
        ck_has(text, want);
        ck_has(text, "application/problem+json");
        if (table[i].status == 503 || table[i].status == 429)
            ck_has(text, "Retry-After: 3\r\n");
    }
}
END_TEST

START_TEST(malformed_bodies)
{
    static const char *const bodies[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"name\":\"Ada\"}",
        "{\"name\":1,\"password\":\"x\"}",
        "{\"name\":\"Ada\",\"name\":\"Bo\",\"password\":\"x\"}",
        "{\"name\":\"A\\u0000da\",\"password\":\"x\"}",
        "{\"name\":\"Ada\",\"password\":\"x\"} trailing",
        "{\"name\":\"\xff\",\"password\":\"x\"}",
    };
    for (size_t i = 0; i < ST_ARRAY_LEN(bodies); i++)
        ck_status(post("/v1/auth/login", bodies[i]), 400);
    ck_status(request("POST", "/v1/auth/login", "Content-Type: text/plain\r\n", "{}"), 415);
    ck_status(get("/v1/auth/login", ""), 404);
    ck_status(get("/v1/me", ""), 401);
    ck_status(get("/v1/me", "Authorization: Basic QTpC\r\n"), 401);
    ck_status(request("POST", "/v1/auth/logout", "", ""), 401);
}
END_TEST

START_TEST(hydrate_needs_the_operator)
{
    char text[512];
    static const struct {
        const char *path, *token;
        int status;
    } table[] = {
        {"1001", "Bearer " TOKEN, 200},         {"1001", "Bearer " TOKEN "x", 401},
        {"1001", "Bearer operator-token", 401}, {"1001", "", 401},
        {"abc", "Bearer " TOKEN, 400},          {"0", "Bearer " TOKEN, 400},
        {"-1", "Bearer " TOKEN, 400},           {"99999999999999999999999", "Bearer " TOKEN, 400},
    };
    for (size_t i = 0; i < ST_ARRAY_LEN(table); i++) {
        snprintf(text, sizeof text,
                 "POST /internal/login/hydrate/%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                 "Authorization: %s\r\nContent-Length: 0\r\n\r\n",
                 table[i].path, table[i].token);
        ck_status(talk(st_http_port(internal), text), table[i].status);
    }
    ck_status(
        request("POST", "/internal/login/hydrate/1001", "Authorization: Bearer " TOKEN "\r\n", ""),
        405); /* not on the public listener: nothing is posted there */
}
END_TEST

static int upgrade(const char *origin_header, const char *protocol)
{
    char text[512];
    int status = 0;
    snprintf(
        text, sizeof text,
        "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "%s%s\r\n",
        origin_header, protocol);
    sscanf(talk(listen_port(l), text), "HTTP/1.1 %d", &status);
    return status;
}

START_TEST(origins)
{
    static const char protocol[] = "Sec-WebSocket-Protocol: startrader.v1\r\n";
    static const char *const bad[] = {
        "Origin: null\r\n",
        "",
        "Origin: http://game.test:8080.evil.test\r\n",
        "Origin: http://evil.game.test:8080\r\n",
        "Origin: http://game.test\r\n",
        "Origin: http://game.test:80800\r\n",
        "Origin: https://game.test:8080\r\n",
        "Origin: http://GAME.test:8080\r\n",
        "Origin: http://game.test:8080/\r\n",
        "Origin: http://game.test:808\r\n",
        "Origin: https://other.test,http://game.test:8080\r\n",
        "Origin: *\r\n",
        "Origin: absent\r\n",
    };
    for (size_t i = 0; i < ST_ARRAY_LEN(bad); i++)
        ck_assert_msg(upgrade(bad[i], protocol) == 403, "let in: %s", bad[i]);
    ck_assert_int_eq(upgrade("Origin: " ORIGIN "\r\n", ""), 400);
    ck_assert(listen_origin_ok("a, absent", NULL));
    ck_assert(!listen_origin_ok("a, absent", "absent"));
    ck_assert(listen_origin_ok("a, b", "b"));
}
END_TEST

START_TEST(board_routes)
{
    ck_status(get("/v1/world", ""), 503);
    ck_status(get("/v1/world/0011223344556677", ""), 404);
    ck_status(get("/v1/world/xyz", ""), 400);
    ck_status(get("/v1/markets", ""), 200);
    ck_status(get("/v1/markets/7", ""), 200);
    ck_has(get("/v1/markets/7", ""), "\"blockaded\":5,\"blockade_until_ms\":7200000");
    ck_status(get("/v1/markets/x", ""), 404);
    ck_status(get("/v1/markets/0", ""), 404);
    ck_status(get("/v1/leaderboards/", ""), 404);
    ck_status(get("/v1/leaderboards/luck", ""), 404);
    code = CODE(UNAVAILABLE);
    ck_has(get("/v1/markets", ""), "Retry-After: 1");
    ck_status(get("/v1/nothing", ""), 404);
    ck_status(get("/", ""), 404); /* no web client here */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("door");
    TCase *t = tcase_create("door");
    st_log_init("door-test", "gateway-1", ST_LOG_ERROR);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 30);
    tcase_add_test(t, sign_in);
    tcase_add_test(t, every_code_is_a_problem);
    tcase_add_test(t, malformed_bodies);
    tcase_add_test(t, hydrate_needs_the_operator);
    tcase_add_test(t, origins);
    tcase_add_test(t, board_routes);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
