/* SPDX-License-Identifier: Apache-2.0 */
#include "door_events.h"

#include "hydrate.h"
#include "store_journal.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>
#include <st/stat.h>
#include <st/wire.h>
#include <startrader/v1/event.pb-c.h>

#include <string.h>

enum {
    EVENT_BYTES_MAX = 16384,
    WORLD_WINDOW = 2 * JOURNAL_BATCH_MAX, /* one batch is booked while the next fills */
    ECON_WINDOW = 24,
    CHANGES_MAX = 64, /* of one message */
    NAK_MS = 500,
    SWEEP_EVERY_BEATS = 600
};

/* Each decoded kill keeps its message until it is booked. */
struct batch {
    struct events *e;
    size_t count;
    struct st_bus_msg *msg[JOURNAL_BATCH_MAX];
    struct journal_kill kill[JOURNAL_BATCH_MAX];
    enum journal_result result[JOURNAL_BATCH_MAX];
    int err;
};

struct events {
    struct profile *p;
    struct st_bus_consumer *world, *econ;
    struct batch batch[2];
    uint32_t filling;
    bool booking;
    bool lead_under_way, leading, stopped;
    bool sweep;
    uint32_t beats;
    struct st_gauge *lead_gauge, *lag_world, *lag_econ;
    struct st_counter *results[JOURNAL_QUARANTINED + 1], *malformed, *player_changes;
    uint8_t arena_memory[10 * EVENT_BYTES_MAX + 4096];
};

struct events *events_new(struct profile *p)
{
    static const char *const labels[] = {[JOURNAL_BOOKED] = "result=\"booked\"",
                                         [JOURNAL_DUPLICATE] = "result=\"duplicate\"",
                                         [JOURNAL_CONFLICT] = "result=\"conflict\"",
                                         [JOURNAL_QUARANTINED] = "result=\"quarantined\""};
    st_assert(p);
    struct events *e = st_alloc(sizeof(*e));
    e->p = p;
    e->batch[0].e = e->batch[1].e = e;
    for (int i = JOURNAL_BOOKED; i <= JOURNAL_QUARANTINED; i++)
        e->results[i] = st_counter("startrader_combat_events_total", labels[i],
                                   "ships destroyed, by what became of the event");
    e->malformed = st_counter("startrader_combat_events_total", "result=\"malformed\"",
                              "ships destroyed, by what became of the event");
    e->player_changes = st_counter("startrader_profile_player_events_total", NULL,
                                   "changes of players' economy rows heard of");
    e->lead_gauge =
        st_gauge("startrader_profile_leading", NULL, "1 while this instance consumes the events");
    e->lag_world =
        st_gauge("startrader_event_lag", "durable=\"profile-events\"", "events not yet taken");
    e->lag_econ =
        st_gauge("startrader_event_lag", "durable=\"profile-econ\"", "events not yet taken");
    return e;
}

static void forget(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        st_bus_msg_free(b->msg[i]);
    b->count = 0;
}

void events_free(struct events **e)
{
    st_assert(e);
    if (!*e)
        return;
    forget(&(*e)->batch[0]);
    forget(&(*e)->batch[1]);
    st_free(*e);
    *e = NULL;
}

static void acknowledge(struct st_bus_msg *msg)
{
    st_bus_ack(msg);
    st_bus_msg_free(msg);
}

/* --- ships destroyed --- */

static void submit(struct events *e);

static void run_book(void *store, void *job)
{
    struct batch *b = job;
    store_on_behalf(store, "events");
    b->err = store_journal_book(store, b->kill, b->count, b->result);
}

static void settle(struct events *e, struct batch *b, size_t i)
{
    const struct journal_kill *k = &b->kill[i];
    st_counter_add(e->results[b->result[i]], 1);
    if (b->result[i] == JOURNAL_CONFLICT)
        st_log(ST_LOG_ERROR, "event_conflict", st_log_u("event_id", k->event_id));
    if (b->result[i] == JOURNAL_BOOKED) {
        if (k->victim_player)
            hydrate_drop(e->p->hydrate, k->victim_player, NULL, NULL);
        if (k->killer_player && k->killer_player != k->victim_player)
            hydrate_drop(e->p->hydrate, k->killer_player, NULL, NULL);
    }
    acknowledge(b->msg[i]);
}

static void on_booked(void *job)
{
    struct batch *b = job;
    struct events *e = b->e;
    e->booking = false;
    if (e->p->ended) {
        forget(b);
        return;
    }
    if (b->err) {
        for (size_t i = 0; i < b->count; i++)
            st_bus_nak(b->msg[i], NAK_MS);
        forget(b);
    } else {
        for (size_t i = 0; i < b->count; i++)
            settle(e, b, i);
        b->count = 0;
    }
    submit(e);
}

static void submit(struct events *e)
{
    struct batch *b = &e->batch[e->filling];
    if (e->booking || b->count == 0 || e->stopped)
        return;
    if (st_workers_submit(e->p->lead_pool, run_book, on_booked, b)) {
        forget(b);
        return;
    }
    e->booking = true;
    e->filling ^= 1;
}

static bool has_player(const Startrader__V1__ShipDestroyed *d)
{
    return d->player || d->killer_player || d->n_assist_player > 0;
}

