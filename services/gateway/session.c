/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way in: hello -> ticket_verify -> bind --in space, or at rest as the simulation knows-->
 * enter, else -> where -> bind again with the resting place -> enter. A ship in transit is asked
 * for again for 3 s. confirm runs beside it and may end the session at any time. After a new world
 * epoch the same way is gone again, without an end: the socket waits for the world.
 */
#include "session.h"

#include <startrader/v1/account.pb-c.h>
#include <startrader/v1/client.pb-c.h>
#include <startrader/v1/trade.pb-c.h>
#include <startrader/v1/world.pb-c.h>
#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/list.h>
#include <st/log.h>
#include <st/map.h>
#include <st/rng.h>
#include <st/secret.h>
#include <st/stat.h>
#include <st/subject.h>
#include <st/wire.h>

#include <stdio.h>
#include <string.h>

enum {
    SWEEP_MS = 50,
    SETTLED_SWEEPS = 20, /* of so many one, while no session is on its way in */
    WELCOME_MAX = 512,
    NAME_MAX_BYTES = 64,
    TICK_MS = 50,
    FIELD_WELCOME = 9,
    FIELD_NEW_TICKET = 13,
    WIRE_BYTES = 2,
};

enum step {
    STEP_QUEUED,  /* waits for its turn to bind */
    STEP_BINDING, /* the simulation is asked */
    STEP_WHERE,   /* the economy is asked */
    STEP_RETRY,   /* binds again at next_ms */
    STEP_BOUND,
};

struct session {
    struct st_list queue; /* while STEP_QUEUED */
    uint32_t sid;
    enum step step;
    bool entered;  /* its client has had a Welcome */
    bool welcomed; /* of the present world epoch */
    bool confirmed, confirming, renewing;
    uint8_t requests_open;
    uint64_t player, session_epoch;
    uint32_t last_seq;
    uint64_t begun_ms, next_ms, confirm_ms, renew_ms;
    /* Where the ship rests, once somebody has said so. */
    Startrader__V1__Phase rest_phase;
    uint32_t rest_location;
    int32_t rest_x, rest_y;
    bool rest_known;
    /* The newest answer to a bind. */
    uint32_t entity, cell, tick, world_epoch;
    uint64_t revision;
    char name[NAME_MAX_BYTES];
    char ticket[ST_TICKET_TEXT_MAX];
};

struct sessions {
    struct sessions_options o;
    struct session *slot;
    uint32_t *spare;
    uint32_t spare_count;
    struct st_map *by_sid; /* sid -> slot */
    struct st_list queue;
    uint32_t binding;
    uint32_t world_epoch;
    struct st_timer *sweep;
    bool unsettled; /* some session is on its way in */
    uint32_t sweeps;
    struct st_counter *hellos, *again, *refused, *entered, *rebound;
    struct st_histogram *enter_seconds;
};

static struct session *find(struct sessions *s, uint64_t sid)
{
    uint64_t at;
    return st_map_get(s->by_sid, sid, &at) ? &s->slot[at] : NULL;
}

static void drop(struct sessions *s, struct session *x)
{
    uint32_t at = (uint32_t)(x - s->slot);
    if (x->step == STEP_QUEUED)
        st_list_remove(&x->queue);
    (void)st_map_remove(s->by_sid, x->sid);
    st_secret_wipe(x, sizeof *x);
    s->spare[s->spare_count++] = at;
}

static void end(struct sessions *s, struct session *x, uint16_t code, const char *reason)
{
    struct plane_order *o = plane_order_new(ORDER_CLOSE, x->sid, reason, strlen(reason));
    o->code = code;
    plane_order(s->o.plane, o);
    drop(s, x);
}

static void send_field(struct sessions *s, struct plane_order *base, uint32_t sid, uint32_t field,
                       const ProtobufCMessage *msg)
{
    uint8_t memory[WELCOME_MAX];
    struct st_buf b;
    struct plane_order *o;
    st_buf_init_fixed(&b, memory, sizeof memory);
    st_wire_put_tag(&b, field, WIRE_BYTES);
    st_buf_put_varint(&b, st_wire_size(msg));
    st_wire_pack(msg, &b);
    st_assert(!b.overflow);
    o = plane_order_new(base->kind, sid, b.data, b.len);
    o->cell = base->cell;
    o->world_epoch = base->world_epoch;
    o->last_seq = base->last_seq;
    plane_order(s->o.plane, o);
}

/* --- entering --- */

