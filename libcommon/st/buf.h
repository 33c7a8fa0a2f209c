/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte buffer with a hard maximum: appending past it sets a sticky `overflow` and writes nothing,
 * so that a long encoding is checked once at its end. One thread at a time.
 */
#ifndef ST_BUF_H
#define ST_BUF_H

#include <st/base.h>

struct st_buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max; /* == cap when the memory is the caller's */
    bool owned; /* grows on the heap up to max */
    bool overflow;
};

/* On the caller's memory, never grows. */
void st_buf_init_fixed(struct st_buf *b, void *mem, size_t cap);
/* On the heap, grows by doubling up to max bytes. */
void st_buf_init(struct st_buf *b, size_t max);
void st_buf_fini(struct st_buf *b);
void st_buf_clear(struct st_buf *b);

void st_buf_put(struct st_buf *b, const void *data, size_t len);
void st_buf_put_u8(struct st_buf *b, uint8_t v);
void st_buf_put_u16le(struct st_buf *b, uint16_t v);
void st_buf_put_u32le(struct st_buf *b, uint32_t v);
void st_buf_put_u64le(struct st_buf *b, uint64_t v);
/* Protocol buffers base-128 varint. */
void st_buf_put_varint(struct st_buf *b, uint64_t v);
void st_buf_put_str(struct st_buf *b, const char *s);
void st_buf_printf(struct st_buf *b, const char *fmt, ...) ST_PRINTF(2, 3);
/* Room for n bytes to be filled by the caller, or NULL on overflow. */
uint8_t *st_buf_reserve(struct st_buf *b, size_t n);
/* NUL-terminates without counting the NUL; "" on overflow. */
const char *st_buf_cstr(struct st_buf *b);

#endif
