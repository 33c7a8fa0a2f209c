// SPDX-License-Identifier: Apache-2.0
// The first flight, played: guest, undock, drone, cargo, dock, trade at two stations, reload.
import assert from 'node:assert/strict';
import { Pilot } from './pilot.mjs';

const url = process.env.ST_URL;
const begin = Date.now();
const pilot = await Pilot.start(url);
const { page } = pilot;

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

const steps = [
    [
        'landing',
        async () => {
            await pilot.until('the landing', () => pilot.shown('.play'));
            await pilot.until('the map', async () =>
                (await pilot.text('.counters')).includes('12'),
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
            await page.keyboard.down('Space');
            await pilot.until(
                'the drone to burst',
                async () => {
                    const seen = await pilot.look();
                    if (seen.aim !== null) await pilot.point(seen.aim);
                    if (seen.target && seen.target.distance > 700) {
                        await pilot.flyTo(
                            'the drone again',
                            (s) => s.target,
                            500,
                            120,
                            120000,
                            gone,
                        );
                    }
                    return gone(seen);
                },
                120000,
            );
            await page.keyboard.up('Space');
            await pilot.shot('4-destroyed');
        },
    ],
    [
        'pick up its cargo',
        async () => {
            const aboard = async () =>
                Number(await pilot.text('.block.mine .bottom span:nth-child(3) .figure')) > 0;
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
            const paid = await order('MED', 'buy', 2);
            assert.ok(paid < 0, `bought for ${paid}`);
            await pilot.until('medicine in the hold', async () => (await heldOf('MED')) === 2);
            await pilot.shot('6-traded');
        },
    ],
    [
        'trade at a second station',
        async () => {
            await pilot.undock();
            await page.keyboard.press('KeyM');
            await page.locator('.places button', { hasText: 'Luna Yards' }).click();
            await pilot.shot('7-map');
            await page.locator('.map .card .primary').click();
            await page.keyboard.press('KeyM');
            await pilot.flyTo('Luna Yards', (seen) => seen.route, 230, 50, 240000);
            await pilot.dock();
            await pilot.until('the market', () => pilot.shown('.docked tbody tr'));
            assert.match(await pilot.text('.docked h1'), /Luna Yards/);
            await order('MED', 'sell', 1);
            await pilot.until('one left', async () => (await heldOf('MED')) === 1);
            await pilot.shot('8-second-station');
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
            await pilot.shot('9-reloaded');
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
await pilot.stop();
process.exit(failed ? 1 : 0);
