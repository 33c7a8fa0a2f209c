/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All SQL of the economy. A store is one connection with one unit of work, used by one worker
 * thread at a time; calls block, never past the statement timeout. Knows rows, not rules.
 */
#ifndef ECONOMY_STORE_H
#define ECONOMY_STORE_H

#include <st/buf.h>
#include <st/pg.h>

#include "unit.h"
#include "wire.h"

struct store;

struct store *store_new(const char *url, const char *name, struct catalog *catalog);
void store_free(struct store **s);
struct st_pg *store_pg(struct store *s);
struct unit *store_unit(struct store *s);

/* Reads the world's rows. ST_EUNAVAILABLE while they cannot be read, ST_EPROTO when they are no
 * world. */
int store_load_catalog(struct store *s, struct catalog *out) ST_MUST_CHECK;

/*
 * One batch: locks and reads all rows that the acts name, decides each act, writes, commits. 0 when
 * it is committed; else no act of it has an effect, or (ST_ETIMEOUT) nobody knows, and running the
 * same acts again settles it.
 */
int store_run(struct store *s, struct act *const *acts, size_t count) ST_MUST_CHECK;

/*
 * The same for acts of one kind that change nothing (WHERE, ACCOUNT) or make quotes: no lock is
 * taken and none waited for. An act of a session newer than the known one is marked must_lock and
 * not decided.
 */
int store_look(struct store *s, struct act *const *acts, size_t count) ST_MUST_CHECK;

/* The two halves of both, for them alone. */
int store_load(struct store *s, struct act *const *acts, size_t count) ST_MUST_CHECK;
int store_flush(struct store *s) ST_MUST_CHECK;

/* A page of the opening of a shard into `out`; *code says whether it stands. Page 0 raises the
 * epoch. */
int store_open_page(struct store *s, const struct open_ask *ask, enum code *code,
                    struct st_buf *out) ST_MUST_CHECK;

/* All markets; count is at most LINES_MAX. */
int store_markets(struct store *s, struct market_line *out, size_t *count) ST_MUST_CHECK;
/* Candles of a market, oldest first; count is at most ECONOMY_CANDLES_MAX. */
int store_history(struct store *s, const struct history_ask *ask, struct candle *out,
                  size_t *count) ST_MUST_CHECK;
/* A leaderboard, best first; count is at most ECONOMY_BOARD_ROWS. */
int store_board(struct store *s, enum board board, struct rank *out, size_t *count) ST_MUST_CHECK;
/* What a pilot earned in the last ECONOMY_TRADING_DAYS. */
int store_trading(struct store *s, uint64_t player, struct trading *out) ST_MUST_CHECK;
/* The imbalance of the books: what balances and entries differ by. */
int store_check(struct store *s, int64_t *credits, int64_t *goods) ST_MUST_CHECK;

/* --- by the leader only --- */
/* True in *mine when this connection holds the advisory lock (now, or already). */
int store_lead(struct store *s, bool *mine) ST_MUST_CHECK;
/* Makes the candles of one minute that is over, if there is one; *more: there is another. */
int store_candles(struct store *s, bool *more) ST_MUST_CHECK;
/* Moves the horizon of the running sums of the ledger. */
int store_fold(struct store *s) ST_MUST_CHECK;
/* Deletes what is past its use; ships parked for too long into ids, at most max. */
int store_clean(struct store *s, uint32_t *ships, uint64_t *players, size_t max,
                size_t *count) ST_MUST_CHECK;

/* Prices on heads and limit orders whose time is over, as acts that end them; at most max. */
int store_overdue(struct store *s, struct act *out, size_t max, size_t *count) ST_MUST_CHECK;

struct outgoing {
    int64_t id;
    char subject[ST_SUBJECT_MAX];
    const uint8_t *data; /* lent by the result until store_outgoing_free */
    size_t len;
    bool sent;
};
struct outgoing_batch {
    struct outgoing rows[ECONOMY_RELAY_MAX];
    size_t count;
    int64_t oldest_ms; /* age of the oldest waiting row, 0 if none */
    struct st_pg_result *result;
};
/* Marks what was sent of the batch, frees it and reads the next one. */
int store_relay(struct store *s, struct outgoing_batch *b) ST_MUST_CHECK;

#endif
