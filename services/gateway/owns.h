/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newest own bundles, so that a client's own section is a slice of one and never copied. Owns
 * the messages: until nobody refers to them, at the latest until they are old; a section that is
 * gone by then has been replaced by a newer one. Data plane's thread; must never know clients.
 */
#ifndef GATEWAY_OWNS_H
#define GATEWAY_OWNS_H

#include <st/bus.h>

enum {
    OWNS_MAX = 64,   /* bundles, of several per tick */
    OWNS_TICKS = 24, /* more than the time between two sections of one who rests */
};

struct own_entry {
    struct st_bus_msg *msg; /* NULL = given back */
    uint32_t refs, tick;
};

struct owns {
    struct own_entry entry[OWNS_MAX];
    uint32_t next, oldest; /* numbers of bundles, from 1 */
};

void owns_init(struct owns *o);
void owns_fini(struct owns *o);
/* Takes a bundle with one reference; its number, never 0. The oldest goes when there are too many.
 */
uint32_t owns_add(struct owns *o, struct st_bus_msg *take_msg, uint32_t tick);
/* The bundle is still here. */
bool owns_has(const struct owns *o, uint32_t number);
/* One more that refers to a bundle that is here. */
void owns_ref(struct owns *o, uint32_t number);
/* One less; any number, also of a bundle that has gone. */
void owns_put(struct owns *o, uint32_t number);
/* Gives back what is older than OWNS_TICKS. */
void owns_age(struct owns *o, uint32_t tick);
/* Gives all of it back: another world. */
void owns_clear(struct owns *o);

#endif
