/* SPDX-License-Identifier: Apache-2.0 */
#include "sender.h"

#include <pthread.h>
#include <stdatomic.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/stat.h>
#include <st/subject.h>

#include "emit.h"

struct sender {
    struct ring *ring;
    struct st_bus *bus;
    const char *system;
    uint32_t shard;
    char subjects[EMIT_TICK + 1][ST_SUBJECT_MAX];
    struct st_counter *sent, *dropped, *bytes;
    pthread_t thread;
    atomic_bool stopping;
};

static void send_record(struct sender *s, const struct emit_head *head, size_t len)
{
    char own[ST_SUBJECT_MAX];
    const char *subject = s->subjects[head->kind];
    if (head->kind == EMIT_OWN) {
        st_subject_own(own, s->system, head->gateway);
        subject = own;
    }
    size_t size = len - sizeof(*head);
    if (st_bus_publish(s->bus, subject, head + 1, size) == 0) {
        st_counter_add(s->sent, 1);
        st_counter_add(s->bytes, size);
    } else {
        st_counter_add(s->dropped, 1);
    }
}

static void *run(void *ctx)
{
    struct sender *s = ctx;
    bool last = false;
    for (;;) {
        const struct emit_head *head;
        size_t len;
        while ((head = ring_peek(s->ring, &len)) != NULL) {
            send_record(s, head, len);
            ring_release(s->ring);
        }
        if (last)
            return NULL;
        last = atomic_load(&s->stopping);
        if (!last)
            ring_wait(s->ring, 1000);
    }
}

struct sender *sender_start(struct ring *ring, struct st_bus *bus, const char *system,
                            uint32_t shard)
{
    struct sender *s = st_alloc(sizeof(*s));
    s->ring = ring;
    s->bus = bus;
    s->system = system;
    s->shard = shard;
    st_subject_world(s->subjects[EMIT_DELTA], system, shard, "delta");
    st_subject_world(s->subjects[EMIT_SNAPSHOT], system, shard, "snapshot");
    st_subject_world(s->subjects[EMIT_TICK], system, shard, "tick");
    s->sent = st_counter("startrader_world_messages_total", "result=\"sent\"",
                         "Messages of the world stream by result");
    s->dropped = st_counter("startrader_world_messages_total", "result=\"dropped\"",
                            "Messages of the world stream by result");
    s->bytes = st_counter("startrader_world_bytes_total", NULL, "Bytes of the world stream sent");
    int err = pthread_create(&s->thread, NULL, run, s);
    st_assert(err == 0);
    return s;
}

void sender_stop(struct sender **s)
{
    if (*s == NULL)
        return;
    atomic_store(&(*s)->stopping, true);
    ring_wake((*s)->ring);
    pthread_join((*s)->thread, NULL);
    st_free(*s);
    *s = NULL;
}
