// SPDX-License-Identifier: Apache-2.0
// Keys, mouse, gamepad and touch as one wish of the pilot. Keys are named by place on the board;
// leaving the window releases everything. Commands are one-shot and go to the listener.

import { Thrust } from '../kernel/kernel';
import type { Controls } from '../sdk/own';
import type { Bindings, Command, Held } from './bindings';
import { h, setVar } from './dom';
import { Gamepads, type PadWish } from './gamepad';
import { say } from './text';

const KEYS_WIN_MS = 2000;
/** Steps by which a turning key leads the nose. */
const KEY_TURN = 300;

export interface Cursor {
  x: number;
  y: number;
  shown: boolean;
}

export class Input {
  readonly cursor: Cursor = { x: 0, y: 0, shown: false };
  /** True while the flight has the keys; else only commands go through. */
  active = false;
  private readonly keys = new Set<string>();
  private readonly buttons = new Set<number>();
  private turnedAt = -1e9;
  private keyHeading = 0;
  private stick: { id: number; x: number; y: number; dx: number; dy: number } | null = null;
  private readonly pads = new Set<string>();
  private readonly gamepads: Gamepads;
  private pad: PadWish | null = null;

  constructor(
    stage: HTMLElement,
    private readonly bindings: Bindings,
    private readonly command: (c: Command) => void,
    private readonly click: (x: number, y: number) => void,
  ) {
    this.gamepads = new Gamepads(command);
    window.addEventListener('keydown', (e) => this.onKey(e));
    window.addEventListener('keyup', (e) => this.keys.delete(e.code));
    window.addEventListener('blur', () => this.release());
    document.addEventListener('visibilitychange', () => this.release());
    window.addEventListener('pointermove', (e) => {
      if (e.pointerType === 'touch') return;
      this.cursor.x = e.clientX;
      this.cursor.y = e.clientY;
      this.cursor.shown = e.target === stage || stage.contains(e.target as Node);
    });
    stage.addEventListener('pointerdown', (e) => {
      if (e.pointerType === 'touch') return;
      (document.activeElement as HTMLElement | null)?.blur();
      this.buttons.add(e.button);
      if (e.button === 0) this.click(e.clientX, e.clientY);
    });
    window.addEventListener('pointerup', (e) => this.buttons.delete(e.button));
    stage.addEventListener('contextmenu', (e) => e.preventDefault());
  }

  release(): void {
    this.keys.clear();
    this.buttons.clear();
    this.pads.clear();
    this.stick = null;
  }

  private onKey(e: KeyboardEvent): void {
    const typing = e.target instanceof HTMLInputElement || e.target instanceof HTMLSelectElement;
    if (typing && e.code !== 'Escape') return;
    if (e.ctrlKey || e.altKey || e.metaKey) return;
    // Remembered also before the flight has the keys: who holds one while undocking flies off.
    const held = this.bindings.heldOf(e.code) !== undefined;
    if (held) this.keys.add(e.code);
    if (this.active && held) {
      e.preventDefault();
      return;
    }
    const command = this.bindings.commandOf(e.code);
    if (!command || e.repeat) return;
    if (e.code === 'Tab' && !this.active) return;
    if (e.code === 'Enter' && e.target instanceof HTMLButtonElement) return;
    if (e.code === 'Tab') e.preventDefault();
    this.command(command);
  }

  private held(act: Held): boolean {
    for (const code of this.keys) if (this.bindings.heldOf(code) === act) return true;
    return false;
  }

  /** Reads the gamepad; its buttons are commands also while something else has the keys. */
  poll(): void {
    this.pad = this.gamepads.read();
  }

