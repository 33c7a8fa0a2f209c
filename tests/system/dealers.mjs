// SPDX-License-Identifier: Apache-2.0
// dealers.mjs --history FILE [--summary FILE]: pilots who make contracts and limit orders over the
// bus, as a gateway would ask for them, on a stack whose simulation is held: what flight brings
// (docking, a kill) is told in its name. Some requests are repeated and must get the same bytes.
// What they were told is a line each of the history, for the checker.
import fs from 'node:fs';
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { connect } from 'nats';
import { Code, OrderResult, Side, schemas } from './client.mjs';
import { env, stack, until } from './harness.mjs';

const TER = 1; // where every pilot begins
const FOOD = 6;
const FIRST = 4200000001;
const TRADERS = 16;
const TURNS = 14;
const { values } = parseArgs({
    options: { history: { type: 'string' }, summary: { type: 'string' } },
});
const out = fs.createWriteStream(values.history, { flags: 'a' });
let otherBytes = 0;
let asked = 0;

const type = (name) => schemas.lookupType(name);
const resultName = Object.fromEntries(
    Object.entries(OrderResult).map(([name, value]) => [value, name.replace('ORDER_RESULT_', '')]),
);
const plain = (kind, bytes) => kind.toObject(kind.decode(bytes), { longs: Number, defaults: true });
const below = (n) => Math.floor(Math.random() * n);

function bus(user) {
    return connect({
        servers: new URL(env.ST_NATS_URL).host,
        user,
        pass: stack.secret(`nats-${user}`),
        inboxPrefix: `_INBOX_${user}`,
    });
}

const buses = {};
for (const user of ['gateway', 'profile', 'simulation', 'ctl']) buses[user] = await bus(user);

// Asks until it is decided, under one id.
async function insist(user, verb, [request, reply], body) {
    const bytes = type(request).encode(type(request).fromObject(body)).finish();
    for (let tries = 0; tries < 20; tries += 1) {
        const answer = await buses[user]
            .request(`req.econ.${verb}`, bytes, { timeout: 2000 })
            .catch(() => undefined);
        const code = answer && plain(type(reply), answer.data).code;
        if (code === Code.CODE_OK)
            return { bytes: answer.data, ...plain(type(reply), answer.data) };
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${verb}: not decided`);
}

const verbs = {
    order: ['EconOrderRequest', 'EconOrderReply'],
    limit: ['EconLimitRequest', 'EconLimitReply'],
    contract: ['EconContractRequest', 'EconContractReply'],
    contracts: ['EconContractsRequest', 'EconContractsReply'],
    undock: ['EconUndockRequest', 'EconUndockReply'],
    ship: ['EconShipRequest', 'EconShipReply'],
};

class Dealer {
    constructor(index) {
        this.player = FIRST + index;
        this.waiting = [];
    }

    async ask(verb, what) {
        const key = randomBytes(16);
        const body = {
            caller: { player: this.player, sessionEpoch: 2, requestId: 'dealer' },
            [verb === 'order' ? 'orderId' : 'requestId']: key,
            [verb]: what,
        };
        const first = await insist('gateway', verb, verbs[verb], body);
        asked += 1;
        if (verb !== 'contracts' && below(4) === 0) {
            const again = await insist('gateway', verb, verbs[verb], body);
            if (!again.bytes.every((byte, i) => byte === first.bytes[i])) otherBytes += 1;
        }
        this.note(verb, key, first[verb]);
        return first[verb];
    }

    note(verb, key, told) {
        if (verb !== 'limit' && verb !== 'contract') return;
        const { filled, total, collected, balance, rev } = told;
        const answer = verb === 'limit' ? { filled, total, collected, rev } : { balance, rev };
        out.write(
            `${JSON.stringify({
                op: verb,
                player: this.player,
                request_id: key.toString('hex'),
                result: resultName[told.result],
                answer,
            })}\n`,
        );
    }

    order(side, quantity) {
        return this.ask('order', { location: TER, commodity: FOOD, side, quantity });
    }

    async place(side, price, quantity) {
        const where = { location: TER, commodity: FOOD };
        const told = await this.ask('limit', { action: 1, ...where, side, price, quantity });
        if (told.order?.order) this.waiting.push(told.order.order);
        return told;
    }

    cancel(order) {
        return this.ask('limit', { action: 2, location: TER, commodity: FOOD, order });
    }

    collect() {
        return this.ask('limit', { action: 3, location: TER, commodity: FOOD });
    }

    async turn() {
        const what = below(10);
        if (what < 2 && this.waiting.length)
            await this.cancel(this.waiting.splice(below(this.waiting.length), 1)[0]);
        else if (what < 3) await this.collect();
        else
            await this.place(
                below(2) ? Side.SIDE_BUY : Side.SIDE_SELL,
                20 + below(8),
                1 + below(5),
            );
    }

    contract(action, c) {
        const { contract, origin, destination, commodity } = c;
        return this.ask('contract', { action, contract, origin, destination, commodity });
    }

    async take(c) {
        const told = await this.contract(1, c);
        return told.result === OrderResult.ORDER_RESULT_DONE ? told.contract : undefined;
    }

    head(target, reward) {
        return this.ask('contract', { action: 3, target, reward });
    }

    // Out of the station, and what then became of the ship.
    async fly(what) {
        await this.ask('undock', {});
        const sql = `SELECT ship, version FROM economy.ships s JOIN economy.pilots p
            ON p.ship = s.id WHERE p.player = ${this.player}`;
        const [ship, version] = (await stack.sql(sql)).split('|').map(Number);
        const [kind, body] = Object.entries(what)[0];
        const event = {
            eventId: `${1 + below(2 ** 52)}`,
            worldEpoch: epoch,
            tick: 7,
            [kind]: { ship, version, player: this.player, flownTicks: 300, ...body },
        };
        const bytes = type('WorldEvent').encode(type('WorldEvent').fromObject(event)).finish();
        await buses.simulation.jetstream().publish(`ev.sol-1.s0.${kind}`, bytes);
        const gone = `SELECT count(*) FROM economy.ships WHERE id = ${ship} AND holder_kind = 2`;
        await until('the flight is over', async () => (await stack.sql(gone)) === '1');
    }
}

const epoch = Number(await stack.sql('SELECT world_epoch FROM economy.shards WHERE id = 0'));
const yards = `SELECT id FROM economy.locations WHERE shipyard = 'all' ORDER BY id LIMIT 1`;
const yard = Number(await stack.sql(yards));
const dealers = Array.from({ length: TRADERS + 10 }, (_, i) => new Dealer(i));
await Promise.all(
    dealers.map((d) =>
        insist('profile', 'provision', ['ProvisionRequest', 'ProvisionReply'], {
            player: d.player,
            requestId: 'dealer',
        }),
    ),
);
const traders = dealers.slice(0, TRADERS);
const others = dealers.slice(TRADERS);

async function exchange() {
    await Promise.all(traders.map((d) => d.order(Side.SIDE_BUY, 8)));
    for (let i = 0; i < TURNS; i += 1) {
        await Promise.all(traders.map((d) => d.turn()));
        if (i % 5 !== 4) continue;
        // The day of some is over; who comes then must not meet them.
        await stack.sql(`UPDATE economy.limit_orders SET ends_at = now() WHERE state = 1
            AND player % 2 = ${i & 1} AND player >= ${FIRST}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        await Promise.all(traders.map((d) => d.place(1 + below(2), 20 + below(8), 1)));
    }
}

