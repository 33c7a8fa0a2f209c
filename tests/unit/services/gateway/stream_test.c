/* SPDX-License-Identifier: Apache-2.0 */
#include "test_world.h"

#include <gateway.h>
#include <stream.h>

#include <st/alloc.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct stream s;
static const struct test_slice one[] = {{.cell = 100, .id = 1}};

static void setup(void)
{
    stream_init(&s, 0);
}

static void teardown(void)
{
    stream_fini(&s);
    ck_assert_int_eq(atomic_load(&world_messages), 0);
}

static enum stream_event give(const char *leaf, struct st_buf b, uint64_t now)
{
    enum stream_event e = stream_take(&s, leaf, world_message(leaf, b.data, b.len), now);
    st_buf_fini(&b);
    return e;
}

static void sync_at(uint32_t epoch, uint32_t tick)
{
    struct st_buf b = world_bundle(true, epoch, tick, 0, one, 1);
    void *block = st_alloc(b.len);
    memcpy(block, b.data, b.len);
    stream_take_snapshot(&s, block, b.len, true);
    st_buf_fini(&b);
}

START_TEST(complete_ticks_are_shown_at_once)
{
    ck_assert_int_eq(give("tick", world_marker(1, 10, 5, 3, 2), 1000), STREAM_EPOCH);
    ck_assert(stream_ready(&s, false, 1000));
    ck_assert(!stream_ready(&s, false, 1000));
    give("delta", world_bundle(false, 1, 11, 6, one, 1), 1050);
    ck_assert_int_eq(stream_wait_ms(&s, 1050), -1);
    give("tick", world_marker(1, 11, 6, 3, 2), 1050);
    ck_assert(stream_ready(&s, false, 1050));
    ck_assert_uint_eq(s.lates, 0);
}
END_TEST

START_TEST(density_is_kept)
{
    static const uint8_t field[] = {15 << 3 | 2, 2, 8, 7}, other[] = {14 << 3 | 2, 2, 8, 7};
    give("tick", world_marker_density(1, 10, field, sizeof field), 1000);
    ck_assert_uint_eq(s.density_tick, 10);
    ck_assert_uint_eq(s.density_len, sizeof field);
    ck_assert_mem_eq(s.density, field, sizeof field);
    give("tick", world_marker(1, 11, 0, 0, 0), 1050); /* has none */
    ck_assert_uint_eq(s.density_tick, 10);
    give("tick", world_marker_density(1, 12, other, sizeof other), 1100);
    give("tick", world_marker_density(1, 12, field, sizeof field - 1), 1100);
    ck_assert_uint_eq(s.refused, 2);
    ck_assert_uint_eq(s.density_tick, 10);
}
END_TEST

START_TEST(missing_bundles_are_waited_for)
{
    give("tick", world_marker(1, 10, 5, 3, 2), 1000);
    ck_assert(stream_ready(&s, false, 1000));
    sync_at(1, 10);
    give("tick", world_marker(1, 11, 6, 3, 2), 1050);
    ck_assert(!stream_ready(&s, false, 1050));
    ck_assert_int_eq(stream_wait_ms(&s, 1051), GATEWAY_LATE_MS - 1);
    give("delta", world_bundle(false, 1, 11, 6, one, 1), 1060);
    ck_assert(stream_ready(&s, false, 1060));
    ck_assert(s.synced);
    give("tick", world_marker(1, 12, 7, 3, 2), 1100);
    ck_assert(!stream_ready(&s, false, 1100 + GATEWAY_LATE_MS - 1));
    ck_assert(stream_ready(&s, false, 1100 + GATEWAY_LATE_MS));
    ck_assert(!s.synced); /* lost: tainted */
    ck_assert_uint_eq(s.gaps, 1);
    ck_assert_uint_eq(s.lates, 1);
    give("delta", world_bundle(false, 1, 13, 8, one, 1), 1150);
    give("tick", world_marker(1, 13, 8, 3, 2), 1150);
    ck_assert(stream_ready(&s, false, 1150)); /* one gap is one gap */
}
END_TEST

START_TEST(own_bundle_is_waited_for_when_it_matters)
{
    give("tick", world_marker(1, 10, 5, 3, 2), 1000);
    ck_assert(!stream_ready(&s, true, 1000));
    ck_assert(stream_own(&s, 1, 2));
    ck_assert(stream_ready(&s, true, 1001));
    ck_assert(!stream_own(&s, 2, 3)); /* of a world not heard of */
    give("tick", world_marker(1, 11, 5, 3, 3), 1050);
    ck_assert(stream_ready(&s, false, 1050)); /* nobody is here */
}
END_TEST

