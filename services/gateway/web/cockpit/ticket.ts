// SPDX-License-Identifier: Apache-2.0
// The order ticket: side and quantity, a firm quote with its reasons, one button, receipts. The
// price is asked again once by itself when it runs out.

import { type QuoteReply } from '@gen/trade_pb';
import { OrderResult, Side } from '@gen/types_pb';
import type { Auth } from '../sdk/auth';
import { Chart } from './chart';
import { sayRefused } from './dialogs';
import { h, icon, setText, setVar, toggle } from './dom';
import type { Game } from './game';
import { goodIcon } from './icons';
import type { Market } from './market';
import { figure, money, percent, say, sayCode, signed, signedPercent } from './text';

const QUOTE_GAP_MS = 250;
const RECEIPTS = 3;

export class Ticket {
  readonly element = h('section', { class: 'panel ticket', label: 'Order' });
  side: Side = Side.BUY;
  quantity = 1;
  commodity = 0;
  private location = 0;
  private quote: QuoteReply | null = null;
  private quoteUntil = 0;
  private quoteAsked = false;
  private renewed = false;
  private askAt = 0;
  private serial = 0;
  private sending = false;
  private readonly receipts = h('ul', { class: 'receipts', attrs: { 'aria-live': 'polite' } });
  private readonly problem = h('p', { class: 'say', role: 'alert' });
  private readonly main = h('button', {
    class: 'button primary order-button',
    onclick: () => void this.send(),
  });
  private readonly buyTab = h(
    'button',
    { class: 'side-buy', onclick: () => this.setSide(Side.BUY) },
    say('buy'),
  );
  private readonly sellTab = h(
    'button',
    { class: 'side-sell', onclick: () => this.setSide(Side.SELL) },
    say('sell'),
  );
  private readonly number = h('input', {
    type: 'number',
    label: 'Quantity',
    attrs: { min: '1', max: '1000' },
  });
  private readonly slider = h('input', {
    type: 'range',
    label: 'Quantity',
    attrs: { min: '1', max: '1' },
  });
  private readonly head = h('div', { class: 'head' });
  private readonly chart: Chart;
  private readonly why = h('div', { class: 'why' });
  private readonly facts = h('dl');
  private readonly total = h('span', { class: 'figure' });
  private readonly ring = h('i', { class: 'ring' });
  private readonly held = h('span', {});
  private headKey = '';
  onClose: () => void = () => undefined;
  onSold: () => void = () => undefined;

  constructor(
    private readonly game: Game,
    private readonly market: Market,
    auth: Auth,
  ) {
    this.chart = new Chart(auth);
    const step = (by: number): HTMLElement =>
      h(
        'button',
        { label: by > 0 ? 'More' : 'Less', onclick: () => this.setQuantity(this.quantity + by) },
        by > 0 ? '+' : '−',
      );
    this.number.addEventListener('input', () => this.setQuantity(Number(this.number.value) || 1));
    this.slider.addEventListener('input', () => this.setQuantity(Number(this.slider.value)));
    this.element.append(
      this.head,
      this.chart.element,
      this.why,
      h('div', { class: 'sides' }, this.buyTab, this.sellTab),
      h(
        'div',
        { class: 'amount' },
        step(-1),
        this.number,
        step(1),
        this.slider,
        h('button', { class: 'max', onclick: () => this.setQuantity(this.most()) }, say('max')),
      ),
      this.facts,
      h('hr'),
      h(
        'div',
        { class: 'total' },
        h('span', { class: 'label' }, say('total')),
        h('span', { class: 'held mute' }, this.ring, this.held),
        this.total,
        h('small', {}, 'cr'),
      ),
      this.main,
      this.problem,
      this.receipts,
    );
  }

  show(location: number, commodity: number): void {
    const changed = location !== this.location || commodity !== this.commodity;
    this.location = location;
    this.commodity = commodity;
    this.chart.show(location, commodity);
    if (changed) {
      const line = this.market.line(location, commodity);
      this.side = this.market.inHold(commodity) > 0 || !line?.sells ? Side.SELL : Side.BUY;
      this.quantity = this.side === Side.SELL ? Math.max(1, this.market.inHold(commodity)) : 1;
      this.refuse('');
      this.drop();
    }
    this.draw();
  }

  setSide(side: Side): void {
    if (side === this.side) return;
    this.side = side;
    this.quantity = Math.max(1, Math.min(this.quantity, this.most()));
    this.drop();
    this.draw();
  }

  setQuantity(quantity: number): void {
    const next = Math.max(1, Math.min(Math.max(1, this.most()), Math.round(quantity)));
    if (next === this.quantity) {
      this.draw();
      return;
    }
    this.quantity = next;
    this.drop();
    this.draw();
  }

  /** Largest quantity that hold, wallet, stock and cargo allow, by the prices shown. */
  most(): number {
    const line = this.market.line(this.location, this.commodity);
    if (!line) return 1;
    if (this.side === Side.SELL) return Math.min(1000, this.market.inHold(this.commodity));
    const room = this.market.room(this.commodity);
    const purse = line.buy > 0 ? Math.floor((this.game.credits ?? 0) / line.buy) : 0;
    return Math.max(0, Math.min(1000, room, purse, line.stock));
  }

