/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the economy's store share: a real Postgres with the real seed, a store on it,
 * acts ready to run, questions to the tables. One thread.
 */
#ifndef STORE_KIT_H
#define STORE_KIT_H

#include <check.h>

#include "pg_fixture.h"
#include "store.h"

#include <startrader/v1/event.pb-c.h>
#include <startrader/v1/trade.pb-c.h>

enum { TER = 1, LUN = 2, ICE = 1, FOO = 6, FUE = 7, POL = 9, STI = 16, BELT = 5 };

extern struct pg_fixture server;
extern struct catalog catalog;
extern struct store *store;
extern char url[128];
extern uint64_t next_player, next_event, next_key, epoch;

/* Database, store, catalog and an open shard. */
void kit_start(void);
void kit_end(void);
/* main of a suite: its tests, one after the other, on one world. */
int kit_main(const char *name, const TTest *const *tests, size_t count);
const void *kit_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len);
void run(struct act *a);
int64_t ask(const char *sql);
int64_t askf(const char *format, uint64_t a);
void books_are_right(void);
struct act act_of(enum act_kind kind, uint64_t player);
uint64_t new_pilot(void);
int64_t wallet(uint64_t player);
uint32_t ship_of(uint64_t player);
uint64_t version_of(uint64_t player);
int64_t aboard(uint64_t player, int good);
enum order_result order(struct act *a);
struct act order_of(uint64_t player, int side, uint32_t good, int64_t quantity);
/* Credits of the mint. */
void give(uint64_t player, int64_t credits);
void undock(uint64_t player);
/* Leaves the station and docks at another one. */
void fly_to(uint64_t player, uint32_t location);
struct act event_of(enum event_kind kind, uint64_t player);
const Startrader__V1__Baton *last_baton(void);
uint64_t open_shard(size_t *ships);

#endif
