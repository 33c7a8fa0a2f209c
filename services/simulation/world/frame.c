/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"
#include "entity.h"
#include "grid.h"
#include "zone.h"

#define HEADING_BITS  0xfffu
#define VITALS_PERIOD 4 /* ticks: five times per second */

static uint8_t flags_of(struct world *w, uint32_t slot)
{
    const struct unit *u = &w->units[slot];
    const struct ship *s = &w->ships[slot];
    uint32_t flags = u->f.flags & FLIGHT_DRIFT;
    bool immune, wanted;

    flags |= unit_frozen(u) && u->state != STATE_DYING ? FLIGHT_DOCKING : 0u;
    flags |= unit_frozen(u) ? FLIGHT_IMMUNE : 0u;
    if (!(w->traits[slot] & (TRAIT_LINKDEAD | TRAIT_IMMUNE | TRAIT_WANTED)))
        return (uint8_t)flags;
    immune = s->immune_until && (int32_t)(s->immune_until - w->head.tick) > 0;
    wanted = zone_wanted(w, slot);
    flags |= immune ? FLIGHT_IMMUNE : 0u;
    flags |= wanted ? FLIGHT_WANTED : 0u;
    flags |= s->linkdead ? FLIGHT_LINKDEAD : 0u;
    /* What has run out is not looked at again. */
    w->traits[slot] &= (uint8_t) ~((immune ? 0u : TRAIT_IMMUNE) | (wanted ? 0u : TRAIT_WANTED) |
                                   (s->linkdead ? 0u : TRAIT_LINKDEAD));
    return (uint8_t)flags;
}

/* 0..255 of the whole, rounded up: 0 only for nothing at all. */
static uint8_t share(int32_t points, int32_t whole)
{
    if (points <= 0 || whole <= 0)
        return 0;
    if (points >= whole)
        return 255;
    /* Points are at most 65,535 * 65,535 / 1,000: no overflow. */
    return (uint8_t)(((uint32_t)points * 255 + (uint32_t)whole - 1) / (uint32_t)whole);
}

static void vitals_of(const struct world *w, uint32_t slot, uint8_t seen[2])
{
    const struct unit *u = &w->units[slot];

    seen[0] = share(u->hull, unit_hull_max(w, slot));
    seen[1] = share(u->shield, unit_shield_max(w, slot));
}

static void move_cell(struct world *w, uint32_t slot)
{
    struct unit *u = &w->units[slot];

    if (!cell_left(u))
        return;
    if (!(u->marks & MARK_NEW) && w->list_n[LIST_GONE] < w->gone_max)
        w->raw_gone[w->list_n[LIST_GONE]++] =
            (struct gone_item){entity_id(w, slot), u->cell, WORLD_GONE_MOVED, 0};
    u->cell = (uint16_t)cell_of(u->f.x, u->f.y);
    u->marks |= MARK_ENTER;
}

static void push(struct world *w, enum list list, uint32_t slot)
{
    w->raw_ids[list][w->list_n[list]++] = slot;
}

static void look_at_vitals(struct world *w, uint32_t slot)
{
    struct unit *u = &w->units[slot];
    uint8_t seen[2];

    vitals_of(w, slot, seen);
    if (seen[0] == u->seen[0] && seen[1] == u->seen[1])
        return;
    push(w, LIST_VITALS, slot);
    u->seen[0] = seen[0];
    u->seen[1] = seen[1];
    u->quiet = VITALS_PERIOD;
}

static void look_at(struct world *w, uint32_t slot)
{
    struct unit *u = &w->units[slot];
    uint32_t ctl;

    if (u->type == UNIT_SHIP)
        u->f.flags = flags_of(w, slot);
    move_cell(w, slot);
    ctl = flight_ctl_pack(&u->f) & ~HEADING_BITS;
    if (u->quiet)
        u->quiet--;
    if (u->marks & MARK_ENTER) {
        push(w, LIST_ENTERED, slot);
        vitals_of(w, slot, u->seen);
    } else {
        if (ctl != w->published[slot] || (u->marks & MARK_FORCE))
            push(w, LIST_CHANGED, slot);
        if (!u->quiet)
            look_at_vitals(w, slot);
    }
    w->published[slot] = ctl;
    u->marks &= MARK_EVENT;
}

