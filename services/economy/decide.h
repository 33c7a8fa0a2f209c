/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules: what each act does to a unit of work whose rows are locked. Runs on a worker thread
 * between load and flush. An act that is refused changes nothing but what records the refusal.
 * Never sees SQL, the bus or protobuf's structs.
 */
#ifndef ECONOMY_DECIDE_H
#define ECONOMY_DECIDE_H

#include "unit.h"
#include "wire.h"

/* Decides one act: sets its code, answer or verdict. */
void decide(struct unit *u, struct act *a);

/* --- parts, by file --- */
void decide_order(struct unit *u, struct act *a, struct pilot *p);
void decide_quote(struct unit *u, struct act *a, struct pilot *p);
void decide_undock(struct unit *u, struct act *a, struct pilot *p);
void decide_ship(struct unit *u, struct act *a, struct pilot *p);
void decide_grant(struct unit *u, struct act *a, struct pilot *p);
void decide_provision(struct unit *u, struct act *a);
void decide_event(struct unit *u, struct act *a);
void decide_drift(struct unit *u, struct act *a);
void decide_tow(struct unit *u, struct act *a);
void decide_contract(struct unit *u, struct act *a, struct pilot *p);
void decide_head_end(struct unit *u, struct act *a);
void decide_limit(struct unit *u, struct act *a, struct pilot *p);
void decide_limit_end(struct unit *u, struct act *a);
/* Contracts, once per cycle, when a ship has docked, and when a pilot was killed by another. */
void contracts_cycle(struct unit *u, struct act *a);
void contracts_docked(struct unit *u, struct act *a, struct pilot *p, const struct ship *s);
void contracts_killed(struct unit *u, struct act *a, const struct pilot *victim,
                      struct pilot *killer, int64_t ship_price);

/* (station or parked, v) into (shard, v + 1), with the baton that says so. */
void decide_appear(struct unit *u, struct pilot *p, struct ship *s);
/* What an order of a pilot's ship at a market is decided by. */
struct order_state decide_state(struct unit *u, uint64_t player, const struct ship *s,
                                uint32_t location, uint32_t commodity);
/* A trade that order_decide has found to be possible. */
struct trade_post {
    uint64_t player;
    uint32_t ship, location, commodity;
    int side;
    int64_t quantity;
};
void decide_post(struct unit *u, const struct trade_post *d, const struct order_outcome *o,
                 int64_t transaction);

/* A retry with the same content has its old answer set and true is returned. `taken`: another
 * content stands under the key. */
bool decide_replayed(struct unit *u, struct act *a, bool *taken);
/* The act's answer is what a retry of it gets. */
void decide_keep(struct transaction *t, const struct act *a);
/* Ends what an act did to a pilot: raises the revision, tells the world. */
void decide_touched(struct unit *u, struct pilot *p, const char *kind);
bool decide_is_newcomer(const struct unit *u, const struct pilot *p);
/* The epoch that batons for a shard must name. */
uint64_t decide_epoch(const struct unit *u, uint32_t shard);

/* What happened to a pilot's credits under an event; a NOTICE baton tells. */
void decide_notice(struct unit *u, const struct event *e, uint64_t player, int64_t credits,
                   const char *kind);
/* Fees, fuel, repair, customs and jobs of a ship that has just docked. */
void settle_docking(struct unit *u, struct act *a, struct pilot *p, struct ship *s);
/* Loss of a ship with a row; loss of an NPC, and the bounty for it. */
void lose_ship(struct unit *u, struct act *a, struct pilot *p, struct ship *s);
void lose_npc(struct unit *u, struct act *a);

#endif
