/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The opening handshake of RFC 6455, server's side: tokens of list headers, the key and its answer.
 * Pure; any thread. Knows no socket and no HTTP library.
 */
#ifndef ST_WEBSOCKET_H
#define ST_WEBSOCKET_H

#include <st/base.h>

enum { ST_WEBSOCKET_ACCEPT_LEN = 28 };

/* `list` (may be NULL) holds `token` as one of its comma-separated members, case-insensitively. */
bool st_websocket_has_token(const char *list, const char *token);
/* 16 bytes in base64: 24 characters. */
bool st_websocket_key_valid(const char *key);
/* Sec-WebSocket-Accept for a valid key; NUL-terminated. */
void st_websocket_accept(char out[ST_WEBSOCKET_ACCEPT_LEN + 1], const char *key);

#endif
