// SPDX-License-Identifier: Apache-2.0
// golden.mjs FILE: runs the golden run in WebAssembly and prints what the native program prints.
import { readFile } from 'node:fs/promises';

const TICKS = 20000;
const PERIOD = 100;
const COUNTS = 10;

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]), {});
const { start, next, count } = instance.exports;
if (start() !== 0) throw new Error('the golden run does not start');
const lines = [];
for (let tick = PERIOD; tick <= TICKS; tick += PERIOD) {
  lines.push(`${tick} ${BigInt.asUintN(64, next()).toString(16).padStart(16, '0')}`);
}
lines.push(`events ${Array.from({ length: COUNTS }, (_, i) => count(i) >>> 0).join(' ')}`);
console.log(lines.join('\n'));
