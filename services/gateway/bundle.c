/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"

#include <st/err.h>

#include <string.h>

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };
enum { CELLS = 512 * 512 };
enum {
    FRAME_OWN = 4,
    FRAME_DENSITY = 15,
    OWN_ACK_SEQ = 2,
    OWN_X = 6,
    OWN_Y = 7,
    OWN_COMBAT_UNTIL = 22
}; /* ServerFrame, OwnState */

struct field {
    uint32_t number;
    enum wire wire;
    uint64_t value;
    struct st_slice bytes;
};

static bool get_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t b;
        if (*at == end)
            return false;
        b = *(*at)++;
        if (shift < 64)
            v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) {
            *value = v;
            return true;
        }
    }
    return false;
}

static bool get_fixed(const uint8_t **at, const uint8_t *end, unsigned size, uint64_t *value)
{
    if ((size_t)(end - *at) < size)
        return false;
    *value = 0;
    for (unsigned i = 0; i < size; i++)
        *value |= (uint64_t)(*at)[i] << (8 * i);
    *at += size;
    return true;
}

static bool get_field(const uint8_t **at, const uint8_t *end, struct field *f)
{
    uint64_t tag;
    if (!get_varint(at, end, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
        return false;
    f->number = (uint32_t)(tag >> 3);
    f->wire = (enum wire)(tag & 7);
    f->value = 0;
    switch (f->wire) {
    case VARINT:
        return get_varint(at, end, &f->value);
    case FIXED64:
        return get_fixed(at, end, 8, &f->value);
    case FIXED32:
        return get_fixed(at, end, 4, &f->value);
    case BYTES:
        if (!get_varint(at, end, &f->value) || f->value > (size_t)(end - *at))
            return false;
        f->bytes = (struct st_slice){*at, (size_t)f->value};
        *at += f->value;
        return true;
    }
    return false;
}

static bool set_column(struct bundle_column *c, const struct field *f)
{
    const uint8_t *at = f->bytes.data, *end = at + f->bytes.len;
    if (f->wire != BYTES || c->at)
        return false;
    c->at = at;
    c->end = end;
    while (at < end) {
        uint64_t v;
        if (!get_varint(&at, end, &v) || v > UINT32_MAX)
            return false;
        c->count++;
    }
    return true;
}

bool bundle_next(struct bundle_column *c, uint32_t *value)
{
    uint64_t v;
    if (c->at == c->end || !get_varint(&c->at, c->end, &v))
        return false;
    *value = (uint32_t)v;
    return true;
}

static bool slices_ok(struct bundle_column cell, struct bundle_column off, struct bundle_column len,
                      size_t blob)
{
    uint32_t c, o, l;
    if (cell.count != off.count || off.count != len.count)
        return false;
    while (bundle_next(&cell, &c) && bundle_next(&off, &o) && bundle_next(&len, &l))
        if (c >= CELLS || o > blob || l > blob - o)
            return false;
    return true;
}

static bool set_u32(uint32_t *out, const struct field *f)
{
    if (f->wire != VARINT || f->value > UINT32_MAX)
        return false;
    *out = (uint32_t)f->value;
    return true;
}

static bool set_bytes(struct st_slice *out, const struct field *f)
{
    *out = f->bytes;
    return f->wire == BYTES;
}

static bool world_field(struct world_bundle *b, const struct field *f)
{
    switch (f->number) {
    case 1:
        return set_u32(&b->shard, f);
    case 2:
        return set_u32(&b->world_epoch, f);
    case 3:
        return set_u32(&b->tick, f);
    case 4:
        return set_u32(&b->seq, f);
    case 5:
        return set_u32(&b->kind, f);
    case 6:
        return set_column(&b->cell, f);
    case 7:
        return set_column(&b->off, f);
    case 8:
        return set_column(&b->len, f);
    case 9:
        return set_bytes(&b->blob, f);
    case 10:
        return set_column(&b->window, f);
    case 11:
        return set_column(&b->part, f);
    default:
        return true;
    }
}

int bundle_read_world(struct world_bundle *out, const void *data, size_t len)
{
    const uint8_t *at = data, *end = at + len;
    struct field f;
    memset(out, 0, sizeof *out);
    while (at < end)
        if (!get_field(&at, end, &f) || !world_field(out, &f))
            return ST_EPROTO;
    if ((out->window.count != 0 && out->window.count != out->cell.count) ||
        (out->part.count != 0 && out->part.count != out->cell.count))
        return ST_EPROTO;
    return slices_ok(out->cell, out->off, out->len, out->blob.len) ? ST_OK : ST_EPROTO;
}

static bool own_field(struct own_bundle *b, const struct field *f)
{
    switch (f->number) {
    case 1:
        return set_u32(&b->shard, f);
    case 2:
        return set_u32(&b->world_epoch, f);
    case 3:
        return set_u32(&b->tick, f);
    case 4:
        return set_u32(&b->seq, f);
    case 5:
        return set_column(&b->sid, f);
    case 6:
        return set_column(&b->cell, f);
    case 7:
        return set_column(&b->phase, f);
    case 8:
        return set_column(&b->off, f);
    case 9:
        return set_column(&b->len, f);
    case 10:
        return set_bytes(&b->blob, f);
    case 11:
        return set_column(&b->fenced, f);
    case 12:
        return set_column(&b->unknown, f);
    default:
        return true;
    }
}

int bundle_read_own(struct own_bundle *out, const void *data, size_t len)
{
    const uint8_t *at = data, *end = at + len;
    struct field f;
    memset(out, 0, sizeof *out);
    while (at < end)
        if (!get_field(&at, end, &f) || !own_field(out, &f))
            return ST_EPROTO;
    if (out->sid.count != out->cell.count || out->sid.count != out->phase.count)
        return ST_EPROTO;
    return slices_ok(out->cell, out->off, out->len, out->blob.len) ? ST_OK : ST_EPROTO;
}

/* One whole field of ServerFrame, of that number, or nothing. */
static bool density_ok(struct st_slice bytes)
{
    struct st_slice rest = bytes, whole;
    uint32_t field;
    return bytes.len == 0 ||
           (bytes.len <= BUNDLE_DENSITY_MAX && bundle_field(&rest, &field, &whole) &&
            field == FRAME_DENSITY && rest.len == 0 && bundle_content(whole).data != NULL);
}

static bool marker_field(struct tick_marker *m, const struct field *f)
{
    switch (f->number) {
    case 1:
        return set_u32(&m->shard, f);
    case 2:
        return set_u32(&m->world_epoch, f);
    case 3:
        return set_u32(&m->tick, f);
    case 4:
        return set_u32(&m->delta_seq, f);
    case 5:
        return set_u32(&m->snapshot_seq, f);
    case 6:
        return set_u32(&m->dilation_pm, f);
    case 7:
        return set_u32(&m->ships, f);
    case 8:
        return set_u32(&m->own_seq, f);
    case 9:
        m->config_revision = f->value;
        return f->wire == FIXED64;
    case 10:
        return set_bytes(&m->density, f) && density_ok(m->density);
    default:
        return true;
    }
}

int bundle_read_marker(struct tick_marker *out, const void *data, size_t len)
{
    const uint8_t *at = data, *end = at + len;
    struct field f;
    memset(out, 0, sizeof *out);
    while (at < end)
        if (!get_field(&at, end, &f) || !marker_field(out, &f))
            return ST_EPROTO;
    return ST_OK;
}

bool bundle_field(struct st_slice *rest, uint32_t *field, struct st_slice *whole)
{
    const uint8_t *at = rest->data, *begin = at;
    struct field f;
    if (rest->len == 0 || !get_field(&at, begin + rest->len, &f))
        return false;
    *field = f.number;
    *whole = (struct st_slice){begin, (size_t)(at - begin)};
    rest->data = at;
    rest->len -= whole->len;
    return true;
}

uint64_t bundle_varint(struct st_slice message, uint32_t field)
{
    const uint8_t *at = message.data, *end = at + message.len;
    struct field f;
    uint64_t value = 0;
    while (at < end && get_field(&at, end, &f))
        if (f.number == field && f.wire == VARINT)
            value = f.value;
    return value;
}

struct st_slice bundle_content(struct st_slice whole)
{
    const uint8_t *at = whole.data;
    struct field f;
    if (whole.len == 0 || !get_field(&at, at + whole.len, &f) || f.wire != BYTES)
        return (struct st_slice){NULL, 0};
    return f.bytes;
}

bool bundle_own(struct own_facts *out, struct st_slice slice)
{
    const uint8_t *at, *end;
    uint32_t field;
    struct st_slice content;
    struct field f = {0};
    *out = (struct own_facts){.events = slice};
    if (!bundle_field(&out->events, &field, &out->own) || field != FRAME_OWN)
        return false;
    content = bundle_content(out->own);
    at = content.data;
    end = at + content.len;
    while (at < end && f.number < OWN_COMBAT_UNTIL && get_field(&at, end, &f)) {
        if (f.number == OWN_ACK_SEQ)
            out->ack_seq = (uint32_t)f.value;
        else if (f.number == OWN_X)
            out->x = (int32_t)(uint32_t)f.value;
        else if (f.number == OWN_Y)
            out->y = (int32_t)(uint32_t)f.value;
        else if (f.number == OWN_COMBAT_UNTIL)
            out->combat_until = (uint32_t)f.value;
    }
    return true;
}
