/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durable consumption by pulling: one request for as many messages as may be in hand, answered by
 * the server as they come, renewed when it is used up, expires or the connection returns. The
 * library's own fetch is not used: it blocks a thread, and its array can overflow.
 */
#include <st/bus_private.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PULL_EXPIRES_MS = 5000, PULL_GRACE_MS = 2000, PULL_TIMER_MS = 250, API_TIMEOUT_MS = 1000 };

/* --- what a message says in its reply subject --- */

struct ack_tokens {
    const char *stream, *durable; /* up to the next dot */
    uint64_t deliveries, stream_seq, pending;
};

/* $JS.ACK.<stream>.<durable>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>, newer
 * servers put <domain>.<account> in front of the stream and may add a token at the end. */
static bool parse_ack(const char *reply, struct ack_tokens *out)
{
    const char *token[16];
    size_t n = 0;
    if (!reply || strncmp(reply, "$JS.ACK.", 8) != 0)
        return false;
    for (const char *at = reply; at && n < ST_ARRAY_LEN(token); at = strchr(at, '.')) {
        at += *at == '.';
        token[n++] = at;
    }
    size_t first = n == 9 ? 2 : 4;
    if (n != 9 && n < 11)
        return false;
    out->stream = token[first];
    out->durable = token[first + 1];
    out->deliveries = strtoull(token[first + 2], NULL, 10);
    out->stream_seq = strtoull(token[first + 3], NULL, 10);
    out->pending = strtoull(token[first + 6], NULL, 10);
    return true;
}

static bool token_is(const char *token, const char *text)
{
    size_t n = strcspn(token, ".");
    return strlen(text) == n && strncmp(token, text, n) == 0;
}

/* --- credit --- */

static void credit_unref(struct bus_credit *c)
{
    if (atomic_fetch_sub(&c->refs, 1) == 1)
        st_free(c);
}

static void on_refill(void *bus);

void bus_js_settle(struct bus_held *h)
{
    struct st_bus *b = h->bus;
    if (!h->credit)
        return;
    atomic_fetch_sub(&h->credit->taken, 1);
    credit_unref(h->credit);
    h->credit = NULL;
    if (!atomic_exchange(&b->refill_posted, true)) {
        bus_ref(b);
        st_loop_post(b->loop, on_refill, b);
    }
}

static void respond(struct st_bus_msg *m, const char *text)
{
    struct bus_held *h = (struct bus_held *)m;
    st_assert(m && m->reply);
    /* Lost words are harmless: the message comes again. */
    (void)!bus_publish_raw(h->bus, m->reply, NULL, text, strlen(text));
    bus_js_settle(h);
}

void st_bus_ack(struct st_bus_msg *msg)
{
    respond(msg, "+ACK");
}

void st_bus_nak(struct st_bus_msg *msg, uint32_t delay_ms)
{
    char text[64];
    snprintf(text, sizeof(text), "-NAK {\"delay\":%" PRIu64 "}", (uint64_t)delay_ms * 1000000u);
    respond(msg, delay_ms > 0 ? text : "-NAK");
}

/* --- pulling; loop thread --- */

static void pull(struct st_bus_consumer *c)
{
    struct st_bus *b = c->bus;
    char subject[ST_SUBJECT_MAX * 2], reply[ST_SUBJECT_MAX], text[96];
    uint32_t taken = atomic_load(&c->credit->taken);
    if (c->pulling || taken >= c->window || !st_bus_up(b))
        return;
    uint32_t n = c->window - taken;
    snprintf(subject, sizeof(subject), "$JS.API.CONSUMER.MSG.NEXT.%s.%s", c->stream, c->durable);
    snprintf(reply, sizeof(reply), "%s.c%u-%" PRIu64, b->inbox, c->slot, ++c->pull_no);
    snprintf(text, sizeof(text), "{\"batch\":%u,\"expires\":%" PRIu64 "}", n,
             (uint64_t)PULL_EXPIRES_MS * 1000000u);
    if (bus_publish_raw(b, subject, reply, text, strlen(text)) != 0)
        return;
    c->pulling = true;
    c->pull_left = n;
    c->pull_until_ms = st_loop_now_ms(b->loop) + PULL_EXPIRES_MS + PULL_GRACE_MS;
}

static void on_refill(void *ctx)
{
    struct st_bus *b = ctx;
    atomic_store(&b->refill_posted, false);
    for (size_t i = 0; !atomic_load(&b->closed) && i < BUS_CONSUMERS_MAX; i++)
        if (b->consumers[i])
            pull(b->consumers[i]);
    bus_unref(b);
}

static void on_pull_timer(void *ctx)
{
    struct st_bus *b = ctx;
    uint64_t now = st_loop_now_ms(b->loop);
    for (size_t i = 0; i < BUS_CONSUMERS_MAX; i++) {
        struct st_bus_consumer *c = b->consumers[i];
        if (!c)
            continue;
        if (c->pulling && now >= c->pull_until_ms)
            c->pulling = false;
        pull(c);
    }
}

void bus_js_on_up(struct st_bus *b)
{
    for (size_t i = 0; i < BUS_CONSUMERS_MAX; i++) {
        struct st_bus_consumer *c = b->consumers[i];
        if (!c)
            continue;
        c->pulling = false;
        atomic_store(&c->check, BUS_UNCHECKED);
        pull(c);
    }
    bus_link_poke(b);
}

