/* SPDX-License-Identifier: Apache-2.0 */
#include "world_kit.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PLAYER 1001u
#define FIRST_SHIP   501u
#define EPOCH        1u
#define IDS_MAX      512

struct world_limits kit_limits(void)
{
    return (struct world_limits){.ships = 160, .torpedoes = 16, .loot = 32, .shots = 256,
                                 .pilots = 32};
}

void *kit_memory(void)
{
    struct world_limits limits = kit_limits();
    void *memory = aligned_alloc(64, (world_size(&limits) + 63) & ~(size_t)63);

    ck_assert_ptr_nonnull(memory);
    return memory;
}

struct kit *kit_new(void)
{
    struct world_limits limits = kit_limits();
    struct kit *k = calloc(1, sizeof *k);

    ck_assert_ptr_nonnull(k);
    sol1_config(&k->config);
    k->memory = kit_memory();
    k->w = world_init(k->memory, &limits, &k->config, KIT_SEED, 0, EPOCH);
    world_flags_set(k->w, WORLD_NO_NPCS);
    return k;
}

void kit_free(struct kit *k)
{
    free(k->memory);
    free(k);
}

void kit_config(struct kit *k)
{
    k->config.revision++;
    ck_assert(world_config_set(k->w, &k->config));
}

struct world_baton kit_baton(const struct kit *k, uint32_t class_id, int32_t x, int32_t y)
{
    return (struct world_baton){.kind = WORLD_BATON_APPEAR,
                                .flags = WORLD_BATON_WHOLE,
                                .epoch = EPOCH,
                                .ship = FIRST_SHIP + k->pilots_n,
                                .player = FIRST_PLAYER + k->pilots_n,
                                .version = 1,
                                .class_id = (uint16_t)class_id,
                                .x = sol1_k(x),
                                .y = sol1_k(y),
                                .home = SOL1_TER};
}

void kit_load(struct world_baton *b, uint16_t good, uint16_t quantity)
{
    ck_assert_uint_lt(b->cargo_n, WORLD_CARGO_KINDS);
    b->cargo[b->cargo_n++] = (struct world_cargo){good, quantity};
}

uint32_t kit_enter(struct kit *k, const struct world_baton *b)
{
    struct kit_pilot *p = &k->pilots[k->pilots_n];

    ck_assert_uint_lt(k->pilots_n, KIT_PILOTS);
    p->baton = *b;
    ck_assert_int_eq(world_apply(k->w, b), WORLD_OK);
    ck_assert_int_eq(world_bind(k->w, b->player, 1, 0, &p->handle), WORLD_OK);
    p->id = kit_own(k, k->pilots_n).id;
    return k->pilots_n++;
}

uint32_t kit_pilot(struct kit *k, uint32_t class_id, int32_t x, int32_t y)
{
    struct world_baton b = kit_baton(k, class_id, x, y);

    return kit_enter(k, &b);
}

enum world_verdict kit_apply(struct kit *k, uint32_t pilot, enum world_baton_kind kind,
                             uint16_t station)
{
    struct kit_pilot *p = &k->pilots[pilot];
    struct world_own own = kit_own(k, pilot);

    p->baton.kind = (uint8_t)kind;
    p->baton.version++;
    p->baton.station = station;
    p->baton.x = own.x;
    p->baton.y = own.y;
    return world_apply(k->w, &p->baton);
}

void kit_boxes(struct kit *k, const struct kit_box *boxes, uint32_t n)
{
    world_open_begin(k->w, EPOCH);
    for (uint32_t i = 0; i < k->pilots_n; i++)
        ck_assert_int_eq(world_open_ship(k->w, &k->pilots[i].baton), WORLD_OK);
    for (uint32_t i = 0; i < n; i++)
        ck_assert_int_eq(world_open_loot(k->w, boxes[i].id, boxes[i].good, boxes[i].quantity,
                                         sol1_k(boxes[i].x), sol1_k(boxes[i].y)),
                         WORLD_OK);
    world_open_end(k->w);
}

void kit_steer(struct kit *k, uint32_t pilot, uint32_t heading, uint32_t thrust, bool boost)
{
    struct flight wish = {.target = (uint16_t)(heading & 4095), .thrust = (uint8_t)thrust,
                          .boost = boost};

    k->pilots[pilot].wish.ctl = flight_ctl_pack(&wish);
}

void kit_settle(struct kit *k)
{
    kit_run(k, WORLD_IMMUNE_TICKS + WORLD_ZONE_PERIOD);
}

static uint32_t act(struct kit *k, uint32_t pilot, struct world_action a)
{
    struct world_input *in = &k->pilots[pilot].wish;

    ck_assert_uint_lt(in->actions_n, WORLD_ACTIONS_MAX);
    a.request = ++k->request;
    in->actions[in->actions_n++] = a;
    return a.request;
}

uint32_t kit_dock(struct kit *k, uint32_t pilot, uint16_t station)
{
    return act(k, pilot, (struct world_action){.kind = WORLD_ACT_DOCK, .station = station});
}

