/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run measures: histograms, counters, errors by kind; progress, summary and verdict. Owned
 * by the main thread.
 */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdio.h>

#include "options.h"

enum { OUTCOMES = 16 };            /* results of actions in flight, by number */
enum { HISTOGRAM_BUCKETS = 4000 }; /* of 0.5 ms; the last one holds all that is slower */

struct histogram {
    uint64_t bucket[HISTOGRAM_BUCKETS];
    uint64_t count;
    double max_ms;
};

enum failure {
    FAIL_CLOSE,  /* socket closed without need */
    FAIL_DECODE, /* a frame that is none */
    FAIL_GAP,    /* a hole in the view for more than a second */
    FAIL_HTTP,   /* HTTP 5xx, or no sign-in */
    FAIL_VIEW,   /* told of a cell that is not in the view */
    FAIL_ORDER,  /* no definite answer within 10 s */
    FAILURES
};

/* What happened since the last mark of the control channel. */
struct window {
    uint64_t start_us, cpu_us;
    uint64_t frames, bytes, inputs, kills, closes;
    uint64_t watched_frames, records;  /* of those who watch: frames, and states of entities */
    uint64_t near, middle, far, looks; /* ships seen in 3x3 cells, 5x5, beyond; times looked */
    struct histogram input, gap, calm, back, seen, age, lag; /* ms; see control.c */
};

struct report {
    struct window window;
    struct histogram input;  /* input sent to acknowledged, ms */
    struct histogram frame;  /* between frames of a flying pilot, ms */
    struct histogram outage; /* faults: from the loss of a socket to the next frame, ms */
    uint64_t frames, bytes, inputs;
    uint64_t flying_frames;
    double flying_s; /* pilot seconds in flight */
    uint64_t visible_sum, visible_n;
    uint64_t orders, orders_done, orders_retried, kills, deaths, docks, pickups, reconnects;
    uint64_t corrections, checked; /* positions that differed from prediction, of those compared */
    uint64_t outcomes[OUTCOMES];
    uint64_t failures[FAILURES];
    char last_failure[FAILURES][96];
};

void histogram_add(struct histogram *h, double ms);
double histogram_quantile(const struct histogram *h, double q);
void report_fail(struct report *r, enum failure f, const char *detail);
void report_progress(const struct report *r, uint32_t live, uint32_t pilots, double elapsed_s);
/* Prints the summary (and the JSON file); true when every threshold holds and nothing failed. */
bool report_finish(const struct report *r, const struct options *o, double seconds);

#endif
