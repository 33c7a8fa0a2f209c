/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded queue of records of any length from one thread to one other, without locks: this is how
 * the tick thread is fed and drained. Memory is taken at init. A full ring refuses; the producer's
 * policy decides. Knows nothing of what it carries.
 */
#ifndef SIMULATION_RING_H
#define SIMULATION_RING_H

#include <st/base.h>

struct ring;

/* size is rounded up to a power of two; a record may have at most half of it. */
struct ring *ring_new(size_t size);
void ring_free(struct ring **r);

/* Producer: room for at most max bytes, 8 byte aligned, or NULL when the ring is full. Only the
 * last reservation can be committed. */
void *ring_reserve(struct ring *r, size_t max);
/* Producer: the record is complete with len bytes. The consumer sleeps on until ring_wake. */
void ring_commit(struct ring *r, size_t len);
void ring_wake(struct ring *r);

/* Consumer: the oldest record, lent until ring_release; NULL when there is none. */
const void *ring_peek(struct ring *r, size_t *len);
void ring_release(struct ring *r);
/* Consumer: readable while woken; ring_drained resets it before the records are taken. */
int ring_fd(const struct ring *r);
void ring_drained(struct ring *r);
/* Consumer: waits for a wake, at most timeout_ms. */
void ring_wait(struct ring *r, int timeout_ms);

/* Bytes in use. Any thread. */
size_t ring_used(const struct ring *r);

#endif
