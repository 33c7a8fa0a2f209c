/* SPDX-License-Identifier: Apache-2.0 */
#include "turn.h"

#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/log.h>
#include <world/blockade.h>

#include "frame.h"
#include "schedule.h"
#include "turn_stat.h"

/*
 * The order within a tick is the kernel's: batons as the stream has them, binds, sessions that
 * ended, inputs by (pilot, seq), step. Then the hard events enter the journal, because the flags
 * for the next step depend on it, and last everything that others see is written to the ring.
 */

struct turn {
    struct world *world;
    struct sessions *sessions;
    struct journal *journal;
    struct emit *emit;
    struct turn_rings rings;
    struct turn_stat stat;
    uint32_t shard;
    uint32_t flags; /* of enum world_flag, always on */
    bool fenced;
    uint32_t held_n;
    struct world_baton held[TURN_HELD_MAX];
    struct schedule *schedule;
    uint32_t dilation_pm;
    struct blockade told; /* to this world */
};

/* No calendar says this: the next one is told. */
static const struct blockade untold = {0, UINT64_MAX};

size_t turn_size(const struct world_limits *limits)
{
    return sizeof(struct turn) + sessions_size(limits->pilots) + journal_size() +
           emit_size(limits) + schedule_size(TURN_INPUTS_MAX);
}

struct turn *turn_new(const struct world_limits *limits, uint32_t shard, bool npcs,
                      const struct turn_rings *rings)
{
    struct turn *t = st_alloc(sizeof(*t));
    t->rings = *rings;
    t->shard = shard;
    t->flags = npcs ? 0 : WORLD_NO_NPCS;
    t->sessions = sessions_new(limits->pilots);
    t->journal = journal_new();
    t->schedule = schedule_new(TURN_INPUTS_MAX);
    t->dilation_pm = 1000;
    t->emit = emit_new(limits, shard, rings->out);
    turn_stat_init(&t->stat);
    return t;
}

void turn_free(struct turn **t)
{
    if (*t == NULL)
        return;
    sessions_free(&(*t)->sessions);
    journal_free(&(*t)->journal);
    schedule_free(&(*t)->schedule);
    emit_free(&(*t)->emit);
    st_free(*t);
    *t = NULL;
}

void turn_open(struct turn *t, struct world *w)
{
    t->world = w;
    t->told = untold;
    schedule_clear(t->schedule);
    world_flags_set(w, t->flags);
    emit_open(t->emit, world_epoch(w), world_config_hash(world_config_get(w)));
    st_gauge_set(t->stat.epoch, world_epoch(w));
}

void turn_dilation(struct turn *t, uint32_t pm)
{
    st_assert(pm > 0);
    t->dilation_pm = pm;
    emit_dilation(t->emit, pm);
}

const struct world *turn_world(const struct turn *t)
{
    return t->world;
}

bool turn_fenced(const struct turn *t)
{
    return t->fenced;
}

bool turn_may_step(const struct turn *t)
{
    return !t->fenced && journal_has_room(t->journal);
}

uint64_t turn_waiting_ms(const struct turn *t, uint64_t now_ms)
{
    return journal_oldest_ms(t->journal, now_ms);
}

/* ---- batons -----------------------------------------------------------------------------------
 */

static void log_verdict(const struct world_baton *b, enum world_verdict verdict)
{
    if (verdict == WORLD_STALE || verdict == WORLD_OK)
        return; /* a second delivery is normal */
    st_log(ST_LOG_WARN, "baton_not_applied", st_log_u("ship", b->ship),
           st_log_u("version", b->version), st_log_u("kind", b->kind),
           st_log_u("verdict", verdict));
}

static void apply_ship(struct turn *t, const struct world_baton *b)
{
    enum world_verdict verdict = world_apply(t->world, b);
    turn_stat_baton(&t->stat, b->kind, verdict);
    if (verdict == WORLD_FULL && t->held_n < TURN_HELD_MAX)
        t->held[t->held_n++] = *b;
    else
        log_verdict(b, verdict);
}

static bool apply_config(struct turn *t, const struct world_config *c)
{
    bool set = world_config_set(t->world, c);
    if (set)
        emit_config(t->emit, world_config_hash(c));
    st_log(set ? ST_LOG_INFO : ST_LOG_ERROR, set ? "world_config_set" : "world_config_refused",
           st_log_u("revision", c->revision));
    return set;
}

/* A refusal lets a frozen ship fly on; while its `docked` or `parked` still waits for an answer of
 * its own, only that answer may do so. */
