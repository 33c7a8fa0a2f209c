/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One WebSocket: its descriptor, the messages that arrive (wslay parses, the only file that sees
 * it), the bytes that could not be sent yet. Enforces what a message may look like and how often
 * control frames may come. Data plane's thread; must never know what a message means.
 */
#ifndef GATEWAY_CONN_H
#define GATEWAY_CONN_H

#include "bucket.h"
#include "gateway.h"

#include <sys/types.h>

struct wslay_frame_context;

struct conn {
    int fd;
    bool eof, in_frame, final, in_message, closing, write_closed;
    bool dry;       /* the last receive took all that there was */
    uint8_t opcode; /* of the frame that is being read */
    uint8_t control_len, fragments;
    uint16_t message_len;
    uint64_t frame_left;
    struct wslay_frame_context *ws;
    uint64_t heard_ms; /* anything at all */
    /* What the kernel did not take: the rest of one frame, then control frames and a close. */
    uint8_t *rest;
    uint32_t rest_len, rest_at, rest_cap;
    uint64_t stalled_ms; /* since when; a trickle does not count as progress; 0 = nothing waits */
    uint32_t early_len, early_at;
    uint8_t *early; /* bytes that came with the handshake */
    /* The message that is being read, on the stack of conn_read; between two calls only what is
     * unfinished, on the heap. */
    uint8_t *message, *control, *unfinished;
    uint64_t sent_bytes;
    struct bucket controls;
};

enum conn_state {
    CONN_OPEN,
    CONN_VIOLATION, /* close with *code */
    CONN_ENDED,     /* the peer sent its close frame */
    CONN_GONE,      /* end of stream or an error */
};

/* A complete binary message; false = read no further. */
typedef bool conn_message_fn(void *ctx, const uint8_t *data, size_t len);

/* Takes fd; early bytes are copied. */
void conn_init(struct conn *c, int fd, const void *early, size_t early_len, uint64_t now_ms);
/* Closes the descriptor. */
void conn_fini(struct conn *c);

/* Reads what is there, at most a fair share; code is set for CONN_VIOLATION. */
enum conn_state conn_read(struct conn *c, uint64_t now_ms, conn_message_fn *fn, void *ctx,
                          uint16_t *code);
/* There are bytes that came with the handshake and were not read yet. */
bool conn_has_early(const struct conn *c);

/* A frame is unfinished: nothing but control frames may be sent. */
bool conn_busy(const struct conn *c);
/* Sends whole frames; the unsent rest is kept. ST_ECLOSED: the socket is broken; ST_EFULL: more
 * than the backlog would wait. */
int conn_send(struct conn *c, const void *data, size_t len, uint64_t now_ms) ST_MUST_CHECK;
/* The same of frames that were sent otherwise: `sent` bytes of them, or -errno. */
int conn_sent(struct conn *c, const void *data, size_t len, ssize_t sent,
              uint64_t now_ms) ST_MUST_CHECK;
/* Sends more of the rest. */
int conn_flush(struct conn *c) ST_MUST_CHECK;
/* Ping; as conn_send. */
int conn_ping(struct conn *c, uint64_t now_ms) ST_MUST_CHECK;
/* Sends a close frame (code 0: none) and ends the sending side once all is sent. What still arrives
 * is thrown away by conn_discard. */
void conn_close(struct conn *c, uint16_t code, const char *reason, uint64_t now_ms);
/* True when the peer has closed its side too. */
bool conn_discard(struct conn *c);

#endif
