// SPDX-License-Identifier: Apache-2.0
// How the price went: candles of one good at one station, drawn in the ticket, with the units that
// pilots bought and sold below, and the same in words.

import type { Auth } from '../sdk/auth';
import { type Candle, flow, steps } from '../sdk/candles';
import { h, setText } from './dom';
import { Sheet } from './scene/marks';
import { COLOURS, TINT } from './scene/palette';
import { figure, say, type TextKey } from './text';

interface Span {
  key: TextKey;
  stepMin: number;
  count: number;
}

const SPANS: readonly Span[] = [
  { key: 'span1h', stepMin: 1, count: 60 },
  { key: 'span5h', stepMin: 5, count: 60 },
  { key: 'span2d', stepMin: 60, count: 48 },
];
const REFRESH_MS = 30000;
const RETRY_MS = 10000;
const FLOW_HEIGHT = 26;
const SCALE_WIDTH = 44;
const PAD = 8;

export class Chart {
  readonly element: HTMLElement;
  private readonly sheet = new Sheet();
  private readonly words = h('p', { class: 'mute chart-words' });
  private readonly buttons: HTMLButtonElement[];
  private span: Span = SPANS[1]!;
  private location = 0;
  private commodity = 0;
  private serial = 0;
  private nextAt = 0;
  private asking = false;
  private candles: Candle[] | null = null;

  constructor(private readonly auth: Pick<Auth, 'history'>) {
    this.buttons = SPANS.map((span) =>
      h('button', { onclick: () => this.setSpan(span) }, say(span.key)),
    );
    this.sheet.canvas.setAttribute('role', 'img');
    this.element = h(
      'figure',
      { class: 'chart' },
      h('div', { class: 'spans', role: 'group', label: say('spans') }, ...this.buttons),
      this.sheet.canvas,
      this.words,
    );
    this.press();
  }

  show(location: number, commodity: number): void {
    if (location === this.location && commodity === this.commodity) return;
    this.location = location;
    this.commodity = commodity;
    this.forget();
  }

  /** Call often while it is seen: asks for what is new. */
  pump(now: number): void {
    if (this.commodity === 0 || this.asking || now < this.nextAt) return;
    if (this.element.offsetWidth > 0) void this.ask(now);
  }

  private setSpan(span: Span): void {
    if (span === this.span) return;
    this.span = span;
    this.press();
    this.forget();
  }

  private press(): void {
    this.buttons.forEach((button, i) =>
      button.setAttribute('aria-pressed', String(SPANS[i] === this.span)),
    );
  }

  private forget(): void {
    this.serial++;
    this.nextAt = 0;
    this.asking = false;
    this.candles = null;
    this.draw();
  }

  private async ask(now: number): Promise<void> {
    const serial = this.serial;
    const { stepMin, count } = this.span;
    this.asking = true;
    try {
      const candles = await this.auth.history(this.location, this.commodity, stepMin, count);
      if (serial !== this.serial) return;
      this.candles = candles;
      this.nextAt = now + REFRESH_MS;
    } catch {
      if (serial !== this.serial) return;
      this.nextAt = now + RETRY_MS;
      if (!this.candles) setText(this.words, say('chartSilent'));
    }
    this.asking = false;
    if (this.candles) this.draw();
  }

  private draw(): void {
    const { canvas } = this.sheet;
    const { stepMin, count } = this.span;
    const row = steps(this.candles ?? [], stepMin, count, Date.now() / 1000);
    const drawn = row.filter((candle) => candle !== null);
    canvas.hidden = drawn.length === 0;
    if (drawn.length === 0) {
      setText(this.words, say(this.candles ? 'chartEmpty' : 'lookingUp'));
      return;
    }
    const width = canvas.clientWidth || 384;
    const height = canvas.clientHeight || 150;
    if (width !== this.sheet.width || height !== this.sheet.height)
      this.sheet.resize(width, height);
    const c = this.sheet.begin();
    const low = Math.min(...drawn.map((candle) => candle.low));
    const high = Math.max(...drawn.map((candle) => candle.high));
    this.drawScale(c, low, high);
    this.drawCandles(c, row, low, high);
    this.drawFlow(c, row);
    this.tell(drawn, low, high);
  }

