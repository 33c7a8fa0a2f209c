/* SPDX-License-Identifier: Apache-2.0 */
#include "door.h"

#include <stdio.h>
#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/json.h>
#include <st/log.h>
#include <st/stat.h>
#include <st/subject.h>
#include <st/wire.h>
#include <startrader/v1/world.pb-c.h>

enum {
    ASKS = 1024,
    SNAPSHOTS = 4, /* answers of up to 1 MB that may be under way */
    REQUEST_BYTES_MAX = 8192,
    REQUESTS_PENDING = 4096,
    BATON_WINDOW = 256, /* unacknowledged at most */
    BATON_RETRY_MS = 100,
    SHIP_JSON_MAX = 320, /* bytes of one ship in the list */
    EVENT_THROUGH_MS = 10000,
};

struct door {
    struct door_options options;
    struct shard *shard; /* NULL: not open */
    uint32_t epoch;
    uint64_t revision;
    uint8_t config[CONFIG_BYTES_MAX];
    size_t config_len;
    struct st_bus_consumer *batons;
    struct st_arena arena;
    struct st_buf out;
    uint32_t free_n, replies_n;
    struct ask *free[ASKS];
    uint8_t *replies[SNAPSHOTS]; /* free ones */
    struct ship_row *rows;       /* NULL while the list is under way */
    struct st_counter *busy, *malformed, *published, *unpublished;
    struct ask asks[ASKS];
};

size_t door_size(uint32_t ships_max)
{
    return sizeof(struct door) + SNAPSHOTS * (size_t)TURN_REPLY_MAX +
           (size_t)ships_max * (sizeof(struct ship_row) + SHIP_JSON_MAX) +
           st_wire_arena_size(BATON_BYTES_MAX);
}

struct door *door_new(const struct door_options *options)
{
    struct door *d = st_alloc(sizeof(*d));
    size_t arena = st_wire_arena_size(BATON_BYTES_MAX);
    size_t out = ST_MAX((size_t)CONFIG_BYTES_MAX + 64, (size_t)options->ships_max * SHIP_JSON_MAX);
    d->options = *options;
    st_arena_init(&d->arena, st_alloc(arena), arena);
    st_buf_init_fixed(&d->out, st_alloc(out), out);
    for (; d->free_n < ASKS; d->free_n++)
        d->free[d->free_n] = &d->asks[d->free_n];
    for (; d->replies_n < SNAPSHOTS; d->replies_n++)
        d->replies[d->replies_n] = st_alloc(TURN_REPLY_MAX);
    d->rows = st_alloc_array(options->ships_max, sizeof(*d->rows));
    d->busy = st_counter("startrader_requests_refused_total", "reason=\"busy\"",
                         "Requests to the shard that were not taken");
    d->malformed = st_counter("startrader_requests_refused_total", "reason=\"malformed\"",
                              "Requests to the shard that were not taken");
    d->published = st_counter("startrader_events_published_total", "result=\"stored\"",
                              "Publications of hard events");
    d->unpublished = st_counter("startrader_events_published_total", "result=\"failed\"",
                                "Publications of hard events");
    return d;
}

void door_free(struct door **d)
{
    if (*d == NULL)
        return;
    st_assert((*d)->free_n == ASKS); /* the shard has given all of them back */
    for (uint32_t i = 0; i < (*d)->replies_n; i++)
        st_free((*d)->replies[i]);
    st_free((*d)->rows);
    st_free((*d)->arena.mem);
    st_free((*d)->out.data);
    st_free(*d);
    *d = NULL;
}

/* ---- questions --------------------------------------------------------------------------------
 */

static struct ask *ask_get(struct door *d, uint8_t kind, void *asker)
{
    if (d->free_n == 0)
        return NULL;
    struct ask *a = d->free[--d->free_n];
    *a = (struct ask){.kind = kind, .asker = asker};
    return a;
}

static void ask_put(struct door *d, struct ask *a)
{
    if (a->kind == ASK_BATON)
        st_free(a->baton.config);
    if (a->kind == ASK_SNAPSHOT)
        d->replies[d->replies_n++] = a->snapshot.reply;
    if (a->kind == ASK_SHIPS)
        d->rows = a->ships.rows;
    d->free[d->free_n++] = a;
}

/* False: the asker has to be told. */
static bool ask_post(struct door *d, struct ask *a)
{
    if (d->shard != NULL && shard_ask(d->shard, a) == 0)
        return true;
    ask_put(d, a);
    return false;
}

