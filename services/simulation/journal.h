/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hard events that wait for their answer: each is published, and published again with the same id,
 * until the answering baton is there; the next event of a ship or a container waits for the answer
 * to the one before. Owns a fixed number of entries; tick thread only; must never know of the bus.
 * Nothing is dropped: as it fills, docks close, then hulls hold.
 *
 * Events are applied in the order of their stream. So an event that later ones have overtaken is
 * stuck by itself (it was malformed, or is in quarantine): it waits on, but is no sign that the
 * station's records are silent.
 */
#ifndef SIMULATION_JOURNAL_H
#define SIMULATION_JOURNAL_H

#include <st/base.h>
#include <world/world.h>

enum {
    JOURNAL_EVENTS = 4096, /* at half of them docks close, at all of them hulls hold */
    JOURNAL_STORED = JOURNAL_EVENTS + WORLD_HARD_MAX, /* a step may still end when it is full */
    JOURNAL_AGAIN_MS = 2000,                          /* between two publications of an event */
    JOURNAL_SILENT_MS = 2000, /* docks close while the oldest event waits longer */
};

struct journal;

struct journal *journal_new(void);
void journal_free(struct journal **j);
size_t journal_size(void);

/* There is room for a whole step's events. */
bool journal_has_room(const struct journal *j);
void journal_add(struct journal *j, const struct world_hard *event, uint64_t now_ms);
/* The answer to an event has come. False: it was not waiting. */
bool journal_answer(struct journal *j, uint64_t event);

/* Events that are due now, oldest first: begin, then take each; the event is lent until the next
 * call, and counts as published at now_ms. NULL: no more. */
void journal_due_begin(struct journal *j);
const struct world_hard *journal_due(struct journal *j, uint64_t now_ms);
/* How long the one taken has been waiting. */
uint64_t journal_due_age_ms(const struct journal *j, uint64_t now_ms);
/* The last one taken could not be passed on; it stays due. */
void journal_due_undo(struct journal *j);

uint32_t journal_count(const struct journal *j);
/* How long the oldest event has been waiting, 0 if none is. */
uint64_t journal_oldest_ms(const struct journal *j, uint64_t now_ms);
/* How many were overtaken. */
uint32_t journal_stuck(const struct journal *j);
/* WORLD_DOCKS_CLOSED and WORLD_HULLS_HOLD, as the kernel must be told. */
uint32_t journal_flags(const struct journal *j, uint64_t now_ms);
/* An unanswered `docked` or `parked` of the ship keeps it frozen. */
bool journal_freezes(const struct journal *j, uint32_t ship);
/* The unanswered `docked` of a ship: when it was made; 0 if there is none. */
uint32_t journal_docking_since(const struct journal *j, uint32_t ship);

#endif
