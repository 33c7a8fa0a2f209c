/* SPDX-License-Identifier: Apache-2.0 */
#include <st/err.h>
#include <st/netaddr.h>
#include <st/websocket.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct st_netaddr addr(const char *text)
{
    struct st_netaddr a;
    ck_assert_int_eq(st_netaddr_parse(&a, text, strlen(text)), ST_OK);
    return a;
}

static void ck_address(struct st_netaddr a, const char *text)
{
    char out[ST_NETADDR_TEXT_MAX];
    st_netaddr_format(out, &a);
    ck_assert_str_eq(out, text);
}

START_TEST(text_forms)
{
    struct st_netaddr a;
    ck_address(addr("192.0.2.7"), "192.0.2.7");
    ck_address(addr("::ffff:192.0.2.7"), "192.0.2.7");
    ck_address(addr("2001:DB8:0::1"), "2001:db8::1");
    ck_assert_int_eq(st_netaddr_parse(&a, "192.0.2.256", 11), ST_EINVAL);
    ck_assert_int_eq(st_netaddr_parse(&a, "", 0), ST_EINVAL);
    ck_assert_int_eq(st_netaddr_parse(&a, "localhost", 9), ST_EINVAL);
}
END_TEST

START_TEST(networks)
{
    struct st_networks n;
    struct st_netaddr in = addr("10.9.8.7"), out = addr("11.0.0.1"), six = addr("fd00:1::2"),
                      edge = addr("192.0.2.129");
    ck_assert_int_eq(st_networks_parse(&n, "10.0.0.0/8,fd00::/8,192.0.2.128/25"), ST_OK);
    ck_assert(st_networks_has(&n, &in));
    ck_assert(!st_networks_has(&n, &out));
    ck_assert(st_networks_has(&n, &six));
    ck_assert(st_networks_has(&n, &edge));
    edge = addr("192.0.2.127");
    ck_assert(!st_networks_has(&n, &edge));
    ck_assert_int_eq(st_networks_parse(&n, NULL), ST_OK);
    ck_assert_uint_eq(n.count, 0);
    ck_assert_int_eq(st_networks_parse(&n, "10.0.0.0/33"), ST_EINVAL);
    ck_assert_int_eq(st_networks_parse(&n, "10.0.0.0/"), ST_EINVAL);
    ck_assert_int_eq(st_networks_parse(&n, "10.0.0.0/8,"), ST_EINVAL);
    ck_assert_int_eq(st_networks_parse(&n, "proxy"), ST_EINVAL);
}
END_TEST

START_TEST(behind_proxies)
{
    struct st_networks n;
    struct st_netaddr proxy = addr("10.0.0.1"), stranger = addr("203.0.113.9");
    ck_assert_int_eq(st_networks_parse(&n, "10.0.0.0/8"), ST_OK);
    ck_address(st_netaddr_behind(&n, &proxy, "198.51.100.7"), "198.51.100.7");
    ck_address(st_netaddr_behind(&n, &proxy, "1.2.3.4, 198.51.100.7 , 10.0.0.2"), "198.51.100.7");
    ck_address(st_netaddr_behind(&n, &proxy, "10.0.0.3, 10.0.0.2"), "10.0.0.3");
    ck_address(st_netaddr_behind(&n, &proxy, "<script>"), "10.0.0.1");
    ck_address(st_netaddr_behind(&n, &proxy, NULL), "10.0.0.1");
    ck_address(st_netaddr_behind(&n, &stranger, "198.51.100.7"), "203.0.113.9");
}
END_TEST

START_TEST(counts)
{
    struct st_netcount *c = st_netcount_new(8, 2);
    struct st_netaddr a = addr("192.0.2.1"), b = addr("192.0.2.2"), s1 = addr("2001:db8::1"),
                      s2 = addr("2001:db8::ffff:2");
    ck_assert(st_netcount_enter(c, &a));
    ck_assert(st_netcount_enter(c, &a));
    ck_assert(!st_netcount_enter(c, &a));
    ck_assert(st_netcount_enter(c, &b));
    ck_assert(st_netcount_enter(c, &s1));
    ck_assert(st_netcount_enter(c, &s2));
    ck_assert_msg(!st_netcount_enter(c, &s1), "one /64 counts as one client");
    ck_assert_uint_eq(st_netcount_total(c), 5);
    st_netcount_leave(c, &a);
    ck_assert(st_netcount_enter(c, &a));
    st_netcount_free(&c);
}
END_TEST

START_TEST(listening)
{
    uint16_t port = 0, again = 0;
    char taken[32];
    int fd = st_netaddr_listen("127.0.0.1:0", &port);
    ck_assert_int_ge(fd, 0);
    ck_assert_uint_ne(port, 0);
    snprintf(taken, sizeof taken, "127.0.0.1:%u", port);
    ck_assert_int_eq(st_netaddr_listen(taken, &again), ST_EIO);
    ck_assert_int_eq(st_netaddr_listen("127.0.0.1", &again), ST_EINVAL);
    ck_assert_int_eq(st_netaddr_listen("host.invalid:80", &again), ST_EINVAL);
    close(fd);
    fd = st_netaddr_listen("[::1]:0", &port);
    if (fd >= 0)
        close(fd); /* machines without IPv6 refuse; what must not happen is ST_EINVAL */
    ck_assert_int_ne(fd, ST_EINVAL);
}
END_TEST

START_TEST(handshake)
{
    char accept[ST_WEBSOCKET_ACCEPT_LEN + 1];
    st_websocket_accept(accept, "dGhlIHNhbXBsZSBub25jZQ==");
    ck_assert_str_eq(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    ck_assert(!st_websocket_key_valid("dGhlIHNhbXBsZSBub25jZQ"));
    ck_assert(!st_websocket_key_valid("dGhlIHNhbXBsZSBub25jZQ=!"));
    ck_assert(!st_websocket_key_valid(NULL));
    ck_assert(st_websocket_has_token("keep-alive, Upgrade", "upgrade"));
    ck_assert(st_websocket_has_token("a,  b\t,c", "b"));
    ck_assert(!st_websocket_has_token("upgraded", "upgrade"));
    ck_assert(!st_websocket_has_token(NULL, "upgrade"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("netaddr");
    TCase *t = tcase_create("netaddr");
    tcase_add_test(t, text_forms);
    tcase_add_test(t, networks);
    tcase_add_test(t, behind_proxies);
    tcase_add_test(t, counts);
    tcase_add_test(t, listening);
    tcase_add_test(t, handshake);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
