// SPDX-License-Identifier: Apache-2.0
// The flight recorder: the last seconds of a flight as the pilot saw them, kept while flying in
// arrays made once, and shown again in the dialog of the own ship's end.

import { type Entity, K_PER_UNIT } from '../sdk/entity';
import { h } from './dom';
import type { Game } from './game';
import { Sheet } from './scene/marks';
import { COLOURS, type Relation, SHAPE } from './scene/palette';
import { drawShip, silhouette } from './scene/ships';
import { say } from './text';

const STEP_MS = 50;
const FRAMES = 160;
const SHIPS = 24;
const BOLTS = 64;
/** Of a frame: when, how many ships and bolts; of a ship: id, x, y, heading, class, relation; of a
 *  bolt: x, y, vx, vy, relation. Places in world units, velocities in units per step. */
const HEAD = 3;
const SHIP = 6;
const BOLT = 5;
const FRAME = HEAD + SHIPS * SHIP + BOLTS * BOLT;
const RANGE = 1200;
const RELATIONS: readonly Relation[] = ['own', 'hostile', 'friend', 'neutral', 'loot'];
const OWN = RELATIONS.indexOf('own');

export class BlackBox {
  private readonly rows = new Float64Array(FRAMES * FRAME);
  private next = 0;
  private last = -1e9;
  /** Frames that are kept. */
  count = 0;

  /** The n-th frame, the oldest first. */
  frame(n: number): Float64Array {
    const at = ((this.next - this.count + n + FRAMES) % FRAMES) * FRAME;
    return this.rows.subarray(at, at + FRAME);
  }

  /** A picture of the flight is drawn; `now` in ms. A pause begins a new record. */
  note(game: Game, now: number): void {
    if (now - this.last < STEP_MS || !game.own?.inSpace) return;
    if (now - this.last > 20 * STEP_MS) this.count = 0;
    this.last = now;
    const at = this.next * FRAME;
    const here = game.place();
    const [x, y] = [here.x / K_PER_UNIT, here.y / K_PER_UNIT];
    this.rows[at] = now;
    this.rows[at + 1] = this.ships(game, at + HEAD, x, y, now);
    this.rows[at + 2] = this.bolts(game, at + HEAD + SHIPS * SHIP, x, y);
    this.next = (this.next + 1) % FRAMES;
    this.count = Math.min(FRAMES, this.count + 1);
  }

  private ships(game: Game, from: number, x: number, y: number, now: number): number {
    const { world } = game;
    const own = game.own!;
    const heading = own.poseAt(game.session.ownTick, now).heading;
    const id = own.state?.entity ?? 0;
    this.ship(from, id, x, y, heading, own.state?.classId ?? 0, 'own');
    let n = 1;
    const add = (e: Entity): void => {
      if (n >= SHIPS || e.id === id || !world?.isShip(e)) return;
      const pose = game.poseOf(e);
      const [ex, ey] = [pose.x / K_PER_UNIT, pose.y / K_PER_UNIT];
      if (Math.abs(ex - x) > RANGE || Math.abs(ey - y) > RANGE) return;
      this.ship(from + n++ * SHIP, e.id, ex, ey, pose.heading, e.classId, game.relation(e));
    };
    world?.entities.forEach(add);
    return n;
  }

  private ship(
    at: number,
    id: number,
    x: number,
    y: number,
    heading: number,
    classId: number,
    relation: Relation,
  ): void {
    const { rows } = this;
    rows[at] = id;
    rows[at + 1] = x;
    rows[at + 2] = y;
    rows[at + 3] = heading;
    rows[at + 4] = classId;
    rows[at + 5] = RELATIONS.indexOf(relation);
  }

  private bolts(game: Game, from: number, x: number, y: number): number {
    let n = 0;
    game.world?.shots.each(game.session.tick, game.session.ownTick, (b) => {
      const [bx, by] = [b.x / K_PER_UNIT, b.y / K_PER_UNIT];
      if (n >= BOLTS || b.age < 0 || Math.abs(bx - x) > RANGE || Math.abs(by - y) > RANGE) return;
      const at = from + n++ * BOLT;
      this.rows[at] = bx;
      this.rows[at + 1] = by;
      this.rows[at + 2] = b.vx / K_PER_UNIT;
      this.rows[at + 3] = b.vy / K_PER_UNIT;
      this.rows[at + 4] = RELATIONS.indexOf(game.relationOf(b.ship));
    });
    return n;
  }
}

const WIDTH = 472;
const HEIGHT = 230;
/** Px per world unit, and per grid unit of a silhouette. */
const SCALE = 0.42;
const HULL = 0.75;
const BURST_MS = 900;

