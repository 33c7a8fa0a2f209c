// SPDX-License-Identifier: Apache-2.0
// A simulation that does not get the time it needs.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { fault, stack } from './harness.mjs';
import { flies, pilot } from './world.mjs';

// Lets the process run for a fifth of the time only, until the condition holds.
async function starve(name, condition, ms) {
    const deadline = performance.now() + ms;
    try {
        while (!condition()) {
            assert.ok(performance.now() < deadline, `not within ${ms} ms`);
            stack.signal(name, 'SIGSTOP');
            await pause(120);
            stack.signal(name, 'SIGCONT');
            await pause(30);
        }
    } finally {
        stack.signal(name, 'SIGCONT');
    }
}

fault(
    'overload: the world slows down for all, says so, and comes back',
    async ({ defer }) => {
        const player = await pilot({ fly: true, defer });
        await player.until('full speed', () => player.dilation === 1000, 60000);
        await starve('simulation-0', () => player.dilation < 1000, 20000);
        assert.ok(player.dilation >= 250, `${player.dilation}`);
        await flies(player);
        const slow = await stack.metric('simulation-0', 'startrader_time_dilation_total');
        assert.ok(slow >= 1);
        await player.until('full speed again', () => player.dilation === 1000, 120000);
        const now = await stack.metric('simulation-0', 'startrader_time_dilation_permille');
        assert.equal(now, 1000);
        await flies(player);
        assert.ok(!player.closed);
    },
    { seconds: 180 },
);
