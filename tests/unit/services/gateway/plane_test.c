/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole data plane with its thread, over socket pairs: the test is the loop (it answers notes),
 * the simulation (it hands in bundles) and the clients.
 */
#include "test_world.h"

#include <frame.h>
#include <plane.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/log.h>
#include <st/wire.h>

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HOME = 256 + 512 * 256,
    WAIT_MS = 5000,
    DEADLINE_MS = 400,
    FLYING = 1,
    NOTES_MAX = 256,
    TEXT_MAX = 512,
};

struct seen_note {
    enum loop_note_kind kind;
    uint32_t sid, last_seq, world_epoch;
    size_t len;
    char data[TEXT_MAX];
};

static struct {
    struct st_loop *loop;
    pthread_t thread;
    struct plane *plane;
    pthread_mutex_t lock;
    struct seen_note note[NOTES_MAX];
    uint32_t notes, taken;
    uint32_t inputs, closed, batches, highest_seq;
    atomic_uint sockets_closed;
    uint32_t delta_seq, snapshot_seq, own_seq;
} t;

/* --- the loop's side --- */

static void on_note(void *ctx, struct loop_note *n)
{
    struct seen_note *to;
    (void)ctx;
    pthread_mutex_lock(&t.lock);
    to = &t.note[t.notes++ % NOTES_MAX];
    *to = (struct seen_note){n->kind, n->sid, n->last_seq, n->world_epoch, n->len, ""};
    memcpy(to->data, n->data, ST_MIN(n->len, sizeof to->data));
    pthread_mutex_unlock(&t.lock);
}

static void on_socket_closed(void *ctx, const char *address)
{
    (void)ctx;
    st_assert(strcmp(address, "192.0.2.1") == 0);
    atomic_fetch_add(&t.sockets_closed, 1);
}

static void on_publish(const char *subject, const void *data, size_t len)
{
    Startrader__V1__InputBatch *b = startrader__v1__input_batch__unpack(NULL, len, data);
    st_assert(strcmp(subject, "in.sol-1.s0") == 0 && b);
    pthread_mutex_lock(&t.lock);
    t.batches++;
    t.inputs += (uint32_t)b->n_input;
    t.closed += (uint32_t)b->n_closed;
    for (size_t i = 0; i < b->n_input; i++)
        t.highest_seq = ST_MAX(t.highest_seq, b->input[i]->seq);
    pthread_mutex_unlock(&t.lock);
    startrader__v1__input_batch__free_unpacked(b, NULL);
}

/* Next note of that kind; others are passed over. */
static struct seen_note wait_note(enum loop_note_kind kind)
{
    uint64_t end = st_mono_ms() + WAIT_MS;
    while (st_mono_ms() < end) {
        pthread_mutex_lock(&t.lock);
        while (t.taken < t.notes) {
            struct seen_note n = t.note[t.taken++ % NOTES_MAX];
            if (n.kind == kind) {
                pthread_mutex_unlock(&t.lock);
                return n;
            }
        }
        pthread_mutex_unlock(&t.lock);
        poll(NULL, 0, 2);
    }
    ck_abort_msg("note %d did not come", kind);
}

static uint32_t counted(const uint32_t *value)
{
    uint32_t v;
    pthread_mutex_lock(&t.lock);
    v = *value;
    pthread_mutex_unlock(&t.lock);
    return v;
}

static void *run_loop(void *ctx)
{
    (void)ctx;
    st_loop_run(t.loop);
    return NULL;
}

static void setup(void)
{
    struct plane_options o = {.instance = "gateway-1",
                              .in = "in.sol-1.s0",
                              .connections_max = 64,
                              .inputs_per_s = 25,
                              .inputs_burst = 50,
                              .messages_per_s = 60,
                              .messages_burst = 120,
                              .hello_ms = DEADLINE_MS,
                              .ping_ms = DEADLINE_MS,
                              .idle_ms = 2 * DEADLINE_MS,
                              .stall_ms = DEADLINE_MS,
                              .on_note = on_note,
                              .on_socket_closed = on_socket_closed};
    memset(&t, 0, sizeof t);
    pthread_mutex_init(&t.lock, NULL);
    world_on_publish = on_publish;
    o.loop = t.loop = st_loop_new();
    t.plane = plane_new(&o);
    plane_start(t.plane);
    pthread_create(&t.thread, NULL, run_loop, NULL);
}

