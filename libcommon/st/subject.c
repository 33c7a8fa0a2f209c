/* SPDX-License-Identifier: Apache-2.0 */
#include <st/subject.h>

#include <st/assert.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void ST_PRINTF(2, 3) put(char *out, const char *fmt, ...)
{
    st_assert(out);
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(out, ST_SUBJECT_MAX, fmt, args);
    va_end(args);
    st_assert(n > 0 && n < ST_SUBJECT_MAX);
}

void st_subject_world(char *out, const char *system, uint32_t shard, const char *leaf)
{
    put(out, "world.%s.s%" PRIu32 ".%s", system, shard, leaf);
}

void st_subject_world_all(char *out, const char *system)
{
    put(out, "world.%s.>", system);
}

void st_subject_own(char *out, const char *system, const char *gateway)
{
    put(out, "own.%s.%s", system, gateway);
}

void st_subject_in(char *out, const char *system, uint32_t shard)
{
    put(out, "in.%s.s%" PRIu32, system, shard);
}

void st_subject_req_shard(char *out, const char *system, uint32_t shard, const char *verb)
{
    put(out, "req.%s.s%" PRIu32 ".%s", system, shard, verb);
}

void st_subject_event(char *out, const char *system, uint32_t shard, const char *kind)
{
    put(out, "ev.%s.s%" PRIu32 ".%s", system, shard, kind);
}

void st_subject_events_all(char *out, const char *system)
{
    put(out, "ev.%s.>", system);
}

void st_subject_baton(char *out, const char *system, uint32_t shard)
{
    put(out, "baton.%s.s%" PRIu32, system, shard);
}

void st_subject_econ(char *out, const char *topic, uint64_t id)
{
    put(out, "ev.econ.%s.%" PRIu64, topic, id);
}

void st_subject_session(char *out, uint64_t player)
{
    put(out, "sess.%" PRIu64, player);
}

void st_subject_chat(char *out, const char *system, uint32_t zone)
{
    if (zone == 0 || zone == ST_CHAT_ALL)
        put(out, "chat.%s.%s", system, zone == 0 ? "local" : "*");
    else
        put(out, "chat.%s.%" PRIu32, system, zone);
}

void st_subject_req_profile(char *out, const char *verb)
{
    put(out, ST_REQ_PROFILE, verb);
}

void st_subject_req_econ(char *out, const char *verb)
{
    put(out, ST_REQ_ECON, verb);
}

enum { DAY_S = 24 * 3600 };
#define GIB ((int64_t)1 << 30)

const struct st_stream_spec st_streams[] = {
    {.name = "EVENTS",
     .subjects = {"ev.%s.>"},
     .max_age_s = 7 * DAY_S,
     .max_bytes = GIB,
     .discard_new = true,
     .duplicate_window_s = 120},
    {.name = "BATON",
     .subjects = {"baton.>"},
     .max_age_s = DAY_S,
     .max_bytes = GIB / 2,
     .discard_new = true,
     .duplicate_window_s = 120},
    {.name = "ECON",
     .subjects = {"ev.econ.trade.*", "ev.econ.player.*"},
     .max_age_s = 7 * DAY_S,
     .max_bytes = GIB / 2,
     .discard_new = false,
     .duplicate_window_s = 120},
};
const size_t st_streams_count = ST_ARRAY_LEN(st_streams);

const struct st_durable_spec st_durables[] = {
    {.stream = "EVENTS",
     .name = "economy-events",
     .filter = "ev.%s.>",
     .ack_wait_ms = 2000,
     .max_ack_pending = 1024},
    {.stream = "EVENTS",
     .name = "profile-events",
     .filter = "ev.%s.>",
     .ack_wait_ms = 2000,
     .max_ack_pending = 1024},
    {.stream = "BATON",
     .name = "sim-s%u",
     .filter = "baton.%s.s%u",
     .per_shard = true,
     .ack_wait_ms = 2000,
     .max_ack_pending = 1024},
    {.stream = "ECON",
     .name = "profile-econ",
     .filter = "ev.econ.player.*",
     .ack_wait_ms = 2000,
     .max_ack_pending = 1024},
};
const size_t st_durables_count = ST_ARRAY_LEN(st_durables);
