/* SPDX-License-Identifier: Apache-2.0 */
#include "plane_rig.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct plane_rig rig;
uint32_t rig_stall_ms, rig_load_pm;

/* --- the loop's side --- */

static void on_note(void *ctx, struct loop_note *n)
{
    struct seen_note *to;
    (void)ctx;
    pthread_mutex_lock(&rig.lock);
    to = &rig.note[rig.notes++ % NOTES_MAX];
    *to = (struct seen_note){n->kind, n->sid, n->last_seq, n->world_epoch, n->len, ""};
    memcpy(to->data, n->data, ST_MIN(n->len, sizeof to->data));
    pthread_mutex_unlock(&rig.lock);
}

static void on_socket_closed(void *ctx, const char *address)
{
    (void)ctx;
    st_assert(strcmp(address, "192.0.2.1") == 0);
    atomic_fetch_add(&rig.sockets_closed, 1);
}

static void on_publish(const char *subject, const void *data, size_t len)
{
    Startrader__V1__InputBatch *b = startrader__v1__input_batch__unpack(NULL, len, data);
    st_assert(strcmp(subject, "in.sol-1.s0") == 0 && b);
    pthread_mutex_lock(&rig.lock);
    rig.batches++;
    rig.inputs += (uint32_t)b->n_input;
    rig.closed += (uint32_t)b->n_closed;
    for (size_t i = 0; i < b->n_input; i++)
        rig.highest_seq = ST_MAX(rig.highest_seq, b->input[i]->seq);
    pthread_mutex_unlock(&rig.lock);
    startrader__v1__input_batch__free_unpacked(b, NULL);
}

/* Next note of that kind; others are passed over. */
struct seen_note wait_note(enum loop_note_kind kind)
{
    uint64_t end = st_mono_ms() + WAIT_MS;
    while (st_mono_ms() < end) {
        pthread_mutex_lock(&rig.lock);
        while (rig.taken < rig.notes) {
            struct seen_note n = rig.note[rig.taken++ % NOTES_MAX];
            if (n.kind == kind) {
                pthread_mutex_unlock(&rig.lock);
                return n;
            }
        }
        pthread_mutex_unlock(&rig.lock);
        poll(NULL, 0, 2);
    }
    ck_abort_msg("note %d did not come", kind);
}

uint32_t counted(const uint32_t *value)
{
    uint32_t v;
    pthread_mutex_lock(&rig.lock);
    v = *value;
    pthread_mutex_unlock(&rig.lock);
    return v;
}

static void *run_loop(void *ctx)
{
    (void)ctx;
    st_loop_run(rig.loop);
    return NULL;
}

void rig_setup(void)
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
                              .client_bytes_per_s = 1000000,
                              .on_note = on_note,
                              .on_socket_closed = on_socket_closed};
    memset(&rig, 0, sizeof rig);
    if (rig_stall_ms)
        o.stall_ms = rig_stall_ms;
    o.load_max_pm = rig_load_pm;
    pthread_mutex_init(&rig.lock, NULL);
    world_on_publish = on_publish;
    o.loop = rig.loop = st_loop_new();
    rig.plane = plane_new(&o);
    plane_start(rig.plane);
    pthread_create(&rig.thread, NULL, run_loop, NULL);
}

void rig_teardown(void)
{
    plane_order(rig.plane, plane_order_new(ORDER_DRAIN, 0, NULL, 0));
    (void)wait_note(NOTE_DRAINED);
    st_loop_stop(rig.loop);
    pthread_join(rig.thread, NULL);
    plane_free(&rig.plane);
    st_loop_free(&rig.loop);
    ck_assert_int_eq(atomic_load(&world_messages), 0);
    pthread_mutex_destroy(&rig.lock);
}

/* --- the simulation's side --- */

void give(const char *leaf, struct st_buf b)
{
    plane_bus_message(rig.plane, world_message(leaf, b.data, b.len));
    st_buf_fini(&b);
}

void give_tick(uint32_t epoch, uint32_t tick, const struct test_slice *slices, size_t count)
{
    if (count > 0)
        give("delta", world_bundle(false, epoch, tick, ++rig.delta_seq, slices, count));
    give("tick", world_marker(epoch, tick, rig.delta_seq, rig.snapshot_seq, rig.own_seq));
}

void give_own(uint32_t epoch, uint32_t tick, uint32_t sid, uint32_t ack)
{
    give("own", own_bundle_of(epoch, tick, ++rig.own_seq, sid, HOME, FLYING, ack, true));
}

void give_own_plain(uint32_t tick, uint32_t sid, uint32_t phase, uint32_t ack)
{
    give("own", own_bundle_of(1, tick, ++rig.own_seq, sid, HOME, phase, ack, false));
}

void answer_snapshot(uint32_t epoch, uint32_t tick, const struct test_slice *s, size_t count)
{
    struct st_buf b = world_bundle(true, epoch, tick, 0, s, count);
    (void)wait_note(NOTE_WANTED);
    plane_order(rig.plane, plane_order_new(ORDER_SNAPSHOT, 0, b.data, b.len));
    st_buf_fini(&b);
}

/* --- a client --- */

void peer_open(struct peer *c)
{
    int fds[2];
    struct plane_order *o = plane_order_new(ORDER_ADOPT, 0, NULL, 0);
    memset(c, 0, sizeof *c);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    o->fd = fds[0];
    strcpy(o->address, "192.0.2.1");
    plane_order(rig.plane, o);
    c->fd = fds[1];
    c->in = malloc(1 << 20);
}

void peer_close(struct peer *c)
{
    if (c->last)
        startrader__v1__server_frame__free_unpacked(c->last, NULL);
    free(c->in);
    close(c->fd);
}

void peer_send(struct peer *c, uint8_t first, const void *data, size_t len)
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

void peer_say(struct peer *c, struct st_buf message)
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
bool peer_hear(struct peer *c, int ms)
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

void peer_wait_close(struct peer *c, uint16_t code)
{
    uint64_t end = st_mono_ms() + WAIT_MS;
    while (c->close_code == 0 && !c->ended && st_mono_ms() < end)
        (void)peer_hear(c, 50);
    ck_assert_msg(c->close_code == code, "closed with %u (%s), wanted %u", c->close_code,
                  c->close_reason, code);
}

void order_enter(uint32_t sid, uint32_t epoch, uint32_t last_seq)
{
    static const uint8_t welcome[] = {9 << 3 | 2, 2, 1 << 3, 77};
    struct plane_order *o = plane_order_new(ORDER_ENTER, sid, welcome, sizeof welcome);
    o->cell = HOME;
    o->world_epoch = epoch;
    o->last_seq = last_seq;
    plane_order(rig.plane, o);
}

void peer_enter(struct peer *c, uint32_t epoch)
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
