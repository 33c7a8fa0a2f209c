/* SPDX-License-Identifier: Apache-2.0 */
#include "crowd.h"

#define START_GAP     4   /* ticks between two first appearances */
#define ANSWER_TICKS  3
#define BACK_TICKS    160
#define OFFLINE_EVERY 900
#define SEE_MAX       64

enum part { PART_DUEL = 0, PART_TRADE, PART_PROWL, PART_PARTS, PART_HAUL };

static uint32_t luck(struct crowd *c, uint32_t n)
{
    c->luck ^= c->luck << 13;
    c->luck ^= c->luck >> 7;
    c->luck ^= c->luck << 17;
    return (uint32_t)(c->luck >> 24) % n;
}

void crowd_init(struct crowd *c, struct world *w, uint32_t pilots, uint64_t seed)
{
    const struct world_config *k = world_config_get(w);

    *c = (struct crowd){.world = w, .luck = seed | 1, .pilots_n = pilots};
    for (uint32_t i = 0; i < pilots; i++) {
        struct crowd_pilot *p = &c->pilots[i];

        p->player = 1001 + i;
        p->ship = 5001 + i;
        p->version = 1;
        p->handle = WORLD_NOBODY;
        p->class_id = k->classes[i % k->classes_n].id;
        p->part = (uint8_t)(i / k->classes_n % PART_PARTS);
        p->back_at = 1 + i * START_GAP;
    }
    for (uint32_t i = 0; i < CROWD_HAULERS; i++) {
        const struct config_guild *g = &k->guilds[i % k->guilds_n];

        c->pilots[pilots + i] = (struct crowd_pilot){.player = WORLD_GUILD_PLAYER | g->id,
                                                     .ship = 5001 + pilots + i,
                                                     .version = 1,
                                                     .handle = WORLD_NOBODY,
                                                     .class_id = g->class_id,
                                                     .part = PART_HAUL,
                                                     .back_at = 1 + i * START_GAP};
    }
}

/* Duels are fought in a ring around Pallas, prowlers roam the Sunward zone, traders start at a
 * dock. */
static void choose_place(struct crowd *c, struct crowd_pilot *p)
{
    int32_t base_x = p->part == PART_DUEL ? 31000 : -3000;
    int32_t base_y = p->part == PART_DUEL ? 9200 : 6000;

    p->station = p->part == PART_TRADE ? (uint16_t)(1 + luck(c, 2)) : 0;
    p->x = (WORLD_SUN_U + base_x + (int32_t)luck(c, 2400) - 1200) * WORLD_UNIT;
    p->y = (WORLD_SUN_U + base_y + (int32_t)luck(c, 2400) - 1200) * WORLD_UNIT;
}

/* A voyage from where it rests, by either way. */
static void send_out(struct crowd *c, const struct crowd_pilot *p, struct world_baton *b)
{
    const struct world_config *k = world_config_get(c->world);
    uint32_t from = p->station ? p->station : 1 + luck(c, k->stations_n);

    b->guild = (uint8_t)p->player;
    b->way = (uint8_t)luck(c, ROUTE_WAYS);
    b->station = (uint16_t)from;
    b->to = (uint16_t)(1 + (from + luck(c, k->stations_n - 1u)) % k->stations_n);
}

static void appear(struct crowd *c, struct crowd_pilot *p)
{
    const struct world_config *k = world_config_get(c->world);
    struct world_baton b = {.kind = WORLD_BATON_APPEAR, .epoch = world_epoch(c->world)};

    if (!p->station && !p->x && p->part != PART_HAUL)
        choose_place(c, p);
    b.flags = WORLD_BATON_WHOLE;
    if (p->part == PART_TRADE && luck(c, 4) == 0)
        b.flags |= WORLD_BATON_NEWCOMER;
    b.ship = p->ship;
    b.player = p->player;
    b.version = ++p->version;
    b.class_id = p->class_id;
    b.station = p->station;
    b.home = 1;
    b.x = p->x;
    b.y = p->y;
    b.cargo_n = (uint8_t)luck(c, 4);
    for (uint32_t i = 0; i < b.cargo_n; i++)
        b.cargo[i] = (struct world_cargo){k->goods[(luck(c, 5) + 5 * i) % k->goods_n].id,
                                          (uint16_t)(1 + luck(c, 6))};
    if (p->part == PART_HAUL)
        send_out(c, p, &b);
    if (world_apply(c->world, &b) == WORLD_OK)
        c->count.undocked++;
    p->back_at = 0;
    p->station = 0;
    p->x = p->y = 0;
}