  private drop(): void {
    this.serial++;
    this.quote = null;
    this.quoteAsked = false;
    this.renewed = false;
    this.askAt = this.game.session.now() + QUOTE_GAP_MS;
  }

  /** Call often while the ticket is open: asks for prices and counts them down. */
  pump(now: number): void {
    this.chart.pump(now);
    if (this.commodity === 0 || this.sending) return;
    const left = this.quote ? this.quoteUntil - now : 0;
    if (this.quote && left <= 0 && !this.renewed) {
      this.quote = null;
      this.quoteAsked = false;
      this.renewed = true;
      this.askAt = now;
    }
    if (!this.quote && !this.quoteAsked && now >= this.askAt && this.allowed()) void this.ask(now);
    const share = this.quote && this.quote.validMs > 0 ? Math.max(0, left) / this.quote.validMs : 0;
    setVar(this.ring, '--share', share.toFixed(2));
    setText(
      this.held,
      this.quote && left > 0
        ? say('priceHeld', { s: Math.ceil(left / 1000) })
        : this.quoteAsked && !this.quote && !this.problem.textContent
          ? say('asking')
          : '',
    );
  }

  private allowed(): boolean {
    const line = this.market.line(this.location, this.commodity);
    return (
      line !== undefined && !this.market.silent && (this.side === Side.BUY ? line.sells : line.buys)
    );
  }

  private async ask(now: number): Promise<void> {
    this.quoteAsked = true;
    const serial = this.serial;
    try {
      const quote = await this.market.quote(
        this.location,
        this.commodity,
        this.side,
        this.quantity,
      );
      if (serial !== this.serial || !quote) return;
      if (quote.result === OrderResult.DONE) {
        this.quote = quote;
        this.quoteUntil = now + quote.validMs;
        this.refuse('');
      } else {
        this.refuse(this.sayResult(quote.result, quote.limit, quote.total));
      }
    } catch (error) {
      if (serial === this.serial) this.refuse(sayRefused(error));
    }
    this.draw();
  }

  private sayResult(result: OrderResult, limit: bigint, total: bigint): string {
    const side = this.side === Side.BUY ? 'buy' : 'sell';
    const key = result === OrderResult.NO_STOCK ? `order_4_${side}` : `order_${result}`;
    return sayCode(key, 'order_13', { limit: figure(limit), total: figure(total) });
  }

  private refuse(words: string): void {
    setText(this.problem, words);
  }

  /** The main button, also by Enter. */
  async send(): Promise<void> {
    if (this.sending || this.main.disabled) return;
    const { quote, side, quantity, commodity } = this;
    this.sending = true;
    this.refuse('');
    this.draw();
    try {
      const fresh = quote && this.quoteUntil > this.game.session.now();
      const slack = side === Side.BUY ? 103n : 97n;
      const worst = quote ? (fresh ? quote.total : (quote.total * slack) / 100n) : 0n;
      const reply = await this.market.order(
        this.location,
        commodity,
        side,
        quantity,
        worst,
        fresh ? quote.quoteId : new Uint8Array(0),
        () => this.refuse(say('orderRetry')),
      );
      if (reply) this.receipt(reply.result, side, quantity, commodity, reply.total, reply.limit);
    } catch (error) {
      this.refuse(sayRefused(error));
    }
    this.sending = false;
    this.drop();
    this.quantity = Math.max(1, Math.min(this.quantity, this.most()));
    this.draw();
  }

  private receipt(
    result: OrderResult,
    side: Side,
    quantity: number,
    commodity: number,
    total: bigint,
    limit: bigint,
  ): void {
    if (result !== OrderResult.DONE) {
      this.refuse(this.sayResult(result, limit, total));
      return;
    }
    this.refuse('');
    const words = say('order_1', {
      did: say(side === Side.BUY ? 'bought' : 'sold'),
      n: quantity,
      good: this.game.goodName(commodity),
      cr: money(total),
    });
    this.receipts.prepend(h('li', {}, icon('check'), h('span', {}, words)));
    while (this.receipts.children.length > RECEIPTS) this.receipts.lastChild!.remove();
    if (side === Side.SELL) this.onSold();
  }

  draw(): void {
    const good = this.game.good(this.commodity);
    const line = this.market.line(this.location, this.commodity);
    if (!good || !line) return;
    this.drawHead(good.code, good.mass, line.restricted);
    toggle(this.buyTab, 'on', this.side === Side.BUY);
    this.buyTab.setAttribute('aria-pressed', String(this.side === Side.BUY));
    this.sellTab.setAttribute('aria-pressed', String(this.side === Side.SELL));
    this.buyTab.disabled = !line.sells;
    const most = this.most();
    this.number.max = this.slider.max = String(Math.max(1, most));
    if (document.activeElement !== this.number) this.number.value = String(this.quantity);
    this.slider.value = String(this.quantity);
    setVar(this.slider, '--at', `${most > 1 ? ((this.quantity - 1) / (most - 1)) * 100 : 0}%`);
    this.drawFacts(good.mass, line.buy, line.sell);
    this.drawWhy(line.usual, line.stock, line.target);
    const buying = this.side === Side.BUY;
    setText(
      this.main,
      this.sending
        ? say('sending')
        : say(buying ? 'buyButton' : 'sellButton', {
            n: this.quantity,
            good: this.game.goodName(this.commodity),
          }),
    );
    this.main.disabled =
      this.sending || this.market.silent || most < 1 || !(buying ? line.sells : line.buys);
    if (!this.sending && most < 1 && !this.problem.textContent && line)
      this.refuse(this.whyNot(buying));
  }

