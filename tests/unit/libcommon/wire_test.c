/* SPDX-License-Identifier: Apache-2.0 */
/* wire and subject; with the real schemas, which are looked at as a whole too. */
#include "suite.h"

#include <st/alloc.h>
#include <st/rng.h>
#include <st/subject.h>
#include <st/wire.h>

#include <startrader/v1/client.pb-c.h>
#include <startrader/v1/event.pb-c.h>
#include <startrader/v1/sector.pb-c.h>
#include <startrader/v1/trade.pb-c.h>
#include <startrader/v1/world.pb-c.h>
#include <string.h>

enum { MAX = 2048 };

static uint8_t mem[MAX * 10 + 4096];
static struct st_arena arena;

static void *decode(const void *data, size_t len)
{
    st_arena_init(&arena, mem, sizeof(mem));
    return st_wire_unpack(&startrader__v1__client_frame__descriptor, data, len, MAX, &arena);
}

START_TEST(frames_round_trip)
{
    uint8_t out[512];
    struct st_buf b;
    Startrader__V1__ClientFrame frame = STARTRADER__V1__CLIENT_FRAME__INIT;
    Startrader__V1__Hello hello = STARTRADER__V1__HELLO__INIT;
    hello.ticket = "gr\xc3\xbc\xc3\x9f";
    hello.last_seq = 300;
    frame.hello = &hello;
    st_buf_init_fixed(&b, out, sizeof(out));
    st_wire_pack(&frame.base, &b);
    ck_assert(!b.overflow);
    ck_assert_uint_eq(b.len, st_wire_size(&frame.base));
    Startrader__V1__ClientFrame *back = decode(b.data, b.len);
    ck_assert_ptr_nonnull(back);
    ck_assert_str_eq(back->hello->ticket, hello.ticket);
    ck_assert_uint_eq(back->hello->last_seq, 300);
    st_buf_init_fixed(&b, out, 3);
    st_wire_pack(&frame.base, &b);
    ck_assert(b.overflow);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_ptr_nonnull(decode("", 0));
}
END_TEST

/* ClientFrame { hello { ticket: <text> } } */
static size_t hello_with(uint8_t *out, const char *text, size_t len)
{
    struct st_buf b;
    st_buf_init_fixed(&b, out, 300);
    st_wire_put_tag(&b, 1, 2);
    st_buf_put_varint(&b, len + 2);
    st_wire_put_tag(&b, 1, 2);
    st_buf_put_varint(&b, len);
    st_buf_put(&b, text, len);
    return b.len;
}

START_TEST(hostile_text_is_refused)
{
    uint8_t out[300];
    ck_assert_ptr_nonnull(decode(out, hello_with(out, "abc", 3)));
    ck_assert_ptr_null(decode(out, hello_with(out, "a\xff", 2)));
    ck_assert_ptr_null(decode(out, hello_with(out, "a\0b", 3)));
    ck_assert_ptr_null(decode(out, hello_with(out, "\xed\xa0\x80", 3)));
}
END_TEST

START_TEST(malformed_bytes_are_refused)
{
    static const struct {
        const char *data;
        size_t len;
    } cases[] = {
        {"\x0a", 1},                                          /* tag without length */
        {"\x0a\x05\x0a", 3},                                  /* longer than there is */
        {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, /* 2^64 - 1 bytes */
        {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11}, /* varint above 64 bits */
        {"\x28\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12} /* varint too long */,
        {"\x0b\x0c", 2},     /* a group */
        {"\x00\x01", 2},     /* field 0 */
        {"\x0f", 1},         /* wire type 7 */
        {"\x09\x01\x02", 3}, /* short fixed64 */
    };
    for (size_t i = 0; i < ST_ARRAY_LEN(cases); i++)
        ck_assert_msg(!decode(cases[i].data, cases[i].len), "case %zu", i);
    static uint8_t large[MAX + 1];
    ck_assert_ptr_null(decode(large, sizeof(large)));
}
END_TEST

/* Whatever comes, memory stays within the arena and the process lives. */
START_TEST(mutations_do_no_harm)
{
    uint8_t out[300], bytes[300];
    uint64_t accepted = 0;
    size_t len = hello_with(out, "ticket-ticket-ticket", 20);
    for (uint64_t i = 0; i < 50000; i++) {
        memcpy(bytes, out, len);
        uint64_t r = st_hash64(&i, sizeof(i), 5);
        for (int k = 0; k < 3; k++, r >>= 16)
            bytes[(r & 0xff) % len] = (uint8_t)(r >> 8);
        accepted += decode(bytes, len) != NULL;
    }
    ck_assert_uint_gt(accepted, 100);
    ck_assert_uint_lt(accepted, 50000);
}
END_TEST

START_TEST(many_empty_messages_do_not_cost_more_than_the_cap)
{
    uint8_t bytes[MAX];
    for (size_t i = 0; i < MAX; i += 2)
        memcpy(bytes + i, "\x12\x00", 2); /* an empty Input */
    (void)decode(bytes, MAX);
    ck_assert_uint_le(arena.used, sizeof(mem));
}
END_TEST

/* The largest honest message: a page of an opening, full of ships with full holds. */
START_TEST(a_page_of_an_opening_fits_its_arena)
{
    enum { SHIPS = 1500, KINDS = 16 };
    static Startrader__V1__ShipState ship[SHIPS], *ships[SHIPS];
    static Startrader__V1__Goods goods[KINDS], *cargo[KINDS];
    Startrader__V1__Position position = STARTRADER__V1__POSITION__INIT;
    Startrader__V1__OpenReply reply = STARTRADER__V1__OPEN_REPLY__INIT;
    struct st_buf b;
    for (uint32_t i = 0; i < KINDS; i++) {
        startrader__v1__goods__init(&goods[i]);
        goods[i].commodity = i + 1;
        goods[i].quantity = 1;
        cargo[i] = &goods[i];
    }
    for (uint32_t i = 0; i < SHIPS; i++) {
        startrader__v1__ship_state__init(&ship[i]);
        ship[i].ship = i + 1;
        ship[i].version = 1;
        ship[i].n_cargo = KINDS;
        ship[i].cargo = cargo;
        ship[i].position = &position;
        ships[i] = &ship[i];
    }
    reply.n_ship = SHIPS;
    reply.ship = ships;
    st_buf_init(&b, 1 << 20);
    st_wire_pack(&reply.base, &b);
    ck_assert(!b.overflow);
    size_t size = st_wire_arena_size(b.len);
    uint8_t *room = st_alloc(size);
    st_arena_init(&arena, room, size);
    Startrader__V1__OpenReply *back =
        st_wire_unpack(&startrader__v1__open_reply__descriptor, b.data, b.len, b.len, &arena);
    ck_assert_msg(back != NULL, "%zu bytes need more than %zu", b.len, size);
    ck_assert_uint_eq(back->n_ship, SHIPS);
    ck_assert_uint_eq(back->ship[SHIPS - 1]->cargo[KINDS - 1]->commodity, KINDS);
    st_free(room);
    st_buf_fini(&b);
}
END_TEST

/* Depth of nesting below a type; fails the test for a type within itself. */
static unsigned depth_of(const ProtobufCMessageDescriptor *type, unsigned depth)
{
    unsigned deepest = depth;
    ck_assert_msg(depth <= 8, "%s is nested too deep or within itself", type->name);
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE) {
            unsigned below = depth_of(type->fields[i].descriptor, depth + 1);
            deepest = ST_MAX(deepest, below);
        }
    }
    return deepest;
}

