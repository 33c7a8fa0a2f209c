/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"
#include "probe.h"
#include "rude.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include <st/clock.h>
#include <st/rng.h>
#include <st/wire.h>

enum { CHECKED = 10 };       /* one pilot in ten compares predictions */
enum { OWN_TICKS_MAX = 40 }; /* that the own ship is flown on without word */
enum { THINK_MS = 100, INPUT_MIN_MS = 50, HEARTBEAT_MS = 500, FRAME_MAX = 2048 };
enum { FIELD_DELTA = 5, FIELD_SNAPSHOT = 6, WIRE_BYTES = 2 };

uint32_t pilot_random(struct pilot *p, uint32_t below)
{
    p->rng = p->rng * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(p->rng >> 4) * below >> 28);
}

void pilot_random_id(uint8_t id[16])
{
    st_random(id, 16);
}

void pilot_next_goal(struct pilot *p, const struct world *w)
{
    p->goal_index = (p->goal_index + 1) % w->options->stations_n;
    const char *code = w->options->stations[p->goal_index];
    for (uint32_t i = 0; i < w->config->stations_n; i++)
        if (strcmp(w->config->stations[i].code, code) == 0)
            p->goal = &w->config->stations[i];
}

void pilot_init(struct pilot *p, struct world *w, uint32_t index, const struct account *account)
{
    *p = (struct pilot){.index = index, .rng = index * 2654435761u + 1, .account = *account};
    p->behaviour = options_behaviour(w->options, index);
    p->watches = index % w->options->watch == 0;
    link_init(&p->link, p->rng);
    shadow_init(&p->shadow, w->config, index % CHECKED == 0 && !w->options->control);
    /* Those who fight stay together near the first station; all others spread. */
    p->goal_index = p->behaviour == FIGHT ? w->options->stations_n - 1
                                          : pilot_random(p, w->options->stations_n);
    pilot_next_goal(p, w);
    p->retry_at_ms = st_mono_ms() + index * (w->options->home ? 2u : 4u);
    p->think_ms = p->retry_at_ms + pilot_random(p, THINK_MS);
}

void pilot_fini(struct pilot *p)
{
    link_fini(&p->link);
    shadow_fini(&p->shadow);
}

static void watch(struct pilot *p, struct world *w, int op)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    if (link_wants_write(&p->link))
        e.events |= EPOLLOUT;
    epoll_ctl(w->epoll, op, p->link.fd, &e);
}

void pilot_send_frame(struct pilot *p, struct world *w, const Startrader__V1__ClientFrame *f)
{
    uint8_t mem[FRAME_MAX];
    struct st_buf b;
    st_buf_init_fixed(&b, mem, sizeof mem);
    st_wire_pack(&f->base, &b);
    if (!b.overflow && link_send(&p->link, b.data, b.len) && link_wants_write(&p->link))
        watch(p, w, EPOLL_CTL_MOD);
}

static void hello(struct pilot *p, struct world *w)
{
    Startrader__V1__Hello h = STARTRADER__V1__HELLO__INIT;
    h.ticket = p->account.ticket;
    h.last_seq = p->seq;
    h.protocol = 1;
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    f.hello = &h;
    pilot_send_frame(p, w, &f);
}

static void stop_flying(struct pilot *p, struct world *w, uint64_t now_us)
{
    if (p->flying_since_us)
        w->report->flying_s += (double)(now_us - p->flying_since_us) / 1e6;
    p->flying_since_us = 0;
}

static void lost(struct pilot *p, struct world *w, uint64_t now_ms)
{
    bool expected = w->ending || w->options->faults || p->link.close_code == 1012;
    stop_flying(p, w, st_mono_ns() / 1000);
    if (!expected) {
        char text[96];
        snprintf(text, sizeof text, "%u %.60s", p->link.close_code, p->link.close_reason);
        report_fail(w->report, FAIL_CLOSE, text);
        w->report->window.closes++;
    }
    if (p->welcomed) {
        p->lost_at_ms = now_ms;
        p->attempts = 0;
        w->report->reconnects++;
    }
    p->welcomed = p->stalled = false;
    p->own.phase = STARTRADER__V1__PHASE__PHASE_UNSPECIFIED;
    p->frame_us = 0;
    p->market_known = p->account_known = false;
    /* 1012 and 1001 say when to come again; otherwise back off with jitter. */
    unsigned hint = 0;
    if (sscanf(p->link.close_reason, "retry=%u", &hint) != 1)
        hint = 100u << ST_MIN(p->attempts, 4u);
    p->attempts++;
    p->retry_at_ms = now_ms + hint / 2 + pilot_random(p, hint / 2 + 1);
    shadow_clear(&p->shadow);
}

