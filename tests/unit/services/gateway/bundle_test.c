/* SPDX-License-Identifier: Apache-2.0 */
#include "test_world.h"

#include <bundle.h>

#include <st/err.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct test_slice slices[] = {{.cell = 5, .id = 1}, {.cell = 262143, .id = 2}};

START_TEST(world)
{
    struct st_buf b = world_bundle(true, 3, 77, 9, slices, 2);
    struct world_bundle w;
    uint32_t cell, off, len, n = 0;
    ck_assert_int_eq(bundle_read_world(&w, b.data, b.len), ST_OK);
    ck_assert_uint_eq(w.world_epoch, 3);
    ck_assert_uint_eq(w.tick, 77);
    ck_assert_uint_eq(w.seq, 9);
    ck_assert_uint_eq(w.kind, 2);
    while (bundle_next(&w.cell, &cell) && bundle_next(&w.off, &off) && bundle_next(&w.len, &len)) {
        ck_assert_uint_eq(cell, slices[n++].cell);
        ck_assert_uint_eq(w.blob.data[off], 6 << 3 | 2);
        ck_assert_uint_le(off + len, w.blob.len);
    }
    ck_assert_uint_eq(n, 2);
    st_buf_fini(&b);
}
END_TEST

/* No truncation and no changed byte may lead to a slice outside of the blob. */
START_TEST(hostile)
{
    struct st_buf b = world_bundle(false, 3, 77, 9, slices, 2);
    struct world_bundle w;
    struct own_bundle o;
    struct tick_marker m;
    uint8_t *copy = malloc(b.len);
    for (size_t cut = 0; cut < b.len; cut++) {
        memcpy(copy, b.data, b.len);
        (void)!bundle_read_world(&w, copy, cut);
        for (int v = 0; v < 256; v += 5) {
            uint32_t cell, off, len;
            copy[cut] = (uint8_t)v;
            (void)!bundle_read_own(&o, copy, b.len);
            (void)!bundle_read_marker(&m, copy, b.len);
            if (bundle_read_world(&w, copy, b.len) != ST_OK)
                continue;
            while (bundle_next(&w.cell, &cell) && bundle_next(&w.off, &off) &&
                   bundle_next(&w.len, &len)) {
                ck_assert_uint_lt(cell, 512 * 512);
                ck_assert_uint_le((uint64_t)off + len, w.blob.len);
            }
        }
    }
    free(copy);
    st_buf_fini(&b);
}
END_TEST

START_TEST(refused)
{
    Startrader__V1__WorldBundle b = STARTRADER__V1__WORLD_BUNDLE__INIT;
    uint32_t cell[2] = {1, 2}, off[2] = {0, 4}, len[2] = {4, 1};
    uint8_t blob[4] = {0}, out[128];
    struct world_bundle w;
    size_t size;
    b.n_cell = b.n_off = b.n_len = 2;
    b.cell = cell;
    b.off = off;
    b.len = len;
    b.blob.data = blob;
    b.blob.len = sizeof blob;
    size = startrader__v1__world_bundle__pack(&b, out);
    ck_assert_int_eq(bundle_read_world(&w, out, size), ST_EPROTO);
    len[1] = 0;
    size = startrader__v1__world_bundle__pack(&b, out);
    ck_assert_int_eq(bundle_read_world(&w, out, size), ST_OK);
    cell[1] = 512 * 512;
    size = startrader__v1__world_bundle__pack(&b, out);
    ck_assert_int_eq(bundle_read_world(&w, out, size), ST_EPROTO);
    cell[1] = 2;
    b.n_off = 1;
    size = startrader__v1__world_bundle__pack(&b, out);
    ck_assert_int_eq(bundle_read_world(&w, out, size), ST_EPROTO);
}
END_TEST

START_TEST(own_and_marker)
{
    struct st_buf b = own_bundle_of(4, 10, 2, 99, 1234, 3, 55, true),
                  m = world_marker(4, 10, 5, 6, 2);
    struct own_bundle o;
    struct tick_marker t;
    uint32_t v = 0;
    ck_assert_int_eq(bundle_read_own(&o, b.data, b.len), ST_OK);
    ck_assert(bundle_next(&o.sid, &v) && v == 99);
    ck_assert(bundle_next(&o.cell, &v) && v == 1234);
    ck_assert(bundle_next(&o.phase, &v) && v == 3);
    ck_assert(!bundle_next(&o.sid, &v));
    ck_assert_int_eq(bundle_read_marker(&t, m.data, m.len), ST_OK);
    ck_assert_uint_eq(t.delta_seq, 5);
    ck_assert_uint_eq(t.snapshot_seq, 6);
    ck_assert_uint_eq(t.own_seq, 2);
    ck_assert(t.config_revision == 0x1122334455667788u);
    st_buf_fini(&b);
    st_buf_fini(&m);
}
END_TEST

START_TEST(fields)
{
    struct st_buf b = own_bundle_of(4, 10, 2, 99, 1234, 3, 55, true);
    struct own_bundle o;
    struct st_slice rest, whole;
    uint32_t field = 0;
    ck_assert_int_eq(bundle_read_own(&o, b.data, b.len), ST_OK);
    rest = o.blob;
    ck_assert(bundle_field(&rest, &field, &whole) && field == 4);
    ck_assert_uint_eq(bundle_varint(bundle_content(whole), 2), 55);
    ck_assert(bundle_field(&rest, &field, &whole) && field == 8);
    ck_assert(!bundle_field(&rest, &field, &whole));
    st_buf_fini(&b);
}
END_TEST

START_TEST(own_slices)
{
    static const uint8_t slice[] = {4 << 3 | 2,
                                    7,
                                    1 << 3,
                                    1,
                                    2 << 3,
                                    77,
                                    22 << 3 | 0x80,
                                    1,
                                    120,
                                    /* and an event: */ 8 << 3 | 2,
                                    2,
                                    8,
                                    5};
    struct own_facts f;
    ck_assert(bundle_own(&f, (struct st_slice){slice, sizeof slice}));
    ck_assert_uint_eq(f.ack_seq, 77);
    ck_assert_uint_eq(f.combat_until, 120);
    ck_assert_uint_eq(f.own.len, 9);
    ck_assert_uint_eq(f.events.len, 4);
    ck_assert(bundle_own(&f, (struct st_slice){slice, 9}));
    ck_assert_uint_eq(f.ack_seq, 77);
    ck_assert_uint_eq(f.events.len, 0);
    ck_assert(!bundle_own(&f, (struct st_slice){slice + 9, 4}));
    ck_assert(!bundle_own(&f, (struct st_slice){slice, 5}));
    ck_assert(!bundle_own(&f, (struct st_slice){slice, 0}));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bundle");
    TCase *t = tcase_create("bundle");
    tcase_add_test(t, world);
    tcase_add_test(t, hostile);
    tcase_add_test(t, refused);
    tcase_add_test(t, own_and_marker);
    tcase_add_test(t, fields);
    tcase_add_test(t, own_slices);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
