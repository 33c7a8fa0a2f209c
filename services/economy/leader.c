/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <stdio.h>
#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>
#include <st/subject.h>
#include <st/wire.h>

/*
 * Exactly one instance leads: the one whose leader connection holds the advisory lock. All that
 * must happen once (events in stream order, the outbox in its order, drift) runs on that same
 * connection, so who loses the lock loses the means to write with it.
 */
enum {
    BEAT_MS = 5,
    LEAD_MS = 500,
    RETRY_MS = 200,
    TOWS_MAX = 16,
    ENDS_MAX = 8,
    ENDS_ROUNDS = 64,
    CLEAN_MS = 60000
};

enum task { TASK_NONE, TASK_LEAD, TASK_EVENTS, TASK_RELAY, TASK_DRIFT, TASK_FOLD, TASK_CLEAN };

struct pending_event {
    struct st_bus_msg *msg;
    struct act act;
};

struct leader {
    struct service *service;
    struct st_timer *beat;
    struct st_bus_consumer *consumer;
    enum task running;
    int err;
    bool leads, still_leads, closed;
    uint64_t lead_at_ms, relay_at_ms, drift_at_ms, fold_at_ms, clean_at_ms, events_at_ms;
    uint32_t drifts;

    struct pending_event *events[2 * ECONOMY_EVENT_WINDOW];
    size_t events_n, batch_n; /* the first batch_n are in the database's hands */
    bool one_by_one;
    struct act *acts[ECONOMY_BATCH_MAX];
    uint8_t *arena_memory;
    struct st_arena arena;

    struct outgoing_batch outgoing;
    size_t outgoing_waiting; /* acknowledgements that have not come yet */
    bool poked;

    struct act clock_act;
    struct act tows[TOWS_MAX];
    uint32_t tow_ships[TOWS_MAX];
    uint64_t tow_players[TOWS_MAX];
    size_t tows_n;

    struct st_counter *verdicts[VERDICT_COUNT], *malformed, *duplicates, *published;
    struct st_gauge *leads_gauge, *pending_gauge, *oldest_gauge;
};

/* --- on the leader's thread; each task first makes sure that it still leads --- */

static bool lost(struct leader *l, struct store *s)
{
    l->err = store_lead(s, &l->still_leads);
    return l->err != 0 || !l->still_leads;
}

static void run_lead(void *store, void *job)
{
    (void)lost(job, store);
}

static void run_events(void *store, void *job)
{
    struct leader *l = job;
    if (!lost(l, store))
        l->err = store_run(store, l->acts, l->batch_n);
}

static void run_relay(void *store, void *job)
{
    struct leader *l = job;
    if (!lost(l, store))
        l->err = store_relay(store, &l->outgoing);
}

static void run_drift(void *store, void *job)
{
    struct leader *l = job;
    struct act *acts[] = {&l->clock_act};
    if (!lost(l, store))
        l->err = store_run(store, acts, 1);
}

static void run_fold(void *store, void *job)
{
    struct leader *l = job;
    if (!lost(l, store))
        l->err = store_fold(store);
}

/* What nobody earned or traded in time goes back to who put it up; one by one, as limit orders
 * want it. What is left waits for the next minute. */
static int end_overdue(struct store *store)
{
    struct act overdue[ENDS_MAX];
    size_t n = ENDS_MAX;
    int err = 0;
    for (int round = 0; err == 0 && n == ENDS_MAX && round < ENDS_ROUNDS; round++) {
        err = store_overdue(store, overdue, ENDS_MAX, &n);
        for (size_t i = 0; err == 0 && i < n; i++) {
            struct act *acts[] = {&overdue[i]};
            err = store_run(store, acts, 1);
        }
    }
    return err;
}

