/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

#include "door.h"
#include "gateway.h"

#include <startrader/v1/client.pb-c.h>
#include <startrader/v1/trade.pb-c.h>
#include <startrader/v1/world.pb-c.h>
#include <st/alloc.h>
#include <st/assert.h>
#include <st/json.h>
#include <st/log.h>
#include <st/rng.h>
#include <st/subject.h>
#include <st/wire.h>
#include <world/config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT = 2, /* revisions: clients of the former one may still ask for it */
    FETCH_AGAIN_MS = 500,
    JSON_MAX = 192 * 1024,
    CELL_SHIFT = 11, /* 2,048 units */
    TICK_MS = 50,
    SECTORS = 64,
    DENSITY_ARENA = 4096,
};

struct revision {
    uint64_t hash; /* 0 = none */
    size_t len;
    uint8_t bytes[CONFIG_BYTES_MAX];
};

struct board {
    struct st_loop *loop;
    struct caller *caller;
    const struct plane *plane;
    const char *system, *instance;
    uint32_t shard;
    uint64_t wanted;
    bool fetching;
    struct st_timer *again;
    struct revision kept[KEPT];
    uint32_t newest;
    struct world_config config; /* of the newest */
    uint32_t density[SECTORS];  /* ships in space, by sector */
    struct st_arena arena;      /* of `memory`, for what is read of it */
    uint8_t memory[DENSITY_ARENA];
    struct st_buf out;
};

/* --- the configuration --- */

static void fetch(struct board *b);

static void on_again(void *ctx)
{
    fetch(ctx);
}

static bool has(const struct board *b, uint64_t revision)
{
    return revision != 0 && b->kept[b->newest].hash == revision;
}

static void take_config(struct board *b, const Startrader__V1__ConfigReply *r)
{
    struct revision *to = &b->kept[(b->newest + 1) % KEPT];
    if (r->config.len > sizeof to->bytes ||
        world_config_decode(&b->config, r->config.data, r->config.len) != 0) {
        st_log(ST_LOG_ERROR, "world_config_unreadable", st_log_u("bytes", r->config.len));
        return;
    }
    b->newest = (b->newest + 1) % KEPT;
    to->hash = r->revision;
    to->len = r->config.len;
    memcpy(to->bytes, r->config.data, r->config.len);
    st_log(ST_LOG_INFO, "world_config", st_log_u("bytes", to->len),
           st_log_u("stations", b->config.stations_n));
}

static void on_config(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct board *b = ctx;
    const Startrader__V1__ConfigReply *r = reply;
    (void)key;
    b->fetching = false;
    if (code == STARTRADER__V1__CODE__CODE_OK && r && !has(b, r->revision))
        take_config(b, r);
    if (!has(b, b->wanted))
        st_timer_start(b->again, FETCH_AGAIN_MS, 0);
}

static void fetch(struct board *b)
{
    Startrader__V1__ConfigRequest c = STARTRADER__V1__CONFIG_REQUEST__INIT;
    char subject[ST_SUBJECT_MAX];
    if (b->fetching || has(b, b->wanted))
        return;
    b->fetching = true;
    c.gateway = (char *)(uintptr_t)b->instance;
    st_subject_req_shard(subject, b->system, b->shard, "config");
    caller_ask(b->caller, subject, &c.base, &startrader__v1__config_reply__descriptor,
               GATEWAY_REQUEST_MS, on_config, b, 0);
}

void board_revision(struct board *b, uint64_t revision)
{
    b->wanted = revision;
    fetch(b);
}

bool board_station_cell(const struct board *b, uint32_t location, uint32_t *cell)
{
    const struct config_station *s = world_config_station(&b->config, location);
    if (!s)
        return false;
    *cell = (uint32_t)(s->x >> CELL_SHIFT) +
            (uint32_t)(s->y >> CELL_SHIFT) * (uint32_t)GATEWAY_CELLS_SIDE;
    return *cell < GATEWAY_CELLS;
}

static void answer_json(struct board *b, struct st_http_request *req, const char *cache)
{
    const char *headers[] = {"Cache-Control", cache, NULL};
    if (b->out.overflow) {
        st_log(ST_LOG_ERROR, "answer_too_large", st_log_s("path", st_http_path(req)));
        door_problem(req, STARTRADER__V1__CODE__CODE_UNAVAILABLE, 0);
        return;
    }
    st_http_answer(req, &(struct st_http_answer){.status = 200,
                                                 .content_type = "application/json",
                                                 .body = b->out.data,
                                                 .body_len = b->out.len,
                                                 .headers = headers});
}

