/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wild world, its slices for every window, some cells in leaves, and its rolling snapshots,
 * through stream and view to clients
 * that see it at any cadence, at any tier, with gaps and long absences. Each client does literally
 * what docs/PROTOCOL.md says, and knows of every cell and leaf exactly what was true at its cursor.
 */
#include "test_world.h"
#include "wild.h"

#include <frame.h>
#include <stream.h>
#include <view.h>

#include <st/alloc.h>
#include <st/rng.h>
#include <st/wire.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 6, TICKS = 500 };

struct known {
    bool here;
    uint32_t cell, version, tick;
};

struct client {
    struct view view;
    struct known ship[SHIPS];
    uint32_t at, period, away_until;
};

/* Check writes a message for each assertion that holds: too slow for millions. */
#define expect(condition, ...)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg(__VA_ARGS__);                                                             \
    } while (0)

static struct stream s;
static struct view_wanted wanted;
static struct client client[CLIENTS];
static uint32_t delta_seq, snapshot_seq, corrections, told_windows, told_first, told_rolled,
    told_leaves;
static struct st_buf blob, out;
static struct st_arena arena;
static bool tell_empty; /* by rolling snapshots */

/* --- slices --- */

enum { SLICES = 3 * CELLS * (LEAVES + 1) };

struct slices {
    uint32_t cell[SLICES], off[SLICES], len[SLICES], window[SLICES], part[SLICES];
    size_t count;
};

static void put(struct slices *to, const struct columns *c, uint32_t window, uint32_t part)
{
    size_t i = to->count++;
    to->cell[i] = c->d.cell;
    to->window[i] = window;
    to->part[i] = part == ALL ? 0 : part;
    to->off[i] = (uint32_t)blob.len;
    st_wire_put_tag(&blob, window ? 5 : 6, 2);
    st_buf_put_varint(&blob, st_wire_size(&c->d.base));
    st_wire_pack(&c->d.base, &blob);
    to->len[i] = (uint32_t)blob.len - to->off[i];
}

static struct st_buf bundle(struct slices *from, bool snapshot, uint32_t seq)
{
    Startrader__V1__WorldBundle b = STARTRADER__V1__WORLD_BUNDLE__INIT;
    static uint8_t memory[1 << 18];
    struct st_buf bytes;
    st_buf_init_fixed(&bytes, memory, sizeof memory);
    b.world_epoch = 1;
    b.tick = now;
    b.seq = seq;
    b.kind = snapshot ? STARTRADER__V1__SLICE_KIND__SLICE_KIND_SNAPSHOT
                      : STARTRADER__V1__SLICE_KIND__SLICE_KIND_DELTA;
    b.n_cell = b.n_off = b.n_len = from->count;
    b.n_window = b.n_part = snapshot ? 0 : from->count;
    b.cell = from->cell;
    b.off = from->off;
    b.len = from->len;
    b.window = from->window;
    b.part = from->part;
    b.blob.data = blob.data;
    b.blob.len = blob.len;
    st_wire_pack(&b.base, &bytes);
    ck_assert(!bytes.overflow);
    return bytes;
}

static void publish(struct slices *from, bool snapshot, bool lost)
{
    uint32_t seq = snapshot ? ++snapshot_seq : ++delta_seq;
    struct st_buf b = bundle(from, snapshot, seq);
    const char *leaf = snapshot ? "snapshot" : "delta";
    if (!lost)
        (void)stream_take(&s, leaf, world_message(leaf, b.data, b.len), 1);
}

static void put_cell(struct slices *to, uint32_t i, uint32_t window)
{
    struct columns c;
    for (uint32_t part = crowd[i] ? 0 : ALL; part <= (crowd[i] ? LEAVES : ALL); part++)
        if (columns_of(&c, cell_at(i), window, part))
            put(to, &c, window, part);
}

static void publish_deltas(bool lost)
{
    static const uint32_t windows[] = {1, 4, 10};
    static struct slices all;
    all.count = 0;
    st_buf_clear(&blob);
    for (uint32_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < CELLS; i++)
            if (now % windows[k] == i % windows[k])
                put_cell(&all, i, windows[k]);
    if (all.count > 0)
        publish(&all, false, lost);
}

