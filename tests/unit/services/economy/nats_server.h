/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real nats-server with JetStream and without users, in a folder of its own. Dies with the test.
 */
#ifndef NATS_SERVER_H
#define NATS_SERVER_H

#include <st/base.h>

struct nats_server {
    char dir[64];
    char url[64];
    int pid;
};

void nats_server_start(struct nats_server *n);
void nats_server_stop(struct nats_server *n);

#endif
