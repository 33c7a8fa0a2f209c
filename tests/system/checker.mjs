// SPDX-License-Identifier: Apache-2.0
// Judges a history of orders against the database: every check is a question to which a right
// economy has no rows, or a comparison of what pilots were told with what is booked.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { judgeDeals } from './deals.mjs';
import { stack } from './harness.mjs';

// What a market must have paid or taken, from the stock before; exact, as the ledger's own prices.
const prices = `
CREATE FUNCTION pg_temp.worth(b numeric, t numeric, s numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
    SELECT b * CASE WHEN s <= t THEN 1800 * s * t - 400 * s * s
        WHEN s <= 2 * t THEN 1400 * t * t + 1000 * (s - t) * t - 200 * (s - t) * (s - t)
        ELSE 2200 * t * t + 600 * (s - 2 * t) * t END $$;
CREATE TEMPORARY VIEW trades AS
SELECT t.id, t.player, encode(t.key, 'hex') AS key, good.commodity, -good.amount AS bought,
       good.balance - good.amount AS before, m.local_base::numeric AS base, m.target::numeric,
       m.spread_pm::numeric AS spread, z.tax_pm::numeric AS tax,
       (SELECT sum(w.amount) FROM economy.ledger_entries w WHERE w.transaction = t.id
        AND w.account >> 32 = 1) AS wallet,
       (SELECT sum(h.amount) FROM economy.ledger_entries h WHERE h.transaction = t.id
        AND h.account >> 32 = 2) AS hold
FROM economy.transactions t
JOIN economy.ledger_entries good ON good.transaction = t.id AND good.account >> 32 = 3
    AND good.commodity > 0
JOIN economy.market_prices m ON m.location = good.account & 4294967295
    AND m.commodity = good.commodity
JOIN economy.locations l ON l.id = m.location
JOIN economy.zone_profiles z ON z.id = l.zone
WHERE t.kind = 'order';
CREATE TEMPORARY VIEW priced AS
SELECT *, CASE WHEN bought > 0 THEN
    -ceil((pg_temp.worth(base, target, before) - pg_temp.worth(base, target, before - bought))
          * (1000 + spread) / (1000000 * target))
    ELSE (SELECT g - ceil(g * tax / 1000) FROM (SELECT floor(
          (pg_temp.worth(base, target, before - bought) - pg_temp.worth(base, target, before))
          * (1000 - spread) / (1000000 * target)) AS g) AS gross) END AS due
FROM trades;
`;

// What the ledger's own proofs do not ask.
const questions = [
    ['a trade by another price than the market makes', 'SELECT id FROM priced WHERE wallet <> due'],
    ['goods of a trade that the hold did not get', 'SELECT id FROM trades WHERE hold <> bought'],
];

async function ask([what, sql]) {
    const rows = await stack.sql(`${prices} ${sql} LIMIT 5`, { ms: 60000 });
    return rows ? [`${what}: ${rows.split('\n').join(', ')}`] : [];
}

// What each pilot was told against what moved in its wallet.
async function receipts(file) {
    const text = await stack.sql(`${prices} SELECT key, wallet, abs(bought) FROM trades`, {
        ms: 60000,
    });
    const booked = new Map(text.split('\n').map((line) => [line.split('|')[0], line.split('|')]));
    const found = [];
    // What stands behind the last line break was cut off.
    for (const line of fs.readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
        const order = JSON.parse(line);
        if (order.op !== 'order' || order.result !== 'DONE') continue;
        const [, wallet, units] = booked.get(order.order_id) ?? [];
        const told = order.side === 'buy' ? -order.total : order.total;
        if (wallet === undefined) found.push(`${order.order_id}: done, not booked`);
        else if (Number(wallet) !== told) found.push(`${order.order_id}: told ${told}, ${wallet}`);
        else if (Number(units) !== order.quantity) found.push(`${order.order_id}: ${units} units`);
    }
    return found.length ? [`receipts: ${found.length}, first ${found[0]}`] : [];
}

// What the traders saw themselves.
function seen(file) {
    const summary = JSON.parse(fs.readFileSync(file, 'utf8'));
    const found = [];
    if (summary.other_bytes) found.push(`${summary.other_bytes} repeats got other answers`);
    if (summary.fence_passed) found.push(`${summary.fence_passed} orders of fenced sessions`);
    return found;
}

function refused() {
    const names = stack.daemons().filter((name) => name.startsWith('economy-'));
    const bad = names.filter((name) => stack.log(name).includes('"event":"transaction_refused"'));
    return bad.map((name) => `${name}: the database refused a transaction`);
}

// All that contradicts the invariants, in words.
export async function judge({ history, summary = [] }) {
    const found = summary.flatMap(seen);
    found.push(...refused());
    const ledger = await stack.ctl('ledger', 'verify', '--history', history);
    if (ledger.status !== 0) {
        const lines = ledger.stdout.split('\n').filter((line) => /^(FAIL| {4})/.test(line));
        found.push(`the ledger: ${lines.slice(0, 2).join(' ').trim()}`);
    }
    for (const question of questions) found.push(...(await ask(question)));
    found.push(...(await receipts(history)));
    found.push(...(await judgeDeals(history)).found);
    return found;
}

async function main() {
    const { values } = parseArgs({
        options: {
            history: { type: 'string' },
            summary: { type: 'string', multiple: true },
        },
    });
    if (!values.history) {
        console.error('checker --history FILE [--summary FILE]...');
        return 2;
    }
    const found = await judge(values);
    for (const line of found) console.log(line);
    console.log(found.length ? `${found.length} contradictions` : 'no contradiction');
    return found.length ? 1 : 0;
}

if (import.meta.url === `file://${process.argv[1]}`) {
    process.exitCode = await main().catch((error) => {
        console.error(error);
        return 3; // it could not be judged
    });
}
