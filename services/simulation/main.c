/* SPDX-License-Identifier: Apache-2.0 */
/*
 * startrader-simulation: opens its shard with the economy, then flies it. This file owns the
 * daemon's life: connections, the opening, the start and the end of the shard.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/daemon.h>
#include <st/err.h>
#include <st/log.h>
#include <st/rng.h>
#include <st/stat.h>
#include <st/subject.h>

#include "checkpoint.h"
#include "door.h"
#include "intake.h"
#include "opening.h"
#include "sender.h"
#include "shard.h"

enum {
    OPEN_TIMEOUT_MS = 2000,
    OPEN_AGAIN_MS = 500,
    CHECK_MS = 5000,        /* events that wait longer: is the shard still ours? */
    INTAKE_PENDING = 16384, /* batches that wait for the decoder */
};

struct simulation {
    struct st_daemon *daemon;
    struct st_bus *rt_out, *rt_in, *rpc, *js;
    struct shard *shard;
    struct sender *sender;
    struct intake *intake;
    struct door *door;
    struct opening *opening;
    struct st_timer *again, *check;
    struct world_limits limits;
    uint32_t number;
    bool open, ended;
    struct st_counter *batches, *batches_full, *batches_malformed;
};

static const struct st_conf_item settings[] = {
    {"ST_SHARD", ST_CONF_INT, "0", 0, 255, "number of the shard"},
    {"ST_STATE_DIR", ST_CONF_STRING, NULL, 1, 400, "directory of the checkpoint"},
    {"ST_NPC", ST_CONF_BOOL, "on", 0, 0, "whether raiders, patrols and drones appear"},
};

static void ask_open(void *ctx);

/* ---- opening ----------------------------------------------------------------------------------
 */

static void open_again(struct simulation *s, const char *reason)
{
    st_daemon_ready(s->daemon, "economy", false, reason);
    opening_reset(s->opening);
    st_timer_start(s->again, OPEN_AGAIN_MS, 0);
}

/* From here on the tick thread, and the threads that feed and drain it, allocate nothing. What the
 * loop thread takes for requests is small and bounded by their number. */
static void seal(void)
{
    st_alloc_cold_begin();
    st_alloc_seal();
}

/* Another process has opened the shard: what we do has no effect any more, so we go. */
static void leave(void *ctx)
{
    struct simulation *s = ctx;
    st_log(ST_LOG_ERROR, "shard_fenced", st_log_u("shard", s->number));
    shard_abandon(s->shard);
    kill(getpid(), SIGTERM);
}

static struct world *make_world(struct simulation *s)
{
    struct checkpoint c;
    struct opening_report report;
    size_t len = 0;
    uint64_t begun = st_mono_ms();
    uint8_t *file =
        checkpoint_read(st_conf_str(st_daemon_conf(s->daemon), "ST_STATE_DIR"), s->number, &len);
    bool whole = file != NULL && checkpoint_open(file, len, s->number, &c) == 0;
    if (file != NULL && !whole)
        st_log(ST_LOG_ERROR, "checkpoint_ignored", st_log_s("reason", "not whole"),
               st_log_u("bytes", len));
    struct world *w = opening_world(s->opening, shard_world_memory(s->shard), &s->limits, s->number,
                                    st_random_u64(), whole ? &c : NULL, &report);
    st_log(ST_LOG_INFO, "shard_open", st_log_u("shard", s->number),
           st_log_u("world_epoch", opening_epoch(s->opening)), st_log_u("ships", report.ships),
           st_log_u("loot", report.loot), st_log_u("refused", report.refused),
           st_log_b("checkpoint", report.restored), st_log_u("tick", world_tick(w)),
           st_log_u("ms", st_mono_ms() - begun));
    st_free(file);
    return w;
}

