/* SPDX-License-Identifier: Apache-2.0 */
#include "shard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/stat.h>

#include "checkpoint.h"
#include "pace.h"

/*
 * Journey of an input: bus thread -> intake -> ring -> turn (here, on the tick thread) -> kernel ->
 * emit -> ring -> sender -> bus. Journey of a baton: loop thread -> ask -> mailbox -> turn ->
 * kernel, and back to the loop thread, which frees it.
 */

enum { LATE_NS = 25000000 };
_Static_assert((int)PACE_TICK_MS == (int)SHARD_TICK_MS, "both speak of one tick");

static const double tick_bounds[] = {0.00025, 0.0005, 0.001, 0.002, 0.004, 0.006, 0.008,
                                     0.010,   0.015,  0.020, 0.025, 0.030, 0.040, 0.050,
                                     0.075,   0.100,  0.200, 0.500, 1.0};

struct shard_stat {
    struct st_histogram *seconds, *lag;
    struct st_counter *late, *overrun, *skipped, *paused;
    struct st_counter *slowed;
    struct st_gauge *running, *dilation;
};

struct shard {
    struct shard_options options;
    struct turn *turn;
    struct turn_rings rings;
    struct st_mailbox *asks, *answers;
    struct st_watch *watch;
    struct keeper *keeper;
    struct pace pace;
    void *world_memory;
    struct shard_stat stat;
    pthread_t thread;
    bool started, paused;
    atomic_bool stopping, abandoned;
    atomic_uint_fast64_t waiting_ms;
    struct ask fenced; /* posted once, as a sign */
    struct ask *taken[SHARD_ASKS_MAX];
};

static void on_answer(void *ctx, void *msg)
{
    struct shard *s = ctx;
    if (msg == &s->fenced)
        s->options.on_fenced(s->options.ctx);
    else
        s->options.on_answer(s->options.ctx, msg);
}

static void on_events(void *ctx, int events)
{
    struct shard *s = ctx;
    (void)events;
    ring_drained(s->rings.events);
    s->options.on_events(s->options.ctx);
}

static void stat_init(struct shard_stat *s)
{
    s->seconds = st_histogram("startrader_tick_seconds", NULL, "Duration of a tick", tick_bounds,
                              ST_ARRAY_LEN(tick_bounds));
    s->lag =
        st_histogram("startrader_tick_lag_seconds", NULL, "How long after its time a tick began",
                     tick_bounds, ST_ARRAY_LEN(tick_bounds));
    s->late = st_counter("startrader_tick_late_total", NULL, "Ticks that began 25 ms late or more");
    s->overrun =
        st_counter("startrader_tick_overrun_total", NULL, "Ticks that took longer than one lasts");
    s->skipped =
        st_counter("startrader_tick_skipped_total", NULL, "Times of a tick that passed unused");
    s->paused = st_counter("startrader_tick_paused_total", NULL,
                           "Times of a tick at which the world stood still: no bus, or no room "
                           "for hard events");
    s->slowed = st_counter("startrader_time_dilation_total", NULL,
                           "Times that the world was slowed down by a step");
    s->dilation =
        st_gauge("startrader_time_dilation_permille", NULL, "Speed of the world, 1000 = full");
    s->running = st_gauge("startrader_world_running", NULL, "1 while the world ticks");
}

size_t shard_size(const struct shard_options *o)
{
    size_t world = world_size(&o->limits);
    return sizeof(struct shard) + turn_size(&o->limits) + world + keeper_size(world) +
           SHARD_INTAKE_BYTES + SHARD_OUT_BYTES + SHARD_EVENT_BYTES;
}

struct shard *shard_new(const struct shard_options *options)
{
    struct shard *s = st_alloc(sizeof(*s));
    size_t world = world_size(&options->limits);
    st_assert(world > 0);
    s->options = *options;
    s->rings.intake = ring_new(SHARD_INTAKE_BYTES);
    s->rings.out = ring_new(SHARD_OUT_BYTES);
    s->rings.events = ring_new(SHARD_EVENT_BYTES);
    s->turn = turn_new(&options->limits, options->shard, options->npcs, &s->rings);
    s->world_memory = st_alloc(world + 64);
    s->keeper = keeper_start(options->state_dir, options->shard, world);
    s->asks = st_mailbox_new(NULL, SHARD_ASKS_MAX, NULL, NULL);
    s->answers = st_mailbox_new(options->loop, SHARD_ASKS_MAX * 2, on_answer, s);
    s->watch = st_watch_new(options->loop, ring_fd(s->rings.events), on_events, s);
    st_watch_set(s->watch, ST_READABLE);
    stat_init(&s->stat);
    return s;
}

