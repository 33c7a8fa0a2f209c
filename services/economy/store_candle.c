/* SPDX-License-Identifier: Apache-2.0 */
#include "store_private.h"

#include <st/err.h>

/* Minutes are made one by one, some seconds late: a transaction is numbered in time before it
 * commits. Of a market's entries the first and the last are those of its changes, for its row is
 * locked meanwhile. */
static const struct st_pg_stmt
    q_moves = {"candle_moves",
               "WITH span AS (SELECT minute AS since, minute + interval '1 minute' AS till"
               " FROM economy.candle_horizon WHERE minute + interval '66 s' < clock_timestamp()"
               " FOR UPDATE), moves AS (SELECT e.id, e.account - 12884901888 AS location,"
               " e.commodity, e.balance - e.amount AS before, e.balance AS after,"
               " CASE t.kind WHEN 'order' THEN e.amount ELSE 0 END AS traded"
               " FROM span, economy.transactions t JOIN economy.ledger_entries e"
               " ON e.transaction = t.id WHERE t.at >= span.since AND t.at < span.till"
               " AND t.kind <> 'opening'" /* from nothing: no price moved */
               " AND e.commodity > 0 AND e.account BETWEEN 12884901889 AND 12884901987),"
               " sums AS (SELECT location, commodity, min(id) AS first, max(id) AS last,"
               " least(min(before), min(after)) AS low, greatest(max(before), max(after)) AS high,"
               " -sum(least(traded, 0)) AS bought, sum(greatest(traded, 0)) AS sold,"
               " count(*) FILTER (WHERE traded <> 0) AS trades FROM moves GROUP BY 1, 2)"
               " SELECT s.location, s.commodity, m.local_base, m.target, a.before, s.low, s.high,"
               " z.after, s.bought, s.sold, s.trades FROM sums s JOIN moves a ON a.id = s.first"
               " JOIN moves z ON z.id = s.last JOIN economy.market_prices m"
               " ON m.location = s.location AND m.commodity = s.commodity"},
    q_candles = {"insert_candles",
                 "INSERT INTO economy.candles SELECT l, c, (SELECT minute FROM"
                 " economy.candle_horizon), o, h, w, e, b, s, t FROM unnest($1::smallint[],"
                 " $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],"
                 " $7::bigint[], $8::bigint[], $9::int[]) AS q (l, c, o, h, w, e, b, s, t)"},
    /* In the same transaction: what the pilots earned in that minute. */
    q_days = {"pilot_days",
              "INSERT INTO economy.pilot_days AS d (day, player, traded, trades, bounties, kills)"
              " SELECT (h.minute AT TIME ZONE 'UTC')::date, t.player,"
              " coalesce(sum(e.amount) FILTER (WHERE t.kind = 'order'), 0),"
              " count(DISTINCT t.id) FILTER (WHERE t.kind = 'order'),"
              " coalesce(sum(e.amount) FILTER (WHERE t.kind = 'bounty'), 0),"
              " count(DISTINCT t.id) FILTER (WHERE t.kind = 'bounty') FROM economy.candle_horizon h"
              " JOIN economy.transactions t ON t.at >= h.minute"
              " AND t.at < h.minute + interval '1 minute' AND t.kind IN ('order', 'bounty')"
              " JOIN economy.ledger_entries e ON e.transaction = t.id AND e.commodity = 0"
              " AND e.account = t.player + 4294967296 GROUP BY 1, 2"
              " ON CONFLICT (day, player) DO UPDATE SET traded = d.traded + excluded.traded,"
              " trades = d.trades + excluded.trades, bounties = d.bounties + excluded.bounties,"
              " kills = d.kills + excluded.kills"},
    q_move_horizon = {"candle_horizon",
                      "UPDATE economy.candle_horizon SET minute = minute + interval '1 minute'"
                      " WHERE minute + interval '66 s' < clock_timestamp() RETURNING"
                      " minute + interval '66 s' < clock_timestamp()"},
    q_history = {"candle_history",
                 "SELECT extract(epoch FROM b)::bigint, (array_agg(open_milli ORDER BY minute))[1],"
                 " max(high_milli), min(low_milli),"
                 " (array_agg(close_milli ORDER BY minute DESC))[1], sum(bought), sum(sold),"
                 " sum(trades) FROM (SELECT *, date_bin($3::int * interval '1 minute', minute,"
                 " 'epoch'::timestamptz) AS b FROM economy.candles WHERE location = $1::int"
                 " AND commodity = $2::int AND minute >= date_bin($3::int * interval '1 minute',"
                 " now(), 'epoch'::timestamptz) - ($4::int - 1) * $3::int * interval '1 minute')"
                 " AS x GROUP BY b ORDER BY b LIMIT 512"};
