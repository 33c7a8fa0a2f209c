// SPDX-License-Identifier: Apache-2.0
// The bus: away, frozen, and closed to those who have no business on a subject.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { connect, Events } from 'nats';
import { command, env, fault, stack, start, top, until } from './harness.mjs';
import { booksHold, buys, flies, pilot } from './world.mjs';

fault(
    'NATS down: sockets stay open, the world goes on afterwards',
    async ({ defer }) => {
        const player = await pilot({ fly: true, defer });
        const gateway = stack.pid('gateway-1');
        defer(() => stack.release('nats'));
        await stack.hold('nats');
        await until('the gateway says so', async () => !(await stack.ready('gateway-1')));
        const statuses = player.statuses;
        await player.until(
            'status frames',
            () => player.statuses >= statuses + 2 && player.status.worldPaused,
        );
        const tick = await stack.metric('simulation-0', 'startrader_tick');
        await until('readiness is red', async () => !(await stack.ready('simulation-0')));
        assert.ok(
            (await stack.metric('simulation-0', 'startrader_tick')) - tick < 20,
            'the world waits',
        );
        stack.release('nats');
        await stack.waitAllReady();
        assert.ok(!player.closed, JSON.stringify(player.closed));
        assert.equal(stack.pid('gateway-1'), gateway);
        await flies(player, 15000);
        await booksHold();
    },
    { seconds: 90 },
);

fault('NATS killed: the same sockets fly on', async ({ defer }) => {
    const player = await pilot({ fly: true, defer });
    await stack.restart('nats');
    await flies(player, 15000);
    assert.ok(!player.closed);
    await pilot({ defer });
});

const users = ['gateway', 'simulation', 'profile', 'economy', 'ctl', 'reader'];
// One subject of each kind: who may publish it, who may subscribe to it.
const subjects = [
    ['world.sol-1.s0.delta', ['simulation'], ['gateway', 'reader']],
    ['own.sol-1.gateway-1', ['simulation'], ['gateway']],
    ['in.sol-1.s0', ['gateway'], ['simulation']],
    ['req.sol-1.s0.bind', ['gateway'], ['simulation']],
    ['req.profile.login', ['gateway'], ['profile']],
    ['req.profile.kick', ['ctl'], ['profile']],
    ['req.econ.order', ['gateway'], ['economy']],
    ['req.econ.open', ['simulation'], ['economy']],
    ['req.econ.provision', ['profile'], ['economy']],
    ['req.econ.grant', ['ctl'], ['economy']],
    ['ev.sol-1.s0.docked', ['simulation'], ['reader']],
    ['ev.econ.trade.1', ['economy'], ['gateway', 'reader']],
    ['ev.econ.player.changed', ['economy'], ['gateway']],
    ['baton.sol-1.s0', ['economy'], []],
    ['sess.1001', ['profile'], ['gateway']],
    ['_INBOX_gateway.x', [], ['gateway']],
    ['_INBOX.x', [], []],
    ['$JS.API.STREAM.DELETE.EVENTS', ['ctl'], []],
    ['$JS.API.CONSUMER.MSG.NEXT.EVENTS.economy-events', ['economy', 'ctl'], []],
    ['$SYS.REQ.SERVER.PING', [], []],
];

// The violations that the server reports for publishing (harmless reply) and subscribing.
async function violations(user) {
    const url = new URL(env.ST_NATS_URL);
    const connection = await connect({
        servers: url.host,
        user,
        pass: stack.secret(`nats-${user}`),
        inboxPrefix: `_INBOX_${user}`,
        reconnect: false,
    });
    const found = new Set();
    (async () => {
        for await (const event of connection.status()) {
            if (event.type !== Events.Error) continue;
            const context = event.permissionContext;
            if (context) found.add(`${context.operation} ${context.subject}`);
        }
    })();
    for (const [subject, publishers, subscribers] of subjects) {
        const subscription = connection.subscribe(subject, { callback() {} });
        // Allowed publications of rubbish to the running daemons are spared where they would act.
        if (!publishers.includes(user)) connection.publish(subject, new Uint8Array(0));
        await connection.flush();
        if (subscribers.includes(user)) subscription.unsubscribe();
    }
    await connection.flush();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await connection.close();
    return found;
}

