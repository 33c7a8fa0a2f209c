/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages of the ledger that one database transaction touches: balances as they were locked, and
 * the postings made on them since. Every posting moves something from one account to another, so a
 * transaction sums to zero by construction. Fixed memory; pure; one thread at a time. Never knows
 * SQL or who asked.
 */
#ifndef LEDGER_BOOK_H
#define LEDGER_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BOOK_BALANCES_MAX = 8192, BOOK_ENTRIES_MAX = 4096, BOOK_CREDITS = 0 };
_Static_assert((BOOK_BALANCES_MAX & (BOOK_BALANCES_MAX - 1)) == 0, "hashed by mask");

enum account_kind {
    ACCOUNT_PILOT = 1,   /* credits */
    ACCOUNT_SHIP = 2,    /* goods */
    ACCOUNT_STATION = 3, /* credits and stock */
    ACCOUNT_SOURCE = 4,  /* named, may go below zero */
    ACCOUNT_TAX = 5      /* credits, of a station */
};

/* Numbers of the named sources and sinks, as seeded. */
enum source {
    SOURCE_MINT = 1,
    SOURCE_BOUNTY,
    SOURCE_INSURANCE,
    SOURCE_REPAIR,
    SOURCE_FUEL,
    SOURCE_FEE,
    SOURCE_PRODUCTION,
    SOURCE_CONSUMPTION,
    SOURCE_DESTROYED,
    SOURCE_SPACE,
    SOURCE_NPC,
    SOURCE_SHIPYARD,
    SOURCE_ESCROW,
    SOURCE_LAST = SOURCE_ESCROW
};

typedef int64_t account_id;

static inline account_id account_of(enum account_kind kind, uint64_t number)
{
    return (account_id)(((uint64_t)kind << 32) + number);
}
/* What contracts and limit orders hold until they end. */
static inline account_id escrow_account(void)
{
    return account_of(ACCOUNT_SOURCE, SOURCE_ESCROW);
}
static inline enum account_kind account_kind(account_id a)
{
    return (enum account_kind)((uint64_t)a >> 32);
}
static inline uint32_t account_number(account_id a)
{
    return (uint32_t)a;
}

struct book_balance {
    account_id account;
    int32_t commodity; /* BOOK_CREDITS or a good */
    bool used;
    bool changed;
    int64_t amount;
};

struct book_entry {
    int64_t transaction;
    account_id account;
    int32_t commodity;
    int64_t amount;
    int64_t balance; /* afterwards */
};

struct book {
    struct book_balance balances[BOOK_BALANCES_MAX]; /* hashed */
    uint32_t balances_n;
    struct book_entry entries[BOOK_ENTRIES_MAX];
    uint32_t entries_n;
};

/* A state to go back to while entries behind it are not yet written. */
struct book_mark {
    uint32_t entries_n;
};

void book_clear(struct book *b);
/* A balance as the database has it; once per account and commodity. False when the book is full. */
bool book_load(struct book *b, account_id account, int32_t commodity, int64_t amount);
/* 0 for what was not loaded. */
int64_t book_balance(const struct book *b, account_id account, int32_t commodity);
/*
 * Moves amount > 0 from one account to another under a transaction. False, and nothing moved, when
 * `from` has too little and is no source, or when the book is full.
 */
bool book_move(struct book *b, int64_t transaction, account_id from, account_id to,
               int32_t commodity, int64_t amount);
struct book_mark book_mark(const struct book *b);
/* Undoes all moves since the mark. */
void book_undo(struct book *b, struct book_mark mark);

#endif
