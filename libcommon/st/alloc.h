/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heap memory with a seal: after st_alloc_seal() an allocation outside of a cold section is a bug.
 * Any thread. Out of memory aborts: sizes are fixed at boot, so running out later is not
 * survivable.
 */
#ifndef ST_ALLOC_H
#define ST_ALLOC_H

#include <st/base.h>

/* Zeroed memory, never NULL. Free with st_free. */
void *st_alloc(size_t size);
void *st_alloc_array(size_t count, size_t size);
/* As realloc; new bytes are not zeroed. */
void *st_realloc(void *ptr, size_t size);
char *st_strdup(const char *s);
void st_free(void *ptr);

/* From now on allocation asserts unless the calling thread is inside a cold section. */
void st_alloc_seal(void);
void st_alloc_unseal(void);
/* Cold sections nest; they are per thread. */
void st_alloc_cold_begin(void);
void st_alloc_cold_end(void);
/* Bytes asked for and not yet freed, and the number of calls, over all threads. */
void st_alloc_stats(size_t *bytes, uint64_t *calls);

#endif
