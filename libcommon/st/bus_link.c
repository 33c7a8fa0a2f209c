/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper thread: probe -> connect -> subscribe -> flush -> up; then it waits until the
 * connection ends, takes it down, waits a little and begins again, for ever. It also makes later
 * subscriptions and copies drop counts.
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
#include <time.h>

enum { CHECK_MS = 500, TEARDOWN_MS = 5000 };

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static natsStatus library_status;

static void open_library(void)
{
    library_status = nats_Open(-1);
    /* One thread: arrival order then holds across all subscriptions of a connection. */
    if (library_status == NATS_OK)
        library_status = nats_SetMessageDeliveryPoolSize(1);
}

void bus_link_poke(struct st_bus *b)
{
    pthread_mutex_lock(&b->lock);
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->lock);
}

static void mark_down(struct st_bus *b)
{
    if (atomic_exchange(&b->up, false)) {
        atomic_store(&b->down_since_ms, ST_MAX(st_mono_ms(), (uint64_t)1));
        st_gauge_set(b->up_gauge, 0);
        bus_post(b);
    }
}

/* --- called by the library on its own threads --- */

static void on_closed(natsConnection *nc, void *ctx)
{
    struct st_bus *b = ctx;
    (void)nc;
    mark_down(b);
    pthread_mutex_lock(&b->lock);
    b->lost = true;
    b->closed_seen = true;
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->lock);
}

static void on_disconnected(natsConnection *nc, void *ctx)
{
    (void)nc;
    mark_down(ctx);
}

static void on_error(natsConnection *nc, natsSubscription *ns, natsStatus status, void *ctx)
{
    struct st_bus *b = ctx;
    const char *text = NULL;
    (void)ns;
    if (status == NATS_SLOW_CONSUMER)
        return; /* counted by copy_drops */
    if (natsConnection_GetLastError(nc, &text) != status || !text || !*text)
        text = natsStatus_GetText(status);
    bus_problem(b, text);
}

static void on_sub_complete(void *ctx)
{
    struct bus_sub *s = ctx;
    struct st_bus *b = s->bus;
    pthread_mutex_lock(&b->lock);
    b->live_subs--;
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->lock);
}

/* --- connecting --- */

static natsStatus set_options(struct st_bus *b, natsOptions *o, const char *url)
{
    bool at_once = b->role == ST_BUS_RT_OUT || b->role == ST_BUS_RPC;
    natsStatus s = natsOptions_SetURL(o, url);
    s = s ? s : natsOptions_SetUserInfo(o, b->user, b->password);
    s = s ? s : natsOptions_SetName(o, b->name);
    s = s ? s : natsOptions_SetTimeout(o, BUS_CONNECT_MS);
    s = s ? s : natsOptions_SetPingInterval(o, BUS_PING_MS);
    s = s ? s : natsOptions_SetMaxPingsOut(o, BUS_PINGS_OUT);
    s = s ? s : natsOptions_SetWriteDeadline(o, BUS_WRITE_MS);
    s = s ? s : natsOptions_SetAllowReconnect(o, false);
    s = s ? s : natsOptions_SetSendAsap(o, at_once);
    s = s ? s : natsOptions_SetClosedCB(o, on_closed, b);
    s = s ? s : natsOptions_SetDisconnectedCB(o, on_disconnected, b);
    s = s ? s : natsOptions_SetErrorHandler(o, on_error, b);
    char prefix[64];
    snprintf(prefix, sizeof(prefix), "_INBOX_%.40s", b->user);
    s = s ? s : natsOptions_SetCustomInboxPrefix(o, prefix);
    if (b->role == ST_BUS_RT_IN)
        s = s ? s : natsOptions_UseGlobalMessageDelivery(o, true);
    return s;
}

static natsConnection *connect_to(struct st_bus *b, const char *url)
{
    natsOptions *o = NULL;
    natsConnection *nc = NULL;
    int err = bus_probe(url, b->user, b->password, 2 * BUS_CONNECT_MS);
    if (err == ST_EDENIED)
        bus_problem(b, "user or password refused");
    if (err)
        return NULL;
    natsStatus s = natsOptions_Create(&o);
    s = s ? s : set_options(b, o, url);
    s = s ? s : natsConnection_Connect(&nc, o);
    natsOptions_Destroy(o);
    return s == NATS_OK ? nc : NULL;
}

