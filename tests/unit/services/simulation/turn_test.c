/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <string.h>

#include <sol1_fixture.h>
#include <startrader/v1/event.pb-c.h>
#include <startrader/v1/world.pb-c.h>
#include <turn.h>
#include <world/blockade.h>

enum { EPOCH = 5, SHARD = 1, PLAYER = 1001, SHIP = 7, STEP_MS = 50 };

static struct {
    struct world_limits limits;
    struct world_config config;
    struct turn_rings rings;
    struct turn *turn;
    void *memory;
    uint64_t now_ms;
    uint32_t seq;
    /* of the last own bundles */
    uint32_t unknown_n, fenced_n, owns_n, phase, ack_seq, ack_tick, slack_ms, ctl;
} t;

static void setup(void)
{
    memset(&t, 0, sizeof(t));
    t.limits = world_limits_default();
    t.limits.pilots = 256;
    sol1_config(&t.config);
    t.rings = (struct turn_rings){ring_new(1 << 20), ring_new(1 << 20), ring_new(32 << 20)};
    t.turn = turn_new(&t.limits, SHARD, false, &t.rings);
    t.memory = aligned_alloc(64, (world_size(&t.limits) + 63) / 64 * 64);
    turn_open(t.turn, world_init(t.memory, &t.limits, &t.config, 9, SHARD, EPOCH));
    t.now_ms = 1000;
}

static void teardown(void)
{
    turn_free(&t.turn);
    ring_free(&t.rings.intake);
    ring_free(&t.rings.events);
    ring_free(&t.rings.out);
    free(t.memory);
}

static void read_own(const uint8_t *data, size_t len)
{
    Startrader__V1__OwnBundle *m = startrader__v1__own_bundle__unpack(NULL, len, data);
    ck_assert_ptr_nonnull(m);
    t.unknown_n += (uint32_t)m->n_unknown;
    t.fenced_n += (uint32_t)m->n_fenced;
    for (size_t i = 0; i < m->n_sid; i++) {
        Startrader__V1__ServerFrame *f =
            startrader__v1__server_frame__unpack(NULL, m->len[i], m->blob.data + m->off[i]);
        t.owns_n++;
        t.phase = f->own->phase;
        t.ack_seq = f->own->ack_seq;
        t.ack_tick = f->own->ack_tick;
        t.slack_ms = f->own->slack_ms;
        t.ctl = f->own->ctl;
        startrader__v1__server_frame__free_unpacked(f, NULL);
    }
    startrader__v1__own_bundle__free_unpacked(m, NULL);
}

static void step(uint32_t n)
{
    const struct emit_head *head;
    size_t len;
    for (uint32_t i = 0; i < n; i++) {
        t.now_ms += STEP_MS;
        turn_step(t.turn, t.now_ms);
        while ((head = ring_peek(t.rings.out, &len)) != NULL) {
            if (head->kind == EMIT_OWN)
                read_own((const uint8_t *)(head + 1), len - sizeof(*head));
            ring_release(t.rings.out);
        }
    }
}

static struct baton appear(uint64_t version)
{
    return (struct baton){.epoch = EPOCH,
                          .kind = STARTRADER__V1__BATON_KIND__BATON_KIND_APPEAR,
                          .moves = true,
                          .ship = {.kind = WORLD_BATON_APPEAR,
                                   .epoch = EPOCH,
                                   .ship = SHIP,
                                   .player = PLAYER,
                                   .version = version,
                                   .class_id = SOL1_SHUTTLE,
                                   .x = sol1_k(0), /* within TER's dock radius */
                                   .y = sol1_k(13100),
                                   .home = SOL1_TER}};
}

static struct baton answer(uint8_t kind, uint64_t version, uint64_t event)
{
    struct baton b = appear(version);
    b.event = event;
    b.ship.kind = kind;
    b.ship.station = SOL1_TER;
    b.ship.flags = kind == WORLD_BATON_STAY ? WORLD_BATON_CARGO : 0;
    return b;
}

static uint32_t ships(struct ship_row *row)
{
    static struct ship_row rows[16];
    struct ask_ships a = {.rows = rows, .rows_max = 16};
    turn_ships(t.turn, &a);
    *row = rows[0];
    return a.rows_n;
}