/* Headers without a message: 404, 408, 409 and 503 end a pull; 100 is a heartbeat. */
static void on_status(struct st_bus_consumer *c, uint64_t pull_no, const char *status)
{
    if (strcmp(status, "100") == 0 || pull_no != c->pull_no)
        return;
    c->pulling = false;
    if (strcmp(status, "404") == 0)
        c->pending = 0;
    /* After "nobody there" or a refusal the timer tries again; an expired pull is renewed now. */
    if (strcmp(status, "408") == 0)
        pull(c);
}

void bus_js_on_status(struct st_bus *b, const char *token, struct st_bus_msg *m)
{
    unsigned slot = 0;
    uint64_t pull_no = 0;
    const char *status = NULL;
    struct bus_held *h = (struct bus_held *)m;
    bool known = sscanf(token, "c%u-%" SCNu64, &slot, &pull_no) == 2 && slot < BUS_CONSUMERS_MAX;
    struct st_bus_consumer *c = known ? b->consumers[slot] : NULL;
    if (c && natsMsgHeader_Get(h->msg, "Status", &status) == NATS_OK)
        on_status(c, pull_no, status);
    st_bus_msg_free(m);
}

/* A message of a stream keeps the subject it was published with; its durable is named in the
 * subject that its acknowledgement goes to. */
bool bus_js_on_msg(struct st_bus *b, struct st_bus_msg *m)
{
    struct ack_tokens t;
    struct bus_held *h = (struct bus_held *)m;
    struct st_bus_consumer *c = NULL;
    if (!parse_ack(m->reply, &t))
        return false;
    for (size_t i = 0; !c && i < BUS_CONSUMERS_MAX; i++) {
        struct st_bus_consumer *k = b->consumers[i];
        if (k && token_is(t.stream, k->stream) && token_is(t.durable, k->durable))
            c = k;
    }
    if (!c) {
        /* For a consumer that has stopped: let somebody else have it at once. */
        st_bus_nak(m, 0);
        st_bus_msg_free(m);
        return true;
    }
    if (c->pull_left > 0 && --c->pull_left == 0)
        c->pulling = false;
    m->stream_seq = t.stream_seq;
    m->deliveries = (uint32_t)ST_MIN(t.deliveries, (uint64_t)UINT32_MAX);
    c->pending = t.pending;
    h->credit = c->credit;
    atomic_fetch_add(&c->credit->refs, 1);
    atomic_fetch_add(&c->credit->taken, 1);
    c->fn(c->ctx, m);
    return true;
}

struct st_bus_consumer *st_bus_js_consume(struct st_bus *b, const char *stream, const char *durable,
                                          uint32_t window, st_bus_msg_fn *fn, void *ctx)
{
    st_assert(b && b->role == ST_BUS_JS && stream && durable && window > 0 && fn);
    uint32_t slot = 0;
    while (slot < BUS_CONSUMERS_MAX && b->consumers[slot])
        slot++;
    st_assert(slot < BUS_CONSUMERS_MAX);
    st_alloc_cold_begin();
    struct st_bus_consumer *c = st_alloc(sizeof(*c));
    c->credit = st_alloc(sizeof(*c->credit));
    if (!b->pull_timer)
        b->pull_timer = st_timer_new(b->loop, on_pull_timer, b);
    st_alloc_cold_end();
    atomic_init(&c->credit->refs, 1);
    c->bus = b;
    c->slot = slot;
    c->window = window;
    /* Numbers of an earlier consumer in this slot are never used again. */
    c->pull_no = st_loop_now_ms(b->loop) << 16;
    c->fn = fn;
    c->ctx = ctx;
    snprintf(c->stream, sizeof(c->stream), "%s", stream);
    snprintf(c->durable, sizeof(c->durable), "%s", durable);
    pthread_mutex_lock(&b->lock);
    c->serial = ++b->serial_next;
    b->consumers[slot] = c;
    pthread_mutex_unlock(&b->lock);
    st_timer_start(b->pull_timer, PULL_TIMER_MS, PULL_TIMER_MS);
    pull(c);
    bus_link_poke(b);
    return c;
}

void st_bus_js_consume_stop(struct st_bus_consumer **cc)
{
    st_assert(cc);
    struct st_bus_consumer *c = *cc;
    if (!c)
        return;
    struct st_bus *b = c->bus;
    if (b) {
        pthread_mutex_lock(&b->lock);
        b->consumers[c->slot] = NULL;
        pthread_mutex_unlock(&b->lock);
    }
    credit_unref(c->credit);
    st_free(c);
    *cc = NULL;
}

bool st_bus_consumer_good(const struct st_bus_consumer *c)
{
    st_assert(c);
    return atomic_load(&c->check) == BUS_GOOD && c->bus && st_bus_up(c->bus);
}

uint64_t st_bus_consumer_pending(const struct st_bus_consumer *c)
{
    st_assert(c);
    return c->pending + atomic_load(&c->credit->taken);
}

void bus_js_fini(struct st_bus *b)
{
    pthread_mutex_lock(&b->lock);
    for (size_t i = 0; i < BUS_CONSUMERS_MAX; i++) {
        if (b->consumers[i])
            b->consumers[i]->bus = NULL;
        b->consumers[i] = NULL;
    }
    pthread_mutex_unlock(&b->lock);
    st_timer_free(&b->pull_timer);
}
