/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill -9 at named points while pilots trade, undock and dock: real Postgres, real NATS, the real
 * daemon. Every order has to get one definite answer, every dock event its baton, and at the end
 * startraderctl compares the pilots' history with the ledger.
 */
#include "../../libcommon/suite.h"
#include "pg_fixture.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/bus.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/loop.h>
#include <st/pg.h>
#include <st/rng.h>
#include <st/subject.h>
#include <st/wire.h>

#include <startrader/v1/event.pb-c.h>
#include <startrader/v1/trade.pb-c.h>

#include "stack.h"

enum {
    PILOTS = 24,
    REQUEST_MS = 1000,
    AGAIN_MS = 150,
    EVENT_AGAIN_MS = 500,
    ORDERS_BETWEEN = 60, /* definite answers between two kills */
    DOCKS_BETWEEN = 8,
    TRY_MS = 250,
    POINT_MS = 15000 /* a point that is not reached in this time fails the test */
};

enum phase { ORDERING, UNDOCKING, APPEARING, DOCKING, RESTING };

struct pilot {
    struct trial *trial;
    uint64_t player;
    uint32_t ship;
    uint64_t version;
    enum phase phase;
    uint32_t orders; /* since the last flight */
    uint8_t key[16];
    uint32_t commodity, quantity;
    bool selling;
    uint64_t event;
    uint32_t attempts;
    uint64_t again_ms; /* when to ask once more; 0 while an answer is awaited */
    uint8_t memory[16 << 10];
};

struct point {
    const char *name;
    void (*arm)(struct trial *t);
    bool (*hit)(struct trial *t);
    void (*disarm)(struct trial *t);
    void (*strike)(struct trial *t);
};

struct trial {
    struct pg_fixture pg;
    struct nats_server nats;
    struct st_loop *loop;
    struct st_bus *rpc, *js;
    struct st_bus_consumer *batons;
    struct st_timer *beat;
    struct st_pg *saboteur;
    int economies[2];
    uint64_t epoch;
    struct pilot pilots[PILOTS];
    FILE *history;
    char history_path[96], owner_url[128], economy_url[128];
    uint64_t orders, docks, next_event, orders_goal, docks_goal;
    size_t point;
    bool armed, draining, stopped;
    uint64_t turned_ms; /* when NATS was stopped or let go */
    uint64_t armed_ms;
};

static struct trial trial;

/* --- pilots --- */

static void again(struct pilot *p, uint32_t in_ms)
{
    p->again_ms = st_mono_ms() + in_ms;
}

static const void *unpack(struct pilot *p, const ProtobufCMessageDescriptor *type,
                          const uint8_t *data, size_t len)
{
    struct st_arena arena;
    st_arena_init(&arena, p->memory, sizeof p->memory);
    return st_wire_unpack(type, data, len, 1024, &arena);
}

static void request(struct pilot *p, const char *verb, const ProtobufCMessage *m,
                    st_bus_reply_fn *done)
{
    char subject[ST_SUBJECT_MAX];
    uint8_t bytes[512];
    struct st_buf b;
    st_buf_init_fixed(&b, bytes, sizeof bytes);
    st_wire_pack(m, &b);
    st_subject_req_econ(subject, verb);
    p->again_ms = 0;
    st_bus_request(p->trial->rpc, subject, b.data, b.len, REQUEST_MS, done, p);
}

static void new_key(struct pilot *p)
{
    st_random(p->key, sizeof p->key);
    p->attempts = 0;
}

static void write_history(struct pilot *p, const char *result, uint64_t total)
{
    char id[33];
    st_hex_encode(p->key, 16, id);
    fprintf(p->trial->history,
            "{\"op\":\"order\",\"player\":%" PRIu64 ",\"order_id\":\"%s\",\"location\":1,"
            "\"commodity\":%u,\"side\":\"%s\",\"quantity\":%u,\"result\":\"%s\",\"total\":%" PRIu64
            ",\"t_ms\":%" PRIu64 "}\n",
            p->player, id, p->commodity, p->selling ? "sell" : "buy", p->quantity, result, total,
            st_mono_ms());
}

static void choose_order(struct pilot *p)
{
    new_key(p);
    p->commodity = st_random_below(2) ? 6 : 1;
    p->quantity = 1 + st_random_below(4);
    p->selling = st_random_below(2) == 1;
}

