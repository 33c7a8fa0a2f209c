/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the world is made of, as read from the database at start: the world configuration in the
 * kernel's own struct and bytes, and the tables that only the economy needs. Read-only once loaded,
 * any thread. Knows no player.
 */
#ifndef ECONOMY_CATALOG_H
#define ECONOMY_CATALOG_H

#include <world/config.h>
#include <world/route.h>

#include "economy.h"

enum { CATALOG_RATES_MAX = 512, CATALOG_RECIPES_MAX = 64, CATALOG_PARTS_MAX = 6 };

struct catalog_fees {
    int64_t fuel_per_min, docking_fee, repair_price;
};

struct catalog_line {
    uint32_t location, commodity;
    int64_t use_milli; /* of people and recipes together, per cycle */
    bool imports;      /* uses at least as much as it makes */
};

/* A part of an industry: so many thousandths of a unit per cycle, of one market. */
struct catalog_rate {
    uint32_t line; /* place in `lines` */
    int64_t milli; /* of a recipe: negative for inputs */
};

struct catalog_recipe {
    uint32_t location, number;
    struct catalog_rate parts[CATALOG_PARTS_MAX];
    uint32_t parts_n;
};

/* What tunes markets and guilds: economy_params, by its names. */
struct catalog_params {
    int64_t activity_traders, activity_max_pm, drift_cycles, treasury_cycles, guild_rest_s,
        guild_wait_s, guild_rebuilt_s, escort_pm, spoils_cycles, offers, offer_s, delivery_rate,
        delivery_risk_pm;
};

struct catalog_guild {
    int64_t capital; /* credits, of all its ships */
    bool smuggles;
};

struct catalog {
    char system[33]; /* "sol-1", of the subjects */
    struct world_config world;
    uint8_t bytes[CONFIG_BYTES_MAX]; /* canonical form */
    size_t bytes_n;
    struct catalog_fees fees[CONFIG_CLASSES_MAX]; /* parallel to world.classes */
    int64_t treasury_target[CONFIG_STATIONS_MAX]; /* parallel to world.stations */
    struct catalog_line lines[LINES_MAX];         /* every market there is, sorted */
    uint32_t lines_n;
    uint32_t start_location, start_class;
    struct catalog_rate made[CATALOG_RATES_MAX], used[CATALOG_RATES_MAX]; /* by people and mines */
    uint32_t made_n, used_n;
    struct catalog_recipe recipes[CATALOG_RECIPES_MAX];
    uint32_t recipes_n;
    struct catalog_params params;
    int64_t hazard_pm[CONFIG_ZONES_MAX];            /* parallel to world.zones */
    struct catalog_guild guilds[CONFIG_GUILDS_MAX]; /* parallel to world.guilds */
    struct route_trip trips[ROUTE_WAYS][CONFIG_STATIONS_MAX][CONFIG_STATIONS_MAX];
};

/* The first two jobs, by number from 1; NULL when there is no such job. */
const struct job *catalog_job(const struct catalog *c, uint32_t number, struct job *out);
const struct catalog_fees *catalog_fees(const struct catalog *c, uint32_t class_id);
/* Rules of the zone that a station lies in. */
const struct config_zone *catalog_zone_of(const struct catalog *c, uint32_t location);
int64_t catalog_mass(const struct catalog *c, uint32_t commodity);
int64_t catalog_hold(const struct catalog *c, uint32_t class_id);
/* Would a scan at that station take this good away? */
bool catalog_contraband(const struct catalog *c, uint32_t location, uint32_t commodity);
bool catalog_restricted(const struct catalog *c, uint32_t location, uint32_t commodity);
/* A voyage between two stations that there are; its length is 0 when there is no way. */
const struct route_trip *catalog_trip(const struct catalog *c, enum route_way way, uint32_t from,
                                      uint32_t to);
/* Place of a market in `lines`, or lines_n. */
uint32_t catalog_line_of(const struct catalog *c, uint32_t location, uint32_t commodity);
/* The guild that a player of the books is, or NULL. */
const struct config_guild *catalog_guild_of(const struct catalog *c, uint64_t player);
/* Does trade make the rates of this good rise? Not those of what is forbidden somewhere. */
bool catalog_lively(const struct catalog *c, uint32_t commodity);
/* Fills what follows from the rows; ST_EPROTO with the reason logged when they make no world. */
int catalog_complete(struct catalog *c) ST_MUST_CHECK;

#endif
