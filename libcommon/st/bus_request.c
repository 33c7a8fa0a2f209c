/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests are publications with a reply subject below the connection's own inbox; one wildcard
 * subscription brings all answers. A swept list of deadlines ends those that stay unanswered.
 */
#include <st/bus_private.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/json.h>
#include <st/log.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEP_MS = 10, ACK_TIMEOUT_MS = 2000 };

static struct bus_request *request_get(struct st_bus *b)
{
    struct bus_request *r = b->request_spare;
    if (r) {
        b->request_spare = r->ctx;
    } else {
        st_alloc_cold_begin();
        r = st_alloc(sizeof(*r));
        st_alloc_cold_end();
    }
    memset(r, 0, sizeof(*r));
    st_list_init(&r->node);
    return r;
}

static void request_end(struct st_bus *b, struct bus_request *r, int err, const uint8_t *data,
                        size_t len)
{
    st_bus_reply_fn *reply_fn = r->reply_fn;
    st_bus_ack_fn *ack_fn = r->ack_fn;
    void *ctx = r->ctx;
    st_list_remove(&r->node);
    if (r->id)
        st_map_remove(b->request_by_id, r->id);
    r->ctx = b->request_spare;
    b->request_spare = r;
    if (reply_fn)
        reply_fn(ctx, err, data, len);
    else if (ack_fn)
        ack_fn(ctx, err);
}

static void on_failed(void *ctx)
{
    struct st_bus *b = ctx;
    while (!st_list_empty(&b->failed)) {
        struct bus_request *r = st_list_entry(b->failed.next, struct bus_request, node);
        request_end(b, r, r->err, NULL, 0);
    }
    bus_unref(b);
}

static void fail_soon(struct st_bus *b, struct bus_request *r, int err)
{
    r->err = err;
    st_list_push(&b->failed, &r->node);
    bus_ref(b);
    st_loop_post(b->loop, on_failed, b);
}

static void on_sweep(void *ctx)
{
    struct st_bus *b = ctx;
    uint64_t now = st_loop_now_ms(b->loop);
    struct st_list late;
    st_list_init(&late);
    st_list_each_safe(it, tmp, &b->requests)
    {
        struct bus_request *r = st_list_entry(it, struct bus_request, node);
        if (r->deadline_ms <= now) {
            st_list_remove(it);
            st_list_push(&late, it);
        }
    }
    /* Handlers may begin new requests: those are not in this list. */
    while (!st_list_empty(&late))
        request_end(b, st_list_entry(late.next, struct bus_request, node), ST_ETIMEOUT, NULL, 0);
    if (st_list_empty(&b->requests))
        st_timer_stop(b->sweep);
}

/* Takes a place in the table and writes the reply subject; 0 or ST_EFULL. */
static int request_begin(struct st_bus *b, struct bus_request *r, uint32_t timeout_ms,
                         char reply[ST_SUBJECT_MAX])
{
    uint64_t id = ++b->request_next;
    if (st_map_set(b->request_by_id, id, (uint64_t)(uintptr_t)r) != 0)
        return ST_EFULL;
    r->id = id;
    r->deadline_ms = st_loop_now_ms(b->loop) + timeout_ms;
    snprintf(reply, ST_SUBJECT_MAX, "%s.%" PRIu64, b->inbox, id);
    if (st_list_empty(&b->requests))
        st_timer_start(b->sweep, SWEEP_MS, SWEEP_MS);
    st_list_push(&b->requests, &r->node);
    return 0;
}

static void request_give_up(struct st_bus *b, struct bus_request *r, int err)
{
    if (r->id) {
        st_map_remove(b->request_by_id, r->id);
        r->id = 0;
    }
    st_list_remove(&r->node);
    fail_soon(b, r, err);
}

void st_bus_request(struct st_bus *b, const char *subject, const void *data, size_t len,
                    uint32_t timeout_ms, st_bus_reply_fn *done, void *ctx)
{
    st_assert(b && subject && (data || len == 0) && timeout_ms > 0 && done);
    char reply[ST_SUBJECT_MAX];
    struct bus_request *r = request_get(b);
    r->reply_fn = done;
    r->ctx = ctx;
    int err = request_begin(b, r, timeout_ms, reply) ? ST_EUNAVAILABLE : 0;
    if (!err)
        err = bus_publish_raw(b, subject, reply, data, len);
    if (err)
        request_give_up(b, r, err);
}

