// SPDX-License-Identifier: Apache-2.0
// Entering the world, flying, docking and trading over the socket.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { Code, OrderResult, Phase, Player, ServerFrame, Side } from './client.mjs';
import { env, journey, stack, top, until } from './harness.mjs';
import { docks } from './world.mjs';

async function entered() {
    const player = new Player(env.ST_URL);
    await player.guest();
    await player.connect();
    await player.until('own state', () => player.own);
    return player;
}

journey('world configuration and markets can be read', async () => {
    const player = new Player(env.ST_URL);
    const world = await player.http('GET', '/v1/world');
    assert.equal(world.status, 200);
    assert.match(world.json.revision, /^[0-9a-f]{16}$/);
    const bytes = await player.http('GET', `/v1/world/${world.json.revision}`);
    assert.equal(bytes.status, 200);
    assert.ok(bytes.bytes.length > 500);
    assert.match(bytes.headers['cache-control'], /immutable/);
    const markets = await player.http('GET', '/v1/markets');
    assert.equal(markets.status, 200);
    const { location, commodity } = markets.json.lines[0];
    const route = `/v1/markets/${location}/${commodity}/history`;
    const history = await player.http('GET', `${route}?step=5&count=12`);
    assert.equal(history.status, 200);
    assert.equal(history.json.step_min, 5);
    assert.ok(Array.isArray(history.json.candles));
    assert.equal((await player.http('GET', `${route}?step=7`)).status, 400);
    await player.guest();
    await until('where ships are', async () => {
        const { json } = await player.http('GET', '/v1/world');
        const flying = json.density.reduce((sum, ships) => sum + ships, 0);
        return json.density.length === 64 && flying > 0 && flying <= json.ships + 50;
    });
    const rich = await player.http('GET', '/v1/leaderboards/wealth');
    assert.equal(rich.status, 200);
    const worth = rich.json.leaders.map((leader) => leader.value);
    assert.ok(worth.length > 0 && worth.length <= 50 && worth.at(-1) >= 0);
    assert.deepEqual(
        worth,
        [...worth].sort((a, b) => b - a),
    );
    for (const board of ['trade', 'hunt'])
        assert.equal((await player.http('GET', `/v1/leaderboards/${board}`)).status, 200);
    assert.equal((await player.http('GET', '/v1/leaderboards/luck')).status, 404);
    assert.equal((await player.http('GET', `${route}?count=0`)).status, 400);
    assert.equal((await player.http('GET', `/v1/markets/${location}/x/history`)).status, 404);
});

journey('undock, fly and see the own input applied', async ({ defer }) => {
    const player = await entered();
    defer(() => player.close());
    assert.equal(player.own.phase, Phase.PHASE_DOCKED);
    assert.equal(player.welcome.tickMs, 50);
    assert.equal(String(player.welcome.player), player.id);
    await player.undock();
    const from = { x: player.own.x, y: player.own.y };
    const seq = player.input({ targetHeading: 1024, thrust: 1 });
    await player.until('input applied', () => player.own.ackSeq === seq, 2000);
    assert.ok(player.own.ackTick > 0);
    await player.until(
        'ship moves',
        () => Math.hypot(player.own.x - from.x, player.own.y - from.y) > 5120,
    );
    // Alone, a pilot is told less often than in a fight, but ticks do not stay away for long.
    for (let i = 0; i < 8; i += 1) {
        const { frames, tick } = player;
        await player.until('the next frame', () => player.frames > frames, 5000);
        assert.ok(player.tick >= tick && player.tick - tick <= 40, `${tick}, then ${player.tick}`);
    }
    // A replayed and a stale input change nothing.
    player.send({ input: [{ seq, targetHeading: 3000, thrust: 2 }] });
    player.send({ input: [{ seq: 1, targetHeading: 3000, thrust: 2 }] });
    const next = player.input({ targetHeading: 1024, thrust: 0 });
    await player.until('next input', () => player.own.ackSeq === next, 2000);
    assert.equal((player.own.ctl >>> 12) & 0xfff, 1024);
});

// protoc prints the numbers of fields that it does not know.
function protoc(frame) {
    const proto = path.join(top, 'proto');
    const what = ['--decode=startrader.v1.ServerFrame', 'startrader/v1/client.proto'];
    return execFileSync('protoc', [`-I${proto}`, ...what], { input: frame, encoding: 'utf8' });
}

