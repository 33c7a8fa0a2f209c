/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real nats-server for tests: its own folder, port, users and JetStream store; may be killed,
 * frozen and started again on the same port. Dies with the test.
 */
#ifndef NATS_FIXTURE_H
#define NATS_FIXTURE_H

#include <st/base.h>

struct nats_fixture {
    char dir[64];
    char url[64];
    uint16_t port;
    int pid;
};

/* Users "tester" (everything below t. and JetStream) and "guest" (may do nothing but its inbox),
 * password "secret". Asserts that the server answers. */
void nats_fixture_start(struct nats_fixture *f);
void nats_fixture_kill(struct nats_fixture *f);
void nats_fixture_again(struct nats_fixture *f);
void nats_fixture_freeze(struct nats_fixture *f, bool frozen);
void nats_fixture_stop(struct nats_fixture *f);

/* A TCP port of the loopback address that nobody listens on. */
uint16_t free_port(void);

#endif
