/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <st/clock.h>

static uint64_t cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void begin(struct window *v)
{
    memset(v, 0, sizeof *v);
    v->start_us = st_mono_ns() / 1000;
    v->cpu_us = cpu_us();
}

void control_open(struct world *w)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    epoll_ctl(w->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &e);
    begin(&w->report->window);
}

static void print_histogram(const char *name, const struct histogram *h)
{
    printf(",\"%s\":{\"n\":%" PRIu64 ",\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}", name,
           h->count, histogram_quantile(h, 0.5), histogram_quantile(h, 0.99),
           histogram_quantile(h, 0.999), h->max_ms);
}

static void print_states(const struct pilot *pilots, uint32_t n)
{
    uint32_t in = 0, flying = 0, away = 0;
    for (uint32_t i = 0; i < n; i++) {
        in += pilots[i].welcomed;
        away += pilots[i].dropped_us != 0;
        flying += pilots[i].own.phase == STARTRADER__V1__PHASE__PHASE_FLYING;
    }
    printf(",\"pilots\":%" PRIu32 ",\"in\":%" PRIu32 ",\"flying\":%" PRIu32 ",\"away\":%" PRIu32, n,
           in, flying, away);
}

static void print_failures(const struct report *r)
{
    uint64_t failures = 0;
    for (int f = 0; f < FAILURES; f++)
        failures += r->failures[f];
    printf(",\"failures\":%" PRIu64, failures);
}

static void mark(struct world *w, const struct pilot *pilots, uint32_t n)
{
    struct window *v = &w->report->window;
    double looks = (double)ST_MAX(v->looks, 1);
    printf("{\"seconds\":%.4f,\"cpu\":%.4f", (double)(st_mono_ns() / 1000 - v->start_us) / 1e6,
           (double)(cpu_us() - v->cpu_us) / 1e6);
    print_states(pilots, n);
    print_failures(w->report);
    printf(",\"frames\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"inputs\":%" PRIu64 ",\"kills\":%" PRIu64
           ",\"closes\":%" PRIu64,
           v->frames, v->bytes, v->inputs, v->kills, v->closes);
    printf(",\"watched_frames\":%" PRIu64 ",\"records\":%" PRIu64, v->watched_frames, v->records);
    printf(",\"near\":%.2f,\"middle\":%.2f,\"far\":%.2f", (double)v->near / looks,
           (double)v->middle / looks, (double)v->far / looks);
    print_histogram("input", &v->input);
    print_histogram("gap", &v->gap);
    print_histogram("calm", &v->calm); /* gaps of the first, see --calm */
    print_histogram("back", &v->back); /* from a drop to the full view */
    print_histogram("seen", &v->seen); /* from an input to another pilot's socket */
    print_histogram("age", &v->age);   /* from a tick to the socket of who is near */
    print_histogram("lag", &v->lag);   /* how late this program's own turns were */
    printf("}\n");
    fflush(stdout);
    begin(v);
}

static bool command(struct world *w, struct pilot *pilots, uint32_t n, const char *line)
{
    if (strcmp(line, "quit") == 0)
        return false;
    if (strcmp(line, "mark") == 0)
        mark(w, pilots, n);
    else if (strncmp(line, "drop ", 5) == 0)
        for (uint32_t i = (uint32_t)strtoul(line + 5, NULL, 10); i < n; i++)
            pilot_drop(&pilots[i], w);
    else
        fprintf(stderr, "pilots: unknown command %s\n", line);
    return true;
}

bool control_read(struct world *w, struct pilot *pilots, uint32_t n)
{
    char text[512];
    ssize_t len = read(STDIN_FILENO, text, sizeof text - 1);
    if (len == 0)
        return false; /* whoever commanded has gone */
    text[ST_MAX(len, 0)] = '\0';
    char *rest = text, *line;
    bool go_on = true;
    while (go_on && (line = strsep(&rest, "\n")))
        go_on = *line == '\0' || command(w, pilots, n, line);
    return go_on;
}
