// SPDX-License-Identifier: Apache-2.0
// Daemons that are killed, ended, frozen, or started in another order.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Phase } from './client.mjs';
import { env, fault, stack, until } from './harness.mjs';
import {
    account,
    booksHold,
    buys,
    comesBack,
    docks,
    flies,
    pilot,
    startsDocking,
} from './world.mjs';

fault('gateway killed: reconnect to the same ship', async ({ defer }) => {
    const player = await pilot({ fly: true, defer });
    const entity = player.own.entity;
    await stack.restart('gateway-1');
    await player.until('the socket has gone', () => player.closed);
    const seconds = await comesBack(player);
    assert.ok(seconds <= 5, `${seconds} s`);
    assert.equal(player.own.entity, entity);
    await flies(player);
});

fault('simulation killed: the same world', async ({ defer }) => {
    const player = await pilot({ fly: true, defer });
    const epoch = player.worldEpoch;
    const ship = (await account(player)).ship;
    const seq = player.input({ targetHeading: 0, thrust: 0 });
    await player.until('applied', () => player.own.ackSeq >= seq);
    await until('a checkpoint', async () => {
        const before = (await stack.metric('simulation-0', 'startrader_checkpoints_total')) ?? 0;
        return until(
            'the next one',
            async () =>
                (await stack.metric('simulation-0', 'startrader_checkpoints_total')) > before,
            3000,
        );
    });
    const place = { x: player.own.x, y: player.own.y, v: Math.hypot(player.own.vx, player.own.vy) };
    await stack.restart('simulation-0');
    await player.until('a new epoch', () => player.worldEpoch > epoch, 10000);
    await flies(player, 10000);
    assert.ok(!player.closed);
    assert.equal((await account(player)).ship, ship);
    const moved = Math.hypot(player.own.x - place.x, player.own.y - place.y);
    assert.ok(moved <= place.v * 400 + 512 * 200, `moved ${moved / 512} units`);
    await booksHold();
});

fault(
    'simulation killed between docked and its answer, again and again',
    async ({ defer }) => {
        const player = await pilot({ defer });
        for (let round = 0; round < 5; round += 1) {
            await player.undock();
            await startsDocking(player);
            const epoch = player.worldEpoch;
            const victim = round % 2 ? 'economy-1' : 'simulation-0';
            await stack.restart(victim);
            await stack.waitAllReady();
            if (victim === 'simulation-0') {
                await player.until('the new world', () => player.worldEpoch > epoch, 10000);
            }
            const rests = [Phase.PHASE_FLYING, Phase.PHASE_DOCKED];
            const settled = () => rests.includes(player.own?.phase) && !player.own.dockReadyTick;
            await player.until('not docking', settled, 15000);
            if (player.own.phase === Phase.PHASE_FLYING) await docks(player);
            await player.until('docked', () => player.own.phase === Phase.PHASE_DOCKED, 15000);
        }
        await booksHold();
    },
    { seconds: 180 },
);

fault('profile killed: nobody in flight notices', async ({ defer }) => {
    const player = await pilot({ fly: true, defer });
    await stack.restart('profile-1');
    await flies(player);
    assert.ok(!player.closed);
    await stack.waitReady('profile-1');
    await pilot({ defer });
});

fault('economy killed: orders become definite', async ({ defer }) => {
    const player = await pilot({ defer });
    await buys(player);
    const kill = stack.restart('economy-1');
    const before = await account(player);
    const order = await buys(player);
    await kill;
    const after = await account(player);
    assert.equal(Number(before.credits) - Number(after.credits), Number(order.total));
    await booksHold();
});

// In the clamps with nobody to book it: what closes them before the economy is away is undone.
async function docksUnheard(player, economies) {
    for (let tries = 0; tries < 5; tries += 1) {
        await startsDocking(player);
        for (const name of economies) await stack.hold(name);
        const begun = () => player.own.phase !== Phase.PHASE_FLYING || !player.own.dockReadyTick;
        await player.until('the clamps have closed', begun);
        if (player.own.phase === Phase.PHASE_DOCKING) return;
        for (const name of economies) stack.release(name);
        for (const name of economies) await stack.waitReady(name);
        if (player.own.phase === Phase.PHASE_DOCKED) await player.undock();
    }
    throw new Error(`booked each time: ${JSON.stringify(player.own)}`);
}

fault(
    'economy down: docks are refused, the ring keeps the events',
    async ({ defer }) => {
        const player = await pilot({ fly: true, defer });
        const other = await pilot({ fly: true, defer });
        const economies = stack.daemons().filter((name) => name.startsWith('economy-'));
        for (const name of economies) defer(() => stack.release(name));
        await docksUnheard(player, economies);
        const oldest = () => stack.metric('simulation-0', 'startrader_event_oldest_seconds');
        await until('the event waits', async () => (await oldest()) > 2);
        await player.until('station silent', () => player.own.stationSilent, 5000);
        await other.until('told so', () => other.status?.tradeClosed, 10000);
        await assert.rejects(startsDocking(other), /ACTION_RESULT_STATION_SILENT/);
        assert.equal(player.own.phase, Phase.PHASE_DOCKING);
        for (const name of economies) stack.release(name);
        await player.until('docked', () => player.own.phase === Phase.PHASE_DOCKED, 15000);
        await docks(other, 20000);
        await booksHold();
    },
    { seconds: 120 },
);

