// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Candle, flow, readCandles, steps } from '@web/sdk/candles';

const candle = (at: number, open: number, close: number, bought = 0, sold = 0): Candle => ({
  at,
  open,
  high: Math.max(open, close),
  low: Math.min(open, close),
  close,
  bought,
  sold,
  trades: 0,
});

test('candles are read in credits, and a body without any has none', () => {
  const body = {
    step_min: 5,
    candles: [{ at_s: 300, open_milli: 61500, high_milli: 62000, low_milli: '60000', bought: 4 }],
  };
  const [c] = readCandles(body);
  assert.deepEqual(c, {
    at: 300,
    open: 61.5,
    high: 62,
    low: 60,
    close: 0,
    bought: 4,
    sold: 0,
    trades: 0,
  });
  assert.deepEqual(readCandles({}), []);
  assert.equal(readCandles({ candles: [null] })[0]?.at, 0);
});

test('a step in which nothing moved keeps the price; before the first there is none', () => {
  const row = steps([candle(600, 10, 12, 5, 1), candle(1200, 12, 9)], 5, 4, 1499);
  assert.deepEqual(
    row.map((c) => c && [c.at, c.open, c.close, c.bought]),
    [null, [600, 10, 12, 5], [900, 12, 12, 0], [1200, 12, 9, 0]],
  );
});

test('flow is what pilots bought and sold', () => {
  assert.deepEqual(flow([candle(0, 1, 1, 5, 1), candle(60, 1, 1, 2, 8)]), { bought: 7, sold: 9 });
});
