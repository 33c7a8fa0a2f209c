/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A WebSocket client connection (RFC 6455) on a non-blocking socket with its own source address.
 * Owned by the main thread; never blocks. Knows nothing of the game.
 */
#ifndef LOAD_LINK_H
#define LOAD_LINK_H

#include "options.h"

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_UPGRADING, LINK_OPEN };
enum { LINK_RECV_MAX = 1 << 20, LINK_SEND_MAX = 16 * 1024 };

struct link {
    int fd;
    enum link_state state;
    uint8_t *in;
    size_t in_len, in_cap;
    uint8_t out[LINK_SEND_MAX];
    size_t out_len;
    uint32_t mask_state;
    uint16_t close_code; /* 1006 when none came */
    char close_reason[124];
    uint64_t bytes;
};

/* A complete binary message; lent. */
typedef void link_message_fn(void *ctx, const uint8_t *data, size_t len);

void link_init(struct link *l, uint32_t seed);
void link_fini(struct link *l);
/* Begins to connect; false when even that failed. */
bool link_dial(struct link *l, const struct options *o, uint32_t source);
void link_drop(struct link *l);
/* After an event of epoll; calls fn for each message. False: the link is gone (state LINK_DOWN). */
bool link_work(struct link *l, const struct options *o, link_message_fn *fn, void *ctx);
/* True if the frame was queued. */
bool link_send(struct link *l, const uint8_t *data, size_t len);
bool link_close(struct link *l, uint16_t code);
bool link_wants_write(const struct link *l);

#endif
