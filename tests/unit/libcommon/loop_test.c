/* SPDX-License-Identifier: Apache-2.0 */
/* loop, mailbox and workers: one thread's order and many threads' races. */
#include "suite.h"

#include <st/alloc.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/loop.h>
#include <st/mailbox.h>
#include <st/worker.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS = 4, EACH = 20000 };

static struct st_loop *loop;

static void on_stop(void *ctx)
{
    (void)ctx;
    st_loop_stop(loop);
}

static void stop_after(uint64_t ms)
{
    struct st_timer *t = st_timer_new(loop, on_stop, NULL);
    st_timer_start(t, ms, 0);
    st_loop_run(loop);
    st_timer_free(&t);
}

/* --- timers, turns, descriptors --- */

static int fired;
static void on_fire(void *ctx)
{
    (void)ctx;
    fired++;
}

START_TEST(timers_fire_once_or_again)
{
    fired = 0;
    loop = st_loop_new();
    struct st_timer *once = st_timer_new(loop, on_fire, NULL);
    struct st_timer *never = st_timer_new(loop, on_fire, NULL);
    st_timer_start(once, 1, 0);
    st_timer_start(never, 1, 0);
    st_timer_stop(never);
    stop_after(30);
    ck_assert_int_eq(fired, 1);
    st_timer_start(once, 1, 1);
    stop_after(50);
    ck_assert_int_gt(fired, 5);
    st_timer_free(&once);
    st_timer_free(&never);
    ck_assert_ptr_null(once);
    st_loop_free(&loop);
}
END_TEST

static int turns, turns_at_fire;
static void on_turn(void *ctx)
{
    (void)ctx;
    turns++;
}
static void on_fire_note(void *ctx)
{
    (void)ctx;
    turns_at_fire = turns;
    fired++;
}

START_TEST(the_turn_ends_after_its_callbacks)
{
    fired = turns = 0;
    loop = st_loop_new();
    st_loop_on_idle_turn(loop, on_turn, NULL);
    struct st_timer *t = st_timer_new(loop, on_fire_note, NULL);
    st_timer_start(t, 5, 0);
    stop_after(30);
    ck_assert_int_eq(fired, 1);
    ck_assert_int_gt(turns, turns_at_fire);
    st_loop_on_idle_turn(loop, NULL, NULL);
    int before = turns;
    stop_after(5);
    ck_assert_int_eq(turns, before);
    st_timer_free(&t);
    st_loop_free(&loop);
}
END_TEST

static int seen_events, watch_fd;
static struct st_watch *watch;
static void on_watch(void *ctx, int events)
{
    char c;
    (void)ctx;
    seen_events |= events;
    if (events & ST_WRITABLE)
        st_watch_set(watch, ST_READABLE);
    if ((events & ST_READABLE) && read(watch_fd, &c, 1) == 0)
        st_loop_stop(loop);
}

START_TEST(descriptors_are_watched)
{
    int fd[2];
    seen_events = 0;
    loop = st_loop_new();
    ck_assert_int_eq(pipe(fd), 0);
    watch_fd = fd[0];
    watch = st_watch_new(loop, fd[0], on_watch, NULL);
    st_watch_set(watch, ST_READABLE);
    ck_assert_int_eq(write(fd[1], "x", 1), 1);
    close(fd[1]);
    st_loop_run(loop);
    ck_assert_int_eq(seen_events, ST_READABLE);
    st_watch_set(watch, 0);
    st_watch_free(&watch);
    close(fd[0]);
    ck_assert_int_eq(pipe(fd), 0);
    watch = st_watch_new(loop, fd[1], on_watch, NULL);
    st_watch_set(watch, ST_WRITABLE);
    stop_after(20);
    ck_assert(seen_events & ST_WRITABLE);
    st_watch_free(&watch);
    close(fd[0]);
    close(fd[1]);
    st_loop_free(&loop);
}
END_TEST

/* --- posting --- */

struct poster {
    uint32_t index, next;
};
static struct poster posters[THREADS];
static uint32_t posts, disorder;

struct note {
    struct poster *from;
    uint32_t n;
};

static void on_note(void *ctx)
{
    struct note *note = ctx;
    disorder += note->n != note->from->next++;
    st_free(note);
    if (++posts == THREADS * EACH)
        st_loop_stop(loop);
}

static void *post_main(void *ctx)
{
    for (uint32_t i = 0; i < EACH; i++) {
        struct note *note = st_alloc(sizeof(*note));
        *note = (struct note){ctx, i};
        st_loop_post(loop, on_note, note);
    }
    return NULL;
}

