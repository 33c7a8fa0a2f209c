/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway: browsers on one side, the bus on the other. listen (HTTP) and door, board (its
 * routes) live on the loop with session and uplink; plane is a thread of its own with the sockets
 * (conn, client), what is said to them (view, show) and what they say (admit). It holds nothing
 * durable: any other gateway can take over every one of its clients.
 */
#include "board.h"
#include "door.h"
#include "listen.h"
#include "news.h"
#include "plane.h"
#include "session.h"
#include "uplink.h"

#include <startrader/v1/account.pb-c.h>
#include <startrader/v1/world.pb-c.h>
#include <st/alloc.h>
#include <st/assert.h>
#include <st/daemon.h>
#include <st/err.h>
#include <st/log.h>
#include <st/secret.h>
#include <st/subject.h>
#include <st/wire.h>

#include <stdio.h>
#include <string.h>

enum {
    WORLD_PENDING = 8192,
    NEWS_PENDING = 4096,
    SNAPSHOT_MS = 500,
    PULSE_MS = 250,
    WORLD_SILENT_MS = 3000,
    NOTICE_MAX = 1024,
};

struct gateway {
    struct st_daemon *daemon;
    struct st_loop *loop;
    struct st_bus *rpc, *rt_in, *rt_out;
    struct plane *plane;
    struct caller *caller;
    struct sessions *sessions;
    struct uplink *uplink;
    struct door *door;
    struct board *board;
    struct news *news;
    struct listen *listen;
    struct st_timer *pulse;
    uint32_t shard;
    char in[ST_SUBJECT_MAX];
    struct st_arena arena;
};

static const struct st_conf_item settings[] = {
    {"ST_LISTEN", ST_CONF_STRING, "0.0.0.0:8080", 0, 0, "public address:port"},
    {"ST_WEB_ROOT", ST_CONF_STRING, "", 0, 0, "folder of the web client; empty: none is served"},
    {"ST_ALLOWED_ORIGINS", ST_CONF_STRING, NULL, 1, 4096,
     "origins that may open sockets, exact, comma between; \"absent\": also without an Origin"},
    {"ST_TICKET_PUBLIC_KEYS", ST_CONF_STRING, NULL, 1, 256, "kid:64hex[,kid:64hex]"},
    {"ST_OPERATOR_TOKEN", ST_CONF_SECRET, NULL, 16, 256, "bearer token of the internal routes"},
    {"ST_TRUSTED_PROXIES", ST_CONF_STRING, "", 0, 1024,
     "networks whose X-Forwarded-For counts, a.b.c.d/n, comma between"},
    {"ST_MAX_CONNECTIONS", ST_CONF_INT, "10000", 1, 200000, "sockets open at once"},
    {"ST_MAX_CONNECTIONS_PER_ADDRESS", ST_CONF_INT, "32", 0, 200000,
     "sockets of one client address (IPv6: of one /64); 0: no limit"},
    {"ST_SHARDS", ST_CONF_INT, "0", 0, 63, "shard whose world is served"},
    {"ST_INPUTS_PER_S", ST_CONF_INT, "25", 1, 1000, "inputs of one client per second"},
    {"ST_INPUTS_BURST", ST_CONF_INT, "50", 1, 1000, "inputs of one client at once"},
    {"ST_MESSAGES_PER_S", ST_CONF_INT, "60", 1, 1000, "messages of one client per second"},
    {"ST_MESSAGES_BURST", ST_CONF_INT, "120", 1, 1000, "messages of one client at once"},
    {"ST_HELLO_MS", ST_CONF_INT, "5000", 100, 60000, "for the first message of a socket, ms"},
    {"ST_PING_MS", ST_CONF_INT, "10000", 100, 600000, "silence before a ping, ms"},
    {"ST_IDLE_MS", ST_CONF_INT, "20000", 200, 600000, "silence before the end, ms"},
    {"ST_CLIENT_BYTES_PER_S", ST_CONF_INT, "32768", 1024, 10000000,
     "of the world to one client, before far cells come less often"},
    {"ST_LOAD_PERCENT", ST_CONF_INT, "75", 1, 100,
     "of its time that the data plane may be busy before frames come slower"},
    {"ST_IO_URING", ST_CONF_BOOL, "on", 0, 0, "frames leave by io_uring where the kernel has it"},
    {"ST_STALL_MS", ST_CONF_INT, "15000", 100, 600000, "an unfinished frame before the end, ms"},
};

