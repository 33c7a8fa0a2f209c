/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <string.h>

#include <wire_event.h>
#include <st/alloc.h>
#include <st/err.h>
#include <st/rng.h>
#include <st/wire.h>
#include <startrader/v1/event.pb-c.h>

static uint8_t arena_memory[10 * BATON_BYTES_MAX + 4096];
static struct st_arena arena;

static Startrader__V1__WorldEvent *round_trip(const struct world_hard *e)
{
    static uint8_t bytes[EVENT_BYTES_MAX];
    struct st_buf b;
    st_buf_init_fixed(&b, bytes, sizeof(bytes));
    event_encode(e, 2, 7, &b);
    ck_assert(!b.overflow);
    Startrader__V1__WorldEvent *m = startrader__v1__world_event__unpack(NULL, b.len, b.data);
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(m->event_id, e->event);
    ck_assert_uint_eq(m->shard, 2);
    ck_assert_uint_eq(m->world_epoch, 7);
    ck_assert_uint_eq(m->tick, e->tick);
    return m;
}

static void done(Startrader__V1__WorldEvent *m)
{
    startrader__v1__world_event__free_unpacked(m, NULL);
}

START_TEST(docked_and_parked)
{
    struct world_hard e = {.kind = WORLD_HARD_DOCKED,
                           .event = 0x8000000000000001,
                           .tick = 5,
                           .ship = 10,
                           .version = 11,
                           .player = 12,
                           .station = 13,
                           .hull = 14,
                           .torpedoes = 15,
                           .flown = 16,
                           .x = -17,
                           .y = 18};
    Startrader__V1__WorldEvent *m = round_trip(&e);
    ck_assert_int_eq(m->event_case, STARTRADER__V1__WORLD_EVENT__EVENT_DOCKED);
    ck_assert_uint_eq(m->docked->ship, 10);
    ck_assert_uint_eq(m->docked->version, 11);
    ck_assert_uint_eq(m->docked->player, 12);
    ck_assert_uint_eq(m->docked->location, 13);
    ck_assert_uint_eq(m->docked->hull, 14);
    ck_assert_uint_eq(m->docked->torpedoes, 15);
    ck_assert_uint_eq(m->docked->flown_ticks, 16);
    done(m);
    e.kind = WORLD_HARD_PARKED;
    m = round_trip(&e);
    ck_assert_int_eq(m->event_case, STARTRADER__V1__WORLD_EVENT__EVENT_PARKED);
    ck_assert_int_eq(m->parked->position->x, -17);
    ck_assert_int_eq(m->parked->position->y, 18);
    ck_assert_uint_eq(m->parked->hull, 14);
    done(m);
}
END_TEST

START_TEST(destroyed_of_an_npc_names_all_its_cargo)
{
    struct world_hard e = {.kind = WORLD_HARD_DESTROYED,
                           .event = 3,
                           .player = 0,
                           .class_id = 7,
                           .faction = WORLD_FACTION_RAIDER,
                           .level = 2,
                           .zone = 4,
                           .killer_player = 1001,
                           .killer_ship = 5,
                           .killer_class = 1,
                           .killer_entity = 77,
                           .entity = 78,
                           .assistants_n = 2,
                           .assistants = {1002, 1003},
                           .victim_wanted = 1,
                           .drops_n = 2,
                           .drops = {{91, 1, 10}, {92, 1, 5}},
                           .lost_n = 2,
                           .lost = {{1, 3}, {2, 8}},
                           .x = 100,
                           .y = 200};
    Startrader__V1__WorldEvent *m = round_trip(&e);
    const Startrader__V1__ShipDestroyed *d = m->destroyed;
    ck_assert_uint_eq(d->killer_player, 1001);
    ck_assert_uint_eq(d->n_assist_player, 2);
    ck_assert_uint_eq(d->assist_player[1], 1003);
    ck_assert_uint_eq(d->n_drop, 2);
    ck_assert_uint_eq(d->drop[1]->loot, 92);
    ck_assert_uint_eq(d->drop[1]->goods[0]->quantity, 5);
    ck_assert_int_eq(d->drop[0]->position->y, 200);
    ck_assert_uint_eq(d->n_cargo, 2);
    ck_assert_uint_eq(d->cargo[0]->commodity, 1);
    ck_assert_uint_eq(d->cargo[0]->quantity, 18);
    ck_assert_uint_eq(d->cargo[1]->quantity, 8);
    ck_assert(d->victim_wanted);
    ck_assert_uint_eq(d->faction, 3);
    ck_assert_uint_eq(d->level, 2);
    ck_assert_uint_eq(d->victim_entity, 78);
    done(m);
    e.ship = 9; /* a pilot's cargo is known to the ledger */
    e.player = 1004;
    m = round_trip(&e);
    ck_assert_uint_eq(m->destroyed->n_cargo, 0);
    done(m);
}
END_TEST

