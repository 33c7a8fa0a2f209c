/* SPDX-License-Identifier: Apache-2.0 */
#include "loot.h"
#include "entity.h"
#include "grid.h"
#include "session.h"

#define SCATTER_U   40 /* how far from the wreck a container lies */
#define DRONE_FUEL  2
#define PICK_PERIOD 4
#define FULL_PERIOD 64 /* how often a pilot hears that the hold is full */

uint32_t loot_new(struct world *w, uint64_t id, uint32_t good, uint32_t quantity, int32_t x,
                  int32_t y)
{
    uint32_t class_index = rules_class(&w->rules, WORLD_CLASS_LOOT);
    uint32_t slot = entity_new(w, UNIT_LOOT, class_index, x, y);
    struct loot *l;

    if (slot == NO_SLOT)
        return slot;
    l = loot_of(w, slot);
    l->id = id;
    l->good = (uint16_t)good;
    l->quantity = (uint16_t)quantity;
    l->expires_at = w->head.tick + WORLD_LOOT_TICKS;
    w->units[slot].hull = 1;
    return slot;
}

static void lose(struct world_hard *h, uint32_t good, uint32_t quantity)
{
    if (quantity > 0 && h->lost_n < WORLD_CARGO_KINDS)
        h->lost[h->lost_n++] = (struct world_cargo){(uint16_t)good, (uint16_t)quantity};
}

/* Puts one good into a container near the place of the event; false when that is not possible. */
static bool drop(struct world *w, struct world_hard *h, uint32_t good, uint32_t quantity)
{
    uint64_t id = world_loot_id(h->event, h->drops_n);
    uint32_t way = (uint32_t)(chance(w, h->entity, 40u + h->drops_n) & 4095);
    int32_t far = h->drops_n == 0 ? 0 : SCATTER_U * WORLD_UNIT;
    int32_t x = h->x + (int32_t)(((int64_t)far * flight_cos(way)) >> 14);
    int32_t y = h->y + (int32_t)(((int64_t)far * flight_sin(way)) >> 14);

    if (h->drops_n == WORLD_WRECK_BOXES || loot_new(w, id, good, quantity, x, y) == NO_SLOT)
        return false;
    h->drops[h->drops_n++] = (struct world_drop){id, (uint16_t)good, (uint16_t)quantity};
    return true;
}

/* Fuel cells that a wreck always leaves. */
static uint32_t always(const struct world *w, uint32_t slot)
{
    const struct ship *s = &w->ships[slot];

    if (s->faction == WORLD_FACTION_DRONE)
        return DRONE_FUEL;
    return s->faction == WORLD_FACTION_RAIDER ? 1u + s->level : 0;
}

void loot_wreck(struct world *w, uint32_t slot, struct world_hard *h)
{
    const struct ship *s = &w->ships[slot];
    uint32_t share = world_config_zone(&w->config, s->zone)->loot_pm;
    uint32_t extra = always(w, slot);

    if (extra)
        (void)drop(w, h, w->rules.fuel, extra);
    for (uint32_t i = 0; i < s->cargo_n; i++) {
        uint32_t good = s->cargo[i].good, all = s->cargo[i].quantity;
        uint32_t left = (all * share + 999) / 1000;

        if (left > 0 && !drop(w, h, good, left))
            left = 0;
        lose(h, good, all - left);
    }
}

