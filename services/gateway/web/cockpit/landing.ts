// SPDX-License-Identifier: Apache-2.0
// The first screen: the system's map, live, as its picture; Play now, sign in.

import type { Station, WorldConfig } from '../kernel/config';
import type { WorldInfo } from '../sdk/auth';
import { chevrons, h, setText } from './dom';
import { StarMap } from './starmap';
import { figure, say } from './text';

export interface LandingActions {
  play: () => void;
  signIn: () => void;
  /** How the world is now. */
  look: () => Promise<WorldInfo>;
}

const LOOK_MS = 2500;

export class Landing {
  readonly element: HTMLElement;
  private readonly map = new StarMap();
  private readonly problem = h('p', { class: 'say', role: 'alert' });
  private readonly counters = h('div', { class: 'counters' });
  private readonly play: HTMLButtonElement;
  private readonly ships = h('span', { class: 'figure' }, '–');
  private ready = false;
  private density: number[] = [];
  private lookAt = 0;

  constructor(private readonly actions: LandingActions) {
    this.play = h(
      'button',
      { class: 'button primary tall play', onclick: actions.play },
      say('playNow'),
    );
    this.element = h(
      'main',
      { class: 'landing' },
      this.map.sheet.canvas,
      h(
        'div',
        { class: 'pitch' },
        h('h1', {}, say('title')),
        h('p', {}, say('pitch')),
        h(
          'div',
          { class: 'actions' },
          this.play,
          h('button', { class: 'link', onclick: actions.signIn }, say('signIn')),
        ),
        this.problem,
        this.counters,
      ),
      legend(),
    );
  }

  configure(config: WorldConfig): void {
    this.map.configure(config);
    this.ready = true;
    const count = (n: number, words: string): HTMLElement =>
      h('div', {}, h('span', { class: 'figure' }, figure(n)), h('span', { class: 'label' }, words));
    this.counters.replaceChildren(
      count(config.stations.length, say('stations')),
      count(config.zones.length, say('zones')),
      h('div', {}, this.ships, h('span', { class: 'label' }, say('shipsInSpace'))),
    );
    this.resize();
  }

  resize(): void {
    const phone = window.innerWidth < 720;
    this.map.fit(window.innerWidth, phone ? 390 : window.innerHeight, phone ? 0 : 0.3);
  }

  busy(on: boolean): void {
    this.play.disabled = on;
  }

  refuse(words: string): void {
    setText(this.problem, words);
  }

  draw(now: number): void {
    if (!this.ready) return;
    if (now >= this.lookAt && !document.hidden) {
      this.lookAt = now + LOOK_MS;
      void this.look();
    }
    const { density } = this;
    this.map.draw({ ship: null, route: 0, chosen: 0, density, note: (s: Station) => s.body }, now);
  }

  private async look(): Promise<void> {
    try {
      const world = await this.actions.look();
      this.density = world.density;
      setText(this.ships, world.paused ? '–' : figure(world.ships));
    } catch {
      setText(this.ships, '–');
    }
  }
}

export function legend(): HTMLElement {
  return h(
    'aside',
    { class: 'panel legend' },
    h('div', { class: 'label' }, say('legend')),
    ...[0, 1, 3, 4].map((risk) =>
      h(
        'div',
        { class: `risk${risk}` },
        chevrons(risk),
        h('span', {}, say(`risk${risk}` as 'risk0')),
      ),
    ),
  );
}