static bool would_thaw(const struct turn *t, const struct world_baton *b)
{
    return b->kind == WORLD_BATON_STAY && journal_freezes(t->journal, b->ship);
}

void turn_calendar(struct turn *t, const char *system, uint64_t wall_ms)
{
    struct blockade b = blockade_at(world_config_get(t->world), system, wall_ms);
    if (b.station == t->told.station && b.until_ms == t->told.until_ms)
        return;
    t->told = b;
    uint32_t ticks = b.station != 0 ? (uint32_t)((b.until_ms - wall_ms) / TURN_TICK_MS) : 0;
    bool known = world_blockade(t->world, b.station, world_tick(t->world) + ticks);
    st_assert(known);
    st_log(ST_LOG_INFO, "blockade", st_log_u("station", b.station), st_log_u("ticks", ticks));
}

bool turn_baton(struct turn *t, const struct baton *b)
{
    if (b->epoch != world_epoch(t->world)) {
        if (b->epoch > world_epoch(t->world))
            t->fenced = true;
        turn_stat_baton(&t->stat, b->ship.kind, WORLD_STALE);
        return false;
    }
    if (b->event != 0)
        journal_answer(t->journal, b->event);
    bool config_set = b->config != NULL && apply_config(t, b->config);
    if (b->moves && !would_thaw(t, &b->ship))
        apply_ship(t, &b->ship);
    for (uint32_t i = 0; i < b->loot_n; i++) {
        const struct baton_loot *l = &b->loot[i];
        if (l->placed && l->quantity > 0)
            world_loot_put(t->world, l->loot, l->good, l->quantity, l->x, l->y);
        else
            world_loot_correct(t->world, l->loot, l->good, l->quantity);
    }
    if (b->credits != 0 && b->player != 0)
        emit_booked(t->emit, world_pilot_find(t->world, b->player), b->credits, b->balance,
                    b->notice);
    return config_set;
}

static void apply_held(struct turn *t)
{
    uint32_t n = t->held_n;
    t->held_n = 0;
    for (uint32_t i = 0; i < n; i++)
        apply_ship(t, &t->held[i]);
}

/* ---- sessions ---------------------------------------------------------------------------------
 */

static void end_session(struct turn *t, uint32_t pilot)
{
    sessions_drop(t->sessions, pilot);
    world_unbind(t->world, pilot);
}

/* Bind and heartbeat travel on two connections: a session may have been bound by the new process
 * before its first heartbeat came, and a silent gateway may only have been cut off. Each is named
 * as unknown, so that whoever still has it binds it again. */
static void end_sessions_of(struct turn *t, uint32_t gateway, const char *why)
{
    struct gateway *g = sessions_gateway_at(t->sessions, gateway);
    if (g->pilots_n == 0)
        return;
    st_log(ST_LOG_WARN, "gateway_gone", st_log_s("gateway", g->name), st_log_s("why", why),
           st_log_u("sessions", g->pilots_n));
    while (g->pilots_n > 0) {
        uint32_t pilot = g->pilots[g->pilots_n - 1];
        sessions_unknown(t->sessions, gateway, sessions_at(t->sessions, pilot)->sid);
        end_session(t, pilot);
    }
}

void turn_bind(struct turn *t, struct ask_bind *b, uint64_t now_ms)
{
    uint32_t pilot;
    int gateway = sessions_gateway(t->sessions, b->gateway, now_ms);
    enum world_verdict verdict = WORLD_FULL;
    if (gateway >= 0)
        verdict = world_bind(t->world, b->player, b->session_epoch, b->last_seq, &pilot);
    b->tick = world_tick(t->world);
    b->result = verdict == WORLD_FENCED ? BIND_FENCED : BIND_BUSY;
    turn_stat_bind(&t->stat, verdict);
    if (verdict != WORLD_OK)
        return;
    uint32_t other = sessions_bind(t->sessions, pilot, (uint32_t)gateway, b->sid);
    if (other != SESSION_NONE)
        world_unbind(t->world, other);
    if (b->rest_phase != 0)
        world_rest(t->world, pilot, b->rest_station, b->x, b->y);
    struct world_own own;
    bool known = world_own_get(t->world, pilot, &own);
    st_assert(known);
    bool ship = own.phase == WORLD_PHASE_FLYING || own.phase == WORLD_PHASE_DOCKING;
    b->result = BIND_OK;
    b->phase = own.phase;
    b->entity = ship ? own.id : 0;
    b->cell = ship ? frame_cell(own.flight.x, own.flight.y) : frame_cell(own.x, own.y);
    b->seq = own.seq;
}

