// SPDX-License-Identifier: Apache-2.0
// What several fault tests begin with and end with.
import assert from 'node:assert/strict';
import { Code, OrderResult, Phase, Player, Side } from './client.mjs';
import { env, stack, until } from './harness.mjs';

// A guest in the world, docked or flying, with what was seen of its books.
export async function pilot({ base = env.ST_URL, fly = false, defer } = {}) {
    const player = new Player(base);
    await player.guest();
    await player.connect();
    defer?.(() => player.close());
    await player.until('own state', () => player.own);
    if (fly) await player.undock();
    return player;
}

// Inputs are applied again: the world lives and hears this player.
export async function flies(player, ms = 8000) {
    const deadline = performance.now() + ms;
    for (;;) {
        const seq = player.input({ targetHeading: (player.seq * 37) & 4095, thrust: 0 });
        const applied = await player
            .until('input applied', () => player.own?.ackSeq >= seq, 400)
            .catch(() => false);
        if (applied !== false) return;
        assert.ok(performance.now() < deadline, `no input applied within ${ms} ms`);
    }
}

// Connects again and again until the world has the player, as the web client does.
export async function comesBack(player, { base, ms = 10000 } = {}) {
    const begin = performance.now();
    await until('connected again', () => player.connect({ base: base ?? player.base }), ms);
    await player.until('own state', () => player.own, ms);
    return (performance.now() - begin) / 1000;
}

export async function account(player) {
    const reply = await player.ask({ account: {} });
    assert.equal(reply.code, Code.CODE_OK);
    return reply.account;
}

// Something the player's station sells, one unit of it.
export async function cheapOrder(player) {
    const location = player.own.location;
    const market = await player.ask({ market: { location } });
    const line = market.market.line.find((l) => l.sells && l.stock > 20);
    return { location, commodity: line.commodity, side: Side.SIDE_BUY, quantity: 1 };
}

export async function buys(player) {
    const reply = await player.ask({ order: await cheapOrder(player) });
    assert.equal(reply.code, Code.CODE_OK);
    assert.equal(reply.order.result, OrderResult.ORDER_RESULT_DONE);
    return reply.order;
}

// Nobody lost or gained anything by what happened.
export async function booksHold() {
    const ledger = await stack.ctl('ledger', 'verify');
    assert.equal(ledger.status, 0, ledger.stdout + ledger.stderr);
    await until(
        'ships agree',
        async () => (await stack.ctl('ships', 'verify')).status === 0,
        10000,
    );
}

export async function docks(player) {
    for (let id = 1; id < 60; id += 1) {
        player.input({ thrust: 3, action: [{ requestId: id, dock: { location: 0 } }] });
        const docked = await player
            .until('docked', () => player.own.phase === Phase.PHASE_DOCKED, 500)
            .catch(() => false);
        if (docked) return;
    }
    throw new Error(`did not dock, phase ${player.own.phase}`);
}
