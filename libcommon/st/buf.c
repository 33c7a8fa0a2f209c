/* SPDX-License-Identifier: Apache-2.0 */
#include <st/buf.h>

#include <st/alloc.h>
#include <st/assert.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_CAP = 64 };

void st_buf_init_fixed(struct st_buf *b, void *mem, size_t cap)
{
    st_assert(b && (mem || cap == 0));
    *b = (struct st_buf){.data = mem, .cap = cap, .max = cap};
}

void st_buf_init(struct st_buf *b, size_t max)
{
    st_assert(b && max > 0);
    *b = (struct st_buf){.max = max, .owned = true};
}

void st_buf_fini(struct st_buf *b)
{
    st_assert(b);
    if (b->owned)
        st_free(b->data);
    *b = (struct st_buf){0};
}

void st_buf_clear(struct st_buf *b)
{
    st_assert(b);
    b->len = 0;
    b->overflow = false;
}

uint8_t *st_buf_reserve(struct st_buf *b, size_t n)
{
    st_assert(b);
    if (b->overflow || n > b->max - b->len) {
        b->overflow = true;
        return NULL;
    }
    if (n > b->cap - b->len) {
        size_t cap = ST_MAX(b->cap, (size_t)FIRST_CAP);
        while (cap < b->len + n)
            cap *= 2;
        b->cap = ST_MIN(cap, b->max);
        b->data = st_realloc(b->data, b->cap);
    }
    uint8_t *at = b->data ? b->data + b->len : NULL;
    b->len += n;
    return at;
}

void st_buf_put(struct st_buf *b, const void *data, size_t len)
{
    st_assert(data || len == 0);
    uint8_t *at = st_buf_reserve(b, len);
    if (at && len > 0)
        memcpy(at, data, len);
}

void st_buf_put_u8(struct st_buf *b, uint8_t v)
{
    st_buf_put(b, &v, 1);
}

static void put_le(struct st_buf *b, uint64_t v, size_t n)
{
    uint8_t *at = st_buf_reserve(b, n);
    for (size_t i = 0; at && i < n; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

void st_buf_put_u16le(struct st_buf *b, uint16_t v)
{
    put_le(b, v, 2);
}

void st_buf_put_u32le(struct st_buf *b, uint32_t v)
{
    put_le(b, v, 4);
}

void st_buf_put_u64le(struct st_buf *b, uint64_t v)
{
    put_le(b, v, 8);
}

void st_buf_put_varint(struct st_buf *b, uint64_t v)
{
    uint8_t text[10];
    size_t n = 0;
    do {
        text[n++] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
        v >>= 7;
    } while (v > 0);
    st_buf_put(b, text, n);
}

void st_buf_put_str(struct st_buf *b, const char *s)
{
    st_assert(s);
    st_buf_put(b, s, strlen(s));
}

void st_buf_printf(struct st_buf *b, const char *fmt, ...)
{
    char small[256];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof(small), fmt, args);
    st_assert(n >= 0);
    if ((size_t)n < sizeof(small)) {
        st_buf_put(b, small, (size_t)n);
    } else {
        /* vsnprintf writes a NUL behind the text: reserve it and give it back. */
        uint8_t *at = st_buf_reserve(b, (size_t)n + 1);
        if (at) {
            vsnprintf((char *)at, (size_t)n + 1, fmt, again);
            b->len--;
        }
    }
    va_end(again);
    va_end(args);
}

const char *st_buf_cstr(struct st_buf *b)
{
    uint8_t *at = st_buf_reserve(b, 1);
    if (!at)
        return "";
    *at = 0;
    b->len--;
    return (const char *)b->data;
}
