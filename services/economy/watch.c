/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <stdio.h>
#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/subject.h>

enum { WAITING_MAX = 512, BEAT_MS = 250, FRESH_MS = 200, REPLY_BYTES_MAX = 256 << 10 };

enum job_kind { JOB_NONE, JOB_WORLD, JOB_MARKETS, JOB_CHECK, JOB_CANDLES };

struct market_wait {
    struct st_bus_msg *msg;
    uint32_t location;
};

struct watch {
    struct service *service;
    struct st_timer *beat;
    enum job_kind running;
    int err;
    bool closed;

    struct market_line *lines; /* the newest reading */
    struct market_line *reading;
    size_t lines_n, reading_n;
    uint64_t lines_at_ms, lines_wall_ms; /* monotonic, wall */
    struct market_wait waiting[WAITING_MAX];
    size_t waiting_n;
    uint64_t announced[LINES_MAX]; /* version of each line in the last price tick */
    uint64_t announced_at_ms;

    int64_t credits, goods;
    uint64_t checked_at_ms, candles_at_ms;
    bool more_candles;
    struct st_gauge *imbalance[2], *checked;
    struct st_buf out;
};

/* --- on the reader's thread --- */

static void run_world(void *store, void *job)
{
    struct watch *w = job;
    w->err = store_load_catalog(store, &w->service->catalog);
}

static void run_markets(void *store, void *job)
{
    struct watch *w = job;
    w->err = store_markets(store, w->reading, &w->reading_n);
}

static void run_check(void *store, void *job)
{
    struct watch *w = job;
    w->err = store_check(store, &w->credits, &w->goods);
}

static void run_candles(void *store, void *job)
{
    struct watch *w = job;
    w->err = store_candles(store, &w->more_candles);
}

/* --- on the loop --- */

static void answer_waiting(struct watch *w, bool available)
{
    struct blockade blockade = available ? calendar_blockade(&w->service->catalog, w->lines_wall_ms)
                                         : (struct blockade){0};
    for (size_t i = 0; i < w->waiting_n; i++) {
        struct st_bus_msg *msg = w->waiting[i].msg;
        st_buf_clear(&w->out);
        if (available)
            wire_market_reply(w->lines, w->lines_n, w->waiting[i].location, w->lines_wall_ms,
                              blockade, &w->out);
        else
            wire_reply_code(CODE_UNAVAILABLE, &w->out);
        st_assert(!w->out.overflow);
        if (msg->reply && st_bus_reply(w->service->rpc, msg, w->out.data, w->out.len) != 0)
            st_log(ST_LOG_WARN, "reply_lost", st_log_s("verb", "market"));
        st_bus_msg_free(msg);
    }
    w->waiting_n = 0;
}

/* Lines of one location that moved since the last tick, as one message. */
static void announce_location(struct watch *w, size_t from, size_t to)
{
    struct market_line moved[GOOD_ID_MAX];
    size_t n = 0;
    for (size_t i = from; i < to && n < GOOD_ID_MAX; i++) {
        if (w->lines[i].version == w->announced[i])
            continue;
        moved[n++] = w->lines[i];
        w->announced[i] = w->lines[i].version;
    }
    if (n == 0)
        return;
    char subject[ST_SUBJECT_MAX];
    st_subject_econ(subject, "price", w->lines[from].line.location);
    st_buf_clear(&w->out);
    wire_price_tick(moved, n, w->lines_wall_ms, &w->out);
    int err = st_bus_publish(w->service->rpc, subject, w->out.data, w->out.len);
    if (err != 0)
        st_log(ST_LOG_DEBUG, "price_tick_lost", st_log_s("error", st_err_name(err)));
}

static void announce(struct watch *w)
{
    if (!leader_leads(w->service->leader) ||
        w->lines_at_ms - w->announced_at_ms < ECONOMY_PRICE_TICK_MS)
        return;
    w->announced_at_ms = w->lines_at_ms;
    for (size_t from = 0, to; from < w->lines_n; from = to) {
        for (to = from;
             to < w->lines_n && w->lines[to].line.location == w->lines[from].line.location;)
            to++;
        announce_location(w, from, to);
    }
}

static void took_markets(struct watch *w)
{
    if (w->err == 0) {
        struct market_line *swap = w->lines;
        w->lines = w->reading;
        w->reading = swap;
        w->lines_n = w->reading_n;
        w->lines_at_ms = st_loop_now_ms(w->service->loop);
        w->lines_wall_ms = st_wall_ms();
        announce(w);
    }
    answer_waiting(w, w->err == 0);
}

