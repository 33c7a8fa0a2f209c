/* SPDX-License-Identifier: Apache-2.0 */
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>

enum {
    WARM_UP_HOURS = 48,  /* the opening stocks settle; money is judged from then on */
    LOT_CLASS = 3,       /* a hauler measures routes */
    SAFE_CLASS = 1,      /* a shuttle measures what a beginner may live on */
    ROUTE_CR = 300,      /* per minute, what a profitable route earns a hauler at least */
    SAFE_CR = 150,       /* the same for the shuttle, in risk 0 and 1 */
    LOW_PM = 30,         /* of the target: a market below it is nearly empty */
    LOW_HOURS_PM = 50,   /* share of hours in which that may be */
    EXTINCT_PM = 50,     /* of all targets of a good together */
    MONEY_BAND_PM = 150, /* credits in circulation about their mean */
    BROKE_PM = 200,      /* of its capital, cargo included: a guild is in trouble */
    BROKE_HOURS_PM = 50, /* share of hours in which one may be */
    ROUTES_MIN = 5
};

/* Groups of zones in the order that margins should have. */
enum group { GUARDED, SUNWARD, OUTER, FREE_PORTS, GROUPS };
static const char *const group_names[] = {"guarded", "Sunward", "Belt and Deep", "Free Ports"};

struct mean {
    double sum;
    uint64_t n;
};

struct tally {
    FILE *prices, *money, *routes, *losses;
    uint64_t hours;
    struct mean stock_pm[LINES_MAX];
    int64_t low_hours[LINES_MAX], min_pm[LINES_MAX], max_pm[LINES_MAX];
    int64_t extinct_pm[GOOD_ID_MAX + 1]; /* the least of any hour */
    struct mean circulating;
    int64_t least, most; /* of the credits, after the warm-up */
    int64_t fewest_routes, fewest_safe;
    int64_t poorest_pm[CONFIG_GUILDS_MAX], broke_hours[CONFIG_GUILDS_MAX];
    struct mean margin[GROUPS], by_zone[CONFIG_ZONES_MAX];
    int64_t flown_s[CONFIG_ZONES_MAX], lost[CONFIG_ZONES_MAX];
};

static void add(struct mean *m, double v)
{
    m->sum += v;
    m->n++;
}

static double mean_of(const struct mean *m)
{
    return m->n ? m->sum / (double)m->n : 0;
}

static FILE *open_csv(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.csv", folder, name);
    FILE *f = fopen(path, "w");
    if (!f)
        perror(path);
    return f;
}

static void write_heads(struct tally *t, const struct realm *r)
{
    fprintf(t->prices, "hour");
    for (uint32_t i = 0; i < r->catalog.world.goods_n; i++)
        fprintf(t->prices, ",%s", r->catalog.world.goods[i].code);
    fprintf(t->money, "hour,stations,guilds,owners put in,owners took\n");
    fprintf(t->routes, "hour,profitable,safe");
    fprintf(t->losses, "hour");
    for (uint32_t z = 0; z < r->catalog.world.zones_n; z++) {
        fprintf(t->routes, ",%s", r->catalog.world.zones[z].name);
        fprintf(t->losses, ",%s", r->catalog.world.zones[z].name);
    }
    fputs("\n", t->prices);
    fputs("\n", t->routes);
    fputs("\n", t->losses);
}

struct tally *tally_new(const char *folder, const struct realm *r)
{
    struct tally *t = st_alloc(sizeof *t);
    t->prices = open_csv(folder, "prices");
    t->money = open_csv(folder, "money");
    t->routes = open_csv(folder, "routes");
    t->losses = open_csv(folder, "losses");
    if (!t->prices || !t->money || !t->routes || !t->losses) {
        tally_free(&t);
        return NULL;
    }
    t->least = t->fewest_routes = t->fewest_safe = INT64_MAX;
    for (uint32_t i = 0; i < CONFIG_GUILDS_MAX; i++)
        t->poorest_pm[i] = INT64_MAX;
    for (uint32_t i = 0; i < LINES_MAX; i++)
        t->min_pm[i] = INT64_MAX;
    for (uint32_t g = 0; g <= GOOD_ID_MAX; g++)
        t->extinct_pm[g] = INT64_MAX;
    write_heads(t, r);
    return t;
}

void tally_free(struct tally **t)
{
    FILE *files[] = {(*t)->prices, (*t)->money, (*t)->routes, (*t)->losses};
    for (size_t i = 0; i < ST_ARRAY_LEN(files); i++)
        if (files[i])
            fclose(files[i]);
    st_free(*t);
    *t = NULL;
}

static int64_t credits_of(const struct realm *r, enum account_kind kind, uint64_t number)
{
    return book_balance(&r->unit->book, account_of(kind, number), BOOK_CREDITS);
}

