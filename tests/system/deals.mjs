// SPDX-License-Identifier: Apache-2.0
// Contracts and limit orders, judged: every transaction of theirs is played again, from what was
// asked and what stood before, and its postings, its answer and the rows at the end have to be
// those that come of it. All is read in one statement, so that it is one moment's.
import fs from 'node:fs';
import { OrderResult, Side, schemas } from './client.mjs';
import { stack } from './harness.mjs';

const type = (name) => schemas.lookupType(name);
const types = {
    limit: [type('LimitRequest'), type('LimitReply')],
    contract: [type('ContractRequest'), type('ContractReply')],
};
const Take = { TAKE: 1, DROP: 2, HEAD: 3 };
const Place = { PLACE: 1, CANCEL: 2, COLLECT: 3 };
const State = { OPEN: 1, TAKEN: 2, EARNED: 3, FAILED: 4, ENDED: 5 };
const DONE = OrderResult.ORDER_RESULT_DONE;
const MATCHED_MAX = 32; // resting orders that one order may meet
const BONUS = 200; // credits, for each of the first deliveries of a pilot
const BONUSES = 5;

const account = (kind, number) => kind * 2 ** 32 + number;
const pilot = (player) => account(1, player);
const station = (location) => account(3, location);
const tax = (location) => account(5, location);
// As in economy.sources.
const [MINT, FEE, ESCROW] = [1, 6, 13].map((source) => account(4, source));
const isShip = (number) => Math.floor(Number(number) / 2 ** 32) === 2;

const sql = `
SELECT json_build_object('deals', (SELECT coalesce(json_agg(d ORDER BY d.id), '[]') FROM (
    SELECT t.id, t.kind, coalesce(t.player, 0) AS player, t.result, encode(t.key, 'hex') AS key,
        encode(t.asked, 'hex') AS asked, encode(t.answer, 'hex') AS answer,
        extract(epoch FROM t.at) * 1000 AS at,
        (SELECT json_agg(json_build_array(e.account, e.commodity, e.amount))
         FROM economy.ledger_entries e WHERE e.transaction = t.id) AS entries
    FROM economy.transactions t WHERE t.kind IN ('limit', 'limit_end', 'contract', 'contract_end',
        'offer', 'delivery', 'head', 'law')) d),
    'contracts', (SELECT coalesce(json_agg(c), '[]') FROM (SELECT *,
        extract(epoch FROM ends_at) * 1000 AS ends FROM economy.contracts) c),
    'limits', (SELECT coalesce(json_agg(o), '[]') FROM (SELECT *,
        extract(epoch FROM ends_at) * 1000 AS ends FROM economy.limit_orders) o),
    'lockers', (SELECT coalesce(json_agg(k), '[]') FROM economy.lockers k),
    'tax', (SELECT json_object_agg(l.id, z.tax_pm) FROM economy.locations l
        JOIN economy.zone_profiles z ON z.id = l.zone))`;

// Amounts by account and good, without what comes to nothing.
class Nets extends Map {
    add(to, good, amount) {
        const key = `${to}:${good}`;
        const sum = (this.get(key) ?? 0) + amount;
        if (sum) this.set(key, sum);
        else this.delete(key);
        return this;
    }

    move(from, to, good, amount) {
        return this.add(from, good, -amount).add(to, good, amount);
    }

    of(entries) {
        for (const [to, good, amount] of entries ?? []) this.add(to, good, amount);
        return this;
    }

    get text() {
        return [...this].map(([key, amount]) => `${key}:${amount}`).sort().join(' ');
    }

    // Of ships, so much of a good.
    aboard(good) {
        let sum = 0;
        for (const [key, amount] of this) {
            const [to, what] = key.split(':').map(Number);
            if (isShip(to) && what === good) sum += amount;
        }
        return sum;
    }

    ship(good) {
        const key = [...this.keys()].find((k) => isShip(k.split(':')[0]) && k.endsWith(`:${good}`));
        return Number((key ?? '0').split(':')[0]);
    }
}

const plain = (kind, hex) => kind.toObject(kind.decode(Buffer.from(hex ?? '', 'hex')), {
    longs: Number,
    defaults: true,
});

function read(deal) {
    const d = { ...deal, nets: new Nets().of(deal.entries) };
    if (types[d.kind]) {
        d.asked = plain(types[d.kind][0], d.asked);
        d.answer = plain(types[d.kind][1], d.answer);
    }
    return d;
}

// --- limit orders ---

