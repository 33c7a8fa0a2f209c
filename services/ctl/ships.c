/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <st/alloc.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/json.h>

#include "store.h"

enum {
    SHIPS_MAX = 65536,
    BODY_MAX = 32 << 20,
    GET_TIMEOUT_MS = 5000,
    DOCKING_TICKS_MAX = 100, /* 5 s */
    TRIES = 10,              /* batons under way settle within this many looks */
    PAUSE_MS = 300
};

struct seen {
    uint64_t ship, version;
    bool matched;
};

struct fleet {
    struct seen *ships;
    size_t count;
    uint64_t stuck; /* DOCKING for too long */
    bool broken;
};

static void on_ship(void *ctx, const char *text, size_t len)
{
    struct fleet *f = ctx;
    struct st_json_doc *d = st_json_parse(text, len);
    int64_t ship = 0, version = 0, docking = 0;
    if (!d || !st_json_get_int(d, "ship", &ship) || !st_json_get_int(d, "version", &version) ||
        f->count == SHIPS_MAX) {
        f->broken = true;
    } else if (ship > 0) { /* 0: flown by nobody who has a row */
        f->ships[f->count++] = (struct seen){(uint64_t)ship, (uint64_t)version, false};
        if (st_json_get_int(d, "docking_ticks", &docking) && docking > DOCKING_TICKS_MAX)
            f->stuck++;
    }
    st_json_doc_free(&d);
}

static int fetch(struct ctl *c, struct fleet *f)
{
    struct st_buf body;
    st_buf_init(&body, BODY_MAX);
    int status = ctl_get(st_conf_str(c->conf, "ST_SIMULATION_INTERNAL"), "/debug/ships",
                         GET_TIMEOUT_MS, &body);
    f->count = 0;
    f->stuck = 0;
    f->broken = status != 200 || !ctl_each_object((const char *)body.data, body.len, on_ship, f) ||
                f->broken;
    st_buf_fini(&body);
    if (!f->broken)
        return 0;
    fprintf(stderr, "ships verify: the simulation's list: %s\n",
            status < 0 ? st_err_name(status) : "not readable");
    return ST_EUNAVAILABLE;
}

static int by_ship(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    return (x->ship > y->ship) - (x->ship < y->ship);
}

/* Contradictions of one look; rows first, so that a ship that leaves in between shows as such. */
static int64_t look(struct ctl *c, struct fleet *f, int64_t shard, bool print)
{
    char text[24];
    struct st_pg_param p = st_pg_param_int(text, shard);
    struct st_pg_result *r = NULL;
    if (store_run(c->pg, &q_ships, &p, 1, &r) != 0)
        return -1;
    f->broken = false;
    if (fetch(c, f) != 0) {
        st_pg_result_free(&r);
        return -1;
    }
    qsort(f->ships, f->count, sizeof *f->ships, by_ship);
    int64_t wrong = (int64_t)f->stuck;
    if (print && f->stuck > 0)
        printf("    %" PRIu64 " ships are DOCKING for more than 5 s\n", f->stuck);
    for (size_t i = 0; i < st_pg_rows(r); i++) {
        struct seen key = {.ship = (uint64_t)st_pg_int(r, i, 0)};
        struct seen *s = bsearch(&key, f->ships, f->count, sizeof *f->ships, by_ship);
        if (s)
            s->matched = true;
        if (s && s->version == (uint64_t)st_pg_int(r, i, 1))
            continue;
        wrong++;
        if (print)
            printf("    ship %s: row has version %s, simulation %s%" PRIu64 "\n",
                   st_pg_text(r, i, 0), st_pg_text(r, i, 1), s ? "has " : "does not have it, ",
                   s ? s->version : 0);
    }
    for (size_t i = 0; i < f->count; i++) {
        wrong += !f->ships[i].matched;
        if (print && !f->ships[i].matched)
            printf("    ship %" PRIu64
                   " flies, but its row says that this shard does not hold it\n",
                   f->ships[i].ship);
    }
    st_pg_result_free(&r);
    return wrong;
}

int cmd_ships(struct ctl *c)
{
    if (c->argc < 1 || c->argc > 2 || strcmp(c->argv[0], "verify") != 0)
        return CTL_USAGE;
    if (!st_conf_str(c->conf, "ST_SIMULATION_INTERNAL")[0]) {
        fprintf(stderr, "ships verify: ST_SIMULATION_INTERNAL is not set\n");
        return CTL_AWAY;
    }
    int64_t shard = c->argc > 1 ? strtoll(c->argv[1], NULL, 10) : 0;
    if (!ctl_database(c))
        return CTL_AWAY;
    struct fleet f = {.ships = st_alloc_array(SHIPS_MAX, sizeof *f.ships)};
    int64_t wrong = -1;
    for (int i = 0; i < TRIES && wrong != 0; i++) {
        if (i > 0)
            st_sleep_until_ns(st_mono_ns() + PAUSE_MS * 1000000ULL);
        wrong = look(c, &f, shard, i == TRIES - 1);
    }
    if (wrong >= 0)
        printf("%s shard %" PRId64 ": %zu ships, %" PRId64 " contradictions\n",
               wrong == 0 ? "ok  " : "FAIL", shard, f.count, wrong);
    st_free(f.ships);
    return wrong < 0 ? CTL_AWAY : wrong == 0 ? CTL_OK : CTL_FOUND;
}