static void connect(struct crowd *c, struct crowd_pilot *p, uint32_t i)
{
    uint32_t tick = world_tick(c->world);

    if (p->handle != WORLD_NOBODY && (tick + i * 37) % OFFLINE_EVERY == 0 && luck(c, 3) == 0) {
        world_unbind(c->world, p->handle);
        p->handle = WORLD_NOBODY;
        p->offline_until = tick + 100 + luck(c, 900);
    }
    if (p->handle == WORLD_NOBODY && tick >= p->offline_until) {
        if (world_bind(c->world, p->player, tick, p->seq, &p->handle) == WORLD_OK)
            c->count.binds++;
    }
}

/* The nearest other ship in the own cell. */
static bool enemy(const struct crowd *c, const struct world_own *own, struct world_entity *out)
{
    uint32_t cell = (uint32_t)(own->x >> WORLD_CELL_SHIFT) |
                    (uint32_t)(own->y >> WORLD_CELL_SHIFT) << WORLD_CELL_BITS;
    uint32_t ids[SEE_MAX], n = world_cell_entities(c->world, cell, ids, SEE_MAX);
    uint64_t best = UINT64_MAX;

    for (uint32_t i = 0; i < n && i < SEE_MAX; i++) {
        struct world_entity e;
        uint64_t far;
        int64_t dx, dy;

        if (ids[i] == own->id || !world_entity_get(c->world, ids[i], &e) ||
            e.class_id == WORLD_CLASS_LOOT || e.class_id == WORLD_CLASS_TORPEDO)
            continue;
        dx = e.flight.x - own->x;
        dy = e.flight.y - own->y;
        far = (uint64_t)(dx * dx + dy * dy);
        if (far < best) {
            best = far;
            *out = e;
        }
    }
    return best != UINT64_MAX;
}

static void fight(struct crowd *c, const struct world_own *own, struct world_input *in)
{
    struct world_entity e;
    struct flight f = {.thrust = FLIGHT_AHEAD, .boost = luck(c, 3) == 0};

    f.flags = luck(c, 8) == 0 ? FLIGHT_DRIFT : 0;
    if (enemy(c, own, &e)) {
        f.target = flight_lead(e.flight.x - own->x, e.flight.y - own->y,
                               e.flight.vx - own->flight.vx, e.flight.vy - own->flight.vy, 19456);
        f.target = (uint16_t)((f.target + luck(c, 64) - 32) & 4095);
        in->fire = 3;
        in->target = e.id;
        f.thrust = luck(c, 3) ? FLIGHT_AHEAD : (uint8_t)luck(c, 4);
    } else {
        f.target = (uint16_t)luck(c, 4096);
    }
    in->ctl = flight_ctl_pack(&f);
}

/* Terra and Luna in turn: there, brake, ask to dock. */
static void trade(struct crowd *c, struct crowd_pilot *p, const struct world_own *own,
                  struct world_input *in)
{
    const struct config_station *s =
        world_config_station(world_config_get(c->world), 1u + (p->leg & 1));
    int64_t dx = (int64_t)s->x * WORLD_UNIT - own->x, dy = (int64_t)s->y * WORLD_UNIT - own->y;
    uint64_t far = flight_isqrt((uint64_t)(dx * dx + dy * dy)) / WORLD_UNIT;
    struct flight f = {.target = flight_atan2(dy, dx), .thrust = FLIGHT_AHEAD};

    if (far < 900u)
        f.thrust = FLIGHT_BRAKE;
    if (far < 900u && far > 250u && own->flight.vx == 0 && own->flight.vy == 0)
        f.thrust = FLIGHT_AHEAD;
    in->ctl = flight_ctl_pack(&f);
    if (far < 320u && own->dock_ready == 0) {
        in->actions_n = 1;
        in->actions[0] = (struct world_action){.request = ++p->request, .kind = WORLD_ACT_DOCK};
    }
}