uint32_t kit_jettison(struct kit *k, uint32_t pilot, uint16_t good, uint16_t quantity)
{
    return act(k, pilot, (struct world_action){.kind = WORLD_ACT_JETTISON, .good = good,
                                               .quantity = quantity});
}

static void record(struct kit *k)
{
    const struct world_note *notes;
    const struct world_hard *hards;
    uint32_t n = world_notes(k->w, &notes);

    for (uint32_t i = 0; i < n && k->notes_n < KIT_LOG; i++)
        k->notes[k->notes_n++] = notes[i];
    n = world_hards(k->w, &hards);
    for (uint32_t i = 0; i < n && k->hards_n < KIT_LOG; i++)
        k->hards[k->hards_n++] = hards[i];
}

void kit_run(struct kit *k, uint32_t ticks)
{
    for (uint32_t t = 0; t < ticks; t++) {
        for (uint32_t i = 0; i < k->pilots_n; i++) {
            struct kit_pilot *p = &k->pilots[i];

            if (p->silent)
                continue;
            p->wish.seq++;
            ck_assert_int_eq(world_input(k->w, p->handle, &p->wish), WORLD_OK);
            p->wish.actions_n = 0;
        }
        world_step(k->w);
        record(k);
    }
}

struct world_own kit_own(const struct kit *k, uint32_t pilot)
{
    struct world_own own;

    ck_assert(world_own_get(k->w, k->pilots[pilot].handle, &own));
    return own;
}

struct world_entity kit_entity(const struct kit *k, uint32_t id)
{
    struct world_entity e;

    ck_assert(world_entity_get(k->w, id, &e));
    return e;
}

/* Walks over all entities: the first of the class, or the number of the faction. */
static uint32_t look(const struct kit *k, uint32_t class_id, uint32_t faction)
{
    uint32_t ids[IDS_MAX], n = 0;

    for (uint32_t i = 0; i < WORLD_CELLS; i++) {
        uint32_t cell = (i % WORLD_CELLS_SIDE + WORLD_CELL_FIRST) |
                        (i / WORLD_CELLS_SIDE + WORLD_CELL_FIRST) << WORLD_CELL_BITS;
        uint32_t here = world_cell_entities(k->w, cell, ids, IDS_MAX);

        for (uint32_t j = 0; j < here; j++) {
            struct world_entity e = kit_entity(k, ids[j]);

            if (class_id && e.class_id == class_id)
                return e.id;
            n += e.faction == faction;
        }
    }
    return class_id ? 0 : n;
}

uint32_t kit_find(const struct kit *k, uint32_t class_id)
{
    return look(k, class_id, 0);
}

uint32_t kit_count(const struct kit *k, uint32_t faction)
{
    return look(k, 0, faction);
}

uint32_t kit_fired(const struct kit *k, struct flight_shot *out, uint32_t cap)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < world_dirty_cells(k->w); i++) {
        struct world_cell c;

        world_dirty_cell(k->w, i, &c);
        for (uint32_t j = 0; j < c.shots_n && n < cap; j++)
            out[n++] = c.shots[j];
    }
    return n;
}

uint32_t kit_hits(const struct kit *k, struct world_hit *out, uint32_t cap)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < world_dirty_cells(k->w); i++) {
        struct world_cell c;

        world_dirty_cell(k->w, i, &c);
        for (uint32_t j = 0; j < c.hits_n && n < cap; j++)
            out[n++] = c.hits[j];
    }
    return n;
}

uint32_t kit_gone(const struct kit *k, uint32_t id)
{
    for (uint32_t i = 0; i < world_dirty_cells(k->w); i++) {
        struct world_cell c;

        world_dirty_cell(k->w, i, &c);
        for (uint32_t j = 0; j < c.gone_n; j++) {
            if (c.gone[j].id == id && c.gone[j].reason != WORLD_GONE_MOVED)
                return c.gone[j].reason;
        }
    }
    return 0;
}

void kit_clear(struct kit *k)
{
    k->notes_n = k->hards_n = 0;
}

const struct world_note *kit_note(const struct kit *k, uint32_t pilot, uint32_t kind)
{
    for (uint32_t i = 0; i < k->notes_n; i++) {
        if (k->notes[i].pilot == k->pilots[pilot].handle && k->notes[i].kind == kind)
            return &k->notes[i];
    }
    return NULL;
}

const struct world_note *kit_answer(const struct kit *k, uint32_t request, uint32_t nth)
{
    for (uint32_t i = 0; i < k->notes_n; i++) {
        if (k->notes[i].kind == WORLD_NOTE_ANSWER && k->notes[i].a == request && nth-- == 0)
            return &k->notes[i];
    }
    return NULL;
}

const struct world_hard *kit_hard(const struct kit *k, uint32_t kind)
{
    for (uint32_t i = 0; i < k->hards_n; i++) {
        if (k->hards[i].kind == kind)
            return &k->hards[i];
    }
    return NULL;
}

uint32_t kit_lost(const struct kit *k, uint32_t pilot)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < k->notes_n; i++) {
        if (k->notes[i].pilot == k->pilots[pilot].handle &&
            k->notes[i].kind == WORLD_NOTE_HIT_BY)
            sum += k->notes[i].b + k->notes[i].d;
    }
    return sum;
}
