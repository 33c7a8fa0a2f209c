/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the store share: parameters as arrays, steps of a pipeline. Not for others.
 */
#ifndef ECONOMY_STORE_PRIVATE_H
#define ECONOMY_STORE_PRIVATE_H

#include "store.h"

enum { STEPS_MAX = 32, STEP_PARAMS_MAX = 20, COLUMNS_MAX = 180, COLUMN_BYTES_MAX = 8 << 20 };

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

#define STORE_PILOT_COLUMNS                                                                        \
    "player, ship, session_epoch, rev, last_location, job_step, flown_ticks, losses, aggressor,"   \
    " deliveries"
/* What store_read_ship reads. */
#define STORE_SHIP_COLUMNS                                                                         \
    "id, player, class_id, holder_kind, holder_id, version, hull, torpedoes, coalesce(weapon, 0)," \
    " x, y, appear_at, flown_due, locked, route_to, route_short,"                                  \
    " (extract(epoch FROM ready_at) * 1000)::bigint, insurance"
enum { STORE_SHIP_COLUMNS_N = 18 };
void store_read_ship(const struct st_pg_result *r, size_t row, struct ship *out);

/* Steps of a drift, by store_guild.c: asked for in the load, read into the unit, written at last.
 */
void store_guild_ask(struct store *s);
void store_guild_ask_zones(struct store *s);         /* for events: the zones alone */
bool store_guild_take(struct store *s, size_t step); /* false: a step of another file */
void store_guild_write(struct store *s);

/* Limit orders, by store_limit.c. The statements that take the place of others' for an act that
 * runs alone return their columns for what is locked anyhow. */
enum limit_rows {
    LIMIT_ROWS_OTHER, /* not of a statement of theirs */
    LIMIT_ROWS_TAKEN,
    LIMIT_ROWS_PILOTS,
    LIMIT_ROWS_WALLETS,
    LIMIT_ROWS_CARGO
};
void store_limit_market(struct store *s, const struct act *a);
struct column *store_limit_pilots(struct store *s, const struct act *a);
struct column *store_limit_wallets(struct store *s, const struct act *a);
struct column *store_limit_cargo(struct store *s, const struct act *a); /* accounts; players */
void store_limit_ask(struct store *s, const struct act *a);
void store_limit_look(struct store *s, struct act *const *acts, size_t count);
enum limit_rows store_limit_take(struct store *s, size_t step);
void store_limit_write(struct store *s);

/* Contracts, by store_contract.c. */
struct contract_needs {
    int64_t ids[ECONOMY_BATCH_MAX];
    uint64_t players[PILOTS_MAX], victims[PILOTS_MAX];
    size_t ids_n, players_n, victims_n;
    uint32_t locations[ECONOMY_BATCH_MAX]; /* to look at */
    size_t locations_n;
    bool any, cycle, look;
};
void store_contract_ask(struct store *s, const struct contract_needs *n);
bool store_contract_take(struct store *s, size_t step);
void store_contract_write(struct store *s);

#endif