START_TEST(gaps_are_seen_on_arrival)
{
    give("tick", world_marker(1, 10, 5, 3, 2), 1000);
    ck_assert(stream_ready(&s, false, 1000));
    sync_at(1, 10);
    ck_assert(s.synced && s.resync);
    give("snapshot", world_bundle(true, 1, 11, 5, one, 1), 1040);
    ck_assert(!s.synced);
    ck_assert_uint_eq(cells_count(s.cells), 1); /* what came behind the gap */
}
END_TEST

START_TEST(an_answer_of_before_a_loss_will_not_do)
{
    give("tick", world_marker(1, 10, 5, 3, 2), 1000);
    ck_assert(stream_ready(&s, false, 1000));
    sync_at(1, 10);
    give("snapshot", world_bundle(true, 1, 11, 5, one, 1), 1040); /* the fourth is missing */
    ck_assert(!s.synced);
    give("delta", world_bundle(false, 1, 14, 7, one, 1), 1060); /* the sixth as well */
    s.resync = false;
    sync_at(1, 12);
    ck_assert(!s.synced && !s.resync);
    sync_at(1, 14);
    ck_assert(s.synced && s.resync);
    ck_assert_uint_eq(s.gaps, 1);
}
END_TEST

START_TEST(repeats_and_the_past_do_nothing)
{
    give("tick", world_marker(2, 10, 5, 3, 2), 1000);
    ck_assert(stream_ready(&s, false, 1000));
    sync_at(2, 10);
    ck_assert_int_eq(give("tick", world_marker(1, 99, 50, 30, 2), 1010), STREAM_NOTHING);
    ck_assert(!s.pending);
    give("delta", world_bundle(false, 1, 99, 6, one, 1), 1010);
    give("delta", world_bundle(false, 2, 10, 5, one, 1), 1010);
    ck_assert_uint_eq(s.delta_seq, 5);
    ck_assert(s.synced);
    give("tick", world_marker(2, 10, 5, 3, 2), 1010);
    ck_assert(!s.pending);
}
END_TEST

START_TEST(a_new_world_forgets_the_old)
{
    give("tick", world_marker(1, 500, 5, 3, 2), 1000);
    sync_at(1, 500);
    ck_assert_uint_eq(cells_count(s.cells), 1);
    ck_assert_int_eq(give("delta", world_bundle(false, 2, 1, 1, one, 0), 1010), STREAM_EPOCH);
    ck_assert_uint_eq(cells_count(s.cells), 0);
    ck_assert(!s.synced);
    ck_assert_int_eq(give("tick", world_marker(2, 1, 1, 0, 0), 1010), STREAM_NOTHING);
    ck_assert(stream_ready(&s, false, 1010));
    sync_at(1, 500); /* an answer that comes too late */
    ck_assert(!s.synced);
}
END_TEST

START_TEST(nonsense_is_counted)
{
    static const uint8_t junk[] = {0xff, 0xff, 0xff};
    give("tick", world_marker(1, 10, 5, 3, 2), 1000);
    (void)stream_take(&s, "delta", world_message("delta", junk, sizeof junk), 1);
    (void)stream_take(&s, "tick", world_message("tick", junk, sizeof junk), 1);
    (void)stream_take(&s, "other", world_message("other", junk, sizeof junk), 1);
    give("snapshot", world_bundle(false, 1, 11, 4, one, 1), 1); /* a delta on the wrong subject */
    ck_assert_uint_eq(s.refused, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream");
    TCase *t = tcase_create("stream");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, complete_ticks_are_shown_at_once);
    tcase_add_test(t, density_is_kept);
    tcase_add_test(t, missing_bundles_are_waited_for);
    tcase_add_test(t, own_bundle_is_waited_for_when_it_matters);
    tcase_add_test(t, gaps_are_seen_on_arrival);
    tcase_add_test(t, an_answer_of_before_a_loss_will_not_do);
    tcase_add_test(t, repeats_and_the_past_do_nothing);
    tcase_add_test(t, a_new_world_forgets_the_old);
    tcase_add_test(t, nonsense_is_counted);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
