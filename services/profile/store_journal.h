/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What exactly one instance does for all, while it holds the advisory lock of its own connection:
 * book the simulation's events into the combat log, and forget what is out of date. One worker
 * thread; must never know where events come from.
 */
#ifndef PROFILE_STORE_JOURNAL_H
#define PROFILE_STORE_JOURNAL_H

#include "store.h"

enum { JOURNAL_ASSISTS_MAX = 8, JOURNAL_BATCH_MAX = 32 };

/* A ship was destroyed; the fields are explained in event.proto. */
struct journal_kill {
    uint64_t event_id;
    uint8_t content_hash[ST_SECRET_HASH_LEN];
    uint32_t shard, world_epoch, tick, zone;
    int32_t x, y;
    uint64_t victim_player, killer_player;
    uint32_t victim_ship, victim_class, victim_faction;
    uint32_t killer_ship, killer_class;
    uint64_t assist[JOURNAL_ASSISTS_MAX];
    uint32_t assists;
};

enum journal_result {
    JOURNAL_BOOKED = 1,
    JOURNAL_DUPLICATE,  /* was booked before */
    JOURNAL_CONFLICT,   /* an event of this id with other content was booked before */
    JOURNAL_QUARANTINED /* Postgres refuses it; logged */
};

/* Takes or keeps the lock. *leading is false when somebody else has it. */
int store_journal_lead(struct store *s, bool *leading) ST_MUST_CHECK;
/* Books a batch in one transaction, or nothing: then an error, ST_EDENIED when the lock is lost. */
int store_journal_book(struct store *s, const struct journal_kill *kills, size_t count,
                       enum journal_result *results) ST_MUST_CHECK;
/* Deletes inbox rows older than 8 days and refresh secrets that can serve no more. */
int store_journal_sweep(struct store *s) ST_MUST_CHECK;

#endif
