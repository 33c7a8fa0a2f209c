/* SPDX-License-Identifier: Apache-2.0 */
#include "decide.h"

#include <st/rng.h>

enum {
    TRIES = 12, /* markets drawn for an offer */
    LOT_MIN_T = RULES_MODEST_LOT_T,
    LOT_STEPS = 8,        /* of 4 t above that */
    OFFER_SPEED_U = 210,  /* per second, that fees and terms reckon with */
    TERM_MIN_S = 600,     /* to fulfil a delivery, beside three times the flight */
    FEE_SHARE = 10,       /* a station promises at most such a part of its treasury */
    DELIVERY_BONUS = 200, /* credits, for each of the first deliveries of a pilot */
    DELIVERY_BONUSES = 5,
    LAW_SHARE = 10, /* of the victim's ship's price, that a murderer's head is worth */
    LAW_HOURS = 24,
    HEAD_DAYS = 7,
};

/* What the escrow holds of a contract goes to those who get it, and the contract ends. */
static void close_contract(struct unit *u, struct contract *c, enum contract_state state,
                           int64_t transaction, account_id fee_to, account_id collateral_to)
{
    unit_move(u, transaction, escrow_account(), fee_to, BOOK_CREDITS, c->fee);
    if (c->state == CONTRACT_TAKEN)
        unit_move(u, transaction, escrow_account(), collateral_to, BOOK_CREDITS, c->collateral);
    c->state = state;
    c->changed = true;
}

static int64_t flight_s(const struct unit *u, uint32_t from, uint32_t to, uint32_t *risk)
{
    const struct route_trip *trip = catalog_trip(u->catalog, ROUTE_GUARDED, from, to);
    *risk = trip->risk;
    return trip->length_u / OFFER_SPEED_U;
}

/* --- offers of stations --- */

static int64_t fee_of(const struct unit *u, const struct contract *c)
{
    const struct catalog_params *p = &u->catalog->params;
    uint32_t risk;
    int64_t seconds = flight_s(u, c->origin, c->destination, &risk);
    int64_t mass = c->quantity * catalog_mass(u->catalog, c->commodity);
    int64_t fee = mass * (30 + seconds) * p->delivery_rate / 60;
    return fee * (1000 + p->delivery_risk_pm * risk) / 1000;
}

static int64_t stock_pm(const struct unit *u, const struct line *l)
{
    return book_balance(&u->book, account_of(ACCOUNT_STATION, l->location), (int32_t)l->commodity) *
           1000 / l->price.target;
}

/* Luck that is the same whenever the minute is decided again. */
static uint64_t draw(const struct unit *u, uint64_t what, uint64_t nth)
{
    uint64_t words[3] = {u->now_ms / 60000, what, nth};
    return st_hash64(words, sizeof words, 0x0ffe2);
}

/* The market that lacks most of what this one has plenty of, of a few that are drawn. */
static const struct line *needy(const struct unit *u, const struct line *from, uint64_t luck)
{
    const struct line *best = NULL;
    for (uint64_t i = 0; i < TRIES; i++) {
        const struct line *l = &u->lines[draw(u, luck, i) % u->lines_n];
        uint32_t risk;
        if (l->commodity != from->commodity || l->location == from->location ||
            stock_pm(u, l) >= stock_pm(u, from) ||
            flight_s(u, from->location, l->location, &risk) == 0 ||
            catalog_contraband(u->catalog, l->location, l->commodity))
            continue;
        if (!best || stock_pm(u, l) < stock_pm(u, best))
            best = l;
    }
    return best;
}

/* What the lot of a good would be worth at its base price. */
static int64_t worth(const struct unit *u, uint32_t commodity, int64_t mass)
{
    return mass / catalog_mass(u->catalog, commodity) *
           (int64_t)world_config_good(&u->catalog->world, commodity)->base;
}

