/* SPDX-License-Identifier: Apache-2.0 */
#include "calendar.h"

#include <string.h>

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
    uint64_t nth = draw(c, MARKET_EVENT_SHORTAGE, slot), users = 0;
    for (uint32_t i = 0; i < c->lines_n; i++)
        users += c->lines[i].use_milli > 0;
    nth = users > 0 ? nth % users : 0;
    for (uint32_t i = 0; i < c->lines_n; i++)
        if (c->lines[i].use_milli > 0 && nth-- == 0)
            return c->lines[i].location == location && c->lines[i].commodity == commodity;
    return false;
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

struct blockade calendar_blockade(const struct catalog *c, uint64_t now_ms)
{
    return blockade_at(&c->world, c->system, now_ms);
}

int64_t calendar_uses(enum market_event event)
{
    return event == MARKET_EVENT_SHORTAGE ? 2 : event == MARKET_EVENT_FESTIVAL ? 3 : 1;
}
