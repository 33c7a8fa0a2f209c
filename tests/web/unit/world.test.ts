// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import type { CellDelta } from '@gen/sector_pb';
import { packControls, SLOT, SLOT_WORDS, Thrust } from '@web/kernel/kernel';
import {
  checkColumns,
  digestOf,
  eachMotion,
  FrameError,
  type Motion,
  unpackPlace,
  unpackVelocity,
} from '@web/sdk/cells';
import { blendShare, turnBetween } from '@web/sdk/entity';
import { World } from '@web/sdk/world';
import { config, delta, HOME, kernel, type Record } from './help';

const still = (id: number, x: number, y: number): Record => ({ id, x, y, vx: 0, vy: 0, ctl: 0 });

test('a record packs and unpacks to the same figures', () => {
  for (const [dx, dy] of [
    [0, 0],
    [1, 31],
    [32, 1048575],
    [-524288, 17],
    [1048576 + 524287, 3],
  ]) {
    const r = { id: 5, x: HOME.x + dx!, y: HOME.y + dy!, vx: -32768, vy: 32767, ctl: 0xffffffff };
    const d = delta(10, [r], false);
    const seen: Motion[] = [];
    eachMotion(d, (m) => seen.push({ ...m }));
    assert.deepEqual(seen, [r]);
  }
});

test('places and velocities keep their signs', () => {
  assert.deepEqual(unpackVelocity(0x8000ffff | 0), [-1, -32768]);
  assert.deepEqual(unpackPlace(513, (16384 | (16384 << 16)) >>> 0, 0), [1 << 20, 1 << 20]);
});

test('columns of different lengths are an error', () => {
  const d = delta(1, [still(1, HOME.x, HOME.y)], true);
  d.vel.pop();
  assert.throws(() => checkColumns(d), FrameError);
});

test('the digest is FNV-1a over id order', () => {
  const a: Motion = { id: 2, x: 1, y: 2, vx: 3, vy: -4, ctl: 77 };
  const b: Motion = { id: 1, x: -5, y: 6, vx: 7, vy: 8, ctl: 4095 };
  assert.equal(digestOf([]), 0x811c9dc5);
  assert.equal(digestOf([a, b]), digestOf([b, a]));
  assert.notEqual(digestOf([a, b]), digestOf([a]));
});

test('others fly by the kernel between records', async () => {
  const k = await kernel();
  const world = new World(k, config);
  const ctl = packControls(0, 512, Thrust.ahead, false, 0);
  world.advanceTo(100);
  world.apply(delta(100, [{ ...still(9, HOME.x, HOME.y), ctl }], true), false, 0);
  world.advanceTo(130);
  const slot = world.entities.get(9)!.slot * SLOT_WORDS;
  k.slots.set([HOME.x, HOME.y, 0, 0, ctl | 0, 1, 0, 0], 0);
  k.step(0, 1, 30);
  assert.equal(k.slots[slot + SLOT.x], k.slots[SLOT.x]);
  assert.equal(k.slots[slot + SLOT.y], k.slots[SLOT.y]);
  assert.ok(k.slots[slot + SLOT.x]! > HOME.x + 40 * 512);
});

test('a late record is flown up to now', async () => {
  const k = await kernel();
  const world = new World(k, config);
  const moving = { ...still(3, HOME.x, HOME.y), vx: 1000, vy: -500 };
  world.advanceTo(50);
  world.apply(delta(40, [moving], true), false, 0);
  const pose = world.poseOf(world.entities.get(3)!, 50, 1e9);
  assert.equal(pose.x, HOME.x + 10 * 1000);
  assert.equal(pose.y, HOME.y - 10 * 500);
});

test('a correction below 64 units is blended over 150 ms and never jumps', async () => {
  const world = new World(await kernel(), config);
  world.advanceTo(10);
  world.apply(delta(10, [still(4, HOME.x, HOME.y)], true), false, 0);
  world.apply(delta(10, [still(4, HOME.x + 63 * 512, HOME.y)], false), false, 1000);
  const e = world.entities.get(4)!;
  let before = HOME.x;
  for (let ms = 0; ms <= 160; ms += 8) {
    const { x } = world.poseOf(e, 10, 1000 + ms);
    assert.ok(x >= before && x - before < 8 * 512, `${ms} ms: ${(x - before) / 512} u`);
    before = x;
  }
  assert.equal(before, HOME.x + 63 * 512);
  assert.equal(world.poseOf(e, 10, 1000).x, HOME.x);
});

