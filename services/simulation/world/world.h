/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_WORLD_H
#define WORLD_WORLD_H

/*
 * The world of one shard: every ship in flight, NPCs, shots, torpedoes, containers, zones, docking,
 * and the pilots' sessions. Owned by the tick thread; lives in one block of the caller's memory.
 * It must never know a clock, a heap, a socket, a file or protobuf: time is the number of its
 * steps, everything else comes in by the calls below, and the same calls give the same bits on
 * every compiler. Misuse by our own code traps; no value in a baton, bind or input does.
 *
 * One tick: world_config_set and world_blockade, then world_apply of batons in stream order, then
 * world_bind and world_unbind, then world_input, then world_step, then the views. Views and
 * pointers into the world are good until the next call that changes it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "const.h"
#include "flight.h"
#include "route.h"

struct world;

/* ---- life ------------------------------------------------------------------------------- */

struct world_limits {
    uint32_t ships;     /* of players, NPCs, drones */
    uint32_t torpedoes; /* in flight */
    uint32_t loot;      /* containers */
    uint32_t shots;     /* volleys in flight */
    uint32_t pilots;    /* session records; also those who rest at stations */
};

/* 16,384 ships, 4,096 torpedoes, 8,192 containers, 65,536 volleys, 32,768 pilots. */
struct world_limits world_limits_default(void);

/* Bytes that a world of these limits needs; 0 when they are out of bounds. */
size_t world_size(const struct world_limits *limits);

/* Makes a world at tick 0 in `memory` (64 byte aligned, world_size bytes; zeroed here). `seed` is
 * secret. The configuration is copied; it must pass world_config_check. NPCs come by themselves. */
struct world *world_init(void *memory, const struct world_limits *limits,
                         const struct world_config *config, uint64_t seed, uint32_t shard,
                         uint32_t epoch);

/* A new configuration, effective in the next step. False (and unchanged) if it fails the check or
 * lacks a class, weapon, station or good that the old one had. */
bool world_config_set(struct world *w, const struct world_config *config);

const struct world_config *world_config_get(const struct world *w);
uint32_t world_tick(const struct world *w); /* of the last step; 0 before the first */
uint32_t world_epoch(const struct world *w);
uint32_t world_ships(const struct world *w); /* of players, in space */
uint32_t world_npcs(const struct world *w);

enum world_flag {
    WORLD_DOCKS_CLOSED = 1, /* docks are refused with STATION_SILENT */
    WORLD_HULLS_HOLD = 2,   /* the ring of hard events is full: a step makes none, so no hull falls
                             * below one point, and docks, parking, pickup and expiry wait */
    WORLD_NO_NPCS = 4,      /* none appears any more; those that fly go on */
};
void world_flags_set(struct world *w, uint32_t flags); /* replaces them */

/* Until that tick two packs of raiders more lie in wait on the approach of a station, outside its
 * shelter, whatever its zone; then those that live go home. One station at a time: another one, or
 * 0 = none, takes its place at once, the same one gets another end. False (and unchanged) when
 * there is no such station. What the calendar says is an input: the kernel knows no hours. */
bool world_blockade(struct world *w, uint16_t station, uint32_t until);
uint16_t world_blockaded(const struct world *w, uint32_t *until); /* the station, 0 = none */

/* ---- batons: ships come and go ----------------------------------------------------------- */

struct world_cargo {
    uint16_t good;
    uint16_t quantity;
};

enum world_baton_kind {
    WORLD_BATON_APPEAR = 1, /* this shard holds the ship now: it appears */
    WORLD_BATON_LEAVE = 2,  /* somebody else holds it: it goes, its pilot rests */
    WORLD_BATON_STAY = 3,   /* refused, or booked without change of holder: it flies on */
};

