/* SPDX-License-Identifier: Apache-2.0 */
/* The way in, step by step, with services that the test plays. */
#include "fake.h"

#include <session.h>

#include <startrader/v1/account.pb-c.h>
#include <startrader/v1/client.pb-c.h>
#include <startrader/v1/trade.pb-c.h>
#include <startrader/v1/world.pb-c.h>
#include <st/alloc.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/secret.h>
#include <st/wire.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIND    "req.sol-1.s0.bind"
#define CONFIRM "req.profile.confirm"
#define WHERE   "req.econ.where"
#define OK      STARTRADER__V1__CODE__CODE_OK

enum { SID = 9, PLAYER = 1001, EPOCH = 3 };

static struct st_loop *loop;
static struct sessions *s;
static uint8_t seed[ST_SIGN_SEED_LEN] = {1, 2, 3};

static void setup(void)
{
    struct sessions_options o = {.system = "sol-1", .instance = "gateway-1", .sessions_max = 8};
    ck_assert_int_eq(st_secret_init(), 0);
    fake_reset();
    o.loop = loop = st_loop_new();
    o.keys.count = 1;
    strcpy(o.keys.key[0].id, "k1");
    st_sign_keypair(o.keys.key[0].public_key, seed);
    s = sessions_new(&o);
}

static void teardown(void)
{
    sessions_free(&s);
    st_loop_free(&loop);
}

static void note(enum loop_note_kind kind, uint32_t sid, uint32_t world_epoch, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    struct loop_note *n = st_alloc(sizeof *n + len);
    n->kind = kind;
    n->sid = sid;
    n->world_epoch = world_epoch;
    n->len = len;
    if (len > 0)
        memcpy(n->data, text, len);
    sessions_note(s, n);
    st_free(n);
}

static void hello(uint32_t sid, uint64_t epoch, int64_t expires_in_s)
{
    char text[ST_TICKET_TEXT_MAX];
    uint64_t now = st_wall_ms() / 1000;
    struct st_ticket t = {PLAYER, epoch, now - 10, (uint64_t)((int64_t)now + expires_in_s)};
    st_ticket_issue(text, &t, "k1", seed);
    note(NOTE_HELLO, sid, 0, text);
}

static void answer(const char *subject, Startrader__V1__Code code, const void *reply)
{
    struct fake_ask a;
    ck_assert_msg(fake_take(subject, &a), "nobody asked %s", subject);
    a.done(a.ctx, a.key, code, reply);
}

static void answer_bind(bool in_space, Startrader__V1__Phase phase, uint32_t world_epoch)
{
    Startrader__V1__BindReply r = STARTRADER__V1__BIND_REPLY__INIT;
    r.code = OK;
    r.in_space = in_space;
    r.phase = phase;
    r.world_epoch = world_epoch;
    r.cell = 77;
    r.last_seq = 12;
    r.config_revision = 5;
    answer(BIND, OK, &r);
}

static void answer_confirm(void)
{
    Startrader__V1__ConfirmReply r = STARTRADER__V1__CONFIRM_REPLY__INIT;
    r.code = OK;
    r.name = (char[]){"Ada"};
    answer(CONFIRM, OK, &r);
}

static void ck_order(enum plane_order_kind kind, uint32_t code)
{
    ck_assert_uint_eq(fake_orders_n, 1);
    ck_assert_int_eq(fake_orders[0].kind, kind);
    ck_assert_uint_eq(fake_orders[0].sid, SID);
    ck_assert_uint_eq(fake_orders[0].code, code);
    fake_orders_n = 0;
}

static Startrader__V1__BindRequest *asked_bind(void)
{
    struct fake_ask a;
    Startrader__V1__BindRequest *r;
    ck_assert(fake_take(BIND, &a));
    r = startrader__v1__bind_request__unpack(NULL, a.len, a.data);
    fake_asks[fake_asks_n++] = a; /* still to be answered */
    return r;
}

