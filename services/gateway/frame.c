/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <st/assert.h>

#include <string.h>

enum { FIN = 0x80, LEN_16 = 126, LEN_64 = 127, HEADER_USUAL = 4 };

size_t frame_header(uint8_t out[FRAME_HEADER_MAX], enum frame_opcode opcode, size_t len)
{
    out[0] = (uint8_t)(FIN | (unsigned)opcode);
    if (len < LEN_16) {
        out[1] = (uint8_t)len;
        return 2;
    }
    if (len <= UINT16_MAX) {
        out[1] = LEN_16;
        out[2] = (uint8_t)(len >> 8);
        out[3] = (uint8_t)len;
        return 4;
    }
    out[1] = LEN_64;
    for (int i = 0; i < 8; i++)
        out[2 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
    return FRAME_HEADER_MAX;
}

void frame_put(struct st_buf *out, enum frame_opcode opcode, const void *data, size_t len)
{
    uint8_t header[FRAME_HEADER_MAX];
    st_buf_put(out, header, frame_header(header, opcode, len));
    st_buf_put(out, data, len);
}

void frame_put_close(struct st_buf *out, uint16_t code, const char *reason)
{
    uint8_t body[2 + FRAME_REASON_MAX];
    size_t len = reason ? strlen(reason) : 0;
    if (len > FRAME_REASON_MAX) {
        len = FRAME_REASON_MAX;
        while (len > 0 && ((uint8_t)reason[len] & 0xc0) == 0x80)
            len--;
    }
    body[0] = (uint8_t)(code >> 8);
    body[1] = (uint8_t)code;
    if (len > 0)
        memcpy(body + 2, reason, len);
    frame_put(out, FRAME_CLOSE, body, len + 2);
}

size_t frame_begin(struct st_buf *out)
{
    (void)st_buf_reserve(out, HEADER_USUAL);
    return out->len;
}

/* Most frames have between 126 and 65,535 bytes; the others are moved. */
void frame_end(struct st_buf *out, size_t mark)
{
    uint8_t header[FRAME_HEADER_MAX];
    size_t len, need;
    if (out->overflow)
        return;
    st_assert(mark >= HEADER_USUAL && out->len >= mark);
    len = out->len - mark;
    need = frame_header(header, FRAME_BINARY, len);
    if (need > HEADER_USUAL && !st_buf_reserve(out, need - HEADER_USUAL))
        return;
    if (need != HEADER_USUAL)
        memmove(out->data + mark - HEADER_USUAL + need, out->data + mark, len);
    memcpy(out->data + mark - HEADER_USUAL, header, need);
    out->len = mark - HEADER_USUAL + need + len;
}

void frame_abort(struct st_buf *out, size_t mark)
{
    st_assert(mark >= HEADER_USUAL);
    out->len = mark - HEADER_USUAL;
}
