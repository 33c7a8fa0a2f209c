/* SPDX-License-Identifier: Apache-2.0 */
/* The rules and the store together, on a real Postgres with the real seed. */
#include "store_kit.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <st/alloc.h>
#include <st/clock.h>
#include <st/err.h>

START_TEST(provision_happens_once)
{
    uint64_t p = new_pilot();
    struct act again = act_of(ACT_PROVISION, p);
    run(&again);
    ck_assert_int_eq(again.code, CODE_OK);
    ck_assert_int_eq(wallet(p), 2500);
    ck_assert_int_eq(askf("SELECT count(*) FROM economy.ships WHERE player = %llu", p), 1);
    struct act twice[2] = {act_of(ACT_PROVISION, next_player), act_of(ACT_PROVISION, next_player)};
    next_player++;
    struct act *acts[] = {&twice[0], &twice[1]};
    ck_assert_int_eq(store_run(store, acts, 2), 0);
    ck_assert_int_eq(twice[1].code, CODE_OK);
    ck_assert_mem_eq(twice[0].answer, twice[1].answer, twice[0].answer_len);
    struct act nobody = act_of(ACT_WHERE, 4000000000u);
    run(&nobody);
    ck_assert_int_eq(nobody.code, CODE_NOT_FOUND);
    books_are_right();
}
END_TEST

START_TEST(orders_are_idempotent)
{
    uint64_t p = new_pilot();
    struct act a = order_of(p, ORDER_BUY, FOO, 10), b;
    ck_assert_int_eq(order(&a), ORDER_DONE);
    int64_t after = wallet(p);
    ck_assert_int_lt(after, 2500);
    b = a;
    ck_assert_int_eq(order(&b), ORDER_DONE);
    ck_assert_uint_eq(a.answer_len, b.answer_len);
    ck_assert_mem_eq(a.answer, b.answer, a.answer_len);
    ck_assert_int_eq(wallet(p), after);
    ck_assert_int_eq(aboard(p, FOO), 10);
    b.quantity = 11;
    b.hash = 2;
    ck_assert_int_eq(order(&b), ORDER_DUPLICATE);
    /* a refusal is final under its key too */
    struct act dear = order_of(p, ORDER_BUY, FOO, 10), same;
    dear.worst_total = 1;
    same = dear;
    ck_assert_int_eq(order(&dear), ORDER_PRICE_MOVED);
    ck_assert_int_eq(order(&same), ORDER_PRICE_MOVED);
    ck_assert_mem_eq(dear.answer, same.answer, dear.answer_len);
    struct act sell = order_of(p, ORDER_SELL, FOO, 10);
    ck_assert_int_eq(order(&sell), ORDER_DONE);
    ck_assert_int_lt(wallet(p), 2500);
    struct act none = order_of(p, ORDER_BUY, STI, 1);
    ck_assert_int_eq(order(&none), ORDER_UNKNOWN_COMMODITY);
    books_are_right();
}
END_TEST

START_TEST(one_wallet_is_never_spent_twice)
{
    uint64_t p = new_pilot();
    struct act a[ECONOMY_BATCH_MAX], *acts[ECONOMY_BATCH_MAX];
    int done = 0;
    for (int i = 0; i < ECONOMY_BATCH_MAX; i++) {
        a[i] = order_of(p, ORDER_BUY, POL, 5);
        acts[i] = &a[i];
    }
    ck_assert_int_eq(store_run(store, acts, ECONOMY_BATCH_MAX), 0);
    for (int i = 0; i < ECONOMY_BATCH_MAX; i++)
        done += a[i].answer[1] == ORDER_DONE;
    ck_assert_int_gt(done, 0);
    ck_assert_int_le(done, 4); /* the hold takes 24 t */
    ck_assert_int_eq(aboard(p, POL), 5 * done);
    ck_assert_int_ge(wallet(p), 0);
    books_are_right();
}
END_TEST