static struct ask_bind bind_as(const char *gateway, uint32_t sid, uint64_t session_epoch)
{
    struct ask_bind b = {.player = PLAYER, .session_epoch = session_epoch, .sid = sid};
    memcpy(b.gateway, gateway, strlen(gateway));
    turn_bind(t.turn, &b, t.now_ms);
    return b;
}

/* One input, or none with sid 0; tick 0 = to act at once. */
static void batch_for(const char *gateway, uint64_t boot_id, uint32_t sid, uint32_t seq, bool dock,
                      uint32_t tick)
{
    struct intake_batch *b = ring_reserve(t.rings.intake, sizeof(*b) + sizeof(struct intake_input));
    ck_assert_ptr_nonnull(b);
    *b = (struct intake_batch){.boot_id = boot_id, .inputs_n = sid != 0 ? 1 : 0};
    memcpy(b->gateway, gateway, strlen(gateway) + 1);
    struct flight f = {.thrust = FLIGHT_BRAKE};
    struct intake_input in = {.sid = sid,
                              .target_tick = tick,
                              .input = {.seq = seq,
                                        .ctl = flight_ctl_pack(&f),
                                        .actions_n = dock ? 1 : 0,
                                        .actions = {{.request = seq, .kind = WORLD_ACT_DOCK}}}};
    memcpy(b + 1, &in, sizeof(in));
    ring_commit(t.rings.intake, sizeof(*b) + b->inputs_n * sizeof(in));
}

static void batch(const char *gateway, uint64_t boot_id, uint32_t sid, uint32_t seq, bool dock)
{
    batch_for(gateway, boot_id, sid, seq, dock, 0);
}

/* Number of publications of hard events that wait, the last one's id. */
static uint32_t publications(uint64_t *event, uint8_t *kind)
{
    uint32_t n = 0;
    size_t len;
    const struct turn_event *e;
    while ((e = ring_peek(t.rings.events, &len)) != NULL) {
        *event = e->event.event;
        *kind = e->event.kind;
        n++;
        ring_release(t.rings.events);
    }
    return n;
}

START_TEST(batons_move_ships)
{
    struct ship_row row;
    struct baton b = appear(3);
    setup();
    ck_assert_uint_eq(ships(&row), 0);
    b.epoch = EPOCH - 1; /* of a past life */
    turn_baton(t.turn, &b);
    ck_assert_uint_eq(ships(&row), 0);
    b.epoch = EPOCH;
    turn_baton(t.turn, &b);
    ck_assert_uint_eq(ships(&row), 1);
    ck_assert_uint_eq(row.ship, SHIP);
    ck_assert_uint_eq(row.version, 3);
    ck_assert_uint_eq(row.player, PLAYER);
    turn_baton(t.turn, &b); /* delivered twice */
    step(5);
    ck_assert_uint_eq(ships(&row), 1);
    struct baton leave = answer(WORLD_BATON_LEAVE, 4, 0);
    turn_baton(t.turn, &leave);
    ck_assert_uint_eq(ships(&row), 0);
    turn_baton(t.turn, &b); /* late, after the ship has gone */
    ck_assert_uint_eq(ships(&row), 0);
    teardown();
}
END_TEST

START_TEST(a_higher_epoch_ends_us)
{
    struct ship_row row;
    struct baton b = appear(3);
    setup();
    ck_assert(turn_may_step(t.turn));
    b.epoch = EPOCH + 1;
    turn_baton(t.turn, &b);
    ck_assert(turn_fenced(t.turn));
    ck_assert(!turn_may_step(t.turn));
    ck_assert_uint_eq(ships(&row), 0);
    teardown();
}
END_TEST

START_TEST(inputs_in_order_of_seq)
{
    struct baton b = appear(3);
    setup();
    turn_baton(t.turn, &b);
    ck_assert_int_eq(bind_as("gateway-1", 9, 1).result, BIND_OK);
    batch("gateway-1", 1, 9, 3, false);
    batch("gateway-1", 1, 9, 2, false); /* arrived out of order: both count */
    batch("gateway-1", 1, 8, 5, false); /* nobody's */
    step(1);
    ck_assert_uint_eq(t.ack_seq, 3);
    ck_assert_uint_eq(t.unknown_n, 1);
    batch("gateway-1", 1, 9, 3, false);   /* replayed */
    batch("gateway-1", 1, 9, 600, false); /* from the future */
    step(25);
    ck_assert_uint_eq(t.ack_seq, 3);
    batch("gateway-1", 1, 9, 4, false);
    step(1);
    ck_assert_uint_eq(t.ack_seq, 4);
    teardown();
}
END_TEST

