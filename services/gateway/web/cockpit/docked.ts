// SPDX-License-Identifier: Apache-2.0
// The screen at a station: header, market table with the best place to sell, hold strip, ticket,
// deliveries, ship and news.

import { Side } from '@gen/types_pb';
import type { Auth } from '../sdk/auth';
import { Contracts } from './contracts';
import { chevrons, h, icon, setText, setVar } from './dom';
import { Exchange } from './exchange';
import type { Game } from './game';
import { Leaders } from './leaders';
import { goodIcon } from './icons';
import { eventWord, type Market, type Row } from './market';
import { Sheet, stationGlyph, stationKind } from './scene/marks';
import { COLOURS } from './scene/palette';
import { Ticket } from './ticket';
import { Yard } from './yard';
import { distance, figure, money, percent, say, signed, type TextKey } from './text';

type Tab = 'market' | 'exchange' | 'jobs' | 'ship' | 'news' | 'leaders';
type Filter = 'all' | 'hold' | 'profit';
type SortKey = 'good' | 'buy' | 'sell' | 'hour' | 'stock' | 'hold' | 'best' | 'profit';
const COLUMNS: [SortKey, TextKey, string][] = [
  ['good', 'colGood', 'good'],
  ['buy', 'colBuy', 'price'],
  ['sell', 'colSell', 'price'],
  ['hour', 'colHour', 'hour'],
  ['stock', 'colStock', 'stock'],
  ['hold', 'colHold', 'hold'],
  ['best', 'colBest', 'best'],
  ['profit', 'colProfit', 'profit'],
];

export class Docked {
  readonly element: HTMLElement;
  readonly ticket: Ticket;
  private readonly yard: Yard;
  private readonly leaders: Leaders;
  private readonly contracts: Contracts;
  private readonly exchange: Exchange;
  private tab: Tab = 'market';
  private filter: Filter = 'all';
  private search = '';
  private sort: SortKey = 'good';
  private down = false;
  private location = 0;
  private readonly header = h('header');
  private readonly tabs = h('div', { role: 'tablist' });
  private readonly filters = h('div', { class: 'filters' });
  private readonly list = h('section', { class: 'panel list' });
  private readonly holdStrip = h('section', { class: 'panel hold' });
  private readonly chipWords = h('span');
  private readonly chip = h('div', { class: 'panel chip-warn', role: 'status' }, this.chipWords);
  private readonly holdSum = h('span', { class: 'figure' });
  private readonly holdOf = h('small', {});
  private readonly creditSum = h('span', { class: 'figure own' });
  private readonly undockButton = h(
    'button',
    { class: 'button outlined undock' },
    icon('undock'),
    say('undock'),
  );
  private readonly news: HTMLElement[] = [];
  private rows: Row[] = [];
  private dirty = true;
  private pressed = false;
  private silentSince = '';

  constructor(
    private readonly game: Game,
    private readonly market: Market,
    auth: Auth,
    private readonly actions: { undock: () => void; menu: () => void; chat: () => void },
  ) {
    this.ticket = new Ticket(game, market, auth);
    this.leaders = new Leaders(game, auth, () => (this.dirty = true));
    this.contracts = new Contracts(game, market, () => (this.dirty = true));
    this.exchange = new Exchange(game, market, () => (this.dirty = true));
    this.yard = new Yard(game, market, () => (this.dirty = true));
    this.ticket.onClose = () => this.ticket.element.classList.remove('open');
    this.undockButton.addEventListener('click', actions.undock);
    this.chip.hidden = true;
    const find = h('input', {
      type: 'text',
      label: say('findGood'),
      attrs: { placeholder: say('findGood') },
    });
    find.addEventListener('input', () => {
      this.search = find.value.toLowerCase();
      this.dirty = true;
    });
    this.filters.append(find);
    this.element = h(
      'main',
      { class: 'docked' },
      this.header,
      this.chip,
      h(
        'div',
        { class: 'body' },
        h('nav', {}, this.tabs, this.filters),
        this.list,
        this.holdStrip,
        this.ticket.element,
      ),
    );
    this.list.addEventListener('pointerdown', () => (this.pressed = true));
    for (const end of ['pointerup', 'pointercancel'])
      window.addEventListener(end, () => window.setTimeout(() => (this.pressed = false)));
    market.events.on('change', () => (this.dirty = true));
    market.events.on('today', (line) => this.addNews(market.sayEvent(line)));
    market.events.on('blockade', (words) => this.addNews(words));
    market.events.on('silent', () => this.onSilent());
  }