static void teardown(void)
{
    plane_order(t.plane, plane_order_new(ORDER_DRAIN, 0, NULL, 0));
    (void)wait_note(NOTE_DRAINED);
    st_loop_stop(t.loop);
    pthread_join(t.thread, NULL);
    plane_free(&t.plane);
    st_loop_free(&t.loop);
    ck_assert_int_eq(atomic_load(&world_messages), 0);
    pthread_mutex_destroy(&t.lock);
}

/* --- the simulation's side --- */

static void give(const char *leaf, struct st_buf b)
{
    plane_bus_message(t.plane, world_message(leaf, b.data, b.len));
    st_buf_fini(&b);
}

static void give_tick(uint32_t epoch, uint32_t tick, const struct test_slice *slices, size_t count)
{
    if (count > 0)
        give("delta", world_bundle(false, epoch, tick, ++t.delta_seq, slices, count));
    give("tick", world_marker(epoch, tick, t.delta_seq, t.snapshot_seq, t.own_seq));
}

static void give_own(uint32_t epoch, uint32_t tick, uint32_t sid, uint32_t ack)
{
    give("own", own_bundle_of(epoch, tick, ++t.own_seq, sid, HOME, FLYING, ack));
}

static void answer_snapshot(uint32_t epoch, uint32_t tick, const struct test_slice *s, size_t count)
{
    struct st_buf b = world_bundle(true, epoch, tick, 0, s, count);
    (void)wait_note(NOTE_WANTED);
    plane_order(t.plane, plane_order_new(ORDER_SNAPSHOT, 0, b.data, b.len));
    st_buf_fini(&b);
}

/* --- a client --- */

struct peer {
    int fd;
    uint32_t sid;
    uint8_t *in;
    size_t len;
    uint16_t close_code;
    char close_reason[128];
    bool ended;
    uint32_t frames, own, events, welcomes, pings;
    Startrader__V1__ServerFrame *last; /* NULL or the newest frame */
};

static void peer_open(struct peer *c)
{
    int fds[2];
    struct plane_order *o = plane_order_new(ORDER_ADOPT, 0, NULL, 0);
    memset(c, 0, sizeof *c);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    o->fd = fds[0];
    strcpy(o->address, "192.0.2.1");
    plane_order(t.plane, o);
    c->fd = fds[1];
    c->in = malloc(1 << 20);
}

static void peer_close(struct peer *c)
{
    if (c->last)
        startrader__v1__server_frame__free_unpacked(c->last, NULL);
    free(c->in);
    close(c->fd);
}

