/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Families (one name, one help text) hold series (one set of labels). Both lists only grow; the
 * lock guards registration and rendering, never an update.
 */
#include <st/stat.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/list.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BOUNDS_MAX = 24 };
enum kind { COUNTER, GAUGE, HISTOGRAM };
static const char *const kind_names[] = {"counter", "gauge", "histogram"};

struct st_counter {
    atomic_uint_fast64_t n;
};

struct st_gauge {
    _Atomic double v;
};

struct st_histogram {
    size_t count;
    double bounds[BOUNDS_MAX];
    atomic_uint_fast64_t buckets[BOUNDS_MAX + 1];
    _Atomic double sum;
};

struct series {
    struct st_list node;
    char *labels;
    union {
        struct st_counter counter;
        struct st_gauge gauge;
        struct st_histogram histogram;
    } u;
};

struct family {
    struct st_list node, series;
    enum kind kind;
    char *name, *help;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct st_list families = {&families, &families};

const double st_latency_bounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                    0.02,   0.035,   0.05,   0.075, 0.1,    0.15,  0.25,
                                    0.5,    1,       2,      5,     10};
const size_t st_latency_bounds_count = ST_ARRAY_LEN(st_latency_bounds);

static struct family *family_get(const char *name, const char *help, enum kind kind)
{
    st_list_each(it, &families)
    {
        struct family *f = st_list_entry(it, struct family, node);
        if (strcmp(f->name, name) == 0) {
            st_assert(f->kind == kind);
            return f;
        }
    }
    struct family *f = st_alloc(sizeof(*f));
    f->kind = kind;
    f->name = st_strdup(name);
    f->help = st_strdup(help);
    st_list_init(&f->series);
    st_list_push(&families, &f->node);
    return f;
}

static struct series *series_get(const char *name, const char *labels, const char *help,
                                 enum kind kind, const double *bounds, size_t count)
{
    st_assert(name && help && strncmp(name, "startrader_", 11) == 0);
    st_assert(count <= BOUNDS_MAX);
    labels = labels ? labels : "";
    pthread_mutex_lock(&lock);
    st_alloc_cold_begin();
    struct family *f = family_get(name, help, kind);
    struct series *found = NULL;
    st_list_each(it, &f->series)
    {
        struct series *s = st_list_entry(it, struct series, node);
        if (strcmp(s->labels, labels) == 0)
            found = s;
    }
    if (!found) {
        found = st_alloc(sizeof(*found));
        found->labels = st_strdup(labels);
        found->u.histogram.count = count;
        for (size_t i = 0; i < count; i++) {
            st_assert(i == 0 || bounds[i] > bounds[i - 1]);
            found->u.histogram.bounds[i] = bounds[i];
        }
        st_list_push(&f->series, &found->node);
    }
    st_alloc_cold_end();
    pthread_mutex_unlock(&lock);
    return found;
}

struct st_counter *st_counter(const char *name, const char *labels, const char *help)
{
    return &series_get(name, labels, help, COUNTER, NULL, 0)->u.counter;
}

struct st_gauge *st_gauge(const char *name, const char *labels, const char *help)
{
    return &series_get(name, labels, help, GAUGE, NULL, 0)->u.gauge;
}

struct st_histogram *st_histogram(const char *name, const char *labels, const char *help,
                                  const double *bounds, size_t count)
{
    st_assert(bounds && count > 0);
    return &series_get(name, labels, help, HISTOGRAM, bounds, count)->u.histogram;
}

void st_counter_add(struct st_counter *c, uint64_t n)
{
    st_assert(c);
    atomic_fetch_add_explicit(&c->n, n, memory_order_relaxed);
}

uint64_t st_counter_get(const struct st_counter *c)
{
    st_assert(c);
    return atomic_load_explicit(&c->n, memory_order_relaxed);
}