  /** Of a price, on the sheet. */
  private y(price: number, low: number, high: number): number {
    const room = this.sheet.height - FLOW_HEIGHT - 2 * PAD;
    return PAD + (high > low ? ((high - price) / (high - low)) * room : room / 2);
  }

  /** Of a row of so many steps: from one to the next, and how wide each is drawn. */
  private columns(count: number): { pitch: number; wide: number } {
    const pitch = (this.sheet.width - SCALE_WIDTH - PAD) / count;
    return { pitch, wide: Math.max(2, Math.floor(pitch - 1.5)) };
  }

  private drawScale(c: CanvasRenderingContext2D, low: number, high: number): void {
    const levels = high > low ? [low, (low + high) / 2, high] : [low];
    c.font = "500 12px 'Plex', sans-serif";
    c.textAlign = 'right';
    c.textBaseline = 'middle';
    for (const level of levels) {
      const y = Math.round(this.y(level, low, high)) + 0.5;
      c.strokeStyle = COLOURS.line;
      c.beginPath();
      c.moveTo(0, y);
      c.lineTo(this.sheet.width - SCALE_WIDTH, y);
      c.stroke();
      c.fillStyle = COLOURS.mute;
      c.fillText(figure(Math.round(level)), this.sheet.width, y);
    }
  }

  /** A rise is hollow, a fall is full: the shape says it too, not the colour alone. */
  private drawCandles(
    c: CanvasRenderingContext2D,
    row: readonly (Candle | null)[],
    low: number,
    high: number,
  ): void {
    const { pitch, wide } = this.columns(row.length);
    row.forEach((candle, i) => {
      if (!candle) return;
      const x = Math.round(i * pitch) + 0.5;
      const top = Math.round(this.y(Math.max(candle.open, candle.close), low, high)) + 0.5;
      const bottom = Math.round(this.y(Math.min(candle.open, candle.close), low, high)) + 0.5;
      const rise = candle.close > candle.open;
      const still = candle.close === candle.open;
      c.strokeStyle = c.fillStyle = still ? COLOURS.dim : rise ? COLOURS.gain : TINT.hostile;
      const middle = x + Math.floor(wide / 2);
      c.beginPath();
      c.moveTo(middle, this.y(candle.high, low, high));
      c.lineTo(middle, top);
      c.moveTo(middle, bottom);
      c.lineTo(middle, this.y(candle.low, low, high));
      c.stroke();
      if (rise) c.strokeRect(x, top, wide - 1, Math.max(1, bottom - top));
      else c.fillRect(x - 0.5, top - 0.5, wide, Math.max(1, bottom - top));
    });
  }

  /** What pilots bought goes up from the line, what they sold goes down. */
  private drawFlow(c: CanvasRenderingContext2D, row: readonly (Candle | null)[]): void {
    const most = Math.max(1, ...row.map((x) => Math.max(x?.bought ?? 0, x?.sold ?? 0)));
    const { pitch, wide } = this.columns(row.length);
    const half = FLOW_HEIGHT / 2 - 1;
    const line = this.sheet.height - FLOW_HEIGHT / 2;
    c.fillStyle = COLOURS.line;
    c.fillRect(0, line, this.sheet.width - SCALE_WIDTH, 1);
    row.forEach((candle, i) => {
      if (!candle) return;
      const x = Math.round(i * pitch);
      const up = Math.ceil((candle.bought / most) * half);
      const down = Math.ceil((candle.sold / most) * half);
      c.fillStyle = COLOURS.friend;
      c.fillRect(x, line - up, wide, up);
      c.fillStyle = COLOURS.warn;
      c.fillRect(x, line + 1, wide, down);
    });
  }

  private tell(drawn: readonly Candle[], low: number, high: number): void {
    const { bought, sold } = flow(drawn);
    const span = say(this.span.key);
    setText(
      this.words,
      say('chartFlow', { span, bought: figure(bought), sold: figure(sold) }),
    );
    this.sheet.canvas.setAttribute(
      'aria-label',
      say('chartWords', {
        span,
        from: figure(Math.round(drawn[0]!.open)),
        to: figure(Math.round(drawn[drawn.length - 1]!.close)),
        low: figure(Math.round(low)),
        high: figure(Math.round(high)),
      }),
    );
  }
}
