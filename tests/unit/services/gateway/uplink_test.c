/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include <session.h>
#include <uplink.h>

#include <startrader/v1/account.pb-c.h>
#include <startrader/v1/client.pb-c.h>
#include <startrader/v1/trade.pb-c.h>
#include <st/alloc.h>
#include <st/log.h>
#include <st/wire.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define CODE(name) STARTRADER__V1__CODE__CODE_##name

enum { SID = 4, PLAYER = 1009, EPOCH = 2 };

static struct uplink *u;
static uint8_t requests_open;
static bool entered;
static uint8_t id[16] = {9, 8, 7, 6};

/* In place of the sessions. */
bool sessions_who(struct sessions *s, uint32_t sid, struct session_who *out)
{
    (void)s;
    *out = (struct session_who){PLAYER, EPOCH, &requests_open};
    return entered && sid == SID;
}

static void setup(void)
{
    fake_reset();
    requests_open = 0;
    entered = true;
    u = uplink_new(NULL, NULL, NULL);
}

static void teardown(void)
{
    uplink_free(&u);
}

static void ask(Startrader__V1__Request *q)
{
    size_t size;
    struct loop_note *n;
    q->request_id.data = id;
    q->request_id.len = sizeof id;
    size = startrader__v1__request__get_packed_size(q);
    n = st_alloc(sizeof *n + size);
    n->kind = NOTE_REQUEST;
    n->sid = SID;
    n->len = size;
    startrader__v1__request__pack(q, n->data);
    uplink_note(u, n);
    st_free(n);
}

static Startrader__V1__ServerFrame *frame;

/* The one reply that was sent. */
static const Startrader__V1__Reply *reply(Startrader__V1__Code code)
{
    ck_assert_uint_eq(fake_orders_n, 1);
    ck_assert_int_eq(fake_orders[0].kind, ORDER_SEND);
    ck_assert_uint_eq(fake_orders[0].sid, SID);
    frame = startrader__v1__server_frame__unpack(NULL, fake_orders[0].len, fake_orders[0].data);
    ck_assert_ptr_nonnull(frame);
    ck_assert_uint_eq(frame->n_reply, 1);
    ck_assert_uint_eq(frame->reply[0]->request_id.len, 16);
    ck_assert_int_eq(memcmp(frame->reply[0]->request_id.data, id, 16), 0);
    ck_assert_int_eq(frame->reply[0]->code, code);
    fake_orders_n = 0;
    return frame->reply[0];
}

static void done(void)
{
    startrader__v1__server_frame__free_unpacked(frame, NULL);
}

START_TEST(order_goes_to_the_economy_and_back)
{
    Startrader__V1__Request q = STARTRADER__V1__REQUEST__INIT;
    Startrader__V1__OrderRequest o = STARTRADER__V1__ORDER_REQUEST__INIT;
    Startrader__V1__EconOrderReply r = STARTRADER__V1__ECON_ORDER_REPLY__INIT;
    Startrader__V1__OrderReply receipt = STARTRADER__V1__ORDER_REPLY__INIT;
    Startrader__V1__EconOrderRequest *asked;
    struct fake_ask a;
    q.body_case = STARTRADER__V1__REQUEST__BODY_ORDER;
    q.order = &o;
    o.location = 3;
    o.commodity = 7;
    o.quantity = 40;
    ask(&q);
    ck_assert(fake_take("req.econ.order", &a));
    asked = startrader__v1__econ_order_request__unpack(NULL, a.len, a.data);
    ck_assert_uint_eq(asked->caller->player, PLAYER);
    ck_assert_uint_eq(asked->caller->session_epoch, EPOCH);
    ck_assert_str_eq(asked->caller->request_id, "09080706000000000000000000000000");
    ck_assert_int_eq(memcmp(asked->order_id.data, id, 16), 0);
    ck_assert_uint_eq(asked->order->quantity, 40);
    startrader__v1__econ_order_request__free_unpacked(asked, NULL);
    ck_assert_uint_eq(requests_open, 1);
    r.order = &receipt;
    receipt.result = STARTRADER__V1__ORDER_RESULT__ORDER_RESULT_DONE;
    receipt.total = 4200;
    a.done(a.ctx, a.key, CODE(OK), &r);
    ck_assert_uint_eq(reply(CODE(OK))->order->total, 4200);
    done();
    ck_assert_uint_eq(requests_open, 0);
}
END_TEST

