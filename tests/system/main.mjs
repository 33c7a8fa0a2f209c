// SPDX-License-Identifier: Apache-2.0
// main.mjs list|journeys|all [NAME...]: runs the tests one after the other, each with a deadline;
// after one that hurts the stack everything must be ready again.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stack, tests } from './harness.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const [mode = 'all', ...names] = process.argv.slice(2);

async function load() {
    const files = fs
        .readdirSync(here)
        .filter((name) => name.endsWith('.test.mjs'))
        .sort();
    for (const file of files) {
        const before = tests.length;
        await import(path.join(here, file));
        for (const test of tests.slice(before)) {
            test.name = `${file.replace('.test.mjs', '')}: ${test.name}`;
        }
    }
}

function within(seconds, promise) {
    let timer;
    const late = new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`not done within ${seconds} s`)), seconds * 1000);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function attempt(test) {
    const open = [];
    const defer = (undo) => open.push(undo);
    const begin = performance.now();
    let failure;
    let said;
    try {
        said = await within(test.seconds ?? 60, test.run({ defer }));
    } catch (error) {
        failure = error;
    }
    for (const undo of open.reverse()) {
        try {
            await undo();
        } catch (error) {
            failure ??= error;
        }
    }
    try {
        if (test.kind === 'fault') await stack.waitAllReady(30000);
    } catch (error) {
        failure ??= error;
    }
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    console.log(`${failure ? 'not ok' : 'ok'} ${test.name}`);
    console.log(`#  ${seconds} s${said ? `, ${said}` : ''}`);
    if (failure) console.log(failure.stack.replace(/^/gm, '#  '));
    return !failure;
}

await load();
const wanted = tests.filter(
    (test) =>
        (mode !== 'journeys' || test.kind === 'journey') &&
        (!names.length || names.some((name) => test.name.includes(name))),
);
if (mode === 'list') {
    for (const test of tests) console.log(`${test.kind.padEnd(8)} ${test.name}`);
    process.exit(0);
}
if (!wanted.length) {
    console.log('not ok no test has that name');
    process.exit(1);
}
let failed = 0;
for (const test of wanted) if (!(await attempt(test))) failed += 1;
process.exit(failed ? 1 : 0);
