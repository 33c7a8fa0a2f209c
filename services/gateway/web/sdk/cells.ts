// SPDX-License-Identifier: Apache-2.0
// Reads the packed columns of a CellDelta: plain figures in, plain figures out. Checks that
// parallel columns have equal lengths, so that a broken frame is an error and not a ghost.

import type { CellDelta } from '@gen/sector_pb';

const CELL_K = 1 << 20;
const MARGIN = 16384;

export interface Motion {
  id: number;
  x: number;
  y: number;
  vx: number;
  vy: number;
  ctl: number;
}

export interface EnterFacts {
  classId: number;
  faction: number;
  load: number;
  level: number;
  flags: number;
}

export class FrameError extends Error {}

/** Corner of a cell in k. */
export function cellCorner(cell: number): [number, number] {
  return [(cell & 511) * CELL_K, (cell >>> 9) * CELL_K];
}

export function cellAt(x: number, y: number): number {
  return Math.floor(x / CELL_K) + 512 * Math.floor(y / CELL_K);
}

export function unpackPlace(cell: number, pos: number, frac: number): [number, number] {
  const [cx, cy] = cellCorner(cell);
  return [
    cx + ((pos & 0xffff) - MARGIN) * 32 + (frac & 31),
    cy + ((pos >>> 16) - MARGIN) * 32 + ((frac >>> 5) & 31),
  ];
}

export function unpackVelocity(vel: number): [number, number] {
  return [(vel << 16) >> 16, vel >> 16];
}

export function unpackStatic(word: number): EnterFacts {
  return {
    classId: word & 1023,
    faction: (word >>> 10) & 63,
    load: (word >>> 16) & 15,
    level: (word >>> 20) & 63,
    flags: word >>> 26,
  };
}

export function unpackShotControls(word: number): {
  heading: number;
  weapon: number;
  mask: number;
} {
  return { heading: word & 4095, weapon: (word >>> 12) & 15, mask: (word >>> 16) & 255 };
}

/** Throws FrameError when columns that belong together differ in length. */
export function checkColumns(d: CellDelta): void {
  const motion = d.id.length;
  const shots = d.shotId.length;
  const equal =
    d.pos.length === motion &&
    d.frac.length === motion &&
    d.vel.length === motion &&
    d.ctl.length === motion &&
    d.vit.length === d.vitId.length &&
    d.enterStatic.length === d.enterId.length &&
    d.enterPlayer.length === d.enterId.length &&
    d.goneReason.length === d.goneId.length &&
    d.shotOwner.length === shots &&
    d.shotTick.length === shots &&
    d.shotPos.length === shots &&
    d.shotFrac.length === shots &&
    d.shotVel.length === shots &&
    d.shotCtl.length === shots &&
    d.hitTarget.length === d.hitShot.length &&
    d.hitInfo.length === d.hitShot.length &&
    d.lootGoods.length === d.lootId.length;
  if (!equal) throw new FrameError(`cell ${d.cell}: columns differ in length`);
}

/** Calls `take` for each motion record; the object is reused. */
export function eachMotion(d: CellDelta, take: (m: Motion) => void): void {
  const m: Motion = { id: 0, x: 0, y: 0, vx: 0, vy: 0, ctl: 0 };
  for (let i = 0; i < d.id.length; i++) {
    m.id = d.id[i]!;
    [m.x, m.y] = unpackPlace(d.cell, d.pos[i]!, d.frac[i]!);
    [m.vx, m.vy] = unpackVelocity(d.vel[i]!);
    m.ctl = d.ctl[i]!;
    take(m);
  }
}

/** FNV-1a 32 over (id, x, y, vx, vy, heading), little endian, in id order: see CellDelta.digest. */
export function digestOf(motions: readonly Motion[]): number {
  let hash = 0x811c9dc5;
  const word = (value: number, bytes: number): void => {
    for (let i = 0; i < bytes; i++)
      hash = Math.imul(hash ^ ((value >>> (8 * i)) & 255), 0x01000193) >>> 0;
  };
  for (const m of [...motions].sort((a, b) => a.id - b.id)) {
    word(m.id, 4);
    word(m.x, 4);
    word(m.y, 4);
    word(m.vx, 2);
    word(m.vy, 2);
    word(m.ctl & 4095, 2);
  }
  return hash;
}
