#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// How well the browser foresees its own ship: a pilot at a real Chromium flies by a recorded list
// of keys over a line with latency and jitter, near home where nobody shoots. Every correction of
// the own ship is counted by the page; in undisturbed flight there must be none.
//   prediction.mjs [--minutes N] [--latency MS] [--jitter MS]: against the gateway at ST_URL.
import { parseArgs } from 'node:util';
import { later } from './later.mjs';
import { Pilot } from './pilot.mjs';

const { values } = parseArgs({
    options: {
        minutes: { type: 'string', default: '10' },
        latency: { type: 'string', default: '60' },
        jitter: { type: 'string', default: '30' },
    },
});
const [minutes, latency, jitter] = [values.minutes, values.latency, values.jitter].map(Number);
const slow = { latency, jitter };
/** ms until clock and lead have settled on the line; what happens before is not judged. */
const SETTLE_MS = 20000;
/** Keys that are held, and for how long, ms: the same flight in each run. */
const FLIGHT = [
    [['KeyW', 'KeyA'], 900],
    [['KeyW'], 1400],
    [['KeyD'], 500],
    [['KeyW', 'ShiftLeft'], 1200],
    [['KeyS'], 1800],
    [['KeyA'], 700],
    [['KeyW', 'KeyD'], 1100],
    [['KeyC', 'KeyW'], 900],
    [['KeyD', 'KeyS'], 1600],
    [[], 800],
];

const browser = await Pilot.launch();
const pilot = await Pilot.start(process.env.ST_URL, browser, { width: 480, height: 320 });
const { page } = pilot;
await page.routeWebSocket(/\/v1\/ws/, (ws) => {
    const server = ws.connectToServer();
    ws.onMessage(later(slow, (message) => server.send(message)));
    server.onMessage(later(slow, (message) => ws.send(message)));
});
await page.reload();

async function corrections() {
    await page.keyboard.press('Escape');
    await pilot.until('the menu', () => pilot.shown('.own-corrections'));
    const count = Number((await pilot.text('.own-corrections')).replaceAll(',', ''));
    await page.keyboard.press('Escape');
    return count;
}

let moves = 0;
async function flyFor(ms) {
    const end = performance.now() + ms;
    while (performance.now() < end) {
        const [keys, span] = FLIGHT[moves++ % FLIGHT.length];
        for (const key of keys) await page.keyboard.down(key);
        await page.waitForTimeout(span);
        for (const key of keys) await page.keyboard.up(key);
    }
}

await pilot.until('the landing', () => pilot.shown('.play'));
await page.click('.play');
await pilot.until('docked', () => pilot.shown('.docked tbody tr'));
await pilot.undock();
await flyFor(SETTLE_MS);
const before = await corrections();
await flyFor(minutes * 60000);
const count = (await corrections()) - before;
await browser.close();
const line = `${latency} ms and up to ${2 * jitter} ms more`;
console.log(
    `${count === 0 ? 'ok' : 'not ok'} prediction: ${minutes} min over a line of ${line}, ` +
        `${moves} moves: the own ship was corrected ${count} times`,
);
process.exit(count === 0 ? 0 : 1);
