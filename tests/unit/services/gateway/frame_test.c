/* SPDX-License-Identifier: Apache-2.0 */
#include "test_world.h"

#include <bucket.h>
#include <frame.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void ck_round(size_t len)
{
    static uint8_t body[70000];
    struct st_buf out;
    struct st_slice payload;
    size_t used, mark;
    memset(body, 'x', sizeof body);
    st_buf_init(&out, 1 << 20);
    frame_put(&out, FRAME_BINARY, body, len);
    mark = frame_begin(&out);
    st_buf_put(&out, body, len);
    frame_end(&out, mark);
    ck_assert_int_eq(server_frame(out.data, out.len, &payload, &used), FRAME_BINARY);
    ck_assert_uint_eq(payload.len, len);
    ck_assert_uint_eq(out.len, 2 * used);
    ck_assert_int_eq(memcmp(out.data, out.data + used, used), 0);
    st_buf_fini(&out);
}

START_TEST(lengths)
{
    static const size_t edges[] = {0, 1, 125, 126, 127, 65535, 65536, 70000};
    for (size_t i = 0; i < ST_ARRAY_LEN(edges); i++)
        ck_round(edges[i]);
}
END_TEST

START_TEST(aborted)
{
    struct st_buf out;
    size_t mark;
    st_buf_init(&out, 1024);
    frame_put(&out, FRAME_PING, NULL, 0);
    mark = frame_begin(&out);
    st_buf_put_str(&out, "never sent");
    frame_abort(&out, mark);
    ck_assert_uint_eq(out.len, 2);
    st_buf_fini(&out);
}
END_TEST

START_TEST(close_frames)
{
    char reason[200];
    struct st_buf out;
    struct st_slice payload;
    size_t used;
    memset(reason, 'r', sizeof reason);
    memcpy(reason + 122, "\xc3\xa4", 2); /* a character across the limit */
    reason[199] = '\0';
    st_buf_init(&out, 1024);
    frame_put_close(&out, 1013, reason);
    ck_assert_int_eq(server_frame(out.data, out.len, &payload, &used), FRAME_CLOSE);
    ck_assert_uint_eq(payload.data[0] << 8 | payload.data[1], 1013);
    ck_assert_uint_eq(payload.len, 2 + 122);
    st_buf_clear(&out);
    frame_put_close(&out, 1000, NULL);
    ck_assert_uint_eq(out.len, 4);
    st_buf_fini(&out);
}
END_TEST

START_TEST(buckets)
{
    struct bucket b;
    int taken = 0;
    bucket_init(&b, 5, 1000);
    while (bucket_take(&b, 10, 5, 1000))
        taken++;
    ck_assert_int_eq(taken, 5);
    ck_assert(!bucket_take(&b, 10, 5, 1099));
    ck_assert(bucket_take(&b, 10, 5, 1100));
    ck_assert(!bucket_take(&b, 10, 5, 1100));
    for (taken = 0; bucket_take(&b, 10, 5, 900000); taken++)
        ;
    ck_assert_int_eq(taken, 5);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("frame");
    TCase *t = tcase_create("frame");
    tcase_add_test(t, lengths);
    tcase_add_test(t, aborted);
    tcase_add_test(t, close_frames);
    tcase_add_test(t, buckets);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
