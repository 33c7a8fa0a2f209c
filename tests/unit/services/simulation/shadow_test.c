/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flies a crowd in the kernel and rebuilds the world from what is sent: after each tick both must
 * be equal, entity by entity, and each snapshot's digest must be the shadow's own.
 */
#include "suite.h"

#include <string.h>

#include <crowd.h>
#include <emit.h>
#include <frame.h>
#include <leaf.h>
#include <sol1_fixture.h>
#include <st/alloc.h>
#include <startrader/v1/sector.pb-c.h>
#include <startrader/v1/world.pb-c.h>
#include <window.h>

#include "shadow.h"

enum { PILOTS = 160, EPOCH = 3, SHARD = 1, ROUNDS = 10 };

static struct {
    struct world_limits limits;
    struct world_config config;
    void *memory;
    struct world *world;
    struct crowd crowd;
    struct ring *ring;
    struct emit *emit;
    struct sessions *sessions;
    struct shadow shadow;
    uint32_t delta_seq, snapshot_seq, own_seq;
    uint32_t only;   /* the length of the windows that the shadow takes */
    uint64_t leaves; /* of split cells, those that the shadow takes */
    bool lose;       /* delta bundles do not arrive */
    bool split;      /* some cells are told in leaves */
    bool unsure;     /* some did not: cells are right only after their next snapshot */
    struct {
        uint32_t deltas, snapshots, shots, hits, loots, gone, owns, events, vitals, windows, parts;
    } count;
} t;

static void setup(void)
{
    memset(&t, 0, sizeof(t));
    t.limits = world_limits_default();
    sol1_config(&t.config);
    t.memory = aligned_alloc(64, (world_size(&t.limits) + 63) / 64 * 64);
    t.world = world_init(t.memory, &t.limits, &t.config, 42, SHARD, EPOCH);
    crowd_init(&t.crowd, t.world, PILOTS, 7);
    t.ring = ring_new(32 << 20);
    t.emit = emit_new(&t.limits, SHARD, t.ring);
    t.sessions = sessions_new(t.limits.pilots);
    t.shadow.config = &t.config;
    t.only = 1;
    t.leaves = UINT64_MAX;
    emit_split_at(t.emit, UINT32_MAX);
    emit_open(t.emit, EPOCH, world_config_hash(&t.config));
}

static void teardown(void)
{
    emit_free(&t.emit);
    ring_free(&t.ring);
    sessions_free(&t.sessions);
    free(t.memory);
}

/* Every pilot that the crowd has connected has a session at one of two gateways. */
static void bind_sessions(void)
{
    for (uint32_t i = 0; i < PILOTS; i++) {
        uint32_t handle = t.crowd.pilots[i].handle;
        if (handle == WORLD_NOBODY || sessions_at(t.sessions, handle)->sid != 0)
            continue;
        int g = sessions_gateway(t.sessions, i % 2 ? "gateway-1" : "gateway-2", 1);
        sessions_bind(t.sessions, handle, (uint32_t)g, i + 1);
    }
}

/* ---- the columns against the kernel's lists ------------------------------------------------- */

static void check_shots(const Startrader__V1__CellDelta *d, const struct world_cell *c)
{
    ck_assert_uint_eq(d->n_shot_id, c->shots_n);
    ck_assert_uint_eq(d->n_shot_ctl, c->shots_n);
    for (uint32_t i = 0; i < c->shots_n; i++) {
        const struct flight_shot *s = &c->shots[i];
        ck_assert_uint_eq(d->shot_id[i], s->id);
        ck_assert_uint_eq(d->shot_owner[i], s->ship);
        ck_assert_uint_eq(d->shot_tick[i], s->tick);
        ck_assert_int_eq(shadow_x(d->cell, d->shot_pos[i], d->shot_frac[i]), s->x);
        ck_assert_int_eq(shadow_y(d->cell, d->shot_pos[i], d->shot_frac[i]), s->y);
        ck_assert_int_eq((int16_t)(d->shot_vel[i] & 0xffff), s->vx);
        ck_assert_int_eq((int16_t)(d->shot_vel[i] >> 16), s->vy);
        ck_assert_uint_eq(d->shot_ctl[i] & 0xfff, s->heading);
        ck_assert_uint_eq(d->shot_ctl[i] >> 12 & 0xf, s->weapon);
        ck_assert_uint_eq(d->shot_ctl[i] >> 16 & 0xff, s->live);
        ck_assert_uint_eq((d->shot_ctl[i] >> 24) + 1, s->mounts);
    }
    t.count.shots += c->shots_n;
}