class Exchange {
    constructor(data, complain) {
        this.complain = complain;
        this.tax = data.tax;
        this.rows = new Map(data.limits.map((row) => [row.id, row]));
        this.orders = new Map();
        this.lockers = new Map();
        this.spoiled = new Set(); // markets where one thing was wrong, and all that follows may be
    }

    keep(player, o, quantity) {
        const key = `${player}:${o.location}:${o.commodity}`;
        this.lockers.set(key, (this.lockers.get(key) ?? 0) + quantity);
        return this.lockers.get(key);
    }

    // Those that a new order may meet, the best price first and of these the oldest.
    resting(o, player, at) {
        const buys = o.side === Side.SIDE_BUY;
        const list = [...this.orders.values()].filter(
            (r) =>
                r.location === o.location &&
                r.commodity === o.commodity &&
                r.side !== o.side &&
                (buys ? r.price <= o.price : r.price >= o.price),
        );
        list.sort((a, b) => (buys ? a.price - b.price : b.price - a.price) || a.id - b.id);
        const top = list.slice(0, MATCHED_MAX);
        const meets = top.filter((r) => r.player !== player && r.ends > at);
        return { meets, full: top.filter((r) => r.player !== player).length >= MATCHED_MAX };
    }

    pay(nets, seller, o, credits) {
        const due = Math.ceil((credits * this.tax[o.location]) / 1000);
        nets.move(ESCROW, tax(o.location), 0, due).move(ESCROW, pilot(seller), 0, credits - due);
        return credits - due;
    }

    place(d, wanted) {
        const o = { ...d.asked, player: d.player, remains: d.asked.quantity };
        const buys = o.side === Side.SIDE_BUY;
        const { meets, full } = this.resting(o, d.player, d.at);
        let total = 0;
        for (const rest of meets) {
            const n = Math.min(o.remains, rest.remains);
            if (n === 0) break;
            const credits = n * rest.price;
            const earned = this.pay(wanted, buys ? rest.player : o.player, o, credits);
            if (buys) wanted.move(pilot(o.player), ESCROW, 0, credits);
            else this.keep(rest.player, o, n);
            total += buys ? credits : earned;
            o.remains -= n;
            rest.remains -= n;
            if (rest.remains === 0) this.orders.delete(rest.id);
        }
        const filled = o.quantity - o.remains;
        const waits = o.remains > 0 && !full;
        if (!buys) wanted.move(d.nets.ship(o.commodity), ESCROW, o.commodity, o.quantity);
        else if (waits) wanted.move(pilot(o.player), ESCROW, 0, o.remains * o.price);
        if (buys) this.handOver(d, wanted, o, filled);
        else if (!waits) this.handOver(d, wanted, o, o.remains, o.quantity);
        const told = d.answer;
        if (told.filled !== filled || told.total !== total)
            this.complain(d, `told ${told.filled} for ${told.total}, not ${filled} for ${total}`);
        if (!!told.order?.order !== waits || (waits && told.order.left !== o.remains))
            this.complain(d, `told that ${told.order?.left} wait, not ${o.remains}`);
        if (!waits) return;
        const row = this.rows.get(told.order.order);
        if (!row) this.complain(d, 'the order that waits has no row');
        else this.orders.set(row.id, { ...o, id: row.id, ends: row.ends });
    }

    // As much as the ship took; the rest is in the locker.
    handOver(d, wanted, o, quantity, before = 0) {
        const came = d.nets.aboard(o.commodity) + before;
        if (came < 0 || came > quantity) this.complain(d, `${came} of ${quantity} came aboard`);
        wanted.move(ESCROW, d.nets.ship(o.commodity), o.commodity, came);
        this.keep(o.player, o, quantity - came);
    }

    cancel(d, wanted) {
        const o = this.orders.get(d.asked.order);
        if (!o || o.player !== d.player) return this.complain(d, 'it cancels what does not wait');
        if (o.side === Side.SIDE_BUY)
            wanted.move(ESCROW, pilot(o.player), 0, o.remains * o.price);
        else this.handOver(d, wanted, o, o.remains);
        this.orders.delete(o.id);
        return undefined;
    }

    collect(d, wanted) {
        const { location, commodity } = d.asked;
        const came = d.answer.collected;
        wanted.move(ESCROW, d.nets.ship(commodity), commodity, came);
        if (came <= 0 || this.keep(d.player, { location, commodity }, -came) < 0)
            this.complain(d, `${came} came out of a locker that does not hold them`);
    }

