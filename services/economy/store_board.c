/* SPDX-License-Identifier: Apache-2.0 */
/* Leaderboards. None is on the path of an order: readings are few, for the door keeps them. */
#include "store_private.h"

#include <st/assert.h>
#include <st/err.h>

#define BOARD_OF_DAYS(value, count)                                                                \
    "SELECT player, sum(" value ")::bigint, sum(" count ")::bigint FROM economy.pilot_days"        \
    " WHERE day > (now() AT TIME ZONE 'UTC')::date - 7 GROUP BY player"                            \
    " HAVING sum(" value ") > 0 ORDER BY 2 DESC, 1 LIMIT 50"

static const struct st_pg_stmt boards[] = {
    [BOARD_WEALTH] = {"board_wealth", "SELECT owner, credits, 0 FROM economy.wallets"
                                      " WHERE kind = 'pilot' AND owner < 4294967040"
                                      " ORDER BY credits DESC, owner"
                                      " LIMIT 50"},
    [BOARD_TRADE] = {"board_trade", BOARD_OF_DAYS("traded", "trades")},
    [BOARD_HUNT] = {"board_hunt", BOARD_OF_DAYS("bounties", "kills")},
};
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