/** What a flight recorder holds, played once from its begin to the end of the ship. */
export class Replay {
  readonly element: HTMLElement;
  private readonly sheet = new Sheet();
  private readonly clock = h('figcaption', { class: 'mute' });
  private begun = 0;
  private playing = false;

  constructor(
    private readonly game: Game,
    private readonly box: BlackBox,
  ) {
    this.sheet.resize(WIDTH, HEIGHT);
    this.sheet.canvas.setAttribute('role', 'img');
    this.sheet.canvas.setAttribute('aria-label', say('replayOf'));
    this.element = h('figure', { class: 'replay' }, this.sheet.canvas, this.clock);
  }

  play(): void {
    this.begun = performance.now();
    if (!this.playing) this.step();
  }

  private readonly step = (): void => {
    const { box } = this;
    const first = box.frame(0)[0]!;
    const span = box.frame(box.count - 1)[0]! - first;
    const at = performance.now() - this.begun;
    this.draw(Math.min(at, span) + first, Math.max(0, at - span));
    this.clock.textContent = say('replayLeft', { s: Math.max(0, (span - at) / 1000).toFixed(1) });
    this.playing = at < span + BURST_MS && this.element.isConnected;
    if (this.playing) requestAnimationFrame(this.step);
  };

  /** The world at a recorded time, `over` ms after the end of the ship. */
  private draw(when: number, over: number): void {
    const { box } = this;
    let n = 0;
    while (n + 1 < box.count && box.frame(n + 1)[0]! <= when) n++;
    const now = box.frame(n);
    const then = n + 1 < box.count ? box.frame(n + 1) : now;
    const share = then === now ? 0 : (when - now[0]!) / (then[0]! - now[0]!);
    const c = this.sheet.begin();
    const ownAt = this.placeOf(now, then, HEAD, share);
    const px = (x: number): number => WIDTH / 2 + (x - ownAt[0]) * SCALE;
    const py = (y: number): number => HEIGHT / 2 - (y - ownAt[1]) * SCALE;
    this.grid(c, px, py, ownAt);
    for (let i = 0; i < now[2]!; i++) {
      const at = HEAD + SHIPS * SHIP + i * BOLT;
      const [vx, vy] = [now[at + 2]!, now[at + 3]!];
      const [x, y] = [now[at]! + vx * share, now[at + 1]! + vy * share];
      c.strokeStyle = SHAPE[RELATIONS[now[at + 4]!]!];
      c.lineWidth = 2;
      c.beginPath();
      c.moveTo(px(x), py(y));
      c.lineTo(px(x - vx / 2), py(y - vy / 2));
      c.stroke();
    }
    for (let i = 0; i < now[1]!; i++) {
      const at = HEAD + i * SHIP;
      const own = now[at + 5] === OWN;
      if (own && over > 0) continue;
      const [x, y] = this.placeOf(now, then, at, share);
      c.save();
      c.translate(px(x), py(y));
      c.rotate((-now[at + 3]! * Math.PI) / 2048);
      const ship = this.game.shipClass(now[at + 4]!);
      drawShip(c, silhouette(now[at + 4]!, ship), HULL, SHAPE[RELATIONS[now[at + 5]!]!], own);
      c.restore();
    }
    if (over > 0) this.burst(c, over / BURST_MS);
  }

  /** Between its places in two frames, by its id. */
  private placeOf(now: Float64Array, then: Float64Array, at: number, share: number) {
    const [x, y] = [now[at + 1]!, now[at + 2]!];
    for (let i = 0; i < then[1]!; i++) {
      const to = HEAD + i * SHIP;
      if (then[to] === now[at])
        return [x + (then[to + 1]! - x) * share, y + (then[to + 2]! - y) * share] as const;
    }
    return [x, y] as const;
  }

  private grid(
    c: CanvasRenderingContext2D,
    px: (x: number) => number,
    py: (y: number) => number,
    at: readonly [number, number],
  ): void {
    const every = 200;
    c.strokeStyle = COLOURS.line;
    c.lineWidth = 1;
    c.beginPath();
    for (let i = -4; i <= 4; i++) {
      const x = px((Math.round(at[0] / every) + i) * every);
      const y = py((Math.round(at[1] / every) + i) * every);
      c.moveTo(x, 0);
      c.lineTo(x, HEIGHT);
      c.moveTo(0, y);
      c.lineTo(WIDTH, y);
    }
    c.stroke();
  }

  private burst(c: CanvasRenderingContext2D, share: number): void {
    if (share >= 1) return;
    c.globalAlpha = 1 - share;
    c.strokeStyle = COLOURS.own;
    c.lineWidth = 3 * (1 - share) + 0.5;
    c.beginPath();
    c.arc(WIDTH / 2, HEIGHT / 2, 6 + 44 * share, 0, 2 * Math.PI);
    c.stroke();
    c.globalAlpha = 1;
  }
}
