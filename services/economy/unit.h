/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access to a unit of work: finding its rows, numbering what it makes. The unit belongs to one
 * worker thread. Knows no SQL and no rule.
 */
#ifndef ECONOMY_UNIT_H
#define ECONOMY_UNIT_H

#include "catalog.h"

void unit_clear(struct unit *u, const struct catalog *catalog, uint64_t now_ms);

/* NULL when the unit has no such row. */
struct pilot *unit_pilot(struct unit *u, uint64_t player);
struct ship *unit_ship(struct unit *u, uint32_t id);
struct line *unit_line(struct unit *u, uint32_t location, uint32_t commodity);
struct loot *unit_loot(struct unit *u, uint64_t id);
struct quote *unit_quote(struct unit *u, const uint8_t id[KEY_BYTES]);
struct contract *unit_contract(struct unit *u, int64_t id);
struct limit_order *unit_limit(struct unit *u, int64_t id);
struct locker *unit_locker(struct unit *u, uint64_t player, uint32_t location, uint32_t commodity);
struct inbox_row *unit_inbox(struct unit *u, uint64_t event_id);
/* A zone's note, made when there is none; NULL only when there is no such zone. */
struct zone_note *unit_zone(struct unit *u, uint32_t zone);
const struct shard *unit_shard(const struct unit *u, uint32_t id);
/* A transaction of this player under this key, of this batch or known from before. */
struct transaction *unit_keyed(struct unit *u, uint64_t player, const uint8_t key[KEY_BYTES]);

/* Numbers reserved for the batch; taking more than were reserved is a bug. */
uint32_t unit_blocks_wanted(uint32_t acts);
int64_t unit_next_id(struct unit *u);
uint32_t unit_next_ship(struct unit *u);

/* A new transaction of an act; kind is constant text. */
struct transaction *unit_transaction(struct unit *u, const char *kind, uint64_t player,
                                     const struct act *act);
/* As above, under the act's idempotency key. */
struct transaction *unit_transaction_keyed(struct unit *u, const char *kind, const struct act *act);
/* A new outbox row whose payload is appended by the caller with unit_letter_bytes. */
struct letter *unit_letter(struct unit *u);
uint8_t *unit_letter_bytes(struct unit *u, struct letter *l, uint32_t len);

/* Goods aboard a ship by the book, in the order of the goods' ids. */
void unit_manifest(const struct unit *u, uint32_t ship, struct manifest *out);
int64_t unit_cargo_mass(const struct unit *u, uint32_t ship);
int64_t unit_cargo_worth(const struct unit *u, uint32_t ship);
/* Moves what the rules have found to be there; nothing when amount is 0. Too little is a bug. */
void unit_move(struct unit *u, int64_t transaction, account_id from, account_id to,
               int32_t commodity, int64_t amount);
/* The same from `from` to `to`, or back when amount is below 0. */
void unit_move_either(struct unit *u, int64_t transaction, account_id from, account_id to,
                      int32_t commodity, int64_t amount);
int64_t unit_wallet(const struct unit *u, uint64_t player);

/* The ship's row changes: everything about it is written at the end. */
void ship_change(struct ship *s);
/* The pilot's belongings change under the act under way. */
void pilot_touch(struct pilot *p);

#endif