START_TEST(a_newer_session_fences_the_older)
{
    uint64_t p = new_pilot();
    struct act newer = act_of(ACT_WHERE, p), older = order_of(p, ORDER_BUY, FOO, 1);
    newer.session_epoch = 7;
    run(&newer);
    ck_assert_int_eq(newer.code, CODE_OK);
    older.session_epoch = 6;
    run(&older);
    ck_assert_int_eq(older.code, CODE_FENCED);
    ck_assert_int_eq(wallet(p), 2500);
}
END_TEST

START_TEST(a_quote_is_firm_and_used_once)
{
    uint64_t p = new_pilot(), other = new_pilot();
    struct act q = act_of(ACT_QUOTE, p);
    q.location = TER, q.commodity = ICE, q.side = ORDER_BUY, q.quantity = 5;
    run(&q);
    const Startrader__V1__QuoteReply *r =
        kit_unpack(&startrader__v1__quote_reply__descriptor, q.answer, q.answer_len);
    ck_assert_int_eq(r->result, ORDER_DONE);
    uint64_t promised = r->total;
    struct act a = order_of(p, ORDER_BUY, ICE, 5), b, c;
    a.has_quote = true;
    memcpy(a.quote_id, r->quote_id.data, KEY_BYTES);
    b = order_of(p, ORDER_BUY, ICE, 5);
    c = order_of(other, ORDER_BUY, ICE, 5);
    b.has_quote = c.has_quote = true;
    memcpy(b.quote_id, a.quote_id, KEY_BYTES);
    memcpy(c.quote_id, a.quote_id, KEY_BYTES);
    ck_assert_int_eq(order(&c), ORDER_QUOTE_EXPIRED); /* not his */
    ck_assert_int_eq(order(&a), ORDER_DONE);
    ck_assert_int_eq(2500 - wallet(p), (int64_t)promised);
    ck_assert_int_eq(order(&b), ORDER_QUOTE_EXPIRED);
}
END_TEST

START_TEST(a_flight_is_booked)
{
    uint64_t p = new_pilot();
    undock(p);
    const Startrader__V1__Baton *b = last_baton();
    ck_assert_int_eq(b->kind, BATON_APPEAR);
    ck_assert_uint_eq(b->world_epoch, epoch);
    ck_assert_uint_eq(b->state->version, 2);
    ck_assert_uint_eq(b->state->location, TER);
    ck_assert(b->state->newcomer);
    struct act trade = order_of(p, ORDER_BUY, FOO, 1), twice = act_of(ACT_UNDOCK, p);
    ck_assert_int_eq(order(&trade), ORDER_NOT_DOCKED);
    run(&twice);
    ck_assert_uint_eq(twice.answer[1], ACTION_NOT_POSSIBLE);
    struct act dock = event_of(EVENT_DOCKED, p), again = dock, forged = dock;
    dock.event.location = TER;
    dock.event.hull = 260;
    dock.event.flown_ticks = 1200;
    again.event = dock.event;
    run(&dock);
    ck_assert_int_eq(dock.verdict, VERDICT_APPLIED);
    /* fee 8, fuel 12, half a hull 75 */
    ck_assert_int_eq(wallet(p), 2500 - 8 - 12 - 75);
    ck_assert_int_eq(aboard(p, FOO), 12); /* job 1 is loaded */
    ck_assert_uint_eq(version_of(p), 3);
    run(&again);
    ck_assert_int_eq(again.verdict, VERDICT_AGAIN);
    ck_assert_int_eq(wallet(p), 2500 - 95);
    forged.event = dock.event;
    forged.event.hash = 99;
    run(&forged);
    ck_assert_int_eq(forged.verdict, VERDICT_FORGED);
    ck_assert_int_eq(askf("SELECT count(*) FROM economy.outbox WHERE subject LIKE 'baton%%' AND"
                          " payload IN (SELECT unnest(answers) FROM economy.inbox"
                          " WHERE event_id = %llu)",
                          dock.event.id),
                     8);
    books_are_right();
}
END_TEST

