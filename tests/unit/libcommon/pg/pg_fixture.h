/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real Postgres for tests: its own folder and port; may be killed, frozen and started again. Dies
 * with the test. Run as root it becomes the system's user `postgres`, as the server demands.
 */
#ifndef PG_FIXTURE_H
#define PG_FIXTURE_H

#include <st/base.h>

struct pg_fixture {
    char dir[64];
    char url[128]; /* superuser, database `test` */
    uint16_t port;
    int pid;
};

/* Asserts that the server answers. */
void pg_fixture_start(struct pg_fixture *f);
/* SIGKILL to the postmaster; its children follow it. */
void pg_fixture_kill(struct pg_fixture *f);
void pg_fixture_again(struct pg_fixture *f);
/* The url of another role of the same database. */
void pg_fixture_url(const struct pg_fixture *f, const char *role, char *out, size_t cap);
/* Runs all SQL files of a folder in order. */
void pg_fixture_migrate(const struct pg_fixture *f, const char *folder);
void pg_fixture_stop(struct pg_fixture *f);

#endif
