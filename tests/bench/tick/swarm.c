/* SPDX-License-Identifier: Apache-2.0 */
#include "swarm.h"

#include <stdlib.h>
#include <world/state.h>

#include "sol1_fixture.h"

#define FIRST_PLAYER 1000u
#define FIRST_SHIP   2000u
#define SPOTS        40   /* hot spots of the spread world */
#define SPOT_U       1500
#define CROWD_U      5000
#define VOLLEYS      3    /* in flight for each ship that holds the trigger: life / cooldown */
#define BEAT         10   /* ticks between two inputs of one who has nothing to say */

enum part { PART_CRUISE = 0, PART_TURN, PART_FIGHT };

static uint32_t luck(struct swarm *s, uint32_t n)
{
    s->luck ^= s->luck << 13;
    s->luck ^= s->luck >> 7;
    s->luck ^= s->luck << 17;
    return (uint32_t)(s->luck >> 24) % n;
}

static int32_t within_u(struct swarm *s, int32_t r)
{
    return (int32_t)luck(s, (uint32_t)(2 * r + 1)) - r;
}

/* Place 0 is the whole square, or in a crowd the only one; the hot spots lie in open space. */
static bool make_places(struct swarm *s, bool crowd)
{
    s->places_n = crowd ? 1 : SPOTS + 1;
    s->places = calloc(s->places_n, sizeof *s->places);
    if (!s->places)
        return false;
    s->places[0] = crowd ? (struct swarm_place){0, -42000, CROWD_U, 0, s->ships}
                         : (struct swarm_place){0, 0, 65000, 0, 0};
    for (uint32_t i = 1; i < s->places_n; i++)
        s->places[i] = (struct swarm_place){within_u(s, 55000), -36000 - (int32_t)luck(s, 25000),
                                            SPOT_U, 0, 0};
    return true;
}

/* Of those who are to fight, six in ten do it in a hot spot, the others where they are. */
static void make_pilot(struct swarm *s, uint32_t i, uint32_t fighters)
{
    struct swarm_pilot *p = &s->pilots[i];
    bool fights = i < fighters;
    uint32_t hot = fighters * 6 / 10;

    p->part = fights ? PART_FIGHT : i & 1 ? PART_TURN : PART_CRUISE;
    p->class_id = (uint16_t)(SOL1_SHUTTLE + luck(s, SOL1_GUNSHIP));
    p->turn = (uint8_t)luck(s, BEAT);
    p->version = 1;
    if (s->places_n > 1 && i < hot) {
        uint32_t each = (hot + SPOTS - 1) / SPOTS;

        p->place = (uint16_t)(1 + i / each);
        s->places[p->place].first = i / each * each;
        s->places[p->place].n = i % each + 1;
    } else if (s->places_n > 1) {
        s->places[0].first = hot;
        s->places[0].n = i + 1 - hot;
    }
}

static bool appear(struct swarm *s, uint32_t i)
{
    struct swarm_pilot *p = &s->pilots[i];
    const struct swarm_place *at = &s->places[p->place];
    struct world_baton b = {.kind = WORLD_BATON_APPEAR,
                            .flags = WORLD_BATON_WHOLE,
                            .epoch = world_epoch(s->world),
                            .ship = FIRST_SHIP + i,
                            .player = FIRST_PLAYER + i,
                            .version = ++p->version,
                            .class_id = p->class_id,
                            .home = SOL1_TER};

    b.x = sol1_k(at->x + within_u(s, at->r));
    b.y = sol1_k(at->y + within_u(s, at->r));
    b.cargo_n = (uint8_t)luck(s, 3);
    for (uint32_t k = 0; k < b.cargo_n; k++)
        b.cargo[k] = (struct world_cargo){(uint16_t)(SOL1_ICE + k), (uint16_t)(1 + luck(s, 5))};
    return world_apply(s->world, &b) == WORLD_OK;
}

static bool populate(struct swarm *s)
{
    uint32_t fighters = s->shots / VOLLEYS;

    if (fighters > s->ships)
        fighters = s->ships;
    for (uint32_t i = 0; i < s->ships; i++)
        make_pilot(s, i, fighters);
    for (uint32_t i = 0; i < s->ships; i++) {
        const struct swarm_place *at = &s->places[s->pilots[i].place];

        s->pilots[i].foe = at->first + luck(s, at->n);
        if (!appear(s, i) || world_bind(s->world, FIRST_PLAYER + i, 1, 0,
                                        &s->pilots[i].handle) != WORLD_OK)
            return false;
    }
    return true;
}

bool swarm_init(struct swarm *s, uint32_t ships, uint32_t shots, bool crowd)
{
    struct world_limits limits = {.ships = ships + ships / 4 + 1024,
                                  .torpedoes = 1024,
                                  .loot = 8192,
                                  .shots = 2 * shots + 1024,
                                  .pilots = ships + 1024};

    *s = (struct swarm){.ships = ships, .shots = shots, .luck = 20, .fire_pm = 500};
    sol1_config(&s->config);
    s->memory = aligned_alloc(64, world_size(&limits));
    s->pilots = calloc(ships, sizeof *s->pilots);
    if (!s->memory || !s->pilots || !make_places(s, crowd))
        return false;
    s->world = world_init(s->memory, &limits, &s->config, 0x5eed, 0, 1);
    return populate(s);
}

void swarm_fini(struct swarm *s)
{
    free(s->memory);
    free(s->pilots);
    free(s->places);
}

