/* SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/wire.h>
#include <startrader/v1/sector.pb-c.h>
#include <startrader/v1/world.pb-c.h>

#include "frame.h"
#include "leaf.h"
#include "window.h"

enum { ROW_NONE = 0xffffffff };

/* Slices of one bundle: bytes and the columns that find them. */
struct slices {
    struct st_buf blob;
    uint32_t max, n;
    uint32_t *key, *cell, *phase, *off, *len;
    uint32_t *window; /* of a delta: ticks that it covers */
    uint32_t *part;   /* of a delta: 0 = the cell, else its leaf + 1 */
};

struct booked {
    uint32_t pilot;
    int64_t credits, balance;
    char kind[24];
};

enum event_kind { EVENT_NOTE, EVENT_DESTROYED, EVENT_KILL, EVENT_BOOKED };

/* One private event of the tick; the events of a pilot are a chain. */
struct event {
    uint32_t next;
    uint8_t kind;
    const void *what;
};

struct emit {
    struct frame *frame;
    struct window *window;
    struct leaves *leaves;
    uint16_t dirty_at[WORLD_CELLS]; /* of a split cell: its place among the dirty + 1 */
    struct ring *out;
    uint32_t shard, epoch, dilation_pm;
    uint64_t config_revision;
    uint32_t delta_seq, snapshot_seq, own_seq;
    uint32_t pilots_max;
    struct slices slices;
    struct event events[EMIT_EVENTS_MAX];
    uint32_t events_n;
    uint32_t *first, *last; /* by pilot: its chain */
    struct booked booked[EMIT_BOOKED_MAX];
    uint32_t booked_n;
    bool station_silent, all_due; /* as last told; it has just changed */
    struct emit_stats *stats;
};

static uint32_t slices_max(const struct world_limits *limits)
{
    return ST_MAX(limits->pilots, 3 * (uint32_t)WORLD_CELLS); /* three tiers */
}

size_t emit_size(const struct world_limits *limits)
{
    return sizeof(struct emit) + frame_size(limits) + window_size(limits) + leaves_size(limits) +
           EMIT_BLOB_MAX + (size_t)slices_max(limits) * 7 * sizeof(uint32_t) +
           (size_t)limits->pilots * 2 * sizeof(uint32_t);
}

struct emit *emit_new(const struct world_limits *limits, uint32_t shard, struct ring *out)
{
    struct emit *e = st_alloc(sizeof(*e));
    struct slices *s = &e->slices;
    e->frame = frame_new(limits);
    e->window = window_new(limits);
    e->leaves = leaves_new(limits);
    e->shard = shard;
    e->dilation_pm = 1000;
    e->out = out;
    e->pilots_max = limits->pilots;
    e->first = st_alloc_array(limits->pilots, sizeof(uint32_t));
    e->last = st_alloc_array(limits->pilots, sizeof(uint32_t));
    memset(e->first, 0xff, limits->pilots * sizeof(uint32_t));
    s->max = slices_max(limits);
    s->key = st_alloc_array(s->max, sizeof(uint32_t));
    s->cell = st_alloc_array(s->max, sizeof(uint32_t));
    s->phase = st_alloc_array(s->max, sizeof(uint32_t));
    s->off = st_alloc_array(s->max, sizeof(uint32_t));
    s->len = st_alloc_array(s->max, sizeof(uint32_t));
    s->window = st_alloc_array(s->max, sizeof(uint32_t));
    s->part = st_alloc_array(s->max, sizeof(uint32_t));
    st_buf_init_fixed(&s->blob, st_alloc(EMIT_BLOB_MAX), EMIT_BLOB_MAX);
    return e;
}

void emit_free(struct emit **e)
{
    if (*e == NULL)
        return;
    struct slices *s = &(*e)->slices;
    frame_free(&(*e)->frame);
    window_free(&(*e)->window);
    leaves_free(&(*e)->leaves);
    st_free((*e)->first);
    st_free((*e)->last);
    st_free(s->key);
    st_free(s->cell);
    st_free(s->phase);
    st_free(s->off);
    st_free(s->len);
    st_free(s->window);
    st_free(s->part);
    st_free(s->blob.data);
    st_free(*e);
    *e = NULL;
}

