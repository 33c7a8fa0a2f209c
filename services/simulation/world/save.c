/* SPDX-License-Identifier: Apache-2.0 */
#include "save.h"
#include "entity.h"
#include "grid.h"
#include "index.h"
#include "npc.h"

#define SAVE_MAGIC  0x31445453u /* "STD1" */
#define SAVE_FORMAT 4

/* One walk over the state serves three ends: copying out, copying in, and hashing. */
enum mode { MODE_SIZE, MODE_WRITE, MODE_READ, MODE_HASH };

struct walk {
    enum mode mode;
    uint8_t *out;
    const uint8_t *in;
    size_t at, cap;
    uint64_t hash;
    bool bad;
};

static void visit(struct walk *k, void *field, size_t size)
{
    if (k->bad || size == 0)
        return;
    if (k->mode == MODE_HASH) {
        k->hash = fold_bytes(k->hash, field, size);
        return;
    }
    if (k->mode != MODE_SIZE && k->cap - k->at < size) {
        k->bad = true;
        return;
    }
    if (k->mode == MODE_WRITE)
        memcpy(k->out + k->at, field, size);
    else if (k->mode == MODE_READ)
        memcpy(field, k->in + k->at, size);
    k->at += size;
}

static bool reading(const struct walk *k)
{
    return k->mode == MODE_READ;
}

/* Magic, format, limits and configuration: what a reader must have in common with the writer. */
static void visit_frame(struct walk *k, struct world *w)
{
    uint32_t words[7] = {SAVE_MAGIC,     SAVE_FORMAT,     w->limits.ships, w->limits.torpedoes,
                         w->limits.loot, w->limits.shots, w->limits.pilots};
    uint32_t expected[7];
    uint64_t config = world_config_hash(&w->config), own = config;

    memcpy(expected, words, sizeof words);
    visit(k, words, sizeof words);
    visit(k, &config, sizeof config);
    for (uint32_t i = 0; i < 7; i++)
        k->bad |= words[i] != expected[i];
    k->bad |= config != own;
}

static bool head_fits(const struct world *w, const struct world_head *h)
{
    for (uint32_t range = 0; range < 3; range++) {
        uint32_t size = w->first[range + 1] - w->first[range];

        if (h->free_head[range] >= size || h->free_n[range] > size)
            return false;
    }
    return h->shots_n <= w->limits.shots && h->known_n <= w->known_max &&
           h->known_hand < w->known_max && h->npcs_n == w->head.npcs_n &&
           h->packs_n == w->head.packs_n && h->pilots_used <= w->limits.pilots &&
           (h->blockade == 0 || world_config_station(&w->config, h->blockade) != NULL);
}

static void visit_head(struct walk *k, struct world *w)
{
    struct world_head head = w->head;

    visit(k, &head, sizeof head);
    if (reading(k) && !k->bad) {
        k->bad = !head_fits(w, &head);
        if (!k->bad)
            w->head = head;
    }
}

static bool flight_fits(const struct flight *f)
{
    return f->x >= WORLD_PLAY_MIN && f->x <= WORLD_PLAY_MAX && f->y >= WORLD_PLAY_MIN &&
           f->y <= WORLD_PLAY_MAX && f->vx >= -WORLD_SPEED_MAX && f->vx <= WORLD_SPEED_MAX &&
           f->vy >= -WORLD_SPEED_MAX && f->vy <= WORLD_SPEED_MAX && f->heading < WORLD_STEPS &&
           f->target < WORLD_STEPS && f->thrust <= FLIGHT_BRAKE && f->boost <= 1 && f->flags < 32 &&
           f->load <= WORLD_LOAD_STEPS;
}

static bool unit_fits(const struct world *w, uint32_t slot)
{
    const struct unit *u = &w->units[slot];
    uint32_t type = slot < w->first[1] ? UNIT_SHIP : slot < w->first[2] ? UNIT_TORPEDO : UNIT_LOOT;

    return u->type == type && u->class_index < w->rules.classes_n &&
           w->rules.classes[u->class_index].id == u->class_id && u->cell < WORLD_CELLS &&
           flight_fits(&u->f) && u->state <= STATE_DYING && u->thrust <= FLIGHT_BRAKE &&
           (type != UNIT_SHIP || u->class_id == WORLD_CLASS_DRONE || unit_class(w, slot)->config);
}

