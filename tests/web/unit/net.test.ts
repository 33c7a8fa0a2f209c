// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type ClientFrame,
  ClientFrameSchema,
  NamesReplySchema,
  NamesRequestSchema,
  PongSchema,
  ReplySchema,
  type Request,
  ServerFrameSchema,
  StatusSchema,
} from '@gen/client_pb';
import { Code } from '@gen/types_pb';
import { CredentialStore } from '@web/sdk/auth';
import { PAUSE_TICKS, WorldClock } from '@web/sdk/clock';
import { type Body, Refused, Requests } from '@web/sdk/requests';
import { backOff, reasonOf, Socket, type Wire } from '@web/sdk/socket';

const question = { case: 'names' as const, value: create(NamesRequestSchema, { player: [7n] }) };
const answer = (request: Request, code: Code): ReturnType<typeof create<typeof ReplySchema>> =>
  create(ReplySchema, {
    requestId: request.requestId,
    code,
    body: { case: 'names', value: create(NamesReplySchema, { player: [7n], name: ['Tomo'] }) },
  });

test('a question is sent again with the same id until it is answered', async () => {
  const sent: Request[] = [];
  const requests = new Requests((list) => sent.push(...list) > 0);
  const promise = requests.ask(question, 0, { retryMs: 1000 });
  requests.pump(500);
  assert.equal(sent.length, 1);
  requests.pump(1000);
  requests.pump(3100);
  assert.equal(sent.length, 3);
  assert.deepEqual(sent[0]!.requestId, sent[2]!.requestId);
  assert.equal(sent[0]!.requestId.length, 16);
  requests.take(answer(sent[0]!, Code.OK), 3200);
  const body: Body = await promise;
  assert.equal(body.case, 'names');
  requests.take(answer(sent[0]!, Code.OK), 3300);
  assert.equal(requests.waiting, 0);
});

test('an unavailable service is asked again later, a refusal ends at once', async () => {
  const sent: Request[] = [];
  const requests = new Requests((list) => sent.push(...list) > 0);
  const promise = requests.ask(question, 0);
  const away = answer(sent[0]!, Code.UNAVAILABLE);
  away.retryAfterMs = 700;
  requests.take(away, 10);
  requests.pump(600);
  assert.equal(sent.length, 1);
  requests.pump(720);
  assert.equal(sent.length, 2);
  requests.take(answer(sent[1]!, Code.NOT_FOUND), 730);
  await assert.rejects(promise, (e: Refused) => e.code === Code.NOT_FOUND);
});

test('no answer in time says so, and no socket keeps it due', async () => {
  let open = false;
  let count = 0;
  const requests = new Requests((list) => open && (count += list.length) > 0);
  const promise = requests.ask(question, 0, { giveUpMs: 5000 });
  requests.pump(100);
  assert.equal(count, 0);
  open = true;
  requests.reopen(200);
  requests.pump(200);
  assert.equal(count, 1);
  requests.pump(5001);
  await assert.rejects(promise, (e: Refused) => e.code === Code.TIMEOUT);
});

class FakeWire implements Wire {
  binaryType = '';
  readyState = 0;
  bufferedAmount = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  readonly sent: ClientFrame[] = [];
  closed = false;

  send(data: Uint8Array): void {
    this.sent.push(fromBinary(ClientFrameSchema, data));
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  end(code: number, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason } as never);
  }
}

