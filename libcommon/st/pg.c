/* SPDX-License-Identifier: Apache-2.0 */
#include <st/pg.h>

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/rng.h>
#include <st/stat.h>

enum {
    BACKOFF_MIN_MS = 100,
    BACKOFF_MAX_MS = 1000,
    GRACE_MS = 250, /* the server's statement_timeout answers first, so the outcome is known */
    ERROR_MAX = 512,
    PARAMS_MAX = 48
};

struct prepared {
    const struct st_pg_stmt *stmt;
    struct st_histogram *time;
    bool ready; /* on this connection */
};

struct st_pg {
    char *url;
    char *name;
    uint32_t timeout_ms;
    PGconn *conn;
    uint64_t generation;
    uint64_t retry_at_ms;
    uint32_t backoff_ms;
    struct prepared *prepared;
    uint32_t prepared_n, prepared_max;
    char sqlstate[6];
    char error[ERROR_MAX];
};

struct bytes {
    struct bytes *next;
    uint8_t data[];
};

struct st_pg_result {
    PGresult *res;
    struct bytes *decoded;
};

const struct st_pg_stmt st_pg_stmt_begin = {"begin", "BEGIN"};
const struct st_pg_stmt st_pg_stmt_commit = {"commit", "COMMIT"};
static const struct st_pg_stmt stmt_rollback = {"rollback", "ROLLBACK"};

struct st_pg *st_pg_new(const struct st_pg_options *options)
{
    st_assert(options && options->url && options->statements_max > 0);
    struct st_pg *c = st_alloc(sizeof *c);
    c->url = st_strdup(options->url);
    c->name = st_strdup(options->name ? options->name : "startrader");
    c->timeout_ms = options->timeout_ms ? options->timeout_ms : 2000;
    c->prepared_max = options->statements_max + 3; /* begin, commit, rollback */
    c->prepared = st_alloc_array(c->prepared_max, sizeof *c->prepared);
    return c;
}

void st_pg_free(struct st_pg **c)
{
    if (!*c)
        return;
    st_pg_close(*c);
    st_free((*c)->prepared);
    st_free((*c)->url);
    st_free((*c)->name);
    st_free(*c);
    *c = NULL;
}

/* Whether the server ended an idle connection: nobody asked it anything, yet there is something to
 * read, its farewell or the end of the stream. A setting that changed would look the same and costs
 * one connection more; a question sent here instead would cost its asker the answer. */