  private whyNot(buying: boolean): string {
    if (!buying) return say('order_4_sell', { limit: 0 });
    const line = this.market.line(this.location, this.commodity)!;
    if (this.market.room(this.commodity) < 1) return say('order_5', { limit: 0 });
    if (line.stock < 1) return say('order_4_buy', { limit: 0 });
    return say('order_3', { limit: figure(Math.max(0, line.buy - (this.game.credits ?? 0))) });
  }

  private drawHead(code: string, mass: number, restricted: boolean): void {
    const key = `${this.commodity} ${restricted}`;
    if (key === this.headKey) return;
    this.headKey = key;
    this.head.replaceChildren(
      icon(goodIcon(code), 22),
      h('h2', {}, this.game.goodName(this.commodity)),
      h('small', {}, `${say('tEach', { n: mass })} · ${say(restricted ? 'restricted' : 'legal')}`),
      h(
        'button',
        { class: 'closer', label: say('close'), onclick: () => this.onClose() },
        icon('close'),
      ),
    );
  }

  private drawFacts(mass: number, buy: number, sell: number): void {
    const q = this.quote;
    const unit = q ? Number(q.total) / this.quantity : this.side === Side.BUY ? buy : sell;
    const change = this.side === Side.BUY ? mass * this.quantity : -mass * this.quantity;
    const place = this.side === Side.BUY ? this.market.best(this.location, this.commodity) : null;
    const fact = (name: string, value: string, tone = ''): HTMLElement[] => [
      h('dt', {}, name),
      h('dd', { class: tone }, value),
    ];
    const list = fact(say('unitFor', { n: this.quantity }), figure(Math.round(unit)));
    if (q)
      list.push(...fact(say('moves'), signedPercent(q.orderEffectPm), this.tone(-q.orderEffectPm)));
    list.push(
      ...fact(
        say('holdAfter'),
        say('holdAfterOf', { n: Math.max(0, this.market.cargoMass + change), m: this.market.hold }),
      ),
    );
    if (place && place.station.id !== this.location) {
      const profit = place.sell * this.quantity - Math.round(unit * this.quantity);
      list.push(
        ...fact(say('profitAt', { name: place.station.name }), signed(profit), this.tone(profit)),
      );
    }
    this.facts.replaceChildren(...list);
    setText(this.total, figure(q ? q.total : Math.round(unit * this.quantity)));
    toggle(this.total, 'dim', !q);
  }

  private tone(good: number): string {
    return good > 0 ? 'gain' : good < 0 ? 'loss' : '';
  }

  private drawWhy(usual: number, stock: number, target: number): void {
    const q = this.quote;
    const now = this.market.line(this.location, this.commodity);
    if (!q || !now) {
      if (!this.quoteAsked || this.problem.textContent) this.why.replaceChildren();
      return;
    }
    const buying = this.side === Side.BUY;
    const reason = (words: string, pm: number): HTMLElement => {
      const bar = h('span', { class: 'lever' }, h('i'), h('b'));
      setVar(bar, '--lean', String(Math.max(-1, Math.min(1, pm / 400))));
      const good = buying ? -pm : pm;
      return h(
        'div',
        { class: `reason ${this.tone(good)}` },
        h('span', { class: 'mute' }, words),
        bar,
        h('span', { class: 'figure' }, signedPercent(pm)),
      );
    };
    const today = this.market.sayEvent(now);
    const tons = (units: number): string =>
      figure(units * (this.game.good(this.commodity)?.mass ?? 1));
    const off = target > 0 ? Math.round(((stock - target) * 1000) / target) : 0;
    this.why.replaceChildren(
      h(
        'div',
        { class: 'label' },
        say('usual', { now: figure(buying ? now.buy : now.sell), usual: figure(usual) }),
      ),
      reason(
        say(off > 0 ? 'whyStockAbove' : 'whyStockBelow', { n: percent(Math.abs(off)) }),
        q.stockEffectPm,
      ),
      today ? h('div', { class: 'today' }, today) : '',
      now.lost ? h('div', { class: 'today' }, say('haulersLost', { n: tons(now.lost) })) : '',
      now.coming ? h('div', { class: 'mute' }, say('haulersComing', { n: tons(now.coming) })) : '',
      reason(say('whyZone'), q.zoneEffectPm),
      reason(say('whyOrder'), q.orderEffectPm),
    );
  }
}
