/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A redis-server of the test's own on a probed port of loopback, without persistence; it dies with
 * the test. Owns one child process. Test's thread only.
 */
#ifndef REDIS_SERVER_H
#define REDIS_SERVER_H

#include <st/base.h>
#include <sys/types.h>

struct redis_server {
    pid_t pid; /* 0 while it does not run */
    uint16_t port;
};

/* A port of 127.0.0.1 that nobody listens on. */
uint16_t redis_server_probe_port(void);
/* Starts on s->port and waits until it accepts; fails the test after 10 s. password may be NULL. */
void redis_server_start(struct redis_server *s, const char *password);
/* SIGKILL, and waits for its end. */
void redis_server_kill(struct redis_server *s);

#endif