  private onSilent(): void {
    this.silentSince = new Date(this.market.asOf || Date.now()).toLocaleTimeString('en-GB');
    this.dirty = true;
  }

  /** The one line at the top: what the app has to say ('' = nothing), else that trade is closed. */
  notice(words: string): void {
    const closed = say('tradeClosed');
    const silent = this.market.silent && (!words || words === closed);
    const line = silent ? `${closed} ${say('asOf', { t: this.silentSince })}` : words;
    this.chip.hidden = line === '';
    setText(this.chipWords, line);
  }

  /** The ship rests at this location now. */
  arrive(location: number): void {
    this.location = location;
    this.tab = 'market';
    this.dirty = true;
    this.market.stale();
    this.undockButton.disabled = false;
    this.drawHeader();
  }

  undocking(on: boolean): void {
    this.undockButton.disabled = on;
    this.undockButton.replaceChildren(icon('undock'), say(on ? 'undocking' : 'undock'));
  }

  addNews(words: string): void {
    this.news.unshift(
      h(
        'div',
        { class: 'job' },
        h('span', { class: 'mute' }, new Date().toLocaleTimeString('en-GB')),
        h('b', {}, words),
      ),
    );
    this.news.length = Math.min(this.news.length, 40);
    if (this.tab === 'news') this.dirty = true;
  }

