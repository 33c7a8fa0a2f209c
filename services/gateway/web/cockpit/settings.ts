// SPDX-License-Identifier: Apache-2.0
// Choices of this device, kept in its storage: display and the progress of the introduction.

import { Emitter } from '../sdk/emitter';
import type { Keys } from './bindings';
import { say } from './text';

export interface Values {
  hudScale: number;
  hostile: 'vermilion' | 'magenta' | 'white';
  calm: boolean;
  names: 'all' | 'near' | 'target';
  /** 0 = muted. */
  volume: number;
  keys: Keys;
}

const KEY = 'startrader.settings';
const DEFAULTS: Values = {
  hudScale: 1,
  hostile: 'vermilion',
  calm: false,
  names: 'near',
  volume: 0.6,
  keys: {},
};

export class Settings {
  readonly events = new Emitter<{ change: Values }>();
  private values: Values;

  constructor(private readonly storage: Storage) {
    let kept: Partial<Values> = {};
    try {
      kept = JSON.parse(storage.getItem(KEY) ?? '{}') as Partial<Values>;
    } catch {
      // Whatever stood there was not ours.
    }
    this.values = { ...DEFAULTS, ...kept };
  }

  get all(): Readonly<Values> {
    return this.values;
  }

  get calm(): boolean {
    return this.values.calm || window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  }

  set(change: Partial<Values>): void {
    this.values = { ...this.values, ...change };
    this.storage.setItem(KEY, JSON.stringify(this.values));
    this.events.emit('change', this.values);
  }

  /** Mutes, or sounds as designed again; says which. */
  toggleSound(): string {
    this.set({ volume: this.values.volume > 0 ? 0 : DEFAULTS.volume });
    return say(this.values.volume > 0 ? 'soundOn' : 'soundOff');
  }

  /** Step of the introduction this pilot has reached. */
  hintStep(player: string): number {
    return Number(this.storage.getItem(`startrader.hint.${player}`) ?? 0);
  }

  keepHintStep(player: string, step: number): void {
    this.storage.setItem(`startrader.hint.${player}`, String(step));
  }
}
