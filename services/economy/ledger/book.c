/* SPDX-License-Identifier: Apache-2.0 */
#include "book.h"

#include <string.h>

#include <st/assert.h>

void book_clear(struct book *b)
{
    memset(b, 0, sizeof *b);
}

static uint32_t slot_of(account_id account, int32_t commodity)
{
    uint64_t h = (uint64_t)account * 64 + (uint64_t)commodity;
    h *= 0x9e3779b97f4a7c15ULL;
    return (uint32_t)(h >> 32) & (BOOK_BALANCES_MAX - 1);
}

/* The balance, or the free slot where it would be; NULL when the book is nearly full. */
static struct book_balance *find(struct book *b, account_id account, int32_t commodity)
{
    for (uint32_t i = slot_of(account, commodity);; i = (i + 1) & (BOOK_BALANCES_MAX - 1)) {
        struct book_balance *e = &b->balances[i];
        if (e->used && e->account == account && e->commodity == commodity)
            return e;
        if (!e->used)
            return b->balances_n < BOOK_BALANCES_MAX * 3 / 4 ? e : NULL;
    }
}

static struct book_balance *get(struct book *b, account_id account, int32_t commodity)
{
    struct book_balance *e = find(b, account, commodity);
    if (e && !e->used) {
        *e = (struct book_balance){.account = account, .commodity = commodity, .used = true};
        b->balances_n++;
    }
    return e;
}

bool book_load(struct book *b, account_id account, int32_t commodity, int64_t amount)
{
    struct book_balance *e = get(b, account, commodity);
    if (!e)
        return false;
    st_assert(!e->changed);
    e->amount = amount;
    return true;
}

int64_t book_balance(const struct book *b, account_id account, int32_t commodity)
{
    for (uint32_t i = slot_of(account, commodity);; i = (i + 1) & (BOOK_BALANCES_MAX - 1)) {
        const struct book_balance *e = &b->balances[i];
        if (!e->used)
            return 0;
        if (e->account == account && e->commodity == commodity)
            return e->amount;
    }
}

static void post(struct book *b, int64_t transaction, struct book_balance *e, int64_t amount)
{
    e->amount += amount;
    e->changed = true;
    b->entries[b->entries_n++] =
        (struct book_entry){transaction, e->account, e->commodity, amount, e->amount};
}

bool book_move(struct book *b, int64_t transaction, account_id from, account_id to,
               int32_t commodity, int64_t amount)
{
    st_assert(amount > 0 && from != to && commodity >= 0 && commodity < 64);
    if (b->entries_n + 2 > BOOK_ENTRIES_MAX)
        return false;
    struct book_balance *source = get(b, from, commodity);
    struct book_balance *target = source ? get(b, to, commodity) : NULL;
    if (!target)
        return false;
    if (account_kind(from) != ACCOUNT_SOURCE && source->amount < amount)
        return false;
    if (target->amount > INT64_MAX / 2 - amount || source->amount < INT64_MIN / 2 + amount)
        return false;
    post(b, transaction, source, -amount);
    post(b, transaction, target, amount);
    return true;
}

struct book_mark book_mark(const struct book *b)
{
    return (struct book_mark){b->entries_n};
}

void book_undo(struct book *b, struct book_mark mark)
{
    st_assert(mark.entries_n <= b->entries_n);
    while (b->entries_n > mark.entries_n) {
        const struct book_entry *e = &b->entries[--b->entries_n];
        struct book_balance *balance = find(b, e->account, e->commodity);
        balance->amount -= e->amount;
    }
}