static void peer_send(struct peer *c, uint8_t first, const void *data, size_t len)
{
    struct st_buf out;
    size_t at = 0;
    st_buf_init(&out, 1 << 16);
    client_frame(&out, first, data, len);
    while (at < out.len) {
        ssize_t n = send(c->fd, out.data + at, out.len - at, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            break; /* the gateway has ended it */
        at += n > 0 ? (size_t)n : 0;
    }
    st_buf_fini(&out);
}

static void peer_say(struct peer *c, struct st_buf message)
{
    peer_send(c, 0x82, message.data, message.len);
    st_buf_fini(&message);
}

static void peer_take(struct peer *c, int opcode, struct st_slice p)
{
    if (opcode == FRAME_CLOSE && p.len >= 2) {
        c->close_code = (uint16_t)(p.data[0] << 8 | p.data[1]);
        snprintf(c->close_reason, sizeof c->close_reason, "%.*s", (int)p.len - 2, p.data + 2);
    } else if (opcode == FRAME_PING) {
        c->pings++;
    } else if (opcode == FRAME_BINARY) {
        if (c->last)
            startrader__v1__server_frame__free_unpacked(c->last, NULL);
        c->last = startrader__v1__server_frame__unpack(NULL, p.len, p.data);
        ck_assert_ptr_nonnull(c->last);
        c->frames++;
        c->own += c->last->own != NULL;
        c->events += (uint32_t)c->last->n_private_;
        c->welcomes += c->last->welcome != NULL;
    }
}

/* Takes the next message; false after ms without one, or at the end. */
static bool peer_hear(struct peer *c, int ms)
{
    uint64_t end = st_mono_ms() + (uint64_t)ms;
    for (;;) {
        struct st_slice payload;
        size_t used;
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        int opcode = server_frame(c->in, c->len, &payload, &used);
        if (opcode >= 0) {
            peer_take(c, opcode, payload);
            memmove(c->in, c->in + used, c->len - used);
            c->len -= used;
            return true;
        }
        if (c->ended || st_mono_ms() >= end)
            return false;
        if (poll(&p, 1, 10) > 0) {
            ssize_t n = recv(c->fd, c->in + c->len, (1 << 20) - c->len, 0);
            if (n <= 0)
                c->ended = true;
            else
                c->len += (size_t)n;
        }
    }
}

static void peer_wait_close(struct peer *c, uint16_t code)
{
    uint64_t end = st_mono_ms() + WAIT_MS;
    while (c->close_code == 0 && !c->ended && st_mono_ms() < end)
        (void)peer_hear(c, 50);
    ck_assert_msg(c->close_code == code, "closed with %u (%s), wanted %u", c->close_code,
                  c->close_reason, code);
}

static void order_enter(uint32_t sid, uint32_t epoch, uint32_t last_seq)
{
    static const uint8_t welcome[] = {9 << 3 | 2, 2, 1 << 3, 77};
    struct plane_order *o = plane_order_new(ORDER_ENTER, sid, welcome, sizeof welcome);
    o->cell = HOME;
    o->world_epoch = epoch;
    o->last_seq = last_seq;
    plane_order(t.plane, o);
}

static void peer_enter(struct peer *c, uint32_t epoch)
{
    struct seen_note n;
    peer_open(c);
    peer_say(c, client_hello("a-ticket", 0));
    n = wait_note(NOTE_HELLO);
    c->sid = n.sid;
    ck_assert_uint_eq(n.len, 8);
    ck_assert_int_eq(memcmp(n.data, "a-ticket", 8), 0);
    order_enter(c->sid, epoch, 0);
    while (c->welcomes == 0)
        ck_assert(peer_hear(c, WAIT_MS));
}

/* --- tests --- */

static const struct test_slice home[] = {{.cell = HOME, .id = 5}};

START_TEST(a_session)
{
    struct peer c;
    bool snapshot = false, delta = false;
    give_tick(1, 100, NULL, 0);
    (void)wait_note(NOTE_EPOCH);
    (void)wait_note(NOTE_CONFIG);
    answer_snapshot(1, 100, home, 1);
    peer_enter(&c, 1);
    ck_assert_uint_eq(c.last->welcome->player, 77);
    for (uint32_t tick = 101; tick < 140 && !(snapshot && delta && c.own); tick++) {
        give_own(1, tick, c.sid, 0);
        give_tick(1, tick, home, 1);
        while (peer_hear(&c, 30)) {
            snapshot |= c.last->n_snapshot > 0;
            delta |= c.last->n_delta > 0;
            ck_assert_uint_eq(c.last->world_epoch, 1);
        }
    }
    ck_assert(snapshot && delta && c.own > 0 && c.events > 0);
    for (uint32_t seq = 1; seq <= 10; seq++)
        peer_say(&c, client_input(seq, 1));
    peer_say(&c, client_input(5, 1));    /* again */
    peer_say(&c, client_input(1000, 1)); /* too far ahead */
    for (int i = 0; i < 500 && counted(&t.inputs) < 10; i++)
        poll(NULL, 0, 10);
    poll(NULL, 0, 50);
    ck_assert_uint_eq(counted(&t.inputs), 10);
    ck_assert_uint_eq(counted(&t.highest_seq), 10);
    peer_close(&c);
    ck_assert_uint_eq(wait_note(NOTE_GONE).sid, c.sid);
    for (int i = 0; i < 500 && counted(&t.closed) == 0; i++)
        poll(NULL, 0, 10);
    ck_assert_uint_gt(counted(&t.closed), 0);
    for (int i = 0; i < 500 && atomic_load(&t.sockets_closed) == 0; i++)
        poll(NULL, 0, 10);
    ck_assert_uint_eq(atomic_load(&t.sockets_closed), 1);
}
END_TEST

START_TEST(overtaken_events_are_kept)
{
    struct peer c;
    give_tick(1, 100, NULL, 0);
    answer_snapshot(1, 100, home, 1);
    peer_enter(&c, 1);
    c.events = c.own = 0;
    for (uint32_t i = 1; i <= 5; i++)
        give_own(1, 100 + i, c.sid, i);
    give_tick(1, 106, NULL, 0);
    while (c.own == 0)
        ck_assert(peer_hear(&c, WAIT_MS));
    ck_assert_uint_eq(c.events, 5);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_uint_eq(c.last->private_[i]->tick, 101 + i);
    ck_assert_uint_eq(c.last->own->ack_seq, 5);
    ck_assert_uint_eq(c.own, 1);
    peer_close(&c);
}
END_TEST

START_TEST(bad_hellos)
{
    struct peer silent, junk, input, trickle;
    peer_open(&silent);
    peer_open(&junk);
    peer_open(&input);
    peer_open(&trickle);
    peer_send(&junk, 0x82, "\xff\xff", 2);
    peer_say(&input, client_input(1, 1));
    peer_send(&trickle, 0x89, "p", 1); /* life signs are no hello */
    peer_wait_close(&junk, CLOSE_BAD_HELLO);
    peer_wait_close(&input, CLOSE_BAD_HELLO);
    peer_wait_close(&silent, CLOSE_HELLO_LATE);
    peer_wait_close(&trickle, CLOSE_HELLO_LATE);
    peer_close(&silent);
    peer_close(&junk);
    peer_close(&input);
    peer_close(&trickle);
}
END_TEST

START_TEST(idle_clients_are_cut)
{
    struct peer idle, alive;
    uint64_t end = st_mono_ms() + 4 * DEADLINE_MS;
    peer_enter(&idle, 1);
    peer_enter(&alive, 1);
    while (st_mono_ms() < end) {
        peer_send(&alive, 0x8a, "", 0);
        (void)peer_hear(&alive, 100);
        (void)peer_hear(&idle, 1);
    }
    peer_wait_close(&idle, CLOSE_IDLE);
    ck_assert_uint_gt(idle.pings, 0);
    ck_assert_uint_eq(alive.close_code, 0);
    peer_close(&idle);
    peer_close(&alive);
}
END_TEST

START_TEST(message_flood)
{
    struct peer bad, good;
    struct st_buf ping;
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    Startrader__V1__Ping p = STARTRADER__V1__PING__INIT;
    p.client_ms = 42;
    f.ping = &p;
    st_buf_init(&ping, 64);
    st_wire_pack(&f.base, &ping);
    peer_enter(&bad, 1);
    peer_enter(&good, 1);
    for (int i = 0; i < 2000; i++)
        peer_send(&bad, 0x82, ping.data, ping.len);
    peer_wait_close(&bad, CLOSE_POLICY);
    good.frames = 0;
    peer_send(&good, 0x82, ping.data, ping.len);
    do
        ck_assert(peer_hear(&good, WAIT_MS));
    while (!good.last->pong);
    ck_assert_uint_eq(good.last->pong->client_ms, 42);
    st_buf_fini(&ping);
    peer_close(&bad);
    peer_close(&good);
}
END_TEST

START_TEST(input_flood)
{
    struct peer c;
    peer_enter(&c, 1);
    for (uint32_t seq = 1; seq <= 160; seq += 8)
        peer_say(&c, client_input(seq, 8));
    for (int i = 0; i < 100 && counted(&t.inputs) < 50; i++)
        poll(NULL, 0, 10);
    poll(NULL, 0, 100);
    ck_assert_uint_ge(counted(&t.inputs), 50);
    ck_assert_uint_le(counted(&t.inputs), 60);
    ck_assert_uint_eq(c.close_code, 0);
    for (uint32_t seq = 161; seq <= 961; seq += 8)
        peer_say(&c, client_input(seq, 8));
    peer_wait_close(&c, CLOSE_POLICY);
    peer_close(&c);
}
END_TEST

START_TEST(malformed_later)
{
    struct peer c, twice;
    peer_enter(&c, 1);
    peer_send(&c, 0x82, "\x0a\xff", 2);
    peer_wait_close(&c, CLOSE_PROTOCOL);
    peer_enter(&twice, 1);
    peer_say(&twice, client_hello("again", 0));
    peer_wait_close(&twice, CLOSE_PROTOCOL);
    peer_close(&c);
    peer_close(&twice);
}
END_TEST

/* A client that does not read gets no queue: frames are skipped, at last it is closed; the others
 * get all of theirs. */
START_TEST(slow_reader)
{
    struct test_slice big[] = {{.cell = HOME, .id = 5, .pad = 20000}};
    struct peer slow, fast;
    uint32_t tick = 100;
    uint64_t end;
    give_tick(1, tick, NULL, 0);
    answer_snapshot(1, tick, home, 1);
    peer_enter(&slow, 1);
    peer_enter(&fast, 1);
    fast.frames = 0;
    end = st_mono_ms() + 4 * DEADLINE_MS;
    while (st_mono_ms() < end) {
        give_own(1, ++tick, fast.sid, 0);
        give_tick(1, tick, big, 1);
        if (tick % 20 == 0) {
            peer_send(&fast, 0x8a, "", 0);
            peer_send(&slow, 0x8a, "", 0);
        }
        (void)peer_hear(&fast, 100);
        poll(NULL, 0, 10);
    }
    ck_assert_uint_gt(fast.frames, 5);
    ck_assert_uint_eq(fast.close_code, 0);
    (void)wait_note(NOTE_GONE);
    while (peer_hear(&slow, 200))
        ;
    ck_assert(slow.ended);
    ck_assert(slow.close_code == 0 || slow.close_code == CLOSE_SLOW);
    peer_close(&slow);
    peer_close(&fast);
}
END_TEST

START_TEST(a_still_world_is_told)
{
    struct peer c;
    uint64_t end;
    uint32_t told = 0;
    give_tick(1, 100, NULL, 0);
    answer_snapshot(1, 100, home, 1);
    peer_enter(&c, 1);
    end = st_mono_ms() + 3000;
    while (st_mono_ms() < end && told < 2) {
        peer_send(&c, 0x8a, "", 0);
        if (peer_hear(&c, 100) && c.last && c.last->status)
            told += c.last->status->world_paused ? 1 : 0;
    }
    ck_assert_uint_ge(told, 2);
    for (uint32_t tick = 101; told > 0; tick++) {
        ck_assert_uint_lt(tick, 300);
        give_tick(1, tick, home, 1);
        while (peer_hear(&c, 20))
            if (c.last->status && !c.last->status->world_paused)
                told = 0;
    }
    peer_close(&c);
}
END_TEST

START_TEST(a_new_world_binds_again)
{
    struct peer c;
    give_tick(1, 100, NULL, 0);
    answer_snapshot(1, 100, home, 1);
    peer_enter(&c, 1);
    t.delta_seq = t.own_seq = 0;
    give_tick(2, 90, home, 1);
    ck_assert_uint_eq(wait_note(NOTE_EPOCH).world_epoch, 2);
    peer_say(&c, client_input(1, 1)); /* nobody is bound */
    answer_snapshot(2, 90, home, 1);
    order_enter(c.sid, 2, 40);
    while (c.welcomes < 2)
        ck_assert(peer_hear(&c, WAIT_MS));
    peer_say(&c, client_input(41, 1));
    for (int i = 0; i < 500 && counted(&t.inputs) == 0; i++)
        poll(NULL, 0, 10);
    ck_assert_uint_eq(counted(&t.highest_seq), 41);
    for (uint32_t tick = 91; !c.last->view; tick++) {
        ck_assert_uint_lt(tick, 300);
        give_own(2, tick, c.sid, 0);
        give_tick(2, tick, home, 1);
        (void)peer_hear(&c, 50);
    }
    ck_assert_uint_eq(c.last->world_epoch, 2);
    peer_close(&c);
}
END_TEST

START_TEST(sent_away)
{
    struct peer c;
    peer_enter(&c, 1);
    plane_order(t.plane, plane_order_new(ORDER_DRAIN, 0, NULL, 0));
    peer_wait_close(&c, CLOSE_MOVING);
    ck_assert_int_eq(strncmp(c.close_reason, "retry=", 6), 0);
    ck_assert_int_ge(atoi(c.close_reason + 6), 250);
    peer_close(&c);
}
END_TEST

START_TEST(ordered_to_close)
{
    struct peer c;
    struct plane_order *o;
    peer_enter(&c, 1);
    o = plane_order_new(ORDER_CLOSE, c.sid, "see you", 7);
    o->code = CLOSE_KICKED;
    plane_order(t.plane, o);
    peer_wait_close(&c, CLOSE_KICKED);
    ck_assert_str_eq(c.close_reason, "see you");
    peer_close(&c);
}
END_TEST

START_TEST(more_sockets_than_slots)
{
    struct peer c[70];
    uint32_t ended = 0;
    for (int i = 0; i < 70; i++)
        peer_open(&c[i]);
    for (int i = 0; i < 500 && atomic_load(&t.sockets_closed) < 6; i++)
        poll(NULL, 0, 10);
    for (int i = 0; i < 70; i++) {
        char byte;
        ended += recv(c[i].fd, &byte, 1, MSG_DONTWAIT) == 0;
        peer_close(&c[i]);
    }
    ck_assert_uint_eq(ended, 6);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_session,
        overtaken_events_are_kept,
        bad_hellos,
        idle_clients_are_cut,
        message_flood,
        input_flood,
        malformed_later,
        slow_reader,
        a_still_world_is_told,
        a_new_world_binds_again,
        sent_away,
        ordered_to_close,
        more_sockets_than_slots,
    };
    Suite *s = suite_create("plane");
    TCase *tc = tcase_create("plane");
    st_log_init("plane-test", "gateway-1", ST_LOG_ERROR);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    for (size_t i = 0; i < ST_ARRAY_LEN(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
