// SPDX-License-Identifier: Apache-2.0
// States of how the ship is steered and heard: keys that were changed, a gamepad, sound. Part of
// states.mjs, which brings the kit.
import assert from 'node:assert/strict';

/** A gamepad that the page sees: at rest until the test moves it. */
const FAKE_PAD = () => {
    const buttons = Array.from({ length: 17 }, () => ({ pressed: false, value: 0 }));
    window.pad = { connected: true, mapping: 'standard', axes: [0, 0, 0, 0], buttons };
    navigator.getGamepads = () => [window.pad];
};

/** Counts the tones that begin. */
const COUNT_TONES = () => {
    window.tones = 0;
    const { start } = AudioScheduledSourceNode.prototype;
    AudioScheduledSourceNode.prototype.start = function (...args) {
        window.tones++;
        return start.apply(this, args);
    };
};

const speedOf = async (pilot) => (await pilot.look()).speed;

export const controlStates = ({ landing, docked, says }) => [
    [
        'keys can be changed: another key thrusts, the old one does not',
        async () => {
            const pilot = await landing();
            const { page } = pilot;
            await page.click('.play');
            await docked(pilot);
            await pilot.undock();
            await page.keyboard.press('Escape');
            await page.click('.drawer [data-act="ahead"]');
            await says(pilot, '.drawer [data-act="ahead"]', 'press a key');
            await page.keyboard.press('KeyI');
            await says(pilot, '.drawer [data-act="ahead"]', 'I');
            await pilot.shot('state-keys');
            await page.keyboard.press('Escape');
            await page.keyboard.down('KeyW');
            await page.waitForTimeout(1500);
            assert.equal(await speedOf(pilot), 0);
            await page.keyboard.up('KeyW');
            await page.keyboard.down('KeyI');
            await pilot.until('speed', async () => (await speedOf(pilot)) > 30);
            await page.keyboard.up('KeyI');
            await page.reload();
            await pilot.until('in flight again', () => pilot.shown('.hud .console'));
            await page.keyboard.press('Escape');
            await says(pilot, '.drawer [data-act="ahead"]', 'I');
            await page.click('.drawer .keys .link');
            await says(pilot, '.drawer [data-act="ahead"]', 'W ↑');
        },
    ],
    [
        'a gamepad steers and thrusts; sound plays, and can be muted',
        async () => {
            const pilot = await landing();
            const { page } = pilot;
            await page.addInitScript(FAKE_PAD);
            await page.addInitScript(COUNT_TONES);
            await page.reload();
            await pilot.until('the landing', () => pilot.shown('.play'));
            await page.click('.play');
            await docked(pilot);
            await pilot.undock();
            await page.evaluate(() => (window.pad.axes[0] = 1));
            await pilot.until('speed', async () => (await speedOf(pilot)) > 60);
            await page.evaluate(() => {
                window.pad.axes[0] = 0;
                window.pad.buttons[1] = { pressed: true, value: 1 };
            });
            await pilot.until('at rest', async () => (await speedOf(pilot)) === 0);
            const tones = () => page.evaluate(() => window.tones);
            const fire = (value) =>
                page.evaluate((v) => (window.pad.buttons[7] = { pressed: v > 0, value: v }), value);
            const before = await tones();
            await fire(1);
            await pilot.until('shots are heard', async () => (await tones()) > before + 2);
            await page.keyboard.press('KeyN');
            await says(pilot, '.toasts', 'Sound off.');
            const muted = await tones();
            await page.waitForTimeout(1500);
            assert.equal(await tones(), muted);
            await fire(0);
        },
    ],
];