struct world_baton {
    uint8_t kind;    /* enum world_baton_kind */
    uint8_t flags;   /* enum world_baton_flag */
    uint32_t epoch;  /* of the world it is meant for */
    uint32_t ship;   /* id, not 0 */
    uint32_t player; /* id, not 0 */
    uint64_t version;
    uint16_t class_id;
    uint16_t station; /* APPEAR: undock here, 0 = at x, y. LEAVE: rests here, 0 = parked */
    int32_t x, y;     /* k */
    uint16_t hull;    /* 0 = whole */
    uint16_t torpedoes;
    uint8_t gun;      /* weapon id at all gun mounts, 0 = that of the class */
    uint16_t wanted;  /* APPEAR: ticks for which it is still wanted */
    uint16_t home;    /* station docked at last, where a dead pilot wakes */
    uint8_t guild;    /* APPEAR: id of the guild whose ship it is, flown by the kernel; 0 = none */
    uint8_t way;      /* guild: enum route_way */
    uint16_t to;      /* guild: station it flies to */
    uint8_t cargo_n;  /* APPEAR, and STAY with WORLD_BATON_CARGO */
    struct world_cargo cargo[WORLD_CARGO_KINDS];
};

enum world_baton_flag {
    WORLD_BATON_NEWCOMER = 1,
    WORLD_BATON_CARGO = 2, /* STAY: the manifest below replaces the kernel's */
    WORLD_BATON_WHOLE = 4, /* APPEAR: torpedoes full, `torpedoes` is ignored */
};

enum world_verdict {
    WORLD_OK = 0,
    WORLD_STALE,    /* other epoch, or version not above the highest seen of that ship */
    WORLD_UNKNOWN,  /* no such class, station, good, or ship */
    WORLD_FULL,     /* a limit; the caller tries again later */
    WORLD_FENCED,   /* a higher session epoch holds the pilot */
    WORLD_REPLAYED, /* seq not above the last */
    WORLD_JUMP,     /* seq too far ahead */
    WORLD_MALFORMED /* a field out of its range */
};

/* APPEAR and LEAVE need a version above the highest seen of the ship, STAY exactly that one. */
enum world_verdict world_apply(struct world *w, const struct world_baton *b);

/* The answer to `open`, merged with a loaded checkpoint: a ship or container exists afterwards only
 * if it was named here. A ship that the checkpoint has with the same version keeps its motion,
 * hull and timers; any other appears by its baton (kind APPEAR). Between begin and end no step. */
void world_open_begin(struct world *w, uint32_t epoch);
enum world_verdict world_open_ship(struct world *w, const struct world_baton *b);
enum world_verdict world_open_loot(struct world *w, uint64_t loot, uint16_t good,
                                   uint16_t quantity, int32_t x, int32_t y);
void world_open_end(struct world *w);

/* The economy's word on a container (a refused or partly booked event): its content from now on,
 * quantity 0 = gone. False when there is no such container. */
bool world_loot_correct(struct world *w, uint64_t loot, uint16_t good, uint16_t quantity);

/* The same, but what is not there (any more) is put at x, y: a refused pickup gives the container
 * back. False when there is no room or no such good. */
bool world_loot_put(struct world *w, uint64_t loot, uint16_t good, uint16_t quantity, int32_t x,
                    int32_t y);

/* ---- sessions ----------------------------------------------------------------------------- */

#define WORLD_NOBODY 0xffffffffu

/* A pilot's session: `*pilot` is the handle for all that follows, stable while the player has a
 * record. A higher session epoch wins, at equal epochs the latest bind; it starts from the seq that
 * the record holds, or from `seq` if the record is new. */
enum world_verdict world_bind(struct world *w, uint32_t player, uint64_t session_epoch,
                              uint32_t seq, uint32_t *pilot);

/* The socket is gone: the ship is linkdead. */
void world_unbind(struct world *w, uint32_t pilot);

/* What the daemon learnt about a pilot without a ship here: it rests at a station, or, with
 * station 0, parked at x, y (k). Ignored while the ship is here or the pilot is dead. */
void world_rest(struct world *w, uint32_t pilot, uint16_t station, int32_t x, int32_t y);

uint32_t world_pilot_find(const struct world *w, uint32_t player); /* or WORLD_NOBODY */
uint32_t world_pilots(const struct world *w); /* handles are below this */

enum world_action_kind { WORLD_ACT_DOCK = 1, WORLD_ACT_JETTISON = 2 };

struct world_action {
    uint32_t request; /* id, echoed in the answer; one of the last eight is not acted on again */
    uint16_t kind;    /* enum world_action_kind */
    uint16_t station; /* DOCK: 0 = the one in reach */
    uint16_t good;    /* JETTISON */
    uint16_t quantity;
};

#define WORLD_ACTIONS_MAX 4 /* per input, and per pilot and tick */