  /** Arrows choose the row and the quantity, B and S the side, Enter sends. */
  key(event: KeyboardEvent): void {
    if (event.target instanceof HTMLInputElement && event.target.type !== 'range') {
      if (event.code === 'Enter' && event.target.type === 'number') void this.ticket.send();
      return;
    }
    const at = this.rows.findIndex((r) => r.commodity === this.ticket.commodity);
    const by = event.shiftKey ? 10 : 1;
    switch (event.code) {
      case 'ArrowDown':
        this.choose(this.rows[Math.min(this.rows.length - 1, at + 1)]);
        break;
      case 'ArrowUp':
        this.choose(this.rows[Math.max(0, at - 1)]);
        break;
      case 'ArrowRight':
        this.ticket.setQuantity(this.ticket.quantity + by);
        break;
      case 'ArrowLeft':
        this.ticket.setQuantity(this.ticket.quantity - by);
        break;
      case 'KeyB':
        this.ticket.setSide(Side.BUY);
        break;
      case 'KeyS':
        this.ticket.setSide(Side.SELL);
        break;
      case 'Enter':
        if (event.target instanceof HTMLButtonElement) return;
        void this.ticket.send();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  private choose(row: Row | undefined, open = false): void {
    if (!row) return;
    this.ticket.show(this.location, row.commodity);
    if (open) this.ticket.element.classList.add('open');
    this.dirty = true;
  }

  /** Somebody types, chooses or presses in the list: drawing it anew would take that away. */
  private held(): boolean {
    const at = document.activeElement;
    const typing = at instanceof HTMLInputElement && at.type !== 'checkbox';
    const busy = typing || at instanceof HTMLSelectElement;
    return this.pressed || (busy && this.list.contains(at));
  }

  update(now: number): void {
    this.ticket.pump(now);
    if (this.tab === 'leaders') this.leaders.pump(now);
    if (this.tab === 'jobs') this.contracts.pump(now, this.location);
    if (this.tab === 'exchange') this.exchange.pump(now, this.location, 0);
    if (!this.dirty || this.held()) return;
    this.dirty = false;
    this.rows = this.sorted(this.market.rows(this.location));
    this.drawSums();
    this.drawTabs();
    if (this.tab === 'market') this.drawTable();
    else this.drawFacts();
    this.drawHold();
    if (this.ticket.commodity === 0 || !this.market.line(this.location, this.ticket.commodity)) {
      const best = [...this.rows].sort((a, b) => (b.best?.profit ?? 0) - (a.best?.profit ?? 0))[0];
      if (best) this.ticket.show(this.location, best.commodity);
    } else {
      this.ticket.show(this.location, this.ticket.commodity);
    }
  }

  private drawHeader(): void {
    const s = this.game.station(this.location);
    const zone = this.game.zone(s?.zone ?? 0);
    if (!s || !zone) return;
    const glyph = new Sheet();
    glyph.resize(34, 34);
    glyph.canvas.classList.add('glyph');
    stationGlyph(glyph.begin(), stationKind(s, zone.risk), 17, 17, 14, COLOURS.text);
    const role = [
      s.body,
      (s.flags & 2) !== 0 ? 'shipyard' : '',
      say('tax', { n: percent(zone.taxPm) }),
    ].filter(Boolean);
    this.header.replaceChildren(
      glyph.canvas,
      h(
        'div',
        { class: 'who' },
        h('h1', {}, s.name),
        h(
          'div',
          { class: 'facts' },
          h('span', { class: `risk${zone.risk}` }, chevrons(zone.risk)),
          h('span', { class: `label risk${zone.risk}` }, say(`risk${zone.risk}` as 'risk0')),
          h('span', {}, [zone.name, ...role].join(' · ')),
        ),
      ),
      h(
        'div',
        { class: 'sum hold-sum' },
        h('div', { class: 'label' }, say('hold')),
        this.holdSum,
        this.holdOf,
      ),
      h('div', { class: 'sum' }, h('div', { class: 'label' }, say('credits')), this.creditSum),
      this.undockButton,
      h(
        'button',
        { class: 'button outlined to-chat', label: say('chat'), onclick: this.actions.chat },
        icon('chat'),
      ),
      h(
        'button',
        { class: 'button outlined to-menu', label: say('menu'), onclick: this.actions.menu },
        icon('menu'),
      ),
    );
  }

  private drawSums(): void {
    setText(this.holdSum, figure(this.market.cargoMass));
    setText(this.holdOf, ` ${say('of', { n: this.market.hold })}`);
    setText(
      this.creditSum,
      this.game.credits === null ? say('unknown') : figure(this.game.credits),
    );
  }

  private drawTabs(): void {
    const jobs = this.market.account?.job.length ?? 0;
    const tab = (name: Tab, words: TextKey, count = 0): HTMLElement =>
      h(
        'button',
        {
          class: 'tab',
          role: 'tab',
          attrs: { 'aria-selected': String(this.tab === name) },
          onclick: () => {
            this.tab = name;
            this.dirty = true;
          },
        },
        say(words),
        count ? h('span', { class: 'count' }, String(count)) : null,
      );
    const all = this.market.rows(this.location);
    const filter = (name: Filter, words: TextKey, n: number): HTMLElement =>
      h(
        'button',
        {
          attrs: { 'aria-pressed': String(this.filter === name) },
          onclick: () => {
            this.filter = name;
            this.dirty = true;
          },
        },
        say(words, { n }),
      );
    const find = this.filters.firstElementChild!;
    this.filters.replaceChildren(
      find,
      filter('all', 'filterAll', all.length),
      filter('hold', 'filterHold', all.filter((r) => r.inHold > 0).length),
      filter('profit', 'filterProfit', all.filter((r) => this.profitOf(r) > 0).length),
    );
    this.filters.hidden = this.tab !== 'market';
    this.tabs.replaceChildren(
      tab('market', 'tabMarket'),
      tab('exchange', 'tabExchange'),
      tab('jobs', 'tabJobs', jobs),
      tab('ship', 'tabShip'),
      tab('news', 'tabNews'),
      tab('leaders', 'tabLeaders'),
    );
  }

  private profitOf(r: Row): number {
    return r.best && (r.line.sells || r.inHold > 0) ? r.best.profit : 0;
  }

  private sorted(rows: Row[]): Row[] {
    const shown = rows.filter(
      (r) =>
        (this.filter !== 'hold' || r.inHold > 0) &&
        (this.filter !== 'profit' || this.profitOf(r) > 0) &&
        this.game.goodName(r.commodity).toLowerCase().includes(this.search),
    );
    const value = (r: Row): number | string => {
      switch (this.sort) {
        case 'buy':
          return r.line.buy;
        case 'sell':
          return r.line.sell;
        case 'hour':
          return r.line.changePm;
        case 'stock':
          return r.line.stock / Math.max(1, r.line.target);
        case 'hold':
          return r.inHold;
        case 'best':
          return r.best?.station.name ?? '';
        case 'profit':
          return this.profitOf(r);
        default:
          return r.commodity;
      }
    };
    const sign = this.down ? -1 : 1;
    return shown.sort((a, b) => {
      const x = value(a);
      const y = value(b);
      return sign * (typeof x === 'string' ? x.localeCompare(String(y)) : x - Number(y));
    });
  }

  private drawTable(): void {
    const best = Math.max(0, ...this.rows.map((r) => this.profitOf(r)));
    const head = h(
      'tr',
      {},
      ...COLUMNS.map(([key, words, cls]) => {
        const th = h(
          'th',
          { class: `t-${cls} ${cls === 'best' ? 'start' : ''}`, attrs: { scope: 'col' } },
          h(
            'button',
            {
              onclick: () => {
                this.down = this.sort === key ? !this.down : key !== 'good';
                this.sort = key;
                this.dirty = true;
              },
            },
            say(words),
          ),
        );
        if (this.sort === key) th.setAttribute('aria-sort', this.down ? 'descending' : 'ascending');
        return th;
      }),
    );
    const top = this.list.querySelector('.scroll')?.scrollTop ?? 0;
    const scroll = h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {},
        h('colgroup', {}, ...COLUMNS.map(([, , cls]) => h('col', { class: `c-${cls}` }))),
        h('thead', {}, head),
        h('tbody', {}, ...this.rows.map((r) => this.drawRow(r, best))),
      ),
    );
    this.list.replaceChildren(scroll);
    scroll.scrollTop = top;
  }