static void add_double(_Atomic double *at, double v)
{
    double old = atomic_load_explicit(at, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(at, &old, old + v, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
}

void st_gauge_set(struct st_gauge *g, double v)
{
    st_assert(g);
    atomic_store_explicit(&g->v, v, memory_order_relaxed);
}

void st_gauge_add(struct st_gauge *g, double v)
{
    st_assert(g);
    add_double(&g->v, v);
}

double st_gauge_get(const struct st_gauge *g)
{
    st_assert(g);
    return atomic_load_explicit(&g->v, memory_order_relaxed);
}

void st_histogram_observe(struct st_histogram *h, double v)
{
    st_assert(h);
    size_t i = 0;
    while (i < h->count && v > h->bounds[i])
        i++;
    atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
    add_double(&h->sum, v);
}

double st_histogram_quantile(const struct st_histogram *h, double q)
{
    st_assert(h && q >= 0 && q <= 1);
    uint64_t n[BOUNDS_MAX + 1], total = 0;
    for (size_t i = 0; i <= h->count; i++)
        total += n[i] = atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
    if (total == 0)
        return 0;
    double rank = q * (double)total, below = 0;
    for (size_t i = 0; i < h->count; i++) {
        double lower = i == 0 ? 0 : h->bounds[i - 1];
        if (n[i] > 0 && below + (double)n[i] >= rank)
            return lower + (h->bounds[i] - lower) * ((rank - below) / (double)n[i]);
        below += (double)n[i];
    }
    return h->bounds[h->count - 1];
}

/* Shortest of 15 or 17 digits that reads back as the same number. */
static void put_number(struct st_buf *out, double v)
{
    char text[40];
    snprintf(text, sizeof(text), "%.15g", v);
    if (strtod(text, NULL) != v)
        snprintf(text, sizeof(text), "%.17g", v);
    st_buf_put_str(out, text);
}

static void put_series_name(struct st_buf *out, const char *name, const char *suffix,
                            const char *labels)
{
    st_buf_put_str(out, name);
    st_buf_put_str(out, suffix);
    if (*labels)
        st_buf_printf(out, "{%s}", labels);
    st_buf_put_u8(out, ' ');
}

static void put_histogram(struct st_buf *out, const char *name, const char *labels,
                          const struct st_histogram *h)
{
    uint64_t total = 0;
    for (size_t i = 0; i <= h->count; i++) {
        total += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
        st_buf_printf(out, "%s_bucket{%s%sle=\"", name, labels, *labels ? "," : "");
        if (i < h->count)
            put_number(out, h->bounds[i]);
        else
            st_buf_put_str(out, "+Inf");
        st_buf_printf(out, "\"} %llu\n", (unsigned long long)total);
    }
    put_series_name(out, name, "_sum", labels);
    put_number(out, atomic_load_explicit(&h->sum, memory_order_relaxed));
    st_buf_put_u8(out, '\n');
    put_series_name(out, name, "_count", labels);
    st_buf_printf(out, "%llu\n", (unsigned long long)total);
}

void st_stat_render(struct st_buf *out)
{
    st_assert(out);
    pthread_mutex_lock(&lock);
    st_list_each(fi, &families)
    {
        const struct family *f = st_list_entry(fi, struct family, node);
        st_buf_printf(out, "# HELP %s %s\n", f->name, f->help);
        st_buf_printf(out, "# TYPE %s %s\n", f->name, kind_names[f->kind]);
        st_list_each(si, &f->series)
        {
            const struct series *s = st_list_entry(si, struct series, node);
            if (f->kind == HISTOGRAM) {
                put_histogram(out, f->name, s->labels, &s->u.histogram);
                continue;
            }
            put_series_name(out, f->name, "", s->labels);
            if (f->kind == COUNTER)
                st_buf_printf(out, "%llu", (unsigned long long)st_counter_get(&s->u.counter));
            else
                put_number(out, st_gauge_get(&s->u.gauge));
            st_buf_put_u8(out, '\n');
        }
    }
    pthread_mutex_unlock(&lock);
}
