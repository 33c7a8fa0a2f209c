/* SPDX-License-Identifier: Apache-2.0 */
/* The operators' tool as a process, on a real Postgres: what it proves, and that it can fail. */
#include "pg_fixture.h"
#include "stack.h"

#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <st/pg.h>

enum { OK = 0, FOUND = 1, USAGE = 2, AWAY = 3 };

static struct pg_fixture server;
static const char no_bus[] = "nats://127.0.0.1:1";

#define tool(...)                                                                                  \
    stack_ctl(no_bus, server.url, (char *[]){(char[]){"startraderctl"}, __VA_ARGS__, NULL})

static void sql(const char *text)
{
    struct st_pg_options options = {server.url, "test", 10000, 2};
    struct st_pg *pg = st_pg_new(&options);
    ck_assert_int_eq(st_pg_script(pg, text), 0);
    st_pg_free(&pg);
}

static void start_server(void)
{
    pg_fixture_start(&server);
    ck_assert_int_eq(tool("migrate", "database"), OK);
}

static void stop_server(void)
{
    pg_fixture_stop(&server);
}

static void write_file(char *path, size_t cap, const char *name, const char *text)
{
    snprintf(path, cap, "%s/%s", server.dir, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

START_TEST(migrate_runs_once_and_refuses_changed_files)
{
    char path[160], folder[96];
    ck_assert_int_eq(tool("migrate", "database"), OK);
    snprintf(folder, sizeof folder, "%s", server.dir);
    write_file(path, sizeof path, "900_first.sql", "CREATE TABLE public.made (a int);");
    ck_assert_int_eq(tool("--sql-dir", folder, "migrate", "database"), OK);
    ck_assert_int_eq(tool("--sql-dir", folder, "migrate", "database"), OK);
    write_file(path, sizeof path, "900_first.sql", "CREATE TABLE public.other (a int);");
    ck_assert_int_eq(tool("--sql-dir", folder, "migrate", "database"), FOUND);
    unlink(path);
    /* a file that fails leaves nothing behind */
    write_file(path, sizeof path, "901_broken.sql",
               "CREATE TABLE public.half (a int); SELECT nonsense;");
    ck_assert_int_eq(tool("--sql-dir", folder, "migrate", "database"), FOUND);
    sql("CREATE TABLE public.half (a int)");
    unlink(path);
}
END_TEST

START_TEST(wrong_books_are_found)
{
    ck_assert_int_eq(tool("ledger", "verify"), OK);
    sql("UPDATE economy.wallets SET credits = credits + 1 WHERE kind = 'station' AND owner = 1");
    ck_assert_int_eq(tool("ledger", "verify"), FOUND);
    sql("UPDATE economy.wallets SET credits = credits - 1 WHERE kind = 'station' AND owner = 1");
    ck_assert_int_eq(tool("ledger", "verify"), OK);
    sql("UPDATE economy.ledger_entries SET balance = balance + 1 WHERE id = 3");
    ck_assert_int_eq(tool("ledger", "verify"), FOUND);
    sql("UPDATE economy.ledger_entries SET balance = balance - 1 WHERE id = 3");
    ck_assert_int_eq(tool("ledger", "verify"), OK);
}
END_TEST

/* Only one ship of a pilot may be out; one that was sold is nowhere. */
START_TEST(a_sold_ship_is_not_in_space)
{
    sql("BEGIN; INSERT INTO economy.pilots (player, ship, last_location) VALUES (6, 990, 1);"
        "INSERT INTO economy.wallets (account, kind, owner) VALUES (4294967302, 'pilot', 6);"
        "INSERT INTO economy.ships (id, player, class_id, holder_kind, holder_id, version, hull)"
        " VALUES (990, 6, 1, 2, 1, 2, 1), (991, 6, 1, 4, 0, 2, 1); COMMIT");
    ck_assert_int_eq(tool("ledger", "verify"), OK);
    sql("UPDATE economy.ships SET holder_kind = 3 WHERE id = 991");
    ck_assert_int_eq(tool("ledger", "verify"), FOUND);
    sql("UPDATE economy.ships SET holder_kind = 4 WHERE id = 991");
    ck_assert_int_eq(tool("ledger", "verify"), OK);
}
END_TEST

#define ORDER(result, total)                                                                       \
    "{\"op\":\"order\",\"player\":5,\"order_id\":\"000102030405060708090a0b0c0d0e0f\","            \
    "\"location\":1,\"commodity\":6,\"side\":\"buy\",\"quantity\":3,\"result\":\"" result          \
    "\",\"total\":" total ",\"t_ms\":1}\n"

static int history(const char *text)
{
    char path[160];
    write_file(path, sizeof path, "history", text);
    return tool("ledger", "verify", "--history", path);
}

START_TEST(a_history_is_compared_line_by_line)
{
    ck_assert_int_eq(history(ORDER("unknown", "0") "{\"op\":\"kill\"}\n"), OK);
    ck_assert_int_eq(history(ORDER("NO_CREDITS", "0")), OK);
    ck_assert_int_eq(history(ORDER("DONE", "300")), FOUND); /* not in the ledger */
    ck_assert_int_eq(history(ORDER("PERHAPS", "0")), FOUND);
    ck_assert_int_eq(history("not a line\n"), FOUND);
    /* asked: location 1, commodity 6, buy 3; answered: done, total 300; with postings */
    sql("BEGIN; INSERT INTO economy.transactions (id, kind, player, key, asked, result, answer)"
        " VALUES (7, 'order', 5, '\\x000102030405060708090a0b0c0d0e0f', '\\x0801100618012003', 1,"
        " '\\x080110ac02'); INSERT INTO economy.ledger_entries (transaction, account, commodity,"
        " amount, balance) VALUES (7, economy.account_of(3, 1), 0, 300, 1017300),"
        " (7, economy.account_of(4, 1), 0, -300, (SELECT credits - 300 FROM economy.wallets"
        " WHERE kind = 'source' AND owner = 1)); UPDATE economy.wallets SET credits = credits +"
        " 300 WHERE kind = 'station' AND owner = 1; UPDATE economy.wallets SET credits = credits"
        " - 300 WHERE kind = 'source' AND owner = 1; COMMIT");
    ck_assert_int_eq(history(ORDER("DONE", "300")), OK);
    ck_assert_int_eq(history(ORDER("unknown", "0") ORDER("DONE", "300")), OK);
    ck_assert_int_eq(history(ORDER("DONE", "301")), FOUND);
    ck_assert_int_eq(history(ORDER("NO_CREDITS", "0")), FOUND); /* refused, but booked */
}
END_TEST

/* Answers every request on a port with the same body. */
struct page {
    int listener;
    uint16_t port;
    const char *body;
    pthread_t thread;
};

static void *serve(void *ctx)
{
    struct page *p = ctx;
    for (int fd; (fd = accept(p->listener, NULL, NULL)) >= 0; close(fd)) {
        char request[2048], answer[2048];
        if (recv(fd, request, sizeof request, 0) <= 0)
            continue;
        int n = snprintf(answer, sizeof answer,
                         "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                         strlen(p->body), p->body);
        (void)send(fd, answer, (size_t)n, MSG_NOSIGNAL);
    }
    return NULL;
}

static void page_start(struct page *p)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(p->listener, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(listen(p->listener, 8), 0);
    getsockname(p->listener, (struct sockaddr *)&a, &len);
    p->port = ntohs(a.sin_port);
    pthread_create(&p->thread, NULL, serve, p);
}

static int ships(const char *list)
{
    struct page p = {.body = list};
    char base[64];
    page_start(&p);
    snprintf(base, sizeof base, "http://127.0.0.1:%u", p.port);
    int status = tool("--simulation-internal", base, "ships", "verify");
    shutdown(p.listener, SHUT_RDWR);
    pthread_join(p.thread, NULL);
    close(p.listener);
    return status;
}

START_TEST(ships_are_compared_both_ways)
{
    ck_assert_int_eq(ships("[]"), OK);
    ck_assert_int_eq(ships("[{\"ship\":9,\"version\":1}]"), FOUND);
    ck_assert_int_eq(ships("{\"no\":\"list\"}"), AWAY);
    sql("BEGIN; INSERT INTO economy.pilots (player, ship, last_location) VALUES (5, 9, 1);"
        "INSERT INTO economy.ships (id, player, class_id, holder_kind, holder_id, version, hull)"
        " VALUES (9, 5, 1, 1, 0, 4, 520); COMMIT");
    ck_assert_int_eq(ships("[{\"ship\":9,\"version\":3,\"phase\":\"FLYING\"}]"), FOUND);
    ck_assert_int_eq(ships("[ {\"ship\":0,\"version\":0}, {\"ship\":9,\"version\":4} ]"), OK);
    ck_assert_int_eq(ships("[{\"ship\":9,\"version\":4,\"docking_ticks\":101}]"), FOUND);
}
END_TEST

START_TEST(mistakes_are_told)
{
    ck_assert_int_eq(tool("nonsense"), USAGE);
    ck_assert_int_eq(tool("ledger"), USAGE);
    ck_assert_int_eq(tool("health"), USAGE);
    ck_assert_int_eq(tool("--economy-internal", "http://127.0.0.1:1", "health"), FOUND);
    ck_assert_int_eq(tool("--version"), OK);
    ck_assert_int_eq(tool("--help"), OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ctl");
    TCase *c = tcase_create("ctl");
    tcase_set_timeout(c, 100);
    tcase_add_unchecked_fixture(c, start_server, stop_server);
    tcase_add_test(c, migrate_runs_once_and_refuses_changed_files);
    tcase_add_test(c, wrong_books_are_found);
    tcase_add_test(c, a_sold_ship_is_not_in_space);
    tcase_add_test(c, a_history_is_compared_line_by_line);
    tcase_add_test(c, ships_are_compared_both_ways);
    tcase_add_test(c, mistakes_are_told);
    suite_add_tcase(suite, c);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
