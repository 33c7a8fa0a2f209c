/* SPDX-License-Identifier: Apache-2.0 */
#include "decide.h"

#include <string.h>

#include <st/assert.h>

static const char *const event_names[] = {
    "", "docked", "destroyed", "picked_up", "loot_expired", "parked", "jettisoned"};

static struct baton answer_to(const struct event *e, enum baton_kind kind)
{
    return (struct baton){.shard = e->shard,
                          .world_epoch = e->world_epoch,
                          .kind = kind,
                          .event_id = e->id,
                          .ship = e->ship,
                          .version = e->version,
                          .player = e->player};
}

void decide_notice(struct unit *u, const struct event *e, uint64_t player, int64_t credits,
                   const char *kind)
{
    if (catalog_guild_of(u->catalog, player))
        return;
    struct baton b = {.shard = e->shard,
                      .world_epoch = e->world_epoch,
                      .kind = BATON_NOTICE,
                      .player = player,
                      .credits = credits,
                      .balance = unit_wallet(u, player),
                      .notice = kind};
    wire_letter_baton(u, &b);
}

/* What the ledger holds of a container, for the simulation to correct its own; `out` backs it. */
static void add_loot(struct baton *b, struct unit *u, uint64_t id, struct loot *out)
{
    const struct loot *l = unit_loot(u, id);
    if (l)
        *out = *l;
    else
        *out = (struct loot){.id = id};
    b->loot[b->loot_n++] = out;
}

/* The ship flies on with what holds; one that the shard does not hold has to leave it. */
static void refuse(struct unit *u, struct act *a, const struct ship *s, const char *reason)
{
    const struct event *e = &a->event;
    struct baton b = answer_to(e, BATON_REFUSED);
    struct loot corrected[DROPS_MAX];
    b.reason = reason;
    if (s && (s->holder != HOLDER_SHARD || s->holder_id != e->shard)) {
        b.kind = BATON_TAKEN;
        b.version = s->version;
        b.location = s->holder == HOLDER_STATION ? s->holder_id : 0;
    } else if (s && s->player == e->player) {
        struct pilot *p = unit_pilot(u, s->player);
        b.state = s;
        b.version = s->version;
        b.newcomer = p && decide_is_newcomer(u, p);
    }
    if (e->kind == EVENT_PICKED_UP)
        add_loot(&b, u, e->loot, &corrected[0]);
    for (uint32_t i = 0; i < e->drops_n && e->kind != EVENT_PICKED_UP; i++)
        add_loot(&b, u, e->drops[i].loot, &corrected[i]);
    wire_letter_baton(u, &b);
    a->verdict = VERDICT_REFUSED;
}

static void booked(struct unit *u, struct act *a)
{
    struct baton b = answer_to(&a->event, BATON_BOOKED);
    wire_letter_baton(u, &b);
    a->verdict = VERDICT_APPLIED;
}

static void taken(struct unit *u, struct act *a, const struct ship *s)
{
    struct baton b = answer_to(&a->event, BATON_TAKEN);
    struct loot corrected[DROPS_MAX];
    b.version = s->version;
    b.location = s->holder == HOLDER_STATION ? s->holder_id : 0;
    for (uint32_t i = 0; i < a->event.drops_n; i++)
        add_loot(&b, u, a->event.drops[i].loot, &corrected[i]);
    wire_letter_baton(u, &b);
    a->verdict = VERDICT_APPLIED;
}

static int64_t clamp_hull(const struct unit *u, const struct ship *s, int64_t hull)
{
    int64_t max = world_config_class(&u->catalog->world, s->class_id)->hull;
    return hull < 1 ? 1 : ST_MIN(hull, max);
}

static void take_flight_data(struct unit *u, const struct event *e, struct pilot *p, struct ship *s)
{
    int64_t carried = world_config_class(&u->catalog->world, s->class_id)->torpedoes;
    s->hull = clamp_hull(u, s, e->hull);
    s->torpedoes = ST_MIN(e->torpedoes, carried);
    s->flown_due += e->flown_ticks;
    p->flown_ticks += e->flown_ticks;
}

/* (shard, v) into (station, v + 1). */
static void dock(struct unit *u, struct act *a, struct pilot *p, struct ship *s)
{
    const struct event *e = &a->event;
    if (!world_config_station(&u->catalog->world, e->location)) {
        refuse(u, a, s, "no such station");
        return;
    }
    take_flight_data(u, e, p, s);
    s->holder = HOLDER_STATION;
    s->holder_id = e->location;
    s->version++;
    s->ready_ms = u->now_ms + (uint64_t)u->catalog->params.guild_rest_s * 1000;
    ship_change(s);
    p->last_location = e->location;
    pilot_touch(p);
    taken(u, a, s);
    settle_docking(u, a, p, s);
    decide_touched(u, p, "dock");
}