    // Who ended is not named: one whose time was over, and to which the postings fit.
    end(d) {
        const due = (o) =>
            new Nets().move(ESCROW, pilot(o.player), 0, o.side === 1 ? o.remains * o.price : 0);
        const o = [...this.orders.values()].find(
            (x) =>
                x.player === d.player &&
                this.rows.get(x.id).state === 4 &&
                x.ends <= d.at &&
                due(x).text === d.nets.text,
        );
        if (!o) return this.complain(d, `no order has ended with ${d.nets.text}`);
        if (o.side === Side.SIDE_SELL) this.keep(o.player, o, o.remains);
        this.orders.delete(o.id);
        return undefined;
    }

    play(d) {
        if (d.kind === 'limit_end') {
            this.end(d);
            return;
        }
        const market = `${d.asked.location}:${d.asked.commodity}`;
        if (d.result !== DONE || this.spoiled.has(market)) return;
        const wanted = new Nets();
        const before = this.complain.count;
        if (d.asked.action === Place.PLACE) this.place(d, wanted);
        else if (d.asked.action === Place.CANCEL) this.cancel(d, wanted);
        else this.collect(d, wanted);
        if (wanted.text !== d.nets.text)
            this.complain(d, `postings ${d.nets.text}, wanted ${wanted.text}`);
        if (this.complain.count > before) this.spoiled.add(market);
    }

    // What stands at the end.
    finish(lockers) {
        for (const row of this.rows.values()) {
            if (this.spoiled.has(`${row.location}:${row.commodity}`)) continue;
            const o = this.orders.get(row.id);
            if (!!o !== (row.state === 1) || (o && o.remains !== row.remains))
                this.complain(row, `an order has ${row.remains} in state ${row.state}`);
        }
        for (const k of lockers) {
            const key = `${k.player}:${k.location}:${k.commodity}`;
            if (this.spoiled.has(`${k.location}:${k.commodity}`)) continue;
            if ((this.lockers.get(key) ?? 0) !== k.quantity)
                this.complain({ id: key }, `a locker holds ${k.quantity}`);
            this.lockers.delete(key);
        }
        for (const [key, quantity] of this.lockers)
            if (quantity && !this.spoiled.has(key.slice(key.indexOf(':') + 1)))
                this.complain({ id: key }, `${quantity} should be in a locker`);
    }
}

// --- contracts ---

// Two lists without an order that have to be the same.
function sameBags(complain, what, wanted, found) {
    const left = new Map();
    for (const text of wanted) left.set(text, (left.get(text) ?? 0) + 1);
    for (const text of found) left.set(text, (left.get(text) ?? 0) - 1);
    for (const [text, n] of left)
        if (n) complain({ id: what }, `${Math.abs(n)} ${n > 0 ? 'missing' : 'too many'}: ${text}`);
}

const ended = {
    [State.FAILED]: (c) => new Nets()
        .move(ESCROW, station(c.destination), 0, c.fee)
        .move(ESCROW, station(c.origin), 0, c.collateral),
    [State.ENDED]: (c) => new Nets().move(ESCROW, station(c.destination), 0, c.fee),
};

function keyed(d, rows, complain, dropped, taken) {
    const action = d.asked.action;
    const c = rows.get(d.answer.contract?.contract);
    if (!c) return complain(d, 'done, but there is no such contract');
    const wanted = new Nets();
    if (action === Take.TAKE) {
        taken.push(c.id);
        wanted.move(pilot(d.player), ESCROW, 0, c.collateral);
        const ship = d.nets.ship(c.commodity);
        wanted.move(station(c.origin), ship, c.commodity, c.quantity);
        if (c.player !== d.player || c.state === State.OPEN || c.state === State.ENDED)
            complain(d, `taken, but in state ${c.state} of ${c.player}`);
    } else if (action === Take.DROP) {
        dropped.add(c.id);
        for (const [key, amount] of ended[State.FAILED](c)) wanted.set(key, amount);
        if (c.state !== State.FAILED) complain(d, `given up, but in state ${c.state}`);
    } else {
        wanted.move(pilot(d.player), ESCROW, 0, c.fee);
        if (c.issuer !== d.player || c.target !== d.asked.target || c.fee !== d.asked.reward)
            complain(d, 'a price on another head, or another price');
    }
    if (wanted.text !== d.nets.text)
        complain(d, `postings ${d.nets.text}, wanted ${wanted.text}`);
    return undefined;
}

