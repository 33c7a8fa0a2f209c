// SPDX-License-Identifier: Apache-2.0
// The visible world as plain objects in units and units per second: what a program reads, where the
// cockpit reads slots.

import type { Session } from './session';
import { type Entity, Faction, K_PER_UNIT, type Pose } from './entity';
import { CLASS_DRONE, CLASS_LOOT } from '../kernel/kernel';

/** Units per second of one k per tick. */
const SPEED = 20 / K_PER_UNIT;
const FULL = 255;

/** Who flies something. */
export type FactionWord = 'none' | 'pilot' | 'guild' | 'raider' | 'patrol' | 'drone' | 'thing';

/** Where something is and how it moves. */
export interface Place {
  /** Units; 524,288 is the Sun's. */
  x: number;
  /** Units; 524,288 is the Sun's. */
  y: number;
  /** Units per second. */
  vx: number;
  /** Units per second. */
  vy: number;
  /** 0 to 4,095 steps, 0 = +x, 1,024 = +y. */
  heading: number;
}

/** A ship, drone or patrol that can be seen. */
export interface Ship extends Place {
  /** Entity id: what `target` of the controls names. */
  id: number;
  /** Ship class id. */
  classId: number;
  /** Its name. */
  className: string;
  /** Who flies it. */
  faction: FactionWord;
  /** Player id, 0 for others. */
  player: number;
  /** The pilot's name; empty until it is known. */
  name: string;
  /** NPC level. */
  level: number;
  /** 0 to 1, null while it is not known. */
  hull: number | null;
  /** 0 to 1, null while it is not known. */
  shield: number | null;
  /** It is the own ship, as predicted. */
  own: boolean;
}

/** Cargo adrift. */
export interface Loot extends Place {
  /** Entity id. */
  id: number;
  /** Quantities by commodity id. */
  goods: Map<number, number>;
}

/** A bolt in flight. */
export interface Shot {
  /** Units. */
  x: number;
  /** Units. */
  y: number;
  /** Units per second. */
  vx: number;
  /** Units per second. */
  vy: number;
  /** Entity that fired it. */
  ship: number;
  /** Weapon id. */
  weapon: number;
}

const factions: readonly FactionWord[] = Object.keys(Faction) as (keyof typeof Faction)[];

/** A pose of the kernel in units. @internal */
export function placeOf(pose: Pose): Place {
  return {
    x: pose.x / K_PER_UNIT,
    y: pose.y / K_PER_UNIT,
    vx: pose.vx * SPEED,
    vy: pose.vy * SPEED,
    heading: Math.round(pose.heading) & 4095,
  };
}

function shipOf(session: Session, e: Entity, place: Place, own: boolean): Ship {
  const known = session.config?.classes.find((c) => c.id === e.classId);
  return {
    ...place,
    id: e.id,
    classId: e.classId,
    className: known?.name ?? (e.classId === CLASS_DRONE ? 'Drone' : ''),
    faction: factions.find((word) => Faction[word] === e.faction) ?? 'none',
    player: e.player,
    name: session.names.of(e.player),
    level: e.level,
    hull: e.hull < 0 ? null : e.hull / FULL,
    shield: e.shield < 0 ? null : e.shield / FULL,
    own,
  };
}

/** All ships in view at this moment, the own one as predicted. @internal */
export function shipsOf(session: Session): Ship[] {
  const { world, own } = session;
  if (!world) return [];
  const now = session.now();
  const ownId = own?.inSpace ? (own.state?.entity ?? 0) : 0;
  const ships: Ship[] = [];
  for (const e of world.entities.values()) {
    if (!world.isShip(e)) continue;
    const mine = e.id === ownId && ownId !== 0;
    const pose =
      mine && own ? own.poseAt(session.ownTick, now) : world.poseOf(e, session.tick, now);
    ships.push(shipOf(session, e, placeOf(pose), mine));
  }
  return ships;
}

/** All cargo adrift in view. @internal */
export function lootOf(session: Session): Loot[] {
  const { world } = session;
  if (!world) return [];
  const all = [...world.entities.values()].filter((e) => e.classId === CLASS_LOOT);
  return all.map((e) => ({
    ...placeOf(world.poseOf(e, session.tick, session.now())),
    id: e.id,
    goods: new Map(e.goods),
  }));
}

/** All bolts in view, own ones as predicted. @internal */
export function shotsOf(session: Session): Shot[] {
  const shots: Shot[] = [];
  session.world?.shots.each(session.tick, session.ownTick, (b) =>
    shots.push({
      x: b.x / K_PER_UNIT,
      y: b.y / K_PER_UNIT,
      vx: b.vx * SPEED,
      vy: b.vy * SPEED,
      ship: b.ship,
      weapon: b.weapon,
    }),
  );
  return shots;
}
