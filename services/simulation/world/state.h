/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_STATE_H
#define WORLD_STATE_H

/*
 * The whole state of a world, for the kernel's own files only. Things that move live in one table
 * by slot: ships first, then torpedoes, then containers. `struct unit` is what every tick touches;
 * what only some ticks need lies in the tables beside it. Structs that are saved or hashed have no
 * padding, and say so below. Ticks that mean "never" are far in the past (NEVER) or 0.
 */
#include "base.h"
#include "rules.h"
#include "world.h"

#define NO_SLOT       0xffffffffu
#define NO_NPC        0xffffu
#define NEVER         1000000u /* ticks ago: longer than any rule remembers */
#define NPCS_MAX      512
#define PACKS_MAX     64
#define REQUESTS_KEPT 8
#define GUNS          0
#define TORPEDOES     1
#define PDS           2

enum unit_type { UNIT_FREE = 0, UNIT_SHIP, UNIT_TORPEDO, UNIT_LOOT };

enum unit_state {
    STATE_FREE_FLIGHT = 0,
    STATE_HOLD,   /* docking, brake held */
    STATE_DOCKED, /* frozen: the docked event waits for its answer */
    STATE_PARKED, /* frozen: the parked event waits for its answer */
    STATE_DYING,  /* no hull left; the destroyed event is due */
};

enum mark {
    MARK_ENTER = 1, /* its enter record changed */
    MARK_FORCE = 2, /* moved by more than free flight */
    MARK_NEW = 4,   /* was in no cell before */
    MARK_EVENT = 8, /* its docked or parked event is to be sent (again) */
};

/* What makes a ship more than one that just flies, so that most passes of a tick need only look at
 * one byte of it. Derived: a trait may outlive its reason, never the other way round. */
enum trait {
    TRAIT_RAIDER = 1, /* of the faction, so its vitals depend on its level */
    TRAIT_DRONE = 2,
    TRAIT_LINKDEAD = 4,
    TRAIT_IMMUNE = 8, /* immune_until is set */
    TRAIT_WANTED = 16,
    TRAIT_DOCK = 32, /* dock_step has something to do */
    TRAIT_DYING = 64,
};

struct unit { /* one cache line */
    struct flight f;
    int32_t energy, hull, shield;
    uint32_t hit_at;   /* last damage taken */
    uint32_t fired_at; /* last shot of guns or torpedo */
    uint16_t class_id;
    uint16_t cell;       /* home, index in the play grid */
    uint8_t class_index; /* in the rules */
    uint8_t type, state, marks;
    uint8_t cool[3];
    uint8_t fire;    /* wished in this tick */
    uint8_t thrust;  /* wished */
    uint8_t boost;   /* wished */
    uint8_t spent;   /* boost ran dry */
    uint8_t hold;    /* ticks of the docking hold done */
    uint8_t seen[2]; /* hull and shield as last sent */
    uint8_t quiet;   /* ticks until vitals may be sent again */
    uint8_t generation;
};

struct attacker {
    uint32_t entity, player, tick;
};

struct ship { /* beside the units of ships */
    uint64_t version;
    uint32_t player, ship;
    uint32_t pilot; /* handle, or WORLD_NOBODY */
    uint32_t target;
    uint32_t immune_until, wanted_until, kept_until;
    uint32_t struck_at;  /* last hit given or taken */
    uint32_t lost_at;    /* when the link went; meaningful while linkdead */
    uint32_t lost_ticks; /* counted towards parking */
    uint32_t request;    /* of the dock action under way */
    uint32_t flown;      /* as saved; in the world it is in a table of its own */
    uint32_t expires_at; /* a drone's end, else 0 */
    uint32_t mass;       /* of the cargo, t */
    uint16_t station;    /* docking at */
    uint16_t home;
    uint16_t torpedoes;
    uint16_t npc; /* index, or NO_NPC */
    uint8_t zone, kept;
    uint8_t faction, level;
    uint8_t newcomer, linkdead;
    uint8_t cargo_n;
    uint8_t named; /* by the answer to `open` */
    uint8_t gun;   /* weapon id when refitted, else 0 */
    uint8_t pad[7];
    struct world_cargo cargo[WORLD_CARGO_KINDS];
    struct attacker attackers[WORLD_ASSISTANTS]; /* newest first */
};

