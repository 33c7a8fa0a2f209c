/* SPDX-License-Identifier: Apache-2.0 */
#include "password.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/rng.h>
#include <st/stat.h>
#include <st/worker.h>

#include <string.h>

struct password {
    struct st_workers *pool;
    char decoy[ST_PASSWORD_TEXT_MAX]; /* of a password that nobody knows */
    struct st_counter *hashed, *verified, *decoys;
    struct st_histogram *duration;
};

struct password *password_new(struct st_loop *loop, uint32_t threads, uint32_t queue_max)
{
    const char *help = "Argon2id computations";
    char random[16], text[2 * sizeof(random) + 1];
    struct password *p = st_alloc(sizeof(*p));
    st_random(random, sizeof(random));
    st_hex_encode(random, sizeof(random), text);
    int err = st_password_hash(text, strlen(text), p->decoy);
    st_assert(!err);
    p->pool = st_workers_new(loop, "hash", threads, queue_max, NULL, NULL, NULL);
    p->hashed = st_counter("startrader_password_hashes_total", "kind=\"new\"", help);
    p->verified = st_counter("startrader_password_hashes_total", "kind=\"verify\"", help);
    p->decoys = st_counter("startrader_password_hashes_total", "kind=\"decoy\"", help);
    p->duration = st_histogram("startrader_password_hash_seconds", NULL, "one Argon2id computation",
                               st_latency_bounds, st_latency_bounds_count);
    return p;
}

void password_free(struct password **p)
{
    st_assert(p);
    if (!*p)
        return;
    st_workers_free(&(*p)->pool, 1000);
    st_free(*p);
    *p = NULL;
}

static void verify(struct password_job *job, size_t len)
{
    bool known = job->phc[0] != '\0';
    const char *phc = known ? job->phc : job->owner->decoy;
    bool equal = st_password_verify(phc, job->text, len);
    job->ok = known && equal;
    job->rehashed = job->ok && st_password_needs_rehash(job->phc) &&
                    st_password_hash(job->text, len, job->phc) == 0;
    st_counter_add(known ? job->owner->verified : job->owner->decoys, 1);
}

static void run(void *thread_ctx, void *arg)
{
    (void)thread_ctx;
    struct password_job *job = arg;
    size_t len = strlen(job->text);
    uint64_t start_ns = st_mono_ns();
    job->rehashed = false;
    if (atomic_load(&job->abandoned))
        return;
    if (job->hash) {
        job->ok = st_password_hash(job->text, len, job->phc) == 0;
        st_counter_add(job->owner->hashed, 1);
    } else {
        verify(job, len);
    }
    st_histogram_observe(job->owner->duration, (double)(st_mono_ns() - start_ns) / 1e9);
}

static void on_done(void *arg)
{
    struct password_job *job = arg;
    job->done(job);
}

int password_submit(struct password *p, struct password_job *job)
{
    st_assert(p && job && job->done);
    job->owner = p;
    atomic_store(&job->abandoned, false);
    job->ok = false;
    return st_workers_submit(p->pool, run, on_done, job);
}