static void on_ordered(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct pilot *p = ctx;
    const Startrader__V1__EconOrderReply *r =
        err == 0 ? unpack(p, &startrader__v1__econ_order_reply__descriptor, data, len) : NULL;
    if (!r || r->code != STARTRADER__V1__CODE__CODE_OK || !r->order) {
        write_history(p, "unknown", 0);
        again(p, AGAIN_MS);
        return;
    }
    const char *name = protobuf_c_enum_descriptor_get_value(
                           &startrader__v1__order_result__descriptor, (int)r->order->result)
                           ->name;
    write_history(p, name + strlen("ORDER_RESULT_"), r->order->total);
    p->trial->orders++;
    p->phase = ++p->orders % 3 == 0 ? UNDOCKING : ORDERING;
    if (p->phase == ORDERING)
        choose_order(p);
    else
        new_key(p);
    again(p, 1);
}

static void send_order(struct pilot *p)
{
    Startrader__V1__Caller caller = STARTRADER__V1__CALLER__INIT;
    Startrader__V1__OrderRequest order = STARTRADER__V1__ORDER_REQUEST__INIT;
    Startrader__V1__EconOrderRequest q = STARTRADER__V1__ECON_ORDER_REQUEST__INIT;
    caller.player = p->player;
    caller.session_epoch = 1;
    order.location = 1;
    order.commodity = p->commodity;
    order.quantity = p->quantity;
    order.side = p->selling ? STARTRADER__V1__SIDE__SIDE_SELL : STARTRADER__V1__SIDE__SIDE_BUY;
    q.caller = &caller;
    q.order_id = (ProtobufCBinaryData){sizeof p->key, p->key};
    q.order = &order;
    request(p, "order", &q.base, on_ordered);
}

static void on_undocked(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct pilot *p = ctx;
    const Startrader__V1__EconUndockReply *r =
        err == 0 ? unpack(p, &startrader__v1__econ_undock_reply__descriptor, data, len) : NULL;
    if (p->phase != UNDOCKING)
        return; /* the baton was faster */
    if (!r || r->code != STARTRADER__V1__CODE__CODE_OK) {
        again(p, AGAIN_MS);
        return;
    }
    ck_assert_int_eq(r->undock->result, STARTRADER__V1__ACTION_RESULT__ACTION_RESULT_OK);
    p->phase = APPEARING; /* the baton brings the rest */
}

static void send_undock(struct pilot *p)
{
    Startrader__V1__Caller caller = STARTRADER__V1__CALLER__INIT;
    Startrader__V1__UndockRequest undock = STARTRADER__V1__UNDOCK_REQUEST__INIT;
    Startrader__V1__EconUndockRequest q = STARTRADER__V1__ECON_UNDOCK_REQUEST__INIT;
    caller.player = p->player;
    caller.session_epoch = 1;
    q.caller = &caller;
    q.request_id = (ProtobufCBinaryData){sizeof p->key, p->key};
    q.undock = &undock;
    request(p, "undock", &q.base, on_undocked);
}

static void on_event_stored(void *ctx, int err)
{
    (void)ctx;
    (void)err; /* published again until the baton is there */
}

/* Each repetition under another message id, so that the inbox and not the bus has to know it. */
static void send_docked(struct pilot *p)
{
    Startrader__V1__ShipDocked docked = STARTRADER__V1__SHIP_DOCKED__INIT;
    Startrader__V1__WorldEvent e = STARTRADER__V1__WORLD_EVENT__INIT;
    char subject[ST_SUBJECT_MAX], id[48];
    uint8_t bytes[256];
    struct st_buf b;
    docked.ship = p->ship;
    docked.version = p->version;
    docked.player = p->player;
    docked.location = 1;
    docked.hull = 520;
    docked.flown_ticks = 300;
    e.event_id = p->event;
    e.world_epoch = (uint32_t)p->trial->epoch;
    e.tick = 7;
    e.event_case = STARTRADER__V1__WORLD_EVENT__EVENT_DOCKED;
    e.docked = &docked;
    st_buf_init_fixed(&b, bytes, sizeof bytes);
    st_wire_pack(&e.base, &b);
    st_subject_event(subject, "sol-1", 0, "docked");
    snprintf(id, sizeof id, "%016" PRIx64 "-%u", p->event, p->attempts++);
    st_bus_js_publish(p->trial->js, subject, id, b.data, b.len, on_event_stored, p);
    again(p, EVENT_AGAIN_MS);
}

