/* SPDX-License-Identifier: Apache-2.0 */
#include "test_world.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/wire.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_MAX = 1 << 20 };

struct test_msg {
    struct st_bus_msg pub;
    char subject[64];
    uint8_t data[];
};

atomic_int world_messages;

struct st_bus_msg *world_message(const char *leaf, const void *data, size_t len)
{
    struct test_msg *m = st_alloc(sizeof *m + len);
    if (strcmp(leaf, "own") == 0)
        snprintf(m->subject, sizeof m->subject, "own.sol-1.gateway-1");
    else
        snprintf(m->subject, sizeof m->subject, "world.sol-1.s0.%s", leaf);
    memcpy(m->data, data, len);
    m->pub = (struct st_bus_msg){.subject = m->subject, .data = m->data, .len = len};
    atomic_fetch_add(&world_messages, 1);
    return &m->pub;
}

/* In place of the bus: no test of the data plane needs a server. */
void st_bus_msg_free(struct st_bus_msg *msg)
{
    atomic_fetch_sub(&world_messages, 1);
    st_free(ST_CONTAINER_OF(msg, struct test_msg, pub));
}

void (*world_on_publish)(const char *subject, const void *data, size_t len);

int st_bus_publish(struct st_bus *b, const char *subject, const void *data, size_t len)
{
    (void)b;
    if (world_on_publish)
        world_on_publish(subject, data, len);
    return ST_OK;
}

static void pack(struct st_buf *b, const ProtobufCMessage *m)
{
    st_buf_init(b, BUFFER_MAX);
    st_wire_pack(m, b);
    st_assert(!b->overflow);
}

static void put_slice(struct st_buf *blob, bool snapshot, uint32_t tick, const struct test_slice *s)
{
    Startrader__V1__CellDelta d = STARTRADER__V1__CELL_DELTA__INIT;
    uint32_t id = s->id, pos = 0, player = s->pad ? 1 : 0, gone = s->gone, shot = s->shot,
             reason = STARTRADER__V1__GONE_REASON__GONE_REASON_MOVED;
    static uint32_t pads[65536];
    d.cell = s->cell;
    d.tick = tick;
    if (id) {
        d.n_id = d.n_pos = d.n_frac = d.n_vel = d.n_ctl = 1;
        d.id = &id;
        d.pos = d.frac = d.vel = d.ctl = &pos;
        d.n_enter_id = d.n_enter_static = d.n_enter_player = 1;
        d.enter_id = &id;
        d.enter_static = &pos;
        d.enter_player = &player;
    }
    if (gone) {
        d.n_gone_id = d.n_gone_reason = 1;
        d.gone_id = &gone;
        d.gone_reason = &reason;
    }
    if (s->shot) {
        d.n_shot_id = 1;
        d.shot_id = &shot;
    }
    if (s->pad) {
        d.n_hit_shot = s->pad;
        d.hit_shot = pads;
    }
    st_wire_put_tag(blob, snapshot ? 6 : 5, 2);
    st_buf_put_varint(blob, st_wire_size(&d.base));
    st_wire_pack(&d.base, blob);
}

struct st_buf world_bundle(bool snapshot, uint32_t epoch, uint32_t tick, uint32_t seq,
                           const struct test_slice *slices, size_t count)
{
    Startrader__V1__WorldBundle b = STARTRADER__V1__WORLD_BUNDLE__INIT;
    uint32_t cell[WORLD_SLICES_MAX], off[WORLD_SLICES_MAX], len[WORLD_SLICES_MAX];
    uint32_t window[WORLD_SLICES_MAX];
    struct st_buf blob, out;
    st_assert(count <= WORLD_SLICES_MAX);
    st_buf_init(&blob, BUFFER_MAX);
    for (size_t i = 0; i < count; i++) {
        cell[i] = slices[i].cell;
        off[i] = (uint32_t)blob.len;
        put_slice(&blob, snapshot, tick, &slices[i]);
        len[i] = (uint32_t)blob.len - off[i];
        window[i] = slices[i].window ? slices[i].window : 1;
        b.n_window = snapshot ? 0 : count;
    }
    b.world_epoch = epoch;
    b.tick = tick;
    b.seq = seq;
    b.kind = snapshot ? STARTRADER__V1__SLICE_KIND__SLICE_KIND_SNAPSHOT
                      : STARTRADER__V1__SLICE_KIND__SLICE_KIND_DELTA;
    b.n_cell = b.n_off = b.n_len = count;
    b.cell = cell;
    b.off = off;
    b.len = len;
    b.window = window;
    b.blob.data = blob.data;
    b.blob.len = blob.len;
    pack(&out, &b.base);
    st_buf_fini(&blob);
    return out;
}

