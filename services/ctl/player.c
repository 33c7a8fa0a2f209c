/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <st/clock.h>
#include <st/err.h>
#include <st/loop.h>
#include <st/subject.h>

#include "store.h"
#include "wire.h"

enum { REQUEST_MS = 2000, TRIES = 5, MUTE_MINUTES_MAX = 10 * 365 * 24 * 60 };

static void print_player(const struct st_pg_result *r)
{
    static const char *const names[] = {"player", "revision", "session epoch", "credits", "ship",
                                        "class",  NULL,       "place",         "version", "hull"};
    for (size_t i = 0; i < ST_ARRAY_LEN(names); i++)
        if (names[i])
            printf("%-14s %s%s%s\n", names[i], st_pg_text(r, 0, i), i == 9 ? " of " : "",
                   i == 9 ? st_pg_text(r, 0, 10) : "");
    printf("%-14s %s\n%-14s %s\n%-14s %s\n", "losses", st_pg_text(r, 0, 13), "job step",
           st_pg_text(r, 0, 12), "flown ticks", st_pg_text(r, 0, 14));
    if (st_pg_bool(r, 0, 11))
        printf("LOCKED: an event about this ship was quarantined\n");
}

static int show(struct ctl *c, uint64_t player)
{
    char text[24], ship[24];
    struct st_pg_param p = st_pg_param_int(text, (int64_t)player);
    struct st_pg_result *r = NULL, *name = NULL, *cargo = NULL;
    if (store_run(c->pg, &q_player, &p, 1, &r) != 0)
        return CTL_AWAY;
    int status = CTL_FOUND;
    if (st_pg_rows(r) == 0) {
        fprintf(stderr, "player: %" PRIu64 " has no wallet\n", player);
    } else {
        if (st_pg_exec(c->pg, &q_player_name, &p, 1, &name) == 0 && st_pg_rows(name) > 0)
            printf("%-14s %s\n", "name", st_pg_text(name, 0, 0));
        print_player(r);
        struct st_pg_param q = st_pg_param_int(ship, st_pg_int(r, 0, 4));
        status = store_run(c->pg, &q_cargo, &q, 1, &cargo) == 0 ? CTL_OK : CTL_AWAY;
        for (size_t i = 0; status == CTL_OK && i < st_pg_rows(cargo); i++)
            printf("%-14s %s %s\n", i ? "" : "cargo", st_pg_text(cargo, i, 1),
                   st_pg_text(cargo, i, 0));
    }
    st_pg_result_free(&cargo);
    st_pg_result_free(&name);
    st_pg_result_free(&r);
    return status;
}

/* One request, repeated with the same bytes while the service is away. */
struct call {
    struct ctl *ctl;
    const char *subject;
    struct st_buf request, answer;
    unsigned tries;
    int err;
    struct st_timer *again;
};

static void ask(void *ctx);

static void on_answer(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct call *k = ctx;
    k->err = err;
    if (err != 0 && ++k->tries < TRIES) {
        st_timer_start(k->again, 300, 0);
        return;
    }
    if (err == 0)
        st_buf_put(&k->answer, data, len);
    st_loop_stop(k->ctl->loop);
}

static void ask(void *ctx)
{
    struct call *k = ctx;
    st_bus_request(k->ctl->bus, k->subject, k->request.data, k->request.len, REQUEST_MS, on_answer,
                   k);
}

/* The request is in k->request; false when no answer came. */
static bool call(struct call *k, struct ctl *c)
{
    k->ctl = c;
    st_buf_init(&k->answer, 4096);
    if (!ctl_bus(c))
        return false;
    k->again = st_timer_new(c->loop, ask, k);
    st_timer_start(k->again, 0, 0);
    st_loop_run(c->loop);
    st_timer_free(&k->again);
    if (k->err != 0)
        fprintf(stderr, "player: the service does not answer (%s)\n", st_err_name(k->err));
    return k->err == 0;
}