/* `modest`: for who has little, so that its collateral can be paid from the first credits. */
static bool make_offer(struct unit *u, struct act *a, uint32_t location, uint32_t nth, bool modest)
{
    uint64_t luck = draw(u, location, 1000 + nth);
    const struct line *from = NULL, *to = NULL;
    int64_t mass = modest ? LOT_MIN_T : LOT_MIN_T + 4 * (int64_t)((luck >> 32) % LOT_STEPS);
    for (uint64_t i = 0; i < u->lines_n && !to; i++) {
        from = &u->lines[(luck + i) % u->lines_n];
        if (from->location == location && stock_pm(u, from) >= 500 &&
            (!modest || worth(u, from->commodity, mass) <= RULES_START_CREDITS))
            to = needy(u, from, luck + i);
    }
    if (!to || u->contracts_n == CONTRACTS_MAX)
        return false;
    struct contract c = {.kind = CONTRACT_DELIVERY,
                         .state = CONTRACT_OPEN,
                         .origin = location,
                         .destination = to->location,
                         .commodity = from->commodity,
                         .quantity = mass / catalog_mass(u->catalog, from->commodity),
                         .ends_ms = u->now_ms + (uint64_t)u->catalog->params.offer_s * 1000,
                         .created = true};
    account_id payer = account_of(ACCOUNT_STATION, to->location);
    c.fee = fee_of(u, &c);
    /* The goods' whole worth: with less, taking them and selling them elsewhere would pay. */
    c.collateral = worth(u, c.commodity, mass);
    if (c.quantity == 0 || c.fee > book_balance(&u->book, payer, BOOK_CREDITS) / FEE_SHARE)
        return false;
    const struct transaction *t = unit_transaction(u, "offer", 0, a);
    c.id = unit_next_id(u);
    unit_move(u, t->id, payer, escrow_account(), BOOK_CREDITS, c.fee);
    u->contracts[u->contracts_n++] = c;
    return true;
}

void contracts_cycle(struct unit *u, struct act *a)
{
    const struct world_config *w = &u->catalog->world;
    for (uint32_t i = 0; i < u->contracts_n; i++) {
        struct contract *c = &u->contracts[i];
        if (c->kind != CONTRACT_DELIVERY || c->state > CONTRACT_TAKEN || c->ends_ms > u->now_ms)
            continue;
        const struct transaction *t = unit_transaction(u, "contract_end", c->player, a);
        close_contract(u, c, c->state == CONTRACT_OPEN ? CONTRACT_ENDED : CONTRACT_FAILED, t->id,
                       account_of(ACCOUNT_STATION, c->destination),
                       account_of(ACCOUNT_STATION, c->origin));
    }
    for (uint32_t i = 0; i < w->stations_n; i++) {
        uint32_t most = (uint32_t)u->catalog->params.offers, location = w->stations[i].id;
        if (u->offers_n[i] >= most ||
            (u->modest_n[i] < most / 2 && make_offer(u, a, location, u->offers_n[i], true)))
            continue;
        (void)make_offer(u, a, location, u->offers_n[i], false);
    }
}

/* --- what pilots do --- */

static struct contract_reply refuse(enum order_result result, int64_t limit)
{
    return (struct contract_reply){.result = result, .limit = limit};
}

static uint32_t under_way(const struct unit *u, uint64_t player)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < u->contracts_n; i++)
        n += u->contracts[i].state == CONTRACT_TAKEN && u->contracts[i].player == player;
    return n;
}

static uint32_t heads_of(const struct unit *u, uint64_t issuer)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < u->contracts_n; i++)
        n += u->contracts[i].kind == CONTRACT_HEAD && u->contracts[i].state == CONTRACT_OPEN &&
             u->contracts[i].issuer == issuer;
    return n;
}

/* The contract that the request names, if it names it rightly: its markets are locked by that. */
static struct contract *named(struct unit *u, const struct act *a)
{
    struct contract *c = unit_contract(u, a->contract.id);
    return c && c->kind == CONTRACT_DELIVERY && c->origin == a->contract.origin &&
                   c->destination == a->contract.destination &&
                   c->commodity == a->contract.commodity
               ? c
               : NULL;
}

