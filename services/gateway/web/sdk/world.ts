// SPDX-License-Identifier: Apache-2.0
// The visible world: entities by id, flown by the kernel between records, corrected by records and
// snapshots. Its state is that of one whole tick; poses between two ticks are interpolated.

import type { CellDelta } from '@gen/sector_pb';
import { GoneReason } from '@gen/types_pb';
import type { WorldConfig } from '../kernel/config';
import {
  CLASS_LOOT,
  CLASS_TORPEDO,
  headingOf,
  type Kernel,
  SLOT,
  SLOT_WORDS,
} from '../kernel/kernel';
import { checkColumns, digestOf, eachMotion, type Motion, unpackStatic } from './cells';
import { Emitter } from './emitter';
import { BLEND_MAX, blendShare, type Entity, type Pose, turnBetween } from './entity';
import { Shots, type Volley } from './shots';

/** Slots below this are the own ship's prediction. */
export const FIRST_SLOT = 2;
const PREV_WORDS = 3;

export interface Impact {
  target: number;
  x: number;
  y: number;
  /** Heading of the bolt, steps. */
  heading: number;
  shield: boolean;
  hull: boolean;
  shieldBroke: boolean;
  destroyed: boolean;
}

export interface WorldEvents {
  gone: { entity: Entity; reason: GoneReason; x: number; y: number };
  impact: Impact;
  /** A volley that is new: of others as the server tells it, of the own guns when they fire. */
  volley: { ship: number; x: number; y: number };
}

export interface WorldCounters {
  records: number;
  unknown: number;
  compared: number;
  corrections: number;
  digestErrors: number;
}

export class World {
  readonly entities = new Map<number, Entity>();
  readonly events = new Emitter<WorldEvents>();
  readonly shots: Shots;
  readonly counters: WorldCounters = {
    records: 0,
    unknown: 0,
    compared: 0,
    corrections: 0,
    digestErrors: 0,
  };
  /** Tick of the state in the slots; the state one tick earlier is kept beside it. */
  tick = 0;
  /** Own entity, which others' rules of drawing do not touch. */
  own = 0;
  private visible: Set<number> | null = null;
  private readonly free: number[] = [];
  private top = FIRST_SLOT;
  private readonly prev: Float64Array;
  private readonly pose: Pose = { x: 0, y: 0, heading: 0, vx: 0, vy: 0, ctl: 0 };

  constructor(
    private readonly kernel: Kernel,
    readonly config: WorldConfig,
  ) {
    this.prev = new Float64Array(kernel.slotsMax * PREV_WORDS);
    const life = new Map(config.weapons.map((w) => [w.id, w.life]));
    this.shots = new Shots(kernel, (weapon) => life.get(weapon) ?? 0);
  }

  /** Forgets everything, as after a change of the world's epoch. */
  clear(): void {
    for (const entity of [...this.entities.values()]) this.forget(entity);
    this.shots.clear();
    this.visible = null;
    this.tick = 0;
  }

  /** Flies everything to a later tick. */
  advanceTo(tick: number): void {
    if (this.tick === 0 || tick - this.tick > 400) {
      this.tick = tick;
      this.keepAll();
      return;
    }
    if (tick <= this.tick) return;
    const n = this.top - FIRST_SLOT;
    if (tick - this.tick > 1) this.kernel.step(FIRST_SLOT, n, tick - this.tick - 1);
    this.keepAll();
    this.kernel.step(FIRST_SLOT, n, 1);
    this.tick = tick;
  }

  private keepAll(): void {
    for (let slot = FIRST_SLOT; slot < this.top; slot++) this.keep(slot);
  }

  private keep(slot: number): void {
    const { slots } = this.kernel;
    const at = slot * SLOT_WORDS;
    const to = slot * PREV_WORDS;
    this.prev[to] = slots[at + SLOT.x]!;
    this.prev[to + 1] = slots[at + SLOT.y]!;
    this.prev[to + 2] = headingOf(slots[at + SLOT.ctl]!);
  }

  /** Applies one delta or snapshot of a frame; `now` in ms times the blending. */
  apply(d: CellDelta, snapshot: boolean, now: number): void {
    checkColumns(d);
    if (d.tick > this.tick) this.advanceTo(d.tick);
    const fresh = this.enter(d);
    const motions: Motion[] = [];
    eachMotion(d, (m) => {
      this.counters.records++;
      if (snapshot) motions.push({ ...m });
      const entity = this.entities.get(m.id);
      if (entity) this.move(entity, m, d, snapshot, fresh.has(m.id), now);
      else this.counters.unknown++;
    });
    if (snapshot) this.settle(d, motions);
    this.vitals(d);
    this.leave(d);
    this.takeGoods(d);
    this.takeShots(d);
    this.takeHits(d);
  }