fault('each user is kept to its subjects', async () => {
    for (const user of users) {
        const found = await violations(user);
        for (const [subject, publishers, subscribers] of subjects) {
            if (!publishers.includes(user)) {
                assert.ok(found.has(`publish ${subject}`), `${user} may publish ${subject}`);
            }
            assert.equal(
                found.has(`subscription ${subject}`),
                !subscribers.includes(user),
                `${user} ${subscribers.includes(user) ? 'may not' : 'may'} subscribe to ${subject}`,
            );
        }
    }
    const servers = new URL(env.ST_NATS_URL).host;
    await assert.rejects(connect({ servers, reconnect: false }), /uthorization/);
    await assert.rejects(
        connect({ servers, user: 'reader', pass: 'x', reconnect: false }),
        /uthorization/,
    );
});

fault('rubbish on the bus changes nothing', async ({ defer }) => {
    const player = await pilot({ fly: true, defer });
    const servers = new URL(env.ST_NATS_URL).host;
    const rubbish = Buffer.from('ffffffffff0f00112233445566778899aabbccddeeff', 'hex');
    for (const [user, names] of [
        [
            'gateway',
            [
                'in.sol-1.s0',
                'req.sol-1.s0.bind',
                'req.profile.login',
                'req.econ.order',
                'req.econ.undock',
            ],
        ],
        [
            'simulation',
            ['world.sol-1.s0.delta', 'world.sol-1.s0.tick', 'own.sol-1.gateway-1', 'req.econ.open'],
        ],
        ['profile', ['sess.1001', 'req.econ.provision']],
        ['economy', ['ev.econ.price.1', 'baton.sol-1.s0']],
    ]) {
        const pass = stack.secret(`nats-${user}`);
        const connection = await connect({ servers, user, pass, reconnect: false });
        for (const name of names) {
            connection.publish(name, rubbish);
            connection.publish(name, new Uint8Array(0));
        }
        await connection.flush();
        await connection.close();
    }
    await flies(player);
    for (const name of stack.daemons()) assert.ok(await stack.ready(name), name);
});

const example = path.join(top, 'docs/examples/subscriber');

async function subscriber() {
    if (!fs.existsSync(path.join(example, 'node_modules/nats'))) {
        const npm = ['ci', '--prefix', example, '--ignore-scripts', '--no-fund', '--no-audit'];
        const result = await command('npm', npm);
        assert.equal(result.status, 0, result.stderr);
    }
    const child = start('node', [path.join(example, 'subscriber.mjs')]);
    await until('it is connected', () => /connected/.test(child.output));
    return child;
}

fault('the example subscriber shows ships and trades', async ({ defer }) => {
    const child = await subscriber();
    defer(() => child.kill());
    const player = await pilot({ defer });
    await buys(player);
    await player.undock();
    await until('ships by cell', () => /^cell +[0-9]+: [1-9]/m.test(child.output), 10000);
    await until(
        'the trade',
        () => new RegExp(`trade.*pilot ${player.id}\\b`).test(child.output),
        10000,
    );
});

fault('a frozen subscriber does not delay a tick', async ({ defer }) => {
    const player = await pilot({ fly: true, defer });
    const child = await subscriber();
    defer(() => child.kill('SIGKILL'));
    const ticksOf5s = async () => {
        const before = await stack.metric('simulation-0', 'startrader_tick');
        const begin = performance.now();
        await flies(player);
        await player.until('time passes', () => performance.now() - begin > 5000, 7000);
        return (await stack.metric('simulation-0', 'startrader_tick')) - before;
    };
    const calm = await ticksOf5s();
    child.kill('SIGSTOP');
    const frozen = await ticksOf5s();
    // Blocked once, the world would stand still for a second at least.
    assert.ok(frozen >= 0.75 * calm, `${frozen} ticks in 5 s, ${calm} before`);
});
