/* SPDX-License-Identifier: Apache-2.0 */
#include "outlet.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/mailbox.h>
#include <st/stat.h>
#include <st/subject.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct parcel_out {
    size_t len;
    uint8_t data[];
};

struct outlet {
    struct st_bus *bus;
    char subject[ST_SUBJECT_MAX];
    struct st_mailbox *box;
    pthread_t thread;
    atomic_bool ending;
    struct st_counter *sent, *dropped;
};

static void publish(struct outlet *o, struct parcel_out *p)
{
    if (st_bus_publish(o->bus, o->subject, p->data, p->len) == ST_OK)
        st_counter_add(o->sent, 1);
    else
        st_counter_add(o->dropped, 1);
    st_alloc_cold_begin();
    st_free(p);
    st_alloc_cold_end();
}

static void *run(void *ctx)
{
    struct outlet *o = ctx;
    struct pollfd p = {.fd = st_mailbox_fd(o->box), .events = POLLIN};
    for (;;) {
        struct parcel_out *out;
        bool ending = atomic_load(&o->ending);
        uint64_t ticks;
        while ((out = st_mailbox_take(o->box)))
            publish(o, out);
        if (ending)
            return NULL;
        (void)poll(&p, 1, 1000);
        (void)!read(p.fd, &ticks, sizeof ticks);
    }
}

struct outlet *outlet_new(struct st_bus *bus, const char *subject)
{
    struct outlet *o = st_alloc(sizeof *o);
    int err;
    st_assert(strlen(subject) < sizeof o->subject);
    snprintf(o->subject, sizeof o->subject, "%s", subject);
    o->bus = bus;
    o->box = st_mailbox_new(NULL, OUTLET_MAX, NULL, NULL);
    o->sent = st_counter("startrader_gateway_batches_total", "result=\"sent\"", "input batches");
    o->dropped =
        st_counter("startrader_gateway_batches_total", "result=\"dropped\"", "input batches");
    err = pthread_create(&o->thread, NULL, run, o);
    st_assert(err == 0);
    return o;
}

static void drop(void *ctx, void *msg)
{
    (void)ctx;
    st_free(msg);
}

void outlet_free(struct outlet **out)
{
    struct outlet *o = *out;
    uint64_t one = 1;
    if (!o)
        return;
    atomic_store(&o->ending, true);
    (void)!write(st_mailbox_fd(o->box), &one, sizeof one);
    pthread_join(o->thread, NULL);
    st_mailbox_free(&o->box, drop, NULL);
    st_free(o);
    *out = NULL;
}

void outlet_put(struct outlet *o, const void *data, size_t len)
{
    struct parcel_out *p;
    st_alloc_cold_begin();
    p = st_alloc(sizeof *p + len);
    p->len = len;
    memcpy(p->data, data, len);
    if (st_mailbox_post(o->box, p) != ST_OK) {
        st_counter_add(o->dropped, 1);
        st_free(p);
    }
    st_alloc_cold_end();
}