static void look_at_stocks(struct tally *t, const struct realm *r)
{
    const struct catalog *c = &r->catalog;
    int64_t stock_sum[GOOD_ID_MAX + 1] = {0}, target_sum[GOOD_ID_MAX + 1] = {0};
    struct mean price[GOOD_ID_MAX + 1] = {0};
    for (uint32_t i = 0; i < r->unit->lines_n; i++) {
        const struct line *l = &r->unit->lines[i];
        int64_t stock = book_balance(&r->unit->book, account_of(ACCOUNT_STATION, l->location),
                                     (int32_t)l->commodity);
        int64_t pm = stock * 1000 / l->price.target;
        add(&t->stock_pm[i], (double)pm);
        t->min_pm[i] = ST_MIN(t->min_pm[i], pm);
        t->max_pm[i] = ST_MAX(t->max_pm[i], pm);
        t->low_hours[i] += pm < LOW_PM;
        stock_sum[l->commodity] += stock;
        target_sum[l->commodity] += l->price.target;
        add(&price[l->commodity], (double)price_mid_milli(&l->price, stock) /
                                      world_config_good(&c->world, l->commodity)->base);
    }
    fprintf(t->prices, "%llu", (unsigned long long)t->hours);
    for (uint32_t i = 0; i < c->world.goods_n; i++) {
        uint32_t g = c->world.goods[i].id;
        fprintf(t->prices, ",%.0f", mean_of(&price[g]));
        if (target_sum[g] > 0)
            t->extinct_pm[g] = ST_MIN(t->extinct_pm[g], stock_sum[g] * 1000 / target_sum[g]);
    }
    fputs("\n", t->prices);
}

/* Base value of what a guild's ships carry. */
static int64_t afloat(const struct realm *r, uint64_t guild)
{
    int64_t worth = 0;
    for (uint32_t i = 0; i < r->unit->ships_n; i++)
        if (r->unit->ships[i].player == guild)
            worth += unit_cargo_worth(r->unit, r->unit->ships[i].id);
    return worth;
}

static void look_at_money(struct tally *t, const struct realm *r)
{
    const struct catalog *c = &r->catalog;
    int64_t stations = 0, guilds = 0, paid = 0, took = 0;
    for (uint32_t i = 0; i < c->world.stations_n; i++)
        stations += credits_of(r, ACCOUNT_STATION, c->world.stations[i].id);
    for (uint32_t i = 0; i < c->world.guilds_n; i++) {
        uint64_t guild = WORLD_GUILD_PLAYER | c->world.guilds[i].id;
        int64_t own = credits_of(r, ACCOUNT_PILOT, guild);
        guilds += own;
        own += afloat(r, guild);
        int64_t pm = own * 1000 / c->guilds[i].capital;
        t->poorest_pm[i] = ST_MIN(t->poorest_pm[i], pm);
        t->broke_hours[i] += pm < BROKE_PM;
        paid += r->owners_paid[c->world.guilds[i].id];
        took += r->owners_took[c->world.guilds[i].id];
    }
    fprintf(t->money, "%llu,%lld,%lld,%lld,%lld\n", (unsigned long long)t->hours,
            (long long)stations, (long long)guilds, (long long)paid, (long long)took);
    if (t->hours < WARM_UP_HOURS)
        return;
    add(&t->circulating, (double)(stations + guilds));
    t->least = ST_MIN(t->least, stations + guilds);
    t->most = ST_MAX(t->most, stations + guilds);
}

static enum group group_of(const struct config_zone *z)
{
    if (z->risk <= 1)
        return GUARDED;
    if (z->risk == 2)
        return SUNWARD;
    return z->risk == 3 ? OUTER : FREE_PORTS;
}

/* The zone that sets the hazard pay of a voyage. */
static uint32_t riskiest(const struct catalog *c, const struct haul_plan *p, uint32_t from,
                         uint32_t to)
{
    const struct route_trip *trip = &c->trips[p->way][from][to];
    uint32_t worst = 0;
    for (uint32_t z = 0; z < c->world.zones_n; z++)
        if (trip->zone_u[z] > 0 && c->hazard_pm[z] >= c->hazard_pm[worst])
            worst = z;
    return worst;
}