static void fill_kill(struct journal_kill *k, const Startrader__V1__WorldEvent *m)
{
    const Startrader__V1__ShipDestroyed *d = m->destroyed;
    *k = (struct journal_kill){
        .event_id = m->event_id,
        .shard = m->shard,
        .world_epoch = m->world_epoch,
        .tick = m->tick,
        .zone = d->zone,
        .x = d->position ? d->position->x : 0,
        .y = d->position ? d->position->y : 0,
        .victim_player = d->player,
        .killer_player = d->killer_player,
        .victim_ship = d->ship,
        .victim_class = d->class_id,
        .victim_faction = d->faction,
        .killer_ship = d->killer_ship,
        .killer_class = d->killer_class,
        .assists = (uint32_t)ST_MIN(d->n_assist_player, (size_t)JOURNAL_ASSISTS_MAX),
    };
    for (uint32_t i = 0; i < k->assists; i++)
        k->assist[i] = d->assist_player[i];
}

static void on_world_event(void *ctx, struct st_bus_msg *take_msg)
{
    struct events *e = ctx;
    struct batch *b = &e->batch[e->filling];
    struct st_arena arena;
    st_arena_init(&arena, e->arena_memory, sizeof(e->arena_memory));
    const Startrader__V1__WorldEvent *m =
        st_wire_unpack(&startrader__v1__world_event__descriptor, take_msg->data, take_msg->len,
                       EVENT_BYTES_MAX, &arena);
    if (!m) {
        st_counter_add(e->malformed, 1);
        st_log(ST_LOG_ERROR, "event_malformed", st_log_s("subject", take_msg->subject),
               st_log_u("stream_seq", take_msg->stream_seq));
        acknowledge(take_msg);
    } else if (m->event_case != STARTRADER__V1__WORLD_EVENT__EVENT_DESTROYED ||
               !has_player(m->destroyed)) {
        acknowledge(take_msg);
    } else if (b->count == JOURNAL_BATCH_MAX) {
        st_bus_nak(take_msg, NAK_MS);
        st_bus_msg_free(take_msg);
    } else {
        struct journal_kill *k = &b->kill[b->count];
        fill_kill(k, m);
        st_secret_hash(k->content_hash, take_msg->data, take_msg->len, NULL, 0);
        b->msg[b->count++] = take_msg;
        submit(e);
    }
}

/* --- players' economy rows --- */

_Static_assert(ECON_WINDOW * CHANGES_MAX < PROFILE_DROPS_MAX, "every change has its place");

/* A message whose players are dropped from the cache one by one. */
struct dropping {
    struct st_bus_msg *msg;
    size_t left;
};

/* Deleted, or kept to be deleted before anything is read. */
static void on_dropped(void *ctx)
{
    struct dropping *d = ctx;
    if (--d->left > 0)
        return;
    acknowledge(d->msg);
    st_free(d);
}

static bool changes_valid(const Startrader__V1__PlayersChanged *m)
{
    bool valid = m && m->n_change > 0 && m->n_change <= CHANGES_MAX;
    for (size_t i = 0; valid && i < m->n_change; i++)
        valid = player_id_valid(m->change[i]->player);
    return valid;
}

static void on_player_event(void *ctx, struct st_bus_msg *take_msg)
{
    struct events *e = ctx;
    struct st_arena arena;
    st_arena_init(&arena, e->arena_memory, sizeof(e->arena_memory));
    const Startrader__V1__PlayersChanged *m =
        st_wire_unpack(&startrader__v1__players_changed__descriptor, take_msg->data, take_msg->len,
                       EVENT_BYTES_MAX, &arena);
    if (!changes_valid(m)) {
        st_log(ST_LOG_ERROR, "event_malformed", st_log_s("subject", take_msg->subject),
               st_log_u("stream_seq", take_msg->stream_seq));
        acknowledge(take_msg);
        return;
    }
    struct dropping *d = st_alloc(sizeof(*d));
    *d = (struct dropping){take_msg, m->n_change};
    st_counter_add(e->player_changes, m->n_change);
    for (size_t i = 0; i < m->n_change; i++)
        hydrate_drop(e->p->hydrate, m->change[i]->player, on_dropped, d);
}

/* --- the lead --- */

static void follow(struct events *e)
{
    if (e->world)
        st_bus_js_consume_stop(&e->world);
    if (e->econ)
        st_bus_js_consume_stop(&e->econ);
    forget(&e->batch[e->filling]);
}

static void run_lead(void *store, void *job)
{
    struct events *e = job;
    store_on_behalf(store, "lead");
    if (store_journal_lead(store, &e->leading))
        e->leading = false;
    if (e->leading && e->sweep && store_journal_sweep(store) == 0)
        e->sweep = false;
}

static void on_lead(void *job)
{
    struct events *e = job;
    e->lead_under_way = false;
    if (e->stopped)
        return;
    bool was = e->world != NULL;
    st_gauge_set(e->lead_gauge, e->leading);
    if (was != e->leading)
        st_log(ST_LOG_INFO, e->leading ? "leading" : "following");
    if (!e->leading) {
        follow(e);
        return;
    }
    if (!was) {
        e->world = st_bus_js_consume(e->p->js, "EVENTS", "profile-events", WORLD_WINDOW,
                                     on_world_event, e);
        e->econ =
            st_bus_js_consume(e->p->js, "ECON", "profile-econ", ECON_WINDOW, on_player_event, e);
    }
    st_gauge_set(e->lag_world, (double)st_bus_consumer_pending(e->world));
    st_gauge_set(e->lag_econ, (double)st_bus_consumer_pending(e->econ));
}

void events_beat(struct events *e)
{
    st_assert(e);
    if (e->lead_under_way || e->stopped)
        return;
    if (e->beats++ % SWEEP_EVERY_BEATS == 0)
        e->sweep = true;
    e->lead_under_way = st_workers_submit(e->p->lead_pool, run_lead, on_lead, e) == 0;
}

void events_stop(struct events *e)
{
    st_assert(e);
    e->stopped = true;
    follow(e);
    st_gauge_set(e->lead_gauge, 0);
}
