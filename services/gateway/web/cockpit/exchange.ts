// SPDX-License-Identifier: Apache-2.0
// Limit orders between pilots: what waits at this station for a good, own orders, and goods in the
// station's locker. Asks while it is seen.

import { create } from '@bufbuild/protobuf';
import {
  type BookLevel,
  type BookReply,
  BookRequestSchema,
  LimitAction,
  type LimitOrder,
  type LimitReply,
  LimitRequestSchema,
} from '@gen/limit_pb';
import { OrderResult, Side } from '@gen/types_pb';
import { sayRefused } from './dialogs';
import { h, leave } from './dom';
import type { Game } from './game';
import type { Market } from './market';
import { figure, money, say, sayCode, seconds } from './text';

const REFRESH_MS = 3000;

export class Exchange {
  private book: BookReply | null = null;
  private location = 0;
  private commodity = 0;
  private nextAt = 0;
  private busy = false;
  private words = '';
  private bad = false;
  private side = Side.BUY;
  private price = 0;
  private quantity = 1;

  constructor(
    private readonly game: Game,
    private readonly market: Market,
    private readonly changed: () => void,
  ) {}

  /** Call often while it is seen. */
  pump(now: number, location: number, commodity: number): void {
    if (location !== this.location || !this.commodity) {
      this.location = location;
      this.choose(commodity || (this.market.rows(location)[0]?.commodity ?? 0));
    }
    if (now < this.nextAt || !this.commodity) return;
    this.nextAt = now + REFRESH_MS;
    void this.refresh();
  }

  private choose(commodity: number): void {
    this.commodity = commodity;
    this.book = null;
    this.nextAt = 0;
    this.words = '';
    this.price = this.market.line(this.location, commodity)?.usual ?? 0;
    this.changed();
  }

  private async refresh(): Promise<void> {
    const { location, commodity } = this;
    try {
      const body = await this.game.session.ask(
        { case: 'book', value: create(BookRequestSchema, { location, commodity }) },
        { giveUpMs: 2500 },
      );
      if (body.case !== 'book' || commodity !== this.commodity) return;
      this.book = body.value;
      this.changed();
    } catch {
      // Tried again soon; what is shown may be a little old.
    }
  }

  draw(box: HTMLElement): void {
    const status = { class: this.bad ? 'loss' : 'gain', role: 'status' };
    if (this.words) box.append(h('p', status, this.words));
    box.append(this.form());
    if (!this.book) {
      box.append(h('p', { class: 'mute' }, say('bookAsking')));
      return;
    }
    box.append(
      h(
        'div',
        { class: 'boards' },
        this.levels('bid', say('bookBids'), this.book.bid),
        this.levels('ask', say('bookAsks'), this.book.ask),
      ),
    );
    if (this.book.own.length) box.append(h('h3', {}, say('bookOwn')));
    for (const o of this.book.own) box.append(this.own(o));
    if (this.book.locker.length) box.append(h('h3', {}, say('locker')));
    for (const g of this.book.locker) box.append(this.inLocker(g.commodity, g.quantity));
  }

  private levels(kind: string, title: string, levels: BookLevel[]): HTMLElement {
    const rows = levels.map((l) =>
      h('li', {}, h('span', { class: 'figure' }, money(l.price)), ` × ${figure(l.quantity)}`),
    );
    return h(
      'section',
      { data: { book: kind } },
      h('h3', {}, title),
      rows.length ? h('ol', {}, ...rows) : h('p', { class: 'mute' }, say('bookEmpty')),
    );
  }

  private own(o: LimitOrder): HTMLElement {
    const left = seconds(Math.max(0, (Number(o.endsMs) - Date.now()) / 1000));
    const words = say(o.side === Side.BUY ? 'bookBuys' : 'bookSells', {
      n: o.left,
      good: this.game.goodName(o.commodity),
      cr: money(o.price),
    });
    const button = h(
      'button',
      { class: 'button', onclick: () => void this.send(LimitAction.CANCEL, o) },
      say('bookCancel'),
    );
    button.disabled = this.busy;
    return h(
      'div',
      { class: 'job', data: { limit: 'own' } },
      h('b', {}, words),
      h('span', { class: 'mute' }, say('contractLeft', { t: left })),
      button,
    );
  }

