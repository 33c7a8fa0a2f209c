/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the world is made of, as read from the database at start: the world configuration in the
 * kernel's own struct and bytes, and the tables that only the economy needs. Read-only once loaded,
 * any thread. Knows no player.
 */
#ifndef ECONOMY_CATALOG_H
#define ECONOMY_CATALOG_H

#include <world/config.h>

#include "economy.h"

struct catalog_fees {
    int64_t fuel_per_min, docking_fee, repair_price;
};

struct catalog_line {
    uint32_t location, commodity;
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
/* Fills what follows from the rows; ST_EPROTO with the reason logged when they make no world. */
int catalog_complete(struct catalog *c) ST_MUST_CHECK;

#endif
