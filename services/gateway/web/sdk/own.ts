// SPDX-License-Identifier: Apache-2.0
// The own ship, flown ahead of the server: inputs act at once, and each own section of a frame
// replays what the server has not acknowledged from its exact state. Slot 0 is the ship.

import type { OwnState } from '@gen/client_pb';
import { Phase } from '@gen/types_pb';
import type { ShipClass, Weapon, WorldConfig } from '../kernel/config';
import {
  boostOf,
  Flag,
  flagsOf,
  headingOf,
  type Kernel,
  packControls,
  SLOT,
  SLOT_WORDS,
  targetOf,
  Thrust,
  thrustOf,
} from '../kernel/kernel';
import { BLEND_MAX, blendShare, K_PER_UNIT, type Pose, turnBetween } from './entity';
import type { Volley } from './shots';

const OWN = 0;
const GHOST = 1;
const LEAD_MIN = 0.5;
const LEAD_MAX = 20;
const HISTORY_MAX = 256;
/** Inputs shall come so long before their tick. */
const SLACK_MIN_MS = 20;
const SLACK_MAX_MS = 60;
/** Slack is remembered for so long: 15 s. */
const SLACK_TICKS = 300;
const STEER_SHARE = 0.02;
const TICK_MS = 50;

export interface Controls {
  heading: number;
  thrust: number;
  boost: boolean;
  drift: boolean;
  fire: number;
  target: number;
}

interface Sent extends Controls {
  seq: number;
  /** Tick in which it is expected to act. */
  tick: number;
}

export const NEUTRAL: Controls = {
  heading: 0,
  thrust: Thrust.coast,
  boost: false,
  drift: false,
  fire: 0,
  target: 0,
};

export class OwnShip {
  /** The newest own section, null before the first. */
  state: OwnState | null = null;
  /** Tick of the frame that brought it. */
  stateTick = 0;
  /** By how many ticks the own ship is ahead of the world. */
  lead = 2;
  /** How often the prediction was wrong, and by how much at most, in k. */
  corrections = 0;
  largestCorrection = 0;
  private tick = 0;
  private steeredTick = 0;
  private slacks: { tick: number; ms: number }[] = [];
  private sent: Sent[] = [];
  private current: Controls = { ...NEUTRAL };
  private prevX = 0;
  private prevY = 0;
  private prevHeading = 0;
  private errorX = 0;
  private errorY = 0;
  private errorHeading = 0;
  private errorAt = -1e9;
  private gunReady = 0;
  private readonly pose: Pose = { x: 0, y: 0, heading: 0, vx: 0, vy: 0, ctl: 0 };
  /** Called with each volley that the own guns fire in prediction. */
  onFire: (volley: Volley) => void = () => undefined;

  constructor(
    private readonly kernel: Kernel,
    private readonly config: WorldConfig,
  ) {}

  get flying(): boolean {
    return this.state?.phase === Phase.FLYING;
  }

  get inSpace(): boolean {
    return this.flying || this.state?.phase === Phase.DOCKING;
  }

  get shipClass(): ShipClass | undefined {
    return this.config.classes.find((c) => c.id === this.state?.classId);
  }

  get gun(): Weapon | undefined {
    const id = this.state?.weapon || this.shipClass?.gun;
    return this.config.weapons.find((w) => w.id === id);
  }

  /** Energy as predicted. */
  get energy(): number {
    return this.kernel.own[0]!;
  }

  get predictedTick(): number {
    return this.tick;
  }

  reset(): void {
    this.state = null;
    this.sent = [];
    this.slacks = [];
    this.tick = 0;
    this.kernel.slots[OWN * SLOT_WORDS + SLOT.classId] = 0;
  }

  /** The tick in which an input that is sent now shall act; 0 = at once. */
  get nextTick(): number {
    return this.flying && this.tick > 0 ? this.tick + 1 : 0;
  }

  /** An input was sent with this seq: from the next tick on its controls act. */
  control(seq: number, controls: Controls): void {
    this.sent.push({ ...controls, seq, tick: this.tick + 1 });
    if (this.sent.length > HISTORY_MAX) this.sent.shift();
  }

  /** Takes the own section of a frame. */
  take(state: OwnState, frameTick: number, now: number): void {
    const before = this.state;
    if (this.tick > 0 && this.inSpace) this.replay(frameTick);
    const expected = this.tick > 0 && this.inSpace ? { ...this.poseAt(this.tick, Infinity) } : null;
    this.steer(state);
    this.state = state;
    this.stateTick = frameTick;
    this.acknowledge(state.ackSeq);
    if (!this.inSpace) {
      this.sent = this.sent.slice(-1);
      this.tick = 0;
      return;
    }
    const until = Math.max(this.tick, frameTick);
    this.rebase(state, frameTick);
    this.replay(until);
    const appeared = !before || before.entity !== state.entity;
    if (expected && !appeared) this.blend(expected, now);
    else this.errorAt = -1e9;
  }