static struct contract_reply take(struct unit *u, const struct act *a, const struct pilot *p,
                                  int64_t transaction)
{
    struct contract *c = named(u, a);
    const struct ship *s = unit_ship(u, p->ship);
    struct line *l = c ? unit_line(u, c->origin, c->commodity) : NULL;
    if (!l)
        return refuse(ORDER_UNKNOWN_COMMODITY, 0);
    account_id station = account_of(ACCOUNT_STATION, c->origin);
    int64_t mass = catalog_mass(u->catalog, c->commodity);
    int64_t room = catalog_hold(u->catalog, s->class_id) - unit_cargo_mass(u, s->id);
    int64_t stock = book_balance(&u->book, station, (int32_t)c->commodity);
    if (c->state != CONTRACT_OPEN || c->ends_ms <= u->now_ms)
        return refuse(ORDER_QUOTE_EXPIRED, 0);
    if (s->holder != HOLDER_STATION || s->holder_id != c->origin || s->locked)
        return refuse(ORDER_NOT_DOCKED, 0);
    if (under_way(u, p->player) >= CONTRACTS_TAKEN_MAX)
        return refuse(ORDER_TOO_LARGE, CONTRACTS_TAKEN_MAX);
    if (stock < c->quantity)
        return refuse(ORDER_NO_STOCK, stock);
    if (c->quantity * mass > room)
        return refuse(ORDER_NO_SPACE, room > 0 ? room / mass : 0);
    if (unit_wallet(u, p->player) < c->collateral)
        return refuse(ORDER_NO_CREDITS, c->collateral - unit_wallet(u, p->player));
    uint32_t risk;
    int64_t term_s = 3 * flight_s(u, c->origin, c->destination, &risk) + TERM_MIN_S;
    unit_move(u, transaction, account_of(ACCOUNT_PILOT, p->player), escrow_account(), BOOK_CREDITS,
              c->collateral);
    unit_move(u, transaction, station, account_of(ACCOUNT_SHIP, s->id), (int32_t)c->commodity,
              c->quantity);
    l->changed = true;
    c->state = CONTRACT_TAKEN;
    c->player = p->player;
    c->ends_ms = u->now_ms + (uint64_t)term_s * 1000;
    c->changed = true;
    return (struct contract_reply){.result = ORDER_DONE, .contract = c};
}

static struct contract_reply drop(struct unit *u, const struct act *a, const struct pilot *p,
                                  int64_t transaction)
{
    struct contract *c = named(u, a);
    if (!c || c->player != p->player)
        return refuse(ORDER_UNKNOWN_COMMODITY, 0);
    if (c->state != CONTRACT_TAKEN)
        return refuse(ORDER_QUOTE_EXPIRED, 0);
    close_contract(u, c, CONTRACT_FAILED, transaction, account_of(ACCOUNT_STATION, c->destination),
                   account_of(ACCOUNT_STATION, c->origin));
    return (struct contract_reply){.result = ORDER_DONE, .contract = c};
}

static struct contract *put_head(struct unit *u, uint64_t issuer, uint64_t target, int64_t fee,
                                 uint64_t ends_ms)
{
    struct contract *c = &u->contracts[u->contracts_n++];
    *c = (struct contract){.id = unit_next_id(u),
                           .kind = CONTRACT_HEAD,
                           .state = CONTRACT_OPEN,
                           .fee = fee,
                           .issuer = issuer,
                           .target = target,
                           .ends_ms = ends_ms,
                           .created = true};
    return c;
}

static struct contract_reply put_price(struct unit *u, const struct act *a, const struct pilot *p,
                                       int64_t transaction)
{
    int64_t reward = a->contract.fee;
    if (!unit_pilot(u, a->contract.target) || a->contract.target == p->player ||
        catalog_guild_of(u->catalog, a->contract.target))
        return refuse(ORDER_UNKNOWN_COMMODITY, 0);
    if (heads_of(u, p->player) >= CONTRACTS_HEADS_MAX || u->contracts_n == CONTRACTS_MAX)
        return refuse(ORDER_TOO_LARGE, CONTRACTS_HEADS_MAX);
    if (unit_wallet(u, p->player) < reward)
        return refuse(ORDER_NO_CREDITS, reward - unit_wallet(u, p->player));
    unit_move(u, transaction, account_of(ACCOUNT_PILOT, p->player), escrow_account(), BOOK_CREDITS,
              reward);
    return (struct contract_reply){.result = ORDER_DONE,
                                   .contract = put_head(u, p->player, a->contract.target, reward,
                                                        u->now_ms + HEAD_DAYS * 86400000ULL)};
}

void decide_contract(struct unit *u, struct act *a, struct pilot *p)
{
    bool taken = false;
    struct contract_reply r = {.result = ORDER_DUPLICATE};
    if (decide_replayed(u, a, &taken))
        return;
    if (taken) {
        wire_answer_contract(a, &r);
        return;
    }
    struct transaction *t = unit_transaction_keyed(u, "contract", a);
    r = a->contract_action == CONTRACT_TAKE   ? take(u, a, p, t->id)
        : a->contract_action == CONTRACT_DROP ? drop(u, a, p, t->id)
                                              : put_price(u, a, p, t->id);
    t->result = (int)r.result;
    if (r.result == ORDER_DONE) {
        pilot_touch(p);
        decide_touched(u, p, "contract");
        r.balance = unit_wallet(u, p->player);
    }
    r.rev = p->rev;
    wire_answer_contract(a, &r);
    decide_keep(t, a);
}

