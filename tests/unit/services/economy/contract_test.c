/* SPDX-License-Identifier: Apache-2.0 */
#include "store_kit.h"

#include <stdio.h>
#include <string.h>

#include <startrader/v1/contract.pb-c.h>

typedef Startrader__V1__ContractReply Reply;

static void cycle(void)
{
    struct act a = {.kind = ACT_DRIFT, .cycle = true};
    run(&a);
}

/* An offer; where there are any is the luck of the minute. */
static int64_t offer(void)
{
    int64_t c = ask("SELECT coalesce(min(id), 0) FROM economy.contracts WHERE kind = 1 AND"
                    " state = 1");
    ck_assert_int_ne(c, 0);
    return c;
}

static int64_t of(const char *column, int64_t contract)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT %s FROM economy.contracts WHERE id = %lld", column,
             (long long)contract);
    return ask(sql);
}

/* The request of a contract as a client would make it. */
static struct act about(enum contract_action action, uint64_t player, int64_t contract)
{
    struct act a = act_of(ACT_CONTRACT, player);
    a.contract_action = action;
    a.contract = (struct contract){.id = contract,
                                   .origin = (uint32_t)of("origin", contract),
                                   .destination = (uint32_t)of("destination", contract),
                                   .commodity = (uint32_t)of("commodity", contract)};
    return a;
}

static const Reply *answer(struct act *a)
{
    run(a);
    ck_assert_int_eq(a->code, CODE_OK);
    return kit_unpack(&startrader__v1__contract_reply__descriptor, a->answer, a->answer_len);
}

static int result(struct act a)
{
    return (int)answer(&a)->result;
}

/* In a heavy hauler, so that every lot fits. */
static uint64_t hauler_pilot(int64_t credits)
{
    uint64_t p = new_pilot();
    if (credits > 0)
        give(p, credits);
    ck_assert_int_eq(askf("UPDATE economy.ships SET class_id = 4, hull = 2000 WHERE player = %llu"
                          " RETURNING 1",
                          p),
                     1);
    return p;
}

static uint64_t rich_pilot(void)
{
    return hauler_pilot(97500);
}

/* To where a contract begins. */
static uint64_t there(uint64_t pilot, int64_t contract)
{
    uint32_t origin = (uint32_t)of("origin", contract);
    if (origin != TER)
        fly_to(pilot, origin);
    return pilot;
}

/* The escrow holds what open and taken contracts promise; the books say so. */
static void escrow_is_right(void)
{
    ck_assert_int_eq(ask("SELECT credits - (SELECT coalesce(sum(fee + CASE state WHEN 2 THEN"
                         " collateral ELSE 0 END), 0) FROM economy.contracts WHERE state IN (1, 2))"
                         "::bigint FROM economy.wallets WHERE account = economy.account_of(4, 13)"),
                     0);
    books_are_right();
}

START_TEST(stations_offer_what_others_lack)
{
    ask("WITH x AS (UPDATE economy.ships SET ready_at = now() + interval '9 days' WHERE player >"
        " 4294967040 RETURNING 1) SELECT count(*) FROM x");
    cycle();
    int64_t first = ask("SELECT count(*) FROM economy.contracts");
    ck_assert_int_ge(first, 8); /* of 12 stations */
    cycle();
    ck_assert_int_gt(ask("SELECT count(*) FROM economy.contracts"), first);
    for (int i = 0; i < 10; i++)
        cycle();
    ck_assert_int_eq(ask("SELECT count(*) FROM (SELECT FROM economy.contracts WHERE state = 1 GROUP"
                         " BY origin HAVING count(*) > 6) AS x"),
                     0);
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.contracts c JOIN economy.commodities g ON"
                         " g.id = c.commodity WHERE fee <= 0 OR collateral <> quantity * g.base OR"
                         " quantity * g.mass NOT BETWEEN 10 AND 40"),
                     0);
    escrow_is_right();
}
END_TEST

