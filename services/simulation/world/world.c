/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journey of a tick, in world_step: pilots' inputs and NPCs decide, everything flies, bullets
 * meet what has moved, guns fire, damage and deaths follow, loot is taken, zones and docks look at
 * who is where, and what changed is collected by cell.
 */
#include "world.h"
#include "damage.h"
#include "dock.h"
#include "entity.h"
#include "frame.h"
#include "grid.h"
#include "index.h"
#include "loot.h"
#include "npc.h"
#include "save.h"
#include "session.h"
#include "state.h"
#include "traffic.h"
#include "weapon.h"
#include "zone.h"

#define SLOTS_MAX (1u << 20)

/* Where a stage of the step ends, for a benchmark that compiles this file with a clock. */
#ifndef WORLD_STAGE
#define WORLD_STAGE(name) ((void)0)
#endif

struct world_limits world_limits_default(void)
{
    return (struct world_limits){
        .ships = 16384, .torpedoes = 4096, .loot = 8192, .shots = 65536, .pilots = 32768};
}

/* Hands out the block piece by piece; with `base` null it only adds up. */
struct carver {
    uint8_t *base;
    size_t used;
};

static void *carve(struct carver *c, size_t size, size_t n)
{
    size_t at = c->used;

    c->used += (size * n + 63) & ~(size_t)63;
    return c->base ? c->base + at : NULL;
}

static void carve_index(struct carver *c, struct index *x, uint32_t entries)
{
    uint32_t size = index_size(entries);

    x->mask = size - 1;
    x->keys = carve(c, sizeof(uint32_t), size);
    x->values = carve(c, sizeof(uint32_t), size);
}

static void carve_fine(struct carver *c, struct fine *g, uint32_t bodies)
{
    g->max = bodies;
    g->side = grid_side(bodies);
    g->bodies = carve(c, sizeof *g->bodies, bodies);
    g->unsorted = carve(c, sizeof *g->unsorted, bodies);
    g->start = carve(c, sizeof *g->start, (size_t)g->side * g->side + 1);
}

static void carve_tables(struct carver *c, struct world *w)
{
    uint32_t all = w->first[3];

    w->units = carve(c, sizeof *w->units, all);
    w->published = carve(c, sizeof *w->published, all);
    w->ships = carve(c, sizeof *w->ships, w->limits.ships);
    w->torpedoes = carve(c, sizeof *w->torpedoes, w->limits.torpedoes);
    w->loot = carve(c, sizeof *w->loot, w->limits.loot);
    w->shots = carve(c, sizeof *w->shots, w->limits.shots);
    w->pilots = carve(c, sizeof *w->pilots, w->limits.pilots);
    w->known = carve(c, sizeof *w->known, w->known_max);
    w->free_slots = carve(c, sizeof *w->free_slots, all);
    w->alive = carve(c, sizeof *w->alive, all / 64 + 1);
    carve_index(c, &w->players, w->limits.pilots);
    carve_index(c, &w->ships_known, w->known_max);
    w->flown = carve(c, sizeof *w->flown, w->limits.ships);
    w->traits = carve(c, sizeof *w->traits, w->limits.ships);
    w->homes = carve(c, sizeof *w->homes, all);
    w->cell_slots = carve(c, sizeof *w->cell_slots, all);
    carve_fine(c, &w->fine, w->first[2]);
    carve_fine(c, &w->threats, w->limits.torpedoes + NPCS_MAX);
    w->found = carve(c, sizeof *w->found, w->first[2]);
}

static void carve_lists(struct carver *c, struct world *w)
{
    uint32_t all = w->first[3];

    for (uint32_t i = 0; i < 3; i++) {
        w->raw_ids[i] = carve(c, sizeof(uint32_t), all);
        w->out_ids[i] = carve(c, sizeof(uint32_t), all);
    }
    w->gone_max = 2 * all;
    w->raw_gone = carve(c, sizeof *w->raw_gone, w->gone_max);
    w->out_gone = carve(c, sizeof *w->out_gone, w->gone_max);
    w->shots_out_max = 2 * w->limits.ships;
    w->raw_shots = carve(c, sizeof *w->raw_shots, w->shots_out_max);
    w->out_shots = carve(c, sizeof *w->out_shots, w->shots_out_max);
    w->raw_shot_cell = carve(c, sizeof *w->raw_shot_cell, w->shots_out_max);
    w->hits_max = 4 * w->limits.ships;
    w->raw_hits = carve(c, sizeof *w->raw_hits, w->hits_max);
    w->out_hits = carve(c, sizeof *w->out_hits, w->hits_max);
    w->raw_hit_cell = carve(c, sizeof *w->raw_hit_cell, w->hits_max);
    w->notes_max = 4 * w->limits.ships + 2 * w->limits.pilots;
    w->notes = carve(c, sizeof *w->notes, w->notes_max);
    w->out_notes = carve(c, sizeof *w->out_notes, w->notes_max);
    w->hards = carve(c, sizeof *w->hards, WORLD_HARD_MAX);
    w->own_changed = carve(c, 1, w->limits.pilots);
    w->out_changed = carve(c, 1, w->limits.pilots);
}

