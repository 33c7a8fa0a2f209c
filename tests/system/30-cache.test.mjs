// SPDX-License-Identifier: Apache-2.0
// Redis away, frozen, emptied or full of rubbish: sign-in is served from Postgres, and the cache is
// used again when it is back.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { exchange } from './client.mjs';
import { env, fault, stack, until } from './harness.mjs';
import { flies, pilot } from './world.mjs';

const hydrate = (id) =>
    exchange(env.ST_GATEWAY_INTERNAL, 'POST', `/internal/login/hydrate/${id}`, {
        body: {},
        headers: { Authorization: `Bearer ${env.ST_OPERATOR_TOKEN}` },
    });

async function served(player) {
    const begin = performance.now();
    const answer = await hydrate(player.id);
    assert.equal(answer.status, 200, answer.bytes.toString());
    return { source: answer.json.source, ms: performance.now() - begin };
}

const fromCache = async (player) => (await served(player)).source === 'cache';

fault('hydrate: miss, then hit, and nobody without the token', async ({ defer }) => {
    const player = await pilot({ defer });
    await stack.redis('FLUSHALL');
    assert.equal((await served(player)).source, 'database');
    await until('served from the cache', () => fromCache(player));
    const ttl = Number(await stack.redis('TTL', `player:profile:${player.id}`));
    assert.ok(ttl > 86000 && ttl <= 86400, `TTL ${ttl}`);
    const denied = await exchange(
        env.ST_GATEWAY_INTERNAL,
        'POST',
        `/internal/login/hydrate/${player.id}`,
        { body: {} },
    );
    assert.ok([401, 403].includes(denied.status));
    const outside = await exchange(env.ST_URL, 'POST', `/internal/login/hydrate/${player.id}`, {
        body: {},
        headers: { Authorization: `Bearer ${env.ST_OPERATOR_TOKEN}` },
    });
    assert.ok([404, 405].includes(outside.status), 'not at the public door');
});

fault('rubbish in the cache counts as absent', async ({ defer }) => {
    const player = await pilot({ defer });
    const key = `player:profile:${player.id}`;
    for (const rubbish of ['x', randomBytes(300).toString('base64'), '']) {
        await stack.redis('SET', key, rubbish);
        const answer = await served(player);
        assert.equal(answer.source, 'database');
    }
    await stack.redis('DEL', key);
    await stack.redis('LPUSH', key, 'wrong type');
    assert.equal((await served(player)).source, 'database');
    await stack.redis('DEL', key);
    await served(player);
    await until('served from the cache', () => fromCache(player));
});

fault('Redis down: sign-in goes on, nobody in flight notices', async ({ defer }) => {
    const player = await pilot({ fly: true, defer });
    const errors = await stack.total('profile', 'startrader_redis_errors_total');
    defer(() => stack.release('redis'));
    await stack.hold('redis');
    assert.equal((await served(player)).source, 'database');
    const newcomer = await pilot({ defer });
    assert.ok(newcomer.id);
    await flies(player);
    assert.ok((await stack.total('profile', 'startrader_redis_errors_total')) > errors, 'counted');
    stack.release('redis');
    await until('Redis is used again', () => fromCache(player), 15000);
});

fault('Redis frozen: no answer waits for it', async ({ defer }) => {
    const player = await pilot({ defer });
    stack.signal('redis', 'SIGSTOP');
    defer(() => stack.signal('redis', 'SIGCONT'));
    for (let i = 0; i < 6; i += 1) {
        const answer = await served(player);
        assert.equal(answer.source, 'database');
        assert.ok(answer.ms < 1000, `${answer.ms} ms`);
    }
    stack.signal('redis', 'SIGCONT');
    await until('Redis is used again', () => fromCache(player), 15000);
});