/* A cell is split and joined with its snapshot. */
static void publish_snapshots(void)
{
    static struct slices all;
    struct columns c;
    all.count = 0;
    st_buf_clear(&blob);
    for (uint32_t i = now % GATEWAY_ROLL_TICKS; i < CELLS; i += GATEWAY_ROLL_TICKS) {
        if (columns_of(&c, cell_at(i), 0, ALL) || tell_empty)
            put(&all, &c, 0, ALL);
        wild_split(i);
    }
    publish(&all, true, false);
}

static void answer(bool whole)
{
    static struct slices all;
    struct columns c;
    struct st_buf b;
    void *block;
    all.count = 0;
    st_buf_clear(&blob);
    for (uint32_t i = 0; i < CELLS; i++) {
        bool asked = whole;
        for (uint32_t k = 0; k < wanted.count; k++)
            asked |= wanted.cell[k] == cell_at(i);
        if (asked && (columns_of(&c, cell_at(i), 0, ALL) || !whole))
            put(&all, &c, 0, ALL);
    }
    wanted.count = 0;
    b = bundle(&all, true, 0);
    block = st_alloc(b.len);
    memcpy(block, b.data, b.len);
    stream_take_snapshot(&s, block, b.len, whole);
}

/* --- clients --- */

static void take_member(struct known *k, const Startrader__V1__CellDelta *d, uint32_t version,
                        bool healing)
{
    expect(!k->here || d->tick >= k->tick || healing || !s.synced,
           "tick %u: told of %u in cell %u after %u in cell %u", now, d->tick, d->cell, k->tick,
           k->cell);
    *k = (struct known){true, d->cell, version, d->tick};
}

static void take_delta(struct client *c, const Startrader__V1__CellDelta *d)
{
    for (size_t i = 0; i < d->n_enter_id; i++)
        if (!c->ship[d->enter_id[i] - 1].here)
            c->ship[d->enter_id[i] - 1] = (struct known){.here = true};
    for (size_t i = 0; i < d->n_id; i++) {
        struct known *k = &c->ship[d->id[i] - 1];
        expect(k->here || !s.synced, "a record of an unknown ship");
        if (k->here)
            take_member(k, d, d->pos[i], false);
    }
    for (size_t i = 0; i < d->n_gone_id; i++) {
        struct known *k = &c->ship[d->gone_id[i] - 1];
        if (d->gone_reason[i] != MOVED || k->cell == d->cell)
            k->here = false;
    }
}

static void take_snapshot(struct client *c, const Startrader__V1__CellDelta *d, bool healing)
{
    bool listed[SHIPS] = {false};
    for (size_t i = 0; i < d->n_id; i++) {
        struct known *k = &c->ship[d->id[i] - 1];
        corrections += !healing && (!k->here || k->version != d->pos[i] || k->cell != d->cell);
        listed[d->id[i] - 1] = true;
        take_member(k, d, d->pos[i], healing);
    }
    for (uint32_t i = 0; i < SHIPS; i++)
        if (c->ship[i].here && c->ship[i].cell == d->cell && !listed[i]) {
            corrections += !healing;
            c->ship[i].here = false;
        }
}

static uint32_t cursor_of(const struct view *v, uint32_t cell)
{
    for (uint32_t i = 0; i < v->count; i++)
        if (v->cell[i] == cell)
            return v->cursor[i];
    return 0;
}

static void take_frame(struct client *c, const struct view *before,
                       const Startrader__V1__ServerFrame *f)
{
    if (f->view)
        for (uint32_t i = 0; i < SHIPS; i++)
            c->ship[i].here = c->ship[i].here && view_has(&c->view, c->ship[i].cell);
    for (size_t i = 0; i < f->n_delta; i++)
        take_delta(c, f->delta[i]);
    for (size_t i = 0; i < f->n_snapshot; i++) {
        uint32_t cursor = cursor_of(before, f->snapshot[i]->cell);
        bool healing = cursor <= CURSOR_LOST || cursor + GATEWAY_TAIL_TICKS < now;
        told_rolled += !healing;
        take_snapshot(c, f->snapshot[i], healing);
    }
}

