// SPDX-License-Identifier: Apache-2.0
// Which key does what: the defaults, what the pilot has changed, and how a key is called. A key
// does one thing; who takes it for another takes it away from the first.

/** One-shot acts that go to the cockpit. */
export type Command =
  | 'next'
  | 'hostile'
  | 'clear'
  | 'dock'
  | 'map'
  | 'pilot'
  | 'menu'
  | 'chat'
  | 'range'
  | 'describe'
  | 'mute';

/** What is done as long as a key is held. */
export type Held = 'left' | 'right' | 'ahead' | 'brake' | 'fire' | 'boost' | 'drift';

export type Act = Command | Held;

const HELD: readonly Held[] = ['left', 'right', 'ahead', 'brake', 'fire', 'boost', 'drift'];

const DEFAULTS: Readonly<Record<Act, readonly string[]>> = {
  ahead: ['KeyW', 'ArrowUp'],
  brake: ['KeyS', 'ArrowDown'],
  left: ['KeyA', 'ArrowLeft'],
  right: ['KeyD', 'ArrowRight'],
  fire: ['Space'],
  boost: ['ShiftLeft', 'ShiftRight'],
  drift: ['KeyC'],
  next: ['Tab'],
  hostile: ['KeyT'],
  clear: ['KeyX'],
  dock: ['KeyE'],
  map: ['KeyM'],
  pilot: ['KeyP'],
  range: ['KeyR'],
  describe: ['KeyH'],
  mute: ['KeyN'],
  chat: ['Enter'],
  menu: ['Escape'],
};

/** Those that nobody may take: they close what is open. */
const FIXED: readonly Act[] = ['menu'];

/** Acts whose key may be changed, in the order of the list in the menu. */
export const CHANGEABLE = (Object.keys(DEFAULTS) as Act[]).filter((act) => !FIXED.includes(act));

/** What the pilot has changed: one key for an act, '' = none. */
export type Keys = Partial<Record<Act, string>>;

export class Bindings {
  private acts = new Map<string, Act>();

  constructor(private keys: Keys = {}) {
    this.apply(keys);
  }

  apply(keys: Keys): void {
    this.keys = keys;
    this.acts = new Map();
    for (const act of Object.keys(DEFAULTS) as Act[])
      if (keys[act] === undefined) for (const code of DEFAULTS[act]) this.acts.set(code, act);
    for (const [act, code] of Object.entries(keys)) if (code) this.acts.set(code, act as Act);
  }

  heldOf(code: string): Held | undefined {
    const act = this.acts.get(code) as Held;
    return HELD.includes(act) ? act : undefined;
  }

  commandOf(code: string): Command | undefined {
    const act = this.acts.get(code);
    return act !== undefined && !HELD.includes(act as Held) ? (act as Command) : undefined;
  }

  /** Keys of an act, as they are called on the board. */
  called(act: Act): string {
    return this.names(act).join(' ') || '–';
  }

  /** The first of them. */
  key(act: Act): string {
    return this.names(act)[0] ?? '–';
  }

  private names(act: Act): string[] {
    const codes = [...this.acts].filter(([, a]) => a === act).map(([code]) => code);
    return [...new Set(codes.map(keyName))];
  }

  /** The changed keys when `code` is to do `act`; null when that key may not be taken. */
  changed(act: Act, code: string): Keys | null {
    const before = this.acts.get(code);
    if (before !== undefined && FIXED.includes(before)) return null;
    const keys: Keys = { ...this.keys, [act]: code };
    if (before === undefined || before === act) return keys;
    const rest = [...this.acts].filter(([c, a]) => a === before && c !== code);
    return { ...keys, [before]: rest[0]?.[0] ?? '' };
  }
}

/** A key by its place on the board, as printed on most of them. */
function keyName(code: string): string {
  const arrows: Record<string, string> = {
    ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→',
  };
  return (
    arrows[code] ??
    code
      .replace(/^(Key|Digit)/, '')
      .replace(/^(Shift|Control|Alt|Meta)(Left|Right)$/, '$1')
      .replace('Escape', 'Esc')
  );
}