/* ---- inputs -----------------------------------------------------------------------------------
 */

/* How early an input came before the tick in which it will act. */
static void note_slack(struct turn *t, uint32_t pilot, const struct scheduled *in, uint64_t now_ns)
{
    uint32_t next = world_tick(t->world) + 1;
    uint64_t waited_ms = now_ns > in->arrived_ns ? (now_ns - in->arrived_ns) / 1000000 : 0;
    uint64_t ahead = in->tick > next ? ST_MIN(in->tick - next, (uint32_t)SCHEDULE_AHEAD_TICKS) : 0;
    bool late = in->tick != 0 && in->tick < next;
    sessions_at(t->sessions, pilot)->slack_ms =
        late ? 0
             : (uint32_t)ST_MIN(waited_ms + ahead * TURN_TICK_MS * 1000 / t->dilation_pm, 9999u);
}

static void take_inputs(struct turn *t, uint32_t gateway, const struct intake_batch *b)
{
    const struct intake_input *in = intake_inputs(b);
    uint64_t now_ns = st_mono_ns();
    for (uint32_t i = 0; i < b->inputs_n; i++) {
        uint32_t pilot = sessions_find(t->sessions, gateway, in[i].sid);
        if (pilot == SESSION_NONE) {
            sessions_unknown(t->sessions, gateway, in[i].sid);
            turn_stat_input(&t->stat, WORLD_UNKNOWN);
            continue;
        }
        struct scheduled one = {.pilot = pilot,
                                .gateway = gateway,
                                .tick = in[i].target_tick,
                                .arrived_ns = b->arrived_ns,
                                .in = in[i]};
        note_slack(t, pilot, &one, now_ns);
        schedule_add(t->schedule, world_tick(t->world) + 1, &one);
    }
}

static void take_batch(struct turn *t, const struct intake_batch *b, uint64_t now_ms, bool inputs)
{
    int gateway = sessions_gateway(t->sessions, b->gateway, now_ms);
    if (gateway < 0)
        return;
    if (sessions_rebooted(t->sessions, (uint32_t)gateway, b->boot_id))
        end_sessions_of(t, (uint32_t)gateway, "restarted");
    turn_stat_malformed(&t->stat, b->refused);
    if (inputs)
        take_inputs(t, (uint32_t)gateway, b);
    const uint32_t *closed = intake_closed(b);
    for (uint32_t i = 0; i < b->closed_n; i++) {
        uint32_t pilot = sessions_find(t->sessions, (uint32_t)gateway, closed[i]);
        if (pilot != SESSION_NONE)
            end_session(t, pilot);
    }
}

static void take_batches(struct turn *t, uint64_t now_ms, bool inputs)
{
    const struct intake_batch *b;
    size_t len;
    while ((b = ring_peek(t->rings.intake, &len)) != NULL &&
           b->inputs_n <= schedule_room(t->schedule)) {
        take_batch(t, b, now_ms, inputs);
        ring_release(t->rings.intake);
    }
}

/* The session may have ended, or be another's, since the input came. */
static bool still_bound(const struct turn *t, const struct scheduled *in)
{
    return sessions_find(t->sessions, in->gateway, in->in.sid) == in->pilot;
}

static uint32_t apply_inputs(struct turn *t)
{
    uint32_t n = schedule_begin(t->schedule, world_tick(t->world) + 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct scheduled *in = schedule_at(t->schedule, i);
        if (still_bound(t, in))
            turn_stat_input(&t->stat, world_input(t->world, in->pilot, &in->in.input));
    }
    return n;
}

/* Told to the clients by now. An input that was to wait for its tick is not measured by the wait.
 */
static void observe_inputs(struct turn *t, uint32_t n)
{
    uint64_t now = st_mono_ns();
    for (uint32_t i = 0; i < n; i++) {
        const struct scheduled *in = schedule_at(t->schedule, i);
        if (in->in.target_tick == 0)
            st_histogram_observe(t->stat.input_applied, (double)(now - in->arrived_ns) / 1e9);
    }
    schedule_end(t->schedule);
}

void turn_pause(struct turn *t, uint64_t now_ms)
{
    take_batches(t, now_ms, false);
}

void turn_resume(struct turn *t, uint64_t now_ms)
{
    sessions_resume(t->sessions, now_ms);
}