/* Tries each server of the comma list once. */
static natsConnection *connect_any(struct st_bus *b)
{
    for (const char *at = b->url; *at;) {
        size_t n = strcspn(at, ",");
        char url[256];
        snprintf(url, sizeof(url), "%.*s", (int)n, at);
        natsConnection *nc = n > 0 ? connect_to(b, url) : NULL;
        if (nc)
            return nc;
        at += n + (at[n] == ',');
    }
    return NULL;
}

static natsStatus subscribe(struct bus_sub *s, natsConnection *nc)
{
    natsSubscription *ns = NULL;
    struct st_bus *b = s->bus;
    natsStatus st =
        *s->queue ? natsConnection_QueueSubscribe(&ns, nc, s->subject, s->queue, bus_on_nats_msg, s)
                  : natsConnection_Subscribe(&ns, nc, s->subject, bus_on_nats_msg, s);
    if (st != NATS_OK)
        return st;
    s->ns = ns;
    s->dropped_seen = 0;
    pthread_mutex_lock(&b->lock);
    b->live_subs++;
    pthread_mutex_unlock(&b->lock);
    st = natsSubscription_SetOnCompleteCB(ns, on_sub_complete, s);
    if (st != NATS_OK) {
        pthread_mutex_lock(&b->lock);
        b->live_subs--;
        pthread_mutex_unlock(&b->lock);
    }
    /* A handler on the loop has its own limit; the library's is the second door. */
    int limit = (int)ST_MIN(s->pending_max, (uint32_t)INT32_MAX);
    return st ? st : natsSubscription_SetPendingLimits(ns, limit, -1);
}

/* Makes what is not made yet. The list only grows, at its end. */
static natsStatus subscribe_new(struct st_bus *b, natsConnection *nc, bool *any)
{
    natsStatus st = NATS_OK;
    pthread_mutex_lock(&b->lock);
    for (struct st_list *it = b->subs.next; it != &b->subs && st == NATS_OK; it = it->next) {
        struct bus_sub *s = st_list_entry(it, struct bus_sub, node);
        if (s->ns || (b->retired && *s->queue))
            continue;
        pthread_mutex_unlock(&b->lock);
        st = subscribe(s, nc);
        *any = true;
        pthread_mutex_lock(&b->lock);
    }
    pthread_mutex_unlock(&b->lock);
    return st;
}

/* Tells the server to send requests to others; what is on its way is still delivered. */
static void retire(struct st_bus *b)
{
    pthread_mutex_lock(&b->lock);
    for (struct st_list *it = b->subs.next; b->retired && it != &b->subs; it = it->next) {
        struct bus_sub *s = st_list_entry(it, struct bus_sub, node);
        if (!s->ns || !*s->queue || s->draining)
            continue;
        s->draining = true;
        pthread_mutex_unlock(&b->lock);
        (void)natsSubscription_Drain(s->ns);
        pthread_mutex_lock(&b->lock);
    }
    pthread_mutex_unlock(&b->lock);
}

static void copy_drops(struct st_bus *b)
{
    pthread_mutex_lock(&b->lock);
    st_list_each(it, &b->subs)
    {
        struct bus_sub *s = st_list_entry(it, struct bus_sub, node);
        int64_t n = 0;
        if (s->ns && natsSubscription_GetDropped(s->ns, &n) == NATS_OK && n > s->dropped_seen) {
            st_counter_add(b->dropped, (uint64_t)(n - s->dropped_seen));
            s->dropped_seen = n;
        }
    }
    pthread_mutex_unlock(&b->lock);
}

/* With b->lock held; false when the time is over. */
static bool wait_until(struct st_bus *b, uint64_t until_ms)
{
    struct timespec t = {(time_t)(until_ms / 1000), (long)(until_ms % 1000) * 1000000};
    return pthread_cond_timedwait(&b->wake, &b->lock, &t) == 0;
}

