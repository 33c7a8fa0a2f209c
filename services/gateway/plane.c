/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A turn of the thread: wait for the bus, the loop or the next beat; take what has come; show a
 * tick that is complete. Sockets are drained once per beat, not when bytes arrive: a read of a
 * single small message costs four times as much as one of a batch of sockets.
 */
#include "plane_private.h"

#include "frame.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/wire.h>
#include <st/rng.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    EVENTS_PER_POLL = 512,
    CHECK_BEATS = 10, /* deadlines are looked at ten times a second */
    HEARTBEAT_MS = 1000,
    STATUS_MS = 1000,
    ASK_AGAIN_MS = 700,
    DRAIN_MS = 3000,
    LOAD_MAX_PM = 750, /* of its time that the thread may be busy before frames come slower */
    SCRAPS_FEW = 1024, /* blocks for what waits for a frame; the second number by connection */
    SCRAPS_EACH = 2,
    FRAMES_MAX = 2 * GATEWAY_BACKLOG_MAX,
};

/* --- mailboxes --- */

struct plane_order *plane_order_new(enum plane_order_kind kind, uint32_t sid, const void *data,
                                    size_t len)
{
    struct plane_order *o;
    st_alloc_cold_begin();
    o = st_alloc(sizeof *o + len);
    st_alloc_cold_end();
    o->kind = kind;
    o->sid = sid;
    o->fd = -1;
    o->len = len;
    if (len > 0)
        memcpy(o->data, data, len);
    return o;
}

static void order_free(void *ctx, void *msg)
{
    struct plane_order *o = msg;
    (void)ctx;
    if (o->fd >= 0)
        close(o->fd);
    st_alloc_cold_begin();
    st_free(o);
    st_alloc_cold_end();
}

void plane_order(struct plane *p, struct plane_order *o)
{
    if (st_mailbox_post(p->orders, o) == ST_OK)
        return;
    st_counter_add(p->stats.orders_dropped, 1);
    if (o->kind == ORDER_ADOPT)
        p->o.on_socket_closed(p->o.ctx, o->address);
    order_free(NULL, o);
}

void plane_bus_message(void *ctx, struct st_bus_msg *msg)
{
    struct plane *p = ctx;
    if (st_mailbox_post(p->world, msg) == ST_OK)
        return;
    st_counter_add(p->stats.world_dropped, 1);
    st_bus_msg_free(msg);
}

void plane_note(struct plane *p, enum loop_note_kind kind, const struct client *c, const void *data,
                size_t len)
{
    struct loop_note *n;
    st_alloc_cold_begin();
    n = st_alloc(sizeof *n + len);
    n->kind = kind;
    n->sid = c ? c->sid : 0;
    n->last_seq = c ? c->last_seq : 0;
    n->cell = c ? c->cell : UINT32_MAX;
    n->world_epoch = p->stream.world_epoch;
    n->revision = p->revision;
    n->len = len;
    if (c)
        memcpy(n->address, c->address, sizeof n->address);
    if (len > 0)
        memcpy(n->data, data, len);
    if (st_mailbox_post(p->notes, n) != ST_OK) {
        st_counter_add(p->stats.orders_dropped, 1);
        st_free(n);
    }
    st_alloc_cold_end();
}

static void on_note(void *ctx, void *msg)
{
    struct plane *p = ctx;
    p->o.on_note(p->o.ctx, msg);
    st_alloc_cold_begin();
    st_free(msg);
    st_alloc_cold_end();
}

struct client *plane_client(struct plane *p, uint32_t sid)
{
    return st_pool_find(p->clients, sid);
}

/* --- orders --- */

static void take_snapshot(struct plane *p, const struct plane_order *o)
{
    void *block;
    bool whole = p->asked_whole;
    p->asked = false;
    if (o->len == 0)
        return;
    st_alloc_cold_begin();
    block = st_alloc(o->len);
    memcpy(block, o->data, o->len);
    stream_take_snapshot(&p->stream, block, o->len, whole);
    st_alloc_cold_end();
}

static void drain(struct plane *p)
{
    uint32_t cursor = 0, sid;
    struct client *c;
    p->draining = true;
    p->drain_ms = p->now_ms;
    while ((c = st_pool_next(p->clients, &cursor, &sid))) {
        char reason[32];
        snprintf(reason, sizeof reason, "retry=%u", 250 + st_random_below(4000));
        client_end(p, c, CLOSE_MOVING, reason);
    }
}