static void enter(struct sessions *s, struct session *x)
{
    Startrader__V1__Welcome w = STARTRADER__V1__WELCOME__INIT;
    struct plane_order base = {.kind = ORDER_ENTER,
                               .cell = x->cell,
                               .world_epoch = x->world_epoch,
                               .last_seq = x->last_seq};
    w.player = x->player;
    w.name = x->name;
    w.session = x->sid;
    w.tick_ms = TICK_MS;
    w.tick = x->tick;
    w.world_epoch = x->world_epoch;
    w.config_revision = x->revision;
    w.last_seq = x->last_seq;
    w.entity = x->entity;
    w.system = (char *)(uintptr_t)s->o.system;
    w.server_version = (char[]){ST_VERSION};
    send_field(s, &base, x->sid, FIELD_WELCOME, &w.base);
    st_counter_add(x->entered ? s->rebound : s->entered, 1);
    if (!x->entered)
        st_histogram_observe(s->enter_seconds, (double)(st_mono_ms() - x->begun_ms) / 1000.0);
    st_log(ST_LOG_INFO, "session_enter", st_log_u("sid", x->sid), st_log_u("player", x->player),
           st_log_u("session_epoch", x->session_epoch), st_log_u("world_epoch", x->world_epoch),
           st_log_b("again", x->entered));
    x->entered = x->welcomed = true;
}

/* Profile has 300 ms to object; later it still may, but the pilot is not kept waiting. */
static void enter_if_ready(struct sessions *s, struct session *x)
{
    uint64_t now = st_loop_now_ms(s->o.loop);
    if (x->step != STEP_BOUND || x->welcomed)
        return;
    if (x->confirmed || x->entered || now >= x->begun_ms + GATEWAY_CONFIRM_MS)
        enter(s, x);
}

static void retry(struct sessions *s, struct session *x)
{
    uint64_t now = st_loop_now_ms(s->o.loop);
    if (!x->entered && now >= x->begun_ms + GATEWAY_ENTER_MS) {
        st_counter_add(s->refused, 1);
        end(s, x, CLOSE_NO_WORLD, "retry=2000");
        return;
    }
    x->step = STEP_RETRY;
    x->next_ms = now + GATEWAY_RETRY_MS + (x->entered ? st_random_below(GATEWAY_RETRY_MS) : 0);
}

static void queue_bind(struct sessions *s, struct session *x);

static void rest_at(struct sessions *s, struct session *x, Startrader__V1__HolderKind holder,
                    uint32_t location, const Startrader__V1__Position *at)
{
    bool station = holder == STARTRADER__V1__HOLDER_KIND__HOLDER_KIND_STATION;
    if (!station && holder != STARTRADER__V1__HOLDER_KIND__HOLDER_KIND_PARKED) {
        x->rest_known = false;
        retry(s, x); /* in transit: its baton is on the way */
        return;
    }
    x->rest_known = true;
    x->rest_phase =
        station ? STARTRADER__V1__PHASE__PHASE_DOCKED : STARTRADER__V1__PHASE__PHASE_PARKED;
    x->rest_location = station ? location : 0;
    x->rest_x = at ? at->x : 0;
    x->rest_y = at ? at->y : 0;
    queue_bind(s, x);
}

/* The economy is silent: a cached profile still knows the station of a ship at rest. */
static void on_hydrated(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct sessions *s = ctx;
    struct session *x = find(s, key);
    const Startrader__V1__HydrateReply *r = reply;
    if (!x || x->step != STEP_WHERE)
        return;
    if (code == STARTRADER__V1__CODE__CODE_OK && r && r->profile &&
        r->profile->holder == STARTRADER__V1__HOLDER_KIND__HOLDER_KIND_STATION)
        rest_at(s, x, r->profile->holder, r->profile->location, NULL);
    else
        retry(s, x);
}

static void on_where(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct sessions *s = ctx;
    struct session *x = find(s, key);
    const Startrader__V1__WhereReply *r = reply;
    if (!x || x->step != STEP_WHERE)
        return;
    if (code == STARTRADER__V1__CODE__CODE_OK && r) {
        rest_at(s, x, r->holder, r->holder_id, r->position);
    } else if (code == STARTRADER__V1__CODE__CODE_FENCED) {
        end(s, x, CLOSE_FENCED, "a newer sign-in took over");
    } else {
        Startrader__V1__HydrateRequest h = STARTRADER__V1__HYDRATE_REQUEST__INIT;
        h.player = x->player;
        caller_ask_profile(s->o.caller, "hydrate", &h.base,
                           &startrader__v1__hydrate_reply__descriptor, GATEWAY_REQUEST_MS,
                           on_hydrated, s, x->sid);
    }
}

