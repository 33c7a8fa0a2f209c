// SPDX-License-Identifier: Apache-2.0
// The drawer of a pilot: since when, ship, ships destroyed and lost, the last fights; of oneself
// the trade of the last days as well. Asks when it is opened, and for names while it is open.

import { create } from '@bufbuild/protobuf';
import {
  type CombatRow,
  type RecordReply,
  RecordRequestSchema,
  type TradingReply,
  TradingRequestSchema,
} from '@gen/record_pb';
import { creditCurve } from './curve';
import { sayRefused } from './dialogs';
import { h } from './dom';
import type { Game } from './game';
import { Sheet } from './scene/marks';
import { COLOURS } from './scene/palette';
import { drawShip, silhouette } from './scene/ships';
import { capital, figure, money, say, signed } from './text';

const DAY_S = 86400;
const NAMES_MS = 600;

const dayOf = (seconds: number): string => new Date(seconds * 1000).toLocaleDateString('en-GB');

function row(words: string, value: Node | string, tone = ''): HTMLElement {
  return h('div', { class: 'row' }, h('span', {}, words), h('b', { class: tone }, value));
}

export class PilotCard {
  readonly element: HTMLElement;
  private readonly title = h('h2', {}, '…');
  private readonly body = h('div', { class: 'pilot-body' });
  private record: RecordReply | null = null;
  private trading: TradingReply | null = null;

  /** `player` 0 = oneself. */
  constructor(
    private readonly game: Game,
    private readonly player: number,
    close: () => void,
  ) {
    this.element = h(
      'aside',
      { class: 'drawer pilot', role: 'dialog', label: say('pilot') },
      h(
        'div',
        { class: 'head' },
        this.title,
        h('button', { class: 'button', onclick: close }, say('close')),
      ),
      this.body,
    );
    this.body.append(h('p', { class: 'mute' }, say('lookingUp')));
    void this.load();
  }

  private get own(): boolean {
    return this.player === 0 || this.player === Number(this.game.session.playerId);
  }

  private async load(): Promise<void> {
    const { session } = this.game;
    const value = create(RecordRequestSchema, { player: BigInt(this.player) });
    const trade = create(TradingRequestSchema, {});
    try {
      const [record, trading] = await Promise.all([
        session.ask({ case: 'record', value }),
        this.own ? session.ask({ case: 'trading', value: trade }).catch(() => null) : null,
      ]);
      if (record.case === 'record') this.record = record.value;
      if (trading?.case === 'trading') this.trading = trading.value;
    } catch (error) {
      this.body.replaceChildren(h('p', { class: 'say' }, sayRefused(error)));
      return;
    }
    this.draw();
  }

  private draw(): void {
    const { record, game } = this;
    if (!record) return;
    this.title.replaceChildren(h('bdi', {}, record.name));
    const rows = [
      row(say('since'), dayOf(Number(record.createdAt))),
      row(say('kills'), figure(record.kills)),
      row(say('deaths'), figure(record.deaths)),
    ];
    if (this.own) rows.unshift(...this.ship());
    if (this.own && game.credits !== null) rows.push(row(say('credits'), money(game.credits)));
    const curve = this.trading && creditCurve(this.trading.credit);
    if (curve) rows.push(curve);
    this.body.replaceChildren(...rows, ...this.days(), ...this.fights(record.row));
  }

  private ship(): HTMLElement[] {
    const ship = this.game.shipClass(this.game.own?.state?.classId ?? 0);
    if (!ship) return [];
    const sheet = new Sheet();
    sheet.resize(240, 120);
    const c = sheet.begin();
    c.translate(120, 60);
    drawShip(c, silhouette(ship.id, ship), 3.4, COLOURS.own, true);
    sheet.canvas.classList.add('ship-drawn');
    return [sheet.canvas, row(say('shipClass'), ship.name)];
  }

  private days(): HTMLElement[] {
    const { trading } = this;
    if (!trading) return [];
    const cells = (...words: string[]): HTMLElement[] =>
      words.map((w, i) => h('td', { class: i ? 'figure' : '' }, w));
    const lines = [...trading.day]
      .reverse()
      .map((d) =>
        h(
          'tr',
          {},
          ...cells(
            dayOf(d.day * DAY_S),
            `${figure(d.trades)} · ${signed(Number(d.traded))}`,
            `${figure(d.kills)} · ${signed(Number(d.bounties))}`,
          ),
        ),
      );
    const head = ['pilotDay', 'pilotTrade', 'pilotBounties'] as const;
    const table = h(
      'table',
      { class: 'days' },
      h('thead', {}, h('tr', {}, ...head.map((key) => h('th', {}, say(key))))),
      h('tbody', {}, ...lines),
    );
    return [
      row(say('pilotDeliveries'), figure(trading.deliveries)),
      h('div', { class: 'label' }, say('pilotDays')),
      lines.length > 0 ? table : h('p', { class: 'mute' }, say('pilotNoDays')),
    ];
  }

  private who(player: bigint, classId: number): string {
    if (player === 0n) return say('aShip', { name: this.game.className(classId) });
    return this.game.session.names.of(Number(player));
  }

  private fights(rows: CombatRow[]): HTMLElement[] {
    const title = h('div', { class: 'label' }, say('pilotFights'));
    if (rows.length === 0) return [title, h('p', { class: 'mute' }, say('pilotNoFights'))];
    let nameless = false;
    const items = rows.map((r) => {
      const sun = r.killerClass === 0;
      const by = sun ? say('pilotSun') : this.who(r.killerPlayer, r.killerClass);
      const victim = this.who(r.victimPlayer, r.victimClass);
      nameless ||= by === '' || victim === '';
      const lost = r.victimPlayer === this.record?.player;
      const words = say('feedKillBy', { by: capital(by || '…'), who: victim || '…' });
      const when = new Date(Number(r.atMs)).toLocaleString('en-GB');
      const where = this.game.zone(r.zone)?.name ?? '';
      return h(
        'li',
        {},
        h('b', { class: lost ? 'loss' : 'gain' }, h('bdi', {}, words)),
        h('small', { class: 'mute' }, `${when}, ${where}`),
      );
    });
    if (nameless)
      window.setTimeout(() => {
        if (this.element.isConnected) this.draw();
      }, NAMES_MS);
    return [title, h('ol', { class: 'fights' }, ...items)];
  }
}
