/* SPDX-License-Identifier: Apache-2.0 */
/* One connection over a socket pair; attacks on its limits. */
#include "test_world.h"

#include <conn.h>
#include <frame.h>

#include <st/err.h>

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIN_BINARY = 0x82, BINARY = 0x02, CONTINUE = 0x00, FIN_CONTINUE = 0x80 };

static struct conn c;
static int peer;
static struct st_buf in;
static uint32_t messages;
static size_t message_len;
static uint16_t code;

static bool on_message(void *ctx, const uint8_t *data, size_t len)
{
    (void)ctx;
    (void)data;
    messages++;
    message_len = len;
    return true;
}

static void open_with(const void *early, size_t len)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    conn_init(&c, fds[0], early, len, 1000);
    peer = fds[1];
    messages = 0;
    code = 0;
}

static void setup(void)
{
    open_with(NULL, 0);
    st_buf_init(&in, 1 << 20);
}

static void teardown(void)
{
    conn_fini(&c);
    close(peer);
    st_buf_fini(&in);
}

static enum conn_state feed_at(uint64_t now_ms)
{
    size_t at = 0;
    enum conn_state state = CONN_OPEN;
    while (at < in.len && state == CONN_OPEN) {
        ssize_t n = send(peer, in.data + at, in.len - at, MSG_NOSIGNAL);
        at += n > 0 ? (size_t)n : 0;
        state = conn_read(&c, now_ms, on_message, NULL, &code);
    }
    st_buf_clear(&in);
    return state;
}

static enum conn_state feed(void)
{
    return feed_at(1000);
}

static void ck_violation(uint16_t want)
{
    ck_assert_int_eq(feed(), CONN_VIOLATION);
    ck_assert_uint_eq(code, want);
}

START_TEST(messages_arrive_whole)
{
    uint8_t body[2048] = {1};
    client_frame(&in, FIN_BINARY, body, 0);
    client_frame(&in, FIN_BINARY, body, 2048);
    client_frame(&in, BINARY, body, 1000);
    client_frame(&in, 0x89, "ping", 4); /* control frames may come between */
    client_frame(&in, FIN_CONTINUE, body, 1048);
    ck_assert_int_eq(feed(), CONN_OPEN);
    ck_assert_uint_eq(messages, 3);
    ck_assert_uint_eq(message_len, 2048);
}
END_TEST

START_TEST(byte_by_byte)
{
    uint8_t body[300] = {7};
    client_frame(&in, FIN_BINARY, body, sizeof body);
    for (size_t i = 0; i < in.len; i++) {
        ck_assert_uint_eq(messages, 0);
        ck_assert_int_eq(send(peer, in.data + i, 1, 0), 1);
        ck_assert_int_eq(conn_read(&c, 1000, on_message, NULL, &code), CONN_OPEN);
    }
    ck_assert_uint_eq(messages, 1);
}
END_TEST

START_TEST(early_bytes_come_first)
{
    uint8_t body[10] = {0};
    teardown();
    st_buf_init(&in, 1 << 16);
    client_frame(&in, FIN_BINARY, body, 10);
    open_with(in.data, in.len - 3);
    ck_assert(conn_has_early(&c));
    ck_assert_int_eq(conn_read(&c, 1000, on_message, NULL, &code), CONN_OPEN);
    ck_assert_uint_eq(messages, 0);
    ck_assert_int_eq(send(peer, in.data + in.len - 3, 3, 0), 3);
    ck_assert_int_eq(conn_read(&c, 1000, on_message, NULL, &code), CONN_OPEN);
    ck_assert_uint_eq(messages, 1);
    ck_assert(!conn_has_early(&c));
}
END_TEST

START_TEST(oversize)
{
    uint8_t body[2049] = {0};
    client_frame(&in, FIN_BINARY, body, 2049);
    ck_violation(CLOSE_TOO_BIG);
}
END_TEST

START_TEST(oversize_in_fragments)
{
    uint8_t body[2000] = {0};
    client_frame(&in, BINARY, body, 2000);
    client_frame(&in, FIN_CONTINUE, body, 49);
    ck_violation(CLOSE_TOO_BIG);
}
END_TEST

