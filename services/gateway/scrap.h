/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that wait for a client's next frame: chains of equal blocks from one pool, so that nothing
 * is allocated while frames flow. Owns the blocks. One thread; must never know what the bytes say.
 */
#ifndef GATEWAY_SCRAP_H
#define GATEWAY_SCRAP_H

#include <st/buf.h>

enum { SCRAP_BYTES = 500 };

struct scraps;

/* A chain; all zero is an empty one. */
struct scrap {
    uint32_t first, last; /* blocks */
    uint32_t len;         /* bytes */
};

struct scraps *scraps_new(uint32_t blocks_max);
void scraps_free(struct scraps **s);

/* Appends; ST_EFULL: more than max bytes would wait, or no block is left, and the chain is as it
 * was. */
int scrap_put(struct scraps *s, struct scrap *chain, const void *data, size_t len,
              uint32_t max) ST_MUST_CHECK;
/* Appends the chain's bytes to a buffer. */
void scrap_copy(const struct scraps *s, const struct scrap *chain, struct st_buf *out);
/* Gives the blocks back. */
void scrap_clear(struct scraps *s, struct scrap *chain);
/* Blocks in use. */
uint32_t scraps_count(const struct scraps *s);

#endif
