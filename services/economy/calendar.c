/* SPDX-License-Identifier: Apache-2.0 */
#include "calendar.h"

#include <string.h>

#include <st/assert.h>
#include <st/rng.h>

/* Luck of one slot of one kind, the same wherever it is drawn. */
static uint64_t draw(const struct catalog *c, enum market_event kind, uint64_t slot)
{
    uint64_t words[2] = {(uint64_t)kind, slot};
    return st_hash64(words, sizeof words, st_hash64(c->system, strlen(c->system), 0));
}

static bool is_shortage(const struct catalog *c, uint64_t slot, uint32_t location,
                        uint32_t commodity)
{
    if (c->lines_n == 0)
        return false;
    const struct catalog_line *l = &c->lines[draw(c, MARKET_EVENT_SHORTAGE, slot) % c->lines_n];
    return l->location == location && l->commodity == commodity;
}

static bool is_festive(const struct catalog *c, uint32_t commodity)
{
    const struct config_good *g = world_config_good(&c->world, commodity);
    return g && (strcmp(g->code, "LUX") == 0 || strcmp(g->code, "FOO") == 0);
}

static bool is_festival(const struct catalog *c, uint64_t slot, uint32_t location,
                        uint32_t commodity)
{
    uint64_t luck = draw(c, MARKET_EVENT_FESTIVAL, slot);
    if (luck & 1 || c->world.stations_n == 0 || !is_festive(c, commodity))
        return false;
    return c->world.stations[(luck >> 1) % c->world.stations_n].id == location;
}

enum market_event calendar_at(const struct catalog *c, uint64_t now_ms, uint32_t location,
                              uint32_t commodity, uint64_t *until_ms)
{
    uint64_t shortage = now_ms / CALENDAR_SHORTAGE_MS, festival = now_ms / CALENDAR_FESTIVAL_MS;
    enum market_event event = MARKET_EVENT_NONE;
    uint64_t until = 0;
    if (is_shortage(c, shortage, location, commodity)) {
        event = MARKET_EVENT_SHORTAGE;
        until = (shortage + 1) * CALENDAR_SHORTAGE_MS;
    } else if (is_festival(c, festival, location, commodity)) {
        event = MARKET_EVENT_FESTIVAL;
        until = (festival + 1) * CALENDAR_FESTIVAL_MS;
    }
    if (until_ms)
        *until_ms = until;
    return event;
}

int64_t calendar_rest(enum market_event event, int64_t rest)
{
    st_assert(rest >= 0);
    switch (event) {
    case MARKET_EVENT_SHORTAGE:
        return rest / 2;
    case MARKET_EVENT_FESTIVAL:
        return rest / 3;
    case MARKET_EVENT_NONE:
        break;
    }
    return rest;
}
