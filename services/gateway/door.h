/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign-in over HTTP: JSON of clients to `req.profile.*` and back, problems for whatever goes wrong,
 * and the hydrate step for trusted callers. Owns the requests under way. Loop thread; must never
 * keep a password or a secret longer than a request, nor log one.
 */
#ifndef GATEWAY_DOOR_H
#define GATEWAY_DOOR_H

#include "call.h"

#include <st/http.h>

struct door;

/* operator_token must outlive the door. */
struct door *door_new(struct caller *caller, const char *operator_token);
void door_free(struct door **d);

/* One for each route. */
void door_register(struct door *d, struct st_http_request *take_req);
void door_login(struct door *d, struct st_http_request *take_req);
void door_guest(struct door *d, struct st_http_request *take_req);
void door_claim(struct door *d, struct st_http_request *take_req);
void door_refresh(struct door *d, struct st_http_request *take_req);
void door_logout(struct door *d, struct st_http_request *take_req);
void door_me(struct door *d, struct st_http_request *take_req);
/* POST /internal/login/hydrate/{player_id}; the operator's token is checked. */
void door_hydrate(struct door *d, struct st_http_request *take_req);

/* A problem document for a code that is not OK. */
void door_problem(struct st_http_request *take_req, Startrader__V1__Code code,
                  uint32_t retry_after_ms);

#endif
