// SPDX-License-Identifier: Apache-2.0
// Wall clocks that jump under one kind of daemon: timers run on the monotonic clock, so nothing but
// the expiry of tickets is judged by wall time. libfaketime moves the wall clock alone.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { exchange } from './client.mjs';
import { env, fault, stack, until } from './harness.mjs';
import { account, booksHold, buys, docks, flies, pilot } from './world.mjs';

const hour = 3600;
const run = (...parts) => path.join(env.ST_RUN_DIR, ...parts);
const of = (kind) => stack.daemons().filter((name) => name.startsWith(`${kind}-`));

function library() {
    for (const folder of fs.readdirSync('/usr/lib')) {
        const file = path.join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1');
        if (fs.existsSync(file)) return file;
    }
    throw new Error('libfaketime is not installed');
}

// Seconds by which the wall clock of a daemon differs from ours, from the Date of its answers.
async function offset(name) {
    const answer = await exchange(stack.base(name), 'GET', '/livez');
    return (Date.parse(answer.headers.date) - Date.now()) / 1000;
}

class Clock {
    // Starts the daemons of a kind again with a clock that can be set; `defer` undoes it.
    static async under(kind, defer) {
        const clock = new Clock();
        clock.names = of(kind);
        clock.file = run(`clock-${kind}`);
        fs.writeFileSync(clock.file, '+0');
        defer(async () => {
            await stack.waitAllReady();
            fs.rmSync(clock.file);
        });
        for (const name of clock.names) await clock.replace(name, defer);
        await stack.waitAllReady();
        return clock;
    }

    async replace(name, defer) {
        const unit = run('units', name);
        const plain = fs.readFileSync(unit, 'utf8');
        const write = async (text) => {
            await stack.hold(name, 'SIGTERM');
            fs.writeFileSync(unit, text);
            stack.release(name);
            await stack.waitReady(name);
        };
        defer(() => write(plain));
        // The address sanitizer wants to be the first library, or to be told that it is not.
        await write(
            plain.replace(
                /^exec /m,
                `export FAKETIME_TIMESTAMP_FILE='${this.file}' FAKETIME_CACHE_DURATION=1
export FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_RESET=1 NO_FAKE_STAT=1
export ASAN_OPTIONS="\${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
export LD_PRELOAD='${library()}'
exec `,
            ),
        );
    }

    async jump(seconds) {
        const sign = seconds < 0 ? '-' : '+';
        fs.writeFileSync(`${this.file}.new`, `${sign}${Math.abs(seconds)}`);
        fs.renameSync(`${this.file}.new`, this.file);
        for (const name of this.names) {
            const there = async () => Math.abs((await offset(name)) - seconds) < 60;
            await until(`${name} is ${seconds} s away`, there, 20000);
        }
    }
}

const pids = () => stack.daemons().map((name) => stack.pid(name));

for (const kind of ['gateway', 'simulation', 'profile', 'economy']) {
    fault(
        `the clock of ${kind} jumps by an hour, there and back`,
        async ({ defer }) => {
            const clock = await Clock.under(kind, defer);
            const flying = await pilot({ fly: true, defer });
            const trader = await pilot({ defer });
            const before = pids();
            const epoch = flying.worldEpoch;
            for (const seconds of [hour, 0, -hour, 0]) {
                await clock.jump(seconds);
                const statuses = flying.statuses;
                await flies(flying);
                await buys(trader);
                await trader.undock();
                await docks(trader);
                const newcomer = await pilot({ fly: true, defer });
                await flies(newcomer);
                await newcomer.signIn('refresh', { refresh_secret: newcomer.refreshSecret });
                const me = await trader.http('GET', '/v1/me');
                assert.equal(me.status, 200);
                await flies(flying);
                assert.deepEqual([flying.closed, trader.closed], [undefined, undefined]);
                assert.equal(flying.statuses, statuses, 'nobody was told of anything');
            }
            assert.equal(flying.worldEpoch, epoch);
            assert.deepEqual(pids(), before);
            assert.equal((await account(trader)).holderId, trader.own.location);
            for (const name of stack.daemons()) assert.ok(await stack.ready(name), name);
            await booksHold();
        },
        { seconds: 240 },
    );
}

fault(
    'two hours later a ticket has expired, an open socket has not',
    async ({ defer }) => {
        const clock = await Clock.under('gateway', defer);
        const player = await pilot({ fly: true, defer });
        const other = await pilot({ defer });
        await clock.jump(2 * hour);
        other.drop();
        await assert.rejects(other.connect(), /closed with 4002/);
        await flies(player);
        assert.ok(!player.closed);
        await clock.jump(0);
        await other.connect();
        await flies(player);
    },
    { seconds: 120 },
);