test('a correction of 64 units and more is shown at once', async () => {
  const world = new World(await kernel(), config);
  world.advanceTo(10);
  world.apply(delta(10, [still(4, HOME.x, HOME.y)], true), false, 0);
  world.apply(delta(10, [still(4, HOME.x + 64 * 512, HOME.y)], false), false, 1000);
  assert.equal(world.poseOf(world.entities.get(4)!, 10, 1000).x, HOME.x + 64 * 512);
});

test('a snapshot names every member of its cell', async () => {
  const world = new World(await kernel(), config);
  world.advanceTo(10);
  world.apply(delta(10, [still(1, HOME.x, HOME.y), still(2, HOME.x, HOME.y)], true), false, 0);
  world.apply(delta(12, [still(2, HOME.x, HOME.y)], true), true, 0);
  assert.deepEqual([...world.entities.keys()], [2]);
});

test('moved counts only in the cell the entity is in', async () => {
  const world = new World(await kernel(), config);
  world.advanceTo(10);
  const far = HOME.x + (2 << 20);
  world.apply(delta(10, [still(1, HOME.x, HOME.y)], true), false, 0);
  world.apply(delta(11, [still(1, far, HOME.y)], true), false, 0);
  const left = delta(11, [still(99, HOME.x, HOME.y)], false);
  left.goneId.push(1);
  left.goneReason.push(1);
  world.apply(left, false, 0);
  assert.ok(world.entities.has(1));
  const dead = delta(12, [still(98, far, HOME.y)], false);
  dead.goneId.push(1);
  dead.goneReason.push(2);
  world.apply(dead, false, 0);
  assert.ok(!world.entities.has(1));
});

test('cells that are no longer visible are forgotten', async () => {
  const world = new World(await kernel(), config);
  world.advanceTo(10);
  const d = delta(10, [still(1, HOME.x, HOME.y)], true);
  world.apply(d, false, 0);
  world.setView([d.cell]);
  assert.equal(world.entities.size, 1);
  world.setView([d.cell + 1]);
  assert.equal(world.entities.size, 0);
});

/** Adds a volley that is fired in the tick of `d` from the place of its first ship. */
const shoot = (d: CellDelta, id: number, owner: number): void => {
  d.shotId.push(id);
  d.shotOwner.push(owner);
  d.shotTick.push(d.tick);
  d.shotPos.push(d.pos[0]!);
  d.shotFrac.push(d.frac[0]!);
  d.shotVel.push(0);
  d.shotCtl.push((1 << 12) | (3 << 16));
};

test('bolts fly, end at a hit, and end with their life', async () => {
  const k = await kernel();
  const world = new World(k, config);
  world.advanceTo(20);
  const d = delta(20, [still(1, HOME.x, HOME.y)], true);
  shoot(d, 77, 1);
  world.apply(d, false, 0);
  const bolts = (tick: number): number[] => {
    const xs: number[] = [];
    world.shots.each(tick, tick, (b) => xs.push(b.x));
    return xs;
  };
  assert.equal(bolts(20).length, 2);
  const [x10] = bolts(30);
  assert.ok(Math.abs(x10! - HOME.x - 10 * 19456) < 10 * 600, String(x10! - HOME.x));
  const hit = delta(31, [still(1, HOME.x, HOME.y)], false);
  hit.hitShot.push((77 << 3) | 1);
  hit.hitTarget.push(1);
  hit.hitInfo.push(1);
  world.apply(hit, false, 0);
  assert.equal(bolts(31).length, 1);
  world.shots.expire(46, 46);
  assert.equal(bolts(46).length, 0);
});

test('a volley is told once: the own ones when they are fired', async () => {
  const world = new World(await kernel(), config);
  const told: number[] = [];
  world.events.on('volley', ({ ship }) => told.push(ship));
  world.advanceTo(20);
  world.own = 1;
  const guns = { heading: 0, weapon: 1, mounts: 2, live: 3 };
  world.fired({ ...HOME, vx: 0, vy: 0, ship: 1, tick: 20, ...guns });
  assert.deepEqual(told, [1]);
  const d = delta(20, [still(1, HOME.x, HOME.y)], true);
  shoot(d, 77, 1);
  shoot(d, 78, 2);
  world.apply(d, false, 0);
  assert.deepEqual(told, [1, 2]);
  world.apply(d, false, 0);
  assert.deepEqual(told, [1, 2]);
  const unforeseen = delta(40, [still(1, HOME.x, HOME.y)], false);
  shoot(unforeseen, 79, 1);
  world.apply(unforeseen, false, 0);
  assert.deepEqual(told, [1, 2, 1]);
});

test('blending falls from one to nothing', () => {
  assert.equal(blendShare(0), 1);
  assert.equal(blendShare(150), 0);
  assert.ok(blendShare(50) > blendShare(100));
  assert.equal(turnBetween(4090, 10), 16);
  assert.equal(turnBetween(10, 4090), -16);
});
