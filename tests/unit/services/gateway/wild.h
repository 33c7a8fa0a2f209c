/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small wild world for the model of a client: ships that change, cross cells and leaves, die and
 * come back, and what slices say of them. Its state is open to the test; single thread.
 */
#ifndef GATEWAY_TEST_WILD_H
#define GATEWAY_TEST_WILD_H

#include <startrader/v1/client.pb-c.h>

#include <stdbool.h>
#include <stdint.h>

enum {
    CORNER = 250 + 512 * 250, /* of the world */
    SIDE = 9,
    CELLS = SIDE * SIDE,
    SHIPS = 48,
    HISTORY = 256,
    LEAVES = 5,       /* of the 64, so that ships share them */
    ALL = LEAVES + 1, /* in place of a part: the whole cell */
    MOVED = STARTRADER__V1__GONE_REASON__GONE_REASON_MOVED,
    DESTROYED = STARTRADER__V1__GONE_REASON__GONE_REASON_DESTROYED,
};

struct ship {
    bool alive;
    uint32_t cell, version; /* version: of its motion */
    uint32_t changed, entered;
    uint32_t leaf, settled; /* settled: when it came there */
};

/* A CellDelta and its columns. */
struct columns {
    uint32_t id[SHIPS], pos[SHIPS], zero[SHIPS], enter[SHIPS], gone[SHIPS], reason[SHIPS];
    Startrader__V1__CellDelta d;
};

extern uint32_t now; /* tick */
extern struct ship ship[SHIPS], history[HISTORY][SHIPS];
extern bool crowd[CELLS]; /* told in leaves */

void wild_init(uint32_t seed);
/* Everybody's tick `now`, and its place in the history. */
void wild_step(void);
/* Splits or joins a cell, by chance. */
void wild_split(uint32_t index);
uint32_t below(uint32_t n);
uint32_t cell_at(uint32_t index);
uint32_t index_of(uint32_t cell);
/* What has changed over a window of ticks (0: the snapshot) in a part of a cell: ALL, 0 = who
 * enters and is gone, else what else happened in a leaf. False: nothing. */
bool columns_of(struct columns *c, uint32_t cell, uint32_t window, uint32_t part);

#endif