static void take_order(struct plane *p, struct plane_order *o)
{
    char reason[FRAME_REASON_MAX + 1];
    struct client *c = o->sid ? plane_client(p, o->sid) : NULL;
    switch (o->kind) {
    case ORDER_ADOPT:
        client_adopt(p, o);
        o->fd = -1;
        break;
    case ORDER_ENTER:
        show_enter(p, o);
        break;
    case ORDER_SEND:
        if (c && c->state != CLIENT_CLOSING)
            show_extra(p, c, o->data, o->len);
        break;
    case ORDER_CLOSE:
        snprintf(reason, sizeof reason, "%.*s", (int)o->len, (const char *)o->data);
        if (c)
            client_end(p, c, (uint16_t)o->code, reason);
        break;
    case ORDER_SNAPSHOT:
        take_snapshot(p, o);
        break;
    case ORDER_NEWS:
        show_news(p, o->cell, o->data, o->len);
        break;
    case ORDER_CHAT:
        show_chat(p, o->zone, o->data, o->len);
        break;
    case ORDER_LISTEN:
        if (c)
            c->zone = (uint8_t)o->zone;
        break;
    case ORDER_STATUS:
        p->flags = o->flags;
        p->status_ms = 0;
        break;
    case ORDER_DRAIN:
        drain(p);
        break;
    }
}

/* --- the world --- */

static void new_world(struct plane *p)
{
    p->asked = false;
    show_new_world(p);
    st_log(ST_LOG_INFO, "world_epoch", st_log_u("world_epoch", p->stream.world_epoch));
    plane_note(p, NOTE_EPOCH, NULL, NULL, 0);
}

static void publish_pulse(struct plane *p)
{
    const struct tick_marker *m = &p->stream.marker;
    atomic_store(&p->pulse_tick, m->tick);
    atomic_store(&p->pulse_epoch, m->world_epoch);
    atomic_store(&p->pulse_ships, m->ships);
    atomic_store(&p->pulse_revision, m->config_revision);
    atomic_store(&p->pulse_ms, p->stream.marker_ms);
    if (m->config_revision != p->revision) {
        p->revision = m->config_revision;
        plane_note(p, NOTE_CONFIG, NULL, NULL, 0);
    }
    if (p->stream.density_tick != p->told_density) {
        p->told_density = p->stream.density_tick;
        plane_note(p, NOTE_DENSITY, NULL, p->stream.density, p->stream.density_len);
    }
}

static void resync_all(struct plane *p)
{
    uint32_t cursor = 0, sid;
    struct client *c;
    p->stream.resync = false;
    while ((c = st_pool_next(p->clients, &cursor, &sid)))
        if (c->view)
            view_resync(c->view);
}

static void take_world(struct plane *p, struct st_bus_msg *msg)
{
    const char *leaf = strrchr(msg->subject, '.');
    st_counter_add(p->stats.bundles, 1);
    if (strncmp(msg->subject, "own.", 4) == 0) {
        show_own_bundle(p, msg);
        return;
    }
    if (stream_take(&p->stream, leaf ? leaf + 1 : "", msg, p->now_ms) == STREAM_EPOCH)
        new_world(p);
}

/* Called between two waits, once per tick. */
static void govern(struct plane *p, uint64_t now_ns)
{
    uint64_t span = p->governed_ns ? now_ns - p->governed_ns : 0;
    int change = governor_tick(&p->governor, p->busy_ns, span, st_mailbox_count(p->world));
    p->busy_ns = 0;
    p->governed_ns = now_ns;
    if (change != 0)
        st_counter_add(change > 0 ? p->stats.slower : p->stats.faster, 1);
    st_gauge_set(p->stats.cadence, 20.0 / governor_interval(&p->governor));
    st_gauge_set(p->stats.load, p->governor.load_pm / 1000.0);
}

static void show_if_ready(struct plane *p)
{
    uint64_t begin, took;
    if (!stream_ready(&p->stream, st_gauge_get(p->stats.live) > 0, p->now_ms))
        return;
    publish_pulse(p);
    if (p->stream.resync)
        resync_all(p);
    begin = st_mono_ns();
    govern(p, begin);
    show_tick(p);
    took = st_mono_ns() - begin;
    st_histogram_observe(p->stats.send_seconds, (double)took / 1e9);
}

/* Snapshots are asked for one request at a time: all of them after a gap, else what views lack. */
static void ask_snapshots(struct plane *p)
{
    bool whole = !p->stream.synced;
    if (p->stream.world_epoch == 0 || (!whole && p->wanted.count == 0))
        return;
    if (p->asked && p->now_ms < p->asked_ms + ASK_AGAIN_MS)
        return;
    p->asked = true;
    p->asked_whole = whole;
    p->asked_ms = p->now_ms;
    plane_note(p, NOTE_WANTED, NULL, p->wanted.cell,
               whole ? 0 : p->wanted.count * sizeof p->wanted.cell[0]);
    p->wanted.count = 0;
}