test('the socket greets, reconnects after a loss, and stops when fenced', async () => {
  const wires: FakeWire[] = [];
  const socket = new Socket({
    url: 'ws://test',
    ticket: () => 'T',
    lastSeq: () => 42,
    random: () => 0,
    make: (_, protocol) => {
      assert.equal(protocol, 'startrader.v1');
      wires.push(new FakeWire());
      return wires[wires.length - 1]!;
    },
  });
  const closed: { reason: string; retryInMs: number }[] = [];
  socket.events.on('closed', (e) => closed.push(e));
  socket.start();
  wires[0]!.open();
  assert.equal(wires[0]!.sent[0]!.hello?.ticket, 'T');
  assert.equal(wires[0]!.sent[0]!.hello?.lastSeq, 42);
  let ticks = 0;
  socket.events.on('frame', (f) => (ticks += f.tick));
  const bytes = toBinary(
    ServerFrameSchema,
    create(ServerFrameSchema, { tick: 5, pong: create(PongSchema), status: create(StatusSchema) }),
  );
  wires[0]!.onmessage?.({
    data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  } as never);
  assert.equal(ticks, 5);
  let broken = 0;
  socket.events.on('broken', () => broken++);
  wires[0]!.onmessage?.({ data: Uint8Array.from([255, 255, 255]).buffer } as never);
  assert.equal(broken, 1);
  wires[0]!.end(1006);
  assert.equal(closed[0]!.reason, 'lost');
  await new Promise((done) => setTimeout(done, closed[0]!.retryInMs + 50));
  assert.equal(wires.length, 2);
  wires[1]!.open();
  wires[1]!.end(4001);
  assert.deepEqual(
    closed.map((c) => c.reason),
    ['lost', 'fenced'],
  );
  assert.equal(closed[1]!.retryInMs, -1);
  socket.stop();
});

test('a greeting that is not understood is not repeated, one that came late is', () => {
  for (const [code, waits] of [
    [4000, false],
    [4003, false],
    [4004, true],
    [4005, true],
  ] as const) {
    const wire = new FakeWire();
    const make = (): FakeWire => wire;
    const socket = new Socket({ url: 'ws://test', ticket: () => 'T', lastSeq: () => 0, make });
    let retryInMs = 0;
    socket.events.on('closed', (e) => (retryInMs = e.retryInMs));
    socket.start();
    wire.open();
    wire.end(code);
    assert.equal(retryInMs > 0, waits, String(code));
    socket.stop();
  }
});

test('the hint of a moving server is kept, the back-off doubles to its maximum', () => {
  assert.equal(reasonOf(1012), 'moving');
  assert.equal(reasonOf(1013), 'slow');
  assert.equal(reasonOf(4002), 'ticket');
  assert.equal(backOff(1, 0), 200);
  assert.equal(backOff(1, 1), 400);
  assert.equal(backOff(40, 1), 8000);
  for (let n = 1; n < 10; n++) assert.ok(backOff(n + 1, 0) >= backOff(n, 0));
});

test('the clock follows the frames with the least delay and stands still with the world', () => {
  const clock = new WorldClock();
  clock.reset(50);
  let shown = 0;
  for (let tick = 1000; tick < 1100; tick++) {
    const now = tick * 50 + (tick % 7) * 6;
    clock.onFrame(tick, 1000, now);
    const at = clock.tickAt(now + 3);
    assert.ok(at >= shown, 'never back');
    shown = at;
  }
  assert.ok(Math.abs(clock.tickAt(1099 * 50 + 40) - 1099.8) < 0.3);
  assert.equal(clock.tickAt(1e7), 1099 + PAUSE_TICKS);
});

test('time runs slower under dilation', () => {
  const clock = new WorldClock();
  clock.reset(50);
  for (let i = 0; i < 50; i++) clock.onFrame(100 + i, 500, i * 100);
  assert.ok(Math.abs(clock.tickAt(49 * 100 + 50) - 149.5) < 0.2);
});

test('credentials survive a reload, garbage does not', () => {
  const map = new Map<string, string>();
  const store = new CredentialStore({
    getItem: (k) => map.get(k) ?? null,
    setItem: (k, v) => void map.set(k, v),
    removeItem: (k) => void map.delete(k),
  });
  assert.equal(store.load(), null);
  const c = { playerId: '1001', ticket: 't', ticketExpiresAt: 5, refreshSecret: 'r' };
  store.save(c);
  assert.deepEqual(store.load(), c);
  map.set('startrader.credentials', '{broken');
  assert.equal(store.load(), null);
});
