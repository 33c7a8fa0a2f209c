/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which connection of which gateway flies for which pilot. Owns the table of gateways and one entry
 * per pilot handle of the kernel; tick thread only; must never know of ships or cells. Who may bind
 * is the kernel's decision; here the winner is written down and the loser noted.
 */
#ifndef SIMULATION_SESSION_H
#define SIMULATION_SESSION_H

#include <st/base.h>

#include "intake.h"

enum {
    GATEWAYS_MAX = 64,
    GATEWAY_NOTICES_MAX = 1024, /* fenced or unknown sessions per gateway and tick */
    GATEWAY_SILENT_MS = 3000,   /* then its sessions are linkdead */
    GATEWAY_FORGET_MS = 60000,  /* then its place may be given to another */
};

struct session {
    uint32_t sid;   /* 0 = not bound */
    uint32_t index; /* in the gateway's list */
    uint16_t gateway;
    bool due;      /* its own state must go out with the next tick */
    uint32_t cell; /* last told */
    uint32_t told_tick;
    uint32_t slack_ms; /* how early its last input came before its tick; 0 = late */
};

struct gateway {
    char name[GATEWAY_NAME_MAX + 1]; /* "" = free place */
    uint64_t boot_id;                /* 0 = not known yet */
    uint64_t heard_ms;
    uint32_t pilots_n;
    uint32_t *pilots; /* handles of bound sessions, in no order */
    uint32_t fenced_n, unknown_n;
    uint32_t fenced[GATEWAY_NOTICES_MAX]; /* cleared when told */
    uint32_t unknown[GATEWAY_NOTICES_MAX];
};

struct sessions;

struct sessions *sessions_new(uint32_t pilots_max);
void sessions_free(struct sessions **s);
size_t sessions_size(uint32_t pilots_max);

/* The gateway of that name, heard now; a new one takes a free place. -1: no place. */
int sessions_gateway(struct sessions *s, const char *name, uint64_t now_ms);
struct gateway *sessions_gateway_at(struct sessions *s, uint32_t gateway);
struct session *sessions_at(struct sessions *s, uint32_t pilot);

#define SESSION_NONE 0xffffffffu
/* The pilot's session is this one from now on. A connection that held it before is noted as fenced
 * with its gateway. Returns the pilot that had this connection before, or SESSION_NONE: it has none
 * any more. */
uint32_t sessions_bind(struct sessions *s, uint32_t pilot, uint32_t gateway, uint32_t sid);
/* Pilot of a session, or SESSION_NONE. */
uint32_t sessions_find(const struct sessions *s, uint32_t gateway, uint32_t sid);
/* The pilot has no connection any more. */
void sessions_drop(struct sessions *s, uint32_t pilot);
/* A session that sent something but is not bound; told once per tick. */
void sessions_unknown(struct sessions *s, uint32_t gateway, uint32_t sid);
uint32_t sessions_count(const struct sessions *s);

/* The start of another process of that gateway: true when what was bound before is void. */
bool sessions_rebooted(struct sessions *s, uint32_t gateway, uint64_t boot_id);
/* The world stood still: nobody counts as silent for that time. */
void sessions_resume(struct sessions *s, uint64_t now_ms);
/* True when the gateway has sessions and was not heard for GATEWAY_SILENT_MS. */
bool sessions_silent(const struct sessions *s, uint32_t gateway, uint64_t now_ms);

#endif
