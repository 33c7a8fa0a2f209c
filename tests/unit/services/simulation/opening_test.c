/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <string.h>

#include <opening.h>
#include <sol1_fixture.h>
#include <startrader/v1/trade.pb-c.h>

enum { SHARD = 2 };

static struct opening *opening;
static struct world_config config;
static struct world_limits limits;
static void *memory;

static void setup(void)
{
    opening = opening_new();
    sol1_config(&config);
    limits = world_limits_default();
    memory = aligned_alloc(64, (world_size(&limits) + 63) / 64 * 64);
}

static void teardown(void)
{
    opening_free(&opening);
    free(memory);
}

struct page {
    uint32_t page, epoch;
    bool last;
    Startrader__V1__Code code;
    uint32_t ship; /* 0 = none on this page */
    uint64_t version;
    uint32_t cargo;
};

static enum opening_result give(const struct page *p)
{
    static uint8_t out[CONFIG_BYTES_MAX + 1024], bytes[CONFIG_BYTES_MAX];
    Startrader__V1__OpenReply m = STARTRADER__V1__OPEN_REPLY__INIT;
    Startrader__V1__ShipState ship = STARTRADER__V1__SHIP_STATE__INIT, *list[] = {&ship};
    Startrader__V1__Goods goods = STARTRADER__V1__GOODS__INIT, *goods_list[] = {&goods};
    m.code = p->code;
    m.page = p->page;
    m.world_epoch = p->epoch;
    m.last = p->last;
    if (p->page == 0) {
        m.config.len = world_config_encode(&config, bytes, sizeof(bytes));
        m.config.data = bytes;
    }
    ship.ship = p->ship;
    ship.version = p->version;
    ship.player = 1000 + p->ship;
    ship.class_id = SOL1_SHUTTLE;
    ship.location = SOL1_TER;
    goods.commodity = SOL1_ICE;
    goods.quantity = p->cargo;
    ship.n_cargo = p->cargo != 0 ? 1 : 0;
    ship.cargo = goods_list;
    m.n_ship = p->ship != 0 ? 1 : 0;
    m.ship = list;
    size_t len = startrader__v1__open_reply__pack(&m, out);
    return opening_page(opening, out, len);
}

static const Startrader__V1__Code ok = STARTRADER__V1__CODE__CODE_OK;

static struct world_own own_of(const struct world *w, uint32_t player)
{
    struct world_own own = {0};
    uint32_t pilot = world_pilot_find(w, player);
    if (pilot != WORLD_NOBODY)
        ck_assert(world_own_get(w, pilot, &own));
    return own;
}

START_TEST(pages_become_a_world)
{
    struct opening_report report;
    uint8_t out[128];
    setup();
    size_t len = opening_request(opening, SHARD, "simulation-1", out, sizeof(out));
    Startrader__V1__OpenRequest *q = startrader__v1__open_request__unpack(NULL, len, out);
    ck_assert_uint_eq(q->shard, SHARD);
    ck_assert_uint_eq(q->page, 0);
    ck_assert_str_eq(q->instance, "simulation-1");
    startrader__v1__open_request__free_unpacked(q, NULL);
    ck_assert_int_eq(give(&(struct page){0, 4, false, ok, 11, 1, 0}), OPENING_MORE);
    len = opening_request(opening, SHARD, "simulation-1", out, sizeof(out));
    q = startrader__v1__open_request__unpack(NULL, len, out);
    ck_assert_uint_eq(q->page, 1);
    ck_assert_uint_eq(q->world_epoch, 4);
    startrader__v1__open_request__free_unpacked(q, NULL);
    ck_assert_int_eq(give(&(struct page){1, 4, true, ok, 12, 5, 3}), OPENING_DONE);
    struct world *w = opening_world(opening, memory, &limits, SHARD, 1, NULL, &report);
    ck_assert_uint_eq(report.ships, 2);
    ck_assert(!report.restored);
    ck_assert_uint_eq(world_epoch(w), 4);
    ck_assert_uint_eq(world_ships(w), 2);
    ck_assert_uint_eq(own_of(w, 1012).version, 5);
    ck_assert_uint_eq(own_of(w, 1012).cargo[0].quantity, 3);
    teardown();
}
END_TEST

START_TEST(what_cannot_be_used)
{
    setup();
    ck_assert_int_eq(give(&(struct page){.code = STARTRADER__V1__CODE__CODE_UNAVAILABLE}),
                     OPENING_AGAIN);
    ck_assert_int_eq(give(&(struct page){1, 4, true, ok, 0, 0, 0}), OPENING_BROKEN);
    ck_assert_int_eq(give(&(struct page){0, 0, true, ok, 0, 0, 0}), OPENING_BROKEN);
    ck_assert_int_eq(opening_page(opening, (const uint8_t *)"\xff\xff", 2), OPENING_BROKEN);
    ck_assert_int_eq(give(&(struct page){0, 4, false, ok, 0, 0, 0}), OPENING_MORE);
    ck_assert_int_eq(give(&(struct page){1, 5, true, ok, 0, 0, 0}), OPENING_BROKEN);
    ck_assert_int_eq(give(&(struct page){1, 4, true, STARTRADER__V1__CODE__CODE_CONFLICT, 0, 0, 0}),
                     OPENING_FENCED);
    opening_reset(opening);
    ck_assert_int_eq(give(&(struct page){0, 6, true, ok, 0, 0, 0}), OPENING_DONE);
    ck_assert_uint_eq(opening_epoch(opening), 6);
    teardown();
}
END_TEST