/* All pairs of stations as an unescorted hauler and a cautious shuttle see them. */
static void look_at_routes(struct tally *t, const struct realm *r)
{
    const struct catalog *c = &r->catalog;
    const struct config_guild bold = {.risk_max = 4}, cautious = {.risk_max = 1};
    struct haul_ship hauler = {.guild = &bold, .wallet = 100000};
    struct haul_ship shuttle = {.guild = &cautious, .wallet = 2500};
    struct mean hour[CONFIG_ZONES_MAX] = {0};
    int64_t profitable = 0, safe = 0;
    hauler.class_ = world_config_class(&c->world, LOT_CLASS);
    shuttle.class_ = world_config_class(&c->world, SAFE_CLASS);
    for (uint32_t i = 0; i < c->world.stations_n; i++) {
        for (uint32_t k = 0; k < c->world.stations_n; k++) {
            uint32_t from = c->world.stations[i].id, to = c->world.stations[k].id;
            struct haul_plan p = haul_to(r->unit, &hauler, from, to);
            struct haul_plan q = haul_to(r->unit, &shuttle, from, to);
            safe += q.to != 0 && q.per_min >= SAFE_CR;
            if (p.to == 0)
                continue;
            profitable += p.per_min >= ROUTE_CR;
            double margin = (double)(p.revenue - p.cost) * 60 /
                            ((double)hauler.class_->hold * (double)p.seconds);
            uint32_t z = riskiest(c, &p, i, k);
            add(&hour[z], margin);
            add(&t->by_zone[z], margin);
            add(&t->margin[group_of(&c->world.zones[z])], margin);
        }
    }
    t->fewest_routes = ST_MIN(t->fewest_routes, profitable);
    t->fewest_safe = ST_MIN(t->fewest_safe, safe);
    fprintf(t->routes, "%llu,%lld,%lld", (unsigned long long)t->hours, (long long)profitable,
            (long long)safe);
    for (uint32_t z = 0; z < c->world.zones_n; z++)
        fprintf(t->routes, ",%.1f", mean_of(&hour[z]));
    fputs("\n", t->routes);
}

static void look_at_losses(struct tally *t, struct realm *r)
{
    fprintf(t->losses, "%llu", (unsigned long long)t->hours);
    for (uint32_t z = 0; z < r->catalog.world.zones_n; z++) {
        fprintf(t->losses, ",%lld", (long long)r->hour[z].losses);
        t->flown_s[z] += r->hour[z].flown_s;
        t->lost[z] += r->hour[z].losses;
        r->hour[z] = (struct realm_zone){0};
    }
    fputs("\n", t->losses);
}

void tally_hour(struct tally *t, struct realm *r)
{
    t->hours++;
    look_at_stocks(t, r);
    look_at_money(t, r);
    look_at_routes(t, r);
    look_at_losses(t, r);
}

/* --- the judgement --- */

static bool claim(bool holds, const char *what, const char *figure)
{
    printf("%-5s %s: %s\n", holds ? "ok" : "FAIL", what, figure);
    return holds;
}

#define FIGURE(...) (snprintf(figure, sizeof figure, __VA_ARGS__), figure)

static const char *market_name(const struct catalog *c, uint32_t line, char out[16])
{
    const struct config_station *s = world_config_station(&c->world, c->lines[line].location);
    const struct config_good *g = world_config_good(&c->world, c->lines[line].commodity);
    snprintf(out, 16, "%s %s", s->code, g->code);
    return out;
}

static bool judge_stocks(const struct tally *t, const struct catalog *c)
{
    char figure[160], name[16], other[16];
    uint32_t emptiest = 0, fullest = 0, rarest = 0;
    for (uint32_t i = 0; i < c->lines_n; i++) {
        emptiest = t->low_hours[i] > t->low_hours[emptiest] ? i : emptiest;
        fullest = t->max_pm[i] > t->max_pm[fullest] ? i : fullest;
    }
    for (uint32_t i = 0; i < c->world.goods_n; i++)
        rarest = t->extinct_pm[c->world.goods[i].id] < t->extinct_pm[c->world.goods[rarest].id]
                     ? i
                     : rarest;
    int64_t share = t->low_hours[emptiest] * 1000 / (int64_t)t->hours;
    bool ok = claim(share <= LOW_HOURS_PM && t->max_pm[fullest] <= 2500, "stocks within bounds",
                    FIGURE("%s below 3%% of its target in %.1f%% of hours, %s up to %.2f targets",
                           market_name(c, emptiest, name), (double)share / 10,
                           market_name(c, fullest, other), (double)t->max_pm[fullest] / 1000));
    int64_t least = t->extinct_pm[c->world.goods[rarest].id];
    return claim(least >= EXTINCT_PM, "no commodity extinct",
                 FIGURE("%s never below %.1f%% of all targets together",
                        c->world.goods[rarest].name, (double)least / 10)) &&
           ok;
}

static bool judge_guilds(const struct tally *t, const struct catalog *c)
{
    char figure[200];
    uint32_t worst = 0;
    for (uint32_t i = 0; i < c->world.guilds_n; i++)
        worst = t->broke_hours[i] > t->broke_hours[worst] ? i : worst;
    int64_t share = t->broke_hours[worst] * 1000 / (int64_t)t->hours;
    return claim(share <= BROKE_HOURS_PM, "no guild is broke",
                 FIGURE("%s had less than a fifth of its capital in %.1f%% of hours",
                        c->world.guilds[worst].name, (double)share / 10));
}

