/* SPDX-License-Identifier: Apache-2.0 */
/* Ships that pilots buy, trade in and change between, on a real Postgres with the real seed. */
#include "store_kit.h"

#include <check.h>
#include <stdlib.h>

enum { SHUTTLE = 1, SCOUT = 2, HAULER = 3, HEAVY = 4, FIGHTER = 5, CER = 6 };

static int64_t price_of(uint32_t class_id)
{
    return world_config_class(&catalog.world, class_id)->price;
}

static const Startrader__V1__ShipReply *buy(struct act *a)
{
    run(a);
    ck_assert_int_eq(a->code, CODE_OK);
    return kit_unpack(&startrader__v1__ship_reply__descriptor, a->answer, a->answer_len);
}

static struct act ship_act(uint64_t player, uint32_t class_id, bool trade_in)
{
    struct act a = act_of(ACT_SHIP, player);
    a.class_id = class_id;
    a.trade_in = trade_in;
    return a;
}

static enum order_result result_of(struct act a)
{
    return (enum order_result)buy(&a)->result;
}

static int64_t holder_of(uint32_t ship)
{
    return askf("SELECT holder_kind FROM economy.ships WHERE id = %llu", ship);
}

START_TEST(a_yard_sells_what_it_builds)
{
    uint64_t p = new_pilot();
    ck_assert_int_eq(result_of(ship_act(p, SCOUT, false)), ORDER_UNKNOWN_COMMODITY); /* Terra */
    fly_to(p, LUN);
    struct act poor = ship_act(p, HAULER, true);
    const Startrader__V1__ShipReply *r = buy(&poor);
    ck_assert_int_eq(r->result, ORDER_NO_CREDITS);
    ck_assert_int_eq((int64_t)r->limit, price_of(HAULER) - wallet(p));
    ck_assert_int_eq(result_of(ship_act(p, 7, true)), ORDER_UNKNOWN_COMMODITY); /* of raiders */
    give(p, 60000);
    uint32_t shuttle = ship_of(p);
    struct act food = order_of(p, ORDER_BUY, FOO, 5);
    food.location = LUN;
    ck_assert_int_eq(order(&food), ORDER_DONE);
    int64_t before = wallet(p);
    struct act a = ship_act(p, HAULER, true), again = a;
    r = buy(&a);
    ck_assert_int_eq(r->result, ORDER_DONE);
    ck_assert_int_eq(r->total, price_of(HAULER));
    ck_assert_uint_eq(r->ship, ship_of(p));
    ck_assert_uint_eq(r->class_id, HAULER);
    ck_assert_int_eq(wallet(p), before - price_of(HAULER));
    ck_assert_int_eq(holder_of(shuttle), HOLDER_SOLD);
    ck_assert_int_eq(aboard(p, FOO), 5);
    ck_assert_int_eq(buy(&again)->result, ORDER_DONE); /* answered again, not done again */
    ck_assert_int_eq(wallet(p), before - price_of(HAULER));
    again.trade_in = false;
    again.hash = 2;
    ck_assert_int_eq(buy(&again)->result, ORDER_DUPLICATE);
    books_are_right();
}
END_TEST

START_TEST(a_ship_is_traded_in_for_a_share)
{
    uint64_t p = new_pilot();
    fly_to(p, LUN);
    give(p, 60000);
    ck_assert_int_eq(result_of(ship_act(p, FIGHTER, true)), ORDER_DONE);
    int64_t before = wallet(p), back = price_of(FIGHTER) * 600 / 1000;
    (void)askf("UPDATE economy.ships SET hull = hull / 2 WHERE id = %llu RETURNING 1", ship_of(p));
    struct act a = ship_act(p, SCOUT, true);
    const Startrader__V1__ShipReply *r = buy(&a);
    ck_assert_int_eq(r->result, ORDER_DONE);
    ck_assert_int_eq(r->total, price_of(SCOUT) - back / 2);
    ck_assert_int_lt(r->total, 0);
    ck_assert_int_eq(wallet(p), before - r->total);
    struct act dear = ship_act(p, FIGHTER, true);
    dear.worst_total = 10;
    r = buy(&dear);
    ck_assert_int_eq(r->result, ORDER_PRICE_MOVED);
    ck_assert_int_gt(r->total, 10);
    books_are_right();
}
END_TEST

