// SPDX-License-Identifier: Apache-2.0
// Flies a ship to a place by the same controls that a pilot has: ahead, around the Sun, and the
// brake in time. Pure: place in, controls out.

import type { ShipClass } from '../kernel/config';
import { Thrust } from '../kernel/kernel';
import { K_PER_UNIT, type Pose, turnBetween } from './entity';

/** Where to, in units. */
export interface Goal {
  /** Units. */
  x: number;
  /** Units. */
  y: number;
  /** Being so near is enough, units. */
  near: number;
  /** Being so slow is enough, units per second. */
  slow: number;
}

/** What the autopilot wishes in this moment. */
export interface Course {
  heading: number;
  thrust: number;
  boost: boolean;
  arrived: boolean;
}

const STEPS = 4096;
const TICK_HZ = 20;
/** An input acts so many ticks after the decision. */
const LATE_TICKS = 6;
const SUN = 524288;
/** Inside it nobody flies inwards: the corona burns 2,500 units around the Sun. */
const SUN_KEEP = 4200;
const SUN_PART = 900;
const SUN_RIM = 1200;
/** With the nose so far off, thrust would only add to the error. */
const TURN_FIRST = 640;
const BOOST_FAR = 3000;

/** Heading from one place to another, 0 to 4,095 steps. */
export function headingTo(dx: number, dy: number): number {
  return Math.round((Math.atan2(dy, dx) * STEPS) / (2 * Math.PI)) & (STEPS - 1);
}

/** A heading that does not lead through the corona; x and y in units. */
export function aroundSun(x: number, y: number, heading: number): number {
  if (Math.hypot(SUN - x, SUN - y) > SUN_KEEP) return heading;
  const inwards = headingTo(SUN - x, SUN - y);
  const off = turnBetween(inwards, heading);
  if (Math.abs(off) >= SUN_PART) return heading;
  return (inwards + (off >= 0 ? SUN_RIM : -SUN_RIM)) & (STEPS - 1);
}

/** What a ship of a class with a load step does next on its way to a goal. */
export function courseTo(pose: Pose, goal: Goal, ship: ShipClass, loadStep: number): Course {
  const x = pose.x / K_PER_UNIT;
  const y = pose.y / K_PER_UNIT;
  const far = Math.hypot(goal.x - x, goal.y - y);
  const perTick = Math.hypot(pose.vx, pose.vy) / K_PER_UNIT;
  const accel = ship.thrust / (ship.dry + (ship.hold * loadStep) / 15) / K_PER_UNIT;
  const direct = headingTo(goal.x - x, goal.y - y);
  const stop = (perTick * perTick) / (2 * accel) + perTick * LATE_TICKS;
  if (far <= goal.near)
    return {
      heading: direct,
      thrust: Thrust.brake,
      boost: false,
      arrived: perTick * TICK_HZ <= goal.slow,
    };
  const heading = aroundSun(x, y, direct);
  const off = Math.abs(turnBetween(pose.heading & (STEPS - 1), heading));
  let thrust: number = Thrust.ahead;
  if (far <= goal.near * 0.5 + stop && perTick * TICK_HZ > goal.slow) thrust = Thrust.brake;
  else if (off > TURN_FIRST) thrust = Thrust.coast;
  const boost = thrust === Thrust.ahead && far > BOOST_FAR && off < TURN_FIRST / 4;
  return { heading, thrust, boost, arrived: false };
}