  private inLocker(commodity: number, quantity: number): HTMLElement {
    const button = h(
      'button',
      {
        class: 'button',
        onclick: () => void this.send(LimitAction.COLLECT, { commodity }),
      },
      say('lockerCollect'),
    );
    button.disabled = this.busy;
    return h(
      'div',
      { class: 'job', data: { limit: 'locker' } },
      h('b', {}, `${figure(quantity)} ${this.game.goodName(commodity)}`),
      button,
    );
  }

  private form(): HTMLElement {
    const goods = h(
      'select',
      { label: say('colGood') },
      ...this.market.rows(this.location).map((row) => {
        const option = h(
          'option',
          { attrs: { value: String(row.commodity) } },
          this.game.goodName(row.commodity),
        );
        option.selected = row.commodity === this.commodity;
        return option;
      }),
    );
    goods.addEventListener('change', () => {
      leave();
      this.choose(Number(goods.value));
    });
    const number = (label: string, value: number, take: (n: number) => void) => {
      const input = h('input', { type: 'number', label, attrs: { min: '1', step: '1' } });
      input.value = String(value);
      input.addEventListener('input', () => take(Math.floor(Number(input.value))));
      return h('label', {}, label, input);
    };
    const side = (which: Side, words: string): HTMLButtonElement => {
      const button = h('button', { class: 'button', onclick: () => void this.place(which) }, words);
      button.disabled = this.busy;
      return button;
    };
    return h(
      'div',
      { class: 'job limit-form' },
      goods,
      number(say('bookQuantity'), this.quantity, (n) => (this.quantity = n)),
      number(say('bookPrice'), this.price, (n) => (this.price = n)),
      side(Side.BUY, say('buy')),
      side(Side.SELL, say('sell')),
    );
  }

  private place(side: Side): Promise<void> {
    this.side = side;
    return this.send(LimitAction.PLACE, {
      commodity: this.commodity,
      side,
      price: Math.max(0, this.price),
      quantity: Math.max(0, this.quantity),
    });
  }

  private async send(action: LimitAction, what: Partial<LimitOrder>): Promise<void> {
    this.busy = true;
    leave();
    this.changed();
    try {
      const reply = await this.market.deal(
        'limit',
        create(LimitRequestSchema, {
          action,
          location: this.location,
          commodity: what.commodity ?? 0,
          side: what.side ?? Side.UNSPECIFIED,
          price: what.price ?? 0,
          quantity: what.quantity ?? 0,
          order: what.order ?? 0n,
        }),
      );
      if (reply) this.took(action, reply);
    } catch (error) {
      this.words = sayRefused(error);
      this.bad = true;
    }
    this.busy = false;
    this.nextAt = 0;
    this.changed();
  }

  private took(action: LimitAction, reply: LimitReply): void {
    this.bad = reply.result !== OrderResult.DONE;
    const limit = figure(reply.limit);
    if (this.bad) {
      const stock = this.side === Side.SELL ? 'order_4_sell' : 'order_4_buy';
      const key = reply.result === OrderResult.NO_STOCK ? stock : `limit_${reply.result}`;
      this.words = sayCode(key, 'order_13', { limit });
      return;
    }
    const left = reply.order?.left ?? 0;
    if (action === LimitAction.CANCEL) this.words = say('limitCancelled');
    else if (action === LimitAction.COLLECT)
      this.words = say('limitCollected', { n: reply.collected });
    else if (!reply.filled) this.words = say('limitWaits', { n: left });
    else
      this.words = say(left ? 'limitPart' : 'limitFilled', {
        n: reply.filled,
        cr: money(reply.total),
        left,
      });
  }
}
