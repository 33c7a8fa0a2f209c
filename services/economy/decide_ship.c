/* SPDX-License-Identifier: Apache-2.0 */
/* Ships that pilots get at stations: bought, taken over, given. The cargo always goes along. */
#include "decide.h"

#include <st/assert.h>

static void take(struct unit *u, struct pilot *p, struct ship *s, int64_t transaction)
{
    struct manifest m;
    unit_manifest(u, p->ship, &m);
    for (uint32_t i = 0; i < m.n; i++)
        unit_move(u, transaction, account_of(ACCOUNT_SHIP, p->ship),
                  account_of(ACCOUNT_SHIP, s->id), (int32_t)m.g[i].commodity, m.g[i].quantity);
    p->ship = s->id;
    pilot_touch(p);
}

/* A new ship of a class where the pilot is docked, flown from now on. */
static struct ship *new_ship(struct unit *u, struct pilot *p, const struct config_class *k,
                             enum insurance insurance, int64_t transaction)
{
    const struct ship *old = unit_ship(u, p->ship);
    st_assert(u->ships_n < SHIPS_MAX && u->fleet_n < FLEET_MAX);
    struct ship *s = &u->ships[u->ships_n++];
    *s = (struct ship){.id = unit_next_ship(u),
                       .player = p->player,
                       .class_id = k->id,
                       .holder = HOLDER_STATION,
                       .holder_id = old->holder_id,
                       .version = 1,
                       .hull = k->hull,
                       .torpedoes = k->torpedoes,
                       .weapon = k->gun,
                       .insurance = k->price > 0 ? insurance : INSURANCE_NONE,
                       .created = true};
    u->fleet[u->fleet_n++] = (struct berth){.player = p->player,
                                            .ship = s->id,
                                            .class_id = k->id,
                                            .holder = HOLDER_STATION,
                                            .holder_id = s->holder_id,
                                            .hull = k->hull,
                                            .weapon = s->weapon,
                                            .insurance = s->insurance};
    take(u, p, s, transaction);
    return s;
}

/* An operator's gift, paid by the mint. */
void decide_grant(struct unit *u, struct act *a, struct pilot *p)
{
    bool taken = false;
    if (decide_replayed(u, a, &taken))
        return;
    const struct config_class *k = world_config_class(&u->catalog->world, a->class_id);
    const struct ship *old = unit_ship(u, p->ship);
    if (!k || k->role != CONFIG_ROLE_PLAYER) {
        a->code = CODE_NOT_FOUND;
        return;
    }
    if (taken || old->holder != HOLDER_STATION || unit_cargo_mass(u, old->id) > k->hold) {
        a->code = CODE_CONFLICT;
        return;
    }
    struct transaction *t = unit_transaction_keyed(u, "grant", a);
    const struct ship *s = new_ship(u, p, k, INSURANCE_WANTED, t->id);
    if (k->price > 0) {
        unit_move(u, t->id, account_of(ACCOUNT_SOURCE, SOURCE_MINT),
                  account_of(ACCOUNT_SOURCE, SOURCE_INSURANCE), BOOK_CREDITS, k->price);
    }
    decide_touched(u, p, "grant");
    wire_answer_grant(a, s->id, s->version);
    decide_keep(t, a);
}

/* --- the shipyard --- */

static struct ship_reply refuse(enum order_result result, int64_t limit)
{
    return (struct ship_reply){.result = result, .limit = limit};
}

static bool has_yard(const struct unit *u, uint32_t location)
{
    const struct config_station *at = world_config_station(&u->catalog->world, location);
    return at && at->flags & CONFIG_STATION_SHIPYARD;
}

static bool builds(const struct unit *u, uint32_t location, const struct config_class *k)
{
    const struct config_station *at = world_config_station(&u->catalog->world, location);
    return has_yard(u, location) && k && k->role == CONFIG_ROLE_PLAYER &&
           (at->flags & CONFIG_STATION_ALL_SHIPS || k->price <= RULES_SMALL_YARD_PRICE);
}

static uint32_t owned(const struct unit *u, uint64_t player)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < u->fleet_n; i++)
        n += u->fleet[i].player == player;
    return n;
}

