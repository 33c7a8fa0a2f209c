/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole data plane with its thread, over socket pairs: the test is the loop (it answers notes),
 * the simulation (it hands in bundles) and the clients.
 */
#ifndef GATEWAY_TEST_PLANE_RIG_H
#define GATEWAY_TEST_PLANE_RIG_H

#include "test_world.h"

#include <frame.h>
#include <plane.h>

#include <pthread.h>

enum {
    HOME = 256 + 512 * 256,
    WAIT_MS = 5000,
    DEADLINE_MS = 400,
    FLYING = 1,
    DOCKED = 3,
    NOTES_MAX = 256,
    TEXT_MAX = 512,
};

struct seen_note {
    enum loop_note_kind kind;
    uint32_t sid, last_seq, world_epoch;
    size_t len;
    char data[TEXT_MAX];
};

struct plane_rig {
    struct st_loop *loop;
    pthread_t thread;
    struct plane *plane;
    pthread_mutex_t lock;
    struct seen_note note[NOTES_MAX];
    uint32_t notes, taken;
    uint32_t inputs, closed, batches, highest_seq;
    atomic_uint sockets_closed;
    uint32_t delta_seq, snapshot_seq, own_seq;
};
extern struct plane_rig rig;
/* Options of the next rig; 0 = the usual. */
extern uint32_t rig_stall_ms, rig_load_pm;

struct peer {
    int fd;
    uint32_t sid;
    uint8_t *in;
    size_t len;
    uint16_t close_code;
    char close_reason[128];
    bool ended;
    uint32_t frames, own, events, welcomes, pings;
    Startrader__V1__ServerFrame *last; /* NULL or the newest frame */
};

struct seen_note wait_note(enum loop_note_kind kind);
uint32_t counted(const uint32_t *value);
void rig_setup(void);
void rig_teardown(void);
void give(const char *leaf, struct st_buf b);
void give_tick(uint32_t epoch, uint32_t tick, const struct test_slice *slices, size_t count);
void give_own(uint32_t epoch, uint32_t tick, uint32_t sid, uint32_t ack);
/* Without an event. */
void give_own_plain(uint32_t tick, uint32_t sid, uint32_t phase, uint32_t ack);
void answer_snapshot(uint32_t epoch, uint32_t tick, const struct test_slice *s, size_t count);
void peer_open(struct peer *c);
void peer_close(struct peer *c);
void peer_send(struct peer *c, uint8_t first, const void *data, size_t len);
void peer_say(struct peer *c, struct st_buf message);
bool peer_hear(struct peer *c, int ms);
void peer_wait_close(struct peer *c, uint16_t code);
void order_enter(uint32_t sid, uint32_t epoch, uint32_t last_seq);
void peer_enter(struct peer *c, uint32_t epoch);

#endif
