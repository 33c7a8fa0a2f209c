/* SPDX-License-Identifier: Apache-2.0 */
#include "store_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <st/err.h>
#include <st/log.h>

/* One statement per table, its columns in the order of the struct that takes them. */
static const struct st_pg_stmt
    q_revision = {"world_revision", "SELECT revision FROM economy.world_revision"},
    q_stations = {"world_stations",
                  "SELECT id, code, name, body, x, y, dock_radius, zone, pop, is_start::int,"
                  " (shipyard <> 'none')::int, (shipyard = 'all')::int, treasury_target"
                  " FROM economy.locations ORDER BY id"},
    q_waypoints = {"world_waypoints", "SELECT id, code, x, y FROM economy.waypoints ORDER BY id"},
    q_spawns = {"world_spawns", "SELECT id, zone, x, y FROM economy.spawn_points ORDER BY id"},
    q_zones = {"world_zones",
               "SELECT id, code, name, risk, pvp, linkdead_s, loot_pm, insurance_pm, tax_pm,"
               " spread_pm, customs_pm, patrols, packs, raiders, level_min, level_max,"
               " pack_period_s, import_pm, export_pm, loss_ppm, bounty_pm, hazard_pm"
               " FROM economy.zone_profiles ORDER BY id"},
    q_shapes = {"world_shapes", "SELECT zone, kind, x1, y1, x2, y2, r FROM economy.zone_shapes"
                                " ORDER BY priority"},
    q_classes = {"world_classes",
                 "SELECT id, code, name, role, armed::int, dry_t, hold_t, thrust, boost_pm, cruise,"
                 " boosted, turn_steps, hull, shield, shield_delay_ticks, shield_regen, energy,"
                 " energy_regen, boost_drain, radius, guns, torpedoes, pds, coalesce(gun, 0),"
                 " coalesce(torpedo, 0), coalesce(pd, 0), price, fuel_per_min, docking_fee,"
                 " repair_price FROM economy.ship_classes ORDER BY id"},
    q_weapons = {"world_weapons",
                 "SELECT id, code, name, kind, damage, shield_pm, hull_pm, speed, life_ticks,"
                 " cooldown_ticks, energy, spread_steps, range, hull, turn_steps, fuse, price"
                 " FROM economy.weapons ORDER BY id"},
    q_goods = {"world_goods", "SELECT id, code, name, mass, base, contraband, restricted"
                              " FROM economy.commodities ORDER BY id"},
    q_levels = {"world_levels", "SELECT id, vital_pm, aim_error_steps, flee_pm, bounty"
                                " FROM economy.npc_levels ORDER BY id"},
    q_guilds = {"world_guilds", "SELECT id, code, name, class_id, ships, risk_max, floor_per_min,"
                                " coalesce(escort_class, 0), capital * ships, smuggles::int"
                                " FROM economy.npc_guilds ORDER BY id"},
    q_markets = {"world_markets", "SELECT location, commodity FROM economy.market_prices"
                                  " ORDER BY location, commodity"},
    q_made = {"world_extraction", "SELECT location, commodity, milli FROM economy.extraction"
                                  " ORDER BY location, commodity"},
    q_used = {"world_consumption", "SELECT location, commodity, milli FROM economy.consumption"
                                   " ORDER BY location, commodity"},
    q_recipes = {"world_recipes", "SELECT location, recipe, commodity, milli FROM economy.recipes"
                                  " ORDER BY location, recipe, commodity"},
    q_params = {"world_params", "SELECT name, value FROM economy.economy_params ORDER BY name"};

/* Reads the columns of a row one after the other. */
struct reader {
    const struct st_pg_result *r;
    size_t row, col;
};

static int64_t next_int(struct reader *in)
{
    return st_pg_int(in->r, in->row, in->col++);
}

static void next_text(struct reader *in, char *out, size_t cap)
{
    snprintf(out, cap, "%s", st_pg_text(in->r, in->row, in->col++));
}

#define NEXT(field) ((field) = (__typeof__(field))next_int(in))
#define TEXT(field) next_text(in, (field), sizeof(field))

static void read_station(struct catalog *c, struct reader *in)
{
    struct config_station *s = &c->world.stations[in->row];
    NEXT(s->id), TEXT(s->code), TEXT(s->name), TEXT(s->body), NEXT(s->x), NEXT(s->y);
    NEXT(s->dock_radius), NEXT(s->zone), NEXT(s->pop);
    if (next_int(in))
        s->flags |= CONFIG_STATION_START;
    if (next_int(in))
        s->flags |= CONFIG_STATION_SHIPYARD;
    if (next_int(in))
        s->flags |= CONFIG_STATION_ALL_SHIPS;
    NEXT(c->treasury_target[in->row]);
}

static void read_waypoint(struct catalog *c, struct reader *in)
{
    struct config_waypoint *w = &c->world.waypoints[in->row];
    NEXT(w->id), TEXT(w->code), NEXT(w->x), NEXT(w->y);
}