void emit_open(struct emit *e, uint32_t epoch, uint64_t config_revision)
{
    e->epoch = epoch;
    e->config_revision = config_revision;
    e->delta_seq = e->snapshot_seq = e->own_seq = 0;
    e->booked_n = 0;
    window_open(e->window);
    leaves_open(e->leaves);
}

void emit_split_at(struct emit *e, uint32_t members)
{
    leaves_split_at(e->leaves, members);
}

void emit_dilation(struct emit *e, uint32_t pm)
{
    e->dilation_pm = pm;
}

void emit_config(struct emit *e, uint64_t config_revision)
{
    e->config_revision = config_revision;
}

void emit_booked(struct emit *e, uint32_t pilot, int64_t credits, int64_t balance, const char *kind)
{
    if (e->booked_n == EMIT_BOOKED_MAX)
        return;
    struct booked *b = &e->booked[e->booked_n++];
    *b = (struct booked){.pilot = pilot, .credits = credits, .balance = balance};
    strncpy(b->kind, kind, sizeof(b->kind) - 1);
}

/* ---- messages ------------------------------------------------------------------------------- */

static void send_message(struct emit *e, uint32_t kind, const char *gateway,
                         const ProtobufCMessage *m)
{
    size_t size = st_wire_size(m);
    struct emit_head *head = ring_reserve(e->out, sizeof(*head) + size);
    if (head == NULL) {
        e->stats->dropped++;
        return;
    }
    *head = (struct emit_head){.kind = kind};
    memcpy(head->gateway, gateway, strlen(gateway) + 1);
    struct st_buf to;
    st_buf_init_fixed(&to, head + 1, size);
    st_wire_pack(m, &to);
    st_assert(!to.overflow && to.len == size);
    ring_commit(e->out, sizeof(*head) + size);
}

static void slices_clear(struct slices *s)
{
    st_buf_clear(&s->blob);
    s->n = 0;
}

/* Ends the slice that began at `from`. False: it did not fit, and the bytes are gone. */
static bool slices_end(struct slices *s, size_t from, uint32_t key)
{
    if (s->blob.overflow || s->n == s->max) {
        s->blob.overflow = false;
        s->blob.len = from;
        return false;
    }
    s->key[s->n] = key;
    s->off[s->n] = (uint32_t)from;
    s->len[s->n] = (uint32_t)(s->blob.len - from);
    s->n++;
    return true;
}

static void fill_world_bundle(struct emit *e, const struct world *w, bool snapshot, uint32_t seq,
                              Startrader__V1__WorldBundle *m)
{
    struct slices *s = &e->slices;
    startrader__v1__world_bundle__init(m);
    m->shard = e->shard;
    m->world_epoch = e->epoch;
    m->tick = world_tick(w);
    m->seq = seq;
    m->kind = snapshot ? STARTRADER__V1__SLICE_KIND__SLICE_KIND_SNAPSHOT
                       : STARTRADER__V1__SLICE_KIND__SLICE_KIND_DELTA;
    m->n_cell = m->n_off = m->n_len = s->n;
    m->cell = s->key;
    m->off = s->off;
    m->len = s->len;
    if (!snapshot) {
        m->n_window = m->n_part = s->n;
        m->window = s->window;
        m->part = s->part;
    }
    m->blob.data = s->blob.data;
    m->blob.len = s->blob.len;
}

static void send_world(struct emit *e, const struct world *w, bool snapshot)
{
    if (e->slices.n == 0)
        return;
    Startrader__V1__WorldBundle m;
    uint32_t seq = snapshot ? ++e->snapshot_seq : ++e->delta_seq;
    fill_world_bundle(e, w, snapshot, seq, &m);
    if (snapshot)
        e->stats->snapshot_bytes += (uint32_t)e->slices.blob.len;
    else
        e->stats->delta_bytes += (uint32_t)e->slices.blob.len;
    send_message(e, snapshot ? EMIT_SNAPSHOT : EMIT_DELTA, "", &m.base);
    slices_clear(&e->slices);
}

/* A bundle is sent when the next slice does not fit; a cell that alone is larger than a bundle
 * cannot be shown at all (some 30,000 entities) and counts as dropped. */
static void emit_slice(struct emit *e, const struct world *w, const struct world_cell *cell,
                       uint32_t part, uint32_t window)
{
    struct slices *s = &e->slices;
    for (int again = 0; again < 2; again++) {
        size_t from = s->blob.len;
        frame_delta(e->frame, w, cell, &s->blob);
        if (slices_end(s, from, cell->cell)) {
            s->window[s->n - 1] = window;
            s->part[s->n - 1] = part;
            return;
        }
        send_world(e, w, false);
        e->stats->dropped += (uint32_t)again;
    }
}

