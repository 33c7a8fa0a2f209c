/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics in the Prometheus text format: counters, gauges, histograms with fixed buckets.
 * Registered at start by name and constant labels; updated from any thread with relaxed atomics;
 * rendered on the loop thread.
 */
#ifndef ST_STAT_H
#define ST_STAT_H

#include <st/base.h>
#include <st/buf.h>

struct st_counter;
struct st_gauge;
struct st_histogram;

/* Names start with startrader_. labels: NULL or constant text such as `source="cache"`. The same
 * name and labels twice give the same object. Never freed. */
struct st_counter *st_counter(const char *name, const char *labels, const char *help);
struct st_gauge *st_gauge(const char *name, const char *labels, const char *help);
/* bounds: rising upper bounds in the unit of the name (seconds, bytes), at most 24. */
struct st_histogram *st_histogram(const char *name, const char *labels, const char *help,
                                  const double *bounds, size_t count);

/* Bounds for latencies from 100 us to 10 s, in seconds. */
extern const double st_latency_bounds[];
extern const size_t st_latency_bounds_count;

void st_counter_add(struct st_counter *c, uint64_t n);
uint64_t st_counter_get(const struct st_counter *c);
void st_gauge_set(struct st_gauge *g, double v);
void st_gauge_add(struct st_gauge *g, double v);
double st_gauge_get(const struct st_gauge *g);
void st_histogram_observe(struct st_histogram *h, double v);
/* Value at quantile q (0..1) by linear interpolation within the bucket; 0 without observations. */
double st_histogram_quantile(const struct st_histogram *h, double q);

/* Text exposition format 0.0.4 of everything registered. */
void st_stat_render(struct st_buf *out);

#endif