static void reply(struct door *d, struct st_bus_msg *take_msg, const ProtobufCMessage *m)
{
    st_buf_clear(&d->out);
    st_wire_pack(m, &d->out);
    st_assert(!d->out.overflow);
    if (take_msg->reply != NULL &&
        st_bus_reply(d->options.rpc, take_msg, d->out.data, d->out.len) != 0)
        st_log(ST_LOG_DEBUG, "reply_not_sent", st_log_s("subject", take_msg->subject));
    st_bus_msg_free(take_msg);
}

/* ---- bind -------------------------------------------------------------------------------------
 */

static void reply_bind(struct door *d, struct st_bus_msg *take_msg, Startrader__V1__Code code,
                       const struct ask_bind *b)
{
    Startrader__V1__BindReply m = STARTRADER__V1__BIND_REPLY__INIT;
    m.code = code;
    m.world_epoch = d->epoch;
    m.config_revision = d->revision;
    if (b != NULL) {
        m.in_space = b->entity != 0;
        m.entity = b->entity;
        m.cell = b->cell;
        m.tick = b->tick;
        m.last_seq = b->seq;
        m.phase = (Startrader__V1__Phase)b->phase;
    }
    reply(d, take_msg, &m.base);
}

static bool take_bind(const Startrader__V1__BindRequest *m, struct ask_bind *b)
{
    if (m->player == 0 || m->player > UINT32_MAX || m->session_epoch == 0 || m->sid == 0 ||
        !gateway_name_valid(m->gateway) || m->rest_location > UINT16_MAX)
        return false;
    b->player = (uint32_t)m->player;
    b->session_epoch = m->session_epoch;
    b->sid = m->sid;
    b->last_seq = m->last_seq;
    memcpy(b->gateway, m->gateway, strlen(m->gateway) + 1);
    switch (m->rest_phase) {
    case STARTRADER__V1__PHASE__PHASE_UNSPECIFIED:
        return true;
    case STARTRADER__V1__PHASE__PHASE_DOCKED:
        b->rest_phase = WORLD_PHASE_DOCKED;
        b->rest_station = (uint16_t)m->rest_location;
        return m->rest_location != 0;
    case STARTRADER__V1__PHASE__PHASE_PARKED:
        b->rest_phase = WORLD_PHASE_PARKED;
        b->x = m->rest_position != NULL ? m->rest_position->x : 0;
        b->y = m->rest_position != NULL ? m->rest_position->y : 0;
        return true;
    default:
        return false;
    }
}

static void on_bind(void *ctx, struct st_bus_msg *take_msg)
{
    struct door *d = ctx;
    st_arena_reset(&d->arena);
    const Startrader__V1__BindRequest *m =
        st_wire_unpack(&startrader__v1__bind_request__descriptor, take_msg->data, take_msg->len,
                       REQUEST_BYTES_MAX, &d->arena);
    struct ask_bind b = {0};
    if (m == NULL || !take_bind(m, &b)) {
        st_counter_add(d->malformed, 1);
        reply_bind(d, take_msg, STARTRADER__V1__CODE__CODE_MALFORMED, NULL);
        return;
    }
    struct ask *a = d->shard != NULL ? ask_get(d, ASK_BIND, take_msg) : NULL;
    if (a != NULL) {
        a->bind = b;
        if (ask_post(d, a))
            return;
    }
    st_counter_add(d->busy, 1);
    reply_bind(d, take_msg, STARTRADER__V1__CODE__CODE_UNAVAILABLE, NULL);
}

static void answer_bind(struct door *d, const struct ask *a)
{
    static const Startrader__V1__Code codes[] = {
        [BIND_OK] = STARTRADER__V1__CODE__CODE_OK,
        [BIND_FENCED] = STARTRADER__V1__CODE__CODE_FENCED,
        [BIND_BUSY] = STARTRADER__V1__CODE__CODE_BUSY,
    };
    reply_bind(d, a->asker, codes[a->bind.result], &a->bind);
}

/* ---- snapshot, config -------------------------------------------------------------------------
 */

