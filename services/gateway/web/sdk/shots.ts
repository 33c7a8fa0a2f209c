// SPDX-License-Identifier: Apache-2.0
// Volleys in flight, in the kernel's shot table. The first rows are the own ship's, which fly on
// the own ship's clock; the rest are everybody else's, on the world's clock.

import type { CellDelta } from '@gen/sector_pb';
import { BULLET, BULLET_WORDS, type Kernel, SHOT, SHOT_WORDS } from '../kernel/kernel';
import { unpackPlace, unpackShotControls, unpackVelocity } from './cells';

export const OWN_ROWS = 64;
/** A predicted volley that the server has not named after so many ticks was not fired. */
const DOUBT_TICKS = 20;
const NEAR_TICKS = 5;

/** As CellDelta.shot_*: x and y are where the muzzles were. */
export interface Volley {
  x: number;
  y: number;
  vx: number;
  vy: number;
  ship: number;
  tick: number;
  heading: number;
  weapon: number;
  mounts: number;
  live: number;
}

export interface Bullet {
  x: number;
  y: number;
  vx: number;
  vy: number;
  ship: number;
  weapon: number;
  age: number;
}

interface Row {
  row: number;
  id: number;
  life: number;
  predicted: boolean;
  tick: number;
}

export class Shots {
  private readonly byId = new Map<number, Row>();
  private predicted: Row[] = [];
  private readonly freeOwn: number[] = [];
  private readonly freeOther: number[] = [];
  private top = OWN_ROWS;
  readonly bullet: Bullet = { x: 0, y: 0, vx: 0, vy: 0, ship: 0, weapon: 0, age: 0 };

  constructor(
    private readonly kernel: Kernel,
    private readonly lifeOf: (weapon: number) => number,
  ) {
    for (let i = OWN_ROWS - 1; i >= 0; i--) this.freeOwn.push(i);
  }

  clear(): void {
    for (const row of [...this.byId.values()]) this.drop(row);
    for (const row of [...this.predicted]) this.drop(row);
    this.byId.clear();
    this.predicted = [];
  }

  /** Takes the shots of a delta or snapshot; `guns` tells the mounts of a ship, 0 = not known.
   *  `fired` is called with what was fired in this very tick and not predicted. */
  take(
    d: CellDelta,
    own: number,
    guns: (ship: number, weapon: number) => number,
    fired: (volley: Volley) => void,
  ): void {
    for (let i = 0; i < d.shotId.length; i++) {
      const id = d.shotId[i]!;
      const ship = d.shotOwner[i]!;
      const { heading, weapon, mask } = unpackShotControls(d.shotCtl[i]!);
      if (this.byId.has(id) || mask === 0) continue;
      const [x, y] = unpackPlace(d.cell, d.shotPos[i]!, d.shotFrac[i]!);
      const [vx, vy] = unpackVelocity(d.shotVel[i]!);
      const mounts = Math.min(8, Math.max(32 - Math.clz32(mask), guns(ship, weapon)));
      const volley = {
        x,
        y,
        vx,
        vy,
        ship,
        tick: d.shotTick[i]!,
        heading,
        weapon,
        mounts,
        live: mask,
      };
      const known = ship === own && this.confirm(volley.tick);
      this.put(volley, id, ship === own);
      if (!known && volley.tick === d.tick) fired(volley);
    }
  }

  /** A volley of the own ship, drawn before the server has named it. */
  predict(volley: Volley): void {
    const row = this.put(volley, 0, true);
    if (row) this.predicted.push(row);
  }

  private confirm(tick: number): boolean {
    const at = this.predicted.findIndex((row) => Math.abs(row.tick - tick) <= NEAR_TICKS);
    if (at >= 0) this.drop(this.predicted.splice(at, 1)[0]!);
    return at >= 0;
  }

  private put(v: Volley, id: number, own: boolean): Row | null {
    const index =
      (own ? this.freeOwn : this.freeOther).pop() ??
      (!own && this.top < this.kernel.shotsMax ? this.top++ : -1);
    const life = this.lifeOf(v.weapon);
    if (index < 0 || life === 0) return null;
    const { shots } = this.kernel;
    const at = index * SHOT_WORDS;
    shots[at + SHOT.x] = v.x;
    shots[at + SHOT.y] = v.y;
    shots[at + SHOT.vx] = v.vx;
    shots[at + SHOT.vy] = v.vy;
    shots[at + SHOT.ship] = v.ship;
    shots[at + SHOT.tick] = v.tick;
    shots[at + SHOT.heading] = v.heading;
    shots[at + SHOT.mounts] = v.mounts;
    shots[at + SHOT.live] = v.live;
    shots[at + SHOT.weapon] = v.weapon;
    const row = { row: index, id, life, predicted: id === 0, tick: v.tick };
    if (id !== 0) this.byId.set(id, row);
    return row;
  }

  private drop(row: Row): void {
    this.kernel.shots[row.row * SHOT_WORDS + SHOT.weapon] = 0;
    if (row.id !== 0) this.byId.delete(row.id);
    (row.row < OWN_ROWS ? this.freeOwn : this.freeOther).push(row.row);
  }

  /** The bolt of a mount has hit. */
  hit(id: number, mount: number): void {
    const row = this.byId.get(id);
    if (!row) return;
    const at = row.row * SHOT_WORDS + SHOT.live;
    const live = this.kernel.shots[at]! & ~(1 << mount);
    this.kernel.shots[at] = live;
    if (live === 0) this.drop(row);
  }

  /** Forgets what has flown its time at `tick` (own volleys: at `ownTick`). */
  expire(tick: number, ownTick: number): void {
    for (const row of this.byId.values())
      if ((row.row < OWN_ROWS ? ownTick : tick) - row.tick > row.life) this.drop(row);
    this.predicted = this.predicted.filter((row) => {
      const over = tick - row.tick > DOUBT_TICKS || ownTick - row.tick > row.life;
      if (over) this.drop(row);
      return !over;
    });
  }

  /** Calls `draw` for each bolt as it is at the fractional ticks; the object is reused. */
  each(tick: number, ownTick: number, draw: (b: Bullet) => void): void {
    if (this.freeOwn.length < OWN_ROWS) this.eachOf(OWN_ROWS, 0, ownTick, draw);
    if (this.top > OWN_ROWS) this.eachOf(this.top, OWN_ROWS, tick, draw);
  }

  private eachOf(rows: number, from: number, tick: number, draw: (b: Bullet) => void): void {
    const whole = Math.floor(tick);
    const part = tick - whole;
    const n = this.kernel.shotsAt(rows, whole);
    const { bullets, shots } = this.kernel;
    for (let i = 0; i < n; i++) {
      const at = i * BULLET_WORDS;
      const row = bullets[at + BULLET.shot]!;
      if (row < from) continue;
      const b = this.bullet;
      b.vx = bullets[at + BULLET.vx]!;
      b.vy = bullets[at + BULLET.vy]!;
      b.x = bullets[at + BULLET.x]! + b.vx * part;
      b.y = bullets[at + BULLET.y]! + b.vy * part;
      b.ship = shots[row * SHOT_WORDS + SHOT.ship]! >>> 0;
      b.weapon = shots[row * SHOT_WORDS + SHOT.weapon]!;
      b.age = whole + part - (shots[row * SHOT_WORDS + SHOT.tick]! >>> 0);
      draw(b);
    }
  }
}
