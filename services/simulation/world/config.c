/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "base.h"
#include "config_form.h"

enum { STATIONS = 0, WAYPOINTS, SPAWNS, ZONES, SHAPES, CLASSES, WEAPONS, GOODS, LEVELS, GUILDS };

static int fault(uint32_t section, uint32_t record)
{
    return -((int)(section + 1) * 1000 + (int)record + 1);
}

static bool record_fits(const uint8_t *record, const struct form_section *form)
{
    for (uint32_t k = 0; k < form->fields_n; k++) {
        const struct form_field *f = &form->fields[k];
        int64_t value = f->type == FORM_TEXT ? form_text(record, f) : form_number(record, f);

        if (value < f->min || value > f->max)
            return false;
    }
    return true;
}

/* Ranges, numbers of records and the order of ids. */
static int check_form(const struct world_config *c)
{
    for (uint32_t section = 0; section < FORM_SECTIONS; section++) {
        const struct form_section *form = &form_sections[section];
        uint32_t n = form_count(c, section);
        int64_t last = -1;

        if (n > form->most || n < form->least)
            return fault(section, 0);
        for (uint32_t i = 0; i < n; i++) {
            const uint8_t *record = form_record(c, section, i);
            int64_t id = form_number(record, &form->fields[0]);

            if (!record_fits(record, form) || (form->sorted && id <= last))
                return fault(section, i);
            last = id;
        }
    }
    return 0;
}

static bool weapon_is(const struct world_config *c, uint32_t id, uint32_t mounts, uint32_t kind)
{
    const struct config_weapon *w = world_config_weapon(c, id);

    return mounts == 0 ? id == 0 || (w && w->kind == kind) : w && w->kind == kind;
}

static bool class_fits(const struct world_config *c, const struct config_class *k)
{
    const struct config_weapon *gun = world_config_weapon(c, k->gun);
    uint32_t accel = k->thrust / k->dry * k->boost_pm / 1000;

    if (k->cruise > k->boosted || accel < 1 || accel > 2000)
        return false;
    /* Speed settles where the bleed takes what thrust gives; it must stay inside int16. */
    if (k->boosted + accel * 34 > WORLD_SPEED_MAX)
        return false;
    if (gun && k->boosted + gun->speed > WORLD_SPEED_MAX)
        return false;
    return weapon_is(c, k->gun, k->guns, CONFIG_WEAPON_GUN) &&
           weapon_is(c, k->torpedo, k->torpedoes, CONFIG_WEAPON_TORPEDO) &&
           weapon_is(c, k->pd, k->pds, CONFIG_WEAPON_PD);
}

static int check_classes(const struct world_config *c)
{
    uint32_t roles = 0;

    for (uint32_t i = 0; i < c->classes_n; i++) {
        if (!class_fits(c, &c->classes[i]))
            return fault(CLASSES, i);
        roles |= 1u << c->classes[i].role;
    }
    return roles == 7 ? 0 : fault(CLASSES, 0);
}

static int check_zones(const struct world_config *c)
{
    for (uint32_t i = 0; i < c->zones_n; i++) {
        const struct config_zone *z = &c->zones[i];

        if (z->level_min > z->level_max || !world_config_level(c, z->level_min) ||
            !world_config_level(c, z->level_max))
            return fault(ZONES, i);
    }
    for (uint32_t i = 0; i < c->shapes_n; i++) {
        const struct config_shape *s = &c->shapes[i];
        bool last = i + 1u == c->shapes_n;

        if (!world_config_zone(c, s->zone) || last != (s->kind == CONFIG_SHAPE_ALL))
            return fault(SHAPES, i);
        if (s->kind == CONFIG_SHAPE_CAPSULE && s->x1 == s->x2 && s->y1 == s->y2)
            return fault(SHAPES, i);
    }
    return 0;
}

static int check_places(const struct world_config *c)
{
    uint32_t starts = 0;

    for (uint32_t i = 0; i < c->stations_n; i++) {
        if (!world_config_zone(c, c->stations[i].zone))
            return fault(STATIONS, i);
        starts += c->stations[i].flags & CONFIG_STATION_START ? 1 : 0;
    }
    if (starts == 0)
        return fault(STATIONS, 0);
    for (uint32_t i = 0; i < c->waypoints_n; i++) {
        if (world_config_station(c, c->waypoints[i].id))
            return fault(WAYPOINTS, i);
    }
    for (uint32_t i = 0; i < c->spawns_n; i++) {
        if (!world_config_zone(c, c->spawns[i].zone))
            return fault(SPAWNS, i);
    }
    for (uint32_t i = 0; i < c->guilds_n; i++) {
        const struct config_class *k = world_config_class(c, c->guilds[i].class_id);

        if (!k || k->hold == 0)
            return fault(GUILDS, i);
        k = world_config_class(c, c->guilds[i].escort_class);
        if (c->guilds[i].escort_class && (!k || k->gun == 0))
            return fault(GUILDS, i);
    }
    return 0;
}

