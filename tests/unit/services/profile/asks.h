/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the profile service in the words of a test: each asks, copies what matters out of the
 * answer and returns its code. One thread.
 */
#ifndef ASKS_H
#define ASKS_H

#include "stack.h"

enum { OK = 1, MALFORMED, UNAVAILABLE, BUSY, RATE_LIMITED, UNAUTHENTICATED, FENCED, NOT_FOUND };
enum { NAME_TAKEN = 9, NAME_INVALID, PASSWORD_WEAK, CONFLICT, EXPIRED };
enum { CACHE = 1, DATABASE = 2 };

/* The answer to the last sign-in or hydration. */
struct pilot {
    int code, source;
    uint32_t retry_after_ms;
    uint64_t player, epoch, expires_at;
    char ticket[256], secret[64], name[32];
    bool guest;
    uint32_t ship, kills, deaths;
    uint64_t credits, rev;
};

/* Client address of the following requests. */
extern const char *asks_from;

int ask_register(struct stack *s, struct pilot *p, const char *name, const char *password);
int ask_login(struct stack *s, struct pilot *p, const char *name, const char *password);
int ask_guest(struct stack *s, struct pilot *p);
int ask_claim(struct stack *s, struct pilot *p, const char *ticket, const char *name,
              const char *password);
int ask_refresh(struct stack *s, struct pilot *p, const char *secret);
int ask_logout(struct stack *s, const char *ticket);
int ask_renew(struct stack *s, const char *ticket, char out[256]);
int ask_confirm(struct stack *s, uint64_t player, uint64_t epoch, uint64_t *newest);
int ask_hydrate(struct stack *s, struct pilot *p, uint64_t player, uint64_t min_rev);
int ask_me(struct stack *s, struct pilot *p, const char *ticket);
int ask_kick(struct stack *s, uint64_t player, const char *reason);
/* Names of the players, "a,b," in the order of the answer. */
int ask_names(struct stack *s, const uint64_t *players, size_t count, char *out, size_t cap);

#endif
