/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"
#include "dock.h"
#include "entity.h"
#include "index.h"
#include "loot.h"

#define SEQ_JUMP 256

/* A record that can be given to somebody else. */
static bool pilot_idle(const struct pilot *p)
{
    return p->player == 0 ||
           (!p->bound && p->slot == NO_SLOT && (p->phase != WORLD_PHASE_DEAD || p->booked));
}

static uint32_t pilot_free(struct world *w)
{
    if (w->head.pilots_used < w->limits.pilots)
        return w->head.pilots_used++;
    for (uint32_t i = 0; i < w->limits.pilots; i++) {
        if (pilot_idle(&w->pilots[i])) {
            index_remove(&w->players, w->pilots[i].player);
            return i;
        }
    }
    return WORLD_NOBODY;
}

uint32_t pilot_of(struct world *w, uint32_t player)
{
    uint32_t i = index_get(&w->players, player);
    struct pilot *p;

    if (i != WORLD_NOBODY)
        return i;
    i = pilot_free(w);
    if (i == WORLD_NOBODY)
        return i;
    p = &w->pilots[i];
    memset(p, 0, sizeof *p);
    p->player = player;
    p->slot = NO_SLOT;
    index_put(&w->players, player, i);
    own_touch(w, i);
    return i;
}

static void link_lost(struct world *w, uint32_t slot)
{
    struct ship *s = &w->ships[slot];

    s->linkdead = 1;
    s->lost_at = w->head.tick;
    s->lost_ticks = 0;
    ship_traits(w, slot);
}

void pilot_board(struct world *w, uint32_t pilot, uint32_t slot)
{
    struct pilot *p = &w->pilots[pilot];

    p->slot = slot;
    p->ship = w->ships[slot].ship;
    p->phase = WORLD_PHASE_FLYING;
    p->held = 0;
    p->input_at = w->head.tick;
    p->booked = 0;
    w->ships[slot].pilot = pilot;
    if (!p->bound)
        link_lost(w, slot);
    own_touch(w, pilot);
}

void pilot_leave(struct world *w, uint32_t pilot, enum world_phase phase, uint32_t station,
                 int32_t x, int32_t y)
{
    struct pilot *p;

    if (pilot == WORLD_NOBODY)
        return;
    p = &w->pilots[pilot];
    p->slot = NO_SLOT;
    p->phase = (uint8_t)phase;
    p->station = (uint16_t)station;
    p->x = x;
    p->y = y;
    p->held = 0;
    own_touch(w, pilot);
}

enum world_verdict world_bind(struct world *w, uint32_t player, uint64_t session_epoch,
                              uint32_t seq, uint32_t *pilot)
{
    uint32_t i;
    struct pilot *p;
    bool fresh;

    world_assert(w != NULL && pilot != NULL);
    *pilot = WORLD_NOBODY;
    if (player == 0)
        return WORLD_MALFORMED;
    fresh = index_get(&w->players, player) == WORLD_NOBODY;
    i = pilot_of(w, player);
    if (i == WORLD_NOBODY)
        return WORLD_FULL;
    p = &w->pilots[i];
    if (session_epoch < p->session_epoch)
        return WORLD_FENCED;
    p->session_epoch = session_epoch;
    p->bound = 1;
    if (fresh || p->seq == 0)
        p->seq = seq;
    memset(&p->pending, 0, sizeof p->pending);
    p->pending.seq = p->seq;
    p->input_at = w->head.tick;
    if (p->slot != NO_SLOT) {
        w->ships[p->slot].linkdead = 0;
        ship_traits(w, p->slot);
    }
    own_touch(w, i);
    *pilot = i;
    return WORLD_OK;
}

void world_unbind(struct world *w, uint32_t pilot)
{
    struct pilot *p;

    world_assert(w != NULL);
    if (pilot >= w->head.pilots_used || !w->pilots[pilot].bound)
        return;
    p = &w->pilots[pilot];
    p->bound = 0;
    p->held = 0;
    memset(&p->pending, 0, sizeof p->pending);
    p->pending.seq = p->seq;
    if (p->slot != NO_SLOT)
        link_lost(w, p->slot);
}

void world_rest(struct world *w, uint32_t pilot, uint16_t station, int32_t x, int32_t y)
{
    struct pilot *p;
    const struct config_station *s = world_config_station(&w->config, station);

    world_assert(w != NULL);
    if (pilot >= w->head.pilots_used || (station && !s))
        return;
    p = &w->pilots[pilot];
    if (p->player == 0 || p->slot != NO_SLOT || (p->phase == WORLD_PHASE_DEAD && !p->booked))
        return;
    if (p->phase == WORLD_PHASE_DEAD && station)
        return;
    pilot_leave(w, pilot, s ? WORLD_PHASE_DOCKED : WORLD_PHASE_PARKED, station,
                s ? s->x * WORLD_UNIT : clamp32(x, WORLD_PLAY_MIN, WORLD_PLAY_MAX),
                s ? s->y * WORLD_UNIT : clamp32(y, WORLD_PLAY_MIN, WORLD_PLAY_MAX));
}

uint32_t world_pilot_find(const struct world *w, uint32_t player)
{
    world_assert(w != NULL);
    return index_get(&w->players, player);
}

uint32_t world_pilots(const struct world *w)
{
    world_assert(w != NULL);
    return w->head.pilots_used;
}