static void act(struct pilot *p)
{
    if (p->phase == ORDERING && p->trial->draining) {
        p->phase = RESTING;
        p->again_ms = 0;
    } else if (p->phase == ORDERING) {
        send_order(p);
    } else if (p->phase == UNDOCKING) {
        send_undock(p);
    } else if (p->phase == DOCKING) {
        send_docked(p);
    }
}

static void on_baton(void *ctx, struct st_bus_msg *msg)
{
    struct trial *t = ctx;
    uint8_t memory[16 << 10];
    struct st_arena arena;
    st_arena_init(&arena, memory, sizeof memory);
    const Startrader__V1__Baton *b =
        st_wire_unpack(&startrader__v1__baton__descriptor, msg->data, msg->len, 1024, &arena);
    ck_assert_ptr_nonnull(b);
    for (size_t i = 0; i < PILOTS; i++) {
        struct pilot *p = &t->pilots[i];
        if (b->player != p->player || b->version <= p->version)
            continue;
        ck_assert(b->kind == STARTRADER__V1__BATON_KIND__BATON_KIND_APPEAR ||
                  b->kind == STARTRADER__V1__BATON_KIND__BATON_KIND_TAKEN);
        p->version = b->version;
        if (b->kind == STARTRADER__V1__BATON_KIND__BATON_KIND_APPEAR) {
            p->ship = b->ship;
            p->phase = DOCKING;
            p->event = ++t->next_event << 8;
            p->attempts = 0;
        } else {
            ck_assert_uint_eq(b->event_id, p->event);
            t->docks++;
            p->phase = ORDERING;
            choose_order(p);
        }
        again(p, 1);
    }
    st_bus_ack(msg);
    st_bus_msg_free(msg);
}

/* --- points --- */

static bool query(struct trial *t, const char *name, const char *sql)
{
    struct st_pg_stmt *q = st_alloc(sizeof *q); /* prepared by address; few, freed at exit */
    *q = (struct st_pg_stmt){name, sql};
    struct st_pg_options options = {t->pg.url, "watcher", 5000, 4};
    struct st_pg *pg = st_pg_new(&options);
    struct st_pg_result *r = NULL;
    bool yes = st_pg_exec(pg, q, NULL, 0, &r) == 0 && st_pg_rows(r) > 0 && st_pg_bool(r, 0, 0);
    st_pg_result_free(&r);
    st_pg_free(&pg);
    st_free(q);
    return yes;
}

static void script(struct trial *t, const char *sql)
{
    ck_assert_msg(st_pg_script(t->saboteur, sql) == 0, "%s: %s", sql, st_pg_error(t->saboteur));
}

static void arm_lock(struct trial *t)
{
    script(t, "BEGIN; SELECT FROM economy.pilots ORDER BY player FOR UPDATE");
}
static bool hit_lock(struct trial *t)
{
    return query(t, "w",
                 "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name LIKE"
                 " 'economy-%' AND wait_event_type = 'Lock'");
}
static void disarm_lock(struct trial *t)
{
    script(t, "ROLLBACK");
}

/* COMMIT itself waits: the outcome is open when the client dies. */
static void arm_commit(struct trial *t)
{
    script(t, "CREATE OR REPLACE FUNCTION economy.slow() RETURNS trigger LANGUAGE plpgsql AS $$"
              " BEGIN IF coalesce(current_setting('test.slept', true), '') <>"
              " pg_current_xact_id()::text THEN"
              " PERFORM set_config('test.slept', pg_current_xact_id()::text, false);"
              " PERFORM pg_sleep(0.3); END IF; RETURN NULL; END $$;"
              "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON economy.transactions"
              " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION economy.slow()");
}
static bool hit_commit(struct trial *t)
{
    return query(t, "w",
                 "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name ="
                 " 'economy-writer' AND wait_event = 'PgSleep'");
}
static bool hit_event_commit(struct trial *t)
{
    return query(t, "w",
                 "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name ="
                 " 'economy-leader' AND wait_event = 'PgSleep'");
}
static void disarm_commit(struct trial *t)
{
    script(t, "DROP TRIGGER slow ON economy.transactions");
}

/* Committed, but the letters cannot leave. Nothing new arrives meanwhile: when no order was under
 * way at that moment, the pilots play on for a while before the next try. */
