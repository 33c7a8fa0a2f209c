/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of the day. They follow from the system's name and the time alone, so every economy
 * instance, now and after a restart, knows the same ones and nothing has to be stored. Pure; any
 * thread.
 *
 * At any time there is one shortage: one good at one station that uses it, 4 h. In half of the 2 h
 * there is a festival: luxuries and food at one station. Slots begin at multiples of their length
 * since the Unix epoch. In one hour of four a station is blockaded, which moves no market but keeps
 * ships away: <world/blockade.h>, because the simulation has to know it as well.
 */
#ifndef ECONOMY_CALENDAR_H
#define ECONOMY_CALENDAR_H

#include <world/blockade.h>

#include "catalog.h"

/* As MarketEvent in trade.proto. */
enum market_event {
    MARKET_EVENT_NONE = 0,
    MARKET_EVENT_SHORTAGE = 1, /* uses twice as much */
    MARKET_EVENT_FESTIVAL = 2, /* uses three times as much */
};

enum {
    CALENDAR_SHORTAGE_MS = 4 * 3600 * 1000,
    CALENDAR_FESTIVAL_MS = 2 * 3600 * 1000,
};

/* The event of a market at a Unix time; *until_ms = when it ends, 0 without one. A shortage goes
 * before a festival. `until_ms` may be NULL. */
enum market_event calendar_at(const struct catalog *c, uint64_t now_ms, uint32_t location,
                              uint32_t commodity, uint64_t *until_ms);

/* The blockade at a Unix time. */
struct blockade calendar_blockade(const struct catalog *c, uint64_t now_ms);

/* How often over a good is used during an event. */
int64_t calendar_uses(enum market_event event);

#endif
