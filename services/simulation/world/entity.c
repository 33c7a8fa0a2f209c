/* SPDX-License-Identifier: Apache-2.0 */
#include "entity.h"

static uint32_t range_of(const struct world *w, uint32_t slot)
{
    return slot < w->first[1] ? 0 : slot < w->first[2] ? 1 : 2;
}

static uint32_t ring_take(struct world *w, uint32_t range)
{
    uint32_t first = w->first[range], size = w->first[range + 1] - first;
    uint32_t slot;

    if (w->head.free_n[range] == 0)
        return NO_SLOT;
    slot = w->free_slots[first + w->head.free_head[range]];
    w->head.free_head[range] = (w->head.free_head[range] + 1) % size;
    w->head.free_n[range]--;
    return slot;
}

static void ring_give(struct world *w, uint32_t slot)
{
    uint32_t range = range_of(w, slot);
    uint32_t first = w->first[range], size = w->first[range + 1] - first;
    uint32_t at = (w->head.free_head[range] + w->head.free_n[range]) % size;

    world_assert(w->head.free_n[range] < size);
    w->free_slots[first + at] = slot;
    w->head.free_n[range]++;
}

uint32_t entity_new(struct world *w, enum unit_type type, uint32_t class_index, int32_t x,
                    int32_t y)
{
    uint32_t slot = ring_take(w, (uint32_t)type - UNIT_SHIP);
    struct unit *u;
    uint8_t generation;

    world_assert(class_index < w->rules.classes_n);
    if (slot == NO_SLOT)
        return NO_SLOT;
    u = &w->units[slot];
    generation = (uint8_t)(u->generation + 1);
    memset(u, 0, sizeof *u);
    u->generation = slot == 0 && generation == 0 ? 1 : generation; /* id 0 means nobody */
    u->type = (uint8_t)type;
    w->alive[slot >> 6] |= (uint64_t)1 << (slot & 63);
    u->class_index = (uint8_t)class_index;
    u->class_id = (uint16_t)w->rules.classes[class_index].id;
    u->f.x = clamp32(x, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
    u->f.y = clamp32(y, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
    u->cell = (uint16_t)cell_of(u->f.x, u->f.y);
    u->marks = MARK_NEW | MARK_ENTER;
    u->hit_at = u->fired_at = w->head.tick - NEVER;
    w->published[slot] = 0;
    w->cells_stale = true;
    if (type == UNIT_SHIP) {
        memset(&w->ships[slot], 0, sizeof w->ships[slot]);
        w->flown[slot] = 0;
        w->traits[slot] = 0;
        w->ships[slot].struck_at = w->head.tick - NEVER;
        w->ships[slot].pilot = WORLD_NOBODY;
        w->ships[slot].npc = NO_NPC;
    } else if (type == UNIT_TORPEDO) {
        memset(torpedo_of(w, slot), 0, sizeof(struct torpedo));
    } else {
        memset(loot_of(w, slot), 0, sizeof(struct loot));
    }
    return slot;
}

void entity_free(struct world *w, uint32_t slot, enum world_gone_reason reason)
{
    struct unit *u = &w->units[slot];
    uint8_t generation = u->generation;

    world_assert(u->type != UNIT_FREE);
    /* What nobody was told of needs no farewell. */
    if (!(u->marks & MARK_NEW) && w->list_n[LIST_GONE] < w->gone_max)
        w->raw_gone[w->list_n[LIST_GONE]++] =
            (struct gone_item){entity_id(w, slot), u->cell, (uint8_t)reason, 0};
    memset(u, 0, sizeof *u);
    u->generation = generation;
    w->alive[slot >> 6] &= ~((uint64_t)1 << (slot & 63));
    w->cells_stale = true;
    if (slot < w->first[1])
        w->traits[slot] = 0;
    ring_give(w, slot);
}

void ship_traits(struct world *w, uint32_t slot)
{
    const struct unit *u = &w->units[slot];
    const struct ship *s = &w->ships[slot];
    uint32_t t = 0;

    t |= s->faction == WORLD_FACTION_RAIDER ? TRAIT_RAIDER : 0u;
    t |= s->faction == WORLD_FACTION_DRONE ? TRAIT_DRONE : 0u;
    t |= s->linkdead ? TRAIT_LINKDEAD | TRAIT_DOCK : 0u;
    t |= s->immune_until ? TRAIT_IMMUNE : 0u;
    t |= s->wanted_until ? TRAIT_WANTED : 0u;
    t |= u->state == STATE_HOLD || u->marks & MARK_EVENT ? TRAIT_DOCK : 0u;
    t |= u->state == STATE_DYING ? TRAIT_DYING : 0u;
    w->traits[slot] = (uint8_t)(u->type == UNIT_FREE ? 0u : t);
}

uint32_t cell_of(int32_t x, int32_t y)
{
    uint32_t cx = (uint32_t)(x >> WORLD_CELL_SHIFT) - WORLD_CELL_FIRST;
    uint32_t cy = (uint32_t)(y >> WORLD_CELL_SHIFT) - WORLD_CELL_FIRST;

    world_assert(cx < WORLD_CELLS_SIDE && cy < WORLD_CELLS_SIDE);
    return cx + cy * WORLD_CELLS_SIDE;
}

uint32_t cell_id(uint32_t index)
{
    uint32_t cx = index % WORLD_CELLS_SIDE + WORLD_CELL_FIRST;
    uint32_t cy = index / WORLD_CELLS_SIDE + WORLD_CELL_FIRST;

    return cx | cy << WORLD_CELL_BITS;
}

bool cell_index(uint32_t cell, uint32_t *index)
{
    uint32_t cx = (cell & ((1u << WORLD_CELL_BITS) - 1)) - WORLD_CELL_FIRST;
    uint32_t cy = (cell >> WORLD_CELL_BITS) - WORLD_CELL_FIRST;

    if (cx >= WORLD_CELLS_SIDE || cy >= WORLD_CELLS_SIDE)
        return false;
    *index = cx + cy * WORLD_CELLS_SIDE;
    return true;
}

bool cell_left(const struct unit *u)
{
    int32_t x = (int32_t)(u->cell % WORLD_CELLS_SIDE + WORLD_CELL_FIRST) << WORLD_CELL_SHIFT;
    int32_t y = (int32_t)(u->cell / WORLD_CELLS_SIDE + WORLD_CELL_FIRST) << WORLD_CELL_SHIFT;
    int32_t side = (1 << WORLD_CELL_SHIFT) - 1;

    return u->f.x < x - WORLD_CELL_MARGIN || u->f.x > x + side + WORLD_CELL_MARGIN ||
           u->f.y < y - WORLD_CELL_MARGIN || u->f.y > y + side + WORLD_CELL_MARGIN;
}

static int32_t leveled(const struct world *w, uint32_t slot, int32_t points)
{
    const struct config_level *level;
    const struct ship *s;

    if (slot >= w->first[1] || !(w->traits[slot] & TRAIT_RAIDER))
        return points;
    s = &w->ships[slot];
    level = world_config_level(&w->config, s->level);
    return level ? points * level->vital_pm / 1000 : points;
}

int32_t unit_hull_max(const struct world *w, uint32_t slot)
{
    return leveled(w, slot, unit_class(w, slot)->hull);
}

int32_t unit_shield_max(const struct world *w, uint32_t slot)
{
    return leveled(w, slot, unit_class(w, slot)->shield);
}

void ship_weigh(struct world *w, uint32_t slot)
{
    struct ship *s = &w->ships[slot];
    struct unit *u = &w->units[slot];
    const struct rule_class *k = unit_class(w, slot);
    uint8_t load;

    s->mass = 0;
    for (uint32_t i = 0; i < s->cargo_n; i++) {
        const struct config_good *g = world_config_good(&w->config, s->cargo[i].good);

        s->mass += g ? (uint32_t)g->mass * s->cargo[i].quantity : 0;
    }
    load = k->config ? flight_load(s->mass, k->config->hold) : 0;
    if (load != u->f.load) {
        u->f.load = load;
        u->marks |= MARK_ENTER;
    }
    own_touch(w, s->pilot);
}

uint32_t ship_stow(struct world *w, uint32_t slot, uint32_t good, uint32_t quantity)
{
    struct ship *s = &w->ships[slot];
    const struct rule_class *k = unit_class(w, slot);
    const struct config_good *g = world_config_good(&w->config, good);
    uint32_t room, i = 0;

    if (!g || !k->config || s->mass >= k->config->hold)
        return 0;
    room = (k->config->hold - s->mass) / g->mass;
    quantity = quantity < room ? quantity : room;
    while (i < s->cargo_n && s->cargo[i].good != good)
        i++;
    if (i == WORLD_CARGO_KINDS || quantity == 0)
        return 0;
    if (i == s->cargo_n)
        s->cargo[s->cargo_n++] = (struct world_cargo){(uint16_t)good, 0};
    s->cargo[i].quantity = (uint16_t)(s->cargo[i].quantity + quantity);
    ship_weigh(w, slot);
    return quantity;
}

bool ship_unstow(struct world *w, uint32_t slot, uint32_t good, uint32_t quantity)
{
    struct ship *s = &w->ships[slot];
    uint32_t i = 0;

    while (i < s->cargo_n && s->cargo[i].good != good)
        i++;
    if (i == s->cargo_n || s->cargo[i].quantity < quantity)
        return false;
    s->cargo[i].quantity = (uint16_t)(s->cargo[i].quantity - quantity);
    if (s->cargo[i].quantity == 0) {
        for (s->cargo_n--; i < s->cargo_n; i++)
            s->cargo[i] = s->cargo[i + 1];
        s->cargo[s->cargo_n] = (struct world_cargo){0, 0};
    }
    ship_weigh(w, slot);
    return true;
}

void note(struct world *w, uint32_t pilot, struct world_note n)
{
    if (pilot == WORLD_NOBODY)
        return;
    own_touch(w, pilot);
    if (w->notes_n == w->notes_max)
        return;
    n.pilot = pilot;
    w->notes[w->notes_n++] = n;
}

void own_touch(struct world *w, uint32_t pilot)
{
    if (pilot != WORLD_NOBODY)
        w->own_changed[pilot] = 1;
}

uint32_t ship_owner(const struct ship *s)
{
    return s->ship && s->faction == WORLD_FACTION_GUILD ? WORLD_GUILD_PLAYER | s->level : s->player;
}

bool hard_room(const struct world *w)
{
    return !(w->head.flags & WORLD_HULLS_HOLD) && w->hards_n < WORLD_HARD_MAX;
}

struct world_hard *hard_new(struct world *w, enum world_hard_kind kind, uint32_t slot)
{
    struct world_hard *h = &w->hards[w->hards_n];

    world_assert(hard_room(w));
    memset(h, 0, sizeof *h);
    h->kind = (uint8_t)kind;
    h->ordinal = w->hards_n++;
    h->tick = w->head.tick;
    h->event = world_event_id(w->head.shard, w->head.epoch, h->tick, h->ordinal);
    if (slot == NO_SLOT)
        return h;
    h->entity = entity_id(w, slot);
    h->x = w->units[slot].f.x;
    h->y = w->units[slot].f.y;
    h->class_id = w->units[slot].class_id;
    if (w->units[slot].type != UNIT_SHIP)
        return h;
    h->ship = w->ships[slot].ship;
    h->player = ship_owner(&w->ships[slot]);
    h->version = w->ships[slot].version;
    h->faction = w->ships[slot].faction;
    h->level = w->ships[slot].level;
    h->zone = w->ships[slot].zone;
    h->newcomer = w->ships[slot].newcomer;
    h->flown = w->flown[slot];
    h->hull = (uint16_t)(w->units[slot].hull > 0 ? w->units[slot].hull : 0);
    h->torpedoes = w->ships[slot].torpedoes;
    return h;
}
