/* SPDX-License-Identifier: Apache-2.0 */
/* The balance of the world: so many days of it without players, then figures and a judgement. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <st/alloc.h>
#include <st/log.h>

#include "pg_fixture.h"
#include "tally.h"

enum { DAYS_MAX = 3650 };

struct options {
    const char *folder;
    int64_t days;
    uint64_t seed;
};

static bool take(struct options *o, const char *name, const char *value)
{
    char *end = NULL;
    if (strcmp(name, "--out") == 0) {
        o->folder = value;
    } else if (strcmp(name, "--days") == 0) {
        o->days = strtoll(value, &end, 10);
        return end != value && *end == 0 && o->days >= 1 && o->days <= DAYS_MAX;
    } else if (strcmp(name, "--seed") == 0) {
        o->seed = strtoull(value, &end, 10);
        return end != value && *end == 0;
    } else {
        return false;
    }
    return true;
}

static bool parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){.days = 30, .seed = 1};
    for (int i = 1; i + 1 < argc; i += 2)
        if (!take(o, argv[i], argv[i + 1]))
            return false;
    return argc % 2 == 1 && o->folder;
}

/* The seed, as a database of its own has it. */
static struct realm *seeded(uint64_t seed)
{
    struct pg_fixture server;
    char url[128];
    pg_fixture_start(&server);
    pg_fixture_migrate(&server, ST_SQL_SOURCE);
    pg_fixture_url(&server, "st_economy", url, sizeof url);
    struct realm *r = realm_new(url, seed);
    pg_fixture_stop(&server);
    return r;
}

int main(int argc, char **argv)
{
    struct options o;
    if (!parse(&o, argc, argv)) {
        fprintf(stderr, "usage: balance-world --out FOLDER [--days N] [--seed N]\n");
        return 2;
    }
    struct realm *r = seeded(o.seed);
    struct tally *t = r ? tally_new(o.folder, r) : NULL;
    if (!t) {
        fprintf(stderr, "balance-world: the seed makes no world, or no such folder\n");
        return 1;
    }
    for (int64_t hour = 0; hour < o.days * 24; hour++) {
        for (uint32_t i = 0; i < REALM_TICKS_PER_HOUR; i++)
            realm_tick(r);
        tally_hour(t, r);
        if (hour % 24 == 23)
            fprintf(stderr, "day %lld\n", (long long)(hour / 24 + 1));
    }
    printf("%lld days, seed %llu: %llu voyages, %llu ships lost, %llu events\n", (long long)o.days,
           (unsigned long long)o.seed, (unsigned long long)r->voyages,
           (unsigned long long)r->lost_ships, (unsigned long long)r->events);
    bool holds = tally_judge(t, r);
    tally_free(&t);
    realm_free(&r);
    return holds ? 0 : 1;
}
