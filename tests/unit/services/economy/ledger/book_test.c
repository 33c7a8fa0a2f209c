/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/book.h"
#include "ledger/rules.h"

#include <check.h>
#include <stdlib.h>

/* Check reports every assertion through a pipe; this one only speaks when it fails. */
#define holds(c)                                                                                   \
    do {                                                                                           \
        if (!(c))                                                                                  \
            ck_abort_msg("%s", #c);                                                                \
    } while (0)

static struct book book;

static int64_t sum_of_entries(int32_t commodity)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < book.entries_n; i++)
        if (book.entries[i].commodity == commodity)
            sum += book.entries[i].amount;
    return sum;
}

START_TEST(moves_are_double)
{
    account_id pilot = account_of(ACCOUNT_PILOT, 1001), station = account_of(ACCOUNT_STATION, 3);
    book_clear(&book);
    ck_assert(book_load(&book, pilot, BOOK_CREDITS, 100));
    ck_assert(book_load(&book, station, BOOK_CREDITS, 5));
    ck_assert(book_move(&book, 7, pilot, station, BOOK_CREDITS, 60));
    ck_assert_int_eq(book_balance(&book, pilot, BOOK_CREDITS), 40);
    ck_assert_int_eq(book_balance(&book, station, BOOK_CREDITS), 65);
    ck_assert_uint_eq(book.entries_n, 2);
    ck_assert_int_eq(sum_of_entries(BOOK_CREDITS), 0);
    ck_assert_int_eq(book.entries[0].balance, 40);
    ck_assert_int_eq(book.entries[1].balance, 65);
    ck_assert_int_eq(book.entries[1].transaction, 7);
}
END_TEST

START_TEST(nobody_goes_below_zero_but_sources)
{
    account_id pilot = account_of(ACCOUNT_PILOT, 1001),
               mint = account_of(ACCOUNT_SOURCE, SOURCE_MINT);
    book_clear(&book);
    ck_assert(book_load(&book, pilot, BOOK_CREDITS, 10));
    ck_assert(!book_move(&book, 1, pilot, mint, BOOK_CREDITS, 11));
    ck_assert_uint_eq(book.entries_n, 0);
    ck_assert(book_move(&book, 1, mint, pilot, BOOK_CREDITS, 1000));
    ck_assert_int_eq(book_balance(&book, mint, BOOK_CREDITS), -1000);
}
END_TEST

START_TEST(undo_restores_everything)
{
    account_id a = account_of(ACCOUNT_SHIP, 5), b = account_of(ACCOUNT_STATION, 1);
    book_clear(&book);
    ck_assert(book_load(&book, a, 4, 30));
    ck_assert(book_move(&book, 1, a, b, 4, 10));
    struct book_mark mark = book_mark(&book);
    for (int i = 0; i < 5; i++)
        ck_assert(book_move(&book, 2, a, b, 4, 3));
    ck_assert_int_eq(book_balance(&book, b, 4), 25);
    book_undo(&book, mark);
    ck_assert_int_eq(book_balance(&book, a, 4), 20);
    ck_assert_int_eq(book_balance(&book, b, 4), 10);
    ck_assert_uint_eq(book.entries_n, 2);
}
END_TEST

START_TEST(a_full_book_refuses)
{
    book_clear(&book);
    account_id mint = account_of(ACCOUNT_SOURCE, SOURCE_MINT);
    uint32_t done = 0;
    for (uint64_t i = 0; i < BOOK_BALANCES_MAX; i++)
        done += book_move(&book, 1, mint, account_of(ACCOUNT_PILOT, i), BOOK_CREDITS, 1);
    ck_assert_uint_eq(done, BOOK_ENTRIES_MAX / 2);
    holds(sum_of_entries(BOOK_CREDITS) == 0);
    book_clear(&book);
    uint32_t loaded = 0;
    for (uint64_t i = 0; i < BOOK_BALANCES_MAX; i++)
        loaded += book_load(&book, account_of(ACCOUNT_PILOT, i), 1, 1);
    ck_assert_uint_eq(loaded, BOOK_BALANCES_MAX * 3 / 4);
}
END_TEST

START_TEST(random_moves_keep_the_sum)
{
    uint64_t state = 88172645463325252ULL;
    book_clear(&book);
    for (uint64_t i = 0; i < 40; i++)
        holds(book_load(&book, account_of(i % 2 ? ACCOUNT_SHIP : ACCOUNT_STATION, i),
                        (int32_t)(i % 3), 100));
    for (int i = 0; i < 3000; i++) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        uint64_t from = (state >> 33) % 40, to = (state >> 41) % 40;
        if (from == to)
            continue;
        struct book_mark mark = book_mark(&book);
        (void)book_move(&book, i, account_of(from % 2 ? ACCOUNT_SHIP : ACCOUNT_STATION, from),
                        account_of(to % 2 ? ACCOUNT_SHIP : ACCOUNT_STATION, to),
                        (int32_t)(state >> 60) % 3, (int64_t)((state >> 20) % 50 + 1));
        if ((state >> 55) % 4 == 0)
            book_undo(&book, mark);
    }
    int64_t total[3] = {0}, expect[3] = {1400, 1300, 1300};
    for (uint32_t i = 0; i < BOOK_BALANCES_MAX; i++) {
        if (!book.balances[i].used)
            continue;
        holds(book.balances[i].amount >= 0);
        total[book.balances[i].commodity] += book.balances[i].amount;
    }
    for (int k = 0; k < 3; k++) {
        holds(total[k] == expect[k]);
        holds(sum_of_entries(k) == 0);
    }
}
END_TEST

