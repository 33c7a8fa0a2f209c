/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed number of equal slots with generation numbers: an id of a freed slot never finds its
 * successor. One thread at a time; memory is taken once at init.
 */
#ifndef ST_POOL_H
#define ST_POOL_H

#include <st/base.h>

struct st_pool;

struct st_pool *st_pool_new(size_t slot_size, uint32_t slots_max);
void st_pool_free(struct st_pool **p);
/* Zeroed slot and its id (never 0), or NULL when full. */
void *st_pool_get(struct st_pool *p, uint32_t *id);
/* The slot of a live id, else NULL. */
void *st_pool_find(const struct st_pool *p, uint32_t id);
void st_pool_put(struct st_pool *p, uint32_t id);
uint32_t st_pool_count(const struct st_pool *p);
/* Iterates: start with *cursor = 0; NULL at the end. The current slot may be put meanwhile. */
void *st_pool_next(const struct st_pool *p, uint32_t *cursor, uint32_t *id);

#endif