  /**
   * Moves the lead so that inputs come a little before the tick that they name: quickly when one
   * was late, by 2 % of the time that passes when the least slack of the last seconds is off its
   * mark. The least, not the last: with jitter it is the worst input that must be in time.
   */
  private steer(state: OwnState): void {
    const input = this.sent.find((s) => s.seq === state.ackSeq);
    if (!input || state.ackTick === 0) return;
    const late = state.ackTick - input.tick;
    if (Math.abs(late) > 40) return;
    const slack = late > 0 ? -late * TICK_MS : state.slackMs;
    // 0: it is not said.
    if (slack !== 0) this.slacks.push({ tick: state.ackTick, ms: slack });
    this.slacks = this.slacks.filter((s) => s.tick > state.ackTick - SLACK_TICKS);
    const least = Math.min(...this.slacks.map((s) => s.ms));
    let change = 0;
    if (late !== 0) {
      change = late * (late > 0 ? 0.25 : 0.08);
    } else if (slack !== 0 && (least < SLACK_MIN_MS || least > SLACK_MAX_MS)) {
      const room = STEER_SHARE * Math.min(100, Math.max(0, state.ackTick - this.steeredTick));
      const off = (least - (SLACK_MIN_MS + SLACK_MAX_MS) / 2) / TICK_MS;
      change = -Math.max(-room, Math.min(room, off));
    }
    this.steeredTick = state.ackTick;
    const before = this.lead;
    this.lead = Math.max(LEAD_MIN, Math.min(LEAD_MAX, before + change));
    for (const s of this.slacks) s.ms += (this.lead - before) * TICK_MS; // as it would be now
    input.tick = state.ackTick;
  }

  private acknowledge(seq: number): void {
    for (const input of this.sent) if (input.seq === seq) this.current = input;
    this.sent = this.sent.filter((s) => s.seq > seq);
  }

  private rebase(state: OwnState, frameTick: number): void {
    const { slots, own } = this.kernel;
    const at = OWN * SLOT_WORDS;
    slots[at + SLOT.x] = state.x;
    slots[at + SLOT.y] = state.y;
    slots[at + SLOT.vx] = state.vx;
    slots[at + SLOT.vy] = state.vy;
    slots[at + SLOT.ctl] = state.ctl;
    slots[at + SLOT.classId] = state.classId;
    slots[at + SLOT.load] = state.loadStep;
    const wish = this.current.boost && this.current.thrust === Thrust.ahead;
    own[0] = state.energy;
    own[1] = wish && !boostOf(state.ctl) ? 1 : 0;
    own[2] = wish || boostOf(state.ctl) ? 1 : 0;
    if (state.gunReadyTick > frameTick || this.gunReady < frameTick)
      this.gunReady = state.gunReadyTick;
    this.tick = frameTick;
    this.remember();
  }

  private replay(until: number): void {
    while (this.tick < until) this.step(false);
  }

  /** Flies on to the fractional tick that is shown. */
  advanceTo(tick: number): void {
    if (!this.inSpace || this.tick === 0) return;
    const whole = Math.floor(tick) + 1;
    if (whole - this.tick > 60) return;
    while (this.tick < whole) this.step(true);
  }

  private remember(): void {
    const { slots } = this.kernel;
    const at = OWN * SLOT_WORDS;
    this.prevX = slots[at + SLOT.x]!;
    this.prevY = slots[at + SLOT.y]!;
    this.prevHeading = headingOf(slots[at + SLOT.ctl]!);
  }

  private step(newest: boolean): void {
    const state = this.state!;
    this.remember();
    const next = this.tick + 1;
    this.tick = next;
    if (state.phase === Phase.DOCKING) return;
    const input = this.newestFor(next);
    if (input) this.obey(input);
    this.kernel.stepOwn(OWN);
    if (newest && input) this.fire(input);
  }

  private newestFor(tick: number): Controls | null {
    let found: Controls | null = null;
    for (const input of this.sent) if (input.tick <= tick) found = input;
    return found ?? (this.sent.length === 0 || this.current.fire ? this.current : null);
  }

