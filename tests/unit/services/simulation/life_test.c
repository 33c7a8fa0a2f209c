/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real program on a real bus. The test is its economy (opens the shard, sends batons, reads
 * hard events) and its gateway (binds, sends inputs, reads what is published).
 */
#include "suite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nats_fixture.h>
#include <sol1_fixture.h>
#include <st/bus.h>
#include <st/clock.h>
#include <st/loop.h>
#include <startrader/v1/event.pb-c.h>
#include <startrader/v1/sector.pb-c.h>
#include <startrader/v1/world.pb-c.h>
#include <world/world.h>

enum { WAIT_MS = 20000, PLAYER = 1001, SHIP = 77, SID = 5 };

static struct {
    struct nats_fixture server;
    struct st_loop *loop;
    struct st_timer *guard, *look, *heart;
    struct st_bus *rpc, *js, *rt;
    char state_dir[32];
    pid_t pid;
    /* as the economy */
    uint32_t epoch;
    uint32_t epoch_wanted; /* by how often the program was started */
    bool holds;            /* the shard holds the ship */
    uint64_t version;      /* of its row */
    uint32_t location, openings;
    uint64_t baton_id;
    uint32_t docked, docked_before; /* publications of `docked` */
    uint64_t docked_id;
    uint32_t docked_epoch;
    /* as the gateway */
    uint32_t tick, tick_epoch, seq, deltas, snapshots, fenced;
    uint32_t phase, ack_seq, action;
    int32_t x, y;
    bool bound, in_space;
    uint32_t bind_phase, bind_code, bind_seq;
} t;

/* ---- running ----------------------------------------------------------------------------------
 */

static bool (*condition)(void);
static const char *waiting_for;

static void on_guard(void *ctx)
{
    (void)ctx;
    ck_abort_msg("in vain: %s (tick %u, phase %u, action %u, docked %u)", waiting_for, t.tick,
                 t.phase, t.action, t.docked);
}

static void on_look(void *ctx)
{
    (void)ctx;
    if (condition())
        st_loop_stop(t.loop);
}

#define RUN_UNTIL(met) run_until(met, #met)
static void run_until(bool (*met)(void), const char *name)
{
    condition = met;
    waiting_for = name;
    st_timer_start(t.guard, WAIT_MS, 0);
    st_timer_start(t.look, 0, 2);
    st_loop_run(t.loop);
    st_timer_stop(t.guard);
    st_timer_stop(t.look);
}

