/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes. The first walks the bytes with the descriptor and decides: well-formed, not nested
 * too deep (protobuf-c recurses without a limit), text valid and free of NULs (protobuf-c cuts
 * there). The second is protobuf-c's own, on an arena. Its tables of scanned members are large and
 * short-lived, so blocks from 1 KiB on are remembered and used again after they are freed.
 */
#include <st/wire.h>

#include <st/assert.h>
#include <st/rng.h>

#include <string.h>

enum { DEPTH_MAX = 8, BIG_BLOCK = 1024, BIG_BLOCKS_MAX = 32 };

enum wire_type { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

struct cursor {
    const uint8_t *at, *end;
};

static bool take_varint(struct cursor *c, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (c->at == c->end)
            return false;
        uint8_t byte = *c->at++;
        if (shift == 63 && byte > 1)
            return false;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = v;
            return true;
        }
    }
    return false;
}

static bool skip(struct cursor *c, uint64_t n)
{
    if (n > (uint64_t)(c->end - c->at))
        return false;
    c->at += n;
    return true;
}

static bool check(const ProtobufCMessageDescriptor *type, struct cursor c, unsigned depth);

static bool check_bytes(const ProtobufCFieldDescriptor *field, struct cursor *c, unsigned depth)
{
    uint64_t len;
    if (!take_varint(c, &len))
        return false;
    const uint8_t *data = c->at;
    if (!skip(c, len))
        return false;
    if (field && field->type == PROTOBUF_C_TYPE_STRING)
        return st_utf8_valid(data, len) && !memchr(data, 0, len);
    if (field && field->type == PROTOBUF_C_TYPE_MESSAGE)
        return check(field->descriptor, (struct cursor){data, data + len}, depth + 1);
    return true;
}

static bool check(const ProtobufCMessageDescriptor *type, struct cursor c, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return false;
    while (c.at < c.end) {
        uint64_t tag, ignored;
        bool good = false;
        if (!take_varint(&c, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
            return false;
        switch (tag & 7) {
        case VARINT:
            good = take_varint(&c, &ignored);
            break;
        case FIXED64:
            good = skip(&c, 8);
            break;
        case FIXED32:
            good = skip(&c, 4);
            break;
        case BYTES:
            good = check_bytes(protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3)),
                               &c, depth);
            break;
        default: /* groups and what does not exist */
            break;
        }
        if (!good)
            return false;
    }
    return true;
}

struct big_block {
    void *mem;
    size_t size;
    bool used;
};

struct unpack_memory {
    struct st_arena *arena;
    struct big_block big[BIG_BLOCKS_MAX];
    size_t count;
};

static void *unpack_alloc(void *ctx, size_t size)
{
    struct unpack_memory *m = ctx;
    if (size < BIG_BLOCK)
        return st_arena_alloc(m->arena, size);
    for (size_t i = 0; i < m->count; i++) {
        if (!m->big[i].used && m->big[i].size >= size) {
            m->big[i].used = true;
            return m->big[i].mem;
        }
    }
    void *mem = st_arena_alloc(m->arena, size);
    if (mem && m->count < BIG_BLOCKS_MAX)
        m->big[m->count++] = (struct big_block){mem, size, true};
    return mem;
}

static void unpack_free(void *ctx, void *mem)
{
    struct unpack_memory *m = ctx;
    for (size_t i = 0; i < m->count; i++)
        if (m->big[i].mem == mem)
            m->big[i].used = false;
}

void *st_wire_unpack(const ProtobufCMessageDescriptor *type, const void *data, size_t len,
                     size_t max, struct st_arena *arena)
{
    st_assert(type && (data || len == 0) && arena);
    const uint8_t *bytes = data;
    if (len > max || !check(type, (struct cursor){bytes, bytes + len}, 1))
        return NULL;
    struct unpack_memory memory = {.arena = arena};
    ProtobufCAllocator allocator = {unpack_alloc, unpack_free, &memory};
    return protobuf_c_message_unpack(type, &allocator, len, bytes);
}

void st_wire_pack(const ProtobufCMessage *msg, struct st_buf *out)
{
    st_assert(msg && out);
    size_t size = protobuf_c_message_get_packed_size(msg);
    uint8_t *at = st_buf_reserve(out, size);
    if (at && size > 0)
        protobuf_c_message_pack(msg, at);
}

size_t st_wire_size(const ProtobufCMessage *msg)
{
    st_assert(msg);
    return protobuf_c_message_get_packed_size(msg);
}