static void emit_parts(struct emit *e, const struct world *w, const struct world_cell *cell,
                       uint32_t window)
{
    leaves_sort(e->leaves, cell);
    for (uint32_t part = 0; part < LEAF_PARTS; part++) {
        struct world_cell some;
        if (leaves_part(e->leaves, part, &some))
            emit_slice(e, w, &some, part, window);
    }
}

/* Windows that end with this tick: those of the cells whose snapshot is due, modulo the length. */
static void emit_windows(struct emit *e, const struct world *w, uint32_t ticks)
{
    for (uint32_t i = world_tick(w) % ticks; i < WORLD_CELLS; i += ticks) {
        struct world_cell cell;
        if (!window_cell(e->window, w, i, ticks, &cell))
            continue;
        if (leaves_has(e->leaves, i))
            emit_parts(e, w, &cell, ticks);
        else
            emit_slice(e, w, &cell, 0, ticks);
    }
}

/* Whole cells; those that are split wait for their turn. */
static void emit_whole(struct emit *e, const struct world *w)
{
    uint32_t n = world_dirty_cells(w);
    for (uint32_t i = 0; i < n; i++) {
        struct world_cell cell;
        world_dirty_cell(w, i, &cell);
        uint32_t index = frame_cell_index(cell.cell);
        if (leaves_has(e->leaves, index))
            e->dirty_at[index] = (uint16_t)(i + 1);
        else
            emit_slice(e, w, &cell, 0, 1);
    }
}

/* Also where nothing has changed, somebody may have come into another leaf. */
static void emit_split(struct emit *e, const struct world *w)
{
    for (uint32_t i = 0; i < leaves_count(e->leaves); i++) {
        uint32_t index = leaves_at(e->leaves, i);
        struct world_cell cell = {.cell = frame_cell_at(index)};
        if (e->dirty_at[index] != 0)
            world_dirty_cell(w, e->dirty_at[index] - 1u, &cell);
        e->dirty_at[index] = 0;
        leaves_cross(e->leaves, w, &cell);
        window_mark(e->window, w, index, cell.changed, cell.changed_n);
        emit_parts(e, w, &cell, 1);
    }
}

static void emit_deltas(struct emit *e, const struct world *w)
{
    slices_clear(&e->slices);
    window_take(e->window, w);
    emit_whole(e, w);
    emit_split(e, w);
    emit_windows(e, w, WINDOW_NEAR);
    emit_windows(e, w, WINDOW_FAR);
    send_world(e, w, false);
}

static void emit_snapshot(struct emit *e, const struct world *w, uint32_t cell)
{
    for (int again = 0; again < 2; again++) {
        size_t from = e->slices.blob.len;
        frame_snapshot(e->frame, w, cell, &e->slices.blob);
        if (slices_end(&e->slices, from, cell))
            return;
        send_world(e, w, true);
        e->stats->dropped += (uint32_t)again;
    }
}

/* Who has heard of the last two snapshots of a cell knows that it is empty. */
static bool is_rolled(const struct emit *e, const struct world *w, uint32_t index)
{
    uint32_t any;
    return world_cell_entities(w, frame_cell_at(index), &any, 1) > 0 ||
           window_touched(e->window, w, index, 2 * EMIT_ROLL_TICKS);
}

static void emit_snapshots(struct emit *e, const struct world *w)
{
    slices_clear(&e->slices);
    for (uint32_t i = world_tick(w) % EMIT_ROLL_TICKS; i < WORLD_CELLS; i += EMIT_ROLL_TICKS) {
        if (is_rolled(e, w, i))
            emit_snapshot(e, w, frame_cell_at(i));
        leaves_review(e->leaves, w, i);
    }
    send_world(e, w, true);
}

