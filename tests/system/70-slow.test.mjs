// SPDX-License-Identifier: Apache-2.0
// Clients that take too little of what they are sent: bounded, ended with a reason, and nobody else
// notices.
import assert from 'node:assert/strict';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { Player } from './client.mjs';
import { env, fault, stack, start, top, until } from './harness.mjs';
import { flies, pilot } from './world.mjs';

// The limits of one client, from docs/PROTOCOL.md and design: unsent bytes, and what waits for a
// frame (answers, private events).
const backlogMax = (256 + 1) * 1024;
const heldMax = backlogMax + (64 + 16) * 1024;

const gateway = (metric) => stack.metric('gateway-1', `startrader_${metric}`);

// Keeps turning, so that the world has news at every tick; counts what comes.
class Dancer {
    constructor(player) {
        this.player = player;
        this.onFrame = player.onFrame.bind(player);
        player.onFrame = (frame) => {
            this.onFrame(frame);
            if (frame.tick) this.seen.push({ at: performance.now(), tick: frame.tick });
        };
        this.seen = [];
        this.timer = setInterval(() => this.turn(), 60);
    }

    turn() {
        if (this.player.closed) return;
        this.player.input({ targetHeading: (this.player.seq * 411) & 4095, thrust: 0 });
    }

    stop() {
        clearInterval(this.timer);
    }

    // From now on until `done`: the 90th percentile of the gaps in ms, the share of ticks seen.
    async watch(done) {
        this.seen = [];
        await done();
        const seen = this.seen;
        const gaps = seen.slice(1).map((frame, i) => frame.at - seen[i].at);
        gaps.sort((a, b) => a - b);
        const ticks = seen.at(-1).tick - seen[0].tick;
        return { gap: gaps[Math.floor(gaps.length * 0.9)], share: gaps.length / ticks };
    }
}

// A player in flight behind a line of its own; `take` sets how many bytes per second it reads.
async function behindLine(defer) {
    const player = new Player(env.ST_URL);
    const { hostname, port } = new URL(env.ST_URL);
    const relay = path.join(top, 'tests/system/slow-line');
    const line = start('perl', [relay, hostname, port, player.address]);
    defer(() => line.kill());
    await player.guest();
    const at = await until('the line', () => /^([0-9]+)\n/.exec(line.output)?.[1]);
    defer(() => player.drop());
    await player.connect({ base: `http://${hostname}:${at}`, origin: new URL(env.ST_URL).origin });
    await player.until('own state', () => player.own);
    player.location = player.own.location;
    await player.undock();
    await flies(player);
    return { player, take: (rate) => line.stdin.write(`${rate}\n`) };
}

// Asks for much while it reads little, until the gateway holds what the kernel does not take.
async function fills(player, sample) {
    const { location } = player;
    const asks = setInterval(() => {
        player.send({ request: [{ requestId: randomBytes(16), market: { location } }] });
    }, 40);
    try {
        await until('bytes wait', async () => (await sample()).backlog > 0, 60000);
    } finally {
        clearInterval(asks);
    }
}

async function company(defer) {
    const dancers = [];
    for (let i = 0; i < 3; i += 1) {
        const dancer = new Dancer(await pilot({ fly: true, defer }));
        defer(() => dancer.stop());
        dancers.push(dancer);
    }
    return dancers[0];
}

// What the gateway held at most, as often as it was asked.
function sampler() {
    const most = { backlog: 0, alloc: 0 };
    return {
        most,
        async sample() {
            const backlog = await gateway('gateway_backlog_bytes');
            const alloc = await gateway('alloc_bytes');
            most.backlog = Math.max(most.backlog, backlog);
            most.alloc = Math.max(most.alloc, alloc);
            return { backlog, alloc };
        },
    };
}

function unnoticed(calm, meanwhile) {
    const text = JSON.stringify({ calm, meanwhile });
    assert.ok(meanwhile.gap <= 3 * calm.gap, text);
    assert.ok(meanwhile.share >= 0.8 * calm.share, text);
}

fault(
    'a client that stops reading is closed with 1013, others fly on',
    async ({ defer }) => {
        const honest = await company(defer);
        const { player, take } = await behindLine(defer);
        const { most, sample } = sampler();
        const calm = await honest.watch(() =>
            until('frames', () => honest.seen.length > 100, 20000),
        );
        const before = await sample();
        const closed = await gateway('gateway_slow_clients_total');
        let waited;
        take(0);
        const meanwhile = await honest.watch(async () => {
            await fills(player, sample);
            const since = performance.now();
            await until(
                'it is closed as slow',
                async () => {
                    await sample();
                    return (await gateway('gateway_slow_clients_total')) > closed;
                },
                40000,
            );
            waited = performance.now() - since;
        });
        // Reading again it finds why: the rest of what was sent, and the close behind it.
        take(1e9);
        await player.until('closed', () => player.closed);
        assert.equal(player.closed.code, 1013);
        assert.ok(player.closed.reason);
        assert.ok(waited > 10000, `closed ${waited} ms after the first byte waited`);
        assert.ok(most.backlog <= backlogMax, `backlog ${most.backlog}`);
        assert.ok(most.alloc - before.alloc <= heldMax, `${most.alloc} after ${before.alloc}`);
        unnoticed(calm, meanwhile);
        await until('nothing waits', async () => (await sample()).backlog === 0);
        await player.connect();
        await flies(player);
    },
    { seconds: 180 },
);

fault(
    'a client that reads a trickle gets fewer frames or 1013, others fly on',
    async ({ defer }) => {
        const honest = await company(defer);
        const { player, take } = await behindLine(defer);
        const { most, sample } = sampler();
        const calm = await honest.watch(() =>
            until('frames', () => honest.seen.length > 100, 20000),
        );
        const before = await sample();
        const skipped = await gateway('gateway_frames_skipped_total');
        const ended = (await gateway('gateway_closed_total')) ?? 0;
        take(2000);
        const meanwhile = await honest.watch(async () => {
            await fills(player, sample);
            const ticks = honest.player.tick + 20 * 25;
            await until(
                'the time passes',
                async () => {
                    await sample();
                    return honest.player.tick >= ticks;
                },
                90000,
            );
        });
        assert.ok((await gateway('gateway_frames_skipped_total')) > skipped, 'frames are left out');
        assert.ok(most.backlog <= backlogMax, `backlog ${most.backlog}`);
        assert.ok(most.alloc - before.alloc <= heldMax, `${most.alloc} after ${before.alloc}`);
        unnoticed(calm, meanwhile);
        take(1e9);
        const now = honest.player.tick;
        await player.until('closed or up to date', () => player.closed || player.tick >= now);
        if (!player.closed) {
            await flies(player);
        } else {
            // As slow, or as idle when a ping did not get through in time; nor may the reason have.
            const codes = [1013, 4005, 1006];
            assert.ok(codes.includes(player.closed.code), JSON.stringify(player.closed));
            assert.ok((await gateway('gateway_closed_total')) > ended);
        }
        await until('nothing waits', async () => (await sample()).backlog === 0);
    },
    { seconds: 240 },
);