static void check_lists(const Startrader__V1__CellDelta *d, const struct world_cell *c)
{
    ck_assert_uint_eq(d->n_hit_shot, c->hits_n);
    ck_assert_uint_eq(d->n_hit_target, c->hits_n);
    ck_assert_uint_eq(d->n_hit_info, c->hits_n);
    for (uint32_t i = 0; i < c->hits_n; i++) {
        const struct world_hit *h = &c->hits[i];
        ck_assert_uint_eq(d->hit_shot[i], h->shot != 0 ? h->shot << 3 | h->mount : 0);
        ck_assert_uint_eq(d->hit_target[i], h->target);
        ck_assert_uint_eq(d->hit_info[i] & 15, h->info);
        ck_assert_uint_eq(d->hit_info[i] >> 4, h->from);
    }
    ck_assert_uint_eq(d->n_gone_id, c->gone_n);
    for (uint32_t i = 0; i < c->gone_n; i++) {
        ck_assert_uint_eq(d->gone_id[i], c->gone[i].id);
        ck_assert_uint_eq(d->gone_reason[i], c->gone[i].reason);
    }
    ck_assert_uint_ge(d->n_id, c->changed_n);
    ck_assert_uint_eq(d->n_enter_id, c->entered_n);
    ck_assert_uint_ge(d->n_vit_id, c->vitals_n);
    t.count.hits += c->hits_n;
    t.count.gone += c->gone_n;
    t.count.loots += (uint32_t)d->n_loot_id;
    t.count.vitals += (uint32_t)d->n_vit_id;
}

static Startrader__V1__ServerFrame *slice(const uint8_t *blob, uint32_t off, uint32_t len)
{
    Startrader__V1__ServerFrame *f = startrader__v1__server_frame__unpack(NULL, len, blob + off);
    ck_assert_ptr_nonnull(f);
    return f;
}

/* A window ends on the ticks of its cell's snapshot, modulo its length; far ones have no fights. */
static void check_window(const Startrader__V1__CellDelta *d, uint32_t window)
{
    ck_assert(window == WINDOW_NEAR || window == WINDOW_FAR);
    ck_assert_uint_eq(frame_cell_index(d->cell) % window, d->tick % window);
    for (size_t i = 0; i < d->n_shot_tick; i++)
        ck_assert_uint_lt(d->tick - d->shot_tick[i], window);
    if (window == WINDOW_FAR)
        ck_assert_uint_eq(d->n_shot_id + d->n_hit_shot, 0);
    t.count.windows++;
}

static void on_slice(const Startrader__V1__WorldBundle *m, size_t i)
{
    Startrader__V1__ServerFrame *f = slice(m->blob.data, m->off[i], m->len[i]);
    ck_assert_uint_eq(f->n_delta, 1);
    ck_assert_uint_eq(f->n_snapshot, 0);
    ck_assert_uint_eq(f->delta[0]->cell, m->cell[i]);
    ck_assert_uint_eq(f->delta[0]->tick, world_tick(t.world));
    if (m->part[i] > 0) {
        ck_assert_uint_le(m->part[i], LEAF_SIDE * LEAF_SIDE);
        ck_assert_uint_eq(f->delta[0]->n_enter_id + f->delta[0]->n_gone_id, 0);
        t.count.parts++;
    } else if (m->window[i] == 1 && !t.split) {
        struct world_cell c;
        world_dirty_cell(t.world, (uint32_t)i, &c);
        ck_assert_uint_eq(m->cell[i], c.cell);
        check_shots(f->delta[0], &c);
        check_lists(f->delta[0], &c);
    }
    if (m->window[i] > 1)
        check_window(f->delta[0], m->window[i]);
    if (m->window[i] == t.only && (m->part[i] == 0 || t.leaves >> (m->part[i] - 1) & 1))
        shadow_delta(&t.shadow, f->delta[0]);
    startrader__v1__server_frame__free_unpacked(f, NULL);
}