  private obey(c: Controls): void {
    const { slots, own } = this.kernel;
    const at = OWN * SLOT_WORDS;
    const ctl = slots[at + SLOT.ctl]! >>> 0;
    const holding = (this.state?.dockReadyTick ?? 0) !== 0;
    const flags = (flagsOf(ctl) & ~Flag.drift) | (c.drift ? Flag.drift : 0);
    const thrust = holding ? Thrust.brake : c.thrust;
    const target = c === this.current && this.stateTick === 0 ? targetOf(ctl) : c.heading;
    own[2] = c.boost && thrust === Thrust.ahead ? 1 : 0;
    slots[at + SLOT.ctl] = packControls(headingOf(ctl), target, thrust, boostOf(ctl), flags);
  }

  private fire(c: Controls): void {
    const ship = this.shipClass;
    const gun = this.gun;
    const state = this.state;
    if (!(c.fire & 1) || !ship || !gun || !state || ship.guns === 0) return;
    const cost = gun.energy * ship.guns;
    if (this.tick < this.gunReady || this.kernel.own[0]! < cost || state.dockReadyTick) return;
    this.gunReady = this.tick + gun.cooldown;
    this.kernel.own[0]! -= cost;
    const { slots } = this.kernel;
    const at = OWN * SLOT_WORDS;
    const heading = headingOf(slots[at + SLOT.ctl]!);
    const angle = (heading * Math.PI) / 2048;
    const reach = ship.radius * K_PER_UNIT;
    this.onFire({
      x: slots[at + SLOT.x]! + Math.round(reach * Math.cos(angle)),
      y: slots[at + SLOT.y]! + Math.round(reach * Math.sin(angle)),
      vx: slots[at + SLOT.vx]!,
      vy: slots[at + SLOT.vy]!,
      ship: state.entity,
      tick: this.tick,
      heading,
      weapon: gun.id,
      mounts: ship.guns,
      live: (1 << ship.guns) - 1,
    });
  }

  /** What was expected and what is differ: shows the difference less and less. */
  private blend(expected: Pose, now: number): void {
    const exact = this.poseAt(this.tick, Infinity);
    const share = blendShare(now - this.errorAt);
    const dx = expected.x - exact.x;
    const dy = expected.y - exact.y;
    const turn = turnBetween(exact.heading & 4095, expected.heading & 4095);
    if (dx === 0 && dy === 0 && turn === 0) return;
    this.corrections++;
    this.largestCorrection = Math.max(this.largestCorrection, Math.hypot(dx, dy));
    this.errorX = this.errorX * share + dx;
    this.errorY = this.errorY * share + dy;
    this.errorHeading = this.errorHeading * share + turn;
    this.errorAt = Math.hypot(this.errorX, this.errorY) >= BLEND_MAX ? -1e9 : now;
  }

  /** The own ship as shown at a fractional tick; the object is reused. */
  poseAt(tick: number, now: number): Pose {
    const { slots } = this.kernel;
    const at = OWN * SLOT_WORDS;
    const part = Math.max(0, Math.min(1, tick - this.tick + 1));
    const share = blendShare(now - this.errorAt);
    const p = this.pose;
    p.ctl = slots[at + SLOT.ctl]! >>> 0;
    p.vx = slots[at + SLOT.vx]!;
    p.vy = slots[at + SLOT.vy]!;
    p.x = this.prevX + (slots[at + SLOT.x]! - this.prevX) * part + this.errorX * share;
    p.y = this.prevY + (slots[at + SLOT.y]! - this.prevY) * part + this.errorY * share;
    p.heading =
      this.prevHeading +
      turnBetween(this.prevHeading, headingOf(p.ctl)) * part +
      this.errorHeading * share;
    return p;
  }

  /** Where the ship will be, every `every` ticks, `n` times, as it is flown now: [x, y] in k. */
  drift(n: number, every: number): [number, number][] {
    const { slots, own } = this.kernel;
    const kept = Array.from(own);
    slots.copyWithin(GHOST * SLOT_WORDS, OWN * SLOT_WORDS, (OWN + 1) * SLOT_WORDS);
    const at = GHOST * SLOT_WORDS;
    const path: [number, number][] = [];
    for (let i = 0; i < n; i++) {
      this.kernel.step(GHOST, 1, every);
      path.push([slots[at + SLOT.x]!, slots[at + SLOT.y]!]);
    }
    slots[at + SLOT.classId] = 0;
    own.set(kept);
    return path;
  }

  /** Effective thrust of the predicted ship. */
  get thrust(): number {
    return thrustOf(this.kernel.slots[OWN * SLOT_WORDS + SLOT.ctl]! >>> 0);
  }
}