// A delivery's postings without the bonus for the first ones, which is judged here.
function withoutBonus(list, complain) {
    const count = new Map();
    return list.map((d) => {
        const n = (count.get(d.player) ?? 0) + 1;
        count.set(d.player, n);
        const bonus = -(d.nets.get(`${MINT}:0`) ?? 0);
        if (bonus !== (n <= BONUSES ? BONUS : 0)) complain(d, `a bonus of ${bonus}`);
        const nets = new Nets(d.nets).move(pilot(d.player), MINT, 0, bonus);
        const good = Number([...nets.keys()].find((k) => isShip(k.split(':')[0]))?.split(':')[1]);
        return nets.add(nets.ship(good), good, -nets.aboard(good)).text;
    });
}

function contracts(data, deals, complain) {
    const rows = new Map(data.contracts.map((c) => [c.id, c]));
    const of = (kind) => deals.filter((d) => d.kind === kind);
    const dropped = new Set();
    const taken = [];
    for (const d of of('contract'))
        if (d.result === DONE) keyed(d, rows, complain, dropped, taken);
    const deliveries = data.contracts.filter((c) => c.kind === 1);
    const heads = data.contracts.filter((c) => c.kind === 2);
    const past = (c) => c.state > State.OPEN && c.state !== State.ENDED;
    sameBags(complain, 'taken once', deliveries.filter(past).map((c) => c.id), taken);
    const offer = (c) => new Nets().move(station(c.destination), ESCROW, 0, c.fee).text;
    const texts = (list) => list.map((d) => d.nets.text);
    sameBags(complain, 'offers', deliveries.map(offer), texts(of('offer')));
    const earned = (c) => new Nets()
        .move(ESCROW, pilot(c.player), 0, c.fee + c.collateral)
        .add(station(c.destination), c.commodity, c.quantity).text;
    sameBags(
        complain,
        'deliveries',
        deliveries.filter((c) => c.state === State.EARNED).map(earned),
        withoutBonus(of('delivery'), complain),
    );
    const back = (c) =>
        new Nets().move(ESCROW, c.issuer ? pilot(c.issuer) : FEE, 0, c.fee).text;
    sameBags(
        complain,
        'ended',
        [
            ...deliveries
                .filter((c) => ended[c.state] && !dropped.has(c.id))
                .map((c) => ended[c.state](c).text),
            ...heads.filter((c) => c.state === State.ENDED).map(back),
        ],
        texts(of('contract_end')),
    );
    const law = (c) => new Nets().move(pilot(c.target), ESCROW, 0, c.fee).text;
    sameBags(complain, 'law', heads.filter((c) => !c.issuer).map(law), texts(of('law')));
    const paid = new Nets();
    for (const c of heads.filter((h) => h.state === State.EARNED))
        paid.move(ESCROW, pilot(c.player), 0, c.fee);
    const got = new Nets();
    for (const d of of('head')) got.of(d.entries);
    if (paid.text !== got.text) complain({ id: 'heads' }, `paid ${got.text}, not ${paid.text}`);
}

// --- what pilots were told ---

function receipts(file, deals, complain) {
    const booked = new Map(deals.filter((d) => d.key).map((d) => [d.key, d]));
    let lines = 0;
    for (const line of fs.readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
        const told = JSON.parse(line);
        if (!types[told.op] || told.result === 'unknown') continue;
        lines += 1;
        const d = booked.get(told.request_id);
        const done = told.result === 'DONE';
        if (!d) {
            if (done) complain({ id: told.request_id }, 'done, not booked');
            continue;
        }
        if (done !== (d.result === DONE)) complain(d, `told ${told.result}, booked ${d.result}`);
        for (const [name, value] of Object.entries(told.answer ?? {}))
            if (Number(d.answer[name]) !== value) complain(d, `told ${value} as ${name}`);
    }
    return lines;
}

// All that contradicts, in words; `history` names a file, or none.
export async function judgeDeals(history) {
    const data = JSON.parse(await stack.sql(sql, { ms: 120000 }));
    const found = [];
    const complain = (d, what) => {
        complain.count += 1;
        if (complain.count <= 5) found.push(`${d.kind ?? ''} ${d.id}: ${what}`.trim());
    };
    complain.count = 0;
    const deals = data.deals.map(read);
    for (const d of deals)
        if (types[d.kind] && d.result !== DONE && d.nets.size)
            complain(d, 'refused, but with postings');
    const exchange = new Exchange(data, complain);
    for (const d of deals) if (d.kind.startsWith('limit')) exchange.play(d);
    exchange.finish(data.lockers);
    contracts(data, deals, complain);
    const lines = history ? receipts(history, deals, complain) : 0;
    if (complain.count > 5) found.push(`and ${complain.count - 5} more of such deals`);
    return { found, deals: deals.length, lines };
}