START_TEST(posts_keep_the_order_of_each_thread)
{
    pthread_t t[THREADS];
    posts = disorder = 0;
    loop = st_loop_new();
    for (uint32_t i = 0; i < THREADS; i++) {
        posters[i] = (struct poster){i, 0};
        ck_assert_int_eq(pthread_create(&t[i], NULL, post_main, &posters[i]), 0);
    }
    st_loop_run(loop);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    ck_assert_uint_eq(posts, THREADS * EACH);
    ck_assert_uint_eq(disorder, 0);
    st_loop_free(&loop);
}
END_TEST

START_TEST(what_was_posted_last_is_still_run)
{
    fired = 0;
    loop = st_loop_new();
    st_loop_post(loop, on_fire, NULL);
    st_loop_free(&loop);
    ck_assert_int_eq(fired, 1);
}
END_TEST

/* --- mailbox --- */

static void on_drop(void *ctx, void *msg)
{
    (void)ctx;
    fired += *(int *)msg;
}

START_TEST(a_full_mailbox_says_so)
{
    int one = 1;
    fired = 0;
    struct st_mailbox *m = st_mailbox_new(NULL, 5, NULL, NULL);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(st_mailbox_post(m, &one), 0);
    ck_assert_int_eq(st_mailbox_post(m, &one), ST_EFULL);
    ck_assert_uint_eq(st_mailbox_count(m), 8);
    ck_assert_ptr_eq(st_mailbox_take(m), &one);
    ck_assert_int_eq(st_mailbox_post(m, &one), 0);
    st_mailbox_free(&m, on_drop, NULL);
    ck_assert_int_eq(fired, 8);
}
END_TEST

START_TEST(the_descriptor_tells)
{
    int one = 1;
    uint64_t n;
    struct st_mailbox *m = st_mailbox_new(NULL, 8, NULL, NULL);
    struct pollfd p = {.fd = st_mailbox_fd(m), .events = POLLIN};
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq(poll(&p, 1, 0), 0);
        ck_assert_int_eq(st_mailbox_post(m, &one), 0);
        ck_assert_int_eq(st_mailbox_post(m, &one), 0);
        ck_assert_int_eq(poll(&p, 1, 1000), 1);
        ck_assert_int_eq(read(p.fd, &n, sizeof(n)), sizeof(n));
        while (st_mailbox_take(m)) {
        }
    }
    st_mailbox_free(&m, NULL, NULL);
}
END_TEST

static struct st_mailbox *box;
static uint64_t sequence[THREADS][EACH];
static uint32_t box_next[THREADS], box_count;
static atomic_uint box_full;

static void *box_main(void *ctx)
{
    uint64_t *mine = ctx;
    for (uint32_t i = 0; i < EACH; i++) {
        while (st_mailbox_post(box, &mine[i]) != 0) {
            atomic_fetch_add(&box_full, 1);
            sched_yield();
        }
    }
    return NULL;
}

static void take_note(void *msg)
{
    uint64_t at = (uint64_t)((uint64_t *)msg - &sequence[0][0]);
    disorder += at % EACH != box_next[at / EACH]++;
    box_count++;
}

static void on_box(void *ctx, void *msg)
{
    (void)ctx;
    take_note(msg);
    if (box_count == THREADS * EACH)
        st_loop_stop(loop);
}

static void start_box(pthread_t *t)
{
    disorder = box_count = 0;
    for (int i = 0; i < THREADS; i++) {
        box_next[i] = 0;
        ck_assert_int_eq(pthread_create(&t[i], NULL, box_main, sequence[i]), 0);
    }
}

START_TEST(a_mailbox_on_a_loop_loses_nothing)
{
    pthread_t t[THREADS];
    loop = st_loop_new();
    box = st_mailbox_new(loop, 64, on_box, NULL);
    start_box(t);
    st_loop_run(loop);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    ck_assert_uint_eq(disorder, 0);
    st_mailbox_free(&box, NULL, NULL);
    st_loop_free(&loop);
}
END_TEST

