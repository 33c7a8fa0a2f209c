/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traders who order over the bus as a gateway would: standard input names them, a line each of
 * player, location and commodity (location 0: only provide for the player). Each buys a few units
 * and sells them again, one order at a time; `--depth` orders are under way together. An order
 * without a definite answer is sent again under its id. Prints one JSON object.
 *
 * With --history each order and what became of it is a line of a file, for a checker. --again: so
 * many of 1,000 decided orders are asked once more and must get the same bytes; --stale: as many
 * are sent by a session that a newer one has fenced.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <st/alloc.h>
#include <st/bus.h>
#include <st/clock.h>
#include <st/loop.h>
#include <st/rng.h>
#include <st/subject.h>
#include <st/wire.h>

#include <startrader/v1/trade.pb-c.h>

enum ask { ASK_ORDER, ASK_AGAIN, ASK_STALE };

enum {
    TRADERS_MAX = 65536,
    SAMPLES_MAX = 1 << 23,
    ANSWER_MS = 2000,
    UNITS = 2,
    RESULTS = 16,
    ANSWER_BYTES_MAX = 4096,
    ARENA_BYTES = 1 << 16
};

struct trader {
    struct run *run;
    uint64_t player, sent_ns;
    uint32_t location, commodity;
    uint8_t key[16];
    uint64_t answer; /* hash of the bytes of the last one */
    enum ask kind;   /* of what is under way */
    bool sells;      /* the next order, or the one under way */
};

struct run {
    struct st_loop *loop;
    struct st_bus *bus;
    struct st_timer *clock;
    struct trader *traders, **queue; /* queue: a ring of those who have no order under way */
    uint32_t n, head, waiting, depth, under_way;
    uint64_t from_ns, to_ns; /* the window that counts */
    uint64_t warm_ms, seconds;
    uint32_t *us, samples;
    uint64_t results[RESULTS], undecided, provided, other_bytes, fence_passed;
    uint32_t again_pm, stale_pm;
    FILE *history;
    bool ending;
    void *arena_memory;
    struct st_arena arena;
};

static void pump(struct run *r);

static void rest(struct run *r, struct trader *t)
{
    r->queue[(r->head + r->waiting++) % r->n] = t;
    r->under_way--;
}

static bool counts(const struct run *r, uint64_t now_ns)
{
    return now_ns >= r->from_ns && now_ns < r->to_ns;
}

static void ask(struct run *r, struct trader *t);

static void put_history(struct run *r, const struct trader *t, const Startrader__V1__OrderReply *o)
{
    char key[33];
    if (!r->history)
        return;
    st_hex_encode(t->key, sizeof t->key, key);
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(
        &startrader__v1__order_result__descriptor, (int)o->result);
    fprintf(r->history,
            "{\"op\":\"order\",\"player\":%" PRIu64 ",\"order_id\":\"%s\",\"location\":%" PRIu32
            ",\"commodity\":%" PRIu32 ",\"side\":\"%s\",\"quantity\":%d,\"result\":\"%s\","
            "\"total\":%" PRIu64 "}\n",
            t->player, key, t->location, t->commodity, t->sells ? "sell" : "buy", UNITS,
            v ? v->name + strlen("ORDER_RESULT_") : "MALFORMED", o->total);
}

static bool draws(uint32_t pm)
{
    return pm > 0 && st_random_below(1000) < pm;
}

static void next_order(struct run *r, struct trader *t)
{
    t->sent_ns = 0;
    t->kind = ASK_ORDER;
    rest(r, t);
    pump(r);
}

static void take_result(struct run *r, struct trader *t, const Startrader__V1__OrderReply *o,
                        uint64_t answer)
{
    uint64_t now_ns = st_mono_ns();
    if (counts(r, now_ns)) {
        r->results[(int)o->result < RESULTS ? (int)o->result : 0]++;
        if (r->samples < SAMPLES_MAX)
            r->us[r->samples++] = (uint32_t)((now_ns - t->sent_ns) / 1000);
    }
    put_history(r, t, o);
    t->answer = answer;
    bool again = draws(r->again_pm);
    if (again) {
        t->kind = ASK_AGAIN;
        ask(r, t);
    }
    if (o->result == STARTRADER__V1__ORDER_RESULT__ORDER_RESULT_DONE && !again)
        t->sells = !t->sells;
    if (!again)
        next_order(r, t);
}

