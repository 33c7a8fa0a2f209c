/* SPDX-License-Identifier: Apache-2.0 */
/* Views over hand-made cells; what they send is decoded with the generated code. */
#include "test_world.h"

#include <cells.h>
#include <frame.h>
#include <stream.h>
#include <view.h>

#include <st/alloc.h>
#include <st/err.h>
#include <st/wire.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { HOME = 256 + 512 * 256, FAR_OFF = 300 + 512 * 256 };

static struct stream s;
static struct view v;
static struct view_wanted wanted;
static struct st_buf out;
static struct st_arena arena;
static uint32_t seq_delta, seq_snapshot;
static Startrader__V1__ServerFrame *frame[4];
static size_t frames;

static void setup(void)
{
    memset(&wanted, 0, sizeof wanted);
    stream_init(&s, 0);
    view_init(&v);
    st_buf_init_fixed(&out, malloc(2 * GATEWAY_BACKLOG_MAX), 2 * GATEWAY_BACKLOG_MAX);
    st_arena_init(&arena, malloc(1 << 24), 1 << 24);
    seq_delta = seq_snapshot = 0;
}

static void teardown(void)
{
    stream_fini(&s);
    free(out.data);
    free(arena.mem);
    ck_assert_int_eq(atomic_load(&world_messages), 0);
}

static void world(bool snapshot, uint32_t tick, const struct test_slice *slices, size_t count)
{
    uint32_t seq = snapshot ? ++seq_snapshot : ++seq_delta;
    struct st_buf b = world_bundle(snapshot, 1, tick, seq, slices, count);
    (void)stream_take(&s, snapshot ? "snapshot" : "delta",
                      world_message(snapshot ? "snapshot" : "delta", b.data, b.len), 1);
    st_buf_fini(&b);
}

static void mark(uint32_t tick)
{
    struct st_buf m = world_marker(1, tick, seq_delta, seq_snapshot, 0);
    (void)stream_take(&s, "tick", world_message("tick", m.data, m.len), 1);
    ck_assert(stream_ready(&s, false, 1));
    st_buf_fini(&m);
}

/* The answer to a request for every cell. */
static void sync(uint32_t tick, const struct test_slice *slices, size_t count)
{
    struct st_buf b = world_bundle(true, 1, tick, 0, slices, count);
    void *block = st_alloc(b.len);
    memcpy(block, b.data, b.len);
    stream_take_snapshot(&s, block, b.len, true);
    ck_assert(s.synced);
    st_buf_fini(&b);
}

static size_t build(uint32_t tick)
{
    struct view_frame f = {.tick = tick, .world_epoch = 1, .dilation_pm = 1000, .synced = s.synced};
    struct st_slice payload;
    size_t at = 0, used;
    st_buf_clear(&out);
    st_arena_reset(&arena);
    frames = 0;
    (void)view_build(&v, s.cells, &f, &wanted, &out);
    while (at < out.len) {
        ck_assert_int_eq(server_frame(out.data + at, out.len - at, &payload, &used), FRAME_BINARY);
        frame[frames] = st_wire_unpack(&startrader__v1__server_frame__descriptor, payload.data,
                                       payload.len, 1 << 20, &arena);
        ck_assert_ptr_nonnull(frame[frames]);
        ck_assert_uint_eq(frame[frames]->tick, tick);
        frames++;
        at += used;
    }
    return frames;
}

#define SLICES(...)                                                                                \
    (const struct test_slice[]){__VA_ARGS__},                                                      \
        sizeof((const struct test_slice[]){__VA_ARGS__}) / sizeof(struct test_slice)

START_TEST(placing)
{
    view_place(&v, HOME);
    ck_assert_uint_eq(v.count, 25);
    for (uint32_t i = 1; i < v.count; i++)
        ck_assert_uint_lt(v.cell[i - 1], v.cell[i]);
    v.changed = false;
    view_place(&v, HOME + 1); /* one step: five come in, none goes */
    ck_assert(v.changed);
    ck_assert_uint_eq(v.count, 30);
    ck_assert(view_has(&v, HOME - 2));
    view_place(&v, HOME + 2);
    ck_assert(!view_has(&v, HOME - 2));
    view_place(&v, FAR_OFF);
    ck_assert_uint_eq(v.count, 25);
    view_place(&v, 0); /* the corner of the world */
    ck_assert_uint_eq(v.count, 9);
    for (uint32_t step = 0; step < 200; step++) {
        view_place(&v, HOME + step % 3 + 512 * (step % 5));
        ck_assert_uint_le(v.count, GATEWAY_VIEW_CELLS);
    }
}
END_TEST