START_TEST(the_first_jobs_pay)
{
    uint64_t p = new_pilot();
    static const struct {
        uint32_t location, step;
        int64_t fee;
    } stops[] = {{TER, 1, 0}, {LUN, 3, 400}, {5, 4, 600}};
    for (size_t i = 0; i < ST_ARRAY_LEN(stops); i++) {
        undock(p);
        int64_t before = wallet(p);
        struct act dock = event_of(EVENT_DOCKED, p);
        dock.event.location = stops[i].location;
        run(&dock);
        ck_assert_int_eq(askf("SELECT job_step FROM economy.pilots WHERE player = %llu", p),
                         stops[i].step);
        ck_assert_int_eq(wallet(p), before + stops[i].fee - 8);
    }
    ck_assert_int_eq(aboard(p, FOO) + aboard(p, 13), 0);
    books_are_right();
}
END_TEST

START_TEST(versions_decide)
{
    uint64_t p = new_pilot();
    undock(p);
    struct act old = event_of(EVENT_DOCKED, p), ahead = event_of(EVENT_DOCKED, p),
               epoch_before = event_of(EVENT_DOCKED, p);
    old.event.location = ahead.event.location = epoch_before.event.location = TER;
    old.event.version = 1;
    run(&old);
    ck_assert_int_eq(old.verdict, VERDICT_REFUSED);
    ck_assert_int_eq(last_baton()->kind, BATON_REFUSED);
    ck_assert_uint_eq(last_baton()->state->version, 2);
    epoch_before.event.world_epoch = epoch - 1;
    run(&epoch_before);
    ck_assert_int_eq(epoch_before.verdict, VERDICT_OLD_EPOCH);
    ahead.event.version = 9;
    run(&ahead);
    ck_assert_int_eq(ahead.verdict, VERDICT_AHEAD);
    ahead.event.deliveries = ECONOMY_EVENT_TRIES + 1;
    run(&ahead);
    ck_assert_int_eq(ahead.verdict, VERDICT_QUARANTINED);
    ck_assert_int_eq(askf("SELECT locked::int FROM economy.ships WHERE player = %llu", p), 1);
    ck_assert_uint_eq(version_of(p), 2);
}
END_TEST

static void fill_hold(uint64_t player)
{
    struct act a = order_of(player, ORDER_BUY, ICE, 10), b = order_of(player, ORDER_BUY, FOO, 8);
    ck_assert_int_eq(order(&a), ORDER_DONE);
    ck_assert_int_eq(order(&b), ORDER_DONE);
}

START_TEST(a_loss_is_booked_to_the_last_unit)
{
    uint64_t victim = new_pilot(), finder = new_pilot();
    fill_hold(victim);
    undock(victim);
    undock(finder);
    int64_t before = wallet(victim);
    struct act loss = event_of(EVENT_DESTROYED, victim);
    loss.event.zone = BELT;
    loss.event.drops_n = 1;
    loss.event.drops[0] = (struct container){
        .loot = 77, .x = 1000, .y = 2000, .goods = {{{ICE, 5}, {FOO, 100}, {FUE, 3}}, 3}};
    run(&loss);
    ck_assert_int_eq(loss.verdict, VERDICT_APPLIED);
    ck_assert_int_eq(aboard(victim, ICE) + aboard(victim, FOO), 0);
    /* at most what was aboard drops, the rest is destroyed */
    ck_assert_int_eq(
        ask("SELECT quantity FROM economy.loot_goods WHERE loot = 77 AND commodity = 1"), 5);
    ck_assert_int_eq(
        ask("SELECT quantity FROM economy.loot_goods WHERE loot = 77 AND commodity = 6"), 8);
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.loot_goods WHERE loot = 77"), 2);
    ck_assert_int_eq(wallet(victim), before); /* the shuttle is replaced free */
    ck_assert_int_eq(askf("SELECT holder_id FROM economy.ships WHERE player = %llu", victim), TER);

    struct act pick = event_of(EVENT_PICKED_UP, finder), more;
    pick.event.loot = 77;
    pick.event.goods = (struct manifest){{{FOO, 8}, {ICE, 2}}, 2};
    run(&pick);
    ck_assert_int_eq(pick.verdict, VERDICT_APPLIED);
    ck_assert_int_eq(aboard(finder, FOO), 8);
    more = event_of(EVENT_PICKED_UP, finder);
    more.event.loot = 77;
    more.event.goods = (struct manifest){{{ICE, 4}}, 1};
    run(&more);
    ck_assert_int_eq(more.verdict, VERDICT_REFUSED); /* 3 are left */
    ck_assert_uint_eq(last_baton()->loot[0]->goods[0]->quantity, 3);
    struct act npc = event_of(EVENT_PICKED_UP, 0), end = event_of(EVENT_LOOT_EXPIRED, 0);
    npc.event.loot = end.event.loot = 77;
    npc.event.goods = (struct manifest){{{ICE, 1}}, 1};
    run(&npc);
    ck_assert_int_eq(npc.verdict, VERDICT_APPLIED);
    run(&end);
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.loot WHERE id = 77"), 0);
    books_are_right();
}
END_TEST