/* (shard, v) into (parked, v + 1). */
static void park(struct unit *u, struct act *a, struct pilot *p, struct ship *s)
{
    take_flight_data(u, &a->event, p, s);
    s->holder = HOLDER_PARKED;
    s->holder_id = 0;
    s->x = a->event.x;
    s->y = a->event.y;
    s->version++;
    ship_change(s);
    pilot_touch(p);
    taken(u, a, s);
    decide_touched(u, p, "park");
}

static int64_t loot_quantity(const struct loot *l, uint32_t commodity)
{
    for (uint32_t i = 0; i < l->goods.n; i++)
        if (l->goods.g[i].commodity == commodity)
            return l->goods.g[i].quantity;
    return 0;
}

static void loot_take(struct loot *l, uint32_t commodity, int64_t quantity)
{
    l->changed = true;
    for (uint32_t i = 0; i < l->goods.n; i++) {
        if (l->goods.g[i].commodity != commodity)
            continue;
        l->goods.g[i].quantity -= quantity;
        if (l->goods.g[i].quantity == 0)
            l->goods.g[i] = l->goods.g[--l->goods.n];
        return;
    }
}

static bool loot_has(const struct loot *l, const struct manifest *m)
{
    for (uint32_t i = 0; l && i < m->n; i++)
        if (loot_quantity(l, m->g[i].commodity) < m->g[i].quantity)
            return false;
    return l != NULL;
}

static int64_t mass_of(const struct unit *u, const struct manifest *m)
{
    int64_t mass = 0;
    for (uint32_t i = 0; i < m->n; i++)
        mass += m->g[i].quantity * catalog_mass(u->catalog, m->g[i].commodity);
    return mass;
}

/* From space to the hold of a ship, or to those who have no rows. */
static void pick_up(struct unit *u, struct act *a, struct pilot *p, struct ship *s)
{
    const struct event *e = &a->event;
    struct loot *l = unit_loot(u, e->loot);
    if (!loot_has(l, &e->goods)) {
        refuse(u, a, s, "the container does not hold that");
        return;
    }
    if (s &&
        mass_of(u, &e->goods) + unit_cargo_mass(u, s->id) > catalog_hold(u->catalog, s->class_id)) {
        refuse(u, a, s, "the hold has no room for that");
        return;
    }
    const struct transaction *t = unit_transaction(u, "picked_up", e->player, a);
    account_id to = s ? account_of(ACCOUNT_SHIP, s->id) : account_of(ACCOUNT_SOURCE, SOURCE_NPC);
    for (uint32_t i = 0; i < e->goods.n; i++) {
        const struct goods *g = &e->goods.g[i];
        unit_move(u, t->id, account_of(ACCOUNT_SOURCE, SOURCE_SPACE), to, (int32_t)g->commodity,
                  g->quantity);
        loot_take(l, g->commodity, g->quantity);
    }
    booked(u, a);
    if (p) {
        pilot_touch(p);
        decide_touched(u, p, "picked_up");
    }
}

static void expire(struct unit *u, struct act *a)
{
    struct loot *l = unit_loot(u, a->event.loot);
    if (l && l->goods.n > 0) {
        const struct transaction *t = unit_transaction(u, "loot_expired", 0, a);
        for (uint32_t i = 0; i < l->goods.n; i++) {
            unit_move(u, t->id, account_of(ACCOUNT_SOURCE, SOURCE_SPACE),
                      account_of(ACCOUNT_SOURCE, SOURCE_DESTROYED),
                      (int32_t)l->goods.g[i].commodity, l->goods.g[i].quantity);
        }
        l->goods.n = 0;
        l->changed = true;
    }
    booked(u, a);
}

