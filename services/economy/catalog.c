/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog.h"

#include <string.h>

#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>

/* The first five minutes: food to the Moon, then ship parts to Mars. */
static const struct {
    const char *origin, *destination, *good;
    uint32_t mass, fee;
} first_jobs[] = {{"TER", "LUN", "FOO", 12, 400}, {"LUN", "MAR", "SHP", 12, 600}};

static const struct config_station *station_by_code(const struct catalog *c, const char *code)
{
    for (uint32_t i = 0; i < c->world.stations_n; i++)
        if (strcmp(c->world.stations[i].code, code) == 0)
            return &c->world.stations[i];
    return NULL;
}

static const struct config_good *good_by_code(const struct catalog *c, const char *code)
{
    for (uint32_t i = 0; i < c->world.goods_n; i++)
        if (strcmp(c->world.goods[i].code, code) == 0)
            return &c->world.goods[i];
    return NULL;
}

const struct job *catalog_job(const struct catalog *c, uint32_t number, struct job *out)
{
    if (number < 1 || number > ST_ARRAY_LEN(first_jobs))
        return NULL;
    const struct config_station *from = station_by_code(c, first_jobs[number - 1].origin);
    const struct config_station *to = station_by_code(c, first_jobs[number - 1].destination);
    const struct config_good *good = good_by_code(c, first_jobs[number - 1].good);
    if (!from || !to || !good)
        return NULL;
    *out = (struct job){number,   good->id, first_jobs[number - 1].mass / good->mass,
                        from->id, to->id,   first_jobs[number - 1].fee};
    return out;
}

const struct catalog_fees *catalog_fees(const struct catalog *c, uint32_t class_id)
{
    const struct config_class *k = world_config_class(&c->world, class_id);
    st_assert(k);
    return &c->fees[k - c->world.classes];
}

const struct config_zone *catalog_zone_of(const struct catalog *c, uint32_t location)
{
    const struct config_station *s = world_config_station(&c->world, location);
    return s ? world_config_zone(&c->world, s->zone) : NULL;
}

int64_t catalog_mass(const struct catalog *c, uint32_t commodity)
{
    const struct config_good *g = world_config_good(&c->world, commodity);
    return g ? g->mass : 0;
}

int64_t catalog_hold(const struct catalog *c, uint32_t class_id)
{
    const struct config_class *k = world_config_class(&c->world, class_id);
    return k ? k->hold : 0;
}

static bool has_risk_bit(const struct catalog *c, uint32_t location, uint8_t bits)
{
    const struct config_zone *z = catalog_zone_of(c, location);
    return z && ((bits >> z->risk) & 1) != 0;
}

bool catalog_contraband(const struct catalog *c, uint32_t location, uint32_t commodity)
{
    const struct config_good *g = world_config_good(&c->world, commodity);
    return g && has_risk_bit(c, location, (uint8_t)(g->contraband | g->restricted));
}

bool catalog_restricted(const struct catalog *c, uint32_t location, uint32_t commodity)
{
    const struct config_good *g = world_config_good(&c->world, commodity);
    return g && has_risk_bit(c, location, g->restricted);
}

const struct route_trip *catalog_trip(const struct catalog *c, enum route_way way, uint32_t from,
                                      uint32_t to)
{
    const struct config_station *a = world_config_station(&c->world, from);
    const struct config_station *b = world_config_station(&c->world, to);
    st_assert(a && b);
    return &c->trips[way][a - c->world.stations][b - c->world.stations];
}

uint32_t catalog_line_of(const struct catalog *c, uint32_t location, uint32_t commodity)
{
    uint32_t i = 0;
    while (i < c->lines_n &&
           (c->lines[i].location != location || c->lines[i].commodity != commodity))
        i++;
    return i;
}

const struct config_guild *catalog_guild_of(const struct catalog *c, uint64_t player)
{
    return player > WORLD_GUILD_PLAYER
               ? world_config_guild(&c->world, (uint32_t)(player - WORLD_GUILD_PLAYER))
               : NULL;
}

bool catalog_lively(const struct catalog *c, uint32_t commodity)
{
    const struct config_good *g = world_config_good(&c->world, commodity);
    return g && (g->contraband | g->restricted) == 0;
}

static void sum_uses(struct catalog *c)
{
    int64_t made[LINES_MAX] = {0};
    for (uint32_t i = 0; i < c->made_n; i++)
        made[c->made[i].line] += c->made[i].milli;
    for (uint32_t i = 0; i < c->used_n; i++)
        c->lines[c->used[i].line].use_milli += c->used[i].milli;
    for (uint32_t i = 0; i < c->recipes_n; i++)
        for (uint32_t k = 0; k < c->recipes[i].parts_n; k++) {
            const struct catalog_rate *part = &c->recipes[i].parts[k];
            if (part->milli < 0)
                c->lines[part->line].use_milli -= part->milli;
            else
                made[part->line] += part->milli;
        }
    for (uint32_t i = 0; i < c->lines_n; i++)
        c->lines[i].imports = c->lines[i].use_milli >= made[i];
}

/* Every voyage there is, weighed once. */
static void plan_trips(struct catalog *c)
{
    struct routes routes;
    routes_init(&routes, &c->world);
    for (uint32_t way = 0; way < ROUTE_WAYS; way++)
        for (uint32_t i = 0; i < c->world.stations_n; i++)
            for (uint32_t k = 0; k < c->world.stations_n; k++)
                if (!routes_trip(&routes, &c->world, (enum route_way)way, c->world.stations[i].id,
                                 c->world.stations[k].id, &c->trips[way][i][k]))
                    c->trips[way][i][k].length_u = 0;
}

static bool params_fit(const struct catalog_params *p)
{
    return p->activity_traders > 0 && p->activity_max_pm >= 1000 && p->activity_max_pm <= 10000 &&
           p->drift_cycles > 0 && p->treasury_cycles > 0 && p->spoils_cycles > 0 &&
           p->escort_pm <= 1000;
}

static bool find_start(struct catalog *c)
{
    for (uint32_t i = 0; i < c->world.stations_n; i++)
        if (c->world.stations[i].flags & CONFIG_STATION_START)
            c->start_location = c->world.stations[i].id;
    for (uint32_t i = c->world.classes_n; i-- > 0;)
        if (c->world.classes[i].role == CONFIG_ROLE_PLAYER && c->world.classes[i].price == 0)
            c->start_class = c->world.classes[i].id;
    return c->start_location && c->start_class;
}

int catalog_complete(struct catalog *c)
{
    int problem = world_config_check(&c->world);
    if (problem != 0) {
        st_log(ST_LOG_ERROR, "world_rows_wrong", st_log_i("problem", problem));
        return ST_EPROTO;
    }
    c->bytes_n = world_config_encode(&c->world, c->bytes, sizeof c->bytes);
    if (c->bytes_n == 0 || !find_start(c) || c->lines_n == 0) {
        st_log(ST_LOG_ERROR, "world_rows_missing", st_log_u("bytes", c->bytes_n),
               st_log_u("lines", c->lines_n));
        return ST_EPROTO;
    }
    if (!params_fit(&c->params)) {
        st_log(ST_LOG_ERROR, "economy_params_wrong");
        return ST_EPROTO;
    }
    sum_uses(c);
    plan_trips(c);
    return 0;
}
