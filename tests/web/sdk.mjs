// SPDX-License-Identifier: Apache-2.0
// The package @startrader/client as programs use it: packed by npm, installed in a folder of its
// own, checked by the compiler without a browser's types; the examples of docs/ run on it against
// the stack at ST_URL, whose gateway is killed while a client is connected. sdk.mjs [NAME...]:
// installs, then runs those whose name contains a NAME.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { command, env, stack, top } from '../system/harness.mjs';
import { Pilot } from './pilot.mjs';

const url = env.ST_URL;
const web = path.join(top, 'services/gateway/web');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'st-sdk.'));
const home = path.join(folder, 'node_modules/@startrader/client');

/** Installs the packed package as npm would, without asking a registry. */
async function install() {
    const pack = ['pack', '--silent', '--pack-destination', folder, path.join(top, '.build/sdk')];
    const name = execFileSync('npm', pack, { encoding: 'utf8' }).trim();
    fs.mkdirSync(home, { recursive: true });
    const strip = ['-C', home, '--strip-components', '1'];
    execFileSync('tar', ['-xzf', path.join(folder, name), ...strip]);
    for (const part of ['ws', '@types/node', 'undici-types']) {
        const to = path.join(folder, 'node_modules', part);
        fs.mkdirSync(path.dirname(to), { recursive: true });
        fs.symlinkSync(path.join(web, 'node_modules', part), to);
    }
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }\n');
}

/** Runs an example of docs/ on the installed package; what it prints. */
async function example(name, args, ms) {
    const text = fs.readFileSync(path.join(top, 'docs/examples', name), 'utf8');
    const file = path.join(folder, name);
    const from = "'../../.build/sdk/index.js'";
    assert.ok(text.includes(from));
    fs.writeFileSync(file, text.replace(from, "'@startrader/client'"));
    const { status, stdout, stderr } = await command(process.execPath, [file, ...args], { ms });
    assert.equal(status, 0, `${stdout}\n${stderr}`);
    return stdout;
}

async function compile() {
    const file = path.join(folder, 'bot.ts');
    fs.writeFileSync(
        file,
        `import { type ErrorCode, StarTrader, StarTraderError } from '@startrader/client';
        const bot = await StarTrader.connect({ url: 'http://localhost', guest: true });
        const off: () => void = bot.on('hitTaken', ({ byPlayer, tick }) => void (byPlayer + tick));
        const total: number = (await bot.order({ side: 'buy', commodity: 1, quantity: 1 })).total;
        bot.steer({ heading: bot.headingTo(bot.station('TER')), thrust: 'ahead' });
        const code: ErrorCode = 'no_credits';
        // @ts-expect-error: it is no code
        const none: ErrorCode = 'no_luck';
        off();
        export { code, none, StarTraderError, total };\n`,
    );
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022'];
    const roots = path.join(folder, 'node_modules/@types');
    const more = ['--module', 'nodenext', '--typeRoots', roots, '--types', 'node', file];
    const tsc = path.join(web, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = await command(process.execPath, [tsc, ...flags, ...more]);
    assert.equal(status, 0, stdout);
}

async function fly() {
    const entry = pathToFileURL(path.join(home, 'index.js')).href;
    const { StarTrader } = await import(entry);
    const client = await StarTrader.connect({ url, guest: true });
    try {
        const { hold } = await client.account();
        const tooMuch = client.order({ side: 'buy', commodity: 1, quantity: 1000 });
        const codes = ['no_credits', 'no_space', 'no_stock'];
        await assert.rejects(tooMuch, (e) => e.kind === 'order' && codes.includes(e.code));
        await assert.rejects(client.dock(8), { kind: 'action', code: 'not_possible' });
        await client.undock();
        const { x, y } = client.place;
        assert.equal(client.ships().filter((ship) => ship.own).length, 1);
        const astray = assert.rejects(client.flyTo('TRI'), { code: 'interrupted' });
        await client.until(() => Math.hypot(client.place.x - x, client.place.y - y) > 20);
        client.steer({ thrust: 'brake' });
        await astray;
        const far = { kind: 'action', code: 'too_far', limit: client.station(8).dockRadius };
        await assert.rejects(client.dock(8), far);
        await client.flyTo('TER');
        await client.dock();
        assert.equal(client.docked, client.station('TER').id);
        const lost = client.once('lost');
        const back = client.once('back');
        await stack.restart('gateway-1');
        await lost;
        await back;
        assert.ok(client.connected);
        assert.equal((await client.account()).hold, hold);

        const other = new StarTrader({ url });
        other.resume(client.credentialsToKeep);
        const ended = client.once('ended');
        await other.connect();
        assert.equal((await ended).reason, 'fenced');
        assert.equal(other.player, client.player);
        await other.claim(`Bot ${client.player}`, 'a long way to Triton');
        assert.ok(other.connected);
        other.close();
    } finally {
        client.close();
    }
}

/** The same module in a page of the gateway's origin, its kernel fetched. */
async function inBrowser() {
    const browser = await Pilot.launch();
    try {
        const page = await browser.newPage();
        await page.route('**/sdk/*', (route) =>
            route.fulfill({ path: path.join(home, path.basename(route.request().url())) }),
        );
        await page.goto(`${url}/v1/world`);
        const seen = await page.evaluate(async (base) => {
            const { StarTrader } = await import(`${base}/sdk/index.js`);
            const client = await StarTrader.connect({ url: base });
            await client.until(() => client.ships().length > 0);
            const { player, docked } = client;
            client.close();
            const again = await StarTrader.connect({ url: base });
            const same = again.player === player;
            again.close();
            return { player, docked, same, kept: localStorage.length };
        }, url);
        assert.ok(seen.player > 0 && seen.docked > 0, JSON.stringify(seen));
        assert.deepEqual([seen.same, seen.kept], [true, 1]);
    } finally {
        await browser.close();
    }
}

const tests = [
    ['packed and installed', install],
    ['types without a browser', compile],
    [
        'the trade bot makes a profit, the spectator sees ships',
        async () => {
            const [bot, seen] = await Promise.all([
                example('trade-bot.mjs', [url], 300000),
                example('spectate.mjs', [url, '8'], 60000),
            ]);
            const profit = /profit (-?\d+) cr/.exec(bot);
            assert.ok(Number(profit?.[1]) > 0, bot);
            console.log(`# ${bot.trim().replaceAll('\n', '; ')}`);
            assert.match(seen, /^sol-1: \d+ ships in space/);
            assert.match(seen, /tick \d+, [1-9]\d* ships in view:\n {2}[A-Z][\w ]* \(\w+\)/);
        },
    ],
    ['in a browser, and back as the same pilot', inBrowser],
    ['flight and refusals; a killed gateway, a newer sign-in, a claim', fly],
];

let failed = false;
const begin = Date.now();
const wanted = process.argv.slice(2);
for (const [name, run] of tests) {
    const asked = run === install || wanted.some((part) => name.includes(part));
    if (wanted.length && !asked) continue;
    try {
        await run();
        console.log(`ok sdk: ${name} (${Math.round((Date.now() - begin) / 1000)} s)`);
    } catch (error) {
        failed = true;
        console.log(`not ok sdk: ${name}\n  ${error.message.slice(0, 800)}`);
    }
}
fs.rmSync(folder, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