/* Of a ship, or of an NPC, whose goods come from where all of theirs do. */
static void jettison(struct unit *u, struct act *a, struct pilot *p, struct ship *s)
{
    const struct event *e = &a->event;
    const struct container *c = &e->drops[0];
    account_id hold = s ? account_of(ACCOUNT_SHIP, s->id) : account_of(ACCOUNT_SOURCE, SOURCE_NPC);
    bool aboard = c->goods.n > 0 && !unit_loot(u, c->loot);
    for (uint32_t i = 0; i < c->goods.n; i++)
        aboard = aboard && world_config_good(&u->catalog->world, c->goods.g[i].commodity);
    for (uint32_t i = 0; s && i < c->goods.n; i++)
        aboard = aboard && book_balance(&u->book, hold, (int32_t)c->goods.g[i].commodity) >=
                               c->goods.g[i].quantity;
    if (!aboard) {
        refuse(u, a, s, "that is not aboard");
        return;
    }
    st_assert(u->loots_n < LOOTS_MAX);
    const struct transaction *t = unit_transaction(u, "jettisoned", e->player, a);
    for (uint32_t i = 0; i < c->goods.n; i++) {
        unit_move(u, t->id, hold, account_of(ACCOUNT_SOURCE, SOURCE_SPACE),
                  (int32_t)c->goods.g[i].commodity, c->goods.g[i].quantity);
    }
    u->loots[u->loots_n++] = (struct loot){
        .id = c->loot, .shard = e->shard, .x = c->x, .y = c->y, .goods = c->goods, .created = true};
    booked(u, a);
    if (p) {
        pilot_touch(p);
        decide_touched(u, p, "jettisoned");
    }
}

static void apply_to_ship(struct unit *u, struct act *a, struct pilot *p, struct ship *s)
{
    switch (a->event.kind) {
    case EVENT_DOCKED:
        dock(u, a, p, s);
        break;
    case EVENT_PARKED:
        park(u, a, p, s);
        break;
    case EVENT_PICKED_UP:
        pick_up(u, a, p, s);
        break;
    case EVENT_JETTISONED:
        jettison(u, a, p, s);
        break;
    default:
        st_assert(a->event.kind == EVENT_DESTROYED);
        lose_ship(u, a, p, s);
        taken(u, a, s);
        decide_touched(u, p, "destroyed");
        break;
    }
}

/* The version decides: equal applies, below is refused, above waits and is quarantined at last. */
static void decide_ship_event(struct unit *u, struct act *a)
{
    const struct event *e = &a->event;
    struct ship *s = unit_ship(u, e->ship);
    struct pilot *p = unit_pilot(u, e->player);
    if (!s || !p || s->player != e->player) {
        refuse(u, a, s, "no such ship");
    } else if (e->version > s->version) {
        a->verdict = e->deliveries > ECONOMY_EVENT_TRIES ? VERDICT_QUARANTINED : VERDICT_AHEAD;
        if (a->verdict == VERDICT_QUARANTINED) {
            s->locked = true;
            ship_change(s);
        }
    } else if (e->version < s->version || s->holder != HOLDER_SHARD || s->holder_id != e->shard) {
        refuse(u, a, s, "the ship is not held under that version");
    } else {
        apply_to_ship(u, a, p, s);
    }
}

static void note_inbox(struct unit *u, const struct act *a, uint32_t first_letter)
{
    static const char *const names[VERDICT_COUNT] = {[VERDICT_APPLIED] = "applied",
                                                     [VERDICT_REFUSED] = "refused",
                                                     [VERDICT_QUARANTINED] = "quarantined"};
    st_assert(u->inbox_n < ST_ARRAY_LEN(u->inbox));
    u->inbox[u->inbox_n++] = (struct inbox_row){.event_id = a->event.id,
                                                .hash = a->event.hash,
                                                .kind = event_names[a->event.kind],
                                                .verdict = names[a->verdict],
                                                .shard = a->event.shard,
                                                .world_epoch = a->event.world_epoch,
                                                .first_letter = first_letter,
                                                .letters = u->letters_n - first_letter};
}

void decide_event(struct unit *u, struct act *a)
{
    const struct event *e = &a->event;
    const struct shard *shard = unit_shard(u, e->shard);
    a->code = CODE_OK;
    if (!shard || e->world_epoch != shard->world_epoch) {
        a->verdict = VERDICT_OLD_EPOCH;
        return;
    }
    const struct inbox_row *seen = unit_inbox(u, e->id);
    if (seen) {
        a->verdict = seen->hash == e->hash ? VERDICT_AGAIN : VERDICT_FORGED;
        if (a->verdict == VERDICT_AGAIN && seen->known)
            wire_letter_again(u, e);
        return;
    }
    uint32_t first_letter = u->letters_n;
    if (e->ship != 0)
        decide_ship_event(u, a);
    else if (e->kind == EVENT_PICKED_UP)
        pick_up(u, a, NULL, NULL);
    else if (e->kind == EVENT_LOOT_EXPIRED)
        expire(u, a);
    else if (e->kind == EVENT_JETTISONED)
        jettison(u, a, NULL, NULL);
    else {
        st_assert(e->kind == EVENT_DESTROYED);
        lose_npc(u, a);
        booked(u, a);
    }
    if (a->verdict != VERDICT_AHEAD)
        note_inbox(u, a, first_letter);
}