static void drop_ask(void *ctx, void *msg)
{
    struct shard *s = ctx;
    if (msg != &s->fenced)
        s->options.on_answer(s->options.ctx, msg);
}

void shard_free(struct shard **s)
{
    if (*s == NULL)
        return;
    st_assert(!(*s)->started);
    st_watch_free(&(*s)->watch);
    st_mailbox_free(&(*s)->asks, drop_ask, *s);
    st_mailbox_free(&(*s)->answers, drop_ask, *s);
    keeper_stop(&(*s)->keeper);
    turn_free(&(*s)->turn);
    ring_free(&(*s)->rings.intake);
    ring_free(&(*s)->rings.out);
    ring_free(&(*s)->rings.events);
    st_free((*s)->world_memory);
    st_free(*s);
    *s = NULL;
}

void *shard_world_memory(struct shard *s)
{
    uintptr_t at = ((uintptr_t)s->world_memory + 63) & ~(uintptr_t)63;
    return (void *)at;
}

int shard_ask(struct shard *s, struct ask *take_ask)
{
    return st_mailbox_post(s->asks, take_ask);
}

uint64_t shard_waiting_ms(const struct shard *s)
{
    return atomic_load_explicit(&s->waiting_ms, memory_order_relaxed);
}

struct ring *shard_intake(struct shard *s)
{
    return s->rings.intake;
}

struct ring *shard_out(struct shard *s)
{
    return s->rings.out;
}

const struct turn_event *shard_event(struct shard *s)
{
    size_t len;
    return ring_peek(s->rings.events, &len);
}

void shard_event_done(struct shard *s)
{
    ring_release(s->rings.events);
}

/* ---- the tick thread --------------------------------------------------------------------------
 */

static void answer(struct shard *s, struct ask *a)
{
    int err = st_mailbox_post(s->answers, a); /* holds all questions there can be */
    st_assert(err == 0);
}

static uint32_t take_asks(struct shard *s)
{
    uint32_t n = 0;
    while (n < SHARD_ASKS_MAX && (s->taken[n] = st_mailbox_take(s->asks)) != NULL)
        n++;
    return n;
}

/* Each kind in its own pass: batons, then binds; what asks for the state, after the step. */
static void answer_kind(struct shard *s, uint32_t n, uint8_t kind, uint64_t now_ms)
{
    for (uint32_t i = 0; i < n; i++) {
        struct ask *a = s->taken[i];
        if (a == NULL || a->kind != kind)
            continue;
        s->taken[i] = NULL;
        switch (kind) {
        case ASK_BATON:
            a->config_set = turn_baton(s->turn, &a->baton);
            break;
        case ASK_BIND:
            turn_bind(s->turn, &a->bind, now_ms);
            break;
        case ASK_SNAPSHOT:
            turn_snapshot(s->turn, &a->snapshot);
            break;
        default:
            turn_ships(s->turn, &a->ships);
            break;
        }
        answer(s, a);
    }
}

static bool bus_is_down(const struct shard *s, uint64_t now_ms)
{
    uint64_t out = st_bus_down_since_ms(s->options.rt_out);
    uint64_t in = st_bus_down_since_ms(s->options.rt_in);
    return (out != 0 && now_ms > out + SHARD_BUS_DOWN_MS) ||
           (in != 0 && now_ms > in + SHARD_BUS_DOWN_MS);
}

static void checkpoint(struct shard *s)
{
    const struct world *w = turn_world(s->turn);
    uint8_t config[CONFIG_BYTES_MAX];
    size_t config_len = world_config_encode(world_config_get(w), config, sizeof(config)), cap;
    uint8_t *to = keeper_take(s->keeper, config_len, &cap);
    if (to == NULL)
        return;
    memcpy(to, config, config_len);
    struct checkpoint c = {
        .shard = s->options.shard,
        .epoch = world_epoch(w),
        .tick = world_tick(w),
        .config_hash = world_config_hash(world_config_get(w)),
        .config_len = config_len,
        .world_len = world_save(w, to + config_len, cap),
    };
    st_assert(c.world_len > 0);
    keeper_give(s->keeper, &c);
}