START_TEST(bounties_and_npc_drops)
{
    uint64_t p = new_pilot();
    undock(p);
    struct act raider = event_of(EVENT_DESTROYED, 0), drone = event_of(EVENT_DESTROYED, 0);
    raider.event.class_id = 7;
    raider.event.level = 2;
    raider.event.zone = BELT;
    raider.event.killer_player = drone.event.killer_player = p;
    raider.event.drops_n = 1;
    raider.event.drops[0] = (struct container){.loot = 78, .goods = {{{FUE, 3}}, 1}};
    drone.event.class_id = WORLD_CLASS_DRONE;
    struct act *acts[] = {&raider, &drone};
    ck_assert_int_eq(store_run(store, acts, 2), 0);
    ck_assert_int_eq(wallet(p), 2500 + 1100 + 100);
    ck_assert_int_eq(ask("SELECT quantity FROM economy.loot_goods WHERE loot = 78"), 3);
    books_are_right();
}
END_TEST

START_TEST(cargo_overboard_and_ships_at_rest)
{
    uint64_t p = new_pilot();
    fill_hold(p);
    undock(p);
    struct act throw = event_of(EVENT_JETTISONED, p), lie = event_of(EVENT_JETTISONED, p);
    throw.event.drops_n = lie.event.drops_n = 1;
    throw.event.drops[0] = (struct container){.loot = 79, .goods = {{{ICE, 4}}, 1}};
    lie.event.drops[0] = (struct container){.loot = 80, .goods = {{{ICE, 50}}, 1}};
    run(&throw);
    ck_assert_int_eq(throw.verdict, VERDICT_APPLIED);
    ck_assert_int_eq(aboard(p, ICE), 6);
    run(&lie);
    ck_assert_int_eq(lie.verdict, VERDICT_REFUSED);
    struct act park = event_of(EVENT_PARKED, p);
    park.event.x = 111;
    park.event.y = 222;
    park.event.hull = 100;
    run(&park);
    ck_assert_int_eq(park.verdict, VERDICT_APPLIED);
    undock(p);
    const Startrader__V1__Baton *b = last_baton();
    ck_assert_int_eq(b->state->position->x, 111);
    ck_assert_uint_eq(b->state->location, 0);
    ck_assert_uint_eq(b->state->hull, 100);
    ck_assert_uint_eq(b->state->n_cargo, 2);
    books_are_right();
}
END_TEST

START_TEST(an_operator_grants_a_ship)
{
    uint64_t p = new_pilot();
    fill_hold(p);
    struct act small = act_of(ACT_GRANT, p), big = act_of(ACT_GRANT, p), again;
    small.session_epoch = big.session_epoch = 0;
    small.class_id = 2; /* 18 t do not fit into a scout */
    big.class_id = 3;
    run(&small);
    ck_assert_int_eq(small.code, CODE_CONFLICT);
    again = big;
    run(&big);
    run(&again);
    ck_assert_int_eq(big.code, CODE_OK);
    ck_assert_mem_eq(big.answer, again.answer, big.answer_len);
    ck_assert_int_eq(aboard(p, ICE), 10);
    ck_assert_int_eq(askf("SELECT count(*) FROM economy.ships WHERE player = %llu", p), 2);
    books_are_right();
}
END_TEST