START_TEST(inputs_wait_for_their_tick)
{
    struct baton b = appear(3);
    setup();
    turn_baton(t.turn, &b);
    ck_assert_int_eq(bind_as("gateway-1", 9, 1).result, BIND_OK);
    step(1);
    uint32_t now = world_tick(turn_world(t.turn));
    batch_for("gateway-1", 1, 9, 2, false, now + 3);
    step(2);
    ck_assert_uint_eq(t.ack_seq, 0);
    step(1);
    ck_assert_uint_eq(t.ack_seq, 2);
    ck_assert_uint_eq(t.ack_tick, now + 3);
    ck_assert_uint_ge(t.slack_ms, 2 * TURN_TICK_MS);
    batch_for("gateway-1", 1, 9, 3, false, now + 1); /* too late: at once */
    step(1);
    ck_assert_uint_eq(t.ack_tick, now + 4);
    ck_assert_uint_eq(t.slack_ms, 0);
    batch_for("gateway-1", 1, 9, 4, false, now + 7);
    bind_as("gateway-1", 10, 2); /* another session of the pilot */
    step(5);
    ck_assert_uint_eq(t.ack_seq, 3);
    teardown();
}
END_TEST

/* every: ticks between two inputs; 0 = none. */
static uint32_t owns_of_200_ticks(uint32_t every)
{
    bind_as("gateway-1", 9, 1);
    step(1);
    t.owns_n = 0;
    for (uint32_t i = 1; i <= 200; i++) {
        if (every > 0 && i % every == 0)
            batch("gateway-1", 1, 9, i, false);
        else if (i % 10 == 0)
            batch("gateway-1", 1, 0, 0, false);
        step(1);
    }
    return t.owns_n;
}

START_TEST(own_state_comes_when_due)
{
    struct baton b = appear(3);
    setup();
    turn_baton(t.turn, &b);
    uint32_t quiet = owns_of_200_ticks(0);
    ck_assert_uint_ge(quiet, 19); /* who flies undisturbed twice a second */
    ck_assert_uint_le(quiet, 24);
    ck_assert_uint_ge(owns_of_200_ticks(4), 50); /* and of each input that was applied */
    teardown();
    setup();
    uint32_t resting = owns_of_200_ticks(0);
    ck_assert_uint_ge(resting, 10); /* at least once per second */
    ck_assert_uint_le(resting, 40); /* and not in each tick for nothing */
    teardown();
}
END_TEST

START_TEST(fencing_by_epoch_then_by_time)
{
    setup();
    ck_assert_int_eq(bind_as("gateway-1", 9, 2).result, BIND_OK);
    ck_assert_int_eq(bind_as("gateway-2", 4, 1).result, BIND_FENCED);
    step(1);
    ck_assert_uint_eq(t.fenced_n, 0);
    ck_assert_int_eq(bind_as("gateway-2", 4, 2).result, BIND_OK);
    step(1);
    ck_assert_uint_eq(t.fenced_n, 1);
    batch("gateway-1", 1, 9, 1, false); /* the loser has no effect */
    step(1);
    ck_assert_uint_eq(t.unknown_n, 1);
    ck_assert_uint_eq(t.ack_seq, 0);
    teardown();
}
END_TEST

static bool linkdead(void)
{
    struct world_own own;
    uint32_t pilot = world_pilot_find(turn_world(t.turn), PLAYER);
    ck_assert(world_own_get(turn_world(t.turn), pilot, &own));
    return (own.flight.flags & FLIGHT_LINKDEAD) != 0;
}

