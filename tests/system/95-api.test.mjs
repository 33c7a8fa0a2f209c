// SPDX-License-Identifier: Apache-2.0
// What a running gateway and the bus really say, against docs/openapi.yaml and docs/asyncapi.yaml:
// every route that can be asked for, refusals, and a message of each subject that speaks by itself.
import assert from 'node:assert/strict';
import { connect } from 'nats';
import { faults } from '../api/answers.mjs';
import { asyncapi, busChannels, follow, operations } from '../api/documents.mjs';
import { exchange, Player, schemas } from './client.mjs';
import { env, fault, journey, stack, until } from './harness.mjs';

const GOODS = 1;
const all = new Map(operations().map((o) => [o.operation.operationId, o]));

/** Fills a route's parameters; names without a value must not be there. */
const at = (route, values) => route.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

function fits(id, answer, status) {
    assert.equal(answer.status, status, `${id}: ${answer.status} ${answer.bytes}`);
    assert.equal(faults(all.get(id).operation, answer), '', `${id}: ${answer.bytes}`);
    assert.match(answer.headers['x-request-id'], /^[A-Za-z0-9-]{8,64}$/);
}

journey('every route that may be read answers as documented', async () => {
    const player = new Player(env.ST_URL);
    fits('guest', await player.guest(), 201);
    const world = await player.http('GET', '/v1/world');
    const values = {
        revision: world.json.revision,
        location: world.json.stations[0].location,
        commodity: GOODS,
        board: 'wealth',
    };
    let asked = 0;
    for (const [id, { method, route, internal }] of all) {
        if (method !== 'GET' || internal || id === 'socket') continue;
        const path = at(route, values);
        fits(id, await player.http('GET', path), 200);
        const head = await player.http('HEAD', path);
        assert.equal(head.status, 200, `HEAD ${path}`);
        asked += 1;
    }
    for (const board of ['trade', 'hunt'])
        fits('leaderboard', await player.http('GET', `/v1/leaderboards/${board}`), 200);
    const more = `${at(all.get('history').route, values)}?step=60&count=512`;
    fits('history', await player.http('GET', more), 200);
    for (const id of ['client', 'playground']) {
        const { route } = all.get(id);
        const { etag } = (await player.http('GET', route)).headers;
        const headers = { 'If-None-Match': etag };
        fits(id, await player.http('GET', route, { headers }), 304);
    }
    return `${asked} routes`;
});

journey('every sign-in answers as documented', async () => {
    const player = new Player(env.ST_URL);
    const name = `Api ${Date.now().toString(36)}`;
    const body = { name, password: 'correct horse battery' };
    const post = (id, json, options) =>
        player.http('POST', all.get(id).route, { body: json, ...options });
    fits('guest', await player.guest(), 201);
    fits('claim', await player.signIn('claim', body), 200);
    fits('claim', await post('claim', body), 409);
    fits('register', await post('register', body), 409);
    fits('register', await post('register', { name: '?', password: body.password }), 422);
    fits('register', await post('register', { name: `${name} b`, password: 'x' }), 422);
    fits('register', await post('register', { ...body, name: `${name} c` }), 201);
    fits('register', await post('register', '{'), 400);
    fits('login', await post('login', body, { headers: { 'Content-Type': 'text/plain' } }), 415);
    fits('login', await player.signIn('login', body), 200);
    fits('login', await post('login', { ...body, password: 'wrong horse battery' }), 401);
    const { refreshSecret } = player;
    fits('refresh', await player.signIn('refresh', { refresh_secret: refreshSecret }), 200);
    fits('refresh', await post('refresh', { refresh_secret: 'x' }), 401);
    fits('logout', await post('logout', {}), 204);
    fits('logout', await post('logout', {}, { headers: { Authorization: 'Bearer x' } }), 401);
});

journey('refusals are problems as documented', async () => {
    const player = new Player(env.ST_URL);
    const get = (path, headers) => player.http('GET', path, { headers });
    fits('me', await get('/v1/me'), 401);
    fits('worldConfig', await get('/v1/world/xyz'), 400);
    fits('worldConfig', await get('/v1/world/0011223344556677'), 404);
    fits('market', await get('/v1/markets/x'), 404);
    fits('market', await get('/v1/markets/9999'), 404);
    fits('history', await get('/v1/markets/1/1/other'), 404);
    fits('history', await get('/v1/markets/9999/1/history'), 200);
    fits('history', await get('/v1/markets/1/1/history?step=7'), 400);
    fits('history', await get('/v1/markets/1/1/history?count=513'), 400);
    fits('leaderboard', await get('/v1/leaderboards/luck'), 404);
    fits('client', await get('/nothing'), 404);
    fits('socket', await get('/v1/ws'), 426);
    const upgrade = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        'Sec-WebSocket-Protocol': 'startrader.v1',
    };
    fits('socket', await get('/v1/ws', { ...upgrade, Origin: 'http://evil.test' }), 403);
    const origin = new URL(env.ST_URL).origin;
    const other = { ...upgrade, Origin: origin, 'Sec-WebSocket-Protocol': 'other' };
    fits('socket', await get('/v1/ws', other), 400);
    fits('socket', await get('/v1/ws', { ...upgrade, 'Sec-WebSocket-Key': 'x' }), 400);
});

fault('the internal listener answers as documented', async () => {
    const base = stack.base('gateway-1');
    for (const [id, { method, route, internal }] of all)
        if (internal && method === 'GET') fits(id, await exchange(base, 'GET', route), 200);
    const player = new Player(env.ST_URL);
    await player.guest();
    const hydrate = (id, token) =>
        exchange(base, 'POST', at(all.get('hydrate').route, { player_id: id }), {
            headers: { Authorization: `Bearer ${token}` },
        });
    const token = stack.secret('operator-token');
    fits('hydrate', await hydrate(player.id, token), 200);
    fits('hydrate', await hydrate(player.id, 'x'), 401);
    fits('hydrate', await hydrate('x', token), 400);
    fits('hydrate', await hydrate('9007199254740993', token), 404);
});

fault('every subject may be read, and what comes is its message', async ({ defer }) => {
    const { host, username, password } = new URL(env.ST_NATS_URL);
    const bus = await connect({ servers: host, user: username, pass: password });
    defer(() => bus.close());
    const refused = [];
    const came = new Map();
    for (const channel of busChannels()) {
        const [message] = Object.values(channel.messages).map((m) => follow(asyncapi, m));
        const type = schemas.lookupType(message.name.replace(/^startrader\.v1\./, ''));
        const subject = channel.address.replace(/s?\{\w+\}/g, '*');
        bus.subscribe(subject, {
            callback: (error, msg) => {
                if (error) refused.push(`${subject}: ${error.message}`);
                else came.set(subject, type.toObject(type.decode(msg.data)));
            },
        });
    }
    await bus.flush();
    const subjects = ['world.*.*.delta', 'world.*.*.snapshot', 'world.*.*.tick'];
    await until('the world on the bus', () => subjects.every((s) => came.has(s)), 20000);
    const player = new Player(env.ST_URL);
    await player.guest();
    await player.connect();
    defer(() => player.close());
    const { account } = await player.ask({ account: {} });
    const lines = (await player.ask({ market: { location: account.holderId } })).market.line;
    const line = lines.find((l) => l.sells && l.buy > 0);
    const order = { location: line.location, commodity: line.commodity, side: 1, quantity: 1 };
    await player.ask({ order });
    await until('a trade on the bus', () => came.has('ev.econ.trade.*'), 20000);
    assert.deepEqual(refused, []);
    return [...came.keys()].join(' ');
});