START_TEST(a_delivery_from_offer_to_pay)
{
    int64_t c = offer();
    uint64_t p = there(rich_pilot(), c);
    int64_t before = wallet(p), fee = of("fee", c), held = of("collateral", c);
    int good = (int)of("commodity", c);
    int64_t quantity = of("quantity", c);
    struct act take = about(CONTRACT_TAKE, p, c), again = take;
    const Reply *r = answer(&take);
    ck_assert_int_eq(r->result, ORDER_DONE);
    ck_assert_int_eq(r->contract->state, CONTRACT_TAKEN);
    ck_assert_int_eq(r->balance, before - held);
    ck_assert_int_eq(aboard(p, good), quantity);
    run(&again); /* the same answer, no second effect */
    ck_assert_uint_eq(again.answer_len, take.answer_len);
    ck_assert_mem_eq(again.answer, take.answer, take.answer_len);
    ck_assert_int_eq(aboard(p, good), quantity);
    escrow_is_right();
    undock(p);
    struct act dock = event_of(EVENT_DOCKED, p);
    dock.event.location = (uint32_t)of("destination", c);
    dock.event.hull = 2000;
    run(&dock);
    ck_assert_int_eq(dock.verdict, VERDICT_APPLIED);
    ck_assert_int_eq(of("state", c), CONTRACT_EARNED);
    ck_assert_int_eq(aboard(p, good), 0);
    ck_assert_int_eq(wallet(p), before + fee + 200 - 60); /* the first of five; the dock's fee */
    ck_assert_int_eq(askf("SELECT deliveries FROM economy.pilots WHERE player = %llu", p), 1);
    escrow_is_right();
}
END_TEST

START_TEST(who_gives_up_or_comes_late_loses_the_collateral)
{
    int64_t c = offer();
    uint64_t p = there(rich_pilot(), c);
    int64_t before = wallet(p), held = of("collateral", c);
    ck_assert_int_eq(result(about(CONTRACT_TAKE, p, c)), ORDER_DONE);
    ck_assert_int_eq(result(about(CONTRACT_TAKE, p, c)), ORDER_QUOTE_EXPIRED);
    ck_assert_int_eq(result(about(CONTRACT_DROP, new_pilot(), c)), ORDER_UNKNOWN_COMMODITY);
    ck_assert_int_eq(result(about(CONTRACT_DROP, p, c)), ORDER_DONE);
    ck_assert_int_eq(of("state", c), CONTRACT_FAILED);
    ck_assert_int_eq(wallet(p), before - held);
    ck_assert_int_eq(result(about(CONTRACT_DROP, p, c)), ORDER_QUOTE_EXPIRED);

    c = offer();
    uint64_t late = there(rich_pilot(), c);
    ck_assert_int_eq(result(about(CONTRACT_TAKE, late, c)), ORDER_DONE);
    ck_assert_int_eq(askf("UPDATE economy.contracts SET ends_at = now() - interval '1 s' WHERE id ="
                          " %llu RETURNING 1",
                          (uint64_t)c),
                     1);
    undock(late);
    struct act dock = event_of(EVENT_DOCKED, late);
    dock.event.location = (uint32_t)of("destination", c);
    run(&dock);
    ck_assert_int_eq(of("state", c), CONTRACT_TAKEN); /* too late: nothing is paid */
    cycle();
    ck_assert_int_eq(of("state", c), CONTRACT_FAILED);
    escrow_is_right();
}
END_TEST

START_TEST(offers_end_and_their_fees_go_back)
{
    int64_t open = ask("SELECT count(*) FROM economy.contracts WHERE state = 1");
    ck_assert_int_gt(open, 10);
    ask("WITH x AS (UPDATE economy.contracts SET ends_at = now() - interval '1 s' WHERE state = 1"
        " RETURNING 1) SELECT count(*) FROM x");
    cycle();
    cycle();
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.contracts WHERE state = 5"), open);
    ck_assert_int_gt(ask("SELECT count(*) FROM economy.contracts WHERE state = 1"), 0);
    escrow_is_right();
}
END_TEST

