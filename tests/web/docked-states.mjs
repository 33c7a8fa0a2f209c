// SPDX-License-Identifier: Apache-2.0
// States of the page at a station: the shipyard, contracts, the exchange, the day's shortage, how a
// price went. Part of states.mjs, which brings the kit.
import assert from 'node:assert/strict';
import { Player } from '../system/client.mjs';
import { env, stack, until } from '../system/harness.mjs';

const url = env.ST_URL;
const LUNA = 2;

export const dockedStates = ({ landing, signedIn, settle, says, docked }) => [
    [
        'the shipyard: a hauler, insured and refitted, then the shuttle again',
        async () => {
            const cyd = new Player(url);
            const { json } = await cyd.guest();
            await settle(cyd.id, LUNA, 30000);
            const pilot = await landing();
            const { page } = pilot;
            await signedIn(pilot, json);
            await page.getByRole('tab', { name: 'Ship' }).click();
            await pilot.until('the yard', () => pilot.shown('tr[data-ship="hauler"]'));
            assert.ok(await page.locator('tr[data-ship="heavy_hauler"] .button').isDisabled());
            await page.locator('.trade-in input').first().uncheck();
            await pilot.shot('state-shipyard');
            await page.click('tr[data-ship="hauler"] .button');
            const status = '.facts-list [role="status"]';
            await says(pilot, status, 'Hauler is yours. Paid 10,400 cr.');
            await says(pilot, '[data-fitting="policy"]', /covers the next loss/);
            await page.click('[data-fitting="gun-autocannon"] .button');
            await says(pilot, status, '1 × autocannon fitted for 750 cr.');
            await says(pilot, '.present dl', /1 × autocannon/);
            await page.click('[data-fitting="policy"] .button');
            await says(pilot, status, 'Not insured any more.');
            await pilot.until('the hold', async () =>
                (await pilot.text('.hold-sum')).includes('80 t'),
            );
            const ships = page.locator('.own-ship');
            await pilot.until('two ships', async () => (await ships.count()) === 2);
            await pilot.shot('state-fleet');
            await page.click('.own-ship .button:visible');
            await says(pilot, status, 'Shuttle is yours.');
            await pilot.until('the small hold', async () =>
                (await pilot.text('.hold-sum')).includes('24 t'),
            );
        },
    ],
    [
        'a contract: taken, given up, a price on a head',
        async () => {
            const eve = new Player(url);
            const { json } = await eve.guest();
            const target = new Player(url);
            await target.guest();
            const name = await stack.sql(
                `SELECT name FROM profile.players WHERE player_id = ${target.id}`,
            );
            await settle(eve.id, 1, 30000);
            await until(
                'an offer',
                async () =>
                    (await stack.sql(
                        `SELECT count(*) > 0 FROM economy.contracts WHERE state = 1 AND origin = 1`,
                    )) === 't',
                150000,
            );
            const pilot = await landing();
            await signedIn(pilot, json);
            const { page } = pilot;
            await page.waitForSelector('tr[data-good="FOO"]');
            await page.getByRole('tab', { name: /Deliveries/ }).click();
            await says(pilot, '[data-contract="offer"] b', /^\d+ .+ to .+/);
            const takes = page.locator('[data-contract="offer"] .button:enabled');
            const fits = async () => (await takes.count()) > 0;
            await pilot.until('an offer that the hold has room for', fits, 300000);
            await takes.first().click();
            await says(pilot, '.facts-list [role="status"]', /The goods are aboard/);
            await says(pilot, '[data-contract="own"]', / left/);
            await pilot.shot('state-contract');
            await page.locator('[data-contract="own"] .button', { hasText: 'Give up' }).click();
            await says(pilot, '.facts-list [role="status"]', /pledge is lost/);
            await page.fill('.head-form input[type="text"]', 'nobody at all');
            await page.click('.head-form .button');
            await says(pilot, '.facts-list [role="status"]', /No pilot of that name/);
            await page.getByRole('tab', { name: 'Best pilots' }).click();
            await says(pilot, '.boards [data-board="wealth"] ol', new RegExp(name));
            await page.getByRole('tab', { name: /Deliveries/ }).click();
            await page.fill('.head-form input[type="text"]', name);
            await page.fill('.head-form input[type="number"]', '2500');
            await page.click('.head-form .button');
            await says(pilot, '[data-contract="head"]', /2,500 cr/);
            await pilot.shot('state-heads');
        },
    ],
    [
        'pilots trade with each other: an order waits, is met, and is collected',
        async () => {
            const [ida, jon] = [new Player(url), new Player(url)];
            const seller = (await ida.guest()).json;
            const buyer = (await jon.guest()).json;
            await settle(ida.id, 1, 30000);
            await settle(jon.id, 1, 30000);
            const pilot = await landing();
            await signedIn(pilot, seller);
            const { page } = pilot;
            await page.click('tr[data-good="MED"]');
            await page.click('.side-buy');
            await pilot.until('the button', () => page.locator('.order-button').isEnabled());
            await page.click('.order-button');
            await says(pilot, '.receipts li', /^Bought 1 Medicine/);
            await page.locator('.ticket .closer').click();
            const offer = async (p, units, price, side) => {
                await p.page.getByRole('tab', { name: 'Exchange' }).click();
                await p.page.selectOption('.limit-form select', { label: 'Medicine' });
                const [n, cr] = await p.page.locator('.limit-form input').all();
                await n.fill(units);
                await cr.fill(price);
                await p.page.locator('.limit-form .button', { hasText: side }).click();
            };
            await offer(pilot, '1', '700', 'Sell');
            await says(pilot, '.facts-list [role="status"]', /1 wait for another pilot/);
            await says(pilot, '[data-limit="own"] b', 'Sells 1 Medicine at 700 cr');
            await says(pilot, '[data-book="ask"] li', /700 cr × 1/);
            await pilot.shot('state-exchange');
            const other = await landing();
            await signedIn(other, buyer);
            await offer(other, '1', '750', 'Buy');
            await says(other, '.facts-list [role="status"]', '1 traded for 700 cr.');
            await says(other, '.hold-sum', /1 of 24 t/);
            await pilot.until('sold', async () => !(await pilot.shown('[data-limit="own"]')));
            await offer(other, '3', '5', 'Buy');
            await says(other, '[data-limit="own"] b', 'Buys 3 Medicine at 5 cr');
            await other.page.locator('[data-limit="own"] .button').click();
            await says(other, '.facts-list [role="status"]', /Cancelled/);
        },
    ],
    [
        'the shortage of the day: news, and a reason of the price; the best pilots',
        async () => {
            const { lines } = await (await fetch(`${url}/v1/markets`)).json();
            const scarce = lines.filter((line) => line.event === 'shortage');
            assert.equal(scarce.length, 1);
            const [{ location, commodity }] = scarce;
            const code = await stack.sql(
                `SELECT code FROM economy.commodities WHERE id = ${commodity}`,
            );
            const dan = new Player(url);
            const { json } = await dan.guest();
            await settle(dan.id, location, 30000);
            await stack.sql(
                `INSERT INTO economy.haul_losses VALUES (1, ${location}, ${commodity}, 7)`,
            );
            const pilot = await landing();
            await signedIn(pilot, json);
            await pilot.page.click(`tr[data-good="${code}"]`);
            await says(pilot, `tr[data-good="${code}"] .meter-word`, 'shortage');
            await says(pilot, '.ticket .today', / is short of .+ until \d\d:\d\d: twice as much /);
            await says(pilot, '.ticket .why', /Haulers lost \d+ t on the way here/);
            await pilot.shot('state-shortage');
            await pilot.page.locator('.ticket .closer').click();
            await pilot.page.getByRole('tab', { name: 'News' }).click();
            await says(pilot, '.facts-list .job b', / is short of /);
            await pilot.page.getByRole('tab', { name: 'Best pilots' }).click();
            await says(pilot, '.boards [data-board="wealth"] .own', /^\d+\S.*3\d,\d{3} cr$/);
            await pilot.shot('state-leaders');
        },
    ],
    [
        'how a price went: candles, and what pilots bought',
        async () => {
            const pilot = await landing();
            const { page } = pilot;
            await page.click('.play');
            await docked(pilot);
            await page.click('tr[data-good="LUX"]');
            await page.click('.side-buy');
            await pilot.until('the button', () => page.locator('.order-button').isEnabled());
            await page.click('.order-button');
            await says(pilot, '.receipts li', /^Bought 1 Luxuries/);
            await page.getByRole('button', { name: '1 hour' }).click();
            // The minute of an order ends, and is then counted.
            const bought = /^In 1 hour pilots bought [1-9]\d* and sold 0$/;
            await says(pilot, '.chart-words', bought, 180000);
            const words = await page.locator('.chart canvas').getAttribute('aria-label');
            assert.match(words, /^Price over 1 hour: from [\d,]+ to [\d,]+, lowest [\d,]+, /);
            await pilot.shot('state-chart');
        },
    ],
];