static void on_delta(const Startrader__V1__WorldBundle *m)
{
    size_t n = 0;
    ck_assert_uint_eq(m->seq, ++t.delta_seq);
    ck_assert_uint_eq(m->n_window, m->n_cell);
    while (n < m->n_cell && m->window[n] == 1)
        n++;
    ck_assert_uint_eq(m->n_part, m->n_cell);
    if (!t.split)
        ck_assert_uint_eq(n, world_dirty_cells(t.world));
    for (size_t i = 0; i < m->n_cell && !t.lose; i++)
        on_slice(m, i);
    t.count.deltas++;
}

static void on_snapshot(const Startrader__V1__WorldBundle *m)
{
    ck_assert_uint_eq(m->seq, ++t.snapshot_seq);
    for (size_t i = 0; i < m->n_cell; i++) {
        Startrader__V1__ServerFrame *f = slice(m->blob.data, m->off[i], m->len[i]);
        ck_assert_uint_eq(f->n_snapshot, 1);
        const Startrader__V1__CellDelta *d = f->snapshot[0];
        ck_assert_uint_eq(d->cell, m->cell[i]);
        if (!t.unsure)
            ck_assert_uint_eq(d->digest, shadow_digest(&t.shadow, d->cell));
        if (t.only == 1 && t.leaves == UINT64_MAX)
            shadow_snapshot(&t.shadow, d);
        if (t.leaves == UINT64_MAX)
            ck_assert_uint_eq(d->digest, shadow_digest(&t.shadow, d->cell));
        startrader__v1__server_frame__free_unpacked(f, NULL);
    }
    t.count.snapshots += (uint32_t)m->n_cell;
}

static void check_own(const Startrader__V1__OwnState *o, uint32_t pilot, uint32_t cell)
{
    struct world_own own;
    ck_assert(world_own_get(t.world, pilot, &own));
    ck_assert_uint_eq(o->phase, own.phase);
    ck_assert_uint_eq(o->ack_seq, own.seq);
    ck_assert_uint_eq(o->ack_tick, own.seq_tick);
    if (own.phase != WORLD_PHASE_FLYING && own.phase != WORLD_PHASE_DOCKING) {
        ck_assert_uint_eq(o->entity, 0);
        ck_assert_int_eq(o->x, own.x);
        ck_assert_uint_eq(cell, frame_cell(own.x, own.y));
        return;
    }
    ck_assert_uint_eq(cell, frame_cell(own.flight.x, own.flight.y));
    ck_assert_uint_eq(o->entity, own.id);
    ck_assert_int_eq(o->x, own.flight.x);
    ck_assert_int_eq(o->y, own.flight.y);
    ck_assert_int_eq(o->vx, own.flight.vx);
    ck_assert_int_eq(o->vy, own.flight.vy);
    ck_assert_uint_eq(o->ctl, flight_ctl_pack(&own.flight));
    ck_assert_uint_eq(o->class_id, own.class_id);
    ck_assert_uint_eq(o->hull, own.hull);
    ck_assert_uint_eq(o->shield, own.shield);
    ck_assert_uint_eq(o->energy, (uint32_t)own.energy);
    ck_assert_uint_eq(o->torpedoes, own.torpedoes);
    ck_assert_uint_eq(o->load_step, own.flight.load);
    ck_assert_uint_eq(o->cargo_mass, own.cargo_mass);
    ck_assert_uint_eq(o->n_cargo, own.cargo_n);
    for (uint32_t i = 0; i < own.cargo_n; i++)
        ck_assert_uint_eq(o->cargo[i]->quantity, own.cargo[i].quantity);
    ck_assert_ptr_nonnull(o->zone);
    ck_assert_uint_eq(o->zone->zone, own.zone);
    ck_assert_uint_eq(o->version, own.version);
    ck_assert_uint_eq(o->wanted_until_tick, own.wanted_until);
    ck_assert(!o->station_silent);
}

