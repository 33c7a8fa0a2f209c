/* SPDX-License-Identifier: Apache-2.0 */
#include "turn_stat.h"

#include <stdio.h>

#include <st/assert.h>

#include "wire_event.h"

static const char *const verdicts[TURN_VERDICTS] = {
    [WORLD_OK] = "ok",     [WORLD_STALE] = "stale",         [WORLD_UNKNOWN] = "unknown",
    [WORLD_FULL] = "full", [WORLD_FENCED] = "fenced",       [WORLD_REPLAYED] = "replayed",
    [WORLD_JUMP] = "jump", [WORLD_MALFORMED] = "malformed",
};

static const char *const batons[] = {
    [0] = "none",
    [WORLD_BATON_APPEAR] = "appear",
    [WORLD_BATON_LEAVE] = "leave",
    [WORLD_BATON_STAY] = "stay",
};

static const double byte_bounds[] = {256,    1024,   4096,   16384,   65536,
                                     131072, 262144, 524288, 1048576, 4194304};

static void init_counters(struct turn_stat *s)
{
    char label[64];
    for (int v = 0; v < TURN_VERDICTS; v++) {
        snprintf(label, sizeof(label), "result=\"%s\"", verdicts[v]);
        s->inputs[v] = st_counter("startrader_inputs_total", label, "Inputs by result");
        s->binds[v] = st_counter("startrader_binds_total", label, "Binds by result");
        for (int k = 0; k <= WORLD_BATON_STAY; k++) {
            snprintf(label, sizeof(label), "kind=\"%s\",result=\"%s\"", batons[k], verdicts[v]);
            s->batons[k][v] =
                st_counter("startrader_batons_total", label, "Batons by kind and result");
        }
    }
    for (uint8_t k = WORLD_HARD_DOCKED; k < TURN_HARDS; k++) {
        snprintf(label, sizeof(label), "kind=\"%s\"", event_kind_name(k));
        s->hards[k] = st_counter("startrader_events_total", label, "Hard events by kind");
    }
    s->dropped = st_counter("startrader_world_messages_total", "result=\"no_room\"",
                            "Messages of the world stream by result");
}

static struct st_histogram *bytes_of(const char *kind)
{
    char label[64];
    snprintf(label, sizeof(label), "kind=\"%s\"", kind);
    return st_histogram("startrader_bundle_bytes", label, "Bytes of slices per tick, by kind",
                        byte_bounds, ST_ARRAY_LEN(byte_bounds));
}

void turn_stat_init(struct turn_stat *s)
{
    init_counters(s);
    s->input_applied = st_histogram("startrader_input_applied_seconds", NULL,
                                    "From the arrival of an input to the end of its tick",
                                    st_latency_bounds, st_latency_bounds_count);
    s->delta_bytes = bytes_of("delta");
    s->snapshot_bytes = bytes_of("snapshot");
    s->own_bytes = bytes_of("own");
    s->epoch = st_gauge("startrader_world_epoch", NULL, "Epoch of the shard");
    s->tick = st_gauge("startrader_tick", NULL, "Number of the last tick");
    s->ships = st_gauge("startrader_ships", "kind=\"pilot\"", "Ships in space");
    s->npcs = st_gauge("startrader_ships", "kind=\"npc\"", "Ships in space");
    s->sessions = st_gauge("startrader_sessions", NULL, "Sessions bound");
    s->events = st_gauge("startrader_event_ring", NULL, "Hard events that wait for their answer");
    s->events_oldest = st_gauge("startrader_event_oldest_seconds", NULL,
                                "How long the oldest hard event has been waiting");
    s->events_stuck = st_gauge("startrader_event_stuck", NULL,
                               "Hard events without an answer though later ones have theirs");
}

void turn_stat_input(struct turn_stat *s, enum world_verdict v)
{
    st_counter_add(s->inputs[v], 1);
}

void turn_stat_malformed(struct turn_stat *s, uint32_t n)
{
    if (n > 0)
        st_counter_add(s->inputs[WORLD_MALFORMED], n);
}

void turn_stat_bind(struct turn_stat *s, enum world_verdict v)
{
    st_counter_add(s->binds[v], 1);
}

void turn_stat_baton(struct turn_stat *s, uint8_t kind, enum world_verdict v)
{
    st_assert(kind <= WORLD_BATON_STAY);
    st_counter_add(s->batons[kind][v], 1);
}

void turn_stat_hard(struct turn_stat *s, uint8_t kind)
{
    st_assert(kind < TURN_HARDS && s->hards[kind] != NULL);
    st_counter_add(s->hards[kind], 1);
}

void turn_stat_tick(struct turn_stat *s, const struct world *w, uint32_t sessions,
                    const struct emit_stats *e)
{
    st_gauge_set(s->tick, world_tick(w));
    st_gauge_set(s->ships, world_ships(w));
    st_gauge_set(s->npcs, world_npcs(w));
    st_gauge_set(s->sessions, sessions);
    st_histogram_observe(s->delta_bytes, e->delta_bytes);
    st_histogram_observe(s->snapshot_bytes, e->snapshot_bytes);
    st_histogram_observe(s->own_bytes, e->own_bytes);
    if (e->dropped > 0)
        st_counter_add(s->dropped, e->dropped);
}
