/* SPDX-License-Identifier: Apache-2.0 */
#include "store_value.h"

#include <st/arena.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/wire.h>

#include <string.h>

void store_value_fill(Startrader__V1__Profile *out, const struct player_profile *p)
{
    st_assert(out && p);
    *out = (Startrader__V1__Profile)STARTRADER__V1__PROFILE__INIT;
    out->schema = STORE_VALUE_SCHEMA;
    out->player = p->player;
    out->name = (char *)(uintptr_t)p->name; /* packing only reads it */
    out->created_at = p->created_at;
    out->guest = p->guest;
    out->kills = p->kills;
    out->deaths = p->deaths;
    out->credits = p->credits;
    out->ship = p->ship;
    out->class_id = p->class_id;
    out->holder = (Startrader__V1__HolderKind)p->holder;
    out->location = p->location;
    out->cargo_units = p->cargo_units;
    out->rev = p->rev;
    out->as_of = p->as_of_ms;
}

void store_value_encode(const struct player_profile *p, struct st_buf *out)
{
    Startrader__V1__Profile message;
    store_value_fill(&message, p);
    st_wire_pack(&message.base, out);
}

int store_value_decode(struct player_profile *out, const void *data, size_t len)
{
    st_assert(out && (data || len == 0));
    _Alignas(16) uint8_t memory[10 * STORE_VALUE_MAX + 4096];
    struct st_arena arena;
    st_arena_init(&arena, memory, sizeof(memory));
    const Startrader__V1__Profile *m =
        st_wire_unpack(&startrader__v1__profile__descriptor, data, len, STORE_VALUE_MAX, &arena);
    if (!m)
        return ST_EPROTO;
    if (m->schema != STORE_VALUE_SCHEMA)
        return ST_EINVAL;
    if (!player_id_valid(m->player) || !player_name_valid(m->name, strlen(m->name)))
        return ST_EPROTO;
    *out = (struct player_profile){
        .player = m->player,
        .created_at = m->created_at,
        .guest = m->guest,
        .kills = m->kills,
        .deaths = m->deaths,
        .credits = m->credits,
        .ship = m->ship,
        .class_id = m->class_id,
        .holder = (uint32_t)m->holder,
        .location = m->location,
        .cargo_units = m->cargo_units,
        .rev = m->rev,
        .as_of_ms = m->as_of,
    };
    memcpy(out->name, m->name, strlen(m->name) + 1);
    return 0;
}