static void on_own(const Startrader__V1__OwnBundle *m, uint32_t gateway)
{
    if (m->seq != t.own_seq)
        ck_assert_uint_eq(m->seq, ++t.own_seq);
    for (size_t i = 0; i < m->n_sid; i++) {
        uint32_t pilot = sessions_find(t.sessions, gateway, m->sid[i]);
        ck_assert_uint_ne(pilot, SESSION_NONE);
        Startrader__V1__ServerFrame *f = slice(m->blob.data, m->off[i], m->len[i]);
        ck_assert_ptr_nonnull(f->own);
        ck_assert_uint_eq(f->own->phase, m->phase[i]);
        check_own(f->own, pilot, m->cell[i]);
        for (size_t k = 0; k < f->n_private_; k++)
            ck_assert_int_ne(f->private_[k]->event_case, 0);
        t.count.events += (uint32_t)f->n_private_;
        startrader__v1__server_frame__free_unpacked(f, NULL);
    }
    t.count.owns += (uint32_t)m->n_sid;
}

/* Every two seconds, and then everybody is in some sector. */
static void check_density(const Startrader__V1__TickMarker *m)
{
    uint32_t sum = 0;
    ck_assert_int_eq(m->density.len > 0, m->tick % EMIT_DENSITY_TICKS == 0);
    if (m->density.len == 0)
        return;
    Startrader__V1__ServerFrame *f = slice(m->density.data, 0, (uint32_t)m->density.len);
    ck_assert_ptr_nonnull(f->density);
    ck_assert_uint_eq(f->density->tick, m->tick);
    ck_assert_uint_eq(f->density->n_ships, 64);
    for (size_t i = 0; i < f->density->n_ships; i++)
        sum += f->density->ships[i];
    ck_assert_uint_eq(sum, m->ships);
    startrader__v1__server_frame__free_unpacked(f, NULL);
}

static void on_message(const struct emit_head *head, size_t len)
{
    static uint32_t last_kind;
    const uint8_t *data = (const uint8_t *)(head + 1);
    len -= sizeof(*head);
    ck_assert(head->kind >= last_kind || last_kind == EMIT_TICK); /* order within the tick */
    last_kind = head->kind;
    if (head->kind == EMIT_DELTA || head->kind == EMIT_SNAPSHOT) {
        Startrader__V1__WorldBundle *m = startrader__v1__world_bundle__unpack(NULL, len, data);
        ck_assert_ptr_nonnull(m);
        ck_assert_uint_eq(m->world_epoch, EPOCH);
        ck_assert_uint_eq(m->shard, SHARD);
        ck_assert_uint_eq(m->kind, head->kind == EMIT_DELTA ? 1 : 2);
        if (head->kind == EMIT_DELTA)
            on_delta(m);
        else
            on_snapshot(m);
        startrader__v1__world_bundle__free_unpacked(m, NULL);
    } else if (head->kind == EMIT_OWN) {
        Startrader__V1__OwnBundle *m = startrader__v1__own_bundle__unpack(NULL, len, data);
        ck_assert_ptr_nonnull(m);
        on_own(m, (uint32_t)sessions_gateway(t.sessions, head->gateway, 1));
        startrader__v1__own_bundle__free_unpacked(m, NULL);
    } else {
        Startrader__V1__TickMarker *m = startrader__v1__tick_marker__unpack(NULL, len, data);
        ck_assert_ptr_nonnull(m);
        ck_assert_uint_eq(m->tick, world_tick(t.world));
        ck_assert_uint_eq(m->delta_seq, t.delta_seq);
        ck_assert_uint_eq(m->snapshot_seq, t.snapshot_seq);
        ck_assert_uint_eq(m->own_seq, t.own_seq);
        ck_assert_uint_eq(m->dilation_pm, 1000);
        ck_assert_uint_eq(m->ships, world_ships(t.world) + world_npcs(t.world));
        check_density(m);
        startrader__v1__tick_marker__free_unpacked(m, NULL);
    }
}

/* ---- the worlds ---------------------------------------------------------------------------------
 */

