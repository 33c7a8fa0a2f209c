// SPDX-License-Identifier: Apache-2.0
// The world that clients rebuild from their frames, against the simulation's own, while world
// bundles are lost on their way to the gateway, a gateway is killed, and tiers change. Ships circle
// the corner of four cells, so that they enter and leave cells again and again. Pilots write down a
// digest of the four cells next to them for each frame; the test asks the simulation for its own.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { connect } from 'nats';
import { schemas } from './client.mjs';
import { env, fault, stack, start, top, until } from './harness.mjs';
import { LossyBus } from './lossy.mjs';

const WorldBundle = schemas.lookupType('WorldBundle');
const SnapshotRequest = schemas.lookupType('SnapshotRequest');
const ServerFrame = schemas.lookupType('ServerFrame');
const EMPTY = 2166136261; // digest of a cell without entities
const HEALED_TICKS = 5; // 250 ms of the world
const NOTICED_TICKS = 10; // a gap is in the metrics, and those are read, within half a second
const PAUSE_TICKS = 10;
const run = (...parts) => path.join(env.ST_RUN_DIR, ...parts);
const binary = path.join(top, '.build', env.ST_PRESET ?? 'dev', 'bin/pilots');

// What the simulation says: tick -> cell -> digest.
class Truth {
    ticks = new Map();
    /** Ticks at which the gateway told of a gap: a busy machine makes some of its own. */
    gaps = [];
    told = 0;

    static async from(defer) {
        const truth = new Truth();
        truth.bus = await connect({
            servers: new URL(env.ST_NATS_URL).host,
            user: 'gateway',
            pass: stack.secret('nats-gateway'),
            inboxPrefix: '_INBOX_gateway',
        });
        defer(() => truth.bus.close());
        return truth;
    }

    async ask() {
        const request = SnapshotRequest.encode({ gateway: 'test' }).finish();
        const answer = await this.bus.request('req.sol-1.s0.snapshot', request, { timeout: 2000 });
        const bundle = WorldBundle.decode(answer.data);
        const cells = new Map();
        bundle.cell.forEach((cell, i) => {
            const at = bundle.off[i];
            const slice = bundle.blob.subarray(at, at + bundle.len[i]);
            cells.set(cell, ServerFrame.decode(slice).snapshot[0].digest);
        });
        this.ticks.set(bundle.tick, cells);
        const metric = 'startrader_gateway_stream_gaps_total';
        const gaps = (await stack.metric('gateway-1', metric).catch(() => null)) ?? this.told;
        if (gaps > this.told) this.gaps.push(bundle.tick);
        this.told = gaps;
    }

    // Asks again and again until the condition holds.
    async until(what, condition, ms) {
        await until(
            what,
            async () => {
                await this.ask();
                await new Promise((resolve) => setTimeout(resolve, 30)); // less than a tick
                return condition();
            },
            ms,
        );
    }

    // Every digest that a pilot wrote down for a tick that is known here, the last one of a tick,
    // for one can take two frames; `came` is when the pilot's frames began, anew after a pause.
    *compare(file) {
        const last = new Map();
        const pilots = new Map();
        for (const line of fs.readFileSync(file, 'utf8').trim().split('\n')) {
            const [pilot, tick, cell, digest] = line.split(' ').map(Number);
            const before = pilots.get(pilot);
            const came = tick - before?.tick < PAUSE_TICKS ? before.came : tick;
            pilots.set(pilot, { tick, came });
            if (!this.ticks.has(tick)) continue;
            last.set(`${pilot} ${tick} ${cell}`, { pilot, tick, came, cell, digest });
        }
        for (const { digest, ...sample } of last.values()) {
            const truth = this.ticks.get(sample.tick).get(sample.cell) ?? EMPTY;
            yield { ...sample, right: digest === truth };
        }
    }
}

// Pilots that circle; resolves with their exit status once they are told to end.
function fly(defer, gateway, ...args) {
    const file = run(`digests-${gateway}`);
    const fixed = ['--circle', '--pilots', '16', '--mix', '1:0:0:0', '--stations', 'TER'];
    const child = start(binary, [
        ...['--url', stack.url(gateway), '--duration', '600', '--digests', file],
        ...[...fixed, ...args],
    ]);
    const ended = new Promise((resolve) => child.on('exit', resolve));
    defer(() => child.kill('SIGKILL'));
    return {
        file,
        child,
        async end() {
            child.kill('SIGINT');
            return { status: await ended, output: child.output };
        },
        lines: () => (fs.existsSync(file) ? fs.statSync(file).size / 24 : 0),
    };
}