/* True the first time that a request id is seen. */
static bool request_new(struct pilot *p, uint32_t request)
{
    for (uint32_t i = 0; i < REQUESTS_KEPT; i++) {
        if (p->requests[i] == request)
            return false;
    }
    p->requests[p->requests_at] = request;
    p->requests_at = (uint8_t)((p->requests_at + 1) % REQUESTS_KEPT);
    return true;
}

enum world_verdict world_input(struct world *w, uint32_t pilot, const struct world_input *in)
{
    struct pilot *p;
    struct pending *q;

    world_assert(w != NULL && in != NULL);
    if (pilot >= w->head.pilots_used || !w->pilots[pilot].bound)
        return WORLD_UNKNOWN;
    if (in->actions_n > WORLD_ACTIONS_MAX || in->fire > 3)
        return WORLD_MALFORMED;
    for (uint32_t i = 0; i < in->actions_n; i++) {
        if (in->actions[i].request == 0 || in->actions[i].kind < WORLD_ACT_DOCK ||
            in->actions[i].kind > WORLD_ACT_JETTISON)
            return WORLD_MALFORMED;
    }
    p = &w->pilots[pilot];
    q = &p->pending;
    if (in->seq <= q->seq)
        return WORLD_REPLAYED;
    if (in->seq - q->seq > SEQ_JUMP)
        return WORLD_JUMP;
    q->seq = in->seq;
    q->ctl = in->ctl;
    q->target = in->target;
    q->any = 1;
    q->fire |= in->fire;
    q->held = in->fire;
    for (uint32_t i = 0; i < in->actions_n && q->actions_n < WORLD_ACTIONS_MAX; i++) {
        if (request_new(p, in->actions[i].request))
            q->actions[q->actions_n++] = in->actions[i];
    }
    p->input_at = w->head.tick;
    return WORLD_OK;
}

void session_answer(struct world *w, uint32_t pilot, uint32_t request, enum world_refusal code,
                    uint32_t value, uint32_t station)
{
    note(w, pilot,
         (struct world_note){.kind = WORLD_NOTE_ANSWER, .code = (uint8_t)code, .a = request,
                             .b = value, .c = station});
}

static void act(struct world *w, uint32_t pilot, const struct world_action *a)
{
    uint32_t slot = w->pilots[pilot].slot;

    if (slot == NO_SLOT || unit_frozen(&w->units[slot]))
        session_answer(w, pilot, a->request, WORLD_REFUSED_NOT_POSSIBLE, 0, 0);
    else if (a->kind == WORLD_ACT_DOCK)
        dock_begin(w, slot, a->request, a->station);
    else
        loot_jettison(w, slot, a);
}

static void control(struct world *w, uint32_t slot, const struct pending *q)
{
    struct unit *u = &w->units[slot];
    struct flight wish;

    flight_ctl_unpack(&wish, q->ctl);
    if (u->state == STATE_HOLD && wish.thrust != u->thrust &&
        (wish.thrust == FLIGHT_AHEAD || wish.thrust == FLIGHT_ASTERN))
        dock_cancel(w, slot, WORLD_REFUSED_INTERRUPTED);
    u->f.target = wish.target;
    u->thrust = wish.thrust;
    u->boost = wish.boost;
    u->f.flags = (uint8_t)((u->f.flags & ~FLIGHT_DRIFT) | (wish.flags & FLIGHT_DRIFT));
    w->ships[slot].target = q->target;
}

/* What the pilot's ship does in this tick; the record has a ship that is not frozen. */
static void pilot_fly(struct world *w, uint32_t pilot)
{
    struct pilot *p = &w->pilots[pilot];
    struct unit *u = &w->units[p->slot];

    if (p->pending.any)
        control(w, p->slot, &p->pending);
    u->fire = (uint8_t)(p->held | p->pending.fire);
    if (!within(w, p->input_at, WORLD_INPUT_SILENCE + 1)) {
        u->thrust = FLIGHT_COAST;
        u->boost = 0;
        u->fire = p->held = 0;
    }
    if (w->traits[p->slot] & TRAIT_LINKDEAD && w->ships[p->slot].linkdead)
        u->fire = 0;
}

static void pilot_step(struct world *w, uint32_t pilot)
{
    struct pilot *p = &w->pilots[pilot];
    struct pending *q = &p->pending;

    if (p->phase == WORLD_PHASE_DEAD && p->booked &&
        (int32_t)(w->head.tick - p->respawn_at) >= 0) {
        p->phase = p->station ? WORLD_PHASE_DOCKED : WORLD_PHASE_PARKED;
        own_touch(w, pilot);
    }
    if (q->any) {
        p->seq = q->seq;
        p->seq_tick = w->head.tick;
        p->held = q->held;
        own_touch(w, pilot);
    }
    if (p->slot != NO_SLOT && !unit_frozen(&w->units[p->slot]))
        pilot_fly(w, pilot);
    for (uint32_t i = 0; i < q->actions_n; i++)
        act(w, pilot, &q->actions[i]);
    if (q->any) {
        memset(q, 0, sizeof *q);
        q->seq = p->seq;
    }
}

void session_step(struct world *w)
{
    for (uint32_t i = 0; i < w->head.pilots_used; i++) {
        if (w->pilots[i].player != 0)
            pilot_step(w, i);
    }
}