  private enter(d: CellDelta): Set<number> {
    const fresh = new Set<number>();
    for (let i = 0; i < d.enterId.length; i++) {
      const id = d.enterId[i]!;
      const facts = unpackStatic(d.enterStatic[i]!);
      let entity = this.entities.get(id);
      if (!entity) {
        const slot = this.free.pop() ?? (this.top < this.kernel.slotsMax ? this.top++ : -1);
        if (slot < 0) continue;
        entity = {
          id,
          slot,
          cell: d.cell,
          tick: 0,
          ...facts,
          player: 0,
          hull: -1,
          shield: -1,
          goods: new Map(),
          errorX: 0,
          errorY: 0,
          errorHeading: 0,
          errorAt: -1e9,
          since: d.tick,
        };
        this.entities.set(id, entity);
        fresh.add(id);
      }
      if (d.tick >= entity.tick) Object.assign(entity, facts, { cell: d.cell });
      entity.player = d.enterPlayer[i]!;
      const at = entity.slot * SLOT_WORDS;
      this.kernel.slots[at + SLOT.classId] = entity.classId;
      this.kernel.slots[at + SLOT.load] = entity.load;
    }
    return fresh;
  }

  private move(
    e: Entity,
    m: Motion,
    d: CellDelta,
    snapshot: boolean,
    fresh: boolean,
    now: number,
  ): void {
    if (d.tick < e.tick) return;
    const { slots } = this.kernel;
    const at = e.slot * SLOT_WORDS;
    const expected = fresh ? null : { ...this.poseOf(e, this.tick, Infinity) };
    if (snapshot && !fresh && d.tick === this.tick) this.compare(slots, at, m);
    e.tick = d.tick;
    e.cell = d.cell;
    slots[at + SLOT.x] = m.x;
    slots[at + SLOT.y] = m.y;
    slots[at + SLOT.vx] = m.vx;
    slots[at + SLOT.vy] = m.vy;
    slots[at + SLOT.ctl] = m.ctl;
    slots[at + SLOT.classId] = e.classId;
    slots[at + SLOT.load] = e.load;
    const behind = this.tick - d.tick;
    if (behind > 1) this.kernel.step(e.slot, 1, behind - 1);
    this.keep(e.slot);
    if (behind > 0) {
      this.kernel.step(e.slot, 1, 1);
    } else {
      this.prev[e.slot * PREV_WORDS]! -= m.vx;
      this.prev[e.slot * PREV_WORDS + 1]! -= m.vy;
    }
    if (expected) this.blend(e, expected, now);
  }

  private compare(slots: Int32Array, at: number, m: Motion): void {
    this.counters.compared++;
    if (
      slots[at + SLOT.x] !== m.x ||
      slots[at + SLOT.y] !== m.y ||
      headingOf(slots[at + SLOT.ctl]!) !== headingOf(m.ctl)
    )
      this.counters.corrections++;
  }

  private blend(e: Entity, expected: Pose, now: number): void {
    const exact = this.poseOf(e, this.tick, Infinity);
    const dx = expected.x - exact.x;
    const dy = expected.y - exact.y;
    const turn = turnBetween(exact.heading & 4095, expected.heading & 4095);
    if (dx === 0 && dy === 0 && turn === 0) return;
    const share = blendShare(now - e.errorAt);
    e.errorX = e.errorX * share + dx;
    e.errorY = e.errorY * share + dy;
    e.errorHeading = e.errorHeading * share + turn;
    e.errorAt = Math.hypot(e.errorX, e.errorY) >= BLEND_MAX ? -1e9 : now;
  }

  /** A snapshot names every member of its cell: who is absent is gone. */
  private settle(d: CellDelta, motions: readonly Motion[]): void {
    const members = new Set(d.enterId);
    for (const entity of [...this.entities.values()])
      if (entity.cell === d.cell && entity.tick <= d.tick && !members.has(entity.id))
        this.forget(entity);
    if (d.digest !== 0 && digestOf(motions) !== d.digest) this.counters.digestErrors++;
  }

