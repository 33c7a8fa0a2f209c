// SPDX-License-Identifier: Apache-2.0
// The checker's own test: economies with one bug each, that it must catch.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const { ST_TREE: tree, ST_TOP: top } = process.env;
const wanted = process.argv.slice(2);
const source = (file) => path.join(tree, 'services/economy', file);

// Name, file, what stands there, what stands there with the bug.
const mutants = [
    ['rows are not locked', 'store_load.c', '{name, sql " FOR UPDATE" of}', '{name, sql}'],
    [
        'answers leave although the commit does not happen',
        'store_flush.c',
        '(void)steps_add(s, &st_pg_stmt_commit, 0);',
        'static const struct st_pg_stmt lose = {"lose", "ROLLBACK"};' +
            '(void)steps_add(s, &lose, 0);',
    ],
    ['the key is forgotten', 'unit.c', 't->has_key = true;', 't->has_key = false;'],
    [
        'the price of a purchase is rounded down',
        'ledger/price.c',
        '(worth * (1000 + l->spread_pm) + unit - 1) / unit',
        '(worth * (1000 + l->spread_pm)) / unit',
    ],
    [
        'the spread is forgotten when selling',
        'ledger/price.c',
        'worth * (1000 - l->spread_pm)',
        'worth * 1000',
    ],
    ['the tax is not taken', 'decide_trade.c', 'BOOK_CREDITS, o->tax)', 'BOOK_CREDITS, 0)'],
    [
        'one unit too few changes hands',
        'decide_trade.c',
        'buying ? hold : station, good, d->quantity)',
        'buying ? hold : station, good, d->quantity - 1)',
    ],
    [
        'a credit too much is paid',
        'decide_trade.c',
        'o->gross);',
        'o->gross + 1);',
    ],
    [
        'wallets are not written',
        'store_flush.c',
        'if (!b->changed || b->commodity != BOOK_CREDITS)',
        'if (!b->changed || b->commodity != BOOK_CREDITS ||' +
            ' account_kind(b->account) == ACCOUNT_PILOT)',
    ],
    [
        'the last entry of a batch is lost',
        'store_flush.c',
        'i < s->unit->book.entries_n; i++',
        'i + 1 < s->unit->book.entries_n; i++',
    ],
    ['stocks are not written', 'store_flush.c', 'if (!l->changed)', 'if (l->changed)'],
    [
        'a retry is decided anew',
        'decide.c',
        'if (!t || *taken)',
        'if (t || !t || *taken)',
    ],
    [
        'a retry gets another answer',
        'decide.c',
        'memcpy(a->answer, t->answer, t->answer_len);',
        'memcpy(a->answer, t->answer, t->answer_len); a->answer[1] ^= 3;',
    ],
    [
        'a fenced session trades on',
        'decide.c',
        'if (a->session_epoch < p->session_epoch)',
        'if (a->session_epoch + 100 < p->session_epoch)',
    ],
    [
        'what was refused is booked as done',
        'decide_trade.c',
        't->result = (int)r.outcome.result;',
        't->result = ORDER_DONE;',
    ],
    ['a fee is paid twice', 'decide_contract.c', 'fee_to, BOOK_CREDITS, c->fee)',
        'fee_to, BOOK_CREDITS, 2 * c->fee)'],
    [
        'a collateral is not taken',
        'decide_contract.c',
        'escrow_account(), BOOK_CREDITS,\n              c->collateral);',
        'escrow_account(), BOOK_CREDITS,\n              c->collateral / 2);',
    ],
    [
        'the collateral of who gives up goes where the goods were to go',
        'decide_contract.c',
        'account_of(ACCOUNT_STATION, c->origin));\n    return',
        'account_of(ACCOUNT_STATION, c->destination));\n    return',
    ],
    [
        'the collateral of who delivers goes to the station',
        'decide_contract.c',
        'CONTRACT_EARNED, t->id, pilot, pilot)',
        'CONTRACT_EARNED, t->id, pilot, station)',
    ],
    [
        'a unit of a contract stays behind',
        'decide_contract.c',
        'c->quantity);\n    l->changed = true;\n    c->state',
        'c->quantity - 1);\n    l->changed = true;\n    c->state',
    ],
    [
        'the victim earns the price on its head',
        'decide_contract.c',
        'account_id to = account_of(ACCOUNT_PILOT, killer->player);',
        'account_id to = account_of(ACCOUNT_PILOT, victim->player);',
    ],
    ['of one price the newest is met', 'decide_limit.c', 'r->id < best->id', 'r->id > best->id'],
    [
        'the worst price is met first',
        'decide_limit.c',
        'r->price < best->price : r->price > best->price',
        'r->price > best->price : r->price < best->price',
    ],
    [
        'a fill is paid at the price of who comes',
        'decide_limit.c',
        'credits = q * rest->price;',
        'credits = q * o->price;',
    ],
    [
        'an order whose day is over is met',
        'decide_limit.c',
        'r->commodity != o->commodity || r->ends_ms <= u->now_ms ||',
        'r->commodity != o->commodity ||',
    ],
    [
        'who buys gets a unit too few',
        'decide_limit.c',
        '(int32_t)o->commodity, fits);',
        '(int32_t)o->commodity, fits - (fits > 1));',
    ],
    [
        'a sale to a pilot pays no tax',
        'decide_limit.c',
        'int64_t tax = price_tax(&l->price, credits);\n    unit_move',
        'int64_t tax = price_tax(&l->price, 0 * credits);\n    unit_move',
    ],
    [
        'a cancelled order gives all of it back, filled or not',
        'decide_limit.c',
        'BOOK_CREDITS, o->remains * o->price);',
        'BOOK_CREDITS, o->quantity * o->price);',
    ],
    ['a locker gives twice', 'decide_limit.c', 'k->change -= q;', 'k->change -= q / 2;'],
];