static void run_clean(void *store, void *job)
{
    struct leader *l = job;
    if (lost(l, store))
        return;
    l->err = store_clean(store, l->tow_ships, l->tow_players, TOWS_MAX, &l->tows_n);
    struct act *acts[TOWS_MAX];
    for (size_t i = 0; i < l->tows_n; i++) {
        l->tows[i] =
            (struct act){.kind = ACT_TOW, .player = l->tow_players[i], .ship = l->tow_ships[i]};
        acts[i] = &l->tows[i];
    }
    if (l->err == 0 && l->tows_n > 0)
        l->err = store_run(store, acts, l->tows_n);
    if (l->err == 0)
        l->err = end_overdue(store);
}

/* --- events --- */

static void on_event(void *ctx, struct st_bus_msg *msg)
{
    struct leader *l = ctx;
    if (!l->leads || l->closed || l->events_n == ST_ARRAY_LEN(l->events)) {
        st_bus_msg_free(msg); /* comes again */
        return;
    }
    struct pending_event *e = st_alloc(sizeof *e);
    if (!wire_event(&e->act, msg->data, msg->len, &l->arena)) {
        st_counter_add(l->malformed, 1);
        st_log(ST_LOG_ERROR, "event_malformed", st_log_s("subject", msg->subject),
               st_log_u("stream_seq", msg->stream_seq));
        st_bus_ack(msg);
        st_bus_msg_free(msg);
        st_free(e);
        return;
    }
    e->msg = msg;
    e->act.event.deliveries = msg->deliveries;
    l->events[l->events_n++] = e;
}

static void drop_event(struct leader *l, size_t i)
{
    st_bus_msg_free(l->events[i]->msg);
    st_free(l->events[i]);
    l->events_n--;
    memmove(&l->events[i], &l->events[i + 1], (l->events_n - i) * sizeof l->events[0]);
}

static void alarm_of(const struct act *a)
{
    static const char *const texts[VERDICT_COUNT] = {[VERDICT_REFUSED] = "event_refused",
                                                     [VERDICT_FORGED] = "event_content_differs",
                                                     [VERDICT_QUARANTINED] = "event_quarantined"};
    if (texts[a->verdict])
        st_log(ST_LOG_ERROR, texts[a->verdict], st_log_u("event", a->event.id),
               st_log_u("ship", a->event.ship), st_log_u("version", a->event.version),
               st_log_i("kind", a->event.kind));
}

static void finish_event(struct leader *l, struct pending_event *e)
{
    st_counter_add(l->verdicts[e->act.verdict], 1);
    if (e->act.verdict == VERDICT_AGAIN || e->act.verdict == VERDICT_FORGED)
        st_counter_add(l->duplicates, 1);
    alarm_of(&e->act);
    if (e->act.verdict == VERDICT_AHEAD)
        st_bus_nak(e->msg, RETRY_MS);
    else
        st_bus_ack(e->msg);
}

static void took_events(struct leader *l)
{
    size_t n = l->batch_n;
    l->batch_n = 0;
    if (l->err == 0) {
        for (size_t i = 0; i < n; i++)
            finish_event(l, l->events[i]);
        for (size_t i = n; i-- > 0;)
            drop_event(l, i);
        l->one_by_one = false;
        l->poked = true;
        return;
    }
    l->events_at_ms = st_loop_now_ms(l->service->loop) + RETRY_MS;
    if (l->err == ST_EUNAVAILABLE || l->err == ST_ETIMEOUT)
        return;
    /* One of them cannot be booked: find it by taking them singly, and let it come again later. */
    if (n == 1) {
        st_log(ST_LOG_ERROR, "event_not_bookable", st_log_u("event", l->events[0]->act.event.id));
        st_bus_nak(l->events[0]->msg, 1000);
        drop_event(l, 0);
    }
    l->one_by_one = true;
}

/* --- outbox --- */

struct acknowledged {
    struct leader *leader;
    size_t row;
};

