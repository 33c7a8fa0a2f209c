// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { create } from '@bufbuild/protobuf';
import { type OwnState, OwnStateSchema } from '@gen/client_pb';
import { Phase } from '@gen/types_pb';
import {
  headingOf,
  type Kernel,
  packControls,
  SLOT,
  SLOT_WORDS,
  Thrust,
  thrustOf,
} from '@web/kernel/kernel';
import { NEUTRAL, OwnShip } from '@web/sdk/own';
import type { Volley } from '@web/sdk/shots';
import { config, HOME, kernel } from './help';

const SERVER = 100;

/** The server's side: the same kernel in another slot, inputs applied when they arrive. */
class Server {
  seq = 0;
  seqTick = 0;

  constructor(
    private readonly k: Kernel,
    public tick: number,
  ) {
    k.slots.set([HOME.x, HOME.y, 0, 0, 0, 1, 0, 0], SERVER * SLOT_WORDS);
  }

  step(input?: { seq: number; heading: number; thrust: number }): void {
    const at = SERVER * SLOT_WORDS + SLOT.ctl;
    this.tick++;
    if (input) {
      this.k.slots[at] = packControls(
        headingOf(this.k.slots[at]!),
        input.heading,
        input.thrust,
        false,
        0,
      );
      this.seq = input.seq;
      this.seqTick = this.tick;
    }
    this.k.step(SERVER, 1, 1);
  }

  state(): OwnState {
    const s = this.k.slots.subarray(SERVER * SLOT_WORDS, (SERVER + 1) * SLOT_WORDS);
    return create(OwnStateSchema, {
      phase: Phase.FLYING,
      ackSeq: this.seq,
      ackTick: this.seqTick,
      entity: 5,
      classId: 1,
      x: s[SLOT.x]!,
      y: s[SLOT.y]!,
      vx: s[SLOT.vx]!,
      vy: s[SLOT.vy]!,
      ctl: s[SLOT.ctl]! >>> 0,
      hull: 520,
      shield: 500,
      energy: 1000,
    });
  }
}

test('an undisturbed pilot is predicted to the bit', async () => {
  const k = await kernel();
  const own = new OwnShip(k, config);
  const server = new Server(k, 1000);
  own.take(server.state(), 1000, 0);
  own.lead = 3;
  const wishes: { seq: number; heading: number; thrust: number; at: number }[] = [];
  let seq = 0;
  for (let i = 0; i < 120; i++) {
    if (i % 15 === 0) {
      const wish = { heading: (i * 37) & 4095, thrust: i % 30 === 0 ? Thrust.ahead : Thrust.coast };
      own.control(++seq, { ...NEUTRAL, ...wish });
      wishes.push({ ...wish, seq, at: own.predictedTick + 1 });
    }
    server.step(wishes.find((w) => w.at === server.tick + 1));
    own.take(server.state(), server.tick, i * 50);
    own.advanceTo(server.tick + 3 - 0.001);
  }
  assert.equal(own.corrections, 0);
  assert.ok(Math.hypot(k.slots[SLOT.vx]!, k.slots[SLOT.vy]!) > 500);
});

test('an input that came later than expected is replayed from its tick, blended', async () => {
  const k = await kernel();
  const own = new OwnShip(k, config);
  const server = new Server(k, 500);
  own.take(server.state(), 500, 0);
  own.lead = 2;
  own.advanceTo(502);
  own.control(1, { ...NEUTRAL, heading: 0, thrust: Thrust.ahead });
  own.advanceTo(506);
  for (let t = 501; t <= 506; t++)
    server.step(t === 505 ? { seq: 1, heading: 0, thrust: Thrust.ahead } : undefined);
  const shown = own.poseAt(own.predictedTick, 1000).x;
  own.take(server.state(), 506, 1000);
  assert.equal(own.corrections, 1);
  assert.ok(own.lead > 2, 'the lead follows the delay');
  assert.equal(own.poseAt(own.predictedTick, 1000).x, shown);
  for (let t = 507; t <= own.predictedTick; t++) server.step();
  assert.equal(own.poseAt(own.predictedTick, 2000).x, k.slots[SERVER * SLOT_WORDS + SLOT.x]!);
});

test('the lead is steered until inputs come shortly before their tick', async () => {
  const k = await kernel();
  const own = new OwnShip(k, config);
  const server = new Server(k, 1000);
  own.take(server.state(), 1000, 0);
  own.lead = 6;
  own.advanceTo(1006);
  const wayMs = 130;
  const slacks: number[] = [];
  for (let i = 1; i < 800; i++) {
    const due = own.nextTick;
    const slackMs = Math.round((due - server.tick - 1) * 50 + 50 - wayMs);
    own.control(i, { ...NEUTRAL, heading: (i * 3) & 4095, thrust: Thrust.coast });
    own.take({ ...server.state(), ackSeq: i, ackTick: due, slackMs }, server.tick, i * 50);
    server.step();
    own.advanceTo(server.tick + own.lead);
    slacks.push(slackMs);
  }
  assert.ok(Math.max(...slacks) > 100, 'too early at first');
  for (const slack of slacks.slice(-50)) assert.ok(slack >= 0 && slack <= 110, String(slack));
});

test('on a line with jitter the lead is that of the worst input', async () => {
  const k = await kernel();
  const own = new OwnShip(k, config);
  const server = new Server(k, 1000);
  own.take(server.state(), 1000, 0);
  own.lead = 4;
  own.advanceTo(1004);
  let late = 0;
  for (let i = 1; i < 3000; i++) {
    const wayMs = 60 + ((i * 37) % 91); // 60 to 150 ms
    const due = own.nextTick;
    const slackMs = Math.round((due - server.tick - 1) * 50 + 50 - wayMs);
    const after = slackMs < 0 ? Math.ceil(-slackMs / 50) : 0;
    if (i > 600 && after > 0) late++;
    own.control(i, { ...NEUTRAL, heading: (i * 3) & 4095, thrust: Thrust.coast });
    const ack = { ackSeq: i, ackTick: due + after, slackMs: Math.max(0, slackMs) };
    own.take({ ...server.state(), ...ack }, server.tick, i * 50);
    server.step();
    own.advanceTo(server.tick + own.lead);
  }
  assert.equal(late, 0);
  assert.ok(own.lead < 6.5, `${own.lead} ticks ahead`);
});

test('the guns fire at their cadence and only once per volley', async () => {
  const k = await kernel();
  const own = new OwnShip(k, config);
  const server = new Server(k, 100);
  const fired: Volley[] = [];
  own.onFire = (v) => fired.push(v);
  own.take(server.state(), 100, 0);
  own.lead = 2;
  own.control(1, { ...NEUTRAL, fire: 1 });
  for (let i = 0; i < 40; i++) {
    server.step(i === 0 ? { seq: 1, heading: 0, thrust: 0 } : undefined);
    own.take(server.state(), server.tick, i * 50);
    own.advanceTo(server.tick + 2);
  }
  const gaps = fired.slice(1).map((v, i) => v.tick - fired[i]!.tick);
  assert.ok(fired.length >= 4, String(fired.length));
  assert.ok(
    gaps.every((g) => g === 8),
    gaps.join(),
  );
});

test('a docked ship is not predicted', async () => {
  const k = await kernel();
  const own = new OwnShip(k, config);
  own.take(create(OwnStateSchema, { phase: Phase.DOCKED, location: 1 }), 10, 0);
  own.advanceTo(50);
  assert.equal(own.predictedTick, 0);
  assert.equal(own.flying, false);
  assert.equal(thrustOf(k.slots[SLOT.ctl]!), Thrust.coast);
});
