/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <string.h>

#include <st/alloc.h>
#include <st/err.h>
#include <st/log.h>

static const struct st_conf_item settings[] = {
    {"ST_POSTGRES_URL", ST_CONF_SECRET, NULL, 1, 1024, "postgresql://st_economy:...@host/db"},
    {"ST_BATCH_MAX", ST_CONF_INT, "64", 1, ECONOMY_BATCH_MAX, "requests of one transaction"},
    {"ST_STORE_WORKERS", ST_CONF_INT, "1", 1, 8, "connections that write; each batches by itself"},
};

static void *start_store(struct service *s, const char *name)
{
    return store_new(st_conf_str(st_daemon_conf(s->daemon), "ST_POSTGRES_URL"), name, &s->catalog);
}

static void *start_writer(void *ctx, uint32_t index)
{
    (void)index;
    return start_store(ctx, "economy-writer");
}

static void *start_leader(void *ctx, uint32_t index)
{
    (void)index;
    return start_store(ctx, "economy-leader");
}

static void *start_looker(void *ctx, uint32_t index)
{
    (void)index;
    return start_store(ctx, "economy-looker");
}

static void *start_reader(void *ctx, uint32_t index)
{
    (void)index;
    return start_store(ctx, "economy-reader");
}

static void stop_store(void *thread_ctx)
{
    struct store *s = thread_ctx;
    store_free(&s);
}

void service_database(struct service *s, int err)
{
    if (err == 0 && s->world_known)
        st_daemon_ready(s->daemon, "postgres", true, "");
    else if (err == ST_EUNAVAILABLE || err == ST_ETIMEOUT)
        st_daemon_ready(s->daemon, "postgres", false, st_err_name(err));
}

static void start_threads(struct service *s)
{
    enum { QUEUE = 16 };
    s->writers_n = (uint32_t)st_conf_int(st_daemon_conf(s->daemon), "ST_STORE_WORKERS");
    s->batch_max = (uint32_t)st_conf_int(st_daemon_conf(s->daemon), "ST_BATCH_MAX");
    s->writers =
        st_workers_new(s->loop, "writer", s->writers_n, QUEUE, start_writer, stop_store, s);
    s->looking = st_workers_new(s->loop, "looker", 1, QUEUE, start_looker, stop_store, s);
    s->leading = st_workers_new(s->loop, "leader", 1, QUEUE, start_leader, stop_store, s);
    s->reading = st_workers_new(s->loop, "reader", 1, QUEUE, start_reader, stop_store, s);
}

static int start(struct st_daemon *d, void **ctx)
{
    struct service *s = st_alloc(sizeof *s);
    *ctx = s;
    s->daemon = d;
    s->loop = st_daemon_loop(d);
    strncpy(s->catalog.system, st_daemon_system(d), sizeof s->catalog.system - 1);
    st_daemon_ready(d, "postgres", false, "not asked yet");
    int err = st_daemon_bus(d, ST_BUS_RPC, NULL, NULL, &s->rpc);
    if (err == 0)
        err = st_daemon_bus(d, ST_BUS_JS, NULL, NULL, &s->js);
    if (err != 0) {
        st_log(ST_LOG_ERROR, "bus_settings", st_log_s("error", st_err_name(err)));
        return err;
    }
    start_threads(s);
    s->watch = watch_new(s);
    s->leader = leader_new(s);
    s->door = door_new(s);
    return door_subscribe(s->door);
}

/* Batches under way are finished and answered, then the daemon ends. */
static void on_stopping(void *ctx)
{
    struct service *s = ctx;
    if (!door_idle(s->door) || !leader_idle(s->leader) || !watch_idle(s->watch))
        return;
    st_timer_stop(s->stopping);
    st_daemon_stopped(s->daemon);
}

static void stop(void *ctx)
{
    struct service *s = ctx;
    door_close(s->door);
    leader_close(s->leader);
    watch_close(s->watch);
    s->stopping = st_timer_new(s->loop, on_stopping, s);
    st_timer_start(s->stopping, 0, 10);
}

static void fini(void *ctx)
{
    enum { JOIN_MS = 3000 };
    struct service *s = ctx;
    if (s->stopping)
        st_timer_free(&s->stopping);
    st_workers_free(&s->writers, JOIN_MS);
    st_workers_free(&s->looking, JOIN_MS);
    st_workers_free(&s->leading, JOIN_MS);
    st_workers_free(&s->reading, JOIN_MS);
    door_free(&s->door);
    leader_free(&s->leader);
    watch_free(&s->watch);
    st_free(s);
}

int main(int argc, char **argv)
{
    static const struct st_daemon_spec spec = {
        .kind = "economy",
        .about = "what players have: credits, cargo, ships' holders, markets, the ledger",
        .settings = settings,
        .settings_count = ST_ARRAY_LEN(settings),
        .start = start,
        .stop = stop,
        .fini = fini,
    };
    return st_daemon_main(argc, argv, &spec);
}