static void pause_or_step(struct shard *s, uint64_t now_ms)
{
    bool paused = bus_is_down(s, now_ms) || !turn_may_step(s->turn);
    if (paused != s->paused) {
        st_log(ST_LOG_WARN, paused ? "world_paused" : "world_resumed",
               st_log_u("tick", world_tick(turn_world(s->turn))));
        st_gauge_set(s->stat.running, !paused);
        if (!paused)
            turn_resume(s->turn, now_ms);
        s->paused = paused;
    }
    if (paused) {
        st_counter_add(s->stat.paused, 1);
        turn_pause(s->turn, now_ms);
        turn_publish(s->turn, now_ms);
        return;
    }
    turn_step(s->turn, now_ms);
    if (world_tick(turn_world(s->turn)) % SHARD_CHECKPOINT_TICKS == 0)
        checkpoint(s);
}

static void tick(struct shard *s)
{
    uint64_t now_ms = st_mono_ms();
    bool was_fenced = turn_fenced(s->turn);
    uint32_t n = take_asks(s);
    turn_calendar(s->turn, s->options.system, st_wall_ms());
    answer_kind(s, n, ASK_BATON, now_ms);
    answer_kind(s, n, ASK_BIND, now_ms);
    if (turn_fenced(s->turn) && !was_fenced)
        answer(s, &s->fenced);
    pause_or_step(s, now_ms);
    atomic_store_explicit(&s->waiting_ms, turn_waiting_ms(s->turn, now_ms), memory_order_relaxed);
    answer_kind(s, n, ASK_SNAPSHOT, now_ms);
    answer_kind(s, n, ASK_SHIPS, now_ms);
}

/* Deadlines are absolute. One that has passed is skipped and counted: a burst of ticks would only
 * make the next ones late as well. */
static uint64_t next_deadline(struct shard *s, uint64_t deadline, uint64_t now)
{
    uint64_t interval = pace_interval_ns(&s->pace), next = deadline + interval;
    if (now > next + interval) {
        uint64_t missed = (now - next) / interval;
        st_counter_add(s->stat.skipped, missed);
        next += missed * interval;
    }
    return next;
}

/* A world that stands still is not slow: only its own ticks count. */
static void keep_pace(struct shard *s, uint64_t deadline, uint64_t ended)
{
    uint32_t before = s->pace.level;
    if (s->paused || !pace_ended(&s->pace, ended - deadline))
        return;
    uint32_t pm = pace_dilation_pm(&s->pace);
    turn_dilation(s->turn, pm);
    st_gauge_set(s->stat.dilation, pm);
    st_counter_add(s->stat.slowed, s->pace.level > before);
    st_log(ST_LOG_WARN, "time_dilation", st_log_u("permille", pm));
}

static void *run(void *ctx)
{
    struct shard *s = ctx;
    uint64_t deadline = st_mono_ns() + pace_interval_ns(&s->pace);
    while (!atomic_load(&s->stopping)) {
        uint64_t begun = st_mono_ns();
        if (begun < deadline) {
            st_sleep_until_ns(deadline);
            continue;
        }
        tick(s);
        uint64_t ended = st_mono_ns();
        st_histogram_observe(s->stat.lag, (double)(begun - deadline) / 1e9);
        st_histogram_observe(s->stat.seconds, (double)(ended - begun) / 1e9);
        if (begun - deadline > LATE_NS)
            st_counter_add(s->stat.late, 1);
        if (ended - begun > pace_interval_ns(&s->pace))
            st_counter_add(s->stat.overrun, 1);
        uint64_t next = next_deadline(s, deadline, ended);
        keep_pace(s, deadline, ended);
        deadline = next;
    }
    if (!turn_fenced(s->turn) && !atomic_load(&s->abandoned)) {
        keeper_wait(s->keeper);
        checkpoint(s);
        keeper_wait(s->keeper);
    }
    return NULL;
}

void shard_start(struct shard *s, struct world *w)
{
    st_assert(!s->started);
    turn_open(s->turn, w);
    pace_init(&s->pace);
    turn_dilation(s->turn, pace_dilation_pm(&s->pace));
    st_gauge_set(s->stat.dilation, pace_dilation_pm(&s->pace));
    st_gauge_set(s->stat.running, 1);
    int err = pthread_create(&s->thread, NULL, run, s);
    st_assert(err == 0);
    s->started = true;
}

void shard_abandon(struct shard *s)
{
    atomic_store(&s->abandoned, true);
    atomic_store(&s->stopping, true);
}

void shard_stop(struct shard *s)
{
    if (!s->started)
        return;
    atomic_store(&s->stopping, true);
    pthread_join(s->thread, NULL);
    st_gauge_set(s->stat.running, 0);
    s->started = false;
}
