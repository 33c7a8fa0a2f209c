/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_CONST_H
#define WORLD_CONST_H

/*
 * The constants of the world kernel: units, the grid, and the figures of the rules that are not
 * tuning. Owns no state, knows no thread. All that an operator may tune is in config.h instead;
 * changing a value here changes the game for every client and every golden hash.
 *
 * Units: u = world unit; k = 1/512 u (a position), or 1/512 u per tick (a velocity). A tick is
 * 50 ms. Headings have 4,096 steps, 0 = +x, 1,024 = +y. Permille is written pm.
 */

#define WORLD_TICK_HZ       20
#define WORLD_UNIT          512     /* k per u */
#define WORLD_UNIT_SHIFT    9
#define WORLD_SIDE_U        1048576 /* the coordinate space, u */
#define WORLD_SUN_U         524288  /* x and y of the Sun, u */
#define WORLD_PLAY_MIN_U    458752  /* the play square: positions are clamped to it */
#define WORLD_PLAY_MAX_U    589824
#define WORLD_PLAY_MIN      (WORLD_PLAY_MIN_U * WORLD_UNIT)
#define WORLD_PLAY_MAX      (WORLD_PLAY_MAX_U * WORLD_UNIT - 1)
#define WORLD_STEPS         4096    /* headings in a turn */
#define WORLD_SPEED_MAX     32767   /* k, any component of any velocity */

/* Cells: 2,048 u a side, id = cx | cy << 9; an entity leaves its cell only 64 u beyond the edge. */
#define WORLD_CELL_SHIFT    20      /* k to cell */
#define WORLD_CELL_BITS     9
#define WORLD_CELL_MARGIN   (64 * WORLD_UNIT)
#define WORLD_CELLS_SIDE    64      /* cells per side of the play square */
#define WORLD_CELL_FIRST    224     /* first cell column and row of the play square */
#define WORLD_CELLS         (WORLD_CELLS_SIDE * WORLD_CELLS_SIDE)

/* Entity ids: slot | generation << 24. The slot that has rested longest is used next. */
#define WORLD_SLOT_MASK     0x00ffffffu
#define WORLD_GEN_SHIFT     24

/* Classes of entities: 1..999 are ship classes of the configuration, the rest is built in. */
#define WORLD_CLASS_TORPEDO 1000
#define WORLD_CLASS_LOOT    1001
#define WORLD_CLASS_DRONE   1002
#define WORLD_TORPEDO_RADIUS 4      /* u */
#define WORLD_LOOT_RADIUS   8       /* u, drawn only: a container cannot be hit */
#define WORLD_DRONE_RADIUS  14      /* u */
#define WORLD_DRONE_HULL    20

/* Players that are guilds: this | id of the guild. */
#define WORLD_GUILD_PLAYER  0xffffff00u

/* Flight. */
#define WORLD_ASSIST_PM     600     /* share of the acceleration that flight assist may use */
#define WORLD_BLEED_SHIFT   5       /* above the cap, |v| falls by |v|/32 + 1 per tick */
#define WORLD_BOOST_AGAIN   4       /* a spent boost works again from 1/4 of the energy */
#define WORLD_LOAD_STEPS    15

/* The Sun and the stations. */
#define WORLD_CORONA_U      2500
#define WORLD_CORONA_DAMAGE 2       /* per tick */
#define WORLD_SHELTER_U     600
#define WORLD_SHELTER_FIRED 100     /* ticks after a shot in which a shelter does not protect */
#define WORLD_DOCK_SPEED    1536    /* k */
#define WORLD_DOCK_CALM     100     /* ticks since the last hit taken */
#define WORLD_DOCK_HOLD     40      /* ticks with brake held */
#define WORLD_IMMUNE_TICKS  60      /* after appearing */
#define WORLD_RESPAWN_TICKS 100     /* of wreck view */

/* Zones and law. */
#define WORLD_ZONE_PERIOD   4       /* each ship is looked up every 4th tick */
#define WORLD_ZONE_KEEP     40      /* ticks for which a safer zone goes on protecting */
#define WORLD_CRIME_TICKS   6000
#define WORLD_MURDER_TICKS  3600
#define WORLD_SMUGGLE_TICKS 2400
#define WORLD_COMBAT_TICKS  300     /* after a hit given or taken a ship is in combat */
#define WORLD_HELP_TICKS    300     /* an attacker counts as assistant for so long */
#define WORLD_LINKDEAD_MAX  2400
#define WORLD_INPUT_SILENCE 20      /* ticks without input until controls go neutral */

/* Weapons. */
#define WORLD_MOUNT_GAP     (6 * WORLD_UNIT)
#define WORLD_MOUNTS_MAX    8
#define WORLD_AIM_PERIOD    8       /* ticks between two aims of a torpedo */
#define WORLD_AIM_ROUND     64      /* steps to which a torpedo's aim is rounded */

/* Loot. */
#define WORLD_WRECK_BOXES   6
#define WORLD_LOOT_TICKS    6000
#define WORLD_PICKUP_U      40
#define WORLD_CARGO_KINDS   16
#define WORLD_ASSISTANTS    8

#endif
