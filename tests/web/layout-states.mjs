// SPDX-License-Identifier: Apache-2.0
// The same screens in windows of many sizes: nothing lies upon another thing, nothing that is to be
// pressed is out of reach. Part of states.mjs, which brings the kit.
import assert from 'node:assert/strict';

const SIZES = [
    [1440, 900],
    [1000, 640],
    [844, 390],
    [720, 450],
    [390, 844],
    [320, 640],
];
const FLIGHT = [
    ...['.zone-card', '.chips .chip', '.block.mine', '.block.target', '.radar', '.prompt .chip'],
    ...['.feed li:first-child', '.hud > .chat', '.hint'],
];
const LEEWAY = 3; // px: frames touch

/** Boxes of what can be seen, by selector. */
const boxes = (page, selectors) =>
    page.evaluate(
        (list) =>
            list.flatMap((css) =>
                [...document.querySelectorAll(css)]
                    .filter((e) => e.checkVisibility({ opacityProperty: true }))
                    .map((e) => ({ css, ...e.getBoundingClientRect().toJSON() }))
                    .filter((box) => box.width > 0 && box.height > 0),
            ),
        selectors,
    );

const upon = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > LEEWAY &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > LEEWAY;

/** Nothing of them lies upon another. */
async function apart({ page }, selectors, words) {
    const all = await boxes(page, selectors);
    const pairs = all.flatMap((a, i) => all.slice(i + 1).map((b) => [a, b]));
    const bad = pairs.filter(([a, b]) => upon(a, b)).map(([a, b]) => `${a.css} and ${b.css}`);
    assert.deepEqual(bad, [], `${words}: ${bad.join('; ')}`);
}

async function within({ page }, selectors, words) {
    const { width, height } = page.viewportSize();
    for (const css of selectors) {
        const [box] = await boxes(page, [css]);
        assert.ok(box, `${words}: ${css} is not seen`);
        const inside =
            box.left >= -1 && box.top >= -1 && box.right <= width + 1 && box.bottom <= height + 1;
        assert.ok(inside, `${words}: ${css} at ${JSON.stringify(box)}`);
    }
}

const noScroll = ({ page }) =>
    page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth + 1);

async function resize(pilot, [width, height]) {
    await pilot.page.setViewportSize({ width, height });
    return `${width}x${height}`;
}

/** A busy page takes a while until its parts have found their places: tries until they fit. */
async function fits(pilot, check) {
    let error;
    const good = () =>
        check().then(
            () => true,
            (e) => void (error = e),
        );
    await pilot.until('a place for everything', good, 8000).catch(() => {
        throw error;
    });
}

/** Each page of a station: not wider than the window, the way out in reach. */
async function everyTab(pilot) {
    const { page } = pilot;
    const tabs = page.locator('.docked [role="tab"]');
    assert.ok((await tabs.count()) >= 5);
    for (const size of SIZES) {
        const window = await resize(pilot, size);
        for (let i = 0; i < (await tabs.count()); i += 1) {
            await tabs.nth(i).click();
            const words = `${await tabs.nth(i).textContent()} ${window}`;
            await fits(pilot, async () => {
                await within(pilot, ['.undock', '[role="tab"][aria-selected="true"]'], words);
                assert.ok(await noScroll(pilot), `${words} scrolls sideways`);
            });
            await pilot.shot(`layout-tab-${i}-${size[0]}`);
        }
        await tabs.first().click();
    }
}

/** What is opened over the flight can be closed again in each window. */
async function overTheFlight(pilot) {
    const { page } = pilot;
    for (const size of SIZES) {
        const window = await resize(pilot, size);
        for (const [key, name, close] of [
            ['KeyM', 'map', '.map .button'],
            ['Escape', 'menu', '.drawer .head button'],
            ['KeyP', 'pilot', '.drawer .head button'],
        ]) {
            await page.keyboard.press(key);
            const words = `${name} ${window}`;
            await fits(pilot, async () => {
                await within(pilot, [close], words);
                await apart(pilot, ['.drawer .label', '.drawer .row > span'], words);
                assert.ok(await noScroll(pilot), `${words} scrolls sideways`);
            });
            await pilot.shot(`layout-${name}-${size[0]}`);
            await page.locator(close).first().click();
        }
    }
}

export const layoutStates = ({ landing, docked }) => [
    [
        'in windows of many sizes nothing lies upon another thing or out of reach',
        async () => {
            const pilot = await landing();
            const { page } = pilot;
            for (const size of SIZES) {
                const words = `landing ${await resize(pilot, size)}`;
                await fits(pilot, () => within(pilot, ['.play'], words));
                await pilot.shot(`layout-landing-${size[0]}`);
            }
            await page.click('.play');
            await docked(pilot);
            for (const size of SIZES) {
                const words = `station ${await resize(pilot, size)}`;
                await fits(pilot, () => within(pilot, ['.undock', '.to-menu', '.to-chat'], words));
                assert.ok(await noScroll(pilot), `${words} scrolls sideways`);
                await page.click('tr[data-good="MED"]');
                await fits(pilot, () => within(pilot, ['.ticket .primary'], words));
                await pilot.shot(`layout-station-${size[0]}`);
                const close = page.locator('.ticket .closer');
                if (await close.isVisible()) await close.click();
            }
            await everyTab(pilot);
            await pilot.undock();
            const seen = ['.block.mine', '.block.target', '.radar', '.chips'];
            for (const size of SIZES) {
                const words = `flight ${await resize(pilot, size)}`;
                await fits(pilot, async () => {
                    await within(pilot, seen, words);
                    await apart(pilot, FLIGHT, words);
                });
                await pilot.shot(`layout-flight-${size[0]}`);
            }
            await overTheFlight(pilot);
        },
    ],
];