  private vitals(d: CellDelta): void {
    for (let i = 0; i < d.vitId.length; i++) {
      const entity = this.entities.get(d.vitId[i]!);
      if (!entity) continue;
      entity.hull = d.vit[i]! & 255;
      entity.shield = (d.vit[i]! >>> 8) & 255;
    }
  }

  private leave(d: CellDelta): void {
    for (let i = 0; i < d.goneId.length; i++) {
      const entity = this.entities.get(d.goneId[i]!);
      const reason = d.goneReason[i]! as GoneReason;
      if (!entity || d.tick < entity.tick) continue;
      if (reason === GoneReason.MOVED && entity.cell !== d.cell) continue;
      const { x, y } = this.poseOf(entity, this.tick, Infinity);
      this.forget(entity);
      this.events.emit('gone', { entity, reason, x, y });
    }
  }

  private forget(entity: Entity): void {
    this.kernel.slots[entity.slot * SLOT_WORDS + SLOT.classId] = 0;
    this.free.push(entity.slot);
    this.entities.delete(entity.id);
  }

  private takeGoods(d: CellDelta): void {
    const named = new Set(d.lootId);
    for (const id of named) this.entities.get(id)?.goods.clear();
    for (let i = 0; i < d.lootId.length; i++)
      this.entities.get(d.lootId[i]!)?.goods.set(d.lootGoods[i]! & 255, d.lootGoods[i]! >>> 8);
  }

  /** A volley of the own guns, seen and heard before the server has named it. */
  fired(volley: Volley): void {
    this.shots.predict(volley);
    this.tellVolley(volley);
  }

  private readonly tellVolley = ({ ship, x, y }: Volley): void =>
    this.events.emit('volley', { ship, x, y });

  private takeShots(d: CellDelta): void {
    this.shots.take(
      d,
      this.own,
      (ship, weapon) => this.mounts(this.entities.get(ship)?.classId ?? 0, weapon),
      this.tellVolley,
    );
  }

  private mounts(classId: number, weapon: number): number {
    const ship = this.config.classes.find((c) => c.id === classId);
    if (!ship) return 1;
    return ship.pd === weapon && ship.gun !== weapon ? 1 : ship.guns;
  }

  private takeHits(d: CellDelta): void {
    for (let i = 0; i < d.hitShot.length; i++) {
      const shot = d.hitShot[i]!;
      const info = d.hitInfo[i]!;
      const target = d.hitTarget[i]!;
      if (shot !== 0) this.shots.hit(shot >>> 3, shot & 7);
      const entity = this.entities.get(target);
      if (!entity) continue;
      const { x, y } = this.poseOf(entity, this.tick, Infinity);
      this.events.emit('impact', {
        target,
        x,
        y,
        heading: (info >>> 4) & 4095,
        shield: (info & 1) !== 0,
        hull: (info & 2) !== 0,
        shieldBroke: (info & 4) !== 0,
        destroyed: (info & 8) !== 0,
      });
    }
  }

  /** Takes the set of visible cells; what is elsewhere is forgotten. */
  setView(cells: readonly number[]): void {
    this.visible = new Set(cells);
    for (const entity of [...this.entities.values()])
      if (!this.visible.has(entity.cell)) this.forget(entity);
  }

  get visibleCells(): number {
    return this.visible?.size ?? 0;
  }

  /** Where an entity is at a fractional tick, corrections blended; the object is reused. */
  poseOf(e: Entity, tick: number, now: number): Pose {
    const { slots } = this.kernel;
    const at = e.slot * SLOT_WORDS;
    const from = e.slot * PREV_WORDS;
    const part = Math.max(0, Math.min(1, tick - this.tick + 1));
    const p = this.pose;
    p.ctl = slots[at + SLOT.ctl]! >>> 0;
    p.vx = slots[at + SLOT.vx]!;
    p.vy = slots[at + SLOT.vy]!;
    const share = blendShare(now - e.errorAt);
    p.x = this.prev[from]! + (slots[at + SLOT.x]! - this.prev[from]!) * part + e.errorX * share;
    p.y =
      this.prev[from + 1]! + (slots[at + SLOT.y]! - this.prev[from + 1]!) * part + e.errorY * share;
    const h = this.prev[from + 2]!;
    p.heading = h + turnBetween(h, headingOf(p.ctl)) * part + e.errorHeading * share;
    return p;
  }

  isShip(e: Entity): boolean {
    return e.classId !== CLASS_LOOT && e.classId !== CLASS_TORPEDO;
  }
}
