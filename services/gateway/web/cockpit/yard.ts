// SPDX-License-Identifier: Apache-2.0
// The ship tab of a station: the present ship, the own ships, and what the shipyard builds.

import { create } from '@bufbuild/protobuf';
import { Insurance, type OwnShip, type ShipReply, ShipRequestSchema } from '@gen/trade_pb';
import { HolderKind, OrderResult } from '@gen/types_pb';
import type { ShipClass } from '../kernel/config';
import { sayRefused } from './dialogs';
import { h } from './dom';
import { Fitting, premium, type Wish } from './fitting';
import type { Game } from './game';
import type { Market } from './market';
import { Sheet } from './scene/marks';
import { COLOURS } from './scene/palette';
import { drawShip, silhouette } from './scene/ships';
import { figure, money, say, sayCode, type TextKey } from './text';

/** Flags of a station. */
const SHIPYARD = 2;
const ALL_SHIPS = 4;
/** A small yard builds no dearer ships. */
const SMALL_YARD_PRICE = 40000;

export class Yard {
  private tradeIn = true;
  private insure = true;
  private readonly fitting: Fitting;
  private busy = false;
  private words = '';
  private bad = false;

  constructor(
    private readonly game: Game,
    private readonly market: Market,
    private readonly changed: () => void,
  ) {
    this.fitting = new Fitting(game, market, (want, done) => void this.send(want, () => done));
  }

  draw(box: HTMLElement, location: number): void {
    const { account } = this.market;
    const ship = this.game.shipClass(account?.classId ?? 0);
    if (!account || !ship) return;
    const { flown } = this.market;
    const yard = ((this.game.station(location)?.flags ?? 0) & SHIPYARD) !== 0;
    box.append(this.present(ship, flown));
    const line = h('p', { class: this.bad ? 'say' : 'gain', role: 'status' }, this.words);
    line.hidden = this.words === '';
    box.append(line);
    if (flown) this.fitting.draw(box, ship, flown, yard, this.busy);
    if (account.fleet.length > 1) {
      const ships = account.fleet.map((s) => this.own(s, account.ship, location));
      box.append(h('h3', {}, say('fleet')), ...ships);
    }
    this.drawYard(box, location, ship, yard);
  }

  private present(ship: ShipClass, own: OwnShip | undefined): HTMLElement {
    const sheet = new Sheet();
    sheet.resize(320, 220);
    const c = sheet.begin();
    c.translate(160, 110);
    drawShip(c, silhouette(ship.id, ship), 6, COLOURS.own, true);
    const hull = this.market.account?.hull ?? ship.hull;
    const facts: [TextKey, string][] = [
      ['shipClass', ship.name],
      ['shipHold', say('fullLoad', { n: ship.hold })],
      ['shipCruise', speed(ship.cruise)],
      ['shipBoost', speed(ship.boosted)],
      ['shipTurn', say('degrees', { n: Math.round((ship.turn * 20 * 360) / 4096) })],
      ['shipHull', `${figure(hull)} / ${figure(ship.hull)}`],
      ['shipShield', figure(ship.shield)],
      ['shipGuns', this.fitting.guns(ship, own)],
    ];
    const rows = facts.flatMap(([k, v]) => [
      h('dt', {}, say(k)),
      h('dd', { class: 'figure' }, v),
    ]);
    return h('div', { class: 'present' }, sheet.canvas, h('dl', {}, ...rows));
  }

  private own(s: OwnShip, flown: number, location: number): HTMLElement {
    const here = s.holder === HolderKind.STATION && s.holderId === location;
    const where =
      s.ship === flown
        ? say('fleetFlown')
        : here
          ? say('fleetHere')
          : s.holder === HolderKind.STATION
            ? say('fleetAt', { name: this.game.station(s.holderId)?.name ?? '' })
            : say('fleetOut');
    const button = h(
      'button',
      {
        class: 'button',
        onclick: () => void this.send({ ship: s.ship }, (reply) => this.bought(reply, s.classId)),
      },
      say('fleetTake'),
    );
    button.disabled = this.busy;
    button.hidden = !here || s.ship === flown;
    return h(
      'div',
      { class: 'job own-ship' },
      h('b', {}, this.game.shipClass(s.classId)?.name ?? say('unknown')),
      h('span', { class: 'mute' }, where),
      button,
    );
  }