static void start_program(void)
{
    pid_t parent = getpid();
    t.epoch_wanted++;
    t.pid = fork();
    ck_assert_int_ge(t.pid, 0);
    if (t.pid != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    setenv("ST_NATS_URL", t.server.url, 1);
    setenv("ST_NATS_PASSWORD", "secret", 1);
    setenv("ST_STATE_DIR", t.state_dir, 1);
    setenv("ST_NPC", "off", 1);
    setenv("ST_LOG_LEVEL", "warn", 1);
    execl(PROGRAM, PROGRAM, (char *)NULL);
    _exit(127);
}

static pid_t leaver;
static int leaver_status;
static bool leaver_gone(void)
{
    return waitpid(leaver, &leaver_status, WNOHANG) == leaver;
}

static int end_program(int signal_number)
{
    int status;
    uint64_t begun = st_mono_ms();
    ck_assert_int_eq(kill(t.pid, signal_number), 0);
    ck_assert_int_eq(waitpid(t.pid, &status, 0), t.pid);
    ck_assert_uint_lt(st_mono_ms() - begun, 5000);
    return status;
}

/* ---- the economy --------------------------------------------------------------------------------
 */

static Startrader__V1__ShipState ship_state;
static Startrader__V1__Position parking;

static void fill_state(void)
{
    ship_state = (Startrader__V1__ShipState)STARTRADER__V1__SHIP_STATE__INIT;
    parking = (Startrader__V1__Position)STARTRADER__V1__POSITION__INIT;
    ship_state.ship = SHIP;
    ship_state.version = t.version;
    ship_state.player = PLAYER;
    ship_state.class_id = SOL1_SHUTTLE;
    parking.x = sol1_k(0); /* within the dock radius of Terra High */
    parking.y = sol1_k(13100);
    ship_state.position = &parking;
}

static void on_open(void *ctx, struct st_bus_msg *msg)
{
    static uint8_t config[CONFIG_BYTES_MAX], out[CONFIG_BYTES_MAX + 1024];
    static struct world_config c;
    Startrader__V1__OpenReply m = STARTRADER__V1__OPEN_REPLY__INIT;
    Startrader__V1__ShipState *ships[] = {&ship_state};
    (void)ctx;
    Startrader__V1__OpenRequest *q =
        startrader__v1__open_request__unpack(NULL, msg->len, msg->data);
    ck_assert_ptr_nonnull(q);
    ck_assert_uint_eq(q->shard, 0);
    if (q->page == 0) {
        t.epoch++;
        t.openings++;
    }
    sol1_config(&c);
    m.code = STARTRADER__V1__CODE__CODE_OK;
    m.world_epoch = t.epoch;
    m.page = q->page;
    m.config.data = config;
    m.config.len = q->page == 0 ? world_config_encode(&c, config, sizeof(config)) : 0;
    m.last = q->page == 1; /* two pages, the ship is on the second */
    fill_state();
    if (q->page == UINT32_MAX) {
        m.last = true;
        if (q->world_epoch != t.epoch)
            m.code = STARTRADER__V1__CODE__CODE_CONFLICT;
    }
    m.n_ship = q->page == 1 && t.holds ? 1 : 0;
    m.ship = ships;
    size_t len = startrader__v1__open_reply__pack(&m, out);
    ck_assert_int_eq(st_bus_reply(t.rpc, msg, out, len), 0);
    startrader__v1__open_request__free_unpacked(q, NULL);
    st_bus_msg_free(msg);
}

static void on_event(void *ctx, struct st_bus_msg *msg)
{
    (void)ctx;
    Startrader__V1__WorldEvent *e = startrader__v1__world_event__unpack(NULL, msg->len, msg->data);
    ck_assert_ptr_nonnull(e);
    if (e->event_case == STARTRADER__V1__WORLD_EVENT__EVENT_DOCKED &&
        e->docked->version == t.version) {
        t.docked++;
        t.docked_id = e->event_id;
        t.docked_epoch = e->world_epoch;
        ck_assert_uint_eq(e->docked->ship, SHIP);
        ck_assert_uint_eq(e->docked->location, SOL1_TER);
        ck_assert_uint_eq(e->docked->player, PLAYER);
    }
    startrader__v1__world_event__free_unpacked(e, NULL);
    st_bus_msg_free(msg);
}

static void on_stored(void *ctx, int err)
{
    (void)ctx;
    ck_assert_int_eq(err, 0);
}

static void send_baton(Startrader__V1__BatonKind kind, uint64_t event)
{
    Startrader__V1__Baton m = STARTRADER__V1__BATON__INIT;
    uint8_t out[512];
    char id[32];
    fill_state();
    m.id = ++t.baton_id;
    m.world_epoch = t.epoch;
    m.kind = kind;
    m.event_id = event;
    m.ship = SHIP;
    m.version = t.version;
    m.player = PLAYER;
    m.location = t.location;
    m.state = kind == STARTRADER__V1__BATON_KIND__BATON_KIND_TAKEN ? NULL : &ship_state;
    size_t len = startrader__v1__baton__pack(&m, out);
    snprintf(id, sizeof(id), "b%llu", (unsigned long long)m.id);
    st_bus_js_publish(t.js, "baton.sol-1.s0", id, out, len, on_stored, NULL);
}

static void undock(void)
{
    t.holds = true;
    t.version++;
    t.location = SOL1_TER;
    send_baton(STARTRADER__V1__BATON_KIND__BATON_KIND_APPEAR, 0);
}

static void take(void)
{
    t.holds = false;
    t.version++;
    t.location = SOL1_TER;
    send_baton(STARTRADER__V1__BATON_KIND__BATON_KIND_TAKEN, t.docked_id);
}

/* ---- the gateway
 * --------------------------------------------------------------------------------- */

static void on_tick(void *ctx, struct st_bus_msg *msg)
{
    (void)ctx;
    Startrader__V1__TickMarker *m = startrader__v1__tick_marker__unpack(NULL, msg->len, msg->data);
    ck_assert_ptr_nonnull(m);
    if (m->world_epoch == t.tick_epoch)
        ck_assert_uint_gt(m->tick, t.tick);
    if (m->world_epoch >= t.tick_epoch) { /* as a gateway, we follow the highest */
        t.tick = m->tick;
        t.tick_epoch = m->world_epoch;
    }
    startrader__v1__tick_marker__free_unpacked(m, NULL);
    st_bus_msg_free(msg);
}

static void on_bundle(void *ctx, struct st_bus_msg *msg)
{
    uint32_t *count = ctx;
    Startrader__V1__WorldBundle *m =
        startrader__v1__world_bundle__unpack(NULL, msg->len, msg->data);
    ck_assert_ptr_nonnull(m);
    *count += (uint32_t)m->n_cell;
    startrader__v1__world_bundle__free_unpacked(m, NULL);
    st_bus_msg_free(msg);
}

static void on_own(void *ctx, struct st_bus_msg *msg)
{
    (void)ctx;
    Startrader__V1__OwnBundle *m = startrader__v1__own_bundle__unpack(NULL, msg->len, msg->data);
    ck_assert_ptr_nonnull(m);
    t.fenced += (uint32_t)m->n_fenced;
    for (size_t i = 0; i < m->n_sid; i++) {
        Startrader__V1__ServerFrame *f =
            startrader__v1__server_frame__unpack(NULL, m->len[i], m->blob.data + m->off[i]);
        ck_assert_ptr_nonnull(f);
        t.phase = f->own->phase;
        for (size_t k = 0; k < f->n_private_; k++)
            if (f->private_[k]->event_case == STARTRADER__V1__PRIVATE_EVENT__EVENT_ACTION)
                t.action = f->private_[k]->action->result;
        t.ack_seq = f->own->ack_seq;
        t.x = f->own->x;
        t.y = f->own->y;
        startrader__v1__server_frame__free_unpacked(f, NULL);
    }
    startrader__v1__own_bundle__free_unpacked(m, NULL);
    st_bus_msg_free(msg);
}

static void on_bound(void *ctx, int err, const uint8_t *data, size_t len)
{
    (void)ctx;
    ck_assert_int_eq(err, 0);
    Startrader__V1__BindReply *m = startrader__v1__bind_reply__unpack(NULL, len, data);
    ck_assert_ptr_nonnull(m);
    t.bound = true;
    t.bind_code = m->code;
    t.in_space = m->in_space;
    t.bind_phase = m->phase;
    t.bind_seq = m->last_seq;
    startrader__v1__bind_reply__free_unpacked(m, NULL);
}

static bool is_bound(void)
{
    return t.bound;
}

static void bind_as(char *gateway, uint64_t session_epoch, Startrader__V1__Phase rest)
{
    Startrader__V1__BindRequest m = STARTRADER__V1__BIND_REQUEST__INIT;
    uint8_t out[256];
    m.player = PLAYER;
    m.session_epoch = session_epoch;
    m.sid = SID;
    m.gateway = gateway;
    m.rest_phase = rest;
    m.rest_location = rest == STARTRADER__V1__PHASE__PHASE_DOCKED ? SOL1_TER : 0;
    t.bound = false;
    size_t len = startrader__v1__bind_request__pack(&m, out);
    st_bus_request(t.rpc, "req.sol-1.s0.bind", out, len, 2000, on_bound, NULL);
    RUN_UNTIL(is_bound);
}

static void send_batch(Startrader__V1__InputBatch *m)
{
    uint8_t out[256];
    char name[] = "gateway-1";
    m->gateway = name;
    m->boot_id = 99;
    size_t len = startrader__v1__input_batch__pack(m, out);
    ck_assert_int_eq(st_bus_publish(t.rt, "in.sol-1.s0", out, len), 0);
}

static void send_input(uint32_t thrust, bool dock)
{
    Startrader__V1__DockAction act = STARTRADER__V1__DOCK_ACTION__INIT;
    Startrader__V1__Action action = STARTRADER__V1__ACTION__INIT, *actions[] = {&action};
    Startrader__V1__Input input = STARTRADER__V1__INPUT__INIT, *inputs[] = {&input};
    Startrader__V1__InputBatch m = STARTRADER__V1__INPUT_BATCH__INIT;
    uint32_t sid[] = {SID};
    input.seq = ++t.seq;
    input.thrust = thrust;
    input.target_heading = 1024;
    action.request_id = t.seq;
    action.act_case = STARTRADER__V1__ACTION__ACT_DOCK;
    action.dock = &act;
    input.n_action = dock ? 1 : 0;
    input.action = actions;
    m.n_sid = m.n_input = 1;
    m.sid = sid;
    m.input = inputs;
    send_batch(&m);
}

/* As a gateway does each second; without it its sessions would be linkdead. */
static void beat(void *ctx)
{
    Startrader__V1__InputBatch m = STARTRADER__V1__INPUT_BATCH__INIT;
    (void)ctx;
    send_batch(&m);
}

/* ---- conditions
 * ---------------------------------------------------------------------------------- */

static bool buses_up(void)
{
    return st_bus_up(t.rpc) && st_bus_up(t.js) && st_bus_up(t.rt);
}
#define IN_PHASE(name, wanted)                                                                     \
    static bool name(void)                                                                         \
    {                                                                                              \
        return t.phase == STARTRADER__V1__PHASE__PHASE_##wanted;                                   \
    }
IN_PHASE(flies, FLYING)
IN_PHASE(rests, DOCKED)
IN_PHASE(docks, DOCKING)
static bool acknowledged(void)
{
    return t.ack_seq == t.seq;
}
static uint32_t until_tick;
static bool tick_reached(void)
{
    return t.tick >= until_tick;
}
static bool docked_told(void)
{
    return t.docked > t.docked_before && t.docked_epoch == t.epoch;
}
static bool opened(void)
{
    return t.openings == t.epoch_wanted && t.tick_epoch == t.epoch_wanted;
}
static bool fenced(void)
{
    return t.fenced > 0;
}

static void wait_ticks(uint32_t n)
{
    until_tick = t.tick + n;
    RUN_UNTIL(tick_reached);
}

/* ---- the life
 * ------------------------------------------------------------------------------------ */

static struct st_bus *open_bus(const char *user, enum st_bus_role role)
{
    struct st_bus *b;
    struct st_bus_options o = {.url = t.server.url,
                               .user = user,
                               .password = "secret",
                               .instance = "life-test",
                               .role = role};
    ck_assert_int_eq(st_bus_open(&b, t.loop, &o), 0);
    return b;
}

static void subscribe(const char *subject, st_bus_msg_fn *fn, void *ctx)
{
    ck_assert_int_eq(st_bus_subscribe(t.rpc, subject, NULL, 4096, fn, ctx), 0);
}

/* The fixture's own permissions are for other subjects and small messages. */
static void start_server(void)
{
    char path[96];
    nats_fixture_start(&t.server);
    nats_fixture_kill(&t.server);
    snprintf(path, sizeof(path), "%s/conf", t.server.dir);
    FILE *f = fopen(path, "we");
    ck_assert_ptr_nonnull(f);
    fputs("jetstream: { max_memory_store: 16MB, max_file_store: 4GB }\nmax_payload: 1MB\n"
          "authorization { users: [ { user: simulation, password: secret },\n"
          "  { user: economy, password: secret } ] }\n",
          f);
    ck_assert_int_eq(fclose(f), 0);
    nats_fixture_again(&t.server);
}

static void setup(void)
{
    char error[256] = "";
    memset(&t, 0, sizeof(t));
    start_server();
    snprintf(t.state_dir, sizeof(t.state_dir), "/tmp/life-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(t.state_dir));
    t.loop = st_loop_new();
    t.guard = st_timer_new(t.loop, on_guard, NULL);
    t.look = st_timer_new(t.loop, on_look, NULL);
    t.rpc = open_bus("economy", ST_BUS_RPC);
    t.js = open_bus("economy", ST_BUS_JS);
    t.rt = open_bus("economy", ST_BUS_RT_OUT);
    RUN_UNTIL(buses_up);
    ck_assert_msg(st_bus_js_migrate(t.js, "sol-1", 1, error, sizeof(error)) == 0, "%s", error);
    subscribe("req.econ.open", on_open, NULL);
    subscribe("ev.sol-1.>", on_event, NULL);
    subscribe("world.sol-1.s0.tick", on_tick, NULL);
    subscribe("world.sol-1.s0.delta", on_bundle, &t.deltas);
    subscribe("world.sol-1.s0.snapshot", on_bundle, &t.snapshots);
    subscribe("own.sol-1.gateway-1", on_own, NULL);
    subscribe("own.sol-1.gateway-2", on_own, NULL);
    t.heart = st_timer_new(t.loop, beat, NULL);
    st_timer_start(t.heart, 0, 1000);
    start_program();
    RUN_UNTIL(opened);
}

static void teardown(void)
{
    char path[64];
    int status = end_program(SIGTERM);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    st_timer_free(&t.heart);
    st_bus_close(&t.rt, 100);
    st_bus_close(&t.js, 100);
    st_bus_close(&t.rpc, 100);
    st_timer_free(&t.guard);
    st_timer_free(&t.look);
    st_loop_free(&t.loop);
    nats_fixture_stop(&t.server);
    snprintf(path, sizeof(path), "%s/s0.ckpt", t.state_dir);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(t.state_dir), 0);
}

START_TEST(a_life)
{
    char one[] = "gateway-1", two[] = "gateway-2";
    setup();
    /* a pilot who rests, as the economy says */
    bind_as(one, 1, STARTRADER__V1__PHASE__PHASE_UNSPECIFIED);
    ck_assert_uint_eq(t.bind_code, STARTRADER__V1__CODE__CODE_OK);
    ck_assert(!t.in_space);
    bind_as(one, 1, STARTRADER__V1__PHASE__PHASE_DOCKED);
    ck_assert_uint_eq(t.bind_phase, STARTRADER__V1__PHASE__PHASE_DOCKED);
    RUN_UNTIL(rests);
    undock();
    RUN_UNTIL(flies);
    /* inputs move the ship and are acknowledged */
    int32_t y = t.y;
    send_input(1, false);
    RUN_UNTIL(acknowledged);
    wait_ticks(30);
    ck_assert_int_ne(t.y, y);
    ck_assert_uint_gt(t.deltas, 0);
    ck_assert_uint_gt(t.snapshots, 0);
    /* killed: the same ship where it was at most a second of flight ago */
    send_input(3, false);
    RUN_UNTIL(acknowledged);
    wait_ticks(60); /* brakes to rest, and a checkpoint knows it */
    int32_t x = t.x;
    y = t.y;
    uint32_t seq = t.seq;
    end_program(SIGKILL);
    t.phase = 0;
    start_program();
    RUN_UNTIL(opened);
    bind_as(one, 1, STARTRADER__V1__PHASE__PHASE_UNSPECIFIED);
    ck_assert(t.in_space);
    ck_assert_uint_eq(t.bind_seq, seq);
    RUN_UNTIL(flies);
    ck_assert_int_eq(t.x, x);
    ck_assert_int_eq(t.y, y);
    /* the latest bind wins, and the other gateway is told */
    bind_as(two, 1, STARTRADER__V1__PHASE__PHASE_UNSPECIFIED);
    RUN_UNTIL(fenced);
    bind_as(one, 2, STARTRADER__V1__PHASE__PHASE_UNSPECIFIED);
    bind_as(two, 1, STARTRADER__V1__PHASE__PHASE_UNSPECIFIED);
    ck_assert_uint_eq(t.bind_code, STARTRADER__V1__CODE__CODE_FENCED);
    teardown();
}
END_TEST

START_TEST(docking_survives_death)
{
    char one[] = "gateway-1";
    setup();
    bind_as(one, 1, STARTRADER__V1__PHASE__PHASE_DOCKED);
    undock();
    RUN_UNTIL(flies);
    send_input(3, true);
    RUN_UNTIL(docks);
    /* told again with the same id until it is answered */
    RUN_UNTIL(docked_told);
    uint64_t id = t.docked_id;
    wait_ticks(30); /* a checkpoint knows of the docking */
    /* dies before the answer: the ship still docks, under the new epoch */
    end_program(SIGKILL);
    t.docked = 0;
    start_program();
    RUN_UNTIL(opened);
    RUN_UNTIL(docked_told);
    ck_assert_uint_ne(t.docked_id, id);
    ck_assert_uint_eq(t.docked_epoch, 2);
    bind_as(one, 1, STARTRADER__V1__PHASE__PHASE_UNSPECIFIED);
    ck_assert_uint_eq(t.bind_phase, STARTRADER__V1__PHASE__PHASE_DOCKING);
    t.docked = 0;
    t.docked_before = 1;
    RUN_UNTIL(docked_told); /* the second comes 10 s later, past the stream's memory */
    take();
    RUN_UNTIL(rests);
    /* booked while the simulation is away: the next opening does not name the ship */
    undock();
    RUN_UNTIL(flies);
    end_program(SIGKILL);
    t.holds = false;
    t.version++;
    start_program();
    RUN_UNTIL(opened);
    bind_as(one, 1, STARTRADER__V1__PHASE__PHASE_UNSPECIFIED);
    ck_assert(!t.in_space);
    teardown();
}
END_TEST

/* Events under a past epoch are never answered: whoever sees that asks, and leaves. */
START_TEST(the_former_owner_leaves)
{
    char one[] = "gateway-1";
    setup();
    bind_as(one, 1, STARTRADER__V1__PHASE__PHASE_DOCKED);
    undock();
    RUN_UNTIL(flies);
    send_input(3, true);
    RUN_UNTIL(docks);
    leaver = t.pid;
    t.docked = 0;
    start_program();
    RUN_UNTIL(opened);
    RUN_UNTIL(leaver_gone);
    ck_assert(WIFEXITED(leaver_status) && WEXITSTATUS(leaver_status) == 0);
    ck_assert_uint_eq(t.tick_epoch, 2);
    teardown();
}
END_TEST

SUITE_MAIN("life", a_life, docking_survives_death, the_former_owner_leaves)
