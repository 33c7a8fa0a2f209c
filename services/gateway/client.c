/* SPDX-License-Identifier: Apache-2.0 */
#include "plane_private.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>
#include <st/wire.h>

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { RECOVERED_MS = 1000 /* of frames taken at once, before a slow client counts as well */ };

static void watch(struct plane *p, struct client *c, int op, bool out)
{
    struct epoll_event e = {.events = EPOLLIN | (out ? (uint32_t)EPOLLOUT : 0), .data.u32 = c->sid};
    int err = epoll_ctl(p->epoll, op, c->conn.fd, &e);
    st_assert(err == 0);
    c->wants_out = out;
}

void client_adopt(struct plane *p, const struct plane_order *o)
{
    uint32_t sid;
    struct client *c = p->draining ? NULL : st_pool_get(p->clients, &sid);
    if (!c) {
        close(o->fd);
        p->o.on_socket_closed(p->o.ctx, o->address);
        return;
    }
    c->sid = sid;
    c->state = CLIENT_HELLO;
    c->state_ms = c->strikes_ms = p->now_ms;
    memcpy(c->address, o->address, sizeof c->address);
    st_alloc_cold_begin();
    conn_init(&c->conn, o->fd, o->data, o->len, p->now_ms);
    st_alloc_cold_end();
    bucket_init(&c->messages, p->o.messages_burst, p->now_ms);
    bucket_init(&c->inputs, p->o.inputs_burst, p->now_ms);
    watch(p, c, EPOLL_CTL_ADD, false);
    st_counter_add(p->stats.opened, 1);
    if (conn_has_early(&c->conn))
        client_readable(p, c);
}

void client_free(struct plane *p, struct client *c)
{
    (void)epoll_ctl(p->epoll, EPOLL_CTL_DEL, c->conn.fd, NULL);
    st_alloc_cold_begin();
    conn_fini(&c->conn);
    st_alloc_cold_end();
    show_forget(p, c);
    p->o.on_socket_closed(p->o.ctx, c->address);
    st_pool_put(p->clients, c->sid);
}

static void count_close(uint16_t code)
{
    char label[24];
    snprintf(label, sizeof label, "code=\"%u\"", code);
    st_alloc_cold_begin();
    st_counter_add(st_counter("startrader_gateway_closed_total", label,
                              "sockets ended, by the code that was sent (0: none)"),
                   1);
    st_alloc_cold_end();
}

void client_end(struct plane *p, struct client *c, uint16_t code, const char *reason)
{
    if (c->state == CLIENT_CLOSING)
        return;
    st_log(ST_LOG_DEBUG, "socket_end", st_log_u("sid", c->sid), st_log_i("code", code),
           st_log_s("reason", reason));
    count_close(code);
    if (c->introduced) {
        plane_note(p, NOTE_GONE, c, NULL, 0);
        batch_closed(p->batch, c->sid);
    }
    c->state = CLIENT_CLOSING;
    c->state_ms = p->now_ms;
    conn_close(&c->conn, code, reason, p->now_ms);
    if (conn_busy(&c->conn) != c->wants_out)
        watch(p, c, EPOLL_CTL_MOD, conn_busy(&c->conn));
}

/* One too many: forgiven slowly, and at last not. */
static void strike(struct plane *p, struct client *c)
{
    uint64_t forgiven = (p->now_ms - c->strikes_ms) * GATEWAY_STRIKES_DECAY_PER_S;
    c->strikes -= (uint32_t)ST_MIN(forgiven, c->strikes);
    c->strikes += 1000;
    c->strikes_ms = p->now_ms;
    if (c->strikes > GATEWAY_STRIKES_MAX * 1000)
        client_end(p, c, CLOSE_POLICY, "too many messages");
}

static void take_hello(struct plane *p, struct client *c, const Startrader__V1__ClientFrame *f)
{
    if (!f || !admit_hello(f)) {
        client_end(p, c, CLOSE_BAD_HELLO, "hello expected");
        return;
    }
    c->last_seq = f->hello->last_seq;
    c->state = CLIENT_ENTERING;
    c->state_ms = p->now_ms;
    c->introduced = true;
    plane_note(p, NOTE_HELLO, c, f->hello->ticket, strlen(f->hello->ticket));
}