START_TEST(several_ships_are_kept)
{
    uint64_t p = new_pilot();
    fly_to(p, LUN);
    give(p, 400000);
    uint32_t shuttle = ship_of(p);
    ck_assert_int_eq(result_of(ship_act(p, HAULER, false)), ORDER_DONE);
    uint32_t hauler = ship_of(p);
    struct act food = order_of(p, ORDER_BUY, FOO, 40);
    food.location = LUN;
    ck_assert_int_eq(order(&food), ORDER_DONE);
    struct act account = act_of(ACT_ACCOUNT, p);
    run(&account);
    const Startrader__V1__AccountReply *r =
        kit_unpack(&startrader__v1__account_reply__descriptor, account.answer, account.answer_len);
    ck_assert_uint_eq(r->n_fleet, 2);
    ck_assert_uint_eq(r->fleet[0]->ship, shuttle);
    ck_assert_uint_eq(r->fleet[1]->ship, hauler);
    ck_assert_uint_eq(r->fleet[1]->resale, (uint32_t)(price_of(HAULER) * 600 / 1000));
    struct act small = act_of(ACT_SHIP, p);
    small.ship = shuttle;
    const Startrader__V1__ShipReply *s = buy(&small);
    ck_assert_int_eq(s->result, ORDER_NO_SPACE); /* 40 t into 24 */
    ck_assert_uint_eq(s->limit, 24);
    struct act sell = order_of(p, ORDER_SELL, FOO, 30);
    sell.location = LUN;
    ck_assert_int_eq(order(&sell), ORDER_DONE);
    struct act take = act_of(ACT_SHIP, p);
    take.ship = shuttle;
    ck_assert_int_eq(buy(&take)->result, ORDER_DONE);
    ck_assert_uint_eq(ship_of(p), shuttle);
    ck_assert_int_eq(aboard(p, FOO), 10);
    fly_to(p, TER); /* the hauler stays */
    struct act far = act_of(ACT_SHIP, p);
    far.ship = hauler;
    ck_assert_int_eq(buy(&far)->result, ORDER_UNKNOWN_COMMODITY);
    undock(p);
    struct act out = ship_act(p, SCOUT, false);
    ck_assert_int_eq(buy(&out)->result, ORDER_NOT_DOCKED);
    books_are_right();
}
END_TEST

START_TEST(nobody_hoards_ships_and_nobody_takes_anothers)
{
    uint64_t p = new_pilot(), other = new_pilot();
    fly_to(p, LUN);
    fly_to(other, LUN);
    struct act thief = act_of(ACT_SHIP, other);
    thief.ship = ship_of(p);
    ck_assert_int_eq(buy(&thief)->result, ORDER_UNKNOWN_COMMODITY);
    for (int i = 1; i < RULES_SHIPS_MAX; i++)
        ck_assert_int_eq(result_of(ship_act(p, SHUTTLE, false)), ORDER_DONE);
    struct act more = ship_act(p, SHUTTLE, false);
    const Startrader__V1__ShipReply *r = buy(&more);
    ck_assert_int_eq(r->result, ORDER_TOO_LARGE);
    ck_assert_uint_eq(r->limit, RULES_SHIPS_MAX);
    ck_assert_int_eq(result_of(ship_act(p, SHUTTLE, true)), ORDER_DONE);
    books_are_right();
}
END_TEST

/* In one batch each act sees what the one before has left. */
START_TEST(a_batch_buys_once_for_the_money)
{
    uint64_t p = new_pilot();
    fly_to(p, LUN);
    give(p, price_of(SCOUT) - wallet(p) + 100);
    struct act a[3], *acts[3];
    int done = 0;
    for (int i = 0; i < 3; i++) {
        a[i] = ship_act(p, SCOUT, false);
        acts[i] = &a[i];
    }
    ck_assert_int_eq(store_run(store, acts, 3), 0);
    for (int i = 0; i < 3; i++)
        done += a[i].answer[1] == ORDER_DONE;
    ck_assert_int_eq(done, 1);
    ck_assert_int_eq(wallet(p), 100);
    books_are_right();
}
END_TEST

START_TEST(small_yards_build_small_ships)
{
    uint64_t p = new_pilot();
    fly_to(p, CER);
    give(p, 400000);
    ck_assert_int_eq(result_of(ship_act(p, HEAVY, false)), ORDER_UNKNOWN_COMMODITY);
    ck_assert_int_eq(result_of(ship_act(p, FIGHTER, false)), ORDER_DONE);
    books_are_right();
}
END_TEST

static struct act refit_act(uint64_t player, uint32_t weapon)
{
    struct act a = act_of(ACT_SHIP, player);
    a.weapon = weapon;
    return a;
}