START_TEST(silent_or_restarted_gateways_lose_their_sessions)
{
    struct baton b = appear(3);
    setup();
    turn_baton(t.turn, &b);
    bind_as("gateway-1", 9, 1);
    batch("gateway-1", 1, 0, 0, false);
    step(1);
    step(GATEWAY_SILENT_MS / STEP_MS);
    ck_assert(!linkdead());
    step(2);
    ck_assert(linkdead());
    bind_as("gateway-1", 9, 1);
    batch("gateway-1", 1, 0, 0, false);
    step(1);
    ck_assert(!linkdead());
    batch("gateway-1", 2, 0, 0, false); /* another process of that name */
    step(1);
    ck_assert(linkdead());
    /* a pause of the whole world is no silence */
    bind_as("gateway-1", 9, 1);
    t.now_ms += 60000;
    turn_pause(t.turn, t.now_ms);
    turn_resume(t.turn, t.now_ms);
    step(1);
    ck_assert(!linkdead());
    teardown();
}
END_TEST

/* Docks the ship; the id of the event. */
static uint64_t dock(void)
{
    uint64_t event = 0;
    uint8_t kind = 0;
    for (int i = 0; i < 200 && event == 0; i++) {
        batch("gateway-1", 1, 9, ++t.seq, i == 0);
        step(1);
        publications(&event, &kind);
    }
    ck_assert_uint_eq(kind, WORLD_HARD_DOCKED);
    return event;
}

START_TEST(docked_is_told_until_answered)
{
    struct baton b = appear(3);
    struct ship_row row;
    uint64_t again = 0;
    uint8_t kind;
    setup();
    turn_baton(t.turn, &b);
    bind_as("gateway-1", 9, 1);
    uint64_t event = dock();
    ck_assert_uint_eq(ships(&row), 1);
    ck_assert_uint_eq(row.phase, WORLD_PHASE_DOCKING);
    step(JOURNAL_AGAIN_MS / STEP_MS - 1);
    ck_assert_uint_eq(publications(&again, &kind), 0);
    step(1);
    ck_assert_uint_eq(publications(&again, &kind), 1);
    ck_assert_uint_eq(again, event);
    ck_assert_uint_eq(ships(&row), 1);
    ck_assert_uint_eq(row.docking_ticks, JOURNAL_AGAIN_MS / STEP_MS);
    struct baton taken = answer(WORLD_BATON_LEAVE, 4, event);
    turn_baton(t.turn, &taken);
    step(JOURNAL_AGAIN_MS / STEP_MS + 1);
    ck_assert_uint_eq(publications(&again, &kind), 0);
    ck_assert_uint_eq(ships(&row), 0);
    ck_assert_uint_eq(t.phase, WORLD_PHASE_DOCKED);
    teardown();
}
END_TEST

/* A refused pickup gives back to space what the ledger still has there. */
START_TEST(loot_comes_back)
{
    struct baton b = {.epoch = appear(3).epoch,
                      .kind = STARTRADER__V1__BATON_KIND__BATON_KIND_REFUSED,
                      .event = 77,
                      .loot_n = 1,
                      .loot = {{.loot = 4711,
                                .good = 1,
                                .quantity = 5,
                                .x = WORLD_SUN_U * WORLD_UNIT,
                                .y = (WORLD_SUN_U + 9000) * WORLD_UNIT,
                                .placed = true}}};
    setup();
    turn_baton(t.turn, &b);
    step(2);
    uint32_t ids[64], n, found = 0;
    uint32_t cell = (uint32_t)(b.loot[0].x >> WORLD_CELL_SHIFT) |
                    (uint32_t)(b.loot[0].y >> WORLD_CELL_SHIFT) << WORLD_CELL_BITS;
    n = world_cell_entities(turn_world(t.turn), cell, ids, 64);
    for (uint32_t i = 0; i < n; i++) {
        struct world_entity e;
        ck_assert(world_entity_get(turn_world(t.turn), ids[i], &e));
        found += e.class_id == WORLD_CLASS_LOOT && e.good == 1 && e.quantity == 5;
    }
    ck_assert_uint_eq(found, 1);
    teardown();
}
END_TEST