static void take_input(struct plane *p, struct client *c, const Startrader__V1__Input *in)
{
    if (c->state != CLIENT_LIVE) {
        st_counter_add(p->stats.inputs_state, 1);
        return;
    }
    if (!bucket_take(&c->inputs, p->o.inputs_per_s, p->o.inputs_burst, p->now_ms)) {
        st_counter_add(p->stats.inputs_rate, 1);
        strike(p, c);
        return;
    }
    if (!admit_seq(c->last_seq, in->seq)) {
        st_counter_add(p->stats.inputs_seq, 1);
        return;
    }
    if (batch_add(p->batch, c->sid, in) != ST_OK) {
        st_counter_add(p->stats.inputs_state, 1);
        return;
    }
    c->last_seq = in->seq;
    st_counter_add(p->stats.inputs, 1);
}

static void take_requests(struct plane *p, struct client *c, const Startrader__V1__ClientFrame *f)
{
    for (size_t i = 0; i < f->n_request; i++) {
        st_buf_clear(&p->scratch);
        st_wire_pack(&f->request[i]->base, &p->scratch);
        if (!p->scratch.overflow)
            plane_note(p, NOTE_REQUEST, c, p->scratch.data, p->scratch.len);
    }
}

struct reading {
    struct plane *p;
    struct client *c;
};

static void take_frame(struct plane *p, struct client *c, const Startrader__V1__ClientFrame *f)
{
    if (!f || f->hello) {
        st_counter_add(p->stats.malformed, 1);
        client_end(p, c, CLOSE_PROTOCOL, "not a frame of this protocol");
        return;
    }
    for (size_t i = 0; i < f->n_input && c->state != CLIENT_CLOSING; i++)
        take_input(p, c, f->input[i]);
    if (c->state == CLIENT_CLOSING)
        return;
    take_requests(p, c, f);
    if (f->ping)
        show_pong(p, c, f->ping->client_ms);
    if (f->resync && p->now_ms >= c->resync_ms + GATEWAY_RESYNC_MS) {
        c->resync_ms = p->now_ms;
        if (c->view)
            view_resync(c->view);
    }
}

static bool on_message(void *ctx, const uint8_t *data, size_t len)
{
    struct reading *r = ctx;
    struct plane *p = r->p;
    struct client *c = r->c;
    const Startrader__V1__ClientFrame *f;
    if (!bucket_take(&c->messages, p->o.messages_per_s, p->o.messages_burst, p->now_ms)) {
        st_counter_add(p->stats.messages_rate, 1);
        strike(p, c);
        return c->state != CLIENT_CLOSING;
    }
    st_arena_reset(&p->arena);
    f = admit_frame(&p->arena, data, len);
    if (c->state == CLIENT_HELLO)
        take_hello(p, c, f);
    else
        take_frame(p, c, f);
    return c->state != CLIENT_CLOSING;
}

void client_readable(struct plane *p, struct client *c)
{
    struct reading r = {p, c};
    uint16_t code = 0;
    if (c->state == CLIENT_CLOSING) {
        if (conn_discard(&c->conn))
            client_free(p, c);
        return;
    }
    switch (conn_read(&c->conn, p->now_ms, on_message, &r, &code)) {
    case CONN_OPEN:
        break;
    case CONN_VIOLATION:
        client_end(p, c, code, "");
        break;
    case CONN_ENDED:
        client_end(p, c, CLOSE_NORMAL, "");
        break;
    case CONN_GONE:
        client_end(p, c, CLOSE_GONE, "");
        client_free(p, c);
        return;
    }
    if (c->state != CLIENT_CLOSING && conn_busy(&c->conn) && !c->wants_out)
        watch(p, c, EPOLL_CTL_MOD, true); /* a pong did not fit */
}