START_TEST(flows_are_whole_units_and_nothing_is_forgotten)
{
    for (int64_t micro = -3700001; micro <= 3700001; micro += 740000) {
        int64_t stock = 100000, moved = 0;
        int32_t carry = 0;
        for (int i = 1; i <= 1000; i++) {
            int64_t move = rules_flow(micro, stock, 200000, &carry);
            stock += move;
            moved += move;
            holds(carry > -RULES_MICRO);
            holds(carry < RULES_MICRO);
            holds(moved * RULES_MICRO + carry == micro * i);
        }
    }
    int32_t carry = 0;
    ck_assert_int_eq(rules_flow(-5 * RULES_MICRO, 3, 10, &carry), -3);
    ck_assert_int_eq(rules_flow(5 * RULES_MICRO, 8, 10, &carry), 2);
    ck_assert_int_eq(rules_flow(5 * RULES_MICRO, 12, 10, &carry), 0); /* above it: no more */
}
END_TEST

START_TEST(throttles_keep_stocks_inside)
{
    ck_assert_int_eq(rules_output_pm(0, 100), 1000);
    ck_assert_int_eq(rules_output_pm(150, 100), 1000);
    ck_assert_int_eq(rules_output_pm(175, 100), 500);
    ck_assert_int_eq(rules_output_pm(200, 100), 0);
    ck_assert_int_eq(rules_output_pm(240, 100), 0);
    ck_assert_int_eq(rules_input_pm(0, 300), 0);
    ck_assert_int_eq(rules_input_pm(50, 300), 500);
    ck_assert_int_eq(rules_input_pm(100, 300), 1000);
    ck_assert_int_eq(rules_use_pm(0, 400), 0);
    ck_assert_int_eq(rules_use_pm(50, 400), 500);
    ck_assert_int_eq(rules_use_pm(400, 400), 1000);
    ck_assert_int_eq(rules_activity_pm(0, 16, 6000), 1000);
    ck_assert_int_eq(rules_activity_pm(8, 16, 6000), 1500);
    ck_assert_int_eq(rules_activity_pm(500, 16, 6000), 6000);
    ck_assert_int_eq(rules_risk_factor(0, 0), 1000);
    ck_assert_int_eq(rules_risk_factor(190000, 200000), 950);
    ck_assert_int_eq(rules_risk_factor(1, 200000), 500);
    ck_assert_int_eq(rules_risk_factor(900000, 200000), 2000);
    ck_assert_int_eq(rules_by_factor(1080, 500), 1040);
    ck_assert_int_eq(rules_by_factor(940, 2000), 880);
    ck_assert_int_eq(rules_measured_risk(100000, 0, 3600), 70000);
    ck_assert_int_eq(rules_measured_risk(100000, 6, 3600), 100000);
    ck_assert_int_eq(rules_measured_risk(0, 1000, 60), 300000); /* at most one a minute */
}
END_TEST

START_TEST(fees_and_refills)
{
    ck_assert_int_eq(rules_fuel(1200, 12), 12);
    ck_assert_int_eq(rules_fuel(1, 12), 1);
    ck_assert_int_eq(rules_fuel(0, 12), 0);
    ck_assert_int_eq(rules_repair_price(260, 520, 150), 75);
    ck_assert_int_eq(rules_repair_price(520, 520, 150), 0);
    ck_assert_int_eq(rules_repair_points(260, 520, 150, 1000), 260);
    ck_assert_int_eq(rules_repair_points(260, 520, 150, 15), 52);
    ck_assert_int_eq(rules_repair_points(1, 520, 150, 0), 0);
    ck_assert_int_eq(rules_hull_price(10000, 600), 4000);
    ck_assert_int_eq(rules_bounty(2600, 1300), 3380);
    ck_assert_int_eq(rules_refill(0, 480, 48), 10);
    ck_assert_int_eq(rules_refill(479, 480, 48), 1);
    ck_assert_int_eq(rules_refill(480, 480, 48), 0);
    ck_assert_int_eq(rules_refill(581, 480, 48), -2);
    ck_assert(rules_scanned(299, 300));
    ck_assert(!rules_scanned(300, 300));
    ck_assert(!rules_scanned(0, 0));
    ck_assert(rules_newcomer(53999, 14999, false));
    ck_assert(!rules_newcomer(54000, 0, false));
    ck_assert(!rules_newcomer(0, 0, true));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("book");
    TCase *c = tcase_create("book");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, moves_are_double);
    tcase_add_test(c, nobody_goes_below_zero_but_sources);
    tcase_add_test(c, undo_restores_everything);
    tcase_add_test(c, a_full_book_refuses);
    tcase_add_test(c, random_moves_keep_the_sum);
    tcase_add_test(c, flows_are_whole_units_and_nothing_is_forgotten);
    tcase_add_test(c, throttles_keep_stocks_inside);
    tcase_add_test(c, fees_and_refills);
    suite_add_tcase(suite, c);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
