/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways in: each begins with a request that was decoded and ends with its answer. Loop thread.
 * Must never know SQL, Redis or protobuf.
 *
 *   login     limits -> account -> password (a decoy if there is none) -> provision, if the economy
 *             has not -> sign in -> profile
 *   register  limits -> password -> new player and account -> provision -> sign in -> profile
 *   guest     limits -> new player -> provision -> sign in -> profile
 *   claim     limits -> password -> account for the guest -> sign in -> profile
 *   refresh   limits -> exchange the secret -> profile
 */
#ifndef PROFILE_LOGIN_H
#define PROFILE_LOGIN_H

#include "request.h"

void login_login(struct request *r);
void login_register(struct request *r);
void login_guest(struct request *r);
void login_claim(struct request *r);
void login_refresh(struct request *r);

/* Base64url of 32 bytes, as answered; ST_EINVAL for anything else. */
int login_secret_hash(uint8_t hash[ST_SECRET_HASH_LEN], const char *text, size_t len) ST_MUST_CHECK;

#endif