static void take_again(struct run *r, struct trader *t, const Startrader__V1__OrderReply *o,
                       uint64_t answer)
{
    r->other_bytes += answer != t->answer;
    if (o->result == STARTRADER__V1__ORDER_RESULT__ORDER_RESULT_DONE)
        t->sells = !t->sells;
    if (!draws(r->stale_pm)) {
        next_order(r, t);
        return;
    }
    t->kind = ASK_STALE;
    t->sent_ns = 0;
    ask(r, t);
}

static void on_order(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct trader *t = ctx;
    struct run *r = t->run;
    const Startrader__V1__EconOrderReply *reply = NULL;
    st_arena_reset(&r->arena);
    if (err == 0)
        reply = st_wire_unpack(&startrader__v1__econ_order_reply__descriptor, data, len,
                               ANSWER_BYTES_MAX, &r->arena);
    bool decided = reply && reply->code == STARTRADER__V1__CODE__CODE_OK && reply->order;
    if (t->kind == ASK_STALE && reply) {
        r->fence_passed += decided;
        next_order(r, t);
    } else if (decided && t->kind == ASK_AGAIN) {
        take_again(r, t, reply->order, st_hash64(data, len, 1));
    } else if (decided) {
        take_result(r, t, reply->order, st_hash64(data, len, 1));
    } else {
        r->undecided += counts(r, st_mono_ns());
        ask(r, t);
    }
}

static void on_provided(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct trader *t = ctx;
    struct run *r = t->run;
    st_arena_reset(&r->arena);
    const Startrader__V1__ProvisionReply *reply = NULL;
    if (err == 0)
        reply = st_wire_unpack(&startrader__v1__provision_reply__descriptor, data, len,
                               ANSWER_BYTES_MAX, &r->arena);
    if (!reply || reply->code != STARTRADER__V1__CODE__CODE_OK) {
        ask(r, t);
        return;
    }
    r->under_way--;
    if (++r->provided == r->n)
        st_loop_stop(r->loop);
    pump(r);
}

static void send(struct run *r, const char *verb, const ProtobufCMessage *m, st_bus_reply_fn *done,
                 struct trader *t)
{
    uint8_t memory[512];
    char subject[ST_SUBJECT_MAX];
    struct st_buf b;
    st_buf_init_fixed(&b, memory, sizeof memory);
    st_wire_pack(m, &b);
    st_subject_req_econ(subject, verb);
    st_bus_request(r->bus, subject, b.data, b.len, ANSWER_MS, done, t);
}

static void order(struct run *r, struct trader *t)
{
    Startrader__V1__Caller caller = STARTRADER__V1__CALLER__INIT;
    Startrader__V1__OrderRequest o = STARTRADER__V1__ORDER_REQUEST__INIT;
    Startrader__V1__EconOrderRequest q = STARTRADER__V1__ECON_ORDER_REQUEST__INIT;
    caller.player = t->player;
    caller.session_epoch = t->kind == ASK_STALE ? 1 : 2;
    caller.request_id = (char *)"bench";
    o.location = t->location;
    o.commodity = t->commodity;
    o.side = t->sells ? STARTRADER__V1__SIDE__SIDE_SELL : STARTRADER__V1__SIDE__SIDE_BUY;
    o.quantity = UNITS;
    q.caller = &caller;
    q.order_id = (ProtobufCBinaryData){sizeof t->key, t->key};
    q.order = &o;
    if (t->sent_ns == 0) {
        st_random(t->key, sizeof t->key);
        t->sent_ns = st_mono_ns();
    }
    send(r, "order", &q.base, on_order, t);
}

static void ask(struct run *r, struct trader *t)
{
    if (t->location != 0) {
        order(r, t);
        return;
    }
    Startrader__V1__ProvisionRequest q = STARTRADER__V1__PROVISION_REQUEST__INIT;
    q.player = t->player;
    q.request_id = (char *)"bench";
    send(r, "provision", &q.base, on_provided, t);
}

static void pump(struct run *r)
{
    if (r->ending && r->under_way == 0)
        st_loop_stop(r->loop);
    while (!r->ending && r->under_way < r->depth && r->waiting > 0) {
        struct trader *t = r->queue[r->head];
        r->head = (r->head + 1) % r->n;
        r->waiting--;
        r->under_way++;
        ask(r, t);
    }
}

static void on_clock(void *ctx)
{
    struct run *r = ctx;
    uint64_t now_ns = st_mono_ns();
    if (r->from_ns == 0) {
        if (!st_bus_up(r->bus))
            return;
        r->from_ns = now_ns + r->warm_ms * 1000000;
        r->to_ns = r->from_ns + r->seconds * 1000000000;
        pump(r);
    } else if (now_ns >= r->to_ns && r->traders[0].location != 0) {
        r->ending = true;
        pump(r);
    }
}