  private drawYard(box: HTMLElement, location: number, ship: ShipClass, yard: boolean): void {
    const flags = this.game.station(location)?.flags ?? 0;
    box.append(h('h3', {}, say('yard')));
    if (!yard) {
      box.append(h('p', { class: 'mute' }, say('yardNone')));
      return;
    }
    const all = (flags & ALL_SHIPS) !== 0;
    if (!all) box.append(h('p', { class: 'mute' }, say('yardSmall')));
    const built = this.game.pilotClasses.filter((c) => all || c.price <= SMALL_YARD_PRICE);
    const resale = this.market.flown?.resale ?? 0;
    const trade = say('yardTrade', { name: ship.name, cr: money(resale) });
    box.append(
      this.tick(trade, this.tradeIn, (on) => (this.tradeIn = on)),
      this.tick(say('yardInsure'), this.insure, (on) => (this.insure = on)),
      this.table(built, this.tradeIn ? resale : 0),
    );
  }

  private tick(words: string, on: boolean, set: (on: boolean) => void): HTMLElement {
    const box = h('input', { type: 'checkbox' });
    box.checked = on;
    box.addEventListener('change', () => {
      set(box.checked);
      this.changed();
    });
    return h('label', { class: 'trade-in' }, box, words);
  }

  private table(built: ShipClass[], back: number): HTMLElement {
    const heads: TextKey[] = [
      'shipClass', 'shipHold', 'shipCruise', 'shipHull', 'shipShield', 'shipGuns', 'shipPrice',
    ];
    return h(
      'table',
      { class: 'yard' },
      h('thead', {}, h('tr', {}, ...heads.map((k) => h('th', {}, say(k))), h('th', {}))),
      h('tbody', {}, ...built.map((c) => this.row(c, c.price - back + this.premium(c)))),
    );
  }

  private premium(c: ShipClass): number {
    return this.insure ? premium(c) : 0;
  }

  private row(c: ShipClass, total: number): HTMLElement {
    const button = h(
      'button',
      {
        class: 'button',
        onclick: () =>
          void this.send(
            {
              classId: c.id,
              tradeIn: this.tradeIn,
              worstTotal: BigInt(Math.max(0, total)),
              ...(this.insure && { insurance: Insurance.WANTED }),
            },
            (reply) => this.bought(reply, c.id),
          ),
      },
      say('yardBuy'),
    );
    button.disabled = this.busy || this.market.silent || total > (this.game.credits ?? 0);
    const cell = (v: string): HTMLElement => h('td', {}, h('span', { class: 'figure' }, v));
    return h(
      'tr',
      { data: { ship: c.code } },
      h('td', { class: 'start' }, c.name),
      cell(say('fullLoad', { n: c.hold })),
      cell(speed(c.cruise)),
      cell(figure(c.hull)),
      cell(figure(c.shield)),
      cell(String(c.guns + c.torpedoes)),
      cell(total === 0 ? say('yardFree') : figure(total)),
      h('td', {}, button),
    );
  }

  private async send(want: Wish, done: (reply: ShipReply) => string): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.words = '';
    this.changed();
    try {
      const reply = await this.market.deal('ship', create(ShipRequestSchema, want));
      if (reply) this.took(reply, done);
    } catch (error) {
      this.words = sayRefused(error);
      this.bad = true;
    }
    this.busy = false;
    this.changed();
  }

  private took(reply: ShipReply, done: (reply: ShipReply) => string): void {
    const limit = figure(reply.limit);
    const total = figure(reply.total);
    this.bad = reply.result !== OrderResult.DONE;
    if (this.bad) {
      const key = `yard_${reply.result}`;
      const otherwise = reply.result === OrderResult.NO_CREDITS ? 'order_3' : 'order_13';
      this.words = sayCode(key, otherwise, { limit, total });
      return;
    }
    this.words = done(reply);
  }

  private bought(reply: ShipReply, classId: number): string {
    const paid = Number(reply.total);
    const cr = money(Math.abs(paid));
    return say('yardBought', {
      name: this.game.shipClass(classId)?.name ?? '',
      cr: paid > 0 ? say('yardPaid', { cr }) : paid < 0 ? say('yardGot', { cr }) : '',
    }).trim();
  }
}

function speed(k: number): string {
  return say('perSecond', { n: figure((k * 20) / 512) });
}
