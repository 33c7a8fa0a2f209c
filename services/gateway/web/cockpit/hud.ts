// SPDX-License-Identifier: Apache-2.0
// The flight's instruments as DOM: zone card, chips, banner, feed, console, prompt. Changed at most
// ten times a second and only where something differs.

import { Phase } from '@gen/types_pb';
import { CLASS_LOOT } from '../kernel/kernel';
import type { Act, Bindings } from './bindings';
import { Bar, chevrons, h, icon, setText, setVar, toggle } from './dom';
import type { Game } from './game';
import type { IconName } from './icons';
import { mark, Sheet } from './scene/marks';
import { type Relation, TINT } from './scene/palette';
import { Radar } from './scene/radar';
import { capital, distance, figure, percent, say, seconds, signedPercent } from './text';

const TICK_MS = 100;
const FEED_MAX = 4;
const FEED_MS = 14000;
const SLOW_MS = 200;
const BAD_MS = 500;
/** As in hud.css. */
const PHONE = '(max-width: 719px), (max-height: 499px)';

export interface Banner {
  kind: 'hostile' | 'warn' | 'calm';
  icon: IconName;
  strong: string;
  more: string;
}

export interface HudActions {
  map: () => void;
  pilot: () => void;
  menu: () => void;
  dock: () => void;
}

export class Hud {
  readonly element: HTMLElement;
  readonly radar = new Radar();
  readonly hint = h('div', { class: 'hint' });
  /** The most severe thing that is not in the own state: set by the app. */
  outer: Banner | null = null;
  private nextAt = 0;
  private zoneKey = '';
  private readonly zoneCard = h('section', { class: 'panel zone-card', label: 'Zone' });
  private readonly credits = h('span', { class: 'figure' });
  private readonly ping = h('span', { class: 'figure' });
  private readonly netChip: HTMLElement;
  private readonly banner = h('div', { class: 'panel banner', role: 'status' });
  private bannerKey = '';
  private readonly feed = h('ul', { class: 'feed', attrs: { 'aria-live': 'polite' } });
  private readonly bars = {
    shield: new Bar('shield'),
    hull: new Bar('hull'),
    energy: new Bar('energy'),
  };
  private readonly figures = {
    shield: h('span', { class: 'figure' }),
    hull: h('span', { class: 'figure' }),
    energy: h('span', { class: 'figure' }),
    speed: h('span', { class: 'figure big' }),
    cargo: h('span', { class: 'figure' }),
    hold: h('small', {}),
    boost: h('span', { class: 'boost-word' }),
  };
  private readonly lowWord = h('span', { class: 'low-word' });
  private readonly target: HTMLElement;
  private readonly t = {
    bars: { shield: new Bar('shield'), hull: new Bar('hull') },
    mark: new Sheet(),
    name: h('bdi', { class: 'name' }),
    kind: h('span', { class: 'kind' }),
    shield: h('span', { class: 'figure' }),
    hull: h('span', { class: 'figure' }),
    far: h('span', { class: 'figure big' }),
    unit: h('small', {}),
    closing: h('span', { class: 'speed' }),
    rows: [] as HTMLElement[],
  };
  private readonly edge = h('i', { class: 'edge-target' });
  private readonly prompt = h('div', { class: 'prompt' });
  private promptKey = '';
  private readonly line = h('div', { class: 'lines' });
  private lastFar = 0;
  private lastFarAt = 0;
  private closingSpeed = 0;
  private lastTarget = 0;
  private readonly keys = new Map<Act, HTMLElement>();