void client_writable(struct plane *p, struct client *c)
{
    if (conn_flush(&c->conn) != ST_OK) {
        client_end(p, c, CLOSE_GONE, "");
        client_free(p, c);
        return;
    }
    if (!conn_busy(&c->conn) && c->wants_out)
        watch(p, c, EPOLL_CTL_MOD, false);
}

/* A client that takes its frames only now and then is behind all the while. */
static void note_pace(struct plane *p, struct client *c)
{
    if (conn_busy(&c->conn)) {
        c->recovered_ms = 0;
        if (c->behind_ms == 0)
            c->behind_ms = p->now_ms;
    } else if (c->behind_ms != 0 && c->recovered_ms == 0) {
        c->recovered_ms = p->now_ms;
    } else if (c->behind_ms != 0 && p->now_ms >= c->recovered_ms + RECOVERED_MS) {
        c->behind_ms = c->recovered_ms = 0;
    }
}

static void note_sent(struct plane *p, struct client *c, size_t len, int err)
{
    if (err != ST_OK) {
        client_end(p, c, err == ST_EFULL ? CLOSE_SLOW : CLOSE_GONE, "too slow");
        return;
    }
    st_counter_add(p->stats.frames, 1);
    st_counter_add(p->stats.bytes, len);
    st_histogram_observe(p->stats.frame_bytes, (double)len);
    note_pace(p, c);
    if (conn_busy(&c->conn) && !c->wants_out)
        watch(p, c, EPOLL_CTL_MOD, true);
}

void client_send(struct plane *p, struct client *c, const struct st_buf *frames)
{
    note_sent(p, c, frames->len, conn_send(&c->conn, frames->data, frames->len, p->now_ms));
}

static void on_burst(void *ctx, uint32_t sid, const uint8_t *data, size_t len, ssize_t sent)
{
    struct plane *p = ctx;
    struct client *c = plane_client(p, sid);
    if (c && c->state != CLIENT_CLOSING)
        note_sent(p, c, len, conn_sent(&c->conn, data, len, sent, p->now_ms));
}

void client_flush(struct plane *p)
{
    if (p->burst)
        burst_flush(p->burst, on_burst, p);
}

void client_post(struct plane *p, struct client *c, const struct st_buf *frames)
{
    st_assert(!conn_busy(&c->conn));
    if (p->burst && burst_put(p->burst, c->sid, c->conn.fd, frames->data, frames->len))
        return;
    client_flush(p);
    if (!p->burst || !burst_put(p->burst, c->sid, c->conn.fd, frames->data, frames->len))
        client_send(p, c, frames);
}

static void check_quiet(struct plane *p, struct client *c)
{
    uint64_t quiet = p->now_ms - c->conn.heard_ms;
    if (quiet >= p->o.idle_ms) {
        client_end(p, c, CLOSE_IDLE, "idle");
    } else if (quiet >= p->o.ping_ms && c->pinged_ms < c->conn.heard_ms + p->o.ping_ms) {
        c->pinged_ms = p->now_ms;
        if (conn_ping(&c->conn, p->now_ms) != ST_OK)
            client_end(p, c, CLOSE_GONE, "");
    }
}

void client_check(struct plane *p, struct client *c)
{
    uint64_t age = p->now_ms - c->state_ms;
    if (c->state == CLIENT_CLOSING) {
        uint64_t wait = conn_busy(&c->conn) ? 2 * GATEWAY_CLOSE_MS : GATEWAY_CLOSE_MS;
        if (c->conn.eof || age >= wait)
            client_free(p, c);
        return;
    }
    if (c->state == CLIENT_HELLO && age >= p->o.hello_ms) {
        client_end(p, c, CLOSE_HELLO_LATE, "no hello in time");
        return;
    }
    if (conn_busy(&c->conn) && (p->now_ms >= c->conn.stalled_ms + p->o.stall_ms ||
                                (c->behind_ms != 0 && p->now_ms >= c->behind_ms + p->o.stall_ms))) {
        st_counter_add(p->stats.slow, 1);
        client_end(p, c, CLOSE_SLOW, "too slow");
        return;
    }
    check_quiet(p, c);
}