static void take_down(struct st_bus *b, natsConnection *nc)
{
    mark_down(b);
    pthread_rwlock_wrlock(&b->nc_lock);
    b->nc = NULL;
    pthread_rwlock_unlock(&b->nc_lock);
    natsConnection_Close(nc);
    uint64_t until = st_mono_ms() + TEARDOWN_MS;
    pthread_mutex_lock(&b->lock);
    /* Without a limit: a handler that runs on must not meet memory that is gone. */
    while (b->live_subs > 0 || !b->closed_seen) {
        if (wait_until(b, until) || st_mono_ms() < until)
            continue;
        st_log(ST_LOG_WARN, "bus_handler_hangs", st_log_s("connection", b->name));
        until = st_mono_ms() + TEARDOWN_MS;
    }
    st_list_each(it, &b->subs)
    {
        struct bus_sub *s = st_list_entry(it, struct bus_sub, node);
        natsSubscription_Destroy(s->ns);
        s->ns = NULL;
        s->draining = false;
    }
    pthread_mutex_unlock(&b->lock);
    natsConnection_Destroy(nc);
}

static bool bring_up(struct st_bus *b, natsConnection *nc, bool again)
{
    bool any = false;
    /* Permissions are looked at anew: an old complaint does not outlive its connection. */
    pthread_mutex_lock(&b->lock);
    b->problem[0] = 0;
    pthread_mutex_unlock(&b->lock);
    if (subscribe_new(b, nc, &any) != NATS_OK ||
        natsConnection_FlushTimeout(nc, BUS_CONNECT_MS) != NATS_OK)
        return false;
    pthread_rwlock_wrlock(&b->nc_lock);
    b->nc = nc;
    pthread_rwlock_unlock(&b->nc_lock);
    if (again)
        st_counter_add(b->reconnects, 1);
    atomic_store(&b->down_since_ms, 0);
    st_gauge_set(b->up_gauge, 1);
    atomic_store(&b->up, true);
    pthread_mutex_lock(&b->lock);
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
    bus_post(b);
    return true;
}

/* Until the connection ends or the bus closes; returns true to leave. */
static bool serve(struct st_bus *b, natsConnection *nc)
{
    bool leave = false, lost = false;
    while (!leave && !lost) {
        bool any = false;
        if (subscribe_new(b, nc, &any) != NATS_OK)
            return false;
        retire(b);
        bus_js_check(b, nc);
        copy_drops(b);
        pthread_mutex_lock(&b->lock);
        if (!b->quit && !b->lost)
            wait_until(b, st_mono_ms() + CHECK_MS);
        leave = b->quit;
        lost = b->lost;
        pthread_mutex_unlock(&b->lock);
    }
    if (leave && !lost && b->close_ms > 0)
        natsConnection_FlushTimeout(nc, b->close_ms);
    return leave;
}

static void *keeper_main(void *ctx)
{
    struct st_bus *b = ctx;
    bool leave = false, again = false;
    while (!leave) {
        pthread_mutex_lock(&b->lock);
        b->lost = b->closed_seen = false;
        pthread_mutex_unlock(&b->lock);
        natsConnection *nc = connect_any(b);
        if (nc) {
            if (bring_up(b, nc, again)) {
                again = true;
                leave = serve(b, nc);
            }
            copy_drops(b);
            take_down(b, nc);
        }
        uint64_t until = st_mono_ms() + BUS_RETRY_MS + st_random_below(BUS_RETRY_JITTER_MS);
        pthread_mutex_lock(&b->lock);
        while (!b->quit && wait_until(b, until)) {
        }
        leave = b->quit;
        pthread_mutex_unlock(&b->lock);
    }
    return NULL;
}

int bus_link_start(struct st_bus *b)
{
    pthread_once(&library_once, open_library);
    if (library_status != NATS_OK)
        return ST_EIO;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&b->wake, &monotonic);
    pthread_cond_init(&b->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&b->keeper, NULL, keeper_main, b) != 0)
        return ST_EIO;
    pthread_setname_np(b->keeper, "bus-keeper");
    return 0;
}

void bus_link_quit(struct st_bus *b, uint32_t deadline_ms)
{
    pthread_mutex_lock(&b->lock);
    if (!b->quit)
        b->close_ms = deadline_ms;
    b->quit = true;
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->lock);
}

void bus_link_join(struct st_bus *b)
{
    pthread_join(b->keeper, NULL);
}
