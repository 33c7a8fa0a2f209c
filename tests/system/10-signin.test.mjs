// SPDX-License-Identifier: Apache-2.0
// Sign-in as a browser does it: register, login, guest, claim, refresh, logout, me.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Player } from './client.mjs';
import { env, journey } from './harness.mjs';

const word = () => randomBytes(5).toString('hex');

function isProblem(answer, status, code) {
    assert.equal(answer.status, status, answer.bytes.toString());
    assert.match(answer.type, /^application\/problem\+json/);
    assert.equal(answer.json.status, status);
    assert.equal(answer.json.code, code);
    assert.ok(answer.json.title);
    assert.ok(answer.json.request_id);
}

journey('register, login, me, refresh, logout', async () => {
    const player = new Player(env.ST_URL);
    const name = `Pilot ${word()}`;
    const password = `${word()}-${word()}`;
    const first = await player.signIn('register', { name, password });
    assert.equal(first.status, 201);
    assert.match(player.id, /^[0-9]+$/);
    assert.ok(player.ticket && player.refreshSecret);
    assert.ok(first.json.ticket_expires_at > Date.now() / 1000 + 3000);
    assert.equal(first.json.profile.name, name);
    assert.ok(first.json.profile.credits > 0, 'a new pilot has credits');
    assert.ok(first.json.profile.ship.id, 'and a ship');

    const again = await player.http('POST', '/v1/auth/register', { body: { name, password } });
    isProblem(again, 409, 'name_taken');
    const wrong = await player.http('POST', '/v1/auth/login', {
        body: { name, password: `${word()}xxxxx` },
    });
    isProblem(wrong, 401, 'unauthenticated');
    const nobody = await player.http('POST', '/v1/auth/login', {
        body: { name: `Nobody ${word()}`, password },
    });
    isProblem(nobody, 401, 'unauthenticated');
    assert.equal(wrong.json.title, nobody.json.title, 'the answer does not tell who exists');

    const second = await player.signIn('login', { name: name.toUpperCase(), password });
    assert.equal(second.status, 200);
    assert.equal(second.json.player_id, first.json.player_id);

    const me = await player.http('GET', '/v1/me');
    assert.equal(me.status, 200);
    assert.equal(me.json.player_id, player.id);
    assert.ok(me.json.as_of);

    const old = player.refreshSecret;
    await player.signIn('refresh', { refresh_secret: old });
    assert.notEqual(player.refreshSecret, old);
    // Two tabs may use one secret within the grace of a minute.
    const tab = await player.http('POST', '/v1/auth/refresh', { body: { refresh_secret: old } });
    assert.equal(tab.status, 200);
    const forged = await player.http('POST', '/v1/auth/refresh', {
        body: { refresh_secret: randomBytes(32).toString('base64url') },
    });
    isProblem(forged, 401, 'unauthenticated');

    const secret = player.refreshSecret;
    const out = await player.http('POST', '/v1/auth/logout', { body: {} });
    assert.equal(out.status, 204);
    const dead = await player.http('POST', '/v1/auth/refresh', {
        body: { refresh_secret: secret },
    });
    assert.equal(dead.status, 401);
});

journey('a guest becomes an account with the same ship', async () => {
    const player = new Player(env.ST_URL);
    const guest = await player.guest();
    assert.equal(guest.status, 201);
    assert.equal(guest.json.profile.guest, true);
    const ship = guest.json.profile.ship.id;
    const name = `Claimed ${word()}`;
    const password = `${word()}-${word()}`;
    const claimed = await player.signIn('claim', { name, password });
    assert.equal(claimed.status, 200);
    assert.equal(claimed.json.player_id, guest.json.player_id);
    assert.equal(claimed.json.profile.ship.id, ship);
    assert.equal(claimed.json.profile.guest, false);
    const login = await player.signIn('login', { name, password });
    assert.equal(login.json.player_id, guest.json.player_id);
});

journey('bad requests get problem documents', async () => {
    const player = new Player(env.ST_URL);
    const post = (target, body, headers) => player.http('POST', target, { body, headers });
    isProblem(await post('/v1/auth/register', '{"name":'), 400, 'malformed');
    isProblem(
        await post('/v1/auth/register', { name: 'Abcdef', password: 'short' }),
        422,
        'password_weak',
    );
    isProblem(
        await post('/v1/auth/register', { name: '<b>x</b>', password: 'x'.repeat(20) }),
        422,
        'name_invalid',
    );
    assert.equal((await player.http('GET', '/v1/me')).status, 401);
    const bad = await player.http('GET', '/v1/me', {
        headers: { Authorization: 'Bearer nonsense' },
    });
    isProblem(bad, 401, 'unauthenticated');
    const large = await post('/v1/auth/login', { name: 'x', password: 'y'.repeat(20000) });
    assert.equal(large.status, 413);
    assert.equal((await player.http('GET', '/v1/nothing-here')).status, 404);
    const id = `test-${word()}`;
    const echoed = await player.http('GET', '/v1/me', { headers: { 'X-Request-Id': id } });
    assert.equal(echoed.headers['x-request-id'], id);
});

journey('the web client is served with its protections', async () => {
    const player = new Player(env.ST_URL);
    const page = await player.http('GET', '/');
    assert.equal(page.status, 200);
    assert.match(page.type, /^text\/html/);
    assert.match(page.headers['content-security-policy'], /wasm-unsafe-eval/);
    assert.doesNotMatch(page.headers['content-security-policy'], /'unsafe-eval'/);
    assert.ok(page.headers.etag);
    const same = await player.http('GET', '/', { headers: { 'If-None-Match': page.headers.etag } });
    assert.equal(same.status, 304);
    assert.equal((await player.http('GET', '/..%2f..%2fetc/passwd')).status, 404);
});
