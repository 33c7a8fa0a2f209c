/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by daemon.c (the life of the process) and daemon_page.c (readiness, metrics, their pages,
 * the service manager). Loop thread.
 */
#ifndef ST_DAEMON_PRIVATE_H
#define ST_DAEMON_PRIVATE_H

#include <st/daemon.h>

enum { DAEMON_DEPS_MAX = 24, DAEMON_BUSES_MAX = 8 };

struct daemon_dep {
    char name[32], reason[200];
    bool ready;
    uint64_t since_ms, said_ms;
    struct st_gauge *gauge;
};

struct st_daemon {
    const struct st_daemon_spec *spec;
    struct st_conf_item *items;
    size_t items_count;
    struct st_conf *conf;
    struct st_loop *loop;
    struct st_http *http;
    struct st_http_route *routes;
    void *ctx; /* the service's */
    int signal_fd;
    struct st_watch *signal_watch;
    struct st_timer *pulse, *deadline, *grace;
    uint64_t pulse_ns;
    bool stopping, stopped, was_ready;
    struct daemon_dep deps[DAEMON_DEPS_MAX];
    size_t deps_count;
    struct st_bus *buses[DAEMON_BUSES_MAX];
    enum st_bus_role roles[DAEMON_BUSES_MAX];
    size_t buses_count;
    uint64_t watchdog_ms, watchdog_said_ms;
};

/* The routes that every daemon has. */
extern const struct st_http_route daemon_routes[];
extern const size_t daemon_routes_count;
/* Their handlers get the service's ctx: the daemon of this process is set here. */
void daemon_page_init(struct st_daemon *d);
void daemon_page_fini(void);
/* Says again what is waited for; tells the service manager. */
void daemon_page_pulse(struct st_daemon *d, uint64_t now_ms);
/* A message to the service manager, if there is one. */
void daemon_notify(const char *text);

#endif
