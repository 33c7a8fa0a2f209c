// SPDX-License-Identifier: Apache-2.0
// Each screen judged by axe (WCAG 2.1, levels A and AA), and the page under its content security
// policy: nothing is refused, nothing inline is allowed. Part of states.mjs, which brings the kit.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { env, top } from '../system/harness.mjs';

const require = createRequire(join(top, 'services/gateway/web/package.json'));
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

/** Asserts that axe finds nothing on the page as it is. */
async function judged({ page }, screen) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(
        (values) => window.axe.run(document, { runOnly: { type: 'tag', values } }),
        TAGS,
    );
    const found = violations.map(
        (v) => `${v.id} (${v.impact}): ${v.nodes.map((n) => n.target.join(' ')).slice(0, 4)}`,
    );
    assert.deepEqual(found, [], `${screen}: ${found.join('; ')}`);
}

export const accessStates = ({ landing, docked }) => [
    [
        'every screen can be read and reached: landing, station, flight, map, menu, chat',
        async () => {
            const pilot = await landing();
            const { page } = pilot;
            await judged(pilot, 'landing');
            await page.click('.landing .actions .link');
            await judged(pilot, 'sign-in');
            await page.keyboard.press('Escape');
            await page.locator('.dialog .link', { hasText: 'Close' }).click();
            await page.click('.play');
            await docked(pilot);
            for (const tab of await page.getByRole('tab').all()) {
                await tab.click();
                await judged(pilot, `station, ${await tab.textContent()}`);
            }
            await page.getByRole('tab', { name: 'Market' }).click();
            await page.click('tr[data-good="MED"]');
            await judged(pilot, 'ticket');
            await page.click('.docked .to-menu');
            await judged(pilot, 'menu');
            await page.keyboard.press('Escape');
            await page.click('.docked .to-chat');
            await page.fill('.chat input', 'hello');
            await page.press('.chat input', 'Enter');
            await pilot.until('the line', () => pilot.shown('.said'));
            await judged(pilot, 'chat');
            await page.click('.drawer .head button');
            await pilot.undock();
            await judged(pilot, 'flight');
            await page.keyboard.press('KeyM');
            await judged(pilot, 'map');
        },
    ],
    [
        'the page keeps its content security policy',
        async () => {
            const policy = (await fetch(env.ST_URL)).headers.get('content-security-policy');
            assert.match(policy, /default-src 'none'/);
            assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|\*/);
            const pilot = await landing();
            const { page } = pilot;
            await page.addInitScript(() => {
                window.refused = [];
                document.addEventListener('securitypolicyviolation', (e) =>
                    window.refused.push(`${e.violatedDirective} ${e.blockedURI}`),
                );
            });
            await page.reload();
            await pilot.until('the landing', () => pilot.shown('.play'));
            await page.click('.play');
            await docked(pilot);
            await pilot.undock();
            assert.deepEqual(await page.evaluate(() => window.refused), []);
        },
    ],
];
