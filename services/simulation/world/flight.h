/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_FLIGHT_H
#define WORLD_FLIGHT_H

/*
 * How things move: one tick of a ship, a torpedo or a container, and the path of a shot. This is
 * the part of the kernel that every client runs as well, so it must never know of entities,
 * sessions, zones or secrets: what moves a ship is its class, its load step and its effective
 * controls, all public. Pure functions, any thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "const.h"

enum flight_thrust { FLIGHT_COAST = 0, FLIGHT_AHEAD = 1, FLIGHT_ASTERN = 2, FLIGHT_BRAKE = 3 };

/* The five flag bits of a record; only DRIFT moves anything. */
enum flight_flag {
    FLIGHT_DRIFT = 1,    /* flight assist off */
    FLIGHT_DOCKING = 2,  /* frozen, waiting for the answer of the holder */
    FLIGHT_IMMUNE = 4,   /* cannot be hit */
    FLIGHT_WANTED = 8,
    FLIGHT_LINKDEAD = 16,
};

enum flight_kind { FLIGHT_SHIP = 0, FLIGHT_TORPEDO = 1, FLIGHT_REST = 2 };

/* Exact state of motion: what a record carries, plus the load step of the last enter record. */
struct flight {
    int32_t x, y;     /* k */
    int32_t vx, vy;   /* k per tick, inside int16 */
    uint16_t heading; /* 0..4095 */
    uint16_t target;  /* the heading it turns to */
    uint8_t thrust;   /* enum flight_thrust */
    uint8_t boost;    /* 0 or 1 */
    uint8_t flags;    /* enum flight_flag */
    uint8_t load;     /* 0..15 = ceil(15 * cargo mass / hold) */
};

/* What flight needs of a class; made by flight_class_init and by config_flight_class. */
struct flight_class {
    int32_t accel[16]; /* k per tick squared, by load step */
    int32_t cruise, boosted; /* speed caps, k */
    int32_t boost_pm;
    int32_t turn; /* steps per tick */
    int32_t kind; /* enum flight_kind; a torpedo flies at `cruise` along its heading */
};

/* The energy that decides whether boost is effective; own ship only, never of others. */
struct flight_power {
    int32_t energy;
    int32_t cap, regen, drain; /* drain per tick of boost */
    uint8_t spent;             /* boost ran dry: off until released or a quarter is back */
};

/* One tick of free flight: the rule of sections 1 to 4, 6 and 7 of the flight model in order. */
void flight_step(struct flight *f, const struct flight_class *c);

/* The part of flight that needs energy, run before flight_step: takes the boost that the pilot
 * wishes and returns the boost that is effective in this tick. Regeneration included. */
uint8_t flight_boost(struct flight_power *p, uint8_t thrust, uint8_t wish);

/* The wire's control word: heading | target << 12 | thrust << 24 | boost << 26 | flags << 27. */
uint32_t flight_ctl_pack(const struct flight *f);
void flight_ctl_unpack(struct flight *f, uint32_t ctl);

/* ceil(15 * mass / hold), at most 15. */
uint8_t flight_load(uint32_t mass, uint32_t hold);

/* One volley, as sent: all mounts of a ship that fired in one tick. Everything about its bullets
 * follows from these figures. */
struct flight_shot {
    int32_t x, y;     /* where its muzzles are at age 0: the radius ahead of the ship, k */
    int32_t vx, vy;   /* velocity of the ship in that tick */
    uint32_t ship;    /* entity id of the ship */
    uint32_t tick;    /* the tick it fired in: age 0 */
    uint32_t id;      /* running number of the shard, 1 .. 2^29 - 1 */
    uint16_t heading; /* of the guns: the ship's heading, or the aim of point defence */
    uint8_t weapon;   /* configuration id */
    uint8_t mounts;   /* how many fired, 1..8 */
    uint8_t live;     /* bit per mount, cleared when its bullet has hit */
    uint8_t pad[3];   /* zero */
};

/* Heading of the bullet of one mount: the one public use of randomness. */
uint16_t flight_shot_heading(const struct flight_shot *s, uint32_t mount, uint32_t spread);

/* Where the bullet of a mount is `age` ticks after it was fired (0 = at the muzzle), and its
 * velocity. `speed` in k and `spread` in steps are the weapon's. */
void flight_shot_at(const struct flight_shot *s, uint32_t mount, int32_t speed, uint32_t spread,
                    uint32_t age, int32_t pos[2], int32_t vel[2]);

/* 32 bit mix of three words, the same for everyone; shots use (tick, ship, mount). */
uint32_t flight_hash(uint32_t a, uint32_t b, uint32_t c);

/* A quarter of a turn: round(2^14 * sin(2 pi i / 4096)). */
extern const int16_t flight_quarter[WORLD_STEPS / 4 + 1];

/* Sine and cosine of a heading, scaled by 2^14. */
static inline int32_t flight_sin(uint32_t heading)
{
    uint32_t part = heading & 1023;
    int32_t sine = flight_quarter[heading & 1024 ? 1024 - part : part];

    return heading & 2048 ? -sine : sine;
}

static inline int32_t flight_cos(uint32_t heading)
{
    return flight_sin(heading + WORLD_STEPS / 4);
}

/* Heading of the vector (x, y), within one step; 0 for the null vector. */
uint16_t flight_atan2(int64_t y, int64_t x);

/* Largest r with r * r <= v. */
uint32_t flight_isqrt(uint64_t v);

/* Heading in which to fire from `from` at something at (dx, dy) moving with (dvx, dvy) relative to
 * the shooter, with shots of `speed`: two iterations of the lead. */
uint16_t flight_lead(int32_t dx, int32_t dy, int32_t dvx, int32_t dvy, int32_t speed);

#endif
