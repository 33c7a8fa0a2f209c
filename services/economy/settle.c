/* SPDX-License-Identifier: Apache-2.0 */
#include "decide.h"

static void pay(struct unit *u, int64_t transaction, uint64_t player, enum source sink,
                int64_t credits)
{
    unit_move(u, transaction, account_of(ACCOUNT_PILOT, player), account_of(ACCOUNT_SOURCE, sink),
              BOOK_CREDITS, credits);
}

/* Charges are made down to an empty wallet, never below: nobody strands. */
static int64_t charge(struct unit *u, struct act *a, const struct pilot *p, enum source sink,
                      int64_t credits, const char *kind)
{
    int64_t paid = ST_MIN(credits, unit_wallet(u, p->player));
    if (paid <= 0)
        return 0;
    const struct transaction *t = unit_transaction(u, kind, p->player, a);
    pay(u, t->id, p->player, sink, paid);
    decide_notice(u, &a->event, p->player, -paid, kind);
    return paid;
}

static void repair(struct unit *u, struct act *a, const struct pilot *p, struct ship *s)
{
    int64_t max = world_config_class(&u->catalog->world, s->class_id)->hull;
    int64_t whole = catalog_fees(u->catalog, s->class_id)->repair_price;
    int64_t points = rules_repair_points(s->hull, max, whole, unit_wallet(u, p->player));
    if (points <= 0)
        return;
    int64_t price = rules_repair_price(max - points, max, whole);
    s->hull += points;
    (void)charge(u, a, p, SOURCE_REPAIR, price, "repair");
}

/* The tubes are filled as far as the wallet goes. */
static void rearm(struct unit *u, struct act *a, const struct pilot *p, struct ship *s)
{
    int64_t most = world_config_class(&u->catalog->world, s->class_id)->torpedoes;
    int64_t n = ST_MIN(most - s->torpedoes, unit_wallet(u, p->player) / RULES_TORPEDO_PRICE);
    if (n <= 0)
        return;
    s->torpedoes += n;
    (void)charge(u, a, p, SOURCE_REPAIR, n * RULES_TORPEDO_PRICE, "torpedoes");
}

/* A policy that is wanted begins as soon as its premium is in the wallet. */
static void insure(struct unit *u, struct act *a, const struct pilot *p, struct ship *s)
{
    int64_t premium = rules_premium(world_config_class(&u->catalog->world, s->class_id)->price);
    if (s->insurance != INSURANCE_WANTED || premium > unit_wallet(u, p->player))
        return;
    (void)charge(u, a, p, SOURCE_INSURANCE, premium, "premium");
    s->insurance = INSURANCE_HELD;
}

/* What a scan finds is destroyed, and fined with half of its base value. */
static void customs(struct unit *u, struct act *a, const struct pilot *p, const struct ship *s)
{
    const struct config_zone *zone = catalog_zone_of(u->catalog, s->holder_id);
    if (!rules_scanned(a->event.id >> 7, zone->customs_pm))
        return;
    struct manifest m;
    unit_manifest(u, s->id, &m);
    struct transaction *t = NULL;
    int64_t fine = 0;
    for (uint32_t i = 0; i < m.n; i++) {
        if (!catalog_contraband(u->catalog, s->holder_id, m.g[i].commodity))
            continue;
        if (!t)
            t = unit_transaction(u, "customs", p->player, a);
        unit_move(u, t->id, account_of(ACCOUNT_SHIP, s->id),
                  account_of(ACCOUNT_SOURCE, SOURCE_DESTROYED), (int32_t)m.g[i].commodity,
                  m.g[i].quantity);
        fine += m.g[i].quantity *
                (int64_t)world_config_good(&u->catalog->world, m.g[i].commodity)->base / 2;
    }
    if (fine > 0)
        (void)charge(u, a, p, SOURCE_FEE, fine, "fine");
}

/* The goods of a job and its fee come from the stations; a station that lacks them waits. */
static bool deliver(struct unit *u, struct act *a, struct pilot *p, const struct ship *s,
                    const struct job *j)
{
    account_id hold = account_of(ACCOUNT_SHIP, s->id);
    account_id station = account_of(ACCOUNT_STATION, j->destination);
    struct line *l = unit_line(u, j->destination, j->commodity);
    int32_t good = (int32_t)j->commodity;
    if (!l || book_balance(&u->book, hold, good) < j->quantity ||
        book_balance(&u->book, station, good) + j->quantity > price_stock_max(&l->price) ||
        book_balance(&u->book, station, BOOK_CREDITS) < j->fee)
        return false;
    const struct transaction *t = unit_transaction(u, "job", p->player, a);
    unit_move(u, t->id, hold, station, good, j->quantity);
    unit_move(u, t->id, station, account_of(ACCOUNT_PILOT, p->player), BOOK_CREDITS, j->fee);
    l->changed = true;
    decide_notice(u, &a->event, p->player, j->fee, "job");
    return true;
}

