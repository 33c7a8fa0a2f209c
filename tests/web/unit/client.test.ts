// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ACTION_RESULT, CODE, ORDER_RESULT, REPORT_RESULT, SAY_RESULT } from '@gen/api';
import {
  type ClientFrame,
  ClientFrameSchema,
  OwnStateSchema,
  ReplySchema,
  type ServerFrame,
  ServerFrameSchema,
  WelcomeSchema,
} from '@gen/client_pb';
import { OrderReplySchema, OrderRequestSchema } from '@gen/trade_pb';
import { Code, OrderResult, Phase, Side } from '@gen/types_pb';
import { headingOf, packControls, SLOT } from '@web/kernel/kernel';
import { aroundSun, courseTo, headingTo } from '@web/sdk/autopilot';
import { StarTrader } from '@web/sdk/client';
import { CLOSE_CODES, ERROR_CODES, HTTP_CODES, StarTraderError } from '@web/sdk/errors';
import { plain } from '@web/sdk/plain';
import { PROTOCOL, SUBPROTOCOL } from '@web/sdk/protocol';
import { reasonOf } from '@web/sdk/socket';
import { config, configBytes, HOME, kernel } from './help';

const top = process.env['TOP']!;
const read = (path: string): string => readFileSync(`${top}/${path}`, 'utf8');
const known = new Set<string>(ERROR_CODES);

test('every refusal in the schemas is a code of StarTraderError', () => {
  const proto = read('proto/startrader/v1/types.proto') + read('proto/startrader/v1/chat.proto');
  for (const [name, words] of [
    ['Code', CODE],
    ['OrderResult', ORDER_RESULT],
    ['ActionResult', ACTION_RESULT],
    ['SayResult', SAY_RESULT],
    ['ReportResult', REPORT_RESULT],
  ] as const) {
    const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(proto)![1]!;
    const prefix = `${name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()}_`;
    const values = [...body.matchAll(/^ {2}(\w+) = \d+;/gm)].map((m) => m[1]!);
    assert.ok(values.length >= 4, name);
    for (const value of values) {
      const word = value.slice(prefix.length).toLowerCase();
      assert.ok((words as readonly string[]).includes(word), value);
      const fine = ['unspecified', 'ok', 'done'].includes(word);
      assert.equal(known.has(word), !fine, value);
    }
  }
});

test('every close code of the protocol has a reason that is a code', () => {
  const text = /Close codes:([^]*?)\n\n/.exec(read('docs/PROTOCOL.md'))![1]!;
  const until = text.indexOf('After all');
  const codes = [...text.slice(0, until).matchAll(/\b(1\d{3}|4\d{3})\b/g)].map((m) => Number(m[1]));
  assert.ok(codes.length >= 14);
  for (const code of codes) {
    assert.notEqual(reasonOf(code), 'lost', String(code));
    assert.ok((CLOSE_CODES as readonly string[]).includes(reasonOf(code)), String(code));
  }
});

