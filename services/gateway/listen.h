/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public listener: routes, security headers, the Origin allowlist, the static web client, and
 * the hand-over of upgraded sockets to the data plane. Loop thread.
 */
#ifndef GATEWAY_LISTEN_H
#define GATEWAY_LISTEN_H

#include "board.h"
#include "door.h"
#include "plane.h"

#include <st/conf.h>
#include <st/files.h>

struct listen;

/* ST_E... when the address cannot be bound or a setting cannot be used; the reason was logged. */
int listen_start(struct listen **out, struct st_loop *loop, const struct st_conf *conf,
                 struct door *door, struct board *board, struct plane *plane) ST_MUST_CHECK;
/* No new connections. */
void listen_quiesce(struct listen *l);
void listen_stop(struct listen **l);
/* Any thread: an upgraded socket of that address is gone. */
void listen_socket_closed(struct listen *l, const char *address);
uint16_t listen_port(const struct listen *l);

/* "http://a:8080,https://b": exact; "absent" allows requests without the header. */
bool listen_origin_ok(const char *allowed, const char *origin);

#endif
