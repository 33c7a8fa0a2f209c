/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One tick without a clock: takes batons, binds and inputs to the kernel, steps it, and hands on
 * what came of it (hard events to the journal and the ring of publications, the rest to emit).
 * Owns the world and all that belongs to it; tick thread only; must never know threads, the bus or
 * the disk. Time comes as a number.
 */
#ifndef SIMULATION_TURN_H
#define SIMULATION_TURN_H

#include <world/world.h>

#include "emit.h"
#include "wire_event.h"
#include "journal.h"
#include "session.h"

enum {
    TURN_TICK_MS = 1000 / WORLD_TICK_HZ,
    TURN_INPUTS_MAX = 32768, /* that wait for their tick; further ones wait in their ring */
    TURN_HELD_MAX = 256,     /* batons that wait for room in the kernel */
    TURN_CELLS_MAX = 512,    /* cells of one SnapshotRequest */
    TURN_EVENTS_PER_TICK = 256,
    TURN_REPLY_MAX = EMIT_MESSAGE_MAX,
};

enum ask_kind { ASK_BATON, ASK_BIND, ASK_SNAPSHOT, ASK_SHIPS };

struct ask_bind {
    uint32_t player;
    uint64_t session_epoch;
    uint32_t sid, last_seq;
    char gateway[GATEWAY_NAME_MAX + 1];
    uint8_t rest_phase; /* WORLD_PHASE_DOCKED, _PARKED, or 0 */
    uint16_t rest_station;
    int32_t x, y;
    /* the answer */
    enum bind_result { BIND_OK, BIND_FENCED, BIND_BUSY } result;
    uint8_t phase;
    uint32_t entity, cell, tick, seq;
};

struct ask_snapshot {
    uint32_t cells[TURN_CELLS_MAX], cells_n;
    uint8_t *reply; /* of TURN_REPLY_MAX */
    size_t reply_len;
};

struct ship_row { /* of GET /debug/ships */
    uint32_t ship, player, entity;
    uint64_t version;
    uint8_t phase;
    uint16_t class_id, hull;
    int32_t x, y, vx, vy;
    uint32_t docking_ticks;
};

struct ask_ships {
    struct ship_row *rows;
    uint32_t rows_max, rows_n;
};

/* A question to the tick thread. It belongs to the loop thread before it is posted and after it has
 * come back. */
struct ask {
    uint8_t kind;    /* enum ask_kind */
    bool config_set; /* answer to BATON: its configuration is in force */
    void *asker;     /* the loop thread's own */
    union {
        struct baton baton;
        struct ask_bind bind;
        struct ask_snapshot snapshot;
        struct ask_ships ships;
    };
};

struct turn_event {
    struct world_hard event;
    uint64_t age_ms; /* since it happened */
};

struct turn;

struct turn_rings {
    struct ring *intake; /* struct intake_batch, from the bus */
    struct ring *events; /* struct turn_event, to be published */
    struct ring *out;    /* struct emit_head, to be published */
};

struct turn *turn_new(const struct world_limits *limits, uint32_t shard, bool npcs,
                      const struct turn_rings *rings);
void turn_free(struct turn **t);
size_t turn_size(const struct world_limits *limits);

/* A world that was just opened; it stays the caller's memory. */
void turn_open(struct turn *t, struct world *w);
/* Speed of the world, per mille, as every marker tells it from now on. */
void turn_dilation(struct turn *t, uint32_t pm);
const struct world *turn_world(const struct turn *t);
/* True: another process has opened this shard since; nothing of ours counts any more. */
bool turn_fenced(const struct turn *t);
/* False: hard events wait in such number that the world must stand still. */
bool turn_may_step(const struct turn *t);

/* How long the oldest hard event has been waiting for its answer. */
uint64_t turn_waiting_ms(const struct turn *t, uint64_t now_ms);

/* Before the step. True when the baton's configuration is in force now. */
bool turn_baton(struct turn *t, const struct baton *b);
/* What the calendar says at a Unix time goes to the kernel, in ticks. */
void turn_calendar(struct turn *t, const char *system, uint64_t wall_ms);
void turn_bind(struct turn *t, struct ask_bind *b, uint64_t now_ms);
/* Takes the inputs that have come, ends sessions of gateways that are gone, steps, emits. */
void turn_step(struct turn *t, uint64_t now_ms);
/* Hard events that are due go to their ring. After each step, and while the world stands still. */
void turn_publish(struct turn *t, uint64_t now_ms);
/* After the step. */
void turn_snapshot(struct turn *t, struct ask_snapshot *s);
void turn_ships(struct turn *t, struct ask_ships *s);
/* While the world stands still: gateways are heard, their inputs are dropped. */
void turn_pause(struct turn *t, uint64_t now_ms);
void turn_resume(struct turn *t, uint64_t now_ms);

#endif