/* Of who takes it. */
static void demand(int64_t contract, int64_t collateral)
{
    char sql[160];
    snprintf(sql, sizeof sql,
             "UPDATE economy.contracts SET collateral = %lld WHERE id = %lld RETURNING collateral",
             (long long)collateral, (long long)contract);
    ck_assert_int_eq(ask(sql), collateral);
}

START_TEST(refusals)
{
    int64_t c = offer();
    uint64_t p = there(rich_pilot(), c);
    struct act none = about(CONTRACT_TAKE, p, c);
    none.contract.id = 4;
    ck_assert_int_eq(result(none), ORDER_UNKNOWN_COMMODITY);
    struct act wrong = about(CONTRACT_TAKE, p, c);
    wrong.contract.destination = wrong.contract.origin;
    ck_assert_int_eq(result(wrong), ORDER_UNKNOWN_COMMODITY);
    int64_t collateral = of("collateral", c);
    demand(c, 200000);
    ck_assert_int_eq(result(about(CONTRACT_TAKE, p, c)), ORDER_NO_CREDITS);
    demand(c, collateral);
    undock(p);
    ck_assert_int_eq(result(about(CONTRACT_TAKE, p, c)), ORDER_NOT_DOCKED);
    struct act other = about(CONTRACT_TAKE, p, c);
    memcpy(other.key, none.key, sizeof other.key);
    other.hash++;
    ck_assert_int_eq(result(other), ORDER_DUPLICATE);
    escrow_is_right();
}
END_TEST

/* Everybody's ship in space, so that it may be shot. */
static void kill(uint64_t victim, uint64_t killer, bool crime)
{
    undock(victim);
    struct act a = event_of(EVENT_DESTROYED, victim);
    a.event.killer_player = killer;
    a.event.zone = BELT;
    a.event.crime = crime;
    run(&a);
    ck_assert_int_eq(a.verdict, VERDICT_APPLIED);
}

static struct act price_on(uint64_t player, uint64_t target, int64_t credits)
{
    struct act a = act_of(ACT_CONTRACT, player);
    a.contract_action = CONTRACT_PUT_HEAD;
    a.contract = (struct contract){.target = target, .fee = credits};
    return a;
}

START_TEST(a_price_on_a_head_is_earned_by_who_brings_it_down)
{
    uint64_t angry = rich_pilot(), target = new_pilot(), hunter = new_pilot();
    ck_assert_int_eq(result(price_on(angry, target, 5000)), ORDER_DONE);
    ck_assert_int_eq(wallet(angry), 95000);
    ck_assert_int_eq(result(price_on(angry, 999, 5000)), ORDER_UNKNOWN_COMMODITY);
    ck_assert_int_eq(result(price_on(angry, angry, 5000)), ORDER_UNKNOWN_COMMODITY);
    ck_assert_int_eq(result(price_on(angry, WORLD_GUILD_PLAYER | 1, 5000)),
                     ORDER_UNKNOWN_COMMODITY);
    ck_assert_int_eq(result(price_on(angry, target, 500000)), ORDER_NO_CREDITS);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(result(price_on(angry, target, 1000)), ORDER_DONE);
    ck_assert_int_eq(result(price_on(angry, target, 1000)), ORDER_TOO_LARGE);
    kill(target, 0, false); /* by nobody: nothing is earned */
    ck_assert_int_eq(wallet(hunter), 2500);
    kill(target, hunter, false);
    ck_assert_int_eq(wallet(hunter), 2500 + 5000 + 4 * 1000);
    kill(target, hunter, false);
    ck_assert_int_eq(wallet(hunter), 2500 + 5000 + 4 * 1000);
    escrow_is_right();
}
END_TEST

