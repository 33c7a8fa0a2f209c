/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <st/alloc.h>
#include <st/json.h>
#include <st/rng.h>

#include "store.h"
#include "wire.h"

enum { BATCH = 256, LINE_MAX_BYTES = 4096, SHOWN_MAX = 50 };

/* What the load generator says about one order. */
struct line {
    uint64_t number;
    uint64_t player;
    uint8_t key[16];
    uint32_t location, commodity, quantity;
    bool buying;
    int result; /* OrderResult, or WIRE_UNKNOWN when the answer never came */
    uint64_t total;
    bool found; /* the ledger knows the key */
};

struct history {
    struct ctl *ctl;
    struct line lines[BATCH];
    size_t count;
    int64_t wrong;
    uint64_t orders, done, refused, unknown, unknown_done;
};

static void contradict(struct history *h, const struct line *l, const char *what)
{
    if (h->wrong++ < SHOWN_MAX)
        printf("    line %" PRIu64 ", player %" PRIu64 ": %s\n", l->number, l->player, what);
}

static bool get_uint(const struct st_json_doc *d, const char *key, uint64_t max, uint64_t *out)
{
    int64_t v = 0;
    if (!st_json_get_int(d, key, &v) || v < 0 || (uint64_t)v > max)
        return false;
    *out = (uint64_t)v;
    return true;
}

static bool parse_line(const struct st_json_doc *d, struct line *l)
{
    const char *id = st_json_get_str(d, "order_id"), *side = st_json_get_str(d, "side");
    const char *result = st_json_get_str(d, "result");
    uint64_t location, commodity, quantity;
    if (!id || !side || !result || st_hex_decode(id, strlen(id), l->key, sizeof l->key) != 0 ||
        !wire_result(result, &l->result) || !get_uint(d, "player", UINT32_MAX, &l->player) ||
        !get_uint(d, "location", UINT32_MAX, &location) ||
        !get_uint(d, "commodity", UINT32_MAX, &commodity) ||
        !get_uint(d, "quantity", UINT32_MAX, &quantity) ||
        !get_uint(d, "total", INT64_MAX, &l->total))
        return false;
    l->location = (uint32_t)location;
    l->commodity = (uint32_t)commodity;
    l->quantity = (uint32_t)quantity;
    l->buying = strcmp(side, "buy") == 0;
    return true;
}

static bool same_order(const struct line *l, struct st_slice asked)
{
    struct wire_order o;
    return wire_order(asked, &o) && o.location == l->location && o.commodity == l->commodity &&
           o.buying == l->buying && o.quantity == l->quantity;
}

static void compare(struct history *h, struct line *l, const struct st_pg_result *r, size_t row)
{
    l->found = true;
    if (strcmp(st_pg_text(r, row, 4), "order") != 0 || !same_order(l, st_pg_bytes(r, row, 3))) {
        if (l->result != WIRE_DUPLICATE)
            contradict(h, l, "the ledger has another order under this id");
        return;
    }
    int booked = (int)st_pg_int(r, row, 1);
    bool moved = st_pg_bool(r, row, 5);
    bool done = booked == WIRE_DONE;
    if (done != moved)
        contradict(h, l, "result and postings of the transaction contradict each other");
    if (l->result == WIRE_UNKNOWN) {
        h->unknown_done += done;
        return;
    }
    if ((l->result == WIRE_DONE) != done) {
        contradict(h, l,
                   done ? "refused to the pilot, but booked" : "done for the pilot, not booked");
        return;
    }
    uint64_t total = 0;
    if (!wire_receipt(st_pg_bytes(r, row, 2), &total) || (done && total != l->total))
        contradict(h, l, "the pilot was told another total than the ledger holds");
}

static int check_batch(struct history *h)
{
    struct st_buf players, keys;
    st_buf_init(&players, 64 << 10);
    st_buf_init(&keys, 64 << 10);
    for (size_t i = 0; i < h->count; i++) {
        char hex[33];
        st_hex_encode(h->lines[i].key, 16, hex);
        st_buf_printf(&players, "%c%" PRIu64, i ? ',' : '{', h->lines[i].player);
        st_buf_printf(&keys, "%c\"\\\\x%s\"", i ? ',' : '{', hex);
    }
    st_buf_put_str(&players, "}");
    st_buf_put_str(&keys, "}");
    struct st_pg_param p[] = {st_pg_param_str(st_buf_cstr(&players)),
                              st_pg_param_str(st_buf_cstr(&keys))};
    struct st_pg_result *r = NULL;
    int err = store_run(h->ctl->pg, &q_history, p, 2, &r);
    for (size_t i = 0; err == 0 && i < st_pg_rows(r); i++)
        compare(h, &h->lines[st_pg_int(r, i, 0)], r, i);
    for (size_t i = 0; err == 0 && i < h->count; i++)
        if (!h->lines[i].found && h->lines[i].result == WIRE_DONE)
            contradict(h, &h->lines[i], "done for the pilot, but not in the ledger");
    st_pg_result_free(&r);
    st_buf_fini(&players);
    st_buf_fini(&keys);
    h->count = 0;
    return err;
}

static void count_line(struct history *h, const struct line *l)
{
    h->orders++;
    if (l->result == WIRE_UNKNOWN)
        h->unknown++;
    else if (l->result == WIRE_DONE)
        h->done++;
    else
        h->refused++;
}

/* Lines of other kinds than orders are not ours. */
static int take_line(struct history *h, const char *text, size_t len, uint64_t number)
{
    struct st_json_doc *d = st_json_parse(text, len);
    const char *op = d ? st_json_get_str(d, "op") : NULL;
    struct line *l = &h->lines[h->count];
    *l = (struct line){.number = number};
    int err = 0;
    if (!op || (strcmp(op, "order") == 0 && !parse_line(d, l))) {
        contradict(h, l, "not a line that can be read");
    } else if (strcmp(op, "order") == 0) {
        count_line(h, l);
        if (++h->count == BATCH)
            err = check_batch(h);
    }
    st_json_doc_free(&d);
    return err;
}

int64_t history_verify(struct ctl *c, const char *file)
{
    FILE *f = fopen(file, "r");
    if (!f) {
        fprintf(stderr, "ledger verify: cannot read %s\n", file);
        return -1;
    }
    struct history *h = st_alloc(sizeof *h);
    h->ctl = c;
    static char text[LINE_MAX_BYTES];
    int err = 0;
    for (uint64_t n = 1; err == 0 && fgets(text, sizeof text, f); n++)
        err = take_line(h, text, strcspn(text, "\r\n"), n);
    fclose(f);
    if (err == 0 && h->count > 0)
        err = check_batch(h);
    int64_t wrong = err == 0 ? h->wrong : -1;
    printf("%s each of %" PRIu64 " answers to orders agrees with the ledger (%" PRIu64
           " done, %" PRIu64 " refused, %" PRIu64 " unknown, of which %" PRIu64 " were booked)\n",
           wrong == 0 ? "ok  " : "FAIL", h->orders, h->done, h->refused, h->unknown,
           h->unknown_done);
    st_free(h);
    return wrong;
}
