/* SPDX-License-Identifier: Apache-2.0 */
#include "haul.h"

#include <string.h>

#include <st/assert.h>

#include "calendar.h"

enum {
    PPM = 1000000,
    LOSS_MAX_PPM = 950000,
    SHIP_SHARE_PM = 600,
    TRIES = 4,
    ESCORT_RISK = 2,
    BLOCKADE_RISK = 3, /* the approach is as dangerous as the first zone of that risk, the Belt */
    BLOCKADE_U = 5000, /* of flight where its raiders lie in wait */
};

int64_t haul_seconds(const struct config_class *k, int64_t length_u)
{
    return length_u * WORLD_UNIT / ((int64_t)k->cruise * WORLD_TICK_HZ);
}

/* What the guilds know of a zone's losses, per minute. */
static int64_t risk_of(const struct unit *u, uint32_t zone)
{
    for (uint32_t i = 0; i < u->zones_n; i++)
        if (u->zones[i].zone == u->catalog->world.zones[zone].id)
            return u->zones[i].loss_ppm;
    return u->catalog->world.zones[zone].loss_ppm;
}

/* The zone that a blockaded approach is as dangerous as, in addition to where it lies; zones_n when
 * neither end of the voyage is blockaded. */
static uint32_t blockade_zone(const struct unit *u, uint32_t from, uint32_t to)
{
    const struct world_config *world = &u->catalog->world;
    uint32_t station = calendar_blockade(u->catalog, u->now_ms).station, z = 0;
    if (station == 0 || (station != from && station != to))
        return world->zones_n;
    while (z < world->zones_n && world->zones[z].risk != BLOCKADE_RISK)
        z++;
    return z;
}

static int64_t loss_of(const struct unit *u, const struct haul_ship *s,
                       const struct route_trip *trip, uint32_t blockade)
{
    int64_t ppm = 0;
    for (uint32_t z = 0; z < u->catalog->world.zones_n; z++)
        ppm += risk_of(u, z) * haul_seconds(s->class_, trip->zone_u[z]) / 60;
    if (blockade < u->catalog->world.zones_n)
        ppm += risk_of(u, blockade) *
               haul_seconds(s->class_, ST_MIN((int64_t)trip->length_u, (int64_t)BLOCKADE_U)) / 60;
    if (s->guild->escort_class != 0 && trip->risk >= ESCORT_RISK)
        ppm = ppm * u->catalog->params.escort_pm / 1000;
    return ST_MIN(ppm, (int64_t)LOSS_MAX_PPM);
}

static int64_t hazard_of(const struct catalog *c, const struct route_trip *trip, uint32_t blockade)
{
    int64_t pm = 1000;
    for (uint32_t z = 0; z < c->world.zones_n; z++)
        if (trip->zone_u[z] > 0 || z == blockade)
            pm = ST_MAX(pm, c->hazard_pm[z]);
    return pm;
}

/* What is left of the means while a hold is filled in thought. */
struct means {
    int64_t room, wallet, treasury, cost, revenue;
    uint32_t from, to;
};

static const struct line *line_at(const struct unit *u, uint32_t location, uint32_t commodity)
{
    uint32_t i = catalog_line_of(u->catalog, location, commodity);
    return i < u->lines_n ? &u->lines[i] : NULL;
}

static int64_t stock_of(const struct unit *u, const struct line *l)
{
    return book_balance(&u->book, account_of(ACCOUNT_STATION, l->location), (int32_t)l->commodity);
}

/* Credits for that many more units there, after tax and what customs may take; 0 when the station
 * cannot take or pay them. */
static int64_t proceeds(const struct unit *u, const struct line *l, int64_t quantity,
                        int64_t treasury)
{
    int64_t stock = stock_of(u, l) + l->inbound;
    if (quantity < 1 || stock + quantity > price_stock_max(&l->price))
        return 0;
    int64_t gross = price_sell(&l->price, stock, quantity);
    if (gross > treasury)
        return 0;
    int64_t net = gross - price_tax(&l->price, gross);
    if (catalog_contraband(u->catalog, l->location, l->commodity))
        net -= net * 3 / 2 * catalog_zone_of(u->catalog, l->location)->customs_pm / 1000;
    return net;
}

/* One good in the best of some quantities; its profit. */
static int64_t try_good(const struct unit *u, const struct means *m, uint32_t good,
                        int64_t *quantity)
{
    const struct line *from = line_at(u, m->from, good), *to = line_at(u, m->to, good);
    int64_t best = 0, stock = from ? stock_of(u, from) : 0;
    if (!from || !to || stock < 1)
        return 0;
    int64_t most = ST_MIN(m->room / catalog_mass(u->catalog, good), stock);
    most = ST_MIN(most, (int64_t)ORDER_QUANTITY_MAX);
    for (int i = 0; i < TRIES && most > 0; i++, most /= 2) {
        int64_t cost = price_buy(&from->price, stock, most);
        int64_t profit = proceeds(u, to, most, m->treasury) - cost;
        if (cost <= m->wallet && profit > best) {
            best = profit;
            *quantity = most;
        }
    }
    return best;
}

static bool has(const struct manifest *m, uint32_t good)
{
    for (uint32_t i = 0; i < m->n; i++)
        if (m->g[i].commodity == good)
            return true;
    return false;
}

