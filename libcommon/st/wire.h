/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing and unpacking of generated messages: size cap first, then an arena with a byte cap, so
 * that hostile bytes cost at most 10x their size + 4 KiB. The only file that sees protobuf-c's
 * runtime besides generated code.
 */
#ifndef ST_WIRE_H
#define ST_WIRE_H

#include <st/arena.h>
#include <st/base.h>
#include <st/buf.h>
#include <protobuf-c/protobuf-c.h>

/*
 * Decodes data into the arena (which owns the result until it is reset). NULL if data is longer
 * than max, malformed, nested deeper than 8, or the arena is too small. Strings must be valid
 * UTF-8.
 */
void *st_wire_unpack(const ProtobufCMessageDescriptor *type, const void *data, size_t len,
                     size_t max, struct st_arena *arena);
/* Appends the encoded message; check out->overflow. */
void st_wire_pack(const ProtobufCMessage *msg, struct st_buf *out);
size_t st_wire_size(const ProtobufCMessage *msg);
/* Bytes an arena needs so that any message of max bytes that may be accepted fits: 10 * max +
 * 4,096. */
static inline size_t st_wire_arena_size(size_t max)
{
    return 10 * max + 4096;
}

/* Field of a hand-written message: tag = (field << 3) | wire type. */
static inline void st_wire_put_tag(struct st_buf *b, uint32_t field, uint32_t wire_type)
{
    st_buf_put_varint(b, ((uint64_t)field << 3) | wire_type);
}

#endif
