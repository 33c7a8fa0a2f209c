/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/stat.h>
#include <world/config.h>

struct keeper {
    char *dir;
    uint32_t shard;
    size_t world_max;
    uint8_t *file;
    struct checkpoint given;
    atomic_bool stopping;
    sem_t filled, empty; /* at most one of them is up: the buffer has one owner */
    pthread_t thread;
    struct st_histogram *seconds;
    struct st_gauge *bytes;
    struct st_counter *written, *failed, *skipped;
};

static void write_given(struct keeper *k)
{
    uint64_t begun = st_mono_ns();
    size_t len = CHECKPOINT_HEAD + k->given.config_len + k->given.world_len;
    checkpoint_seal(k->file, &k->given);
    if (checkpoint_write(k->dir, k->shard, k->file, len) == 0)
        st_counter_add(k->written, 1);
    else
        st_counter_add(k->failed, 1);
    st_gauge_set(k->bytes, (double)len);
    st_histogram_observe(k->seconds, (double)(st_mono_ns() - begun) / 1e9);
}

static void *run(void *ctx)
{
    struct keeper *k = ctx;
    for (;;) {
        while (sem_wait(&k->filled) != 0)
            ;
        if (atomic_load(&k->stopping))
            return NULL;
        write_given(k);
        sem_post(&k->empty);
    }
}

size_t keeper_size(size_t world_max)
{
    return sizeof(struct keeper) + CHECKPOINT_HEAD + CONFIG_BYTES_MAX + world_max;
}

struct keeper *keeper_start(const char *dir, uint32_t shard, size_t world_max)
{
    struct keeper *k = st_alloc(sizeof(*k));
    k->dir = st_strdup(dir);
    k->shard = shard;
    k->world_max = world_max;
    k->file = st_alloc(CHECKPOINT_HEAD + CONFIG_BYTES_MAX + world_max);
    k->seconds = st_histogram("startrader_checkpoint_seconds", NULL, "Time to write a checkpoint",
                              st_latency_bounds, st_latency_bounds_count);
    k->bytes = st_gauge("startrader_checkpoint_bytes", NULL, "Size of the last checkpoint");
    k->written =
        st_counter("startrader_checkpoints_total", "result=\"written\"", "Checkpoints by result");
    k->failed =
        st_counter("startrader_checkpoints_total", "result=\"failed\"", "Checkpoints by result");
    k->skipped =
        st_counter("startrader_checkpoints_total", "result=\"skipped\"", "Checkpoints by result");
    int err = sem_init(&k->filled, 0, 0) | sem_init(&k->empty, 0, 1);
    err |= pthread_create(&k->thread, NULL, run, k);
    st_assert(err == 0);
    return k;
}

void keeper_stop(struct keeper **k)
{
    if (*k == NULL)
        return;
    keeper_wait(*k);
    atomic_store(&(*k)->stopping, true);
    sem_post(&(*k)->filled);
    pthread_join((*k)->thread, NULL);
    sem_destroy(&(*k)->filled);
    sem_destroy(&(*k)->empty);
    st_free((*k)->file);
    st_free((*k)->dir);
    st_free(*k);
    *k = NULL;
}

uint8_t *keeper_take(struct keeper *k, size_t config_len, size_t *cap)
{
    st_assert(config_len <= CONFIG_BYTES_MAX);
    if (sem_trywait(&k->empty) != 0) {
        st_counter_add(k->skipped, 1);
        return NULL;
    }
    *cap = CONFIG_BYTES_MAX - config_len + k->world_max;
    return k->file + CHECKPOINT_HEAD;
}

void keeper_give(struct keeper *k, const struct checkpoint *c)
{
    k->given = *c;
    sem_post(&k->filled);
}

void keeper_wait(struct keeper *k)
{
    while (sem_wait(&k->empty) != 0)
        ;
    sem_post(&k->empty);
}
