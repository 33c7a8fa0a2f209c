#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Makes the pictures of the README's animation: a guest undocks, flies, destroys a training drone
// and takes its cargo, filmed at a real Chromium against the gateway at ST_URL.
//   film.mjs FOLDER   one picture per tenth of a second, 0001.png ...
// Then: img2webp -loop 0 -lossy -q 60 -d 100 FOLDER/*.png -o docs/flight.webp (package webp)
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Pilot } from './pilot.mjs';

const FRAME_MS = 100;
const folder = process.argv[2] ?? '.build/film';
mkdirSync(folder, { recursive: true });

const browser = await Pilot.launch();
const pilot = await Pilot.start(process.env.ST_URL, browser, { width: 720, height: 450 });
const { page } = pilot;

/** Takes pictures until stop() is called. */
function film() {
    let running = true;
    let n = 0;
    const done = (async () => {
        while (running) {
            const next = performance.now() + FRAME_MS;
            const name = `${String(++n).padStart(4, '0')}.png`;
            await page.screenshot({ path: join(folder, name) });
            await page.waitForTimeout(Math.max(0, next - performance.now()));
        }
    })();
    return () => {
        running = false;
        return done.then(() => n);
    };
}

await pilot.until('the landing', () => pilot.shown('.play'));
await page.click('.play');
await pilot.until('docked', () => pilot.shown('.docked tbody tr'));
await pilot.undock();
await pilot.until('a drone as target', async () => {
    await page.keyboard.press('KeyT');
    return (await pilot.text('.block.target .name')) === 'Training drone';
});
const stop = film();
const gone = async (seen) => !seen.target || (await pilot.text('.feed')).includes('destroyed');
await pilot.flyTo('the drone', (seen) => seen.target, 500, 120, 180000, gone);
await pilot.fight(gone, 120000);
await page.waitForTimeout(1500);
const pictures = await stop();
await browser.close();
console.log(`${pictures} pictures in ${folder}`);
