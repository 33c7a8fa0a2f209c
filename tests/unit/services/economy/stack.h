/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real nats-server with JetStream and without users, in a folder of its own; the daemon and the
 * tool as processes against it. All die with the test.
 */
#ifndef STACK_H
#define STACK_H

#include <st/base.h>

struct nats_server {
    char dir[64];
    char url[64];
    int pid;
};

void nats_server_start(struct nats_server *n);
void nats_server_stop(struct nats_server *n);

/* Starts the daemon; the process id. */
int stack_economy(const char *nats_url, const char *postgres_url);
/* Runs startraderctl to its end; its exit status. */
int stack_ctl(const char *nats_url, const char *postgres_url, char *const *args);

#endif
