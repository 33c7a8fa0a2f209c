/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket frames from server to client: unmasked, never fragmented, so a header is all there is
 * to write. Pure; any thread. Knows no socket.
 */
#ifndef GATEWAY_FRAME_H
#define GATEWAY_FRAME_H

#include <st/base.h>
#include <st/buf.h>

enum { FRAME_HEADER_MAX = 10, FRAME_REASON_MAX = 123 };
enum frame_opcode { FRAME_BINARY = 2, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };

/* Writes the header of a frame of `len` bytes; returns its length. */
size_t frame_header(uint8_t out[FRAME_HEADER_MAX], enum frame_opcode opcode, size_t len);
/* Appends a whole frame. */
void frame_put(struct st_buf *out, enum frame_opcode opcode, const void *data, size_t len);
/* Appends a close frame; the reason is cut at 123 bytes, at a character. */
void frame_put_close(struct st_buf *out, uint16_t code, const char *reason);

/* A binary frame whose length is known at its end: begin returns a mark for end. */
size_t frame_begin(struct st_buf *out);
void frame_end(struct st_buf *out, size_t mark);
/* Takes back everything since the mark. */
void frame_abort(struct st_buf *out, size_t mark);

#endif