static void turn_nats(struct trial *t, bool stop)
{
    t->stopped = stop;
    t->turned_ms = st_mono_ms();
    kill(t->nats.pid, stop ? SIGSTOP : SIGCONT);
}
static void arm_outbox(struct trial *t)
{
    turn_nats(t, true);
}
static bool hit_outbox(struct trial *t)
{
    if (st_mono_ms() - t->turned_ms > TRY_MS)
        turn_nats(t, !t->stopped);
    return t->stopped && query(t, "w",
                               "SELECT count(*) > 0 FROM economy.outbox WHERE published_at IS NULL"
                               " AND at < now() - interval '30 ms'");
}
static void disarm_outbox(struct trial *t)
{
    turn_nats(t, false);
}

static void arm_nothing(struct trial *t)
{
    (void)t;
}
static bool hit_soon(struct trial *t)
{
    return st_mono_ms() - t->armed_ms > st_random_below(400);
}

enum { POINTS = 9 };
static const struct point points[POINTS];

static void kill_one(struct trial *t, size_t i)
{
    kill(t->economies[i], SIGKILL);
    waitpid(t->economies[i], NULL, 0);
}

static void start_one(struct trial *t, size_t i)
{
    t->economies[i] = stack_economy(t->nats.url, t->economy_url);
}

static void strike_all(struct trial *t)
{
    kill_one(t, 0);
    kill_one(t, 1);
    points[t->point].disarm(t);
    start_one(t, 0);
    start_one(t, 1);
}

/* The other instance goes on, as leader if it has to. */
static void strike_one(struct trial *t)
{
    kill_one(t, t->point & 1);
    start_one(t, t->point & 1);
}

/* Nobody restarts the daemons: they find the database again. */
static void strike_database(struct trial *t)
{
    pg_fixture_kill(&t->pg);
    pg_fixture_again(&t->pg);
}

static const struct point points[POINTS] = {
    {"rows locked, nothing written", arm_lock, hit_lock, disarm_lock, strike_all},
    {"orders at the commit", arm_commit, hit_commit, disarm_commit, strike_all},
    {"events at the commit", arm_commit, hit_event_commit, disarm_commit, strike_all},
    {"committed, not published", arm_outbox, hit_outbox, disarm_outbox, strike_all},
    {"any moment, first", arm_nothing, hit_soon, arm_nothing, strike_one},
    {"any moment, second", arm_nothing, hit_soon, arm_nothing, strike_one},
    {"the database, any moment", arm_nothing, hit_soon, arm_nothing, strike_database},
    {"the database again", arm_nothing, hit_soon, arm_nothing, strike_database},
    {"any moment, first again", arm_nothing, hit_soon, arm_nothing, strike_one},
};

static void next_goal(struct trial *t)
{
    t->orders_goal = t->orders + ORDERS_BETWEEN;
    t->docks_goal = t->docks + DOCKS_BETWEEN;
    t->armed_ms = st_mono_ms();
}

static void play_points(struct trial *t)
{
    uint64_t waited = st_mono_ms() - t->armed_ms;
    ck_assert_msg(waited <= POINT_MS,
                  "point %zu (%s): armed %d, orders %" PRIu64 ", docks %" PRIu64, t->point,
                  t->point < ST_ARRAY_LEN(points) ? points[t->point].name : "end", t->armed,
                  t->orders, t->docks);
    if (t->armed) {
        if (!points[t->point].hit(t))
            return;
        points[t->point].strike(t);
        t->armed = false;
        t->point++;
        next_goal(t);
    } else if (t->orders >= t->orders_goal && t->docks >= t->docks_goal) {
        if (t->point == ST_ARRAY_LEN(points)) {
            t->draining = true;
            return;
        }
        points[t->point].arm(t);
        t->armed = true;
        t->armed_ms = st_mono_ms();
    }
}

static void on_beat(void *ctx)
{
    struct trial *t = ctx;
    size_t resting = 0;
    for (size_t i = 0; i < PILOTS; i++) {
        struct pilot *p = &t->pilots[i];
        resting += p->phase == RESTING;
        if (p->again_ms != 0 && st_mono_ms() >= p->again_ms)
            act(p);
    }
    if (resting == PILOTS)
        st_loop_stop(t->loop);
    else
        play_points(t);
}

struct waiting {
    struct trial *trial;
    uint8_t answer[256 << 10];
    size_t len;
    int err;
};

static void on_waited(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct waiting *w = ctx;
    w->err = err;
    w->len = err == 0 ? ST_MIN(len, sizeof w->answer) : 0;
    memcpy(w->answer, data ? data : (const uint8_t *)"", w->len);
    st_loop_stop(w->trial->loop);
}

