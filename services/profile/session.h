/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked about players who are in: renew, confirm, logout, kick, hydrate, names, record.
 * Loop thread. Must never know SQL, Redis or protobuf.
 */
#ifndef PROFILE_SESSION_H
#define PROFILE_SESSION_H

#include "request.h"

/* A newer ticket; goes without the database when that does not answer at once. */
void session_renew(struct request *r);
void session_confirm(struct request *r);
void session_logout(struct request *r);
void session_kick(struct request *r);
void session_hydrate(struct request *r);
void session_names(struct request *r);
/* The profile as hydrated, and the newest fights. */
void session_record(struct request *r);

#endif