static bool has_left(const struct st_pg *c)
{
    if (PQtransactionStatus(c->conn) != PQTRANS_IDLE)
        return false;
    struct pollfd p = {.fd = PQsocket(c->conn), .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

bool st_pg_up(const struct st_pg *c)
{
    return c->conn && !has_left(c);
}

uint64_t st_pg_generation(const struct st_pg *c)
{
    return c->generation;
}

const char *st_pg_sqlstate(const struct st_pg *c)
{
    return c->sqlstate;
}

const char *st_pg_error(const struct st_pg *c)
{
    return c->error;
}

void st_pg_close(struct st_pg *c)
{
    if (c->conn)
        PQfinish(c->conn);
    c->conn = NULL;
    for (uint32_t i = 0; i < c->prepared_n; i++)
        c->prepared[i].ready = false;
}

static void note_error(struct st_pg *c, const char *sqlstate, const char *text)
{
    snprintf(c->sqlstate, sizeof c->sqlstate, "%s", sqlstate ? sqlstate : "");
    snprintf(c->error, sizeof c->error, "%s", text ? text : "");
    size_t len = strlen(c->error);
    while (len > 0 && c->error[len - 1] == '\n')
        c->error[--len] = '\0';
}

/* A lost connection: what was on the wire may or may not have been done. */
static int lose(struct st_pg *c, const char *why, bool unknown)
{
    const char *text = c->conn ? PQerrorMessage(c->conn) : "";
    note_error(c, "", text[0] ? text : why);
    st_log(ST_LOG_WARN, "postgres_lost", st_log_s("connection", c->name), st_log_s("why", why),
           st_log_s("error", c->error));
    st_pg_close(c);
    return unknown ? ST_ETIMEOUT : ST_EUNAVAILABLE;
}

static int remaining_ms(uint64_t deadline_ms)
{
    uint64_t now = st_mono_ms();
    return now >= deadline_ms ? 0 : (int)ST_MIN(deadline_ms - now, (uint64_t)60000);
}

/* 0, or ST_ETIMEOUT at the deadline. */
static int wait_socket(struct st_pg *c, short events, uint64_t deadline_ms)
{
    struct pollfd p = {.fd = PQsocket(c->conn), .events = events};
    for (;;) {
        int left = remaining_ms(deadline_ms);
        if (left == 0)
            return ST_ETIMEOUT;
        if (poll(&p, 1, left) > 0)
            return 0;
    }
}

static PGconn *connect_start(const struct st_pg *c)
{
    char options[128], user_timeout[16];
    snprintf(options, sizeof options,
             "-c statement_timeout=%u -c idle_in_transaction_session_timeout=%u", c->timeout_ms,
             c->timeout_ms * 2);
    snprintf(user_timeout, sizeof user_timeout, "%u", c->timeout_ms);
    const char *keys[] = {"dbname",           "application_name", "options",
                          "tcp_user_timeout", "keepalives_idle",  "keepalives_interval",
                          "keepalives_count", "client_encoding",  NULL};
    const char *values[] = {c->url, c->name, options, user_timeout, "5", "2", "3", "UTF8", NULL};
    return PQconnectStartParams(keys, values, 1);
}

static int connect_wait(struct st_pg *c)
{
    uint64_t deadline = st_mono_ms() + c->timeout_ms;
    PostgresPollingStatusType s = PGRES_POLLING_WRITING;
    while (s != PGRES_POLLING_OK) {
        if (s == PGRES_POLLING_FAILED ||
            wait_socket(c, s == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline) != 0)
            return ST_EUNAVAILABLE;
        s = PQconnectPoll(c->conn);
    }
    if (PQsetnonblocking(c->conn, 1) != 0 || PQenterPipelineMode(c->conn) != 1)
        return ST_EUNAVAILABLE;
    return 0;
}

static void quiet_notice(void *ctx, const PGresult *res)
{
    (void)ctx;
    (void)res;
}

static int ensure_connected(struct st_pg *c)
{
    if (c->conn && PQstatus(c->conn) == CONNECTION_OK && !has_left(c))
        return 0;
    st_pg_close(c);
    uint64_t now = st_mono_ms();
    if (now < c->retry_at_ms)
        return ST_EUNAVAILABLE;
    c->conn = connect_start(c);
    if (c->conn && PQstatus(c->conn) != CONNECTION_BAD && connect_wait(c) == 0) {
        PQsetNoticeReceiver(c->conn, quiet_notice, NULL);
        c->generation++;
        c->backoff_ms = 0;
        st_log(ST_LOG_INFO, "postgres_connected", st_log_s("connection", c->name));
        return 0;
    }
    note_error(c, "", c->conn ? PQerrorMessage(c->conn) : "out of memory");
    if (c->backoff_ms == 0)
        st_log(ST_LOG_WARN, "postgres_unreachable", st_log_s("connection", c->name),
               st_log_s("error", c->error));
    st_pg_close(c);
    c->backoff_ms = c->backoff_ms ? ST_MIN(c->backoff_ms * 2, (uint32_t)BACKOFF_MAX_MS)
                                  : (uint32_t)BACKOFF_MIN_MS;
    c->retry_at_ms = st_mono_ms() + c->backoff_ms / 2 + st_random_below(c->backoff_ms / 2 + 1);
    return ST_EUNAVAILABLE;
}

static struct prepared *find_prepared(struct st_pg *c, const struct st_pg_stmt *stmt)
{
    for (uint32_t i = 0; i < c->prepared_n; i++)
        if (c->prepared[i].stmt == stmt)
            return &c->prepared[i];
    st_assert(c->prepared_n < c->prepared_max);
    char labels[96];
    snprintf(labels, sizeof labels, "statement=\"%s\"", stmt->name);
    st_alloc_cold_begin();
    struct prepared *p = &c->prepared[c->prepared_n++];
    *p = (struct prepared){.stmt = stmt};
    p->time = st_histogram("startrader_db_query_seconds", labels,
                           "Time from the answer to the statement before to the answer to this one",
                           st_latency_bounds, st_latency_bounds_count);
    st_alloc_cold_end();
    return p;
}

static int send_step(struct st_pg *c, struct prepared *p, bool prepare,
                     const struct st_pg_step *step)
{
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX], formats[PARAMS_MAX];
    st_assert(step->count <= PARAMS_MAX);
    for (size_t i = 0; i < step->count; i++) {
        values[i] = step->params[i].data;
        lengths[i] = (int)step->params[i].len;
        formats[i] = step->params[i].binary ? 1 : 0;
    }
    if (prepare && PQsendPrepare(c->conn, p->stmt->name, p->stmt->sql, 0, NULL) != 1)
        return ST_EUNAVAILABLE;
    if (PQsendQueryPrepared(c->conn, p->stmt->name, (int)step->count, values, lengths, formats,
                            0) != 1)
        return ST_EUNAVAILABLE;
    return 0;
}

/* Waits until a result can be taken without blocking, writing meanwhile what is still unsent. */
static int wait_result(struct st_pg *c, uint64_t deadline_ms)
{
    for (;;) {
        int flushed = PQflush(c->conn);
        if (flushed < 0)
            return ST_EUNAVAILABLE;
        if (!PQisBusy(c->conn))
            return 0;
        short events = (short)(flushed == 1 ? POLLIN | POLLOUT : POLLIN);
        int err = wait_socket(c, events, deadline_ms);
        if (err != 0)
            return err;
        if (PQconsumeInput(c->conn) != 1)
            return ST_EUNAVAILABLE;
    }
}

static bool is_good(const PGresult *res)
{
    ExecStatusType s = PQresultStatus(res);
    return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

static int classify(const char *sqlstate)
{
    static const char *const conflicts[] = {"23", "40", "55P03"};
    for (size_t i = 0; i < ST_ARRAY_LEN(conflicts); i++)
        if (strncmp(sqlstate, conflicts[i], strlen(conflicts[i])) == 0)
            return ST_ECONFLICT;
    static const char *const away[] = {"57", "08", "53", "58"}; /* shut down, full, no disk */
    for (size_t i = 0; i < ST_ARRAY_LEN(away); i++)
        if (strncmp(sqlstate, away[i], 2) == 0)
            return ST_EUNAVAILABLE;
    return ST_EPROTO;
}

/* One result of the pipeline and the NULL behind it. 0 with *out (NULL when the connection ended).
 */
static int take_result(struct st_pg *c, uint64_t deadline_ms, PGresult **out)
{
    int err = wait_result(c, deadline_ms);
    if (err != 0)
        return err;
    *out = PQgetResult(c->conn);
    if (!*out)
        return ST_EUNAVAILABLE;
    if (PQresultStatus(*out) == PGRES_PIPELINE_SYNC)
        return 0;
    err = wait_result(c, deadline_ms);
    if (err == 0) {
        PGresult *extra = PQgetResult(c->conn);
        PQclear(extra);
        return 0;
    }
    PQclear(*out);
    *out = NULL;
    return err;
}

struct receive {
    struct st_pg *c;
    uint64_t deadline_ms;
    int verdict; /* of the first statement that failed */
};

static int receive_one(struct receive *r, struct prepared *p, bool preparing, PGresult **out)
{
    uint64_t begun = st_mono_ns();
    PGresult *res = NULL;
    int err = take_result(r->c, r->deadline_ms, &res);
    if (err != 0)
        return err;
    if (!is_good(res)) {
        if (r->verdict == 0 && PQresultStatus(res) != PGRES_PIPELINE_ABORTED) {
            note_error(r->c, PQresultErrorField(res, PG_DIAG_SQLSTATE), PQresultErrorMessage(res));
            r->verdict = classify(r->c->sqlstate);
        }
        PQclear(res);
        return 0;
    }
    if (preparing) {
        p->ready = true;
        PQclear(res);
        return 0;
    }
    st_histogram_observe(p->time, (double)(st_mono_ns() - begun) / 1e9);
    *out = res;
    return 0;
}

static struct st_pg_result *wrap(PGresult *res)
{
    struct st_pg_result *r = st_alloc(sizeof *r);
    r->res = res;
    return r;
}

/* Sends all, then takes all answers up to the sync. Non-zero: the connection is of no use. */
static int exchange(struct receive *r, struct st_pg_step *steps, size_t count)
{
    struct st_pg *c = r->c;
    bool preparing[64] = {false};
    struct prepared *prepared[64];
    for (size_t i = 0; i < count; i++) {
        prepared[i] = find_prepared(c, steps[i].stmt);
        preparing[i] = !prepared[i]->ready;
        for (size_t k = 0; k < i && preparing[i]; k++)
            preparing[i] = prepared[k] != prepared[i];
        int err = send_step(c, prepared[i], preparing[i], &steps[i]);
        if (err != 0)
            return err;
    }
    if (PQpipelineSync(c->conn) != 1)
        return ST_EUNAVAILABLE;
    for (size_t i = 0; i < count; i++) {
        PGresult *res = NULL;
        int err = preparing[i] ? receive_one(r, prepared[i], true, &res) : 0;
        if (err == 0)
            err = receive_one(r, prepared[i], false, &res);
        if (err != 0)
            return err;
        if (res)
            steps[i].result = wrap(res);
    }
    PGresult *sync = NULL;
    int err = take_result(c, r->deadline_ms, &sync);
    PQclear(sync);
    return err;
}

static int pipeline(struct st_pg *c, struct st_pg_step *steps, size_t count)
{
    st_assert(count > 0 && count <= 64);
    for (size_t i = 0; i < count; i++)
        steps[i].result = NULL;
    int err = ensure_connected(c);
    if (err != 0)
        return err;
    bool inside =
        PQtransactionStatus(c->conn) != PQTRANS_IDLE || steps[0].stmt == &st_pg_stmt_begin;
    bool unknown = !inside || steps[count - 1].stmt == &st_pg_stmt_commit;
    struct receive r = {c, st_mono_ms() + c->timeout_ms + GRACE_MS, 0};
    c->sqlstate[0] = c->error[0] = '\0';
    err = exchange(&r, steps, count);
    if (err == 0 && r.verdict == 0)
        return 0;
    st_pg_steps_free(steps, count);
    if (err != 0)
        return lose(c, err == ST_ETIMEOUT ? "no answer in time" : "connection lost", unknown);
    if (PQstatus(c->conn) != CONNECTION_OK)
        return lose(c, "connection lost", unknown);
    return r.verdict;
}

int st_pg_pipeline(struct st_pg *c, struct st_pg_step *steps, size_t count)
{
    st_assert(c && steps);
    int err = pipeline(c, steps, count);
    if (err != 0)
        st_pg_rollback(c);
    return err;
}

void st_pg_steps_free(struct st_pg_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        st_pg_result_free(&steps[i].result);
}

int st_pg_exec(struct st_pg *c, const struct st_pg_stmt *stmt, const struct st_pg_param *params,
               size_t count, struct st_pg_result **out)
{
    st_assert(c && stmt && out);
    struct st_pg_step step = {stmt, params, count, NULL};
    int err = pipeline(c, &step, 1);
    *out = step.result;
    return err;
}

int st_pg_begin(struct st_pg *c)
{
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(c, &st_pg_stmt_begin, NULL, 0, &r);
    st_pg_result_free(&r);
    return err;
}

int st_pg_commit(struct st_pg *c)
{
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(c, &st_pg_stmt_commit, NULL, 0, &r);
    /* COMMIT of a failed transaction answers ROLLBACK and is no error by itself. */
    if (err == 0 && strcmp(PQcmdStatus(r->res), "COMMIT") != 0)
        err = ST_EPROTO;
    st_pg_result_free(&r);
    return err;
}

void st_pg_rollback(struct st_pg *c)
{
    if (!c->conn || PQtransactionStatus(c->conn) == PQTRANS_IDLE)
        return;
    char sqlstate[6], error[ERROR_MAX];
    memcpy(sqlstate, c->sqlstate, sizeof sqlstate);
    memcpy(error, c->error, sizeof error);
    struct st_pg_step step = {&stmt_rollback, NULL, 0, NULL};
    if (pipeline(c, &step, 1) != 0)
        st_pg_close(c);
    st_pg_result_free(&step.result);
    memcpy(c->sqlstate, sqlstate, sizeof sqlstate);
    memcpy(c->error, error, sizeof error);
}

/* The simple protocol: takes results until the NULL that ends them. */
static int run_simple(struct st_pg *c, const char *sql)
{
    if (PQsendQuery(c->conn, sql) != 1)
        return ST_EUNAVAILABLE;
    int verdict = 0;
    for (;;) {
        int err = wait_result(c, UINT64_MAX);
        if (err != 0)
            return err;
        PGresult *res = PQgetResult(c->conn);
        if (!res)
            break;
        if (!is_good(res) && PQresultStatus(res) != PGRES_EMPTY_QUERY && verdict == 0) {
            note_error(c, PQresultErrorField(res, PG_DIAG_SQLSTATE), PQresultErrorMessage(res));
            verdict = classify(c->sqlstate);
        }
        PQclear(res);
    }
    return PQstatus(c->conn) == CONNECTION_OK ? verdict : ST_EUNAVAILABLE;
}

int st_pg_script(struct st_pg *c, const char *sql)
{
    st_assert(c && sql);
    int err = ensure_connected(c);
    if (err != 0)
        return err;
    bool inside = PQtransactionStatus(c->conn) != PQTRANS_IDLE;
    c->sqlstate[0] = c->error[0] = '\0';
    if (PQexitPipelineMode(c->conn) != 1)
        return lose(c, "pipeline not idle", false);
    err = run_simple(c, sql);
    if (PQstatus(c->conn) != CONNECTION_OK || PQenterPipelineMode(c->conn) != 1)
        return lose(c, "connection lost", !inside);
    return err;
}

size_t st_pg_rows(const struct st_pg_result *r)
{
    return (size_t)PQntuples(r->res);
}

bool st_pg_is_null(const struct st_pg_result *r, size_t row, size_t col)
{
    return PQgetisnull(r->res, (int)row, (int)col) != 0;
}

const char *st_pg_text(const struct st_pg_result *r, size_t row, size_t col)
{
    st_assert(row < (size_t)PQntuples(r->res) && col < (size_t)PQnfields(r->res));
    return PQgetvalue(r->res, (int)row, (int)col);
}

int64_t st_pg_int(const struct st_pg_result *r, size_t row, size_t col)
{
    return strtoll(st_pg_text(r, row, col), NULL, 10);
}

bool st_pg_bool(const struct st_pg_result *r, size_t row, size_t col)
{
    return st_pg_text(r, row, col)[0] == 't';
}

struct st_slice st_pg_bytes(const struct st_pg_result *r, size_t row, size_t col)
{
    const char *text = st_pg_text(r, row, col);
    size_t len = strlen(text);
    if (len < 2 || text[0] != '\\' || text[1] != 'x')
        return (struct st_slice){(const uint8_t *)"", 0};
    size_t n = (len - 2) / 2;
    struct bytes *b = st_alloc(sizeof *b + n + 1);
    if (st_hex_decode(text + 2, n * 2, b->data, n) != 0)
        n = 0;
    struct st_pg_result *owner = (struct st_pg_result *)(uintptr_t)r;
    b->next = owner->decoded;
    owner->decoded = b;
    return (struct st_slice){b->data, n};
}

int64_t st_pg_affected(const struct st_pg_result *r)
{
    return strtoll(PQcmdTuples(r->res), NULL, 10);
}

void st_pg_result_free(struct st_pg_result **r)
{
    if (!*r)
        return;
    for (struct bytes *b = (*r)->decoded, *next; b; b = next) {
        next = b->next;
        st_free(b);
    }
    PQclear((*r)->res);
    st_free(*r);
    *r = NULL;
}

struct st_pg_param st_pg_param_int(char *text, int64_t v)
{
    int n = snprintf(text, 24, "%lld", (long long)v);
    return (struct st_pg_param){text, (uint32_t)n, false};
}

struct st_pg_param st_pg_param_str(const char *s)
{
    return (struct st_pg_param){s, (uint32_t)strlen(s), false};
}

struct st_pg_param st_pg_param_bytes(const void *data, size_t len)
{
    return (struct st_pg_param){data, (uint32_t)len, true};
}