/* --- beats --- */

static void drain_sockets(struct plane *p)
{
    struct epoll_event events[EVENTS_PER_POLL];
    uint32_t seen = 0;
    int n;
    do {
        n = epoll_wait(p->epoll, events, EVENTS_PER_POLL, 0);
        for (int i = 0; i < n; i++) {
            struct client *c = plane_client(p, events[i].data.u32);
            if (c && (events[i].events & EPOLLOUT))
                client_writable(p, c);
            c = plane_client(p, events[i].data.u32);
            if (c && (events[i].events & ~(uint32_t)EPOLLOUT))
                client_readable(p, c);
        }
        seen += (uint32_t)ST_MAX(n, 0);
    } while (n == EVENTS_PER_POLL && seen < p->o.connections_max);
}

static void send_batch(struct plane *p)
{
    bool due = p->now_ms >= p->heartbeat_ms + HEARTBEAT_MS;
    if (!due && batch_is_empty(p->batch))
        return;
    p->heartbeat_ms = p->now_ms;
    st_buf_clear(&p->scratch);
    batch_encode(p->batch, &p->scratch);
    st_assert(!p->scratch.overflow);
    outlet_put(p->outlet, p->scratch.data, p->scratch.len);
}

static void tell_status(struct plane *p)
{
    bool paused = p->stream.marker_ms == 0 || p->now_ms > p->stream.marker_ms + GATEWAY_STILL_MS;
    uint32_t cursor = 0, sid;
    struct client *c;
    if (paused == p->paused && p->status_ms != 0 &&
        (!paused || p->now_ms < p->status_ms + STATUS_MS))
        return;
    p->paused = paused;
    p->status_ms = p->now_ms;
    while ((c = st_pool_next(p->clients, &cursor, &sid)))
        if (c->state == CLIENT_ENTERING || c->state == CLIENT_LIVE)
            show_status(p, c);
}

static void count(struct plane *p)
{
    st_gauge_set(p->stats.clients, st_pool_count(p->clients));
    atomic_store(&p->pulse_clients, st_pool_count(p->clients));
    st_gauge_set(p->stats.pinned, (double)cells_pinned(p->stream.cells));
    st_gauge_set(p->stats.rings, cells_count(p->stream.cells));
    st_counter_add(p->stats.gaps, p->stream.gaps - p->told_gaps);
    st_counter_add(p->stats.lates, p->stream.lates - p->told_lates);
    st_counter_add(p->stats.refused, p->stream.refused - p->told_refused);
    p->told_gaps = p->stream.gaps;
    p->told_lates = p->stream.lates;
    p->told_refused = p->stream.refused;
}

static void check_all(struct plane *p)
{
    uint32_t cursor = 0, sid, live = 0;
    size_t backlog = 0;
    struct client *c;
    while ((c = st_pool_next(p->clients, &cursor, &sid))) {
        live += c->state == CLIENT_LIVE;
        backlog += c->conn.rest_len - c->conn.rest_at;
        client_check(p, c);
    }
    st_gauge_set(p->stats.live, live);
    st_gauge_set(p->stats.backlog, (double)backlog);
    count(p);
}

static void beat(struct plane *p)
{
    p->next_beat_ms += GATEWAY_BEAT_MS;
    if (p->next_beat_ms + GATEWAY_STILL_MS < p->now_ms)
        p->next_beat_ms = p->now_ms + GATEWAY_BEAT_MS; /* the process was stopped: no catching up */
    drain_sockets(p);
    send_batch(p);
    tell_status(p);
    show_extras(p);
    ask_snapshots(p);
    if (++p->beats % CHECK_BEATS == 0)
        check_all(p);
    if (p->draining && (st_pool_count(p->clients) == 0 || p->now_ms > p->drain_ms + DRAIN_MS)) {
        send_batch(p);
        p->ended = true;
    }
}

static void wait(struct plane *p)
{
    struct pollfd fds[2] = {{.fd = st_mailbox_fd(p->world), .events = POLLIN},
                            {.fd = st_mailbox_fd(p->orders), .events = POLLIN}};
    uint64_t now = st_mono_ms(), counted;
    int until_beat = now < p->next_beat_ms ? (int)(p->next_beat_ms - now) : 0;
    int until_late = stream_wait_ms(&p->stream, now);
    int ms = until_late >= 0 ? ST_MIN(until_beat, until_late) : until_beat;
    if (poll(fds, 2, ms) > 0)
        for (int i = 0; i < 2; i++)
            if (fds[i].revents & POLLIN)
                (void)!read(fds[i].fd, &counted, sizeof counted);
    p->now_ms = st_mono_ms();
}