struct world_input {
    uint32_t seq;    /* rises, by at most 256 */
    uint32_t ctl;    /* control word: target heading, thrust, boost, DRIFT; the rest is ignored */
    uint32_t target; /* entity id that torpedoes and scanners are locked on, 0 = none */
    uint8_t fire;    /* bit 0 guns, bit 1 torpedo */
    uint8_t actions_n;
    struct world_action actions[WORLD_ACTIONS_MAX];
};

/* Several inputs of a pilot in one tick: controls and target of the newest, fire and actions of
 * all. They take effect in the next step, pilots in the order of their handles. */
enum world_verdict world_input(struct world *w, uint32_t pilot, const struct world_input *in);

/* ---- the tick ----------------------------------------------------------------------------- */

void world_step(struct world *w);

/* ---- what one sees: entities --------------------------------------------------------------- */

enum world_entity_flag { WORLD_ENTITY_NEWCOMER = 1 }; /* the six flags of an enter record */

enum world_faction { /* as in the wire's enter_static */
    WORLD_FACTION_PILOT = 1,
    WORLD_FACTION_GUILD = 2, /* `level` is the guild's id */
    WORLD_FACTION_RAIDER = 3,
    WORLD_FACTION_PATROL = 4,
    WORLD_FACTION_DRONE = 5,
    WORLD_FACTION_THING = 6, /* torpedoes, containers */
};

struct world_entity {
    uint32_t id;
    uint32_t player; /* 0 for all that has no pilot */
    uint32_t ship;   /* 0 for all that no economy knows */
    uint16_t class_id;
    uint8_t faction; /* 6 bits */
    uint8_t level;   /* 6 bits: level of raiders and cutters, guild of haulers */
    uint8_t flags;   /* enum world_entity_flag */
    uint8_t hull, shield; /* 0..255 of the whole, rounded up */
    uint16_t good, quantity; /* of a container; part of its enter record */
    uint32_t target; /* a torpedo's target, or 0 */
    struct flight flight; /* exact; flight.load is the 4-bit size */
};

/* False when there is no such entity (any more). */
bool world_entity_get(const struct world *w, uint32_t id, struct world_entity *out);

/* Ids of all entities whose home is this cell, ascending by slot; returns their number, writes at
 * most `cap`. */
uint32_t world_cell_entities(const struct world *w, uint32_t cell, uint32_t *ids, uint32_t cap);

/* Volleys whose centre is in this cell now, in the order they were fired. As above. */
uint32_t world_cell_shots(const struct world *w, uint32_t cell, struct flight_shot *out,
                          uint32_t cap);

/* ---- what one sees: the last tick, by cell -------------------------------------------------- */

enum world_gone_reason { /* as GoneReason on the wire */
    WORLD_GONE_MOVED = 1,     /* to another cell, which has it as entered in the same tick */
    WORLD_GONE_DESTROYED = 2, /* ships, drones, torpedoes shot or burst */
    WORLD_GONE_DOCKED = 3,    /* also NPCs that reached their haven */
    WORLD_GONE_PARKED = 6,
    WORLD_GONE_COLLECTED = 7, /* containers taken; torpedoes, containers and drones at their end */
};

struct world_gone {
    uint32_t id;
    uint8_t reason;
};

enum world_hit_flag { /* as hit_info on the wire */
    WORLD_HIT_SHIELD = 1,  /* the shield took it, or a part */
    WORLD_HIT_HULL = 2,    /* the hull was hurt */
    WORLD_HIT_BROKE = 4,   /* the shield fell to nothing */
    WORLD_HIT_KILLED = 8,
};

/* A bullet or torpedo that struck something. */
struct world_hit {
    uint32_t shot;    /* flight_shot.id, 0 = a torpedo, the corona is not listed */
    uint32_t shooter; /* entity; it may be gone */
    uint32_t target;
    uint8_t mount;
    uint8_t info;   /* enum world_hit_flag */
    uint16_t from;  /* heading from the target to where it was hit */
};

/* Lists are ascending by slot; `changed` and `entered` never hold the same id. */
struct world_cell {
    uint32_t cell;
    uint32_t changed_n, entered_n, vitals_n, gone_n, shots_n, hits_n;
    const uint32_t *changed; /* motion that free flight does not give */
    const uint32_t *entered; /* new here, or class, load step, flags or player changed */
    const uint32_t *vitals;  /* hull or shield byte changed; at most 5 per second and entity */
    const struct world_gone *gone;
    const struct flight_shot *shots; /* fired in this tick */
    const struct world_hit *hits;
};