/* Up to where the client knows a leaf of the i-th cell of its view. */
static uint32_t leaf_cursor(const struct client *c, uint32_t i, uint32_t leaf)
{
    const struct view *v = &c->view;
    const struct ring *r = cells_ring(s.cells, v->cell[i]);
    uint64_t bit = (uint64_t)1 << leaf;
    if (!crowd[index_of(v->cell[i])])
        return v->cursor[i]; /* split no longer */
    for (uint32_t k = 0; r && r->crowd && k < v->crowds_n; k++) {
        const struct view_leaves *l = &v->crowd[k].told;
        uint32_t tier = l->far & bit ? 2 : l->mid & bit ? 1 : 0;
        if (v->crowd[k].cell != v->cell[i])
            continue;
        expect(tier >= v->told[i], "a leaf is told before those who enter it");
        told_leaves += tier > v->told[i];
        return ring_window_end(r, tier, v->built_tick);
    }
    return v->cursor[i];
}

/* Of a ship that has not left its leaf since the client knows what was true at the leaf's cursor.
 * It may know more of one whose leaf has just come to a coarser tier. */
static void check_version(const struct client *c, uint32_t at, uint32_t i)
{
    uint32_t cursor = leaf_cursor(c, at, ship[i].leaf), version;
    bool same = ship[i].alive && ship[i].cell == c->view.cell[at] && ship[i].settled <= cursor;
    if (!same || ship[i].entered > c->view.cursor[at])
        return;
    version = history[ST_MAX(cursor, ship[i].entered) % HISTORY][i].version;
    expect(cursor == c->view.cursor[at] ? c->ship[i].version == version
                                        : c->ship[i].version >= version,
           "tick %u: another version of ship %u: %u, is %u", now, i, c->ship[i].version, version);
}

/* What the client knows of a cell is what was true at its cursor, but for those who have gone
 * elsewhere since. */
static void check_cell(const struct client *c, uint32_t at)
{
    uint32_t cell = c->view.cell[at], cursor = c->view.cursor[at];
    const struct ship *then = history[cursor % HISTORY];
    for (uint32_t i = 0; i < SHIPS; i++) {
        bool knows = c->ship[i].here && c->ship[i].cell == cell;
        bool was = then[i].alive && then[i].cell == cell;
        bool moved = !ship[i].alive || ship[i].cell != then[i].cell || ship[i].entered > cursor;
        expect(knows ? was : !was || moved, "tick %u cell %u ship %u: %d, was %d", now, cell, i,
               knows, was);
        if (knows)
            check_version(c, at, i);
    }
}

static void check(const struct client *c)
{
    if (!s.synced)
        return;
    for (uint32_t i = 0; i < c->view.count; i++)
        if (c->view.cursor[i] > CURSOR_LOST)
            check_cell(c, i);
    for (uint32_t i = 0; i < SHIPS; i++)
        expect(!c->ship[i].here || view_has(&c->view, c->ship[i].cell), "out of sight");
}

static void show(struct client *c)
{
    struct view_frame f = {.tick = now, .world_epoch = 1, .dilation_pm = 1000, .synced = s.synced};
    struct view before = c->view;
    struct st_slice payload;
    size_t at = 0, used;
    uint32_t frames = 0;
    st_buf_clear(&out);
    (void)view_build(&c->view, s.cells, &f, &wanted, &out);
    for (; at < out.len; at += used, frames++) {
        Startrader__V1__ServerFrame *frame;
        ck_assert_int_eq(server_frame(out.data + at, out.len - at, &payload, &used), FRAME_BINARY);
        st_arena_reset(&arena);
        frame = st_wire_unpack(&startrader__v1__server_frame__descriptor, payload.data, payload.len,
                               1 << 20, &arena);
        ck_assert_ptr_nonnull(frame);
        take_frame(c, &before, frame);
    }
    told_first += frames > 1;
    for (uint32_t i = 0; i < c->view.count; i++)
        told_windows += c->view.cursor[i] > CURSOR_LOST && c->view.cursor[i] < now;
    check(c);
}

static uint64_t bits(void)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < 64; i += 8)
        n |= (uint64_t)below(256) << i;
    return n;
}