void board_density(struct board *b, const uint8_t *field, size_t len)
{
    const Startrader__V1__ServerFrame *f;
    st_arena_reset(&b->arena);
    f = st_wire_unpack(&startrader__v1__server_frame__descriptor, field, len, len, &b->arena);
    if (!f || !f->density || f->density->n_ships != SECTORS)
        return;
    for (size_t i = 0; i < SECTORS; i++)
        b->density[i] = f->density->ships[i];
}

void board_world(struct board *b, struct st_http_request *req)
{
    const struct revision *r = &b->kept[b->newest];
    struct plane_pulse pulse;
    struct st_json j;
    char hex[17];
    if (r->hash == 0) {
        st_http_problem(req, 503, "world_unavailable", "The world does not answer; try again",
                        1000);
        return;
    }
    plane_pulse(b->plane, &pulse);
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)r->hash);
    st_buf_clear(&b->out);
    st_json_begin(&j, &b->out);
    st_json_object(&j, NULL);
    st_json_str(&j, "system", b->system);
    st_json_str(&j, "revision", hex);
    st_json_uint(&j, "tick_ms", TICK_MS);
    st_json_uint(&j, "tick", pulse.tick);
    st_json_uint(&j, "world_epoch", pulse.world_epoch);
    st_json_uint(&j, "ships", pulse.ships);
    st_json_bool(&j, "paused", pulse.age_ms > GATEWAY_STILL_MS);
    st_json_array(&j, "density");
    for (size_t i = 0; i < SECTORS; i++)
        st_json_uint(&j, NULL, b->density[i]);
    st_json_array_end(&j);
    st_json_array(&j, "stations");
    for (uint32_t i = 0; i < b->config.stations_n; i++) {
        const struct config_station *s = &b->config.stations[i];
        st_json_object(&j, NULL);
        st_json_uint(&j, "location", s->id);
        st_json_str(&j, "code", s->code);
        st_json_str(&j, "name", s->name);
        st_json_str(&j, "body", s->body);
        st_json_int(&j, "x", s->x);
        st_json_int(&j, "y", s->y);
        st_json_uint(&j, "zone", s->zone);
        st_json_object_end(&j);
    }
    st_json_array_end(&j);
    st_json_object_end(&j);
    answer_json(b, req, "no-store");
}

void board_world_bytes(struct board *b, struct st_http_request *req)
{
    static const char *const headers[] = {"Cache-Control", "public, max-age=31536000, immutable",
                                          NULL};
    const char *text = st_http_path_rest(req);
    uint8_t hash[8];
    uint64_t want = 0;
    if (st_hex_decode(text, strlen(text), hash, sizeof hash) != 0) {
        door_problem(req, STARTRADER__V1__CODE__CODE_MALFORMED, 0);
        return;
    }
    for (int i = 0; i < 8; i++)
        want = want << 8 | hash[i];
    for (int i = 0; i < KEPT; i++) {
        const struct revision *r = &b->kept[i];
        if (r->hash == 0 || r->hash != want)
            continue;
        st_http_answer(req, &(struct st_http_answer){.status = 200,
                                                     .content_type = "application/octet-stream",
                                                     .body = r->bytes,
                                                     .body_len = r->len,
                                                     .headers = headers});
        return;
    }
    door_problem(req, STARTRADER__V1__CODE__CODE_NOT_FOUND, 0);
}

/* --- markets --- */

struct reading {
    struct board *b;
    struct st_http_request *req;
};

static struct reading *reading_new(struct board *b, struct st_http_request *req)
{
    st_alloc_cold_begin();
    struct reading *r = st_alloc(sizeof *r);
    st_alloc_cold_end();
    *r = (struct reading){b, req};
    return r;
}

/* Its content; the memory is gone. */
static struct reading reading_take(void *ctx)
{
    struct reading r = *(struct reading *)ctx;
    st_alloc_cold_begin();
    st_free(ctx);
    st_alloc_cold_end();
    return r;
}

/* Begins the answer's object; false: there is nothing to give, and the refusal is sent. */
static bool answer_begin(const struct reading *r, Startrader__V1__Code code, const void *body,
                         struct st_json *j)
{
    if (code != STARTRADER__V1__CODE__CODE_OK || !body) {
        door_problem(r->req, code == STARTRADER__V1__CODE__CODE_OK ? 0 : code, 0);
        return false;
    }
    st_buf_clear(&r->b->out);
    st_json_begin(j, &r->b->out);
    st_json_object(j, NULL);
    return true;
}

