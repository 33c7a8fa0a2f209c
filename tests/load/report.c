/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <inttypes.h>
#include <string.h>

static const double bucket_ms = 0.5;
static const char *const failure_names[FAILURES] = {
    "unexpected close", "decode failure",         "gap not healed in 1 s",
    "HTTP failure",     "a cell out of the view", "order without answer",
};

void histogram_add(struct histogram *h, double ms)
{
    size_t i = ms < 0 ? 0 : (size_t)(ms / bucket_ms);
    h->bucket[ST_MIN(i, (size_t)HISTOGRAM_BUCKETS - 1)]++;
    h->count++;
    if (ms > h->max_ms)
        h->max_ms = ms;
}

double histogram_quantile(const struct histogram *h, double q)
{
    uint64_t want = (uint64_t)((double)h->count * q), seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        seen += h->bucket[i];
        if (seen > want)
            return (double)(i + 1) * bucket_ms;
    }
    return h->max_ms;
}

void report_fail(struct report *r, enum failure f, const char *detail)
{
    r->failures[f]++;
    snprintf(r->last_failure[f], sizeof r->last_failure[f], "%s", detail);
}

void report_progress(const struct report *r, uint32_t live, uint32_t pilots, double elapsed_s)
{
    uint64_t errors = 0;
    for (int f = 0; f < FAILURES; f++)
        errors += r->failures[f];
    fprintf(stderr,
            "%6.0f s  %" PRIu32 "/%" PRIu32 " in, %" PRIu64 " frames, %" PRIu64 " orders, %" PRIu64
            " kills, input p99 %.1f ms, %" PRIu64 " reconnects, %" PRIu64 " errors\n",
            elapsed_s, live, pilots, r->frames, r->orders_done, r->kills,
            histogram_quantile(&r->input, 0.99), r->reconnects, errors);
}

static bool check(bool ok, const char *what, double is, double want)
{
    printf("%-6s %-40s %12.1f  wanted %.1f\n", ok ? "ok" : "MISSED", what, is, want);
    return ok;
}

static void print_latency(const char *name, const struct histogram *h)
{
    printf("%-34s p50 %.1f  p95 %.1f  p99 %.1f  max %.1f  (%" PRIu64 ")\n", name,
           histogram_quantile(h, 0.5), histogram_quantile(h, 0.95), histogram_quantile(h, 0.99),
           h->max_ms, h->count);
}

static void write_json(const struct report *r, const char *path, double fps, double visible)
{
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        return;
    }
    fprintf(f,
            "{\"frames\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"fps\":%.2f,\"visible\":%.2f,"
            "\"orders\":%" PRIu64 ",\"kills\":%" PRIu64 ",\"deaths\":%" PRIu64
            ",\"input_p50_ms\":%.1f,\"input_p99_ms\":%.1f,\"frame_gap_p99_ms\":%.1f,"
            "\"outage_max_ms\":%.1f,\"reconnects\":%" PRIu64 ",\"corrections\":%" PRIu64
            ",\"checked\":%" PRIu64 "}\n",
            r->frames, r->bytes, fps, visible, r->orders_done, r->kills, r->deaths,
            histogram_quantile(&r->input, 0.5), histogram_quantile(&r->input, 0.99),
            histogram_quantile(&r->frame, 0.99), r->outage.max_ms, r->reconnects, r->corrections,
            r->checked);
    fclose(f);
}

static bool verdict(const struct report *r, const struct options *o, double fps, double visible)
{
    bool ok = true;
    double p99 = histogram_quantile(&r->input, 0.99);
    if (o->fps_min > 0)
        ok &= check(fps >= o->fps_min, "frames per second and pilot", fps, o->fps_min);
    if (o->visible_min > 0)
        ok &= check(visible >= o->visible_min, "mean visible ships", visible, o->visible_min);
    if (o->orders_min > 0)
        ok &= check(r->orders_done >= o->orders_min, "acknowledged orders", (double)r->orders_done,
                    (double)o->orders_min);
    if (o->kills_min > 0)
        ok &= check(r->kills >= o->kills_min, "kills", (double)r->kills, (double)o->kills_min);
    if (o->input_p99_max_ms > 0)
        ok &=
            check(p99 <= o->input_p99_max_ms, "input to applied p99, ms", p99, o->input_p99_max_ms);
    if (o->recover_max_ms > 0)
        ok &= check(r->outage.max_ms <= o->recover_max_ms, "longest outage, ms", r->outage.max_ms,
                    o->recover_max_ms);
    for (int f = 0; f < FAILURES; f++) {
        if (r->failures[f] == 0)
            continue;
        ok = false;
        printf("ERROR  %s: %" PRIu64 " (last: %s)\n", failure_names[f], r->failures[f],
               r->last_failure[f]);
    }
    return ok;
}

bool report_finish(const struct report *r, const struct options *o, double seconds)
{
    double fps = r->flying_s > 0 ? (double)r->flying_frames / r->flying_s : 0;
    double visible = r->visible_n ? (double)r->visible_sum / (double)r->visible_n : 0;
    double pilot_s = seconds * o->pilots;
    print_latency("input to applied, ms", &r->input);
    print_latency("between frames in flight, ms", &r->frame);
    if (r->outage.count)
        print_latency("outages, ms", &r->outage);
    printf("frames per second and pilot in flight  %.1f\n", fps);
    printf("bytes per second and pilot             %.0f\n", (double)r->bytes / pilot_s);
    printf("inputs per second and pilot            %.1f\n", (double)r->inputs / pilot_s);
    printf("mean visible ships                     %.1f\n", visible);
    printf("orders acknowledged / sent / retried   %" PRIu64 " / %" PRIu64 " / %" PRIu64 "\n",
           r->orders_done, r->orders, r->orders_retried);
    printf("kills, deaths, docks, pickups          %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64
           "\n",
           r->kills, r->deaths, r->docks, r->pickups);
    printf("outcomes of actions                   ");
    for (int i = 1; i < OUTCOMES; i++)
        if (r->outcomes[i])
            printf(" %d: %" PRIu64, i, r->outcomes[i]);
    printf("\n");
    printf("predictions compared / wrong           %" PRIu64 " / %" PRIu64 "\n", r->checked,
           r->corrections);
    printf("reconnects                             %" PRIu64 "\n", r->reconnects);
    if (o->json)
        write_json(r, o->json, fps, visible);
    bool ok = verdict(r, o, fps, visible);
    printf("%s\n", ok ? "PASSED" : "FAILED");
    return ok;
}
