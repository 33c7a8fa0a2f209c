/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message's way in: nats.c's delivery thread -> bus_on_nats_msg -> the bus's queue (bounded per
 * subscription) -> one posted call -> on_loop hands all that waits to the handlers. State changes
 * and errors come the same way.
 */
#include <st/bus_private.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/rng.h>

#include <stdio.h>
#include <string.h>

static const char *const role_names[] = {"rpc", "rt-out", "rt-in", "js"};

/* --- message holders: used again, by all connections --- */

enum { SPARE_HELD_MAX = 65536 };
static pthread_mutex_t spare_lock = PTHREAD_MUTEX_INITIALIZER;
static struct bus_held *spare_held;
static uint32_t spare_count;

static struct bus_held *held_get(void)
{
    pthread_mutex_lock(&spare_lock);
    struct bus_held *h = spare_held;
    if (h) {
        spare_held = h->next;
        spare_count--;
    }
    pthread_mutex_unlock(&spare_lock);
    if (!h) {
        st_alloc_cold_begin();
        h = st_alloc(sizeof(*h));
        st_alloc_cold_end();
    }
    memset(h, 0, sizeof(*h));
    return h;
}

static void held_put(struct bus_held *h)
{
    pthread_mutex_lock(&spare_lock);
    bool keep = spare_count < SPARE_HELD_MAX;
    if (keep) {
        h->next = spare_held;
        spare_held = h;
        spare_count++;
    }
    pthread_mutex_unlock(&spare_lock);
    if (!keep)
        st_free(h);
}

void bus_ref(struct st_bus *b)
{
    atomic_fetch_add(&b->refs, 1);
}

void bus_unref(struct st_bus *b)
{
    if (atomic_fetch_sub(&b->refs, 1) != 1)
        return;
    st_list_each_safe(it, tmp, &b->subs)
    {
        st_free(st_list_entry(it, struct bus_sub, node));
    }
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->wake);
    pthread_cond_destroy(&b->changed);
    pthread_rwlock_destroy(&b->nc_lock);
    st_free(b->url);
    st_free(b->user);
    explicit_bzero(b->password, strlen(b->password));
    st_free(b->password);
    st_free(b->name);
    st_free(b);
}

void st_bus_msg_free(struct st_bus_msg *msg)
{
    st_assert(msg && msg->impl);
    struct bus_held *h = (struct bus_held *)msg;
    struct st_bus *b = h->bus;
    bus_js_settle(h);
    natsMsg_Destroy(h->msg);
    held_put(h);
    bus_unref(b);
}

/* --- the loop's side --- */

static void tell_state(struct st_bus *b)
{
    bool up = atomic_load(&b->up);
    if (up == b->told_up)
        return;
    b->told_up = up;
    if (!up)
        bus_requests_fail_all(b, ST_ETIMEOUT);
    st_log(ST_LOG_INFO, up ? "bus_up" : "bus_down", st_log_s("connection", b->name));
    if (up)
        bus_js_on_up(b);
    if (b->on_state)
        b->on_state(b->ctx, up);
}

static void tell_problem(struct st_bus *b, const char *text)
{
    st_log(ST_LOG_ERROR, "bus_error", st_log_s("connection", b->name), st_log_s("text", text));
    if (b->on_error)
        b->on_error(b->ctx, text);
}

static void on_loop(void *ctx)
{
    struct st_bus *b = ctx;
    char problem[BUS_PROBLEM_MAX];
    pthread_mutex_lock(&b->lock);
    struct bus_held *h = b->in;
    b->in = NULL;
    b->in_last = &b->in;
    b->posted = false;
    bool problem_new = b->problem_new;
    b->problem_new = false;
    memcpy(problem, b->problem, sizeof(problem));
    pthread_mutex_unlock(&b->lock);
    if (!atomic_load(&b->closed)) {
        tell_state(b);
        if (problem_new)
            tell_problem(b, problem);
    }
    while (h) {
        struct bus_held *next = h->next;
        atomic_fetch_sub_explicit(&h->sub->queued, 1, memory_order_relaxed);
        if (atomic_load(&b->closed))
            st_bus_msg_free(&h->pub);
        else
            h->sub->fn(h->sub->ctx, &h->pub);
        h = next;
    }
    bus_unref(b);
}

/* With b->lock held. */
static void post_locked(struct st_bus *b)
{
    if (b->posted)
        return;
    b->posted = true;
    bus_ref(b);
    st_loop_post(b->loop, on_loop, b);
}

void bus_post(struct st_bus *b)
{
    pthread_mutex_lock(&b->lock);
    post_locked(b);
    pthread_mutex_unlock(&b->lock);
}

