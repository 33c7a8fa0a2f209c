// SPDX-License-Identifier: Apache-2.0
// The list of keys in the menu: each can be changed by pressing another.

import { type Act, type Bindings, CHANGEABLE } from './bindings';
import { h, setText } from './dom';
import type { Settings } from './settings';
import { say, type TextKey } from './text';

const WORDS: Partial<Record<Act, TextKey>> = {
  ahead: 'keyThrust',
  brake: 'keyBrake',
  left: 'keyLeft',
  right: 'keyRight',
  fire: 'keyFire',
  boost: 'keyBoost',
  drift: 'keyDrift',
  next: 'keyNext',
  hostile: 'keyHostile',
  clear: 'keyClear',
  dock: 'keyDock',
  map: 'keyMap',
  pilot: 'keyPilot',
  range: 'keyRange',
  describe: 'keySay',
  mute: 'keyMute',
  chat: 'keyChat',
};

/** Rows of the list; a press on a key waits for another, Esc leaves it as it is. */
export function keyRows(bindings: Bindings, settings: Settings): HTMLElement {
  const box = h('div', { class: 'keys' });
  const draw = (): void => {
    box.replaceChildren(
      h('p', { class: 'mute' }, say('mouseToo')),
      ...CHANGEABLE.map((act) => row(act)),
      h('button', { class: 'link', onclick: () => keep({}) }, say('keysReset')),
    );
  };
  const keep = (keys: Parameters<Bindings['apply']>[0]): void => {
    bindings.apply(keys);
    settings.set({ keys });
    draw();
  };
  const row = (act: Act): HTMLElement => {
    const button = h(
      'button',
      { class: 'key', data: { act }, onclick: () => wait(act, button) },
      h('kbd', {}, bindings.called(act)),
    );
    return h('div', { class: 'row' }, h('span', {}, say(WORDS[act] ?? 'unknown')), button);
  };
  const wait = (act: Act, button: HTMLElement): void => {
    setText(button, say('keyPress'));
    const onKey = (e: KeyboardEvent): void => {
      e.preventDefault();
      e.stopImmediatePropagation();
      window.removeEventListener('keydown', onKey, true);
      const keys = e.code === 'Escape' ? null : bindings.changed(act, e.code);
      if (keys) keep(keys);
      else draw();
      box.querySelector<HTMLElement>(`[data-act="${act}"]`)?.focus();
    };
    window.addEventListener('keydown', onKey, true);
  };
  draw();
  return box;
}
