/* SPDX-License-Identifier: Apache-2.0 */
#include "dock.h"
#include "entity.h"
#include "session.h"
#include "zone.h"

static uint64_t station_square(const struct config_station *s, const struct unit *u)
{
    return square_sum((int64_t)u->f.x - s->x * WORLD_UNIT, (int64_t)u->f.y - s->y * WORLD_UNIT);
}

static bool in_radius(const struct config_station *s, const struct unit *u)
{
    return station_square(s, u) <= u_square(s->dock_radius);
}

/* The station asked for, or the nearest; NULL when there is none of that id. */
static const struct config_station *pick(const struct world *w, const struct unit *u, uint32_t id)
{
    const struct config_station *best = NULL;

    if (id)
        return world_config_station(&w->config, id);
    for (uint32_t i = 0; i < w->config.stations_n; i++) {
        const struct config_station *s = &w->config.stations[i];

        if (!best || station_square(s, u) < station_square(best, u))
            best = s;
    }
    return best;
}

/* Why this ship may not begin to dock here now; `value` is what the player is told. */
static enum world_refusal obstacle(const struct world *w, uint32_t slot,
                                   const struct config_station *station, uint32_t *value)
{
    const struct unit *u = &w->units[slot];
    const struct ship *s = &w->ships[slot];

    *value = station->dock_radius;
    if (!in_radius(station, u))
        return WORLD_REFUSED_RANGE;
    *value = WORLD_DOCK_SPEED * WORLD_TICK_HZ / WORLD_UNIT;
    if (square_sum(u->f.vx, u->f.vy) > (uint64_t)WORLD_DOCK_SPEED * WORLD_DOCK_SPEED)
        return WORLD_REFUSED_SPEED;
    *value = u->hit_at + WORLD_DOCK_CALM - w->head.tick;
    if (within(w, u->hit_at, WORLD_DOCK_CALM))
        return WORLD_REFUSED_COMBAT;
    *value = s->wanted_until - w->head.tick;
    if (zone_wanted(w, slot) && world_config_zone(&w->config, station->zone)->risk <= 1)
        return WORLD_REFUSED_WANTED;
    *value = 0;
    return w->head.flags & WORLD_DOCKS_CLOSED ? WORLD_REFUSED_STATION_SILENT : WORLD_ACCEPTED;
}

void dock_begin(struct world *w, uint32_t slot, uint32_t request, uint32_t station)
{
    struct unit *u = &w->units[slot];
    struct ship *s = &w->ships[slot];
    const struct config_station *at = pick(w, u, station);
    enum world_refusal why;
    uint32_t value = 0;

    if (u->state == STATE_HOLD) { /* asked again: the hold goes on under the new request */
        s->request = request;
        session_answer(w, s->pilot, request, WORLD_ACCEPTED, 0, s->station);
        return;
    }
    why = at ? obstacle(w, slot, at, &value) : WORLD_REFUSED_NOT_POSSIBLE;
    session_answer(w, s->pilot, request, why, value, at ? at->id : 0);
    if (why != WORLD_ACCEPTED)
        return;
    u->state = STATE_HOLD;
    w->traits[slot] |= TRAIT_DOCK;
    u->hold = 0;
    s->station = at->id;
    s->request = request;
}

void dock_cancel(struct world *w, uint32_t slot, enum world_refusal why)
{
    struct unit *u = &w->units[slot];
    struct ship *s = &w->ships[slot];

    if (u->state != STATE_HOLD)
        return;
    u->state = STATE_FREE_FLIGHT;
    u->hold = 0;
    session_answer(w, s->pilot, s->request, why, 0, s->station);
    s->request = 0;
    s->station = 0;
}

bool dock_shelter(const struct world *w, const struct unit *u)
{
    for (uint32_t i = 0; i < w->config.stations_n; i++) {
        if (station_square(&w->config.stations[i], u) <= u_square(WORLD_SHELTER_U))
            return true;
    }
    return false;
}

static void freeze(struct world *w, uint32_t slot, enum unit_state state)
{
    struct unit *u = &w->units[slot];

    u->state = (uint8_t)state;
    u->f.vx = u->f.vy = 0;
    u->f.target = u->f.heading;
    u->f.thrust = u->thrust = FLIGHT_COAST;
    u->f.boost = u->boost = 0;
    u->fire = 0;
    u->marks |= MARK_FORCE | MARK_EVENT;
    w->traits[slot] |= TRAIT_DOCK;
    if (w->ships[slot].pilot != WORLD_NOBODY)
        w->pilots[w->ships[slot].pilot].phase = WORLD_PHASE_DOCKING;
    own_touch(w, w->ships[slot].pilot);
}

static void hold_step(struct world *w, uint32_t slot)
{
    struct unit *u = &w->units[slot];
    struct ship *s = &w->ships[slot];
    const struct config_station *at = world_config_station(&w->config, s->station);

    if (w->head.flags & WORLD_DOCKS_CLOSED) {
        dock_cancel(w, slot, WORLD_REFUSED_STATION_SILENT);
        return;
    }
    if (u->hold < WORLD_DOCK_HOLD)
        u->hold++;
    if (u->hold < WORLD_DOCK_HOLD || !hard_room(w))
        return;
    if (!at || !in_radius(at, u)) {
        dock_cancel(w, slot, WORLD_REFUSED_RANGE);
        return;
    }
    freeze(w, slot, STATE_DOCKED);
}

/* A ship without pilot stays for its zone's time since the last hit, then it is parked. */
static void absence_step(struct world *w, uint32_t slot)
{
    struct ship *s = &w->ships[slot];
    const struct config_zone *z = world_config_zone(&w->config, s->zone);

    if (!within(w, s->struck_at, WORLD_COMBAT_TICKS))
        s->lost_ticks++;
    if (s->lost_ticks < (uint32_t)z->linkdead_s * WORLD_TICK_HZ &&
        within(w, s->lost_at, WORLD_LINKDEAD_MAX))
        return;
    if (!hard_room(w))
        return;
    dock_cancel(w, slot, WORLD_REFUSED_INTERRUPTED);
    freeze(w, slot, STATE_PARKED);
}

static void send_event(struct world *w, uint32_t slot)
{
    struct unit *u = &w->units[slot];
    struct world_hard *h;

    if (!hard_room(w))
        return;
    h = hard_new(w, u->state == STATE_DOCKED ? WORLD_HARD_DOCKED : WORLD_HARD_PARKED, slot);
    if (u->state == STATE_DOCKED)
        h->station = w->ships[slot].station;
    u->marks &= (uint8_t)~MARK_EVENT;
}

void dock_step(struct world *w)
{
    EACH_ALIVE(w, slot, 0, w->first[1]) {
        struct unit *u = &w->units[slot];

        if (!(w->traits[slot] & TRAIT_DOCK) || w->ships[slot].ship == 0)
            continue;
        if (u->state == STATE_HOLD)
            hold_step(w, slot);
        if (w->ships[slot].linkdead && !unit_frozen(u))
            absence_step(w, slot);
        if (u->marks & MARK_EVENT)
            send_event(w, slot);
        if (u->state != STATE_HOLD && !(u->marks & MARK_EVENT) && !w->ships[slot].linkdead)
            w->traits[slot] &= (uint8_t)~TRAIT_DOCK;
    }
}