/* By the thread that uses them. */
static void start_bursts(struct plane *p)
{
    st_alloc_cold_begin();
    p->burst = p->o.send_plain ? NULL : burst_new();
    st_alloc_cold_end();
    if (!p->o.send_plain && !p->burst)
        st_log(ST_LOG_INFO, "no_io_uring", st_log_s("error", strerror(errno)));
}

static void *run(void *ctx)
{
    struct plane *p = ctx;
    uint32_t cursor = 0, sid;
    struct client *c;
    p->next_beat_ms = st_mono_ms();
    start_bursts(p);
    while (!p->ended) {
        void *msg;
        uint64_t woken;
        wait(p);
        woken = st_mono_ns();
        while ((msg = st_mailbox_take(p->orders))) {
            take_order(p, msg);
            order_free(NULL, msg);
        }
        while ((msg = st_mailbox_take(p->world))) {
            take_world(p, msg);
            show_if_ready(p);
        }
        show_if_ready(p);
        if (p->now_ms >= p->next_beat_ms)
            beat(p);
        p->busy_ns += st_mono_ns() - woken;
    }
    while ((c = st_pool_next(p->clients, &cursor, &sid)))
        client_free(p, c);
    plane_note(p, NOTE_DRAINED, NULL, NULL, 0);
    return NULL;
}

/* --- life --- */

static void register_stats(struct plane_stats *s);

struct plane *plane_new(const struct plane_options *o)
{
    struct plane *p = st_alloc(sizeof *p);
    size_t arena = st_wire_arena_size(GATEWAY_MESSAGE_MAX);
    p->o = *o;
    p->now_ms = st_mono_ms();
    p->world = st_mailbox_new(NULL, GATEWAY_WORLD_QUEUE, NULL, NULL);
    p->orders = st_mailbox_new(NULL, GATEWAY_ORDER_QUEUE, NULL, NULL);
    p->notes = st_mailbox_new(o->loop, GATEWAY_ORDER_QUEUE, on_note, p);
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    st_assert(p->epoll >= 0);
    p->clients = st_pool_new(sizeof(struct client), o->connections_max);
    p->views = st_pool_new(sizeof(struct view), o->connections_max);
    p->scraps = scraps_new(SCRAPS_FEW + SCRAPS_EACH * o->connections_max);
    owns_init(&p->owns);
    governor_init(&p->governor, o->load_max_pm ? o->load_max_pm : LOAD_MAX_PM);
    stream_init(&p->stream, o->shard);
    p->batch = batch_new(o->instance, st_random_u64() | 1);
    st_arena_init(&p->arena, st_alloc(arena), arena);
    st_buf_init_fixed(&p->out, st_alloc(FRAMES_MAX), FRAMES_MAX);
    st_buf_init_fixed(&p->scratch, st_alloc(BATCH_BYTES_MAX), BATCH_BYTES_MAX);
    register_stats(&p->stats);
    return p;
}

void plane_start(struct plane *p)
{
    int err;
    p->outlet = outlet_new(p->o.rt_out, p->o.in);
    p->started = true;
    err = pthread_create(&p->thread, NULL, run, p);
    st_assert(err == 0);
}

static void message_free(void *ctx, void *msg)
{
    (void)ctx;
    st_bus_msg_free(msg);
}

static void note_free(void *ctx, void *msg)
{
    (void)ctx;
    st_free(msg);
}

void plane_free(struct plane **out)
{
    struct plane *p = *out;
    if (!p)
        return;
    if (p->started)
        pthread_join(p->thread, NULL);
    outlet_free(&p->outlet);
    burst_free(&p->burst);
    st_mailbox_free(&p->world, message_free, NULL);
    st_mailbox_free(&p->orders, order_free, NULL);
    st_mailbox_free(&p->notes, note_free, NULL);
    stream_fini(&p->stream);
    batch_free(&p->batch);
    st_pool_free(&p->clients);
    st_pool_free(&p->views);
    scraps_free(&p->scraps);
    owns_fini(&p->owns);
    st_free(p->arena.mem);
    st_free(p->out.data);
    st_free(p->scratch.data);
    close(p->epoll);
    st_free(p);
    *out = NULL;
}

