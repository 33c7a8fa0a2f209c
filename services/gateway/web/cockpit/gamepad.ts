// SPDX-License-Identifier: Apache-2.0
// A gamepad of the standard layout (W3C Gamepad API), read once per step: stick and triggers as a
// wish, buttons as commands when they go down.

import type { Command } from './bindings';

const DEAD = 0.12;
const THRUST = 0.5;
const PRESSED = 0.3;

/** Buttons by index of the standard layout. */
const B = 1;
const LT = 6;
const RT = 7;
const LEFT_STICK = 10;
const COMMANDS: readonly [number, Command][] = [
  [0, 'dock'],
  [2, 'clear'],
  [3, 'map'],
  [4, 'hostile'],
  [5, 'next'],
  [8, 'pilot'],
  [9, 'menu'],
  [12, 'chat'],
  [13, 'range'],
];

export interface PadWish {
  /** Direction of the stick, y up; null while it rests. */
  dx: number | null;
  dy: number;
  ahead: boolean;
  brake: boolean;
  boost: boolean;
  fire: boolean;
  drift: boolean;
}

export class Gamepads {
  private down = new Set<number>();

  constructor(
    private readonly command: (c: Command) => void,
    private readonly list: () => readonly (Gamepad | null)[] = () => navigator.getGamepads(),
  ) {}

  /** What the first pad wishes; null when there is none. */
  read(): PadWish | null {
    const pad = this.list().find((p) => p?.connected && p.mapping === 'standard');
    if (!pad) {
      this.down.clear();
      return null;
    }
    const held = (button: number): boolean => (pad.buttons[button]?.value ?? 0) > PRESSED;
    for (const [button, command] of COMMANDS) {
      if (!held(button)) this.down.delete(button);
      else if (!this.down.has(button)) {
        this.down.add(button);
        this.command(command);
      }
    }
    const x = pad.axes[0] ?? 0;
    const y = -(pad.axes[1] ?? 0);
    const far = Math.hypot(x, y);
    return {
      dx: far > DEAD ? x : null,
      dy: y,
      ahead: far > THRUST,
      brake: held(B),
      boost: held(LT),
      fire: held(RT),
      drift: held(LEFT_STICK),
    };
  }
}