START_TEST(markets_live)
{
    struct act drift = {.kind = ACT_DRIFT, .cycle = true};
    int64_t moved = ask("SELECT count(*) FROM economy.market_prices WHERE version > 1");
    run(&drift);
    ck_assert_int_gt(ask("SELECT count(*) FROM economy.market_prices WHERE version > 1"),
                     moved + 100);
    ck_assert_int_eq(ask("SELECT count(*) FROM economy.price_history"), catalog.lines_n);
    struct market_line *lines = st_alloc_array(LINES_MAX, sizeof *lines);
    size_t n = 0, told = 0;
    ck_assert_int_eq(store_markets(store, lines, &n), 0);
    ck_assert_uint_eq(n, catalog.lines_n);
    for (size_t i = 0; i < n; i++)
        told += lines[i].event == MARKET_EVENT_SHORTAGE && lines[i].event_until_ms > st_wall_ms();
    ck_assert_uint_eq(told, 1);
    st_free(lines);
    books_are_right();
}
END_TEST

START_TEST(tubes_are_filled_at_the_dock_as_far_as_the_wallet_goes)
{
    uint64_t p = new_pilot();
    ck_assert_int_eq(askf("UPDATE economy.ships SET class_id = 5, hull = 1000, torpedoes = 1"
                          " WHERE player = %llu RETURNING 1",
                          p),
                     1);
    undock(p);
    int64_t before = wallet(p);
    struct act dock = event_of(EVENT_DOCKED, p);
    dock.event.location = LUN;
    dock.event.hull = 1000;
    dock.event.torpedoes = 1;
    run(&dock);
    ck_assert_int_eq(askf("SELECT torpedoes FROM economy.ships WHERE player = %llu", p), 4);
    ck_assert_int_eq(wallet(p), before - 15 - 3 * 60); /* the dock's fee, and three of them */
    books_are_right();
}
END_TEST

START_TEST(who_is_parked_for_a_day_is_found_and_towed)
{
    uint64_t p = new_pilot(), players[4];
    uint32_t ships[4];
    size_t n = 0;
    undock(p);
    struct act park = event_of(EVENT_PARKED, p);
    park.event.x = park.event.y = 1 << 28;
    run(&park);
    ck_assert_int_eq(store_clean(store, ships, players, 4, &n), 0);
    ck_assert_uint_eq(n, 0);
    ck_assert_int_eq(askf("UPDATE economy.ships SET changed_at = now() - interval '25 hours'"
                          " WHERE player = %llu RETURNING 1",
                          p),
                     1);
    ck_assert_int_eq(store_clean(store, ships, players, 4, &n), 0);
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(players[0], p);
    struct act tow = {.kind = ACT_TOW, .player = p, .ship = ships[0]};
    run(&tow);
    ck_assert_int_eq(askf("SELECT holder_kind FROM economy.ships WHERE player = %llu", p),
                     HOLDER_STATION);
    books_are_right();
}
END_TEST

START_TEST(opening_fences_the_world_before)
{
    uint64_t p = new_pilot();
    undock(p);
    size_t ships = 0;
    uint64_t before = epoch;
    struct act dock = event_of(EVENT_DOCKED, p);
    dock.event.location = TER;
    epoch = open_shard(&ships);
    ck_assert_uint_eq(epoch, before + 1);
    ck_assert_uint_eq(ships,
                      (size_t)ask("SELECT count(*) FROM economy.ships WHERE holder_kind = 1"));
    run(&dock);
    ck_assert_int_eq(dock.verdict, VERDICT_OLD_EPOCH);
    ck_assert_uint_eq(version_of(p), 2);
}
END_TEST

START_TEST(the_outbox_is_relayed_once)
{
    struct outgoing_batch *b = st_alloc(sizeof *b);
    int64_t waiting = ask("SELECT count(*) FROM economy.outbox WHERE published_at IS NULL"),
            seen = 0;
    ck_assert_int_gt(waiting, 0);
    for (;;) {
        ck_assert_int_eq(store_relay(store, b), 0);
        if (b->count == 0)
            break;
        for (size_t i = 0; i < b->count; i++) {
            ck_assert(i == 0 || b->rows[i].id > b->rows[i - 1].id);
            b->rows[i].sent = true;
        }
        seen += (int64_t)b->count;
    }
    ck_assert_int_eq(seen, waiting);
    st_pg_result_free(&b->result);
    st_free(b);
}
END_TEST