/* Heading of a pilot: at its foe, or home when it has strayed, or anywhere. */
static uint16_t aim(struct swarm *s, const struct swarm_pilot *p, const struct flight *f)
{
    const struct swarm_place *at = &s->places[p->place];
    int32_t x = sol1_k(at->x) - f->x, y = sol1_k(at->y) - f->y;
    uint64_t far = (uint64_t)((int64_t)x * x) + (uint64_t)((int64_t)y * y);
    uint64_t most = (uint64_t)at->r * WORLD_UNIT;
    struct world_entity foe;

    if (far > most * most)
        return flight_atan2(y, x);
    if (p->part == PART_FIGHT && world_entity_get(s->world, s->pilots[p->foe].id, &foe)) {
        x = foe.flight.x - f->x;
        y = foe.flight.y - f->y;
        far = (uint64_t)((int64_t)x * x) + (uint64_t)((int64_t)y * y);
        if (far < u_square(1200))
            return flight_atan2(y, x);
    }
    return (uint16_t)luck(s, WORLD_STEPS);
}

/* Fighters correct their aim each third tick, others turn twice a second or fly straight on. */
static void steer(struct swarm *s, uint32_t i, uint32_t tick)
{
    struct swarm_pilot *p = &s->pilots[i];
    bool act = p->part == PART_FIGHT && (tick + p->turn) % 3 == 0;
    struct world_input in = {.seq = p->seq + 1};
    struct world_own own;
    struct flight f = {.thrust = FLIGHT_AHEAD};

    if (!act && (tick + p->turn) % BEAT != 0)
        return;
    if (!world_own_get(s->world, p->handle, &own) || own.phase != WORLD_PHASE_FLYING)
        return;
    p->id = own.id;
    if (act || p->part == PART_TURN || (tick + p->turn) % 100 < BEAT)
        p->heading = aim(s, p, &own.flight);
    f.target = p->heading;
    if (p->part == PART_FIGHT) {
        f.thrust = (uint8_t)(tick / 20 + i) % 4 == 0 ? FLIGHT_COAST : FLIGHT_AHEAD;
        f.boost = luck(s, 16) == 0;
        in.fire = luck(s, 1000) < s->fire_pm ? 1 : 0;
        in.target = s->pilots[p->foe].id;
    }
    in.ctl = flight_ctl_pack(&f);
    if (world_input(s->world, p->handle, &in) == WORLD_OK)
        p->seq++;
    s->inputs++;
}

void swarm_before(struct swarm *s)
{
    uint32_t tick = world_tick(s->world), now = s->world->head.shots_n;

    if (now < s->shots)
        s->fire_pm += s->fire_pm < 990 ? 10 : 0;
    else
        s->fire_pm -= s->fire_pm > 10 ? 10 : 0;
    for (uint32_t i = 0; i < s->ships; i++)
        steer(s, i, tick);
}

static void bury(struct swarm *s, const struct world_hard *h)
{
    uint32_t i = h->ship - FIRST_SHIP;
    struct world_baton b = {.kind = WORLD_BATON_LEAVE,
                            .epoch = world_epoch(s->world),
                            .ship = h->ship,
                            .player = h->player,
                            .version = ++s->pilots[i].version,
                            .station = SOL1_TER};

    (void)world_apply(s->world, &b);
    (void)appear(s, i);
    s->killed++;
}

void swarm_after(struct swarm *s)
{
    const struct world_hard *h;
    uint32_t n = world_hards(s->world, &h);

    for (uint32_t i = 0; i < n; i++) {
        if (h[i].kind == WORLD_HARD_DESTROYED && h[i].ship >= FIRST_SHIP &&
            h[i].ship < FIRST_SHIP + s->ships)
            bury(s, &h[i]);
    }
}

uint32_t swarm_volleys(const struct swarm *s)
{
    return s->world->head.shots_n;
}

uint32_t swarm_bullets(const struct swarm *s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->world->head.shots_n; i++)
        n += (uint32_t)__builtin_popcount(s->world->shots[i].f.live);
    return n;
}

static uint64_t fold_cell(uint64_t hash, const struct world_cell *c)
{
    uint32_t counts[7] = {c->cell,   c->changed_n, c->entered_n, c->vitals_n,
                          c->gone_n, c->shots_n,   c->hits_n};

    hash = fold_bytes(hash, counts, sizeof counts);
    hash = fold_bytes(hash, c->changed, sizeof *c->changed * c->changed_n);
    hash = fold_bytes(hash, c->entered, sizeof *c->entered * c->entered_n);
    hash = fold_bytes(hash, c->vitals, sizeof *c->vitals * c->vitals_n);
    hash = fold_bytes(hash, c->shots, sizeof *c->shots * c->shots_n);
    hash = fold_bytes(hash, c->hits, sizeof *c->hits * c->hits_n);
    for (uint32_t i = 0; i < c->gone_n; i++)
        hash = fold64(hash, (uint64_t)c->gone[i].id << 8 | c->gone[i].reason);
    return hash;
}

uint64_t swarm_digest(const struct swarm *s)
{
    const struct world_note *notes;
    const struct world_hard *hards;
    uint64_t hash = world_hash(s->world);
    uint32_t n = world_notes(s->world, &notes);

    for (uint32_t i = 0; i < n; i++) {
        const struct world_note *o = &notes[i];
        uint32_t words[7] = {o->pilot, o->kind, o->code, o->a, o->b, o->c, o->d};

        hash = fold_bytes(hash, words, sizeof words);
    }
    n = world_hards(s->world, &hards);
    for (uint32_t i = 0; i < n; i++)
        hash = fold64(hash, hards[i].event ^ (uint64_t)hards[i].kind << 56 ^ hards[i].entity);
    for (uint32_t i = 0; i < world_dirty_cells(s->world); i++) {
        struct world_cell cell;

        world_dirty_cell(s->world, i, &cell);
        hash = fold_cell(hash, &cell);
    }
    for (uint32_t i = 0; i < world_pilots(s->world); i++)
        hash = fold64(hash, world_own_changed(s->world, i));
    return hash;
}