journey('frames are what the schema says, to the last byte', async ({ defer }) => {
    const player = await entered();
    defer(() => player.close());
    const frames = [];
    player.socket.on('message', (data) => frames.push(data));
    await player.undock();
    const enough = player.frames + 60;
    await player.until('sixty frames', () => {
        if (player.frames % 10 === 0) player.input({ targetHeading: 1024, thrust: 1, fire: 1 });
        return player.frames > enough && player.own.ackSeq > 2;
    }, 30000);
    for (const frame of frames) {
        const again = ServerFrame.encode(ServerFrame.decode(frame)).finish();
        assert.equal(again.length, frame.length);
    }
    const longest = frames.sort((a, b) => b.length - a.length).slice(0, 20);
    for (const frame of longest) assert.doesNotMatch(protoc(frame), /^\s*\d+[:{ ]/m);
    return `${frames.length} frames`;
});

journey('dock again at the station', async ({ defer }) => {
    const player = await entered();
    defer(() => player.close());
    const home = player.own.location;
    await player.undock();
    await docks(player);
    assert.equal(player.own.location, home);
    const account = await player.ask({ account: {} });
    assert.equal(account.code, Code.CODE_OK);
    assert.equal(account.account.holderId, home);
});

journey('an order is booked once, however often it is sent', async ({ defer }) => {
    const player = await entered();
    defer(() => player.close());
    const home = player.own.location;
    const market = await player.ask({ market: { location: home } });
    assert.equal(market.code, Code.CODE_OK);
    const line = market.market.line.find((l) => l.sells && l.stock > 5);
    assert.ok(line, 'the first station sells something');
    const before = (await player.ask({ account: {} })).account;
    const id = randomBytes(16);
    const order = { location: home, commodity: line.commodity, side: Side.SIDE_BUY, quantity: 2 };
    const first = await player.ask({ order }, { id });
    assert.equal(first.code, Code.CODE_OK);
    assert.equal(first.order.result, OrderResult.ORDER_RESULT_DONE, JSON.stringify(first));
    const second = await player.ask({ order }, { id });
    assert.deepEqual(second.order, first.order);
    const other = await player.ask({ order: { ...order, quantity: 3 } }, { id });
    assert.equal(other.order.result, OrderResult.ORDER_RESULT_DUPLICATE);
    const after = (await player.ask({ account: {} })).account;
    assert.equal(Number(before.credits) - Number(after.credits), Number(first.order.total));
    const sold = await player.ask({ order: { ...order, side: Side.SIDE_SELL } });
    assert.equal(sold.order.result, OrderResult.ORDER_RESULT_DONE);
    assert.ok(Number(sold.order.total) < Number(first.order.total), 'there and back never profits');
});

journey('contracts of a station can be read, and an unknown one is refused', async ({ defer }) => {
    const player = await entered();
    defer(() => player.close());
    const home = player.own.location;
    const list = await player.ask({ contracts: { location: home } });
    assert.equal(list.code, Code.CODE_OK);
    assert.equal(list.contracts.own.length, 0);
    assert.ok(list.contracts.offer.every((c) => c.origin === home));
    const contract = { action: 1, contract: 7, origin: home, destination: home, commodity: 1 };
    const id = randomBytes(16);
    const refused = await player.ask({ contract }, { id });
    assert.equal(refused.code, Code.CODE_OK);
    assert.equal(refused.contract.result, OrderResult.ORDER_RESULT_UNKNOWN_COMMODITY);
    assert.deepEqual((await player.ask({ contract }, { id })).contract, refused.contract);
    const nothing = await player.ask({ contract: {} }, { id: randomBytes(16) });
    assert.equal(nothing.code, Code.CODE_MALFORMED);
});

journey('a newer sign-in takes over and fences the older socket', async ({ defer }) => {
    const old = await entered();
    defer(() => old.close());
    const name = `Twice ${randomBytes(4).toString('hex')}`;
    const password = randomBytes(9).toString('hex');
    await old.signIn('claim', { name, password });
    const fresh = new Player(env.ST_URL);
    defer(() => fresh.close());
    await fresh.signIn('login', { name, password });
    assert.equal(fresh.id, old.id);
    await fresh.connect();
    await old.until('fenced', () => old.closed, 8000);
    assert.equal(old.closed.code, 4001);
    await fresh.until('own state', () => fresh.own);
    const stale = new Player(env.ST_URL);
    await assert.rejects(stale.connect({ ticket: old.ticket }), /closed with 400[12]/);
    assert.ok(!fresh.closed);
});

journey('a lost connection comes back to the same ship', async ({ defer }) => {
    const player = await entered();
    defer(() => player.close());
    await player.undock();
    const seq = player.input({ targetHeading: 512, thrust: 0 });
    await player.until('applied', () => player.own.ackSeq === seq);
    const entity = player.own.entity;
    player.drop();
    await player.connect();
    assert.ok(player.welcome.lastSeq >= seq);
    await player.until('own state', () => player.own?.phase === Phase.PHASE_FLYING);
    assert.equal(player.own.entity, entity);
    const next = player.input({ targetHeading: 600, thrust: 1 });
    await player.until('goes on', () => player.own.ackSeq === next);
});

journey('the socket refuses strangers', async ({ defer }) => {
    const player = new Player(env.ST_URL);
    defer(() => player.close());
    await player.guest();
    for (const origin of ['http://evil.example', 'null', `${env.ST_URL}.evil.example`]) {
        await assert.rejects(player.connect({ origin }), /refused with 403/, origin);
    }
    await assert.rejects(player.connect({ ticket: 'A'.repeat(140) }), /closed with 4002/);
    const bytes = Buffer.from(player.ticket, 'base64url');
    bytes[12] ^= 1;
    await assert.rejects(
        player.connect({ ticket: bytes.toString('base64url') }),
        /closed with 4002/,
    );
    await player.connect({ hello: false });
    player.send({ ping: { clientMs: 1 } });
    await player.until('closed', () => player.closed);
    assert.equal(player.closed.code, 4000);
    await player.connect({ hello: false });
    player.socket.send('text');
    await player.until('closed', () => player.closed);
    assert.equal(player.closed.code, 1003);
    await player.connect();
    player.socket.send(Buffer.alloc(4000));
    await player.until('closed', () => player.closed);
    assert.equal(player.closed.code, 1009);
});

journey('the record of a pilot: fights for everybody, trade for oneself', async ({ defer }) => {
    const [ada, bob] = [await entered(), await entered()];
    defer(() => ada.close());
    defer(() => bob.close());
    await stack.sql(
        `INSERT INTO profile.combat_log (event_id, shard, world_epoch, tick, zone, x, y,
            victim_player, victim_ship, victim_class, victim_faction, killer_player, killer_ship,
            killer_class, assists)
         SELECT -${ada.id}::bigint * 100 - i, 0, 1, i, 5, 0, 0, ${bob.id}, 1, 1, 1, ${ada.id}, 2,
            3, '{}' FROM generate_series(1, 25) i;
         INSERT INTO economy.pilot_days (day, player, traded, trades, bounties, kills)
         VALUES ((now() AT TIME ZONE 'UTC')::date, ${ada.id}, -120, 3, 500, 1),
                ((now() AT TIME ZONE 'UTC')::date - 40, ${ada.id}, 9, 9, 9, 9)`,
    );
    const { record } = await bob.ask({ record: { player: ada.id } });
    assert.equal(record.name, ada.profile.name);
    assert.equal(record.row.length, 20);
    assert.equal(String(record.row[0].victimPlayer), bob.id);
    assert.equal(record.row[0].killerClass, 3);
    const own = await bob.ask({ record: {} });
    assert.equal(String(own.record.player), bob.id);
    assert.equal(own.record.row.length, 20);
    assert.equal((await bob.ask({ record: { player: 5 } })).code, Code.CODE_NOT_FOUND);
    const { trading } = await ada.ask({ trading: {} });
    assert.equal(trading.day.length, 1);
    const [{ traded, trades, bounties, kills }] = trading.day;
    assert.deepEqual([Number(traded), trades, Number(bounties), kills], [-120, 3, 500, 1]);
    assert.equal((await bob.ask({ trading: {} })).trading.day.length, 0);
    const { credits } = (await ada.ask({ account: {} })).account;
    assert.deepEqual(trading.credit.map((p) => Number(p.credits)), [Number(credits)]);
    assert.ok(Math.abs(Date.now() - Number(trading.credit[0].atMs)) < 600000);
});