START_TEST(containers)
{
    static const struct {
        uint8_t kind;
        int event_case;
    } kinds[] = {
        {WORLD_HARD_PICKED_UP, STARTRADER__V1__WORLD_EVENT__EVENT_PICKED_UP},
        {WORLD_HARD_LOOT_EXPIRED, STARTRADER__V1__WORLD_EVENT__EVENT_LOOT_EXPIRED},
        {WORLD_HARD_JETTISONED, STARTRADER__V1__WORLD_EVENT__EVENT_JETTISONED},
    };
    struct world_hard e = {.event = 3,
                           .ship = 4,
                           .version = 5,
                           .player = 6,
                           .drops_n = 1,
                           .drops = {{0xffffffffffffffff, 9, 65535}}};
    for (size_t i = 0; i < ST_ARRAY_LEN(kinds); i++) {
        e.kind = kinds[i].kind;
        Startrader__V1__WorldEvent *m = round_trip(&e);
        ck_assert_int_eq((int)m->event_case, kinds[i].event_case);
        if (i == 0) {
            ck_assert_uint_eq(m->picked_up->loot, UINT64_MAX);
            ck_assert_uint_eq(m->picked_up->version, 5);
            ck_assert_uint_eq(m->picked_up->goods[0]->quantity, 65535);
        } else if (i == 1) {
            ck_assert_uint_eq(m->loot_expired->loot, UINT64_MAX);
        } else {
            ck_assert_uint_eq(m->jettisoned->drop->loot, UINT64_MAX);
            ck_assert_uint_eq(m->jettisoned->drop->goods[0]->commodity, 9);
        }
        done(m);
    }
}
END_TEST

static int decode(const Startrader__V1__Baton *m, struct baton *out)
{
    static uint8_t bytes[4096];
    size_t len = startrader__v1__baton__pack(m, bytes);
    st_arena_init(&arena, arena_memory, sizeof(arena_memory));
    return baton_decode(bytes, len, &arena, out);
}

static void fill(Startrader__V1__Baton *m, Startrader__V1__ShipState *state, uint32_t kind)
{
    *m = (Startrader__V1__Baton)STARTRADER__V1__BATON__INIT;
    m->world_epoch = 4;
    m->kind = (Startrader__V1__BatonKind)kind;
    m->event_id = 99;
    m->ship = 10;
    m->version = 8;
    m->player = 1001;
    m->location = 3;
    m->state = state;
}