/* The price on a head that nobody earned in time goes back. */
void decide_head_end(struct unit *u, struct act *a)
{
    struct contract *c = unit_contract(u, a->contract.id);
    struct pilot *p = unit_pilot(u, a->player);
    if (!c || c->kind != CONTRACT_HEAD || c->state != CONTRACT_OPEN || c->ends_ms > u->now_ms ||
        c->issuer != a->player || (c->issuer != 0 && !p))
        return;
    const struct transaction *t = unit_transaction(u, "contract_end", c->issuer, a);
    account_id back =
        p ? account_of(ACCOUNT_PILOT, c->issuer) : account_of(ACCOUNT_SOURCE, SOURCE_FEE);
    close_contract(u, c, CONTRACT_ENDED, t->id, back, back);
    if (p) {
        pilot_touch(p);
        decide_touched(u, p, "contract_end");
    }
}

/* --- what flight brings --- */

static void fulfil(struct unit *u, struct act *a, struct pilot *p, const struct ship *s,
                   struct contract *c)
{
    account_id hold = account_of(ACCOUNT_SHIP, s->id);
    account_id pilot = account_of(ACCOUNT_PILOT, p->player);
    account_id station = account_of(ACCOUNT_STATION, c->destination);
    struct line *l = unit_line(u, c->destination, c->commodity);
    int32_t good = (int32_t)c->commodity;
    if (!l || book_balance(&u->book, hold, good) < c->quantity ||
        book_balance(&u->book, station, good) + c->quantity > price_stock_max(&l->price))
        return;
    const struct transaction *t = unit_transaction(u, "delivery", p->player, a);
    int64_t bonus = p->deliveries < DELIVERY_BONUSES ? DELIVERY_BONUS : 0;
    unit_move(u, t->id, hold, station, good, c->quantity);
    unit_move(u, t->id, account_of(ACCOUNT_SOURCE, SOURCE_MINT), pilot, BOOK_CREDITS, bonus);
    int64_t credits = c->fee + c->collateral + bonus;
    close_contract(u, c, CONTRACT_EARNED, t->id, pilot, pilot);
    l->changed = true;
    p->deliveries++;
    decide_notice(u, &a->event, p->player, credits, "delivery");
}

void contracts_docked(struct unit *u, struct act *a, struct pilot *p, const struct ship *s)
{
    for (uint32_t i = 0; i < u->contracts_n; i++) {
        struct contract *c = &u->contracts[i];
        if (c->state == CONTRACT_TAKEN && c->player == p->player &&
            c->destination == s->holder_id && c->ends_ms > u->now_ms)
            fulfil(u, a, p, s, c);
    }
}

/* Who destroys a ship earns the prices on its pilot's head. */
static void pay_heads(struct unit *u, struct act *a, const struct pilot *victim,
                      struct pilot *killer)
{
    const struct transaction *t = NULL;
    int64_t credits = 0;
    for (uint32_t i = 0; i < u->contracts_n; i++) {
        struct contract *c = &u->contracts[i];
        if (c->kind != CONTRACT_HEAD || c->state != CONTRACT_OPEN || c->target != victim->player)
            continue;
        t = t ? t : unit_transaction(u, "head", killer->player, a);
        account_id to = account_of(ACCOUNT_PILOT, killer->player);
        credits += c->fee;
        c->player = killer->player;
        close_contract(u, c, CONTRACT_EARNED, t->id, to, to);
    }
    if (!t)
        return;
    pilot_touch(killer);
    decide_notice(u, &a->event, killer->player, credits, "head");
    decide_touched(u, killer, "head");
}

/* The law takes from who killed a clean pilot, for whoever brings him down. */
static void punish(struct unit *u, struct act *a, struct pilot *killer, int64_t ship_price)
{
    int64_t credits = ST_MIN(ship_price / LAW_SHARE, unit_wallet(u, killer->player));
    if (credits <= 0 || u->contracts_n == CONTRACTS_MAX)
        return;
    const struct transaction *t = unit_transaction(u, "law", killer->player, a);
    unit_move(u, t->id, account_of(ACCOUNT_PILOT, killer->player), escrow_account(), BOOK_CREDITS,
              credits);
    (void)put_head(u, 0, killer->player, credits, u->now_ms + LAW_HOURS * 3600000ULL);
    pilot_touch(killer);
    decide_notice(u, &a->event, killer->player, -credits, "law");
    decide_touched(u, killer, "law");
}

void contracts_killed(struct unit *u, struct act *a, const struct pilot *victim,
                      struct pilot *killer, int64_t ship_price)
{
    pay_heads(u, a, victim, killer);
    if (a->event.crime)
        punish(u, a, killer, ship_price);
}
