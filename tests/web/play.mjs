// SPDX-License-Identifier: Apache-2.0
// The first flight, played: guest, undock, drone, cargo, dock, trade, hunt a pirate, take what it
// leaves, trade at a second station, reload.
import assert from 'node:assert/strict';
import { Lost, Pilot } from './pilot.mjs';

const url = process.env.ST_URL;
const begin = Date.now();
const browser = await Pilot.launch();
// A small window, so that the pictures come quickly without a graphics card.
const pilot = await Pilot.start(url, browser, { width: 1000, height: 640 });
const { page } = pilot;

/** Where pirates lurk in the Sunward zone, u from the Sun, in the order of a round from home. */
const HAUNTS = [
    [-2600, 5200],
    [4200, 3600],
    [9000, 6300],
    [4200, 3600],
    [-2600, 5200],
    [-6200, -700],
];
/** Ships that the hunt may cost. */
const LIVES = 5;
/** How long pirates are hunted for one cargo that no mate of theirs takes first, ms. */
const PATIENCE = 600000;

const goodRow = (code) => page.locator(`tr[data-good="${code}"]`);
const heldOf = async (code) =>
    Number((await goodRow(code).locator('.t-hold').textContent()).replace('–', '0'));

async function order(code, side, quantity) {
    await goodRow(code).click();
    await page.click(side === 'buy' ? '.side-buy' : '.side-sell');
    if (quantity === 'max') await page.click('.ticket .max');
    else await page.fill('.ticket input[type=number]', String(quantity));
    const before = await pilot.credits();
    await pilot.until('the order button', () => page.locator('.order-button').isEnabled());
    await page.click('.order-button');
    await pilot.until(
        `receipt for ${side} ${code}`,
        async () => (await pilot.credits()) !== before,
    );
    return (await pilot.credits()) - before;
}

const massAboard = async () =>
    Number(await pilot.text('.block.mine .bottom span:nth-child(3) .figure'));

async function provide() {
    if ((await heldOf('MED')) > 0) return;
    const paid = await order('MED', 'buy', 2);
    assert.ok(paid < 0, `bought for ${paid}`);
    await pilot.until('medicine in the hold', async () => (await heldOf('MED')) === 2);
}

/** What can cost the ship, again and again until it is done or too many ships are lost. */
async function dare(what, attempt) {
    for (let lives = LIVES; ; lives -= 1) {
        try {
            return await attempt();
        } catch (error) {
            if (!(error instanceof Lost) || lives === 1) throw error;
            console.log(`#  ${what}: the ship is lost, another try`);
            await pilot.shot('lost');
            await pilot.respawn();
            await provide();
            await pilot.undock();
        }
    }
}

const isPirate = async (seen) =>
    seen.target !== null && /^pirate/.test(await pilot.text('.block.target .kind'));

/** Flies the round of the haunts until a pirate is the target. */
async function findPirate() {
    for (let at = 0; at < 3 * HAUNTS.length; at += 1) {
        const haunt = HAUNTS[at % HAUNTS.length];
        let found = false;
        await pilot.flyTo(
            `a haunt of pirates at ${haunt}`,
            (seen) => pilot.goal(seen, haunt),
            600,
            300,
            120000,
            async (seen) => {
                if (seen.hostile > 0) await page.keyboard.press('KeyT');
                found = await isPirate(seen);
                return found;
            },
        );
        if (found) return;
    }
    throw new Error('no pirate at any of its haunts');
}

/** t in the hold when the hunt began. */
let laden = 0;

/** Finds pirates and fights them until one bursts. */
async function hunt() {
    laden = await massAboard();
    const burst = (seen) => seen.feed.includes('Raider destroyed');
    const close = (seen) => !seen.target || seen.target.distance < 900;
    for (let tries = 0; tries < 6; tries += 1) {
        await findPirate();
        await pilot.flyTo('the pirate', (seen) => seen.target, 700, 400, 120000, close);
        if ((await pilot.fight(burst, 120000)) !== 'won') continue;
        await pilot.until('the bounty', async () =>
            (await pilot.look()).feed.some((line) => /^Bounty \+\d{3} cr$/.test(line)),
        );
        await pilot.shot('7-pirate-destroyed');
        return;
    }
    throw new Error('no pirate burst');
}

/** Takes what the pirate has left; false when somebody else has it. */
async function takeCargo() {
    const end = performance.now() + 10000;
    const near = (seen) => seen.cargo !== null && seen.cargo.distance < 2000;
    const aboard = async () => (await massAboard()) > laden;
    await pilot.until('its cargo', async () => {
        const there = (await aboard()) || near(await pilot.look());
        return there || performance.now() > end;
    });
    const over = async (seen) => (await aboard()) || !near(seen);
    await pilot.flyTo('its cargo', (seen) => seen.cargo, 20, 60, 120000, over);
    return aboard();
}