static void on_published(void *ctx, int err)
{
    struct acknowledged *a = ctx;
    struct leader *l = a->leader;
    l->outgoing.rows[a->row].sent = err == 0;
    if (err == 0)
        st_counter_add(l->published, 1);
    l->outgoing_waiting--;
    if (l->outgoing_waiting == 0)
        l->poked = true;
    st_free(a);
}

static void took_relay(struct leader *l)
{
    if (l->err != 0)
        return;
    st_gauge_set(l->oldest_gauge, (double)l->outgoing.oldest_ms / 1e3);
    l->outgoing_waiting = l->outgoing.count;
    for (size_t i = 0; i < l->outgoing.count; i++) {
        struct outgoing *o = &l->outgoing.rows[i];
        struct acknowledged *a = st_alloc(sizeof *a);
        char id[32];
        *a = (struct acknowledged){l, i};
        snprintf(id, sizeof id, "econ-%lld", (long long)o->id);
        st_bus_js_publish(l->service->js, o->subject, id, o->data, o->len, on_published, a);
    }
}

/* --- leading --- */

static void stop_leading(struct leader *l)
{
    if (!l->leads)
        return;
    l->leads = false;
    st_gauge_set(l->leads_gauge, 0);
    st_log(ST_LOG_WARN, "leading_ended");
    if (l->consumer)
        st_bus_js_consume_stop(&l->consumer);
    while (l->events_n > 0)
        drop_event(l, l->events_n - 1);
}

static void start_leading(struct leader *l)
{
    uint64_t now = st_loop_now_ms(l->service->loop);
    l->leads = true;
    l->drift_at_ms = now + ECONOMY_DRIFT_MS;
    l->fold_at_ms = l->clean_at_ms = now;
    st_gauge_set(l->leads_gauge, 1);
    st_log(ST_LOG_INFO, "leading");
    l->consumer = st_bus_js_consume(l->service->js, "EVENTS", "economy-events",
                                    ECONOMY_EVENT_WINDOW, on_event, l);
}

static void on_beat(void *ctx);

static void on_done(void *job)
{
    struct leader *l = job;
    enum task task = l->running;
    l->running = TASK_NONE;
    service_database(l->service, l->err);
    if (!l->still_leads) {
        l->batch_n = 0;
        stop_leading(l);
    } else if (!l->leads && !l->closed) {
        start_leading(l);
    }
    if (!l->leads)
        return;
    if (task == TASK_EVENTS)
        took_events(l);
    else if (task == TASK_RELAY)
        took_relay(l);
    else if (l->err != 0)
        st_log(ST_LOG_WARN, "leader_task_failed", st_log_i("task", task),
               st_log_s("error", st_err_name(l->err)));
    on_beat(l);
}

static void start_task(struct leader *l, enum task task)
{
    static st_job_fn *const run[] = {NULL,      run_lead, run_events, run_relay,
                                     run_drift, run_fold, run_clean};
    l->running = task;
    int err = st_workers_submit(l->service->leading, run[task], on_done, l);
    st_assert(err == 0);
}

static void prepare_events(struct leader *l)
{
    size_t most = l->one_by_one ? 1 : ECONOMY_BATCH_MAX;
    l->batch_n = ST_MIN(l->events_n, most);
    for (size_t i = 0; i < l->batch_n; i++)
        l->acts[i] = &l->events[i]->act;
}

static void prepare_drift(struct leader *l, uint64_t now)
{
    l->drift_at_ms = now + ECONOMY_DRIFT_MS;
    l->clock_act = (struct act){.kind = ACT_DRIFT};
    l->clock_act.cycle = ++l->drifts % ECONOMY_DRIFTS_PER_CYCLE == 0;
}

