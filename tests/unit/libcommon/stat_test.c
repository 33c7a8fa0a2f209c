/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <st/stat.h>

#include <math.h>
#include <pthread.h>
#include <string.h>

static const double bounds[] = {0.1, 0.5, 1};

START_TEST(same_name_and_labels_are_the_same_object)
{
    struct st_counter *a = st_counter("startrader_a_total", "source=\"cache\"", "as");
    ck_assert_ptr_eq(st_counter("startrader_a_total", "source=\"cache\"", "as"), a);
    ck_assert_ptr_ne(st_counter("startrader_a_total", "source=\"db\"", "as"), a);
    st_counter_add(a, 2);
    st_counter_add(a, 3);
    ck_assert_uint_eq(st_counter_get(a), 5);
}
END_TEST

START_TEST(the_text_is_prometheus)
{
    struct st_buf b;
    st_counter_add(st_counter("startrader_b_total", "x=\"1\"", "bees"), 7);
    st_counter_add(st_counter("startrader_b_total", "x=\"2\"", "bees"), 9);
    st_gauge_set(st_gauge("startrader_g", NULL, "a level"), -1.5);
    struct st_histogram *h = st_histogram("startrader_h_seconds", "q=\"r\"", "times", bounds, 3);
    st_histogram_observe(h, 0.1);
    st_histogram_observe(h, 0.3);
    st_histogram_observe(h, 7);
    st_buf_init(&b, 1 << 16);
    st_stat_render(&b);
    const char *text = st_buf_cstr(&b);
    ck_assert_ptr_nonnull(strstr(text, "# HELP startrader_b_total bees\n"
                                       "# TYPE startrader_b_total counter\n"
                                       "startrader_b_total{x=\"1\"} 7\n"
                                       "startrader_b_total{x=\"2\"} 9\n"));
    ck_assert_ptr_nonnull(strstr(text, "# TYPE startrader_g gauge\nstartrader_g -1.5\n"));
    ck_assert_ptr_nonnull(strstr(text, "# TYPE startrader_h_seconds histogram\n"
                                       "startrader_h_seconds_bucket{q=\"r\",le=\"0.1\"} 1\n"
                                       "startrader_h_seconds_bucket{q=\"r\",le=\"0.5\"} 2\n"
                                       "startrader_h_seconds_bucket{q=\"r\",le=\"1\"} 2\n"
                                       "startrader_h_seconds_bucket{q=\"r\",le=\"+Inf\"} 3\n"
                                       "startrader_h_seconds_sum{q=\"r\"} 7.4"));
    ck_assert_ptr_nonnull(strstr(text, "startrader_h_seconds_count{q=\"r\"} 3\n"));
    st_buf_fini(&b);
}
END_TEST

START_TEST(large_whole_numbers_stay_exact)
{
    struct st_buf b;
    st_gauge_set(st_gauge("startrader_exact", NULL, "x"), 9007199254740991.0);
    st_buf_init(&b, 1 << 16);
    st_stat_render(&b);
    const char *at = strstr(st_buf_cstr(&b), "\nstartrader_exact ");
    ck_assert_ptr_nonnull(at);
    ck_assert(strtod(at + 18, NULL) == 9007199254740991.0);
    st_buf_fini(&b);
}
END_TEST

START_TEST(quantiles_interpolate)
{
    struct st_histogram *h = st_histogram("startrader_q_seconds", NULL, "x", bounds, 3);
    ck_assert(st_histogram_quantile(h, 0.5) == 0);
    for (int i = 0; i < 100; i++)
        st_histogram_observe(h, i < 50 ? 0.05 : 0.3);
    ck_assert(fabs(st_histogram_quantile(h, 0.5) - 0.1) < 1e-9);
    ck_assert(fabs(st_histogram_quantile(h, 0.75) - 0.3) < 1e-9);
    ck_assert(fabs(st_histogram_quantile(h, 0.25) - 0.05) < 1e-9);
    for (int i = 0; i < 1000; i++)
        st_histogram_observe(h, 50);
    ck_assert(fabs(st_histogram_quantile(h, 0.99) - 1) < 1e-9);
}
END_TEST

static void *count_main(void *ctx)
{
    struct st_counter *c = st_counter("startrader_t_total", NULL, "x");
    struct st_histogram *h = st_histogram("startrader_t_seconds", NULL, "x", bounds, 3);
    struct st_gauge *g = st_gauge("startrader_t", NULL, "x");
    for (int i = 0; i < 20000; i++) {
        st_counter_add(c, 1);
        st_histogram_observe(h, 0.5);
        st_gauge_add(g, 1);
    }
    return ctx;
}

START_TEST(threads_lose_nothing)
{
    pthread_t t[4];
    struct st_buf b;
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&t[i], NULL, count_main, NULL), 0);
    st_buf_init(&b, 1 << 16);
    for (int i = 0; i < 20; i++) {
        st_buf_clear(&b);
        st_stat_render(&b);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    ck_assert_uint_eq(st_counter_get(st_counter("startrader_t_total", NULL, "x")), 80000);
    ck_assert(st_gauge_get(st_gauge("startrader_t", NULL, "x")) == 80000);
    st_buf_clear(&b);
    st_stat_render(&b);
    ck_assert_ptr_nonnull(strstr(st_buf_cstr(&b), "startrader_t_seconds_count 80000\n"));
    ck_assert_ptr_nonnull(strstr(st_buf_cstr(&b), "startrader_t_seconds_sum 40000\n"));
    st_buf_fini(&b);
}
END_TEST

SUITE_MAIN("stat", same_name_and_labels_are_the_same_object, the_text_is_prometheus,
           large_whole_numbers_stay_exact, quantiles_interpolate, threads_lose_nothing)