  constructor(
    private readonly game: Game,
    private readonly bindings: Bindings,
    private readonly actions: HudActions,
    pads: HTMLElement,
  ) {
    const square = (name: 'map' | 'pilot' | 'menu', act: () => void): HTMLElement => {
      const key = name === 'menu' ? null : h('kbd', {}, bindings.key(name));
      if (key && name !== 'menu') this.keys.set(name, key);
      const options = { class: `panel chip square to-${name}`, label: say(name), onclick: act };
      return h('button', options, icon(name, 18), key);
    };
    this.netChip = h(
      'div',
      { class: 'panel chip net' },
      icon('net'),
      this.ping,
      h('small', {}, 'ms'),
    );
    const chips = h(
      'div',
      { class: 'chips' },
      h(
        'div',
        { class: 'panel chip money', title: say('credits') },
        icon('credits', 18),
        this.credits,
        h('small', {}, 'cr'),
      ),
      this.netChip,
      square('map', actions.map),
      square('pilot', actions.pilot),
      square('menu', actions.menu),
    );
    this.target = this.makeTarget();
    const console = h(
      'section',
      { class: 'console', label: 'Console' },
      this.makeMine(),
      this.target,
      h('i', { class: 'edge-own' }),
      this.edge,
      h('div', { class: 'radar' }, this.radar.sheet.canvas),
    );
    this.banner.hidden = true;
    this.element = h(
      'div',
      { class: 'layer hud' },
      this.zoneCard,
      chips,
      this.banner,
      this.feed,
      this.hint,
      this.line,
      this.prompt,
      console,
      pads,
    );
  }

  private makeMine(): HTMLElement {
    const f = this.figures;
    const row = (name: IconName, cls: string, bar: Bar, value: HTMLElement): HTMLElement => {
      const svg = icon(name, 18);
      svg.classList.add(cls);
      return h('div', { class: 'row' }, svg, bar.element, value);
    };
    return h(
      'div',
      { class: 'panel block mine' },
      row('shield', 'shield-icon', this.bars.shield, f.shield),
      row('hull', 'hull-icon', this.bars.hull, f.hull),
      row('energy', 'energy-icon', this.bars.energy, f.energy),
      h(
        'div',
        { class: 'bottom' },
        h('span', {}, f.speed, h('small', {}, 'm/s')),
        this.lowWord,
        h('span', {}, icon('cargo'), f.cargo, f.hold),
        h('span', { class: 'boost' }, icon('boost'), f.boost),
      ),
    );
  }

  private makeTarget(): HTMLElement {
    const { t } = this;
    t.mark.resize(14, 14);
    t.mark.canvas.classList.add('mark');
    const shieldIcon = icon('shield', 18);
    shieldIcon.classList.add('shield-icon');
    const hullIcon = icon('hull', 18);
    hullIcon.classList.add('hull-icon');
    t.rows = [
      h('div', { class: 'row' }, shieldIcon, t.bars.shield.element, t.shield),
      h('div', { class: 'row' }, hullIcon, t.bars.hull.element, t.hull),
    ];
    return h(
      'div',
      { class: 'panel block target' },
      h('div', { class: 'row' }, t.mark.canvas, t.name, t.kind),
      ...t.rows,
      h('div', { class: 'bottom' }, h('span', {}, t.far, t.unit), t.closing),
    );
  }

  /** A line of news at the upper right. */
  news(name: IconName, words: string, tone: '' | 'gain' | 'loss' | 'mute' = ''): void {
    const item = h('li', tone ? { class: tone } : {}, h('span', {}, words), icon(name));
    this.feed.prepend(item);
    while (this.feed.children.length > FEED_MAX) this.feed.lastChild!.remove();
    setTimeout(() => item.remove(), FEED_MS);
  }

  /** Refreshes what is due. */
  update(now: number): void {
    if (now < this.nextAt) return;
    this.nextAt = now + TICK_MS;
    const phone = window.matchMedia(PHONE).matches;
    this.radar.resize(phone ? 106 : 200);
    this.updateZone();
    this.updateChips();
    for (const [act, key] of this.keys) setText(key, this.bindings.key(act));
    this.updateMine();
    this.updateTarget(now);
    this.updatePrompt();
    this.showBanner(this.ownBanner());
  }

  private updateZone(): void {
    const z = this.game.own?.state?.zone;
    if (!z) return;
    const key = `${z.zone} ${z.risk} ${z.marginPm} ${z.lootSharePm} ${z.shelter}`;
    if (key === this.zoneKey) return;
    this.zoneKey = key;
    const name = this.game.zone(z.zone)?.name ?? '';
    const margin = h('b', { class: 'gain' }, signedPercent(z.marginPm));
    const prices = h('span', {});
    const [before, after] = say('priceAbove', { n: '|' }).split('|');
    if (z.marginPm > 5) prices.append(before ?? '', margin, after ?? '');
    else prices.append(say('priceSame'));
    this.zoneCard.replaceChildren(
      h(
        'div',
        { class: `top risk${z.risk}` },
        chevrons(z.risk),
        h('span', { class: 'label' }, say(`risk${z.risk}` as 'risk0')),
        h('span', { class: 'label system' }, this.game.session.welcome?.system ?? ''),
      ),
      h('h2', {}, name),
      h(
        'div',
        { class: 'rule' },
        icon(z.pvp === 0 ? 'shield' : 'swords'),
        h('span', {}, say(`pvp${Math.min(3, z.pvp)}` as 'pvp0')),
      ),
      h(
        'div',
        { class: 'rule' },
        icon('skull'),
        h(
          'span',
          {},
          z.lootSharePm === 0 ? say('dropNone') : say('dropShare', { n: percent(z.lootSharePm) }),
        ),
      ),
      h('div', { class: 'rule' }, icon('margin'), prices),
    );
    setText(this.line, z.shelter ? say('sheltered') : '');
  }

