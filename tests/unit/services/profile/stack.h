/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile service of the test's own with real Postgres, Redis and NATS on probed ports, and a
 * caller's side: requests as a gateway, the economy played by the test (it answers `provision` and
 * keeps the read model in a table). One thread. Must never be used on servers that it did not
 * start.
 */
#ifndef STACK_H
#define STACK_H

#include <st/base.h>
#include <st/bus.h>
#include <st/loop.h>
#include <st/pg.h>
#include <startrader/v1/account.pb-c.h>

enum stack_server { STACK_POSTGRES, STACK_REDIS, STACK_NATS, STACK_PROFILE, STACK_SERVERS };

struct stack {
    char dir[64];
    int pid[STACK_SERVERS]; /* 0 = not running */
    uint16_t port[STACK_SERVERS];
    struct st_loop *loop;
    struct st_timer *pause;
    struct st_bus *gateway, *ctl, *economy, *economy_js, *simulation_js;
    struct st_pg *sql; /* superuser */
    /* the economy that the test plays */
    int provision_code; /* 0 = silent */
    uint32_t provisions;
    uint64_t rev;
    /* notices on sess.* */
    uint32_t notices;
    uint64_t notice_player, notice_epoch;
    char notice_reason[128];
    uint8_t reply[16384];
    size_t reply_len;
    int reply_err;
    bool replied;
};

/* Folders, ports; starts nothing. Fails the test when something is missing on the machine. */
void stack_init(struct stack *s);
void stack_fini(struct stack *s);
void stack_start(struct stack *s, enum stack_server which);
/* Signals the server and, for Postgres, its children. */
void stack_signal(struct stack *s, enum stack_server which, int signal);
/* SIGKILL and wait. */
void stack_kill(struct stack *s, enum stack_server which);
/* SIGTERM; its exit status, after at most 10 s. */
int stack_term(struct stack *s, enum stack_server which);
/* Schema and streams, once Postgres and NATS run. */
void stack_migrate(struct stack *s);
/* Runs the test's own loop for some ms. */
void stack_pump(struct stack *s, uint32_t ms);

/* A request as a gateway, `kick` as an operator; waits for the answer, at most 8 s. Unpacked with
 * the generated functions. */
const uint8_t *stack_ask(struct stack *s, const char *verb, const ProtobufCMessage *message,
                         size_t *len);
/* As above without waiting; done as of st_bus_request. */
void stack_ask_later(struct stack *s, const char *verb, const ProtobufCMessage *message,
                     st_bus_reply_fn *done, void *ctx);
/* Sum of a metric whose line begins with this text (name, or name{labels); -1 if it is absent. */
double stack_metric(struct stack *s, const char *begin);
/* Polls until the metric is at least `min`; fails the test after 15 s. */
void stack_await_metric(struct stack *s, const char *begin, double min);
void stack_await_ready(struct stack *s);
/* One number by SQL; -1 for no row. */
int64_t stack_sql(struct stack *s, const char *sql);
/* redis-cli with these arguments (blanks separate); its output's first line in out. */
void stack_redis(struct stack *s, const char *arguments, char *out, size_t cap);

#define STACK_UNTIL(s, condition)                                                                  \
    do {                                                                                           \
        uint64_t until_ms_ = st_mono_ms() + 15000;                                                 \
        while (!(condition)) {                                                                     \
            ck_assert_msg(st_mono_ms() < until_ms_, "not in time: %s", #condition);                \
            stack_pump((s), 20);                                                                   \
        }                                                                                          \
    } while (0)

#endif