static void ask_where(struct sessions *s, struct session *x)
{
    Startrader__V1__Caller who = STARTRADER__V1__CALLER__INIT;
    Startrader__V1__WhereRequest w = STARTRADER__V1__WHERE_REQUEST__INIT;
    x->step = STEP_WHERE;
    who.player = x->player;
    who.session_epoch = x->session_epoch;
    w.caller = &who;
    caller_ask_econ(s->o.caller, "where", &w.base, &startrader__v1__where_reply__descriptor,
                    GATEWAY_REQUEST_MS, on_where, s, x->sid);
}

static void take_bind(struct sessions *s, struct session *x, const Startrader__V1__BindReply *r)
{
    bool at_rest = r->phase == STARTRADER__V1__PHASE__PHASE_DOCKED ||
                   r->phase == STARTRADER__V1__PHASE__PHASE_PARKED ||
                   r->phase == STARTRADER__V1__PHASE__PHASE_DEAD;
    if (r->world_epoch < s->world_epoch) {
        retry(s, x); /* an answer from before the new opening */
        return;
    }
    x->entity = r->entity;
    x->cell = r->cell;
    x->tick = r->tick;
    x->world_epoch = r->world_epoch;
    x->last_seq = ST_MAX(x->last_seq, r->last_seq);
    x->revision = r->config_revision;
    if (!r->in_space && !at_rest) {
        ask_where(s, x);
        return;
    }
    x->step = STEP_BOUND;
    enter_if_ready(s, x);
}

static void pump_binds(struct sessions *s);

static void on_bound(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct sessions *s = ctx;
    struct session *x = find(s, key);
    s->binding--;
    if (x && x->step == STEP_BINDING) {
        if (code == STARTRADER__V1__CODE__CODE_FENCED)
            end(s, x, CLOSE_FENCED, "a newer sign-in took over");
        else if (code == STARTRADER__V1__CODE__CODE_OK && reply)
            take_bind(s, x, reply);
        else
            retry(s, x);
    }
    pump_binds(s);
}

static void bind_now(struct sessions *s, struct session *x)
{
    Startrader__V1__BindRequest b = STARTRADER__V1__BIND_REQUEST__INIT;
    Startrader__V1__Position at = STARTRADER__V1__POSITION__INIT;
    char subject[ST_SUBJECT_MAX], id[24];
    snprintf(id, sizeof id, "bind-%u", x->sid);
    b.player = x->player;
    b.session_epoch = x->session_epoch;
    b.sid = x->sid;
    b.gateway = (char *)(uintptr_t)s->o.instance;
    b.last_seq = x->last_seq;
    b.request_id = id;
    if (x->rest_known) {
        at.x = x->rest_x;
        at.y = x->rest_y;
        b.rest_phase = x->rest_phase;
        b.rest_location = x->rest_location;
        b.rest_position = &at;
    }
    x->step = STEP_BINDING;
    s->binding++;
    st_subject_req_shard(subject, s->o.system, s->o.shard, "bind");
    caller_ask(s->o.caller, subject, &b.base, &startrader__v1__bind_reply__descriptor,
               GATEWAY_BIND_MS, on_bound, s, x->sid);
}

static void pump_binds(struct sessions *s)
{
    while (s->binding < GATEWAY_BINDS_MAX && !st_list_empty(&s->queue)) {
        struct session *x = st_list_entry(s->queue.next, struct session, queue);
        st_list_remove(&x->queue);
        bind_now(s, x);
    }
}

static void queue_bind(struct sessions *s, struct session *x)
{
    s->unsettled = true;
    x->step = STEP_QUEUED;
    st_list_push(&s->queue, &x->queue);
    pump_binds(s);
}

/* --- beside it --- */

static void on_confirmed(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct sessions *s = ctx;
    struct session *x = find(s, key);
    const Startrader__V1__ConfirmReply *r = reply;
    if (!x)
        return;
    x->confirming = false;
    x->confirm_ms = st_loop_now_ms(s->o.loop) + GATEWAY_CONFIRM_AGAIN_MS;
    if (code == STARTRADER__V1__CODE__CODE_FENCED) {
        end(s, x, CLOSE_FENCED, "a newer sign-in took over");
    } else if (code == STARTRADER__V1__CODE__CODE_NOT_FOUND) {
        end(s, x, CLOSE_TICKET, "no such pilot");
    } else if (code == STARTRADER__V1__CODE__CODE_OK && r) {
        snprintf(x->name, sizeof x->name, "%s", r->name);
        x->confirmed = true;
        enter_if_ready(s, x);
    }
}