static void on_snapshot(void *ctx, struct st_bus_msg *take_msg)
{
    struct door *d = ctx;
    st_arena_reset(&d->arena);
    const Startrader__V1__SnapshotRequest *m =
        st_wire_unpack(&startrader__v1__snapshot_request__descriptor, take_msg->data, take_msg->len,
                       REQUEST_BYTES_MAX, &d->arena);
    bool good = m != NULL && m->n_cell <= TURN_CELLS_MAX;
    for (size_t i = 0; good && i < m->n_cell; i++)
        good = m->cell[i] < 1u << 2 * WORLD_CELL_BITS;
    struct ask *a = NULL;
    if (good && d->shard != NULL && d->replies_n > 0)
        a = ask_get(d, ASK_SNAPSHOT, take_msg);
    if (a == NULL) { /* no answer: the gateway asks again, or the rolling snapshot comes first */
        st_counter_add(good ? d->busy : d->malformed, 1);
        st_bus_msg_free(take_msg);
        return;
    }
    a->snapshot.reply = d->replies[--d->replies_n];
    a->snapshot.cells_n = (uint32_t)m->n_cell;
    if (m->n_cell > 0)
        memcpy(a->snapshot.cells, m->cell, m->n_cell * sizeof(uint32_t));
    if (!ask_post(d, a)) {
        st_counter_add(d->busy, 1);
        st_bus_msg_free(take_msg);
    }
}

static void answer_snapshot(struct door *d, const struct ask *a)
{
    struct st_bus_msg *msg = a->asker;
    if (msg->reply != NULL && a->snapshot.reply_len > 0 &&
        st_bus_reply(d->options.rpc, msg, a->snapshot.reply, a->snapshot.reply_len) != 0)
        st_log(ST_LOG_DEBUG, "reply_not_sent", st_log_s("subject", msg->subject));
    st_bus_msg_free(msg);
}

static void on_config(void *ctx, struct st_bus_msg *take_msg)
{
    struct door *d = ctx;
    Startrader__V1__ConfigReply m = STARTRADER__V1__CONFIG_REPLY__INIT;
    m.code = STARTRADER__V1__CODE__CODE_UNAVAILABLE;
    if (d->shard != NULL) {
        m.code = STARTRADER__V1__CODE__CODE_OK;
        m.revision = d->revision;
        m.config.data = d->config;
        m.config.len = d->config_len;
    }
    reply(d, take_msg, &m.base);
}

/* ---- batons and events ------------------------------------------------------------------------
 */

static void on_baton(void *ctx, struct st_bus_msg *take_msg)
{
    struct door *d = ctx;
    struct ask *a = ask_get(d, ASK_BATON, take_msg);
    if (a == NULL) {
        st_bus_nak(take_msg, BATON_RETRY_MS);
        st_bus_msg_free(take_msg);
        return;
    }
    if (baton_decode(take_msg->data, take_msg->len, &d->arena, &a->baton) != 0) {
        st_log(ST_LOG_ERROR, "baton_malformed", st_log_u("seq", take_msg->stream_seq),
               st_log_u("bytes", take_msg->len));
        st_counter_add(d->malformed, 1);
        st_bus_ack(take_msg); /* it would be so each time */
        st_bus_msg_free(take_msg);
        ask_put(d, a);
        return;
    }
    if (!ask_post(d, a)) {
        st_bus_nak(take_msg, BATON_RETRY_MS);
        st_bus_msg_free(take_msg);
    }
}

/* A configuration in force is what gateways are given from now on. */
static void keep_config(struct door *d, const struct world_config *c)
{
    d->config_len = world_config_encode(c, d->config, sizeof(d->config));
    d->revision = world_config_hash(c);
}

static void answer_baton(struct door *d, const struct ask *a)
{
    struct st_bus_msg *msg = a->asker;
    if (a->config_set)
        keep_config(d, a->baton.config);
    if (a->baton.epoch > d->epoch)
        st_bus_nak(msg, 0); /* meant for the shard's new owner */
    else
        st_bus_ack(msg);
    st_bus_msg_free(msg);
}

static void on_published(void *ctx, int err)
{
    struct door *d = ctx;
    st_counter_add(err == 0 ? d->published : d->unpublished, 1);
}

/* The stream forgets a message id only after two minutes. So that an answer that was lost is given
 * again sooner, one publication in each EVENT_THROUGH_MS has an id of its own; the event's id,
 * which decides, stays. */
static void message_id(char *out, size_t cap, const struct turn_event *e)
{
    unsigned long long event = e->event.event, again = e->age_ms / EVENT_THROUGH_MS;
    if (again == 0)
        snprintf(out, cap, "%016llx", event);
    else
        snprintf(out, cap, "%016llx-%llu", event, again);
}

