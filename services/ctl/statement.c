/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <stdio.h>
#include <stdlib.h>

#include "store.h"

enum { ENTRIES = 50, ENTRIES_MAX = 100000 };

static void print_entry(const struct st_pg_result *r, size_t row)
{
    printf("%s  %-12s %-16s %4s %12s %14s  #%s\n", st_pg_text(r, row, 1), st_pg_text(r, row, 2),
           st_pg_text(r, row, 6), st_pg_text(r, row, 3), st_pg_text(r, row, 4),
           st_pg_text(r, row, 5), st_pg_text(r, row, 7));
}

int statement_show(struct ctl *c, const char *player, const char *entries)
{
    long limit = entries ? strtol(entries, NULL, 10) : ENTRIES;
    uint32_t id = 0;
    if (limit < 1 || limit > ENTRIES_MAX)
        return CTL_USAGE;
    if (!ctl_database(c))
        return CTL_AWAY;
    if (!ctl_find(c, &q_find_player, player, &id))
        return CTL_FOUND;
    char texts[2][24];
    struct st_pg_param params[] = {st_pg_param_int(texts[0], id), st_pg_param_int(texts[1], limit)};
    struct st_pg_result *r = NULL;
    if (store_run(c->pg, &q_statement, params, ST_ARRAY_LEN(params), &r) != 0)
        return CTL_AWAY;
    printf("%-19s  %-12s %-16s %4s %12s %14s  %s\n", "time (UTC)", "what", "account", "unit",
           "amount", "balance", "transaction");
    for (size_t i = 0; i < st_pg_rows(r); i++)
        print_entry(r, i);
    st_pg_result_free(&r);
    return CTL_OK;
}