static void read_spawn(struct catalog *c, struct reader *in)
{
    struct config_spawn *s = &c->world.spawns[in->row];
    NEXT(s->id), NEXT(s->zone), NEXT(s->x), NEXT(s->y);
}

static void read_zone(struct catalog *c, struct reader *in)
{
    struct config_zone *z = &c->world.zones[in->row];
    NEXT(z->id), TEXT(z->code), TEXT(z->name), NEXT(z->risk), NEXT(z->pvp), NEXT(z->linkdead_s);
    NEXT(z->loot_pm), NEXT(z->insurance_pm), NEXT(z->tax_pm), NEXT(z->spread_pm);
    NEXT(z->customs_pm), NEXT(z->patrols), NEXT(z->packs), NEXT(z->raiders), NEXT(z->level_min);
    NEXT(z->level_max), NEXT(z->pack_period_s), NEXT(z->import_pm), NEXT(z->export_pm);
    NEXT(z->loss_ppm), NEXT(z->bounty_pm), NEXT(c->hazard_pm[in->row]);
}

static void read_shape(struct catalog *c, struct reader *in)
{
    struct config_shape *s = &c->world.shapes[in->row];
    NEXT(s->zone), NEXT(s->kind), NEXT(s->x1), NEXT(s->y1), NEXT(s->x2), NEXT(s->y2), NEXT(s->r);
}

static void read_class(struct catalog *c, struct reader *in)
{
    struct config_class *k = &c->world.classes[in->row];
    struct catalog_fees *f = &c->fees[in->row];
    NEXT(k->id), TEXT(k->code), TEXT(k->name), NEXT(k->role), NEXT(k->armed), NEXT(k->dry);
    NEXT(k->hold), NEXT(k->thrust), NEXT(k->boost_pm), NEXT(k->cruise), NEXT(k->boosted);
    NEXT(k->turn), NEXT(k->hull), NEXT(k->shield), NEXT(k->shield_delay), NEXT(k->shield_regen);
    NEXT(k->energy), NEXT(k->energy_regen), NEXT(k->boost_drain), NEXT(k->radius), NEXT(k->guns);
    NEXT(k->torpedoes), NEXT(k->pds), NEXT(k->gun), NEXT(k->torpedo), NEXT(k->pd), NEXT(k->price);
    NEXT(f->fuel_per_min), NEXT(f->docking_fee), NEXT(f->repair_price);
}

static void read_weapon(struct catalog *c, struct reader *in)
{
    struct config_weapon *w = &c->world.weapons[in->row];
    NEXT(w->id), TEXT(w->code), TEXT(w->name), NEXT(w->kind), NEXT(w->damage), NEXT(w->shield_pm);
    NEXT(w->hull_pm), NEXT(w->speed), NEXT(w->life), NEXT(w->cooldown), NEXT(w->energy);
    NEXT(w->spread), NEXT(w->range), NEXT(w->hull), NEXT(w->turn), NEXT(w->fuse), NEXT(w->price);
}

static void read_good(struct catalog *c, struct reader *in)
{
    struct config_good *g = &c->world.goods[in->row];
    NEXT(g->id), TEXT(g->code), TEXT(g->name), NEXT(g->mass), NEXT(g->base);
    NEXT(g->contraband), NEXT(g->restricted);
}

static void read_level(struct catalog *c, struct reader *in)
{
    struct config_level *l = &c->world.levels[in->row];
    NEXT(l->id), NEXT(l->vital_pm), NEXT(l->aim_error), NEXT(l->flee_pm), NEXT(l->bounty);
}

static void read_guild(struct catalog *c, struct reader *in)
{
    struct config_guild *g = &c->world.guilds[in->row];
    NEXT(g->id), TEXT(g->code), TEXT(g->name), NEXT(g->class_id), NEXT(g->ships);
    NEXT(g->risk_max), NEXT(g->floor_cr), NEXT(g->escort_class);
    NEXT(c->guilds[in->row].capital), NEXT(c->guilds[in->row].smuggles);
}

static void read_revision(struct catalog *c, struct reader *in)
{
    NEXT(c->world.revision);
}

static void read_market(struct catalog *c, struct reader *in)
{
    NEXT(c->lines[in->row].location), NEXT(c->lines[in->row].commodity);
}

/* Where a good may not be sold there is no market: nobody makes or uses it. */
static void add_rate(struct catalog *c, struct catalog_rate *list, uint32_t *n, uint32_t location,
                     struct reader *in)
{
    uint32_t line = catalog_line_of(c, location, (uint32_t)next_int(in));
    if (line < c->lines_n)
        list[(*n)++] = (struct catalog_rate){line, next_int(in)};
}

static void read_made(struct catalog *c, struct reader *in)
{
    add_rate(c, c->made, &c->made_n, (uint32_t)next_int(in), in);
}

static void read_used(struct catalog *c, struct reader *in)
{
    add_rate(c, c->used, &c->used_n, (uint32_t)next_int(in), in);
}