static void take_own(struct pilot *p, struct world *w, const Startrader__V1__ServerFrame *f,
                     uint64_t now_us)
{
    const Startrader__V1__OwnState *o = f->own;
    uint32_t before = p->own.phase;
    p->own.phase = o->phase;
    p->own.tick = o->tick;
    p->own.entity = o->entity;
    probe_own(p, w, o->entity);
    p->own.location = o->location;
    p->own.class_id = o->class_id;
    p->own.combat_until = o->combat_until_tick;
    p->own.dock_ready = o->dock_ready_tick;
    p->own.respawn_tick = o->respawn_tick;
    p->own.zone_pvp = o->zone ? o->zone->pvp : 0;
    p->own.cargo_mass = o->cargo_mass;
    p->own.flight = (struct flight){.x = o->x, .y = o->y, .vx = o->vx, .vy = o->vy};
    flight_ctl_unpack(&p->own.flight, o->ctl);
    p->own.flight.load = (uint8_t)o->load_step;
    for (uint32_t s = p->acked + 1; o->ack_seq >= s && o->ack_seq - s < INPUTS_KEPT; s++) {
        uint64_t sent = p->input_sent_us[s % INPUTS_KEPT];
        if (sent && before == STARTRADER__V1__PHASE__PHASE_FLYING) {
            histogram_add(&w->report->input, (double)(now_us - sent) / 1000);
            histogram_add(&w->report->window.input, (double)(now_us - sent) / 1000);
        }
        p->input_sent_us[s % INPUTS_KEPT] = 0;
    }
    p->acked = ST_MAX(p->acked, o->ack_seq);
    if (p->own.phase == before)
        return;
    if (p->own.phase == STARTRADER__V1__PHASE__PHASE_FLYING) {
        p->flying_since_us = now_us;
        p->undock_asked = false;
        if (!p->settled) {
            p->settled = true;
            p->home_x = o->x;
            p->home_y = o->y;
        }
        if (p->behaviour != MANOEUVRE && p->behaviour != FIGHT &&
            before == STARTRADER__V1__PHASE__PHASE_DOCKED)
            pilot_next_goal(p, w);
    } else {
        stop_flying(p, w, now_us);
    }
    if (p->own.phase == STARTRADER__V1__PHASE__PHASE_DOCKED) {
        w->report->docks++;
        p->market_known = p->account_known = p->buying = false;
        p->steps_done = 0;
    }
}

/* The own ship, flown on to the frame's tick as it is steered. */
static void advance_own(struct pilot *p, struct world *w, uint32_t tick)
{
    struct flight_class c;
    if (p->own.phase == STARTRADER__V1__PHASE__PHASE_FLYING &&
        tick - p->own.tick <= OWN_TICKS_MAX && config_flight_class(w->config, p->own.class_id, &c))
        while (p->own.tick != tick) {
            flight_step(&p->own.flight, &c);
            p->own.tick++;
        }
    p->own.tick = tick;
}

static void take_private(struct world *w, const Startrader__V1__ServerFrame *f)
{
    for (size_t i = 0; i < f->n_private_; i++) {
        switch (f->private_[i]->event_case) {
        case STARTRADER__V1__PRIVATE_EVENT__EVENT_KILL:
            w->report->kills++;
            w->report->window.kills++;
            break;
        case STARTRADER__V1__PRIVATE_EVENT__EVENT_DESTROYED:
            w->report->deaths++;
            break;
        case STARTRADER__V1__PRIVATE_EVENT__EVENT_PICKED_UP:
            w->report->pickups++;
            break;
        default:
            break;
        }
    }
}

static void count_frame(struct pilot *p, struct world *w, uint64_t now_us)
{
    struct report *r = w->report;
    r->frames++;
    r->window.frames++;
    if (p->own.phase == STARTRADER__V1__PHASE__PHASE_FLYING) {
        r->flying_frames++;
        if (p->frame_us) {
            histogram_add(&r->frame, (double)(now_us - p->frame_us) / 1000);
            histogram_add(&r->window.gap, (double)(now_us - p->frame_us) / 1000);
            if (p->index < w->options->calm)
                histogram_add(&r->window.calm, (double)(now_us - p->frame_us) / 1000);
        }
    }
    p->frame_us = now_us;
    if (p->lost_at_ms) {
        histogram_add(&r->outage, (double)(now_us / 1000 - p->lost_at_ms));
        p->lost_at_ms = 0;
    }
}