/* Cell of item i of a list. */
static uint32_t item_cell(const struct world *w, enum list list, uint32_t i)
{
    switch (list) {
    case LIST_GONE:
        return w->raw_gone[i].cell;
    case LIST_SHOTS:
        return w->raw_shot_cell[i];
    case LIST_HITS:
        return w->raw_hit_cell[i];
    default:
        return w->units[w->raw_ids[list][i]].cell;
    }
}

static void item_copy(struct world *w, enum list list, uint32_t from, uint32_t to)
{
    switch (list) {
    case LIST_GONE:
        w->out_gone[to] = (struct world_gone){w->raw_gone[from].id, w->raw_gone[from].reason};
        break;
    case LIST_SHOTS:
        w->out_shots[to] = w->raw_shots[from];
        break;
    case LIST_HITS:
        w->out_hits[to] = w->raw_hits[from];
        break;
    default:
        w->out_ids[list][to] = entity_id(w, w->raw_ids[list][from]);
        break;
    }
}

/* Which cells have anything, ascending. */
static void find_dirty(struct world *w)
{
    uint64_t any[WORLD_CELLS / 64] = {0};

    for (uint32_t list = 0; list < LISTS; list++) {
        for (uint32_t i = 0; i < w->list_n[list]; i++) {
            uint32_t cell = item_cell(w, (enum list)list, i);

            any[cell / 64] |= 1ull << (cell % 64);
        }
    }
    w->dirty_n = 0;
    for (uint32_t i = 0; i < WORLD_CELLS / 64; i++) {
        for (uint64_t bits = any[i]; bits; bits &= bits - 1)
            w->dirty[w->dirty_n++] = (uint16_t)(i * 64 + (uint32_t)__builtin_ctzll(bits));
    }
    for (uint32_t i = 0; i < w->dirty_n; i++)
        w->dirty_at[w->dirty[i]] = (uint16_t)i;
}

/* Counting sort by dirty cell; stable, so each keeps the order of slots or of happening. */
static void group(struct world *w, enum list list)
{
    uint32_t *start = w->lists[list].start;
    uint32_t sum = 0;

    memset(start, 0, sizeof *start * (w->dirty_n + 1));
    if (w->list_n[list] == 0)
        return;
    for (uint32_t i = 0; i < w->list_n[list]; i++)
        start[w->dirty_at[item_cell(w, list, i)] + 1]++;
    for (uint32_t at = 0; at <= w->dirty_n; at++) {
        sum += start[at];
        start[at] = sum;
    }
    for (uint32_t i = 0; i < w->list_n[list]; i++)
        item_copy(w, list, i, start[w->dirty_at[item_cell(w, list, i)]]++);
    for (uint32_t at = w->dirty_n; at > 0; at--)
        start[at] = start[at - 1];
    start[0] = 0;
}

void frame_collect(struct world *w)
{
    struct world_note *notes;
    uint8_t *changed;

    grid_cells_begin(w);
    EACH_ALIVE(w, slot, 0, w->first[3]) {
        look_at(w, slot);
        grid_cells_add(w, slot);
    }
    grid_cells_end(w);
    find_dirty(w);
    for (uint32_t list = 0; list < LISTS; list++)
        group(w, (enum list)list);
    /* What happens before the next step belongs to that one. */
    memset(w->list_n, 0, sizeof w->list_n);
    notes = w->out_notes;
    w->out_notes = w->notes;
    w->notes = notes;
    w->out_notes_n = w->notes_n;
    w->notes_n = 0;
    changed = w->out_changed;
    w->out_changed = w->own_changed;
    w->own_changed = changed;
    memset(w->own_changed, 0, w->limits.pilots);
}

uint32_t world_dirty_cells(const struct world *w)
{
    world_assert(w != NULL);
    return w->dirty_n;
}

