/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte picks a schema that strangers may send; the rest is decoded under its caps. What
 * is accepted must fit the arena, hold valid text and survive packing again.
 */
#include <st/assert.h>
#include <st/rng.h>
#include <st/wire.h>

#include <startrader/v1/account.pb-c.h>
#include <startrader/v1/client.pb-c.h>
#include <startrader/v1/event.pb-c.h>
#include <startrader/v1/trade.pb-c.h>
#include <startrader/v1/world.pb-c.h>
#include <string.h>

enum { MAX = 4096 };

static const ProtobufCMessageDescriptor *const types[] = {
    &startrader__v1__client_frame__descriptor, &startrader__v1__login_request__descriptor,
    &startrader__v1__world_event__descriptor,  &startrader__v1__baton__descriptor,
    &startrader__v1__open_reply__descriptor,   &startrader__v1__server_frame__descriptor,
};

static void check_text(const ProtobufCMessage *m)
{
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        const uint8_t *at = (const uint8_t *)m + f->offset;
        if (f->type != PROTOBUF_C_TYPE_STRING || f->label == PROTOBUF_C_LABEL_REPEATED ||
            (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
            continue;
        const char *text = *(const char *const *)(const void *)at;
        st_assert(!text || st_utf8_valid(text, strlen(text)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t mem[10 * MAX + 4096], out[4 * MAX];
    struct st_arena arena;
    struct st_buf b;
    if (size < 1)
        return 0;
    const ProtobufCMessageDescriptor *type = types[data[0] % ST_ARRAY_LEN(types)];
    size_t len = size - 1;
    st_arena_init(&arena, mem, st_wire_arena_size(ST_MIN(len, (size_t)MAX)));
    const ProtobufCMessage *m = st_wire_unpack(type, data + 1, len, MAX, &arena);
    st_assert(arena.used <= arena.size);
    if (!m)
        return 0;
    st_assert(len <= MAX && m->descriptor == type);
    check_text(m);
    st_buf_init_fixed(&b, out, sizeof(out));
    st_wire_pack(m, &b);
    st_assert(b.overflow || b.len == st_wire_size(m));
    return 0;
}
