/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <st/alloc.h>
#include <st/assert.h>

#include "put.h"

enum { FIELD_DELTA = 5, FIELD_SNAPSHOT = 6, FIELD_DENSITY = 15 };
enum { SECTOR_CELLS = 8, SECTORS_SIDE = WORLD_CELLS_SIDE / SECTOR_CELLS };
enum { CELL_MASK = (1 << WORLD_CELL_BITS) - 1 };

/* Which columns an entity of the cell is part of. */
enum { ROW_MOTION = 1, ROW_VITALS = 2, ROW_ENTER = 4, ROW_LOOT = 8 };

struct frame_row {
    struct world_entity e;
    uint32_t in;
};

struct frame {
    uint32_t rows_max, shots_max, ships_max;
    uint32_t rows_n;
    uint32_t corner_x, corner_y; /* of the cell, k */
    struct frame_row *rows;
    uint32_t *ids;
    struct flight_shot *shots;
};

static uint32_t entities_max(const struct world_limits *limits)
{
    return limits->ships + limits->torpedoes + limits->loot;
}

size_t frame_size(const struct world_limits *limits)
{
    return sizeof(struct frame) +
           entities_max(limits) * (sizeof(struct frame_row) + sizeof(uint32_t)) +
           limits->shots * sizeof(struct flight_shot);
}

struct frame *frame_new(const struct world_limits *limits)
{
    st_assert(limits != NULL);
    struct frame *f = st_alloc(sizeof(*f));
    f->rows_max = entities_max(limits);
    f->shots_max = limits->shots;
    f->ships_max = limits->ships;
    f->rows = st_alloc_array(f->rows_max, sizeof(*f->rows));
    f->ids = st_alloc_array(f->rows_max, sizeof(*f->ids));
    f->shots = st_alloc_array(f->shots_max, sizeof(*f->shots));
    return f;
}

void frame_free(struct frame **f)
{
    if (*f == NULL)
        return;
    st_free((*f)->rows);
    st_free((*f)->ids);
    st_free((*f)->shots);
    st_free(*f);
    *f = NULL;
}

uint32_t frame_cell(int32_t x, int32_t y)
{
    return ((uint32_t)x >> WORLD_CELL_SHIFT & CELL_MASK) |
           ((uint32_t)y >> WORLD_CELL_SHIFT & CELL_MASK) << WORLD_CELL_BITS;
}

uint32_t frame_cell_at(uint32_t index)
{
    st_assert(index < WORLD_CELLS);
    uint32_t x = WORLD_CELL_FIRST + index % WORLD_CELLS_SIDE;
    uint32_t y = WORLD_CELL_FIRST + index / WORLD_CELLS_SIDE;
    return x | y << WORLD_CELL_BITS;
}

uint32_t frame_cell_index(uint32_t cell)
{
    uint32_t x = (cell & CELL_MASK) - WORLD_CELL_FIRST;
    uint32_t y = (cell >> WORLD_CELL_BITS) - WORLD_CELL_FIRST;
    st_assert(x < WORLD_CELLS_SIDE && y < WORLD_CELLS_SIDE);
    return x + y * WORLD_CELLS_SIDE;
}

/* ---- columns ---------------------------------------------------------------------------- */

/* One coordinate within the cell, in k, biased by 1,024 units so that it is never negative. */
static uint32_t local(int32_t at, uint32_t corner)
{
    return (uint32_t)at - corner + 1024 * WORLD_UNIT;
}

static uint32_t pos_of(const struct frame *f, int32_t x, int32_t y)
{
    return (local(x, f->corner_x) >> 5 & 0xffff) | (local(y, f->corner_y) >> 5 & 0xffff) << 16;
}

static uint32_t frac_of(const struct frame *f, int32_t x, int32_t y)
{
    return (local(x, f->corner_x) & 31) | (local(y, f->corner_y) & 31) << 5;
}

static uint32_t vel_of(int32_t vx, int32_t vy)
{
    return ((uint32_t)vx & 0xffff) | ((uint32_t)vy & 0xffff) << 16;
}

