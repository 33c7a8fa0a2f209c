/* SPDX-License-Identifier: Apache-2.0 */
#include "wild.h"

#include <st/base.h>

#include <string.h>

enum { UNUSED_TICKS = 60 /* an id rests for so long */ };

struct leave {
    uint32_t tick, cell, ship, reason;
};

uint32_t now;
struct ship ship[SHIPS], history[HISTORY][SHIPS];
bool crowd[CELLS];
static struct leave leaves[4096];
static uint32_t leaves_n, random_state;

uint32_t below(uint32_t n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

uint32_t cell_at(uint32_t i)
{
    return CORNER + i % SIDE + 512 * (i / SIDE);
}

uint32_t index_of(uint32_t cell)
{
    return (cell - CORNER) % 512 + SIDE * ((cell - CORNER) / 512);
}

/* --- the world --- */

static void leave(uint32_t i, uint32_t reason)
{
    leaves[leaves_n++ % ST_ARRAY_LEN(leaves)] = (struct leave){now, ship[i].cell, i, reason};
}

static void enter(uint32_t i, uint32_t cell)
{
    ship[i].alive = true;
    ship[i].cell = cell;
    ship[i].entered = ship[i].changed = ship[i].settled = now;
    ship[i].leaf = below(LEAVES);
    ship[i].version++;
}

static void step_ship(uint32_t i)
{
    uint32_t dice = below(200), place;
    if (!ship[i].alive) {
        if (dice < 12 && now > ship[i].changed + UNUSED_TICKS)
            enter(i, cell_at(below(CELLS)));
        return;
    }
    if (dice < 2) {
        leave(i, DESTROYED);
        ship[i].alive = false;
        ship[i].changed = now;
    } else if (dice < 20) {
        place = ship[i].cell - CORNER;
        place = (place % 512 + SIDE + below(3) - 1) % SIDE +
                512 * ((place / 512 + SIDE + below(3) - 1) % SIDE);
        if (CORNER + place == ship[i].cell)
            return;
        leave(i, MOVED);
        enter(i, CORNER + place);
    } else if (dice < 60) {
        ship[i].changed = now;
        ship[i].version++;
        if (dice < 30 && crowd[index_of(ship[i].cell)]) {
            ship[i].leaf = below(LEAVES);
            ship[i].settled = now;
        }
    }
}

static bool left_since(const struct leave *l, uint32_t cell, uint32_t from)
{
    return l->tick > from && l->cell == cell &&
           !(ship[l->ship].alive && ship[l->ship].cell == cell);
}

/* --- slices --- */

static void add_member(struct columns *c, uint32_t i, bool entered)
{
    c->id[c->d.n_id] = i + 1;
    c->pos[c->d.n_id++] = ship[i].version;
    if (entered)
        c->enter[c->d.n_enter_id++] = i + 1;
}

static void add_gone(struct columns *c, const struct leave *l)
{
    size_t k = 0;
    while (k < c->d.n_gone_id && c->gone[k] != l->ship + 1)
        k++;
    if (k < c->d.n_gone_id)
        return; /* the newest leaving counts */
    c->gone[k] = l->ship + 1;
    c->reason[k] = l->reason;
    c->d.n_gone_id++;
}

/* A part of a cell: 0 = who enters and is gone, else what else happened in a leaf. */
static bool is_part(uint32_t i, uint32_t part, bool entered)
{
    bool since = !entered || ship[i].changed > ship[i].entered;
    return part == ALL || (part == 0 ? entered : since && ship[i].leaf == part - 1);
}

/* False: nothing has changed. */
bool columns_of(struct columns *c, uint32_t cell, uint32_t window, uint32_t part)
{
    uint32_t from = window > 0 ? now - window : 0;
    memset(c, 0, sizeof *c);
    startrader__v1__cell_delta__init(&c->d);
    c->d.cell = cell;
    c->d.tick = now;
    for (uint32_t i = 0; i < SHIPS; i++) {
        bool entered = window == 0 || ship[i].entered > from;
        if (ship[i].alive && ship[i].cell == cell && (window == 0 || ship[i].changed > from) &&
            is_part(i, part, entered))
            add_member(c, i, entered && (part == 0 || part == ALL));
    }
    for (uint32_t i = leaves_n; window > 0 && (part == 0 || part == ALL) && i > 0; i--) {
        const struct leave *l = &leaves[(i - 1) % ST_ARRAY_LEN(leaves)];
        if (l->tick <= from)
            break;
        if (left_since(l, cell, from))
            add_gone(c, l);
    }
    c->d.n_pos = c->d.n_frac = c->d.n_vel = c->d.n_ctl = c->d.n_id;
    c->d.n_enter_static = c->d.n_enter_player = c->d.n_enter_id;
    c->d.n_gone_reason = c->d.n_gone_id;
    c->d.id = c->id;
    c->d.pos = c->pos;
    c->d.frac = c->d.vel = c->d.ctl = c->d.enter_static = c->d.enter_player = c->zero;
    c->d.enter_id = c->enter;
    c->d.gone_id = c->gone;
    c->d.gone_reason = c->reason;
    return c->d.n_id + c->d.n_gone_id > 0;
}

void wild_init(uint32_t seed)
{
    memset(ship, 0, sizeof ship);
    memset(crowd, 0, sizeof crowd);
    leaves_n = 0;
    random_state = seed;
}

void wild_step(void)
{
    for (uint32_t i = 0; i < SHIPS; i++)
        step_ship(i);
    memcpy(history[now % HISTORY], ship, sizeof ship);
}

void wild_split(uint32_t index)
{
    crowd[index] = below(3) > 0;
    for (uint32_t k = 0; k < SHIPS; k++)
        if (ship[k].alive && ship[k].cell == cell_at(index))
            ship[k].settled = now;
}