void bus_problem(struct st_bus *b, const char *text)
{
    st_counter_add(b->errors, 1);
    pthread_mutex_lock(&b->lock);
    if (strncmp(b->problem, text, sizeof(b->problem) - 1) != 0) {
        snprintf(b->problem, sizeof(b->problem), "%s", text);
        b->problem_new = true;
        post_locked(b);
    }
    pthread_mutex_unlock(&b->lock);
}

/* --- the library's side --- */

void bus_on_nats_msg(natsConnection *nc, natsSubscription *ns, natsMsg *msg, void *ctx)
{
    struct bus_sub *s = ctx;
    struct st_bus *b = s->bus;
    (void)nc;
    (void)ns;
    st_counter_add(b->received, 1);
    bool full = !s->raw && atomic_load_explicit(&s->queued, memory_order_relaxed) >= s->pending_max;
    if (full || atomic_load(&b->closed)) {
        if (full)
            st_counter_add(b->dropped, 1);
        natsMsg_Destroy(msg);
        return;
    }
    struct bus_held *h = held_get();
    h->pub.subject = natsMsg_GetSubject(msg);
    h->pub.reply = natsMsg_GetReply(msg);
    h->pub.data = (const uint8_t *)natsMsg_GetData(msg);
    h->pub.len = (size_t)natsMsg_GetDataLength(msg);
    h->pub.impl = b;
    h->msg = msg;
    h->bus = b;
    h->sub = s;
    bus_ref(b);
    if (s->raw) {
        s->fn(s->ctx, &h->pub);
        return;
    }
    atomic_fetch_add_explicit(&s->queued, 1, memory_order_relaxed);
    pthread_mutex_lock(&b->lock);
    *b->in_last = h;
    b->in_last = &h->next;
    post_locked(b);
    pthread_mutex_unlock(&b->lock);
}

/* --- publishing --- */

static int error_of(natsStatus s)
{
    switch (s) {
    case NATS_OK:
        return 0;
    case NATS_MAX_PAYLOAD:
        return ST_ELIMIT;
    case NATS_INVALID_ARG:
    case NATS_INVALID_SUBJECT:
        return ST_EINVAL;
    default:
        return ST_EUNAVAILABLE;
    }
}

static int count(struct st_bus *b, int err)
{
    st_counter_add(err ? b->refused : b->published, 1);
    return err;
}

int bus_publish_raw(struct st_bus *b, const char *subject, const char *reply, const void *data,
                    size_t len)
{
    int err = ST_EUNAVAILABLE;
    if (len > INT32_MAX)
        return ST_ELIMIT;
    pthread_rwlock_rdlock(&b->nc_lock);
    if (b->nc && atomic_load(&b->up)) {
        const char *text = len > 0 ? data : "";
        err = error_of(reply ? natsConnection_PublishRequest(b->nc, subject, reply, text, (int)len)
                             : natsConnection_Publish(b->nc, subject, text, (int)len));
    }
    pthread_rwlock_unlock(&b->nc_lock);
    return count(b, err);
}

int bus_publish_msg(struct st_bus *b, natsMsg *msg)
{
    int err = ST_EUNAVAILABLE;
    pthread_rwlock_rdlock(&b->nc_lock);
    if (b->nc && atomic_load(&b->up))
        err = error_of(natsConnection_PublishMsg(b->nc, msg));
    pthread_rwlock_unlock(&b->nc_lock);
    return count(b, err);
}

int st_bus_publish(struct st_bus *b, const char *subject, const void *data, size_t len)
{
    st_assert(b && subject && (data || len == 0));
    return bus_publish_raw(b, subject, NULL, data, len);
}

int st_bus_reply(struct st_bus *b, const struct st_bus_msg *request, const void *data, size_t len)
{
    st_assert(b && request && (data || len == 0));
    if (!request->reply)
        return 0;
    return bus_publish_raw(b, request->reply, NULL, data, len);
}

/* --- subscriptions --- */

int bus_sub_add(struct st_bus *b, const char *subject, const char *queue, uint32_t pending_max,
                st_bus_msg_fn *fn, void *ctx, bool raw)
{
    st_assert(b && subject && fn && pending_max > 0);
    if (strlen(subject) >= ST_SUBJECT_MAX || (queue && strlen(queue) >= 64))
        return ST_EINVAL;
    struct bus_sub *s = st_alloc(sizeof(*s));
    snprintf(s->subject, sizeof(s->subject), "%s", subject);
    snprintf(s->queue, sizeof(s->queue), "%s", queue ? queue : "");
    s->bus = b;
    s->pending_max = pending_max;
    s->raw = raw;
    s->fn = fn;
    s->ctx = ctx;
    pthread_mutex_lock(&b->lock);
    st_list_push(&b->subs, &s->node);
    pthread_mutex_unlock(&b->lock);
    bus_link_poke(b);
    return 0;
}

int st_bus_subscribe(struct st_bus *b, const char *subject, const char *queue, uint32_t pending_max,
                     st_bus_msg_fn *fn, void *ctx)
{
    return bus_sub_add(b, subject, queue, pending_max, fn, ctx, false);
}