START_TEST(refused_flies_on_but_only_by_its_own_answer)
{
    struct baton b = appear(3);
    struct ship_row row;
    setup();
    turn_baton(t.turn, &b);
    bind_as("gateway-1", 9, 1);
    uint64_t event = dock();
    struct baton other = answer(WORLD_BATON_STAY, 3, event + 1); /* to an earlier event */
    turn_baton(t.turn, &other);
    ck_assert_uint_eq(ships(&row), 1);
    ck_assert_uint_eq(row.phase, WORLD_PHASE_DOCKING);
    struct baton refused = answer(WORLD_BATON_STAY, 3, event);
    turn_baton(t.turn, &refused);
    step(1);
    ck_assert_uint_eq(ships(&row), 1);
    ck_assert_uint_eq(row.phase, WORLD_PHASE_FLYING);
    ck_assert_uint_eq(row.version, 3);
    teardown();
}
END_TEST

START_TEST(snapshots_on_request)
{
    static uint8_t reply[TURN_REPLY_MAX];
    struct ask_snapshot s = {.reply = reply};
    struct baton b = appear(3);
    struct ship_row row;
    setup();
    turn_baton(t.turn, &b);
    step(1);
    ck_assert_uint_eq(ships(&row), 1);
    turn_snapshot(t.turn, &s); /* no list: every cell that is not empty */
    Startrader__V1__WorldBundle *m = startrader__v1__world_bundle__unpack(NULL, s.reply_len, reply);
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_ge(m->n_cell, 1);
    bool found = false;
    for (size_t i = 0; i < m->n_cell; i++) {
        Startrader__V1__ServerFrame *f =
            startrader__v1__server_frame__unpack(NULL, m->len[i], m->blob.data + m->off[i]);
        for (size_t k = 0; k < f->snapshot[0]->n_enter_id; k++)
            found = found || f->snapshot[0]->enter_id[k] == row.entity;
        startrader__v1__server_frame__free_unpacked(f, NULL);
    }
    ck_assert(found);
    startrader__v1__world_bundle__free_unpacked(m, NULL);
    s.cells_n = 2; /* an empty one is answered as well */
    s.cells[0] = 0;
    s.cells[1] = WORLD_CELL_FIRST | WORLD_CELL_FIRST << WORLD_CELL_BITS;
    turn_snapshot(t.turn, &s);
    m = startrader__v1__world_bundle__unpack(NULL, s.reply_len, reply);
    ck_assert_uint_eq(m->n_cell, 2);
    startrader__v1__world_bundle__free_unpacked(m, NULL);
    teardown();
}
END_TEST

START_TEST(the_calendar_is_told_in_ticks)
{
    const uint64_t day = 20000ull * 24 * 3600000;
    uint32_t until, told = 0;
    setup();
    step(5);
    for (uint64_t at = day; at < day + 12 * 3600000; at += 600000) {
        struct blockade b = blockade_at(&t.config, "sol-1", at);
        turn_calendar(t.turn, "sol-1", at);
        ck_assert_uint_eq(world_blockaded(turn_world(t.turn), &until), b.station);
        if (b.station != 0 && at % 3600000 == 0)
            ck_assert_uint_eq(until, world_tick(turn_world(t.turn)) + 3600 * WORLD_TICK_HZ);
        told += b.station != 0;
        step(1);
    }
    ck_assert_uint_eq(told, 18);
    teardown();
}
END_TEST

START_TEST(a_world_with_an_old_blockade_hears_of_its_end)
{
    uint64_t at = 0;
    uint32_t until;
    setup();
    while (blockade_at(&t.config, "sol-1", at).station != 0)
        at += 3600000;
    struct world *w = world_init(t.memory, &t.limits, &t.config, 9, SHARD, EPOCH);
    ck_assert(world_blockade(w, SOL1_MAR, 5000)); /* as a checkpoint may have it */
    turn_open(t.turn, w);
    turn_calendar(t.turn, "sol-1", at);
    ck_assert_uint_eq(world_blockaded(w, &until), 0);
    teardown();
}
END_TEST

SUITE_MAIN("turn", the_calendar_is_told_in_ticks, a_world_with_an_old_blockade_hears_of_its_end,
           batons_move_ships, a_higher_epoch_ends_us, inputs_in_order_of_seq,
           inputs_wait_for_their_tick, own_state_comes_when_due, loot_comes_back,
           fencing_by_epoch_then_by_time, silent_or_restarted_gateways_lose_their_sessions,
           docked_is_told_until_answered, refused_flies_on_but_only_by_its_own_answer,
           snapshots_on_request)
