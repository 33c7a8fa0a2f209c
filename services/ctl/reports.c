/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#include "store.h"

/* Lines were checked when they were said: no controls, nothing that turns the writing around. */
static int show_lines(struct ctl *c, int64_t report)
{
    char id[24];
    struct st_pg_param param = st_pg_param_int(id, report);
    struct st_pg_result *r = NULL;
    if (store_run(c->pg, &q_report_lines, &param, 1, &r) != 0)
        return CTL_AWAY;
    for (size_t i = 0; i < st_pg_rows(r); i++)
        printf("    %s  zone %s  %s\n", st_pg_text(r, i, 0), st_pg_text(r, i, 1),
               st_pg_text(r, i, 2));
    st_pg_result_free(&r);
    return CTL_OK;
}

static int show(struct ctl *c, bool all)
{
    char text[24];
    struct st_pg_param param = st_pg_param_int(text, all);
    struct st_pg_result *r = NULL;
    int status = CTL_OK;
    if (store_run(c->pg, &q_reports, &param, 1, &r) != 0)
        return CTL_AWAY;
    for (size_t i = 0; i < st_pg_rows(r) && status == CTL_OK; i++) {
        printf("%s  %s  about %s (%s), by %s (%s)%s\n", st_pg_text(r, i, 0), st_pg_text(r, i, 1),
               st_pg_text(r, i, 3), st_pg_text(r, i, 2), st_pg_text(r, i, 5), st_pg_text(r, i, 4),
               st_pg_bool(r, i, 7) ? ", closed" : "");
        if (st_pg_text(r, i, 6)[0])
            printf("    \"%s\"\n", st_pg_text(r, i, 6));
        status = show_lines(c, st_pg_int(r, i, 0));
    }
    st_pg_result_free(&r);
    return status;
}

static int close_report(struct ctl *c, int64_t report)
{
    char text[24];
    struct st_pg_param param = st_pg_param_int(text, report);
    struct st_pg_result *r = NULL;
    if (store_run(c->pg, &q_report_close, &param, 1, &r) != 0)
        return CTL_AWAY;
    bool found = st_pg_rows(r) > 0;
    st_pg_result_free(&r);
    if (!found)
        fprintf(stderr, "startraderctl: no report %lld is open\n", (long long)report);
    return found ? CTL_OK : CTL_FOUND;
}

int cmd_reports(struct ctl *c)
{
    int64_t report = 0;
    bool all = c->argc == 1 && strcmp(c->argv[0], "all") == 0;
    bool closes = c->argc == 2 && strcmp(c->argv[0], "close") == 0 &&
                  ctl_number(c->argv[1], INT64_MAX, &report);
    if (c->argc > 0 && !all && !closes)
        return CTL_USAGE;
    if (!ctl_database(c))
        return CTL_AWAY;
    return closes ? close_report(c, report) : show(c, all);
}
