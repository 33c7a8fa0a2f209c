#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// What the page costs a browser: ms of script per picture and per frame of the server, share of
// the pictures that would miss 60 per second, heap after so long. budget.mjs [--minutes N]:
// against the gateway at ST_URL, in a real Chromium, where other ships should be in sight (pilots
// --home of tests/load bring them). Decoding is printed beside a copy of the same bytes.
import { parseArgs } from 'node:util';
import { Pilot } from './pilot.mjs';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '3' } } });
const BUDGET_MS = 1000 / 60;

/** In the page: clocks every picture's callback and every message's handler. */
const CLOCKS = () => {
    const spent = { pictures: [], frames: [], bytes: 0, copies: [] };
    window.spent = spent;
    const timed = (list, run) => {
        const begin = performance.now();
        run();
        list.push(performance.now() - begin);
    };
    const request = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (run) => request((now) => timed(spent.pictures, () => run(now)));
    const { set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
    Object.defineProperty(WebSocket.prototype, 'onmessage', {
        set(run) {
            set.call(this, (event) => {
                spent.bytes += event.data.byteLength;
                timed(spent.copies, () => new Uint8Array(event.data).slice());
                timed(spent.frames, () => run(event));
            });
        },
    });
};

const at = (list, share) => {
    const sorted = [...list].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};
const mean = (list) => list.reduce((sum, v) => sum + v, 0) / Math.max(1, list.length);
const line = (name, value, unit) =>
    console.log(`${name.padEnd(52)} ${value.toFixed(3).padStart(9)} ${unit}`);

const browser = await Pilot.launch();
const pilot = await Pilot.start(process.env.ST_URL, browser, { width: 1440, height: 900 });
const { page } = pilot;
await page.addInitScript(CLOCKS);
await page.reload();
await page.click('.play');
await pilot.until('docked', () => pilot.shown('.docked tbody tr'));
await pilot.undock();
const heap = async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    await session.detach();
    return usedSize / 2 ** 20;
};
const framesSeen = () => page.evaluate(() => window.spent.frames.length);
await pilot.until('ships', async () => (await framesSeen()) > 50);
const before = await heap();
await page.evaluate(() => {
    for (const list of ['pictures', 'frames', 'copies']) window.spent[list].length = 0;
    window.spent.bytes = 0;
});
await page.waitForTimeout(Number(values.minutes) * 60000);
const spent = await page.evaluate(() => window.spent);
const ships = await page.evaluate(() => document.querySelector('.summary')?.textContent ?? '');
line('script per picture, median', at(spent.pictures, 0.5), 'ms');
line('script per picture, p95', at(spent.pictures, 0.95), 'ms');
line(
    'pictures whose script alone took a 60th of a second',
    (100 * spent.pictures.filter((ms) => ms > BUDGET_MS).length) / spent.pictures.length,
    '%',
);
line('frame of the server: decoded and applied, mean', mean(spent.frames), 'ms');
line('frame of the server: p99', at(spent.frames, 0.99), 'ms');
line('beside a copy of its bytes', mean(spent.frames) / Math.max(1e-6, mean(spent.copies)), 'x');
line('bytes of a frame, mean', spent.bytes / Math.max(1, spent.frames.length), 'B');
line('heap after a collection, at first', before, 'MiB');
line(`heap after a collection, ${values.minutes} min later`, await heap(), 'MiB');
console.log(`${spent.pictures.length} pictures, ${spent.frames.length} frames ${ships}`);
await browser.close();