/* Rows of one recipe follow each other. */
static void read_recipe(struct catalog *c, struct reader *in)
{
    uint32_t location = (uint32_t)next_int(in), number = (uint32_t)next_int(in);
    struct catalog_recipe *r = c->recipes_n > 0 ? &c->recipes[c->recipes_n - 1] : NULL;
    if (!r || r->location != location || r->number != number) {
        if (c->recipes_n == CATALOG_RECIPES_MAX)
            return;
        r = &c->recipes[c->recipes_n++];
        r->location = location;
        r->number = number;
    }
    if (r->parts_n < CATALOG_PARTS_MAX)
        add_rate(c, r->parts, &r->parts_n, location, in);
}

static void read_param(struct catalog *c, struct reader *in)
{
    const struct {
        const char *name;
        int64_t *value;
    } known[] = {{"activity_traders", &c->params.activity_traders},
                 {"activity_max_pm", &c->params.activity_max_pm},
                 {"drift_cycles", &c->params.drift_cycles},
                 {"treasury_cycles", &c->params.treasury_cycles},
                 {"guild_rest_s", &c->params.guild_rest_s},
                 {"guild_wait_s", &c->params.guild_wait_s},
                 {"guild_rebuilt_s", &c->params.guild_rebuilt_s},
                 {"escort_pm", &c->params.escort_pm},
                 {"spoils_cycles", &c->params.spoils_cycles},
                 {"offers", &c->params.offers},
                 {"offer_s", &c->params.offer_s},
                 {"delivery_rate", &c->params.delivery_rate},
                 {"delivery_risk_pm", &c->params.delivery_risk_pm}};
    char name[32];
    TEXT(name);
    int64_t value = next_int(in);
    for (size_t i = 0; i < ST_ARRAY_LEN(known); i++)
        if (strcmp(known[i].name, name) == 0)
            *known[i].value = value;
}

static const struct table {
    const struct st_pg_stmt *stmt;
    void (*read)(struct catalog *c, struct reader *in);
    size_t max;
    size_t count_offset; /* of a uint16_t within struct world_config; 0 = none */
} tables[] = {
    {&q_revision, read_revision, 1, 0},
    {&q_stations, read_station, CONFIG_STATIONS_MAX, offsetof(struct world_config, stations_n)},
    {&q_waypoints, read_waypoint, CONFIG_WAYPOINTS_MAX, offsetof(struct world_config, waypoints_n)},
    {&q_spawns, read_spawn, CONFIG_SPAWNS_MAX, offsetof(struct world_config, spawns_n)},
    {&q_zones, read_zone, CONFIG_ZONES_MAX, offsetof(struct world_config, zones_n)},
    {&q_shapes, read_shape, CONFIG_SHAPES_MAX, offsetof(struct world_config, shapes_n)},
    {&q_classes, read_class, CONFIG_CLASSES_MAX, offsetof(struct world_config, classes_n)},
    {&q_weapons, read_weapon, CONFIG_WEAPONS_MAX, offsetof(struct world_config, weapons_n)},
    {&q_goods, read_good, CONFIG_GOODS_MAX, offsetof(struct world_config, goods_n)},
    {&q_levels, read_level, CONFIG_LEVELS_MAX, offsetof(struct world_config, levels_n)},
    {&q_guilds, read_guild, CONFIG_GUILDS_MAX, offsetof(struct world_config, guilds_n)},
    {&q_markets, read_market, LINES_MAX, 0},
    {&q_made, read_made, CATALOG_RATES_MAX, 0},
    {&q_used, read_used, CATALOG_RATES_MAX, 0},
    {&q_recipes, read_recipe, CATALOG_RECIPES_MAX *CATALOG_PARTS_MAX, 0},
    {&q_params, read_param, 64, 0},
};

static int read_table(struct store *s, const struct table *t, struct catalog *out)
{
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(s->pg, t->stmt, NULL, 0, &r);
    if (err != 0)
        return err;
    size_t rows = st_pg_rows(r);
    if (rows == 0 || rows > t->max) {
        st_log(ST_LOG_ERROR, "world_rows_wrong", st_log_s("table", t->stmt->name),
               st_log_u("rows", rows));
        err = ST_EPROTO;
    }
    for (size_t i = 0; err == 0 && i < rows; i++)
        t->read(out, &(struct reader){r, i, 0});
    uint16_t count = (uint16_t)rows;
    if (t->count_offset != 0)
        memcpy((char *)&out->world + t->count_offset, &count, sizeof count);
    if (t->stmt == &q_markets)
        out->lines_n = (uint32_t)rows;
    st_pg_result_free(&r);
    return err;
}

int store_load_catalog(struct store *s, struct catalog *out)
{
    char system[sizeof out->system];
    memcpy(system, out->system, sizeof system);
    memset(out, 0, sizeof *out);
    memcpy(out->system, system, sizeof system);
    for (size_t i = 0; i < ST_ARRAY_LEN(tables); i++) {
        int err = read_table(s, &tables[i], out);
        if (err != 0)
            return err;
    }
    return catalog_complete(out);
}
