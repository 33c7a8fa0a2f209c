/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic.h"

#define SIGHT_U     3000
#define EVEN        8    /* weight of a place that nothing was heard of */
#define HEARD       64   /* and so much more for the place of which most was heard */
#define FEW         16   /* less than this is not much, wherever it was */
#define FADE_PERIOD 1200 /* ticks in which a quarter is forgotten */

static void note_passage(struct world *w, const struct unit *u)
{
    for (uint32_t i = 0; i < w->config.spawns_n; i++) {
        const struct config_spawn *s = &w->config.spawns[i];
        int64_t x = (int64_t)s->x * WORLD_UNIT - u->f.x, y = (int64_t)s->y * WORLD_UNIT - u->f.y;

        w->passed[i] += square_sum(x, y) <= u_square(SIGHT_U);
    }
}

static bool is_trader(const struct ship *s)
{
    return s->mass > 0 && (s->faction == WORLD_FACTION_PILOT || s->faction == WORLD_FACTION_GUILD);
}

/* A quarter, and the last ones too. */
static void fade(uint32_t *heard, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        heard[i] -= heard[i] / 4 + (heard[i] % 4 != 0);
}

void traffic_step(struct world *w)
{
    uint32_t first = w->head.tick & 63;

    for (uint32_t slot = first; slot < w->first[1]; slot += 64) {
        if (w->alive[slot >> 6] >> first & 1 && is_trader(&w->ships[slot]))
            note_passage(w, &w->units[slot]);
    }
    if (w->head.tick % FADE_PERIOD == 0) {
        fade(w->passed, w->config.spawns_n);
        fade(w->alarms, w->config.shapes_n);
    }
}

void traffic_alarm(struct world *w, const struct unit *u)
{
    w->alarms[world_config_shape_at(&w->config, u->f.x, u->f.y)]++;
}

void traffic_config(struct world *w)
{
    uint32_t spawns = w->config.spawns_n, shapes = w->config.shapes_n;

    memset(w->passed + spawns, 0, sizeof *w->passed * (CONFIG_SPAWNS_MAX - spawns));
    memset(w->alarms + shapes, 0, sizeof *w->alarms * (CONFIG_SHAPES_MAX - shapes));
}

/* Places that may be drawn, and what was heard of each. */
struct places {
    const uint32_t *heard;
    uint32_t n;
    bool (*has)(const struct world_config *c, uint32_t i, uint32_t zone);
};

static bool has_spawn(const struct world_config *c, uint32_t i, uint32_t zone)
{
    return c->spawns[i].zone == zone;
}

static bool has_shape(const struct world_config *c, uint32_t i, uint32_t zone)
{
    return c->shapes[i].zone == zone && c->shapes[i].kind != CONFIG_SHAPE_ALL;
}

static uint32_t weight(uint32_t heard, uint32_t most)
{
    return EVEN + (uint32_t)((uint64_t)HEARD * heard / (most > FEW ? most : FEW));
}

static uint32_t draw(const struct world *w, const struct places *p, uint32_t zone, uint32_t who,
                     uint32_t purpose)
{
    uint32_t most = 0, sum = 0, pick;

    for (uint32_t i = 0; i < p->n; i++) {
        if (p->has(&w->config, i, zone) && p->heard[i] > most)
            most = p->heard[i];
    }
    for (uint32_t i = 0; i < p->n; i++)
        sum += p->has(&w->config, i, zone) ? weight(p->heard[i], most) : 0;
    pick = chance_below(w, who, purpose, sum);
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t part = p->has(&w->config, i, zone) ? weight(p->heard[i], most) : 0;

        if (pick < part)
            return i;
        pick -= part;
    }
    return p->n;
}

uint32_t traffic_spawn(const struct world *w, uint32_t zone, uint32_t who, uint32_t purpose)
{
    const struct places p = {w->passed, w->config.spawns_n, has_spawn};

    return draw(w, &p, zone, who, purpose);
}

uint32_t traffic_beat(const struct world *w, uint32_t zone, uint32_t who, uint32_t purpose)
{
    const struct places p = {w->alarms, w->config.shapes_n, has_shape};

    return draw(w, &p, zone, who, purpose);
}