// Credits and a hold: a fighter, granted, traded in for a hauler at a yard that builds them.
async function enrich(dealer) {
    const grant = { player: dealer.player, classId: 5, requestId: randomBytes(16) };
    await insist('ctl', 'grant', ['GrantRequest', 'GrantReply'], grant);
    await dealer.fly({ docked: { location: yard, hull: 1000 } });
    const told = await dealer.ask('ship', { classId: 3, tradeIn: true });
    if (told.result !== OrderResult.ORDER_RESULT_DONE) throw new Error('no hauler');
}

// Flies to where something is offered and takes what it gets, until it has a contract.
async function takeOne(dealer) {
    const places = `SELECT DISTINCT origin FROM economy.contracts WHERE kind = 1 AND state = 1`;
    for (let tries = 0; tries < 12; tries += 1) {
        const open = (await stack.sql(places)).split('\n').map(Number).filter(Boolean);
        const location = open[below(open.length)];
        if (location) await dealer.fly({ docked: { location, hull: 1300 } });
        else await new Promise((resolve) => setTimeout(resolve, 200));
        const list = location ? (await dealer.ask('contracts', { location })).offer : [];
        for (const c of list) {
            const taken = await dealer.take(c);
            if (taken) return [dealer, taken];
        }
    }
    throw new Error('no contract could be taken');
}

async function deliver(dealer, c) {
    await dealer.fly({ docked: { location: c.destination, hull: 520 } });
}

// Of each three: one delivers, one gives up, one is too late.
async function contracts(three, turn) {
    await Promise.all(three.map(enrich));
    const taken = await Promise.all(three.map(takeOne));
    for (const [i, [dealer, c]] of taken.entries()) {
        if ((i + turn) % 3 === 0) await deliver(dealer, c);
        else if ((i + turn) % 3 === 1) await dealer.contract(2, c);
        else
            await stack.sql(
                `UPDATE economy.contracts SET ends_at = now() WHERE id = ${c.contract}`,
            );
    }
}

// A price on a head that is earned, with the law's on the killer's, and one that is given back.
async function heads([issuer, victim, killer, other]) {
    await issuer.head(victim.player, 1000);
    await other.head(victim.player, 1200);
    await issuer.head(other.player, 1100);
    await stack.sql(`UPDATE economy.contracts SET ends_at = now() WHERE kind = 2
        AND target = ${other.player}`);
    await victim.fly({
        destroyed: { classId: 1, zone: 1, killerPlayer: killer.player, crime: true },
    });
}

await Promise.all([
    exchange(),
    contracts(others.slice(0, 3), 0).then(() => contracts(others.slice(3, 6), 1)),
    heads(others.slice(6, 10)),
]);
// What was let run out is ended by the economy's own clock.
const over = `SELECT count(*) FROM (
    SELECT ends_at FROM economy.limit_orders WHERE state = 1
    UNION ALL SELECT ends_at FROM economy.contracts WHERE state < 3) o WHERE ends_at <= now()`;
const ended = async () => (await stack.sql(over)) === '0';
await until('all that is over has ended', ended, 12000);
await new Promise((resolve) => out.end(resolve));
for (const connection of Object.values(buses)) await connection.close();
if (values.summary)
    fs.writeFileSync(values.summary, JSON.stringify({ asked, other_bytes: otherBytes }));
