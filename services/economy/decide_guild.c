/* SPDX-License-Identifier: Apache-2.0 */
#include "decide.h"
#include "haul.h"
#include "industry.h"

enum { SELL_TRIES = 6 };

static void refill(struct unit *u, account_id account, int64_t target, int64_t transaction)
{
    account_id mint = account_of(ACCOUNT_SOURCE, SOURCE_MINT);
    int64_t move = rules_refill(book_balance(&u->book, account, BOOK_CREDITS), target,
                                u->catalog->params.treasury_cycles);
    unit_move_either(u, transaction, mint, account, BOOK_CREDITS, move);
}

/* Once a minute: treasuries and capital towards their targets, spoils, the price history. */
static void end_cycle(struct unit *u, const struct act *a)
{
    const struct catalog *c = u->catalog;
    const struct transaction *t = unit_transaction(u, "refill", 0, a);
    int64_t activity_pm = industry_activity_pm(u);
    for (uint32_t i = 0; i < c->world.stations_n; i++)
        refill(u, account_of(ACCOUNT_STATION, c->world.stations[i].id),
               c->treasury_target[i] * activity_pm / 1000, t->id);
    for (uint32_t i = 0; i < c->world.guilds_n; i++)
        refill(u, account_of(ACCOUNT_PILOT, WORLD_GUILD_PLAYER | c->world.guilds[i].id),
               c->guilds[i].capital, t->id);
    t = unit_transaction(u, "spoils", 0, a);
    industry_spoils(u, t->id);
    for (uint32_t i = 0; i < u->lines_n; i++) {
        const struct line *l = &u->lines[i];
        int64_t stock =
            book_balance(&u->book, account_of(ACCOUNT_STATION, l->location), (int32_t)l->commodity);
        u->points[u->points_n++] =
            (struct price_point){l->location, l->commodity, price_mid_milli(&l->price, stock)};
    }
}

/* --- haulers --- */

/* Trades as many as the station takes or has, by halves; no quantity is left out silently: what is
 * not sold stays aboard. */
static void trade(struct unit *u, struct act *a, const struct ship *s, int side, uint32_t good,
                  int64_t quantity)
{
    for (int i = 0; i < SELL_TRIES && quantity > 0; i++, quantity /= 2) {
        struct order_ask ask = {.side = side, .quantity = quantity};
        struct order_state state = decide_state(u, s->player, s, s->holder_id, good);
        struct order_outcome o = order_decide(&ask, &state);
        if (o.result != ORDER_DONE)
            continue;
        const struct transaction *t = unit_transaction(u, "haul", s->player, a);
        decide_post(u,
                    &(struct trade_post){.player = s->player,
                                         .ship = s->id,
                                         .location = s->holder_id,
                                         .commodity = good,
                                         .side = side,
                                         .quantity = quantity},
                    &o, t->id);
        return;
    }
}

static void sell_all(struct unit *u, struct act *a, const struct ship *s)
{
    struct manifest m;
    unit_manifest(u, s->id, &m);
    for (uint32_t i = 0; i < m.n; i++)
        trade(u, a, s, ORDER_SELL, m.g[i].commodity, m.g[i].quantity);
}

/* What may be known of a voyage when it begins: where its goods will arrive, what it crosses. */
static void note_voyage(struct unit *u, const struct ship *s, const struct haul_plan *p,
                        uint32_t from)
{
    const struct catalog *c = u->catalog;
    const struct config_class *k = world_config_class(&c->world, s->class_id);
    const struct route_trip *trip = catalog_trip(c, p->way, from, p->to);
    struct manifest m;
    unit_manifest(u, s->id, &m);
    for (uint32_t i = 0; i < m.n; i++) {
        struct line *l = unit_line(u, p->to, m.g[i].commodity);
        if (l)
            l->inbound += m.g[i].quantity;
    }
    for (uint32_t z = 0; z < c->world.zones_n; z++) {
        struct zone_note *n = unit_zone(u, c->world.zones[z].id);
        if (n)
            n->flown_s += haul_seconds(k, trip->zone_u[z]);
    }
}

static void depart(struct unit *u, struct act *a, struct ship *s, const struct haul_plan *p)
{
    uint32_t from = s->holder_id;
    for (uint32_t i = 0; i < p->buy.n; i++)
        trade(u, a, s, ORDER_BUY, p->buy.g[i].commodity, p->buy.g[i].quantity);
    s->route_to = p->to;
    s->route_short = p->way == ROUTE_SHORT;
    note_voyage(u, s, p, from);
    decide_appear(u, unit_pilot(u, s->player), s);
}