static void publish(struct door *d, const struct turn_event *e)
{
    uint8_t bytes[EVENT_BYTES_MAX];
    char subject[ST_SUBJECT_MAX], id[48];
    struct st_buf b;
    st_buf_init_fixed(&b, bytes, sizeof(bytes));
    event_encode(&e->event, d->options.shard_number, d->epoch, &b);
    st_assert(!b.overflow);
    st_subject_event(subject, d->options.system, d->options.shard_number,
                     event_kind_name(e->event.kind));
    message_id(id, sizeof(id), e);
    st_bus_js_publish(d->options.js, subject, id, b.data, b.len, on_published, d);
}

void door_on_events(struct door *d)
{
    const struct turn_event *e;
    while (d->shard != NULL && (e = shard_event(d->shard)) != NULL) {
        publish(d, e);
        shard_event_done(d->shard);
    }
}

/* ---- ships ------------------------------------------------------------------------------------
 */

void door_on_ships(struct door *d, struct st_http_request *take_req)
{
    struct ask *a = NULL;
    if (d->shard != NULL && d->rows != NULL)
        a = ask_get(d, ASK_SHIPS, take_req);
    if (a != NULL) {
        a->ships.rows = d->rows;
        a->ships.rows_max = d->options.ships_max;
        d->rows = NULL;
        if (ask_post(d, a))
            return;
    }
    st_http_problem(take_req, 503, "unavailable", "The shard is not open", 1000);
}

static void put_ship(struct st_json *j, const struct ship_row *r)
{
    st_json_object(j, NULL);
    st_json_uint(j, "ship", r->ship);
    st_json_uint(j, "version", r->version);
    st_json_uint(j, "player", r->player);
    st_json_uint(j, "entity", r->entity);
    st_json_str(j, "phase", r->phase == WORLD_PHASE_DOCKING ? "docking" : "flying");
    st_json_uint(j, "class_id", r->class_id);
    st_json_int(j, "x", r->x);
    st_json_int(j, "y", r->y);
    st_json_int(j, "vx", r->vx);
    st_json_int(j, "vy", r->vy);
    st_json_uint(j, "hull", r->hull);
    st_json_uint(j, "docking_ticks", r->docking_ticks);
    st_json_object_end(j);
}

static void answer_ships(struct door *d, const struct ask *a)
{
    struct st_json j;
    st_buf_clear(&d->out);
    st_json_begin(&j, &d->out);
    st_json_array(&j, NULL);
    for (uint32_t i = 0; i < a->ships.rows_n; i++)
        put_ship(&j, &a->ships.rows[i]);
    st_json_array_end(&j);
    st_assert(!d->out.overflow);
    st_http_answer(a->asker, &(struct st_http_answer){.status = 200,
                                                      .content_type = "application/json",
                                                      .body = d->out.data,
                                                      .body_len = d->out.len});
}

/* ---- life -------------------------------------------------------------------------------------
 */

void door_on_answer(struct door *d, struct ask *take_ask)
{
    switch (take_ask->kind) {
    case ASK_BATON:
        answer_baton(d, take_ask);
        break;
    case ASK_BIND:
        answer_bind(d, take_ask);
        break;
    case ASK_SNAPSHOT:
        answer_snapshot(d, take_ask);
        break;
    default:
        answer_ships(d, take_ask);
        break;
    }
    ask_put(d, take_ask);
}

int door_listen(struct door *d)
{
    static const struct {
        const char *verb;
        st_bus_msg_fn *fn;
    } verbs[] = {{"bind", on_bind}, {"snapshot", on_snapshot}, {"config", on_config}};
    for (size_t i = 0; i < ST_ARRAY_LEN(verbs); i++) {
        char subject[ST_SUBJECT_MAX];
        st_subject_req_shard(subject, d->options.system, d->options.shard_number, verbs[i].verb);
        int err = st_bus_subscribe(d->options.rpc, subject, NULL, REQUESTS_PENDING, verbs[i].fn, d);
        if (err != 0)
            return err;
    }
    return 0;
}

void door_open(struct door *d, struct shard *shard, uint32_t epoch, const uint8_t *config,
               size_t config_len, uint64_t revision)
{
    char durable[32];
    st_assert(config_len <= sizeof(d->config));
    memcpy(d->config, config, config_len);
    d->config_len = config_len;
    d->revision = revision;
    d->epoch = epoch;
    d->shard = shard;
    snprintf(durable, sizeof(durable), "sim-s%u", d->options.shard_number);
    d->batons = st_bus_js_consume(d->options.js, "BATON", durable, BATON_WINDOW, on_baton, d);
}

void door_close(struct door *d)
{
    if (d->batons != NULL)
        st_bus_js_consume_stop(&d->batons);
    d->shard = NULL;
}