size_t emit_snapshot_reply(struct emit *e, const struct world *w, const uint32_t *cells,
                           uint32_t cells_n, uint8_t *out, size_t cap)
{
    uint32_t n = cells_n != 0 ? cells_n : WORLD_CELLS, any;
    slices_clear(&e->slices);
    for (uint32_t i = 0; i < n && e->slices.n < e->slices.max; i++) {
        uint32_t cell = cells_n != 0 ? cells[i] : frame_cell_at(i);
        if (cells_n == 0 && world_cell_entities(w, cell, &any, 1) == 0)
            continue;
        size_t from = e->slices.blob.len;
        frame_snapshot(e->frame, w, cell, &e->slices.blob);
        if (!slices_end(&e->slices, from, cell))
            break;
    }
    Startrader__V1__WorldBundle m;
    fill_world_bundle(e, w, true, e->snapshot_seq, &m);
    struct st_buf to;
    st_buf_init_fixed(&to, out, cap);
    st_wire_pack(&m.base, &to);
    st_assert(!to.overflow);
    return to.len;
}

/* ---- private events ---------------------------------------------------------------------------
 */

static void event_add(struct emit *e, uint32_t pilot, uint8_t kind, const void *what)
{
    if (pilot >= e->pilots_max || e->events_n == EMIT_EVENTS_MAX)
        return;
    uint32_t at = e->events_n++;
    e->events[at] = (struct event){ROW_NONE, kind, what};
    if (e->first[pilot] == ROW_NONE)
        e->first[pilot] = at;
    else
        e->events[e->last[pilot]].next = at;
    e->last[pilot] = at;
}

static void events_collect(struct emit *e, const struct world *w)
{
    const struct world_note *notes;
    const struct world_hard *hards;
    e->events_n = 0;
    uint32_t n = world_notes(w, &notes);
    for (uint32_t i = 0; i < n; i++)
        event_add(e, notes[i].pilot, EVENT_NOTE, &notes[i]);
    n = world_hards(w, &hards);
    for (uint32_t i = 0; i < n; i++) {
        if (hards[i].kind != WORLD_HARD_DESTROYED)
            continue;
        if (hards[i].player != 0)
            event_add(e, world_pilot_find(w, hards[i].player), EVENT_DESTROYED, &hards[i]);
        if (hards[i].killer_player != 0)
            event_add(e, world_pilot_find(w, hards[i].killer_player), EVENT_KILL, &hards[i]);
    }
    for (uint32_t i = 0; i < e->booked_n; i++)
        event_add(e, e->booked[i].pilot, EVENT_BOOKED, &e->booked[i]);
}

static void put_event(const struct world *w, const struct world_own *own, const struct event *ev,
                      struct st_buf *out)
{
    const struct booked *b = ev->what;
    switch (ev->kind) {
    case EVENT_NOTE:
        frame_note(w, own, ev->what, out);
        break;
    case EVENT_DESTROYED:
        frame_destroyed(ev->what, out);
        break;
    case EVENT_KILL:
        frame_kill(ev->what, out);
        break;
    default:
        frame_booked(world_tick(w), b->credits, b->balance, b->kind, out);
        break;
    }
}

/* Chains that no session took are dropped with the tick. */
static void events_clear(struct emit *e, const struct world *w)
{
    uint32_t n = ST_MIN(world_pilots(w), e->pilots_max);
    if (e->events_n > 0)
        memset(e->first, 0xff, n * sizeof(uint32_t));
    e->booked_n = 0;
}

/* ---- own bundles ------------------------------------------------------------------------------
 */

static void send_own(struct emit *e, const struct world *w, struct gateway *g)
{
    struct slices *s = &e->slices;
    Startrader__V1__OwnBundle m = STARTRADER__V1__OWN_BUNDLE__INIT;
    m.shard = e->shard;
    m.world_epoch = e->epoch;
    m.tick = world_tick(w);
    m.seq = e->own_seq;
    m.n_sid = m.n_cell = m.n_phase = m.n_off = m.n_len = s->n;
    m.sid = s->key;
    m.cell = s->cell;
    m.phase = s->phase;
    m.off = s->off;
    m.len = s->len;
    m.blob.data = s->blob.data;
    m.blob.len = s->blob.len;
    m.n_fenced = g->fenced_n;
    m.fenced = g->fenced;
    m.n_unknown = g->unknown_n;
    m.unknown = g->unknown;
    e->stats->own_bytes += (uint32_t)s->blob.len;
    send_message(e, EMIT_OWN, g->name, &m.base);
    g->fenced_n = g->unknown_n = 0;
    slices_clear(s);
}

/* Who flies is told its exact state when an input was applied, when something happened to it, and
 * when others need a record of its ship; between these its client predicts it to the bit. */
