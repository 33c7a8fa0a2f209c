/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash map from 64-bit keys to 64-bit values with a fixed maximum; memory is taken at init.
 * One thread at a time. For text keys use st_hash64 and keep the text in the value's object.
 */
#ifndef ST_MAP_H
#define ST_MAP_H

#include <st/base.h>

struct st_map;

struct st_map *st_map_new(uint32_t entries_max);
void st_map_free(struct st_map **m);
/* Sets or replaces; ST_EFULL at the maximum. */
int st_map_set(struct st_map *m, uint64_t key, uint64_t value) ST_MUST_CHECK;
bool st_map_get(const struct st_map *m, uint64_t key, uint64_t *value);
bool st_map_remove(struct st_map *m, uint64_t key);
uint32_t st_map_count(const struct st_map *m);
void st_map_clear(struct st_map *m);
/* Iterates in no order; start with *cursor = 0; false at the end. No change meanwhile. */
bool st_map_next(const struct st_map *m, uint32_t *cursor, uint64_t *key, uint64_t *value);

#endif
