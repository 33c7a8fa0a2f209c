/* SPDX-License-Identifier: Apache-2.0 */
#include "config_form.h"
#include "base.h"

#define SIZE(type, field) sizeof(((struct type *)0)->field)
#define U(type, field, low, high)                                                                  \
    {                                                                                              \
        (uint16_t)offsetof(struct type, field), (uint8_t)SIZE(type, field), FORM_UNSIGNED, low,    \
            high                                                                                   \
    }
#define I(type, field, low, high)                                                                  \
    {                                                                                              \
        (uint16_t)offsetof(struct type, field), (uint8_t)SIZE(type, field), FORM_SIGNED, low, high \
    }
#define TEXT(type, field, least)                                                                   \
    {                                                                                              \
        (uint16_t)offsetof(struct type, field), (uint8_t)SIZE(type, field), FORM_TEXT, least,      \
            (int64_t)SIZE(type, field) - 1                                                         \
    }
#define PLACE(type, field) I(type, field, WORLD_PLAY_MIN_U, WORLD_PLAY_MAX_U - 1)

static const struct form_field station_fields[] = {
    U(config_station, id, 1, 65535),
    TEXT(config_station, code, 1),
    TEXT(config_station, name, 1),
    TEXT(config_station, body, 0),
    PLACE(config_station, x),
    PLACE(config_station, y),
    U(config_station, dock_radius, 50, 2000),
    U(config_station, zone, 1, 255),
    U(config_station, pop, 0, 255),
    U(config_station, flags, 0, 255),
};

static const struct form_field waypoint_fields[] = {
    U(config_waypoint, id, 1, 65535),
    TEXT(config_waypoint, code, 1),
    PLACE(config_waypoint, x),
    PLACE(config_waypoint, y),
};

static const struct form_field spawn_fields[] = {
    U(config_spawn, id, 1, 65535),
    U(config_spawn, zone, 1, 255),
    PLACE(config_spawn, x),
    PLACE(config_spawn, y),
};

static const struct form_field zone_fields[] = {
    U(config_zone, id, 1, 255),
    TEXT(config_zone, code, 1),
    TEXT(config_zone, name, 1),
    U(config_zone, risk, 0, 4),
    U(config_zone, pvp, 0, 3),
    U(config_zone, linkdead_s, 1, 120),
    U(config_zone, loot_pm, 0, 1000),
    U(config_zone, insurance_pm, 0, 1000),
    U(config_zone, tax_pm, 0, 1000),
    U(config_zone, spread_pm, 0, 500),
    U(config_zone, customs_pm, 0, 1000),
    U(config_zone, patrols, 0, 16),
    U(config_zone, packs, 0, 8),
    U(config_zone, raiders, 0, 4),
    U(config_zone, level_min, 0, 63),
    U(config_zone, level_max, 0, 63),
    U(config_zone, pack_period_s, 0, 3600),
    U(config_zone, import_pm, 1, 4000),
    U(config_zone, export_pm, 1, 4000),
    U(config_zone, loss_ppm, 0, 1000000),
    U(config_zone, bounty_pm, 0, 10000),
};

static const struct form_field shape_fields[] = {
    U(config_shape, zone, 1, 255),
    U(config_shape, kind, 0, 2),
    I(config_shape, x1, 0, WORLD_SIDE_U - 1),
    I(config_shape, y1, 0, WORLD_SIDE_U - 1),
    I(config_shape, x2, 0, WORLD_SIDE_U - 1),
    I(config_shape, y2, 0, WORLD_SIDE_U - 1),
    I(config_shape, r, 0, WORLD_SIDE_U - 1),
};

static const struct form_field class_fields[] = {
    U(config_class, id, 1, 999),
    TEXT(config_class, code, 1),
    TEXT(config_class, name, 1),
    U(config_class, role, 0, 2),
    U(config_class, armed, 0, 1),
    U(config_class, dry, 1, 10000),
    U(config_class, hold, 0, 10000),
    U(config_class, thrust, 1, 20000000),
    U(config_class, boost_pm, 1000, 4000),
    U(config_class, cruise, 64, 16384),
    U(config_class, boosted, 64, 24576),
    U(config_class, turn, 1, 2048),
    U(config_class, hull, 1, 60000),
    U(config_class, shield, 0, 60000),
    U(config_class, shield_delay, 0, 10000),
    U(config_class, shield_regen, 0, 1000),
    U(config_class, energy, 0, 60000),
    U(config_class, energy_regen, 0, 1000),
    U(config_class, boost_drain, 0, 10000),
    U(config_class, radius, 4, 128),
    U(config_class, guns, 0, WORLD_MOUNTS_MAX),
    U(config_class, torpedoes, 0, 255),
    U(config_class, pds, 0, WORLD_MOUNTS_MAX),
    U(config_class, gun, 0, 15),
    U(config_class, torpedo, 0, 15),
    U(config_class, pd, 0, 15),
    U(config_class, price, 0, 1000000000),
};

