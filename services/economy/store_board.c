/* SPDX-License-Identifier: Apache-2.0 */
/* Leaderboards, and what one pilot earned. None is on the path of an order: readings are few, for
 * the door keeps them. */
#include "store_private.h"

#include <st/assert.h>
#include <st/err.h>

#define BOARD_OF_DAYS(value, count)                                                                \
    "SELECT player, sum(" value ")::bigint, sum(" count ")::bigint FROM economy.pilot_days"        \
    " WHERE day > (now() AT TIME ZONE 'UTC')::date - 7 GROUP BY player"                            \
    " HAVING sum(" value ") > 0 ORDER BY 2 DESC, 1 LIMIT 50"

/* Net worth: the wallet, what yards pay for the ships, what is aboard or in a locker at base
 * price, what waits in own limit orders to buy. */
#define WORTH                                                                                      \
    "SELECT owner AS player, credits AS worth FROM economy.wallets WHERE kind = 'pilot'"           \
    " UNION ALL SELECT s.player, k.price::bigint * 600 / 1000 * least(s.hull, k.hull) / k.hull"    \
    " FROM economy.ships s JOIN economy.ship_classes k ON k.id = s.class_id"                       \
    " WHERE s.holder_kind <> 4 AND k.price > 0"                                                    \
    " UNION ALL SELECT s.player, c.quantity * g.base FROM economy.cargo c"                         \
    " JOIN economy.ships s ON c.account = s.id + 8589934592"                                       \
    " JOIN economy.commodities g ON g.id = c.commodity WHERE c.quantity > 0"                       \
    " UNION ALL SELECT l.player, l.quantity * g.base FROM economy.lockers l"                       \
    " JOIN economy.commodities g ON g.id = l.commodity WHERE l.quantity > 0"                       \
    " UNION ALL SELECT player, price::bigint * remains FROM economy.limit_orders"                  \
    " WHERE side = 1 AND state = 1"

static const struct st_pg_stmt boards[] = {
    [BOARD_WEALTH] = {"board_wealth", "SELECT player, sum(worth)::bigint, 0 FROM (" WORTH ") w"
                                      " WHERE player < 4294967040 GROUP BY player"
                                      " ORDER BY 2 DESC, 1 LIMIT 50"},
    [BOARD_TRADE] = {"board_trade", BOARD_OF_DAYS("traded", "trades")},
    [BOARD_HUNT] = {"board_hunt", BOARD_OF_DAYS("bounties", "kills")},
};
_Static_assert(RULES_RESALE_PM == 600 && WORLD_GUILD_PLAYER == 4294967040u && HOLDER_SOLD == 4 &&
                   ORDER_BUY == 1 && LIMIT_WAITS == 1,
               "as in the statement");
_Static_assert(ECONOMY_TRADING_DAYS == 30 && ECONOMY_CREDIT_POINTS == 128,
               "as in the statements of trading");
_Static_assert(ECONOMY_BOARD_ROWS == 50 && ECONOMY_BOARD_DAYS == 7, "as in the statements");

int store_board(struct store *s, enum board board, struct rank *out, size_t *count)
{
    st_assert(board >= BOARD_WEALTH && board <= BOARD_HUNT);
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(s->pg, &boards[board], NULL, 0, &r);
    *count = err == 0 ? ST_MIN(st_pg_rows(r), (size_t)ECONOMY_BOARD_ROWS) : 0;
    for (size_t i = 0; i < *count; i++)
        out[i] = (struct rank){(uint64_t)st_pg_int(r, i, 0), st_pg_int(r, i, 1),
                               (uint32_t)st_pg_int(r, i, 2)};
    st_pg_result_free(&r);
    return err;
}

static int read_days(struct store *s, const struct st_pg_param *player, struct trading *out)
{
    static const struct st_pg_stmt q = {
        "trading_days",
        "SELECT d.day - '1970-01-01', d.traded, d.trades, d.bounties, d.kills FROM"
        " generate_series((now() AT TIME ZONE 'UTC')::date - 29, (now() AT TIME ZONE 'UTC')::date,"
        " '1 day') g JOIN economy.pilot_days d ON d.day = g::date AND d.player = $1::bigint"
        " ORDER BY d.day"};
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(s->pg, &q, player, 1, &r);
    out->days_n = err == 0 ? ST_MIN(st_pg_rows(r), (size_t)ECONOMY_TRADING_DAYS) : 0;
    for (size_t i = 0; i < out->days_n; i++)
        out->days[i] = (struct trading_day){.day = (uint32_t)st_pg_int(r, i, 0),
                                            .traded = st_pg_int(r, i, 1),
                                            .trades = (uint32_t)st_pg_int(r, i, 2),
                                            .bounties = st_pg_int(r, i, 3),
                                            .kills = (uint32_t)st_pg_int(r, i, 4)};
    st_pg_result_free(&r);
    return err;
}

/* Of the last 512 bookings each n-th from the newest one back, so that ECONOMY_CREDIT_POINTS
 * suffice, and the oldest. */
static int read_points(struct store *s, const struct st_pg_param *player, struct trading *out)
{
    static const struct st_pg_stmt q = {
        "trading_points",
        "SELECT (extract(epoch FROM t.at) * 1000)::bigint, e.balance FROM (SELECT l.transaction,"
        " l.balance, l.id, row_number() OVER (ORDER BY l.id DESC) - 1 AS n, count(*) OVER () many"
        " FROM (SELECT id, transaction, balance FROM economy.ledger_entries WHERE account ="
        " 4294967296 + $1::bigint AND commodity = 0 ORDER BY id DESC LIMIT 512) l) e"
        " JOIN economy.transactions t ON t.id = e.transaction"
        " WHERE e.n = e.many - 1 OR e.n % ((e.many + 126) / 127) = 0 ORDER BY e.id"};
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(s->pg, &q, player, 1, &r);
    out->points_n = err == 0 ? ST_MIN(st_pg_rows(r), (size_t)ECONOMY_CREDIT_POINTS) : 0;
    for (size_t i = 0; i < out->points_n; i++)
        out->points[i] = (struct credit_point){(uint64_t)st_pg_int(r, i, 0), st_pg_int(r, i, 1)};
    st_pg_result_free(&r);
    return err;
}

int store_trading(struct store *s, uint64_t player, struct trading *out)
{
    static const struct st_pg_stmt q_pilot = {"trading_pilot",
                                              "SELECT deliveries FROM economy.pilots"
                                              " WHERE player = $1::bigint"};
    char text[24];
    struct st_pg_param id = st_pg_param_int(text, (int64_t)player);
    struct st_pg_result *pilot = NULL;
    *out = (struct trading){0};
    int err = read_days(s, &id, out);
    if (err == 0)
        err = read_points(s, &id, out);
    if (err == 0)
        err = st_pg_exec(s->pg, &q_pilot, &id, 1, &pilot);
    if (err == 0 && st_pg_rows(pilot) > 0)
        out->deliveries = (uint32_t)st_pg_int(pilot, 0, 0);
    st_pg_result_free(&pilot);
    return err;
}
