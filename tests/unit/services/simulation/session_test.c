/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <stdio.h>

#include <session.h>

static struct sessions *s;

START_TEST(latest_bind_wins_and_the_loser_is_told)
{
    s = sessions_new(16);
    uint32_t a = (uint32_t)sessions_gateway(s, "gateway-1", 1);
    uint32_t b = (uint32_t)sessions_gateway(s, "gateway-2", 1);
    ck_assert_uint_ne(a, b);
    ck_assert_uint_eq(sessions_bind(s, 3, a, 11), SESSION_NONE);
    ck_assert_uint_eq(sessions_find(s, a, 11), 3);
    ck_assert_uint_eq(sessions_bind(s, 3, b, 12), SESSION_NONE);
    ck_assert_uint_eq(sessions_find(s, a, 11), SESSION_NONE);
    ck_assert_uint_eq(sessions_find(s, b, 12), 3);
    ck_assert_uint_eq(sessions_gateway_at(s, a)->fenced_n, 1);
    ck_assert_uint_eq(sessions_gateway_at(s, a)->fenced[0], 11);
    ck_assert_uint_eq(sessions_gateway_at(s, a)->pilots_n, 0);
    ck_assert_uint_eq(sessions_count(s), 1);
    sessions_free(&s);
}
END_TEST

START_TEST(same_connection_again_is_no_loser)
{
    s = sessions_new(16);
    uint32_t a = (uint32_t)sessions_gateway(s, "gateway-1", 1);
    ck_assert_uint_eq(sessions_bind(s, 3, a, 11), SESSION_NONE);
    sessions_at(s, 3)->due = false;
    ck_assert_uint_eq(sessions_bind(s, 3, a, 11), SESSION_NONE);
    ck_assert(sessions_at(s, 3)->due);
    ck_assert_uint_eq(sessions_gateway_at(s, a)->fenced_n, 0);
    ck_assert_uint_eq(sessions_count(s), 1);
    /* the connection's number now serves another pilot */
    ck_assert_uint_eq(sessions_bind(s, 4, a, 11), 3);
    ck_assert_uint_eq(sessions_find(s, a, 11), 4);
    ck_assert_uint_eq(sessions_at(s, 3)->sid, 0);
    ck_assert_uint_eq(sessions_count(s), 1);
    sessions_free(&s);
}
END_TEST

START_TEST(list_of_a_gateway_stays_whole)
{
    s = sessions_new(100);
    uint32_t a = (uint32_t)sessions_gateway(s, "gateway-1", 1);
    for (uint32_t p = 0; p < 100; p++)
        ck_assert_uint_eq(sessions_bind(s, p, a, p + 1), SESSION_NONE);
    for (uint32_t p = 0; p < 100; p += 3)
        sessions_drop(s, p);
    struct gateway *g = sessions_gateway_at(s, a);
    ck_assert_uint_eq(g->pilots_n, 66);
    ck_assert_uint_eq(sessions_count(s), 66);
    for (uint32_t i = 0; i < g->pilots_n; i++) {
        ck_assert_uint_ne(g->pilots[i] % 3, 0);
        ck_assert_uint_eq(sessions_at(s, g->pilots[i])->index, i);
        ck_assert_uint_eq(sessions_find(s, a, g->pilots[i] + 1), g->pilots[i]);
    }
    sessions_drop(s, 0); /* twice is nothing */
    ck_assert_uint_eq(sessions_count(s), 66);
    sessions_free(&s);
}
END_TEST

START_TEST(silence_and_reboot)
{
    s = sessions_new(16);
    uint32_t a = (uint32_t)sessions_gateway(s, "gateway-1", 1000);
    ck_assert(!sessions_silent(s, a, 100000)); /* nobody to lose */
    sessions_bind(s, 1, a, 5);
    ck_assert(!sessions_silent(s, a, 1000 + GATEWAY_SILENT_MS));
    ck_assert(sessions_silent(s, a, 1001 + GATEWAY_SILENT_MS));
    sessions_resume(s, 100000);
    ck_assert(!sessions_silent(s, a, 100000 + GATEWAY_SILENT_MS));
    ck_assert(!sessions_rebooted(s, a, 77)); /* first word of it */
    ck_assert(!sessions_rebooted(s, a, 77));
    ck_assert(sessions_rebooted(s, a, 78));
    ck_assert(!sessions_rebooted(s, a, 78));
    ck_assert(!sessions_rebooted(s, a, 0));
    sessions_free(&s);
}
END_TEST

START_TEST(gateways_are_bounded_and_forgotten)
{
    char name[32];
    s = sessions_new(16);
    for (int i = 0; i < GATEWAYS_MAX; i++) {
        snprintf(name, sizeof(name), "gateway-%d", i);
        ck_assert_int_eq(sessions_gateway(s, name, 1), i);
    }
    sessions_bind(s, 2, 0, 9);
    ck_assert_int_eq(sessions_gateway(s, "late", 2), -1);
    /* the first still has a session, so the second gives way */
    ck_assert_int_eq(sessions_gateway(s, "late", 2 + GATEWAY_FORGET_MS), 1);
    ck_assert_int_eq(sessions_gateway(s, "gateway-0", 3), 0);
    sessions_free(&s);
}
END_TEST

START_TEST(notices_are_bounded_and_unique)
{
    s = sessions_new(16);
    uint32_t a = (uint32_t)sessions_gateway(s, "gateway-1", 1);
    for (uint32_t i = 0; i < 3 * GATEWAY_NOTICES_MAX; i++)
        sessions_unknown(s, a, i / 2);
    ck_assert_uint_eq(sessions_gateway_at(s, a)->unknown_n, GATEWAY_NOTICES_MAX);
    ck_assert_uint_eq(sessions_gateway_at(s, a)->unknown[1], 1);
    sessions_free(&s);
}
END_TEST

SUITE_MAIN("session", latest_bind_wins_and_the_loser_is_told, same_connection_again_is_no_loser,
           list_of_a_gateway_stays_whole, silence_and_reboot, gateways_are_bounded_and_forgotten,
           notices_are_bounded_and_unique)