void plane_pulse(const struct plane *p, struct plane_pulse *out)
{
    uint64_t at = atomic_load(&p->pulse_ms);
    out->tick = atomic_load(&p->pulse_tick);
    out->world_epoch = atomic_load(&p->pulse_epoch);
    out->ships = atomic_load(&p->pulse_ships);
    out->config_revision = atomic_load(&p->pulse_revision);
    out->clients = atomic_load(&p->pulse_clients);
    out->age_ms = at ? st_mono_ms() - at : UINT64_MAX;
}

static void register_inputs(struct plane_stats *s)
{
    static const char name[] = "startrader_gateway_inputs_total";
    static const char help[] = "inputs of clients by what became of them";
    s->inputs = st_counter(name, "result=\"passed\"", help);
    s->inputs_rate = st_counter(name, "result=\"rate\"", help);
    s->inputs_seq = st_counter(name, "result=\"sequence\"", help);
    s->inputs_state = st_counter(name, "result=\"state\"", help);
    s->malformed = st_counter("startrader_gateway_malformed_total", NULL,
                              "messages of clients that could not be decoded");
    s->messages_rate = st_counter("startrader_gateway_messages_dropped_total", NULL,
                                  "messages of clients beyond their rate");
}

static void register_load(struct plane_stats *s)
{
    static const char slow[] = "startrader_gateway_slow_steps_total";
    static const char slow_help[] = "times a client that was behind was told less";
    static const char changes[] = "startrader_gateway_cadence_changes_total";
    static const char changes_help[] = "times all frames became slower, or faster again";
    s->slow_steps[SLOW_COARSER] = st_counter(slow, "step=\"coarser\"", slow_help);
    s->slow_steps[SLOW_OWN_ONLY] = st_counter(slow, "step=\"own_only\"", slow_help);
    s->slower = st_counter(changes, "direction=\"slower\"", changes_help);
    s->faster = st_counter(changes, "direction=\"faster\"", changes_help);
    s->cadence = st_gauge("startrader_gateway_cadence_hertz", NULL,
                          "frames per second that a client gets at most; 20 unless overloaded");
    s->load = st_gauge("startrader_gateway_load_ratio", NULL,
                       "share of its time that the data plane is busy");
}

static void register_stats(struct plane_stats *s)
{
    static const double bytes[] = {64,   128,  256,   512,   1024,  2048,
                                   4096, 8192, 16384, 32768, 65536, 262144};
    register_inputs(s);
    register_load(s);
    s->frames = st_counter("startrader_gateway_frames_total", NULL, "frames sent to clients");
    s->bytes = st_counter("startrader_gateway_sent_bytes_total", NULL, "bytes sent to clients");
    s->skipped = st_counter("startrader_gateway_frames_skipped_total", NULL,
                            "frames not built because one is unfinished");
    s->slow = st_counter("startrader_gateway_slow_clients_total", NULL, "clients closed as slow");
    s->gaps = st_counter("startrader_gateway_stream_gaps_total", NULL, "gaps of the world stream");
    s->lates = st_counter("startrader_gateway_ticks_late_total", NULL,
                          "ticks shown without all that their marker named");
    s->refused = st_counter("startrader_gateway_bundles_refused_total", NULL,
                            "messages of the world stream that could not be read");
    s->bundles =
        st_counter("startrader_gateway_bundles_total", NULL, "messages of the world stream");
    s->world_dropped = st_counter("startrader_gateway_bundles_dropped_total", NULL,
                                  "messages of the world stream beyond the queue");
    s->orders_dropped = st_counter("startrader_gateway_mailbox_dropped_total", NULL,
                                   "messages between the threads beyond the queue");
    s->opened = st_counter("startrader_gateway_sockets_total", NULL, "sockets adopted");
    s->clients = st_gauge("startrader_gateway_clients", NULL, "sockets open");
    s->live = st_gauge("startrader_gateway_sessions", NULL, "sessions bound and served");
    s->backlog =
        st_gauge("startrader_gateway_backlog_bytes", NULL, "bytes that clients did not take");
    s->pinned =
        st_gauge("startrader_gateway_pinned_bytes", NULL, "bundles held by the cells' rings");
    s->rings = st_gauge("startrader_gateway_cells", NULL, "cells that are not empty");
    s->send_seconds = st_histogram("startrader_gateway_send_seconds", NULL,
                                   "building and sending the frames of one tick", st_latency_bounds,
                                   st_latency_bounds_count);
    s->frame_bytes = st_histogram("startrader_gateway_frame_bytes", NULL, "size of frames", bytes,
                                  ST_ARRAY_LEN(bytes));
}