/* Ends its last list and the object. */
static void answer_end(const struct reading *r, struct st_json *j)
{
    st_json_array_end(j);
    st_json_object_end(j);
    answer_json(r->b, r->req, "no-store");
}

static const char *event_name(Startrader__V1__MarketEvent event)
{
    switch (event) {
    case STARTRADER__V1__MARKET_EVENT__MARKET_EVENT_SHORTAGE:
        return "shortage";
    case STARTRADER__V1__MARKET_EVENT__MARKET_EVENT_FESTIVAL:
        return "festival";
    default:
        return "none";
    }
}

static void put_line(struct st_json *j, const Startrader__V1__MarketLine *l)
{
    st_json_object(j, NULL);
    st_json_uint(j, "location", l->location);
    st_json_uint(j, "commodity", l->commodity);
    st_json_uint(j, "buy", l->buy);
    st_json_uint(j, "sell", l->sell);
    st_json_uint(j, "stock", l->stock);
    st_json_uint(j, "target", l->target);
    st_json_uint(j, "usual", l->usual);
    st_json_int(j, "change_pm", l->change_pm);
    st_json_bool(j, "sells", l->sells);
    st_json_bool(j, "buys", l->buys);
    st_json_bool(j, "restricted", l->restricted);
    st_json_str(j, "event", event_name(l->event));
    st_json_uint(j, "event_until_ms", l->event_until_ms);
    st_json_uint(j, "lost", l->lost);
    st_json_uint(j, "coming", l->coming);
    st_json_id(j, "version", l->version);
    st_json_object_end(j);
}

static void on_market(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct reading r = reading_take(ctx);
    const Startrader__V1__EconMarketReply *m = reply;
    struct st_json j;
    (void)key;
    if (!answer_begin(&r, code, m ? m->market : NULL, &j))
        return;
    st_json_uint(&j, "as_of_ms", m->market->as_of_ms);
    st_json_uint(&j, "blockaded", m->market->blockaded);
    st_json_uint(&j, "blockade_until_ms", m->market->blockade_until_ms);
    st_json_array(&j, "lines");
    for (size_t i = 0; i < m->market->n_line; i++)
        put_line(&j, m->market->line[i]);
    answer_end(&r, &j);
}

/* --- how a price went --- */

static void put_candle(struct st_json *j, const Startrader__V1__Candle *c)
{
    st_json_object(j, NULL);
    st_json_uint(j, "at_s", c->at_s);
    st_json_uint(j, "open_milli", c->open_milli);
    st_json_uint(j, "high_milli", c->high_milli);
    st_json_uint(j, "low_milli", c->low_milli);
    st_json_uint(j, "close_milli", c->close_milli);
    st_json_uint(j, "bought", c->bought);
    st_json_uint(j, "sold", c->sold);
    st_json_uint(j, "trades", c->trades);
    st_json_object_end(j);
}

static void on_history(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct reading r = reading_take(ctx);
    const Startrader__V1__EconHistoryReply *m = reply;
    struct st_json j;
    (void)key;
    if (!answer_begin(&r, code, m ? m->history : NULL, &j))
        return;
    st_json_uint(&j, "step_min", m->history->step_min);
    st_json_array(&j, "candles");
    for (size_t i = 0; i < m->history->n_candle; i++)
        put_candle(&j, m->history->candle[i]);
    answer_end(&r, &j);
}

/* --- leaderboards --- */

static void on_leaders(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct reading r = reading_take(ctx);
    const Startrader__V1__EconLeaderboardReply *m = reply;
    struct st_json j;
    (void)key;
    if (!answer_begin(&r, code, m ? m->leaderboard : NULL, &j))
        return;
    st_json_uint(&j, "as_of_ms", m->leaderboard->as_of_ms);
    st_json_array(&j, "leaders");
    for (size_t i = 0; i < m->leaderboard->n_leader; i++) {
        const Startrader__V1__Leader *l = m->leaderboard->leader[i];
        st_json_object(&j, NULL);
        st_json_id(&j, "player_id", l->player);
        st_json_uint(&j, "value", l->value);
        st_json_uint(&j, "count", l->count);
        st_json_object_end(&j);
    }
    answer_end(&r, &j);
}