static int check_goods(const struct world_config *c)
{
    for (uint32_t i = 0; i < c->goods_n; i++) {
        const char *code = c->goods[i].code;

        if (code[0] == 'F' && code[1] == 'U' && code[2] == 'E' && code[3] == 0)
            return 0;
    }
    return fault(GOODS, 0);
}

int world_config_check(const struct world_config *c)
{
    static int (*const checks[])(const struct world_config *) = {
        check_form, check_zones, check_places, check_classes, check_goods,
    };
    int result = 0;

    world_assert(c != NULL);
    for (uint32_t i = 0; i < sizeof checks / sizeof checks[0] && result == 0; i++)
        result = checks[i](c);
    return result;
}

static bool shape_holds(const struct config_shape *s, int64_t x, int64_t y)
{
    int64_t r = s->r, dx, dy, cross;

    if (s->kind == CONFIG_SHAPE_ALL)
        return true;
    if (x < (s->x1 < s->x2 ? s->x1 : s->x2) - r || x > (s->x1 > s->x2 ? s->x1 : s->x2) + r ||
        y < (s->y1 < s->y2 ? s->y1 : s->y2) - r || y > (s->y1 > s->y2 ? s->y1 : s->y2) + r)
        return false;
    if (s->kind == CONFIG_SHAPE_CIRCLE)
        return square_sum(x - s->x1, y - s->y1) <= (uint64_t)(r * r);
    dx = s->x2 - s->x1;
    dy = s->y2 - s->y1;
    cross = (x - s->x1) * dy - (y - s->y1) * dx;
    return (cross < 0 ? -cross : cross) <= r * (int64_t)flight_isqrt(square_sum(dx, dy));
}

uint32_t world_config_shape_at(const struct world_config *c, int32_t x, int32_t y)
{
    uint32_t i = 0;

    world_assert(c->shapes_n > 0);
    while (i + 1u < c->shapes_n &&
           !shape_holds(&c->shapes[i], x >> WORLD_UNIT_SHIFT, y >> WORLD_UNIT_SHIFT))
        i++;
    return i;
}

uint8_t world_config_zone_at(const struct world_config *c, int32_t x, int32_t y)
{
    return c->shapes[world_config_shape_at(c, x, y)].zone;
}

#define LOOKUP(name, list)                                                                         \
    const struct config_##name *world_config_##name(const struct world_config *c, uint32_t id)     \
    {                                                                                              \
        for (uint32_t i = 0; i < c->list##_n; i++) {                                               \
            if (c->list[i].id == id)                                                               \
                return &c->list[i];                                                                \
        }                                                                                          \
        return NULL;                                                                               \
    }

LOOKUP(station, stations)
LOOKUP(zone, zones)
LOOKUP(class, classes)
LOOKUP(weapon, weapons)
LOOKUP(good, goods)
LOOKUP(level, levels)
LOOKUP(guild, guilds)

static const struct config_weapon *first_torpedo(const struct world_config *c)
{
    for (uint32_t i = 0; i < c->weapons_n; i++) {
        if (c->weapons[i].kind == CONFIG_WEAPON_TORPEDO)
            return &c->weapons[i];
    }
    return NULL;
}

static void flight_class_init(struct flight_class *out, const struct config_class *k)
{
    for (uint32_t load = 0; load <= WORLD_LOAD_STEPS; load++)
        out->accel[load] =
            (int32_t)(k->thrust / (k->dry + (uint32_t)k->hold * load / WORLD_LOAD_STEPS));
    out->cruise = k->cruise;
    out->boosted = k->boosted;
    out->boost_pm = k->boost_pm;
    out->turn = k->turn;
    out->kind = FLIGHT_SHIP;
}

bool config_flight_class(const struct world_config *c, uint32_t class_id, struct flight_class *out)
{
    const struct config_class *k = world_config_class(c, class_id);
    const struct config_weapon *torpedo;

    memset(out, 0, sizeof *out);
    switch (class_id) {
    case WORLD_CLASS_TORPEDO:
        torpedo = first_torpedo(c);
        if (!torpedo)
            return false;
        out->kind = FLIGHT_TORPEDO;
        out->cruise = torpedo->speed;
        out->turn = torpedo->turn;
        return true;
    case WORLD_CLASS_LOOT:
    case WORLD_CLASS_DRONE:
        out->kind = FLIGHT_REST;
        return true;
    default:
        if (k)
            flight_class_init(out, k);
        return k != NULL;
    }
}

uint32_t config_radius(const struct world_config *c, uint32_t class_id)
{
    const struct config_class *k = world_config_class(c, class_id);

    switch (class_id) {
    case WORLD_CLASS_TORPEDO:
        return WORLD_TORPEDO_RADIUS;
    case WORLD_CLASS_LOOT:
        return WORLD_LOOT_RADIUS;
    case WORLD_CLASS_DRONE:
        return WORLD_DRONE_RADIUS;
    default:
        return k ? k->radius : 0;
    }
}