static bool ship_fits(const struct world *w, uint32_t slot)
{
    const struct ship *s = &w->ships[slot];

    if (s->pilot != WORLD_NOBODY && s->pilot >= w->head.pilots_used)
        return false;
    if (s->npc != NO_NPC && s->npc >= w->head.npcs_n)
        return false;
    if (!world_config_zone(&w->config, s->zone) ||
        (s->kept && !world_config_zone(&w->config, s->kept)))
        return false;
    if (s->gun && (!gun_of(w, slot) || gun_of(w, slot)->kind != CONFIG_WEAPON_GUN))
        return false;
    /* Only a pilot's own class has figures for the own section. */
    if (s->ship != 0 && !unit_class(w, slot)->config)
        return false;
    return s->cargo_n <= WORLD_CARGO_KINDS;
}

static void visit_ship(struct walk *k, struct world *w, uint32_t slot)
{
    struct ship s = w->ships[slot];

    s.flown = w->flown[slot];
    visit(k, &s, sizeof s);
    if (!reading(k) || k->bad)
        return;
    w->flown[slot] = s.flown;
    s.flown = 0;
    w->ships[slot] = s;
    ship_traits(w, slot);
}

static void visit_slot(struct walk *k, struct world *w, uint32_t slot)
{
    struct unit *u = &w->units[slot];

    visit(k, u, sizeof *u);
    visit(k, &w->published[slot], sizeof w->published[slot]);
    if (reading(k) && !k->bad)
        k->bad = !unit_fits(w, slot);
    if (k->bad)
        return;
    if (slot < w->first[1])
        visit_ship(k, w, slot);
    else if (slot < w->first[2])
        visit(k, torpedo_of(w, slot), sizeof(struct torpedo));
    else
        visit(k, loot_of(w, slot), sizeof(struct loot));
    if (reading(k) && !k->bad && slot < w->first[1])
        k->bad = !ship_fits(w, slot);
}

/* Reads slots until the end mark; their numbers must rise. */
static void read_units(struct walk *k, struct world *w)
{
    uint32_t from = 0;

    while (!k->bad) {
        uint32_t slot = NO_SLOT;

        visit(k, &slot, sizeof slot);
        if (slot == NO_SLOT)
            return;
        if (slot < from || slot >= w->first[3]) {
            k->bad = true;
            return;
        }
        visit_slot(k, w, slot);
        from = slot + 1;
    }
}

/* Generations of all slots, then the living ones, each after its number. */
static void visit_units(struct walk *k, struct world *w)
{
    uint32_t end = NO_SLOT;

    for (uint32_t i = 0; i < w->first[3]; i++)
        visit(k, &w->units[i].generation, 1);
    if (reading(k)) {
        read_units(k, w);
        return;
    }
    for (uint32_t slot = 0; slot < w->first[3]; slot++) {
        if (w->units[slot].type == UNIT_FREE)
            continue;
        visit(k, &slot, sizeof slot);
        visit_slot(k, w, slot);
    }
    visit(k, &end, sizeof end);
}

/* The resting slots of each range, in the order in which they will be taken. */
static void visit_rings(struct walk *k, struct world *w)
{
    for (uint32_t range = 0; range < 3; range++) {
        uint32_t size = w->first[range + 1] - w->first[range];

        for (uint32_t i = 0; i < w->head.free_n[range]; i++) {
            uint32_t at = (w->head.free_head[range] + i) % size;

            visit(k, &w->free_slots[w->first[range] + at], sizeof(uint32_t));
        }
    }
}

