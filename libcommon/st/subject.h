/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every subject, stream and durable of the bus, in one place. Pure text; any thread.
 */
#ifndef ST_SUBJECT_H
#define ST_SUBJECT_H

#include <st/base.h>

enum { ST_SUBJECT_MAX = 128 };
#define ST_CHAT_ALL UINT32_MAX

/* Requests, answered by queue groups. */
#define ST_REQ_PROFILE       "req.profile.%s"
#define ST_REQ_ECON          "req.econ.%s"
#define ST_REQ_PROFILE_START "req.profile." /* what every subject of that service begins with */
#define ST_REQ_ECON_START    "req.econ."
#define ST_QUEUE_PROFILE     "profile"
#define ST_QUEUE_ECON        "economy"
#define ST_SESSIONS_ALL      "sess.*"
#define ST_TRADES_ALL        "ev.econ.trade.*"
#define ST_PLAYERS_CHANGED   "ev.econ.player.changed"

/* Formats with the system's name (sol-1) and the shard. out holds ST_SUBJECT_MAX. */
void st_subject_world(char *out, const char *system, uint32_t shard,
                      const char *leaf);                  /* delta snapshot tick */
void st_subject_world_all(char *out, const char *system); /* world.<system>.> */
void st_subject_own(char *out, const char *system, const char *gateway);
void st_subject_in(char *out, const char *system, uint32_t shard);
void st_subject_req_shard(char *out, const char *system, uint32_t shard,
                          const char *verb); /* bind snapshot config */
void st_subject_event(char *out, const char *system, uint32_t shard,
                      const char *kind);                   /* ev.<system>.s<n>.docked */
void st_subject_events_all(char *out, const char *system); /* ev.<system>.> */
void st_subject_baton(char *out, const char *system, uint32_t shard);
void st_subject_econ(char *out, const char *topic,
                     uint64_t location);             /* ev.econ.<trade|price>.<location> */
void st_subject_session(char *out, uint64_t player); /* sess.<player> */
/* chat.<system>.<zone>; zone 0: chat.<system>.local, ST_CHAT_ALL: chat.<system>.* */
void st_subject_chat(char *out, const char *system, uint32_t zone);
void st_subject_req_profile(char *out, const char *verb);
void st_subject_req_econ(char *out, const char *verb);

/* Streams and durables; `startraderctl migrate` makes them, daemons verify them. */
struct st_stream_spec {
    const char *name;
    const char *subjects[4]; /* %s = system */
    int64_t max_age_s;
    int64_t max_bytes;
    bool discard_new;
    int64_t duplicate_window_s;
};
struct st_durable_spec {
    const char *stream;
    const char *name;   /* %u = shard where per_shard */
    const char *filter; /* %s = system, %u = shard */
    bool per_shard;
    int64_t ack_wait_ms;
    int64_t max_ack_pending;
};
extern const struct st_stream_spec st_streams[];
extern const size_t st_streams_count;
extern const struct st_durable_spec st_durables[];
extern const size_t st_durables_count;

#endif