START_TEST(murder_puts_a_price_on_the_murderers_head)
{
    uint64_t victim = new_pilot(), killer = rich_pilot(), hunter = new_pilot();
    ck_assert_int_gt(askf("UPDATE economy.ships SET class_id = 3, hull = 1300 WHERE player = %llu"
                          " RETURNING 1",
                          victim),
                     0);
    kill(victim, killer, true);
    ck_assert_int_eq(wallet(killer), 100000 - 1000); /* a tenth of a hauler */
    ck_assert_int_eq(
        askf("SELECT fee FROM economy.contracts WHERE kind = 2 AND state = 1 AND target"
             " = %llu",
             killer),
        1000);
    kill(killer, hunter, false);
    ck_assert_int_eq(wallet(hunter), 3500);
    escrow_is_right();
}
END_TEST

START_TEST(a_price_that_nobody_earned_goes_back)
{
    uint64_t angry = rich_pilot(), target = new_pilot();
    struct act ended[8];
    size_t n = 0;
    ck_assert_int_eq(result(price_on(angry, target, 3000)), ORDER_DONE);
    ck_assert_int_eq(store_overdue(store, ended, 8, &n), 0);
    ck_assert_uint_eq(n, 0);
    ck_assert_int_eq(
        askf("UPDATE economy.contracts SET ends_at = now() - interval '1 s' WHERE issuer"
             " = %llu RETURNING 1",
             angry),
        1);
    ck_assert_int_eq(store_overdue(store, ended, 8, &n), 0);
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(ended[0].kind, ACT_HEAD_END);
    ck_assert_uint_eq(ended[0].player, angry);
    for (int i = 0; i < 2; i++) { /* twice: once is enough */
        struct act a = ended[0];
        run(&a);
        ck_assert_int_eq(wallet(angry), 100000);
    }
    escrow_is_right();
}
END_TEST

START_TEST(what_is_told)
{
    int64_t c = offer();
    uint64_t p = there(rich_pilot(), c);
    uint32_t origin = (uint32_t)of("origin", c);
    ck_assert_int_eq(result(about(CONTRACT_TAKE, p, c)), ORDER_DONE);
    ck_assert_int_eq(result(price_on(p, new_pilot(), 2000)), ORDER_DONE);
    struct act look = act_of(ACT_CONTRACTS, p), *acts[] = {&look};
    look.location = origin;
    ck_assert_int_eq(store_look(store, acts, 1), 0);
    ck_assert_int_eq(look.code, CODE_OK);
    const Startrader__V1__ContractsReply *r =
        kit_unpack(&startrader__v1__contracts_reply__descriptor, look.answer, look.answer_len);
    ck_assert_uint_eq(r->n_own, 1);
    ck_assert_int_eq((int64_t)r->own[0]->contract, c);
    ck_assert_uint_le(r->n_offer, 6);
    for (size_t i = 0; i < r->n_offer; i++)
        ck_assert_uint_eq(r->offer[i]->origin, origin);
    ck_assert_uint_ge(r->n_head, 1);
    /* The first question of a new session waits for a writer, and is answered there alike. */
    size_t offers = r->n_offer;
    struct act later = act_of(ACT_CONTRACTS, p), *one[] = {&later};
    later.session_epoch = 2;
    later.location = origin;
    ck_assert_int_eq(store_look(store, one, 1), 0);
    ck_assert(later.must_lock);
    run(&later);
    r = kit_unpack(&startrader__v1__contracts_reply__descriptor, later.answer, later.answer_len);
    ck_assert_uint_eq(r->n_offer, offers);
    ck_assert_uint_eq(r->n_own, 1);
    ck_assert_uint_ge(r->n_head, 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        stations_offer_what_others_lack,
        a_delivery_from_offer_to_pay,
        who_gives_up_or_comes_late_loses_the_collateral,
        offers_end_and_their_fees_go_back,
        refusals,
        a_price_on_a_head_is_earned_by_who_brings_it_down,
        murder_puts_a_price_on_the_murderers_head,
        a_price_that_nobody_earned_goes_back,
        what_is_told,
    };
    return kit_main("contract", tests, sizeof tests / sizeof tests[0]);
}