static uint32_t check_cell(uint32_t cell)
{
    static uint32_t ids[SHADOW_MAX];
    uint32_t n = world_cell_entities(t.world, cell, ids, SHADOW_MAX);
    for (uint32_t i = 0; i < n; i++) {
        struct world_entity e;
        ck_assert(world_entity_get(t.world, ids[i], &e));
        const struct shadow_entity *s = shadow_find(&t.shadow, ids[i]);
        ck_assert_msg(s != NULL, "tick %u: entity %u is missing", world_tick(t.world), ids[i]);
        ck_assert_uint_eq(s->cell, cell);
        ck_assert_uint_eq(s->class_id, e.class_id);
        ck_assert_uint_eq(s->player, e.player);
        ck_assert_uint_eq(s->faction, e.faction);
        ck_assert_uint_eq(s->level, e.level);
        ck_assert_uint_eq(s->flags, e.flags);
        ck_assert_msg(memcmp(&s->flight, &e.flight, sizeof(e.flight)) == 0,
                      "tick %u: entity %u class %u is at %d %d, not %d %d", world_tick(t.world),
                      e.id, e.class_id, s->flight.x, s->flight.y, e.flight.x, e.flight.y);
        if (e.class_id == WORLD_CLASS_LOOT) {
            ck_assert_uint_eq(s->good, e.good);
            ck_assert_uint_eq(s->quantity, e.quantity);
        }
    }
    return n;
}

static void check_equal(void)
{
    uint32_t n = 0;
    for (uint32_t y = 0; y < WORLD_CELLS_SIDE; y++)
        for (uint32_t x = 0; x < WORLD_CELLS_SIDE; x++)
            n += check_cell((WORLD_CELL_FIRST + x) | (WORLD_CELL_FIRST + y) << WORLD_CELL_BITS);
    ck_assert_uint_eq(n, t.shadow.n);
}

static void tick(void)
{
    struct emit_stats stats;
    const struct emit_head *head;
    size_t len;
    crowd_tick(&t.crowd);
    bind_sessions();
    emit_tick(t.emit, t.world, t.sessions, false, &stats);
    ck_assert_uint_eq(stats.dropped, 0);
    shadow_step(&t.shadow);
    while ((head = ring_peek(t.ring, &len)) != NULL) {
        on_message(head, len);
        ring_release(t.ring);
    }
}

START_TEST(shadow_is_the_world_after_each_tick)
{
    setup();
    for (int i = 0; i < ROUNDS * EMIT_ROLL_TICKS; i++) {
        tick();
        check_equal();
    }
    ck_assert_uint_gt(t.count.snapshots, ROUNDS * 10);
    ck_assert_uint_lt(t.count.snapshots, ROUNDS * WORLD_CELLS); /* not of empty ones */
    ck_assert_uint_gt(t.count.shots, 1000);
    ck_assert_uint_gt(t.count.hits, 100);
    ck_assert_uint_gt(t.count.gone, 20);
    ck_assert_uint_gt(t.count.vitals, 100);
    ck_assert_uint_gt(t.count.loots, 0);
    ck_assert_uint_gt(t.count.owns, 1000);
    ck_assert_uint_gt(t.count.events, 100);
    teardown();
}
END_TEST

START_TEST(snapshots_heal_every_loss)
{
    setup();
    for (int i = 0; i < 240; i++)
        tick();
    t.lose = t.unsure = true;
    for (int i = 0; i < 30; i++)
        tick();
    t.lose = false;
    for (int i = 0; i < EMIT_ROLL_TICKS; i++)
        tick();
    t.unsure = false;
    for (int i = 0; i < EMIT_ROLL_TICKS; i++) {
        tick();
        check_equal();
    }
    teardown();
}
END_TEST

/* Who takes only the windows of one length is right whenever one ends, snapshots not needed. */
static void windows_are_enough(uint32_t window)
{
    setup();
    t.only = window;
    for (uint32_t i = 0; i < ROUNDS / 2 * EMIT_ROLL_TICKS; i++) {
        tick();
        for (uint32_t c = world_tick(t.world) % window; c < WORLD_CELLS; c += window)
            check_cell(frame_cell_at(c));
    }
    ck_assert_uint_gt(t.count.windows, 1000);
    ck_assert_uint_gt(t.count.gone, 20);
    teardown();
}