START_TEST(in_space)
{
    Startrader__V1__BindRequest *b;
    Startrader__V1__ServerFrame *f;
    struct session_who who;
    hello(SID, EPOCH, 3000);
    b = asked_bind();
    ck_assert_uint_eq(b->player, PLAYER);
    ck_assert_uint_eq(b->session_epoch, EPOCH);
    ck_assert_uint_eq(b->sid, SID);
    ck_assert_str_eq(b->gateway, "gateway-1");
    startrader__v1__bind_request__free_unpacked(b, NULL);
    answer_bind(true, STARTRADER__V1__PHASE__PHASE_FLYING, 4);
    ck_assert_uint_eq(fake_orders_n, 0); /* profile may still object */
    ck_assert(!sessions_who(s, SID, &who));
    answer_confirm();
    ck_assert_uint_eq(fake_orders[0].cell, 77);
    ck_assert_uint_eq(fake_orders[0].last_seq, 12);
    ck_assert_uint_eq(fake_orders[0].world_epoch, 4);
    f = startrader__v1__server_frame__unpack(NULL, fake_orders[0].len, fake_orders[0].data);
    ck_assert_str_eq(f->welcome->name, "Ada");
    ck_assert_uint_eq(f->welcome->player, PLAYER);
    ck_assert_uint_eq(f->welcome->config_revision, 5);
    startrader__v1__server_frame__free_unpacked(f, NULL);
    ck_order(ORDER_ENTER, 0);
    ck_assert(sessions_who(s, SID, &who));
    ck_assert_uint_eq(who.player, PLAYER);
}
END_TEST

START_TEST(profile_silent)
{
    hello(SID, EPOCH, 3000);
    answer_bind(true, STARTRADER__V1__PHASE__PHASE_FLYING, 4);
    fake_run(loop, GATEWAY_CONFIRM_MS + 150);
    ck_order(ORDER_ENTER, 0);
    answer(CONFIRM, STARTRADER__V1__CODE__CODE_TIMEOUT, NULL);
    ck_assert_uint_eq(fake_orders_n, 0);
}
END_TEST

START_TEST(docked_known_by_the_economy)
{
    Startrader__V1__WhereReply w = STARTRADER__V1__WHERE_REPLY__INIT;
    Startrader__V1__Position at = STARTRADER__V1__POSITION__INIT;
    Startrader__V1__BindRequest *b;
    hello(SID, EPOCH, 3000);
    answer_confirm();
    answer_bind(false, STARTRADER__V1__PHASE__PHASE_UNSPECIFIED, 4);
    w.holder = STARTRADER__V1__HOLDER_KIND__HOLDER_KIND_STATION;
    w.holder_id = 6;
    w.position = &at;
    at.x = 1000;
    at.y = 2000;
    answer(WHERE, OK, &w);
    b = asked_bind();
    ck_assert_int_eq(b->rest_phase, STARTRADER__V1__PHASE__PHASE_DOCKED);
    ck_assert_uint_eq(b->rest_location, 6);
    ck_assert_int_eq(b->rest_position->y, 2000);
    startrader__v1__bind_request__free_unpacked(b, NULL);
    answer_bind(false, STARTRADER__V1__PHASE__PHASE_DOCKED, 4);
    ck_order(ORDER_ENTER, 0);
}
END_TEST

START_TEST(economy_silent_profile_knows)
{
    Startrader__V1__HydrateReply h = STARTRADER__V1__HYDRATE_REPLY__INIT;
    Startrader__V1__Profile p = STARTRADER__V1__PROFILE__INIT;
    hello(SID, EPOCH, 3000);
    answer_confirm();
    answer_bind(false, STARTRADER__V1__PHASE__PHASE_UNSPECIFIED, 4);
    answer(WHERE, STARTRADER__V1__CODE__CODE_TIMEOUT, NULL);
    h.profile = &p;
    p.holder = STARTRADER__V1__HOLDER_KIND__HOLDER_KIND_STATION;
    p.location = 2;
    answer("req.profile.hydrate", OK, &h);
    answer_bind(false, STARTRADER__V1__PHASE__PHASE_DOCKED, 4);
    ck_order(ORDER_ENTER, 0);
}
END_TEST

START_TEST(in_transit_is_asked_again)
{
    Startrader__V1__WhereReply w = STARTRADER__V1__WHERE_REPLY__INIT;
    hello(SID, EPOCH, 3000);
    answer_confirm();
    answer_bind(false, STARTRADER__V1__PHASE__PHASE_UNSPECIFIED, 4);
    w.holder = STARTRADER__V1__HOLDER_KIND__HOLDER_KIND_SHARD;
    answer(WHERE, OK, &w);
    ck_assert_uint_eq(fake_asks_n, 0);
    fake_run(loop, GATEWAY_RETRY_MS + 150);
    answer_bind(true, STARTRADER__V1__PHASE__PHASE_FLYING, 4);
    ck_order(ORDER_ENTER, 0);
}
END_TEST

START_TEST(no_world)
{
    uint64_t end = st_mono_ms() + GATEWAY_ENTER_MS + 2000;
    hello(SID, EPOCH, 3000);
    answer_confirm();
    while (fake_orders_n == 0 && st_mono_ms() < end) {
        if (fake_asks_n > 0)
            answer(BIND, STARTRADER__V1__CODE__CODE_UNAVAILABLE, NULL);
        fake_run(loop, 60);
    }
    ck_order(ORDER_CLOSE, CLOSE_NO_WORLD);
    ck_assert_uint_eq(sessions_count(s), 0);
}
END_TEST

