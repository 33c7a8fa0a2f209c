/* SPDX-License-Identifier: Apache-2.0 */
#include "pack.h"
#include "entity.h"
#include "npc.h"
#include "pilotage.h"
#include "traffic.h"
#include "zone.h"

#define LURK_U           800
#define EDGE_U           400 /* a wandering pack waits so far beyond a lane's edge */
#define SPREAD_U         300
#define STAY_TICKS       2400
#define STAY_MORE        2400
#define BACK_TICKS       800
#define BACK_MORE        800
#define PACK_PERIOD      16
#define PACKS_FACTOR     4

#define BLOCKADE_PACKS   2
#define BLOCKADE_RAIDERS 2 /* of each */
#define BLOCKADE_LEVEL   1
#define BLOCKADE_U       2000 /* from the station to the middle of a pack */
#define BLOCKADE_LURK_U  500
#define BLOCKADE_HUNT_U  2500 /* around that middle they fear no guarded space */

static struct pack *roster_pack(struct world *w, uint8_t zone, uint32_t raiders, uint32_t number)
{
    struct pack *p = &w->packs[w->head.packs_n];

    if (w->head.packs_n == PACKS_MAX || w->head.npcs_n + raiders > NPCS_MAX)
        return NULL;
    memset(p, 0, sizeof *p);
    p->first = (uint16_t)w->head.npcs_n;
    p->zone = zone;
    p->size = (uint8_t)raiders;
    p->number = (uint8_t)number;
    for (uint32_t i = 0; i < raiders; i++) {
        struct npc *n = npc_add(w, NPC_RAIDER);

        world_assert(n != NULL);
        n->zone = zone;
        n->group = (uint8_t)w->head.packs_n;
    }
    w->head.packs_n++;
    return p;
}

void packs_roster(struct world *w)
{
    for (uint32_t z = 0; z < w->config.zones_n; z++) {
        const struct config_zone *zone = &w->config.zones[z];
        uint32_t packs = zone->pack_period_s ? zone->packs : zone->packs * (uint32_t)PACKS_FACTOR;

        for (uint32_t i = 0; i < packs; i++)
            (void)roster_pack(w, zone->id, zone->raiders, i);
    }
    for (uint32_t i = 0; i < BLOCKADE_PACKS; i++) {
        struct pack *p = roster_pack(w, w->config.zones[0].id, BLOCKADE_RAIDERS, i);

        if (p)
            p->blockade = 1;
    }
}

const struct pack *pack_of(const struct world *w, const struct npc *n)
{
    return &w->packs[n->group];
}

uint32_t pack_reach_u(const struct pack *p)
{
    return p->blockade ? BLOCKADE_LURK_U : LURK_U;
}

bool pack_is_over(const struct world *w, const struct pack *p)
{
    return p->blockade && (w->head.blockade == 0 || p->station != w->head.blockade);
}

bool pack_is_bold(const struct world *w, const struct pack *p, const struct unit *u)
{
    return p->blockade && !pack_is_over(w, p) && distance_u(u, p->x, p->y) <= BLOCKADE_HUNT_U;
}

bool world_blockade(struct world *w, uint16_t station, uint32_t until)
{
    world_assert(w != NULL);
    if (station && !world_config_station(&w->config, station))
        return false;
    w->head.blockade_until = until;
    if (w->head.blockade == station)
        return true;
    w->head.blockade = station;
    for (uint32_t i = 0; i < w->head.packs_n; i++) {
        if (w->packs[i].blockade)
            w->packs[i].until = w->head.tick;
    }
    return true;
}

uint16_t world_blockaded(const struct world *w, uint32_t *until)
{
    world_assert(w != NULL && until != NULL);
    *until = w->head.blockade ? w->head.blockade_until : 0;
    return w->head.blockade;
}