START_TEST(near_windows_are_enough)
{
    windows_are_enough(WINDOW_NEAR);
}
END_TEST

START_TEST(far_windows_are_enough)
{
    windows_are_enough(WINDOW_FAR);
}
END_TEST

/* As above, with cells that are told in leaves. */
static void split_setup(void)
{
    setup();
    t.split = true;
    emit_split_at(t.emit, 4);
}

START_TEST(leaves_together_are_the_cell)
{
    split_setup();
    for (int i = 0; i < ROUNDS * EMIT_ROLL_TICKS; i++) {
        tick();
        check_equal();
    }
    ck_assert_uint_gt(t.count.parts, 1000);
    teardown();
}
END_TEST

static void leaf_windows_are_enough(uint32_t window)
{
    split_setup();
    t.only = window;
    for (uint32_t i = 0; i < ROUNDS / 2 * EMIT_ROLL_TICKS; i++) {
        tick();
        for (uint32_t c = world_tick(t.world) % t.only; c < WORLD_CELLS; c += t.only)
            check_cell(frame_cell_at(c));
    }
    ck_assert_uint_gt(t.count.parts, 1000);
    teardown();
}

START_TEST(near_leaf_windows_are_enough)
{
    leaf_windows_are_enough(WINDOW_NEAR);
}
END_TEST

START_TEST(far_leaf_windows_are_enough)
{
    leaf_windows_are_enough(WINDOW_FAR);
}
END_TEST

/* Well within a leaf that the shadow takes. */
static bool is_taken(uint32_t cell, const struct flight *f)
{
    int32_t x = f->x - (int32_t)((cell & 511) << 20), y = f->y - (int32_t)((cell >> 9) << 20);
    int32_t size = 1 << LEAF_SHIFT, in_x = x & (size - 1), in_y = y & (size - 1);
    bool inside = in_x > LEAF_MARGIN && in_x < size - LEAF_MARGIN && in_y > LEAF_MARGIN &&
                  in_y < size - LEAF_MARGIN && x >= 0 && y >= 0 && x < 1 << 20 && y < 1 << 20;
    return inside && (t.leaves >> ((x >> LEAF_SHIFT) + LEAF_SIDE * (y >> LEAF_SHIFT)) & 1);
}

static uint32_t check_taken(uint32_t cell)
{
    static uint32_t ids[SHADOW_MAX];
    uint32_t n = world_cell_entities(t.world, cell, ids, SHADOW_MAX), seen = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct world_entity e;
        ck_assert(world_entity_get(t.world, ids[i], &e));
        const struct shadow_entity *s = shadow_find(&t.shadow, ids[i]);
        ck_assert_ptr_nonnull(s);
        if (!is_taken(cell, &e.flight))
            continue;
        ck_assert_msg(memcmp(&s->flight, &e.flight, sizeof(e.flight)) == 0,
                      "tick %u: entity %u of cell %u is elsewhere", world_tick(t.world), e.id,
                      cell);
        seen++;
    }
    return seen;
}

/* Who takes only some leaves knows everybody, and exactly those who are there. */
START_TEST(a_leaf_is_enough_for_who_is_in_it)
{
    uint32_t seen = 0;
    split_setup();
    t.leaves = 0x5a5aa5a55a5aa5a5u;
    t.unsure = true; /* of the other leaves */
    for (int i = 0; i < ROUNDS * EMIT_ROLL_TICKS; i++) {
        tick();
        for (uint32_t c = 0; c < WORLD_CELLS; c++)
            seen += check_taken(frame_cell_at(c));
    }
    ck_assert_uint_gt(seen, 1000);
    ck_assert_uint_gt(t.count.parts, 1000);
    teardown();
}
END_TEST

SUITE_MAIN("shadow", shadow_is_the_world_after_each_tick, snapshots_heal_every_loss,
           near_windows_are_enough, far_windows_are_enough, leaves_together_are_the_cell,
           near_leaf_windows_are_enough, far_leaf_windows_are_enough,
           a_leaf_is_enough_for_who_is_in_it)