static bool take_varint(struct st_slice *s, uint64_t *v)
{
    *v = 0;
    for (unsigned shift = 0; s->len > 0 && shift < 64; shift += 7) {
        uint8_t byte = *s->data++;
        s->len--;
        *v |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return true;
    }
    return false;
}

/* The frame without its cells, into out; false when it is malformed. */
static bool without_cells(struct pilot *p, const uint8_t *data, size_t len, struct st_buf *out)
{
    struct st_slice rest = {data, len};
    while (rest.len > 0) {
        const uint8_t *start = rest.data;
        uint64_t tag, body;
        if (!take_varint(&rest, &tag))
            return false;
        bool cells = tag >> 3 == FIELD_DELTA || tag >> 3 == FIELD_SNAPSHOT;
        if ((tag & 7) == WIRE_BYTES) {
            if (!take_varint(&rest, &body) || body > rest.len)
                return false;
            rest = (struct st_slice){rest.data + body, rest.len - body};
        } else if ((tag & 7) != 0 || !take_varint(&rest, &body)) {
            return false; /* the outermost fields are varints and bytes */
        }
        p->cells_seen |= tag >> 3 == FIELD_SNAPSHOT;
        if (!cells)
            st_buf_put(out, start, (size_t)(rest.data - start));
    }
    return true;
}

static void count_records(struct pilot *p, struct world *w, const Startrader__V1__ServerFrame *f)
{
    struct window *v = &w->report->window;
    if (!f->tick || !p->watches)
        return;
    v->watched_frames++;
    for (size_t i = 0; i < f->n_delta; i++)
        v->records += f->delta[i]->n_id;
    for (size_t i = 0; i < f->n_snapshot; i++)
        v->records += f->snapshot[i]->n_id;
}

/* After a drop: back is who has its own state, the view and the cells in it. */
static void look_for_return(struct pilot *p, struct world *w, const Startrader__V1__ServerFrame *f,
                            uint64_t now_us)
{
    if (!p->dropped_us)
        return;
    p->view_seen |= f->view != NULL;
    p->cells_seen |= f->n_snapshot > 0;
    if (!p->welcomed || !f->own || !p->view_seen || !p->cells_seen)
        return;
    histogram_add(&w->report->window.back, (double)(now_us - p->dropped_us) / 1000);
    p->dropped_us = 0;
}

struct receiver {
    struct pilot *p;
    struct world *w;
};

static void on_message(void *ctx, const uint8_t *data, size_t len)
{
    struct receiver *rx = ctx;
    struct pilot *p = rx->p;
    struct world *w = rx->w;
    uint64_t now_us = st_mono_ns() / 1000;
    st_arena_reset(w->arena);
    if (!p->watches) {
        struct st_buf *out = &w->trimmed;
        st_buf_clear(out);
        if (without_cells(p, data, len, out) && !out->overflow) {
            data = out->data;
            len = out->len;
        }
    }
    Startrader__V1__ServerFrame *f = st_wire_unpack(&startrader__v1__server_frame__descriptor, data,
                                                    len, LINK_RECV_MAX, w->arena);
    if (!f) {
        report_fail(w->report, FAIL_DECODE, "frame");
        return;
    }
    if (f->welcome) {
        p->welcomed = true;
        p->attempts = 0;
        p->seq = ST_MAX(p->seq, f->welcome->last_seq);
        p->acked = p->seq;
    }
    if (f->new_ticket && strlen(f->new_ticket->ticket) < sizeof p->account.ticket)
        memcpy(p->account.ticket, f->new_ticket->ticket, strlen(f->new_ticket->ticket) + 1);
    if (p->watches)
        shadow_frame(&p->shadow, f, now_us / 1000, w->report);
    count_records(p, w, f);
    if (f->tick)
        probe_tick(w, f->tick, now_us);
    if (p->watches && f->tick)
        probe_frame(p, w, f, now_us);
    if (f->own)
        take_own(p, w, f, now_us);
    if (f->tick)
        advance_own(p, w, f->tick);
    if (f->tick && p->watches && w->digests)
        digest_write(p, w, f->tick);
    if (f->tick)
        count_frame(p, w, now_us);
    look_for_return(p, w, f, now_us);
    take_private(w, f);
    for (size_t i = 0; i < f->n_reply; i++)
        trade_reply(p, w, f->reply[i], now_us / 1000);
}

