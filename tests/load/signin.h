/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs pilots in over HTTP, blocking, on a few threads before the run; each from its own source
 * address. Also fetches the world configuration. Knows nothing of the game.
 */
#ifndef LOAD_SIGNIN_H
#define LOAD_SIGNIN_H

#include <st/ticket.h>

#include "options.h"

struct account {
    uint64_t player;
    char ticket[ST_TICKET_TEXT_MAX];
    int status; /* of HTTP; 0 = no answer */
};

/* 127.x.y.z of pilot i, in host byte order. */
uint32_t signin_address(uint32_t i);
/* Fills accounts[0, n); with o->ctl those who fight get a fighter. Returns how many failed. */
uint32_t signin_all(const struct options *o, struct account *accounts, uint32_t n);
/* GET path; body in out (at most cap). Returns the body's length, -1 on failure. */
long signin_get(const struct options *o, const char *path, uint8_t *out, size_t cap);

#endif