/* The tiers that distance and budget ask for, or any. */
static void turn_leaves(struct view *v)
{
    view_stand(v, v->centre % 512 * 8 + below(8), v->centre / 512 * 8 + below(8));
    if (below(3) == 0)
        view_assign(v, s.cells, now, 200u << below(8));
    for (uint32_t i = 0; i < v->crowds_n && below(3) == 0; i++) {
        v->crowd[i].wanted.mid = bits();
        v->crowd[i].wanted.far = bits() & ~v->crowd[i].wanted.mid;
    }
}

static void turn(struct client *c)
{
    if (below(60) == 0)
        c->period = 1 + below(24);
    if (below(400) == 0)
        c->away_until = now + below(120);
    if (below(25) == 0) {
        c->at = (c->at + (below(2) ? 1 : SIDE)) % CELLS;
        view_place(&c->view, cell_at(c->at));
    }
    if (below(300) == 0)
        view_resync(&c->view);
    if (below(10) == 0)
        for (uint32_t i = 0; i < c->view.count; i++)
            c->view.tier[i] = (uint8_t)below(GATEWAY_TIERS);
    turn_leaves(&c->view);
    c->view.coarser = below(20) == 0;
    if (now >= c->away_until && now % c->period == 0)
        show(c);
}

static void run(uint32_t seed, bool gaps)
{
    uint32_t unsynced = 0;
    wild_init(seed);
    for (now = 100; now < 100 + TICKS; now++) {
        struct st_buf m;
        wild_step();
        publish_deltas(gaps && below(150) == 0);
        publish_snapshots();
        m = world_marker(1, now, delta_seq, snapshot_seq, 0);
        (void)stream_take(&s, "tick", world_message("tick", m.data, m.len), 1);
        st_buf_fini(&m);
        (void)stream_ready(&s, false, 1); /* a lost bundle is waited for ... */
        (void)stream_ready(&s, false, 1 + GATEWAY_LATE_MS);
        unsynced = s.synced ? 0 : unsynced + 1;
        if (unsynced > 3 || (s.synced && wanted.count > 0 && below(3) == 0))
            answer(!s.synced);
        if (s.resync)
            for (uint32_t i = 0; i < CLIENTS; i++)
                view_resync(&client[i].view);
        s.resync = false;
        for (uint32_t i = 0; i < CLIENTS; i++)
            turn(&client[i]);
    }
}

static void setup(void)
{
    memset(&wanted, 0, sizeof wanted);
    memset(client, 0, sizeof client);
    delta_seq = snapshot_seq = corrections = told_windows = told_first = told_rolled = 0;
    told_leaves = 0;
    stream_init(&s, 0);
    st_buf_init(&blob, 1 << 20);
    st_buf_init_fixed(&out, malloc(2 * GATEWAY_BACKLOG_MAX), 2 * GATEWAY_BACKLOG_MAX);
    st_arena_init(&arena, malloc(1 << 22), 1 << 22);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        client[i].period = 1 + i;
        client[i].at = i * 7;
        view_place(&client[i].view, cell_at(client[i].at));
    }
}

static void teardown(void)
{
    stream_fini(&s);
    st_buf_fini(&blob);
    free(out.data);
    free(arena.mem);
    ck_assert_int_eq(atomic_load(&world_messages), 0);
}

START_TEST(calm_stream)
{
    tell_empty = _i % 2 == 0;
    run((uint32_t)_i + 1, false);
    ck_assert_uint_eq(s.gaps, 0);
    ck_assert_uint_eq(corrections, 0);
    ck_assert_uint_gt(told_windows, 100);
    ck_assert_uint_gt(told_first, 10);
    ck_assert_uint_gt(told_rolled, 30);
    ck_assert_uint_gt(told_leaves, 100);
}
END_TEST

START_TEST(broken_stream)
{
    tell_empty = _i % 2 == 0;
    run((uint32_t)_i + 100, true);
    ck_assert_uint_gt(s.gaps, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shadow");
    TCase *t = tcase_create("shadow");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, calm_stream, 0, 8);
    tcase_add_loop_test(t, broken_stream, 0, 8);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