static void layout(struct world *w, const struct world_limits *limits)
{
    w->limits = *limits;
    w->first[0] = 0;
    w->first[1] = limits->ships;
    w->first[2] = w->first[1] + limits->torpedoes;
    w->first[3] = w->first[2] + limits->loot;
    w->known_max = 2 * (limits->ships + limits->pilots);
}

static bool limits_fit(const struct world_limits *l)
{
    return l->ships >= 16 && l->ships <= SLOTS_MAX && l->torpedoes >= 1 &&
           l->torpedoes <= SLOTS_MAX && l->loot >= WORLD_WRECK_BOXES && l->loot <= SLOTS_MAX &&
           l->shots >= 1 && l->shots <= SLOTS_MAX && l->pilots >= 1 && l->pilots <= SLOTS_MAX;
}

size_t world_size(const struct world_limits *limits)
{
    struct world dry; /* only its places are filled in; boot alone comes here */
    struct carver c = {.used = (sizeof dry + 63) & ~(size_t)63};

    world_assert(limits != NULL);
    if (!limits_fit(limits))
        return 0;
    layout(&dry, limits);
    carve_tables(&c, &dry);
    carve_lists(&c, &dry);
    return c.used;
}

static void fill_rings(struct world *w)
{
    for (uint32_t range = 0; range < 3; range++) {
        w->head.free_n[range] = w->first[range + 1] - w->first[range];
        for (uint32_t slot = w->first[range]; slot < w->first[range + 1]; slot++)
            w->free_slots[slot] = slot;
    }
    for (uint32_t slot = 0; slot < w->first[1]; slot++)
        w->ships[slot].npc = NO_NPC;
}

void world_reset(struct world *w)
{
    struct world_head old = w->head;
    size_t size = world_size(&w->limits);
    size_t keep = (size_t)((uint8_t *)w->units - (uint8_t *)w);

    memset((uint8_t *)w + keep, 0, size - keep);
    memset(w->npcs, 0, sizeof w->npcs);
    memset(w->packs, 0, sizeof w->packs);
    memset(w->passed, 0, sizeof w->passed);
    memset(w->alarms, 0, sizeof w->alarms);
    memset(&w->head, 0, sizeof w->head);
    w->head.seed = old.seed;
    w->head.shard = old.shard;
    w->head.epoch = old.epoch;
    w->opening = false;
    w->cells_stale = true;
    w->fine.n = w->threats.n = 0;
    w->dirty_n = w->hards_n = w->notes_n = w->out_notes_n = 0;
    memset(w->lists, 0, sizeof w->lists);
    memset(w->list_n, 0, sizeof w->list_n);
    memset(w->cell_start, 0, sizeof w->cell_start);
    fill_rings(w);
    npc_init(w);
}

struct world *world_init(void *memory, const struct world_limits *limits,
                         const struct world_config *config, uint64_t seed, uint32_t shard,
                         uint32_t epoch)
{
    struct world *w = memory;
    struct carver c = {.base = memory, .used = (sizeof *w + 63) & ~(size_t)63};

    world_assert(memory != NULL && ((uintptr_t)memory & 63) == 0 && limits_fit(limits));
    world_assert(world_config_check(config) == 0);
    memset(w, 0, sizeof *w);
    layout(w, limits);
    carve_tables(&c, w);
    carve_lists(&c, w);
    w->config = *config;
    rules_init(&w->rules, &w->config);
    w->head.seed = seed;
    w->head.shard = shard;
    w->head.epoch = epoch;
    world_reset(w);
    return w;
}

/* Nothing that may be in use has vanished: ids of each list of the old one are in the new one. */
static bool keeps_all(const struct world_config *old, const struct world_config *new)
{
    bool kept = true;

    for (uint32_t i = 0; i < old->classes_n; i++)
        kept &= world_config_class(new, old->classes[i].id) != NULL;
    for (uint32_t i = 0; i < old->weapons_n; i++)
        kept &= world_config_weapon(new, old->weapons[i].id) != NULL;
    for (uint32_t i = 0; i < old->stations_n; i++)
        kept &= world_config_station(new, old->stations[i].id) != NULL;
    for (uint32_t i = 0; i < old->goods_n; i++)
        kept &= world_config_good(new, old->goods[i].id) != NULL;
    return kept;
}

