// SPDX-License-Identifier: Apache-2.0
// How the price of a good went at a station: candles as `GET /v1/markets/{location}/{commodity}/
// history` answers them, and the row of equal steps that a chart draws.

/** What the price of a good did in one step. */
export interface Candle {
  /** When it begins, Unix seconds. */
  at: number;
  /** Middle price per unit, credits. */
  open: number;
  high: number;
  low: number;
  close: number;
  /** Units that pilots bought and sold. */
  bought: number;
  sold: number;
  /** Their orders. */
  trades: number;
}

const asNumber = (value: unknown): number => {
  const n = Number(value ?? 0);
  return Number.isFinite(n) ? n : 0;
};

/** The candles in the body of an answer, oldest first. */
export function readCandles(body: { [key: string]: unknown }): Candle[] {
  const list = Array.isArray(body['candles']) ? (body['candles'] as unknown[]) : [];
  return list.map((item) => {
    const c = (item ?? {}) as { [key: string]: unknown };
    return {
      at: asNumber(c['at_s']),
      open: asNumber(c['open_milli']) / 1000,
      high: asNumber(c['high_milli']) / 1000,
      low: asNumber(c['low_milli']) / 1000,
      close: asNumber(c['close_milli']) / 1000,
      bought: asNumber(c['bought']),
      sold: asNumber(c['sold']),
      trades: asNumber(c['trades']),
    };
  });
}

/**
 * The last `count` steps of `stepMin` minutes up to `now` (Unix seconds), each with a candle. In a
 * step in which nothing moved the price stays where it was; before the first candle there is none.
 */
export function steps(
  candles: readonly Candle[],
  stepMin: number,
  count: number,
  now: number,
): (Candle | null)[] {
  const step = stepMin * 60;
  const first = Math.floor(now / step) * step - (count - 1) * step;
  const known = new Map(candles.map((c) => [c.at, c]));
  let last: Candle | null = null;
  const row: (Candle | null)[] = [];
  for (let at = first; row.length < count; at += step) {
    const there: Candle | undefined = known.get(at);
    const p: number = last?.close ?? 0;
    if (there) last = there;
    else if (last)
      last = { at, open: p, high: p, low: p, close: p, bought: 0, sold: 0, trades: 0 };
    row.push(last);
  }
  return row;
}

/** Sums of the pilots' trades. */
export function flow(candles: readonly Candle[]): { bought: number; sold: number } {
  return {
    bought: candles.reduce((sum, c) => sum + c.bought, 0),
    sold: candles.reduce((sum, c) => sum + c.sold, 0),
  };
}