struct torpedo { /* beside the units of torpedoes */
    uint32_t owner, player, target;
    uint32_t born;
    uint8_t faction, weapon, pad[2];
};

struct loot { /* beside the units of containers */
    uint64_t id;
    uint32_t expires_at;
    uint16_t good, quantity;
    uint8_t named, pad[7];
};

struct shot {
    struct flight_shot f;
    uint32_t player;
    uint8_t faction, pad[3];
};

struct known { /* the highest version seen of a ship, also after it has gone */
    uint64_t version;
    uint32_t ship;
    uint32_t slot; /* or NO_SLOT */
};

struct pending { /* inputs of a pilot since the last step, merged */
    uint32_t seq, ctl, target;
    uint8_t any, fire, held, actions_n;
    struct world_action actions[WORLD_ACTIONS_MAX];
};

struct pilot {
    uint64_t session_epoch;
    uint32_t player; /* 0 = free record */
    uint32_t slot;   /* of its ship, or NO_SLOT */
    uint32_t ship;
    uint32_t seq, seq_tick, input_at;
    uint32_t respawn_at;
    int32_t x, y;
    uint32_t drone; /* entity of its training drone, 0 = none */
    uint32_t requests[REQUESTS_KEPT];
    uint16_t station;
    uint8_t phase, bound;
    uint8_t drones; /* training drones it has had */
    uint8_t requests_at;
    uint8_t booked; /* DEAD: the answer is here */
    uint8_t held;   /* fire mask of the newest input */
    struct pending pending;
};

enum npc_kind { NPC_HAULER = 1, NPC_RAIDER, NPC_PATROL, NPC_ESCORT };

struct npc {
    uint32_t entity; /* 0 = not in space */
    uint32_t until;  /* the state's own clock */
    uint32_t target; /* entity */
    uint32_t aim_until, break_until, jink_until;
    uint32_t scanned; /* entity scanned last */
    int32_t aim_error, jink;
    int32_t x, y;            /* where it is going, k */
    uint16_t from, to, next; /* nodes of a hauler's route */
    uint8_t kind, state;
    uint8_t group; /* guild index, or pack or patrol number */
    uint8_t level, zone, member;
    uint8_t laden; /* a raider carries loot home, a hauler has not yet bought itself free */
    uint8_t way;   /* of a hauler, enum route_way */
    uint8_t pad[2];
};

struct pack {
    uint32_t until;
    int32_t x, y;   /* where it lurks, k */
    uint16_t first; /* of its NPCs */
    uint16_t station;  /* of a blockade, which it came for last */
    uint8_t zone, size, active, number;
    uint8_t blockade; /* it comes for blockades alone */
    uint8_t pad[3];
};

struct gone_item {
    uint32_t id;
    uint16_t cell;
    uint8_t reason, pad;
};

/* The saved part that is not a table. */
struct world_head {
    uint64_t seed;
    uint32_t shard, epoch, tick, flags;
    uint32_t shots_n, shot_id, known_n, known_hand;
    uint32_t npcs_n, packs_n, ships_n, npc_ships_n;
    uint32_t pilots_used, armed[CONFIG_ZONES_MAX];
    uint32_t free_head[3], free_n[3];
    uint32_t blockade_until; /* tick; meaningful during a blockade */
    uint16_t blockade;       /* station, 0 = none */
    uint16_t pad[3];
};

/* An index from a u32 key to a place in a table; rebuilt, never saved. */
struct index {
    uint32_t *keys, *values;
    uint32_t mask;
};

/* A thing that can be hit, as the grids keep it: where it is after flight, how it moved. */
struct body {
    int32_t x, y, vx, vy; /* k */
    int32_t radius;       /* k */
    uint32_t id;          /* entity; its slot may be free or another's by now */
};

/* Bodies sorted by fine cell; rows are contiguous. The cells repeat every `side` of them, so that
 * the table fits the number of bodies and not the size of space. */
struct fine {
    struct body *bodies, *unsorted;
    uint32_t *start; /* side * side + 1 */
    uint32_t side;   /* a power of two */
    uint32_t n, max;
    int32_t stray; /* k: no body was farther from its cell in this tick */
};