static void confirm(struct sessions *s, struct session *x)
{
    Startrader__V1__ConfirmRequest c = STARTRADER__V1__CONFIRM_REQUEST__INIT;
    c.player = x->player;
    c.session_epoch = x->session_epoch;
    x->confirming = true;
    caller_ask_profile(s->o.caller, "confirm", &c.base, &startrader__v1__confirm_reply__descriptor,
                       GATEWAY_REQUEST_MS, on_confirmed, s, x->sid);
}

static void on_renewed(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct sessions *s = ctx;
    struct session *x = find(s, key);
    const Startrader__V1__RenewReply *r = reply;
    if (!x)
        return;
    x->renewing = false;
    x->renew_ms = st_loop_now_ms(s->o.loop) + GATEWAY_RENEW_RETRY_MS;
    if (code == STARTRADER__V1__CODE__CODE_FENCED) {
        end(s, x, CLOSE_FENCED, "a newer sign-in took over");
    } else if (code == STARTRADER__V1__CODE__CODE_OK && r && strlen(r->ticket) < sizeof x->ticket) {
        Startrader__V1__NewTicket t = STARTRADER__V1__NEW_TICKET__INIT;
        struct plane_order base = {.kind = ORDER_SEND};
        memcpy(x->ticket, r->ticket, strlen(r->ticket) + 1);
        x->renew_ms += GATEWAY_RENEW_MS - GATEWAY_RENEW_RETRY_MS;
        t.ticket = r->ticket;
        t.ticket_expires_at = r->ticket_expires_at;
        send_field(s, &base, x->sid, FIELD_NEW_TICKET, &t.base);
    }
}

static void renew(struct sessions *s, struct session *x)
{
    Startrader__V1__RenewRequest r = STARTRADER__V1__RENEW_REQUEST__INIT;
    r.ticket = x->ticket;
    x->renewing = true;
    caller_ask_profile(s->o.caller, "renew", &r.base, &startrader__v1__renew_reply__descriptor,
                       GATEWAY_REQUEST_MS, on_renewed, s, x->sid);
}

static bool is_settled(const struct session *x)
{
    return x->step == STEP_BOUND && x->welcomed && x->confirmed;
}

static void on_sweep(void *ctx)
{
    struct sessions *s = ctx;
    uint64_t now = st_loop_now_ms(s->o.loop), sid, at;
    uint32_t cursor = 0;
    if (++s->sweeps % SETTLED_SWEEPS != 0 && !s->unsettled)
        return;
    s->unsettled = false;
    while (st_map_next(s->by_sid, &cursor, &sid, &at)) {
        struct session *x = &s->slot[at];
        if (x->step == STEP_RETRY && now >= x->next_ms)
            queue_bind(s, x);
        if (!x->confirmed && !x->confirming && now >= x->confirm_ms)
            confirm(s, x);
        if (x->entered && !x->renewing && now >= x->renew_ms)
            renew(s, x);
        enter_if_ready(s, x);
        s->unsettled |= !is_settled(x);
    }
}

/* --- notes --- */

static void hello(struct sessions *s, const struct loop_note *n)
{
    struct plane_order *o;
    struct st_ticket t;
    struct session *x;
    uint64_t now = st_loop_now_ms(s->o.loop);
    int err = st_ticket_verify(&t, (const char *)n->data, n->len, &s->o.keys, st_wall_ms() / 1000);
    st_counter_add(n->last_seq ? s->again : s->hellos, 1);
    if (err != ST_OK || s->spare_count == 0 || n->len >= sizeof x->ticket) {
        const char *reason = err == ST_ETIMEOUT ? "ticket expired" : "ticket not valid";
        st_counter_add(s->refused, 1);
        o = plane_order_new(ORDER_CLOSE, n->sid, reason, strlen(reason));
        o->code = CLOSE_TICKET;
        plane_order(s->o.plane, o);
        return;
    }
    x = &s->slot[s->spare[--s->spare_count]];
    memset(x, 0, sizeof *x);
    x->sid = n->sid;
    x->player = t.player;
    x->session_epoch = t.session_epoch;
    x->last_seq = n->last_seq;
    x->begun_ms = now;
    x->renew_ms = now + GATEWAY_RENEW_MS;
    memcpy(x->ticket, n->data, n->len);
    err = st_map_set(s->by_sid, x->sid, (uint64_t)(x - s->slot));
    st_assert(err == ST_OK);
    queue_bind(s, x);
    confirm(s, x);
}