  private updateChips(): void {
    const { credits, session } = this.game;
    setText(this.credits, credits === null ? say('unknown') : figure(credits));
    const ms = Math.round(session.net.pingMs);
    setText(this.ping, ms ? String(ms) : say('unknown'));
    toggle(this.netChip, 'slow', ms > SLOW_MS);
    toggle(this.netChip, 'bad', ms > BAD_MS);
  }

  private updateMine(): void {
    const { own } = this.game;
    const state = own?.state;
    const ship = own?.shipClass;
    if (!own || !state || !ship) return;
    const f = this.figures;
    this.bars.shield.set(ship.shield ? state.shield / ship.shield : 0);
    this.bars.hull.set(state.hull / ship.hull);
    const energy = own.inSpace ? own.energy : state.energy;
    this.bars.energy.set(energy / ship.energy);
    setText(f.shield, figure(state.shield));
    setText(f.hull, figure(state.hull));
    setText(f.energy, figure(energy));
    const low = state.hull < ship.hull * 0.3;
    toggle(f.hull, 'hostile', low);
    setText(this.lowWord, low ? say('hullLow') : '');
    setText(f.speed, figure(this.game.speed()));
    setText(f.cargo, figure(state.cargoMass));
    setText(f.hold, say('of', { n: ship.hold }));
    setText(f.boost, energy < ship.energy / 4 ? say('noBoost') : say('ready'));
  }

  private updateTarget(now: number): void {
    const { game, t } = this;
    const e = game.targetEntity;
    let relation: Relation = 'neutral';
    let far = 0;
    if (e) {
      relation = game.relation(e);
      far = game.distanceTo(e);
      setText(t.name, capital(game.name(e)));
      setText(t.kind, game.kind(e));
      const ship = game.shipClass(e.classId);
      const known = e.hull >= 0 && e.classId !== CLASS_LOOT;
      t.bars.shield.set(known ? e.shield / 255 : 0);
      t.bars.hull.set(known ? e.hull / 255 : 0);
      setText(
        t.shield,
        known
          ? ship
            ? figure((ship.shield * e.shield) / 255)
            : percent((e.shield * 1000) / 255)
          : say('unknown'),
      );
      setText(
        t.hull,
        known
          ? ship
            ? figure((ship.hull * e.hull) / 255)
            : percent((e.hull * 1000) / 255)
          : say('unknown'),
      );
      this.measureClosing(e.id, far, now);
      const v = Math.round(this.closingSpeed);
      t.closing.replaceChildren(
        say(v < 0 ? 'opening' : 'closing'),
        h('span', { class: 'figure' }, figure(Math.abs(v))),
        'm/s',
      );
    } else {
      const near = game.nearestStations()[0];
      setText(t.name, near?.station.name ?? say('noTarget'));
      setText(t.kind, near ? say('nearest') : '');
      far = near?.distance ?? 0;
      const speed = ((game.own?.shipClass?.cruise ?? 0) * 20) / 512;
      setText(t.closing, near && speed ? say('eta', { s: seconds(far / speed) }) : '');
      this.lastTarget = 0;
    }
    for (const row of t.rows) row.hidden = !e || e.classId === CLASS_LOOT;
    const km = far >= 1000;
    setText(t.far, km ? (far / 1000).toFixed(1) : figure(far));
    setText(t.unit, say(km ? 'awayKm' : 'away'));
    const c = t.mark.begin();
    if (e) mark(c, relation, 7, 7, 6);
    setVar(this.target, '--accent', TINT[relation]);
    t.name.className = `name ${e && relation !== 'neutral' ? relation : ''}`;
    setVar(this.edge, '--relation', e ? TINT[relation] : 'var(--line)');
  }