void board_leaderboards(struct board *b, struct st_http_request *req)
{
    static const char *const names[] = {"wealth", "trade", "hunt"}; /* by Leaderboard, from 1 */
    Startrader__V1__EconLeaderboardRequest m = STARTRADER__V1__ECON_LEADERBOARD_REQUEST__INIT;
    const char *text = st_http_path_rest(req);
    for (size_t i = 0; i < ST_ARRAY_LEN(names); i++)
        if (strcmp(text, names[i]) == 0)
            m.leaderboard = (Startrader__V1__Leaderboard)(i + 1);
    if (m.leaderboard == STARTRADER__V1__LEADERBOARD__LEADERBOARD_UNSPECIFIED) {
        door_problem(req, STARTRADER__V1__CODE__CODE_NOT_FOUND, 0);
        return;
    }
    m.request_id = (char *)(uintptr_t)st_http_request_id(req);
    caller_ask_econ(b->caller, "leaderboard", &m.base,
                    &startrader__v1__econ_leaderboard_reply__descriptor, GATEWAY_REQUEST_MS,
                    on_leaders, reading_new(b, req), 0);
}

/* A number that ends at `end`, 1 to max; 0 = it is none. */
static uint32_t number(const char **text, char end, uint32_t max)
{
    char *behind = NULL;
    unsigned long v = **text >= '0' && **text <= '9' ? strtoul(*text, &behind, 10) : 0;
    if (v == 0 || v > max || *behind != end)
        return 0;
    *text = behind + (end != '\0');
    return (uint32_t)v;
}

static uint32_t query(const struct st_http_request *req, const char *name, uint32_t otherwise)
{
    const char *text = st_http_query(req, name);
    return text ? number(&text, '\0', UINT16_MAX) : otherwise;
}

static void ask_history(struct board *b, struct st_http_request *req, const char *text)
{
    Startrader__V1__EconHistoryRequest m = STARTRADER__V1__ECON_HISTORY_REQUEST__INIT;
    Startrader__V1__HistoryRequest what = STARTRADER__V1__HISTORY_REQUEST__INIT;
    what.location = number(&text, '/', INT16_MAX);
    what.commodity = what.location ? number(&text, '/', INT16_MAX) : 0;
    if (what.commodity == 0 || strcmp(text, "history") != 0) {
        door_problem(req, STARTRADER__V1__CODE__CODE_NOT_FOUND, 0);
        return;
    }
    what.step_min = query(req, "step", 1);
    what.count = query(req, "count", 120);
    m.history = &what;
    m.request_id = (char *)(uintptr_t)st_http_request_id(req);
    caller_ask_econ(b->caller, "history", &m.base, &startrader__v1__econ_history_reply__descriptor,
                    GATEWAY_REQUEST_MS, on_history, reading_new(b, req), 0);
}

void board_markets(struct board *b, struct st_http_request *req)
{
    Startrader__V1__EconMarketRequest m = STARTRADER__V1__ECON_MARKET_REQUEST__INIT;
    Startrader__V1__MarketRequest what = STARTRADER__V1__MARKET_REQUEST__INIT;
    const char *text = st_http_path_rest(req);
    if (strchr(text, '/')) {
        ask_history(b, req, text);
        return;
    }
    if (text[0] && (what.location = number(&text, '\0', UINT16_MAX)) == 0) {
        door_problem(req, STARTRADER__V1__CODE__CODE_NOT_FOUND, 0);
        return;
    }
    m.market = &what;
    m.request_id = (char *)(uintptr_t)st_http_request_id(req);
    caller_ask_econ(b->caller, "market", &m.base, &startrader__v1__econ_market_reply__descriptor,
                    GATEWAY_REQUEST_MS, on_market, reading_new(b, req), 0);
}

struct board *board_new(struct st_loop *loop, struct caller *caller, const struct plane *plane,
                        const char *system, uint32_t shard, const char *instance)
{
    struct board *b = st_alloc(sizeof *b);
    b->loop = loop;
    b->caller = caller;
    b->plane = plane;
    b->system = system;
    b->instance = instance;
    b->shard = shard;
    st_buf_init_fixed(&b->out, st_alloc(JSON_MAX), JSON_MAX);
    st_arena_init(&b->arena, b->memory, sizeof b->memory);
    b->again = st_timer_new(loop, on_again, b);
    return b;
}

void board_free(struct board **out)
{
    struct board *b = *out;
    if (!b)
        return;
    st_timer_free(&b->again);
    st_free(b->out.data);
    st_free(b);
    *out = NULL;
}