static bool own_is_due(const struct emit *e, const struct world *w, const struct session *at,
                       uint32_t pilot, const struct world_own *own)
{
    uint32_t since = world_tick(w) - at->told_tick;
    if (at->due || e->all_due || e->first[pilot] != ROW_NONE || world_own_changed(w, pilot))
        return true;
    if (own->phase == WORLD_PHASE_DOCKING)
        return true;
    if (own->phase != WORLD_PHASE_FLYING)
        return since >= EMIT_OWN_TICKS;
    return since >= EMIT_OWN_FLYING_TICKS || own->seq_tick == world_tick(w) ||
           window_has(e->window, w, own->id);
}

static bool put_own(struct emit *e, const struct world *w, const struct session *at, uint32_t pilot,
                    const struct world_own *own, bool station_silent)
{
    struct slices *s = &e->slices;
    size_t from = s->blob.len;
    frame_own(w, own, station_silent, at->slack_ms, &s->blob);
    for (uint32_t i = e->first[pilot]; i != ROW_NONE; i = e->events[i].next)
        put_event(w, own, &e->events[i], &s->blob);
    if (!slices_end(s, from, at->sid))
        return false;
    s->cell[s->n - 1] = at->cell;
    s->phase[s->n - 1] = own->phase;
    return true;
}

static void emit_session(struct emit *e, const struct world *w, struct sessions *s,
                         struct gateway *g, uint32_t pilot, bool station_silent)
{
    struct session *at = sessions_at(s, pilot);
    struct world_own own;
    bool known = world_own_get(w, pilot, &own);
    st_assert(known);
    bool ship = own.phase == WORLD_PHASE_FLYING || own.phase == WORLD_PHASE_DOCKING;
    uint32_t cell = ship ? frame_cell(own.flight.x, own.flight.y) : frame_cell(own.x, own.y);
    if (cell == at->cell && !own_is_due(e, w, at, pilot, &own))
        return;
    at->cell = cell;
    if (!put_own(e, w, at, pilot, &own, station_silent)) {
        send_own(e, w, g);
        if (!put_own(e, w, at, pilot, &own, station_silent))
            e->stats->dropped++;
    }
    at->due = false;
    at->told_tick = world_tick(w);
}

static void emit_own(struct emit *e, const struct world *w, struct sessions *s, bool station_silent)
{
    bool counted = false;
    e->all_due = station_silent != e->station_silent;
    e->station_silent = station_silent;
    for (uint32_t i = 0; i < GATEWAYS_MAX; i++) {
        struct gateway *g = sessions_gateway_at(s, i);
        if (g->pilots_n == 0 && g->fenced_n == 0 && g->unknown_n == 0)
            continue;
        e->own_seq += counted ? 0 : 1;
        counted = true;
        slices_clear(&e->slices);
        for (uint32_t k = 0; k < g->pilots_n; k++)
            emit_session(e, w, s, g, g->pilots[k], station_silent);
        send_own(e, w, g);
    }
}

static void emit_marker(struct emit *e, const struct world *w)
{
    uint8_t density[FRAME_DENSITY_MAX];
    struct st_buf out;
    st_buf_init_fixed(&out, density, sizeof(density));
    if (world_tick(w) % EMIT_DENSITY_TICKS == 0)
        frame_density(e->frame, w, &out);
    st_assert(!out.overflow);
    Startrader__V1__TickMarker m = STARTRADER__V1__TICK_MARKER__INIT;
    m.shard = e->shard;
    m.world_epoch = e->epoch;
    m.tick = world_tick(w);
    m.delta_seq = e->delta_seq;
    m.snapshot_seq = e->snapshot_seq;
    m.dilation_pm = e->dilation_pm;
    m.ships = world_ships(w) + world_npcs(w);
    m.own_seq = e->own_seq;
    m.config_revision = e->config_revision;
    m.density.data = density;
    m.density.len = out.len;
    send_message(e, EMIT_TICK, "", &m.base);
}

void emit_tick(struct emit *e, const struct world *w, struct sessions *s, bool station_silent,
               struct emit_stats *stats)
{
    *stats = (struct emit_stats){0};
    e->stats = stats;
    events_collect(e, w);
    emit_deltas(e, w);
    emit_snapshots(e, w);
    emit_own(e, w, s, station_silent);
    emit_marker(e, w);
    events_clear(e, w);
    ring_wake(e->out);
}
