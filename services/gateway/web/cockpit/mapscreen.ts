// SPDX-License-Identifier: Apache-2.0
// The map over the running world: stations with risk, distance, travel time and known prices, and
// the route.

import { Phase } from '@gen/types_pb';
import type { Station } from '../kernel/config';
import { K_PER_UNIT } from '../sdk/entity';
import { chevrons, h, icon } from './dom';
import type { Game } from './game';
import { legend } from './landing';
import type { Market } from './market';
import { StarMap } from './starmap';
import { distance, figure, money, say, seconds } from './text';

export class MapScreen {
  readonly element: HTMLElement;
  private readonly map = new StarMap();
  private readonly card = h('section', { class: 'panel card' });
  private readonly list = h('nav', { class: 'panel places', label: say('stations') });
  private chosen = 0;

  constructor(
    private readonly game: Game,
    private readonly market: Market,
    close: () => void,
  ) {
    const button = (words: string, label: string, act: () => void): HTMLElement =>
      h('button', { class: 'button', label, onclick: act }, words);
    this.card.hidden = true;
    this.element = h(
      'div',
      { class: 'map', role: 'dialog', label: say('map') },
      this.map.sheet.canvas,
      h(
        'div',
        { class: 'bar-top' },
        h(
          'button',
          { class: 'button', label: `${say('map')}: ${say('close')}`, onclick: close },
          icon('close'),
          say('map'),
        ),
        button('+', 'Closer', () => this.map.zoom(1.4)),
        button('−', 'Farther', () => this.map.zoom(1 / 1.4)),
      ),
      this.list,
      this.card,
      legend(),
    );
    this.map.onPick = (station) => this.pick(station);
  }

  open(): void {
    if (!this.game.config) return;
    this.map.configure(this.game.config);
    this.resize();
    this.list.replaceChildren(
      ...this.game.nearestStations().map(({ station, distance: far }) => {
        const risk = this.game.zone(station.zone)?.risk ?? 0;
        return h(
          'button',
          { onclick: () => this.pick(station) },
          h('span', { class: `risk${risk}` }, chevrons(risk)),
          h('span', { class: 'name' }, station.name),
          h('small', {}, distance(far)),
        );
      }),
    );
    if (this.chosen) this.pick(this.game.station(this.chosen)!);
  }

  resize(): void {
    this.map.fit(window.innerWidth, window.innerHeight, window.innerWidth < 720 ? 0 : 0.2);
  }

  private pick(s: Station): void {
    this.chosen = s.id;
    const zone = this.game.zone(s.zone);
    const here = this.game.place();
    const far = Math.hypot(s.x - here.x / K_PER_UNIT, s.y - here.y / K_PER_UNIT);
    const cruise =
      ((this.game.own?.shipClass?.cruise ??
        this.game.shipClass(this.market.account?.classId ?? 0)?.cruise ??
        0) *
        20) /
      K_PER_UNIT;
    let worth = 0;
    for (const g of this.market.account?.cargo ?? [])
      worth += g.quantity * (this.market.line(s.id, g.commodity)?.sell ?? 0);
    const blockade = this.market.sayBlockade(s.id);
    const isRoute = this.game.route === s.id;
    const fact = (k: string, v: string): HTMLElement[] => [h('dt', {}, k), h('dd', {}, v)];
    this.card.hidden = false;
    this.card.replaceChildren(
      h('h2', {}, s.name),
      h(
        'div',
        { class: `risk${zone?.risk ?? 0} actions` },
        chevrons(zone?.risk ?? 0),
        ' ',
        say(`risk${zone?.risk ?? 0}` as 'risk0'),
        ' · ',
        zone?.name ?? '',
      ),
      ...(blockade ? [h('p', { class: 'risk4' }, blockade)] : []),
      h(
        'dl',
        {},
        ...fact(say('distance'), distance(far)),
        ...(cruise ? fact(say('travel'), seconds(far / cruise)) : []),
        ...(worth ? fact(say('yourGoodsThere'), money(worth)) : []),
      ),
      h(
        'button',
        {
          class: 'button primary',
          onclick: () => {
            this.game.route = isRoute ? 0 : s.id;
            this.pick(s);
          },
        },
        say(isRoute ? 'clearRoute' : 'setRoute'),
      ),
    );
  }

  draw(now: number): void {
    const { game } = this;
    const here = game.place();
    const heading = game.own?.inSpace ? game.own.poseAt(game.session.ownTick, now).heading : 1024;
    this.map.draw(
      {
        ship:
          game.phase === Phase.UNSPECIFIED
            ? null
            : { x: here.x / K_PER_UNIT, y: here.y / K_PER_UNIT, heading },
        route: game.route,
        chosen: this.chosen,
        density: game.session.density,
        note: (s) => {
          const worth = (this.market.account?.cargo ?? []).reduce(
            (sum, g) => sum + g.quantity * (this.market.line(s.id, g.commodity)?.sell ?? 0),
            0,
          );
          return worth > 0 ? `${figure(worth)} cr` : '';
        },
      },
      now,
    );
  }
}