fault('SIGTERM: each daemon ends within 5 s with status 0', async ({ defer }) => {
    const player = await pilot({ fly: true, defer });
    for (const name of stack.daemons()) {
        const begin = performance.now();
        const pid = stack.signal(name, 'SIGTERM');
        await until(`${name} has ended`, () => stack.pid(name) !== pid, 7000);
        assert.ok(performance.now() - begin < 5500, name);
        const words = new RegExp(`${name} ended with status ([0-9]+), pid ${pid},`);
        const ended = await until('the supervisor says with what', () =>
            words.exec(stack.log('supervisor')),
        );
        assert.equal(ended[1], '0', name);
        await stack.waitReady(name);
        if (name === 'gateway-1') {
            await player.until('closed', () => player.closed);
            assert.equal(player.closed.code, 1012);
            assert.match(player.closed.reason, /^retry=[0-9]+$/);
            await comesBack(player);
        }
    }
    await flies(player, 15000);
});

const orders = [
    ['gateway', 'simulation', 'economy', 'profile', 'nats', 'redis', 'postgres'],
    ['simulation', 'profile', 'postgres', 'gateway', 'nats', 'economy', 'redis'],
];
for (const order of orders) {
    fault(
        `start in the order ${order.join(', ')}`,
        async ({ defer }) => {
            const named = (kind) =>
                stack.names().filter((name) => name === kind || name.startsWith(`${kind}-`));
            for (const name of stack.names()) defer(() => stack.release(name));
            for (const kind of order) for (const name of named(kind)) await stack.hold(name);
            for (const kind of order) {
                for (const name of named(kind)) {
                    stack.release(name);
                    await until(`${name} runs`, () => stack.alive(name));
                    // What lacks something waits for it, says what, and does not end.
                    if (kind !== order.at(-1) && name.includes('-')) {
                        const answer = await until(`${name} answers`, () => stack.readyz(name));
                        if (answer.status === 503)
                            assert.ok(answer.json, 'readyz names what is missing');
                    }
                }
            }
            await stack.waitAllReady(40000);
            await flies(await pilot({ fly: true, defer }));
        },
        { seconds: 120 },
    );
}

fault('one request id from the browser to SQL', async () => {
    const { Player } = await import('./client.mjs');
    const id = `trace-${randomBytes(6).toString('hex')}`;
    const player = new Player(env.ST_URL);
    const headers = { 'X-Request-Id': id };
    const answer = await player.http('POST', '/v1/auth/guest', { body: {}, headers });
    assert.equal(answer.headers['x-request-id'], id);
    for (const kind of ['gateway', 'profile', 'economy']) {
        const names = stack.daemons().filter((name) => name.startsWith(`${kind}-`));
        const logged = () => names.some((name) => stack.log(name).includes(id));
        await until(`${kind} logs it`, logged, 5000);
    }
    const statements = stack
        .daemons()
        .filter((name) => name.startsWith('profile-'))
        .flatMap((name) => stack.log(name).split('\n'))
        .filter((line) => line.includes(id) && line.includes('"event":"sql"'));
    assert.ok(statements.length >= 1, 'statements are logged with it');
    const query = `SELECT count(*) FROM economy.transactions WHERE request_id = '${id}'`;
    assert.equal(await stack.sql(query), '1', 'and the transaction names it');
});

fault('metrics have the names that are documented', async () => {
    for (const name of stack.daemons()) {
        const { exchange } = await import('./client.mjs');
        const answer = await exchange(stack.base(name), 'GET', '/metrics');
        assert.equal(answer.status, 200);
        assert.match(answer.type, /^text\/plain/);
        assert.match(answer.bytes.toString(), /^# TYPE startrader_/m);
        assert.equal((await exchange(stack.base(name), 'GET', '/livez')).status, 200);
    }
    for (const [kind, metric] of [
        ['profile', 'startrader_redis_errors_total'],
        ['economy', 'startrader_ledger_imbalance'],
        ['simulation', 'startrader_tick_late_total'],
        ['simulation', 'startrader_tick_overrun_total'],
    ]) {
        assert.notEqual(
            await stack.metric(
                stack.daemons().find((n) => n.startsWith(kind)),
                metric,
            ),
            undefined,
            metric,
        );
    }
});

fault('no ticket, secret or password is in a log', async ({ defer }) => {
    const player = await pilot({ defer });
    const word = randomBytes(9).toString('hex');
    await player.signIn('claim', { name: `Secret ${word.slice(0, 8)}`, password: word });
    await player.signIn('refresh', { refresh_secret: player.refreshSecret });
    const secrets = [player.ticket, player.refreshSecret, word, env.ST_OPERATOR_TOKEN];
    for (const name of ['ticket-seed', 'profile-db', 'economy-db', 'redis', 'nats-gateway']) {
        secrets.push(stack.secret(name));
    }
    for (const name of stack.names()) {
        for (const text of secrets) assert.ok(!stack.log(name).includes(text), name);
    }
});