static void load(const struct unit *u, struct means *m, uint32_t good, int64_t quantity)
{
    const struct line *from = line_at(u, m->from, good), *to = line_at(u, m->to, good);
    int64_t cost = price_buy(&from->price, stock_of(u, from), quantity);
    int64_t revenue = proceeds(u, to, quantity, m->treasury);
    m->room -= quantity * catalog_mass(u->catalog, good);
    m->wallet -= cost;
    m->treasury -= revenue;
    m->cost += cost;
    m->revenue += revenue;
}

/* Fills the hold for a destination, the most profitable good first. */
static void fill(const struct unit *u, const struct haul_ship *s, struct means *m,
                 struct manifest *buy)
{
    const struct catalog *c = u->catalog;
    for (uint32_t kinds = 0; kinds < HAUL_KINDS; kinds++) {
        uint32_t good = 0;
        int64_t best = 0, quantity = 0;
        for (uint32_t i = 0; i < c->world.goods_n; i++) {
            uint32_t id = c->world.goods[i].id;
            int64_t q = 0, profit = 0;
            if (!has(buy, id) && !has(&s->aboard, id) &&
                (s->smuggles || !catalog_contraband(c, m->to, id)))
                profit = try_good(u, m, id, &q);
            if (profit > best) {
                best = profit;
                good = id;
                quantity = q;
            }
        }
        if (good == 0)
            return;
        load(u, m, good, quantity);
        buy->g[buy->n++] = (struct goods){good, quantity};
    }
}

static struct means means_of(const struct unit *u, const struct haul_ship *s, uint32_t from,
                             uint32_t to)
{
    struct means m = {.room = s->class_->hold, .wallet = s->wallet, .from = from, .to = to};
    m.treasury = book_balance(&u->book, account_of(ACCOUNT_STATION, to), BOOK_CREDITS);
    for (uint32_t i = 0; i < s->aboard.n; i++) {
        const struct goods *g = &s->aboard.g[i];
        const struct line *l = line_at(u, to, g->commodity);
        int64_t credits = l ? proceeds(u, l, g->quantity, m.treasury) : 0;
        m.room -= g->quantity * catalog_mass(u->catalog, g->commodity);
        m.revenue += credits;
        m.treasury -= credits;
    }
    return m;
}

static bool may_fly(const struct haul_ship *s, const struct route_trip *trip)
{
    return trip->length_u > 0 && trip->risk <= s->guild->risk_max;
}

/* A plan's worth along one way. */
static void weigh(const struct unit *u, const struct haul_ship *s, const struct means *m,
                  enum route_way way, struct haul_plan *p)
{
    const struct catalog *c = u->catalog;
    const struct route_trip *trip = catalog_trip(c, way, m->from, m->to);
    const struct catalog_fees *fees = catalog_fees(c, s->class_->id);
    uint32_t blockade = blockade_zone(u, m->from, m->to);
    p->to = m->to;
    p->way = way;
    p->seconds = haul_seconds(s->class_, trip->length_u) + HAUL_OVERHEAD_S;
    p->cost = m->cost + fees->docking_fee + fees->fuel_per_min * p->seconds / 60;
    p->revenue = m->revenue;
    p->loss_ppm = loss_of(u, s, trip, blockade);
    int64_t at_stake = m->cost + (int64_t)s->class_->price * SHIP_SHARE_PM / 1000;
    int64_t value = ((p->revenue - p->cost) * (PPM - p->loss_ppm) - p->loss_ppm * at_stake) / PPM;
    p->per_min = value * 60 / (p->seconds + c->params.guild_rest_s);
    p->hazard_pm = hazard_of(c, trip, blockade);
}

int64_t haul_worth(const struct haul_plan *p)
{
    return p->to == 0 ? INT64_MIN : p->per_min * 1000 / p->hazard_pm;
}

struct haul_plan haul_to(const struct unit *u, const struct haul_ship *s, uint32_t from,
                         uint32_t to)
{
    const struct catalog *c = u->catalog;
    struct haul_plan best = {0}, p = {0};
    if (!may_fly(s, catalog_trip(c, ROUTE_GUARDED, from, to)) &&
        !may_fly(s, catalog_trip(c, ROUTE_SHORT, from, to)))
        return best;
    struct means m = means_of(u, s, from, to);
    fill(u, s, &m, &p.buy);
    for (uint32_t way = 0; way < ROUTE_WAYS && m.revenue > m.cost; way++) {
        if (!may_fly(s, catalog_trip(c, (enum route_way)way, from, to)))
            continue;
        weigh(u, s, &m, (enum route_way)way, &p);
        if (haul_worth(&p) > haul_worth(&best))
            best = p;
    }
    return best;
}

struct haul_plan haul_choose(const struct unit *u, const struct haul_ship *s, uint32_t from)
{
    struct haul_plan best = {0};
    for (uint32_t i = 0; i < u->catalog->world.stations_n; i++) {
        struct haul_plan p = haul_to(u, s, from, u->catalog->world.stations[i].id);
        if (haul_worth(&p) > haul_worth(&best))
            best = p;
    }
    return best;
}

struct haul_plan haul_empty(const struct unit *u, const struct haul_ship *s, uint32_t from,
                            uint32_t to)
{
    const struct catalog *c = u->catalog;
    struct means m = {.from = from, .to = to};
    struct haul_plan p = {0};
    for (uint32_t way = 0; way < ROUTE_WAYS && p.to == 0; way++)
        if (may_fly(s, catalog_trip(c, (enum route_way)way, from, to)))
            weigh(u, s, &m, (enum route_way)way, &p);
    return p;
}