void st_bus_js_publish(struct st_bus *b, const char *subject, const char *msg_id, const void *data,
                       size_t len, st_bus_ack_fn *done, void *ctx)
{
    st_assert(b && b->role == ST_BUS_JS && subject && msg_id && (data || len == 0) && done);
    char reply[ST_SUBJECT_MAX];
    natsMsg *msg = NULL;
    struct bus_request *r = request_get(b);
    r->ack_fn = done;
    r->ctx = ctx;
    int err = len > INT32_MAX ? ST_ELIMIT : 0;
    if (!err)
        err = request_begin(b, r, ACK_TIMEOUT_MS, reply) ? ST_EUNAVAILABLE : 0;
    if (!err) {
        natsStatus s = natsMsg_Create(&msg, subject, reply, len > 0 ? data : "", (int)len);
        s = s ? s : natsMsgHeader_Set(msg, "Nats-Msg-Id", msg_id);
        err = s ? ST_EINVAL : bus_publish_msg(b, msg);
        natsMsg_Destroy(msg);
    }
    if (err)
        request_give_up(b, r, err);
}

/* A JetStream acknowledgement: {"stream":"X","seq":7} or {"error":{...}}. */
static int ack_result(const struct st_bus *b, const struct st_bus_msg *m)
{
    int64_t seq = 0;
    struct st_json_doc *d = st_json_parse(m->data, m->len);
    bool stored = d && st_json_get_int(d, "seq", &seq) && seq > 0;
    st_json_doc_free(&d);
    if (stored)
        return 0;
    st_log(ST_LOG_WARN, "bus_store_refused", st_log_s("connection", b->name),
           st_log_s("answer", (const char *)m->data));
    return ST_EPROTO;
}

static bool no_responders(struct bus_held *h)
{
    const char *status = NULL;
    return h->pub.len == 0 && natsMsgHeader_Get(h->msg, "Status", &status) == NATS_OK &&
           strcmp(status, "503") == 0;
}

void bus_on_inbox(void *ctx, struct st_bus_msg *m)
{
    struct st_bus *b = ctx;
    const char *token = strrchr(m->subject, '.');
    uint64_t found = 0;
    if (bus_js_on_msg(b, m))
        return;
    st_assert(token);
    if (token[1] == 'c') {
        bus_js_on_status(b, token + 1, m);
        return;
    }
    /* An answer behind its deadline finds nothing here. */
    if (st_map_get(b->request_by_id, strtoull(token + 1, NULL, 10), &found)) {
        struct bus_request *r = (struct bus_request *)(uintptr_t)found;
        int err = no_responders((struct bus_held *)m) ? ST_EUNAVAILABLE : 0;
        if (!err && r->ack_fn)
            err = ack_result(b, m);
        request_end(b, r, err, err ? NULL : m->data, err ? 0 : m->len);
    }
    st_bus_msg_free(m);
}

void bus_requests_fail_all(struct st_bus *b, int err)
{
    struct st_list all;
    st_list_init(&all);
    while (!st_list_empty(&b->requests)) {
        struct st_list *it = b->requests.next;
        st_list_remove(it);
        st_list_push(&all, it);
    }
    while (!st_list_empty(&all))
        request_end(b, st_list_entry(all.next, struct bus_request, node), err, NULL, 0);
}

void bus_requests_init(struct st_bus *b)
{
    char subject[ST_SUBJECT_MAX];
    st_list_init(&b->requests);
    st_list_init(&b->failed);
    b->request_by_id = st_map_new(BUS_REQUESTS_MAX);
    b->sweep = st_timer_new(b->loop, on_sweep, b);
    snprintf(subject, sizeof(subject), "%s.*", b->inbox);
    int failed = bus_sub_add(b, subject, NULL, BUS_INBOX_PENDING, bus_on_inbox, b, false);
    st_assert(!failed);
}

void bus_requests_fini(struct st_bus *b)
{
    bus_requests_fail_all(b, ST_EUNAVAILABLE);
    while (!st_list_empty(&b->failed)) {
        struct bus_request *r = st_list_entry(b->failed.next, struct bus_request, node);
        request_end(b, r, r->err, NULL, 0);
    }
    while (b->request_spare) {
        struct bus_request *next = b->request_spare->ctx;
        st_free(b->request_spare);
        b->request_spare = next;
    }
    st_map_free(&b->request_by_id);
    st_timer_free(&b->sweep);
}