void pilot_event(struct pilot *p, struct world *w)
{
    struct receiver rx = {p, w};
    enum link_state before = p->link.state;
    uint64_t bytes = p->link.bytes;
    if (before == LINK_DOWN)
        return;
    bool alive = link_work(&p->link, w->options, on_message, &rx);
    w->report->bytes += p->link.bytes - bytes;
    w->report->window.bytes += p->link.bytes - bytes;
    if (!alive) {
        lost(p, w, st_mono_ms());
        return;
    }
    if (before != LINK_OPEN && p->link.state == LINK_OPEN)
        hello(p, w);
    if (before != p->link.state || link_wants_write(&p->link))
        watch(p, w, EPOLL_CTL_MOD);
}

static void send_input(struct pilot *p, struct world *w, struct controls c, uint64_t now_ms)
{
    Startrader__V1__DockAction dock = STARTRADER__V1__DOCK_ACTION__INIT;
    Startrader__V1__Action action = STARTRADER__V1__ACTION__INIT;
    Startrader__V1__Action *actions[1] = {&action};
    Startrader__V1__Input in = STARTRADER__V1__INPUT__INIT;
    in.seq = ++p->seq;
    in.target_heading = c.heading;
    in.thrust = c.thrust;
    in.boost = c.boost;
    in.fire = c.fire;
    if (c.dock) {
        action.request_id = ++p->action_id;
        action.act_case = STARTRADER__V1__ACTION__ACT_DOCK;
        action.dock = &dock;
        in.n_action = 1;
        in.action = actions;
    }
    Startrader__V1__Input *inputs[1] = {&in};
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    f.n_input = 1;
    f.input = inputs;
    p->input_sent_us[p->seq % INPUTS_KEPT] = st_mono_ns() / 1000;
    probe_sent(p, p->sent, c);
    p->sent = c;
    p->sent_ms = now_ms;
    w->report->inputs++;
    w->report->window.inputs++;
    pilot_send_frame(p, w, &f);
}

static bool same(struct controls a, struct controls b)
{
    return a.heading == b.heading && a.thrust == b.thrust && a.boost == b.boost &&
           a.fire == b.fire && !b.dock;
}

static void fly(struct pilot *p, struct world *w, uint64_t now_ms)
{
    struct controls c = fly_decide(p, w, now_ms);
    bool due = now_ms - p->sent_ms >= HEARTBEAT_MS;
    if (due || (!same(p->sent, c) && now_ms - p->sent_ms >= INPUT_MIN_MS))
        send_input(p, w, c, now_ms);
}

static void reconnect(struct pilot *p, struct world *w, uint64_t now_ms)
{
    if (link_dial(&p->link, w->options, signin_address(p->index)))
        watch(p, w, EPOLL_CTL_ADD);
    else
        lost(p, w, now_ms);
}

void pilot_drop(struct pilot *p, struct world *w)
{
    if (p->link.state == LINK_DOWN)
        return;
    uint64_t now_ms = st_mono_ms();
    link_drop(&p->link);
    p->link.close_code = 1012; /* it was meant */
    snprintf(p->link.close_reason, sizeof p->link.close_reason, "retry=0");
    lost(p, w, now_ms);
    p->retry_at_ms = now_ms;
    p->dropped_us = st_mono_ns() / 1000;
    p->view_seen = p->cells_seen = false;
}

static void look(struct pilot *p, struct world *w)
{
    struct window *v = &w->report->window;
    struct shadow_rings seen;
    if (!p->watches)
        return;
    shadow_rings(&p->shadow, p->own.flight.x, p->own.flight.y, &seen);
    w->report->visible_sum += seen.near + seen.middle + seen.far;
    w->report->visible_n++;
    v->near += seen.near;
    v->middle += seen.middle;
    v->far += seen.far;
    v->looks++;
}

void pilot_turn(struct pilot *p, struct world *w, uint64_t now_ms)
{
    if (p->link.state == LINK_DOWN) {
        if (now_ms >= p->retry_at_ms && !w->ending)
            reconnect(p, w, now_ms);
        return;
    }
    if (!p->welcomed || (now_ms < p->think_ms && !w->options->rude))
        return;
    p->think_ms = now_ms + (p->behaviour == FIGHT ? THINK_MS / 2 : THINK_MS);
    trade_retry(p, w, now_ms);
    shadow_check(&p->shadow, now_ms, w->report);
    if (p->own.phase == STARTRADER__V1__PHASE__PHASE_FLYING)
        look(p, w);
    switch (p->own.phase) {
    case STARTRADER__V1__PHASE__PHASE_FLYING:
        if (w->options->rude)
            rude_turn(p, w);
        else
            fly(p, w, now_ms);
        break;
    case STARTRADER__V1__PHASE__PHASE_DOCKED:
    case STARTRADER__V1__PHASE__PHASE_PARKED:
        if (p->behaviour != REST)
            trade_turn(p, w, now_ms);
        break;
    default:
        break;
    }
}
