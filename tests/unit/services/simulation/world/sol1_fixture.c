/* SPDX-License-Identifier: Apache-2.0 */
#include "sol1_fixture.h"

/* Positions in these tables are relative to the Sun. */
static const struct config_station stations[] = {
    {1, "TER", "Terra High", "Earth", 0, 13000, 300, 1, 20, 1},
    {2, "LUN", "Luna Yards", "Moon", 4500, 15500, 300, 1, 8, 2},
    {3, "VEN", "Aphrodite", "Venus", -8500, 4500, 250, 2, 8, 0},
    {4, "MER", "Caloris", "Mercury", -5200, -3000, 250, 4, 4, 0},
    {5, "MAR", "Phobos Works", "Mars", 13000, 9000, 300, 2, 12, 2},
    {6, "CER", "Ceres Hub", "Ceres", 24500, 1500, 300, 3, 6, 2},
    {7, "VES", "Vesta Pits", "Vesta", 21500, 13000, 250, 5, 4, 0},
    {8, "PAL", "Pallas Free Port", "Pallas", 31000, 7000, 250, 7, 4, 0},
    {9, "GAN", "Ganymede Fields", "Jupiter", 36000, -5500, 300, 3, 8, 2},
    {10, "IO", "Io Forge", "Jupiter", 41500, -9500, 250, 6, 4, 0},
    {11, "TIT", "Titan Reach", "Saturn", 48500, -1000, 250, 3, 6, 0},
    {12, "TRI", "Triton Haven", "Neptune", 47000, 11500, 250, 7, 2, 0},
};

static const struct config_waypoint waypoints[] = {
    {101, "A", 27500, -7000},
    {102, "B", 41000, 2000},
    {103, "SX", 2200, 2200},
};

static const struct config_spawn spawns[] = {
    {1, 4, -6200, -700}, {2, 4, -2600, 5200}, {3, 4, 4200, 3600},
    {4, 4, 9000, 6300}, {5, 5, 16500, 13800}, {6, 5, 18600, 11700},
    {7, 5, 22600, 8700}, {8, 5, 25500, 10900}, {9, 5, 25300, 6300},
    {10, 5, 29800, -1300}, {11, 6, 39000, -7700}, {12, 6, 42200, -3200},
    {13, 6, 44500, -5900}, {14, 6, 47900, 4600}, {15, 6, 38500, 9100},
    {16, 6, 34300, -200}, {17, 7, 30300, 4200}, {18, 7, 28200, 9600},
    {19, 7, 45000, 9700}, {20, 7, 47800, 8600},
};

static const struct config_shape shapes[] = {
    {1, 1, 2250, 14250, 2250, 14250, 6500}, /* HOME */
    {7, 1, 31000, 7000, 31000, 7000, 5000}, /* PAL */
    {7, 1, 47000, 11500, 47000, 11500, 5000}, /* TRI */
    {2, 1, -8500, 4500, -8500, 4500, 3500}, /* VEN */
    {2, 1, 13000, 9000, 13000, 9000, 4500}, /* MAR */
    {2, 2, 0, 13000, -8500, 4500, 1600}, /* TER-VEN */
    {2, 2, 4500, 15500, 13000, 9000, 1600}, /* LUN-MAR */
    {2, 2, 0, 13000, 13000, 9000, 1600}, /* TER-MAR */
    {3, 2, 13000, 9000, 24500, 1500, 1400}, /* MAR-CER */
    {3, 2, 24500, 1500, 27500, -7000, 1400}, /* CER-A */
    {3, 2, 27500, -7000, 36000, -5500, 1400}, /* A-GAN */
    {3, 2, 36000, -5500, 41000, 2000, 1400}, /* GAN-B */
    {3, 2, 41000, 2000, 48500, -1000, 1400}, /* B-TIT */
    {3, 1, 24500, 1500, 24500, 1500, 3500}, /* CER */
    {3, 1, 36000, -5500, 36000, -5500, 3500}, /* GAN */
    {3, 1, 48500, -1000, 48500, -1000, 3500}, /* TIT */
    {4, 1, 0, 0, 0, 0, 20000}, /* SUN */
    {5, 1, 0, 0, 0, 0, 34000}, /* SUN */
    {6, 0, 0, 0, 0, 0, 0},
};