int st_bus_subscribe_raw(struct st_bus *b, const char *subject, uint32_t pending_max,
                         st_bus_msg_fn *fn, void *ctx)
{
    return bus_sub_add(b, subject, NULL, pending_max, fn, ctx, true);
}

/* --- life --- */

static bool token_valid(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n > 0 && n <= 40 && !s[n];
}

static void make_counters(struct st_bus *b)
{
    char label[32];
    snprintf(label, sizeof(label), "connection=\"%s\"", role_names[b->role]);
    b->published = st_counter("startrader_bus_published_total", label, "messages published");
    b->refused = st_counter("startrader_bus_unpublished_total", label,
                            "messages not published: connection down or message too large");
    b->received = st_counter("startrader_bus_received_total", label, "messages received");
    b->dropped = st_counter("startrader_bus_dropped_total", label,
                            "messages received and dropped: their queue was full");
    b->reconnects =
        st_counter("startrader_bus_reconnects_total", label, "times the connection came back");
    b->errors = st_counter("startrader_bus_errors_total", label,
                           "errors reported by the server or the library");
    b->up_gauge = st_gauge("startrader_bus_up", label, "1 while connected");
}

int st_bus_open(struct st_bus **out, struct st_loop *loop, const struct st_bus_options *o)
{
    st_assert(out && loop && o && o->url && o->user && o->password && o->instance);
    st_assert(o->role <= ST_BUS_JS);
    if (!*o->url || !token_valid(o->user) || !token_valid(o->instance))
        return ST_EINVAL;
    struct st_bus *b = st_alloc(sizeof(*b));
    char name[64];
    snprintf(name, sizeof(name), "%s-%s", o->instance, role_names[o->role]);
    atomic_init(&b->refs, 1);
    b->loop = loop;
    b->role = o->role;
    b->url = st_strdup(o->url);
    b->user = st_strdup(o->user);
    b->password = st_strdup(o->password);
    b->name = st_strdup(name);
    b->on_state = o->on_state;
    b->on_error = o->on_error;
    b->ctx = o->ctx;
    snprintf(b->inbox, sizeof(b->inbox), "_INBOX_%.24s.%s-%04x", o->user, name,
             st_random_below(0x10000));
    pthread_rwlock_init(&b->nc_lock, NULL);
    pthread_mutex_init(&b->lock, NULL);
    st_list_init(&b->subs);
    b->in_last = &b->in;
    atomic_init(&b->down_since_ms, ST_MAX(st_mono_ms(), (uint64_t)1));
    make_counters(b);
    bus_requests_init(b);
    int err = bus_link_start(b);
    if (err) {
        bus_requests_fini(b);
        bus_unref(b);
        return err;
    }
    *out = b;
    return 0;
}

void st_bus_retire(struct st_bus *b)
{
    st_assert(b);
    pthread_mutex_lock(&b->lock);
    b->retired = true;
    pthread_mutex_unlock(&b->lock);
    bus_link_poke(b);
}

void st_bus_close_begin(struct st_bus *b, uint32_t deadline_ms)
{
    st_assert(b);
    bus_link_quit(b, deadline_ms);
}

void st_bus_quiet(struct st_bus *b, uint32_t deadline_ms)
{
    st_assert(b);
    bus_link_quit(b, deadline_ms);
    if (!atomic_load(&b->closed))
        bus_link_join(b);
    atomic_store(&b->closed, true);
}

void st_bus_close(struct st_bus **bb, uint32_t deadline_ms)
{
    st_assert(bb);
    struct st_bus *b = *bb;
    if (!b)
        return;
    st_bus_quiet(b, deadline_ms);
    bus_js_fini(b);
    bus_requests_fini(b);
    *bb = NULL;
    bus_unref(b);
}

bool st_bus_up(const struct st_bus *b)
{
    st_assert(b);
    return atomic_load(&b->up);
}

uint64_t st_bus_down_since_ms(const struct st_bus *b)
{
    st_assert(b);
    return atomic_load(&b->down_since_ms);
}

bool st_bus_healthy(struct st_bus *b, char *reason, size_t cap)
{
    st_assert(b && reason && cap > 0);
    bool good = atomic_load(&b->up);
    snprintf(reason, cap, "%s", good ? "" : "not connected");
    pthread_mutex_lock(&b->lock);
    if (*b->problem) {
        good = false;
        snprintf(reason, cap, "%s", b->problem);
    }
    for (size_t i = 0; good && i < BUS_CONSUMERS_MAX; i++) {
        const struct st_bus_consumer *c = b->consumers[i];
        if (c && atomic_load(&c->check) != BUS_GOOD) {
            good = false;
            snprintf(reason, cap, "no durable %s of %s", c->durable, c->stream);
        }
    }
    pthread_mutex_unlock(&b->lock);
    return good;
}