static void jettison(struct crowd *c, struct crowd_pilot *p, const struct world_own *own,
                     struct world_input *in)
{
    if (own->cargo_n == 0 || luck(c, 200) != 0 || in->actions_n == WORLD_ACTIONS_MAX)
        return;
    in->actions[in->actions_n++] = (struct world_action){.request = ++p->request,
                                                         .kind = WORLD_ACT_JETTISON,
                                                         .good = own->cargo[0].good,
                                                         .quantity = 1};
}

static void steer(struct crowd *c, struct crowd_pilot *p)
{
    struct world_own own;
    struct world_input in = {0};

    if (!world_own_get(c->world, p->handle, &own) || own.phase != WORLD_PHASE_FLYING)
        return;
    if (p->part == PART_TRADE)
        trade(c, p, &own, &in);
    else
        fight(c, &own, &in);
    jettison(c, p, &own, &in);
    in.seq = p->seq += 1 + luck(c, 3);
    if (world_input(c->world, p->handle, &in) != WORLD_OK)
        c->count.refused++;
}

static void answer(struct crowd *c, const struct world_hard *h)
{
    struct crowd_answer *a = &c->queue[c->queue_to % CROWD_QUEUE];
    struct crowd_pilot *p;

    if (h->ship == 0)
        return;
    p = &c->pilots[h->ship - 5001];
    a->due = world_tick(c->world) + ANSWER_TICKS;
    a->baton = (struct world_baton){.kind = WORLD_BATON_STAY,
                                    .epoch = world_epoch(c->world),
                                    .ship = h->ship,
                                    .player = h->player,
                                    .version = h->version};
    c->queue_to++;
    if (h->kind == WORLD_HARD_PICKED_UP || h->kind == WORLD_HARD_JETTISONED)
        return;
    if (h->kind == WORLD_HARD_DOCKED && luck(c, 8) == 0) {
        a->baton.flags = WORLD_BATON_CARGO; /* refused, with an empty hold */
        return;
    }
    a->baton.kind = WORLD_BATON_LEAVE;
    a->baton.version = ++p->version;
    a->baton.station = h->kind == WORLD_HARD_PARKED ? 0 : h->station ? h->station : 1;
    a->baton.x = p->x = h->x;
    a->baton.y = p->y = h->y;
    p->station = h->kind == WORLD_HARD_DOCKED ? h->station : 0;
    if (h->kind == WORLD_HARD_DESTROYED)
        p->x = p->y = 0;
    p->leg++;
    p->back_at = world_tick(c->world) + BACK_TICKS + luck(c, 60);
}

static void look_at(struct crowd *c)
{
    const struct world_hard *h;
    const struct world_note *notes;
    uint32_t n = world_hards(c->world, &h);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t *counts[] = {&c->count.docked, &c->count.destroyed, &c->count.picked_up,
                              &c->count.expired, &c->count.parked, &c->count.jettisoned};

        (*counts[h[i].kind - 1])++;
        answer(c, &h[i]);
    }
    for (uint32_t i = 0; i < world_dirty_cells(c->world); i++) {
        struct world_cell cell;

        world_dirty_cell(c->world, i, &cell);
        c->count.shots += cell.shots_n;
        c->count.hits += cell.hits_n;
        c->count.changed += cell.changed_n;
        c->count.entered += cell.entered_n;
    }
    c->count.notes += world_notes(c->world, &notes);
}

void crowd_tick(struct crowd *c)
{
    uint32_t tick = world_tick(c->world);

    while (c->queue_from != c->queue_to && c->queue[c->queue_from % CROWD_QUEUE].due <= tick) {
        (void)world_apply(c->world, &c->queue[c->queue_from % CROWD_QUEUE].baton);
        c->queue_from++;
    }
    for (uint32_t i = 0; i < c->pilots_n + CROWD_HAULERS; i++) {
        struct crowd_pilot *p = &c->pilots[i];

        if (p->back_at && p->back_at <= tick)
            appear(c, p);
        if (p->part == PART_HAUL)
            continue;
        connect(c, p, i);
        if (p->handle != WORLD_NOBODY && (tick + i) % 5 == 0)
            steer(c, p);
    }
    world_step(c->world);
    c->ticks++;
    look_at(c);
}