static void bind_again(struct sessions *s, struct session *x)
{
    if (x->step != STEP_BOUND)
        return;
    x->welcomed = false;
    x->rest_known = false;
    queue_bind(s, x);
}

static void new_epoch(struct sessions *s, uint32_t world_epoch)
{
    uint32_t cursor = 0;
    uint64_t sid, at;
    s->world_epoch = world_epoch;
    while (st_map_next(s->by_sid, &cursor, &sid, &at))
        if (s->slot[at].world_epoch != world_epoch)
            bind_again(s, &s->slot[at]);
}

void sessions_note(struct sessions *s, const struct loop_note *n)
{
    struct session *x = n->sid ? find(s, n->sid) : NULL;
    switch (n->kind) {
    case NOTE_HELLO:
        hello(s, n);
        break;
    case NOTE_GONE:
        if (x)
            drop(s, x);
        break;
    case NOTE_UNBOUND:
        if (x)
            bind_again(s, x);
        break;
    case NOTE_EPOCH:
        new_epoch(s, n->world_epoch);
        break;
    default:
        break;
    }
}

void sessions_notice(struct sessions *s, uint64_t player, uint64_t session_epoch,
                     const char *reason)
{
    uint32_t cursor = 0;
    uint64_t sid, at;
    uint32_t ended[8], count = 0;
    while (st_map_next(s->by_sid, &cursor, &sid, &at))
        if (s->slot[at].player == player && s->slot[at].session_epoch < session_epoch &&
            count < ST_ARRAY_LEN(ended))
            ended[count++] = (uint32_t)at;
    for (uint32_t i = 0; i < count; i++) {
        bool kicked = reason && reason[0] != '\0';
        end(s, &s->slot[ended[i]], kicked ? CLOSE_KICKED : CLOSE_FENCED,
            kicked ? reason : "a newer sign-in took over");
    }
}

bool sessions_who(struct sessions *s, uint32_t sid, struct session_who *out)
{
    struct session *x = find(s, sid);
    if (!x || !x->entered)
        return false;
    *out = (struct session_who){x->player, x->session_epoch, &x->requests_open};
    return true;
}

uint32_t sessions_count(const struct sessions *s)
{
    return st_map_count(s->by_sid);
}

struct sessions *sessions_new(const struct sessions_options *o)
{
    static const char name[] = "startrader_gateway_hellos_total";
    static const char help[] = "clients that said hello, by what became of it";
    struct sessions *s = st_alloc(sizeof *s);
    s->o = *o;
    s->slot = st_alloc_array(o->sessions_max, sizeof *s->slot);
    s->spare = st_alloc_array(o->sessions_max, sizeof *s->spare);
    for (uint32_t i = o->sessions_max; i > 0; i--)
        s->spare[s->spare_count++] = i - 1;
    s->by_sid = st_map_new(o->sessions_max);
    st_list_init(&s->queue);
    s->hellos = st_counter(name, "kind=\"first\"", help);
    s->again = st_counter(name, "kind=\"reconnect\"", help);
    s->refused = st_counter(name, "kind=\"refused\"", help);
    s->entered = st_counter("startrader_gateway_entered_total", "kind=\"first\"",
                            "sessions that entered the world");
    s->rebound = st_counter("startrader_gateway_entered_total", "kind=\"rebound\"",
                            "sessions that entered the world");
    s->enter_seconds =
        st_histogram("startrader_gateway_enter_seconds", NULL, "from hello to welcome",
                     st_latency_bounds, st_latency_bounds_count);
    s->sweep = st_timer_new(o->loop, on_sweep, s);
    st_timer_start(s->sweep, SWEEP_MS, SWEEP_MS);
    return s;
}

void sessions_free(struct sessions **out)
{
    struct sessions *s = *out;
    if (!s)
        return;
    st_timer_free(&s->sweep);
    st_map_free(&s->by_sid);
    st_secret_wipe(s->slot, s->o.sessions_max * sizeof *s->slot);
    st_free(s->slot);
    st_free(s->spare);
    st_free(s);
    *out = NULL;
}