START_TEST(each_kind_has_its_service)
{
    Startrader__V1__Request q = STARTRADER__V1__REQUEST__INIT;
    Startrader__V1__UndockRequest undock = STARTRADER__V1__UNDOCK_REQUEST__INIT;
    Startrader__V1__MarketRequest market = STARTRADER__V1__MARKET_REQUEST__INIT;
    Startrader__V1__AccountRequest account = STARTRADER__V1__ACCOUNT_REQUEST__INIT;
    Startrader__V1__QuoteRequest quote = STARTRADER__V1__QUOTE_REQUEST__INIT;
    Startrader__V1__NamesRequest names = STARTRADER__V1__NAMES_REQUEST__INIT;
    struct fake_ask a;
    q.body_case = STARTRADER__V1__REQUEST__BODY_UNDOCK;
    q.undock = &undock;
    ask(&q);
    ck_assert(fake_take("req.econ.undock", &a));
    a.done(a.ctx, a.key, CODE(FENCED), NULL);
    reply(CODE(FENCED));
    done();
    q.body_case = STARTRADER__V1__REQUEST__BODY_MARKET;
    q.market = &market;
    ask(&q);
    ck_assert(fake_take("req.econ.market", &a));
    a.done(a.ctx, a.key, CODE(TIMEOUT), NULL);
    ck_assert_uint_gt(reply(CODE(TIMEOUT))->retry_after_ms, 0);
    done();
    q.body_case = STARTRADER__V1__REQUEST__BODY_ACCOUNT;
    q.account = &account;
    ask(&q);
    ck_assert(fake_take("req.econ.account", &a));
    a.done(a.ctx, a.key, CODE(UNAVAILABLE), NULL);
    ck_assert_uint_gt(reply(CODE(UNAVAILABLE))->retry_after_ms, 0);
    done();
    q.body_case = STARTRADER__V1__REQUEST__BODY_QUOTE;
    q.quote = &quote;
    ask(&q);
    ck_assert(fake_take("req.econ.quote", &a));
    a.done(a.ctx, a.key, CODE(OK), NULL); /* OK without an answer is none */
    reply(CODE(UNAVAILABLE));
    done();
    q.body_case = STARTRADER__V1__REQUEST__BODY_NAMES;
    q.names = &names;
    ask(&q);
    ck_assert(fake_take("req.profile.names", &a));
    a.done(a.ctx, a.key, CODE(BUSY), NULL);
    reply(CODE(BUSY));
    done();
}
END_TEST

START_TEST(names_come_back)
{
    Startrader__V1__Request q = STARTRADER__V1__REQUEST__INIT;
    Startrader__V1__NamesRequest names = STARTRADER__V1__NAMES_REQUEST__INIT;
    Startrader__V1__ProfileNamesReply r = STARTRADER__V1__PROFILE_NAMES_REPLY__INIT;
    uint64_t players[65] = {1001, 1002};
    char *text[] = {(char[]){"Ada"}, (char[]){"Bo"}};
    const Startrader__V1__Reply *got;
    struct fake_ask a;
    q.body_case = STARTRADER__V1__REQUEST__BODY_NAMES;
    q.names = &names;
    names.n_player = 2;
    names.player = players;
    ask(&q);
    ck_assert(fake_take("req.profile.names", &a));
    r.n_player = r.n_name = 2;
    r.player = players;
    r.name = text;
    a.done(a.ctx, a.key, CODE(OK), &r);
    got = reply(CODE(OK));
    ck_assert_uint_eq(got->names->n_name, 2);
    ck_assert_str_eq(got->names->name[1], "Bo");
    done();
    names.n_player = 65;
    ask(&q);
    reply(CODE(MALFORMED));
    done();
}
END_TEST

START_TEST(refusals)
{
    Startrader__V1__Request q = STARTRADER__V1__REQUEST__INIT;
    Startrader__V1__AccountRequest account = STARTRADER__V1__ACCOUNT_REQUEST__INIT;
    struct fake_ask a;
    ask(&q);
    reply(CODE(MALFORMED)); /* nothing asked */
    done();
    q.body_case = STARTRADER__V1__REQUEST__BODY_ACCOUNT;
    q.account = &account;
    entered = false;
    ask(&q);
    reply(CODE(BUSY));
    done();
    entered = true;
    for (int i = 0; i < GATEWAY_REQUESTS_OPEN_MAX; i++)
        ask(&q);
    ck_assert_uint_eq(fake_orders_n, 0);
    ask(&q);
    reply(CODE(BUSY));
    done();
    entered = false; /* the session ends with requests under way */
    while (fake_take("req.econ.account", &a))
        a.done(a.ctx, a.key, CODE(OK), NULL);
    ck_assert_uint_eq(fake_orders_n, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink");
    TCase *t = tcase_create("uplink");
    st_log_init("uplink-test", "gateway-1", ST_LOG_ERROR);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, order_goes_to_the_economy_and_back);
    tcase_add_test(t, each_kind_has_its_service);
    tcase_add_test(t, names_come_back);
    tcase_add_test(t, refusals);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