static void call_end(struct call *k)
{
    st_buf_fini(&k->request);
    st_buf_fini(&k->answer);
}

static int kick(struct ctl *c, uint64_t player, const char *reason)
{
    char subject[ST_SUBJECT_MAX];
    struct call k = {.subject = subject};
    struct wire_answer a = {0};
    st_subject_req_profile(subject, "kick");
    st_buf_init(&k.request, 4096);
    wire_kick(player, reason, &k.request);
    bool answered = call(&k, c);
    if (answered)
        printf("%s\n", wire_kick_answer(&k.answer, &a) ? a.code_name : "answer not understood");
    call_end(&k);
    return !answered ? CTL_AWAY : a.ok ? CTL_OK : CTL_FOUND;
}

static int grant(struct ctl *c, uint64_t player, uint32_t class_id)
{
    char subject[ST_SUBJECT_MAX];
    struct call k = {.subject = subject};
    struct wire_answer a = {.code_name = "answer not understood"};
    st_subject_req_econ(subject, "grant");
    st_buf_init(&k.request, 4096);
    wire_grant(player, class_id, &k.request);
    bool answered = call(&k, c);
    if (answered && wire_grant_answer(&k.answer, &a) && a.ok)
        printf("ship %u version %" PRIu64 "\n", a.ship, a.version);
    else if (answered)
        fprintf(stderr, "player: %s\n", a.code_name);
    call_end(&k);
    return !answered ? CTL_AWAY : a.ok ? CTL_OK : CTL_FOUND;
}

/* 0 minutes: speaks again. */
static int mute(struct ctl *c, uint64_t player, int64_t minutes)
{
    char id[24], length[24];
    struct st_pg_param params[] = {st_pg_param_int(id, (int64_t)player),
                                   st_pg_param_int(length, minutes)};
    struct st_pg_result *r = NULL;
    if (store_run(c->pg, &q_mute, params, 2, &r) != 0)
        return CTL_AWAY;
    printf(minutes > 0 ? "muted until %s UTC\n" : "not muted since %s UTC\n", st_pg_text(r, 0, 0));
    st_pg_result_free(&r);
    return CTL_OK;
}

bool ctl_find(struct ctl *c, const struct st_pg_stmt *stmt, const char *text, uint32_t *id)
{
    struct st_pg_param param = st_pg_param_str(text);
    struct st_pg_result *r = NULL;
    if (store_run(c->pg, stmt, &param, 1, &r) != 0)
        return false;
    bool found = st_pg_rows(r) == 1;
    if (found)
        *id = (uint32_t)st_pg_int(r, 0, 0);
    else
        fprintf(stderr, "startraderctl: there is no \"%s\"\n", text);
    st_pg_result_free(&r);
    return found;
}

int cmd_player(struct ctl *c)
{
    uint32_t player = 0, class_id = 0;
    int64_t minutes = 0;
    const char *verb = c->argc > 0 ? c->argv[0] : "";
    bool is_show = strcmp(verb, "show") == 0 && c->argc == 2;
    bool is_kick = strcmp(verb, "kick") == 0 && (c->argc == 2 || c->argc == 3);
    bool is_ship = strcmp(verb, "ship") == 0 && c->argc == 3;
    bool is_mute = strcmp(verb, "mute") == 0 && c->argc == 3 &&
                   ctl_number(c->argv[2], MUTE_MINUTES_MAX, &minutes);
    if (!is_show && !is_kick && !is_ship && !is_mute)
        return CTL_USAGE;
    if (!ctl_database(c))
        return CTL_AWAY;
    if (!ctl_find(c, &q_find_player, c->argv[1], &player))
        return CTL_FOUND;
    if (is_show)
        return show(c, player);
    if (is_mute)
        return mute(c, player, minutes);
    if (is_kick)
        return kick(c, player, c->argc == 3 ? c->argv[2] : "no reason given");
    return ctl_find(c, &q_find_class, c->argv[2], &class_id) ? grant(c, player, class_id)
                                                             : CTL_FOUND;
}
