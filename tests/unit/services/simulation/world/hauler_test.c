/* SPDX-License-Identifier: Apache-2.0 */
#include "field.h"

#include <stdlib.h>

enum { LINE = 1, FREIGHT = 2, SHIP = 77, FOO = 6, LUN = 2, MAR = 5, CER = 6, VES = 7, GAN = 9 };

static struct world_baton voyage(const struct field *f, uint32_t guild, uint32_t from, uint32_t to)
{
    struct world_baton b = field_baton(f, SHIP, SOL1_HAULER, 0, 0);

    b.player = WORLD_GUILD_PLAYER | guild;
    b.guild = (uint8_t)guild;
    b.station = (uint16_t)from;
    b.to = (uint16_t)to;
    b.cargo_n = 1;
    b.cargo[0] = (struct world_cargo){FOO, 40};
    return b;
}

/* Ticks until it has docked; asserts that it is the ship, its guild and the place. */
static uint32_t arrive(struct field *f, const struct world_baton *b, uint32_t most)
{
    uint32_t before = world_tick(f->w);
    const struct world_hard *h = field_wait(f, WORLD_HARD_DOCKED, most);

    ck_assert_ptr_nonnull(h);
    ck_assert_uint_eq(h->ship, b->ship);
    ck_assert_uint_eq(h->player, b->player);
    ck_assert_uint_eq(h->version, b->version);
    ck_assert_uint_eq(h->station, b->to);
    return world_tick(f->w) - before;
}

static void leave(struct field *f, struct world_baton *b)
{
    struct world_baton gone = *b;

    gone.kind = WORLD_BATON_LEAVE;
    gone.station = b->to;
    gone.version = ++b->version;
    ck_assert_int_eq(world_apply(f->w, &gone), WORLD_OK);
    b->version++;
}

/* Shoots at the ship until such an event of it comes. */
static const struct world_hard *hunt(struct field *f, uint32_t pilot, uint32_t target,
                                     enum world_hard_kind kind)
{
    const struct world_hard *h = NULL;

    for (uint32_t t = 0; t < 2400 && !h; t++) {
        struct world_entity e;
        struct world_own own = field_own(f, pilot);
        uint32_t way;

        ck_assert(world_entity_get(f->w, target, &e));
        way = flight_lead(e.flight.x - own.flight.x, e.flight.y - own.flight.y,
                          e.flight.vx - own.flight.vx, e.flight.vy - own.flight.vy, 19456);
        field_input(f, pilot, way, FLIGHT_AHEAD, 1, target);
        h = field_wait(f, kind, 1);
    }
    ck_assert_ptr_nonnull(h);
    ck_assert_uint_eq(h->ship, SHIP);
    ck_assert_uint_eq(h->player, WORLD_GUILD_PLAYER | FREIGHT);
    return h;
}

START_TEST(a_ship_of_a_guild_arrives_and_leaves_again)
{
    struct field f;
    struct world_baton b;
    uint32_t ticks;

    field_open(&f, WORLD_NO_NPCS); /* haulers are the economy's: they fly all the same */
    b = voyage(&f, LINE, SOL1_TER, LUN);
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_uint_eq(world_npcs(f.w), 1);
    ck_assert_uint_eq(world_ships(f.w), 0);
    ticks = arrive(&f, &b, 1200);
    ck_assert_uint_gt(ticks, 400); /* 26 s by the design */
    ck_assert_uint_lt(ticks, 800);
    leave(&f, &b);
    ck_assert_uint_eq(world_npcs(f.w), 0);
    b.station = LUN;
    b.to = SOL1_TER;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    (void)arrive(&f, &b, 1200);
    field_close(&f);
}
END_TEST

START_TEST(the_short_way_is_shorter)
{
    uint32_t ticks[2];

    for (uint8_t way = ROUTE_GUARDED; way <= ROUTE_SHORT; way++) {
        struct field f;
        struct world_baton b;

        field_open(&f, WORLD_NO_NPCS);
        b = voyage(&f, FREIGHT, CER, GAN);
        b.way = way;
        ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
        ticks[way] = arrive(&f, &b, 2400);
        field_close(&f);
    }
    ck_assert_uint_lt(ticks[ROUTE_SHORT] * 100, ticks[ROUTE_GUARDED] * 85);
}
END_TEST

START_TEST(an_escort_flies_along_where_it_is_dangerous)
{
    struct field f;
    struct world_baton b;

    field_open(&f, 0);
    b = voyage(&f, LINE, MAR, VES);
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_uint_eq(world_npcs(f.w), 1); /* the Line has none */
    b = voyage(&f, FREIGHT, SOL1_TER, LUN);
    b.ship++;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_uint_eq(world_npcs(f.w), 2); /* no danger there */
    b = voyage(&f, FREIGHT, MAR, VES);
    b.ship += 2;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    ck_assert_uint_eq(world_npcs(f.w), 4);
    leave(&f, &b);
    ck_assert_uint_eq(world_npcs(f.w), 3);
    world_flags_set(f.w, WORLD_NO_NPCS);
    field_steps(&f, 8);
    ck_assert_uint_eq(world_npcs(f.w), 2); /* its charge is gone, so it goes home */
    field_close(&f);
}
END_TEST