const steps = [
    [
        'landing',
        async () => {
            await pilot.until('the landing', () => pilot.shown('.play'));
            await pilot.until('the map', async () =>
                (await pilot.text('.counters')).includes('12'),
            );
            await pilot.until('ships that fly', async () =>
                /[1-9]\d*ships in space/.test(await pilot.text('.counters')),
            );
            await pilot.shot('1-landing');
        },
    ],
    [
        'guest in one click',
        async () => {
            await page.click('.play');
            await pilot.until('docked', () => pilot.shown('.docked tbody tr'));
            assert.equal(await pilot.credits(), 2500);
            await pilot.shot('2-market');
        },
    ],
    [
        'undock and fly',
        async () => {
            await pilot.undock();
            await pilot.point(45);
            await page.keyboard.down('KeyW');
            await pilot.until('speed', async () => (await pilot.look()).speed > 40, 30000);
            await pilot.shot('3-flight');
            await page.keyboard.up('KeyW');
        },
    ],
    [
        'destroy a training drone',
        async () => {
            await pilot.until('a drone as target', async () => {
                await page.keyboard.press('KeyT');
                return (await pilot.text('.block.target .name')) === 'Training drone';
            });
            const gone = async (seen) =>
                !seen.target || (await pilot.text('.feed')).includes('destroyed');
            await pilot.flyTo('the drone', (seen) => seen.target, 500, 120, 180000, gone);
            await pilot.fight(gone, 120000);
            await pilot.shot('4-destroyed');
        },
    ],
    [
        'pick up its cargo',
        async () => {
            const aboard = async () => (await massAboard()) > 0;
            await pilot.flyTo('the cargo', (seen) => seen.cargo, 20, 60, 180000, aboard);
            await pilot.until('cargo aboard', aboard);
            await pilot.shot('5-cargo');
        },
    ],
    [
        'dock',
        async () => {
            await pilot.flyTo('the station', (seen) => seen.station, 230, 50);
            await pilot.dock();
        },
    ],
    [
        'trade at the first station',
        async () => {
            await pilot.until('fuel cells in the hold', async () => (await heldOf('FUE')) > 0);
            const gain = await order('FUE', 'sell', 'max');
            assert.ok(gain > 0, `sold for ${gain}`);
            await provide();
            await pilot.shot('6-traded');
        },
    ],
    [
        'destroy a pirate',
        async () => {
            await pilot.undock();
            await dare('the hunt', hunt);
        },
    ],
    [
        'pick up what it leaves',
        async () => {
            const end = performance.now() + PATIENCE;
            let hunted = true;
            await dare('its cargo', async () => {
                while (performance.now() < end) {
                    if (!hunted) await hunt();
                    hunted = false;
                    if (await takeCargo()) return;
                    console.log('#  its cargo: somebody else has it, the next pirate');
                }
                throw new Error('others take each cargo first');
            });
            await pilot.shot('8-its-cargo');
        },
    ],
    [
        'trade at a second station',
        async () => {
            let name;
            await dare('the way to trade', async () => {
                const { station } = await pilot.look();
                name = station.name === 'Terra High' ? 'Luna Yards' : station.name;
                await pilot.setCourse(name, '9-map');
                await pilot.flyTo(name, (seen) => seen.route, 230, 50, 240000);
                await pilot.dock();
            });
            await pilot.until('the market', () => pilot.shown('.docked tbody tr'));
            assert.equal(await pilot.text('.docked h1'), name);
            await order('MED', 'sell', 1);
            await pilot.until('one left', async () => (await heldOf('MED')) === 1);
            await pilot.shot('10-second-station');
        },
    ],
    [
        'everything is as it was after a reload',
        async () => {
            const before = {
                credits: await pilot.credits(),
                held: await heldOf('MED'),
                place: await pilot.text('.docked h1'),
            };
            await page.reload();
            await pilot.until('docked again', () => pilot.shown('.docked tbody tr'));
            await pilot.until(
                'the account',
                async () => (await pilot.credits()) === before.credits,
            );
            assert.deepEqual(
                {
                    credits: await pilot.credits(),
                    held: await heldOf('MED'),
                    place: await pilot.text('.docked h1'),
                },
                before,
            );
            await pilot.shot('11-reloaded');
        },
    ],
    ['no error in the page', async () => assert.deepEqual(pilot.errors, [])],
];

let failed = false;
for (const [name, run] of steps) {
    if (failed) {
        console.log(`skip play: ${name}`);
        continue;
    }
    try {
        await run();
        console.log(`ok play: ${name} (${Math.round((Date.now() - begin) / 1000)} s)`);
    } catch (error) {
        failed = true;
        console.log(
            [`not ok play: ${name}`, error.message.slice(0, 600), ...pilot.errors].join('\n  '),
        );
        await pilot.shot('failed').catch(() => undefined);
    }
}
await browser.close();
process.exit(failed ? 1 : 0);
