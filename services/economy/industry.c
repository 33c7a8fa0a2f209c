/* SPDX-License-Identifier: Apache-2.0 */
#include "industry.h"

#include <st/assert.h>

#include "calendar.h"

/* All markets at the begin of a step, by their place in the catalog, and what the step does. */
struct floor {
    struct unit *u;
    struct line *lines[LINES_MAX];
    int64_t stock[LINES_MAX];
    int64_t flow[LINES_MAX]; /* millionths of a unit */
    int64_t activity_pm;
};

int64_t industry_activity_pm(const struct unit *u)
{
    return rules_activity_pm(u->traders, u->catalog->params.activity_traders,
                             u->catalog->params.activity_max_pm);
}

static int64_t pace_pm(const struct floor *f, uint32_t line)
{
    return catalog_lively(f->u->catalog, f->u->catalog->lines[line].commodity) ? f->activity_pm
                                                                               : 1000;
}

/* Thousandths per cycle, at two paces per mille, as millionths per step. */
static int64_t micro(int64_t milli, int64_t pm, int64_t throttle_pm)
{
    return milli * pm * throttle_pm / (1000 * INDUSTRY_STEPS);
}

static void extract(struct floor *f)
{
    const struct catalog *c = f->u->catalog;
    for (uint32_t i = 0; i < c->made_n; i++) {
        uint32_t k = c->made[i].line;
        f->flow[k] += micro(c->made[i].milli, pace_pm(f, k),
                            rules_output_pm(f->stock[k], f->lines[k]->price.target));
    }
}

/* The scarcest input rules, and the fullest output. */
static void cook(struct floor *f, const struct catalog_recipe *r)
{
    int64_t throttle = 1000, pace = f->activity_pm;
    for (uint32_t i = 0; i < r->parts_n; i++) {
        uint32_t k = r->parts[i].line;
        int64_t target = f->lines[k]->price.target;
        int64_t pm = r->parts[i].milli < 0 ? rules_input_pm(f->stock[k], target)
                                           : rules_output_pm(f->stock[k], target);
        throttle = ST_MIN(throttle, pm);
        pace = ST_MIN(pace, pace_pm(f, k));
    }
    for (uint32_t i = 0; i < r->parts_n; i++)
        f->flow[r->parts[i].line] += micro(r->parts[i].milli, pace, throttle);
}

static void consume(struct floor *f)
{
    const struct catalog *c = f->u->catalog;
    for (uint32_t i = 0; i < c->used_n; i++) {
        uint32_t k = c->used[i].line;
        f->flow[k] -= micro(c->used[i].milli, pace_pm(f, k),
                            rules_use_pm(f->stock[k], f->lines[k]->price.target));
    }
}

static void celebrate(struct floor *f)
{
    const struct catalog *c = f->u->catalog;
    for (uint32_t k = 0; k < c->lines_n; k++) {
        int64_t more = calendar_uses(calendar_at(c, f->u->now_ms, c->lines[k].location,
                                                 c->lines[k].commodity, NULL)) -
                       1;
        if (more > 0)
            f->flow[k] -= micro(more * c->lines[k].use_milli, pace_pm(f, k),
                                rules_use_pm(f->stock[k], f->lines[k]->price.target));
    }
}

static void settle(struct floor *f, uint32_t k, int64_t transaction)
{
    struct line *l = f->lines[k];
    account_id station = account_of(ACCOUNT_STATION, l->location);
    int32_t carry = l->carry, good = (int32_t)l->commodity;
    int64_t drift = (l->price.target - f->stock[k]) * RULES_MICRO /
                    (f->u->catalog->params.drift_cycles * INDUSTRY_STEPS);
    int64_t move = rules_flow(f->flow[k] + drift, f->stock[k], price_stock_max(&l->price), &carry);
    l->changed = l->changed || move != 0 || carry != l->carry;
    l->carry = carry;
    account_id other =
        account_of(ACCOUNT_SOURCE, move > 0 ? SOURCE_PRODUCTION : SOURCE_CONSUMPTION);
    unit_move_either(f->u, transaction, other, station, good, move);
}

void industry_step(struct unit *u, int64_t transaction)
{
    const struct catalog *c = u->catalog;
    struct floor f = {.u = u, .activity_pm = industry_activity_pm(u)};
    st_assert(u->lines_n == c->lines_n);
    for (uint32_t k = 0; k < c->lines_n; k++) {
        f.lines[k] = &u->lines[k];
        st_assert(u->lines[k].location == c->lines[k].location &&
                  u->lines[k].commodity == c->lines[k].commodity);
        f.stock[k] = book_balance(&u->book, account_of(ACCOUNT_STATION, c->lines[k].location),
                                  (int32_t)c->lines[k].commodity);
    }
    extract(&f);
    for (uint32_t i = 0; i < c->recipes_n; i++)
        cook(&f, &c->recipes[i]);
    consume(&f);
    celebrate(&f);
    for (uint32_t k = 0; k < c->lines_n; k++)
        settle(&f, k, transaction);
}

static bool lawless(const struct catalog *c, uint32_t location)
{
    const struct config_zone *z = catalog_zone_of(c, location);
    return z && z->pvp == CONFIG_PVP_FREE;
}

void industry_spoils(struct unit *u, int64_t transaction)
{
    account_id npc = account_of(ACCOUNT_SOURCE, SOURCE_NPC);
    for (uint32_t i = 0; i < u->lines_n; i++) {
        struct line *l = &u->lines[i];
        account_id station = account_of(ACCOUNT_STATION, l->location);
        int32_t good = (int32_t)l->commodity;
        int64_t cycles = u->catalog->params.spoils_cycles;
        int64_t due = (book_balance(&u->book, npc, good) + cycles - 1) / cycles;
        int64_t room = price_stock_max(&l->price) - book_balance(&u->book, station, good);
        if (!lawless(u->catalog, l->location) || due <= 0 || room <= 0)
            continue;
        unit_move(u, transaction, npc, station, good, ST_MIN(due, room));
        l->changed = true;
    }
}
