/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the bus share: a server, a loop that runs until a condition holds (or the test
 * fails), and handlers that note what came.
 */
#ifndef BUS_BENCH_H
#define BUS_BENCH_H

#include "nats_fixture.h"

#include <st/bus.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/loop.h>

#include <check.h>

enum { WAIT_MS = 8000, KEPT_MAX = 4096 };

extern struct nats_fixture server;
extern struct st_loop *loop;
extern struct st_bus *bus, *bus2; /* closed at teardown */

/* What came since setup. */
extern uint32_t got, replies, ups, downs, errors;
extern uint64_t numbers[KEPT_MAX];
extern int last_err;
extern char last_text[256], last_error[256], health[200];

void run_until(bool (*met)(void));
void run_for(uint32_t ms);

/* Counts and notes the number in the message. */
void on_msg(void *ctx, struct st_bus_msg *m);
void on_reply(void *ctx, int err, const uint8_t *data, size_t len);
void on_error(void *ctx, const char *text);

struct st_bus *open_as(const char *user, enum st_bus_role role);

bool both_up(void);
bool got_one(void);
bool replied(void);
bool is_down(void);
/* Up for the second time. */
bool back(void);

struct bench_test {
    const char *name;
    const TTest *test;
};
/* Each test with a server and a loop of its own; the exit status. */
int bench_run(const char *suite, const struct bench_test *tests, size_t count);

#endif