/* ---- the step ---------------------------------------------------------------------------------
 */

static void take_hards(struct turn *t, uint64_t now_ms)
{
    const struct world_hard *hards;
    uint32_t n = world_hards(t->world, &hards);
    for (uint32_t i = 0; i < n; i++) {
        turn_stat_hard(&t->stat, hards[i].kind);
        journal_add(t->journal, &hards[i], now_ms);
    }
}

void turn_publish(struct turn *t, uint64_t now_ms)
{
    const struct world_hard *event;
    uint32_t n = 0;
    journal_due_begin(t->journal);
    while (n < TURN_EVENTS_PER_TICK && (event = journal_due(t->journal, now_ms)) != NULL) {
        struct turn_event *to = ring_reserve(t->rings.events, sizeof(*to));
        if (to == NULL) {
            journal_due_undo(t->journal);
            break;
        }
        *to = (struct turn_event){*event, journal_due_age_ms(t->journal, now_ms)};
        ring_commit(t->rings.events, sizeof(*to));
        n++;
    }
    if (n > 0)
        ring_wake(t->rings.events);
    st_gauge_set(t->stat.events, journal_count(t->journal));
    st_gauge_set(t->stat.events_stuck, journal_stuck(t->journal));
    st_gauge_set(t->stat.events_oldest, (double)journal_oldest_ms(t->journal, now_ms) / 1e3);
}

void turn_step(struct turn *t, uint64_t now_ms)
{
    struct emit_stats emitted;
    st_assert(turn_may_step(t));
    apply_held(t);
    take_batches(t, now_ms, true);
    for (uint32_t g = 0; g < GATEWAYS_MAX; g++)
        if (sessions_silent(t->sessions, g, now_ms))
            end_sessions_of(t, g, "silent");
    uint32_t applied = apply_inputs(t);
    uint32_t flags = journal_flags(t->journal, now_ms);
    world_flags_set(t->world, t->flags | flags);
    world_step(t->world);
    take_hards(t, now_ms);
    turn_publish(t, now_ms);
    emit_tick(t->emit, t->world, t->sessions, (flags & WORLD_DOCKS_CLOSED) != 0, &emitted);
    observe_inputs(t, applied);
    turn_stat_tick(&t->stat, t->world, sessions_count(t->sessions), &emitted);
}

/* ---- questions --------------------------------------------------------------------------------
 */

void turn_snapshot(struct turn *t, struct ask_snapshot *s)
{
    s->reply_len =
        emit_snapshot_reply(t->emit, t->world, s->cells, s->cells_n, s->reply, TURN_REPLY_MAX);
}

static void add_row(struct turn *t, struct ask_ships *s, const struct ship_row *row,
                    const struct flight *f)
{
    struct ship_row *r = &s->rows[s->rows_n++];
    uint32_t since = journal_docking_since(t->journal, row->ship);
    *r = *row;
    r->x = f->x;
    r->y = f->y;
    r->vx = f->vx;
    r->vy = f->vy;
    r->docking_ticks = since != 0 ? world_tick(t->world) - since : 0;
}

static void add_haulers(struct turn *t, struct ask_ships *s)
{
    struct world_hauler h;
    for (uint32_t i = 0; i < world_haulers(t->world) && s->rows_n < s->rows_max; i++)
        if (world_hauler_get(t->world, i, &h))
            add_row(
                t, s,
                &(struct ship_row){.ship = h.ship,
                                   .player = h.player,
                                   .entity = h.id,
                                   .version = h.version,
                                   .phase = h.docking ? WORLD_PHASE_DOCKING : WORLD_PHASE_FLYING,
                                   .class_id = h.class_id,
                                   .hull = h.hull},
                &h.flight);
}

void turn_ships(struct turn *t, struct ask_ships *s)
{
    struct world_own own;
    s->rows_n = 0;
    for (uint32_t pilot = 0; pilot < world_pilots(t->world) && s->rows_n < s->rows_max; pilot++)
        if (world_own_get(t->world, pilot, &own) &&
            (own.phase == WORLD_PHASE_FLYING || own.phase == WORLD_PHASE_DOCKING))
            add_row(t, s,
                    &(struct ship_row){.ship = own.ship,
                                       .player = own.player,
                                       .entity = own.id,
                                       .version = own.version,
                                       .phase = own.phase,
                                       .class_id = own.class_id,
                                       .hull = own.hull},
                    &own.flight);
    add_haulers(t, s);
}