START_TEST(first_frames)
{
    mark(10);
    sync(10, SLICES({.cell = HOME, .id = 7}, {.cell = FAR_OFF, .id = 8}));
    view_place(&v, HOME);
    ck_assert_uint_eq(build(10), 1);
    ck_assert_uint_eq(frame[0]->view->n_cell, 25);
    ck_assert_uint_eq(frame[0]->n_snapshot, 1);
    ck_assert_uint_eq(frame[0]->snapshot[0]->id[0], 7);
    world(false, 11, SLICES({.cell = HOME, .id = 7}, {.cell = FAR_OFF, .id = 8}));
    mark(11);
    ck_assert_uint_eq(build(11), 1);
    ck_assert_ptr_null(frame[0]->view);
    ck_assert_uint_eq(frame[0]->n_delta, 1);
    ck_assert_uint_eq(frame[0]->n_snapshot, 0);
    ck_assert_uint_eq(frame[0]->delta[0]->tick, 11);
    mark(12);
    ck_assert_uint_eq(build(12), 0); /* nothing new */
    for (uint32_t t = 13; t < 31; t++) {
        mark(t);
        ck_assert_uint_eq(build(t), 0);
    }
    mark(31);
    ck_assert_uint_eq(build(31), 1); /* but once a second */
}
END_TEST

START_TEST(rolled_snapshot_is_sent)
{
    mark(10);
    sync(10, SLICES({.cell = HOME, .id = 7}));
    view_place(&v, HOME);
    build(10);
    world(false, 11, SLICES({.cell = HOME, .id = 7}));
    world(true, 11, SLICES({.cell = HOME, .id = 7}, {.cell = FAR_OFF, .id = 9}));
    mark(11);
    ck_assert_uint_eq(build(11), 1);
    ck_assert_uint_eq(frame[0]->n_delta, 1);
    ck_assert_uint_eq(frame[0]->n_snapshot, 1);
    ck_assert_uint_eq(frame[0]->snapshot[0]->cell, HOME);
}
END_TEST

/* A cell that comes into view is told by its snapshot and then the deltas behind it. */
START_TEST(fresh_cell_with_a_tail)
{
    uint32_t cell = HOME + 3;
    mark(10);
    sync(10, SLICES({.cell = cell, .id = 7}));
    view_place(&v, HOME);
    build(10);
    for (uint32_t t = 11; t <= 13; t++) {
        world(false, t, SLICES({.cell = cell, .id = t}));
        mark(t);
        build(t);
    }
    view_place(&v, HOME + 1);
    world(false, 14, SLICES({.cell = cell, .id = 14}));
    mark(14);
    ck_assert_uint_eq(build(14), 2);
    ck_assert_uint_eq(frame[0]->n_snapshot, 1);
    ck_assert_uint_eq(frame[0]->snapshot[0]->tick, 10);
    ck_assert_uint_eq(frame[0]->view->n_cell, 30);
    ck_assert_uint_eq(frame[1]->n_delta, 4);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(frame[1]->delta[i]->tick, 11 + i);
}
END_TEST

/* Somebody left the cell behind its snapshot: the old snapshot would bring it back. */
START_TEST(stale_base_waits_for_a_snapshot)
{
    uint32_t cell = HOME + 3;
    mark(10);
    sync(10, SLICES({.cell = cell, .id = 7}));
    view_place(&v, HOME);
    build(10);
    world(false, 11, SLICES({.cell = cell, .gone = 7}, {.cell = HOME, .id = 7}));
    mark(11);
    build(11);
    view_place(&v, HOME + 1);
    mark(12);
    ck_assert_uint_eq(build(12), 1); /* the view alone */
    ck_assert_uint_eq(frame[0]->n_snapshot + frame[0]->n_delta, 0);
    ck_assert_uint_eq(wanted.count, 1);
    ck_assert_uint_eq(wanted.cell[0], cell);
    world(true, 13, SLICES({.cell = cell, .id = 21}));
    mark(13);
    ck_assert_uint_ge(build(13), 1);
    ck_assert_uint_eq(frame[0]->n_snapshot, 1);
    ck_assert_uint_eq(frame[0]->snapshot[0]->id[0], 21);
}
END_TEST

