// SPDX-License-Identifier: Apache-2.0
// What the client knows of one thing in space. Motion lives in the kernel's slot table; here are
// the facts, the vitals and the correction that is still being blended away.

export const Faction = {
  none: 0,
  pilot: 1,
  guild: 2,
  raider: 3,
  patrol: 4,
  drone: 5,
  thing: 6,
} as const;
export const EntityFlag = { newcomer: 1 } as const;

export interface Entity {
  readonly id: number;
  slot: number;
  cell: number;
  /** Tick of the newest record. */
  tick: number;
  classId: number;
  faction: number;
  load: number;
  level: number;
  flags: number;
  player: number;
  /** 0 to 255 of the class's maximum, -1 = not known. */
  hull: number;
  shield: number;
  /** Commodity to quantity, for loot. */
  goods: Map<number, number>;
  /** Error that is blended away, k and heading steps, as it was at `errorAt` ms. */
  errorX: number;
  errorY: number;
  errorHeading: number;
  errorAt: number;
  /** Tick in which this client first saw it. */
  since: number;
}

/** Where to draw something, in k, and its heading in steps. */
export interface Pose {
  x: number;
  y: number;
  heading: number;
  vx: number;
  vy: number;
  ctl: number;
}

export const K_PER_UNIT = 512;
export const BLEND_MS = 150;
/** A correction larger than this is shown at once. */
export const BLEND_MAX = 64 * K_PER_UNIT;

/** Difference of two headings, -2048 to 2047 steps. */
export function turnBetween(from: number, to: number): number {
  return ((to - from + 2048) & 4095) - 2048;
}

/** Share of a correction that is still shown after `age` ms: 1 falling smoothly to 0. */
export function blendShare(age: number): number {
  if (age >= BLEND_MS) return 0;
  const left = 1 - Math.max(0, age) / BLEND_MS;
  return left * left * (3 - 2 * left);
}