/* A firing place may lie further behind than `pos` can say; such a volley is about to end. */
static bool in_reach(const struct frame *f, const struct flight_shot *s)
{
    return local(s->x, f->corner_x) >> 21 == 0 && local(s->y, f->corner_y) >> 21 == 0;
}

typedef uint32_t column_fn(const struct frame *f, const struct world_entity *e);

static uint32_t column_id(const struct frame *f, const struct world_entity *e)
{
    (void)f;
    return e->id;
}

static uint32_t column_pos(const struct frame *f, const struct world_entity *e)
{
    return pos_of(f, e->flight.x, e->flight.y);
}

static uint32_t column_frac(const struct frame *f, const struct world_entity *e)
{
    return frac_of(f, e->flight.x, e->flight.y);
}

static uint32_t column_vel(const struct frame *f, const struct world_entity *e)
{
    (void)f;
    return vel_of(e->flight.vx, e->flight.vy);
}

static uint32_t column_ctl(const struct frame *f, const struct world_entity *e)
{
    (void)f;
    return flight_ctl_pack(&e->flight);
}

static uint32_t column_vit(const struct frame *f, const struct world_entity *e)
{
    (void)f;
    return (uint32_t)e->hull | (uint32_t)e->shield << 8;
}

static uint32_t column_static(const struct frame *f, const struct world_entity *e)
{
    (void)f;
    return (e->class_id & 0x3ffu) | (e->faction & 0x3fu) << 10 | (e->flight.load & 0xfu) << 16 |
           (e->level & 0x3fu) << 20 | (e->flags & 0x3fu) << 26;
}

static uint32_t column_player(const struct frame *f, const struct world_entity *e)
{
    (void)f;
    return e->player;
}

static uint32_t column_goods(const struct frame *f, const struct world_entity *e)
{
    (void)f;
    return (e->good & 0xffu) | (uint32_t)e->quantity << 8;
}

static const struct column {
    uint32_t field, in;
    bool fixed;
    column_fn *value;
} columns_before[] =
    {
        {3, ROW_MOTION, false, column_id},    {4, ROW_MOTION, true, column_pos},
        {5, ROW_MOTION, false, column_frac},  {6, ROW_MOTION, true, column_vel},
        {7, ROW_MOTION, true, column_ctl},    {8, ROW_VITALS, false, column_id},
        {9, ROW_VITALS, false, column_vit},   {10, ROW_ENTER, false, column_id},
        {11, ROW_ENTER, true, column_static}, {12, ROW_ENTER, false, column_player},
},
  columns_after[] = {
      {25, ROW_LOOT, false, column_id},
      {26, ROW_LOOT, false, column_goods},
};

static void put_columns(const struct frame *f, const struct column *columns, size_t n,
                        struct st_buf *out)
{
    for (size_t c = 0; c < n; c++) {
        size_t opened = 0;
        for (uint32_t i = 0; i < f->rows_n; i++) {
            if (!(f->rows[i].in & columns[c].in))
                continue;
            if (opened == 0)
                opened = put_open(out, columns[c].field);
            uint32_t v = columns[c].value(f, &f->rows[i].e);
            if (columns[c].fixed)
                st_buf_put_u32le(out, v);
            else
                st_buf_put_varint(out, v);
        }
        if (opened != 0)
            put_close(out, opened);
    }
}

/* ---- shots, hits, gone -------------------------------------------------------------------- */

static uint32_t shot_column(const struct frame *f, const struct flight_shot *s, uint32_t field)
{
    switch (field) {
    case 15:
        return s->id;
    case 16:
        return s->ship;
    case 17:
        return s->tick;
    case 18:
        return pos_of(f, s->x, s->y);
    case 19:
        return frac_of(f, s->x, s->y);
    case 20:
        return vel_of(s->vx, s->vy);
    default:
        return (s->heading & 0xfffu) | (s->weapon & 0xfu) << 12 | (uint32_t)s->live << 16 |
               ((s->mounts - 1u) & 7u) << 24;
    }
}

