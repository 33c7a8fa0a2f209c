// SPDX-License-Identifier: Apache-2.0
// The playground in a real browser: a guest connects, frames come in, forms send what the schema
// has, answers are shown, and what is copied as code compiles against the SDK.
// playground.mjs [NAME...]: tests whose name contains a NAME.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Player } from '../system/client.mjs';
import { Pilot } from './pilot.mjs';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const web = join(top, 'services/gateway/web');
const url = new URL('/playground', process.env.ST_URL).href;
const wanted = process.argv.slice(2);
const browser = await Pilot.launch();
const user = await Pilot.start(url, browser, { width: 1280, height: 820 });
const { page } = user;
let failed = 0;

async function test(name, run) {
    if (wanted.length && !wanted.some((word) => name.includes(word))) return;
    try {
        await run();
        assert.deepEqual(user.errors, [], 'nothing on the console');
        console.log(`ok playground: ${name}`);
    } catch (error) {
        failed = 1;
        console.log(`not ok playground: ${name}`);
        console.log(error.stack.replace(/^/gm, '#  '));
        user.errors.length = 0;
    }
}

const count = (kind) => user.text(`label[for=kind-${kind}] .n`).then(Number);
const state = () => user.text('header .state');
const option = (label) =>
    page.locator('#message option', { hasText: label }).first().getAttribute('value');
const choose = async (label) => page.selectOption('#message', await option(label));
const code = () => user.text('.code');
const answered = (words) =>
    user.until(`an answer: ${words}`, async () => words.test(await user.text('.answer')), 20000);

async function fill(name, value) {
    await page.fill(`.message-form input[name=${name}]`, value);
}

await test('a guest connects and frames appear', async () => {
    assert.equal(await state(), 'Not connected.');
    assert.equal(await page.isDisabled('.send'), true);
    await page.click('.guest');
    await user.until('the greeting', async () => /Connected as Guest/.test(await state()));
    for (const kind of ['welcome', 'own', 'density'])
        await user.until(`${kind} counted`, async () => (await count(kind)) > 0);
    await user.until('rows', async () => (await page.locator('.rows li').count()) >= 3);
});

await test('a form asks for a market and shows the reply', async () => {
    await choose('MarketRequest');
    assert.match(await user.text('.about'), /Prices and stock/);
    await fill('location', '1');
    await page.click('.send');
    await answered(/Reply OK after \d+ ms/);
    assert.match(await user.text('.answer pre'), /"market": \{[^]*"commodity": 1,/);
    assert.match(await user.text('.rows [data-kind=reply]'), /market/);
    await user.shot('playground');
});

await test('copy as code names the message and what was filled in', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.click('.copy');
    await user.until('copied', async () => (await user.text('.said')) === 'Copied.');
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /create\(MarketRequestSchema, \{ location: 1 \}\)/);
    assert.match(copied, /from '@gen\/trade_pb'/);
    assert.equal(copied, await code());
});

