/* SPDX-License-Identifier: Apache-2.0 */
#include "scrap.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>

#include <string.h>

struct block {
    uint32_t next; /* index + 1; 0 = none */
    uint16_t len;
    uint8_t data[SCRAP_BYTES];
};

struct scraps {
    struct block *block;
    uint32_t max, fresh; /* blocks from `fresh` on were never used */
    uint32_t spare, spare_n;
};

struct scraps *scraps_new(uint32_t blocks_max)
{
    struct scraps *s = st_alloc(sizeof *s);
    st_assert(blocks_max > 0);
    s->block = st_alloc_array(blocks_max, sizeof *s->block);
    s->max = blocks_max;
    return s;
}

void scraps_free(struct scraps **out)
{
    struct scraps *s = *out;
    if (!s)
        return;
    st_assert(scraps_count(s) == 0);
    st_free(s->block);
    st_free(s);
    *out = NULL;
}

static struct block *at(const struct scraps *s, uint32_t id)
{
    st_assert(id > 0 && id <= s->max);
    return &s->block[id - 1];
}

static uint32_t take_block(struct scraps *s)
{
    uint32_t id = s->spare;
    if (id != 0) {
        s->spare = at(s, id)->next;
        s->spare_n--;
    } else {
        id = ++s->fresh;
    }
    at(s, id)->next = 0;
    at(s, id)->len = 0;
    return id;
}

int scrap_put(struct scraps *s, struct scrap *chain, const void *data, size_t len, uint32_t max)
{
    const uint8_t *from = data;
    size_t room = chain->last ? SCRAP_BYTES - (size_t)at(s, chain->last)->len : 0;
    size_t need = len > room ? (len - room + SCRAP_BYTES - 1) / SCRAP_BYTES : 0;
    if (len > max - chain->len || need > s->spare_n + (s->max - s->fresh))
        return ST_EFULL;
    chain->len += (uint32_t)len;
    while (len > 0) {
        struct block *b;
        size_t part;
        if (!chain->last || at(s, chain->last)->len == SCRAP_BYTES) {
            uint32_t id = take_block(s);
            if (chain->last)
                at(s, chain->last)->next = id;
            else
                chain->first = id;
            chain->last = id;
        }
        b = at(s, chain->last);
        part = ST_MIN(len, (size_t)(SCRAP_BYTES - b->len));
        memcpy(b->data + b->len, from, part);
        b->len = (uint16_t)(b->len + part);
        from += part;
        len -= part;
    }
    return ST_OK;
}

void scrap_copy(const struct scraps *s, const struct scrap *chain, struct st_buf *out)
{
    for (uint32_t id = chain->first; id != 0; id = at(s, id)->next)
        st_buf_put(out, at(s, id)->data, at(s, id)->len);
}

void scrap_clear(struct scraps *s, struct scrap *chain)
{
    while (chain->first != 0) {
        uint32_t id = chain->first;
        chain->first = at(s, id)->next;
        at(s, id)->next = s->spare;
        s->spare = id;
        s->spare_n++;
    }
    *chain = (struct scrap){0};
}

uint32_t scraps_count(const struct scraps *s)
{
    return s->fresh - s->spare_n;
}
