/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bursts over real TCP connections: bytes and order, results as of a send that does not wait, and
 * what there is no room for. Where the kernel forbids io_uring, that is what the test sees.
 */
#include <burst.h>

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS = 4, LARGE = 200 * 1024 };

static struct burst *b;
static int out[PAIRS], in[PAIRS];
static struct {
    uint32_t key;
    size_t len;
    ssize_t sent;
} told[BURST_FRAMES];
static uint32_t told_n;

static void connect_pair(int listener, int i)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &len), 0);
    in[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(in[i], (struct sockaddr *)&at, sizeof at), 0);
    out[i] = accept(listener, NULL, NULL);
    ck_assert_int_ge(out[i], 0);
}

static void setup(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(listener, PAIRS), 0);
    for (int i = 0; i < PAIRS; i++)
        connect_pair(listener, i);
    close(listener);
    told_n = 0;
    b = burst_new();
    if (!b)
        ck_assert(errno == EPERM || errno == ENOSYS || errno == EINVAL);
}

static void teardown(void)
{
    burst_free(&b);
    for (int i = 0; i < PAIRS; i++) {
        close(out[i]);
        close(in[i]);
    }
}

static void on_sent(void *ctx, uint32_t key, const uint8_t *data, size_t len, ssize_t sent)
{
    ck_assert_ptr_eq(ctx, &told_n);
    ck_assert_ptr_nonnull(data);
    told[told_n].key = key;
    told[told_n].len = len;
    told[told_n++].sent = sent;
}

static void expect_bytes(int i, const char *text)
{
    char have[64] = "";
    ck_assert_int_eq(recv(in[i], have, strlen(text), MSG_WAITALL), (int)strlen(text));
    ck_assert_str_eq(have, text);
}

START_TEST(bytes_and_order)
{
    char scratch[8] = "first";
    if (!b)
        return;
    burst_flush(b, on_sent, &told_n); /* nothing */
    ck_assert_uint_eq(told_n, 0);
    ck_assert(burst_put(b, 10, out[0], scratch, 5));
    memset(scratch, 'x', sizeof scratch); /* it was copied */
    ck_assert(burst_put(b, 11, out[1], "one", 3));
    ck_assert(burst_put(b, 10, out[0], "second", 6));
    burst_flush(b, on_sent, &told_n);
    ck_assert_uint_eq(told_n, 3);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_int_eq(told[i].sent, (ssize_t)told[i].len);
    ck_assert_uint_eq(told[1].key, 11);
    expect_bytes(0, "firstsecond");
    expect_bytes(1, "one");
}
END_TEST

START_TEST(no_room)
{
    static uint8_t large[BURST_BYTES + 1];
    if (!b)
        return;
    ck_assert(!burst_put(b, 1, out[0], large, sizeof large));
    ck_assert(burst_put(b, 1, out[0], large, BURST_BYTES));
    ck_assert(!burst_put(b, 1, out[1], large, 1));
    burst_flush(b, on_sent, &told_n);
    for (uint32_t i = 0; i < BURST_FRAMES; i++)
        ck_assert(burst_put(b, i, out[1], "x", 1));
    ck_assert(!burst_put(b, 1, out[1], "x", 1));
    told_n = 0;
    burst_flush(b, on_sent, &told_n);
    ck_assert_uint_eq(told_n, BURST_FRAMES);
}
END_TEST

/* Who does not read gets a part, then nothing; who has gone an error; others all of it. */
START_TEST(results)
{
    static uint8_t large[LARGE];
    bool part = false, none = false;
    if (!b)
        return;
    for (int i = 0; i < 200 && !none; i++) {
        told_n = 0;
        ck_assert(burst_put(b, 1, out[0], large, sizeof large));
        ck_assert(burst_put(b, 2, out[1], "y", 1));
        burst_flush(b, on_sent, &told_n);
        ck_assert_int_eq(told[1].sent, 1);
        part |= told[0].sent > 0 && told[0].sent < LARGE;
        none = told[0].sent == -EAGAIN;
    }
    ck_assert(part && none);
    shutdown(out[2], SHUT_WR);
    told_n = 0;
    ck_assert(burst_put(b, 3, out[2], "z", 1));
    ck_assert(burst_put(b, 4, out[3], "z", 1));
    burst_flush(b, on_sent, &told_n);
    ck_assert_int_eq(told[0].sent, -EPIPE);
    ck_assert_int_eq(told[1].sent, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("burst");
    TCase *t = tcase_create("burst");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, bytes_and_order);
    tcase_add_test(t, no_room);
    tcase_add_test(t, results);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
