/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's own state: its connections, its threads and the parts that run on the loop thread.
 * Only main and the parts named here see it; rules and store never do.
 *
 * Threads: the loop; writers (requests, one store each); the looker (requests that change nothing
 * and wait for no lock); the leader's thread (events, outbox, markets that live; its connection
 * holds the advisory lock); the reader (markets, checks).
 */
#ifndef ECONOMY_SERVICE_H
#define ECONOMY_SERVICE_H

#include <st/bus.h>
#include <st/daemon.h>
#include <st/stat.h>
#include <st/worker.h>

#include "catalog.h"
#include "store.h"

struct door;
struct leader;
struct watch;

struct service {
    struct st_daemon *daemon;
    struct st_loop *loop;
    struct st_bus *rpc, *js;
    struct catalog catalog;
    bool world_known; /* the catalog is loaded; nothing is served before */
    struct st_workers *writers, *looking, *leading, *reading;
    uint32_t writers_n, batch_max;
    struct door *door;
    struct leader *leader;
    struct watch *watch;
    struct st_timer *stopping;
};

/* The database answered, or did not (err as of a store's call). */
void service_database(struct service *s, int err);

/* --- door: requests --- */
struct door *door_new(struct service *s);
void door_free(struct door **d);
/* Refuses what comes from now on; door_idle tells when nothing is under way. */
void door_close(struct door *d);
bool door_idle(const struct door *d);
/* Answers a market request from fresh lines (called by watch). */
int door_subscribe(struct door *d) ST_MUST_CHECK;

/* --- leader: events, outbox, drift, folding, cleaning --- */
struct leader *leader_new(struct service *s);
void leader_free(struct leader **l);
/* Outbox rows may wait. */
void leader_poke(struct leader *l);
void leader_close(struct leader *l);
bool leader_idle(const struct leader *l);
bool leader_leads(const struct leader *l);

/* --- watch: the world's rows at start, markets, the check of the books --- */
struct watch *watch_new(struct service *s);
void watch_free(struct watch **w);
/* Takes a market request: answered when lines are at hand. */
void watch_market(struct watch *w, struct st_bus_msg *take_msg, uint32_t location);
void watch_close(struct watch *w);
bool watch_idle(const struct watch *w);

#endif