START_TEST(batons_by_kind)
{
    Startrader__V1__Goods goods = STARTRADER__V1__GOODS__INIT, *goods_p[] = {&goods};
    Startrader__V1__Position at = STARTRADER__V1__POSITION__INIT;
    Startrader__V1__ShipState state = STARTRADER__V1__SHIP_STATE__INIT;
    Startrader__V1__Baton m;
    struct baton b;
    goods.commodity = 5;
    goods.quantity = 12;
    at.x = 1 << 28;
    state.ship = 10;
    state.version = 8;
    state.player = 1001;
    state.class_id = 1;
    state.hull = 300;
    state.location = 2;
    state.position = &at;
    state.newcomer = true;
    state.n_cargo = 1;
    state.cargo = goods_p;
    fill(&m, &state, STARTRADER__V1__BATON_KIND__BATON_KIND_APPEAR);
    ck_assert_int_eq(decode(&m, &b), 0);
    ck_assert(b.moves);
    ck_assert_uint_eq(b.epoch, 4);
    ck_assert_uint_eq(b.event, 99);
    ck_assert_uint_eq(b.ship.kind, WORLD_BATON_APPEAR);
    ck_assert_uint_eq(b.ship.epoch, 4);
    ck_assert_uint_eq(b.ship.version, 8);
    ck_assert_uint_eq(b.ship.station, 2);
    ck_assert_int_eq(b.ship.x, 1 << 28);
    ck_assert_uint_eq(b.ship.hull, 300);
    ck_assert_uint_eq(b.ship.flags, WORLD_BATON_NEWCOMER);
    ck_assert_uint_eq(b.ship.cargo_n, 1);
    ck_assert_uint_eq(b.ship.cargo[0].quantity, 12);
    fill(&m, NULL, STARTRADER__V1__BATON_KIND__BATON_KIND_TAKEN);
    ck_assert_int_eq(decode(&m, &b), 0);
    ck_assert(b.moves);
    ck_assert_uint_eq(b.ship.kind, WORLD_BATON_LEAVE);
    ck_assert_uint_eq(b.ship.station, 3);
    fill(&m, &state, STARTRADER__V1__BATON_KIND__BATON_KIND_REFUSED);
    ck_assert_int_eq(decode(&m, &b), 0);
    ck_assert_uint_eq(b.ship.kind, WORLD_BATON_STAY);
    ck_assert_uint_eq(b.ship.flags, WORLD_BATON_CARGO);
    fill(&m, NULL, STARTRADER__V1__BATON_KIND__BATON_KIND_BOOKED);
    ck_assert_int_eq(decode(&m, &b), 0);
    ck_assert(!b.moves);
}
END_TEST

START_TEST(batons_that_no_kernel_takes)
{
    Startrader__V1__ShipState state = STARTRADER__V1__SHIP_STATE__INIT;
    Startrader__V1__Baton m;
    struct baton b;
    fill(&m, NULL, STARTRADER__V1__BATON_KIND__BATON_KIND_APPEAR);
    ck_assert_int_eq(decode(&m, &b), ST_EPROTO); /* no state */
    state.ship = 10;
    state.player = UINT64_C(1) << 32;
    fill(&m, &state, STARTRADER__V1__BATON_KIND__BATON_KIND_APPEAR);
    ck_assert_int_eq(decode(&m, &b), ST_EPROTO);
    fill(&m, NULL, STARTRADER__V1__BATON_KIND__BATON_KIND_TAKEN);
    m.ship = 0;
    ck_assert_int_eq(decode(&m, &b), ST_EPROTO);
    fill(&m, NULL, STARTRADER__V1__BATON_KIND__BATON_KIND_CONFIG);
    ck_assert_int_eq(decode(&m, &b), ST_EPROTO); /* not a configuration */
    ck_assert_ptr_null(b.config);
    m.location = 70000;
    m.kind = STARTRADER__V1__BATON_KIND__BATON_KIND_TAKEN;
    ck_assert_int_eq(decode(&m, &b), ST_EPROTO);
}
END_TEST

START_TEST(hostile_batons_do_no_harm)
{
    Startrader__V1__Baton m;
    Startrader__V1__LootState loot = STARTRADER__V1__LOOT_STATE__INIT, *loots[] = {&loot};
    struct baton b;
    uint8_t bytes[256];
    fill(&m, NULL, STARTRADER__V1__BATON_KIND__BATON_KIND_BOOKED);
    m.n_loot = 1;
    m.loot = loots;
    size_t n = startrader__v1__baton__pack(&m, bytes);
    st_arena_init(&arena, arena_memory, sizeof(arena_memory));
    for (uint32_t seed = 0; seed < 20000; seed++) {
        uint8_t hostile[256];
        uint64_t r = st_hash64(&seed, sizeof(seed), 3);
        memcpy(hostile, bytes, n);
        hostile[r % n] = (uint8_t)(r >> 32);
        if (baton_decode(hostile, (r >> 40) % (n + 1), &arena, &b) == 0)
            st_free(b.config);
    }
}
END_TEST

SUITE_MAIN("event", docked_and_parked, destroyed_of_an_npc_names_all_its_cargo, containers,
           batons_by_kind, batons_that_no_kernel_takes, hostile_batons_do_no_harm)