START_TEST(guns_are_refitted_at_a_yard)
{
    enum { PULSE = 1, AUTO = 2, TORPEDO = 3 };
    uint64_t p = new_pilot();
    give(p, 10000);
    ck_assert_int_eq(result_of(refit_act(p, AUTO)), ORDER_UNKNOWN_COMMODITY); /* Terra: no yard */
    fly_to(p, LUN);
    ck_assert_int_eq(result_of(refit_act(p, PULSE)), ORDER_UNKNOWN_COMMODITY); /* it has them */
    ck_assert_int_eq(result_of(refit_act(p, TORPEDO)), ORDER_UNKNOWN_COMMODITY);
    int64_t before = wallet(p);
    struct act dear = refit_act(p, AUTO);
    dear.worst_total = 100;
    ck_assert_int_eq(buy(&dear)->result, ORDER_PRICE_MOVED);
    struct act a = refit_act(p, AUTO);
    const Startrader__V1__ShipReply *r = buy(&a);
    ck_assert_int_eq(r->result, ORDER_DONE);
    ck_assert_int_eq(r->total, 2 * (1200 - 900 / 2));
    ck_assert_uint_eq(r->weapon, AUTO);
    ck_assert_int_eq(wallet(p), before - r->total);
    ck_assert_int_eq(askf("SELECT weapon FROM economy.ships WHERE id = %u", ship_of(p)), AUTO);
    struct act back = refit_act(p, PULSE);
    ck_assert_int_eq(buy(&back)->total, 2 * (900 - 1200 / 2));
    undock(p);
    ck_assert_int_eq(result_of(refit_act(p, AUTO)), ORDER_NOT_DOCKED);
    books_are_right();
}
END_TEST

static struct act policy_act(uint64_t player, enum insurance wish)
{
    struct act a = act_of(ACT_SHIP, player);
    a.insurance = wish;
    return a;
}

static int64_t policy_of(uint64_t player)
{
    return askf("SELECT insurance FROM economy.ships WHERE id = %u", ship_of(player));
}

static void lose(uint64_t player)
{
    undock(player);
    struct act a = event_of(EVENT_DESTROYED, player);
    a.event.zone = 5; /* the Belt: half of the price */
    run(&a);
}

static uint32_t class_of(uint64_t player)
{
    return (uint32_t)askf("SELECT class_id FROM economy.ships WHERE id = %u", ship_of(player));
}

START_TEST(a_policy_covers_one_loss)
{
    uint64_t p = new_pilot();
    fly_to(p, LUN);
    give(p, 60000);
    ck_assert_int_eq(result_of(policy_act(p, INSURANCE_WANTED)),
                     ORDER_UNKNOWN_COMMODITY); /* a shuttle is free anyway */
    struct act a = ship_act(p, HAULER, true);
    a.insurance = INSURANCE_WANTED;
    const Startrader__V1__ShipReply *r = buy(&a);
    ck_assert_int_eq(r->total, price_of(HAULER) + price_of(HAULER) * 4 / 100);
    ck_assert_int_eq(r->insurance, STARTRADER__V1__INSURANCE__INSURANCE_HELD);
    int64_t before = wallet(p);
    lose(p);
    ck_assert_int_eq(wallet(p), before - price_of(HAULER) / 2);
    ck_assert_uint_eq(class_of(p), HAULER);
    ck_assert_int_eq(policy_of(p), INSURANCE_WANTED);
    before = wallet(p);
    fly_to(p, LUN); /* with 520 points of hull; docking pays the next premium too */
    ck_assert_int_eq(policy_of(p), INSURANCE_HELD);
    ck_assert_int_eq(wallet(p), before - 20 - 500 * 780 / 1300 - price_of(HAULER) * 4 / 100);
    ck_assert_int_eq(result_of(policy_act(p, INSURANCE_NONE)), ORDER_DONE);
    before = wallet(p);
    lose(p);
    ck_assert_int_eq(wallet(p), before);
    ck_assert_uint_eq(class_of(p), SHUTTLE);
    books_are_right();
}
END_TEST

START_TEST(who_cannot_add_the_rest_keeps_the_payout)
{
    uint64_t p = new_pilot();
    fly_to(p, LUN);
    give(p, price_of(FIGHTER) * 104 / 100 + 100 - wallet(p));
    struct act a = ship_act(p, FIGHTER, true);
    a.insurance = INSURANCE_WANTED;
    ck_assert_int_eq(buy(&a)->result, ORDER_DONE);
    ck_assert_int_eq(wallet(p), 100);
    lose(p);
    ck_assert_int_eq(wallet(p), 100 + price_of(FIGHTER) / 2);
    ck_assert_uint_eq(class_of(p), SHUTTLE);
    ck_assert_int_eq(policy_of(p), INSURANCE_NONE);
    books_are_right();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_yard_sells_what_it_builds,
                                  a_ship_is_traded_in_for_a_share,
                                  several_ships_are_kept,
                                  nobody_hoards_ships_and_nobody_takes_anothers,
                                  a_batch_buys_once_for_the_money,
                                  small_yards_build_small_ships,
                                  guns_are_refitted_at_a_yard,
                                  a_policy_covers_one_loss,
                                  who_cannot_add_the_rest_keeps_the_payout};
    return kit_main("shipyard", tests, ST_ARRAY_LEN(tests));
}
