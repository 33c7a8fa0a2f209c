// SPDX-License-Identifier: Apache-2.0
// What the page says when something is refused, away or over: sign-in forms, an order and an
// approach refused, contact lost, world paused, trade closed, parked, death, fenced, kicked, and
// names that are hostile. Real Chromium by keys and mouse; parts of the real stack are held down.
// states.mjs [NAME...]: those whose name contains a NAME.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Player } from '../system/client.mjs';
import { env, stack, until } from '../system/harness.mjs';
import { accessStates } from './access-states.mjs';
import { chatStates } from './chat-states.mjs';
import { controlStates } from './control-states.mjs';
import { dockedStates } from './docked-states.mjs';
import { layoutStates } from './layout-states.mjs';
import { Pilot } from './pilot.mjs';

const url = env.ST_URL;
const wanted = process.argv.slice(2);
const begin = Date.now();
const browser = await Pilot.launch();
const tag = randomBytes(3).toString('hex');
const password = `fly by night ${tag}`;
const size = { width: 1000, height: 640 };
const opened = [];
const ann = { name: `Ann ${tag}` };
const bob = { name: `Bob ${tag}` };
/** 1/512 u. */
const SUN = 524288 * 512;

const docked = (pilot) => pilot.until('docked', () => pilot.shown('.docked tbody tr'));
const playerOf = (pilot) =>
    pilot.page.evaluate(
        () => JSON.parse(localStorage.getItem('startrader.credentials') ?? 'null')?.playerId,
    );

/** A window at the landing. */
async function landing() {
    const pilot = await Pilot.start(url, browser, size);
    opened.push(pilot);
    await pilot.until('the landing', () => pilot.shown('.play'));
    return pilot;
}

/** The window of a pilot, who rests at a station or flies: a guest in one that is new. */
async function windowOf(who) {
    if (!who.window) {
        who.window = await landing();
        await who.window.page.click('.play');
        await docked(who.window);
    }
    return who.window;
}

async function flying(who) {
    const pilot = await windowOf(who);
    if (await pilot.shown('.undock')) await pilot.undock();
    return pilot;
}

/** In the page: whether the picture of the replay has colours. */
const lit = () => {
    const sheet = document.querySelector('.replay canvas');
    const { data } = sheet.getContext('2d').getImageData(0, 0, sheet.width, sheet.height);
    const bright = (i) => data[4 * i] > 200 && data[4 * i + 2] < 180;
    return Array.from({ length: data.length / 4 }, (_, i) => i).some(bright);
};

/** Waits until an element shows a text: the words themselves, or a pattern. */
async function says(pilot, selector, words, ms = 30000) {
    let text = '';
    const same = () => (words instanceof RegExp ? words.test(text) : text === words);
    await pilot
        .until(
            `${words} in ${selector}`,
            async () => {
                text = await pilot.page.evaluate(
                    (css) =>
                        [...document.querySelectorAll(css)]
                            .filter((element) => element.checkVisibility())
                            .map((element) => element.textContent)
                            .join(' | '),
                    selector,
                );
                return same();
            },
            ms,
        )
        .catch((error) => {
            throw new Error(`${error.message}; it says: ${text}`);
        });
}

const silent = (pilot, selector) =>
    pilot.until(`nothing in ${selector}`, async () => !(await pilot.shown(selector)));

/** The window of a pilot who has signed in elsewhere. */
async function signedIn(pilot, json) {
    const credentials = JSON.stringify({
        playerId: json.player_id,
        ticket: json.ticket,
        ticketExpiresAt: json.ticket_expires_at,
        refreshSecret: json.refresh_secret,
    });
    await pilot.page.evaluate(
        (text) => localStorage.setItem('startrader.credentials', text),
        credentials,
    );
    await pilot.page.goto(url);
    await docked(pilot);
}

/** Fills the form of the open dialog by keys and sends it. */
async function form({ page }, name, word) {
    await page.click('.dialog #name', { clickCount: 3 });
    await page.keyboard.type(name);
    await page.click('.dialog #password', { clickCount: 3 });
    await page.keyboard.type(word);
    await page.click('.dialog [type=submit]');
}

const dialogSays = (pilot, words) => says(pilot, '.dialog .say', words);
const link = ({ page }, words) => page.locator('.dialog .link', { hasText: words }).click();
const openSignIn = ({ page }) => page.click('.landing .actions .link');

async function openMenu({ page }, words) {
    await page.click('.docked .to-menu');
    await page.locator('.drawer button', { hasText: words }).click();
}

async function flies(pilot) {
    await pilot.point(((await pilot.look()).at / 20) % 360);
    await pilot.page.keyboard.down('KeyW');
    await pilot.until('speed', async () => (await pilot.look()).speed > 30);
    await pilot.page.keyboard.up('KeyW');
}