static void open_done(struct simulation *s)
{
    size_t len;
    const uint8_t *config = opening_config_bytes(s->opening, &len);
    struct world *w = make_world(s);
    s->open = true;
    s->sender =
        sender_start(shard_out(s->shard), s->rt_out, st_daemon_system(s->daemon), s->number);
    shard_start(s->shard, w);
    door_open(s->door, s->shard, opening_epoch(s->opening), config, len,
              world_config_hash(opening_config(s->opening)));
    st_timer_start(s->check, CHECK_MS, CHECK_MS);
    seal();
    st_daemon_ready(s->daemon, "economy", true, NULL);
    st_daemon_ready(s->daemon, "world", true, NULL);
}

static void on_page(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct simulation *s = ctx;
    if (s->open || s->ended)
        return;
    if (err != 0) {
        open_again(s, err == ST_ETIMEOUT ? "does not answer" : "away");
        return;
    }
    switch (opening_page(s->opening, data, len)) {
    case OPENING_MORE:
        ask_open(s);
        break;
    case OPENING_DONE:
        open_done(s);
        break;
    case OPENING_FENCED:
        open_again(s, "opened by another process meanwhile");
        break;
    case OPENING_BROKEN:
        st_log(ST_LOG_ERROR, "open_reply_bad", st_log_u("bytes", len));
        open_again(s, "its answer is not understood");
        break;
    default:
        open_again(s, "refuses for now");
        break;
    }
}

static void ask_open(void *ctx)
{
    struct simulation *s = ctx;
    char subject[ST_SUBJECT_MAX];
    uint8_t request[256];
    size_t len = opening_request(s->opening, s->number, st_daemon_instance(s->daemon), request,
                                 sizeof(request));
    st_subject_req_econ(subject, "open");
    st_bus_request(s->rpc, subject, request, len, OPEN_TIMEOUT_MS, on_page, s);
}

/* Events under a lower epoch are never answered. So when they wait for long, the economy is asked
 * whether it is that, or only away. */
static void on_checked(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct simulation *s = ctx;
    if (err == 0 && !s->ended && opening_check_fenced(s->opening, data, len))
        leave(s);
}

static void check(void *ctx)
{
    struct simulation *s = ctx;
    char subject[ST_SUBJECT_MAX];
    uint8_t request[256];
    if (shard_waiting_ms(s->shard) < CHECK_MS)
        return;
    size_t len = opening_check_request(s->opening, s->number, st_daemon_instance(s->daemon),
                                       request, sizeof(request));
    st_subject_req_econ(subject, "open");
    st_bus_request(s->rpc, subject, request, len, OPEN_TIMEOUT_MS, on_checked, s);
}

/* ---- edges ------------------------------------------------------------------------------------
 */

/* Runs on the bus's delivery thread. */
static void on_batch(void *ctx, struct st_bus_msg *take_msg)
{
    struct simulation *s = ctx;
    int err = intake_batch(s->intake, take_msg->data, take_msg->len, st_mono_ns());
    st_counter_add(err == 0          ? s->batches
                   : err == ST_EFULL ? s->batches_full
                                     : s->batches_malformed,
                   1);
    st_bus_msg_free(take_msg);
}

static void on_answer(void *ctx, struct ask *take_ask)
{
    struct simulation *s = ctx;
    door_on_answer(s->door, take_ask);
}

static void on_events(void *ctx)
{
    struct simulation *s = ctx;
    door_on_events(s->door);
}

static void on_ships(void *ctx, struct st_http_request *take_req)
{
    struct simulation *s = ctx;
    door_on_ships(s->door, take_req);
}

static const struct st_http_route routes[] = {{"GET", "/debug/ships", on_ships, false}};

/* ---- life -------------------------------------------------------------------------------------
 */

static int make_state_dir(const char *dir)
{
    if ((mkdir(dir, 0700) == 0 || errno == EEXIST) && access(dir, R_OK | W_OK | X_OK) == 0)
        return 0;
    st_log(ST_LOG_ERROR, "state_dir_unusable", st_log_s("path", dir),
           st_log_s("reason", strerror(errno)));
    return ST_EIO;
}

static int open_buses(struct simulation *s)
{
    struct st_daemon *d = s->daemon;
    int err = st_daemon_bus(d, ST_BUS_RT_OUT, NULL, NULL, &s->rt_out);
    if (err == 0)
        err = st_daemon_bus(d, ST_BUS_RT_IN, NULL, NULL, &s->rt_in);
    if (err == 0)
        err = st_daemon_bus(d, ST_BUS_RPC, NULL, NULL, &s->rpc);
    if (err == 0)
        err = st_daemon_bus(d, ST_BUS_JS, NULL, NULL, &s->js);
    return err;
}