// A gateway that hears the bus through a relay.
async function behind(gateway, relay, defer) {
    const unit = run('units', gateway);
    const plain = fs.readFileSync(unit, 'utf8');
    const write = async (text) => {
        await stack.hold(gateway, 'SIGTERM');
        fs.writeFileSync(unit, text);
        stack.release(gateway);
        await stack.waitReady(gateway);
    };
    const port = await relay.listen();
    defer(() => relay.close());
    defer(() => write(plain));
    await write(plain.replace(/^(export ST_NATS_URL=nats:\/\/127\.0\.0\.1:)\d+/m, `$1${port}`));
}

// Compares; what is wrong must lie within a few ticks after something that was lost, or after the
// first frame of a pilot who came, or around a gap that a busy machine made by itself.
function judge(truth, file, lost, expected) {
    let compared = 0;
    let wrong = 0;
    let longest = 0;
    const ofLoss = (gap) => lost.some((tick) => tick <= gap && tick >= gap - NOTICED_TICKS);
    const own = truth.gaps.filter((gap) => !ofLoss(gap));
    for (const sample of truth.compare(file)) {
        compared += 1;
        if (sample.right) continue;
        wrong += 1;
        const near = (tick) =>
            tick >= sample.tick - HEALED_TICKS && tick <= sample.tick + NOTICED_TICKS;
        if (own.some(near)) continue;
        const since = [...lost, sample.came].map((tick) => sample.tick - tick);
        const ticks = Math.min(...since.filter((n) => n >= 0));
        longest = Math.max(longest, ticks);
    }
    assert.ok(compared > expected, `only ${compared} digests could be compared`);
    assert.ok(
        longest <= HEALED_TICKS,
        `of ${compared} digests ${wrong} were wrong, one of them ${longest} ticks after its cause`,
    );
    const all = `${compared} digests compared, ${wrong} wrong`;
    return `${all}, at most ${longest} ticks after the cause, ${own.length} gaps of its own`;
}

const gateway = 'gateway-1';
const calm = async (truth, crew, seconds) => {
    const from = crew.lines();
    await truth.until('they circle', () => crew.lines() > from + seconds * 16 * 4 * 8, 60000);
};

fault(
    'one in a hundred world bundles lost: digests are right again within 250 ms',
    async ({ defer }) => {
        const lost = [];
        let lossy = false;
        let seen = 0;
        const relay = new LossyBus(env.ST_NATS_URL, (subject, payload) => {
            if (!lossy || !/^world\..*\.(delta|snapshot)$/.test(subject)) return false;
            seen += 1;
            if (seen % 100 !== 50) return false;
            lost.push(WorldBundle.decode(payload).tick);
            return true;
        });
        await behind(gateway, relay, defer);
        const truth = await Truth.from(defer);
        const crew = fly(defer, gateway);
        await calm(truth, crew, 5);
        lossy = true;
        await truth.until('six bundles are lost', () => lost.length >= 6, 120000);
        lossy = false;
        await calm(truth, crew, 3);
        const gaps = await stack.metric(gateway, 'startrader_gateway_stream_gaps_total');
        assert.ok(gaps >= lost.length - 1, `${gaps} gaps for ${lost.length} lost bundles`);
        const { status, output } = await crew.end();
        assert.equal(status, 0, output.slice(-600));
        return judge(truth, crew.file, lost, 500);
    },
    { seconds: 240 },
);

fault(
    'a gateway is killed: its pilots come back and know the world exactly',
    async ({ defer }) => {
        const truth = await Truth.from(defer);
        const crew = fly(defer, gateway, '--faults');
        await calm(truth, crew, 5);
        await stack.restart(gateway);
        await stack.waitReady(gateway);
        await calm(truth, crew, 8);
        const { status, output } = await crew.end();
        assert.equal(status, 0, output.slice(-600));
        return judge(truth, crew.file, [], 300);
    },
    { seconds: 180 },
);

fault(
    'tiers change under a small budget: predictions stay exact',
    async ({ defer }) => {
        const unit = run('units', gateway);
        const plain = fs.readFileSync(unit, 'utf8');
        const write = async (text) => {
            await stack.hold(gateway, 'SIGTERM');
            fs.writeFileSync(unit, text);
            stack.release(gateway);
            await stack.waitReady(gateway);
        };
        defer(() => write(plain));
        await write(plain.replace(/^exec /m, 'export ST_CLIENT_BYTES_PER_S=1500\nexec '));
        const truth = await Truth.from(defer);
        const crew = fly(defer, gateway);
        await calm(truth, crew, 8);
        const { status, output } = await crew.end();
        assert.equal(status, 0, output.slice(-600));
        const [, checked, wrong] = /compared \/ wrong +(\d+) \/ (\d+)/.exec(output).map(Number);
        assert.ok(checked > 20, `only ${checked} predictions were compared`);
        assert.equal(wrong, 0, `${wrong} of ${checked} predictions were wrong`);
        return `${checked} predictions compared, none wrong`;
    },
    { seconds: 180 },
);