START_TEST(skipped_frames_catch_up_in_order)
{
    mark(10);
    sync(10, SLICES({.cell = HOME, .id = 7}));
    view_place(&v, HOME);
    build(10);
    for (uint32_t t = 11; t <= 14; t++) {
        world(false, t, SLICES({.cell = HOME, .id = 7}, {.cell = HOME + 1, .id = 8}));
        mark(t);
    }
    ck_assert_uint_eq(build(14), 1);
    ck_assert_uint_eq(frame[0]->n_delta, 8);
    for (uint32_t i = 1; i < 8; i++)
        ck_assert_uint_ge(frame[0]->delta[i]->tick, frame[0]->delta[i - 1]->tick);
}
END_TEST

/* Too long away for the tail: everything is told again, empty cells too. */
START_TEST(long_absence_is_healed)
{
    mark(10);
    sync(10, SLICES({.cell = HOME, .id = 7}));
    view_place(&v, HOME);
    build(10);
    for (uint32_t t = 11; t <= 100; t++) {
        world(false, t, SLICES({.cell = HOME, .id = 7}));
        if (t % 40 == 0)
            world(true, t, SLICES({.cell = HOME, .id = 7}));
        mark(t);
    }
    ck_assert_uint_eq(build(100), 2);
    ck_assert_uint_eq(frame[0]->n_snapshot, 1);
    ck_assert_uint_eq(frame[0]->snapshot[0]->cell, HOME);
    ck_assert_uint_eq(frame[0]->snapshot[0]->tick, 80);
    ck_assert_uint_eq(frame[1]->n_delta, 20);
    ck_assert_uint_eq(frame[1]->n_snapshot, 24);
    for (size_t i = 0; i < 24; i++) {
        ck_assert_uint_eq(frame[1]->snapshot[i]->n_id, 0);
        ck_assert_uint_eq(frame[1]->snapshot[i]->digest, 2166136261u);
    }
}
END_TEST

START_TEST(gap_resyncs_everybody)
{
    mark(10);
    sync(10, SLICES({.cell = HOME, .id = 7}));
    s.resync = false;
    view_place(&v, HOME);
    build(10);
    seq_delta++; /* one is lost */
    world(false, 12, SLICES({.cell = HOME, .id = 7}));
    mark(12);
    ck_assert(!s.synced);
    ck_assert_uint_eq(s.gaps, 1);
    sync(12, SLICES({.cell = HOME + 1, .id = 7}));
    ck_assert(s.resync);
    view_resync(&v);
    mark(13);
    ck_assert_uint_ge(build(13), 1);
    ck_assert_uint_eq(frame[0]->n_snapshot, 25);
    ck_assert_uint_eq(frame[0]->view->n_cell, 25);
}
END_TEST

START_TEST(size_is_bounded)
{
    struct test_slice big[25];
    uint32_t told = 0, rounds = 0;
    mark(10);
    for (uint32_t i = 0; i < 25; i++)
        big[i] = (struct test_slice){
            .cell = HOME - 2 + i % 5 + 512 * (i / 5) - 1024, .id = i + 1, .pad = 30000};
    sync(10, big, 25);
    view_place(&v, HOME);
    for (uint32_t t = 10; told < 25; t++) {
        mark(t + 1);
        build(t + 1);
        ck_assert_uint_le(out.len, GATEWAY_BACKLOG_MAX);
        for (size_t i = 0; i < frames; i++)
            told += (uint32_t)frame[i]->n_snapshot;
        ck_assert_uint_lt(++rounds, 50);
    }
    ck_assert_uint_gt(rounds, 1);
}
END_TEST

/* Cells of the view that are told at a tier. */
static uint32_t at_tier(uint32_t tier)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < v.count; i++)
        n += v.tier[i] == tier;
    return n;
}

static uint32_t tier_at(uint32_t cell)
{
    for (uint32_t i = 0; i < v.count; i++)
        if (v.cell[i] == cell)
            return v.tier[i];
    ck_abort_msg("not in view");
}

/* Some 100 bytes in every second tick in each of 25 cells, and as much at tier 1. */
START_TEST(tiers_by_distance_and_budget)
{
    struct test_slice all[25];
    for (uint32_t i = 0; i < 25; i++)
        all[i] = (struct test_slice){.cell = HOME - 2 + i % 5 + 512 * (i / 5) - 1024, .pad = 90};
    mark(10);
    sync(10, all, 1);
    view_place(&v, HOME);
    for (uint32_t t = 11; t <= 110; t++) {
        world(false, t, all, 25);
        for (uint32_t i = 0; i < 25; i++)
            all[i].window = t % 2 == 0 ? 4 : 1;
        mark(t);
    }
    view_assign(&v, s.cells, 110, 10000000);
    ck_assert_uint_eq(at_tier(0), 9);
    ck_assert_uint_eq(at_tier(1), 16);
    v.changed = false;
    view_assign(&v, s.cells, 111, 100); /* not yet: once a second */
    ck_assert_uint_eq(at_tier(0), 9);
    v.changed = true;                    /* at once */
    view_assign(&v, s.cells, 111, 8000); /* two to three cells at tier 0 */
    ck_assert_uint_eq(tier_at(HOME), 0);
    ck_assert_uint_lt(at_tier(0), 9);
    ck_assert_uint_gt(at_tier(2), 0);
    view_assign(&v, s.cells, 111, 1100); /* the own cell every fourth tick at least */
    ck_assert_uint_eq(tier_at(HOME), 1);
    ck_assert_uint_eq(at_tier(0), 0);
    view_assign(&v, s.cells, 111, 1); /* but not beyond the whole budget */
    ck_assert_uint_eq(tier_at(HOME), 2);
}
END_TEST