static void visit_tables(struct walk *k, struct world *w)
{
    visit(k, w->shots, sizeof *w->shots * w->head.shots_n);
    visit(k, w->pilots, sizeof *w->pilots * w->head.pilots_used);
    visit(k, w->known, sizeof *w->known * w->head.known_n);
    visit(k, w->npcs, sizeof *w->npcs * w->head.npcs_n);
    visit(k, w->packs, sizeof *w->packs * w->head.packs_n);
    visit(k, w->passed, sizeof *w->passed * w->config.spawns_n);
    visit(k, w->alarms, sizeof *w->alarms * w->config.shapes_n);
}

static void visit_all(struct walk *k, struct world *w)
{
    visit_frame(k, w);
    visit_head(k, w);
    if (k->bad)
        return;
    visit_units(k, w);
    visit_rings(k, w);
    visit_tables(k, w);
}

/* Every slot is either alive or rests, and rests once. */
static bool rings_fit(struct world *w)
{
    uint32_t *seen = w->cell_slots; /* free to use: rebuilt afterwards */

    memset(seen, 0, sizeof *seen * w->first[3]);
    for (uint32_t range = 0; range < 3; range++) {
        uint32_t first = w->first[range], size = w->first[range + 1] - first, alive = 0;

        for (uint32_t i = 0; i < w->head.free_n[range]; i++) {
            uint32_t slot = w->free_slots[first + (w->head.free_head[range] + i) % size];

            if (slot < first || slot >= first + size || w->units[slot].type != UNIT_FREE ||
                seen[slot]++ != 0)
                return false;
        }
        for (uint32_t slot = first; slot < first + size; slot++)
            alive += w->units[slot].type != UNIT_FREE;
        if (alive + w->head.free_n[range] != size)
            return false;
    }
    return true;
}

static bool shot_fits(const struct world *w, const struct shot *s)
{
    const struct flight f = {.x = s->f.x, .y = s->f.y, .vx = s->f.vx, .vy = s->f.vy};
    int32_t margin = 256 * WORLD_UNIT;

    return world_config_weapon(&w->config, s->f.weapon) && s->f.mounts >= 1 &&
           s->f.mounts <= WORLD_MOUNTS_MAX && s->f.heading < WORLD_STEPS &&
           w->head.tick - s->f.tick <= 255 && f.x >= WORLD_PLAY_MIN - margin &&
           f.x <= WORLD_PLAY_MAX + margin && f.y >= WORLD_PLAY_MIN - margin &&
           f.y <= WORLD_PLAY_MAX + margin && f.vx >= -WORLD_SPEED_MAX && f.vx <= WORLD_SPEED_MAX &&
           f.vy >= -WORLD_SPEED_MAX && f.vy <= WORLD_SPEED_MAX;
}

static bool pilot_fits(const struct world *w, uint32_t i)
{
    const struct pilot *p = &w->pilots[i];

    if (p->slot != NO_SLOT &&
        (p->slot >= w->first[1] || w->units[p->slot].type == UNIT_FREE ||
         w->ships[p->slot].pilot != i || w->ships[p->slot].ship == 0 || p->player == 0))
        return false;
    return p->phase <= WORLD_PHASE_PARKED && p->requests_at < REQUESTS_KEPT &&
           p->pending.actions_n <= WORLD_ACTIONS_MAX;
}

static bool known_fits(const struct world *w, const struct known *n)
{
    return n->ship != 0 &&
           (n->slot == NO_SLOT || (n->slot < w->first[1] && w->units[n->slot].type != UNIT_FREE &&
                                   w->ships[n->slot].ship == n->ship));
}

static bool npc_fits(const struct world *w, uint32_t i)
{
    const struct npc *n = &w->npcs[i];
    uint32_t slot = entity_slot(w, n->entity);

    if (n->entity != 0 && (slot == NO_SLOT || slot >= w->first[1] || w->ships[slot].npc != i))
        return false;
    return npc_sane(w, n);
}

static bool pack_fits(const struct world *w, const struct pack *p)
{
    return p->first + p->size <= w->head.npcs_n && world_config_zone(&w->config, p->zone) != NULL &&
           (p->station == 0 || world_config_station(&w->config, p->station) != NULL) &&
           (p->blockade == 0 || p->active == 0 || p->station != 0);
}

