// SPDX-License-Identifier: Apache-2.0
// Credits over time: a line from booking to booking, with the lowest, the highest and the span.

import type { CreditPoint } from '@gen/record_pb';
import { h } from './dom';
import { Sheet } from './scene/marks';
import { COLOURS } from './scene/palette';
import { money, say } from './text';

const WIDTH = 420;
const HEIGHT = 96;
const PAD = 6;

const clock = (ms: number): string =>
  new Date(ms).toLocaleString('en-GB', { dateStyle: 'short', timeStyle: 'short' });

/** Null when there are fewer than two points. */
export function creditCurve(points: readonly CreditPoint[]): HTMLElement | null {
  if (points.length < 2) return null;
  const at = points.map((p) => Number(p.atMs));
  const credits = points.map((p) => Number(p.credits));
  const [from, to] = [at[0]!, at.at(-1)!];
  const [low, high] = [Math.min(...credits), Math.max(...credits)];
  const x = (i: number): number =>
    PAD + ((at[i]! - from) / Math.max(1, to - from)) * (WIDTH - 2 * PAD);
  const y = (i: number): number =>
    HEIGHT - PAD - ((credits[i]! - low) / Math.max(1, high - low)) * (HEIGHT - 2 * PAD);
  const sheet = new Sheet();
  sheet.resize(WIDTH, HEIGHT);
  const c = sheet.begin();
  c.beginPath();
  c.moveTo(x(0), y(0));
  for (let i = 1; i < points.length; i++) {
    c.lineTo(x(i), y(i - 1));
    c.lineTo(x(i), y(i));
  }
  c.strokeStyle = COLOURS.own;
  c.lineWidth = 1.5;
  c.lineJoin = 'round';
  c.stroke();
  c.lineTo(x(points.length - 1), HEIGHT);
  c.lineTo(x(0), HEIGHT);
  c.globalAlpha = 0.12;
  c.fillStyle = COLOURS.own;
  c.fill();
  const words = say('pilotCurve', { low: money(low), high: money(high) });
  sheet.canvas.setAttribute('role', 'img');
  sheet.canvas.setAttribute('aria-label', words);
  return h(
    'figure',
    { class: 'curve' },
    h('figcaption', { class: 'label' }, say('pilotCredits')),
    sheet.canvas,
    h('small', { class: 'mute ends' }, h('span', {}, clock(from)), h('span', {}, clock(to))),
    h('small', { class: 'mute' }, words),
  );
}
