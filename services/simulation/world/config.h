/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_CONFIG_H
#define WORLD_CONFIG_H

/*
 * The tuning of a world: stations, waypoints, raiders' spawn points, zones with their shapes and
 * rules, ship classes, weapons, goods, levels and guilds of the NPCs. Owns one plain struct and its
 * canonical byte form; the same bytes travel from the economy to the kernel and to the browser.
 * Pure, any thread; never knows where the rows come from.
 *
 * Byte form, little endian, no padding, nothing optional:
 *   "STWC"  u16 format = 1  u16 zero  u32 revision  u32 length of all bytes
 *   then ten sections in this order, each: u16 count, then `count` records.
 *   A record is its fields in the order of the struct below; uN and iN are N bits, a char array
 *   is u8 length and that many bytes of UTF-8 (shorter than the array, no zero byte).
 *   Sections: stations, waypoints, spawns, zones, shapes, classes, weapons, goods, levels, guilds.
 * Records keep their order: the order of the shapes is their priority, all else is sorted by id
 * ascending. One configuration has exactly one byte form.
 */
#include <stddef.h>
#include <stdint.h>

#include "flight.h"

#define CONFIG_FORMAT        1
#define CONFIG_STATIONS_MAX  64
#define CONFIG_WAYPOINTS_MAX 32
#define CONFIG_SPAWNS_MAX    128
#define CONFIG_ZONES_MAX     16
#define CONFIG_SHAPES_MAX    128
#define CONFIG_CLASSES_MAX   64
#define CONFIG_WEAPONS_MAX   15
#define CONFIG_GOODS_MAX     64
#define CONFIG_LEVELS_MAX    8
#define CONFIG_GUILDS_MAX    16
#define CONFIG_BYTES_MAX     65536 /* no configuration encodes to more */

enum config_station_flag {
    CONFIG_STATION_START = 1,
    CONFIG_STATION_SHIPYARD = 2,
    CONFIG_STATION_ALL_SHIPS = 4, /* the shipyard builds every class, not only the smaller ones */
};

struct config_station {
    uint16_t id;   /* 1.. */
    char code[8];  /* "TER" */
    char name[32]; /* "Terra High" */
    char body[16]; /* "Earth" */
    int32_t x, y;  /* u, absolute */
    uint16_t dock_radius; /* u */
    uint8_t zone;         /* id of the zone it lies in */
    uint8_t pop;
    uint8_t flags; /* enum config_station_flag */
};

struct config_waypoint {
    uint16_t id; /* 1.., apart from stations' ids */
    char code[8];
    int32_t x, y;
};

struct config_spawn { /* where raiders lurk */
    uint16_t id;
    uint8_t zone;
    int32_t x, y;
};

enum config_pvp {
    CONFIG_PVP_NONE = 0,  /* no damage between players */
    CONFIG_PVP_CRIME = 1, /* damage to a clean player is a crime */
    CONFIG_PVP_OPEN = 2,  /* allowed; the kill of a clean player makes wanted */
    CONFIG_PVP_FREE = 3,  /* no rules */
};

struct config_zone {
    uint8_t id; /* 1.. */
    char code[8];
    char name[32];
    uint8_t risk; /* 0 safe, 1 guarded, 2 and 3 open, 4 lawless */
    uint8_t pvp;  /* enum config_pvp */
    uint16_t linkdead_s;
    uint16_t loot_pm;      /* share of cargo that drops */
    uint16_t insurance_pm; /* share of the ship's price */
    uint16_t tax_pm;       /* on sales */
    uint16_t spread_pm;    /* half of it */
    uint16_t customs_pm;   /* chance of a scan */
    uint8_t patrols;       /* groups of two cutters */
    uint8_t packs;         /* of raiders; with pack_period_s one wandering pack each period */
    uint8_t raiders;       /* per pack */
    uint8_t level_min, level_max;
    uint16_t pack_period_s; /* 0 = packs stay at the zone's spawn points */
    uint16_t import_pm, export_pm; /* price bias */
    uint32_t loss_ppm;             /* expected loss of a hauler per minute */
    uint16_t bounty_pm;
};

enum config_shape_kind { CONFIG_SHAPE_ALL = 0, CONFIG_SHAPE_CIRCLE = 1, CONFIG_SHAPE_CAPSULE = 2 };

struct config_shape { /* the first shape that holds a point decides its zone */
    uint8_t zone;
    uint8_t kind;   /* enum config_shape_kind; the last shape is ALL */
    int32_t x1, y1; /* u, absolute: the centre or one end */
    int32_t x2, y2; /* the other end; equal to x1, y1 for a circle, 0 for ALL */
    int32_t r;      /* u: radius or half width */
};

enum config_role { CONFIG_ROLE_PLAYER = 0, CONFIG_ROLE_RAIDER = 1, CONFIG_ROLE_PATROL = 2 };

struct config_class {
    uint16_t id; /* 1..999 */
    char code[16]; /* "heavy_hauler" */
    char name[32];
    uint8_t role;  /* enum config_role */
    uint8_t armed; /* 1 = counts as armed for the raiders' numbers */
    uint16_t dry, hold; /* t */
    uint32_t thrust;    /* t * k */
    uint16_t boost_pm;
    uint16_t cruise, boosted; /* k */
    uint16_t turn;            /* steps per tick */
    uint16_t hull, shield;
    uint16_t shield_delay; /* ticks */
    uint16_t shield_regen; /* per tick */
    uint16_t energy, energy_regen, boost_drain;
    uint16_t radius;  /* u, at most 255 */
    uint8_t guns;     /* mounts, at most 8 */
    uint8_t torpedoes; /* carried */
    uint8_t pds;
    uint8_t gun, torpedo, pd; /* weapon ids, 0 = none */
    uint32_t price;           /* credits, 0 = free or not for sale */
};