/* The gauges appear with the first proof: before it nothing is known. */
static void took_check(struct watch *w)
{
    if (w->err != 0)
        return;
    if (!w->checked) {
        static const char help[] = "What balances and ledger entries differ by; 0 or an alarm";
        w->imbalance[0] = st_gauge("startrader_ledger_imbalance", "kind=\"credits\"", help);
        w->imbalance[1] = st_gauge("startrader_ledger_imbalance", "kind=\"goods\"", help);
        w->checked = st_gauge("startrader_ledger_checked_timestamp_seconds", NULL,
                              "Unix time of the last check of the books; stale is an alarm");
    }
    st_gauge_set(w->imbalance[0], (double)w->credits);
    st_gauge_set(w->imbalance[1], (double)w->goods);
    st_gauge_set(w->checked, (double)st_wall_ms() / 1e3);
    if (w->credits != 0 || w->goods != 0)
        st_log(ST_LOG_ERROR, "ledger_imbalance", st_log_i("credits", w->credits),
               st_log_i("goods", w->goods));
}

static void took_world(struct watch *w)
{
    if (w->err == 0 && !w->service->world_known) {
        w->service->world_known = true;
        st_log(ST_LOG_INFO, "world_known", st_log_u("revision", w->service->catalog.world.revision),
               st_log_u("bytes", w->service->catalog.bytes_n),
               st_log_u("markets", w->service->catalog.lines_n));
    } else if (w->err != 0) {
        st_daemon_ready(w->service->daemon, "postgres", false, "waiting for the schema");
    }
}

static void next_job(struct watch *w);

static void on_done(void *job)
{
    struct watch *w = job;
    enum job_kind kind = w->running;
    w->running = JOB_NONE;
    if (kind == JOB_WORLD)
        took_world(w);
    else if (kind == JOB_MARKETS)
        took_markets(w);
    else if (kind == JOB_CHECK)
        took_check(w);
    else if (w->err == 0 && w->more_candles)
        w->candles_at_ms = 0;
    service_database(w->service, w->err);
    next_job(w);
}

static void start_job(struct watch *w, enum job_kind kind)
{
    static st_job_fn *const run[] = {NULL, run_world, run_markets, run_check, run_candles};
    w->running = kind;
    int err = st_workers_submit(w->service->reading, run[kind], on_done, w);
    st_assert(err == 0);
}

static void next_job(struct watch *w)
{
    uint64_t now = st_loop_now_ms(w->service->loop);
    if (w->running != JOB_NONE || w->closed || !w->service->world_known)
        return;
    if (w->waiting_n > 0 && w->lines_n > 0 && now - w->lines_at_ms < FRESH_MS)
        answer_waiting(w, true);
    if (w->waiting_n > 0) {
        start_job(w, JOB_MARKETS);
    } else if (now - w->checked_at_ms >= ECONOMY_CHECK_MS) {
        w->checked_at_ms = now;
        start_job(w, JOB_CHECK);
    } else if (leader_leads(w->service->leader) && now - w->candles_at_ms >= ECONOMY_CANDLES_MS) {
        w->candles_at_ms = now;
        start_job(w, JOB_CANDLES);
    }
}

static void on_beat(void *ctx)
{
    struct watch *w = ctx;
    uint64_t now = st_loop_now_ms(w->service->loop);
    if (w->running != JOB_NONE || w->closed)
        return;
    if (!w->service->world_known)
        start_job(w, JOB_WORLD);
    else if (now - w->lines_at_ms >= ECONOMY_PRICE_TICK_MS)
        start_job(w, JOB_MARKETS);
    else
        next_job(w);
}

void watch_market(struct watch *w, struct st_bus_msg *take_msg, uint32_t location)
{
    if (w->waiting_n == WAITING_MAX)
        answer_waiting(w, w->lines_n > 0);
    w->waiting[w->waiting_n++] = (struct market_wait){take_msg, location};
    next_job(w);
}

struct watch *watch_new(struct service *s)
{
    struct watch *w = st_alloc(sizeof *w);
    w->service = s;
    w->lines = st_alloc_array(LINES_MAX, sizeof *w->lines);
    w->reading = st_alloc_array(LINES_MAX, sizeof *w->reading);
    st_buf_init(&w->out, REPLY_BYTES_MAX);
    w->beat = st_timer_new(s->loop, on_beat, w);
    st_timer_start(w->beat, 0, BEAT_MS);
    return w;
}

void watch_close(struct watch *w)
{
    w->closed = true;
    answer_waiting(w, false);
}

bool watch_idle(const struct watch *w)
{
    return w->running == JOB_NONE;
}

void watch_free(struct watch **w)
{
    if (!*w)
        return;
    st_timer_free(&(*w)->beat);
    answer_waiting(*w, false);
    st_buf_fini(&(*w)->out);
    st_free((*w)->lines);
    st_free((*w)->reading);
    st_free(*w);
    *w = NULL;
}