static void make_parts(struct simulation *s)
{
    const struct st_conf *conf = st_daemon_conf(s->daemon);
    struct st_loop *loop = st_daemon_loop(s->daemon);
    struct shard_options options = {
        .shard = s->number,
        .system = st_daemon_system(s->daemon),
        .npcs = st_conf_bool(conf, "ST_NPC"),
        .state_dir = st_conf_str(conf, "ST_STATE_DIR"),
        .limits = s->limits,
        .loop = loop,
        .rt_out = s->rt_out,
        .rt_in = s->rt_in,
        .on_answer = on_answer,
        .on_events = on_events,
        .on_fenced = leave,
        .ctx = s,
    };
    s->shard = shard_new(&options);
    s->intake = intake_new(shard_intake(s->shard));
    s->door = door_new(&(struct door_options){.system = st_daemon_system(s->daemon),
                                              .shard_number = s->number,
                                              .ships_max = s->limits.ships,
                                              .rpc = s->rpc,
                                              .js = s->js});
    s->opening = opening_new();
    s->again = st_timer_new(loop, ask_open, s);
    s->check = st_timer_new(loop, check, s);
    s->batches = st_counter("startrader_input_batches_total", "result=\"ok\"", "Input batches");
    s->batches_full =
        st_counter("startrader_input_batches_total", "result=\"full\"", "Input batches");
    s->batches_malformed =
        st_counter("startrader_input_batches_total", "result=\"malformed\"", "Input batches");
    st_log(ST_LOG_INFO, "memory", st_log_u("shard", shard_size(&options)),
           st_log_u("world", world_size(&s->limits)), st_log_u("door", door_size(s->limits.ships)));
}

static int start(struct st_daemon *daemon, void **ctx)
{
    struct simulation *s = st_alloc(sizeof(*s));
    *ctx = s;
    s->daemon = daemon;
    s->number = (uint32_t)st_conf_int(st_daemon_conf(daemon), "ST_SHARD");
    s->limits = world_limits_default();
    if (make_state_dir(st_conf_str(st_daemon_conf(daemon), "ST_STATE_DIR")) != 0 ||
        open_buses(s) != 0)
        return 1;
    make_parts(s);
    char subject[ST_SUBJECT_MAX];
    st_subject_in(subject, st_daemon_system(daemon), s->number);
    if (st_bus_subscribe_raw(s->rt_in, subject, INTAKE_PENDING, on_batch, s) != 0 ||
        door_listen(s->door) != 0)
        return 1;
    st_daemon_ready(daemon, "economy", false, "not asked yet");
    st_daemon_ready(daemon, "world", false, "not open");
    st_timer_start(s->again, 0, 0);
    return 0;
}

static void stop(void *ctx)
{
    struct simulation *s = ctx;
    s->ended = true;
    st_alloc_unseal();
    st_timer_stop(s->again);
    st_timer_stop(s->check);
    door_close(s->door);
    shard_stop(s->shard);
    sender_stop(&s->sender);
    st_daemon_stopped(s->daemon);
}

static void fini(void *ctx)
{
    struct simulation *s = ctx;
    if (s->again != NULL) {
        st_timer_free(&s->again);
        st_timer_free(&s->check);
    }
    shard_free(&s->shard);
    opening_free(&s->opening);
    door_free(&s->door);
    intake_free(&s->intake);
    st_free(s);
}

int main(int argc, char **argv)
{
    static const struct st_daemon_spec spec = {
        .kind = "simulation",
        .about = "flies one shard of the world",
        .settings = settings,
        .settings_count = ST_ARRAY_LEN(settings),
        .routes = routes,
        .routes_count = ST_ARRAY_LEN(routes),
        .start = start,
        .stop = stop,
        .fini = fini,
    };
    return st_daemon_main(argc, argv, &spec);
}