/* Waits on the descriptor only: a lost signal would hang here. */
START_TEST(a_mailbox_on_a_descriptor_loses_nothing)
{
    pthread_t t[THREADS];
    uint64_t n;
    box = st_mailbox_new(NULL, 64, NULL, NULL);
    struct pollfd p = {.fd = st_mailbox_fd(box), .events = POLLIN};
    start_box(t);
    while (box_count < THREADS * EACH) {
        ck_assert_int_eq(poll(&p, 1, 5000), 1);
        (void)!read(p.fd, &n, sizeof(n));
        for (void *msg; (msg = st_mailbox_take(box));)
            take_note(msg);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    ck_assert_uint_eq(disorder, 0);
    st_mailbox_free(&box, NULL, NULL);
}
END_TEST

/* --- workers --- */

struct job {
    atomic_int ran;
    int done;
    void *thread_ctx;
};

static atomic_int started, stopped, gate;
static int contexts[8];

static void *on_start(void *ctx, uint32_t index)
{
    (void)ctx;
    atomic_fetch_add(&started, 1);
    return &contexts[index];
}

static void on_stopped(void *ctx)
{
    (*(int *)ctx)++;
    atomic_fetch_add(&stopped, 1);
}

static void run_job(void *thread_ctx, void *arg)
{
    struct job *j = arg;
    j->thread_ctx = thread_ctx;
    j->ran++;
}

static void run_gated(void *thread_ctx, void *arg)
{
    while (!atomic_load(&gate))
        st_sleep_until_ns(st_mono_ns() + 1000000);
    run_job(thread_ctx, arg);
}

static int done_count, done_wanted;
static pthread_t loop_thread;
static void on_done(void *arg)
{
    struct job *j = arg;
    ck_assert(pthread_equal(pthread_self(), loop_thread));
    j->done++;
    if (++done_count == done_wanted)
        st_loop_stop(loop);
}

START_TEST(jobs_run_and_are_reported_on_the_loop)
{
    static struct job jobs[500];
    int submitted = 0;
    started = stopped = 0;
    done_count = 0;
    done_wanted = 64;
    loop_thread = pthread_self();
    loop = st_loop_new();
    struct st_workers *w = st_workers_new(loop, "unit", 3, 64, on_start, on_stopped, NULL);
    for (int i = 0; i < 64; i++)
        submitted += st_workers_submit(w, run_job, on_done, &jobs[i]) == 0;
    ck_assert_int_eq(submitted, 64);
    st_loop_run(loop);
    for (int i = 0; i < 64; i++) {
        ck_assert_int_eq(jobs[i].ran, 1);
        ck_assert_int_eq(jobs[i].done, 1);
        ck_assert_ptr_nonnull(jobs[i].thread_ctx);
    }
    st_workers_free(&w, 1000);
    ck_assert_int_eq(started, 3);
    ck_assert_int_eq(stopped, 3);
    st_loop_free(&loop);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
    static struct job jobs[16];
    gate = 0;
    done_count = 0;
    done_wanted = -1;
    loop_thread = pthread_self();
    loop = st_loop_new();
    struct st_workers *w = st_workers_new(loop, "unit", 1, 4, NULL, NULL, NULL);
    ck_assert_int_eq(st_workers_submit(w, run_gated, on_done, &jobs[0]), 0);
    for (uint64_t until = st_mono_ms() + 5000; st_workers_waiting(w) > 0;)
        ck_assert_uint_lt(st_mono_ms(), until);
    for (int i = 1; i <= 4; i++)
        ck_assert_int_eq(st_workers_submit(w, run_gated, on_done, &jobs[i]), 0);
    ck_assert_int_eq(st_workers_submit(w, run_gated, on_done, &jobs[5]), ST_EFULL);
    ck_assert_uint_eq(st_workers_waiting(w), 4);
    gate = 1;
    st_workers_free(&w, 5000);
    ck_assert_int_eq(done_count, 5);
    ck_assert_int_eq(jobs[4].ran, 1);
    ck_assert_int_eq(jobs[5].ran, 0);
    st_loop_free(&loop);
}
END_TEST

static void *open_gate(void *ctx)
{
    st_sleep_until_ns(st_mono_ns() + 100000000);
    atomic_store(&gate, 1);
    return ctx;
}

START_TEST(a_late_end_drops_what_waits_but_reports_it)
{
    static struct job jobs[3];
    pthread_t t;
    gate = 0;
    done_count = 0;
    done_wanted = -1;
    loop_thread = pthread_self();
    loop = st_loop_new();
    struct st_workers *w = st_workers_new(loop, "unit", 1, 4, NULL, NULL, NULL);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(st_workers_submit(w, run_gated, on_done, &jobs[i]), 0);
    for (uint64_t until = st_mono_ms() + 5000; st_workers_waiting(w) > 2;)
        ck_assert_uint_lt(st_mono_ms(), until);
    ck_assert_int_eq(pthread_create(&t, NULL, open_gate, NULL), 0);
    st_workers_free(&w, 20);
    pthread_join(t, NULL);
    ck_assert_int_eq(jobs[0].ran, 1);
    ck_assert_int_eq(jobs[1].ran + jobs[2].ran, 0);
    ck_assert_int_eq(done_count, 3);
    st_loop_free(&loop);
}
END_TEST

SUITE_MAIN("loop", timers_fire_once_or_again, the_turn_ends_after_its_callbacks,
           descriptors_are_watched, posts_keep_the_order_of_each_thread,
           what_was_posted_last_is_still_run, a_full_mailbox_says_so, the_descriptor_tells,
           a_mailbox_on_a_loop_loses_nothing, a_mailbox_on_a_descriptor_loses_nothing,
           jobs_run_and_are_reported_on_the_loop, a_full_queue_refuses,
           a_late_end_drops_what_waits_but_reports_it)
