/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the browser sees of the kernel: a table of motion slots, a table of volleys, and a
 * configuration, all in static memory that JavaScript reads and writes as Int32Array. It holds no
 * rule of its own: every function hands over to the kernel. Single-threaded like its instance.
 */
#include <world/config.h>
#include <world/flight.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define SLOTS        8192
#define SHOTS        8192
#define BULLETS      (SHOTS * 2)

/* One moving thing: a record, with class and load step from its enter record. */
struct slot {
    int32_t x, y, vx, vy;
    uint32_t ctl;      /* control word of the record */
    uint32_t class_id; /* 0 = free */
    uint32_t load;
    uint32_t tag; /* the caller's own */
};

struct volley {
    int32_t x, y, vx, vy;
    uint32_t ship, tick;
    uint32_t heading, weapon; /* weapon 0 = free */
    uint32_t mounts, live;
    uint32_t tag[2];
};

struct bullet {
    int32_t pos[2], vel[2];
    uint32_t volley, mount;
};

struct own {
    int32_t energy;
    uint32_t spent, wish;
};

static struct slot slots[SLOTS];
static struct volley volleys[SHOTS];
static struct bullet bullets[BULLETS];
static struct own own;
static struct world_config config;
static uint8_t config_bytes[CONFIG_BYTES_MAX];
/* Flight figures by class id, filled on first use; `known` 1 = filled, 2 = no such class. */
static struct flight_class classes[WORLD_CLASS_DRONE + 1];
static uint8_t known[WORLD_CLASS_DRONE + 1];
static int ready;

static const struct flight_class *class_of(uint32_t id)
{
    if (!ready || id == 0 || id > WORLD_CLASS_DRONE)
        return 0;
    if (known[id] == 0)
        known[id] = config_flight_class(&config, id, &classes[id]) ? 1 : 2;
    return known[id] == 1 ? &classes[id] : 0;
}

static void flight_from(struct flight *f, const struct slot *s)
{
    f->x = s->x;
    f->y = s->y;
    f->vx = s->vx;
    f->vy = s->vy;
    f->load = (uint8_t)(s->load & WORLD_LOAD_STEPS);
    flight_ctl_unpack(f, s->ctl);
}

static void flight_into(struct slot *s, const struct flight *f)
{
    s->x = f->x;
    s->y = f->y;
    s->vx = f->vx;
    s->vy = f->vy;
    s->ctl = flight_ctl_pack(f);
}

EXPORT(slots) int32_t *kernel_slots(void)
{
    return &slots[0].x;
}

EXPORT(slots_max) uint32_t kernel_slots_max(void)
{
    return SLOTS;
}

EXPORT(shots) int32_t *kernel_shots(void)
{
    return &volleys[0].x;
}

EXPORT(shots_max) uint32_t kernel_shots_max(void)
{
    return SHOTS;
}

EXPORT(bullets) int32_t *kernel_bullets(void)
{
    return bullets[0].pos;
}

EXPORT(own) int32_t *kernel_own(void)
{
    return &own.energy;
}

EXPORT(config) uint8_t *kernel_config(void)
{
    return config_bytes;
}

EXPORT(config_max) uint32_t kernel_config_max(void)
{
    return CONFIG_BYTES_MAX;
}

/* Takes `length` bytes from the config buffer; 0, or what world_config_decode says. */
EXPORT(config_load) int32_t kernel_config_load(uint32_t length)
{
    int32_t result;

    ready = 0;
    for (uint32_t i = 0; i <= WORLD_CLASS_DRONE; i++)
        known[i] = 0;
    if (length > CONFIG_BYTES_MAX)
        return -1;
    result = world_config_decode(&config, config_bytes, length);
    ready = result == 0;
    return result;
}

/* Steps the slots first .. first + n - 1 that are in use by `ticks` of free flight. */
EXPORT(step) void kernel_step(uint32_t first, uint32_t n, uint32_t ticks)
{
    struct flight f;

    for (uint32_t i = first; i < SLOTS && i - first < n; i++) {
        const struct flight_class *c = class_of(slots[i].class_id);

        if (!c)
            continue;
        flight_from(&f, &slots[i]);
        for (uint32_t t = 0; t < ticks; t++)
            flight_step(&f, c);
        flight_into(&slots[i], &f);
    }
}

/* One tick of the own ship in a slot: energy decides the boost that `own` wishes. */
EXPORT(step_own) void kernel_step_own(uint32_t i)
{
    const struct flight_class *c = i < SLOTS ? class_of(slots[i].class_id) : 0;
    const struct config_class *k = c ? world_config_class(&config, slots[i].class_id) : 0;
    struct flight_power power;
    struct flight f;

    if (!k)
        return;
    flight_from(&f, &slots[i]);
    power = (struct flight_power){own.energy, k->energy, k->energy_regen, k->boost_drain,
                                  (uint8_t)own.spent};
    f.boost = flight_boost(&power, f.thrust, (uint8_t)own.wish);
    own.energy = power.energy;
    own.spent = power.spent;
    flight_step(&f, c);
    flight_into(&slots[i], &f);
}

/* Writes every bullet in flight after tick `tick` of the first `n` volleys; returns how many. */
EXPORT(shots_at) uint32_t kernel_shots_at(uint32_t n, uint32_t tick)
{
    uint32_t out = 0;

    for (uint32_t i = 0; i < SHOTS && i < n; i++) {
        const struct volley *v = &volleys[i];
        const struct config_weapon *w = ready ? world_config_weapon(&config, v->weapon) : 0;
        struct flight_shot s = {v->x, v->y, v->vx, v->vy, v->ship, v->tick, 0,
                                (uint16_t)v->heading, (uint8_t)v->weapon, (uint8_t)v->mounts,
                                (uint8_t)v->live, {0, 0, 0}};
        uint32_t age = tick - v->tick;

        if (!w || age > w->life || v->mounts > WORLD_MOUNTS_MAX)
            continue;
        for (uint32_t m = 0; m < v->mounts && out < BULLETS; m++) {
            if (!(v->live >> m & 1))
                continue;
            flight_shot_at(&s, m, w->speed, w->spread, age, bullets[out].pos, bullets[out].vel);
            bullets[out].volley = i;
            bullets[out++].mount = m;
        }
    }
    return out;
}

/* Id of the zone at a position in k; 0 without a configuration. */
EXPORT(zone_at) uint32_t kernel_zone_at(int32_t x, int32_t y)
{
    return ready ? world_config_zone_at(&config, x, y) : 0;
}

EXPORT(radius) uint32_t kernel_radius(uint32_t class_id)
{
    return ready ? config_radius(&config, class_id) : 0;
}

EXPORT(lead)
uint32_t kernel_lead(int32_t dx, int32_t dy, int32_t dvx, int32_t dvy, int32_t speed)
{
    return speed > 0 ? flight_lead(dx, dy, dvx, dvy, speed) : flight_atan2(dy, dx);
}

EXPORT(heading) uint32_t kernel_heading(int32_t dx, int32_t dy)
{
    return flight_atan2(dy, dx);
}

EXPORT(load_step) uint32_t kernel_load_step(uint32_t mass, uint32_t hold)
{
    return flight_load(mass, hold);
}