static int64_t worth(const struct unit *u, const struct ship *s)
{
    const struct config_class *k = world_config_class(&u->catalog->world, s->class_id);
    return rules_resale(k->price, s->hull, k->hull);
}

/* Done for this total, unless it is more than was agreed to, or than there is. */
static struct ship_reply priced(struct unit *u, const struct act *a, const struct pilot *p,
                                int64_t total)
{
    if (a->worst_total > 0 && total > a->worst_total)
        return (struct ship_reply){.result = ORDER_PRICE_MOVED, .total = total};
    if (total > unit_wallet(u, p->player))
        return refuse(ORDER_NO_CREDITS, total - unit_wallet(u, p->player));
    return (struct ship_reply){.result = ORDER_DONE, .total = total};
}

/* What the policy costs that a buyer wants with the ship. */
static int64_t first_premium(const struct act *a, const struct config_class *k)
{
    return a->insurance == INSURANCE_WANTED ? rules_premium(k->price) : 0;
}

static struct ship_reply buying(struct unit *u, const struct act *a, const struct pilot *p)
{
    const struct ship *old = unit_ship(u, p->ship);
    const struct config_class *k = world_config_class(&u->catalog->world, a->class_id);
    if (old->holder != HOLDER_STATION || old->locked)
        return refuse(ORDER_NOT_DOCKED, 0);
    if (!builds(u, old->holder_id, k))
        return refuse(ORDER_UNKNOWN_COMMODITY, 0);
    if (!a->trade_in && owned(u, p->player) >= RULES_SHIPS_MAX)
        return refuse(ORDER_TOO_LARGE, RULES_SHIPS_MAX);
    if (unit_cargo_mass(u, old->id) > k->hold)
        return refuse(ORDER_NO_SPACE, k->hold);
    int64_t total = (int64_t)k->price - (a->trade_in ? worth(u, old) : 0);
    return priced(u, a, p, total + first_premium(a, k));
}

/* All gun mounts at once; torpedo tubes and point defence belong to the class. */
static struct ship_reply refitting(struct unit *u, const struct act *a, const struct pilot *p)
{
    const struct world_config *w = &u->catalog->world;
    const struct ship *s = unit_ship(u, p->ship);
    const struct config_weapon *gun = world_config_weapon(w, a->weapon);
    const struct config_weapon *now = world_config_weapon(w, s->weapon);
    if (s->holder != HOLDER_STATION || s->locked)
        return refuse(ORDER_NOT_DOCKED, 0);
    if (!has_yard(u, s->holder_id) || !gun || gun->kind != CONFIG_WEAPON_GUN || !now || gun == now)
        return refuse(ORDER_UNKNOWN_COMMODITY, 0);
    int64_t mounts = world_config_class(w, s->class_id)->guns;
    return priced(u, a, p, rules_refit_price(mounts, gun->price, now->price));
}

/* A policy can be had at any station; giving one up pays nothing back. */
static struct ship_reply insuring(struct unit *u, const struct act *a, const struct pilot *p)
{
    const struct ship *s = unit_ship(u, p->ship);
    int64_t price = world_config_class(&u->catalog->world, s->class_id)->price;
    bool wanted = a->insurance == INSURANCE_WANTED;
    if (s->holder != HOLDER_STATION || s->locked)
        return refuse(ORDER_NOT_DOCKED, 0);
    if (price == 0 || (wanted && s->insurance == INSURANCE_HELD))
        return refuse(ORDER_UNKNOWN_COMMODITY, 0);
    return wanted ? priced(u, a, p, rules_premium(price))
                  : (struct ship_reply){.result = ORDER_DONE};
}

static struct ship_reply taking_over(struct unit *u, const struct act *a, const struct pilot *p)
{
    const struct ship *old = unit_ship(u, p->ship), *s = unit_ship(u, a->ship);
    if (old->holder != HOLDER_STATION || old->locked)
        return refuse(ORDER_NOT_DOCKED, 0);
    if (!s || s == old || s->player != p->player || s->holder != HOLDER_STATION ||
        s->holder_id != old->holder_id || s->locked)
        return refuse(ORDER_UNKNOWN_COMMODITY, 0);
    int64_t hold = catalog_hold(u->catalog, s->class_id);
    if (unit_cargo_mass(u, old->id) + unit_cargo_mass(u, s->id) > hold)
        return refuse(ORDER_NO_SPACE, hold);
    return (struct ship_reply){.result = ORDER_DONE};
}

