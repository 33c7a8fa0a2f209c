/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hand-made bundles, markers and client frames for the gateway's tests, and the reading of what it
 * sends. Knows only the schemas.
 */
#ifndef GATEWAY_TEST_WORLD_H
#define GATEWAY_TEST_WORLD_H

#include <stdatomic.h>
#include <st/buf.h>
#include <st/bus.h>
#include <startrader/v1/client.pb-c.h>
#include <startrader/v1/world.pb-c.h>

enum { WORLD_SLICES_MAX = 64 };

struct test_slice {
    uint32_t cell;
    uint32_t id;     /* an entity in it; 0 = none */
    uint32_t gone;   /* an entity that left; 0 = none */
    uint32_t pad;    /* bytes of further content */
    uint32_t window; /* ticks that it covers; 0 = 1 */
    uint32_t shot;   /* a shot; 0 = none */
};

/* Messages made and not yet freed. */
extern atomic_int world_messages;
/* Called with what the gateway publishes, on its thread; may be NULL. */
extern void (*world_on_publish)(const char *subject, const void *data, size_t len);

/* A message as the bus gives it, on the heap; subject leaf as in world.sol-1.s0.<leaf>. */
struct st_bus_msg *world_message(const char *leaf, const void *data, size_t len);
/* kind: delta or snapshot. */
struct st_buf world_bundle(bool snapshot, uint32_t epoch, uint32_t tick, uint32_t seq,
                           const struct test_slice *slices, size_t count);
struct st_buf world_marker(uint32_t epoch, uint32_t tick, uint32_t delta_seq, uint32_t snapshot_seq,
                           uint32_t own_seq);
/* The same with bytes in place of its density. */
struct st_buf world_marker_density(uint32_t epoch, uint32_t tick, const void *bytes, size_t len);
/* One own section (ack_seq = ack), with one private event of that tick if event. */
struct st_buf own_bundle_of(uint32_t epoch, uint32_t tick, uint32_t seq, uint32_t sid,
                            uint32_t cell, uint32_t phase, uint32_t ack, bool event);

/* A masked frame of a client. */
void client_frame(struct st_buf *out, uint8_t first, const void *data, size_t len);
/* ClientFrame messages, encoded. */
struct st_buf client_hello(const char *ticket, uint32_t last_seq);
struct st_buf client_input(uint32_t seq, uint32_t count);

/* Next whole frame of the server in data: its opcode, or -1; *used = its bytes. */
int server_frame(const uint8_t *data, size_t len, struct st_slice *payload, size_t *used);

#endif