struct st_buf world_marker(uint32_t epoch, uint32_t tick, uint32_t delta_seq, uint32_t snapshot_seq,
                           uint32_t own_seq)
{
    Startrader__V1__TickMarker m = STARTRADER__V1__TICK_MARKER__INIT;
    struct st_buf out;
    m.world_epoch = epoch;
    m.tick = tick;
    m.delta_seq = delta_seq;
    m.snapshot_seq = snapshot_seq;
    m.own_seq = own_seq;
    m.dilation_pm = 1000;
    m.ships = 7;
    m.config_revision = 0x1122334455667788u;
    pack(&out, &m.base);
    return out;
}

struct st_buf world_marker_density(uint32_t epoch, uint32_t tick, const void *bytes, size_t len)
{
    Startrader__V1__TickMarker m = STARTRADER__V1__TICK_MARKER__INIT;
    struct st_buf out;
    m.world_epoch = epoch;
    m.tick = tick;
    m.density.data = (uint8_t *)(uintptr_t)bytes;
    m.density.len = len;
    pack(&out, &m.base);
    return out;
}

struct st_buf own_bundle_of(uint32_t epoch, uint32_t tick, uint32_t seq, uint32_t sid,
                            uint32_t cell, uint32_t phase, uint32_t ack, bool event)
{
    Startrader__V1__OwnBundle b = STARTRADER__V1__OWN_BUNDLE__INIT;
    Startrader__V1__OwnState own = STARTRADER__V1__OWN_STATE__INIT;
    Startrader__V1__PrivateEvent e = STARTRADER__V1__PRIVATE_EVENT__INIT;
    Startrader__V1__Wanted w = STARTRADER__V1__WANTED__INIT;
    uint32_t off = 0, len;
    struct st_buf blob, out;
    st_buf_init(&blob, BUFFER_MAX);
    own.ack_seq = ack;
    own.ack_tick = tick;
    e.tick = tick;
    e.event_case = STARTRADER__V1__PRIVATE_EVENT__EVENT_WANTED;
    e.wanted = &w;
    w.until_tick = tick + 100;
    st_wire_put_tag(&blob, 4, 2);
    st_buf_put_varint(&blob, st_wire_size(&own.base));
    st_wire_pack(&own.base, &blob);
    if (event) {
        st_wire_put_tag(&blob, 8, 2);
        st_buf_put_varint(&blob, st_wire_size(&e.base));
        st_wire_pack(&e.base, &blob);
    }
    len = (uint32_t)blob.len;
    b.world_epoch = epoch;
    b.tick = tick;
    b.seq = seq;
    b.n_sid = b.n_cell = b.n_phase = b.n_off = b.n_len = 1;
    b.sid = &sid;
    b.cell = &cell;
    b.phase = &phase;
    b.off = &off;
    b.len = &len;
    b.blob.data = blob.data;
    b.blob.len = blob.len;
    pack(&out, &b.base);
    st_buf_fini(&blob);
    return out;
}

void client_frame(struct st_buf *out, uint8_t first, const void *data, size_t len)
{
    static const uint8_t mask[4] = {0x11, 0x22, 0x33, 0x44};
    const uint8_t *bytes = data;
    st_buf_put_u8(out, first);
    if (len < 126) {
        st_buf_put_u8(out, (uint8_t)(0x80 | len));
    } else {
        st_buf_put_u8(out, 0x80 | 126);
        st_buf_put_u8(out, (uint8_t)(len >> 8));
        st_buf_put_u8(out, (uint8_t)len);
    }
    st_buf_put(out, mask, sizeof mask);
    for (size_t i = 0; i < len; i++)
        st_buf_put_u8(out, bytes[i] ^ mask[i % 4]);
}

struct st_buf client_hello(const char *ticket, uint32_t last_seq)
{
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    Startrader__V1__Hello h = STARTRADER__V1__HELLO__INIT;
    struct st_buf out;
    h.ticket = (char *)(uintptr_t)ticket;
    h.last_seq = last_seq;
    h.protocol = 1;
    f.hello = &h;
    pack(&out, &f.base);
    return out;
}

struct st_buf client_input(uint32_t seq, uint32_t count)
{
    Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
    Startrader__V1__Input in[16], *list[16];
    struct st_buf out;
    st_assert(count <= 16);
    for (uint32_t i = 0; i < count; i++) {
        startrader__v1__input__init(&in[i]);
        in[i].seq = seq + i;
        in[i].thrust = 1;
        list[i] = &in[i];
    }
    f.n_input = count;
    f.input = list;
    pack(&out, &f.base);
    return out;
}

int server_frame(const uint8_t *data, size_t len, struct st_slice *payload, size_t *used)
{
    size_t head = 2, size;
    if (len < 2)
        return -1;
    size = data[1] & 0x7f;
    if (size == 126) {
        head = 4;
        if (len < head)
            return -1;
        size = (size_t)data[2] << 8 | data[3];
    } else if (size == 127) {
        head = 10;
        if (len < head)
            return -1;
        size = 0;
        for (int i = 2; i < 10; i++)
            size = size << 8 | data[i];
    }
    if (len < head + size)
        return -1;
    *payload = (struct st_slice){data + head, size};
    *used = head + size;
    return data[0] & 0x0f;
}
