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
const PROFILE_MS = 20000;

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

/** Samples of a node of a profile and of all below it. */
const weigh = (node, nodes) => {
    node.all = node.hitCount;
    for (const id of node.children ?? []) node.all += weigh(nodes.get(id), nodes);
    return node.all;
};

/**
 * Where the script of the pictures goes, as shares of its samples. Methods keep their names in the
 * bundle: App.picture calls Session.update and FlightView.draw, which calls the draw of the scene,
 * the only one that comes to Pixi's render.
 */
function partsOf({ nodes: list }) {
    const nodes = new Map(list.map((node) => [node.id, node]));
    weigh(list[0], nodes);
    const named = (node, name) => node.callFrame.functionName === name;
    const below = (node, name) =>
        (node.children ?? []).map((id) => nodes.get(id)).filter((child) => named(child, name));
    const first = (node, name) =>
        named(node, name)
            ? [node]
            : (node.children ?? []).flatMap((id) => first(nodes.get(id), name));
    const sum = (some) => some.reduce((n, node) => n + node.all, 0);
    const pictures = first(list[0], 'picture');
    const all = sum(pictures);
    const drawn = pictures.flatMap((node) => below(node, 'draw'));
    const scenes = drawn
        .flatMap((node) => below(node, 'draw'))
        .filter((node) => first(node, 'render').length > 0);
    const pixi = sum(scenes.flatMap((node) => first(node, 'render')));
    const session = sum(pictures.flatMap((node) => below(node, 'update')));
    return [
        ['kernel and SDK', session],
        ['scene: places, trails, bolts, effects', sum(scenes) - pixi],
        ['Pixi: render', pixi],
        ['instruments, marks, radar', sum(drawn) - sum(scenes)],
        ['the rest', all - session - sum(drawn)],
    ].map(([name, samples]) => [name, samples / Math.max(1, all)]);
}

async function profiled(page, ms) {
    const session = await page.context().newCDPSession(page);
    await session.send('Profiler.enable');
    await session.send('Profiler.setSamplingInterval', { interval: 200 });
    await session.send('Profiler.start');
    await page.waitForTimeout(ms);
    const { profile } = await session.send('Profiler.stop');
    await session.detach();
    return profile;
}

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
for (const [name, share] of partsOf(await profiled(page, PROFILE_MS)))
    line(`  of the pictures: ${name}`, 100 * share, '%');
console.log(`${spent.pictures.length} pictures, ${spent.frames.length} frames ${ships}`);
await browser.close();
