/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files that hold SQL share: the connection and the one way to run a statement. Worker
 * threads; must never be included outside of store*.c.
 */
#ifndef PROFILE_STORE_PRIVATE_H
#define PROFILE_STORE_PRIVATE_H

#include "store.h"

#include <st/pg.h>

struct store {
    struct st_pg *pg;
    const char *request_id;
};

/* Ids as the text of an array of Postgres, at most `count` of them. */
#define STORE_IDS_TEXT(count) ((count) * 21 + 3)
void store_ids(char *out, size_t cap, const uint64_t *ids, size_t count);
/* Rows of player and name. */
void store_take_names(const struct st_pg_result *r, struct store_name *out, size_t count);

/* As st_pg_exec, logged with the request's id: inside a transaction. */
int store_step(struct store *s, const struct st_pg_stmt *stmt, const struct st_pg_param *params,
               size_t count, struct st_pg_result **out) ST_MUST_CHECK;
/* As st_pg_exec, logged with the request's id; tried again after a connection was found dead:
 * alone. */
int store_run(struct store *s, const struct st_pg_stmt *stmt, const struct st_pg_param *params,
              size_t count, struct st_pg_result **out) ST_MUST_CHECK;

#endif
