// SPDX-License-Identifier: Apache-2.0
// Postgres away: flying goes on, what needs the database says so, and nothing needs a restart.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Code, OrderResult, Player } from './client.mjs';
import { env, fault, stack, until } from './harness.mjs';
import { account, booksHold, buys, cheapOrder, flies, pilot } from './world.mjs';

function isAway(answer) {
    assert.equal(answer.status, 503, answer.bytes.toString());
    assert.ok(['unavailable', 'timeout'].includes(answer.json.code), answer.json.code);
    assert.ok(Number(answer.headers['retry-after']) >= 1);
}

fault(
    'Postgres down',
    async ({ defer }) => {
        const flying = await pilot({ fly: true, defer });
        const docked = await pilot({ defer });
        const before = await account(docked);
        const order = await cheapOrder(docked);
        // Cached, and what the sign-in had to tell the cache is behind it.
        let asOf;
        let same = 0;
        await until('profile is cached', async () => {
            const me = await docked.http('GET', '/v1/me');
            same = me.status === 200 && me.json.as_of === asOf ? same + 1 : 0;
            asOf = me.json.as_of;
            return same >= 40;
        });

        defer(() => stack.release('postgres'));
        await stack.hold('postgres');
        await flies(flying);
        const stranger = new Player(env.ST_URL);
        isAway(await stranger.http('POST', '/v1/auth/guest', { body: {} }));
        const word = randomBytes(6).toString('hex');
        const credentials = { name: `Away ${word}`, password: `${word}${word}` };
        isAway(await stranger.http('POST', '/v1/auth/register', { body: credentials }));
        isAway(await stranger.http('POST', '/v1/auth/login', { body: credentials }));
        isAway(
            await docked.http('POST', '/v1/auth/refresh', {
                body: { refresh_secret: docked.refreshSecret },
            }),
        );
        const me = await docked.http('GET', '/v1/me');
        assert.equal(me.status, 200, 'a cached profile is still served');

        const id = randomBytes(16);
        const refused = await docked.ask({ order }, { id, once: true });
        assert.notEqual(refused.code, Code.CODE_OK, 'nothing is acknowledged without the database');
        assert.ok(refused.retryAfterMs > 0);
        const undock = await docked.ask({ undock: {} }, { once: true });
        assert.notEqual(undock.code, Code.CODE_OK);

        flying.drop();
        await flying.connect();
        await flying.until('own state', () => flying.own);
        await flies(flying);

        stack.release('postgres');
        const decided = await docked.ask({ order }, { id, ms: 20000 });
        assert.equal(decided.code, Code.CODE_OK);
        assert.equal(decided.order.result, OrderResult.ORDER_RESULT_DONE);
        const after = await account(docked);
        assert.equal(
            Number(before.credits) - Number(after.credits),
            Number(decided.order.total),
            'once',
        );
        await until('sign-in works again', () => pilot({ defer }), 5000);
        await booksHold();
    },
    { seconds: 90 },
);

fault(
    'Postgres killed under trade: every acknowledged order is there',
    async ({ defer }) => {
        const player = await pilot({ defer });
        const order = await cheapOrder(player);
        const receipts = new Map();
        for (let round = 0; round < 2; round += 1) {
            const wave = [];
            for (let i = 0; i < 4; i += 1) {
                const id = randomBytes(16);
                wave.push(
                    player
                        .ask({ order }, { id, ms: 25000 })
                        .then((reply) => receipts.set(id, reply)),
                );
                if (i === 1) await stack.restart('postgres');
            }
            await Promise.all(wave);
        }
        for (const [id, receipt] of receipts) {
            assert.equal(receipt.code, Code.CODE_OK);
            const again = await player.ask({ order }, { id });
            assert.deepEqual(again.order, receipt.order, 'the receipt is final');
        }
        await booksHold();
    },
    { seconds: 120 },
);

fault('an altered balance and an altered hold raise the alarm', async ({ defer }) => {
    const player = await pilot({ defer });
    await buys(player);
    const imbalance = (of) => stack.total('economy', 'startrader_ledger_imbalance', of);
    await until('balanced', async () => (await imbalance('')) === 0);
    // Accounts: a player's wallet is 1 << 32 | player, a ship's hold 2 << 32 | ship.
    const credit = `UPDATE economy.wallets SET credits = credits + %d
            WHERE account = ${player.id} + (1::bigint << 32)`;
    const cargo = `UPDATE economy.cargo SET quantity = quantity + %d
            WHERE account = ${player.profile.ship.id} + (2::bigint << 32)`;
    const change = (text, by) => stack.sql(text.replace('%d', by));
    await change(credit, 7);
    defer(() => change(credit, -7));
    await until('credits out of balance', async () => (await imbalance('credits')) !== 0, 10500);
    await change(cargo, 1);
    defer(() => change(cargo, -1));
    await until('goods out of balance', async () => (await imbalance('goods')) !== 0, 10500);
    assert.notEqual((await stack.ctl('ledger', 'verify')).status, 0);
});
