/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to Postgres (the only file that sees libpq) for use on a worker thread: calls
 * block, but never past their deadline. After an error the connection is closed and made again by
 * the next call, with back-off; one that the server ended between two calls is made again by the
 * call itself.
 */
#ifndef ST_PG_H
#define ST_PG_H

#include <st/base.h>

struct st_pg;
struct st_pg_result;

struct st_pg_options {
    const char *url;         /* postgres://... or key=value */
    const char *name;        /* application_name */
    uint32_t timeout_ms;     /* per call, 2,000 by default; also the server's statement_timeout */
    uint32_t statements_max; /* different statements prepared on a connection */
};

/* A prepared statement: one constant object per statement; its name labels the query-time metric.
 */
struct st_pg_stmt {
    const char *name;
    const char *sql;
};

/* Parameters are text or binary-safe bytes; NULL data = SQL NULL. */
struct st_pg_param {
    const char *data;
    uint32_t len;
    bool binary; /* bytea in binary form */
};

struct st_pg *st_pg_new(const struct st_pg_options *options);
void st_pg_free(struct st_pg **c);
/* Connected now? Does not try. */
bool st_pg_up(const struct st_pg *c);
/* Rises with every connection made; what belongs to a server session (an advisory lock) is gone
 * when it differs. 0 before the first. */
uint64_t st_pg_generation(const struct st_pg *c);
/* Drops the connection, so that the next call makes a new one. */
void st_pg_close(struct st_pg *c);

/*
 * Runs one statement. 0 and a result (free it), or ST_EUNAVAILABLE (nothing was done), ST_ETIMEOUT
 * (unknown whether done), ST_ECONFLICT (constraint, serialization or deadlock; st_pg_sqlstate
 * tells), ST_EPROTO (any other SQL error).
 */
int st_pg_exec(struct st_pg *c, const struct st_pg_stmt *stmt, const struct st_pg_param *params,
               size_t count, struct st_pg_result **out) ST_MUST_CHECK;
/*
 * Steps of one round trip, in order; an error skips the rest. On success each step holds its result
 * (st_pg_steps_free); on an error none does and an open transaction has been rolled back. The
 * errors are those of st_pg_exec: ST_ETIMEOUT only when the steps end with st_pg_stmt_commit, or
 * when there is no transaction around them.
 */
struct st_pg_step {
    const struct st_pg_stmt *stmt;
    const struct st_pg_param *params;
    size_t count;
    struct st_pg_result *result;
};
extern const struct st_pg_stmt st_pg_stmt_begin;
extern const struct st_pg_stmt st_pg_stmt_commit;
int st_pg_pipeline(struct st_pg *c, struct st_pg_step *steps, size_t count) ST_MUST_CHECK;
void st_pg_steps_free(struct st_pg_step *steps, size_t count);
/* Begin, commit, rollback; a failed commit is ST_ETIMEOUT when nobody knows. */
int st_pg_begin(struct st_pg *c) ST_MUST_CHECK;
int st_pg_commit(struct st_pg *c) ST_MUST_CHECK;
void st_pg_rollback(struct st_pg *c);
/* Several statements without parameters (a migration file), in one implicit transaction or in the
 * open one. No limit of time but the server's. */
int st_pg_script(struct st_pg *c, const char *sql) ST_MUST_CHECK;
/* Five characters of the last error, "" if none; text of the last error. */
const char *st_pg_sqlstate(const struct st_pg *c);
const char *st_pg_error(const struct st_pg *c);

size_t st_pg_rows(const struct st_pg_result *r);
bool st_pg_is_null(const struct st_pg_result *r, size_t row, size_t col);
/* Text form, "" for NULL; lent until free. */
const char *st_pg_text(const struct st_pg_result *r, size_t row, size_t col);
int64_t st_pg_int(const struct st_pg_result *r, size_t row, size_t col);
bool st_pg_bool(const struct st_pg_result *r, size_t row, size_t col);
/* bytea column; lent until free. */
struct st_slice st_pg_bytes(const struct st_pg_result *r, size_t row, size_t col);
/* Rows changed by INSERT, UPDATE, DELETE. */
int64_t st_pg_affected(const struct st_pg_result *r);
void st_pg_result_free(struct st_pg_result **r);

/* Fills a parameter from an integer; text needs 24 bytes. */
struct st_pg_param st_pg_param_int(char *text, int64_t v);
struct st_pg_param st_pg_param_str(const char *s);
struct st_pg_param st_pg_param_bytes(const void *data, size_t len);

#endif