START_TEST(no_schema_is_recursive)
{
    static const ProtobufCMessageDescriptor *const roots[] = {
        &startrader__v1__client_frame__descriptor, &startrader__v1__server_frame__descriptor,
        &startrader__v1__world_bundle__descriptor, &startrader__v1__tick_marker__descriptor,
        &startrader__v1__world_event__descriptor,  &startrader__v1__baton__descriptor,
        &startrader__v1__open_reply__descriptor,   &startrader__v1__trade_booked__descriptor,
    };
    for (size_t i = 0; i < ST_ARRAY_LEN(roots); i++)
        ck_assert_uint_ge(depth_of(roots[i], 1), 1);
}
END_TEST

START_TEST(subjects_are_as_documented)
{
    char s[ST_SUBJECT_MAX];
    st_subject_world(s, "sol-1", 0, "delta");
    ck_assert_str_eq(s, "world.sol-1.s0.delta");
    st_subject_world_all(s, "sol-1");
    ck_assert_str_eq(s, "world.sol-1.>");
    st_subject_own(s, "sol-1", "gateway-2");
    ck_assert_str_eq(s, "own.sol-1.gateway-2");
    st_subject_in(s, "sol-1", 12);
    ck_assert_str_eq(s, "in.sol-1.s12");
    st_subject_req_shard(s, "sol-1", 0, "bind");
    ck_assert_str_eq(s, "req.sol-1.s0.bind");
    st_subject_event(s, "sol-1", 0, "docked");
    ck_assert_str_eq(s, "ev.sol-1.s0.docked");
    st_subject_events_all(s, "sol-1");
    ck_assert_str_eq(s, "ev.sol-1.>");
    st_subject_baton(s, "sol-1", 0);
    ck_assert_str_eq(s, "baton.sol-1.s0");
    st_subject_econ(s, "trade", 7);
    ck_assert_str_eq(s, "ev.econ.trade.7");
    st_subject_session(s, UINT64_MAX);
    ck_assert_str_eq(s, "sess.18446744073709551615");
    st_subject_req_profile(s, "login");
    ck_assert_str_eq(s, "req.profile.login");
    st_subject_req_econ(s, "order");
    ck_assert_str_eq(s, "req.econ.order");
}
END_TEST

START_TEST(every_durable_has_its_stream)
{
    for (size_t i = 0; i < st_durables_count; i++) {
        bool found = false;
        for (size_t k = 0; k < st_streams_count; k++)
            found = found || strcmp(st_streams[k].name, st_durables[i].stream) == 0;
        ck_assert(found);
        ck_assert_int_gt(st_durables[i].ack_wait_ms, 0);
        ck_assert_int_eq(strstr(st_durables[i].name, "%u") != NULL, st_durables[i].per_shard);
    }
}
END_TEST

SUITE_MAIN("wire", frames_round_trip, hostile_text_is_refused, malformed_bytes_are_refused,
           mutations_do_no_harm, many_empty_messages_do_not_cost_more_than_the_cap,
           a_page_of_an_opening_fits_its_arena, no_schema_is_recursive, subjects_are_as_documented,
           every_durable_has_its_stream)
