// SPDX-License-Identifier: Apache-2.0
// The world kernel in the browser: the server's own flight code, compiled to WebAssembly. This file
// owns the instance and its views and holds no rule of the game. One instance, one thread.
//
// Positions are in k = 1/512 u, velocities in k per tick (20 Hz), headings in 4,096 steps.

/** Words of a motion slot, an Int32Array view: slot i starts at i * SLOT_WORDS. */
export const SLOT_WORDS = 8;
export const SLOT = { x: 0, y: 1, vx: 2, vy: 3, ctl: 4, classId: 5, load: 6, tag: 7 } as const;

/** Words of a volley: as received, once per volley. weapon 0 = free. */
export const SHOT_WORDS = 12;
export const SHOT = {
  x: 0, y: 1, vx: 2, vy: 3, ship: 4, tick: 5, heading: 6, weapon: 7, mounts: 8, live: 9, tag: 10,
} as const;

/** Words of a bullet, as written by shotsAt. */
export const BULLET_WORDS = 6;
export const BULLET = { x: 0, y: 1, vx: 2, vy: 3, shot: 4, mount: 5 } as const;

export const Thrust = { coast: 0, ahead: 1, astern: 2, brake: 3 } as const;
export const Flag = { drift: 1, docking: 2, immune: 4, wanted: 8, linkdead: 16 } as const;

/** The control word of a record and of an input. */
export const packControls = (heading: number, target: number, thrust: number, boost: boolean,
  flags: number): number =>
  ((heading & 4095) | ((target & 4095) << 12) | ((thrust & 3) << 24) | ((boost ? 1 : 0) << 26) |
    ((flags & 31) << 27)) >>> 0;
export const headingOf = (ctl: number): number => ctl & 4095;
export const targetOf = (ctl: number): number => (ctl >>> 12) & 4095;
export const thrustOf = (ctl: number): number => (ctl >>> 24) & 3;
export const boostOf = (ctl: number): boolean => ((ctl >>> 26) & 1) === 1;
export const flagsOf = (ctl: number): number => ctl >>> 27;

export const CLASS_TORPEDO = 1000;
export const CLASS_LOOT = 1001;
export const CLASS_DRONE = 1002;

interface Exports {
  memory: WebAssembly.Memory;
  slots(): number;
  slots_max(): number;
  shots(): number;
  shots_max(): number;
  bullets(): number;
  own(): number;
  config(): number;
  config_max(): number;
  config_load(length: number): number;
  step(first: number, n: number, ticks: number): void;
  step_own(slot: number): void;
  shots_at(n: number, tick: number): number;
  zone_at(x: number, y: number): number;
  radius(classId: number): number;
  lead(dx: number, dy: number, dvx: number, dvy: number, speed: number): number;
  heading(dx: number, dy: number): number;
  load_step(mass: number, hold: number): number;
}

export class Kernel {
  /** Motion slots; write a record's fields, then step. classId 0 = free. */
  readonly slots: Int32Array;
  readonly slotsMax: number;
  readonly shots: Int32Array;
  readonly shotsMax: number;
  /** Filled by shotsAt. */
  readonly bullets: Int32Array;
  /** [energy, spent, wish]: the own ship's boost, used by stepOwn. */
  readonly own: Int32Array;

  private constructor(private readonly wasm: Exports) {
    const { buffer } = wasm.memory;
    this.slotsMax = wasm.slots_max();
    this.shotsMax = wasm.shots_max();
    this.slots = new Int32Array(buffer, wasm.slots(), this.slotsMax * SLOT_WORDS);
    this.shots = new Int32Array(buffer, wasm.shots(), this.shotsMax * SHOT_WORDS);
    this.bullets = new Int32Array(buffer, wasm.bullets(), this.shotsMax * 2 * BULLET_WORDS);
    this.own = new Int32Array(buffer, wasm.own(), 3);
  }

  /** Compiles and starts the kernel from the bytes of kernel.wasm. */
  static async load(bytes: BufferSource): Promise<Kernel> {
    const { instance } = await WebAssembly.instantiate(bytes, {});
    return new Kernel(instance.exports as unknown as Exports);
  }

  /** Takes the bytes of GET /v1/world/{revision}; throws when they are not a configuration. */
  configure(bytes: Uint8Array): void {
    if (bytes.length > this.wasm.config_max()) throw new Error('world configuration too long');
    new Uint8Array(this.wasm.memory.buffer, this.wasm.config(), bytes.length).set(bytes);
    const result = this.wasm.config_load(bytes.length);
    if (result !== 0) throw new Error(`world configuration refused (${result})`);
  }

  /** Free flight of n slots from `first` by some ticks; free slots and unknown classes rest. */
  step(first: number, n: number, ticks: number): void {
    this.wasm.step(first, n, ticks);
  }

  /** One tick of the own ship: the boost wish in `own` is granted while energy lasts. */
  stepOwn(slot: number): void {
    this.wasm.step_own(slot);
  }

  /** Writes all bullets of the first n volleys as they are after `tick`; returns their number. */
  shotsAt(n: number, tick: number): number {
    return this.wasm.shots_at(n, tick);
  }

  /** Id of the zone at a position in k. */
  zoneAt(x: number, y: number): number {
    return this.wasm.zone_at(x, y);
  }

  /** Hit radius of a class in u. */
  radius(classId: number): number {
    return this.wasm.radius(classId);
  }

  /** Heading to fire at (dx, dy) that moves by (dvx, dvy) against us, shot speed in k. */
  lead(dx: number, dy: number, dvx: number, dvy: number, speed: number): number {
    return this.wasm.lead(dx, dy, dvx, dvy, speed);
  }

  heading(dx: number, dy: number): number {
    return this.wasm.heading(dx, dy);
  }

  loadStep(mass: number, hold: number): number {
    return this.wasm.load_step(mass, hold);
  }
}