/* Around the blockaded station, each pack in a part of the circle of its own. */
static void wait_by_station(struct world *w, struct pack *p)
{
    const struct config_station *s = world_config_station(&w->config, p->station);
    uint32_t way = chance_below(w, p->first, 116, 4096 / BLOCKADE_PACKS) +
                   p->number * (4096u / BLOCKADE_PACKS);
    int64_t far = (int64_t)BLOCKADE_U * WORLD_UNIT;

    world_assert(s != NULL);
    p->x = s->x * WORLD_UNIT + (int32_t)((far * flight_cos(way)) >> 14);
    p->y = s->y * WORLD_UNIT + (int32_t)((far * flight_sin(way)) >> 14);
    p->x = clamp32(p->x, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
    p->y = clamp32(p->y, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
}

/* A wandering pack waits outside a lane of its zone. */
static void wait_by_lane(struct world *w, struct pack *p)
{
    uint32_t count = 0, pick, part = chance_below(w, p->first, 112, 600) + 200;

    for (uint32_t i = 0; i < w->config.shapes_n; i++)
        count +=
            w->config.shapes[i].zone == p->zone && w->config.shapes[i].kind == CONFIG_SHAPE_CAPSULE;
    pick = chance_below(w, p->first, 113, count);
    for (uint32_t i = 0; i < w->config.shapes_n; i++) {
        const struct config_shape *s = &w->config.shapes[i];
        uint32_t way;
        int64_t off;

        if (s->zone != p->zone || s->kind != CONFIG_SHAPE_CAPSULE || pick-- != 0)
            continue;
        way = flight_atan2((int64_t)s->y2 - s->y1, (int64_t)s->x2 - s->x1) + 1024u;
        off = (int64_t)(s->r + EDGE_U) * WORLD_UNIT;
        p->x = (int32_t)((s->x1 + (int64_t)(s->x2 - s->x1) * part / 1000) * WORLD_UNIT +
                         ((off * flight_cos(way)) >> 14));
        p->y = (int32_t)((s->y1 + (int64_t)(s->y2 - s->y1) * part / 1000) * WORLD_UNIT +
                         ((off * flight_sin(way)) >> 14));
    }
    p->x = clamp32(p->x, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
    p->y = clamp32(p->y, WORLD_PLAY_MIN, WORLD_PLAY_MAX);
}

static void move_on(struct world *w, struct pack *p)
{
    uint32_t at;

    p->until = w->head.tick + STAY_TICKS + chance_below(w, p->first, 110, STAY_MORE);
    if (p->blockade) {
        if (!pack_is_over(w, p))
            wait_by_station(w, p);
        return;
    }
    at = traffic_spawn(w, p->zone, p->first, 111);
    if (at == w->config.spawns_n) {
        wait_by_lane(w, p);
        return;
    }
    p->x = w->config.spawns[at].x * WORLD_UNIT;
    p->y = w->config.spawns[at].y * WORLD_UNIT;
}

static uint32_t members(const struct world *w, const struct pack *p)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->size; i++)
        n += w->npcs[p->first + i].entity != 0;
    return n;
}

/* The level of one of its raiders, drawn anew each time it appears. */
static uint8_t level_of(const struct world *w, const struct pack *p, uint32_t i)
{
    const struct config_zone *z = world_config_zone(&w->config, p->zone);
    uint32_t level =
        z->level_min + chance_below(w, p->first + i, 114, z->level_max - z->level_min + 1u);

    if (p->blockade)
        level = BLOCKADE_LEVEL;
    return world_config_level(&w->config, level) ? (uint8_t)level : z->level_min;
}

static void pack_appears(struct world *w, struct pack *p)
{
    if (p->blockade) {
        p->station = w->head.blockade;
        p->zone = world_config_station(&w->config, p->station)->zone;
    }
    move_on(w, p);
    p->active = 1;
    for (uint32_t i = 0; i < p->size; i++) {
        struct npc *n = &w->npcs[p->first + i];
        int32_t off = ((int32_t)i - (int32_t)p->size / 2) * SPREAD_U * WORLD_UNIT;

        n->level = level_of(w, p, i);
        n->zone = p->zone;
        n->x = p->x;
        n->y = p->y;
        n->until = w->head.tick;
        n->laden = n->member = 0;
        n->target = 0;
        if (npc_spawn(w, p->first + i, w->rules.raider,
                      clamp32(p->x + off, WORLD_PLAY_MIN, WORLD_PLAY_MAX), p->y) != NO_SLOT)
            n->state = NPC_LURK;
    }
}

/* How many packs the zone has now: more when armed pilots are there. */
static bool due(const struct world *w, const struct pack *p, const struct config_zone *z)
{
    uint32_t zone = (uint32_t)(z - w->config.zones);
    uint32_t packs = z->packs + w->head.armed[zone] / 2;

    if (p->blockade)
        return w->head.blockade != 0;
    if (z->pack_period_s)
        return p->number < z->packs;
    return p->number < (packs < 4u * z->packs ? packs : 4u * z->packs);
}

static void count_armed(struct world *w)
{
    memset(w->head.armed, 0, sizeof w->head.armed);
    EACH_ALIVE(w, slot, 0, w->first[1]) {
        const struct config_class *k;

        if (w->ships[slot].player == 0)
            continue;
        k = unit_class(w, slot)->config;
        if (k->armed || zone_wanted(w, slot))
            w->head.armed[world_config_zone(&w->config, w->ships[slot].zone) - w->config.zones]++;
    }
}

/* Ticks after which a pack that is gone comes back. */
static uint32_t absence(const struct world *w, uint32_t i)
{
    const struct pack *p = &w->packs[i];
    const struct config_zone *z = world_config_zone(&w->config, p->zone);

    if (z->pack_period_s && !p->blockade)
        return z->pack_period_s * (uint32_t)WORLD_TICK_HZ;
    return BACK_TICKS + chance_below(w, i, 115, BACK_MORE);
}

void packs_step(struct world *w)
{
    if (w->head.tick % PACK_PERIOD != 0)
        return;
    if (w->head.blockade && (int32_t)(w->head.tick - w->head.blockade_until) >= 0)
        w->head.blockade = 0;
    count_armed(w);
    for (uint32_t i = 0; i < w->head.packs_n; i++) {
        struct pack *p = &w->packs[i];

        if (p->active && members(w, p) == 0) {
            p->active = 0;
            p->until = w->head.tick + absence(w, i);
        }
        if ((int32_t)(w->head.tick - p->until) < 0)
            continue;
        if (p->active)
            move_on(w, p);
        else if (due(w, p, world_config_zone(&w->config, p->zone)))
            pack_appears(w, p);
    }
}
