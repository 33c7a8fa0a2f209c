/* SPDX-License-Identifier: Apache-2.0 */
#include "store_private.h"

#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/rng.h>

#include "decide.h"

enum { STATEMENTS_MAX = 96, TIMEOUT_MS = 2000 };

struct store *store_new(const char *url, const char *name, struct catalog *catalog)
{
    struct st_pg_options options = {url, name, TIMEOUT_MS, STATEMENTS_MAX};
    struct store *s = st_alloc(sizeof *s);
    s->pg = st_pg_new(&options);
    s->catalog = catalog;
    s->unit = st_alloc(sizeof *s->unit);
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        st_buf_init(&s->columns[i].text, COLUMN_BYTES_MAX);
    return s;
}

void store_free(struct store **s)
{
    if (!*s)
        return;
    st_pg_free(&(*s)->pg);
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        st_buf_fini(&(*s)->columns[i].text);
    st_free((*s)->unit);
    st_free(*s);
    *s = NULL;
}

struct st_pg *store_pg(struct store *s)
{
    return s->pg;
}

struct unit *store_unit(struct store *s)
{
    return s->unit;
}

void steps_begin(struct store *s)
{
    s->steps_n = 0;
    s->columns_n = 0;
    memset(s->steps, 0, sizeof s->steps);
}

struct column *steps_add(struct store *s, const struct st_pg_stmt *stmt, size_t params)
{
    st_assert(s->steps_n < STEPS_MAX && params <= STEP_PARAMS_MAX &&
              s->columns_n + params <= COLUMNS_MAX);
    s->steps[s->steps_n] = (struct st_pg_step){stmt, s->params[s->steps_n], params, NULL};
    s->steps_n++;
    struct column *first = &s->columns[s->columns_n];
    for (size_t i = 0; i < params; i++) {
        struct column *c = &s->columns[s->columns_n++];
        st_buf_clear(&c->text);
        st_buf_put_u8(&c->text, '{');
        c->count = 0;
    }
    return first;
}

static void separate(struct column *c)
{
    if (c->count++ > 0)
        st_buf_put_u8(&c->text, ',');
}

void column_int(struct column *c, int64_t v)
{
    separate(c);
    st_buf_printf(&c->text, "%lld", (long long)v);
}

void column_bool(struct column *c, bool v)
{
    separate(c);
    st_buf_put_u8(&c->text, v ? 't' : 'f');
}

void column_text(struct column *c, const char *v)
{
    separate(c);
    st_buf_put_u8(&c->text, '"');
    for (; *v; v++) {
        if (*v == '"' || *v == '\\')
            st_buf_put_u8(&c->text, '\\');
        st_buf_put_u8(&c->text, (uint8_t)*v);
    }
    st_buf_put_u8(&c->text, '"');
}

void column_bytes(struct column *c, const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    if (!data) {
        column_null(c);
        return;
    }
    separate(c);
    st_buf_put_str(&c->text, "\"\\\\x");
    const uint8_t *p = data;
    for (size_t i = 0; i < len; i++) {
        st_buf_put_u8(&c->text, (uint8_t)digits[p[i] >> 4]);
        st_buf_put_u8(&c->text, (uint8_t)digits[p[i] & 15]);
    }
    st_buf_put_u8(&c->text, '"');
}

void column_null(struct column *c)
{
    separate(c);
    st_buf_put_str(&c->text, "NULL");
}

int steps_run(struct store *s)
{
    uint32_t k = 0;
    for (size_t i = 0; i < s->steps_n; i++)
        for (size_t p = 0; p < s->steps[i].count; p++, k++) {
            struct st_buf *text = &s->columns[k].text;
            st_buf_put_u8(text, '}');
            const char *data = st_buf_cstr(text);
            st_assert(!text->overflow);
            s->params[i][p] = (struct st_pg_param){data, (uint32_t)text->len, false};
        }
    return st_pg_pipeline(s->pg, s->steps, s->steps_n);
}

const struct st_pg_result *steps_result(const struct store *s, size_t n)
{
    st_assert(n < s->steps_n && s->steps[n].result);
    return s->steps[n].result;
}

void steps_end(struct store *s)
{
    st_pg_steps_free(s->steps, s->steps_n);
}

static int run_once(struct store *s, struct act *const *acts, size_t count, bool looks)
{
    unit_clear(s->unit, s->catalog, st_wall_ms());
    s->unit->looks = looks;
    int err = store_load(s, acts, count);
    if (err != 0)
        return err;
    for (size_t i = 0; i < count; i++)
        decide(s->unit, acts[i]);
    wire_letters_news(s->unit);
    return looks && acts[0]->kind != ACT_QUOTE ? 0 : store_flush(s);
}

/* Deadlocks cannot happen by our own order of locks, but an operator's session may cross it. */
static bool worth_another_try(const struct store *s, int err)
{
    const char *state = st_pg_sqlstate(s->pg);
    return err == ST_ECONFLICT && (strncmp(state, "40", 2) == 0 || strcmp(state, "23505") == 0);
}

int store_run(struct store *s, struct act *const *acts, size_t count)
{
    st_assert(s && count > 0 && count <= ECONOMY_BATCH_MAX);
    int err = run_once(s, acts, count, false);
    for (uint32_t i = 1; i < ECONOMY_RETRY_MAX && worth_another_try(s, err); i++) {
        st_sleep_until_ns(st_mono_ns() + (1 + st_random_below(8)) * 1000000ULL * i);
        err = run_once(s, acts, count, false);
    }
    if (err == ST_ECONFLICT || err == ST_EPROTO)
        st_log(ST_LOG_ERROR, "transaction_refused", st_log_s("sqlstate", st_pg_sqlstate(s->pg)),
               st_log_s("error", st_pg_error(s->pg)), st_log_u("acts", count));
    return err;
}

int store_look(struct store *s, struct act *const *acts, size_t count)
{
    st_assert(s && count > 0 && count <= ECONOMY_BATCH_MAX);
    return run_once(s, acts, count, true);
}