  /** The wish now; (cx, cy) = where the own ship is on the screen. */
  controls(cx: number, cy: number, heading: number, target: number, now: number): Controls {
    const { pad } = this;
    const turn = (this.held('left') ? 1 : 0) - (this.held('right') ? 1 : 0);
    if (turn !== 0) {
      this.turnedAt = now;
      this.keyHeading = (Math.round(heading) + turn * KEY_TURN) & 4095;
    }
    const keysWin = now - this.turnedAt < KEYS_WIN_MS;
    if (keysWin && turn === 0 && this.keys.size === 0 && this.moved(cx, cy)) this.turnedAt = -1e9;
    let want = keysWin
      ? turn !== 0
        ? this.keyHeading
        : Math.round(heading) & 4095
      : this.aim(cx, cy, heading);
    let ahead = this.held('ahead') || this.buttons.has(2) || pad?.ahead === true;
    if (pad && pad.dx !== null) want = headingOf(pad.dx, pad.dy);
    if (this.stick && Math.hypot(this.stick.dx, this.stick.dy) > 12) {
      want = headingOf(this.stick.dx, -this.stick.dy);
      ahead = ahead || Math.hypot(this.stick.dx, this.stick.dy) > 34;
    }
    const brake = this.held('brake') || this.pads.has('brake') || pad?.brake === true;
    const fire = this.buttons.has(0) || this.held('fire') || this.pads.has('fire');
    return {
      heading: want & 4095,
      thrust: brake ? Thrust.brake : ahead ? Thrust.ahead : Thrust.coast,
      boost: this.held('boost') || this.pads.has('boosts') || pad?.boost === true,
      drift: this.held('drift') || pad?.drift === true,
      fire: fire || pad?.fire === true ? 3 : 0,
      target,
    };
  }

  private moved(cx: number, cy: number): boolean {
    return Math.hypot(this.cursor.x - cx, this.cursor.y - cy) > 20;
  }

  private aim(cx: number, cy: number, heading: number): number {
    const dx = this.cursor.x - cx;
    const dy = cy - this.cursor.y;
    if ((this.cursor.x === 0 && this.cursor.y === 0) || Math.hypot(dx, dy) < 6)
      return Math.round(heading);
    return headingOf(dx, dy);
  }

  /** Buttons and stick for fingers; shown where the pointer is coarse. */
  touchPads(): HTMLElement {
    const pad = (name: string, label: string, command?: Command): HTMLElement => {
      const element = h('div', { class: `pad ${name}`, role: 'button', label });
      element.textContent = label;
      element.addEventListener('pointerdown', (e) => {
        element.setPointerCapture(e.pointerId);
        if (command) this.command(command);
        else this.pads.add(name);
      });
      const up = (): void => void this.pads.delete(name);
      element.addEventListener('pointerup', up);
      element.addEventListener('pointercancel', up);
      return element;
    };
    return h(
      'div',
      { class: 'touch' },
      this.stickArea(),
      pad('brake', say('keyBrake')),
      pad('next', say('keyNext').split(' ')[0]!, 'next'),
      pad('boosts', say('keyBoost')),
      pad('fire', say('keyFire')),
    );
  }

  private stickArea(): HTMLElement {
    const area = h(
      'div',
      { class: 'stick' },
      h('div', { class: 'ring' }),
      h('div', { class: 'knob' }),
    );
    const show = (): void => {
      const s = this.stick;
      if (!s) {
        for (const name of ['--sx', '--sy', '--kx', '--ky']) area.style.removeProperty(name);
        return;
      }
      const box = area.getBoundingClientRect();
      setVar(area, '--sx', `${s.x - box.left}px`);
      setVar(area, '--sy', `${s.y - box.top}px`);
      setVar(area, '--kx', `${s.x + s.dx - box.left}px`);
      setVar(area, '--ky', `${s.y + s.dy - box.top}px`);
    };
    area.addEventListener('pointerdown', (e) => {
      area.setPointerCapture(e.pointerId);
      this.stick = { id: e.pointerId, x: e.clientX, y: e.clientY, dx: 0, dy: 0 };
      show();
    });
    area.addEventListener('pointermove', (e) => {
      if (this.stick?.id !== e.pointerId) return;
      const dx = e.clientX - this.stick.x;
      const dy = e.clientY - this.stick.y;
      const k = Math.min(1, 68 / (Math.hypot(dx, dy) || 1));
      this.stick.dx = dx * k;
      this.stick.dy = dy * k;
      show();
    });
    const end = (): void => {
      this.stick = null;
      show();
    };
    area.addEventListener('pointerup', end);
    area.addEventListener('pointercancel', end);
    return area;
  }
}

/** Heading in steps of a direction with y up. */
export function headingOf(dx: number, dy: number): number {
  return Math.round((Math.atan2(dy, dx) * 2048) / Math.PI) & 4095;
}