struct by_cell { /* items of one kind, grouped by dirty cell after the tick */
    uint32_t start[WORLD_CELLS + 1];
};

enum list { LIST_CHANGED, LIST_ENTERED, LIST_VITALS, LIST_GONE, LIST_SHOTS, LIST_HITS, LISTS };

struct world {
    struct world_limits limits;
    struct world_head head;
    struct world_config config;
    struct rules rules;
    /* tables */
    uint32_t first[4]; /* first slot of ships, torpedoes, containers; end */
    struct unit *units;
    uint32_t *published; /* control word without heading, as the clients have it */
    struct ship *ships;
    uint32_t *flown; /* of ships: ticks in space, those of boost count three times */
    struct torpedo *torpedoes;
    struct loot *loot;
    struct shot *shots;
    struct pilot *pilots;
    struct known *known;
    uint32_t known_max;
    uint64_t *alive;      /* slots in use, a bit each: derived from the units */
    uint32_t *free_slots; /* rings of resting slots, the longest at rest first, by type */
    struct npc npcs[NPCS_MAX];
    struct pack packs[PACKS_MAX];
    uint32_t passed[CONFIG_SPAWNS_MAX]; /* laden ships near each spawn point of late */
    uint32_t alarms[CONFIG_SHAPES_MAX]; /* cries for help from each guarded shape */
    /* derived */
    struct index players, ships_known;
    uint8_t *traits;      /* of ships, enum trait */
    uint16_t *homes;      /* home cell by slot while cells are sorted */
    uint32_t *cell_slots; /* slots by home cell, ascending */
    uint32_t cell_start[WORLD_CELLS + 1];
    struct fine fine;    /* ships and torpedoes */
    struct fine threats; /* of these, what point defence shoots at unprovoked */
    uint32_t *found;     /* places in the bodies, for one search at a time */
    bool cells_stale;    /* somebody came or went since the cells were sorted */
    /* of the last tick */
    struct by_cell lists[LISTS];
    uint32_t list_n[LISTS];
    uint32_t *out_ids[3]; /* changed, entered, vitals: in order of slots, then grouped */
    uint32_t *raw_ids[3];
    struct gone_item *raw_gone;
    struct world_gone *out_gone;
    struct flight_shot *raw_shots, *out_shots;
    uint16_t *raw_shot_cell, *raw_hit_cell;
    struct world_hit *raw_hits, *out_hits;
    uint32_t hits_max, gone_max, shots_out_max;
    uint16_t dirty[WORLD_CELLS];    /* ascending */
    uint16_t dirty_at[WORLD_CELLS]; /* place of a dirty cell in that list */
    uint32_t dirty_n;
    struct world_note *notes, *out_notes;
    uint32_t notes_n, notes_max, out_notes_n;
    struct world_hard *hards;
    uint32_t hards_n;
    uint8_t *own_changed, *out_changed; /* by pilot */
    bool opening;
};

_Static_assert(sizeof(struct flight) == 24, "no padding");
_Static_assert(sizeof(struct unit) == 64, "no padding, one cache line");
_Static_assert(sizeof(struct ship) == 8 + 14 * 4 + 4 * 2 + 16 + 64 + 96, "no padding");
_Static_assert(sizeof(struct torpedo) == 20, "no padding");
_Static_assert(sizeof(struct loot) == 24, "no padding");
_Static_assert(sizeof(struct flight_shot) == 36, "no padding");
_Static_assert(sizeof(struct shot) == 44, "no padding");
_Static_assert(sizeof(struct known) == 16, "no padding");
_Static_assert(sizeof(struct world_action) == 12, "no padding");
_Static_assert(sizeof(struct pending) == 16 + 48, "no padding");
_Static_assert(sizeof(struct pilot) == 8 + 10 * 4 + 32 + 8 + 64, "no padding");
_Static_assert(sizeof(struct npc) == 9 * 4 + 8 + 6 + 10, "no padding");
_Static_assert(sizeof(struct pack) == 12 + 4 + 8, "no padding");
_Static_assert(sizeof(struct world_head) == 8 + 13 * 4 + 64 + 24 + 12, "no padding");