static const struct config_zone zones[] = {
    {1, "HOME", "Home", 0, 0, 15, 0, 600, 35, 25, 300, 3, 0, 0, 0, 0, 0, 1000, 1000, 0, 1000},
    {2, "CORE", "Core", 1, 1, 20, 250, 600, 30, 25, 200, 4, 1, 1, 0, 0, 480, 1010, 990, 2000,
     1000},
    {3, "LANE", "Lanes", 1, 1, 20, 300, 550, 20, 25, 120, 5, 1, 1, 0, 1, 240, 1020, 980, 8000,
     1000},
    {4, "SUNW", "Sunward", 2, 2, 30, 400, 550, 15, 30, 0, 0, 2, 1, 0, 1, 0, 1050, 960, 80000,
     1000},
    {5, "BELT", "Belt", 3, 2, 30, 500, 500, 15, 30, 0, 0, 2, 2, 1, 2, 0, 1080, 940, 200000, 1100},
    {6, "DEEP", "Deep", 3, 2, 45, 600, 450, 10, 35, 0, 0, 2, 2, 2, 2, 0, 1120, 910, 250000, 1200},
    {7, "FREE", "Free Ports", 4, 3, 60, 750, 300, 0, 40, 0, 0, 2, 3, 2, 3, 0, 1180, 870, 300000,
     1300},
};

static const struct config_class classes[] = {
    {1, "shuttle", "Shuttle", 0, 0, 40, 24, 4920, 1500, 6144, 8704, 68, 520, 500, 100, 1, 1000, 6,
     16, 16, 2, 0, 0, 1, 0, 0, 0},
    {2, "scout", "Scout", 0, 0, 30, 12, 5760, 1500, 8192, 11776, 102, 450, 450, 80, 1, 1200, 9, 20,
     13, 2, 0, 0, 1, 0, 0, 8000},
    {3, "hauler", "Hauler", 0, 0, 90, 80, 9200, 1600, 5376, 7936, 46, 1300, 900, 120, 1, 1200, 7,
     15, 26, 1, 0, 1, 1, 0, 4, 10000},
    {4, "heavy_hauler", "Heavy hauler", 0, 0, 220, 240, 14700, 1600, 4352, 6144, 28, 2000, 1500,
     140, 2, 1800, 9, 18, 40, 2, 0, 2, 1, 0, 4, 90000},
    {5, "fighter", "Fighter", 0, 1, 45, 10, 9800, 1500, 7936, 11264, 97, 1000, 1000, 90, 1, 1400,
     10, 20, 16, 3, 4, 0, 1, 3, 0, 36000},
    {6, "gunship", "Gunship", 0, 1, 120, 40, 16900, 1500, 6400, 8960, 63, 2100, 1900, 110, 2, 2400,
     16, 24, 28, 4, 6, 1, 1, 3, 4, 240000},
    {7, "raider", "Raider", 1, 1, 40, 30, 7680, 1500, 7168, 9856, 85, 650, 600, 100, 1, 1200, 8,
     20, 16, 2, 0, 0, 2, 0, 0, 0},
    {8, "cutter", "Cutter", 2, 1, 80, 10, 15360, 1500, 7680, 11008, 80, 1600, 1600, 90, 2, 2000,
     14, 20, 20, 3, 4, 0, 1, 3, 0, 0},
};

