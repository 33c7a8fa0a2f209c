/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of the services and the data plane: requests of the loop's modules are kept until the
 * test answers them, their orders are kept until the test looks. One thread.
 */
#ifndef GATEWAY_TEST_FAKE_H
#define GATEWAY_TEST_FAKE_H

#include <call.h>
#include <plane.h>

enum { FAKE_MAX = 64, FAKE_BYTES = 2048 };

struct fake_ask {
    char subject[64];
    uint8_t data[FAKE_BYTES];
    size_t len;
    call_fn *done;
    void *ctx;
    uint64_t key;
};

struct fake_order {
    enum plane_order_kind kind;
    uint32_t sid, code, cell, world_epoch, last_seq;
    size_t len;
    uint8_t data[FAKE_BYTES];
};

extern struct fake_ask fake_asks[FAKE_MAX];
extern uint32_t fake_asks_n;
extern struct fake_order fake_orders[FAKE_MAX];
extern uint32_t fake_orders_n;
/* When set, called for each request instead of keeping it. */
extern void (*fake_on_ask)(const struct fake_ask *ask);

void fake_reset(void);
/* Takes the oldest request of that subject; false if there is none. */
bool fake_take(const char *subject, struct fake_ask *out);
/* Runs the loop for so long. */
void fake_run(struct st_loop *loop, uint32_t ms);

#endif