START_TEST(huge_length_is_not_believed)
{
    static const uint8_t header[] = {FIN_BINARY, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff,       0xff, 1,    2,    3,    4,    'x'};
    st_buf_put(&in, header, sizeof header);
    ck_violation(CLOSE_TOO_BIG);
}
END_TEST

START_TEST(length_with_the_top_bit)
{
    static const uint8_t header[] = {FIN_BINARY, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 'x'};
    st_buf_put(&in, header, sizeof header);
    ck_violation(CLOSE_PROTOCOL);
}
END_TEST

START_TEST(unmasked)
{
    static const uint8_t frame[] = {FIN_BINARY, 2, 'a', 'b'};
    st_buf_put(&in, frame, sizeof frame);
    ck_violation(CLOSE_PROTOCOL);
}
END_TEST

START_TEST(reserved_bits)
{
    client_frame(&in, 0xc2, "a", 1); /* as permessage-deflate would */
    ck_violation(CLOSE_PROTOCOL);
}
END_TEST

START_TEST(unknown_opcode)
{
    client_frame(&in, 0x83, "a", 1);
    ck_violation(CLOSE_PROTOCOL);
}
END_TEST

START_TEST(text)
{
    client_frame(&in, 0x81, "hello", 5);
    ck_violation(CLOSE_TEXT);
}
END_TEST

START_TEST(lone_continuation)
{
    client_frame(&in, FIN_CONTINUE, "a", 1);
    ck_violation(CLOSE_PROTOCOL);
}
END_TEST

START_TEST(message_in_a_message)
{
    client_frame(&in, BINARY, "a", 1);
    client_frame(&in, FIN_BINARY, "b", 1);
    ck_violation(CLOSE_PROTOCOL);
}
END_TEST

START_TEST(long_control_frame)
{
    uint8_t body[126] = {0};
    client_frame(&in, 0x89, body, 126);
    ck_violation(CLOSE_PROTOCOL);
}
END_TEST

START_TEST(fragment_flood)
{
    client_frame(&in, BINARY, "", 0);
    for (int i = 1; i < GATEWAY_FRAGMENTS_MAX; i++)
        client_frame(&in, CONTINUE, "", 0);
    ck_assert_int_eq(feed(), CONN_OPEN);
    client_frame(&in, CONTINUE, "", 0);
    ck_violation(CLOSE_POLICY);
}
END_TEST

START_TEST(sixteen_fragments_are_fine)
{
    client_frame(&in, BINARY, "a", 1);
    for (int i = 1; i < GATEWAY_FRAGMENTS_MAX - 1; i++)
        client_frame(&in, CONTINUE, "a", 1);
    client_frame(&in, FIN_CONTINUE, "a", 1);
    ck_assert_int_eq(feed(), CONN_OPEN);
    ck_assert_uint_eq(message_len, GATEWAY_FRAGMENTS_MAX);
}
END_TEST

START_TEST(control_flood)
{
    for (int i = 0; i < GATEWAY_CONTROLS_BURST; i++)
        client_frame(&in, 0x89, "p", 1);
    ck_assert_int_eq(feed_at(1000), CONN_OPEN);
    for (int i = 0; i < GATEWAY_CONTROLS_PER_S; i++)
        client_frame(&in, 0x8a, "p", 1);
    ck_assert_int_eq(feed_at(2000), CONN_OPEN);
    client_frame(&in, 0x89, "p", 1);
    ck_assert_int_eq(feed_at(2000), CONN_VIOLATION);
    ck_assert_uint_eq(code, CLOSE_POLICY);
}
END_TEST

START_TEST(pings_are_answered)
{
    uint8_t out[64];
    struct st_slice payload;
    size_t used;
    ssize_t n;
    client_frame(&in, 0x89, "mark", 4);
    ck_assert_int_eq(feed(), CONN_OPEN);
    n = recv(peer, out, sizeof out, 0);
    ck_assert_int_gt((int)n, 0);
    ck_assert_int_eq(server_frame(out, (size_t)n, &payload, &used), FRAME_PONG);
    ck_assert_uint_eq(payload.len, 4);
    ck_assert_int_eq(memcmp(payload.data, "mark", 4), 0);
}
END_TEST