/* The first slot in use from `slot` on, or `end`. */
static inline uint32_t alive_from(const struct world *w, uint32_t slot, uint32_t end)
{
    uint32_t word = slot >> 6;
    uint64_t bits;

    if (slot >= end)
        return end;
    bits = w->alive[word] & UINT64_MAX << (slot & 63);
    while (bits == 0) {
        if (++word << 6 >= end)
            return end;
        bits = w->alive[word];
    }
    slot = (word << 6) + (uint32_t)__builtin_ctzll(bits);
    return slot < end ? slot : end;
}

/* The last slot in use before `slot`, or NO_SLOT. */
static inline uint32_t alive_before(const struct world *w, uint32_t slot)
{
    uint32_t word = slot >> 6;
    uint64_t bits = slot & 63 ? w->alive[word] & ~(UINT64_MAX << (slot & 63)) : 0;

    while (bits == 0) {
        if (word == 0)
            return NO_SLOT;
        bits = w->alive[--word];
    }
    return (word << 6) + 63 - (uint32_t)__builtin_clzll(bits);
}

/* The slots from..end-1 in use, rising; also those that come into use behind `slot` meanwhile. */
#define EACH_ALIVE(w, slot, from, end)                                                             \
    for (uint32_t slot = alive_from(w, from, end); (slot) < (end);                                 \
         (slot) = alive_from(w, (slot) + 1, end))

static inline const struct rule_class *unit_class(const struct world *w, uint32_t slot)
{
    return &w->rules.classes[w->units[slot].class_index];
}

/* By id; NULL when there is no such weapon. */
static inline const struct config_weapon *weapon_of(const struct world *w, uint32_t id)
{
    return id <= CONFIG_WEAPONS_MAX ? w->rules.weapons[id] : NULL;
}

/* What the gun mounts of a ship carry; NULL when it has none. */
static inline const struct config_weapon *gun_of(const struct world *w, uint32_t slot)
{
    uint32_t gun = w->ships[slot].gun;

    return gun ? weapon_of(w, gun) : unit_class(w, slot)->gun;
}

static inline bool unit_frozen(const struct unit *u)
{
    return u->state >= STATE_DOCKED;
}

/* True from `tick` on for `span` ticks, in arithmetic that wraps. */
static inline bool within(const struct world *w, uint32_t since, uint32_t span)
{
    return w->head.tick - since < span;
}

static inline uint32_t entity_id(const struct world *w, uint32_t slot)
{
    return slot | (uint32_t)w->units[slot].generation << WORLD_GEN_SHIFT;
}

/* Slot of a living entity, or NO_SLOT. */
static inline uint32_t entity_slot(const struct world *w, uint32_t id)
{
    uint32_t slot = id & WORLD_SLOT_MASK;

    if (id == 0 || slot >= w->first[3] || w->units[slot].type == UNIT_FREE ||
        w->units[slot].generation != id >> WORLD_GEN_SHIFT)
        return NO_SLOT;
    return slot;
}

static inline struct torpedo *torpedo_of(struct world *w, uint32_t slot)
{
    return &w->torpedoes[slot - w->first[1]];
}

static inline struct loot *loot_of(struct world *w, uint32_t slot)
{
    return &w->loot[slot - w->first[2]];
}

/* Square of the distance of two units, k. */
static inline uint64_t unit_square(const struct unit *a, const struct unit *b)
{
    return square_sum((int64_t)a->f.x - b->f.x, (int64_t)a->f.y - b->f.y);
}

/* Square of a distance given in u, in k. */
static inline uint64_t u_square(uint64_t u)
{
    return (u * WORLD_UNIT) * (u * WORLD_UNIT);
}

/* Secret randomness: the same for the same seed, shard, tick, entity or number, and purpose. */
static inline uint64_t chance(const struct world *w, uint32_t who, uint32_t purpose)
{
    uint64_t h = fold64(w->head.seed, (uint64_t)w->head.shard << 32 | w->head.tick);

    return mix64(fold64(h, (uint64_t)who << 32 | purpose));
}

static inline uint32_t chance_below(const struct world *w, uint32_t who, uint32_t purpose,
                                    uint32_t n)
{
    return n ? (uint32_t)(chance(w, who, purpose) >> 33) % n : 0;
}

#endif