bool world_config_set(struct world *w, const struct world_config *config)
{
    struct world_config old;

    world_assert(w != NULL && config != NULL);
    if (world_config_check(config) != 0 || !keeps_all(&w->config, config))
        return false;
    old = w->config;
    w->config = *config;
    rules_init(&w->rules, &w->config);
    npc_config(w, &old);
    traffic_config(w);
    EACH_ALIVE(w, slot, 0, w->first[3]) {
        struct unit *u = &w->units[slot];

        u->class_index = (uint8_t)rules_class(&w->rules, u->class_id);
        u->marks |= MARK_ENTER;
        if (u->type != UNIT_SHIP)
            continue;
        u->hull = min32(u->hull, unit_hull_max(w, slot));
        u->shield = min32(u->shield, unit_shield_max(w, slot));
        zone_place(w, slot);
        ship_weigh(w, slot);
    }
    return true;
}

const struct world_config *world_config_get(const struct world *w)
{
    world_assert(w != NULL);
    return &w->config;
}

uint32_t world_tick(const struct world *w)
{
    world_assert(w != NULL);
    return w->head.tick;
}

uint32_t world_epoch(const struct world *w)
{
    world_assert(w != NULL);
    return w->head.epoch;
}

static uint32_t count_ships(const struct world *w, bool players)
{
    uint32_t n = 0;

    EACH_ALIVE(w, slot, 0, w->first[1])
        n += (w->ships[slot].player != 0) == players;
    return n;
}

uint32_t world_ships(const struct world *w)
{
    world_assert(w != NULL);
    return count_ships(w, true);
}

uint32_t world_npcs(const struct world *w)
{
    world_assert(w != NULL);
    return count_ships(w, false);
}

void world_flags_set(struct world *w, uint32_t flags)
{
    world_assert(w != NULL);
    w->head.flags = flags;
}

/* What the ship really does in this tick, out of what is wished. */
static void effective(struct world *w, uint32_t slot)
{
    struct unit *u = &w->units[slot];
    const struct config_class *k = unit_class(w, slot)->config;
    struct flight_power power;
    uint8_t wish = u->boost;

    u->f.thrust = u->thrust;
    if (u->state == STATE_HOLD || (w->traits[slot] & TRAIT_LINKDEAD && w->ships[slot].linkdead)) {
        u->f.thrust = FLIGHT_BRAKE;
        wish = 0;
    } else if (unit_frozen(u)) {
        u->f.thrust = FLIGHT_COAST;
        wish = 0;
    }
    if (!k)
        return;
    power = (struct flight_power){u->energy, k->energy, k->energy_regen, k->boost_drain, u->spent};
    u->f.boost = flight_boost(&power, u->f.thrust, wish);
    u->energy = power.energy;
    u->spent = power.spent;
    w->flown[slot] += u->f.boost ? 3 : 1;
}

static void fly(struct world *w)
{
    EACH_ALIVE(w, slot, 0, w->first[2]) {
        struct unit *u = &w->units[slot];

        for (uint32_t i = 0; i < 3; i++)
            u->cool[i] = (uint8_t)(u->cool[i] - (u->cool[i] > 0));
        if (u->type == UNIT_SHIP)
            effective(w, slot);
        flight_step(&u->f, &unit_class(w, slot)->flight);
    }
}

void world_step(struct world *w)
{
    world_assert(w != NULL && !w->opening);
    WORLD_STAGE(begin);
    w->head.tick++;
    w->hards_n = 0;
    if (w->cells_stale)
        grid_cells(w);
    session_step(w);
    WORLD_STAGE(sessions);
    npc_step(w);
    torpedo_aim(w);
    WORLD_STAGE(npcs);
    fly(w);
    WORLD_STAGE(flight);
    grid_fine(w);
    WORLD_STAGE(grid);
    shot_step(w);
    torpedo_step(w);
    WORLD_STAGE(shots);
    weapon_fire(w);
    WORLD_STAGE(weapons);
    damage_step(w);
    death_step(w);
    WORLD_STAGE(damage);
    loot_step(w);
    WORLD_STAGE(loot);
    zone_step(w);
    WORLD_STAGE(zones);
    dock_step(w);
    WORLD_STAGE(docks);
    frame_collect(w);
    WORLD_STAGE(frame);
}

uint64_t world_event_id(uint32_t shard, uint32_t epoch, uint32_t tick, uint32_t ordinal)
{
    uint64_t id = fold64(0x73746172, (uint64_t)shard << 32 | epoch);

    id = mix64(fold64(id, (uint64_t)tick << 32 | ordinal));
    return id ? id : 1;
}

uint64_t world_loot_id(uint64_t event, uint32_t k)
{
    uint64_t id = mix64(fold64(event, k + 1u));

    return id ? id : 1;
}