/* --- from the data plane --- */

static void on_snapshot(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct gateway *g = ctx;
    plane_order(g->plane, plane_order_new(ORDER_SNAPSHOT, 0, data, err == ST_OK ? len : 0));
}

static void ask_snapshot(struct gateway *g, const struct loop_note *n)
{
    Startrader__V1__SnapshotRequest r = STARTRADER__V1__SNAPSHOT_REQUEST__INIT;
    uint8_t memory[GATEWAY_WANTED_MAX * 5 + 128];
    uint32_t cells[GATEWAY_WANTED_MAX];
    char subject[ST_SUBJECT_MAX];
    struct st_buf b;
    st_assert(n->len <= sizeof cells);
    if (n->len > 0)
        memcpy(cells, n->data, n->len);
    r.n_cell = n->len / sizeof cells[0];
    r.cell = cells;
    r.gateway = (char *)(uintptr_t)st_daemon_instance(g->daemon);
    st_buf_init_fixed(&b, memory, sizeof memory);
    st_wire_pack(&r.base, &b);
    st_assert(!b.overflow);
    st_subject_req_shard(subject, st_daemon_system(g->daemon), g->shard, "snapshot");
    st_bus_request(g->rpc, subject, b.data, b.len, SNAPSHOT_MS, on_snapshot, g);
}

static void on_note(void *ctx, struct loop_note *n)
{
    struct gateway *g = ctx;
    switch (n->kind) {
    case NOTE_REQUEST:
        uplink_note(g->uplink, n);
        break;
    case NOTE_CONFIG:
        board_revision(g->board, n->revision);
        break;
    case NOTE_DENSITY:
        board_density(g->board, n->data, n->len);
        break;
    case NOTE_WANTED:
        ask_snapshot(g, n);
        break;
    case NOTE_DRAINED:
        st_daemon_stopped(g->daemon);
        break;
    default:
        sessions_note(g->sessions, n);
        break;
    }
}

static void on_socket_closed(void *ctx, const char *address)
{
    struct gateway *g = ctx;
    listen_socket_closed(g->listen, address);
}

/* --- from the bus --- */

static void on_session_notice(void *ctx, struct st_bus_msg *msg)
{
    struct gateway *g = ctx;
    const Startrader__V1__SessionNotice *n;
    st_arena_reset(&g->arena);
    n = st_wire_unpack(&startrader__v1__session_notice__descriptor, msg->data, msg->len, NOTICE_MAX,
                       &g->arena);
    if (n)
        sessions_notice(g->sessions, n->player, n->session_epoch, n->reason);
    st_bus_msg_free(msg);
}

static void on_kill(void *ctx, struct st_bus_msg *msg)
{
    news_kill(((struct gateway *)ctx)->news, msg->data, msg->len);
    st_bus_msg_free(msg);
}

static void on_trade(void *ctx, struct st_bus_msg *msg)
{
    news_trade(((struct gateway *)ctx)->news, msg->data, msg->len);
    st_bus_msg_free(msg);
}

static void on_chat(void *ctx, struct st_bus_msg *msg)
{
    news_chat(((struct gateway *)ctx)->news, msg->data, msg->len);
    st_bus_msg_free(msg);
}

static int subscribe(struct gateway *g)
{
    char world[ST_SUBJECT_MAX], own[ST_SUBJECT_MAX], kills[ST_SUBJECT_MAX], chat[ST_SUBJECT_MAX];
    const char *system = st_daemon_system(g->daemon);
    int err;
    st_subject_world(world, system, g->shard, "*");
    st_subject_own(own, system, st_daemon_instance(g->daemon));
    st_subject_event(kills, system, g->shard, "destroyed");
    st_subject_chat(chat, system, ST_CHAT_ALL);
    err = st_bus_subscribe_raw(g->rt_in, world, WORLD_PENDING, plane_bus_message, g->plane);
    if (err == ST_OK)
        err = st_bus_subscribe_raw(g->rt_in, own, WORLD_PENDING, plane_bus_message, g->plane);
    if (err == ST_OK)
        err = st_bus_subscribe(g->rpc, ST_SESSIONS_ALL, NULL, NEWS_PENDING, on_session_notice, g);
    if (err == ST_OK)
        err = st_bus_subscribe(g->rpc, kills, NULL, NEWS_PENDING, on_kill, g);
    if (err == ST_OK)
        err = st_bus_subscribe(g->rpc, ST_TRADES_ALL, NULL, NEWS_PENDING, on_trade, g);
    if (err == ST_OK)
        err = st_bus_subscribe(g->rpc, chat, NULL, NEWS_PENDING, on_chat, g);
    return err;
}

