/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the store share: parameters as arrays, steps of a pipeline. Not for others.
 */
#ifndef ECONOMY_STORE_PRIVATE_H
#define ECONOMY_STORE_PRIVATE_H

#include "store.h"

enum { STEPS_MAX = 24, STEP_PARAMS_MAX = 16, COLUMNS_MAX = 128, COLUMN_BYTES_MAX = 8 << 20 };

/* One parameter: a Postgres array in text form, `{1,2,3}`. */
struct column {
    struct st_buf text;
    uint32_t count;
};

struct store {
    struct st_pg *pg;
    struct catalog *catalog;
    struct unit *unit;
    struct column columns[COLUMNS_MAX];
    uint32_t columns_n;
    struct st_pg_step steps[STEPS_MAX];
    struct st_pg_param params[STEPS_MAX][STEP_PARAMS_MAX];
    size_t steps_n;
    uint64_t led_generation;
};

void steps_begin(struct store *s);
/* A step with `params` array parameters, whose columns follow each other from the returned one. */
struct column *steps_add(struct store *s, const struct st_pg_stmt *stmt, size_t params);
void column_int(struct column *c, int64_t v);
void column_bool(struct column *c, bool v);
void column_text(struct column *c, const char *v);
void column_bytes(struct column *c, const void *data, size_t len); /* NULL data: SQL NULL */
void column_null(struct column *c);
/* Closes the columns and runs the steps in one round trip. */
int steps_run(struct store *s) ST_MUST_CHECK;
/* Result of the n-th step. */
const struct st_pg_result *steps_result(const struct store *s, size_t n);
void steps_end(struct store *s);

void store_read_ship(const struct st_pg_result *r, size_t row, struct ship *out);

#endif