await test('enums, nested messages, lists and 64-bit numbers', async () => {
    await choose('QuoteRequest');
    await fill('location', '1');
    await fill('commodity', '1');
    await fill('quantity', '2');
    await page.selectOption('.message-form select[name=side]', { label: 'BUY 1' });
    await page.click('.send');
    await answered(/"quote": \{[^]*"result": "ORDER_RESULT_/);
    assert.match(await code(), /side: Side\.BUY/);

    await choose('NamesRequest');
    await page.click('.message-form .items + button');
    const player = /player (\d+)\./.exec(await state())[1];
    await page.keyboard.type(player);
    assert.match(await code(), new RegExp(`player: \\[${player}n\\]`));
    await page.keyboard.press('Enter');
    await answered(/"names": \{[^]*"Guest-/);

    await choose('Input (input)');
    await page.click('.message-form .items + button');
    await page.selectOption('.item select[name=act]', { label: 'jettison' });
    await page.click('.item .set input');
    const goods = page.locator('.item .item, .item fieldset fieldset').last();
    await goods.locator('input[name=commodity]').fill('3');
    await goods.locator('input[name=quantity]').fill('1');
    assert.match(await code(), /case: 'jettison',\s+value: \{ goods: \{ commodity: 3, quantity: 1/);
});

await test('what does not fit is said, not sent', async () => {
    await choose('MarketRequest');
    const sent = await count('sent');
    await fill('location', '4294967296');
    await page.click('.send');
    assert.equal(
        await page.$eval('.message-form input[name=location]', (e) => e.validationMessage),
        '0 to 4294967295.',
    );
    assert.equal(await count('sent'), sent);
    await fill('location', '60000');
    await page.click('.send');
    await answered(/Reply NOT_FOUND/);
});

await test('ping and resync', async () => {
    await choose('Ping');
    await page.click('.send');
    await answered(/Pong of tick \d+ after/);
    await choose('resync');
    await page.click('.send');
    await answered(/Sent/);
});

await test('the list pauses, filters and opens by keys', async () => {
    const list = () => page.locator('.rows li:visible').count();
    // The list forgets old rows: a greeting that is in it is a new one.
    await page.click('.end');
    await page.locator('.feed button', { hasText: 'Clear' }).click();
    await page.click('.guest');
    const greeting = page.locator('.rows [data-kind=welcome]');
    await user.until('a new greeting', async () => (await greeting.count()) === 1);
    await page.click('.hold');
    assert.match(await user.text('.hold'), /Go on/);
    const rows = await page.locator('.rows li').count();
    const before = await count('own');
    await user.until('more behind the pause', async () => (await count('own')) > before);
    assert.equal(await page.locator('.rows li').count(), rows);
    await page.locator('.kinds button', { hasText: 'None' }).press('Enter');
    assert.equal(await list(), 0);
    await page.locator('#kind-welcome').press('Space');
    await user.until('only greetings', async () => (await list()) === 1);
    await page.locator('.rows li:visible summary').press('Enter');
    await user.until('its JSON', async () => /"tickMs": 50/.test(await user.text('.rows pre')));
    await page.locator('.kinds button', { hasText: 'All' }).press('Enter');
    await page.click('.hold');
});

await test('code of every message compiles against the SDK', async () => {
    const folder = join(top, '.build/web-work/playground-code');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const values = await page.$$eval('#message option', (all) => all.map((o) => o.value));
    assert.ok(values.length >= 15, `${values.length} messages`);
    for (const value of values) {
        await page.selectOption('#message', value);
        // Something in every field that takes a number or a choice.
        await page.evaluate(() => {
            for (const add of document.querySelectorAll('.message-form .items + button'))
                add.click();
            for (const box of document.querySelectorAll('.message-form input[type=checkbox]'))
                if (!box.checked) box.click();
            const fire = (e, kind) => e.dispatchEvent(new Event(kind, { bubbles: true }));
            for (const select of document.querySelectorAll('.message-form select')) {
                select.selectedIndex = 1;
                fire(select, 'change');
            }
            for (const input of document.querySelectorAll('.message-form input:not([type])'))
                if (input.id !== 'request-id') {
                    input.value = input.placeholder === 'hexadecimal' ? '0aff' : '7';
                    fire(input, 'input');
                }
        });
        writeFileSync(join(folder, `m${value}.ts`), await code());
    }
    const paths = { '@gen/*': [join(top, '.build/web-gen/startrader/v1/*')] };
    const modules = join(web, 'node_modules');
    paths['@bufbuild/protobuf'] = [join(modules, '@bufbuild/protobuf/dist/esm/index.d.ts')];
    const config = {
        extends: join(web, 'tsconfig.json'),
        compilerOptions: {
            rootDirs: [folder, web],
            paths,
            tsBuildInfoFile: join(top, '.build/web-work/playground.json'),
        },
        include: [folder],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(modules, '.bin/tsc');
    const done = spawnSync(tsc, ['-p', folder], { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stdout.slice(0, 3000));
});

await test('a ticket connects, and a newer sign-in ends it', async () => {
    await page.click('.end');
    await user.until('the form', () => user.shown('#ticket'));
    const player = new Player(process.env.ST_URL);
    await player.guest();
    await page.fill('#ticket', player.ticket);
    await page.press('#ticket', 'Enter');
    await user.until('greeting', async () => (await state()).includes(`player ${player.id}.`));
    await player.connect();
    await user.until('fenced', async () => /Closed: fenced/.test(await state()));
    player.close();
    assert.equal(await page.inputValue('#ticket'), '');
});

await test('a page for a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.equal(wide, 0, 'no sideways scrolling');
    await user.shot('playground-phone');
});

await user.stop();
await browser.close();
process.exit(failed);