enum config_weapon_kind { CONFIG_WEAPON_GUN = 1, CONFIG_WEAPON_TORPEDO = 2, CONFIG_WEAPON_PD = 3 };

struct config_weapon {
    uint8_t id; /* 1..15 */
    char code[16];
    char name[32];
    uint8_t kind; /* enum config_weapon_kind */
    uint16_t damage;              /* per mount */
    uint16_t shield_pm, hull_pm;  /* for PD: against ships */
    uint16_t speed;               /* k */
    uint16_t life, cooldown;      /* ticks; cooldown <= 255 */
    uint16_t energy;              /* per mount */
    uint16_t spread;              /* steps, to both sides */
    uint16_t range;  /* u: launch range of a torpedo, reach of PD; 0 = speed * life */
    uint16_t hull;   /* torpedo: of the body */
    uint16_t turn;   /* torpedo: steps per tick */
    uint16_t fuse;   /* torpedo: u beyond the target's radius */
    uint32_t price;
};

struct config_good {
    uint16_t id; /* 1.. */
    char code[8]; /* "ICE"; "FUE" is what raiders and drones drop */
    char name[32];
    uint16_t mass; /* t per unit */
    uint32_t base; /* credits */
    uint8_t contraband; /* bit r: no market at risk r, and found by scans */
    uint8_t restricted; /* bit r: sold at risk r, but found by scans */
};

struct config_level { /* of raiders and cutters */
    uint8_t id;       /* 0.. */
    uint16_t vital_pm; /* hull and shield */
    uint16_t aim_error; /* steps */
    uint16_t flee_pm;   /* of hull */
    uint32_t bounty;    /* credits */
};

struct config_guild { /* NPC haulers */
    uint8_t id;       /* 1..32 */
    char code[16];
    char name[32];
    uint16_t class_id;
    uint16_t ships;
    uint8_t risk_max;  /* flies only between stations of at most this risk */
    uint32_t floor_cr; /* per minute, for the economy */
    uint16_t escort_class; /* flies along through dangerous zones, 0 = none */
};

struct world_config {
    uint32_t revision;
    uint16_t stations_n, waypoints_n, spawns_n, zones_n, shapes_n, classes_n, weapons_n, goods_n,
        levels_n, guilds_n;
    struct config_station stations[CONFIG_STATIONS_MAX];
    struct config_waypoint waypoints[CONFIG_WAYPOINTS_MAX];
    struct config_spawn spawns[CONFIG_SPAWNS_MAX];
    struct config_zone zones[CONFIG_ZONES_MAX];
    struct config_shape shapes[CONFIG_SHAPES_MAX];
    struct config_class classes[CONFIG_CLASSES_MAX];
    struct config_weapon weapons[CONFIG_WEAPONS_MAX];
    struct config_good goods[CONFIG_GOODS_MAX];
    struct config_level levels[CONFIG_LEVELS_MAX];
    struct config_guild guilds[CONFIG_GUILDS_MAX];
};

/* 0 when every field is in its range, lists are sorted and references resolve; else a negative
 * number that names the section and record: -(section * 1000 + record + 1), sections from 1. */
int world_config_check(const struct world_config *c);

/* Writes the byte form; returns its length, or 0 when `cap` is too small. Asserts that the
 * configuration passes world_config_check. */
size_t world_config_encode(const struct world_config *c, uint8_t *out, size_t cap);

/* Reads a byte form that may be hostile. 0, or negative as above (-1 = not this format, or cut);
 * `c` is then unspecified. Decoding and encoding again gives the same bytes. */
int world_config_decode(struct world_config *c, const uint8_t *bytes, size_t length);

/* 64 bit hash of the byte form. */
uint64_t world_config_hash(const struct world_config *c);

/* Place of the first shape that holds a position in k, and the id of its zone. */
uint32_t world_config_shape_at(const struct world_config *c, int32_t x, int32_t y);
uint8_t world_config_zone_at(const struct world_config *c, int32_t x, int32_t y);

/* Lookups by id; NULL when the configuration has no such row. */
const struct config_station *world_config_station(const struct world_config *c, uint32_t id);
const struct config_zone *world_config_zone(const struct world_config *c, uint32_t id);
const struct config_class *world_config_class(const struct world_config *c, uint32_t id);
const struct config_weapon *world_config_weapon(const struct world_config *c, uint32_t id);
const struct config_good *world_config_good(const struct world_config *c, uint32_t id);
const struct config_level *world_config_level(const struct world_config *c, uint32_t id);
const struct config_guild *world_config_guild(const struct world_config *c, uint32_t id);

/* What flight needs of a class id, built-in classes (torpedo, loot, drone) included: a torpedo's
 * figures are those of the first torpedo weapon. False when there is no such class. */
bool config_flight_class(const struct world_config *c, uint32_t class_id, struct flight_class *out);

/* Hit radius of a class in u, built-in classes included; 0 when unknown. */
uint32_t config_radius(const struct world_config *c, uint32_t class_id);

#endif