static void pay(struct unit *u, const struct pilot *p, enum source to, int64_t total,
                int64_t transaction)
{
    unit_move_either(u, transaction, account_of(ACCOUNT_PILOT, p->player),
                     account_of(ACCOUNT_SOURCE, to), BOOK_CREDITS, total);
}

/* (station, v) into (sold, v + 1). */
static void sell(struct unit *u, struct ship *s)
{
    for (uint32_t i = 0; i < u->fleet_n; i++)
        if (u->fleet[i].ship == s->id) {
            u->fleet[i] = u->fleet[--u->fleet_n];
            break;
        }
    s->holder = HOLDER_SOLD;
    s->version++;
    ship_change(s);
}

/* Guns or policy of the ship flown are other ones, in its row and in its pilot's fleet. */
static void change_ship(struct unit *u, struct ship *s)
{
    ship_change(s);
    for (uint32_t i = 0; i < u->fleet_n; i++)
        if (u->fleet[i].ship == s->id) {
            u->fleet[i].weapon = s->weapon;
            u->fleet[i].insurance = s->insurance;
        }
}

static struct ship *buy(struct unit *u, const struct act *a, struct pilot *p, int64_t total,
                        int64_t transaction)
{
    const struct config_class *k = world_config_class(&u->catalog->world, a->class_id);
    int64_t premium = first_premium(a, k);
    enum insurance policy = premium > 0 ? INSURANCE_HELD : INSURANCE_NONE;
    struct ship *old = unit_ship(u, p->ship), *s = new_ship(u, p, k, policy, transaction);
    pay(u, p, SOURCE_SHIPYARD, total - premium, transaction);
    pay(u, p, SOURCE_INSURANCE, premium, transaction);
    if (a->trade_in)
        sell(u, old);
    return s;
}

/* What was decided is done; the ship that is flown from now on. */
static struct ship *done(struct unit *u, const struct act *a, struct pilot *p, int64_t total,
                         int64_t transaction)
{
    if (a->class_id != 0)
        return buy(u, a, p, total, transaction);
    if (a->ship != 0) {
        take(u, p, unit_ship(u, a->ship), transaction);
        return unit_ship(u, p->ship);
    }
    struct ship *s = unit_ship(u, p->ship);
    pay(u, p, a->weapon != 0 ? SOURCE_SHIPYARD : SOURCE_INSURANCE, total, transaction);
    if (a->weapon != 0)
        s->weapon = a->weapon;
    else
        s->insurance = a->insurance == INSURANCE_WANTED ? INSURANCE_HELD : INSURANCE_NONE;
    change_ship(u, s);
    pilot_touch(p);
    return s;
}

static void change(struct unit *u, const struct act *a, struct pilot *p, struct ship_reply *r,
                   int64_t transaction)
{
    const struct ship *s = done(u, a, p, r->total, transaction);
    decide_touched(u, p, "ship");
    r->ship = s->id;
    r->class_id = s->class_id;
    r->weapon = s->weapon;
    r->insurance = s->insurance;
    r->balance = unit_wallet(u, p->player);
    r->rev = p->rev;
}

static struct ship_reply decided(struct unit *u, const struct act *a, const struct pilot *p)
{
    if (a->class_id != 0)
        return buying(u, a, p);
    if (a->ship != 0)
        return taking_over(u, a, p);
    return a->weapon != 0 ? refitting(u, a, p) : insuring(u, a, p);
}

void decide_ship(struct unit *u, struct act *a, struct pilot *p)
{
    bool taken = false;
    struct ship_reply r = {.result = ORDER_DUPLICATE};
    if (decide_replayed(u, a, &taken))
        return;
    if (taken) {
        wire_answer_ship(a, &r);
        return;
    }
    r = decided(u, a, p);
    struct transaction *t = unit_transaction_keyed(u, "ship", a);
    t->result = (int)r.result;
    if (r.result == ORDER_DONE)
        change(u, a, p, &r, t->id);
    wire_answer_ship(a, &r);
    decide_keep(t, a);
}
