/* SPDX-License-Identifier: Apache-2.0 */
#include "put.h"

#include <string.h>

#include <st/assert.h>

enum { WIRE_VARINT = 0, WIRE_LEN = 2, WIRE_FIXED32 = 5 };

static void put_tag(struct st_buf *b, uint32_t field, uint32_t type)
{
    st_assert(field > 0);
    st_buf_put_varint(b, (uint64_t)field << 3 | type);
}

void put_uint(struct st_buf *b, uint32_t field, uint64_t v)
{
    if (v == 0)
        return;
    put_tag(b, field, WIRE_VARINT);
    st_buf_put_varint(b, v);
}

void put_sint(struct st_buf *b, uint32_t field, int64_t v)
{
    put_uint(b, field, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

void put_fixed32(struct st_buf *b, uint32_t field, uint32_t v)
{
    if (v == 0)
        return;
    put_tag(b, field, WIRE_FIXED32);
    st_buf_put_u32le(b, v);
}

void put_text(struct st_buf *b, uint32_t field, const char *text)
{
    size_t len = strlen(text);
    if (len == 0)
        return;
    put_tag(b, field, WIRE_LEN);
    st_buf_put_varint(b, len);
    st_buf_put(b, text, len);
}

size_t put_open(struct st_buf *b, uint32_t field)
{
    put_tag(b, field, WIRE_LEN);
    st_buf_put_u8(b, 0); /* room for the usual, short length */
    return b->len;
}

void put_close(struct st_buf *b, size_t opened)
{
    if (b->overflow)
        return;
    st_assert(opened > 0 && opened <= b->len);
    size_t len = b->len - opened;
    uint8_t varint[10];
    size_t n = 0;
    for (size_t v = len; n == 0 || v > 0; v >>= 7)
        varint[n++] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
    if (n > 1 && st_buf_reserve(b, n - 1) == NULL)
        return;
    if (n > 1)
        memmove(b->data + opened + n - 1, b->data + opened, len);
    memcpy(b->data + opened - 1, varint, n);
}