// Contracts come, and what is over ends, by clocks too slow for a test.
const clocks = [
    ['economy.h', 'ECONOMY_DRIFT_MS = 10000', 'ECONOMY_DRIFT_MS = 150'],
    ['leader.c', 'CLEAN_MS = 60000', 'CLEAN_MS = 500'],
];

function change(what, file, from, to) {
    const text = fs.readFileSync(source(file), 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${what}: ${file} has changed`);
    fs.writeFileSync(source(file), text.replace(from, () => to));
    return text;
}

function build() {
    const quiet = { cwd: tree, stdio: ['ignore', 'ignore', 'inherit'] };
    const target = ['--build', '--preset', 'release', '--target', 'startrader-economy'];
    execFileSync('cmake', ['--preset', 'release'], quiet);
    execFileSync('cmake', target, quiet);
    return path.join(tree, '.build/release/bin/startrader-economy');
}

// A stack with this economy, traders on it, and what the checker says.
function attempt(binary) {
    const child = spawn('bash', [path.join(top, 'tests/system/mutant-run'), binary], {
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => (text += d));
    return new Promise((resolve) => child.on('exit', (status) => resolve({ status, text })));
}

let failed = 0;
async function expect(name, binary, status) {
    const { status: is, text } = await attempt(binary);
    const lines = text.trim().split('\n');
    const ok = is === status;
    failed += ok ? 0 : 1;
    console.log(`${ok ? 'ok' : 'not ok'} checker: ${name}`);
    console.log(`#  ${ok ? lines.find((line) => !/^\{|^\s|ready|play/.test(line)) : text}`);
}

for (const [file, from, to] of clocks) change('clocks', file, from, to);
const chosen = mutants.filter(([name]) => !wanted.length || wanted.some((w) => name.includes(w)));
if (!wanted.length) await expect('no bug, no finding', build(), 0);
for (const [name, file, from, to] of chosen) {
    const text = change(name, file, from, to);
    await expect(name, build(), 1);
    fs.writeFileSync(source(file), text);
}
console.log(`${chosen.length} bugs, ${failed} failures`);
process.exit(failed ? 1 : 0);
