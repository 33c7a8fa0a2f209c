/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every daemon is: settings, log, loop, signals, readiness, internal listener with /livez
 * /readyz /metrics. Main thread = loop thread. A daemon never exits because something it needs is
 * absent; it waits, says so, and is not ready.
 */
#ifndef ST_DAEMON_H
#define ST_DAEMON_H

#include <st/base.h>
#include <st/bus.h>
#include <st/conf.h>
#include <st/http.h>
#include <st/loop.h>

struct st_daemon;

struct st_daemon_spec {
    const char *kind;  /* "gateway": program startrader-gateway, default NATS user, default instance
                          gateway-1 */
    const char *about; /* one line for --help */
    const struct st_conf_item *settings; /* besides the common ones */
    size_t settings_count;
    const struct st_http_route
        *routes; /* of the internal listener, besides the common ones; ctx = the daemon's ctx */
    size_t routes_count;
    /* Opens everything; non-zero = the reason was logged, exit 1. Sets *ctx. Must not wait for
     * anything. */
    int (*start)(struct st_daemon *d, void **ctx);
    /* SIGTERM or SIGINT, 100 ms after queue groups were left: begin to end; call st_daemon_stopped
     * when done. After 5 s the process exits anyway. */
    void (*stop)(void *ctx);
    /* After the loop has ended and the bus is quiet: stop threads, free everything. */
    void (*fini)(void *ctx);
    /* Validates settings beyond types for --check-config; writes lines to errors; may be NULL. */
    bool (*check)(const struct st_conf *conf, FILE *errors);
};

/* Returns the exit status for main. */
int st_daemon_main(int argc, char **argv, const struct st_daemon_spec *spec);

struct st_loop *st_daemon_loop(struct st_daemon *d);
const struct st_conf *st_daemon_conf(const struct st_daemon *d);
const char *st_daemon_instance(const struct st_daemon *d);
const char *st_daemon_system(const struct st_daemon *d);
/* Opens a bus connection with the daemon's settings; readiness "bus" (all of its connections up, no
 * permission error, all durables as they should be) is kept by the daemon; extra callbacks may be
 * NULL. The daemon closes it: after st_daemon_stopped no callback comes and publishing fails, the
 * memory stays until `fini` has returned. */
int st_daemon_bus(struct st_daemon *d, enum st_bus_role role, void (*on_state)(void *ctx, bool up),
                  void *ctx, struct st_bus **out) ST_MUST_CHECK;
/* Readiness of a named dependency; reason is shown while not ready. Loop thread. Unknown names are
 * added, not ready first. */
void st_daemon_ready(struct st_daemon *d, const char *dependency, bool ready, const char *reason);
bool st_daemon_is_ready(const struct st_daemon *d);
bool st_daemon_stopping(const struct st_daemon *d);
void st_daemon_stopped(struct st_daemon *d);

#endif