static const struct config_weapon weapons[] = {
    {1, "pulse_cannon", "pulse cannon", 1, 60, 1250, 800, 19456, 25, 8, 16, 10, 0, 0, 0, 0, 900},
    {2, "autocannon", "autocannon", 1, 48, 700, 1300, 16384, 19, 5, 10, 24, 0, 0, 0, 0, 1200},
    {3, "torpedo", "torpedo", 2, 280, 1000, 1000, 8704, 140, 120, 120, 0, 1300, 90, 32, 6, 5000},
    {4, "point_defence", "point defence", 3, 24, 300, 300, 19456, 8, 5, 6, 40, 320, 0, 0, 0, 2500},
};

static const struct config_good goods[] = {
    {1, "ICE", "water ice", 1, 60, 0, 0},     {2, "ORE", "metal ore", 2, 130, 0, 0},
    {3, "HYD", "hydrocarbons", 1, 75, 0, 0},  {4, "HE3", "helium-3", 1, 160, 0, 0},
    {5, "REE", "rare earths", 1, 240, 0, 0},  {6, "FOO", "food", 1, 100, 0, 0},
    {7, "FUE", "fuel cells", 1, 120, 0, 0},   {8, "ALL", "alloys", 2, 250, 0, 0},
    {9, "POL", "polymers", 1, 140, 0, 0},     {10, "ELE", "electronics", 1, 420, 0, 0},
    {11, "MAC", "machinery", 3, 690, 0, 0},   {12, "MED", "medicine", 1, 520, 0, 0},
    {13, "SHP", "ship parts", 2, 840, 0, 0},  {14, "LUX", "luxuries", 1, 950, 0, 0},
    {15, "MUN", "munitions", 1, 380, 1, 0},   {16, "STI", "stims", 1, 1300, 1, 2},
};

static const struct config_level levels[] = {
    {0, 600, 80, 0, 300},
    {1, 800, 64, 0, 500},
    {2, 1000, 48, 200, 1000},
    {3, 1300, 32, 200, 2600},
};

static const struct config_guild guilds[] = {
    {1, "terran_line", "Terran Line", 3, 12, 1, 720, 0},
    {2, "belt_freight", "Belt Freight", 3, 14, 4, 720, 5},
    {3, "outer_carriers", "Outer Carriers", 4, 6, 4, 1600, 5},
    {4, "night_couriers", "Night Couriers", 2, 4, 4, 400, 0},
};

/* No C library here: the golden run is WebAssembly too. */
#define PUT(list)                                                                                  \
    do {                                                                                           \
        c->list##_n = sizeof list / sizeof list[0];                                                \
        for (uint32_t i = 0; i < c->list##_n; i++)                                                 \
            c->list[i] = list[i];                                                                  \
    } while (0)

void sol1_config(struct world_config *c)
{
    *c = (struct world_config){0};
    c->revision = 1;
    PUT(stations);
    PUT(waypoints);
    PUT(spawns);
    PUT(zones);
    PUT(shapes);
    PUT(classes);
    PUT(weapons);
    PUT(goods);
    PUT(levels);
    PUT(guilds);
    for (uint32_t i = 0; i < c->stations_n; i++) {
        c->stations[i].x += WORLD_SUN_U;
        c->stations[i].y += WORLD_SUN_U;
    }
    for (uint32_t i = 0; i < c->waypoints_n; i++) {
        c->waypoints[i].x += WORLD_SUN_U;
        c->waypoints[i].y += WORLD_SUN_U;
    }
    for (uint32_t i = 0; i < c->spawns_n; i++) {
        c->spawns[i].x += WORLD_SUN_U;
        c->spawns[i].y += WORLD_SUN_U;
    }
    for (uint32_t i = 0; i < c->shapes_n && c->shapes[i].kind; i++) {
        c->shapes[i].x1 += WORLD_SUN_U;
        c->shapes[i].y1 += WORLD_SUN_U;
        c->shapes[i].x2 += WORLD_SUN_U;
        c->shapes[i].y2 += WORLD_SUN_U;
    }
}

int32_t sol1_k(int32_t u)
{
    return (WORLD_SUN_U + u) * WORLD_UNIT;
}