static void on_flags(void *ctx, uint32_t flags)
{
    struct gateway *g = ctx;
    struct plane_order *o = plane_order_new(ORDER_STATUS, 0, NULL, 0);
    o->flags = flags;
    plane_order(g->plane, o);
}

static void on_pulse(void *ctx)
{
    struct gateway *g = ctx;
    struct plane_pulse p;
    plane_pulse(g->plane, &p);
    st_daemon_ready(g->daemon, "world", p.age_ms < WORLD_SILENT_MS,
                    p.age_ms == UINT64_MAX ? "the simulation was not heard yet"
                                           : "the world stands still");
}

/* --- life --- */

static int open_buses(struct gateway *g)
{
    int err = st_daemon_bus(g->daemon, ST_BUS_RPC, NULL, NULL, &g->rpc);
    if (err == ST_OK)
        err = st_daemon_bus(g->daemon, ST_BUS_RT_OUT, NULL, NULL, &g->rt_out);
    if (err == ST_OK)
        err = st_daemon_bus(g->daemon, ST_BUS_RT_IN, NULL, NULL, &g->rt_in);
    return err;
}

static void make_plane(struct gateway *g, const struct st_conf *conf)
{
    struct plane_options o = {
        .loop = g->loop,
        .instance = st_daemon_instance(g->daemon),
        .in = g->in,
        .rt_out = g->rt_out,
        .shard = g->shard,
        .connections_max = (uint32_t)st_conf_int(conf, "ST_MAX_CONNECTIONS"),
        .inputs_per_s = (uint32_t)st_conf_int(conf, "ST_INPUTS_PER_S"),
        .inputs_burst = (uint32_t)st_conf_int(conf, "ST_INPUTS_BURST"),
        .messages_per_s = (uint32_t)st_conf_int(conf, "ST_MESSAGES_PER_S"),
        .messages_burst = (uint32_t)st_conf_int(conf, "ST_MESSAGES_BURST"),
        .hello_ms = (uint32_t)st_conf_int(conf, "ST_HELLO_MS"),
        .ping_ms = (uint32_t)st_conf_int(conf, "ST_PING_MS"),
        .idle_ms = (uint32_t)st_conf_int(conf, "ST_IDLE_MS"),
        .stall_ms = (uint32_t)st_conf_int(conf, "ST_STALL_MS"),
        .load_max_pm = (uint32_t)st_conf_int(conf, "ST_LOAD_PERCENT") * 10,
        .client_bytes_per_s = (uint32_t)st_conf_int(conf, "ST_CLIENT_BYTES_PER_S"),
        .send_plain = !st_conf_bool(conf, "ST_IO_URING"),
        .on_note = on_note,
        .on_socket_closed = on_socket_closed,
        .ctx = g,
    };
    st_subject_in(g->in, st_daemon_system(g->daemon), g->shard);
    g->plane = plane_new(&o);
}

static int make_sessions(struct gateway *g, const struct st_conf *conf)
{
    struct sessions_options o = {
        .loop = g->loop,
        .caller = g->caller,
        .plane = g->plane,
        .system = st_daemon_system(g->daemon),
        .instance = st_daemon_instance(g->daemon),
        .shard = g->shard,
        .sessions_max = (uint32_t)st_conf_int(conf, "ST_MAX_CONNECTIONS"),
    };
    int err = st_ticket_keys_parse(&o.keys, st_conf_str(conf, "ST_TICKET_PUBLIC_KEYS"));
    if (err != ST_OK) {
        st_log(ST_LOG_ERROR, "bad_setting", st_log_s("name", "ST_TICKET_PUBLIC_KEYS"));
        return err;
    }
    g->sessions = sessions_new(&o);
    return ST_OK;
}

