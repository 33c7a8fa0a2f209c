/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store.h"

static void print_rows(const struct st_pg_result *r, size_t columns)
{
    for (size_t i = 0; i < st_pg_rows(r); i++) {
        printf("    ");
        for (size_t k = 0; k < columns; k++)
            printf("%s%s", k ? " | " : "", st_pg_text(r, i, k));
        printf("\n");
    }
}

/* Rows that contradict the proof, -1 when it could not be made. */
static int64_t prove(struct ctl *c, const struct store_proof *proof)
{
    struct st_pg_result *r = NULL;
    if (store_run(c->pg, &proof->stmt, NULL, 0, &r) != 0)
        return -1;
    size_t rows = st_pg_rows(r);
    printf("%s %s\n", rows == 0 ? "ok  " : "FAIL", proof->name);
    print_rows(r, 2);
    st_pg_result_free(&r);
    return (int64_t)rows;
}

static int verify(struct ctl *c)
{
    const char *file = ctl_option(c, "--history");
    if (c->argc != (file ? 3 : 1))
        return CTL_USAGE;
    if (!ctl_database(c))
        return CTL_AWAY;
    int64_t wrong = 0;
    for (size_t i = 0; i < store_proofs_count; i++) {
        int64_t rows = prove(c, &store_proofs[i]);
        if (rows < 0)
            return CTL_AWAY;
        wrong += rows;
    }
    if (file) {
        int64_t rows = history_verify(c, file);
        if (rows < 0)
            return CTL_AWAY;
        wrong += rows;
    }
    printf("%s\n", wrong == 0 ? "the books are right" : "THE BOOKS ARE WRONG");
    return wrong == 0 ? CTL_OK : CTL_FOUND;
}

int cmd_ledger(struct ctl *c)
{
    const char *verb = c->argc > 0 ? c->argv[0] : "";
    const char *entries = ctl_option(c, "--entries");
    if (strcmp(verb, "verify") == 0)
        return verify(c);
    if (strcmp(verb, "show") == 0 && c->argc == (entries ? 4 : 2))
        return statement_show(c, c->argv[1], entries);
    return CTL_USAGE;
}