  private drawRow(r: Row, best: number): HTMLElement {
    const good = this.game.good(r.commodity);
    const { line } = r;
    const share = line.target > 0 ? line.stock / line.target : 0;
    const word =
      share < 0.35
        ? 'stockShort'
        : share < 0.8
          ? 'stockLow'
          : share <= 1.15
            ? 'stockNormal'
            : 'stockPlenty';
    const short = share < 0.35;
    const event = eventWord(line.event);
    const meter = h('span', { class: `meter ${short ? 'short' : ''}` }, h('i'), h('b'));
    setVar(meter, '--share', Math.min(1, share / 2).toFixed(3));
    const profit = this.profitOf(r);
    const row = h(
      'tr',
      {
        attrs: { 'aria-selected': String(r.commodity === this.ticket.commodity), tabindex: '0' },
        data: { good: good?.code ?? '' },
        onclick: () => this.choose(r, true),
      },
      h(
        'td',
        {},
        h(
          'span',
          { class: `good ${line.restricted ? 'rare' : ''}` },
          icon(goodIcon(good?.code ?? ''), 18),
          this.game.goodName(r.commodity),
        ),
      ),
      h(
        'td',
        { class: line.sells ? '' : 'closed' },
        h('span', { class: 'figure' }, line.sells ? figure(line.buy) : '–'),
      ),
      h(
        'td',
        { class: line.buys ? '' : 'closed' },
        h('span', { class: 'figure' }, line.buys ? figure(line.sell) : '–'),
      ),
      h(
        'td',
        { class: `t-hour ${line.changePm > 0 ? 'gain' : line.changePm < 0 ? 'loss' : 'mute'}` },
        `${arrow(line.changePm)} ${percent(Math.abs(line.changePm))}`,
      ),
      h(
        'td',
        { class: 't-stock start' },
        meter,
        h(
          'span',
          { class: `meter-word ${event ? 'event' : short ? 'short' : ''}` },
          event ? say(event) : say(word),
        ),
      ),
      h(
        'td',
        { class: 't-hold' },
        h('span', { class: 'figure' }, r.inHold ? figure(r.inHold) : '–'),
      ),
      h('td', { class: 't-best start' }, this.bestPlace(r, profit)),
      h(
        'td',
        { class: profit > 0 ? 'gain' : 'dim' },
        profit > 0 && profit === best ? icon('star') : '',
        ' ',
        h('span', { class: 'figure' }, profit > 0 ? signed(profit) : '–'),
      ),
    );
    return row;
  }

