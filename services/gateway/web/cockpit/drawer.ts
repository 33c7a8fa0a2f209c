// SPDX-License-Identifier: Apache-2.0
// The drawer at the right: menu with settings, bindings, network figures and account; chat.

import type { Profile } from '../sdk/auth';
import type { Bindings } from './bindings';
import { keyRows } from './controls';
import { h } from './dom';
import type { Game } from './game';
import type { Settings, Values } from './settings';
import { figure, say } from './text';

export interface DrawerActions {
  close: () => void;
  claim: () => void;
  signOut: () => void;
  chat: () => void;
}

function row(words: string, value: Node | string): HTMLElement {
  return h('div', { class: 'row' }, h('span', {}, words), value);
}

function choice<K extends keyof Values>(
  settings: Settings,
  key: K,
  options: [Values[K], string][],
): HTMLElement {
  const select = h(
    'select',
    { label: String(key) },
    ...options.map(([value, words]) => h('option', { attrs: { value: String(value) } }, words)),
  );
  select.value = String(settings.all[key]);
  select.addEventListener('change', () => {
    const found = options.find(([value]) => String(value) === select.value);
    if (found) settings.set({ [key]: found[0] } as Partial<Values>);
  });
  return select;
}

export function menuDrawer(
  game: Game,
  settings: Settings,
  bindings: Bindings,
  profile: Profile | null,
  fps: number,
  actions: DrawerActions,
): HTMLElement {
  const { session } = game;
  const counters = session.world?.counters;
  const scale: [number, string][] = [0.8, 0.9, 1, 1.15, 1.3, 1.5].map((v) => [
    v,
    `${Math.round(v * 100)} %`,
  ]);
  const volume: [number, string][] = [0, 0.2, 0.4, 0.6, 0.8, 1].map((v) => [
    v,
    v === 0 ? say('off') : `${Math.round(v * 100)} %`,
  ]);
  return h(
    'aside',
    { class: 'drawer', role: 'dialog', label: say('menu') },
    h(
      'div',
      { class: 'head' },
      h('h2', {}, say('menu')),
      h('button', { class: 'button', onclick: actions.close }, say('resume')),
    ),
    row(say('chat'), h('button', { class: 'button', onclick: actions.chat }, say('chatOpen'))),
    h('div', { class: 'label' }, say('display')),
    row(say('hudScale'), choice(settings, 'hudScale', scale)),
    row(
      say('hostileColour'),
      choice(settings, 'hostile', [
        ['vermilion', say('vermilion')],
        ['magenta', say('magenta')],
        ['white', say('white')],
      ]),
    ),
    row(
      say('reducedMotion'),
      choice(settings, 'calm', [
        [false, say('off')],
        [true, say('on')],
      ]),
    ),
    row(
      say('namesShown'),
      choice(settings, 'names', [
        ['all', say('namesAll')],
        ['near', say('namesNear')],
        ['target', say('namesTarget')],
      ]),
    ),
    row(say('sound'), choice(settings, 'volume', volume)),
    h('div', { class: 'label' }, say('account')),
    profile?.guest
      ? row(
          say('keepWhy'),
          h('button', { class: 'button', onclick: actions.claim }, say('keepPilot')),
        )
      : null,
    row(
      session.welcome?.name ?? '',
      h('button', { class: 'button', onclick: actions.signOut }, say('signOut')),
    ),
    h('div', { class: 'label' }, say('controlsTitle')),
    keyRows(bindings, settings),
    h('div', { class: 'label' }, say('network')),
    row(say('netPing'), `${Math.round(session.net.pingMs)} ms`),
    row(say('netRate'), `${figure(session.net.bytesIn / 1024)} KB`),
    row(say('netFrames'), figure(session.net.framesIn)),
    row(say('netView'), figure(session.world?.visibleCells ?? 0)),
    row(
      say('netCorrections'),
      `${figure(counters?.corrections ?? 0)} / ${figure(counters?.compared ?? 0)}`,
    ),
    row(say('netOwn'), h('b', { class: 'own-corrections' }, figure(game.own?.corrections ?? 0))),
    row(say('netDigest'), figure(counters?.digestErrors ?? 0)),
    row(say('fps'), figure(fps)),
  );
}

/** Chat where the flight has no room for it, and at stations. */
export function chatDrawer(chat: HTMLElement, close: () => void): HTMLElement {
  return h(
    'aside',
    { class: 'drawer talk', role: 'dialog', label: say('chat') },
    h(
      'div',
      { class: 'head' },
      h('h2', {}, say('chat')),
      h('button', { class: 'button', onclick: close }, say('close')),
    ),
    chat,
  );
}
