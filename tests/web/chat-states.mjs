// SPDX-License-Identifier: Apache-2.0
// States of chat: a line goes from a window at a station to one in flight, as text whatever it
// says; a speaker is muted and reported; the phone has it in a drawer. Part of states.mjs, which
// brings the kit.
import assert from 'node:assert/strict';
import { stack } from '../system/harness.mjs';

const HOSTILE = '<img src=x onerror="window.pwned=1"><b>gold</b>';
const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

const lines = (pilot) =>
    pilot.page.evaluate(() => [...document.querySelectorAll('.said')].map((e) => e.textContent));

async function hears(pilot, text) {
    await pilot.until(`"${text}" in chat`, async () => (await lines(pilot)).includes(text));
}

async function speak(pilot, text) {
    await pilot.page.fill('.chat input', text);
    await pilot.page.press('.chat input', 'Enter');
    await hears(pilot, text);
}

async function guest({ landing, docked }) {
    const pilot = await landing();
    await pilot.page.click('.play');
    await docked(pilot);
    return pilot;
}

const idOf = ({ page }) =>
    page.evaluate(() => JSON.parse(localStorage.getItem('startrader.credentials')).playerId);

export const chatStates = (kit) => [
    [
        'chat: from a station into flight, as text; muted and reported',
        async () => {
            const { says } = kit;
            const ann = await guest(kit);
            const bob = await guest(kit);
            await bob.page.setViewportSize(WIDE);
            await bob.undock();
            await ann.page.click('.to-chat');
            await speak(ann, HOSTILE);
            await hears(bob, HOSTILE);
            const { found, pwned } = await bob.page.evaluate(() => ({
                found: document.querySelectorAll('.chat img, .said b').length,
                pwned: window.pwned,
            }));
            assert.deepEqual([found, pwned], [0, undefined]);
            await ann.shot('state-chat-station');

            // What is typed does not steer.
            await bob.page.keyboard.press('Enter');
            await bob.page.keyboard.type('where to? www');
            await bob.shot('chat-flight'); // a phone would take the field away
            await bob.page.keyboard.press('Enter');
            await hears(ann, 'where to? www');
            await bob.page.keyboard.press('Escape');
            assert.equal((await bob.look()).speed, 0);
            await bob.page.keyboard.press('Enter');
            await bob.page.fill('.chat input', 'x'.repeat(205));
            await bob.page.keyboard.press('Enter');
            await says(bob, '.chat-note', '5 letters too many.');
            await bob.page.fill('.chat input', '');

            await bob.page.locator('.speaker').last().click();
            await bob.page.click('.acts button:has-text("Report")');
            await says(bob, '.toasts', 'Reported. Thank you.');
            const { stdout } = await stack.ctl('reports');
            assert.ok(stdout.includes(HOSTILE), stdout);
            await bob.page.locator('.speaker').last().click();
            await bob.page.click('.acts button:has-text("Mute")');
            await bob.until('unheard', async () => !(await lines(bob)).includes(HOSTILE));
            await speak(ann, 'can you hear me?');
            await speak(bob, 'silence at last');
            assert.ok(!(await lines(bob)).includes('can you hear me?'));

            await bob.page.setViewportSize(PHONE);
            await bob.page.keyboard.press('Escape');
            await bob.page.click('.drawer button:has-text("Open")');
            await says(bob, '.drawer .muted-list', /^Not heardGuest-\w+Unmute$/);
            await bob.shot('state-chat-muted');
            await bob.page.reload();
            await bob.until('in flight again', () => bob.shown('.hud .console'));
            await bob.page.keyboard.press('Enter');
            await says(bob, '.drawer .muted-list', /^Not heardGuest-\w+Unmute$/);
            await bob.page.click('.muted-list button');
            await bob.until('nobody is muted', async () => !(await bob.shown('.muted-list .row')));
            await speak(ann, 'and now?');
            await hears(bob, 'and now?');
        },
    ],
    [
        'the record of a pilot: the own one by P, another one from chat',
        async () => {
            const { says } = kit;
            const ann = await guest(kit);
            const bob = await guest(kit);
            const [first, second] = [await idOf(ann), await idOf(bob)];
            await stack.sql(
                `INSERT INTO profile.combat_log (event_id, shard, world_epoch, tick, zone, x, y,
                    victim_player, victim_ship, victim_class, victim_faction, killer_player,
                    killer_ship, killer_class, assists)
                 VALUES (-${first}, 0, 1, 1, 5, 0, 0, ${second}, 1, 1, 1, ${first}, 2, 3, '{}'),
                        (-${second}, 0, 1, 1, 5, 0, 0, ${first}, 1, 1, 1, 0, 0, 0, '{}');
                 INSERT INTO economy.pilot_days (day, player, traded, trades, bounties, kills)
                 VALUES ((now() AT TIME ZONE 'UTC')::date, ${first}, 4321, 7, 500, 1)`,
            );
            await ann.page.click('tr[data-good="MED"]');
            await ann.page.click('.ticket .primary');
            await says(ann, '.ticket .receipts', /Bought/);
            await ann.page.keyboard.press('KeyP');
            await says(ann, '.drawer .curve', /Credits over time.*From [\d,]+ cr to [\d,]+ cr\./);
            await says(ann, '.drawer .days tbody td:nth-child(2)', '7 · +4,321');
            await says(ann, '.fights .gain', /^Guest-\w+ destroyed Guest-\w+$/);
            await says(ann, '.fights .loss', /^The Sun destroyed Guest-\w+$/);
            await ann.shot('state-pilot');
            await ann.page.click('.drawer .head button');
            await ann.page.click('.to-chat');
            await speak(ann, 'who am I?');
            await bob.page.click('.to-chat');
            await hears(bob, 'who am I?');
            await bob.page.locator('.speaker').last().click();
            await bob.page.click('.acts button:has-text("Who is it")');
            await says(bob, '.fights .loss', /^The Sun destroyed Guest-\w+$/);
            assert.equal(await bob.page.locator('.drawer .days').count(), 0);
        },
    ],
];