static bool supply(struct unit *u, struct act *a, const struct pilot *p, const struct ship *s,
                   const struct job *j)
{
    account_id station = account_of(ACCOUNT_STATION, j->origin);
    struct line *l = unit_line(u, j->origin, j->commodity);
    int64_t room = catalog_hold(u->catalog, s->class_id) - unit_cargo_mass(u, s->id);
    if (!l || j->quantity * catalog_mass(u->catalog, j->commodity) > room ||
        book_balance(&u->book, station, (int32_t)j->commodity) < j->quantity)
        return false;
    const struct transaction *t = unit_transaction(u, "job", p->player, a);
    unit_move(u, t->id, station, account_of(ACCOUNT_SHIP, s->id), (int32_t)j->commodity,
              j->quantity);
    l->changed = true;
    return true;
}

/* Steps: 0 and 2 the job waits at its origin, 1 and 3 it is under way, 4 both are over. */
static void jobs(struct unit *u, struct act *a, struct pilot *p, const struct ship *s)
{
    struct job j;
    if ((p->job_step & 1) && catalog_job(u->catalog, (p->job_step + 1) / 2, &j) &&
        j.destination == s->holder_id && deliver(u, a, p, s, &j))
        p->job_step++;
    if (!(p->job_step & 1) && catalog_job(u->catalog, p->job_step / 2 + 1, &j) &&
        j.origin == s->holder_id && supply(u, a, p, s, &j))
        p->job_step++;
}

void settle_docking(struct unit *u, struct act *a, struct pilot *p, struct ship *s)
{
    const struct catalog_fees *fees = catalog_fees(u->catalog, s->class_id);
    customs(u, a, p, s);
    jobs(u, a, p, s);
    contracts_docked(u, a, p, s);
    (void)charge(u, a, p, SOURCE_FEE, fees->docking_fee, "fee");
    (void)charge(u, a, p, SOURCE_FUEL, rules_fuel(s->flown_due, fees->fuel_per_min), "fuel");
    s->flown_due = 0;
    repair(u, a, p, s);
    rearm(u, a, p, s);
    insure(u, a, p, s);
}

/* --- losses --- */

static void pay_bounty(struct unit *u, struct act *a, int64_t credits)
{
    struct pilot *killer = unit_pilot(u, a->event.killer_player);
    if (!killer || credits <= 0)
        return;
    const struct transaction *t = unit_transaction(u, "bounty", killer->player, a);
    unit_move(u, t->id, account_of(ACCOUNT_SOURCE, SOURCE_BOUNTY),
              account_of(ACCOUNT_PILOT, killer->player), BOOK_CREDITS, credits);
    pilot_touch(killer);
    decide_notice(u, &a->event, killer->player, credits, "bounty");
    decide_touched(u, killer, "bounty");
}

/* A container holds what was dropped, as far as it was there. */
static void drop(struct unit *u, const struct event *e, const struct container *c, account_id from,
                 int64_t transaction)
{
    if (unit_loot(u, c->loot) || u->loots_n == LOOTS_MAX)
        return;
    struct loot *l = &u->loots[u->loots_n];
    *l = (struct loot){.id = c->loot, .shard = e->shard, .x = c->x, .y = c->y, .created = true};
    for (uint32_t i = 0; i < c->goods.n; i++) {
        struct goods g = c->goods.g[i];
        if (account_kind(from) != ACCOUNT_SOURCE)
            g.quantity = ST_MIN(g.quantity, book_balance(&u->book, from, (int32_t)g.commodity));
        if (g.quantity <= 0 || !world_config_good(&u->catalog->world, g.commodity))
            continue;
        unit_move(u, transaction, from, account_of(ACCOUNT_SOURCE, SOURCE_SPACE),
                  (int32_t)g.commodity, g.quantity);
        l->goods.g[l->goods.n++] = g;
    }
    if (l->goods.n > 0)
        u->loots_n++;
}

/* Bounties follow the measured risk as prices do. */
static int64_t zone_bounty_pm(struct unit *u, const struct config_zone *zone)
{
    const struct zone_note *n = unit_zone(u, zone->id);
    return n && n->factor_pm > 0 ? rules_by_factor(zone->bounty_pm, n->factor_pm) : zone->bounty_pm;
}

void lose_npc(struct unit *u, struct act *a)
{
    const struct event *e = &a->event;
    if (e->drops_n > 0) {
        const struct transaction *t = unit_transaction(u, "npc_loss", 0, a);
        for (uint32_t i = 0; i < e->drops_n; i++)
            drop(u, e, &e->drops[i], account_of(ACCOUNT_SOURCE, SOURCE_NPC), t->id);
    }
    if (e->class_id == WORLD_CLASS_DRONE) {
        pay_bounty(u, a, RULES_DRONE_BOUNTY);
        return;
    }
    const struct config_class *k = world_config_class(&u->catalog->world, e->class_id);
    const struct config_level *level = world_config_level(&u->catalog->world, e->level);
    const struct config_zone *zone = world_config_zone(&u->catalog->world, e->zone);
    if (k && k->role == CONFIG_ROLE_RAIDER && level && zone)
        pay_bounty(u, a, rules_bounty(level->bounty, zone_bounty_pm(u, zone)));
}