START_TEST(close_frames)
{
    static const uint8_t bad[] = {0x03, 0xed}; /* 1005 must not be sent */
    client_frame(&in, 0x88, "", 0);
    ck_assert_int_eq(feed(), CONN_ENDED);
    teardown();
    setup();
    client_frame(&in, 0x88, bad, 2);
    ck_violation(CLOSE_PROTOCOL);
    teardown();
    setup();
    client_frame(&in, 0x88, "x", 1);
    ck_violation(CLOSE_PROTOCOL);
}
END_TEST

START_TEST(end_of_stream)
{
    close(peer);
    peer = -1;
    ck_assert_int_eq(conn_read(&c, 1000, on_message, NULL, &code), CONN_GONE);
}
END_TEST

/* A reader that does not read: one unfinished frame, then nothing more is kept than the limit. */
START_TEST(slow_reader)
{
    static uint8_t frame[200000];
    static uint8_t sink[65536];
    size_t got = 0;
    uint32_t sent = 0;
    int err;
    while (!conn_busy(&c)) {
        ck_assert_int_eq(conn_send(&c, frame, sizeof frame, 5000), ST_OK);
        sent++;
    }
    ck_assert_uint_eq(c.stalled_ms, 5000);
    while ((err = conn_send(&c, frame, sizeof frame, 6000)) == ST_OK)
        ck_assert_uint_lt(sent++, 100);
    ck_assert_int_eq(err, ST_EFULL);
    ck_assert_uint_le(c.rest_len, GATEWAY_BACKLOG_MAX + 1024);
    ck_assert_uint_eq(c.stalled_ms, 5000);
    while (got < sent * sizeof frame) {
        ssize_t n = recv(peer, sink, sizeof sink, 0);
        got += n > 0 ? (size_t)n : 0;
        ck_assert_int_eq(conn_flush(&c), ST_OK);
    }
    ck_assert(!conn_busy(&c));
    ck_assert_uint_eq(c.stalled_ms, 0);
    ck_assert_uint_eq(got, sent * sizeof frame);
}
END_TEST

START_TEST(close_comes_behind_the_rest)
{
    static uint8_t frame[200000], sink[1 << 20];
    struct st_slice payload;
    size_t got = 0, used;
    uint32_t sent = 0;
    ssize_t n;
    while (!conn_busy(&c)) {
        ck_assert_int_eq(conn_send(&c, frame, sizeof frame, 5000), ST_OK);
        sent++;
    }
    conn_close(&c, CLOSE_SLOW, "too slow", 6000);
    for (;;) {
        n = recv(peer, sink, sizeof sink, 0);
        if (n == 0)
            break;
        if (n > 0 && got + (size_t)n > sent * sizeof frame) {
            size_t skip = sent * sizeof frame - got;
            ck_assert_int_eq(server_frame(sink + skip, (size_t)n - skip, &payload, &used),
                             FRAME_CLOSE);
            ck_assert_uint_eq(payload.data[0] << 8 | payload.data[1], CLOSE_SLOW);
        }
        got += n > 0 ? (size_t)n : 0;
        ck_assert_int_eq(conn_flush(&c), ST_OK);
    }
    ck_assert_uint_gt(got, sent * sizeof frame);
    ck_assert(!conn_discard(&c));
    close(peer);
    peer = -1;
    ck_assert(conn_discard(&c));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        messages_arrive_whole,
        byte_by_byte,
        early_bytes_come_first,
        oversize,
        oversize_in_fragments,
        huge_length_is_not_believed,
        length_with_the_top_bit,
        unmasked,
        reserved_bits,
        unknown_opcode,
        text,
        lone_continuation,
        message_in_a_message,
        long_control_frame,
        fragment_flood,
        sixteen_fragments_are_fine,
        control_flood,
        pings_are_answered,
        close_frames,
        end_of_stream,
        slow_reader,
        close_comes_behind_the_rest,
    };
    Suite *s = suite_create("conn");
    TCase *t = tcase_create("conn");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 30);
    for (size_t i = 0; i < ST_ARRAY_LEN(tests); i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