static bool tables_fit(const struct world *w)
{
    bool fits = true;

    for (uint32_t i = 0; i < w->head.shots_n; i++)
        fits &= shot_fits(w, &w->shots[i]);
    for (uint32_t i = 0; i < w->head.pilots_used; i++)
        fits &= pilot_fits(w, i);
    for (uint32_t i = 0; i < w->head.known_n; i++)
        fits &= known_fits(w, &w->known[i]);
    for (uint32_t i = 0; i < w->head.npcs_n; i++)
        fits &= npc_fits(w, i);
    for (uint32_t i = 0; i < w->head.packs_n; i++)
        fits &= pack_fits(w, &w->packs[i]);
    return fits;
}

/* Ships name pilots and NPCs that name them. */
static bool links_fit(const struct world *w)
{
    for (uint32_t slot = 0; slot < w->first[1]; slot++) {
        const struct ship *s = &w->ships[slot];

        if (w->units[slot].type == UNIT_FREE)
            continue;
        if (s->npc != NO_NPC && w->npcs[s->npc].entity != entity_id(w, slot))
            return false;
        if (s->pilot != WORLD_NOBODY && w->pilots[s->pilot].slot != slot)
            return false;
    }
    for (uint32_t slot = w->first[2]; slot < w->first[3]; slot++) {
        const struct loot *l = &w->loot[slot - w->first[2]];

        if (w->units[slot].type != UNIT_FREE &&
            (l->quantity == 0 || !world_config_good(&w->config, l->good)))
            return false;
    }
    return true;
}

static void rebuild_alive(struct world *w)
{
    memset(w->alive, 0, sizeof *w->alive * (w->first[3] / 64 + 1));
    for (uint32_t slot = 0; slot < w->first[3]; slot++)
        if (w->units[slot].type != UNIT_FREE)
            w->alive[slot >> 6] |= (uint64_t)1 << (slot & 63);
}

/* Indexes are derived: false when a player or ship is there twice. */
static bool rebuild(struct world *w)
{
    rebuild_alive(w);
    index_clear(&w->players);
    index_clear(&w->ships_known);
    for (uint32_t i = 0; i < w->head.pilots_used; i++) {
        uint32_t player = w->pilots[i].player;

        if (player == 0)
            continue;
        if (index_get(&w->players, player) != WORLD_NOBODY)
            return false;
        index_put(&w->players, player, i);
    }
    for (uint32_t i = 0; i < w->head.known_n; i++) {
        if (index_get(&w->ships_known, w->known[i].ship) != WORLD_NOBODY)
            return false;
        index_put(&w->ships_known, w->known[i].ship, i);
    }
    grid_cells(w);
    return true;
}

/* Writing and hashing only read; one walk serves them and reading, hence the cast. */
static void look_through(struct walk *k, const struct world *w)
{
    visit_all(k, (struct world *)(uintptr_t)w);
}

size_t world_save_size(const struct world *w)
{
    struct walk k = {.mode = MODE_SIZE};

    world_assert(w != NULL);
    look_through(&k, w);
    return k.at;
}

size_t world_save(const struct world *w, uint8_t *out, size_t cap)
{
    struct walk k = {.mode = MODE_WRITE, .out = out, .cap = cap};

    world_assert(w != NULL && out != NULL);
    look_through(&k, w);
    return k.bad ? 0 : k.at;
}

uint64_t world_hash(const struct world *w)
{
    struct walk k = {.mode = MODE_HASH};

    world_assert(w != NULL);
    look_through(&k, w);
    return k.hash;
}

bool world_load(struct world *w, const uint8_t *bytes, size_t length)
{
    struct walk k = {.mode = MODE_READ, .in = bytes, .cap = length};
    struct world_head own = w->head;

    world_assert(w != NULL && bytes != NULL);
    world_reset(w);
    visit_all(&k, w);
    if (k.bad || k.at != length || !rings_fit(w) || !tables_fit(w) || !links_fit(w) ||
        !rebuild(w)) {
        w->head = own;
        world_reset(w);
        return false;
    }
    return true;
}