static bool judge_money(const struct tally *t, const struct realm *r)
{
    char figure[200];
    double mean = mean_of(&t->circulating);
    double below = (mean - (double)t->least) * 1000 / mean,
           above = ((double)t->most - mean) * 1000 / mean;
    bool ok = claim(below <= MONEY_BAND_PM && above <= MONEY_BAND_PM, "credits within a band",
                    FIGURE("%.1f million, -%.1f%% to +%.1f%%", mean / 1e6, below / 10, above / 10));
    ok = judge_guilds(t, &r->catalog) && ok;
    int64_t gap = 0;
    for (int32_t g = 0; g <= GOOD_ID_MAX; g++)
        gap += llabs(realm_imbalance(r, g));
    return claim(gap == 0, "nothing made or lost", FIGURE("imbalance %lld", (long long)gap)) && ok;
}

static bool judge_routes(const struct tally *t)
{
    char figure[160];
    bool ok = claim(t->fewest_routes >= ROUTES_MIN, "profitable routes at every hour",
                    FIGURE("%lld or more worth %d cr/min to a hauler without escort",
                           (long long)t->fewest_routes, ROUTE_CR));
    ok = claim(t->fewest_safe >= ROUTES_MIN, "safe routes for beginners at every hour",
               FIGURE("%lld or more worth %d cr/min to a shuttle with 2,500 cr",
                      (long long)t->fewest_safe, SAFE_CR)) &&
         ok;
    bool rising = true;
    size_t n = 0;
    for (int g = 0; g < GROUPS; g++) {
        rising = rising && (g == 0 || mean_of(&t->margin[g]) > mean_of(&t->margin[g - 1]));
        n += (size_t)snprintf(figure + n, sizeof figure - n, "%s%s %.1f", g ? " < " : "",
                              group_names[g], mean_of(&t->margin[g]));
    }
    return claim(rising, "margins rise with risk, cr per t and minute", figure) && ok;
}

static void print_zones(const struct tally *t, const struct realm *r)
{
    printf("\n%-12s %10s %14s %10s %16s %14s\n", "zone", "losses", "hours flown", "measured",
           "the guilds hold", "margin");
    for (uint32_t z = 0; z < r->catalog.world.zones_n; z++) {
        const struct config_zone *zone = &r->catalog.world.zones[z];
        double minutes = (double)t->flown_s[z] / 60;
        int64_t held = 0;
        for (uint32_t i = 0; i < r->unit->zones_n; i++)
            if (r->unit->zones[i].zone == zone->id)
                held = r->unit->zones[i].loss_ppm;
        printf("%-12s %10lld %14.0f %10.0f %16lld %14.1f\n", zone->name, (long long)t->lost[z],
               minutes / 60, minutes > 0 ? (double)t->lost[z] * 1e6 / minutes : 0, (long long)held,
               mean_of(&t->by_zone[z]));
    }
    printf("(rates per million minutes; margin in cr per t and minute by riskiest zone crossed)\n");
}

static void print_guilds(const struct tally *t, const struct realm *r)
{
    const struct catalog *c = &r->catalog;
    printf("\n%-16s %14s %14s %16s %18s\n", "guild", "owners put in", "owners took",
           "least capital", "hours below 1/5");
    for (uint32_t i = 0; i < c->world.guilds_n; i++) {
        uint32_t id = c->world.guilds[i].id;
        printf("%-16s %14lld %14lld %15.0f%% %17.1f%%\n", c->world.guilds[i].name,
               (long long)r->owners_paid[id], (long long)r->owners_took[id],
               (double)t->poorest_pm[i] / 10, (double)t->broke_hours[i] * 100 / (double)t->hours);
    }
}

static void print_markets(const struct tally *t, const struct catalog *c)
{
    printf("\nmean stock in per cent of the target (least-most of any hour):\n");
    for (uint32_t i = 0; i < c->lines_n; i++) {
        char name[16];
        printf("%-8s %4.0f (%lld-%lld)%s", market_name(c, i, name), mean_of(&t->stock_pm[i]) / 10,
               (long long)t->min_pm[i] / 10, (long long)t->max_pm[i] / 10,
               i % 4 == 3 || i + 1 == c->lines_n ? "\n" : "   ");
    }
}

bool tally_judge(const struct tally *t, const struct realm *r)
{
    print_zones(t, r);
    print_guilds(t, r);
    print_markets(t, &r->catalog);
    printf("\n");
    bool stocks = judge_stocks(t, &r->catalog), money = judge_money(t, r), routes = judge_routes(t);
    return stocks && money && routes;
}
