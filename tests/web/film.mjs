#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Films a pilot at the gateway of ST_URL, in a real Chromium: buys at a station, undocks, flies,
// shoots the training drone. film.mjs OUT.webp: needs img2webp (Debian package webp).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Lost, Pilot } from './pilot.mjs';

const [out] = process.argv.slice(2);
const SIZE = { width: 1000, height: 640 };
const SHOWN_MS = 180; // of each picture
const PICTURES_MAX = 90;
const QUALITY = 62;

const folder = mkdtempSync(path.join(tmpdir(), 'st-film.'));
const browser = await Pilot.launch();
const pilot = await Pilot.start(process.env.ST_URL, browser, SIZE);
const { page } = pilot;
const pictures = [];
let rolling = true;

async function roll() {
    while (rolling && pictures.length < PICTURES_MAX) {
        const file = path.join(folder, `${pictures.length}.png`);
        await page.screenshot({ path: file });
        pictures.push(file);
    }
}

/** So many pictures more. */
const pause = (count) => {
    const enough = pictures.length + count;
    return pilot.until('pictures', () => pictures.length >= enough || !rolling, 60000);
};

async function trade() {
    await page.click('tr[data-good="LUX"]');
    await pause(2);
    await page.click('.ticket .amount .max');
    await pause(2);
    await page.click('.ticket .order-button');
    await pilot.until('the receipt', () => pilot.shown('.ticket .receipts li'));
    await pause(3);
}

async function fly() {
    await pilot.undock();
    for (const bearing of [120, 60, 330]) {
        await pilot.point(bearing);
        await page.keyboard.down('KeyW');
        await pause(5);
    }
    await page.keyboard.up('KeyW');
}

async function fight() {
    await page.keyboard.press('KeyT');
    const over = () => pictures.length >= PICTURES_MAX;
    await pilot.fight(over, 60000).catch((error) => {
        if (!(error instanceof Lost)) throw error;
    });
}

await page.click('.play');
await pilot.until('docked', () => pilot.shown('.docked tbody tr'));
// The pilot reads where things are from the words of key H: they need not be in the picture.
await page.evaluate(() => (document.querySelector('.summary').style.visibility = 'hidden'));
const film = roll();
await trade();
await fly();
await fight();
rolling = false;
await film;
await browser.close();
const frames = pictures.flatMap((file) => ['-d', String(SHOWN_MS), file]);
execFileSync('img2webp', ['-loop', '0', '-lossy', '-q', String(QUALITY), ...frames, '-o', out]);
rmSync(folder, { recursive: true });
console.log(`${out}: ${pictures.length} pictures`);
