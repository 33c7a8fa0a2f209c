/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <stdio.h>

#include <st/err.h>

const struct st_pg_stmt q_ping = {"ping", "SELECT 1"};
/* Any number, as long as every version of the tool takes the same. */
const struct st_pg_stmt q_lock = {"lock", "SELECT pg_try_advisory_lock(5410070001)"};
const struct st_pg_stmt q_unlock = {"unlock", "SELECT pg_advisory_unlock(5410070001)"};

const char *const sql_bookkeeping = "CREATE SCHEMA IF NOT EXISTS startrader;"
                                    "CREATE TABLE IF NOT EXISTS startrader.migrations ("
                                    " file text PRIMARY KEY, checksum text NOT NULL, applied_at "
                                    "timestamptz NOT NULL DEFAULT now())";

const struct st_pg_stmt q_migration = {
    "migration", "SELECT checksum FROM startrader.migrations WHERE file = $1"};
const struct st_pg_stmt q_migrated = {
    "migrated", "INSERT INTO startrader.migrations (file, checksum) VALUES ($1, $2)"};
const struct st_pg_stmt q_checksum = {"checksum", "SELECT encode(sha256($1::bytea), 'hex')"};

/* A password cannot be a parameter of ALTER ROLE, so it travels as a setting of the session. */
const struct st_pg_stmt q_set_secret = {"set_secret",
                                        "SELECT set_config('startrader.secret', $1, false) = ''"};
const char *const sql_password_profile =
    "DO $$ BEGIN EXECUTE format('ALTER ROLE st_profile PASSWORD %L',"
    " current_setting('startrader.secret')); END $$";
const char *const sql_password_economy =
    "DO $$ BEGIN EXECUTE format('ALTER ROLE st_economy PASSWORD %L',"
    " current_setting('startrader.secret')); END $$";

const struct st_pg_stmt q_history = {
    "history", "SELECT q.n - 1, t.result, t.answer, t.asked, t.kind,"
               " EXISTS (SELECT FROM economy.ledger_entries e WHERE e.transaction = t.id)"
               " FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY AS q (player, key, n)"
               " JOIN economy.transactions t ON t.player = q.player AND t.key = q.key"};

const struct st_pg_stmt q_ships = {"ships",
                                   "SELECT id, version, player FROM economy.ships"
                                   " WHERE holder_kind = 1 AND holder_id = $1 ORDER BY id"};

const struct st_pg_stmt q_player = {
    "player",
    "SELECT p.player, p.rev, p.session_epoch, w.credits, p.ship, k.code, s.holder_kind,"
    " CASE s.holder_kind WHEN 1 THEN 'shard ' || s.holder_id WHEN 3 THEN 'parked'"
    "   ELSE (SELECT l.code FROM economy.locations l WHERE l.id = s.holder_id) END,"
    " s.version, s.hull, k.hull, s.locked, p.job_step, p.losses, p.flown_ticks"
    " FROM economy.pilots p JOIN economy.ships s ON s.id = p.ship"
    " JOIN economy.ship_classes k ON k.id = s.class_id"
    " JOIN economy.wallets w ON w.kind = 'pilot' AND w.owner = p.player WHERE p.player = $1"};
const struct st_pg_stmt q_cargo = {
    "cargo", "SELECT g.code, c.quantity FROM economy.cargo c"
             " JOIN economy.commodities g ON g.id = c.commodity"
             " WHERE c.account = economy.account_of(2, $1) AND c.quantity <> 0 ORDER BY g.id"};
const struct st_pg_stmt q_mute = {
    "mute", "INSERT INTO profile.talkers (player_id, muted_until)"
            " VALUES ($1::bigint, now() + $2::int * interval '1 minute')"
            " ON CONFLICT (player_id) DO UPDATE SET muted_until = excluded.muted_until"
            " RETURNING to_char(muted_until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"};
const struct st_pg_stmt q_reports = {
    "reports",
    "SELECT r.report, to_char(r.reported_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),"
    " r.player_id, p.name, r.reporter, q.name, r.about, r.closed_at IS NOT NULL"
    " FROM profile.reports r JOIN profile.players p USING (player_id)"
    " JOIN profile.players q ON q.player_id = r.reporter"
    " WHERE r.closed_at IS NULL OR $1::bigint = 1 ORDER BY r.report LIMIT 1000"};
const struct st_pg_stmt q_report_lines = {
    "report_lines", "SELECT to_char(said_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), zone,"
                    " said FROM profile.report_lines WHERE report = $1::bigint ORDER BY line"};
const struct st_pg_stmt q_report_close = {
    "report_close", "UPDATE profile.reports SET closed_at = now() WHERE report = $1::bigint"
                    " AND closed_at IS NULL RETURNING report"};
/* What an operator types: a number or a name. */
const struct st_pg_stmt q_find_player = {
    "find_player", "SELECT player_id FROM profile.players WHERE player_id::text = $1"
                   " OR name_folded = lower($1) ORDER BY player_id::text = $1 DESC LIMIT 1"};
const struct st_pg_stmt q_find_class = {
    "find_class", "SELECT id FROM economy.ship_classes WHERE id::text = $1 OR code = lower($1)"};
const struct st_pg_stmt q_player_name = {"player_name",
                                         "SELECT name FROM profile.players WHERE player_id = $1"};