test('every problem that the gateway answers over HTTP is a code', () => {
  const found = new Set<string>();
  const files = ['services/gateway/listen.c', 'services/gateway/board.c'];
  files.push('services/gateway/door.c', 'libcommon/st/http_request.c');
  const answers = /\brefuse\(|problem\(|\{\d+, "/;
  for (const file of files) {
    for (const line of read(file).split('\n').filter((l) => answers.test(l)))
      for (const m of line.matchAll(/"([a-z_]+)"/g)) if (m[1] !== 'ok') found.add(m[1]!);
  }
  const own = ['network', 'unknown'];
  for (const code of HTTP_CODES) assert.ok(found.has(code) || own.includes(code), code);
  for (const code of found) assert.ok(known.has(code), code);
});

test('the package has the version of the protocol, docs/SDK.md shows the bot as it runs', () => {
  const { version } = JSON.parse(read('services/gateway/web/sdk/package.json')) as {
    version: string;
  };
  assert.equal(version.split('.')[0], String(PROTOCOL));
  assert.equal(SUBPROTOCOL, `startrader.v${PROTOCOL}`);
  const bot = read('docs/examples/trade-bot.mjs').replace(/^(\/\/.*\n)+/, '').trim();
  const shown = /```js\n([^]*?)\n```/.exec(read('docs/SDK.md'))![1];
  assert.equal(shown, bot.replace('../../.build/sdk/index.js', '@startrader/client'));
  assert.ok(bot.split('\n').filter((line) => line !== '').length <= 30);
});

test('messages become plain: numbers, words, copies of what is inside', () => {
  const order = create(OrderRequestSchema, { commodity: 7, side: Side.BUY, worstTotal: 5000n });
  const reply = create(OrderReplySchema, { result: OrderResult.DONE, total: 1250n, order });
  const { result, total, order: inner } = plain(OrderReplySchema, reply);
  assert.deepEqual([result, total], ['done', 1250]);
  assert.deepEqual([inner?.side, inner?.worstTotal], ['buy', 5000]);
  assert.equal(plain(OrderReplySchema, create(OrderReplySchema)).order, null);
});

/** Flies slot 5 by the autopilot; the nearest distance to the Sun and the ticks it took. */
async function fly(from: [number, number], to: [number, number], load: number): Promise<number[]> {
  const k = await kernel();
  const ship = config.classes[0]!;
  const s = k.slots.subarray(5 * 8, 6 * 8);
  s.set([from[0] * 512, from[1] * 512, 0, 0, 0, ship.id, load, 0]);
  const goal = { x: to[0], y: to[1], near: 240, slow: 45 };
  let nearest = Infinity;
  for (let tick = 1; tick < 20 * 600; tick++) {
    const ctl = s[SLOT.ctl]! >>> 0;
    const [x, y, vx, vy] = [s[SLOT.x]!, s[SLOT.y]!, s[SLOT.vx]!, s[SLOT.vy]!];
    const course = courseTo({ x, y, vx, vy, heading: headingOf(ctl), ctl }, goal, ship, load);
    nearest = Math.min(nearest, Math.hypot(x / 512 - 524288, y / 512 - 524288));
    if (course.arrived) {
      assert.ok(Math.hypot(x / 512 - to[0], y / 512 - to[1]) <= goal.near);
      assert.ok((Math.hypot(vx, vy) * 20) / 512 <= goal.slow);
      return [nearest, tick];
    }
    s[SLOT.ctl] = packControls(headingOf(ctl), course.heading, course.thrust, course.boost, 0);
    k.step(5, 1, 1);
  }
  throw new Error('never there');
}

test('the autopilot arrives, slow enough, and not through the Sun', async () => {
  const [, ticks] = await fly([524288, 537288], [528788, 539788], 0);
  assert.ok(ticks! < 20 * 45, `${ticks} ticks`);
  await fly([524288, 537288], [524388, 537688], 15);
  const [nearest] = await fly([524288, 534288], [524688, 514288], 8);
  assert.ok(nearest! > 2600, `${nearest} u from the Sun`);
  assert.equal(headingTo(0, 5), 1024);
  assert.equal(aroundSun(524288, 540000, 3072), 3072);
});

/** A gateway that knows one guest, docked at Terra High. */
class FakeGateway {
  static last: FakeGateway;
  static orders: { id: string; result: OrderResult }[] = [];
  static results: OrderResult[] = [];
  binaryType = '';
  readyState = 0;
  bufferedAmount = 0;
  onopen: ((event: object) => void) | null = null;
  onmessage: ((event: object) => void) | null = null;
  onclose: ((event: object) => void) | null = null;

  constructor(readonly url: string) {
    FakeGateway.last = this;
    setTimeout(() => {
      this.readyState = 1;
      this.onopen?.({});
    }, 1);
  }

  say(frame: Partial<ServerFrame>): void {
    const bytes = toBinary(ServerFrameSchema, create(ServerFrameSchema, frame as object));
    this.onmessage?.({ data: Uint8Array.from(bytes).buffer });
  }

  send(data: Uint8Array): void {
    const frame: ClientFrame = fromBinary(ClientFrameSchema, data);
    if (frame.hello) {
      this.say({ welcome: create(WelcomeSchema, { player: 7n, tickMs: 50, configRevision: 9n }) });
      const own = create(OwnStateSchema, { phase: Phase.DOCKED, location: 1, tick: 100 });
      this.say({ tick: 100, worldEpoch: 1, own });
    }
    for (const request of frame.request) {
      if (request.body.case !== 'order') continue; // whom it does not hear, at a welcome
      const result = FakeGateway.results.shift() ?? OrderResult.DONE;
      FakeGateway.orders.push({ id: request.requestId.join(), result });
      const value = create(OrderReplySchema, { result, limit: 42n, total: 99n });
      const body = { case: 'order' as const, value };
      this.say({
        reply: [create(ReplySchema, { requestId: request.requestId, code: Code.OK, body })],
      });
    }
  }

  close(): void {
    this.readyState = 3;
  }
}

const realFetch = globalThis.fetch;

function answer(url: string): Response {
  if (url.endsWith('/v1/auth/guest'))
    return Response.json({ player_id: '7', ticket: 'T', refresh_secret: 'R' }, { status: 201 });
  if (url.includes('/v1/world/')) return new Response(configBytes() as BodyInit);
  const problem = { code: 'name_taken', request_id: 'abc' };
  return Response.json(problem, { status: 409 });
}

test('the facade signs in, connects, trades and says why not', async () => {
  globalThis.fetch = ((url: string) => Promise.resolve(answer(url))) as typeof fetch;
  const client = await StarTrader.connect({
    url: 'http://test/',
    guest: true,
    WebSocket: FakeGateway,
    kernel: Uint8Array.from(readFileSync(process.env['KERNEL_WASM']!)),
    timeoutMs: 3000,
  });
  try {
    assert.equal(FakeGateway.last.url, 'ws://test/v1/ws');
    assert.deepEqual([client.phase, client.docked, client.player], ['docked', 1, 7]);
    assert.equal(client.station('TER').name, 'Terra High');
    assert.deepEqual([client.place?.x, client.place?.y], [HOME.x / 512, HOME.y / 512]);
    assert.equal(client.zoneAt(524288, 537288)?.code, 'HOME');
    assert.deepEqual(client.ships(), []);

    FakeGateway.results = [OrderResult.TRY_AGAIN, OrderResult.DONE, OrderResult.NO_CREDITS];
    const wish = { side: 'buy', commodity: 7, quantity: 3 } as const;
    assert.equal((await client.order(wish)).total, 99);
    const [first, second] = FakeGateway.orders;
    assert.equal(first!.id, second!.id, 'one id until it is decided');
    const no = { kind: 'order', code: 'no_credits', limit: 42, name: 'StarTraderError' };
    await assert.rejects(client.order(wish), no);
    const taken = { kind: 'http', code: 'name_taken', status: 409, requestId: 'abc' };
    await assert.rejects(client.register('Ann', 'fly by night'), taken);
    assert.throws(() => client.good('GEM'), { code: 'not_found' });

    const waiting = assert.rejects(client.until(() => false), { code: 'fenced' });
    const ended = client.once('ended');
    FakeGateway.last.onclose?.({ code: 4001, reason: '' });
    assert.equal((await ended).reason, 'fenced');
    await waiting;
  } finally {
    client.close();
    globalThis.fetch = realFetch;
  }
  await assert.rejects(client.order({ side: 'buy', commodity: 7, quantity: 1 }), StarTraderError);
  await assert.rejects(client.undock(), { kind: 'connection', code: 'closed' });
});

test('what cannot be reached is an error of the connection', async () => {
  globalThis.fetch = ((url: string) => Promise.resolve(answer(url))) as typeof fetch;
  class Deaf extends FakeGateway {
    override send(): void {
      this.onclose?.({ code: 1013, reason: '' });
    }
  }
  const options = { url: 'http://test', guest: true, WebSocket: Deaf, timeoutMs: 300 };
  const bytes = Uint8Array.from(readFileSync(process.env['KERNEL_WASM']!));
  const slow = { kind: 'connection', code: 'slow' };
  await assert.rejects(StarTrader.connect({ ...options, kernel: bytes }), slow);
  globalThis.fetch = (() => Promise.reject(new Error('no route'))) as typeof fetch;
  await assert.rejects(StarTrader.connect(options), { kind: 'http', code: 'network' });
  globalThis.fetch = realFetch;
});