  private measureClosing(id: number, far: number, now: number): void {
    if (this.lastTarget !== id) {
      this.lastTarget = id;
      this.closingSpeed = 0;
    } else if (now > this.lastFarAt) {
      const v = ((this.lastFar - far) * 1000) / (now - this.lastFarAt);
      this.closingSpeed += (v - this.closingSpeed) * 0.3;
    }
    this.lastFar = far;
    this.lastFarAt = now;
  }

  private updatePrompt(): void {
    const { game } = this;
    const state = game.own?.state;
    const near = game.nearestStations()[0];
    if (!state || !near || game.phase === Phase.DEAD || game.phase === Phase.PARKED) {
      this.setPrompt('', '', '', null);
      return;
    }
    const { station } = near;
    const locked = game.secondsTo(state.combatUntilTick);
    if (state.phase === Phase.DOCKING) this.setPrompt('', 'dock', say('docking'), null);
    else if (state.dockReadyTick !== 0)
      this.setPrompt(
        '',
        'clock',
        say('dockHold', { s: Math.ceil(game.secondsTo(state.dockReadyTick)) }),
        null,
      );
    else if (near.distance > 1500) this.setPrompt('', '', '', null);
    else if (near.distance > station.dockRadius)
      this.setPrompt(
        '',
        'dock',
        say('dockFar', { name: station.name, d: distance(near.distance) }),
        null,
      );
    else if (state.stationSilent) this.setPrompt('locked', 'lock', say('stationSilent'), null);
    else if (locked > 0)
      this.setPrompt('locked', 'lock', `${say('dockLocked')} · ${Math.ceil(locked)} s`, null);
    else if (game.speed() > 60) this.setPrompt('locked', 'lock', say('dockFast', { v: 60 }), null);
    else {
      const key = this.bindings.key('dock');
      this.setPrompt('go', 'dock', say('dockAt', { name: station.name }), key);
    }
  }

  private setPrompt(kind: string, name: IconName | '', words: string, key: string | null): void {
    const now = `${kind}${words}`;
    if (now === this.promptKey) return;
    this.promptKey = now;
    this.prompt.replaceChildren();
    if (!words) return;
    this.prompt.append(
      h(
        kind === 'go' ? 'button' : 'div',
        {
          class: `panel chip ${kind}`,
          onclick: kind === 'go' ? this.actions.dock : () => undefined,
        },
        name ? icon(name, 18) : null,
        h('span', {}, words),
        key ? h('kbd', {}, key) : null,
      ),
    );
  }

  private ownBanner(): Banner | null {
    if (this.outer) return this.outer;
    const state = this.game.own?.state;
    if (!state) return null;
    const combat = this.game.secondsTo(state.combatUntilTick);
    if (combat > 0) {
      return {
        kind: 'hostile',
        icon: 'warn',
        strong: say('inCombat'),
        more: say('inCombatMore', { s: Math.ceil(combat) }),
      };
    }
    const wanted = this.game.secondsTo(state.wantedUntilTick);
    if (wanted > 0)
      return {
        kind: 'hostile',
        icon: 'warn',
        strong: say('wanted'),
        more: say('wantedMore', { s: Math.ceil(wanted) }),
      };
    const dilation = this.game.session.clock.dilationPm;
    if (dilation < 990)
      return {
        kind: 'warn',
        icon: 'clock',
        strong: say('dilated', { n: percent(dilation) }),
        more: say('dilatedMore', { n: percent(dilation) }),
      };
    const ms = Math.round(this.game.session.net.pingMs);
    if (ms > SLOW_MS)
      return { kind: 'warn', icon: 'net', strong: '', more: say('slowNet', { ms }) };
    return null;
  }

  private showBanner(b: Banner | null): void {
    const key = b ? `${b.kind}${b.strong}${b.more}` : '';
    if (key === this.bannerKey) return;
    this.bannerKey = key;
    this.banner.hidden = !b;
    if (!b) return;
    this.banner.className = `panel banner ${b.kind}`;
    this.banner.replaceChildren(
      icon(b.icon, 18),
      b.strong ? h('b', {}, b.strong) : '',
      h('span', {}, b.more),
    );
  }
}
