/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tick_bench [--ships N] [--shots N] [--crowd] [--ticks N] [--json] [--digest]: steps a world of so
 * many ships and volleys and prints how long a tick takes, in CPU time of the thread and by the
 * clock, beside the floor, which runs after each tick. Without --ships it runs the whole table.
 * --digest prints one hash of all that happened instead of times: it must not change with speed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "floor.h"
#include "sol1_fixture.h"
#include "stage.h"
#include "swarm.h"

#define WARM  400 /* ticks until volleys and kills have settled */
#define TICKS 2000

struct options {
    uint32_t ships, shots, ticks;
    bool crowd, json, digest;
};

struct times {
    uint32_t *cpu, *wall, *floor; /* ns, one per tick */
    uint32_t n;
    uint64_t shots, bullets, inputs;
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int rising(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Nanoseconds within which so many of a million ticks were done; sorted input. */
static uint32_t within_ppm(const uint32_t *sorted, uint32_t n, uint32_t ppm)
{
    uint64_t at = ((uint64_t)n * ppm + 999999) / 1000000;

    return sorted[at ? at - 1 : 0];
}

static void count_bullets(const struct swarm *s, struct times *t)
{
    t->shots += swarm_volleys(s);
    t->bullets += swarm_bullets(s);
}

static void one_tick(struct swarm *s, struct floor_tick *f, struct times *t)
{
    uint64_t cpu, wall;

    swarm_before(s);
    wall = clock_ns(CLOCK_MONOTONIC);
    cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    world_step(s->world);
    t->cpu[t->n] = (uint32_t)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
    t->wall[t->n] = (uint32_t)(clock_ns(CLOCK_MONOTONIC) - wall);
    swarm_after(s);
    cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    floor_step(f);
    t->floor[t->n] = (uint32_t)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
    t->n++;
}

static void put_json(const struct options *o, const char *what, double value, const char *unit,
                     double floor)
{
    printf("{\"name\":\"tick.%s.%u_%u.%s\",\"value\":%.3f,\"unit\":\"%s\"",
           o->crowd ? "crowd" : "spread", o->ships, o->shots, what, value, unit);
    if (floor > 0)
        printf(",\"floor\":%.3f,\"ratio\":%.3f", floor, value / floor);
    else
        printf(",\"floor\":null,\"ratio\":null");
    printf("}\n");
}

static void report_json(const struct options *o, const struct times *t)
{
    double floor = within_ppm(t->floor, t->n, 500000) / 1e6;

    put_json(o, "p50", within_ppm(t->cpu, t->n, 500000) / 1e6, "ms", floor);
    put_json(o, "p99", within_ppm(t->cpu, t->n, 990000) / 1e6, "ms", 0);
    put_json(o, "p999", within_ppm(t->cpu, t->n, 999000) / 1e6, "ms", 0);
    put_json(o, "wall_p999", within_ppm(t->wall, t->n, 999000) / 1e6, "ms", 0);
    put_json(o, "ship", within_ppm(t->cpu, t->n, 500000) / (double)o->ships, "ns", 0);
    for (uint32_t i = STAGE_begin + 1; i < STAGES; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "stage.%s", stage_names[i]);
        put_json(o, name, (double)stage_ns[i] / t->n / 1e6, "ms", 0);
    }
}

static void report_text(const struct options *o, const struct times *t)
{
    uint32_t p50 = within_ppm(t->cpu, t->n, 500000), floor = within_ppm(t->floor, t->n, 500000);

    printf("%-6s %6u %7.0f %7.0f | %7.3f %7.3f %7.3f | %7.3f | %6.1f | %7.3f %5.2fx\n",
           o->crowd ? "crowd" : "spread", o->ships, (double)t->shots / t->n,
           (double)t->bullets / t->n, p50 / 1e6, within_ppm(t->cpu, t->n, 990000) / 1e6,
           within_ppm(t->cpu, t->n, 999000) / 1e6, within_ppm(t->wall, t->n, 999000) / 1e6,
           p50 / (double)o->ships, floor / 1e6, (double)p50 / floor);
    printf("  stages, us:");
    for (uint32_t i = STAGE_begin + 1; i < STAGES; i++)
        printf(" %s %.0f", stage_names[i], (double)stage_ns[i] / t->n / 1e3);
    printf("\n");
}

static void run_times(const struct options *o, struct swarm *s)
{
    int32_t y = o->crowd ? -42000 : 0, side = o->crowd ? 10000 : 130000;
    struct times t = {calloc(o->ticks, 4), calloc(o->ticks, 4), calloc(o->ticks, 4), 0, 0, 0, 0};
    struct floor_tick f;

    if (!t.cpu || !t.wall || !t.floor ||
        !floor_init(&f, o->ships, o->shots, sol1_k(0), sol1_k(y), side))
        abort();
    memset(stage_ns, 0, sizeof stage_ns);
    for (uint32_t i = 0; i < o->ticks; i++) {
        one_tick(s, &f, &t);
        count_bullets(s, &t);
    }
    qsort(t.cpu, t.n, sizeof *t.cpu, rising);
    qsort(t.wall, t.n, sizeof *t.wall, rising);
    qsort(t.floor, t.n, sizeof *t.floor, rising);
    if (o->json)
        report_json(o, &t);
    else
        report_text(o, &t);
    (void)fflush(stdout);
    floor_fini(&f);
    free(t.cpu);
    free(t.wall);
    free(t.floor);
}

static void run_digest(const struct options *o, struct swarm *s)
{
    uint64_t hash = 0;

    for (uint32_t i = 0; i < o->ticks; i++) {
        swarm_before(s);
        world_step(s->world);
        hash = hash * 31 + swarm_digest(s);
        swarm_after(s);
    }
    printf("digest %016" PRIx64 " killed %" PRIu64 "\n", hash, s->killed);
}

static int run(const struct options *o)
{
    struct swarm s;

    if (!swarm_init(&s, o->ships, o->shots, o->crowd)) {
        (void)fprintf(stderr, "no room for %u ships\n", o->ships);
        return 1;
    }
    for (uint32_t i = 0; i < WARM && !o->digest; i++) {
        swarm_before(&s);
        world_step(s.world);
        swarm_after(&s);
    }
    if (o->digest)
        run_digest(o, &s);
    else
        run_times(o, &s);
    swarm_fini(&s);
    return 0;
}

static int table(const struct options *o)
{
    static const uint32_t ships[] = {1000, 5000, 20000, 50000, 100000};
    int failed = 0;

    for (uint32_t i = 0; i < sizeof ships / sizeof ships[0]; i++) {
        struct options row = *o;

        row.ships = ships[i];
        row.shots = 2 * ships[i];
        row.ticks = ships[i] > 20000 ? o->ticks / 4 : o->ticks;
        failed |= run(&row);
        row.crowd = true;
        if (ships[i] == 1000 || ships[i] == 20000)
            failed |= run(&row);
    }
    return failed;
}

static int bad_usage(void)
{
    (void)fprintf(stderr, "usage: tick_bench [--ships N] [--shots N] [--crowd] [--ticks N] "
                          "[--json] [--digest]\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct options o = {.ticks = TICKS};

    for (int i = 1; i < argc; i++) {
        uint32_t *number = !strcmp(argv[i], "--ships")   ? &o.ships
                           : !strcmp(argv[i], "--shots") ? &o.shots
                           : !strcmp(argv[i], "--ticks") ? &o.ticks
                                                         : NULL;
        bool *flag = !strcmp(argv[i], "--crowd")    ? &o.crowd
                     : !strcmp(argv[i], "--json")   ? &o.json
                     : !strcmp(argv[i], "--digest") ? &o.digest
                                                    : NULL;

        if (number && i + 1 < argc)
            *number = (uint32_t)strtoul(argv[++i], NULL, 10);
        else if (flag)
            *flag = true;
        else
            return bad_usage();
    }
    if (o.ticks == 0)
        return bad_usage();
    if (!o.json && !o.digest)
        printf("world   ships volleys bullets |     p50     p99   p99.9 |wall99.9| ns/ship "
               "|   floor ratio   (ms of CPU)\n");
    if (o.ships == 0)
        return table(&o);
    if (o.shots == 0)
        o.shots = 2 * o.ships;
    return run(&o);
}