static int start(struct st_daemon *d, void **ctx)
{
    struct gateway *g = st_alloc(sizeof *g);
    const struct st_conf *conf = st_daemon_conf(d);
    size_t arena = st_wire_arena_size(NOTICE_MAX);
    int err = st_secret_init();
    *ctx = g;
    g->daemon = d;
    g->loop = st_daemon_loop(d);
    g->shard = (uint32_t)st_conf_int(conf, "ST_SHARDS");
    st_arena_init(&g->arena, st_alloc(arena), arena);
    st_daemon_ready(d, "world", false, "the simulation was not heard yet");
    if (err == ST_OK)
        err = open_buses(g);
    if (err != ST_OK)
        return err;
    make_plane(g, conf);
    g->caller = caller_new(g->loop, g->rpc, on_flags, g);
    err = make_sessions(g, conf);
    if (err != ST_OK)
        return err;
    g->uplink = uplink_new(g->caller, g->sessions, g->plane);
    g->door = door_new(g->caller, st_conf_str(conf, "ST_OPERATOR_TOKEN"));
    g->board = board_new(g->loop, g->caller, g->plane, st_daemon_system(d), g->shard,
                         st_daemon_instance(d));
    g->news = news_new(g->plane, g->board);
    err = listen_start(&g->listen, g->loop, conf, g->door, g->board, g->plane);
    if (err == ST_OK)
        err = subscribe(g);
    if (err != ST_OK)
        return err;
    plane_start(g->plane);
    g->pulse = st_timer_new(g->loop, on_pulse, g);
    st_timer_start(g->pulse, PULSE_MS, PULSE_MS);
    st_log(ST_LOG_INFO, "listening", st_log_s("listener", "public"),
           st_log_s("address", st_conf_str(conf, "ST_LISTEN")),
           st_log_i("port", listen_port(g->listen)));
    return ST_OK;
}

/* Clients are sent away first; the data plane reports when the last has gone. */
static void stop(void *ctx)
{
    struct gateway *g = ctx;
    listen_quiesce(g->listen);
    plane_order(g->plane, plane_order_new(ORDER_DRAIN, 0, NULL, 0));
}

static void fini(void *ctx)
{
    struct gateway *g = ctx;
    if (g->pulse)
        st_timer_free(&g->pulse);
    plane_free(&g->plane);
    listen_stop(&g->listen);
    news_free(&g->news);
    board_free(&g->board);
    door_free(&g->door);
    uplink_free(&g->uplink);
    sessions_free(&g->sessions);
    caller_free(&g->caller);
    st_free(g->arena.mem);
    st_free(g);
}

static bool check(const struct st_conf *conf, FILE *errors)
{
    struct st_ticket_keys keys;
    struct st_networks networks;
    bool ok = true;
    if (st_ticket_keys_parse(&keys, st_conf_str(conf, "ST_TICKET_PUBLIC_KEYS")) != ST_OK) {
        fprintf(errors, "ST_TICKET_PUBLIC_KEYS: must be kid:64hex[,kid:64hex]\n");
        ok = false;
    }
    if (st_conf_int(conf, "ST_PING_MS") >= st_conf_int(conf, "ST_IDLE_MS")) {
        fprintf(errors, "ST_PING_MS: must be below ST_IDLE_MS\n");
        ok = false;
    }
    if (st_networks_parse(&networks, st_conf_str(conf, "ST_TRUSTED_PROXIES")) != ST_OK) {
        fprintf(errors, "ST_TRUSTED_PROXIES: must be networks such as 10.0.0.0/8\n");
        ok = false;
    }
    return ok;
}

/* ctx of the internal routes is the daemon's. */
static void on_hydrate(void *ctx, struct st_http_request *req)
{
    door_hydrate(((struct gateway *)ctx)->door, req);
}

static const struct st_http_route internal[] = {
    {"POST", "/internal/login/hydrate/*", on_hydrate, false},
};

int main(int argc, char **argv)
{
    static const struct st_daemon_spec spec = {
        .kind = "gateway",
        .about = "serves browsers: HTTP, sockets, the web client",
        .settings = settings,
        .settings_count = ST_ARRAY_LEN(settings),
        .routes = internal,
        .routes_count = ST_ARRAY_LEN(internal),
        .start = start,
        .stop = stop,
        .fini = fini,
        .check = check,
    };
    return st_daemon_main(argc, argv, &spec);
}