/* An empty flight to where a voyage is worth both; `worth` is what the two earn a minute. */
static struct haul_plan elsewhere(const struct unit *u, const struct haul_ship *ship, uint32_t from,
                                  int64_t *worth)
{
    const struct catalog *c = u->catalog;
    struct haul_plan best = {0};
    *worth = INT64_MIN;
    for (uint32_t i = 0; i < c->world.stations_n; i++) {
        uint32_t to = c->world.stations[i].id;
        struct haul_plan way = haul_empty(u, ship, from, to);
        if (way.to == 0)
            continue;
        struct haul_plan there = haul_choose(u, ship, to);
        if (there.to == 0)
            continue;
        int64_t rest = c->params.guild_rest_s;
        int64_t both =
            haul_worth(&there) * (there.seconds + rest) / (there.seconds + way.seconds + 2 * rest);
        if (both > *worth) {
            best = way;
            *worth = both;
        }
    }
    return best;
}

static void dispatch(struct unit *u, struct act *a, struct ship *s)
{
    const struct config_guild *guild = catalog_guild_of(u->catalog, s->player);
    struct haul_ship ship = {.guild = guild,
                             .smuggles =
                                 u->catalog->guilds[guild - u->catalog->world.guilds].smuggles,
                             .class_ = world_config_class(&u->catalog->world, s->class_id)};
    sell_all(u, a, s);
    ship.wallet = unit_wallet(u, s->player);
    unit_manifest(u, s->id, &ship.aboard);
    struct haul_plan p = haul_choose(u, &ship, s->holder_id);
    int64_t worth = haul_worth(&p);
    if (worth < guild->floor_cr)
        p = elsewhere(u, &ship, s->holder_id, &worth);
    if (p.to != 0 && worth >= guild->floor_cr) {
        depart(u, a, s, &p);
        return;
    }
    s->ready_ms = u->now_ms + (uint64_t)u->catalog->params.guild_wait_s * 1000;
    ship_change(s);
}

/* --- the zones' measured risks --- */

/* Prices of a zone's markets follow what its risk is worth. */
static void price_risk(struct unit *u, const struct zone_note *n)
{
    const struct catalog *c = u->catalog;
    for (uint32_t i = 0; i < u->lines_n; i++) {
        struct line *l = &u->lines[i];
        const struct config_zone *z = catalog_zone_of(c, l->location);
        if (z->id != n->zone)
            continue;
        int64_t of = c->lines[i].imports ? z->import_pm : z->export_pm;
        int64_t bias = rules_by_factor(of, n->factor_pm);
        l->biased = bias != l->bias_pm;
        l->bias_pm = bias;
        int64_t base = (int64_t)world_config_good(&c->world, l->commodity)->base * bias / 1000;
        l->price.base = ST_MAX(base, (int64_t)1);
    }
}

/* Once a day: 0.7 of what was held and 0.3 of what the day before showed. */
static void learn(struct unit *u)
{
    for (uint32_t i = 0; i < u->zones_n; i++) {
        struct zone_note *n = &u->zones[i];
        if (!n->day_over)
            continue;
        if (n->day_flown_s >= 60)
            n->loss_ppm = rules_measured_risk(n->loss_ppm, n->day_losses, n->day_flown_s);
        const struct config_zone *z = world_config_zone(&u->catalog->world, n->zone);
        n->factor_pm = rules_risk_factor(n->loss_ppm, z->loss_ppm);
        n->learnt = true;
        price_risk(u, n);
    }
}

/* Markets live: industries and haulers every 10 s, treasuries and price history every minute. */
void decide_drift(struct unit *u, struct act *a)
{
    const struct transaction *t = unit_transaction(u, "drift", 0, a);
    industry_step(u, t->id);
    if (a->cycle) {
        end_cycle(u, a);
        contracts_cycle(u, a);
        learn(u);
    }
    for (uint32_t i = 0; i < u->ships_n; i++) {
        struct ship *s = &u->ships[i];
        if (s->holder == HOLDER_STATION && s->ready_ms <= u->now_ms && !s->locked &&
            u->trades_n + GOODS_MAX + HAUL_KINDS <= TRADES_MAX)
            dispatch(u, a, s);
    }
}