static void read_traders(struct run *r)
{
    struct trader t = {.run = r};
    r->traders = st_alloc_array(TRADERS_MAX, sizeof *r->traders);
    while (r->n < TRADERS_MAX &&
           scanf("%" SCNu64 "%" SCNu32 "%" SCNu32, &t.player, &t.location, &t.commodity) == 3)
        r->traders[r->n++] = t;
    r->queue = st_alloc_array(r->n + 1, sizeof *r->queue);
    for (uint32_t i = 0; i < r->n; i++)
        r->queue[r->waiting++] = &r->traders[i];
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void report(struct run *r)
{
    qsort(r->us, r->samples, sizeof *r->us, by_value);
    uint32_t last = r->samples ? r->samples - 1 : 0;
    uint64_t all = 0;
    for (uint32_t i = 0; i < RESULTS; i++)
        all += r->results[i];
    printf("{\"seconds\":%" PRIu64 ",\"orders\":%" PRIu64 ",\"done\":%" PRIu64
           ",\"undecided\":%" PRIu64 ",\"provided\":%" PRIu64 ",\"other_bytes\":%" PRIu64
           ",\"fence_passed\":%" PRIu64 ",\"p50_us\":%" PRIu32 ",\"p99_us\":%" PRIu32 "}\n",
           r->seconds, all, r->results[STARTRADER__V1__ORDER_RESULT__ORDER_RESULT_DONE],
           r->undecided, r->provided, r->other_bytes, r->fence_passed, r->us[last / 2],
           r->us[(uint64_t)last * 99 / 100]);
}

static bool options(int argc, char **argv, struct run *r, struct st_bus_options *o)
{
    static const struct option longs[] = {
        {"url", 1, 0, 'u'},     {"user", 1, 0, 'n'}, {"password", 1, 0, 'p'}, {"depth", 1, 0, 'd'},
        {"seconds", 1, 0, 's'}, {"warm", 1, 0, 'w'}, {"history", 1, 0, 'h'},  {"again", 1, 0, 'a'},
        {"stale", 1, 0, 'o'},   {0, 0, 0, 0}};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        if (c == 'u')
            o->url = optarg;
        else if (c == 'n')
            o->user = optarg;
        else if (c == 'p')
            o->password = optarg;
        else if (c == 'd')
            r->depth = (uint32_t)strtoul(optarg, NULL, 10);
        else if (c == 's')
            r->seconds = strtoul(optarg, NULL, 10);
        else if (c == 'w')
            r->warm_ms = strtoul(optarg, NULL, 10);
        else if (c == 'a')
            r->again_pm = (uint32_t)strtoul(optarg, NULL, 10);
        else if (c == 'o')
            r->stale_pm = (uint32_t)strtoul(optarg, NULL, 10);
        else if (c == 'h' && (r->history = fopen(optarg, "w")))
            continue;
        else
            return false;
    }
    return o->url && o->user && o->password && r->depth > 0 && r->seconds > 0;
}

int main(int argc, char **argv)
{
    struct run r = {.depth = 256, .seconds = 10, .warm_ms = 1000};
    struct st_bus_options o = {.instance = "orders", .role = ST_BUS_RPC};
    if (!options(argc, argv, &r, &o)) {
        fprintf(stderr, "orders --url URL --user USER --password PASSWORD [--depth N]"
                        " [--seconds S] [--warm MS] <traders\n");
        return 2;
    }
    read_traders(&r);
    if (r.n == 0)
        return 2;
    r.us = st_alloc_array(SAMPLES_MAX, sizeof *r.us);
    r.arena_memory = st_alloc(ARENA_BYTES);
    st_arena_init(&r.arena, r.arena_memory, ARENA_BYTES);
    r.loop = st_loop_new();
    if (st_bus_open(&r.bus, r.loop, &o) != 0)
        return 1;
    r.clock = st_timer_new(r.loop, on_clock, &r);
    st_timer_start(r.clock, 1, 20);
    st_loop_run(r.loop);
    report(&r);
    if (r.history)
        fclose(r.history);
    st_timer_free(&r.clock);
    st_bus_close(&r.bus, 1000);
    st_loop_free(&r.loop);
    st_free(r.arena_memory);
    st_free(r.us);
    st_free(r.queue);
    st_free(r.traders);
    return 0;
}