/* What is due, most urgent first. */
static enum task next_task(struct leader *l, uint64_t now)
{
    if (!l->leads) {
        if (now < l->lead_at_ms)
            return TASK_NONE;
        l->lead_at_ms = now + LEAD_MS;
        return TASK_LEAD;
    }
    if (l->outgoing_waiting == 0 && (l->poked || now >= l->relay_at_ms)) {
        l->poked = false;
        l->relay_at_ms = now + ECONOMY_RELAY_MS;
        return TASK_RELAY;
    }
    if (l->events_n > 0 && now >= l->events_at_ms) {
        prepare_events(l);
        return TASK_EVENTS;
    }
    if (now >= l->drift_at_ms) {
        prepare_drift(l, now);
        return TASK_DRIFT;
    }
    if (now >= l->fold_at_ms) {
        l->fold_at_ms = now + ECONOMY_FOLD_MS;
        return TASK_FOLD;
    }
    if (now >= l->clean_at_ms) {
        l->clean_at_ms = now + CLEAN_MS;
        return TASK_CLEAN;
    }
    return TASK_NONE;
}

static void on_beat(void *ctx)
{
    struct leader *l = ctx;
    if (l->running != TASK_NONE || l->closed || !l->service->world_known)
        return;
    if (l->consumer)
        st_gauge_set(l->pending_gauge, (double)st_bus_consumer_pending(l->consumer));
    enum task task = next_task(l, st_loop_now_ms(l->service->loop));
    if (task != TASK_NONE)
        start_task(l, task);
}

void leader_poke(struct leader *l)
{
    l->poked = true;
}

bool leader_leads(const struct leader *l)
{
    return l->leads;
}

static void make_metrics(struct leader *l)
{
    static const char *const names[VERDICT_COUNT] = {
        "none", "applied", "refused", "again", "forged", "old_epoch", "ahead", "quarantined"};
    for (int i = VERDICT_APPLIED; i < VERDICT_COUNT; i++) {
        char labels[64];
        snprintf(labels, sizeof labels, "verdict=\"%s\"", names[i]);
        l->verdicts[i] = st_counter("startrader_economy_events_total", labels,
                                    "Hard events by what became of them");
    }
    l->malformed = st_counter("startrader_economy_events_malformed_total", NULL,
                              "Messages of the event stream that are no events");
    l->duplicates = st_counter("startrader_inbox_duplicates_total", NULL,
                               "Events that came again and had no second effect");
    l->published = st_counter("startrader_outbox_published_total", NULL, "Outbox rows published");
    l->leads_gauge = st_gauge("startrader_economy_leader", NULL,
                              "1 while this instance consumes events and relays the outbox");
    l->pending_gauge = st_gauge("startrader_event_lag_messages", NULL,
                                "Hard events in the stream that are not yet booked");
    l->oldest_gauge = st_gauge("startrader_outbox_lag_seconds", NULL,
                               "Age of the oldest outbox row at the last look");
}

struct leader *leader_new(struct service *s)
{
    struct leader *l = st_alloc(sizeof *l);
    l->service = s;
    l->arena_memory = st_alloc(st_wire_arena_size(WIRE_EVENT_MAX));
    st_arena_init(&l->arena, l->arena_memory, st_wire_arena_size(WIRE_EVENT_MAX));
    make_metrics(l);
    l->beat = st_timer_new(s->loop, on_beat, l);
    st_timer_start(l->beat, BEAT_MS, BEAT_MS);
    return l;
}

void leader_close(struct leader *l)
{
    l->closed = true;
    if (l->consumer)
        st_bus_js_consume_stop(&l->consumer);
}

bool leader_idle(const struct leader *l)
{
    return l->running == TASK_NONE && l->outgoing_waiting == 0;
}

void leader_free(struct leader **l)
{
    if (!*l)
        return;
    if ((*l)->consumer)
        st_bus_js_consume_stop(&(*l)->consumer);
    while ((*l)->events_n > 0)
        drop_event(*l, (*l)->events_n - 1);
    st_timer_free(&(*l)->beat);
    st_pg_result_free(&(*l)->outgoing.result);
    st_free((*l)->arena_memory);
    st_free(*l);
    *l = NULL;
}
