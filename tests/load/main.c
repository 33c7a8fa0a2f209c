/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run: sign everybody in, fetch the world's configuration, then one epoll loop for all sockets
 * until the time is up, then finish open orders, close, report.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <st/alloc.h>
#include <st/clock.h>
#include <st/json.h>
#include <st/wire.h>

#include "control.h"

enum { TURN_MS = 5, EVENTS = 1024, PARTS = 4, END_MS = 12000, PROGRESS_MS = 5000 };

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static bool load_config(const struct options *o, struct world_config *config)
{
    static uint8_t bytes[CONFIG_BYTES_MAX];
    long len = signin_get(o, "/v1/world", bytes, sizeof bytes);
    struct st_json_doc *doc = len > 0 ? st_json_parse(bytes, (size_t)len) : NULL;
    const char *revision = doc ? st_json_get_str(doc, "revision") : NULL;
    char path[64];
    snprintf(path, sizeof path, "/v1/world/%.32s", revision ? revision : "");
    if (doc)
        st_json_doc_free(&doc);
    len = signin_get(o, path, bytes, sizeof bytes);
    return len > 0 && world_config_decode(config, bytes, (size_t)len) == 0;
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static uint32_t live(const struct pilot *pilots, uint32_t n)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++)
        count += pilots[i].welcomed;
    return count;
}

static bool orders_open(const struct pilot *pilots, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (pilot_pending(&pilots[i]))
            return true;
    return false;
}

/* Every pilot gets a turn each PARTS * TURN_MS: a part of them each time. */
static void turns(struct pilot *pilots, struct world *w)
{
    uint64_t now_us = st_mono_ns() / 1000, step_us = TURN_MS * 1000;
    if (w->turn_us == 0)
        w->turn_us = now_us;
    if (now_us < w->turn_us)
        return;
    histogram_add(&w->report->window.lag, (double)(now_us - w->turn_us) / 1000);
    w->turn_us = ST_MAX(w->turn_us + step_us, now_us - step_us);
    uint32_t n = w->options->pilots, part = w->turn++ % PARTS;
    for (uint32_t i = part; i < n; i += PARTS)
        pilot_turn(&pilots[i], w, now_us / 1000);
}

static bool turn(struct pilot *pilots, struct world *w)
{
    struct epoll_event events[EVENTS];
    bool go_on = true;
    int n = epoll_wait(w->epoll, events, EVENTS, TURN_MS);
    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr)
            pilot_event(events[i].data.ptr, w);
        else
            go_on = control_read(w, pilots, w->options->pilots);
    }
    turns(pilots, w);
    return go_on;
}

/* Returns the seconds that were played. */
static double play(struct pilot *pilots, struct world *w)
{
    const struct options *o = w->options;
    uint64_t start = st_mono_ms(), end = start + (uint64_t)o->duration_s * 1000;
    uint64_t progress = start;
    while (!interrupted && st_mono_ms() < end && turn(pilots, w)) {
        if (st_mono_ms() - progress >= PROGRESS_MS) {
            progress = st_mono_ms();
            report_progress(w->report, live(pilots, o->pilots), o->pilots,
                            (double)(progress - start) / 1000);
        }
    }
    double seconds = (double)(st_mono_ms() - start) / 1000;
    w->ending = true;
    uint64_t last = st_mono_ms() + END_MS;
    while (orders_open(pilots, o->pilots) && st_mono_ms() < last)
        (void)turn(pilots, w);
    return seconds;
}

static void say_goodbye(struct pilot *pilots, struct world *w)
{
    uint64_t now_us = st_mono_ns() / 1000;
    for (uint32_t i = 0; i < w->options->pilots; i++) {
        if (pilots[i].flying_since_us)
            w->report->flying_s += (double)(now_us - pilots[i].flying_since_us) / 1e6;
        link_close(&pilots[i].link, 1000);
        pilot_fini(&pilots[i]);
    }
}

static int run(const struct options *o, const struct account *accounts,
               const struct world_config *config, struct report *report)
{
    size_t arena_size = st_wire_arena_size(LINK_RECV_MAX);
    struct st_arena arena;
    void *arena_mem = st_alloc(arena_size);
    st_arena_init(&arena, arena_mem, arena_size);
    struct world w = {.options = o,
                      .report = report,
                      .config = config,
                      .arena = &arena,
                      .epoll = epoll_create1(EPOLL_CLOEXEC),
                      .start_ms = st_mono_ms()};
    if (o->history && !(w.history = fopen(o->history, "w"))) {
        perror(o->history);
        return 2;
    }
    if (o->digests && !(w.digests = fopen(o->digests, "w"))) {
        perror(o->digests);
        return 2;
    }
    struct pilot *pilots = st_alloc_array(o->pilots, sizeof *pilots);
    for (uint32_t i = 0; i < o->pilots; i++)
        pilot_init(&pilots[i], &w, i, &accounts[i]);
    w.pilots = pilots;
    w.owner = st_alloc_array(PROBE_SLOTS, sizeof *w.owner);
    if (o->control)
        control_open(&w);
    st_buf_init(&w.trimmed, LINK_RECV_MAX);
    double seconds = play(pilots, &w);
    st_buf_fini(&w.trimmed);
    say_goodbye(pilots, &w);
    if (w.history)
        fclose(w.history);
    if (w.digests)
        fclose(w.digests);
    close(w.epoll);
    st_free(pilots);
    st_free(w.owner);
    st_free(arena_mem);
    return report_finish(report, o, seconds) ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options o;
    options_parse(&o, argc, argv);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    raise_descriptors();
    struct world_config *config = st_alloc(sizeof *config);
    if (!load_config(&o, config)) {
        fprintf(stderr, "pilots: no world configuration from http://%s:%u/v1/world\n", o.host,
                o.port);
        return 2;
    }
    struct account *accounts = st_alloc_array(o.pilots, sizeof *accounts);
    struct report *report = st_alloc(sizeof *report);
    fprintf(stderr, "signing in %" PRIu32 " pilots\n", o.pilots);
    uint32_t failed = signin_all(&o, accounts, o.pilots);
    if (failed) {
        report_fail(report, FAIL_HTTP, "sign-in");
        fprintf(stderr, "pilots: %" PRIu32 " could not sign in or get their ship\n", failed);
    }
    int status = run(&o, accounts, config, report);
    st_free(report);
    st_free(accounts);
    st_free(config);
    return status;
}