START_TEST(tampering_is_seen)
{
    uint64_t p = new_pilot();
    fill_hold(p);
    int64_t credits = 0, goods = 0;
    ck_assert_int_eq(store_fold(store), 0);
    books_are_right();
    askf("UPDATE economy.wallets SET credits = credits + 1 WHERE kind = 'pilot' AND owner = %llu"
         " RETURNING 1",
         p);
    askf("UPDATE economy.cargo SET quantity = quantity - 1 WHERE commodity = 1 AND account ="
         " economy.account_of(2, %llu) RETURNING 1",
         ship_of(p));
    ck_assert_int_eq(store_check(store, &credits, &goods), 0);
    ck_assert_int_ne(credits, 0);
    ck_assert_int_ne(goods, 0);
    askf("UPDATE economy.wallets SET credits = credits - 1 WHERE kind = 'pilot' AND owner = %llu"
         " RETURNING 1",
         p);
    askf("UPDATE economy.cargo SET quantity = quantity + 1 WHERE commodity = 1 AND account ="
         " economy.account_of(2, %llu) RETURNING 1",
         ship_of(p));
    books_are_right();
}
END_TEST

/* Several instances on the same pilots and markets: no deadlock, no double spending. */
struct racer {
    uint64_t players[8];
    uint32_t seed;
    int failures;
};

static void *race(void *ctx)
{
    struct racer *r = ctx;
    struct store *own = store_new(url, "racer", &catalog);
    struct act *a = st_alloc_array(32, sizeof *a), *acts[32];
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 32; i++) {
            uint32_t d = (uint32_t)rand_r(&r->seed) >> 4;
            a[i] = (struct act){.kind = ACT_ORDER,
                                .player = r->players[d % 8],
                                .session_epoch = 1,
                                .location = TER,
                                .commodity = d / 8 % 2 ? FOO : POL,
                                .side = d / 16 % 2 ? ORDER_BUY : ORDER_SELL,
                                .hash = 1,
                                .quantity = 1 + d / 32 % 12};
            uint32_t key[4] = {r->seed, (uint32_t)round, (uint32_t)i, d};
            memcpy(a[i].key, key, sizeof key);
            acts[i] = &a[i];
        }
        r->failures += store_run(own, acts, 32) != 0;
    }
    st_free(a);
    store_free(&own);
    return NULL;
}

START_TEST(instances_share_one_truth)
{
    struct racer racers[3] = {{.seed = 1}, {.seed = 2}, {.seed = 3}};
    pthread_t threads[3];
    for (int i = 0; i < 8; i++)
        racers[0].players[i] = racers[1].players[i] = racers[2].players[i] = new_pilot();
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, race, &racers[i]);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(racers[i].failures, 0);
    }
    ck_assert_int_eq(ask("SELECT count(*) FROM (SELECT balance, sum(amount) OVER (PARTITION BY"
                         " account, commodity ORDER BY id) AS running FROM economy.ledger_entries)"
                         " AS x WHERE balance <> running"),
                     0);
    books_are_right();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {provision_happens_once,
                                  orders_are_idempotent,
                                  one_wallet_is_never_spent_twice,
                                  a_newer_session_fences_the_older,
                                  a_quote_is_firm_and_used_once,
                                  a_flight_is_booked,
                                  the_first_jobs_pay,
                                  versions_decide,
                                  a_loss_is_booked_to_the_last_unit,
                                  bounties_and_npc_drops,
                                  cargo_overboard_and_ships_at_rest,
                                  an_operator_grants_a_ship,
                                  markets_live,
                                  tubes_are_filled_at_the_dock_as_far_as_the_wallet_goes,
                                  who_is_parked_for_a_day_is_found_and_towed,
                                  tubes_are_filled_at_the_dock_as_far_as_the_wallet_goes,
                                  who_is_parked_for_a_day_is_found_and_towed,
                                  opening_fences_the_world_before,
                                  the_outbox_is_relayed_once,
                                  tampering_is_seen,
                                  instances_share_one_truth};
    return kit_main("store", tests, ST_ARRAY_LEN(tests));
}