/* Asks until code OK comes (field 1 of every reply). */
static void insist(struct trial *t, struct waiting *w, const char *verb, const ProtobufCMessage *m)
{
    uint8_t bytes[256];
    char subject[ST_SUBJECT_MAX];
    struct st_buf b;
    uint64_t until = st_mono_ms() + POINT_MS;
    st_buf_init_fixed(&b, bytes, sizeof bytes);
    st_wire_pack(m, &b);
    st_subject_req_econ(subject, verb);
    do {
        ck_assert_uint_lt(st_mono_ms(), until);
        st_bus_request(t->rpc, subject, b.data, b.len, REQUEST_MS, on_waited, w);
        st_loop_run(t->loop);
    } while (w->err != 0 || w->len < 2 || w->answer[1] != STARTRADER__V1__CODE__CODE_OK);
}

static void start_pilots(struct trial *t)
{
    struct waiting *w = st_alloc(sizeof *w);
    w->trial = t;
    Startrader__V1__OpenRequest open = STARTRADER__V1__OPEN_REQUEST__INIT;
    open.instance = (char[]){"trial"};
    insist(t, w, "open", &open.base);
    t->epoch = 1;
    for (size_t i = 0; i < PILOTS; i++) {
        struct pilot *p = &t->pilots[i];
        Startrader__V1__ProvisionRequest q = STARTRADER__V1__PROVISION_REQUEST__INIT;
        q.player = 1001 + i;
        insist(t, w, "provision", &q.base);
        *p = (struct pilot){.trial = t, .player = 1001 + i, .version = 1, .phase = ORDERING};
        choose_order(p);
        again(p, 1);
    }
    st_free(w);
}

static void open_buses(struct trial *t)
{
    struct st_bus_options options = {
        .url = t->nats.url, .user = "trial", .password = "unused", .instance = "trial-1"};
    options.role = ST_BUS_RPC;
    ck_assert_int_eq(st_bus_open(&t->rpc, t->loop, &options), 0);
    options.role = ST_BUS_JS;
    ck_assert_int_eq(st_bus_open(&t->js, t->loop, &options), 0);
}

START_TEST(killed_at_every_point_the_books_are_right)
{
    struct trial *t = &trial;
    pg_fixture_start(&t->pg);
    nats_server_start(&t->nats);
    pg_fixture_url(&t->pg, "postgres", t->owner_url, sizeof t->owner_url);
    pg_fixture_url(&t->pg, "st_economy", t->economy_url, sizeof t->economy_url);
    ck_assert_int_eq(
        stack_ctl(t->nats.url, t->owner_url, (char *[]){"startraderctl", "migrate", NULL}), 0);
    struct st_pg_options options = {t->pg.url, "saboteur", 20000, 8};
    t->saboteur = st_pg_new(&options);
    snprintf(t->history_path, sizeof t->history_path, "%.63s/history", t->nats.dir);
    t->history = fopen(t->history_path, "w");
    t->loop = st_loop_new();
    open_buses(t);
    start_one(t, 0);
    start_one(t, 1);
    start_pilots(t);
    t->batons = st_bus_js_consume(t->js, "BATON", "sim-s0", 64, on_baton, t);
    t->beat = st_timer_new(t->loop, on_beat, t);
    st_timer_start(t->beat, 10, 10);
    next_goal(t);
    st_loop_run(t->loop);
    ck_assert_uint_eq(t->point, ST_ARRAY_LEN(points));
    fclose(t->history);
    char *verify[] = {"startraderctl", "ledger", "verify", "--history", t->history_path, NULL};
    ck_assert_int_eq(stack_ctl(t->nats.url, t->owner_url, verify), 0);
    fprintf(stderr, "%" PRIu64 " orders, %" PRIu64 " docks, %zu kills\n", t->orders, t->docks,
            t->point);
    kill_one(t, 0);
    kill_one(t, 1);
    st_timer_free(&t->beat);
    st_bus_js_consume_stop(&t->batons);
    st_bus_close(&t->rpc, 200);
    st_bus_close(&t->js, 200);
    st_pg_free(&t->saboteur);
    st_loop_free(&t->loop);
    nats_server_stop(&t->nats);
    pg_fixture_stop(&t->pg);
}
END_TEST

int main(void)
{
    const TTest *const test = killed_at_every_point_the_books_are_right;
    TCase *c = tcase_create("kill");
    tcase_set_timeout(c, 180);
    return run_case("kill", c, &test, 1);
}