uint32_t world_dirty_cells(const struct world *w); /* ascending by cell id */
void world_dirty_cell(const struct world *w, uint32_t index, struct world_cell *out);

/* ---- what one sees: the own section --------------------------------------------------------- */

enum world_phase {
    WORLD_PHASE_NONE = 0, /* nothing is known: ask the economy */
    WORLD_PHASE_FLYING = 1,
    WORLD_PHASE_DOCKING = 2,
    WORLD_PHASE_DOCKED = 3,
    WORLD_PHASE_DEAD = 4,
    WORLD_PHASE_PARKED = 5,
};

struct world_own {
    uint32_t player;
    uint64_t session_epoch;
    bool bound;
    uint8_t phase;     /* enum world_phase */
    uint16_t station;  /* DOCKED or DEAD: where it rests or will wake */
    int32_t x, y;      /* where it rests or died, or is */
    uint32_t seq;      /* last applied */
    uint32_t seq_tick; /* the tick it was applied in */
    uint32_t input_at; /* tick of the last accepted input */
    /* from here on only while FLYING or DOCKING */
    uint32_t id, ship;
    uint64_t version;
    uint16_t class_id;
    struct flight flight; /* after the tick */
    uint8_t boost_wish, boost_spent;
    uint16_t hull, hull_max, shield, shield_max;
    int32_t energy, energy_max;
    uint8_t cooldown[3]; /* ticks left: guns, torpedo, point defence */
    uint16_t torpedoes;
    uint8_t gun;         /* weapon id at the gun mounts, 0 = that of the class */
    uint32_t target;
    uint8_t zone;        /* id */
    uint8_t zone_kept;   /* id of the safer zone that still protects, or 0 */
    uint8_t shelter;     /* 1 = within a station's shelter */
    uint8_t newcomer;
    uint32_t dock_ready; /* tick at which the hold ends, 0 = no hold */
    uint32_t combat_until, immune_until, wanted_until, respawn_at; /* ticks, 0 = not */
    uint32_t dock_at;    /* tick from which a dock is no longer refused for a hit, 0 = now */
    uint32_t cargo_mass;
    uint8_t cargo_n;
    struct world_cargo cargo[WORLD_CARGO_KINDS];
};

/* State of a pilot after the tick; false for a handle without record. */
bool world_own_get(const struct world *w, uint32_t pilot, struct world_own *out);

/* Ships of guilds, by the places of the roster; false where none flies now. */
struct world_hauler {
    uint32_t id, ship, player;
    uint64_t version;
    uint16_t class_id, hull;
    uint8_t docking; /* its docked event waits for the answer */
    struct flight flight;
};
uint32_t world_haulers(const struct world *w);
bool world_hauler_get(const struct world *w, uint32_t place, struct world_hauler *out);

/* True when the own section differs in more than free flight, recharge and timers give: the phase,
 * an applied input, vitals, zone, cargo, target, an answer. */
bool world_own_changed(const struct world *w, uint32_t pilot);

enum world_note_kind {
    WORLD_NOTE_ANSWER = 1,  /* a = request id, b = value, c = station, code = enum world_refusal */
    WORLD_NOTE_HIT_BY = 2,  /* a = shooter or 0, b = shield lost, c = its player, d = hull lost */
    WORLD_NOTE_HIT_ON = 3,  /* a = target, b = shield lost, c = its player or 0, d = hull lost */
    WORLD_NOTE_KILL = 4,    /* a = target, b = class, c = its player, d = zone | level << 8 */
    WORLD_NOTE_KILLED = 5,  /* a = killer or 0, b = class, c = its player, d = zone */
    WORLD_NOTE_WANTED = 6,  /* a = until tick */
    WORLD_NOTE_ZONE = 7,    /* a = zone id now, b = before */
    WORLD_NOTE_LOOT = 8,    /* a = container, b = good, c = quantity */
    WORLD_NOTE_LOCKED = 9,  /* a = torpedo or scanner that has locked on */
    WORLD_NOTE_SCANNED = 10, /* a = by whom, b = 1 when contraband was found */
    WORLD_NOTE_HOLD_FULL = 11, /* a = container in reach that does not fit */
};