static void put_shots(const struct frame *f, const struct flight_shot *shots, uint32_t n,
                      struct st_buf *out)
{
    for (uint32_t field = 15; field <= 21; field++) {
        size_t opened = 0;
        for (uint32_t i = 0; i < n; i++) {
            if (!in_reach(f, &shots[i]))
                continue;
            if (opened == 0)
                opened = put_open(out, field);
            uint32_t v = shot_column(f, &shots[i], field);
            if (field == 18 || field >= 20)
                st_buf_put_u32le(out, v);
            else
                st_buf_put_varint(out, v);
        }
        if (opened != 0)
            put_close(out, opened);
    }
}

static void put_hits(const struct world_hit *hits, uint32_t n, struct st_buf *out)
{
    if (n == 0)
        return;
    size_t opened = put_open(out, 22);
    for (uint32_t i = 0; i < n; i++)
        st_buf_put_varint(out, hits[i].shot != 0 ? hits[i].shot << 3 | (hits[i].mount & 7u) : 0);
    put_close(out, opened);
    opened = put_open(out, 23);
    for (uint32_t i = 0; i < n; i++)
        st_buf_put_varint(out, hits[i].target);
    put_close(out, opened);
    opened = put_open(out, 24);
    for (uint32_t i = 0; i < n; i++)
        st_buf_put_varint(out, (hits[i].info & 0xfu) | (hits[i].from & 0xfffu) << 4);
    put_close(out, opened);
}

static void put_gone(const struct world_gone *gone, uint32_t n, struct st_buf *out)
{
    if (n == 0)
        return;
    size_t opened = put_open(out, 13);
    for (uint32_t i = 0; i < n; i++)
        st_buf_put_varint(out, gone[i].id);
    put_close(out, opened);
    opened = put_open(out, 14);
    for (uint32_t i = 0; i < n; i++)
        st_buf_put_varint(out, gone[i].reason);
    put_close(out, opened);
}

/* ---- cells ------------------------------------------------------------------------------ */

static void rows_begin(struct frame *f, uint32_t cell)
{
    f->rows_n = 0;
    f->corner_x = (cell & CELL_MASK) << WORLD_CELL_SHIFT;
    f->corner_y = (cell >> WORLD_CELL_BITS) << WORLD_CELL_SHIFT;
}

static void rows_add(struct frame *f, const struct world *w, uint32_t id, uint32_t in)
{
    st_assert(f->rows_n < f->rows_max);
    struct frame_row *row = &f->rows[f->rows_n];
    if (!world_entity_get(w, id, &row->e))
        return;
    if (row->e.class_id == WORLD_CLASS_LOOT)
        in = (in & (uint32_t)~ROW_VITALS) | (in & ROW_ENTER ? ROW_LOOT : 0);
    row->in = in;
    f->rows_n++;
}

/* The three lists are ascending by slot; an entity of several of them becomes one row. */
static void rows_of_changes(struct frame *f, const struct world *w, const struct world_cell *c)
{
    uint32_t i[3] = {0, 0, 0};
    const uint32_t n[3] = {c->changed_n, c->entered_n, c->vitals_n};
    const uint32_t *const list[3] = {c->changed, c->entered, c->vitals};
    static const uint32_t in[3] = {ROW_MOTION, ROW_MOTION | ROW_ENTER | ROW_VITALS, ROW_VITALS};
    for (;;) {
        uint32_t slot = UINT32_MAX, id = 0, mask = 0;
        for (int k = 0; k < 3; k++)
            if (i[k] < n[k])
                slot = ST_MIN(slot, list[k][i[k]] & WORLD_SLOT_MASK);
        if (slot == UINT32_MAX)
            return;
        for (int k = 0; k < 3; k++) {
            if (i[k] < n[k] && (list[k][i[k]] & WORLD_SLOT_MASK) == slot) {
                id = list[k][i[k]++];
                mask |= in[k];
            }
        }
        rows_add(f, w, id, mask);
    }
}