static uint32_t part(const struct world *w, enum list list, uint32_t at, uint32_t *n)
{
    *n = w->lists[list].start[at + 1] - w->lists[list].start[at];
    return w->lists[list].start[at];
}

void world_dirty_cell(const struct world *w, uint32_t index, struct world_cell *out)
{
    world_assert(w != NULL && index < w->dirty_n && out != NULL);
    out->cell = cell_id(w->dirty[index]);
    out->changed = w->out_ids[0] + part(w, LIST_CHANGED, index, &out->changed_n);
    out->entered = w->out_ids[1] + part(w, LIST_ENTERED, index, &out->entered_n);
    out->vitals = w->out_ids[2] + part(w, LIST_VITALS, index, &out->vitals_n);
    out->gone = w->out_gone + part(w, LIST_GONE, index, &out->gone_n);
    out->shots = w->out_shots + part(w, LIST_SHOTS, index, &out->shots_n);
    out->hits = w->out_hits + part(w, LIST_HITS, index, &out->hits_n);
}

uint32_t world_cell_entities(const struct world *w, uint32_t cell, uint32_t *ids, uint32_t cap)
{
    uint32_t index, n = 0;

    world_assert(w != NULL && (ids != NULL || cap == 0));
    if (!cell_index(cell, &index))
        return 0;
    for (uint32_t i = w->cell_start[index]; i < w->cell_start[index + 1]; i++) {
        uint32_t slot = w->cell_slots[i];

        if (w->units[slot].type == UNIT_FREE)
            continue;
        if (n < cap)
            ids[n] = entity_id(w, slot);
        n++;
    }
    return n;
}

uint32_t world_cell_shots(const struct world *w, uint32_t cell, struct flight_shot *out,
                          uint32_t cap)
{
    uint32_t index, n = 0;

    world_assert(w != NULL && (out != NULL || cap == 0));
    if (!cell_index(cell, &index))
        return 0;
    for (uint32_t i = 0; i < w->head.shots_n; i++) {
        const struct flight_shot *f = &w->shots[i].f;
        int32_t age = (int32_t)(w->head.tick - f->tick);
        int32_t x = clamp32(f->x + age * f->vx, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
        int32_t y = clamp32(f->y + age * f->vy, WORLD_PLAY_MIN, WORLD_PLAY_MAX);

        if (cell_of(x, y) != index)
            continue;
        if (n < cap)
            out[n] = *f;
        n++;
    }
    return n;
}

bool world_entity_get(const struct world *w, uint32_t id, struct world_entity *out)
{
    uint8_t vitals[2];
    uint32_t slot;
    const struct unit *u;

    world_assert(w != NULL && out != NULL);
    slot = entity_slot(w, id);
    memset(out, 0, sizeof *out);
    if (slot == NO_SLOT)
        return false;
    u = &w->units[slot];
    out->id = id;
    out->class_id = u->class_id;
    out->flight = u->f;
    out->faction = WORLD_FACTION_THING;
    vitals_of(w, slot, vitals);
    out->hull = vitals[0];
    out->shield = vitals[1];
    if (u->type == UNIT_SHIP) {
        const struct ship *s = &w->ships[slot];

        out->player = s->player;
        out->ship = s->ship;
        out->faction = s->faction;
        out->level = s->level;
        out->flags = s->newcomer ? WORLD_ENTITY_NEWCOMER : 0;
    } else if (u->type == UNIT_TORPEDO) {
        out->target = w->torpedoes[slot - w->first[1]].target;
    } else {
        out->good = w->loot[slot - w->first[2]].good;
        out->quantity = w->loot[slot - w->first[2]].quantity;
    }
    return true;
}

uint32_t world_notes(const struct world *w, const struct world_note **notes)
{
    world_assert(w != NULL && notes != NULL);
    *notes = w->out_notes;
    return w->out_notes_n;
}

uint32_t world_hards(const struct world *w, const struct world_hard **events)
{
    world_assert(w != NULL && events != NULL);
    *events = w->hards;
    return w->hards_n;
}