enum world_refusal {
    WORLD_ACCEPTED = 0,
    WORLD_REFUSED_RANGE,    /* no station within its dock radius; value = radius, u */
    WORLD_REFUSED_SPEED,    /* value = limit, u/s */
    WORLD_REFUSED_COMBAT,   /* hit within 100 ticks; value = ticks left */
    WORLD_REFUSED_WANTED,   /* value = ticks left */
    WORLD_REFUSED_STATION_SILENT,
    WORLD_REFUSED_INTERRUPTED, /* a hit or new thrust ended the hold */
    WORLD_REFUSED_HOLDER,   /* the baton said no */
    WORLD_REFUSED_NOT_POSSIBLE, /* wrong phase, no such good aboard, no room for a container */
};

struct world_note {
    uint32_t pilot;
    uint8_t kind; /* enum world_note_kind */
    uint8_t code; /* enum world_refusal */
    uint32_t a, b, c, d;
};

/* Private events of the last tick, in the order in which they happened; bounded, the rest is
 * dropped. */
uint32_t world_notes(const struct world *w, const struct world_note **notes);

/* ---- hard events --------------------------------------------------------------------------- */

enum world_hard_kind {
    WORLD_HARD_DOCKED = 1,
    WORLD_HARD_DESTROYED = 2,
    WORLD_HARD_PICKED_UP = 3,
    WORLD_HARD_LOOT_EXPIRED = 4,
    WORLD_HARD_PARKED = 5,
    WORLD_HARD_JETTISONED = 6,
};

struct world_drop {
    uint64_t loot; /* id of the container */
    uint16_t good;
    uint16_t quantity;
};

struct world_hard {
    uint8_t kind;     /* enum world_hard_kind */
    uint32_t ordinal; /* in the tick, from 0 */
    uint64_t event;   /* world_event_id of it */
    uint32_t tick;
    uint32_t ship;    /* 0 = an NPC's or none */
    uint32_t player;
    uint64_t version; /* of the ship */
    uint16_t class_id;
    uint8_t faction, level; /* of an NPC */
    uint8_t zone;
    uint8_t newcomer;
    uint16_t station; /* DOCKED */
    uint16_t hull, torpedoes; /* DOCKED, PARKED */
    uint32_t flown; /* ticks in space since it appeared, ticks of boost count three times */
    int32_t x, y;
    uint32_t entity; /* id it had */
    /* DESTROYED */
    uint32_t killer_entity, killer_player, killer_ship; /* 0 = nobody, or an NPC without player */
    uint16_t killer_class;
    uint8_t killer_faction;
    uint8_t crime; /* 1 when the victim was clean and the kill made wanted */
    uint8_t victim_wanted;
    uint8_t assistants_n;
    uint32_t assistants[WORLD_ASSISTANTS]; /* players, without the killer */
    /* DESTROYED: what it carried and what became of it; PICKED_UP, LOOT_EXPIRED, JETTISONED: one */
    uint8_t drops_n, lost_n;
    struct world_drop drops[WORLD_WRECK_BOXES];
    struct world_cargo lost[WORLD_CARGO_KINDS]; /* gone with the ship */
};

/* Hard events of the last tick, by ordinal. None is ever dropped: the step makes only as many as
 * fit (WORLD_HARD_MAX), the rest waits a tick. */
#define WORLD_HARD_MAX 1024
uint32_t world_hards(const struct world *w, const struct world_hard **events);

/* The event id is never 0. Loot ids are world_loot_id(event id, index of the drop). */
uint64_t world_event_id(uint32_t shard, uint32_t epoch, uint32_t tick, uint32_t ordinal);
uint64_t world_loot_id(uint64_t event, uint32_t k);

/* ---- state --------------------------------------------------------------------------------- */

/* Hash of everything that decides the future, the configuration included. */
uint64_t world_hash(const struct world *w);

/* Upper bound of what world_save writes now. */
size_t world_save_size(const struct world *w);

/* Copies the state; returns its length, 0 when `cap` is too small. Same limits, same bytes. */
size_t world_save(const struct world *w, uint8_t *out, size_t cap);

/* Takes the state from bytes that may be damaged: false when anything is out of bounds, and the
 * world is then as world_init left it. Limits and configuration must be the saved ones. */
bool world_load(struct world *w, const uint8_t *bytes, size_t length);

#endif