static bool jettison(struct world *w, uint32_t slot, uint32_t good, uint32_t quantity)
{
    struct unit *u = &w->units[slot];
    struct world_hard *h;

    if (quantity == 0 || !hard_room(w) || w->head.free_n[UNIT_LOOT - UNIT_SHIP] == 0 ||
        !ship_unstow(w, slot, good, quantity))
        return false;
    h = hard_new(w, WORLD_HARD_JETTISONED, slot);
    /* Behind the ship, out of its own reach, so that it is not taken back at once. */
    h->x -= (int32_t)(((int64_t)(unit_class(w, slot)->radius + 2 * WORLD_PICKUP_U * WORLD_UNIT) *
                       flight_cos(u->f.heading)) >>
                      14);
    h->y -= (int32_t)(((int64_t)(unit_class(w, slot)->radius + 2 * WORLD_PICKUP_U * WORLD_UNIT) *
                       flight_sin(u->f.heading)) >>
                      14);
    h->x = clamp32(h->x, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
    h->y = clamp32(h->y, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
    return drop(w, h, good, quantity);
}

void loot_jettison(struct world *w, uint32_t slot, const struct world_action *a)
{
    bool done = jettison(w, slot, a->good, a->quantity);

    session_answer(w, w->ships[slot].pilot, a->request,
                   done ? WORLD_ACCEPTED : WORLD_REFUSED_NOT_POSSIBLE, 0, 0);
}

void loot_dump(struct world *w, uint32_t slot, uint32_t good, uint32_t quantity)
{
    (void)jettison(w, slot, good, quantity);
}

static bool can_take(const struct world *w, uint32_t slot)
{
    const struct unit *u = &w->units[slot];
    uint8_t faction = w->ships[slot].faction;

    if (u->type != UNIT_SHIP || unit_frozen(u) || w->ships[slot].linkdead)
        return false;
    return faction == WORLD_FACTION_PILOT || faction == WORLD_FACTION_RAIDER;
}

/* The nearest ship in reach, ties to the lower id, that may take things. */
static uint32_t taker(const struct world *w, const struct unit *box)
{
    int32_t x = box->f.x, y = box->f.y, span = w->rules.pickup;
    struct fine_box b = grid_box(&w->fine, x - span, y - span, x + span, y + span);
    uint32_t best = NO_SLOT, at, end;
    uint64_t best_far = UINT64_MAX;

    while (grid_run(&w->fine, &b, &at, &end)) {
        for (; at < end; at++) {
            const struct body *o = &w->fine.bodies[at];
            uint64_t reach = (uint64_t)(o->radius + WORLD_PICKUP_U * WORLD_UNIT);
            uint64_t far = square_sum((int64_t)o->x - x, (int64_t)o->y - y);
            uint32_t slot = o->id & WORLD_SLOT_MASK;

            if (far > reach * reach || far > best_far || !can_take(w, slot) ||
                (far == best_far && o->id > entity_id(w, best)))
                continue;
            best = slot;
            best_far = far;
        }
    }
    return best;
}

static void take(struct world *w, uint32_t box, uint32_t by)
{
    struct loot *l = loot_of(w, box);
    struct ship *s = &w->ships[by];
    uint32_t taken = ship_stow(w, by, l->good, l->quantity);
    struct world_hard *h;

    if (taken == 0) {
        if (((w->head.tick + box) & (FULL_PERIOD - 1)) == 0)
            note(w, s->pilot,
                 (struct world_note){.kind = WORLD_NOTE_HOLD_FULL, .a = entity_id(w, box)});
        return;
    }
    h = hard_new(w, WORLD_HARD_PICKED_UP, by);
    h->drops[h->drops_n++] = (struct world_drop){l->id, l->good, (uint16_t)taken};
    note(w, s->pilot,
         (struct world_note){
             .kind = WORLD_NOTE_LOOT, .a = entity_id(w, box), .b = l->good, .c = taken});
    l->quantity = (uint16_t)(l->quantity - taken);
    w->units[box].marks |= MARK_ENTER;
    if (l->quantity == 0)
        entity_free(w, box, WORLD_GONE_COLLECTED);
}

static void expire(struct world *w, uint32_t slot)
{
    const struct loot *l = loot_of(w, slot);
    struct world_hard *h = hard_new(w, WORLD_HARD_LOOT_EXPIRED, slot);

    h->drops[h->drops_n++] = (struct world_drop){l->id, l->good, l->quantity};
    entity_free(w, slot, WORLD_GONE_COLLECTED);
}

void loot_step(struct world *w)
{
    EACH_ALIVE(w, slot, w->first[2], w->first[3]) {
        uint32_t by;

        if (!hard_room(w))
            continue;
        if ((int32_t)(w->head.tick - loot_of(w, slot)->expires_at) >= 0) {
            expire(w, slot);
            continue;
        }
        if (((w->head.tick + slot) & (PICK_PERIOD - 1)) != 0)
            continue;
        by = taker(w, &w->units[slot]);
        if (by != NO_SLOT)
            take(w, slot, by);
    }
}

bool world_loot_correct(struct world *w, uint64_t loot, uint16_t good, uint16_t quantity)
{
    world_assert(w != NULL);
    EACH_ALIVE(w, slot, w->first[2], w->first[3]) {
        struct loot *l = loot_of(w, slot);

        if (l->id != loot)
            continue;
        if (quantity == 0 || !world_config_good(&w->config, good)) {
            entity_free(w, slot, WORLD_GONE_COLLECTED);
            return true;
        }
        l->good = good;
        l->quantity = quantity;
        w->units[slot].marks |= MARK_ENTER;
        return true;
    }
    return false;
}

bool world_loot_put(struct world *w, uint64_t loot, uint16_t good, uint16_t quantity, int32_t x,
                    int32_t y)
{
    if (world_loot_correct(w, loot, good, quantity) || quantity == 0)
        return true;
    return world_config_good(&w->config, good) &&
           loot_new(w, loot, good, quantity, x, y) != NO_SLOT;
}
