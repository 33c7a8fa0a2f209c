/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All SQL of startraderctl, as named statements, and the few helpers around them. Knows nothing of
 * what the answers mean.
 */
#ifndef CTL_STORE_H
#define CTL_STORE_H

#include <st/pg.h>

enum { STORE_STATEMENTS_MAX = 40 };

extern const struct st_pg_stmt q_ping, q_lock, q_unlock, q_migration, q_migrated, q_checksum,
    q_set_secret, q_history, q_ships, q_player, q_cargo, q_player_name, q_find_player, q_find_class,
    q_statement, q_mute, q_reports, q_report_lines, q_report_close;
extern const char *const sql_bookkeeping; /* where migrations are noted */
extern const char *const sql_password_profile, *const sql_password_economy;

/* A proof of the books: its name and a statement that answers the rows which contradict it. */
struct store_proof {
    const char *name;
    struct st_pg_stmt stmt;
};
extern const struct store_proof store_proofs[];
extern const size_t store_proofs_count;

/* Runs a statement and prints the reason when it fails. */
int store_run(struct st_pg *pg, const struct st_pg_stmt *stmt, const struct st_pg_param *params,
              size_t count, struct st_pg_result **out) ST_MUST_CHECK;

#endif