/** Holds a process down while `during` runs, then waits until all is ready again. */
async function without(name, during) {
    try {
        await stack.hold(name);
        await during();
    } finally {
        stack.release(name);
    }
    await stack.waitAllReady();
}

/** Of a pilot who has never played: the ship rests at a station; credits from the mint. */
async function settle(player, location, credits) {
    await stack.sql(`
        UPDATE economy.ships SET holder_id = ${location}
        WHERE player = ${player} AND holder_kind = 2;
        WITH t AS (INSERT INTO economy.transactions (id, kind)
                   SELECT nextval('economy.id_block'), 'gift' RETURNING id),
        w AS (UPDATE economy.wallets SET credits = credits + ${credits} * CASE kind
              WHEN 'source' THEN -1 ELSE 1 END WHERE account IN (economy.account_of(4, 1),
              economy.account_of(1, ${player})) RETURNING account, kind, credits)
        INSERT INTO economy.ledger_entries (transaction, account, commodity, amount, balance)
        SELECT t.id, w.account, 0, ${credits} * CASE w.kind WHEN 'source' THEN -1 ELSE 1 END,
        w.credits FROM t, w`);
}

const states = [
    [
        'a wrong password',
        async () => {
            const pilot = (ann.window = await landing());
            await openSignIn(pilot);
            await form(pilot, ann.name, password);
            await dialogSays(pilot, 'Name or password is not right.');
            await pilot.shot('state-wrong-password');
        },
    ],
    [
        'register: a bad name, a weak password, then a pilot',
        async () => {
            const pilot = ann.window;
            await link(pilot, 'Create one');
            await form(pilot, 'x', password);
            await dialogSays(pilot, '3 to 20 letters, digits, spaces or hyphens.');
            await form(pilot, ann.name, 'short');
            await dialogSays(pilot, 'Use at least 10 characters.');
            await pilot.shot('state-weak-password');
            await form(pilot, ann.name, password);
            await docked(pilot);
            assert.equal(await pilot.page.locator('.veil').count(), 0);
        },
    ],
    [
        'register: a name that is taken; signing in again',
        async () => {
            const pilot = ann.window;
            await openMenu(pilot, 'Sign out');
            await openSignIn(pilot);
            await link(pilot, 'Create one');
            await form(pilot, ann.name.toUpperCase(), password);
            await dialogSays(pilot, 'That name is taken.');
            await pilot.shot('state-name-taken');
            await link(pilot, 'I have a pilot');
            await form(pilot, ann.name, `${password}?`);
            await dialogSays(pilot, 'Name or password is not right.');
            await form(pilot, ann.name, password);
            await docked(pilot);
        },
    ],
    [
        'claim: a name that is taken, a weak password, then the same pilot with a name',
        async () => {
            const pilot = await windowOf(bob);
            bob.id = await playerOf(pilot);
            await openMenu(pilot, 'Keep this pilot');
            await form(pilot, ann.name, password);
            await dialogSays(pilot, 'That name is taken.');
            await pilot.shot('state-claim');
            await form(pilot, bob.name, '123456789');
            await dialogSays(pilot, 'Use at least 10 characters.');
            await form(pilot, bob.name, password);
            await says(pilot, '.toast', 'This pilot is yours on every device now.');
            await pilot.shot('state-claimed');
            await docked(pilot);
            assert.equal(await playerOf(pilot), bob.id);
            await pilot.page.keyboard.press('KeyP');
            await says(pilot, '.drawer h2', bob.name);
            await pilot.page.keyboard.press('Escape');
        },
    ],
    [
        'an order that the wallet or the hold refuses',
        async () => {
            const pilot = await windowOf(bob);
            const { page } = pilot;
            await page.click('tr[data-good="LUX"]');
            await page.click('.side-buy');
            await page.click('.ticket .max');
            const before = await pilot.credits();
            await pilot.until('the button', () => page.locator('.order-button').isEnabled());
            await page.click('.order-button');
            await says(pilot, '.receipts li', /^Bought \d+ Luxuries for [\d,]+ cr\.$/);
            await pilot.until('paid', async () => (await pilot.credits()) < before);
            await page.click('tr[data-good="MED"]');
            await page.click('.side-sell');
            await says(pilot, '.ticket .say', 'You carry only 0.');
            await page.click('tr[data-good="LUX"]');
            await page.click('.side-buy');
            await says(pilot, '.ticket .say', /^You need [\d,]+ cr more\.$/);
            await pilot.until('a locked button', () =>
                page.locator('.order-button').isDisabled(),
            );
            await pilot.shot('state-order-refused');
        },
    ],
    [
        'an order while the economy is away is asked again; no undocking',
        async () => {
            const pilot = await windowOf(bob);
            const { page } = pilot;
            await page.click('tr[data-good="FOO"]');
            await page.click('.side-buy');
            await pilot.until('the button', () => page.locator('.order-button').isEnabled());
            const held = () => pilot.text('tr[data-good="FOO"] .t-hold');
            await without('economy-1', async () => {
                await page.click('.order-button');
                await says(pilot, '.ticket .say', /^No answer yet\. Asking again/);
                await pilot.shot('state-order-waits');
            });
            // Once, or, when the economy was away for too long, not at all: and it says so.
            const lost = /Still no answer|Trading and docking are closed/;
            await pilot.until(
                'the food, or that there is no answer',
                async () =>
                    (await held()) === '1' || lost.test(await pilot.text('.ticket .say')),
            );
            await without('economy-1', async () => {
                await page.click('.undock');
                await says(pilot, '.toast', /Trading and docking are closed\./);
                await says(pilot, '.chip-warn', /^Trading and docking are closed\..* as of \d\d:/);
                await pilot.shot('state-docked-trade-closed');
            });
            await silent(pilot, '.chip-warn');
        },
    ],
    [
        'parked: the ship is where it was',
        async () => {
            const pilot = await windowOf(ann);
            ann.id = await playerOf(pilot);
            await pilot.undock();
            await pilot.page.goto('about:blank');
            const where = `player = ${ann.id} AND holder_kind = 3`;
            const parked = async () =>
                (await stack.sql(`SELECT count(*) FROM economy.ships WHERE ${where}`)) === '1';
            await until('the ship is parked', parked, 60000);
            // For its end further below: parked in the corona of the Sun.
            await stack.sql(`UPDATE economy.ships SET x = ${SUN}, y = ${SUN} WHERE ${where}`);
            await pilot.page.goto(url);
            await says(pilot, '.dialog h2', 'Your ship is parked');
            await says(pilot, '.dialog p', 'Your ship is parked where it was.');
            await pilot.shot('state-parked');
            await pilot.page.click('.dialog .primary');
            await pilot.until('in flight', async () => (await pilot.shown('.zone-card h2')));
            await silent(pilot, '.dialog');
        },
    ],
    [
        'an approach that is refused',
        async () => {
            const pilot = await flying(bob);
            await flies(pilot);
            const far = async () => (await pilot.look()).station.distance > 320;
            await pilot.until('out of the radius', far);
            await pilot.page.keyboard.press('KeyE');
            await says(pilot, '.toast', 'Too far: come within 300 m.');
            await pilot.shot('state-approach-refused');
        },
    ],
    [
        'a hostile name is text',
        async () => {
            const pilot = await flying(bob);
            const hostile = `<img src=x ${tag}>`;
            const rogue = new Player(url);
            try {
                await rogue.guest();
                await stack.sql(
                    `UPDATE profile.players SET name = '${hostile}', name_folded = '${hostile}'
                     WHERE player_id = ${rogue.id}`,
                );
                await rogue.connect();
                await rogue.until('own state', () => rogue.own);
                await rogue.undock();
                await pilot.until('the rogue as target', async () => {
                    await pilot.page.keyboard.press('Tab');
                    return (await pilot.look()).words.includes(` Target ${hostile}, `);
                });
                await says(pilot, '.block.target .name', hostile);
                const name = pilot.page.locator('.block.target .name');
                assert.equal(await name.locator('*').count(), 0);
                await pilot.shot('state-hostile-name');
            } finally {
                rogue.close();
            }
        },
    ],
    [
        'death: the losses, then a new hull at the station',
        async () => {
            const pilot = ann.window;
            await says(pilot, '.dialog h2', 'Destroyed', 60000);
            await says(pilot, '.dialog p', /^(The Sun's corona destroyed|Destroyed by) /);
            await pilot.page.click('.again .link');
            await says(pilot, '.replay figcaption', /^[\d.]+ s before the end$/);
            await pilot.until('something is seen of it', () => pilot.page.evaluate(lit));
            await pilot.shot('state-death');
            await says(pilot, '.replay figcaption', '0.0 s before the end');
            const button = pilot.page.locator('.dialog .continue');
            await pilot.until('a new hull', () => button.isEnabled());
            assert.equal(await button.textContent(), 'Continue at Terra High');
            await pilot.shot('state-new-hull');
            await pilot.page.keyboard.press('Enter');
            await docked(pilot);
            assert.equal(await pilot.page.locator('.veil').count(), 0);
        },
    ],
    [
        'contact lost and back, in flight and docked',
        async () => {
            await flying(bob);
            await windowOf(ann);
            await without('gateway-1', async () => {
                const lost = /^Contact lost\. Reconnecting, try [1-9]\d*\. Your ship stays/;
                await says(bob.window, '.banner', lost);
                await bob.window.shot('state-contact-lost');
                const safe = /^Contact lost\. .* Your ship is safe at the station\.$/;
                await says(ann.window, '.chip-warn', safe);
                await ann.window.shot('state-contact-lost-docked');
            });
            await says(bob.window, '.banner', 'Back in contact.');
            await bob.window.shot('state-back-in-contact');
            await flies(bob.window);
            await silent(ann.window, '.chip-warn');
        },
    ],
    [
        'trade closed while flying on; no signing in',
        async () => {
            const pilot = await flying(bob);
            await windowOf(ann);
            const carl = await landing();
            const closed = 'Trading and docking are closed. Flying and fighting go on.';
            await without('postgres', async () => {
                await carl.page.click('.play');
                const away = /^The records are out of reach\. Trying again in \d+ s\.$/;
                await says(carl, '.landing .say', away);
                await carl.shot('state-records-away');
                await says(pilot, '.banner', closed);
                await flies(pilot);
                await pilot.shot('state-trade-closed');
                await says(ann.window, '.chip-warn', /^Trading and docking are closed\./);
                await ann.window.shot('state-trade-closed-docked');
            });
            await says(pilot, '.toast', 'Trading is open again.');
            await silent(pilot, '.banner');
            await silent(ann.window, '.chip-warn');
            await docked(carl);
            await carl.stop();
        },
    ],
    ...['simulation-0', 'nats'].map((name) => [
        `world paused: ${name} is away`,
        async () => {
            const pilot = await flying(bob);
            const words = 'The world has paused. It goes on by itself.';
            await without(name, async () => {
                await says(pilot, '.banner', words);
                await pilot.shot(`state-paused-${name}`);
            });
            await silent(pilot, '.banner');
            await flies(pilot);
        },
    ]),
    [
        'fenced by a sign-in elsewhere, and back',
        async () => {
            const here = ann.window;
            const there = await landing();
            await openSignIn(there);
            await form(there, ann.name, password);
            await docked(there);
            await says(here, '.dialog h2', 'Signed in elsewhere');
            await here.shot('state-fenced');
            await here.page.locator('.dialog button', { hasText: 'Fly here instead' }).click();
            await says(there, '.dialog h2', 'Signed in elsewhere');
            await there.page.locator('.dialog button', { hasText: 'Close' }).click();
            await there.until('the landing', () => there.shown('.play'));
            await there.stop();
            await docked(here);
            assert.equal(await here.page.locator('.veil').count(), 0);
        },
    ],
    [
        'kicked, with a reason that is text',
        async () => {
            const pilot = await flying(bob);
            bob.id = await playerOf(pilot);
            const reason = 'script <img src=x onerror=x()>';
            const kick = await stack.ctl('player', 'kick', bob.id, reason);
            assert.equal(kick.status, 0, kick.stderr);
            await says(pilot, '.dialog h2', 'Session ended');
            await says(pilot, '.dialog p', `An operator ended this session: ${reason}`);
            assert.equal(await pilot.page.locator('.dialog img').count(), 0);
            await pilot.shot('state-kicked');
            await pilot.page.click('.dialog .primary');
            await pilot.until('the landing', () => pilot.shown('.play'));
        },
    ],
    ...[
        ...dockedStates({ landing, signedIn, settle, says, docked }),
        ...controlStates({ landing, says, docked }),
        ...chatStates({ landing, says, docked }),
        ...accessStates({ landing, docked }),
        ...layoutStates({ landing, docked }),
    ].map(([name, run]) => [
        name,
        async () => {
            // Each window draws: those of states before make this one slow.
            for (const pilot of opened) await pilot.stop();
            await run();
        },
    ]),
    [
        'no error in the pages but of the network',
        async () => {
            const known = /WebSocket|Failed to load resource|net::ERR_/;
            const errors = opened.flatMap((pilot) => pilot.errors);
            assert.deepEqual(
                errors.filter((words) => !known.test(words)),
                [],
            );
        },
    ],
];

let failed = false;
for (const [name, run] of states) {
    if (wanted.length && !wanted.some((part) => name.includes(part))) continue;
    if (failed && !wanted.length) {
        console.log(`skip states: ${name}`);
        continue;
    }
    try {
        await run();
        console.log(`ok states: ${name} (${Math.round((Date.now() - begin) / 1000)} s)`);
    } catch (error) {
        failed = true;
        console.log(`not ok states: ${name}\n  ${error.message.slice(0, 600)}`);
        for (const [at, pilot] of opened.entries())
            await pilot.shot(`state-failed-${at}`).catch(() => undefined);
    }
}
await browser.close();
process.exit(failed ? 1 : 0);