void frame_delta(struct frame *f, const struct world *w, const struct world_cell *c,
                 struct st_buf *out)
{
    rows_begin(f, c->cell);
    rows_of_changes(f, w, c);
    size_t opened = put_open(out, FIELD_DELTA);
    put_uint(out, 1, c->cell);
    put_uint(out, 2, world_tick(w));
    put_columns(f, columns_before, ST_ARRAY_LEN(columns_before), out);
    put_gone(c->gone, c->gone_n, out);
    put_shots(f, c->shots, c->shots_n, out);
    put_hits(c->hits, c->hits_n, out);
    put_columns(f, columns_after, ST_ARRAY_LEN(columns_after), out);
    put_close(out, opened);
}

static void rows_sort_by_id(struct frame *f)
{
    uint32_t gap = 1;
    while (gap < f->rows_n / 3)
        gap = gap * 3 + 1;
    for (; gap > 0; gap /= 3) {
        for (uint32_t i = gap; i < f->rows_n; i++) {
            struct frame_row row = f->rows[i];
            uint32_t k = i;
            for (; k >= gap && f->rows[k - gap].e.id > row.e.id; k -= gap)
                f->rows[k] = f->rows[k - gap];
            f->rows[k] = row;
        }
    }
}

static uint32_t fnv(uint32_t digest, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        digest = (digest ^ (value >> (8 * i) & 0xff)) * 16777619u;
    return digest;
}

uint32_t frame_digest(uint32_t digest, uint32_t id, const struct flight *at)
{
    digest = fnv(digest, id, 4);
    digest = fnv(digest, (uint32_t)at->x, 4);
    digest = fnv(digest, (uint32_t)at->y, 4);
    digest = fnv(digest, (uint32_t)at->vx, 2);
    digest = fnv(digest, (uint32_t)at->vy, 2);
    return fnv(digest, at->heading, 2);
}

void frame_snapshot(struct frame *f, const struct world *w, uint32_t cell, struct st_buf *out)
{
    rows_begin(f, cell);
    uint32_t n = world_cell_entities(w, cell, f->ids, f->rows_max);
    st_assert(n <= f->rows_max);
    for (uint32_t i = 0; i < n; i++)
        rows_add(f, w, f->ids[i], ROW_MOTION | ROW_VITALS | ROW_ENTER);
    rows_sort_by_id(f);
    uint32_t digest = FRAME_DIGEST;
    for (uint32_t i = 0; i < f->rows_n; i++)
        digest = frame_digest(digest, f->rows[i].e.id, &f->rows[i].e.flight);
    uint32_t shots = world_cell_shots(w, cell, f->shots, f->shots_max);
    st_assert(shots <= f->shots_max);
    size_t opened = put_open(out, FIELD_SNAPSHOT);
    put_uint(out, 1, cell);
    put_uint(out, 2, world_tick(w));
    put_columns(f, columns_before, ST_ARRAY_LEN(columns_before), out);
    put_shots(f, f->shots, shots, out);
    put_columns(f, columns_after, ST_ARRAY_LEN(columns_after), out);
    put_fixed32(out, 27, digest);
    put_close(out, opened);
}

/* ---- the whole system -------------------------------------------------------------------------
 */

/* Ships have the lowest slots. */
static uint32_t ships_in(struct frame *f, const struct world *w, uint32_t cell)
{
    uint32_t n = world_cell_entities(w, cell, f->ids, f->rows_max), ships = 0;
    for (uint32_t i = 0; i < n; i++)
        ships += (f->ids[i] & WORLD_SLOT_MASK) < f->ships_max;
    return ships;
}

void frame_density(struct frame *f, const struct world *w, struct st_buf *out)
{
    uint32_t ships[SECTORS_SIDE * SECTORS_SIDE] = {0};
    for (uint32_t i = 0; i < WORLD_CELLS; i++) {
        uint32_t x = i % WORLD_CELLS_SIDE / SECTOR_CELLS, y = i / WORLD_CELLS_SIDE / SECTOR_CELLS;
        ships[x + y * SECTORS_SIDE] += ships_in(f, w, frame_cell_at(i));
    }
    size_t opened = put_open(out, FIELD_DENSITY);
    put_uint(out, 1, world_tick(w));
    size_t column = put_open(out, 2);
    for (uint32_t i = 0; i < ST_ARRAY_LEN(ships); i++)
        st_buf_put_varint(out, ships[i]);
    put_close(out, column);
    put_close(out, opened);
}
