/* SPDX-License-Identifier: Apache-2.0 */
/*
 * startraderctl: the operators' tool. One command per run, on one thread, blocking. Owns its
 * connection to the database; never holds state between runs and never changes the books itself:
 * what changes a player's belongings goes through the economy.
 */
#ifndef CTL_H
#define CTL_H

#include <st/base.h>
#include <st/buf.h>
#include <st/bus.h>
#include <st/conf.h>
#include <st/pg.h>

enum { CTL_OK = 0, CTL_FOUND = 1, CTL_USAGE = 2, CTL_AWAY = 3 }; /* exit statuses */

enum { CTL_WAIT_MS = 30000, CTL_QUERY_MS = 120000 };

struct ctl {
    const struct st_conf *conf;
    struct st_pg *pg;
    struct st_loop *loop;
    struct st_bus *bus;
    int argc; /* arguments behind the command's name */
    char *const *argv;
};

/* Opens ctl->pg and waits for an answer; false after CTL_WAIT_MS, the reason is on stderr. */
bool ctl_database(struct ctl *c);
/* Opens ctl->bus with the loop it needs; false when the settings are missing. */
bool ctl_bus(struct ctl *c);
/* Value of option `name` ("--history") among the arguments, NULL if absent. */
const char *ctl_option(const struct ctl *c, const char *name);

/* The commands; each returns an exit status. */
int cmd_migrate(struct ctl *c);
int cmd_health(struct ctl *c);
int cmd_ledger(struct ctl *c);
int cmd_ships(struct ctl *c);
int cmd_player(struct ctl *c);
int cmd_reports(struct ctl *c);

/* The id of what was named by number or by name, by a statement that answers it; false when there
 * is none or the database is away, said on stderr. */
bool ctl_find(struct ctl *c, const struct st_pg_stmt *stmt, const char *text, uint32_t *id);
/* A whole number of 0 to max from text; false when it is none. */
bool ctl_number(const char *text, int64_t max, int64_t *out);
/* Prints the newest entries of a player's accounts, oldest first; an exit status. */
int statement_show(struct ctl *c, const char *player, const char *entries);

/* Compares a load generator's history with the ledger; number of contradictions, -1 on failure. */
int64_t history_verify(struct ctl *c, const char *file);

/* GET base + path with a deadline; the HTTP status, or a negative ST_E... The body is appended. */
int ctl_get(const char *base, const char *path, uint32_t timeout_ms, struct st_buf *body);

/* Calls fn with each object of a JSON array of flat objects, as text; false when it is not one. */
typedef void ctl_object_fn(void *ctx, const char *text, size_t len);
bool ctl_each_object(const char *text, size_t len, ctl_object_fn *fn, void *ctx);

#endif
