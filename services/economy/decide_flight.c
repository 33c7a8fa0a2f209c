/* SPDX-License-Identifier: Apache-2.0 */
#include "decide.h"

#include <string.h>

void decide_appear(struct unit *u, struct pilot *p, struct ship *s)
{
    s->appear_at = s->holder == HOLDER_STATION ? s->holder_id : 0;
    s->holder = HOLDER_SHARD;
    s->holder_id = ECONOMY_SHARD;
    s->version++;
    ship_change(s);
    struct baton b = {.shard = ECONOMY_SHARD,
                      .world_epoch = decide_epoch(u, ECONOMY_SHARD),
                      .kind = BATON_APPEAR,
                      .ship = s->id,
                      .version = s->version,
                      .player = p->player,
                      .state = s,
                      .newcomer = decide_is_newcomer(u, p)};
    wire_letter_baton(u, &b);
}

void decide_undock(struct unit *u, struct act *a, struct pilot *p)
{
    bool taken = false;
    if (decide_replayed(u, a, &taken))
        return;
    if (taken) {
        a->code = CODE_CONFLICT;
        return;
    }
    struct ship *current = unit_ship(u, p->ship), *s = a->ship ? unit_ship(u, a->ship) : current;
    /* Only one ship of a pilot is out; another one is taken where the current one rests. */
    bool possible =
        s && s->player == p->player && !s->locked && s->holder != HOLDER_SHARD &&
        (s == current || (s->holder == HOLDER_STATION && current->holder == HOLDER_STATION &&
                          s->holder_id == current->holder_id));
    struct transaction *t = unit_transaction_keyed(u, "undock", a);
    if (possible) {
        p->ship = s->id;
        pilot_touch(p);
        decide_appear(u, p, s);
        decide_touched(u, p, "undock");
        wire_answer_undock(a, ACTION_OK, s->version, s->appear_at);
    } else {
        wire_answer_undock(a, ACTION_NOT_POSSIBLE, current->version, 0);
    }
    t->result = possible ? ACTION_OK : ACTION_NOT_POSSIBLE;
    decide_keep(t, a);
}

static int64_t distance2(const struct config_station *s, const struct ship *ship)
{
    int64_t dx = s->x - ship->x / WORLD_UNIT, dy = s->y - ship->y / WORLD_UNIT;
    return dx * dx + dy * dy;
}

/* A ship parked for a day is brought to the nearest station for 5 % of its price. */
void decide_tow(struct unit *u, struct act *a)
{
    const struct world_config *w = &u->catalog->world;
    struct ship *s = unit_ship(u, a->ship);
    struct pilot *p = s ? unit_pilot(u, s->player) : NULL;
    if (!p || s->holder != HOLDER_PARKED)
        return;
    const struct config_station *nearest = &w->stations[0];
    for (uint32_t i = 1; i < w->stations_n; i++)
        if (distance2(&w->stations[i], s) < distance2(nearest, s))
            nearest = &w->stations[i];
    const struct config_class *k = world_config_class(w, s->class_id);
    int64_t fee = ST_MIN((int64_t)k->price / 20, unit_wallet(u, p->player));
    struct transaction *t = unit_transaction(u, "tow", p->player, a);
    if (fee > 0) {
        unit_move(u, t->id, account_of(ACCOUNT_PILOT, p->player),
                  account_of(ACCOUNT_SOURCE, SOURCE_FEE), BOOK_CREDITS, fee);
    }
    s->holder = HOLDER_STATION;
    s->holder_id = nearest->id;
    s->version++;
    ship_change(s);
    p->last_location = nearest->id;
    pilot_touch(p);
    decide_touched(u, p, "tow");
}