START_TEST(a_guild_has_so_many_places)
{
    struct field f;
    struct world_baton b;
    uint32_t ships;

    field_open(&f, WORLD_NO_NPCS);
    ships = f.config.guilds[0].ships;
    for (uint32_t i = 0; i <= ships; i++) {
        b = voyage(&f, LINE, SOL1_TER, LUN);
        b.ship += i;
        ck_assert_int_eq(world_apply(f.w, &b), i < ships ? WORLD_OK : WORLD_FULL);
    }
    b.ship--;
    leave(&f, &b);
    b.ship++;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    field_close(&f);
}
END_TEST

START_TEST(who_is_hunted_throws_cargo_away_and_is_lost)
{
    struct field f;
    struct world_baton b;
    const struct world_hard *h;
    uint32_t pilot = 0, target = 0;

    field_open(&f, WORLD_NO_NPCS);
    b = voyage(&f, FREIGHT, MAR, VES);
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    field_steps(&f, 350); /* into the Belt */
    for (uint32_t id = 0; id < 64 && !target; id++) {
        struct world_entity e;

        if (world_entity_get(f.w, id | 1u << WORLD_GEN_SHIFT, &e) && e.ship == SHIP) {
            target = e.id;
            ck_assert_uint_eq(e.faction, WORLD_FACTION_GUILD);
            ck_assert_uint_eq(e.level, FREIGHT);
            ck_assert_uint_eq(e.player, 0);
            pilot = field_ship(&f, 2, SOL1_GUNSHIP,
                               e.flight.x / WORLD_UNIT - WORLD_SUN_U + 2000,
                               e.flight.y / WORLD_UNIT - WORLD_SUN_U + 1500);
        }
    }
    ck_assert_uint_ne(target, 0);
    h = hunt(&f, pilot, target, WORLD_HARD_JETTISONED);
    ck_assert_uint_eq(h->drops_n, 1);
    ck_assert_uint_eq(h->drops[0].quantity, 40);
    h = hunt(&f, pilot, target, WORLD_HARD_DESTROYED);
    ck_assert_uint_eq(h->killer_player, 1002);
    ck_assert_uint_eq(world_npcs(f.w), 0);
    field_close(&f);
}
END_TEST

START_TEST(batons_that_make_no_sense)
{
    struct field f;
    struct world_baton b;

    field_open(&f, WORLD_NO_NPCS);
    b = voyage(&f, LINE, SOL1_TER, LUN);
    b.player = 1001;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_MALFORMED);
    b = voyage(&f, LINE, SOL1_TER, LUN);
    b.way = ROUTE_WAYS;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_MALFORMED);
    b = voyage(&f, 29, SOL1_TER, LUN);
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_UNKNOWN);
    b = voyage(&f, LINE, SOL1_TER, 63);
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_UNKNOWN);
    ck_assert_uint_eq(world_npcs(f.w), 0);
    field_close(&f);
}
END_TEST

/* A saved world goes on as the one it was taken from; who is not named in `open` is gone. */
START_TEST(it_is_saved_and_opened_like_a_pilots_ship)
{
    struct field f;
    struct world_baton b;
    size_t size;
    uint8_t *saved;
    uint64_t hash;

    field_open(&f, 0);
    b = voyage(&f, FREIGHT, MAR, VES);
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    field_steps(&f, 100);
    size = world_save_size(f.w);
    saved = malloc(size);
    size = world_save(f.w, saved, size);
    field_steps(&f, 200);
    hash = world_hash(f.w);
    ck_assert(world_load(f.w, saved, size));
    field_steps(&f, 200);
    ck_assert_uint_eq(world_hash(f.w), hash);
    world_open_begin(f.w, b.epoch);
    ck_assert_int_eq(world_open_ship(f.w, &b), WORLD_OK);
    world_open_end(f.w);
    ck_assert_uint_lt(arrive(&f, &b, 1200), 900); /* without the 300 ticks behind it */
    world_open_begin(f.w, b.epoch);
    world_open_end(f.w);
    b.version++;
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK); /* its place was free again */
    free(saved);
    field_close(&f);
}
END_TEST

/* Another roster: the haulers fly on to where they were sent. */
START_TEST(a_new_roster_keeps_those_who_fly)
{
    struct field f;
    struct world_baton b;
    struct world_config config;

    field_open(&f, WORLD_NO_NPCS);
    b = voyage(&f, LINE, SOL1_TER, LUN);
    ck_assert_int_eq(world_apply(f.w, &b), WORLD_OK);
    field_steps(&f, 100);
    config = f.config;
    config.revision++;
    config.guilds[0].ships += 3;
    ck_assert(world_config_set(f.w, &config));
    (void)arrive(&f, &b, 1200);
    field_close(&f);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_ship_of_a_guild_arrives_and_leaves_again,
        the_short_way_is_shorter,
        an_escort_flies_along_where_it_is_dangerous,
        a_guild_has_so_many_places,
        who_is_hunted_throws_cargo_away_and_is_lost,
        batons_that_make_no_sense,
        it_is_saved_and_opened_like_a_pilots_ship,
        a_new_roster_keeps_those_who_fly,
    };

    return field_main("hauler", tests, sizeof tests / sizeof tests[0]);
}
