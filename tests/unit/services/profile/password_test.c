/* SPDX-License-Identifier: Apache-2.0 */
#include <password.h>

#include <st/clock.h>
#include <st/err.h>
#include <st/stat.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct st_loop *loop;
static struct password *password;
static uint32_t done, wanted;

static void setup(void)
{
    loop = st_loop_new();
    password = password_new(loop, 1, 4);
    done = 0;
}

static void teardown(void)
{
    password_free(&password);
    st_loop_free(&loop);
}

static void on_done(struct password_job *job)
{
    (void)job;
    if (++done == wanted)
        st_loop_stop(loop);
}

static void run(struct password_job *job, const char *text)
{
    memcpy(job->text, text, strlen(text) + 1);
    job->done = on_done;
    wanted = done + 1;
    ck_assert_int_eq(password_submit(password, job), 0);
    st_loop_run(loop);
}

static uint64_t count(const char *kind)
{
    return st_counter_get(st_counter("startrader_password_hashes_total", kind, ""));
}

START_TEST(test_hash_then_verify)
{
    struct password_job job = {.hash = true};
    run(&job, "correct horse");
    ck_assert(job.ok);
    job.hash = false;
    run(&job, "correct horse");
    ck_assert(job.ok);
    ck_assert(!job.rehashed);
    run(&job, "incorrect horse");
    ck_assert(!job.ok);
}
END_TEST

START_TEST(test_unknown_account_is_hashed_too)
{
    struct password_job job = {0};
    uint64_t decoys = count("kind=\"decoy\"");
    run(&job, "anything");
    ck_assert(!job.ok);
    ck_assert_uint_eq(count("kind=\"decoy\""), decoys + 1);
}
END_TEST

START_TEST(test_abandoned_costs_nothing)
{
    struct password_job first = {.hash = true}, second = {.hash = true};
    uint64_t hashed = count("kind=\"new\"");
    memcpy(first.text, "first", 6);
    first.done = second.done = on_done;
    wanted = 2;
    ck_assert_int_eq(password_submit(password, &first), 0);
    ck_assert_int_eq(password_submit(password, &second), 0);
    atomic_store(&second.abandoned, true); /* the one thread is busy with the first */
    st_loop_run(loop);
    ck_assert(first.ok && !second.ok);
    ck_assert_uint_eq(count("kind=\"new\""), hashed + 1);
}
END_TEST

START_TEST(test_weaker_hash_is_replaced)
{
    /* Argon2id of "password", t=1, m=8 MiB. */
    struct password_job job = {0};
    static const char weak[] = "$argon2id$v=19$m=8192,t=1,p=1$"
                               "CnRT2qeSpSaLhJMmjk6e2A$rvrllhIWZmR1Z2SMsbZ0cEN3jr2QBC2qt51OPm6KwGw";
    memcpy(job.phc, weak, sizeof(weak));
    run(&job, "password");
    ck_assert(job.ok);
    ck_assert(job.rehashed);
    ck_assert(!st_password_needs_rehash(job.phc));
    ck_assert(st_password_verify(job.phc, "password", 8));
}
END_TEST

START_TEST(test_queue_is_bounded)
{
    struct password_job jobs[16] = {0};
    uint32_t taken = 0;
    wanted = 16;
    for (int i = 0; i < 16; i++) {
        jobs[i].done = on_done;
        int err = password_submit(password, &jobs[i]);
        ck_assert(err == 0 || err == ST_EFULL);
        taken += err == 0;
    }
    ck_assert_uint_ge(taken, 4);
    ck_assert_uint_lt(taken, 16);
    wanted = taken;
    if (done < wanted)
        st_loop_run(loop);
    ck_assert_uint_eq(done, taken);
}
END_TEST

int main(void)
{
    if (st_secret_init())
        return EXIT_FAILURE;
    Suite *s = suite_create("password");
    TCase *t = tcase_create("password");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_hash_then_verify);
    tcase_add_test(t, test_unknown_account_is_hashed_too);
    tcase_add_test(t, test_abandoned_costs_nothing);
    tcase_add_test(t, test_weaker_hash_is_replaced);
    tcase_add_test(t, test_queue_is_bounded);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