  private bestPlace(r: Row, profit: number): HTMLElement {
    const place = r.best;
    if (!place || profit <= 0) {
      const here = place?.station.id === this.location && r.inHold > 0;
      return h(
        'span',
        { class: here ? 'place gain' : 'dim' },
        here ? icon('check') : '',
        here ? say('sellHere') : say('noProfit'),
      );
    }
    const risk = this.game.zone(place.station.zone)?.risk ?? 0;
    return h(
      'span',
      { class: 'place' },
      h('span', { class: `risk${risk}` }, chevrons(risk)),
      h('span', {}, place.station.name),
      h('small', {}, distance(place.distance)),
    );
  }

  private drawHold(): void {
    const { account } = this.market;
    const blocks = h('div', { class: 'blocks' });
    let worth = 0;
    (account?.cargo ?? []).forEach((g, i) => {
      const mass = g.quantity * (this.game.good(g.commodity)?.mass ?? 1);
      const block = h(
        'span',
        { class: `b${i % 5}` },
        `${g.quantity} ${this.game.goodName(g.commodity)}`,
      );
      setVar(block, '--share', (mass / Math.max(1, this.market.hold)).toFixed(4));
      blocks.append(block);
      worth += g.quantity * (this.market.line(this.location, g.commodity)?.sell ?? 0);
    });
    if (this.tab === 'market' && this.ticket.side === Side.BUY && this.ticket.commodity) {
      const mass = this.ticket.quantity * (this.game.good(this.ticket.commodity)?.mass ?? 1);
      const block = h('span', { class: 'order' }, say('thisOrder', { n: mass }));
      const room = this.market.hold - this.market.cargoMass;
      setVar(block, '--share', (Math.min(mass, room) / Math.max(1, this.market.hold)).toFixed(4));
      if (mass <= room) blocks.append(block);
    }
    this.holdStrip.replaceChildren(
      h(
        'div',
        { class: 'top' },
        h('span', { class: 'label' }, say('yourHold')),
        h(
          'span',
          { class: 'mute' },
          worth > 0 ? say('worthHere', { cr: money(worth) }) : say('holdEmpty'),
        ),
      ),
      blocks,
      h(
        'div',
        { class: 'scale' },
        h('span', {}, '0 t'),
        h('span', {}, say('fullLoad', { n: this.market.hold })),
      ),
    );
  }

  private drawFacts(): void {
    const box = h('div', { class: 'facts-list' });
    if (this.tab === 'jobs') this.contracts.draw(box);
    if (this.tab === 'exchange') this.exchange.draw(box);
    if (this.tab === 'ship') this.yard.draw(box, this.location);
    if (this.tab === 'leaders') this.leaders.draw(box);
    if (this.tab === 'news')
      box.append(...(this.news.length ? this.news : [h('p', { class: 'mute' }, say('noNews'))]));
    this.list.replaceChildren(h('div', { class: 'scroll', attrs: { tabindex: '0' } }, box));
  }
}

function arrow(pm: number): string {
  return pm > 4 ? '▲' : pm < -4 ? '▼' : '–';
}