static void refurnish(struct ship *s, const struct config_class *k, enum insurance insurance)
{
    s->class_id = k->id;
    s->hull = k->hull;
    s->torpedoes = k->torpedoes;
    s->weapon = k->gun;
    s->insurance = insurance;
}

static void pay_out(struct unit *u, struct act *a, const struct pilot *p, int64_t credits)
{
    if (credits <= 0)
        return;
    const struct transaction *t = unit_transaction(u, "payout", p->player, a);
    unit_move(u, t->id, account_of(ACCOUNT_SOURCE, SOURCE_INSURANCE),
              account_of(ACCOUNT_PILOT, p->player), BOOK_CREDITS, credits);
    decide_notice(u, &a->event, p->player, credits, "payout");
}

/* A policy pays the zone's share of the price, and the same hull is bought with it; a pilot who
 * cannot add the rest keeps the payout. Without a policy a shuttle waits. */
static void replace_hull(struct unit *u, struct act *a, const struct pilot *p, struct ship *s)
{
    const struct world_config *w = &u->catalog->world;
    const struct config_class *k = world_config_class(w, s->class_id);
    const struct config_class *shuttle = world_config_class(w, u->catalog->start_class);
    const struct config_zone *zone = world_config_zone(w, a->event.zone);
    int64_t price = rules_hull_price(k->price, zone ? zone->insurance_pm : 0);
    bool guild = catalog_guild_of(u->catalog, p->player) != NULL;
    bool covered = guild || s->insurance == INSURANCE_HELD;
    if (k->price > 0 && covered && (guild || price <= unit_wallet(u, p->player))) {
        (void)charge(u, a, p, SOURCE_INSURANCE, price, "hull");
        refurnish(s, k, INSURANCE_WANTED);
        return;
    }
    if (covered)
        pay_out(u, a, p, k->price - price);
    refurnish(s, k->price > 0 ? shuttle : k, INSURANCE_NONE);
}

/* The first losses of a newcomer are made good, at the goods' base value. */
static void refund(struct unit *u, struct act *a, const struct pilot *p, int64_t worth)
{
    int64_t credits = ST_MIN(worth, (int64_t)RULES_NEWCOMER_REFUND);
    if (credits <= 0 || !a->event.newcomer || p->losses >= RULES_NEWCOMER_LOSSES)
        return;
    const struct transaction *t = unit_transaction(u, "refund", p->player, a);
    unit_move(u, t->id, account_of(ACCOUNT_SOURCE, SOURCE_INSURANCE),
              account_of(ACCOUNT_PILOT, p->player), BOOK_CREDITS, credits);
    decide_notice(u, &a->event, p->player, credits, "refund");
}

static void lose_cargo(struct unit *u, struct act *a, const struct ship *s)
{
    const struct event *e = &a->event;
    account_id hold = account_of(ACCOUNT_SHIP, s->id);
    struct manifest m;
    unit_manifest(u, s->id, &m);
    if (m.n == 0)
        return;
    const struct transaction *t = unit_transaction(u, "destroyed", e->player, a);
    for (uint32_t i = 0; i < m.n && s->route_to != 0; i++)
        u->losses[u->losses_n++] =
            (struct haul_loss){t->id, s->route_to, m.g[i].commodity, m.g[i].quantity};
    for (uint32_t i = 0; i < e->drops_n; i++)
        drop(u, e, &e->drops[i], hold, t->id);
    unit_manifest(u, s->id, &m);
    for (uint32_t i = 0; i < m.n; i++) {
        unit_move(u, t->id, hold, account_of(ACCOUNT_SOURCE, SOURCE_DESTROYED),
                  (int32_t)m.g[i].commodity, m.g[i].quantity);
    }
}

/* A guild's ship is built anew where it came from, after a while. */
static void lose_hauler(struct unit *u, const struct act *a, struct ship *s)
{
    struct zone_note *n = unit_zone(u, a->event.zone);
    if (n)
        n->losses++;
    s->holder_id = s->appear_at;
    s->ready_ms = u->now_ms + (uint64_t)u->catalog->params.guild_rebuilt_s * 1000;
}

/* (shard, v) into (station docked at last, v + 1), with another hull and an empty hold. */
void lose_ship(struct unit *u, struct act *a, struct pilot *p, struct ship *s)
{
    int64_t worth = unit_cargo_worth(u, s->id);
    int64_t price = world_config_class(&u->catalog->world, s->class_id)->price;
    lose_cargo(u, a, s);
    refund(u, a, p, worth);
    replace_hull(u, a, p, s);
    s->holder = HOLDER_STATION;
    s->holder_id = p->last_location;
    s->version++;
    s->flown_due = 0;
    ship_change(s);
    if (catalog_guild_of(u->catalog, p->player)) {
        lose_hauler(u, a, s);
        return;
    }
    p->flown_ticks += a->event.flown_ticks;
    p->losses++;
    if (p->job_step & 1)
        p->job_step++;
    pilot_touch(p);
    struct pilot *killer = unit_pilot(u, a->event.killer_player);
    if (killer && killer != p && !a->event.victim_wanted) {
        killer->aggressor = true;
        killer->changed = true;
    }
    if (killer && killer != p)
        contracts_killed(u, a, p, killer, price);
}