START_TEST(bad_tickets)
{
    note(NOTE_HELLO, SID, 0, "nonsense");
    ck_order(ORDER_CLOSE, CLOSE_TICKET);
    hello(SID, EPOCH, -ST_TICKET_LEEWAY_S - 5);
    ck_assert_uint_eq(fake_orders_n, 1);
    ck_assert_int_eq(memcmp(fake_orders[0].data, "ticket expired", fake_orders[0].len), 0);
    ck_order(ORDER_CLOSE, CLOSE_TICKET);
    seed[0] ^= 1; /* somebody else's signature */
    hello(SID, EPOCH, 3000);
    seed[0] ^= 1;
    ck_order(ORDER_CLOSE, CLOSE_TICKET);
    ck_assert_uint_eq(fake_asks_n, 0);
}
END_TEST

START_TEST(fenced)
{
    hello(SID, EPOCH, 3000);
    answer(BIND, STARTRADER__V1__CODE__CODE_FENCED, NULL);
    ck_order(ORDER_CLOSE, CLOSE_FENCED);
    answer_confirm(); /* of a session that is gone */
    ck_assert_uint_eq(fake_orders_n, 0);
    hello(SID, EPOCH, 3000);
    answer(CONFIRM, STARTRADER__V1__CODE__CODE_FENCED, NULL);
    ck_order(ORDER_CLOSE, CLOSE_FENCED);
    ck_assert_uint_eq(sessions_count(s), 0);
}
END_TEST

static void enter(void)
{
    hello(SID, EPOCH, 3000);
    answer_confirm();
    answer_bind(true, STARTRADER__V1__PHASE__PHASE_FLYING, 4);
    ck_order(ORDER_ENTER, 0);
}

START_TEST(notices)
{
    enter();
    sessions_notice(s, PLAYER, EPOCH, ""); /* its own sign-in */
    sessions_notice(s, PLAYER + 1, EPOCH + 1, "");
    ck_assert_uint_eq(fake_orders_n, 0);
    sessions_notice(s, PLAYER, EPOCH + 1, "");
    ck_order(ORDER_CLOSE, CLOSE_FENCED);
    enter();
    sessions_notice(s, PLAYER, EPOCH + 1, "be kind");
    ck_assert_int_eq(memcmp(fake_orders[0].data, "be kind", 7), 0);
    ck_order(ORDER_CLOSE, CLOSE_KICKED);
}
END_TEST

START_TEST(new_world_binds_again)
{
    enter();
    note(NOTE_EPOCH, 0, 4, NULL); /* the one it is bound in */
    ck_assert_uint_eq(fake_asks_n, 0);
    note(NOTE_EPOCH, 0, 5, NULL);
    answer_bind(true, STARTRADER__V1__PHASE__PHASE_FLYING, 4); /* from before */
    ck_assert_uint_eq(fake_orders_n, 0);
    fake_run(loop, 3 * GATEWAY_RETRY_MS);
    answer(BIND, STARTRADER__V1__CODE__CODE_TIMEOUT, NULL); /* it waits as long as it takes */
    fake_run(loop, 3 * GATEWAY_RETRY_MS);
    answer_bind(true, STARTRADER__V1__PHASE__PHASE_FLYING, 5);
    ck_order(ORDER_ENTER, 0);
    note(NOTE_UNBOUND, SID, 5, NULL);
    answer_bind(true, STARTRADER__V1__PHASE__PHASE_FLYING, 5);
    ck_order(ORDER_ENTER, 0);
}
END_TEST

START_TEST(gone_while_asking)
{
    hello(SID, EPOCH, 3000);
    note(NOTE_GONE, SID, 0, NULL);
    ck_assert_uint_eq(sessions_count(s), 0);
    answer_bind(true, STARTRADER__V1__PHASE__PHASE_FLYING, 4);
    answer_confirm();
    ck_assert_uint_eq(fake_orders_n, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        in_space,
        profile_silent,
        docked_known_by_the_economy,
        economy_silent_profile_knows,
        in_transit_is_asked_again,
        no_world,
        bad_tickets,
        fenced,
        notices,
        new_world_binds_again,
        gone_while_asking,
    };
    Suite *suite = suite_create("session");
    TCase *t = tcase_create("session");
    st_log_init("session-test", "gateway-1", ST_LOG_ERROR);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 30);
    for (size_t i = 0; i < ST_ARRAY_LEN(tests); i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