_Static_assert((int64_t)ACCOUNT_STATION << 32 == 12884901888, "as in the statement");
_Static_assert((int64_t)ACCOUNT_PILOT << 32 == 4294967296, "as in the statement");
_Static_assert(ECONOMY_CANDLES_MAX == 512, "as in the statement");

static void put_candle(struct column *c, const struct st_pg_result *r, size_t i)
{
    const struct price_line line = {st_pg_int(r, i, 2), st_pg_int(r, i, 3), 1, 0};
    column_int(&c[0], st_pg_int(r, i, 0));
    column_int(&c[1], st_pg_int(r, i, 1));
    column_int(&c[2], price_mid_milli(&line, st_pg_int(r, i, 4)));
    column_int(&c[3], price_mid_milli(&line, st_pg_int(r, i, 5))); /* little stock, high price */
    column_int(&c[4], price_mid_milli(&line, st_pg_int(r, i, 6)));
    column_int(&c[5], price_mid_milli(&line, st_pg_int(r, i, 7)));
    column_int(&c[6], st_pg_int(r, i, 8));
    column_int(&c[7], st_pg_int(r, i, 9));
    column_int(&c[8], st_pg_int(r, i, 10));
}

static int write_minute(struct store *s, const struct st_pg_result *moves, bool *more)
{
    size_t n = st_pg_rows(moves), at = 1;
    steps_begin(s);
    (void)steps_add(s, &q_days, 0);
    if (n > 0) {
        struct column *c = steps_add(s, &q_candles, 9);
        for (size_t i = 0; i < n; i++)
            put_candle(c, moves, i);
        at++;
    }
    (void)steps_add(s, &q_move_horizon, 0);
    (void)steps_add(s, &st_pg_stmt_commit, 0);
    int err = steps_run(s);
    if (err == 0) {
        const struct st_pg_result *r = steps_result(s, at);
        *more = st_pg_rows(r) == 1 && st_pg_bool(r, 0, 0);
    }
    steps_end(s);
    return err;
}

int store_candles(struct store *s, bool *more)
{
    struct st_pg_step steps[] = {{&st_pg_stmt_begin, NULL, 0, NULL}, {&q_moves, NULL, 0, NULL}};
    *more = false;
    int err = st_pg_pipeline(s->pg, steps, ST_ARRAY_LEN(steps));
    if (err != 0)
        return err;
    err = write_minute(s, steps[1].result, more);
    st_pg_steps_free(steps, ST_ARRAY_LEN(steps));
    return err;
}

int store_history(struct store *s, const struct history_ask *ask, struct candle *out, size_t *count)
{
    char texts[4][24];
    struct st_pg_param params[] = {
        st_pg_param_int(texts[0], ask->location), st_pg_param_int(texts[1], ask->commodity),
        st_pg_param_int(texts[2], ask->step_min), st_pg_param_int(texts[3], ask->count)};
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(s->pg, &q_history, params, ST_ARRAY_LEN(params), &r);
    *count = err == 0 ? ST_MIN(st_pg_rows(r), (size_t)ECONOMY_CANDLES_MAX) : 0;
    for (size_t i = 0; i < *count; i++)
        out[i] = (struct candle){.at_s = (uint64_t)st_pg_int(r, i, 0),
                                 .open_milli = st_pg_int(r, i, 1),
                                 .high_milli = st_pg_int(r, i, 2),
                                 .low_milli = st_pg_int(r, i, 3),
                                 .close_milli = st_pg_int(r, i, 4),
                                 .bought = st_pg_int(r, i, 5),
                                 .sold = st_pg_int(r, i, 6),
                                 .trades = st_pg_int(r, i, 7)};
    st_pg_result_free(&r);
    return err;
}