/* Flies two ships for a while and returns the checkpoint of it; ship 11 has version 1, 12 has 5. */
static uint8_t *fly(struct checkpoint *c)
{
    struct opening_report report;
    give(&(struct page){0, 4, false, ok, 11, 1, 0});
    give(&(struct page){1, 4, true, ok, 12, 5, 3});
    struct world *w = opening_world(opening, memory, &limits, SHARD, 1, NULL, &report);
    for (uint32_t player = 1011; player <= 1012; player++) {
        uint32_t pilot;
        struct flight f = {.thrust = FLIGHT_AHEAD, .target = 100};
        struct world_input in = {.seq = 40, .ctl = flight_ctl_pack(&f)};
        ck_assert_int_eq(world_bind(w, player, 1, 39, &pilot), WORLD_OK);
        ck_assert_int_eq(world_input(w, pilot, &in), WORLD_OK);
    }
    for (int i = 0; i < 60; i++)
        world_step(w);
    size_t config_len, world_max = world_save_size(w);
    uint8_t *file = malloc(CHECKPOINT_HEAD + CONFIG_BYTES_MAX + world_max);
    config_len = world_config_encode(&config, file + CHECKPOINT_HEAD, CONFIG_BYTES_MAX);
    *c = (struct checkpoint){.shard = SHARD,
                             .epoch = world_epoch(w),
                             .tick = world_tick(w),
                             .config_hash = world_config_hash(&config),
                             .config_len = config_len};
    c->world_len = world_save(w, file + CHECKPOINT_HEAD + config_len, world_max);
    ck_assert_uint_gt(c->world_len, 0);
    checkpoint_seal(file, c);
    ck_assert_int_eq(checkpoint_open(file, CHECKPOINT_HEAD + config_len + c->world_len, SHARD, c),
                     0);
    opening_reset(opening);
    return file;
}

START_TEST(the_row_decides_and_the_checkpoint_remembers)
{
    struct checkpoint c;
    struct opening_report report;
    setup();
    uint8_t *file = fly(&c);
    struct world_own before = own_of((struct world *)memory, 1012);
    ck_assert_int_ne(before.flight.vx, 0);
    /* 12 under the same version, with other goods; 11 is not named */
    ck_assert_int_eq(give(&(struct page){0, 9, true, ok, 12, 5, 7}), OPENING_DONE);
    config.revision = 2; /* the configuration has changed meanwhile */
    opening_reset(opening);
    ck_assert_int_eq(give(&(struct page){0, 9, true, ok, 12, 5, 7}), OPENING_DONE);
    struct world *w = opening_world(opening, memory, &limits, SHARD, 2, &c, &report);
    ck_assert(report.restored);
    ck_assert_uint_eq(world_epoch(w), 9);
    ck_assert_uint_eq(world_config_get(w)->revision, 2);
    ck_assert_uint_eq(world_ships(w), 1);
    struct world_own after = own_of(w, 1012);
    ck_assert_int_eq(after.flight.x, before.flight.x);
    ck_assert_int_eq(after.flight.vx, before.flight.vx);
    ck_assert_uint_eq(after.hull, before.hull);
    ck_assert_uint_eq(after.seq, 40);
    ck_assert_uint_eq(after.cargo[0].quantity, 7);
    ck_assert(!after.bound); /* its gateway has to bind again */
    ck_assert_uint_ne(own_of(w, 1011).phase, WORLD_PHASE_FLYING);
    ck_assert_uint_gt(world_tick(w), 0);
    free(file);
    teardown();
}
END_TEST

START_TEST(another_version_appears_where_its_row_says)
{
    struct checkpoint c;
    struct opening_report report;
    setup();
    uint8_t *file = fly(&c);
    ck_assert_int_eq(give(&(struct page){0, 9, true, ok, 12, 6, 0}), OPENING_DONE);
    struct world *w = opening_world(opening, memory, &limits, SHARD, 2, &c, &report);
    struct world_own own = own_of(w, 1012);
    ck_assert_uint_eq(own.version, 6);
    ck_assert_int_eq(own.flight.vx, 0);
    ck_assert_uint_eq(own.cargo_n, 0);
    free(file);
    teardown();
}
END_TEST

START_TEST(a_bad_checkpoint_counts_as_none)
{
    struct checkpoint c;
    struct opening_report report;
    setup();
    uint8_t *file = fly(&c);
    for (size_t cut = 1; cut < 64; cut += 7) {
        struct checkpoint bad = c;
        bad.world_len -= cut;
        opening_reset(opening);
        ck_assert_int_eq(give(&(struct page){0, 9, true, ok, 12, 5, 0}), OPENING_DONE);
        struct world *w = opening_world(opening, memory, &limits, SHARD, 2, &bad, &report);
        ck_assert(!report.restored);
        ck_assert_uint_eq(world_ships(w), 1);
        ck_assert_int_eq(own_of(w, 1012).flight.vx, 0);
    }
    free(file);
    teardown();
}
END_TEST

SUITE_MAIN("opening", pages_become_a_world, what_cannot_be_used,
           the_row_decides_and_the_checkpoint_remembers, another_version_appears_where_its_row_says,
           a_bad_checkpoint_counts_as_none)
