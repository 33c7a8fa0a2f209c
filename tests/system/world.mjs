// SPDX-License-Identifier: Apache-2.0
// What several fault tests begin with and end with.
import assert from 'node:assert/strict';
import { ActionResult, Code, OrderResult, Phase, Player, Side } from './client.mjs';
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

// An action with a number of its own: repeats of a number are not acted on.
export function asksToDock(player) {
    player.actions = (player.actions ?? 0) + 1;
    player.input({ thrust: 3, action: [{ requestId: player.actions, dock: { location: 0 } }] });
    return player.actions;
}

// Terra High, where every pilot begins.
const home = { x: 524288 * 512, y: (524288 + 13000) * 512 };

// A short thrust towards the station and a stop.
async function comesNearer(player) {
    const angle = Math.atan2(home.y - player.own.y, home.x - player.own.x);
    const targetHeading = Math.round((angle / (2 * Math.PI)) * 4096) & 4095;
    const distance = () => Math.hypot(home.y - player.own.y, home.x - player.own.x) / 512;
    const before = distance();
    // Controls that are not repeated end after a second.
    const keep = async (control, what, condition) => {
        for (let tries = 0; tries < 40; tries += 1) {
            player.input(control);
            if ((await player.until(what, condition, 250).catch(() => false)) !== false) return;
        }
        throw new Error(`not ${what}: ${JSON.stringify(player.own)}`);
    };
    const slow = () => Math.hypot(player.own.vx, player.own.vy) < 100;
    await keep({ targetHeading, thrust: 1 }, 'nearer', () => distance() < before - 20);
    await keep({ targetHeading, thrust: 3 }, 'at rest', slow);
}

// From near the station: asks, and comes nearer when told to, until the clamps begin to close.
export async function startsDocking(player) {
    const held = [Phase.PHASE_DOCKING, Phase.PHASE_DOCKED];
    let last;
    for (let tries = 1; tries < 30; tries += 1) {
        const id = asksToDock(player);
        const outcome = () =>
            player.private.map((event) => event.action).find((a) => a && a.requestId === id);
        const under = () => player.own.dockReadyTick || held.includes(player.own.phase);
        await player.until('an answer', () => under() || outcome(), 1000).catch(() => 0);
        last = outcome();
        if (under() || last?.result === ActionResult.ACTION_RESULT_OK) return;
        if (last?.result === ActionResult.ACTION_RESULT_TOO_FAR) await comesNearer(player);
        else await player.until('at rest', () => Math.hypot(player.own.vx, player.own.vy) < 100);
    }
    throw new Error(`did not dock: ${JSON.stringify({ own: player.own, last })}`);
}

export async function docks(player, ms = 15000) {
    await startsDocking(player);
    await player.until('docked', () => player.own.phase === Phase.PHASE_DOCKED, ms);
}