/* Wallet and holds of all ships that the player has or had; ships are never deleted. */
const struct st_pg_stmt q_statement = {
    "statement",
    "SELECT * FROM (SELECT e.id, to_char(t.at, 'YYYY-MM-DD HH24:MI:SS'), t.kind,"
    " coalesce(g.code, 'cr'), e.amount, e.balance,"
    " CASE e.account >> 32 WHEN 1 THEN 'wallet' ELSE 'ship ' || (e.account & 4294967295) END,"
    " t.id FROM economy.ledger_entries e JOIN economy.transactions t ON t.id = e.transaction"
    " LEFT JOIN economy.commodities g ON g.id = e.commodity"
    " WHERE e.account = economy.account_of(1, $1) OR e.account IN"
    " (SELECT economy.account_of(2, s.id) FROM economy.ships s WHERE s.player = $1)"
    " ORDER BY e.id DESC LIMIT $2) AS newest ORDER BY id"};

const struct store_proof store_proofs[] = {
    {"postings of each transaction sum to zero",
     {"proof_zero_sum", "SELECT transaction, commodity, sum(amount) FROM economy.ledger_entries"
                        " GROUP BY 1, 2 HAVING sum(amount) <> 0 LIMIT 20"}},
    {"each balance is the sum of its entries",
     {"proof_balance",
      "SELECT coalesce(b.account, e.account), coalesce(b.commodity, e.commodity),"
      " coalesce(b.balance, 0) - coalesce(e.amount, 0) FROM economy.balances_v b FULL JOIN"
      " (SELECT account, commodity, sum(amount) AS amount FROM economy.ledger_entries GROUP BY 1, "
      "2)"
      " e ON e.account = b.account AND e.commodity = b.commodity"
      " WHERE coalesce(b.balance, 0) <> coalesce(e.amount, 0) LIMIT 20"}},
    {"each entry's balance follows from the entry before",
     {"proof_running", "SELECT id, account, commodity, balance - running FROM (SELECT id, account, "
                       "commodity, balance,"
                       " sum(amount) OVER (PARTITION BY account, commodity ORDER BY id) AS running"
                       " FROM economy.ledger_entries) AS r WHERE balance <> running LIMIT 20"}},
    {"credits and goods of each kind sum to zero",
     {"proof_total", "SELECT commodity, sum(balance) FROM economy.balances_v GROUP BY 1"
                     " HAVING sum(balance) <> 0 LIMIT 20"}},
    {"nobody but a named source is below zero",
     {"proof_negative", "SELECT account, commodity, balance FROM economy.balances_v"
                        " WHERE balance < 0 AND account >> 32 <> 4 LIMIT 20"}},
    {"cargo fits into its hold",
     {"proof_hold",
      "SELECT s.id, sum(c.quantity * g.mass), k.hold_t FROM economy.ships s"
      " JOIN economy.ship_classes k ON k.id = s.class_id"
      " JOIN economy.cargo c ON c.account = economy.account_of(2, s.id)"
      " JOIN economy.commodities g ON g.id = c.commodity"
      " GROUP BY s.id, k.hold_t HAVING sum(c.quantity * g.mass) > k.hold_t LIMIT 20"}},
    {"the goods afloat are those of the containers",
     {"proof_space",
      "SELECT c.commodity, c.quantity - coalesce(sum(l.quantity), 0) FROM economy.cargo c"
      " LEFT JOIN economy.loot_goods l ON l.commodity = c.commodity"
      " WHERE c.account = economy.account_of(4, 10) GROUP BY c.commodity, c.quantity"
      " HAVING c.quantity <> coalesce(sum(l.quantity), 0) LIMIT 20"}},
    {"the escrow is that of open contracts, limit orders and lockers",
     {"proof_escrow",
      "WITH promised AS (SELECT 0 AS commodity, fee + CASE state WHEN 2 THEN collateral ELSE 0 END"
      " AS n FROM economy.contracts WHERE state IN (1, 2) UNION ALL SELECT CASE side WHEN 1 THEN 0"
      " ELSE commodity END, remains * CASE side WHEN 1 THEN price::bigint ELSE 1 END FROM"
      " economy.limit_orders WHERE state = 1 UNION ALL SELECT commodity, quantity FROM"
      " economy.lockers) SELECT b.commodity, b.balance, coalesce(sum(p.n), 0) FROM"
      " economy.balances_v b LEFT JOIN promised p ON p.commodity = b.commodity WHERE b.account ="
      " economy.account_of(4, 13) GROUP BY 1, 2 HAVING b.balance <> coalesce(sum(p.n), 0)"}},
    {"a key has at most one effect",
     {"proof_key", "SELECT player, encode(key, 'hex'), count(*) FROM economy.transactions"
                   " WHERE key IS NOT NULL AND player IS NOT NULL GROUP BY 1, 2"
                   " HAVING count(*) > 1 LIMIT 20"}},
    {"done orders have postings, refused ones none",
     {"proof_orders",
      "SELECT t.id, t.result FROM economy.transactions t WHERE t.kind = 'order' AND (t.result = 1)"
      " <> EXISTS (SELECT FROM economy.ledger_entries e WHERE e.transaction = t.id) LIMIT 20"}},
    {"each pilot's ship is the pilot's, and only one of them is in space",
     {"proof_ships",
      "SELECT p.player, p.ship FROM economy.pilots p LEFT JOIN economy.ships s ON s.id = p.ship"
      " WHERE s.player IS DISTINCT FROM p.player OR (p.player < 4294967040 AND EXISTS"
      " (SELECT FROM economy.ships o WHERE o.player = p.player AND o.holder_kind NOT IN (2, 4)"
      " AND o.id <> p.ship)) LIMIT 20"}}, /* guilds fly many */
};
const size_t store_proofs_count = ST_ARRAY_LEN(store_proofs);

int store_run(struct st_pg *pg, const struct st_pg_stmt *stmt, const struct st_pg_param *params,
              size_t count, struct st_pg_result **out)
{
    int err = st_pg_exec(pg, stmt, params, count, out);
    if (err != 0)
        fprintf(stderr, "startraderctl: %s: %s: %s\n", stmt->name, st_err_name(err),
                st_pg_error(pg));
    return err;
}