/* Told at tier 1, a cell's cursor goes from window to window. */
START_TEST(windows)
{
    uint32_t told = 0;
    mark(10);
    sync(10, SLICES({.cell = HOME, .id = 7}));
    world(true, 11, SLICES({.cell = HOME, .id = 7}));
    mark(11);
    view_place(&v, HOME);
    build(11);
    for (uint32_t t = 12; t <= 40; t++) {
        struct test_slice both[] = {{.cell = HOME, .id = 7}, {.cell = HOME, .id = 7, .window = 4}};
        for (uint32_t i = 0; i < v.count; i++)
            v.tier[i] = 1;
        world(false, t, both, t % 4 == 11 % 4 ? 2 : 1);
        mark(t);
        if (build(t) == 0 || t < 16) /* tier 1 comes into force once a window was heard of */
            continue;
        ck_assert_uint_eq(frame[0]->n_delta, 1);
        ck_assert_uint_eq(frame[0]->delta[0]->tick % 4, 11 % 4);
        told++;
    }
    ck_assert_uint_eq(told, 6);
}
END_TEST

START_TEST(rings_age)
{
    mark(10);
    sync(10, SLICES({.cell = HOME, .id = 7}));
    ck_assert_uint_eq(cells_count(s.cells), 1);
    ck_assert_uint_gt(cells_pinned(s.cells), 0);
    mark(70);
    ck_assert_uint_eq(cells_count(s.cells), 1);
    mark(71);
    ck_assert_uint_eq(cells_count(s.cells), 0);
    ck_assert_uint_eq(cells_pinned(s.cells), 0);
}
END_TEST

START_TEST(tables_that_are_full_refuse)
{
    struct cells *c = cells_new(2, 3, 2);
    uint8_t bytes[4] = {6 << 3 | 2, 2, 8, 1};
    struct st_slice slice = {bytes, sizeof bytes};
    struct parcel *p = cells_parcel_heap(c, st_alloc(4), 4);
    struct parcel *q = cells_parcel_heap(c, st_alloc(4), 4);
    ck_assert_ptr_null(cells_parcel_heap(c, st_alloc(4), 4));
    ck_assert_int_eq(cells_delta(c, 1, 0, 5, 1, p, slice), ST_OK);
    ck_assert_int_eq(cells_delta(c, 2, 0, 5, 1, p, slice), ST_OK);
    ck_assert_int_eq(cells_delta(c, 3, 0, 5, 1, p, slice), ST_EFULL);
    ck_assert_int_eq(cells_snapshot(c, 3, 5, true, p, slice), ST_EFULL);
    ck_assert_int_eq(cells_delta(c, 1, 0, 6, 1, p, slice), ST_OK);
    ck_assert_int_eq(cells_delta(c, 1, 0, 7, 1, p, slice), ST_EFULL);
    ck_assert_ptr_null(cells_ring(c, 1)); /* no longer complete */
    cells_parcel_put(c, p);
    cells_parcel_put(c, q);
    cells_free(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view");
    TCase *t = tcase_create("view");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, placing);
    tcase_add_test(t, first_frames);
    tcase_add_test(t, rolled_snapshot_is_sent);
    tcase_add_test(t, fresh_cell_with_a_tail);
    tcase_add_test(t, stale_base_waits_for_a_snapshot);
    tcase_add_test(t, skipped_frames_catch_up_in_order);
    tcase_add_test(t, long_absence_is_healed);
    tcase_add_test(t, gap_resyncs_everybody);
    tcase_add_test(t, size_is_bounded);
    tcase_add_test(t, tiers_by_distance_and_budget);
    tcase_add_test(t, windows);
    tcase_add_test(t, rings_age);
    tcase_add_test(t, tables_that_are_full_refuse);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