static const struct form_field weapon_fields[] = {
    U(config_weapon, id, 1, 15),
    TEXT(config_weapon, code, 1),
    TEXT(config_weapon, name, 1),
    U(config_weapon, kind, 1, 3),
    U(config_weapon, damage, 1, 10000),
    U(config_weapon, shield_pm, 1, 10000),
    U(config_weapon, hull_pm, 1, 10000),
    U(config_weapon, speed, 1024, WORLD_SPEED_MAX),
    U(config_weapon, life, 1, 255),
    U(config_weapon, cooldown, 1, 255),
    U(config_weapon, energy, 0, 10000),
    U(config_weapon, spread, 0, 512),
    U(config_weapon, range, 0, 8000),
    U(config_weapon, hull, 0, 10000),
    U(config_weapon, turn, 0, 2048),
    U(config_weapon, fuse, 0, 255),
    U(config_weapon, price, 0, 1000000000),
};

static const struct form_field good_fields[] = {
    U(config_good, id, 1, 65535),
    TEXT(config_good, code, 1),
    TEXT(config_good, name, 1),
    U(config_good, mass, 1, 1000),
    U(config_good, base, 1, 1000000),
    U(config_good, contraband, 0, 31),
    U(config_good, restricted, 0, 31),
};

static const struct form_field level_fields[] = {
    U(config_level, id, 0, 63),
    U(config_level, vital_pm, 100, 10000),
    U(config_level, aim_error, 0, 1024),
    U(config_level, flee_pm, 0, 1000),
    U(config_level, bounty, 0, 1000000000),
};

static const struct form_field guild_fields[] = {
    U(config_guild, id, 1, 32),
    TEXT(config_guild, code, 1),
    TEXT(config_guild, name, 1),
    U(config_guild, class_id, 1, 999),
    U(config_guild, ships, 0, 500),
    U(config_guild, risk_max, 0, 4),
    U(config_guild, floor_cr, 0, 1000000),
    U(config_guild, escort_class, 0, 999),
};

#define SECTION(name, type, least, sorted)                                                         \
    {                                                                                              \
        offsetof(struct world_config, name), offsetof(struct world_config, name##_n),              \
            (uint16_t)(sizeof(((struct world_config *)0)->name) / sizeof(struct config_##type)),   \
            least, sizeof(struct config_##type), sorted,                                           \
            sizeof type##_fields / sizeof type##_fields[0], type##_fields                          \
    }

const struct form_section form_sections[FORM_SECTIONS] = {
    SECTION(stations, station, 1, 1), SECTION(waypoints, waypoint, 0, 1),
    SECTION(spawns, spawn, 0, 1),     SECTION(zones, zone, 1, 1),
    SECTION(shapes, shape, 1, 0),     SECTION(classes, class, 1, 1),
    SECTION(weapons, weapon, 1, 1),   SECTION(goods, good, 1, 1),
    SECTION(levels, level, 1, 1),     SECTION(guilds, guild, 0, 1),
};

uint32_t form_count(const struct world_config *c, uint32_t section)
{
    uint16_t n;

    world_assert(section < FORM_SECTIONS);
    memcpy(&n, (const uint8_t *)c + form_sections[section].count, sizeof n);
    return n;
}

const uint8_t *form_record(const struct world_config *c, uint32_t section, uint32_t i)
{
    const struct form_section *s = &form_sections[section];

    world_assert(section < FORM_SECTIONS && i < s->most);
    return (const uint8_t *)c + s->offset + (size_t)i * s->record;
}

int64_t form_number(const uint8_t *record, const struct form_field *f)
{
    uint32_t value = 0;

    world_assert(f->type != FORM_TEXT && f->size <= 4);
    for (uint32_t i = 0; i < f->size; i++)
        value |= (uint32_t)record[f->offset + i] << (8 * i);
    return f->type == FORM_SIGNED ? (int64_t)(int32_t)value : (int64_t)value;
}

/* Length of the UTF-8 sequence that starts with this byte, 0 for a byte that starts none. */
static uint32_t sequence(uint8_t first)
{
    if (first < 0x80)
        return first >= 0x20 && first != 0x7f ? 1 : 0;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* The second byte alone decides about overlong forms, surrogates and the end of Unicode. */
static bool second_fits(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0;
    case 0xed:
        return second < 0xa0;
    case 0xf0:
        return second >= 0x90;
    case 0xf4:
        return second < 0x90;
    default:
        return true;
    }
}

int form_text(const uint8_t *record, const struct form_field *f)
{
    const uint8_t *text = record + f->offset;
    uint32_t at = 0;

    world_assert(f->type == FORM_TEXT);
    while (at < f->size && text[at] != 0) {
        uint32_t n = sequence(text[at]);

        if (n == 0 || at + n >= f->size)
            return -1;
        for (uint32_t i = 1; i < n; i++) {
            if ((text[at + i] & 0xc0) != 0x80)
                return -1;
        }
        if (n > 1 && !second_fits(text[at], text[at + 1]))
            return -1;
        at += n;
    }
    return at < f->size && (int64_t)at >= f->min ? (int)at : -1;
}
